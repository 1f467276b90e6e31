package dev.tapedeck.harness.store;

import java.util.stream.IntStream;

/**
 * Cuts bytes where the bytes before the cut say so, and not at fixed places: bytes that are put in or taken out move the
 * cuts behind them, and change no other piece.
 *
 * @param bytesMin of a piece, but for the last one
 * @param bytesMean what cuts are apart behind {@code bytesMin}, on average; a power of two
 * @param bytesMax of a piece
 */
record Pieces(int bytesMin, int bytesMean, int bytesMax) {
    /** Which sizes are best was measured: {@code docs/benchmarks.md}. */
    static final Pieces DEFAULT = of(1 << 14);

    /** No store has larger ones, whatever it was made with. */
    static final int BYTES_MAX = 1 << 20;

    /** A number for each byte; which ones does not matter, but they are part of what makes pieces the same. */
    private static final long[] GEAR = gear();

    Pieces {
        if (Integer.bitCount(bytesMean) != 1 || bytesMin < 1 || bytesMax < bytesMin || bytesMax > BYTES_MAX) {
            throw new IllegalArgumentException(
                    "pieces of " + bytesMin + " to " + bytesMax + " bytes, " + bytesMean + " on average");
        }
    }

    /** SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators), written out so that it never changes. */
    private static long[] gear() {
        long[] gear = new long[256];
        long state = 20_261_121;
        for (int i = 0; i < gear.length; i++) {
            state += 0x9E37_79B9_7F4A_7C15L;
            long z = (state ^ state >>> 30) * 0xBF58_476D_1CE4_E5B9L;
            z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
            gear[i] = z ^ z >>> 31;
        }
        return gear;
    }

    /** Pieces around a size: from a quarter of it to four times as much. */
    static Pieces of(int bytesMean) {
        return new Pieces(bytesMean / 4, bytesMean, bytesMean * 4);
    }

    /** Where each piece ends; the last is the length. */
    int[] ends(byte[] bytes) {
        IntStream.Builder ends = IntStream.builder();
        int from = 0;
        while (from < bytes.length) {
            int end = end(bytes, from);
            ends.add(end);
            from = end;
        }
        return ends.build().toArray();
    }

    private int end(byte[] bytes, int from) {
        int last = Math.min(bytes.length, from + bytesMax);
        // The highest bits: those that most of the last 64 bytes have a part in.
        long cut = (bytesMean - 1L) << Long.numberOfLeadingZeros(bytesMean - 1L);
        long hash = 0;
        for (int i = Math.min(last, from + bytesMin); i < last; i++) {
            hash = (hash << 1) + GEAR[bytes[i] & 0xFF];
            if ((hash & cut) == 0) {
                return i + 1;
            }
        }
        return last;
    }
}
