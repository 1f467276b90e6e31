package dev.tapedeck.vm.machine;

import java.util.Arrays;

/**
 * The elements of one table, as cells, in chunks that are copied when written. A chunk of nulls is shared by all tables,
 * so a large table costs by the chunks that hold something, and a snapshot by those written since the last one.
 */
final class TableCells {
    static final int CHUNK_SHIFT = 9;
    static final int CHUNK_CELLS = 1 << CHUNK_SHIFT;
    private static final int OFFSET_MASK = CHUNK_CELLS - 1;
    private static final long[] NULLS = new long[CHUNK_CELLS];

    private long[][] chunks;
    /** Per chunk whether it is this table's own; shorter than {@link #chunks} where none is. */
    private boolean[] own = {};
    /** Whether snapshots hold the array of chunks too. */
    private boolean shared;

    private int size;
    private final int sizeMax;

    /** A table as it was; {@code sizeMax} is the most elements that it can grow to. */
    TableCells(State state, int sizeMax) {
        chunks = state.chunks;
        size = state.size;
        shared = true;
        this.sizeMax = sizeMax;
    }

    /**
     * All elements at one moment, never changed. Behind the end, chunks hold null.
     *
     * @param chunks at least as many as the size needs
     */
    record State(long[][] chunks, int size) {
        /** A table of nulls. */
        static State nulls(int size) {
            long[][] chunks = new long[chunkCount(size)][];
            Arrays.fill(chunks, NULLS);
            return new State(chunks, size);
        }

        /** The same with other cells; {@code indexes} are below the size. */
        State with(int[] indexes, long[] cells) {
            TableCells table = new TableCells(this, size);
            for (int i = 0; i < indexes.length; i++) {
                table.set(indexes[i], cells[i]);
            }
            return table.snapshot();
        }

        long cell(int index) {
            return chunks[index >>> CHUNK_SHIFT][index & OFFSET_MASK];
        }

        /** Whether the chunk that holds an element holds only nulls, at no cost. */
        boolean isChunkOfNulls(int index) {
            return chunks[index >>> CHUNK_SHIFT] == NULLS;
        }

        /** The elements that are not null, as the index and the cell of each. */
        void visit(Visitor visitor) {
            for (int i = 0; i < size; i++) {
                if (chunks[i >>> CHUNK_SHIFT] == NULLS) {
                    i |= OFFSET_MASK;
                } else if (cell(i) != 0) {
                    visitor.visit(i, cell(i));
                }
            }
        }

        boolean same(State other) {
            if (size != other.size) {
                return false;
            }
            for (int c = 0; chunks != other.chunks && c < chunkCount(size); c++) {
                if (chunks[c] != other.chunks[c] && !Arrays.equals(chunks[c], other.chunks[c])) {
                    return false;
                }
            }
            return true;
        }

        /** The first index from {@code from} on, below both sizes, at which two tables differ, or -1. */
        int mismatch(State other, int from) {
            int end = Math.min(size, other.size);
            for (int i = from; i < end; i++) {
                if (chunks[i >>> CHUNK_SHIFT] == other.chunks[i >>> CHUNK_SHIFT]) {
                    i |= OFFSET_MASK;
                } else if (cell(i) != other.cell(i)) {
                    return i;
                }
            }
            return -1;
        }
    }

    /** Receives elements. */
    interface Visitor {
        void visit(int index, long cell);
    }

    private static int chunkCount(int size) {
        return (size + CHUNK_CELLS - 1) >>> CHUNK_SHIFT;
    }

    int size() {
        return size;
    }

    int sizeMax() {
        return sizeMax;
    }

    /** Whether a range is not inside; neither number is negative. */
    boolean outside(long index, long length) {
        return index + length > size;
    }

    long get(int index) {
        return chunks[index >>> CHUNK_SHIFT][index & OFFSET_MASK];
    }

    /** The function that an element refers to, or -1 if it is null or there is none. */
    int function(int index) {
        return index >= 0 && index < size ? (int) chunks[index >>> CHUNK_SHIFT][index & OFFSET_MASK] - 1 : -1;
    }

    void set(int index, long cell) {
        int chunk = index >>> CHUNK_SHIFT;
        if (cell != 0 || chunks[chunk] != NULLS) {
            own(chunk)[index & OFFSET_MASK] = cell;
        }
    }

    private long[] own(int chunk) {
        if (shared) {
            chunks = chunks.clone();
            own = new boolean[chunks.length];
            shared = false;
        }
        if (!own[chunk]) {
            chunks[chunk] = chunks[chunk].clone();
            own[chunk] = true;
        }
        return chunks[chunk];
    }

    /** Grows by elements that hold a cell. There is room. */
    void grow(int count, long cell) {
        int before = size;
        int needed = chunkCount(size + count);
        if (needed > chunks.length) {
            // By doubling, so that growing one by one does not cost by the square.
            int capacity = Math.max(needed, Math.min(chunkCount(sizeMax), 2 * chunks.length));
            long[][] grown = Arrays.copyOf(chunks, capacity);
            Arrays.fill(grown, chunks.length, capacity, NULLS);
            own = shared ? new boolean[capacity] : Arrays.copyOf(own, capacity);
            chunks = grown;
            shared = false;
        }
        size += count;
        fill(before, cell, count);
    }

    /** The range is inside. */
    void fill(int index, long cell, int length) {
        for (int i = index; i < index + length; i++) {
            set(i, cell);
        }
    }

    /** Copies as if through a buffer; both ranges are inside. */
    void copy(int to, TableCells source, int from, int length) {
        if (to <= from) {
            for (int i = 0; i < length; i++) {
                set(to + i, source.get(from + i));
            }
        } else {
            for (int i = length - 1; i >= 0; i--) {
                set(to + i, source.get(from + i));
            }
        }
    }

    /** The elements now. They are shared from here on, so the next write copies what it changes. */
    State snapshot() {
        if (!shared) {
            shared = true;
            own = new boolean[0];
        }
        return new State(chunks, size);
    }

    void restore(State state) {
        chunks = state.chunks;
        size = state.size;
        shared = true;
        own = new boolean[0];
    }
}
