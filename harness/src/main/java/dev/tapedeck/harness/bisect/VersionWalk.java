package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.bisect.Lockstep.Meeting;
import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Walks two replays of two versions of a program side by side: first to the first behaviour that differs, and knows then
 * which instruction it comes from; then, as {@link CourseWalk}, further on.
 *
 * <p>It is in one of two states. <em>In step</em>, both runs are in frames of functions that belong together, and aligned
 * instructions are executed together; what exists on one side only is executed alone. <em>Apart</em>, after a jump that
 * went different ways or a call of functions that do not belong together, each run goes on by itself to its next
 * {@link Behaviour}, where the two are compared, or to the place where the ways meet. Where both stand at aligned
 * instructions in aligned frames again, they are in step again.
 *
 * <p>Each place that may differ carries the {@link Origin} of its difference. It is the first executed instruction
 * that has no counterpart, or whose result differs although what it read was the same; results of instructions that read
 * such a place inherit it; two aligned instructions with equal results end it. So when a behaviour differs, the origin of
 * what it read is the instruction that explains it, and differences that die out are not reported.
 *
 * <p>Addresses that are other numbers but the same place are the same, and so is what is computed and stored from nothing
 * else that differs: only a jump or a host call makes a difference of it.
 */
final class VersionWalk {
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

    private final Lane a;
    private final Lane b;
    private final Lockstep lockstep;
    private final boolean sameLimits;

    /** Set while the runs are apart: why, and where that began. */
    private @Nullable Origin apart;

    private @Nullable Parting parting;
    private Meeting join = Meeting.AT_EXIT;

    /** The first instruction executed on one side only since the last aligned one; a crossing jump comes from it. */
    private @Nullable Origin alone;

    /** The last instructions that were executed together. */
    private @Nullable Origin together;

    private @Nullable Found found;
    private boolean ended;

    VersionWalk(Lane a, Lane b, ProgramAlignment alignment) {
        this.a = a;
        this.b = b;
        lockstep = new Lockstep(a, b, alignment);
        sameLimits = a.recording.options().limits().equals(b.recording.options().limits());
    }

    /** Walks from where both replays stand, which has to be a place where the two runs are alike. */
    Optional<Found> walk() throws RecordingException, Unfaithful {
        if (!lockstep.join()) {
            apart = lockstep.here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
        }
        while (found == null && !ended) {
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
        return Optional.of(new CourseWalk(lockstep, first, instructionsMax).walk(apart, Optional.ofNullable(meeting)));
    }

    // In step.

    private void stepTogether() throws RecordingException, Unfaithful {
        if (injectionDiffers()) {
            Behaviour nothing = new Behaviour(Behaviour.Kind.CUT, 0, List.of());
            report(lockstep.here(Bisection.Kind.MACHINE, Origin.Presence.BOTH), nothing, nothing, "");
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
        switch (lockstep.next()) {
            case ALIGNED -> stepAligned();
            case A_ALONE -> stepAlone(a, Origin.Presence.A_ONLY);
            case B_ALONE -> stepAlone(b, Origin.Presence.B_ONLY);
            case CROSSING ->
                part(
                        aloneOr(Bisection.Kind.PROGRAM),
                        lockstep.meeting(
                                a.machine().position().offset(),
                                b.machine().position().offset(),
                                true));
            case NOWHERE -> part(aloneOr(Bisection.Kind.PROGRAM), null);
        }
    }

    private Origin aloneOr(Bisection.Kind kind) {
        if (alone != null) {
            return alone;
        }
        return together != null ? together : lockstep.here(kind, Origin.Presence.BOTH);
    }

    private void stepAlone(Lane lane, Origin.Presence presence) throws RecordingException, Unfaithful {
        int top = presence == Origin.Presence.A_ONLY
                ? lockstep.top().depthA()
                : lockstep.top().depthB();
        lane.effect.read(lane.machine());
        Origin origin = alone;
        if (origin == null) {
            boolean interrupted = lane.machine().depth() > top && lane.machine().interruptFrame(top);
            origin = lockstep.here(interrupted ? Bisection.Kind.INTERRUPT : Bisection.Kind.PROGRAM, presence);
            alone = origin;
        }
        if (lockstep.behaves(lane)) {
            Origin inputs = Origin.unlessAddress(lane.inputOrigin());
            part(inputs == null ? origin : inputs, null);
            return;
        }
        Origin self = lockstep.here(origin.kind(), presence);
        lane.step(lane.machine().depth() > top ? origin : self);
    }

    private void stepAligned() throws RecordingException, Unfaithful {
        alone = null;
        Origin self = lockstep.here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
        together = self;
        Effect effectA = a.effect;
        Effect effectB = b.effect;
        effectA.read(a.machine());
        effectB.read(b.machine());
        boolean eventA = lockstep.behaves(a);
        boolean eventB = lockstep.behaves(b);
        if (eventA != eventB) {
            part(self, null);
            return;
        }
        Optional<HostCallRecord> callA = Optional.empty();
        Optional<HostCallRecord> callB = Optional.empty();
        Behaviour behaviourA = eventA ? Behaviour.next(a.machine(), effectA) : Behaviour.NOTHING;
        Behaviour behaviourB = eventA ? Behaviour.next(b.machine(), effectB) : Behaviour.NOTHING;
        boolean same = true;
        if (eventA) {
            same = lockstep.same(behaviourA, behaviourB);
            if (!same && !lockstep.differInAddresses(behaviourA, behaviourB)) {
                Origin origin = Origin.unlessAddress(lockstep.originOfInputs());
                report(origin == null ? self : origin, behaviourA, behaviourB, "");
                return;
            }
            if (effectA.opcode == Opcode.CALL_HOST) {
                if (outputDiffers(self, behaviourA, behaviourB)) {
                    return;
                }
                callA = Lockstep.hostCall(a);
                callB = Lockstep.hostCall(b);
                if (lockstep.hostWritesDiffer(callA, callB)) {
                    report(
                            lockstep.here(Bisection.Kind.HOST, Origin.Presence.BOTH),
                            behaviourA,
                            behaviourB,
                            "the host did something else");
                    return;
                }
            }
        }
        boolean chooses = effectA.chooses() && effectB.chooses();
        Origin condition = chooses ? Origin.unlessAddress(Origin.earlier(a.inputOrigin(), b.inputOrigin())) : null;
        boolean sameWay = !chooses || Lockstep.choice(a) == Lockstep.choice(b);
        int calleeA = effectA.callee(a.machine());
        int calleeB = effectB.callee(b.machine());
        Origin index = calleeA < 0 ? null : Origin.unlessAddress(Origin.earlier(a.inputOrigin(), b.inputOrigin()));
        boolean returns = effectA.opcode == Opcode.RETURN || effectA.opcode == Opcode.INTERRUPT_RETURN;
        boolean frame = lockstep.computesFrame();
        int offsetA = effectA.offset;
        int offsetB = effectB.offset;
        a.step(null);
        b.step(null);
        if (a.machine().status() == Status.FAULTED || b.machine().status() == Status.FAULTED) {
            faulted(self);
            return;
        }
        if (eventA && same) {
            lockstep.wroteSame(behaviourA, behaviourB, callA, callB);
        }
        if (returns) {
            lockstep.leave();
        }
        boolean host = effectA.opcode == Opcode.CALL_HOST;
        lockstep.compareResults(
                host && !Lockstep.sameResults(callA, callB) ? self.of(Bisection.Kind.HOST) : self, frame);
        if (!sameWay) {
            part(condition == null ? self : condition, lockstep.meeting(offsetA, offsetB, false));
        } else if (calleeA >= 0 || calleeB >= 0) {
            if (calleeA >= 0 && calleeB >= 0 && lockstep.alignment.functionToB(calleeA) == calleeB) {
                lockstep.enter(calleeA);
            } else {
                part(index == null ? self : index, null);
            }
        }
        if (!lockstep.hasFrames() && !a.over() && !b.over()) {
            part(self, null);
        }
    }

    private void faulted(Origin self) throws RecordingException {
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        Origin origin = Origin.unlessAddress(Origin.earlier(a.inputOrigin(), b.inputOrigin()));
        if (machineA.status() == Status.FAULTED && machineB.status() == Status.FAULTED) {
            Behaviour endA = a.end();
            Behaviour endB = b.end();
            if (lockstep.same(endA, endB)) {
                ended = true;
            } else {
                report(origin == null ? self : origin, endA, endB, "");
            }
            return;
        }
        Origin why = origin == null ? self : origin;
        if (origin == null && !sameLimits) {
            why = self.of(Bisection.Kind.MACHINE);
        }
        part(why, null);
    }

    // Apart.

    private void part(Origin why, @Nullable Meeting meeting) {
        apart = why;
        join = meeting == null ? Meeting.AT_EXIT : meeting;
        parting = new Parting(a.icount(), b.icount(), meeting);
        a.origins.journal(true);
        b.origins.journal(true);
    }

    private void stepApart(Origin why) throws RecordingException, Unfaithful {
        boolean joinedA = advance(
                a, why, join.offsetA(), lockstep.hasFrames() ? lockstep.top().depthA() : -1);
        boolean joinedB = advance(
                b, why, join.offsetB(), lockstep.hasFrames() ? lockstep.top().depthB() : -1);
        if (joinedA && joinedB) {
            together();
            return;
        }
        join = Meeting.AT_EXIT;
        if (joinedA) {
            advance(a, why, -1, -1);
        }
        if (joinedB) {
            advance(b, why, -1, -1);
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
                report(why, behaviourA, behaviourB, "");
            }
            return;
        }
        if (!lockstep.same(behaviourA, behaviourB)) {
            report(why, behaviourA, behaviourB, "");
            return;
        }
        boolean host = behaviourA.kind() == Behaviour.Kind.HOST;
        if (host && outputDiffers(why, behaviourA, behaviourB)) {
            return;
        }
        if (lockstep.rejoin()) {
            together();
            return;
        }
        Optional<HostCallRecord> callA = host ? Lockstep.hostCall(a) : Optional.empty();
        Optional<HostCallRecord> callB = host ? Lockstep.hostCall(b) : Optional.empty();
        if (host && lockstep.hostWritesDiffer(callA, callB)) {
            report(
                    lockstep.here(Bisection.Kind.HOST, Origin.Presence.BOTH),
                    behaviourA,
                    behaviourB,
                    "the host did something else");
            return;
        }
        a.step(why);
        b.step(why);
        lockstep.wroteSame(behaviourA, behaviourB, callA, callB);
    }

    private void together() {
        apart = null;
        parting = null;
        alone = null;
        together = null;
        a.origins.journal(false);
        b.origins.journal(false);
    }

    /**
     * Goes on to the next behaviour, the end, or the place where the ways meet.
     *
     * @return whether that place is reached
     */
    private boolean advance(Lane lane, Origin why, int offset, int depth) throws RecordingException, Unfaithful {
        boolean inside = offset >= 0;
        while (!lane.over()) {
            int now = lane.machine().depth();
            inside &= now >= depth;
            if (inside && now == depth && lane.machine().position().offset() == offset) {
                return true;
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
            report(why, endA, endB, "");
        }
    }

    private void report(Origin origin, Behaviour behaviourA, Behaviour behaviourB, String detail) {
        found = new Found(origin, new Seen(a.icount(), behaviourA, b.icount(), behaviourB, detail));
    }

    /**
     * Two equal calls that put out memory put out other bytes. Stores are compared one by one, so that can only be where the
     * programs' data differ, or addresses are put out.
     */
    private boolean outputDiffers(Origin self, Behaviour behaviourA, Behaviour behaviourB) {
        WrittenOut ofA = WrittenOut.of(a, behaviourA);
        WrittenOut ofB = WrittenOut.of(b, behaviourB);
        if (ofA.same(ofB)) {
            return false;
        }
        report(self, behaviourA, behaviourB, ofA.against(ofB));
        return true;
    }

    private boolean injectionDiffers() {
        var injectionsA = a.recording.options().injections();
        var injectionsB = b.recording.options().injections();
        if (injectionsA.equals(injectionsB)) {
            return false;
        }
        var nowA = injectionsA.stream().filter(i -> i.icount() == a.icount()).toList();
        var nowB = injectionsB.stream().filter(i -> i.icount() == b.icount()).toList();
        return !nowA.equals(nowB);
    }
}
