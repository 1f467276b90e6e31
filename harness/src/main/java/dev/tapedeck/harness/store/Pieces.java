package dev.tapedeck.harness.store;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Cuts bytes where the bytes before the cut say so, and not at fixed places: bytes that are put in or taken out move the
 * cuts behind them, and change no other piece.
 */
final class Pieces {
    static final int BYTES_MAX = 1 << 17;
    private static final int BYTES_MIN = 1 << 13;

    /** One place in 32 KiB fits. */
    private static final long CUT = ((1L << 15) - 1) << 48;

    /** A number for each byte; which ones does not matter, but they are part of what makes pieces the same. */
    private static final long[] GEAR =
            new SplittableRandom(20_261_121).longs(256).toArray();

    private Pieces() {}

    /** Where each piece ends; the last is the length. */
    static int[] ends(byte[] bytes) {
        IntStream.Builder ends = IntStream.builder();
        int from = 0;
        while (from < bytes.length) {
            int end = end(bytes, from);
            ends.add(end);
            from = end;
        }
        return ends.build().toArray();
    }

    private static int end(byte[] bytes, int from) {
        int last = Math.min(bytes.length, from + BYTES_MAX);
        long hash = 0;
        for (int i = Math.min(last, from + BYTES_MIN); i < last; i++) {
            hash = (hash << 1) + GEAR[bytes[i] & 0xFF];
            if ((hash & CUT) == 0) {
                return i + 1;
            }
        }
        return last;
    }
}
