package dev.tapedeck.harness.recording;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads what {@link PayloadOutput} writes. Whatever the bytes are, only a {@link RecordingException} comes out, and nothing
 * is allocated that the bytes that remain could not fill.
 */
final class PayloadInput {
    private final ByteBuffer bytes;

    PayloadInput(byte[] bytes) {
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    int position() {
        return bytes.position();
    }

    RecordingException error(String message) {
        return new RecordingException("byte " + bytes.position() + ": " + message);
    }

    private void need(String what, long count) throws RecordingException {
        if (count > bytes.remaining()) {
            throw error(what + " needs " + count + " bytes, " + bytes.remaining() + " are left");
        }
    }

    int u8(String what) throws RecordingException {
        need(what, 1);
        return bytes.get() & 0xFF;
    }

    int u16(String what) throws RecordingException {
        need(what, 2);
        return bytes.getShort() & 0xFFFF;
    }

    int i32(String what) throws RecordingException {
        need(what, 4);
        return bytes.getInt();
    }

    /** An i32 in a range, both ends included. */
    int i32(String what, int min, int max) throws RecordingException {
        int value = i32(what);
        if (value < min || value > max) {
            throw error(what + " is " + value + ", expected " + min + " to " + max);
        }
        return value;
    }

    long i64(String what) throws RecordingException {
        need(what, 8);
        return bytes.getLong();
    }

    /** An i64 in a range, both ends included. */
    long i64(String what, long min, long max) throws RecordingException {
        long value = i64(what);
        if (value < min || value > max) {
            throw error(what + " is " + value + ", expected " + min + " to " + max);
        }
        return value;
    }

    /** The number of entries of a list of which each takes at least {@code entryBytesMin} bytes. */
    int count(String what, int entryBytesMin) throws RecordingException {
        int count = i32(what);
        if (count < 0) {
            throw error(what + " is " + count);
        }
        need(what + " of " + count, (long) count * entryBytesMin);
        return count;
    }

    byte[] blob(String what) throws RecordingException {
        byte[] value = new byte[count(what, 1)];
        bytes.get(value);
        return value;
    }

    String text(String what) throws RecordingException {
        byte[] value = blob(what);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            throw error(what + " is not UTF-8");
        }
    }

    List<Long> cells(String what) throws RecordingException {
        int count = count(what, 8);
        List<Long> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(bytes.getLong());
        }
        return values;
    }

    /** What {@link PayloadOutput#compressed} wrote. */
    byte[] compressed(String what, int bytesMax) throws RecordingException {
        int encoding = u8(what);
        int length = i32(what, 0, bytesMax);
        byte[] stored = blob(what);
        if (encoding == Compression.STORED && stored.length == length) {
            return stored;
        }
        if (encoding != Compression.ZSTD) {
            throw error(what + " has the encoding " + encoding + " and " + stored.length + " of " + length + " bytes");
        }
        return Compression.decompress(what, stored, length);
    }

    /** Throws unless everything has been read. */
    void end() throws RecordingException {
        if (bytes.hasRemaining()) {
            throw error(bytes.remaining() + " bytes are left over");
        }
    }

    byte[] rest() {
        return Arrays.copyOfRange(bytes.array(), bytes.position(), bytes.limit());
    }
}
