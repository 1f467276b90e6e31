package dev.tapedeck.vm.host;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * What a program reads, with a position that can be put back: of what has been read of the stream, the last 16 MiB are kept
 * at least. Hosts that offer several ways to read the same input share one.
 */
public final class InputTape {
    /** What one call can bring in: hosts keep all of it until the call is over. */
    static final int READ_BYTES_MAX = 64 << 20;

    /** Only above this are bytes forgotten that were read long ago. */
    private static final int KEPT_BYTES = 32 << 20;

    private final InputStream input;

    /** What was read from {@code input} last, whether the program has it or not. */
    private byte[] kept = new byte[0];

    private int keptCount;

    /** Where in the input the first kept byte was. */
    private long keptFrom;

    private long position;

    public InputTape(InputStream input) {
        this.input = input;
    }

    /** Bytes that the program has read. */
    public long position() {
        return position;
    }

    /**
     * @param position 0 or more; behind the end there is nothing to read
     * @throws IllegalArgumentException if it is negative, or the bytes there are not kept any more
     */
    public void position(long position) {
        if (position < 0) {
            throw new IllegalArgumentException("the state of the host has a negative input position: " + position);
        }
        if (position < keptFrom) {
            throw new IllegalArgumentException("the state of the host is at byte " + position
                    + " of the input, but only the bytes from " + keptFrom + " on are kept");
        }
        this.position = position;
    }

    /**
     * The next bytes, fewer than {@code capacity} only at the end of the input, however many come at a time: what the
     * program sees depends on the input's bytes only.
     *
     * @throws IOException if the stream cannot be read, or there are more than 64 MiB to be read at once
     */
    public byte[] read(long capacity) throws IOException {
        long count = Math.min(capacity, READ_BYTES_MAX + 1L);
        int available = available(count);
        if (available > READ_BYTES_MAX) {
            throw new IOException("more than " + READ_BYTES_MAX + " bytes of input at once; read it in parts");
        }
        return take(available);
    }

    /** The same, but not beyond the next line feed, as from a terminal; 64 MiB are a line too. */
    public byte[] readLine(long capacity) throws IOException {
        int count = 0;
        while (count < Math.min(capacity, READ_BYTES_MAX) && available(count + 1L) > count) {
            count++;
            if (kept[(int) (position - keptFrom) + count - 1] == '\n') {
                break;
            }
        }
        return take(count);
    }

    private byte[] take(int count) {
        int from = (int) Math.min(position - keptFrom, keptCount);
        byte[] bytes = Arrays.copyOfRange(kept, from, from + count);
        position += count;
        return bytes;
    }

    /** How many bytes there are from the position on, up to {@code wanted}; reads them if need be. */
    private int available(long wanted) throws IOException {
        long end = position + wanted;
        while (keptFrom + keptCount < end) {
            if (keptCount == kept.length) {
                int half = kept.length / 2;
                if (kept.length >= KEPT_BYTES && position - keptFrom >= half) {
                    System.arraycopy(kept, half, kept, 0, half);
                    keptFrom += half;
                    keptCount -= half;
                } else {
                    kept = Arrays.copyOf(kept, Math.max(4096, 2 * keptCount));
                }
            }
            int room = (int) Math.min(kept.length - keptCount, end - keptFrom - keptCount);
            int count = input.read(kept, keptCount, room);
            if (count <= 0) {
                break;
            }
            keptCount += count;
        }
        return (int) Math.max(0, Math.min(wanted, keptFrom + keptCount - position));
    }
}
