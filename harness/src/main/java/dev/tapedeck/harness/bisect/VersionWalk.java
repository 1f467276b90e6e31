package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.slice.PostDominators;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Walks two replays of two versions of a program side by side to the first behaviour that differs, and knows then which
 * instruction it comes from.
 *
 * <p>It is in one of two states. <em>In step</em>, both runs are in frames of functions that belong together, and aligned
 * instructions are executed together; what exists on one side only is executed alone. <em>Apart</em>, after a jump that
 * went different ways or a call of functions that do not belong together, each run goes on by itself to its next
 * {@link Behaviour}, where the two are compared, or to the place where the ways meet. Where both stand at aligned
 * instructions in aligned frames again, they are in step again.
 *
 * <p>Each stack cell that may differ carries the {@link Origin} of its difference. It is the first executed instruction
 * that has no counterpart, or whose result differs although what it read was the same; results of instructions that read
 * such a cell inherit it; two aligned instructions with equal results end it. So when a behaviour differs, the origin of
 * what it read is the instruction that explains it, and differences that die out are not reported.
 */
final class VersionWalk {
    /**
     * What was found.
     *
     * @param origin where the difference began
     * @param seen the first behaviour that differs
     */
    record Found(Origin origin, Seen seen) {}

    /** The first behaviour that differs: what each run does, and when. */
    record Seen(long icountA, Behaviour behaviourA, long icountB, Behaviour behaviourB, String detail) {}

    /** A frame of each run that belong together, as their numbers from 1. */
    private record Pair(int depthA, int depthB, int functionA) {}

    private final Lane a;
    private final Lane b;
    private final ProgramAlignment alignment;
    private final List<Pair> pairs = new ArrayList<>();
    private final Map<Integer, PostDominators> meetingsA = new HashMap<>();
    private final Map<Integer, PostDominators> meetingsB = new HashMap<>();
    private final boolean sameLimits;

    /** Set while the runs are apart: why. */
    private @Nullable Origin apart;

    private int joinA = -1;
    private int joinB = -1;

    /** The first instruction executed on one side only since the last aligned one; a crossing jump comes from it. */
    private @Nullable Origin alone;

    /** The last instructions that were executed together. */
    private @Nullable Origin together;

    private @Nullable Found found;
    private boolean ended;

    VersionWalk(Lane a, Lane b, ProgramAlignment alignment) {
        this.a = a;
        this.b = b;
        this.alignment = alignment;
        sameLimits = a.recording.options().limits().equals(b.recording.options().limits());
    }

    /** Walks from where both replays stand, which has to be a place where the two runs are alike. */
    Optional<Found> walk() throws RecordingException, Unfaithful {
        if (!rejoin()) {
            apart = here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
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

    private Origin here(Bisection.Kind kind, Origin.Presence presence) {
        return new Origin(a.icount(), b.icount(), kind, presence);
    }

    // In step.

    private void stepTogether() throws RecordingException, Unfaithful {
        if (injectionDiffers()) {
            Origin origin = here(Bisection.Kind.MACHINE, Origin.Presence.BOTH);
            report(
                    origin,
                    new Behaviour(Behaviour.Kind.CUT, 0, List.of()),
                    new Behaviour(Behaviour.Kind.CUT, 0, List.of()),
                    "");
            return;
        }
        if (a.over() || b.over()) {
            if (a.over() && b.over()) {
                compareEnds(here(Bisection.Kind.END, Origin.Presence.BOTH));
            } else {
                part(here(Bisection.Kind.END, Origin.Presence.BOTH), -1, -1);
            }
            return;
        }
        Pair top = pairs.get(pairs.size() - 1);
        int depthA = a.machine().depth();
        int depthB = b.machine().depth();
        if (depthA > top.depthA() && depthB > top.depthB() && bothInterrupted(top)) {
            return;
        }
        if (depthA > top.depthA() || (depthB < top.depthB() && depthA >= top.depthA())) {
            stepAlone(a, true);
            return;
        }
        if (depthB > top.depthB() || (depthA < top.depthA() && depthB >= top.depthB())) {
            stepAlone(b, false);
            return;
        }
        if (depthA < top.depthA()) {
            pairs.remove(pairs.size() - 1);
            if (pairs.isEmpty()) {
                part(aloneOr(Bisection.Kind.PROGRAM), -1, -1);
            }
            return;
        }
        CodeAlignment code = alignment.code(top.functionA());
        int offsetA = a.machine().position().offset();
        int offsetB = b.machine().position().offset();
        if (code.toB(offsetA) == offsetB) {
            stepAligned(top);
        } else if (code.toB(offsetA) < 0) {
            stepAlone(a, true);
        } else if (code.toA(offsetB) < 0) {
            stepAlone(b, false);
        } else {
            part(aloneOr(Bisection.Kind.PROGRAM), -1, -1);
        }
    }

    private Origin aloneOr(Bisection.Kind kind) {
        if (alone != null) {
            return alone;
        }
        return together != null ? together : here(kind, Origin.Presence.BOTH);
    }

    private boolean bothInterrupted(Pair top) {
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        int depthA = machineA.depth();
        int depthB = machineB.depth();
        if (depthA != top.depthA() + 1
                || depthB != top.depthB() + 1
                || !machineA.interruptFrame(depthA - 1)
                || !machineB.interruptFrame(depthB - 1)
                || machineA.position().offset() != 0
                || machineB.position().offset() != 0) {
            return false;
        }
        int handler = machineA.position().function();
        if (alignment.functionToB(handler) != machineB.position().function()) {
            return false;
        }
        pairs.add(new Pair(depthA, depthB, handler));
        Origin origin = here(Bisection.Kind.INTERRUPT, Origin.Presence.BOTH);
        for (int i = 0; i < 2; i++) {
            boolean same = machineA.local(depthA - 1, i) == machineB.local(depthB - 1, i);
            a.setOrigin(machineA.bp() + i, same ? null : origin);
            b.setOrigin(machineB.bp() + i, same ? null : origin);
        }
        return true;
    }

    private void stepAlone(Lane lane, boolean ofA) throws RecordingException, Unfaithful {
        lane.effect.read(lane.machine());
        Origin origin = alone;
        if (origin == null) {
            boolean interrupted = lane.machine().depth() > (ofA ? top().depthA() : top().depthB())
                    && lane.machine().interruptFrame(ofA ? top().depthA() : top().depthB());
            origin = here(
                    interrupted ? Bisection.Kind.INTERRUPT : Bisection.Kind.PROGRAM,
                    ofA ? Origin.Presence.A_ONLY : Origin.Presence.B_ONLY);
            alone = origin;
        }
        if (Behaviour.isOne(lane.effect)) {
            Origin inputs = lane.inputOrigin();
            part(inputs == null ? origin : inputs, -1, -1);
            return;
        }
        Origin self = here(origin.kind(), ofA ? Origin.Presence.A_ONLY : Origin.Presence.B_ONLY);
        lane.step(lane.machine().depth() > (ofA ? top().depthA() : top().depthB()) ? origin : self);
    }

    private Pair top() {
        return pairs.get(pairs.size() - 1);
    }

    private void stepAligned(Pair top) throws RecordingException, Unfaithful {
        Origin before = alone;
        alone = null;
        Origin self = here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
        together = self;
        Effect effectA = a.effect;
        Effect effectB = b.effect;
        effectA.read(a.machine());
        effectB.read(b.machine());
        boolean eventA = Behaviour.isOne(effectA);
        boolean eventB = Behaviour.isOne(effectB);
        if (eventA != eventB) {
            part(self, -1, -1);
            return;
        }
        Optional<HostCallRecord> callA = Optional.empty();
        Optional<HostCallRecord> callB = Optional.empty();
        if (eventA) {
            Behaviour behaviourA = Behaviour.next(a.machine(), effectA);
            Behaviour behaviourB = Behaviour.next(b.machine(), effectB);
            if (!behaviourA.same(behaviourB, alignment)) {
                Origin origin = originOfInputs(self);
                report(origin, behaviourA, behaviourB, "");
                return;
            }
            if (effectA.opcode == Opcode.CALL_HOST) {
                if (outputDiffers(behaviourA, behaviourB)) {
                    report(self, behaviourA, behaviourB, outputs(behaviourA, behaviourB));
                    return;
                }
                callA = hostCall(a);
                callB = hostCall(b);
                if (hostWritesDiffer(callA, callB)) {
                    report(
                            here(Bisection.Kind.HOST, Origin.Presence.BOTH),
                            behaviourA,
                            behaviourB,
                            "the host did something else");
                    return;
                }
            }
        }
        boolean chooses = effectA.chooses() && effectB.chooses();
        Origin condition = chooses ? Origin.earlier(a.inputOrigin(), b.inputOrigin()) : null;
        boolean sameWay = !chooses || choice(a) == choice(b);
        int calleeA = effectA.callee(a.machine());
        int calleeB = effectB.callee(b.machine());
        Origin index = calleeA < 0 ? null : Origin.earlier(a.inputOrigin(), b.inputOrigin());
        boolean returns = effectA.opcode == Opcode.RETURN || effectA.opcode == Opcode.INTERRUPT_RETURN;
        int offsetA = effectA.offset;
        int offsetB = effectB.offset;
        a.step(null);
        b.step(null);
        if (a.machine().status() == Status.FAULTED || b.machine().status() == Status.FAULTED) {
            faulted(self);
            return;
        }
        if (returns) {
            pairs.remove(pairs.size() - 1);
        }
        boolean host = effectA.opcode == Opcode.CALL_HOST;
        compareResults(
                host && !sameResults(callA, callB)
                        ? new Origin(self.icountA(), self.icountB(), Bisection.Kind.HOST, Origin.Presence.BOTH)
                        : self);
        if (!sameWay) {
            partAtChoice(condition == null ? self : condition, top, offsetA, offsetB);
        } else if (calleeA >= 0 || calleeB >= 0) {
            if (calleeA >= 0 && calleeB >= 0 && alignment.functionToB(calleeA) == calleeB) {
                pairs.add(new Pair(top.depthA() + 1, top.depthB() + 1, calleeA));
            } else {
                part(index == null ? self : index, -1, -1);
            }
        } else if (chooses && before != null) {
            // Nothing: a jump in step ends what one side did alone.
            alone = null;
        }
        if (pairs.isEmpty() && !a.over() && !b.over()) {
            part(self, -1, -1);
        }
    }

    private static boolean sameResults(Optional<HostCallRecord> callA, Optional<HostCallRecord> callB) {
        return callA.map(HostCallRecord::results).equals(callB.map(HostCallRecord::results));
    }

    /** Which way a conditional jump or a jump table goes: 1 or 0 for taken or not, or the number of the label. */
    private static int choice(Lane lane) {
        long condition = Effect.cell(lane.machine(), lane.effect.sp - 1);
        return switch (lane.effect.opcode) {
            case BR_IF -> condition != 0 ? 1 : 0;
            case BR_UNLESS -> condition == 0 ? 1 : 0;
            default -> {
                int last = lane.effect.instruction.labels().size() - 1;
                yield (int) Math.min(condition & 0xffff_ffffL, last);
            }
        };
    }

    /** The origin of the inputs that differ, or the instructions themselves if none does. */
    private Origin originOfInputs(Origin self) {
        Origin origin = null;
        if (a.effect.pops == b.effect.pops) {
            for (int i = 1; i <= a.effect.pops; i++) {
                int cellA = a.effect.sp - i;
                int cellB = b.effect.sp - i;
                if (!sameCells(cellA, cellB)) {
                    origin = Origin.earlier(origin, Origin.earlier(a.origin(cellA), b.origin(cellB)));
                }
            }
        }
        return origin == null ? self : origin;
    }

    private boolean sameCells(int cellA, int cellB) {
        return alignment.sameValue(Effect.cell(a.machine(), cellA), Effect.cell(b.machine(), cellB));
    }

    /** After a step: ends the difference of results that are equal, and marks those that are not. */
    private void compareResults(Origin self) {
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        if (machineA.status() != Status.RUNNING || machineB.status() != Status.RUNNING) {
            return;
        }
        int count = a.effect.writeTo - a.effect.writeFrom;
        if (count != b.effect.writeTo - b.effect.writeFrom) {
            return;
        }
        for (int i = 0; i < count; i++) {
            int cellA = a.effect.writeFrom + i;
            int cellB = b.effect.writeFrom + i;
            if (outside(machineA, cellA) || outside(machineB, cellB)) {
                // An interrupt was delivered since: the cell belongs to a frame below.
                continue;
            }
            if (sameCells(cellA, cellB)) {
                a.setOrigin(cellA, null);
                b.setOrigin(cellB, null);
                if (a.effect.localRead >= 0 && b.effect.localRead >= 0) {
                    a.setOrigin(a.effect.localRead, null);
                    b.setOrigin(b.effect.localRead, null);
                }
            } else {
                Origin origin = Origin.earlier(a.origin(cellA), b.origin(cellB));
                a.setOrigin(cellA, origin == null ? self : origin);
                b.setOrigin(cellB, origin == null ? self : origin);
            }
        }
    }

    private static boolean outside(Machine machine, int cell) {
        return cell < machine.bp() || cell >= machine.sp();
    }

    private void faulted(Origin self) {
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        Origin origin = Origin.earlier(a.inputOrigin(), b.inputOrigin());
        if (machineA.status() == Status.FAULTED && machineB.status() == Status.FAULTED) {
            Behaviour endA = a.end();
            Behaviour endB = b.end();
            if (endA.same(endB, alignment)) {
                ended = true;
            } else {
                report(origin == null ? self : origin, endA, endB, "");
            }
            return;
        }
        Origin why = origin == null ? self : origin;
        if (origin == null && !sameLimits) {
            why = new Origin(self.icountA(), self.icountB(), Bisection.Kind.MACHINE, Origin.Presence.BOTH);
        }
        part(why, -1, -1);
    }

    // Apart.

    private void partAtChoice(Origin why, Pair top, int offsetA, int offsetB) {
        int functionB = alignment.functionToB(top.functionA());
        int meetA = meetingsA
                .computeIfAbsent(
                        top.functionA(),
                        f -> new PostDominators(a.program.functions().get(f)))
                .of(offsetA);
        int meetB = meetingsB
                .computeIfAbsent(
                        functionB, f -> new PostDominators(b.program.functions().get(f)))
                .of(offsetB);
        boolean meet = meetA >= 0 && alignment.code(top.functionA()).toB(meetA) == meetB;
        part(why, meet ? meetA : -1, meet ? meetB : -1);
    }

    private void part(Origin why, int meetA, int meetB) {
        apart = why;
        joinA = meetA;
        joinB = meetB;
    }

    private void stepApart(Origin why) throws RecordingException, Unfaithful {
        boolean joinedA = advance(a, why, joinA, pairs.isEmpty() ? -1 : top().depthA());
        boolean joinedB = advance(b, why, joinB, pairs.isEmpty() ? -1 : top().depthB());
        if (joinedA && joinedB) {
            together();
            return;
        }
        joinA = -1;
        joinB = -1;
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
            Behaviour.Kind ended = (a.over() ? behaviourA : behaviourB).kind();
            if (ended == Behaviour.Kind.CUT) {
                this.ended = true;
            } else {
                report(why, behaviourA, behaviourB, "");
            }
            return;
        }
        if (!behaviourA.same(behaviourB, alignment)) {
            report(why, behaviourA, behaviourB, "");
            return;
        }
        boolean host = behaviourA.kind() == Behaviour.Kind.HOST;
        if (host && outputDiffers(behaviourA, behaviourB)) {
            report(why, behaviourA, behaviourB, outputs(behaviourA, behaviourB));
            return;
        }
        if (rejoin()) {
            together();
            return;
        }
        if (host && hostWritesDiffer(hostCall(a), hostCall(b))) {
            report(
                    here(Bisection.Kind.HOST, Origin.Presence.BOTH),
                    behaviourA,
                    behaviourB,
                    "the host did something else");
            return;
        }
        a.step(why);
        b.step(why);
    }

    private void together() {
        apart = null;
        alone = null;
        together = null;
    }

    /**
     * Goes on to the next behaviour, the end, or the place where the ways meet.
     *
     * @return whether that place is reached
     */
    private boolean advance(Lane lane, Origin why, int join, int depth) throws RecordingException, Unfaithful {
        boolean inside = join >= 0;
        while (!lane.over()) {
            int now = lane.machine().depth();
            inside &= now >= depth;
            if (inside && now == depth && lane.machine().position().offset() == join) {
                return true;
            }
            lane.effect.read(lane.machine());
            if (Behaviour.isOne(lane.effect)) {
                return false;
            }
            lane.step(why);
        }
        return false;
    }

    /** Finds the frames that belong together, if both runs stand at aligned instructions in aligned frames. */
    private boolean rejoin() {
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        int depth = machineA.depth();
        if (depth != machineB.depth() || a.over() || b.over()) {
            return false;
        }
        List<Pair> found = new ArrayList<>();
        // The innermost frame is the most likely one not to fit.
        for (int frame = depth - 1; frame >= 0; frame--) {
            Position positionA = machineA.framePosition(frame);
            Position positionB = machineB.framePosition(frame);
            if (alignment.functionToB(positionA.function()) != positionB.function()
                    || machineA.interruptFrame(frame) != machineB.interruptFrame(frame)
                    || alignment.code(positionA.function()).toB(positionA.offset()) != positionB.offset()) {
                return false;
            }
            found.add(new Pair(frame + 1, frame + 1, positionA.function()));
        }
        Collections.reverse(found);
        pairs.clear();
        pairs.addAll(found);
        return true;
    }

    // Ends, host calls and injections.

    private void compareEnds(Origin why) {
        Behaviour endA = a.end();
        Behaviour endB = b.end();
        boolean open = isOpen(endA) || isOpen(endB);
        // Two versions need not reach a limit at the same place, so where one side is stopped early nothing is known.
        if (endA.same(endB, alignment) || (isOpen(endA) && isOpen(endB))) {
            ended = true;
        } else if (open && (endA.kind() == Behaviour.Kind.CUT || endB.kind() == Behaviour.Kind.CUT)) {
            ended = true;
        } else {
            report(why, endA, endB, "");
        }
    }

    private static boolean isOpen(Behaviour end) {
        return end.kind() == Behaviour.Kind.LIMIT || end.kind() == Behaviour.Kind.CUT;
    }

    private void report(Origin origin, Behaviour behaviourA, Behaviour behaviourB, String detail) {
        found = new Found(origin, new Seen(a.icount(), behaviourA, b.icount(), behaviourB, detail));
    }

    private static Optional<HostCallRecord> hostCall(Lane lane) {
        return lane.recording.hostCallAt(lane.icount());
    }

    private boolean hostWritesDiffer(Optional<HostCallRecord> callA, Optional<HostCallRecord> callB) {
        if (callA.isEmpty() || callB.isEmpty()) {
            return callA.isPresent() != callB.isPresent();
        }
        HostCallRecord one = callA.get();
        HostCallRecord other = callB.get();
        if (!one.halt().equals(other.halt())
                || !one.error().equals(other.error())
                || one.writes().size() != other.writes().size()) {
            return true;
        }
        for (int i = 0; i < one.writes().size(); i++) {
            if (one.writes().get(i).memory() != other.writes().get(i).memory()
                    || alignment.addressToB(one.writes().get(i).address())
                            != other.writes().get(i).address()
                    || !Arrays.equals(
                            one.writes().get(i).bytes(), other.writes().get(i).bytes())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether two equal calls that put out memory put out other bytes. Stores are compared one by one, so that can only be
     * where the programs' data differ.
     */
    private boolean outputDiffers(Behaviour behaviourA, Behaviour behaviourB) {
        String name = a.program.imports().get(behaviourA.subject()).qualifiedName();
        if (alignment.sameInitialState() || !(name.equals("tape.output") || name.equals("tape.debug"))) {
            return false;
        }
        return !Arrays.equals(bytes(a, behaviourA), bytes(b, behaviourB));
    }

    private String outputs(Behaviour behaviourA, Behaviour behaviourB) {
        return "with the bytes " + Values.bytes(bytes(a, behaviourA)) + " against "
                + Values.bytes(bytes(b, behaviourB));
    }

    private static byte[] bytes(Lane lane, Behaviour output) {
        long address = output.values().get(0) & 0xffff_ffffL;
        long length = output.values().get(1) & 0xffff_ffffL;
        if (address + length > lane.machine().memoryBytes() || length > Integer.MAX_VALUE) {
            return new byte[0];
        }
        return lane.machine().readMemory(address, (int) length);
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
