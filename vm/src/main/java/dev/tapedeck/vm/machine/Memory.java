package dev.tapedeck.vm.machine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Linear memory in pages of 4 KiB that are copied when written.
 *
 * <p>Two tables have one entry for each page. {@code readable} holds its bytes: a page of this memory's own, one shared
 * with snapshots, or {@link PageMap#ZERO}. {@code writable} holds it only if it is this memory's own, so a store needs
 * one load and one test for null to know that it may write; else it takes the slow path once, which makes the page its
 * own. Behind the end of memory both hold null. The pages that are its own are listed, so a snapshot or a restore costs
 * by their number.
 *
 * <p>How many pages may be in use is limited, and what counts is their content: a page is in use if it is not all zero. So
 * whether a write is refused follows from the state alone, and a run that goes on from a snapshot, which does not know
 * pages of zeros, is refused the same. To this end pages that are held but zero are given back before a write is refused.
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
    private final Residency residency;
    private int pages;
    /** Pages that are not {@link PageMap#ZERO}, all zero or not. */
    private int held;

    private PageMap base;
    private int[] own = new int[64];
    private int ownCount;

    /**
     * Sizes in 64 KiB pages.
     *
     * @param residency counts its pages that are not all zero
     */
    Memory(int units, int unitsMax, Residency residency) {
        pages = units * PAGES_PER_UNIT;
        pagesMax = unitsMax * PAGES_PER_UNIT;
        this.residency = residency;
        residency.memories.add(this);
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
        return held;
    }

    /** The pages that all memories of a machine hold together, and how many they may. */
    static final class Residency {
        private final int max;
        private int held;
        private final List<Memory> memories = new ArrayList<>();

        /**
         * @param max 4 KiB pages that may be not all zero
         */
        Residency(int max) {
            this.max = max;
        }

        /** Whether some more pages may be held as things are. */
        boolean fits(long more) {
            return held + more <= max;
        }

        /**
         * Whether some more pages may be held. Gives back pages of zeros only if it takes that, since it costs by the size of
         * memory: a program that uses all it may have goes on storing at the same speed.
         *
         * @param more how many more; a page that is given back may be one more
         */
        boolean roomFor(LongSupplier more) {
            if (fits(more.getAsLong())) {
                return true;
            }
            memories.forEach(Memory::releaseZeros);
            return fits(more.getAsLong());
        }
    }

    private void hold(int more) {
        held += more;
        residency.held += more;
    }

    /** Why a write was refused, in words. */
    String overflow() {
        return residency.held + " pages of 4 KiB are in use, limit is " + residency.max;
    }

    /** Whether bytes can be written to a range, which is inside. */
    boolean roomFor(long address, byte[] bytes) {
        return bytes.length == 0
                || residency.fits(touched(address, bytes.length))
                || residency.roomFor(() -> written(address, bytes));
    }

    /** How many pages of zeros bytes would be written to that are not all zero. */
    private long written(long address, byte[] bytes) {
        long more = 0;
        int done = 0;
        while (done < bytes.length) {
            int page = (int) ((address + done) >>> PageMap.PAGE_SHIFT);
            int count = Math.min(bytes.length - done, PageMap.PAGE_BYTES - ((int) (address + done) & OFFSET_MASK));
            if (readable[page] == PageMap.ZERO && !Arrays.equals(bytes, done, done + count, PageMap.ZERO, 0, count)) {
                more++;
            }
            done += count;
        }
        return more;
    }

    /** The pages that a range lies in; its length is not 0. */
    private static long touched(long address, long length) {
        return ((address + length - 1) >>> PageMap.PAGE_SHIFT) - (address >>> PageMap.PAGE_SHIFT) + 1;
    }

    /** How many pages of a range, which is not empty, are pages of zeros. */
    private long zeroPages(long address, long length) {
        long first = address >>> PageMap.PAGE_SHIFT;
        return LongStream.range(first, first + touched(address, length))
                .filter(page -> readable[(int) page] == PageMap.ZERO)
                .count();
    }

    /** Makes every page that is all zero one that was never touched. Costs by the size of memory. */
    private void releaseZeros() {
        BitSet changed = new BitSet(pages);
        for (int i = 0; i < ownCount; i++) {
            changed.set(own[i]);
        }
        for (int page = 0; page < pages; page++) {
            byte[] bytes = present(page);
            if (bytes != PageMap.ZERO && PageMap.isZero(bytes)) {
                readable[page] = PageMap.ZERO;
                writable[page] = null;
                changed.set(page);
                hold(-1);
            }
        }
        own = changed.stream().toArray();
        ownCount = own.length;
        if (own.length == 0) {
            own = new int[64];
        }
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
        PageMap.Step step = target.stepTo(base);
        if (step != null) {
            for (int index : step.indexes()) {
                readable[index] = target.page(index);
            }
        } else if (target.identity() != base.identity()) {
            restoreChunks(target);
        }
        base = target;
        hold(target.heldCount() - held);
        residency.roomFor(() -> 0);
    }

    private void restoreChunks(PageMap target) {
        for (int c = 0; c < target.chunks().length; c++) {
            if (target.chunk(c) != base.chunk(c)) {
                int start = c << PageMap.CHUNK_SHIFT;
                int count = Math.min(PageMap.CHUNK_PAGES, pages - start);
                System.arraycopy(target.chunk(c), 0, readable, start, count);
            }
        }
    }

    /** Makes a page this memory's own. */
    private byte[] own(int page) {
        byte[] bytes = writable[page];
        if (bytes == null) {
            byte[] shared = present(page);
            if (shared == PageMap.ZERO) {
                bytes = new byte[PageMap.PAGE_BYTES];
                hold(1);
            } else {
                bytes = shared.clone();
            }
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

    /**
     * Stores up to 8 bytes that may lie in two pages, or in pages that are not its own yet.
     *
     * @return false if nothing was stored: the range is outside, or too many pages are in use
     */
    boolean store(long address, long value, int width) {
        if (outside(address, width)) {
            return false;
        }
        if (!residency.fits(2)) {
            byte[] bytes = new byte[width];
            for (int i = 0; i < width; i++) {
                bytes[i] = (byte) (value >>> (i * 8));
            }
            if (!roomFor(address, bytes)) {
                return false;
            }
            write(address, bytes);
            return true;
        }
        for (int i = 0; i < width; i++) {
            own((int) ((address + i) >>> PageMap.PAGE_SHIFT))[(int) (address + i) & OFFSET_MASK] =
                    (byte) (value >>> (i * 8));
        }
        return true;
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

    /** Copies bytes in, however many pages are in use then. The range is inside. */
    void write(long address, byte[] bytes) {
        int done = 0;
        while (done < bytes.length) {
            int page = (int) ((address + done) >>> PageMap.PAGE_SHIFT);
            int offset = (int) (address + done) & OFFSET_MASK;
            int count = Math.min(bytes.length - done, PageMap.PAGE_BYTES - offset);
            if (readable[page] != PageMap.ZERO || !Arrays.equals(bytes, done, done + count, PageMap.ZERO, 0, count)) {
                System.arraycopy(bytes, done, own(page), offset, count);
            }
            done += count;
        }
    }

    /**
     * Copies from a memory, which can be this one, as if through a buffer. Both ranges are inside.
     *
     * @return false if nothing was copied because too many pages would be in use
     */
    boolean copy(long to, Memory source, long from, long length) {
        if (length > 0
                && !residency.fits(touched(to, length))
                && !residency.roomFor(() -> touchedByCopy(to, source, from, length))) {
            return false;
        }
        if (to <= from) {
            long done = 0;
            while (done < length) {
                int toOffset = (int) (to + done) & OFFSET_MASK;
                int fromOffset = (int) (from + done) & OFFSET_MASK;
                int count = (int) Math.min(length - done, PageMap.PAGE_BYTES - Math.max(toOffset, fromOffset));
                copyWithinPages(to + done, source, from + done, count);
                done += count;
            }
        } else {
            long left = length;
            while (left > 0) {
                int toEnd = ((int) (to + left) - 1 & OFFSET_MASK) + 1;
                int fromEnd = ((int) (from + left) - 1 & OFFSET_MASK) + 1;
                int count = (int) Math.min(left, Math.min(toEnd, fromEnd));
                left -= count;
                copyWithinPages(to + left, source, from + left, count);
            }
        }
        return true;
    }

    /** How many pages of zeros a copy writes to from pages that are not: as many as it will make its own. */
    private int touchedByCopy(long to, Memory source, long from, long length) {
        int count = 0;
        int last = -1;
        long done = 0;
        while (done < length) {
            int toPage = (int) ((to + done) >>> PageMap.PAGE_SHIFT);
            int fromPage = (int) ((from + done) >>> PageMap.PAGE_SHIFT);
            if (toPage != last && readable[toPage] == PageMap.ZERO && source.readable[fromPage] != PageMap.ZERO) {
                count++;
                last = toPage;
            }
            int offset = Math.max((int) (to + done) & OFFSET_MASK, (int) (from + done) & OFFSET_MASK);
            done += PageMap.PAGE_BYTES - offset;
        }
        return count;
    }

    private void copyWithinPages(long to, Memory source, long from, int count) {
        int toPage = (int) (to >>> PageMap.PAGE_SHIFT);
        int fromPage = (int) (from >>> PageMap.PAGE_SHIFT);
        if (readable[toPage] == PageMap.ZERO && source.readable[fromPage] == PageMap.ZERO) {
            return; // Zeros over zeros: the page stays untouched and costs nothing.
        }
        byte[] target = own(toPage);
        System.arraycopy(source.present(fromPage), (int) from & OFFSET_MASK, target, (int) to & OFFSET_MASK, count);
    }

    /**
     * Fills a range, which is inside.
     *
     * @return false if nothing was filled because too many pages would be in use
     */
    boolean fill(long address, byte value, long length) {
        if (value != 0
                && length > 0
                && !residency.fits(touched(address, length))
                && !residency.roomFor(() -> zeroPages(address, length))) {
            return false;
        }
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
        return true;
    }
}
