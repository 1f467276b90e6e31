package dev.tapedeck.harness.recording;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Writes the fields of a payload: fixed widths, little-endian; texts and lists have their length in front. */
final class PayloadOutput {
    private ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);

    int size() {
        return bytes.position();
    }

    /** Sees to it that there is room for {@code count} more bytes. */
    private ByteBuffer room(int count) {
        if (bytes.remaining() < count) {
            long needed = (long) bytes.position() + count;
            if (needed > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException("a payload of " + needed + " bytes");
            }
            int capacity = (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * bytes.capacity()));
            int position = bytes.position();
            bytes = ByteBuffer.wrap(Arrays.copyOf(bytes.array(), capacity)).order(ByteOrder.LITTLE_ENDIAN);
            bytes.position(position);
        }
        return bytes;
    }

    PayloadOutput u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    PayloadOutput i32(int value) {
        room(4).putInt(value);
        return this;
    }

    PayloadOutput i64(long value) {
        room(8).putLong(value);
        return this;
    }

    PayloadOutput raw(byte[] value) {
        room(value.length).put(value);
        return this;
    }

    PayloadOutput blob(byte[] value) {
        return i32(value.length).raw(value);
    }

    PayloadOutput text(String value) {
        return blob(value.getBytes(StandardCharsets.UTF_8));
    }

    PayloadOutput cells(List<Long> values) {
        i32(values.size());
        values.forEach(this::i64);
        return this;
    }

    /** A blob, compressed where that makes it smaller. */
    PayloadOutput compressed(byte[] value) {
        byte[] stored = Compression.compress(value);
        boolean smaller = stored.length < value.length;
        return u8(smaller ? Compression.ZSTD : Compression.STORED)
                .i32(value.length)
                .blob(smaller ? stored : value);
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes.array(), bytes.position());
    }
}
