package dev.tapedeck.vm.machine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Linear memory in pages of 4 KiB that are copied when written.
 *
 * <p>Two tables have one entry for each page. {@code readable} holds its bytes: a page of this memory's own, one shared
 * with snapshots, or {@link PageMap#ZERO}. {@code writable} holds it only if it is this memory's own, so a store needs
 * one load and one test for null to know that it may write; else it takes the slow path once, which makes the page its
 * own. Behind the end of memory both hold null. The pages that are its own are listed, so a snapshot or a restore costs
 * by their number.
 */
final class Memory {
    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int OFFSET_MASK = PageMap.PAGE_BYTES - 1;
    /** 4 KiB pages in one page of WebAssembly. */
    static final int PAGES_PER_UNIT = 16;

    // The loop reads these two; their identity changes only in grow and restore.
    byte[] @Nullable [] readable;
    byte[] @Nullable [] writable;

    private final int pagesMax;
    private int pages;
    private PageMap base;
    private int[] own = new int[64];
    private int ownCount;

    /** Sizes in 64 KiB pages. */
    Memory(int units, int unitsMax) {
        pages = units * PAGES_PER_UNIT;
        pagesMax = unitsMax * PAGES_PER_UNIT;
        readable = new byte[pages][];
        writable = new byte[pages][];
        Arrays.fill(readable, PageMap.ZERO);
        base = PageMap.zero(pages);
    }

    long bytes() {
        return (long) pages << PageMap.PAGE_SHIFT;
    }

    /** Size in 64 KiB pages. */
    int units() {
        return pages / PAGES_PER_UNIT;
    }

    int unitsMax() {
        return pagesMax / PAGES_PER_UNIT;
    }

    /** Pages that take memory of their own, shared with snapshots or not. */
    int heldCount() {
        int held = 0;
        for (int i = 0; i < pages; i++) {
            held += readable[i] == PageMap.ZERO ? 0 : 1;
        }
        return held;
    }

    /** Whether a range is not inside; addresses are not negative. */
    boolean outside(long address, long length) {
        return address + length > bytes();
    }

    /** Grows by 64 KiB pages; the old size in 64 KiB pages, or -1 if there is no room (unsigned). */
    int grow(int units) {
        int before = units();
        if (Integer.toUnsignedLong(units) > unitsMax() - before) {
            return -1;
        }
        resize(pages + units * PAGES_PER_UNIT);
        return before;
    }

    /** Gives the tables another number of pages; new ones are zero, and pages that go are dropped. */
    private void resize(int newPages) {
        if (newPages > readable.length) {
            // By doubling, so that growing page by page does not cost by the square.
            int capacity = (int) Math.min(pagesMax, Math.max(newPages, 2L * readable.length));
            readable = Arrays.copyOf(readable, capacity);
            writable = Arrays.copyOf(writable, capacity);
        }
        if (newPages > pages) {
            Arrays.fill(readable, pages, newPages, PageMap.ZERO);
        } else {
            Arrays.fill(readable, newPages, pages, null);
            Arrays.fill(writable, newPages, pages, null);
        }
        pages = newPages;
    }

    /** The pages now. They are shared from here on, so the next store to each one copies it. */
    PageMap snapshot() {
        if (ownCount > 0 || base.pageCount() != pages) {
            base = base.with(pages, own, ownCount, i -> present(own[i]));
            for (int i = 0; i < ownCount; i++) {
                writable[own[i]] = null;
            }
            ownCount = 0;
        }
        return base;
    }

    void restore(PageMap target) {
        for (int i = 0; i < ownCount; i++) {
            writable[own[i]] = null;
            readable[own[i]] = target.page(own[i]);
        }
        ownCount = 0;
        if (target.pageCount() != pages) {
            resize(target.pageCount());
        }
        for (int c = 0; c < target.chunks().length; c++) {
            if (target.chunk(c) != base.chunk(c)) {
                int start = c << PageMap.CHUNK_SHIFT;
                int count = Math.min(PageMap.CHUNK_PAGES, pages - start);
                System.arraycopy(target.chunk(c), 0, readable, start, count);
            }
        }
        base = target;
    }

    /** Makes a page this memory's own. */
    private byte[] own(int page) {
        byte[] bytes = writable[page];
        if (bytes == null) {
            byte[] shared = present(page);
            bytes = shared == PageMap.ZERO ? new byte[PageMap.PAGE_BYTES] : shared.clone();
            if (ownCount == own.length) {
                own = Arrays.copyOf(own, ownCount * 2);
            }
            own[ownCount++] = page;
            readable[page] = bytes;
            writable[page] = bytes;
        }
        return bytes;
    }

    private byte[] present(int page) {
        byte[] bytes = readable[page];
        if (bytes == null) {
            throw new AssertionError("page " + page + " is behind the end");
        }
        return bytes;
    }

    int loadByte(long address) {
        return present((int) (address >>> PageMap.PAGE_SHIFT))[(int) address & OFFSET_MASK];
    }

    /** Loads up to 8 bytes that may lie in two pages, zero-extended. The range is inside. */
    long load(long address, int width) {
        long value = 0;
        for (int i = 0; i < width; i++) {
            value |= (loadByte(address + i) & 0xFFL) << (i * 8);
        }
        return value;
    }

    /** Stores up to 8 bytes that may lie in two pages, or in pages that are not its own yet. The range is inside. */
    void store(long address, long value, int width) {
        for (int i = 0; i < width; i++) {
            own((int) ((address + i) >>> PageMap.PAGE_SHIFT))[(int) (address + i) & OFFSET_MASK] =
                    (byte) (value >>> (i * 8));
        }
    }

    /** Copies bytes out. The range is inside. */
    byte[] read(long address, int length) {
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length) {
            int offset = (int) (address + done) & OFFSET_MASK;
            int count = Math.min(length - done, PageMap.PAGE_BYTES - offset);
            System.arraycopy(present((int) ((address + done) >>> PageMap.PAGE_SHIFT)), offset, bytes, done, count);
            done += count;
        }
        return bytes;
    }

    /** Copies bytes in. The range is inside. */
    void write(long address, byte[] bytes) {
        int done = 0;
        while (done < bytes.length) {
            int offset = (int) (address + done) & OFFSET_MASK;
            int count = Math.min(bytes.length - done, PageMap.PAGE_BYTES - offset);
            System.arraycopy(bytes, done, own((int) ((address + done) >>> PageMap.PAGE_SHIFT)), offset, count);
            done += count;
        }
    }

    /** Copies within memory as if through a buffer. Both ranges are inside. */
    void copy(long to, long from, long length) {
        if (to <= from) {
            long done = 0;
            while (done < length) {
                int toOffset = (int) (to + done) & OFFSET_MASK;
                int fromOffset = (int) (from + done) & OFFSET_MASK;
                int count = (int) Math.min(length - done, PageMap.PAGE_BYTES - Math.max(toOffset, fromOffset));
                copyWithinPages(to + done, from + done, count);
                done += count;
            }
        } else {
            long left = length;
            while (left > 0) {
                int toEnd = ((int) (to + left) - 1 & OFFSET_MASK) + 1;
                int fromEnd = ((int) (from + left) - 1 & OFFSET_MASK) + 1;
                int count = (int) Math.min(left, Math.min(toEnd, fromEnd));
                left -= count;
                copyWithinPages(to + left, from + left, count);
            }
        }
    }

    private void copyWithinPages(long to, long from, int count) {
        int toPage = (int) (to >>> PageMap.PAGE_SHIFT);
        int fromPage = (int) (from >>> PageMap.PAGE_SHIFT);
        if (readable[toPage] == PageMap.ZERO && readable[fromPage] == PageMap.ZERO) {
            return; // Zeros over zeros: the page stays untouched and costs nothing.
        }
        byte[] target = own(toPage);
        System.arraycopy(present(fromPage), (int) from & OFFSET_MASK, target, (int) to & OFFSET_MASK, count);
    }

    /** Fills a range, which is inside. */
    void fill(long address, byte value, long length) {
        long done = 0;
        while (done < length) {
            int page = (int) ((address + done) >>> PageMap.PAGE_SHIFT);
            int offset = (int) (address + done) & OFFSET_MASK;
            int count = (int) Math.min(length - done, PageMap.PAGE_BYTES - offset);
            if (value != 0 || readable[page] != PageMap.ZERO) {
                Arrays.fill(own(page), offset, offset + count, value);
            }
            done += count;
        }
    }
}
