package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.bisect.Lockstep.Meeting;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.vm.machine.Status;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Walks two versions to the first behaviour that differs, and knows then which instruction it comes from; a
 * {@link CourseWalk} goes on behind it.
 *
 * <p>Where the runs are not in step, after a jump that went different ways or a call of functions that do not belong
 * together, they are <em>apart</em>: each goes on by itself to its next {@link Behaviour}, where the two are compared, or to
 * the place where the ways meet. Where both stand at aligned instructions in aligned frames again, they are in step again.
 */
final class VersionWalk extends SideBySide {
    /**
     * What was found.
     *
     * @param origin where the difference began
     * @param seen the first behaviour that differs
     */
    record Found(Origin origin, Seen seen) {}

    /** A behaviour that differs: what each run does, and when. */
    record Seen(long icountA, Behaviour behaviourA, long icountB, Behaviour behaviourB, String detail) {}

    /** Where the runs went apart: to begin there again. The meeting is null where it was no jump that parted them. */
    private record Parting(
            long icountA, long icountB, @Nullable Meeting meeting) {}

    private final boolean sameLimits;
    private final boolean sameInjections;

    /** Set while the runs are apart: why, and where that began. */
    private @Nullable Origin apart;

    private @Nullable Parting parting;
    private Meeting join = Meeting.AT_EXIT;

    private @Nullable Found found;
    private boolean ended;

    VersionWalk(Lane a, Lane b, ProgramAlignment alignment) {
        super(new Lockstep(a, b, alignment));
        sameLimits = a.recording.options().limits().equals(b.recording.options().limits());
        sameInjections =
                a.recording.options().injections().equals(b.recording.options().injections());
    }

    /** Walks from where both replays stand, which has to be a place where the two runs are alike. */
    Optional<Found> walk() throws RecordingException, Unfaithful {
        if (!lockstep.join()) {
            apart = lockstep.here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
        }
        while (!done()) {
            if (apart == null) {
                stepTogether();
            } else {
                stepApart(apart);
            }
        }
        return Optional.ofNullable(found);
    }

    /**
     * What becomes of the difference that {@link #walk} has found, and of those behind it. The replays have to be where it
     * left them.
     *
     * @param instructionsMax executed at most, in both runs together
     */
    Optional<CourseWalk.Followed> follow(long instructionsMax) throws RecordingException, Unfaithful {
        Found first = found;
        if (first == null || first.origin().kind() == Bisection.Kind.MACHINE) {
            return Optional.empty();
        }
        Parting from = parting;
        Meeting meeting = null;
        if (apart != null) {
            // Where the one has waited for the other is behind; from where they parted, each goes to where the ways
            // meet.
            if (from == null || !a.origins.undo() || !b.origins.undo()) {
                return Optional.empty();
            }
            a.seek(from.icountA());
            b.seek(from.icountB());
            meeting = from.meeting();
        }
        return Optional.of(new CourseWalk(lockstep, first, instructionsMax).walk(apart, meeting));
    }

    // In step.

    private void stepTogether() throws RecordingException, Unfaithful {
        if (injectionDiffers()) {
            Behaviour nothing = new Behaviour(Behaviour.Kind.CUT, 0, List.of());
            differs(lockstep.here(Bisection.Kind.MACHINE, Origin.Presence.BOTH), nothing, nothing, "");
            return;
        }
        if (a.over() || b.over()) {
            Origin origin = lockstep.here(Bisection.Kind.END, Origin.Presence.BOTH);
            if (a.over() && b.over()) {
                compareEnds(origin);
            } else {
                part(origin, null);
            }
            return;
        }
        step();
    }

    @Override
    boolean done() {
        return found != null || ended;
    }

    @Override
    void meet(Origin self, Behaviour ofA, Behaviour ofB) {
        // Nothing waits for its counterpart here.
    }

    @Override
    void differs(Origin because, Behaviour ofA, Behaviour ofB, String detail) {
        found = new Found(because, new Seen(a.icount(), ofA, b.icount(), ofB, detail));
    }

    @Override
    void oneBehaves(Origin self) {
        part(self, null);
    }

    @Override
    void alone(Lane lane, Origin first, Origin self) throws RecordingException, Unfaithful {
        if (lockstep.behaves(lane)) {
            Origin inputs = Origin.unlessAddress(lane.inputOrigin());
            part(inputs == null ? first : inputs, null);
        } else {
            lane.step(self);
        }
    }

    @Override
    void stopped(Origin self, @Nullable Origin inputs, boolean behaved) {
        boolean faultedA = a.machine().status() == Status.FAULTED;
        boolean faultedB = b.machine().status() == Status.FAULTED;
        Origin why = inputs == null ? self : inputs;
        if (faultedA && faultedB) {
            compareEnds(why);
        } else if (faultedA || faultedB) {
            part(inputs == null && !sameLimits ? self.of(Bisection.Kind.MACHINE) : why, null);
        }
    }

    // Apart.

    @Override
    void part(Origin why, @Nullable Meeting meeting) {
        apart = why;
        join = meeting == null ? Meeting.AT_EXIT : meeting;
        parting = new Parting(a.icount(), b.icount(), meeting);
        a.origins.journal(true);
        b.origins.journal(true);
    }

    private void stepApart(Origin why) throws RecordingException, Unfaithful {
        boolean joinedA = advance(a, why, join.offsetA());
        boolean joinedB = advance(b, why, join.offsetB());
        if (joinedA && joinedB) {
            together();
            return;
        }
        join = Meeting.AT_EXIT;
        if (joinedA) {
            advance(a, why, -1);
        }
        if (joinedB) {
            advance(b, why, -1);
        }
        if (a.over() && b.over()) {
            compareEnds(why);
            return;
        }
        Behaviour behaviourA = a.over() ? a.end() : Behaviour.next(a.machine(), a.effect);
        Behaviour behaviourB = b.over() ? b.end() : Behaviour.next(b.machine(), b.effect);
        if (a.over() || b.over()) {
            Behaviour.Kind kind = (a.over() ? behaviourA : behaviourB).kind();
            if (kind == Behaviour.Kind.CUT) {
                ended = true;
            } else {
                differs(why, behaviourA, behaviourB, "");
            }
            return;
        }
        if (!lockstep.same(behaviourA, behaviourB)) {
            differs(why, behaviourA, behaviourB, "");
            return;
        }
        boolean host = behaviourA.kind() == Behaviour.Kind.HOST;
        if (host) {
            comparePutOut(why, behaviourA, behaviourB);
        }
        if (done()) {
            return;
        }
        if (lockstep.rejoin()) {
            together();
            return;
        }
        Optional<HostCallRecord> callA = host ? Lockstep.hostCall(a) : Optional.empty();
        Optional<HostCallRecord> callB = host ? Lockstep.hostCall(b) : Optional.empty();
        if (host && lockstep.hostWritesDiffer(callA, callB)) {
            differs(lockstep.here(Bisection.Kind.HOST, Origin.Presence.BOTH), behaviourA, behaviourB, HOST_DIFFERS);
            return;
        }
        a.step(why);
        b.step(why);
        lockstep.wroteSame(behaviourA, behaviourB, callA, callB, why);
    }

    private void together() {
        apart = null;
        parting = null;
        alone = null;
        a.origins.journal(false);
        b.origins.journal(false);
    }

    /**
     * Goes on to the next behaviour, the end, or the place where the ways meet.
     *
     * @return whether that place is reached
     */
    private boolean advance(Lane lane, Origin why, int offset) throws RecordingException, Unfaithful {
        boolean inside = offset >= 0;
        while (!lane.over()) {
            if (inside) {
                int above = lockstep.above(lane);
                if (above == 0 && lane.machine().position().offset() == offset) {
                    return true;
                }
                inside = above >= 0;
            }
            lane.effect.read(lane.machine());
            if (lockstep.behaves(lane)) {
                return false;
            }
            lane.step(why);
        }
        return false;
    }

    // Ends, host calls and injections.

    private void compareEnds(Origin why) {
        Behaviour endA = a.end();
        Behaviour endB = b.end();
        boolean cut = endA.kind() == Behaviour.Kind.CUT || endB.kind() == Behaviour.Kind.CUT;
        // Of a run that is cut nothing is known, nor of two that were stopped by their limits, at other places perhaps.
        if (cut || (endA.open() && endB.open()) || lockstep.same(endA, endB)) {
            ended = true;
        } else {
            differs(why, endA, endB, "");
        }
    }

    private boolean injectionDiffers() {
        return !sameInjections && !injected(a).equals(injected(b));
    }

    private static List<Injection> injected(Lane lane) {
        return lane.recording.options().injections().stream()
                .filter(injection -> injection.icount() == lane.icount())
                .toList();
    }
}
