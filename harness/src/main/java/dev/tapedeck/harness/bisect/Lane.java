package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.slice.Slicer;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One of the two runs while they are compared: its replay, and, where versions are compared, for each stack cell the
 * origin of its difference from the other run. A cell without an origin is known to have the same value there.
 */
final class Lane {
    final Recording recording;
    final LongConsumer watcher;
    private final Replay replay;
    final Program program;
    final Effect effect;
    private @Nullable Origin[] origins = new Origin[256];

    /** @param watcher as of {@link Replay#Replay(Recording, LongConsumer)} */
    Lane(Recording recording, LongConsumer watcher) throws RecordingException {
        this.recording = recording;
        this.watcher = watcher;
        replay = new Replay(recording, watcher);
        program = recording.program().program();
        effect = new Effect(program);
    }

    /**
     * Moves the replay.
     *
     * @throws Unfaithful if the recording does not reproduce itself on the way
     */
    void seek(long icount) throws RecordingException, Unfaithful {
        try {
            replay.seek(icount);
        } catch (ReplayException e) {
            throw new Unfaithful(this, e.getMessage(), e.icount());
        }
    }

    /**
     * How a value came about. The replay is left anywhere.
     *
     * @param pinned the instruction count of a step that is shown in any case if it is part of it
     */
    Optional<Slice> slice(long pinned, Slicer.Question question) throws RecordingException, Unfaithful {
        try {
            return question.ask(new Slicer(replay, Slicer.REPORT_INSTRUCTIONS, pinned));
        } catch (ReplayException e) {
            throw new Unfaithful(this, e.getMessage(), e.icount());
        }
    }

    /** Executes the next instruction; false if there is none. */
    boolean step() throws RecordingException, Unfaithful {
        try {
            return replay.step();
        } catch (ReplayException e) {
            throw new Unfaithful(this, e.getMessage(), e.icount());
        }
    }

    /**
     * Replays a stretch from the checkpoint before it and compares all digests on the way.
     *
     * @throws Unfaithful if the recording does not reproduce itself there
     */
    void verify(long from, long to) throws RecordingException, Unfaithful {
        try {
            replay.verify(from, to);
        } catch (ReplayException e) {
            throw new Unfaithful(this, e.getMessage(), e.icount());
        }
    }

    /** Instructions executed so far. */
    long executed() {
        return replay.executed();
    }

    Machine machine() {
        return replay.machine();
    }

    long icount() {
        return replay.icount();
    }

    /** Whether no further instruction can be executed. */
    boolean over() {
        return machine().status() != Status.RUNNING || (icount() >= recording.icountEnd() && !faultsNext());
    }

    /** A faulting instruction is not counted, so the run goes one step beyond the count at which it ends. */
    private boolean faultsNext() {
        return recording
                .outcome()
                .map(outcome -> outcome.kind() == Outcome.Kind.FAULTED)
                .orElse(false);
    }

    /** How it ended, as an event; only when {@link #over}. */
    Behaviour end() {
        if (machine().status() == Status.FAULTED) {
            return new Behaviour(
                    Behaviour.Kind.FAULT, 0, List.of(), machine().fault().map(Fault::kind));
        }
        if (machine().status() == Status.HALTED) {
            return new Behaviour(
                    Behaviour.Kind.HALT, 0, List.of((long) machine().exitCode()));
        }
        if (machine().status() == Status.RETURNED) {
            return new Behaviour(Behaviour.Kind.RETURN, 0, machine().results());
        }
        Behaviour.Kind kind = reachesEnd() ? Behaviour.Kind.LIMIT : Behaviour.Kind.CUT;
        return new Behaviour(kind, 0, List.of());
    }

    /** Whether the recording tells of all that the run would have done; not if it was cut, or the run stopped from outside. */
    boolean reachesEnd() {
        return recording
                .outcome()
                .filter(outcome -> outcome.kind() != Outcome.Kind.STOPPED)
                .isPresent();
    }

    /** Where the difference of a cell began; null if it has the same value in the other run. */
    @Nullable
    Origin origin(int cell) {
        return cell < origins.length ? origins[cell] : null;
    }

    void setOrigin(int cell, @Nullable Origin origin) {
        if (cell >= origins.length) {
            if (origin == null) {
                return;
            }
            origins = Arrays.copyOf(origins, Math.max(cell + 1, origins.length * 2));
        }
        origins[cell] = origin;
    }

    /** The earliest origin of what the next instruction reads; null if all of it is the same in the other run. */
    @Nullable
    Origin inputOrigin() {
        Origin found = null;
        for (int cell = effect.sp - effect.pops; cell < effect.sp; cell++) {
            found = Origin.earlier(found, origin(cell));
        }
        return effect.localRead < 0 ? found : Origin.earlier(found, origin(effect.localRead));
    }

    /**
     * Executes the next instruction, which {@link #effect} describes, and gives the cells it writes the origin of what it
     * reads.
     *
     * @param alone if nothing it reads has an origin, the cells it writes get this one
     */
    void step(@Nullable Origin alone) throws RecordingException, Unfaithful {
        Origin inputs = inputOrigin();
        Origin result = inputs == null ? alone : inputs;
        int from = effect.writeFrom;
        int to = effect.writeTo;
        if (alone == null && effect.moveFrom >= 0) {
            for (int i = 0; i < to - from; i++) {
                setOrigin(from + i, origin(effect.moveFrom + i));
            }
        } else {
            for (int cell = from; cell < to; cell++) {
                setOrigin(cell, result);
            }
        }
        step();
        clearInterrupted();
    }

    /** The cells of a frame that an interrupt has just pushed come from outside. */
    private void clearInterrupted() {
        Machine machine = machine();
        if (machine.status() != Status.RUNNING) {
            return;
        }
        boolean frameChanged = machine.depth() > effect.depth
                || effect.opcode == Opcode.RETURN
                || effect.opcode == Opcode.INTERRUPT_RETURN;
        if (frameChanged
                && machine.interruptFrame(machine.depth() - 1)
                && machine.position().offset() == 0) {
            for (int cell = machine.bp(); cell < machine.sp(); cell++) {
                setOrigin(cell, null);
            }
        }
    }
}
