package dev.tapedeck.vm.format;

import dev.tapedeck.vm.isa.ValueType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes in the encodings of {@code .bc} files. Refuses values that the encoding does not have, so that nothing is written
 * that could not be read back.
 */
final class BcOutput {
    /** Java has no larger arrays. */
    private static final int BYTES_MAX = Integer.MAX_VALUE - 8;

    // Not a ByteArrayOutputStream, which takes a lock for each byte.
    private byte[] bytes = new byte[64];
    private int size;

    /** What has been written. The array is not changed by what is written later. */
    byte[] toByteArray() {
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    /** Makes room for exactly so much more, so that large content is not copied while it grows, nor at the end. */
    void reserve(int more) {
        if (more > BYTES_MAX - size) {
            throw new IllegalArgumentException("more than " + BYTES_MAX + " bytes");
        }
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, size + more);
        }
    }

    int size() {
        return size;
    }

    void u8(int value) {
        if (size == bytes.length) {
            grow(1);
        }
        bytes[size++] = (byte) value;
    }

    void raw(byte[] values) {
        if (values.length > bytes.length - size) {
            grow(values.length);
        }
        System.arraycopy(values, 0, bytes, size, values.length);
        size += values.length;
    }

    private void grow(int more) {
        long needed = (long) size + more;
        if (needed > BYTES_MAX) {
            throw new IllegalArgumentException("more than " + BYTES_MAX + " bytes");
        }
        bytes = Arrays.copyOf(bytes, (int) Math.min(BYTES_MAX, Math.max(needed, 2L * bytes.length)));
    }

    /** An unsigned LEB128 number of up to 64 bits. */
    void unsigned(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            u8((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        u8((int) rest);
    }

    /** How many bytes {@link #unsigned} takes for a number: 1 to 10. */
    static int unsignedBytes(long value) {
        return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
    }

    /** A signed LEB128 number of up to 64 bits. */
    void signed(long value) {
        long rest = value;
        while (rest < -64 || rest > 63) {
            u8((int) (rest & 0x7F) | 0x80);
            rest >>= 7;
        }
        u8((int) (rest & 0x7F));
    }

    /** A count, an index, or anything else from 0 to 2^31-1. */
    void index(String what, long value) {
        unsigned(within(what, value, 0, Integer.MAX_VALUE));
    }

    /** An index from -1 (none) on, stored as one more. */
    void indexOrNone(String what, long value) {
        unsigned(within(what, value, -1, Integer.MAX_VALUE) + 1);
    }

    /** An address of 32 bits, or -1 (none), stored as one more. */
    void addressOrNone(String what, long value) {
        unsigned(within(what, value, -1, 0xFFFF_FFFFL) + 1);
    }

    void u32(String what, long value) {
        unsigned(within(what, value, 0, 0xFFFF_FFFFL));
    }

    void u63(String what, long value) {
        unsigned(within(what, value, 0, Long.MAX_VALUE));
    }

    void i32(String what, long value) {
        signed(within(what, value, Integer.MIN_VALUE, Integer.MAX_VALUE));
    }

    /** The low 32 bits, little-endian. */
    void bits32(long value) {
        littleEndian(value, 4);
    }

    /** 64 bits, little-endian. */
    void bits64(long value) {
        littleEndian(value, 8);
    }

    private void littleEndian(long value, int count) {
        for (int i = 0; i < count; i++) {
            u8((int) (value >>> (8 * i)));
        }
    }

    void type(ValueType type) {
        u8(type.code());
    }

    /** A cell that is known to be of a type. */
    void cell(String what, ValueType type, long cell) {
        if (!type.represents(cell)) {
            throw new IllegalArgumentException(what + " is the cell " + cell + ", which is no " + type);
        }
        switch (type) {
            case I32, I64, EXTERNREF -> signed(cell);
            case FUNCREF -> indexOrNone(what, cell - 1);
            case F32 -> bits32(cell);
            case F64 -> bits64(cell);
        }
    }

    /** Bytes, after their number. */
    void blob(byte[] values) {
        unsigned(values.length);
        raw(values);
    }

    /** A string of chars up to U+00FF, one byte each, after their number. */
    void latin1(String what, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0xFF) {
                throw new IllegalArgumentException(what + " has a char above U+00FF at " + i);
            }
        }
        blob(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Any text as UTF-8, after the number of bytes. A lone surrogate has no UTF-8 and is refused. */
    void utf8(String what, String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        if (!new String(encoded, StandardCharsets.UTF_8).equals(text)) {
            throw new IllegalArgumentException(what + " is not well-formed Unicode text");
        }
        blob(encoded);
    }

    private static long within(String what, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + " is " + value + ", expected " + min + " to " + max);
        }
        return value;
    }
}
