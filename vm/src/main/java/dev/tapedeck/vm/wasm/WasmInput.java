package dev.tapedeck.vm.wasm;

import dev.tapedeck.vm.wasm.WasmException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads the values of the binary format, strictly: a number that is too long or too large is malformed. */
final class WasmInput {
    private static final int U32_BITS = 32;

    final byte[] bytes;
    private final int end;
    int position;

    WasmInput(byte[] bytes, int position, int end) {
        this.bytes = bytes;
        this.position = position;
        this.end = end;
    }

    boolean atEnd() {
        return position >= end;
    }

    int remaining() {
        return end - position;
    }

    int u8() throws WasmException {
        if (position >= end) {
            throw unexpectedEnd();
        }
        return bytes[position++] & 0xFF;
    }

    /** The next byte, which stays the next. */
    int peek() throws WasmException {
        if (position >= end) {
            throw unexpectedEnd();
        }
        return bytes[position] & 0xFF;
    }

    /** An unsigned 32-bit number, as the bits of an int. */
    int u32() throws WasmException {
        if (position < end && bytes[position] >= 0) {
            return bytes[position++];
        }
        return (int) unsigned(U32_BITS);
    }

    /** An unsigned 32-bit number as an index: beyond 2^31-1, which no index is, it gives 2^31-1. */
    int index() throws WasmException {
        int value = u32();
        return value < 0 ? Integer.MAX_VALUE : value;
    }

    private long unsigned(int width) throws WasmException {
        long value = 0;
        int shift = 0;
        for (int bits = width; ; bits -= 7) {
            if (bits <= 0) {
                throw malformed("integer representation too long", position);
            }
            int b = u8();
            if (bits < 7 && (b & 0x7F) >= 1 << bits) {
                throw malformed("integer too large", position - 1);
            }
            value |= (long) (b & 0x7F) << shift;
            shift += 7;
            if (b < 0x80) {
                return value;
            }
        }
    }

    /** A signed number of so many bits. */
    long signed(int width) throws WasmException {
        if (position < end && bytes[position] >= 0) {
            return (long) bytes[position++] << 57 >> 57;
        }
        long value = 0;
        int shift = 0;
        for (int bits = width; ; bits -= 7) {
            if (bits <= 0) {
                throw malformed("integer representation too long", position);
            }
            int b = u8();
            int mask = -1 << (bits - 1) & 0x7F;
            if (bits < 7 && (b & mask) != 0 && (b & mask) != mask) {
                throw malformed("integer too large", position - 1);
            }
            value |= (long) (b & 0x7F) << shift;
            shift += 7;
            if (b < 0x80) {
                return shift >= Long.SIZE ? value : value << (Long.SIZE - shift) >> (Long.SIZE - shift);
            }
        }
    }

    /** 4 bytes, little-endian. */
    int fixed32() throws WasmException {
        if (remaining() < Integer.BYTES) {
            throw unexpectedEnd();
        }
        int value = (bytes[position] & 0xFF)
                | (bytes[position + 1] & 0xFF) << 8
                | (bytes[position + 2] & 0xFF) << 16
                | (bytes[position + 3] & 0xFF) << 24;
        position += Integer.BYTES;
        return value;
    }

    /** 8 bytes, little-endian. */
    long fixed64() throws WasmException {
        long low = fixed32() & 0xFFFF_FFFFL;
        return (long) fixed32() << 32 | low;
    }

    /** A number of things of at least one byte each: no more than there are bytes left. */
    int count() throws WasmException {
        int value = u32();
        if (value < 0 || value > remaining()) {
            throw unexpectedEnd();
        }
        return value;
    }

    /** A length in bytes: no more than there are left. */
    int length() throws WasmException {
        int at = position;
        int value = u32();
        if (value < 0 || value > remaining()) {
            throw malformed(
                    "length out of bounds: " + Integer.toUnsignedString(value) + ", with " + remaining()
                            + " bytes left",
                    at);
        }
        return value;
    }

    /** Passes over so many bytes, which {@link #length} has found to be there. */
    int skip(int length) {
        int at = position;
        position += length;
        return at;
    }

    String name() throws WasmException {
        int length = length();
        int at = skip(length);
        for (int i = 0; i < length; i++) {
            if (bytes[at + i] < 0) {
                return utf8(at, length);
            }
        }
        return new String(bytes, at, length, StandardCharsets.ISO_8859_1);
    }

    private String utf8(int at, int length) throws WasmException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, at, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed("malformed UTF-8 encoding of a name", at);
        }
    }

    WasmException unexpectedEnd() {
        return malformed("unexpected end of section or function", end);
    }

    static WasmException malformed(String reason, long offset) {
        return new WasmException(Kind.MALFORMED, reason, offset);
    }

    static WasmException invalid(String reason, long offset) {
        return new WasmException(Kind.INVALID, reason, offset);
    }

    static WasmException unsupported(String feature, long offset) {
        return new WasmException(Kind.UNSUPPORTED, feature, offset);
    }
}
