package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.bisect.Lockstep.Meeting;
import dev.tapedeck.harness.bisect.VersionWalk.Found;
import dev.tapedeck.harness.bisect.VersionWalk.Seen;
import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Walks two versions on behind the first behaviour that differs, and says what becomes of the differences.
 *
 * <p>The runs stay in step by the structure of the program: after a jump that went different ways each goes alone to the
 * place where the ways meet (the nearest post-dominator that both versions have, else the end of the function). What is
 * done alone is kept until both do something together again; if by then both have done the same, in the same order, nothing
 * differs. All that is written is compared, so that a place has an {@link Origin} exactly if it differs, as far as the
 * versions' places can be told to belong together; where no place differs because of an instruction any more, its
 * difference has died out.
 */
final class CourseWalk {
    /** What was found. */
    record Followed(List<DifferenceCourse> courses, long unlisted, long toA, long toB, Stop stop) {
        /** Whether it is known that nothing that is seen outside of the machine differs. */
        boolean staysInside() {
            return stop == Stop.END
                    && courses.stream().allMatch(course -> course.outside().isEmpty());
        }
    }

    /** Why the walk ended. */
    enum Stop {
        /** Both runs have ended. */
        END,
        /** A recording is cut, or its run was stopped by its limit or from outside: what would have come is not known. */
        OPEN,
        /** It had executed as many instructions as it may. */
        BOUND,
        /** More memory differed than is followed, or more was done by one run alone. */
        MEMORY
    }

    /** A behaviour of one run that waits for its counterpart, with a checksum of the bytes it put out. */
    private record Waiting(long icount, Behaviour behaviour, Origin origin, long putOut) {}

    /** What one run has done alone since the last behaviour of both. */
    private static final class Solo {
        /** More are not kept; then they count as different. */
        private static final int WAITING_MAX = 1 << 14;

        /** More ranges of memory become one. */
        private static final int RANGES_MAX = 1 << 10;

        final List<Waiting> waiting = new ArrayList<>();
        final List<long[]> written = new ArrayList<>();
        final Set<Integer> globals = new TreeSet<>();
        boolean more;

        /** Whether one of those that are not kept was a host call: then it is not known whether the other run made it. */
        boolean lost;

        void add(Waiting behaviour) {
            if (waiting.size() < WAITING_MAX) {
                waiting.add(behaviour);
            } else {
                more = true;
                lost |= behaviour.behaviour().kind() == Behaviour.Kind.HOST;
            }
        }

        void wrote(long from, long length) {
            if (!written.isEmpty()) {
                long[] last = written.get(written.size() - 1);
                boolean close = from <= last[1] && from + length >= last[0];
                if (close || written.size() == RANGES_MAX) {
                    last[0] = Math.min(last[0], from);
                    last[1] = Math.max(last[1], from + length);
                    return;
                }
            }
            written.add(new long[] {from, from + length});
        }

        boolean idle() {
            return waiting.isEmpty() && written.isEmpty() && globals.isEmpty();
        }

        void clear() {
            waiting.clear();
            written.clear();
            globals.clear();
            more = false;
        }
    }

    /** Comparing so many bytes takes about as long as executing an instruction. */
    private static final int BYTES_PER_INSTRUCTION = 64;

    private final Lockstep lockstep;
    private final Lane a;
    private final Lane b;
    private final Map<Origin.Cause, DifferenceCourse> courses = new LinkedHashMap<>();
    private final Solo soloA = new Solo();
    private final Solo soloB = new Solo();
    private final long executedMax;

    private @Nullable Origin alone;
    private long unlisted;
    private boolean unsettled;
    private @Nullable Stop stop;

    CourseWalk(Lockstep lockstep, Found first, long instructionsMax) {
        this.lockstep = lockstep;
        a = lockstep.a;
        b = lockstep.b;
        executedMax = a.executed() + b.executed() + instructionsMax;
        DifferenceCourse course = new DifferenceCourse(first.origin(), first.seen());
        courses.put(first.origin().cause(), course);
        first.origin().follow(course);
    }

    /**
     * @param why why the runs are apart; null if they are in step
     * @param meeting where the ways meet, if it was a jump that parted them
     */
    Followed walk(@Nullable Origin why, Optional<Meeting> meeting) throws RecordingException, Unfaithful {
        alone = why;
        if (why != null && meeting.isPresent()) {
            apart(why, meeting.get());
        }
        while (stop == null) {
            step();
            settle();
        }
        if (a.over() && b.over()) {
            a.origins.dropCells(0);
            b.origins.dropCells(0);
            alone = null;
            soloA.clear();
            soloB.clear();
            unsettled = true;
            settle();
        }
        courses.values().forEach(DifferenceCourse::stop);
        return new Followed(List.copyOf(courses.values()), unlisted, a.icount(), b.icount(), stop);
    }

    private void step() throws RecordingException, Unfaithful {
        if (!mayGoOn()) {
            return;
        }
        if (a.over() || b.over()) {
            Origin origin = alone != null ? alone : lockstep.here(Bisection.Kind.END, Origin.Presence.BOTH);
            toEnd(a, soloA, origin);
            toEnd(b, soloB, origin);
            end(origin);
            return;
        }
        switch (lockstep.next()) {
            case ALIGNED -> stepAligned();
            case A_ALONE ->
                stepAlone(a, soloA, Origin.Presence.A_ONLY, lockstep.top().depthA());
            case B_ALONE ->
                stepAlone(b, soloB, Origin.Presence.B_ONLY, lockstep.top().depthB());
            case CROSSING -> {
                Origin why = alone != null ? alone : lockstep.here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
                int offsetA = a.machine().position().offset();
                int offsetB = b.machine().position().offset();
                apart(why, lockstep.meeting(offsetA, offsetB, true));
            }
            case NOWHERE -> {
                Origin why = alone != null ? alone : lockstep.here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
                toEnd(a, soloA, why);
                toEnd(b, soloB, why);
            }
        }
    }

    private boolean mayGoOn() {
        long work = a.executed() + b.executed() + lockstep.comparedBytes() / BYTES_PER_INSTRUCTION;
        if (stop == null && work >= executedMax) {
            stop = Stop.BOUND;
        }
        if (stop == null && (a.origins.overflowed() || b.origins.overflowed())) {
            stop = Stop.MEMORY;
        }
        return stop == null;
    }

    // One run alone.

    private void stepAlone(Lane lane, Solo solo, Origin.Presence presence, int top)
            throws RecordingException, Unfaithful {
        lane.effect.read(lane.machine());
        Origin origin = alone;
        if (origin == null) {
            boolean interrupted = lane.machine().depth() > top && lane.machine().interruptFrame(top);
            origin = lockstep.here(interrupted ? Bisection.Kind.INTERRUPT : Bisection.Kind.PROGRAM, presence);
            alone = origin;
        }
        Origin self = lane.machine().depth() > top ? origin : lockstep.here(origin.kind(), presence);
        solo(lane, solo, self);
    }

    /** Executes the next instruction, which has been read, in one run. */
    private void solo(Lane lane, Solo solo, Origin why) throws RecordingException, Unfaithful {
        if (lockstep.behaves(lane)) {
            Behaviour behaviour = Behaviour.next(lane.machine(), lane.effect);
            Origin inputs = Origin.unlessAddress(lane.inputOrigin());
            boolean host = behaviour.kind() == Behaviour.Kind.HOST;
            solo.add(new Waiting(
                    lane.icount(),
                    behaviour,
                    inputs == null ? why : inputs,
                    host ? WrittenOut.of(lane, behaviour).checksum() : 0));
            if (host) {
                for (MemoryWrite write :
                        Lockstep.hostCall(lane).map(HostCallRecord::writes).orElse(List.of())) {
                    if (write.memory() == 0) {
                        solo.wrote(write.address(), write.bytes().length);
                        lane.origins.setMemory(write.address(), write.bytes().length, why);
                    }
                }
            }
        }
        if (lane.effect.writeLength > 0 && lane.effect.writeMemory == 0) {
            solo.wrote(lane.effect.writeAddress, lane.effect.writeLength);
        }
        if (lane.effect.globalWrite >= 0) {
            solo.globals.add(lane.effect.globalWrite);
        }
        if (lane.effect.opcode == Opcode.HP_SET) {
            solo.globals.add(lane.origins.heapPointer());
        }
        lane.step(why);
    }

    /** Both go on alone to where their ways meet, or until they have left the function. */
    private void apart(Origin why, Meeting meeting) throws RecordingException, Unfaithful {
        int depthA = lockstep.top().depthA();
        int depthB = lockstep.top().depthB();
        advance(a, soloA, why, meeting.offsetA(), depthA);
        advance(b, soloB, why, meeting.offsetB(), depthB);
        alone = why;
        if (stop == null) {
            lockstep.compareFrames(why);
        }
    }

    private void advance(Lane lane, Solo solo, Origin why, int offset, int depth)
            throws RecordingException, Unfaithful {
        while (mayGoOn() && !lane.over()) {
            int now = lane.machine().depth();
            if (now < depth || (now == depth && lane.machine().position().offset() == offset)) {
                return;
            }
            lane.effect.read(lane.machine());
            solo(lane, solo, why);
        }
    }

    private void toEnd(Lane lane, Solo solo, Origin why) throws RecordingException, Unfaithful {
        advance(lane, solo, why, -1, -1);
    }

    // Both together.

    private void stepAligned() throws RecordingException, Unfaithful {
        Effect effectA = a.effect;
        Effect effectB = b.effect;
        effectA.read(a.machine());
        effectB.read(b.machine());
        Origin self = lockstep.here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
        boolean eventA = lockstep.behaves(a);
        boolean eventB = lockstep.behaves(b);
        if (eventA != eventB) {
            Origin why = alone != null ? alone : self;
            solo(a, soloA, why);
            solo(b, soloB, why);
            return;
        }
        Optional<HostCallRecord> callA = Optional.empty();
        Optional<HostCallRecord> callB = Optional.empty();
        Behaviour behaviourA = eventA ? Behaviour.next(a.machine(), effectA) : Behaviour.NOTHING;
        Behaviour behaviourB = eventA ? Behaviour.next(b.machine(), effectB) : Behaviour.NOTHING;
        Origin written = self;
        boolean same = true;
        if (eventA) {
            compareSolos(self, behaviourA, behaviourB);
            Origin inputs = Origin.unlessAddress(lockstep.originOfInputs());
            Origin because = inputs == null ? self : inputs;
            same = lockstep.same(behaviourA, behaviourB);
            if (!same && !lockstep.differInAddresses(behaviourA, behaviourB)) {
                effect(because, behaviourA, behaviourB, "");
                written = because;
                if (!followed(behaviourA.kind())) {
                    a.origins.setGlobal(a.origins.rest(), because);
                    b.origins.setGlobal(b.origins.rest(), because);
                }
            }
            if (effectA.opcode == Opcode.CALL_HOST) {
                if (same) {
                    comparePutOut(self, behaviourA, behaviourB);
                }
                callA = Lockstep.hostCall(a);
                callB = Lockstep.hostCall(b);
                if (same && lockstep.hostWritesDiffer(callA, callB)) {
                    same = false;
                    written = lockstep.here(Bisection.Kind.HOST, Origin.Presence.BOTH);
                    effect(written, behaviourA, behaviourB, "the host did something else");
                }
            }
        }
        boolean chooses = effectA.chooses() && effectB.chooses();
        Origin condition = Origin.unlessAddress(Origin.earlier(a.inputOrigin(), b.inputOrigin()));
        boolean sameWay = !chooses || Lockstep.choice(a) == Lockstep.choice(b);
        int calleeA = effectA.callee(a.machine());
        int calleeB = effectB.callee(b.machine());
        boolean returns = effectA.opcode == Opcode.RETURN || effectA.opcode == Opcode.INTERRUPT_RETURN;
        boolean frame = lockstep.computesFrame();
        int offsetA = effectA.offset;
        int offsetB = effectB.offset;
        alone = null;
        a.step(null);
        b.step(null);
        if (returns) {
            lockstep.leave();
        }
        if (a.machine().status() != Status.RUNNING || b.machine().status() != Status.RUNNING) {
            alone = condition != null ? condition : self;
            if (eventA && a.machine().status() == b.machine().status()) {
                // The exit code or the results have been compared with the rest of what this instruction did.
                stop = atEnd();
            }
            return;
        }
        Origin results = self;
        if (effectA.opcode == Opcode.CALL_HOST && !Lockstep.sameResults(callA, callB)) {
            results = self.of(Bisection.Kind.HOST);
        }
        lockstep.compareResults(results, frame);
        if (eventA && same) {
            lockstep.wroteSame(behaviourA, behaviourB, callA, callB);
        } else if (eventA) {
            compareWritten(written, callA, callB);
        }
        Origin why = condition == null ? self : condition;
        if (!sameWay) {
            apart(why, lockstep.meeting(offsetA, offsetB, false));
        } else if (calleeA >= 0 && calleeB >= 0 && lockstep.alignment.functionToB(calleeA) == calleeB) {
            lockstep.enter(calleeA);
        } else if (calleeA >= 0 || calleeB >= 0) {
            alone = why;
        }
    }

    /** Whether what is written by such an event is compared place by place. */
    private static boolean followed(Behaviour.Kind kind) {
        return switch (kind) {
            case STORE, COPY, FILL, INIT, GLOBAL, HEAP_POINTER, HOST, HALT, RETURN -> true;
            default -> false;
        };
    }

    private void comparePutOut(Origin self, Behaviour behaviourA, Behaviour behaviourB) {
        WrittenOut ofA = WrittenOut.of(a, behaviourA);
        WrittenOut ofB = WrittenOut.of(b, behaviourB);
        if (!ofA.same(ofB)) {
            Origin origin = Origin.unlessAddress(Origin.earlier(ofA.origin(), ofB.origin()));
            effect(origin == null ? self : origin, behaviourA, behaviourB, ofA.against(ofB));
        }
    }

    /** Compares what the last instruction of both has written. */
    private void compareWritten(Origin self, Optional<HostCallRecord> callA, Optional<HostCallRecord> callB) {
        if (a.effect.writeLength > 0 && a.effect.writeMemory == 0) {
            lockstep.compareMemory(a.effect.writeAddress, a.effect.writeLength, self);
        }
        if (b.effect.writeLength > 0 && b.effect.writeMemory == 0) {
            lockstep.compareMemory(lockstep.alignment.addressToA(b.effect.writeAddress), b.effect.writeLength, self);
        }
        for (MemoryWrite write : callA.map(HostCallRecord::writes).orElse(List.of())) {
            if (write.memory() == 0) {
                lockstep.compareMemory(write.address(), write.bytes().length, self);
            }
        }
        for (MemoryWrite write : callB.map(HostCallRecord::writes).orElse(List.of())) {
            if (write.memory() == 0) {
                lockstep.compareMemory(lockstep.alignment.addressToA(write.address()), write.bytes().length, self);
            }
        }
        if (a.effect.globalWrite >= 0) {
            compareGlobal(a.effect.globalWrite, self);
        }
        if (a.effect.opcode == Opcode.HP_SET) {
            compareGlobal(a.origins.heapPointer(), self);
        }
    }

    /** @param global of the first program, or its heap pointer */
    private void compareGlobal(int global, Origin self) {
        boolean pointer = global == a.origins.heapPointer();
        int other = pointer ? b.origins.heapPointer() : lockstep.alignment.globalToB(global);
        if (other < 0) {
            return;
        }
        Location hp = new Location.Register("hp");
        long valueA = pointer ? a.machine().get(hp) : a.machine().global(global);
        long valueB = pointer ? b.machine().get(hp) : b.machine().global(other);
        Origin origin = null;
        if (valueA != valueB) {
            Origin known = Origin.earlier(a.origins.global(global), b.origins.global(other));
            origin = lockstep.sameValue(valueA, valueB) ? lockstep.addresses : known == null ? self : known;
        }
        a.origins.setGlobal(global, origin);
        b.origins.setGlobal(other, origin);
    }

    /** What each has done alone is compared, before both do something together again, or end. */
    private void compareSolos(Origin self, Behaviour nextA, Behaviour nextB) {
        if (soloA.idle() && soloB.idle()) {
            return;
        }
        int count = Math.max(soloA.waiting.size(), soloB.waiting.size());
        int same = 0;
        while (same < count && sameWaiting(same)) {
            same++;
        }
        Origin first = self;
        if (same < count || soloA.more || soloB.more) {
            Waiting ofA = waiting(soloA, same, a, nextA, self);
            Waiting ofB = waiting(soloB, same, b, nextB, self);
            first = same < soloA.waiting.size() ? ofA.origin() : ofB.origin();
            effect(first, new Seen(ofA.icount(), ofA.behaviour(), ofB.icount(), ofB.behaviour(), ""), false);
            comparePutOutAlone(same);
        }
        for (long[] range : soloA.written) {
            lockstep.compareMemory(range[0], range[1] - range[0], first);
        }
        for (long[] range : soloB.written) {
            lockstep.compareMemory(lockstep.alignment.addressToA(range[0]), range[1] - range[0], first);
        }
        for (int global : soloA.globals) {
            compareGlobal(global, first);
        }
        for (int global : soloB.globals) {
            int ofA =
                    global == b.origins.heapPointer() ? a.origins.heapPointer() : lockstep.alignment.globalToA(global);
            if (ofA >= 0) {
                compareGlobal(ofA, first);
            }
        }
        soloA.clear();
        soloB.clear();
    }

    private boolean sameWaiting(int index) {
        return index < soloA.waiting.size()
                && index < soloB.waiting.size()
                && sameWaiting(soloA.waiting.get(index), soloB.waiting.get(index));
    }

    private boolean sameWaiting(Waiting ofA, Waiting ofB) {
        return lockstep.same(ofA.behaviour(), ofB.behaviour()) && ofA.putOut() == ofB.putOut();
    }

    private static Waiting waiting(Solo solo, int index, Lane lane, Behaviour next, Origin self) {
        return index < solo.waiting.size() ? solo.waiting.get(index) : new Waiting(lane.icount(), next, self, 0);
    }

    /** Of what was done alone from one place on, the first host call that the other did not make. */
    private void comparePutOutAlone(int from) {
        List<Waiting> ofA = calls(soloA, from);
        List<Waiting> ofB = calls(soloB, from);
        for (int i = 0; i < Math.max(ofA.size(), ofB.size()); i++) {
            if (i < ofA.size() && i < ofB.size() && sameWaiting(ofA.get(i), ofB.get(i))) {
                continue;
            }
            Waiting known = i < ofA.size() ? ofA.get(i) : ofB.get(i);
            effect(
                    known.origin(),
                    new Seen(
                            i < ofA.size() ? ofA.get(i).icount() : a.icount(),
                            i < ofA.size() ? ofA.get(i).behaviour() : Behaviour.NOTHING,
                            i < ofB.size() ? ofB.get(i).icount() : b.icount(),
                            i < ofB.size() ? ofB.get(i).behaviour() : Behaviour.NOTHING,
                            ""),
                    true);
            return;
        }
    }

    private static List<Waiting> calls(Solo solo, int from) {
        return solo.waiting.subList(Math.min(from, solo.waiting.size()), solo.waiting.size()).stream()
                .filter(waiting -> waiting.behaviour().kind() == Behaviour.Kind.HOST)
                .toList();
    }

    // What came of it.

    private void end(Origin origin) {
        if (stop != null) {
            return;
        }
        Behaviour endA = a.end();
        Behaviour endB = b.end();
        if (endA.open() || endB.open()) {
            if (soloDiffers(endA, endB)) {
                compareSolos(origin, endA, endB);
            }
            stop = Stop.OPEN;
            return;
        }
        boolean differs = !lockstep.same(endA, endB);
        compareSolos(origin, endA, endB);
        if (differs) {
            effect(origin, endA, endB, "");
        }
        stop = atEnd();
    }

    private Stop atEnd() {
        return soloA.lost || soloB.lost ? Stop.MEMORY : Stop.END;
    }

    /** Whether what was done alone differs, whatever a run that is not known to its end would have done next. */
    private boolean soloDiffers(Behaviour endA, Behaviour endB) {
        int same = 0;
        while (sameWaiting(same)) {
            same++;
        }
        boolean moreA = same < soloA.waiting.size();
        boolean moreB = same < soloB.waiting.size();
        return (moreA && moreB) || (moreA && !endB.open()) || (moreB && !endA.open());
    }

    private void effect(Origin origin, Behaviour behaviourA, Behaviour behaviourB, String detail) {
        Seen seen = new Seen(a.icount(), behaviourA, b.icount(), behaviourB, detail);
        effect(origin, seen, behaviourA.kind().outside() || behaviourB.kind().outside());
    }

    private void effect(Origin origin, Seen seen, boolean outside) {
        DifferenceCourse course = origin.course();
        if (course == null) {
            course = courses.get(origin.cause());
        }
        if (course == null) {
            // What is seen outside is never the one too many.
            if (courses.size() >= (outside ? 2 : 1) * Bisection.CONSEQUENCES_MAX) {
                unlisted++;
                return;
            }
            course = new DifferenceCourse(origin, seen);
            courses.put(origin.cause(), course);
        }
        origin.follow(course);
        course.effect(origin, seen, outside);
        unsettled = true;
    }

    /** Where the runs are in step, and nothing waits for its counterpart: what differs nowhere any more has died out. */
    private void settle() {
        unsettled |= a.origins.emptied();
        unsettled |= b.origins.emptied();
        if (!unsettled || alone != null || !soloA.idle() || !soloB.idle()) {
            return;
        }
        unsettled = false;
        for (DifferenceCourse course : courses.values()) {
            if (course.open() && course.places() == 0) {
                course.met(a.icount(), b.icount());
            }
        }
    }
}
