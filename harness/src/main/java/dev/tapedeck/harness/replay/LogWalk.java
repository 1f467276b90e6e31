package dev.tapedeck.harness.replay;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.program.Position;

/**
 * Lists what a recording holds, instruction by instruction, from its flow bits and the program, without executing
 * anything.
 */
public final class LogWalk {
    /** One entry of the log. */
    public sealed interface Entry {
        long icount();

        record Executed(long icount, Position position, int depth) implements Entry {}

        record Interrupted(long icount, int signal, long payload) implements Entry {}

        record HostCalled(long icount, Recording.HostCallRecord call) implements Entry {}

        record Checkpointed(long icount, long stateDigest) implements Entry {}

        /** The end of the log; {@code text} says how the run ended or why the recording was cut. */
        record Ended(long icount, String text) implements Entry {}
    }

    /** Receives entries; returns false to stop. */
    public interface Visitor {
        boolean visit(Entry entry);
    }

    private LogWalk() {}

    /** Visits the entries from instruction count {@code from} on, in order. */
    public static void walk(Recording recording, long from, Visitor visitor) throws RecordingException {
        throw new UnsupportedOperationException("not yet");
    }
}
