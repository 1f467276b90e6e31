package dev.tapedeck.harness.log;

import java.io.IOException;
import java.util.Optional;

/**
 * An append-only sequence of byte blocks on disk: the only thing the harness asks of Chronicle Queue. What the blocks
 * mean, and whether they are whole, is known above. Used by one thread at a time; which one it is may change.
 */
public interface ExcerptLog extends AutoCloseable {
    /** The most bytes of one excerpt. Chronicle's limit for blocks of 1 MiB is somewhat below 256 KiB. */
    int EXCERPT_BYTES_MAX = 128 * 1024;

    /**
     * Appends an excerpt. It is there for readers, and after a crash of this process, once this returns.
     *
     * @param excerpt 1 to {@link #EXCERPT_BYTES_MAX} bytes
     */
    void append(byte[] excerpt) throws IOException;

    /** Number of excerpts that can be read. */
    long size();

    /** The excerpt at {@code index}, from 0. */
    byte[] read(long index) throws IOException;

    /** What is wrong with the file as such, so that excerpts may be missing at the end; empty if nothing is. */
    default Optional<String> problem() {
        return Optional.empty();
    }

    /** Whether someone was still appending when this was opened for reading, so that an end is not to be expected. */
    default boolean live() {
        return false;
    }

    @Override
    void close();
}
