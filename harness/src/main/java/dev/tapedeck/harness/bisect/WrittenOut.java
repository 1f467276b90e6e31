package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.text.Quoted;
import dev.tapedeck.vm.machine.Machine;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What of the memory a host call puts out, of the host functions that are known to: the bytes, and where the difference of
 * those began that may differ.
 */
record WrittenOut(byte[] bytes, @Nullable Origin origin) {
    private static final WrittenOut NOTHING = new WrittenOut(new byte[0], null);

    /** More of one call is not looked at. */
    private static final int BYTES_MAX = 1 << 24;

    private static final int VECTOR_BYTES = 8;

    /** WASI refuses a call with more. */
    private static final int VECTORS_MAX = 1024;

    private static final int BYTES_SHOWN = 32;

    /** Of those that are shown, before the first that differs. */
    private static final int BYTES_BEFORE = 12;

    /** In words: these bytes, which the first run puts out, and those of the second; of long ones, where they differ. */
    String against(WrittenOut other) {
        int from = Math.max(bytes.length, other.bytes.length) <= BYTES_SHOWN
                ? 0
                : Math.max(0, Arrays.mismatch(bytes, other.bytes) - BYTES_BEFORE);
        return "the first with " + excerpt(from) + ", the second with " + other.excerpt(from);
    }

    private String excerpt(int from) {
        int end = Math.min(bytes.length, from + BYTES_SHOWN);
        return (from > 0 ? "..." : "")
                + Quoted.text(new String(bytes, from, end - from, StandardCharsets.ISO_8859_1))
                + (end < bytes.length ? "..." : "");
    }

    /** Of the bytes and their number. */
    long checksum() {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return sum.getValue() << 32 | bytes.length;
    }

    /** Of the host call that a run is about to make. */
    static WrittenOut of(Lane lane, Behaviour call) {
        List<Long> values = call.values();
        return switch (Lockstep.calledName(lane.program, call)) {
            case "tape.output", "tape.debug" -> {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                Origin origin = add(lane, values.get(0) & 0xffff_ffffL, values.get(1) & 0xffff_ffffL, bytes);
                yield new WrittenOut(bytes.toByteArray(), origin);
            }
            case "wasi_snapshot_preview1.fd_write", "wasi_snapshot_preview1.fd_pwrite" ->
                gathered(lane, values.get(1) & 0xffff_ffffL, values.get(2) & 0xffff_ffffL);
            default -> NOTHING;
        };
    }

    private static WrittenOut gathered(Lane lane, long vectors, long count) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Origin origin = null;
        Machine machine = lane.machine();
        for (long i = 0;
                i < Math.min(count, VECTORS_MAX) && vectors + VECTOR_BYTES * (i + 1) <= machine.memoryBytes();
                i++) {
            long at = vectors + VECTOR_BYTES * i;
            ByteBuffer vector =
                    ByteBuffer.wrap(machine.readMemory(at, VECTOR_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
            origin = Origin.earlier(origin, lane.origins.memory(at, VECTOR_BYTES));
            long from = Integer.toUnsignedLong(vector.getInt(0));
            long length = Integer.toUnsignedLong(vector.getInt(4));
            origin = Origin.earlier(origin, add(lane, from, length, bytes));
        }
        return new WrittenOut(bytes.toByteArray(), origin);
    }

    private static @Nullable Origin add(Lane lane, long from, long length, ByteArrayOutputStream bytes) {
        if (from + length > lane.machine().memoryBytes() || length > BYTES_MAX - bytes.size()) {
            return null;
        }
        bytes.writeBytes(lane.machine().readMemory(from, (int) length));
        return lane.origins.memory(from, length);
    }
}
