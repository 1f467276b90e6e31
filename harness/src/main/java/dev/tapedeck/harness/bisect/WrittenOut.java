package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.effect.Gathered;
import dev.tapedeck.harness.text.Quoted;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Machine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What of the memory a host call puts out, of the host functions that are known to: the bytes, and where the difference of
 * those began that may differ.
 */
final class WrittenOut {
    /** So many are kept, to be shown; of the others there are checksums. */
    private static final int KEPT_BYTES = 1 << 12;

    private static final int PIECE_BYTES = 1 << 16;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
    private final CRC32C sum = new CRC32C();
    private final CRC32 otherSum = new CRC32();
    private long length;
    private @Nullable Origin origin;

    private WrittenOut() {}

    /** Where the difference of those began that may differ. */
    @Nullable
    Origin origin() {
        return origin;
    }

    boolean same(WrittenOut other) {
        return length == other.length && checksum() == other.checksum();
    }

    private static final int BYTES_SHOWN = 32;

    /** Of those that are shown, before the first that differs. */
    private static final int BYTES_BEFORE = 12;

    /** In words: these bytes, which the first run puts out, and those of the second; of long ones, where they differ. */
    String against(WrittenOut other) {
        byte[] ofA = kept.toByteArray();
        byte[] ofB = other.kept.toByteArray();
        int differs = Arrays.mismatch(ofA, ofB);
        if (differs < 0) {
            return "with other bytes behind the first " + Words.count(ofA.length);
        }
        int from = Math.max(length, other.length) <= BYTES_SHOWN ? 0 : Math.max(0, differs - BYTES_BEFORE);
        return "the first with " + excerpt(ofA, from) + ", the second with " + other.excerpt(ofB, from);
    }

    private String excerpt(byte[] bytes, int from) {
        int end = Math.min(bytes.length, from + BYTES_SHOWN);
        return (from > 0 ? "..." : "")
                + Quoted.text(new String(bytes, from, end - from, StandardCharsets.ISO_8859_1))
                + (end < length ? "..." : "");
    }

    /** Of all bytes. */
    long checksum() {
        return sum.getValue() << 32 | otherSum.getValue();
    }

    /** Bytes of which all are the program's. */
    static WrittenOut of(byte[] bytes) {
        WrittenOut written = new WrittenOut();
        written.add(bytes);
        return written;
    }

    /** Of the host call that a run is about to make. */
    static WrittenOut of(Lane lane, Behaviour call) {
        List<Long> values = call.values();
        WrittenOut written = new WrittenOut();
        switch (Lockstep.calledName(lane.program, call)) {
            case "tape.output", "tape.debug" ->
                written.add(lane, values.get(0) & 0xffff_ffffL, values.get(1) & 0xffff_ffffL);
            case Gathered.FD_WRITE, Gathered.FD_PWRITE -> written.gather(lane, values.get(1), values.get(2));
            default -> {
                // Of others nothing is known.
            }
        }
        return written;
    }

    private void gather(Lane lane, long vectors, long vectorCount) {
        List<Gathered> pieces =
                Gathered.pieces(lane.machine(), vectors, vectorCount).orElse(List.of());
        origin = lane.origins.memory(vectors & 0xffff_ffffL, Gathered.arrayBytes(pieces));
        pieces.forEach(piece -> add(lane, piece.address(), piece.length()));
    }

    private void add(Lane lane, long from, long count) {
        Machine machine = lane.machine();
        if (from + count > machine.memoryBytes()) {
            return;
        }
        for (long done = 0; done < count; done += PIECE_BYTES) {
            add(machine.readMemory(from + done, (int) Math.min(PIECE_BYTES, count - done)));
        }
        origin = Origin.earlier(origin, lane.origins.memory(from, count));
    }

    private void add(byte[] piece) {
        sum.update(piece);
        otherSum.update(piece);
        kept.write(piece, 0, Math.min(piece.length, KEPT_BYTES - kept.size()));
        length += piece.length;
    }
}
