package dev.tapedeck.vm.host;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * What a program reads, with a position that can be put back: what has been read of the stream is kept. Hosts that offer
 * several ways to read the same input share one.
 */
public final class InputTape {
    private static final int BYTES_MAX = Integer.MAX_VALUE - 8;

    private final InputStream input;

    /** What has been read from {@code input} so far, whether the program has it or not. */
    private byte[] read = new byte[0];

    private int readCount;
    private long position;

    public InputTape(InputStream input) {
        this.input = input;
    }

    /** Bytes that the program has read. */
    public long position() {
        return position;
    }

    /** @param position 0 or more; behind the end there is nothing to read */
    public void position(long position) {
        if (position < 0) {
            throw new IllegalArgumentException("the state of the host has a negative input position: " + position);
        }
        this.position = position;
    }

    /**
     * The next bytes, fewer than {@code capacity} only at the end of the input, however many come at a time: what the
     * program sees depends on the input's bytes only.
     *
     * @throws IOException if the stream cannot be read, or has more than 2 GiB
     */
    public byte[] read(long capacity) throws IOException {
        readUpTo(position + capacity);
        return take((int) Math.max(0, Math.min(capacity, readCount - position)));
    }

    /** The same, but not beyond the next line feed, as from a terminal. */
    public byte[] readLine(long capacity) throws IOException {
        int count = 0;
        while (count < capacity) {
            readUpTo(position + count + 1);
            if (position + count >= readCount) {
                break;
            }
            count++;
            if (read[(int) (position + count - 1)] == '\n') {
                break;
            }
        }
        return take(count);
    }

    private byte[] take(int count) {
        int from = (int) Math.min(position, readCount);
        byte[] bytes = Arrays.copyOfRange(read, from, from + count);
        position += count;
        return bytes;
    }

    private void readUpTo(long end) throws IOException {
        while (readCount < end) {
            if (readCount == read.length) {
                if (readCount == BYTES_MAX) {
                    throw new IOException("the input is longer than " + readCount + " bytes");
                }
                read = Arrays.copyOf(read, (int) Math.min(BYTES_MAX, Math.max(4096L, 2L * readCount)));
            }
            int count = input.read(read, readCount, (int) Math.min(read.length, end) - readCount);
            if (count <= 0) {
                return;
            }
            readCount += count;
        }
    }
}
