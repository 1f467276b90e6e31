package dev.tapedeck.harness.recording;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.RandomAccess;

/** A list whose elements stand in excerpts, several in each, and are read when they are asked for. Only the last excerpt is kept. */
final class BatchedList<T> extends AbstractList<T> implements RandomAccess {
    interface Reader<T> {
        List<T> read(long excerpt) throws RecordingException;
    }

    private final Reader<T> reader;
    private final List<Long> excerpts = new ArrayList<>();
    /** The index of the first element of each excerpt. */
    private final List<Integer> starts = new ArrayList<>();

    private int size;
    private int cachedBatch = -1;
    private List<T> cached = List.of();

    BatchedList(Reader<T> reader) {
        this.reader = reader;
    }

    void add(long excerpt, int count) {
        excerpts.add(excerpt);
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
                throw new UncheckedIOException(new IOException(e.getMessage(), e));
            }
        }
        return cached.get(index - starts.get(batch));
    }
}
