package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;

/** Runs a program and writes its recording. */
public final class Recorder {
    private Recorder() {}

    /**
     * Runs a program to its end, or to the instruction limit, and leaves a complete recording in {@code directory}.
     *
     * @param directory is created; has to be missing or empty
     * @throws RecordingException if the recording cannot be written; what was written up to then stays readable
     */
    public static Outcome record(VerifiedProgram program, RunOptions options, Host host, Path directory)
            throws RecordingException {
        throw new UnsupportedOperationException("not yet");
    }

    /** The same without a recording. Interrupts, injections and limits of {@code options} hold here too. */
    public static Outcome run(VerifiedProgram program, RunOptions options, Host host) {
        throw new UnsupportedOperationException("not yet");
    }
}
