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
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One of the two runs while they are compared: its replay, and, where versions are compared, for each place in its
 * state the origin of its difference from the other run.
 */
final class Lane {
    /** What LLVM calls the global that points to the stack of C's variables in memory. */
    private static final String STACK_POINTER = "__stack_pointer";

    /** Below the pointer a function that calls no other may use as much without moving it, as LLVM has it. */
    private static final int RED_ZONE = 128;

    final Recording recording;
    final LongConsumer watcher;
    private final Replay replay;
    final Program program;
    final Effect effect;
    final Origins origins;

    /** The global that points to the stack in memory, and where that stack begins, from which it grows downwards. */
    private final int stackPointer;

    private final long stackBase;

    /** @param watcher as of {@link Replay#Replay(Recording, LongConsumer)} */
    Lane(Recording recording, LongConsumer watcher) throws RecordingException {
        this.recording = recording;
        this.watcher = watcher;
        replay = new Replay(recording, watcher);
        program = recording.program().program();
        effect = new Effect(program);
        origins = new Origins(program);
        stackPointer = stackPointer(program);
        stackBase = stackPointer < 0 ? -1 : program.globals().get(stackPointer).initial() & 0xffff_ffffL;
    }

    /** The global that points to C's stack in memory, or -1. */
    static int stackPointer(Program program) {
        for (int i = 0; i < program.globals().size(); i++) {
            Program.Global global = program.globals().get(i);
            if (global.name().equals(STACK_POINTER) && global.type() == ValueType.I32 && global.mutable()) {
                return i;
            }
        }
        return -1;
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

    /** Whether the program keeps such a stack. */
    boolean hasStack() {
        return stackPointer >= 0;
    }

    /** The value of the stack pointer that compilers from C keep for a stack in memory; -1 without one. */
    private long stackPointer() {
        return stackPointer < 0 ? -1 : machine().global(stackPointer) & 0xffff_ffffL;
    }

    /** The global that the instruction writes which {@link #effect} describes, or the heap pointer; -1 if none. */
    int globalWritten() {
        return effect.opcode == Opcode.HP_SET ? origins.heapPointer() : effect.globalWrite;
    }

    /** The value of a global, or of the heap pointer. */
    long global(int global) {
        return global == origins.heapPointer()
                ? machine().get(new Location.Register("hp"))
                : machine().global(global);
    }

    /** Whether the next instruction, which {@link #effect} describes, moves that stack's pointer. */
    boolean movesStackPointer() {
        return effect.globalWrite >= 0 && effect.globalWrite == stackPointer;
    }

    /** Whether a value can be an address in the part of that stack that is in use. */
    boolean onStack(long value) {
        long pointer = stackPointer();
        return pointer >= 0 && (int) value == value && inside(value & 0xffff_ffffL, pointer, stackBase + 1);
    }

    /** Whether the next instruction writes that stack and no other memory. */
    boolean writesStack() {
        long pointer = stackPointer();
        return pointer >= 0
                && effect.writeLength > 0
                && effect.writeMemory == 0
                && inside(effect.writeAddress, pointer, stackBase)
                && effect.writeAddress + effect.writeLength <= stackBase;
    }

    boolean onStack(long address, long length) {
        long pointer = stackPointer();
        return pointer >= 0 && inside(address, pointer, stackBase) && address + length <= stackBase;
    }

    private static boolean inside(long address, long pointer, long end) {
        return address >= pointer - RED_ZONE && address < end;
    }

    /** The earliest origin of what the next instruction reads; null if all of it is the same in the other run. */
    @Nullable
    Origin inputOrigin() {
        Origin found = null;
        if (effect.opcode.access().isPresent() && effect.readLength > 0) {
            // That an address is another number says nothing of what is there.
            found = Origin.earlier(readOrigin(), Origin.unlessAddress(origins.cell(effect.sp - 1)));
            return found;
        }
        for (int cell = effect.sp - effect.pops; cell < effect.sp; cell++) {
            found = Origin.earlier(found, origins.cell(cell));
        }
        if (effect.readLength > 0) {
            found = Origin.earlier(found, readOrigin());
        }
        if (effect.localRead >= 0) {
            found = Origin.earlier(found, origins.cell(effect.localRead));
        }
        return switch (effect.opcode) {
            case GLOBAL_GET -> Origin.earlier(found, origins.global((int) effect.instruction.a()));
            case HP_GET -> Origin.earlier(found, origins.global(origins.heapPointer()));
            case TABLE_GET, TABLE_SIZE, CALL_INDIRECT, SECTION_SIZE, MEMORY_SIZE, INTERRUPT_ENABLED ->
                Origin.earlier(found, origins.global(origins.rest()));
            default ->
                effect.opcode.access().isPresent() && !Effect.isStore(effect.opcode)
                        ? Origin.earlier(found, origins.global(origins.rest()))
                        : found;
        };
    }

    private @Nullable Origin readOrigin() {
        return effect.readMemory == 0
                ? origins.memory(effect.readAddress, effect.readLength)
                : origins.global(origins.rest());
    }

    /**
     * Executes the next instruction, which {@link #effect} describes, and gives the places it writes the origin of what it
     * reads.
     *
     * @param alone if nothing it reads has an origin, the places it writes get this one
     */
    void step(@Nullable Origin alone) throws RecordingException, Unfaithful {
        step(inputOrigin(), alone);
    }

    /** Executes the next instruction, which the other run did not come to: all that it writes has this origin. */
    void stepBecause(Origin why) throws RecordingException, Unfaithful {
        step(why, why, true);
    }

    /** @param inputs what {@link #inputOrigin} says */
    void step(@Nullable Origin inputs, @Nullable Origin alone) throws RecordingException, Unfaithful {
        step(inputs, alone, false);
    }

    private void step(@Nullable Origin inputs, @Nullable Origin alone, boolean because)
            throws RecordingException, Unfaithful {
        Origin result = inputs == null ? alone : inputs;
        int from = effect.writeFrom;
        int to = effect.writeTo;
        if (effect.moveFrom >= 0 && !because) {
            for (int i = 0; i < to - from; i++) {
                Origin moved = origins.cell(effect.moveFrom + i);
                origins.setCell(from + i, moved == null ? alone : moved);
            }
        } else {
            for (int cell = from; cell < to; cell++) {
                origins.setCell(cell, result);
            }
        }
        int global = globalWritten();
        if (global >= 0) {
            origins.setGlobal(global, result);
        }
        if (effect.writeLength > 0) {
            writes(alone, result, because);
        }
        long pointer = movesStackPointer() ? stackPointer() : -1;
        step();
        Machine machine = machine();
        if (machine.status() != Status.RUNNING) {
            return;
        }
        origins.dropCells(machine.sp());
        if (pointer >= 0 && stackPointer() > pointer) {
            // What a function had there is gone with its frame.
            origins.setMemory(Math.max(0, pointer - RED_ZONE), stackPointer() - pointer, null);
        }
        clearInterrupted();
    }

    private void writes(@Nullable Origin alone, @Nullable Origin result, boolean because) {
        if (effect.writeMemory != 0) {
            if (result != null && !result.address()) {
                origins.setGlobal(origins.rest(), result);
            }
            return;
        }
        // Of what does not fit in, nothing is written: the instruction faults.
        long length = Math.min(effect.writeLength, machine().memoryBytes() - effect.writeAddress);
        if (length <= 0) {
            return;
        }
        if (effect.opcode == Opcode.MEMORY_COPY && alone == null && effect.readMemory == 0) {
            origins.copyMemory(effect.readAddress, effect.writeAddress, length);
            return;
        }
        Origin written = result;
        if (Effect.isStore(effect.opcode) && !because) {
            written = Origin.earlier(
                    origins.cell(effect.sp - 1), Origin.unlessAddress(origins.cell(effect.sp - effect.pops)));
            written = written == null ? alone : written;
        }
        origins.setMemory(effect.writeAddress, length, written);
    }

    /** The cells of a frame that an interrupt has just pushed come from outside. */
    private void clearInterrupted() {
        Machine machine = machine();
        boolean frameChanged = machine.depth() > effect.depth
                || effect.opcode == Opcode.RETURN
                || effect.opcode == Opcode.INTERRUPT_RETURN;
        if (frameChanged
                && machine.interruptFrame(machine.depth() - 1)
                && machine.position().offset() == 0) {
            for (int cell = machine.bp(); cell < machine.sp(); cell++) {
                origins.setCell(cell, null);
            }
        }
    }
}
