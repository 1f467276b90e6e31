package dev.tapedeck.harness.slice;

import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.LibraryCode;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.vm.machine.Machine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Finds, for what code of a library did, the program's own call that led there: people know their own code. */
final class Callers {
    /** Each is a seek. */
    private static final int MAX = Slice.STEPS_MAX;

    private static final int FRAMES_MAX = 1 << 10;

    private final Replay replay;

    /** @param replay is moved about, and stands anywhere afterwards */
    Callers(Replay replay) {
        this.replay = replay;
    }

    /** The steps, each with the caller of what is a library's in it. */
    List<Cause> added(List<Cause> steps) throws RecordingException, ReplayException {
        List<Cause> added = new ArrayList<>(steps);
        // A replay that goes forward need not restore as often.
        for (int i : IntStream.range(0, steps.size())
                .boxed()
                .filter(step -> inLibrary(steps.get(step)).isPresent())
                .limit(MAX)
                .sorted(Comparator.comparing(
                        step -> inLibrary(steps.get(step)).orElseThrow().icount()))
                .toList()) {
            Cause step = steps.get(i);
            Optional<Executed> caller = caller(inLibrary(step).orElseThrow());
            if (caller.isPresent()) {
                added.set(i, step.withCaller(caller.get()));
            }
        }
        return added;
    }

    private static Optional<Executed> inLibrary(Cause step) {
        return Stream.concat(Stream.of(step.at()), step.through().stream())
                .filter(at -> LibraryCode.holds(at.source()))
                .findFirst();
    }

    private Optional<Executed> caller(Executed called) throws RecordingException, ReplayException {
        replay.seek(called.icount());
        Machine machine = replay.machine();
        int innermost = machine.depth() - 2;
        for (int frame = innermost; frame >= 0 && frame > innermost - FRAMES_MAX; frame--) {
            Executed at = Places.executed(machine.program(), called.icount(), machine.framePosition(frame));
            if (!LibraryCode.holds(at.source())) {
                return at.source().isEmpty() ? Optional.empty() : Optional.of(at);
            }
        }
        return Optional.empty();
    }
}
