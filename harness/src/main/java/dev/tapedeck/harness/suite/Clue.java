package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.slice.Slicer;
import dev.tapedeck.vm.machine.Location;
import java.util.Optional;

/** Where a run shows what is wrong with it, and so where a slice back from there begins. */
sealed interface Clue {
    /** How it came about; empty if the run says nothing of that. */
    default Optional<Slice> slice(Recording recording) throws RecordingException, ReplayException {
        return ask(new Slicer(new Replay(recording), Slicer.INSTRUCTIONS_DEFAULT));
    }

    Optional<Slice> ask(Slicer slicer) throws RecordingException, ReplayException;

    /** Nowhere in particular. */
    record None() implements Clue {
        @Override
        public Optional<Slice> ask(Slicer slicer) {
            return Optional.empty();
        }
    }

    /** At its end: the exit code, or the fault. */
    record Ending() implements Clue {
        @Override
        public Optional<Slice> ask(Slicer slicer) throws RecordingException, ReplayException {
            return slicer.ending();
        }
    }

    /**
     * In a byte that it wrote.
     *
     * @param icount of the host call
     * @param offset in what that call wrote
     */
    record Output(long icount, long offset) implements Clue {
        @Override
        public Optional<Slice> ask(Slicer slicer) throws RecordingException, ReplayException {
            return slicer.output(icount, offset);
        }
    }

    /** In one of its results. */
    record Result(int index) implements Clue {
        @Override
        public Optional<Slice> ask(Slicer slicer) throws RecordingException, ReplayException {
            return slicer.result(index);
        }
    }

    /** In a place of the state. */
    record State(long icount, Location location) implements Clue {
        @Override
        public Optional<Slice> ask(Slicer slicer) throws RecordingException, ReplayException {
            return slicer.value(icount, location, 1);
        }
    }
}
