package dev.tapedeck.vm.machine;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a memory at one moment, never changed: neither the map nor the pages. Pages are reached through chunks, so
 * that two maps that differ in a few pages share all other chunks, and comparing them skips whatever is shared. A map that
 * was made of another knows in which pages they can differ, so comparing these two costs by those pages alone.
 *
 * @param chunks the chunks; each has {@link #CHUNK_PAGES} pages, those behind the end of memory being {@link #ZERO}
 * @param pageCount the size of the memory in pages of 4 KiB
 * @param heldCount how many pages are held that are not the shared page of zeros
 * @param identity stands for this map where the map itself would be kept from being collected
 * @param step from the map of the same size that this one was made of, or null if there is none
 */
record PageMap(
        byte[][][] chunks,
        int pageCount,
        int heldCount,
        Object identity,
        @Nullable Step step) {
    static final int PAGE_SHIFT = 12;
    static final int PAGE_BYTES = 1 << PAGE_SHIFT;
    static final int CHUNK_SHIFT = 8;
    static final int CHUNK_PAGES = 1 << CHUNK_SHIFT;

    /** What every page is that nobody has written to. */
    static final byte[] ZERO = new byte[PAGE_BYTES];

    private static final byte[][] ZERO_CHUNK = new byte[CHUNK_PAGES][];

    static {
        Arrays.fill(ZERO_CHUNK, ZERO);
    }

    /**
     * @param before the identity of a map
     * @param indexes the pages that may be others than there, in ascending order; an index can stand there repeatedly
     */
    record Step(Object before, int[] indexes) {}

    /** Receives pages; {@code index} counts 4 KiB pages from 0. */
    interface Visitor {
        void visit(int index, byte[] page);
    }

    static PageMap zero(int pageCount) {
        byte[][][] chunks = new byte[chunkCount(pageCount)][][];
        Arrays.fill(chunks, ZERO_CHUNK);
        return new PageMap(chunks, pageCount, 0, new Object(), null);
    }

    static int chunkCount(int pageCount) {
        return (pageCount + CHUNK_PAGES - 1) >>> CHUNK_SHIFT;
    }

    /** A chunk; one of zeros behind the end. */
    byte[][] chunk(int index) {
        return index < chunks.length ? chunks[index] : ZERO_CHUNK;
    }

    /** A page; zeros behind the end. */
    byte[] page(int index) {
        return chunk(index >>> CHUNK_SHIFT)[index & CHUNK_PAGES - 1];
    }

    /** A map of this size that differs in the given pages: {@code indexes[i]} is {@code pages.apply(i)}, i below count. */
    PageMap with(int newPageCount, int[] indexes, int count, IntFunction<byte[]> pages) {
        int held = heldCount;
        for (int c = chunkCount(newPageCount); c < chunks.length; c++) {
            held -= heldIn(chunks[c]);
        }
        byte[][][] changed = Arrays.copyOf(chunks, chunkCount(newPageCount));
        for (int c = chunks.length; c < changed.length; c++) {
            changed[c] = ZERO_CHUNK;
        }
        int end = newPageCount & (CHUNK_PAGES - 1);
        if (newPageCount < pageCount && end != 0) {
            byte[][] last = changed[changed.length - 1].clone();
            held -= heldIn(last);
            Arrays.fill(last, end, CHUNK_PAGES, ZERO);
            held += heldIn(last);
            changed[changed.length - 1] = last;
        }
        for (int i = 0; i < count; i++) {
            int index = indexes[i];
            int c = index >>> CHUNK_SHIFT;
            if (changed[c] == chunk(c)) {
                changed[c] = changed[c].clone();
            }
            byte[] page = pages.apply(i);
            held += (page == ZERO ? 0 : 1) - (changed[c][index & CHUNK_PAGES - 1] == ZERO ? 0 : 1);
            changed[c][index & CHUNK_PAGES - 1] = page;
        }
        Step made = null;
        if (newPageCount == pageCount) {
            int[] sorted = Arrays.copyOf(indexes, count);
            Arrays.sort(sorted);
            made = new Step(identity, sorted);
        }
        return new PageMap(changed, newPageCount, held, new Object(), made);
    }

    /** Visits the pages that are not all zero, in ascending order. */
    void visitNonZero(Visitor visitor) {
        for (int c = 0; c < chunks.length; c++) {
            byte[][] chunk = chunks[c];
            for (int i = 0; chunk != ZERO_CHUNK && i < CHUNK_PAGES; i++) {
                if (!isZero(chunk[i])) {
                    visitor.visit(c << CHUNK_SHIFT | i, chunk[i]);
                }
            }
        }
    }

    /** Visits the pages whose contents differ from those of another map, in ascending order. */
    void visitChanged(PageMap base, Visitor visitor) {
        if (identity == base.identity) {
            return;
        }
        Step between = stepTo(base);
        if (between != null) {
            int last = -1;
            for (int index : between.indexes) {
                byte[] here = page(index);
                if (index != last && !samePage(here, base.page(index))) {
                    visitor.visit(index, here);
                }
                last = index;
            }
            return;
        }
        int count = Math.max(chunks.length, base.chunks.length);
        for (int c = 0; c < count; c++) {
            byte[][] here = chunk(c);
            byte[][] there = base.chunk(c);
            for (int i = 0; here != there && i < CHUNK_PAGES; i++) {
                if (!samePage(here[i], there[i])) {
                    visitor.visit(c << CHUNK_SHIFT | i, here[i]);
                }
            }
        }
    }

    /** How many pages are not the same array in another map. No byte of them is looked at. */
    int countUnshared(PageMap other) {
        if (identity == other.identity) {
            return 0;
        }
        int unshared = 0;
        Step between = stepTo(other);
        if (between != null) {
            int last = -1;
            for (int index : between.indexes) {
                unshared += index != last && page(index) != other.page(index) ? 1 : 0;
                last = index;
            }
            return unshared;
        }
        int count = Math.max(chunks.length, other.chunks.length);
        for (int c = 0; c < count; c++) {
            byte[][] here = chunk(c);
            byte[][] there = other.chunk(c);
            for (int i = 0; here != there && i < CHUNK_PAGES; i++) {
                unshared += here[i] != there[i] ? 1 : 0;
            }
        }
        return unshared;
    }

    /** The step from one of these two maps to the other, if one was made of the other. */
    @Nullable
    Step stepTo(PageMap other) {
        if (step != null && step.before == other.identity) {
            return step;
        }
        return other.step != null && other.step.before == identity ? other.step : null;
    }

    boolean sameContent(PageMap other) {
        boolean[] same = {pageCount == other.pageCount};
        if (same[0] && stepTo(other) != null) {
            visitChanged(other, (index, page) -> same[0] = false);
            return same[0];
        }
        if (pageCount != other.pageCount) {
            return false;
        }
        for (int c = 0; c < chunks.length; c++) {
            byte[][] here = chunks[c];
            byte[][] there = other.chunks[c];
            for (int i = 0; here != there && i < CHUNK_PAGES; i++) {
                if (!samePage(here[i], there[i])) {
                    return false;
                }
            }
        }
        return true;
    }

    /** How many pages are not all zero. */
    int nonZeroCount() {
        int[] count = {0};
        visitNonZero((index, page) -> count[0]++);
        return count[0];
    }

    private static int heldIn(byte[][] chunk) {
        int held = 0;
        for (int i = 0; chunk != ZERO_CHUNK && i < CHUNK_PAGES; i++) {
            held += chunk[i] == ZERO ? 0 : 1;
        }
        return held;
    }

    private static boolean samePage(byte[] a, byte[] b) {
        return a == b || Arrays.equals(a, b);
    }

    static boolean isZero(byte[] page) {
        return samePage(page, ZERO);
    }
}
