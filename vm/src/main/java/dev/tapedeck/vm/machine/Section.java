package dev.tapedeck.vm.machine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one heap section, in pages of 4 KiB; the last one is as short as the section needs. A page that nobody has
 * written to is not there and reads as zeros.
 *
 * <p>A section belongs to an owner, and so does each of its pages. Anybody else has to copy what he wants to change.
 */
final class Section {
    private static final int OFFSET_MASK = PageMap.PAGE_BYTES - 1;

    private record Page(Object owner, byte[] bytes) {}

    /** Receives pages: a page that is not there is null, and stands for zeros. */
    interface PageVisitor {
        void visit(int index, byte @Nullable [] here, byte @Nullable [] there);
    }

    final Object owner;
    final int size;
    private final SharedMap<Page> pages;

    /** A section of zeros. */
    Section(Object owner, int size) {
        this.owner = owner;
        this.size = size;
        pages = new SharedMap<>(Math.max(0, (size - 1) >>> PageMap.PAGE_SHIFT));
    }

    private Section(Object owner, Section other) {
        this.owner = owner;
        size = other.size;
        pages = other.pages.copy();
    }

    /** The same bytes for another owner. */
    Section copyFor(Object newOwner) {
        return new Section(newOwner, this);
    }

    static int pageLength(int size, int index) {
        return Math.min(PageMap.PAGE_BYTES, size - (index << PageMap.PAGE_SHIFT));
    }

    /** Whether a range is not inside. Neither number is negative; they may be large, but their sum is no overflow. */
    boolean outside(long index, long length) {
        return index + length > size;
    }

    int loadByte(int index) {
        Page page = pages.get(index >>> PageMap.PAGE_SHIFT);
        return page == null ? 0 : page.bytes[index & OFFSET_MASK];
    }

    /** Loads up to 8 bytes, zero-extended. The range is inside. */
    long load(int index, int width) {
        long value = 0;
        for (int i = 0; i < width; i++) {
            value |= (loadByte(index + i) & 0xFFL) << (i * 8);
        }
        return value;
    }

    /** Stores up to 8 bytes. The range is inside, and the caller is the owner. */
    void store(int index, long value, int width) {
        for (int i = 0; i < width; i++) {
            own((index + i) >>> PageMap.PAGE_SHIFT)[(index + i) & OFFSET_MASK] = (byte) (value >>> (i * 8));
        }
    }

    private byte[] own(int index) {
        Page page = pages.get(index);
        if (page == null || page.owner != owner) {
            byte[] bytes = page == null ? new byte[pageLength(size, index)] : page.bytes.clone();
            page = new Page(owner, bytes);
            pages.put(owner, index, page);
        }
        return page.bytes;
    }

    /** Fills a range, which is inside; the caller is the owner. */
    void fill(int index, byte value, int length) {
        int done = 0;
        while (done < length) {
            int page = (index + done) >>> PageMap.PAGE_SHIFT;
            int offset = (index + done) & OFFSET_MASK;
            int count = Math.min(length - done, PageMap.PAGE_BYTES - offset);
            if (value != 0 || pages.get(page) != null) {
                Arrays.fill(own(page), offset, offset + count, value);
            }
            done += count;
        }
    }

    /** Copies as if through a buffer. Both ranges are inside; the caller is the owner of this section. */
    void copy(int to, Section source, int from, int length) {
        if (to <= from || source != this) {
            int done = 0;
            while (done < length) {
                int count = Math.min(
                        length - done,
                        PageMap.PAGE_BYTES - Math.max((to + done) & OFFSET_MASK, (from + done) & OFFSET_MASK));
                copyWithinPages(to + done, source, from + done, count);
                done += count;
            }
        } else {
            int left = length;
            while (left > 0) {
                int toEnd = ((to + left - 1) & OFFSET_MASK) + 1;
                int fromEnd = ((from + left - 1) & OFFSET_MASK) + 1;
                int count = Math.min(left, Math.min(toEnd, fromEnd));
                left -= count;
                copyWithinPages(to + left, this, from + left, count);
            }
        }
    }

    private void copyWithinPages(int to, Section source, int from, int count) {
        Page page = source.pages.get(from >>> PageMap.PAGE_SHIFT);
        int target = to >>> PageMap.PAGE_SHIFT;
        int offset = to & OFFSET_MASK;
        if (page != null) {
            System.arraycopy(page.bytes, from & OFFSET_MASK, own(target), offset, count);
        } else if (pages.get(target) != null) {
            Arrays.fill(own(target), offset, offset + count, (byte) 0);
        }
    }

    /** Makes a page what a file says it is; the caller is the owner. */
    void setPage(int index, byte[] bytes) {
        pages.put(owner, index, isZero(bytes) ? null : new Page(owner, bytes));
    }

    /** Copies bytes out. The range is inside. */
    byte[] read(int index, int length) {
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length) {
            int offset = (index + done) & OFFSET_MASK;
            int count = Math.min(length - done, PageMap.PAGE_BYTES - offset);
            Page page = pages.get((index + done) >>> PageMap.PAGE_SHIFT);
            if (page != null) {
                System.arraycopy(page.bytes, offset, bytes, done, count);
            }
            done += count;
        }
        return bytes;
    }

    /** Visits the pages that are not all zero, in ascending order. */
    void visitPages(PageVisitor visitor) {
        pages.visit((index, page, none) -> {
            if (page != null && !isZero(page.bytes)) {
                visitor.visit(index, page.bytes, null);
            }
        });
    }

    /** Visits the pages that have other bytes than in a section of the same size, in ascending order. */
    void visitChanged(Section other, PageVisitor visitor) {
        pages.visitChanged(other.pages, (index, page, before) -> {
            byte[] here = page == null || isZero(page.bytes) ? null : page.bytes;
            byte[] there = before == null || isZero(before.bytes) ? null : before.bytes;
            if (!Arrays.equals(here, there)) {
                visitor.visit(index, here, there);
            }
        });
    }

    /** How many pages another section does not share; all of them if there is none, or one of another size. */
    int countUnshared(@Nullable Section other) {
        int[] count = {0};
        if (other != null && other.size == size) {
            pages.visitChanged(other.pages, (index, page, before) -> count[0]++);
        } else {
            pages.visit((index, page, none) -> count[0]++);
        }
        return count[0];
    }

    boolean sameContent(Section other) {
        boolean[] same = {size == other.size};
        if (same[0] && this != other) {
            visitChanged(other, (index, here, there) -> same[0] = false);
        }
        return same[0];
    }

    private static boolean isZero(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }
}
