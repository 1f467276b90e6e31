package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import org.jspecify.annotations.Nullable;

/** The states of checkpoints as bytes. */
final class StoredState {
    private StoredState() {}

    /** A complete state, or null if it is larger than {@link CheckpointDescriptor#STATE_BYTES_MAX}. */
    static byte @Nullable [] full(Snapshot snapshot) {
        return null;
    }

    /** What changed since {@code base}, or null if that is larger than {@link CheckpointDescriptor#STATE_BYTES_MAX}. */
    static byte @Nullable [] delta(Snapshot snapshot, Snapshot base) {
        return null;
    }

    /** Reads a state. */
    static Snapshot read(VerifiedProgram program, byte[] state, @Nullable Snapshot base) throws RecordingException {
        throw new RecordingException("checkpoints hold no states yet");
    }
}
