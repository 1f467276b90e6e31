package dev.tapedeck.harness.fuzz;

import java.util.Arrays;
import java.util.List;

/** An input as a series of decisions. Behind its end they all are the first choice there is. */
final class Choices {
    private final byte[] input;
    private int at;

    Choices(byte[] input) {
        this.input = input;
    }

    boolean more() {
        return at < input.length;
    }

    int u8() {
        return more() ? input[at++] & 0xFF : 0;
    }

    int u16() {
        return u8() | u8() << 8;
    }

    int i32() {
        return u16() | u16() << 16;
    }

    long i64() {
        return (i32() & 0xFFFF_FFFFL) | (long) i32() << 32;
    }

    /** 0 to {@code bound - 1}, of at most 256. */
    int below(int bound) {
        return u8() % bound;
    }

    <T> T of(List<T> values) {
        return values.get(below(values.size()));
    }

    /** So many bytes, or as many as there are. */
    byte[] bytes(int count) {
        int end = Math.min(input.length, at + count);
        byte[] bytes = Arrays.copyOfRange(input, at, end);
        at = end;
        return bytes;
    }

    byte[] rest() {
        return bytes(input.length - at);
    }
}
