package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import org.jspecify.annotations.Nullable;

/** The states of checkpoints as bytes: snapshot files, complete or with the pages that differ from the one before. */
final class StoredState {
    private StoredState() {}

    /** A complete state, or null if it is larger than {@link CheckpointDescriptor#STATE_BYTES_MAX}. */
    static byte @Nullable [] full(Snapshot snapshot) {
        return SnapshotWriter.writeWithin(CheckpointDescriptor.STATE_BYTES_MAX, snapshot, null)
                .orElse(null);
    }

    /** What changed since {@code base}, or null if that is larger than {@link CheckpointDescriptor#STATE_BYTES_MAX}. */
    static byte @Nullable [] delta(Snapshot snapshot, Snapshot base) {
        return SnapshotWriter.writeWithin(CheckpointDescriptor.STATE_BYTES_MAX, snapshot, base)
                .orElse(null);
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
