package dev.tapedeck.harness.recording;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes the fields of a payload: fixed widths, little-endian; texts and lists have their length in front. */
final class PayloadOutput {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    int size() {
        return bytes.size();
    }

    PayloadOutput u8(int value) {
        bytes.write(value);
        return this;
    }

    PayloadOutput i32(int value) {
        for (int shift = 0; shift < 32; shift += 8) {
            bytes.write(value >>> shift);
        }
        return this;
    }

    PayloadOutput i64(long value) {
        i32((int) value);
        return i32((int) (value >>> 32));
    }

    PayloadOutput raw(byte[] value) {
        bytes.writeBytes(value);
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
        return bytes.toByteArray();
    }
}
