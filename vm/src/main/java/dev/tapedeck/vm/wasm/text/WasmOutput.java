package dev.tapedeck.vm.wasm.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes of the binary format while they are written. Numbers are as short as they can be. */
final class WasmOutput {
    private byte[] bytes = new byte[64];
    private int size;

    int size() {
        return size;
    }

    byte get(int index) {
        return bytes[index];
    }

    void truncate(int newSize) {
        size = newSize;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    private void reserve(int more) {
        if (size + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
        }
    }

    void u8(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
    }

    /** An unsigned 32-bit number in LEB128. */
    void u32(long value) {
        long rest = value;
        while (rest >>> 7 != 0) {
            u8(((int) rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        u8((int) rest);
    }

    /** A signed number in LEB128. */
    void signed(long value) {
        long rest = value;
        while (rest < -0x40 || rest >= 0x40) {
            u8(((int) rest & 0x7F) | 0x80);
            rest >>= 7;
        }
        u8((int) rest & 0x7F);
    }

    /** So many bytes of a number, little-endian. */
    void fixed(long value, int count) {
        for (int i = 0; i < count; i++) {
            u8((int) (value >>> (8 * i)));
        }
    }

    void append(byte[] other, int start, int length) {
        reserve(length);
        System.arraycopy(other, start, bytes, size, length);
        size += length;
    }

    void append(byte[] other) {
        append(other, 0, other.length);
    }

    void append(WasmOutput other) {
        append(other.bytes, 0, other.size);
    }

    /** The bytes of another from {@code start} to its end. */
    void appendFrom(WasmOutput other, int start) {
        append(other.bytes, start, other.size - start);
    }

    /** A length and so many bytes. */
    void sized(byte[] contents) {
        u32(contents.length);
        append(contents);
    }

    /** A length and so many bytes. */
    void sized(WasmOutput contents) {
        u32(contents.size);
        append(contents);
    }

    void name(String name) {
        sized(name.getBytes(StandardCharsets.UTF_8));
    }

    /** Text with a zero byte behind it. */
    void name0(String text) {
        append(text.getBytes(StandardCharsets.UTF_8));
        u8(0);
    }
}
