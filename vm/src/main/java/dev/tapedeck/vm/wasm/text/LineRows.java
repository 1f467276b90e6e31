package dev.tapedeck.vm.wasm.text;

import java.util.Arrays;

/** Which line the code comes from, ascending by offset: from there up to the next. */
final class LineRows {
    private int[] offsets = new int[64];
    private int[] lines = new int[64];
    private int size;

    void add(int offset, int line) {
        if (size > 0 && lines[size - 1] == line) {
            return;
        }
        if (size == offsets.length) {
            offsets = Arrays.copyOf(offsets, size * 2);
            lines = Arrays.copyOf(lines, size * 2);
        }
        offsets[size] = offset;
        lines[size++] = line;
    }

    /** Adds those of another, moved by so many bytes. */
    void append(LineRows other, int shift) {
        for (int i = 0; i < other.size; i++) {
            add(other.offsets[i] + shift, other.lines[i]);
        }
    }

    void clear() {
        size = 0;
    }

    int size() {
        return size;
    }

    int offset(int row) {
        return offsets[row];
    }

    int line(int row) {
        return lines[row];
    }

    /** The line of an offset, or 0. */
    int find(long offset) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (offsets[middle] <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == 0 ? 0 : lines[low - 1];
    }
}
