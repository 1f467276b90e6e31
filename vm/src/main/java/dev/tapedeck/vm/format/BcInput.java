package dev.tapedeck.vm.format;

import dev.tapedeck.vm.isa.ValueType;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads the encodings of {@code .bc} files from a range of bytes, a section for example. Whatever the bytes are, only a
 * {@link FormatException} comes out, and nothing is allocated that the bytes that remain could not fill.
 */
final class BcInput {
    private final byte[] bytes;
    private final int end;

    /** What the range is, for messages, such as {@code section 'types'}. */
    private final String where;

    private int position;

    BcInput(byte[] bytes, int start, int end, String where) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
        this.where = where;
    }

    int position() {
        return position;
    }

    int remaining() {
        return end - position;
    }

    /** An error at the byte that was read last. */
    FormatException error(String message) {
        return error(position - 1, message);
    }

    FormatException error(int at, String message) {
        return new FormatException(where + ", byte " + at + ": " + message);
    }

    int u8(String what) throws FormatException {
        need(what, 1);
        return bytes[position++] & 0xFF;
    }

    private void need(String what, int count) throws FormatException {
        if (count > remaining()) {
            throw error(
                    position,
                    what + " needs " + count + (count == 1 ? " byte" : " bytes") + ", but only " + remaining()
                            + " remain");
        }
    }

    /** An unsigned LEB128 number of up to 64 bits. */
    long unsigned(String what) throws FormatException {
        int start = position;
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            int next = u8(what);
            // The tenth byte has room for bit 63 only.
            if (shift == 63 && next > 1) {
                throw error(start, what + " is a number of more than 64 bits");
            }
            value |= (next & 0x7FL) << shift;
            if (next < 0x80) {
                requireShortest(what, start, next == 0 && shift > 0);
                return value;
            }
        }
    }

    /** A signed LEB128 number of up to 64 bits. */
    long signed(String what) throws FormatException {
        int start = position;
        long value = 0;
        int before = 0;
        for (int shift = 0; ; shift += 7) {
            int next = u8(what);
            if (shift == 63 && next != 0 && next != 0x7F) {
                throw error(start, what + " is a number of more than 64 bits");
            }
            value |= (next & 0x7FL) << shift;
            if (next < 0x80) {
                boolean signOnly = (next == 0 && (before & 0x40) == 0) || (next == 0x7F && (before & 0x40) != 0);
                requireShortest(what, start, signOnly && shift > 0);
                int unused = 64 - (shift + 7);
                return unused > 0 ? value << unused >> unused : value;
            }
            before = next;
        }
    }

    /** One number has one encoding, so that one program has one file. */
    private void requireShortest(String what, int start, boolean longer) throws FormatException {
        if (longer) {
            throw error(start, what + " is not in its shortest form");
        }
    }

    private long within(String what, int start, long value, long min, long max) throws FormatException {
        // An unsigned number above 2^63 shows as negative; min is never below that.
        if (value < min || value > max) {
            String shown = value < 0 && min >= 0 ? Long.toUnsignedString(value) : Long.toString(value);
            throw error(start, what + " is " + shown + ", expected " + min + " to " + max);
        }
        return value;
    }

    /** An index or anything else from 0 to {@code max}. */
    int index(String what, int max) throws FormatException {
        int start = position;
        return (int) within(what, start, unsigned(what), 0, max);
    }

    int index(String what) throws FormatException {
        return index(what, Integer.MAX_VALUE);
    }

    /** An index from -1 (none) on, stored as one more. */
    int indexOrNone(String what) throws FormatException {
        int start = position;
        return (int) (within(what + " + 1", start, unsigned(what), 0, 1L << 31) - 1);
    }

    /** An address of 32 bits, or -1 (none), stored as one more. */
    long addressOrNone(String what) throws FormatException {
        int start = position;
        return within(what + " + 1", start, unsigned(what), 0, 1L << 32) - 1;
    }

    long u32(String what) throws FormatException {
        int start = position;
        return within(what, start, unsigned(what), 0, 0xFFFF_FFFFL);
    }

    long u63(String what) throws FormatException {
        int start = position;
        return within(what, start, unsigned(what), 0, Long.MAX_VALUE);
    }

    int i32(String what) throws FormatException {
        int start = position;
        return (int) within(what, start, signed(what), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /** 32 bits, little-endian, zero-extended. */
    long bits32(String what) throws FormatException {
        return littleEndian(what, 4);
    }

    long bits64(String what) throws FormatException {
        return littleEndian(what, 8);
    }

    private long littleEndian(String what, int count) throws FormatException {
        need(what, count);
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (bytes[position++] & 0xFFL) << (8 * i);
        }
        return value;
    }

    /**
     * The number of entries that follow.
     *
     * @param max the most that a program may have
     * @param entryBytesMin the fewest bytes that an entry takes, so that the bytes that remain bound the number
     */
    int count(String what, int max, int entryBytesMin) throws FormatException {
        int start = position;
        int count = (int) within("the number of " + what, start, unsigned("the number of " + what), 0, max);
        if ((long) count * entryBytesMin > remaining()) {
            throw error(
                    start,
                    "the number of " + what + " is " + count + ", which needs at least " + (long) count * entryBytesMin
                            + " bytes, but only " + remaining() + " remain");
        }
        return count;
    }

    ValueType type(String what) throws FormatException {
        int code = u8(what);
        return ValueType.ofCode(code)
                .orElseThrow(() -> error(what + " has type code " + hex(code) + ", which is not known"));
    }

    ValueType referenceType(String what) throws FormatException {
        ValueType type = type(what);
        if (!type.isReference()) {
            throw error(what + " has type " + type + ", expected a reference type");
        }
        return type;
    }

    /** A cell that is known to be of a type. */
    long cell(String what, ValueType type) throws FormatException {
        return switch (type) {
            case I32 -> i32(what);
            case I64, EXTERNREF -> signed(what);
            case FUNCREF -> indexOrNone(what) + 1L;
            case F32 -> (int) bits32(what);
            case F64 -> bits64(what);
        };
    }

    /** So many bytes. */
    byte[] bytes(String what, int count) throws FormatException {
        need(what, count);
        byte[] taken = Arrays.copyOfRange(bytes, position, position + count);
        position += count;
        return taken;
    }

    /** Bytes, after their number. */
    byte[] blob(String what, int max) throws FormatException {
        int length = count("bytes of " + what, max, 1);
        byte[] blob = new byte[length];
        System.arraycopy(bytes, position, blob, 0, length);
        position += length;
        return blob;
    }

    String latin1(String what, int max) throws FormatException {
        return new String(blob(what, max), StandardCharsets.ISO_8859_1);
    }

    String utf8(String what, int max) throws FormatException {
        int start = position;
        byte[] blob = blob(what, max);
        try {
            // Unlike new String(...), a new decoder reports what is malformed instead of replacing it.
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(blob))
                    .toString();
        } catch (CharacterCodingException e) {
            throw error(start, what + " is not UTF-8 text");
        }
    }

    /** The range that comes next. */
    BcInput part(int length, String partWhere) {
        BcInput part = new BcInput(bytes, position, position + length, partWhere);
        position += length;
        return part;
    }

    void requireEnd() throws FormatException {
        if (remaining() > 0) {
            throw error(position, "ends " + remaining() + " bytes after its content");
        }
    }

    static String hex(int code) {
        return String.format(Locale.ROOT, "0x%02X", code);
    }
}
