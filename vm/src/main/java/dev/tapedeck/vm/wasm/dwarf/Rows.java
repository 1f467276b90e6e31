package dev.tapedeck.vm.wasm.dwarf;

import java.util.Arrays;

/** Rows of a line table, ascending by code offset: file and line from this offset to that of the next row. */
final class Rows {
    /** The file of a row from which on the compiler names no source. */
    static final int NO_FILE = -1;

    /** The file of the last row of a sequence, which says where it ends. */
    static final int END = -2;

    private int[] offsets = new int[16];
    private int[] files = new int[16];
    private int[] lines = new int[16];
    private int size;

    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    int offset(int row) {
        return offsets[row];
    }

    int lastOffset() {
        return offsets[size - 1];
    }

    void removeLast() {
        size--;
    }

    void clear() {
        size = 0;
    }

    /** Appends a row. Of several with one offset, the last one counts. */
    void add(int offset, int file, int line) {
        if (size > 0 && offsets[size - 1] == offset) {
            size--;
        }
        if (size > 0 && files[size - 1] == file && lines[size - 1] == line) {
            return;
        }
        ensureCapacity(size + 1L);
        offsets[size] = offset;
        files[size] = file;
        lines[size] = line;
        size++;
    }

    boolean endsSequence(int row) {
        return files[row] == END;
    }

    /** Appends rows {@code from} to {@code to}, exclusively, of another as they are. */
    void append(Rows other, int from, int to) {
        int count = to - from;
        ensureCapacity((long) size + count);
        System.arraycopy(other.offsets, from, offsets, size, count);
        System.arraycopy(other.files, from, files, size, count);
        System.arraycopy(other.lines, from, lines, size, count);
        size += count;
    }

    private void ensureCapacity(long needed) {
        if (needed > offsets.length) {
            int capacity = Math.toIntExact(Math.max(needed, offsets.length * 2L));
            offsets = Arrays.copyOf(offsets, capacity);
            files = Arrays.copyOf(files, capacity);
            lines = Arrays.copyOf(lines, capacity);
        }
    }

    int[] offsets() {
        return Arrays.copyOf(offsets, size);
    }

    int[] files() {
        return Arrays.copyOf(files, size);
    }

    int[] lines() {
        return Arrays.copyOf(lines, size);
    }
}
