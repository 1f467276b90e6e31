package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.bisect.Lockstep.Meeting;
import dev.tapedeck.harness.bisect.VersionWalk.Found;
import dev.tapedeck.harness.bisect.VersionWalk.Seen;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.machine.Status;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
final class CourseWalk extends SideBySide {
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

        final List<Waiting> waiting = new ArrayList<>();
        final Written written = new Written();
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

        boolean idle() {
            return waiting.isEmpty() && written.isEmpty();
        }

        void clear() {
            waiting.clear();
            written.clear();
            more = false;
        }
    }

    /** Comparing so many bytes takes about as long as executing an instruction. */
    private static final int BYTES_PER_INSTRUCTION = 64;

    private final Map<Origin.Cause, DifferenceCourse> courses = new LinkedHashMap<>();
    private final Solo soloA = new Solo();
    private final Solo soloB = new Solo();
    private final long executedMax;

    private long unlisted;
    private boolean unsettled;
    private @Nullable Stop stop;

    CourseWalk(Lockstep lockstep, Found first, long instructionsMax) {
        super(lockstep);
        executedMax = a.executed() + b.executed() + instructionsMax;
        DifferenceCourse course = new DifferenceCourse(first.origin(), first.seen());
        courses.put(first.origin().cause(), course);
        first.origin().follow(course);
    }

    /**
     * @param why why the runs are apart; null if they are in step
     * @param meeting where the ways meet; null if it was no jump that parted them
     */
    Followed walk(@Nullable Origin why, @Nullable Meeting meeting) throws RecordingException, Unfaithful {
        alone = why;
        if (why != null && meeting != null) {
            part(why, meeting);
        }
        while (stop == null) {
            goOn();
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

    private void goOn() throws RecordingException, Unfaithful {
        if (!mayGoOn()) {
            return;
        }
        if (a.over() || b.over()) {
            Origin origin = alone != null ? alone : lockstep.here(Bisection.Kind.END, Origin.Presence.BOTH);
            toEnds(origin);
            end(origin);
        } else {
            step();
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

    @Override
    void alone(Lane lane, Origin first, Origin self) throws RecordingException, Unfaithful {
        solo(lane, self, false);
    }

    /**
     * Executes the next instruction, which has been read, in one run.
     *
     * @param because whether it is executed because of {@code why}
     */
    private void solo(Lane lane, Origin why, boolean because) throws RecordingException, Unfaithful {
        Origin read = Origin.unlessAddress(lane.inputOrigin());
        // What is known to have had an effect, rather than what only may: inputs with an origin can still be the same.
        boolean known = because && why.course() != null && (read == null || read.course() == null);
        Solo solo = lane == a ? soloA : soloB;
        Optional<HostCallRecord> call = Optional.empty();
        if (lockstep.behaves(lane)) {
            Behaviour behaviour = Behaviour.next(lane.machine(), lane.effect);
            Origin inputs = known ? null : read;
            long putOut = 0;
            if (behaviour.kind() == Behaviour.Kind.HOST) {
                putOut = WrittenOut.of(lane, behaviour).checksum();
                call = Lockstep.hostCall(lane);
                Lockstep.hostWrote(lane, call, why);
            }
            solo.add(new Waiting(lane.icount(), behaviour, inputs == null ? why : inputs, putOut));
        }
        solo.written.add(lane, call);
        if (known) {
            lane.stepBecause(why);
        } else {
            lane.step(why);
        }
    }

    /** Both go on alone to where their ways meet, or until they have left the function. */
    @Override
    void part(Origin why, @Nullable Meeting meeting) throws RecordingException, Unfaithful {
        if (meeting != null) {
            advance(a, why, meeting.offsetA());
            advance(b, why, meeting.offsetB());
        } else if (!lockstep.hasFrames()) {
            toEnds(why);
        }
        alone = why;
        if (meeting != null && !done()) {
            lockstep.compareFrames(why);
            lockstep.leaveApart();
        }
    }

    private void advance(Lane lane, Origin why, int offset) throws RecordingException, Unfaithful {
        while (mayGoOn() && !lane.over()) {
            int above = lockstep.above(lane);
            if (above < 0 || (above == 0 && lane.machine().position().offset() == offset)) {
                return;
            }
            lane.effect.read(lane.machine());
            solo(lane, why, true);
        }
    }

    private void toEnds(Origin why) throws RecordingException, Unfaithful {
        for (Lane lane : List.of(a, b)) {
            while (mayGoOn() && !lane.over()) {
                lane.effect.read(lane.machine());
                solo(lane, why, true);
            }
        }
    }

    // Both together.

    @Override
    boolean done() {
        return stop != null;
    }

    @Override
    void meet(Origin self, Behaviour ofA, Behaviour ofB) {
        compareSolos(self, ofA, ofB);
    }

    @Override
    void differs(Origin because, Behaviour ofA, Behaviour ofB, String detail) {
        effect(because, ofA, ofB, detail);
        if (!followed(ofA.kind())) {
            a.origins.setGlobal(a.origins.rest(), because);
            b.origins.setGlobal(b.origins.rest(), because);
        }
    }

    @Override
    void oneBehaves(Origin self) throws RecordingException, Unfaithful {
        Origin why = alone != null ? alone : self;
        solo(a, why, false);
        solo(b, why, false);
    }

    @Override
    void stopped(Origin self, @Nullable Origin inputs, boolean behaved) {
        alone = inputs != null ? inputs : self;
        Status end = a.machine().status();
        if (behaved && end == b.machine().status() && end != Status.FAULTED) {
            // The exit code or the results have been compared with the rest of what this instruction did; faults are
            // not.
            stop = atEnd();
        }
    }

    /** Whether what is written by such an event is compared place by place. */
    private static boolean followed(Behaviour.Kind kind) {
        return switch (kind) {
            case STORE, COPY, FILL, INIT, GLOBAL, HEAP_POINTER, HOST, HALT, RETURN -> true;
            default -> false;
        };
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
            Waiting ofA = waiting(soloA.waiting, same, a, nextA, self);
            Waiting ofB = waiting(soloB.waiting, same, b, nextB, self);
            first = same < soloA.waiting.size() ? ofA.origin() : ofB.origin();
            effect(first, seen(ofA, ofB), false);
            comparePutOutAlone(same);
        }
        lockstep.compareWritten(soloA.written, soloB.written, first);
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

    private static Waiting waiting(List<Waiting> all, int index, Lane lane, Behaviour next, Origin self) {
        return index < all.size() ? all.get(index) : new Waiting(lane.icount(), next, self, 0);
    }

    private static Seen seen(Waiting ofA, Waiting ofB) {
        return new Seen(ofA.icount(), ofA.behaviour(), ofB.icount(), ofB.behaviour(), "");
    }

    /** Of what was done alone from one place on, the first host call that the other did not make. */
    private void comparePutOutAlone(int from) {
        List<Waiting> ofA = calls(soloA, from);
        List<Waiting> ofB = calls(soloB, from);
        for (int i = 0; i < Math.max(ofA.size(), ofB.size()); i++) {
            if (i >= ofA.size() || i >= ofB.size() || !sameWaiting(ofA.get(i), ofB.get(i))) {
                Origin origin = (i < ofA.size() ? ofA.get(i) : ofB.get(i)).origin();
                Waiting one = waiting(ofA, i, a, Behaviour.NOTHING, origin);
                Waiting other = waiting(ofB, i, b, Behaviour.NOTHING, origin);
                effect(origin, seen(one, other), true);
                return;
            }
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
