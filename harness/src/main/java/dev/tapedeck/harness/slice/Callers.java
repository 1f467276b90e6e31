package dev.tapedeck.harness.slice;

import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.LibraryCode;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.vm.machine.Machine;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Finds, for what code of a library did, the program's own call that led there: people know their own code. */
final class Callers {
    private static final int FRAMES_MAX = 1 << 10;

    private final Replay replay;

    /** @param replay is moved about, and stands anywhere afterwards */
    Callers(Replay replay) {
        this.replay = replay;
    }

    /** The steps of a slice, each with the caller of what is a library's in it; to find one is a seek. */
    List<Cause> added(List<Cause> steps) throws RecordingException, ReplayException {
        // From the first on: a replay that goes forward need not restore as often.
        NavigableMap<Long, Optional<Executed>> callers = new TreeMap<>();
        for (Cause step : steps) {
            inLibrary(step).ifPresent(called -> callers.put(called.icount(), Optional.empty()));
        }
        for (Map.Entry<Long, Optional<Executed>> entry : callers.entrySet()) {
            entry.setValue(caller(entry.getKey()));
        }
        return steps.stream()
                .map(step -> inLibrary(step)
                        .flatMap(called -> callers.getOrDefault(called.icount(), Optional.empty()))
                        .map(step::withCaller)
                        .orElse(step))
                .toList();
    }

    /** What of a step is a library's, if it is not known yet who called it. */
    private static Optional<Executed> inLibrary(Cause step) {
        return step.caller().isPresent()
                ? Optional.empty()
                : Stream.concat(Stream.of(step.at()), step.through().stream())
                        .filter(at -> LibraryCode.holds(at.source()))
                        .findFirst();
    }

    private Optional<Executed> caller(long icount) throws RecordingException, ReplayException {
        replay.seek(icount);
        Machine machine = replay.machine();
        int innermost = machine.depth() - 2;
        for (int frame = innermost; frame >= 0 && frame > innermost - FRAMES_MAX; frame--) {
            if (machine.interruptFrame(frame + 1)) {
                // What was interrupted did not call anything.
                return Optional.empty();
            }
            Executed at = Places.executed(machine.program(), icount, machine.framePosition(frame));
            if (!LibraryCode.holds(at.source())) {
                return at.source().isEmpty() ? Optional.empty() : Optional.of(at);
            }
        }
        return Optional.empty();
    }
}
