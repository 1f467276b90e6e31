package dev.tapedeck.harness.replay;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.machine.Machine;

/**
 * A machine that repeats a recording: host calls, interrupts and injections come from the recording. It can be moved to
 * any instruction count.
 */
public final class Replay {
    /** A replay at instruction count 0. */
    public Replay(Recording recording) throws RecordingException {
        throw new UnsupportedOperationException("not yet");
    }

    public Recording recording() {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * The machine, to look at. At instruction count n its state is the one before instruction n, interrupts due there
     * already delivered.
     */
    public Machine machine() {
        throw new UnsupportedOperationException("not yet");
    }

    public long icount() {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Moves to an instruction count, forward or backward, by way of the nearest checkpoint where that is shorter.
     *
     * @param icount 0 to the recording's end; beyond it the replay stays at the end
     * @throws ReplayException if the recording's host calls do not come as recorded
     */
    public void seek(long icount) throws RecordingException, ReplayException {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Executes one instruction.
     *
     * @return false if the run is over, or the recording reaches no further
     */
    public boolean step() throws RecordingException, ReplayException {
        throw new UnsupportedOperationException("not yet");
    }

    /** Instructions executed by this object so far, seeks included; the cost of a bisection. */
    public long executed() {
        throw new UnsupportedOperationException("not yet");
    }

    /**
     * Replays a whole recording from its start and compares every digest and the outcome.
     *
     * @return the number of instructions replayed
     * @throws ReplayException with the first place that differs
     */
    public static long verify(Recording recording) throws RecordingException, ReplayException {
        throw new UnsupportedOperationException("not yet");
    }
}
