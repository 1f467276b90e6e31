package dev.tapedeck.harness.log;

import java.io.IOException;

/**
 * An append-only sequence of byte blocks on disk: the only thing the harness asks of Chronicle Queue. What the blocks
 * mean, and whether they are whole, is known above.
 */
public interface ExcerptLog extends AutoCloseable {
    /** Appends an excerpt. It is there for readers, and after a crash of this process, once this returns. */
    void append(byte[] excerpt) throws IOException;

    /** Number of excerpts that can be read. */
    long size();

    /** The excerpt at {@code index}, from 0. */
    byte[] read(long index) throws IOException;

    @Override
    void close();
}
