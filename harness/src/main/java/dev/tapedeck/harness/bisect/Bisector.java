package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;

/** Finds the first divergent instruction of two recordings. */
public final class Bisector {
    private Bisector() {}

    /**
     * Compares two runs of one program, or of two versions of a program.
     *
     * @param a the reference
     * @param b the run in question
     */
    public static Bisection bisect(Recording a, Recording b) throws RecordingException {
        throw new UnsupportedOperationException("not yet");
    }
}
