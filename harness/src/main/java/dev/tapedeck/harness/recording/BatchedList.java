package dev.tapedeck.harness.recording;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.ToLongFunction;

/**
 * A list whose elements stand in excerpts, several in each, and are read when they are asked for. Only the last excerpt is
 * kept. Elements are in the order of their instruction counts.
 */
final class BatchedList<T> extends AbstractList<T> implements RandomAccess {
    interface Reader<T> {
        List<T> read(long excerpt) throws RecordingException;
    }

    private final Reader<T> reader;
    private final List<Long> excerpts = new ArrayList<>();
    /** The index of the first element of each excerpt. */
    private final List<Integer> starts = new ArrayList<>();

    /** The instruction count of the last element of each excerpt. */
    private final List<Long> lastIcounts = new ArrayList<>();

    private final ToLongFunction<T> icountOf;

    private int size;
    private int cachedBatch = -1;
    private List<T> cached = List.of();

    BatchedList(ToLongFunction<T> icountOf, Reader<T> reader) {
        this.icountOf = icountOf;
        this.reader = reader;
    }

    void add(long excerpt, int count, long icountLast) {
        excerpts.add(excerpt);
        lastIcounts.add(icountLast);
        starts.add(size);
        size += count;
    }

    @Override
    public int size() {
        return size;
    }

    /** @throws UncheckedIOException if the excerpt, which was whole when the recording was opened, no longer is */
    @Override
    public synchronized T get(int index) {
        if (index < 0 || index >= size) {
            throw new IndexOutOfBoundsException(index + " of " + size);
        }
        int found = Collections.binarySearch(starts, index);
        int batch = found >= 0 ? found : -found - 2;
        if (batch != cachedBatch) {
            try {
                cached = reader.read(excerpts.get(batch));
                cachedBatch = batch;
            } catch (RecordingException e) {
                throw new UncheckedIOException(String.valueOf(e.getMessage()), new IOException(e));
            }
        }
        return cached.get(index - starts.get(batch));
    }

    /** The index of the first element at {@code icount} or later; the size if there is none. Reads at most one excerpt. */
    int firstFrom(long icount) {
        int batch = Ascending.firstFrom(lastIcounts, last -> last, icount);
        if (batch == excerpts.size()) {
            return size;
        }
        int index = starts.get(batch);
        while (icountOf.applyAsLong(get(index)) < icount) {
            index++;
        }
        return index;
    }
}
