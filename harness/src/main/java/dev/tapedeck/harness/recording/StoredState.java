package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import org.jspecify.annotations.Nullable;

/** The states of checkpoints as bytes: snapshot files, complete or with the pages that differ from the one before. */
final class StoredState {
    /** A page with its index and kind. */
    private static final long PAGE_BYTES = Snapshot.PAGE_BYTES + 6;

    private StoredState() {}

    /** A complete state, or null if it is larger than {@link CheckpointDescriptor#STATE_BYTES_MAX}. */
    static byte @Nullable [] full(Snapshot snapshot) {
        long[] pages = {0};
        snapshot.visitPages((memory, index, page) -> pages[0]++);
        snapshot.visitSectionPages(null, (section, index, page, before) -> pages[0]++);
        return fits(pages[0]) ? limited(SnapshotWriter.write(snapshot)) : null;
    }

    /** What changed since {@code base}, or null if that is larger than {@link CheckpointDescriptor#STATE_BYTES_MAX}. */
    static byte @Nullable [] delta(Snapshot snapshot, Snapshot base) {
        long[] pages = {0};
        snapshot.visitChangedPages(base, (memory, index, page) -> pages[0]++);
        snapshot.visitSectionPages(base, (section, index, page, before) -> pages[0]++);
        return fits(pages[0]) ? limited(SnapshotWriter.writeDelta(snapshot, base)) : null;
    }

    private static boolean fits(long pages) {
        return pages * PAGE_BYTES <= CheckpointDescriptor.STATE_BYTES_MAX;
    }

    private static byte @Nullable [] limited(byte[] state) {
        return state.length <= CheckpointDescriptor.STATE_BYTES_MAX ? state : null;
    }

    /** Reads a state; one that was written with a base is read with the same. */
    static Snapshot read(VerifiedProgram program, byte[] state, @Nullable Snapshot base) throws RecordingException {
        try {
            return base == null ? SnapshotReader.read(program, state) : SnapshotReader.readDelta(program, state, base);
        } catch (FormatException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
    }
}
