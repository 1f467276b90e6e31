package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.bisect.Lockstep.Meeting;
import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Status;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Two replays of two versions of a program, walked side by side: what happens while the runs are <em>in step</em>, that is
 * in frames of functions that belong together. Aligned instructions are executed together, what exists on one side only is
 * executed alone. What follows from a difference, and how the runs get on when they are not in step, is the kind of walk's
 * business.
 *
 * <p>Each place that may differ carries the {@link Origin} of its difference. It is the first executed instruction
 * that has no counterpart, or whose result differs although what it read was the same; results of instructions that read
 * such a place inherit it; two aligned instructions with equal results end it. So when a behaviour differs, the origin of
 * what it read is the instruction that explains it, and differences that die out are not reported.
 *
 * <p>Addresses that are other numbers but the same place are the same, and so is what is computed and stored from nothing
 * else that differs: only a jump or a host call makes a difference of it.
 */
abstract class SideBySide {
    final Lockstep lockstep;
    final Lane a;
    final Lane b;

    /** Why something was executed on one side only, since the last aligned instruction. */
    @Nullable
    Origin alone;

    /** The last instructions that were executed together. */
    private @Nullable Origin together;

    SideBySide(Lockstep lockstep) {
        this.lockstep = lockstep;
        a = lockstep.a;
        b = lockstep.b;
    }

    // What the kind of walk decides.

    /** Whether nothing more is to be executed. */
    abstract boolean done();

    /** Both are about to do something, at aligned instructions. */
    abstract void meet(Origin self, Behaviour ofA, Behaviour ofB);

    /**
     * What both are about to do differs.
     *
     * @param because where the difference began
     * @param detail in words what differs, if the behaviours do not show it; else empty
     */
    abstract void differs(Origin because, Behaviour ofA, Behaviour ofB, String detail);

    /** Of two aligned instructions, which have been read, one is a behaviour and the other is none. */
    abstract void oneBehaves(Origin self) throws RecordingException, Unfaithful;

    /**
     * A run comes to an instruction, which has been read, that the other does not have.
     *
     * @param first the first such instruction since the last aligned one, or why they came to be
     * @param self this one, or why its function was called
     */
    abstract void alone(Lane lane, Origin first, Origin self) throws RecordingException, Unfaithful;

    /**
     * The runs cannot go on in step.
     *
     * @param meeting where the ways meet; null if it was no jump that parted them
     */
    abstract void part(Origin why, @Nullable Meeting meeting) throws RecordingException, Unfaithful;

    /**
     * An instruction that both executed has ended one of the runs, or both.
     *
     * @param inputs the origin of what it read; null if nothing of that differs
     * @param behaved whether it was a behaviour
     */
    abstract void stopped(Origin self, @Nullable Origin inputs, boolean behaved) throws RecordingException;

    // Steps.

    /** Executes what comes next; the runs are in step, and neither is over. */
    final void step() throws RecordingException, Unfaithful {
        switch (lockstep.next()) {
            case ALIGNED -> stepAligned();
            case A_ALONE -> stepAlone(a, Origin.Presence.A_ONLY);
            case B_ALONE -> stepAlone(b, Origin.Presence.B_ONLY);
            case CROSSING -> part(lastStep(), lockstep.meeting(offset(a), offset(b), true));
            case NOWHERE -> part(lastStep(), null);
        }
    }

    private static int offset(Lane lane) {
        return lane.machine().position().offset();
    }

    private Origin lastStep() {
        if (alone != null) {
            return alone;
        }
        return together != null ? together : lockstep.here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
    }

    private void stepAlone(Lane lane, Origin.Presence presence) throws RecordingException, Unfaithful {
        lane.effect.read(lane.machine());
        int above = lockstep.above(lane);
        Origin first = alone;
        if (first == null) {
            boolean interrupted =
                    above > 0 && lane.machine().interruptFrame(lane.machine().depth() - above);
            first = lockstep.here(interrupted ? Bisection.Kind.INTERRUPT : Bisection.Kind.PROGRAM, presence);
            alone = first;
        }
        alone(lane, first, above > 0 ? first : lockstep.here(first.kind(), presence));
    }

    private void stepAligned() throws RecordingException, Unfaithful {
        Origin self = lockstep.here(Bisection.Kind.PROGRAM, Origin.Presence.BOTH);
        together = self;
        Effect effectA = a.effect;
        Effect effectB = b.effect;
        effectA.read(a.machine());
        effectB.read(b.machine());
        boolean behaves = lockstep.behaves(a);
        if (behaves != lockstep.behaves(b)) {
            oneBehaves(self);
            return;
        }
        lockstep.compareInputs();
        Event event = behaves ? event(self) : Event.NONE;
        if (done()) {
            return;
        }
        Origin inputsA = a.inputOrigin();
        Origin inputsB = b.inputOrigin();
        Origin inputs = Origin.unlessAddress(Origin.earlier(inputsA, inputsB));
        boolean sameWay = !effectA.chooses() || !effectB.chooses() || Lockstep.choice(a) == Lockstep.choice(b);
        int calleeA = effectA.callee(a.machine());
        int calleeB = effectB.callee(b.machine());
        boolean returns = effectA.opcode == Opcode.RETURN || effectA.opcode == Opcode.INTERRUPT_RETURN;
        boolean frame = lockstep.computesFrame();
        alone = null;
        a.step(inputsA, null);
        b.step(inputsB, null);
        if (a.machine().status() != Status.RUNNING || b.machine().status() != Status.RUNNING) {
            stopped(self, inputs, behaves);
            return;
        }
        if (returns) {
            lockstep.leave();
        }
        boolean sameResults = Lockstep.sameResults(event.callA, event.callB);
        lockstep.compareResults(sameResults ? self : self.of(Bisection.Kind.HOST), frame);
        if (event.differs != null) {
            lockstep.compareWritten(Written.by(a, event.callA), Written.by(b, event.callB), event.differs);
        } else if (behaves) {
            lockstep.wroteSame(event.ofA, event.ofB, event.callA, event.callB, self);
        }
        Origin why = inputs == null ? self : inputs;
        if (!sameWay) {
            part(why, lockstep.meeting(effectA.offset, effectB.offset, false));
        } else if (calleeA >= 0 && calleeB >= 0 && lockstep.alignment.functionToB(calleeA) == calleeB) {
            lockstep.enter(calleeA);
        } else if (calleeA >= 0 || calleeB >= 0) {
            part(why, null);
        }
    }

    /** What both do at once, with what the hosts did, and why it is not the same; null if it is. */
    private record Event(
            Behaviour ofA,
            Behaviour ofB,
            Optional<HostCallRecord> callA,
            Optional<HostCallRecord> callB,
            @Nullable Origin differs) {
        static final Event NONE =
                new Event(Behaviour.NOTHING, Behaviour.NOTHING, Optional.empty(), Optional.empty(), null);
    }

    private Event event(Origin self) {
        Behaviour ofA = Behaviour.next(a.machine(), a.effect);
        Behaviour ofB = Behaviour.next(b.machine(), b.effect);
        meet(self, ofA, ofB);
        Origin why = null;
        if (!lockstep.same(ofA, ofB)) {
            why = self;
            if (!lockstep.differInAddresses(ofA, ofB)) {
                Origin inputs = Origin.unlessAddress(lockstep.originOfInputs());
                why = inputs == null ? self : inputs;
                differs(why, ofA, ofB, "");
            }
        }
        if (a.effect.opcode != Opcode.CALL_HOST) {
            return new Event(ofA, ofB, Optional.empty(), Optional.empty(), why);
        }
        Optional<HostCallRecord> callA = Lockstep.hostCall(a);
        Optional<HostCallRecord> callB = Lockstep.hostCall(b);
        if (why == null) {
            comparePutOut(self, ofA, ofB);
            if (!done() && lockstep.hostWritesDiffer(callA, callB)) {
                why = lockstep.here(Bisection.Kind.HOST, Origin.Presence.BOTH);
                differs(why, ofA, ofB, HOST_DIFFERS);
            }
        }
        return new Event(ofA, ofB, callA, callB, why);
    }

    static final String HOST_DIFFERS = "the host did something else";

    /**
     * Two equal calls that put out memory may put out other bytes: where the programs' data differ, where addresses are put
     * out, or what was stored on the stack in memory.
     */
    final void comparePutOut(Origin self, Behaviour behaviourA, Behaviour behaviourB) {
        WrittenOut ofA = WrittenOut.of(a, behaviourA);
        WrittenOut ofB = WrittenOut.of(b, behaviourB);
        if (!ofA.same(ofB)) {
            Origin origin = Origin.unlessAddress(Origin.earlier(ofA.origin(), ofB.origin()));
            differs(origin == null ? self : origin, behaviourA, behaviourB, ofA.against(ofB));
        }
    }
}
