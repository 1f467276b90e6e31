package dev.tapedeck.harness.slice;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.vm.isa.Access;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import java.util.ArrayList;
import java.util.List;

/** An instruction of a stretch that was replayed: what it read and wrote, and what came from outside right behind it. */
final class TracedInstruction {
    /** The operands that are kept: what no instruction with a fixed number of them exceeds. */
    private static final int OPERANDS_MAX = 5;

    final long icount;
    final int function;
    final int offset;
    final Instruction instruction;
    final Opcode opcode;
    final int depth;
    final int sp;
    final int pops;

    /** The topmost operands, the deepest of them first. */
    final long[] operands;

    final int localRead;
    final int writeFrom;
    final int writeTo;
    final int moveFrom;
    final int readMemory;
    final long readAddress;
    final int writeMemory;
    final long writeAddress;
    final long writeLength;
    final int tableWrite;
    final long elementsFrom;
    final long elementsLength;
    final int sectionWrite;
    final long sectionFrom;
    final long sectionLength;
    final int globalWrite;

    /** The function that is called, or -1. */
    final int callee;

    /** The first cell that was written, if there is one. */
    long value;

    /** The first cell of a handler's frame, if an interrupt was delivered right behind this instruction; else -1. */
    int handlerFrom = -1;

    int handlerTo;
    int handlerDepth;
    int handler;
    long signal;
    long payload;

    /** Interrupts of the same signal that wait behind the delivered one. */
    int waiting;

    /** The places that were changed on purpose right behind this instruction, cells by their absolute index. */
    List<Dependences.Spot> injected = List.of();

    private TracedInstruction(Effect effect, Machine machine) {
        icount = machine.icount();
        function = effect.function;
        offset = effect.offset;
        instruction = effect.instruction;
        opcode = effect.opcode;
        depth = effect.depth;
        sp = effect.sp;
        pops = effect.pops;
        int kept = Math.min(pops, OPERANDS_MAX);
        operands = new long[kept];
        for (int i = 0; i < kept; i++) {
            operands[i] = Effect.cell(machine, sp - kept + i);
        }
        localRead = effect.localRead;
        writeFrom = effect.writeFrom;
        writeTo = effect.resultsTo();
        moveFrom = effect.moveFrom;
        readMemory = effect.readMemory;
        readAddress = effect.readAddress;
        writeMemory = effect.writeMemory;
        writeAddress = effect.writeAddress;
        writeLength = effect.writeLength;
        tableWrite = effect.tableWrite;
        elementsFrom = effect.elementsFrom;
        elementsLength = effect.elementsLength;
        sectionWrite = effect.sectionWrite;
        sectionFrom = effect.sectionFrom;
        sectionLength = effect.sectionLength;
        globalWrite = effect.globalWrite;
        callee = effect.callee(machine);
        value = pops > 0 ? operands[kept - 1] : 0;
    }

    /** Replays the instructions from {@code from} to, but not including, {@code to}, or to the end of the run. */
    static List<TracedInstruction> stretch(Replay replay, long from, long to)
            throws RecordingException, ReplayException {
        Machine machine = replay.machine();
        Effect effect = new Effect(machine.program());
        List<TracedInstruction> all = new ArrayList<>();
        replay.seek(from);
        while (replay.icount() < to && machine.status() == Status.RUNNING) {
            effect.read(machine);
            TracedInstruction one = new TracedInstruction(effect, machine);
            if (!replay.step()) {
                break;
            }
            one.look(replay);
            all.add(one);
        }
        return all;
    }

    /** The next instruction of a machine, of which nothing is known yet but what it reads. */
    static TracedInstruction next(Effect effect, Machine machine) {
        effect.read(machine);
        return new TracedInstruction(effect, machine);
    }

    /** Looks at the state right behind it. */
    private void look(Replay replay) {
        Machine machine = replay.machine();
        if (machine.status() != Status.RUNNING) {
            return;
        }
        injected = injected(replay);
        int depthLeft = switch (opcode) {
            case CALL, CALL_INDIRECT -> depth + 1;
            case RETURN, INTERRUPT_RETURN -> depth - 1;
            default -> depth;
        };
        if (machine.depth() > depthLeft) {
            handlerFrom = machine.bp();
            handlerTo = machine.sp();
            handlerDepth = machine.depth();
            handler = machine.position().function();
            signal = machine.local(depthLeft, 0);
            payload = machine.local(depthLeft, 1);
            waiting = machine.pendingCount((int) signal);
        }
        if (depthLeft == depth && writeTo > writeFrom && moveFrom < 0) {
            value = Effect.cell(machine, writeFrom);
        }
    }

    /** What is changed on purpose at the boundary where the replay stands. */
    static List<Dependences.Spot> injected(Replay replay) {
        List<Injection> injections = replay.recording().options().injections();
        if (injections.isEmpty()) {
            return List.of();
        }
        List<Dependences.Spot> keys = new ArrayList<>();
        for (Injection injection : injections) {
            if (injection.icount() == replay.icount()) {
                keys.addAll(Dependences.keys(replay.machine(), injection.location(), 1));
            }
        }
        return keys;
    }

    /** Whether it reads memory into a cell. */
    boolean loads() {
        return opcode.access().isPresent() && !opcode.access().get().store();
    }

    /** Whether it writes a cell to memory. */
    boolean stores() {
        return opcode.access().isPresent() && opcode.access().get().store();
    }

    boolean ofSection() {
        return opcode.access().isPresent() && opcode.access().get().space() == Access.Space.SECTION;
    }

    int accessBytes() {
        return opcode.access().map(Access::bytes).orElse(0);
    }

    /** The operand {@code fromTop} cells below the top, as an address. */
    long address(int fromTop) {
        return operand(fromTop) & 0xffff_ffffL;
    }

    long operand(int fromTop) {
        return operands[operands.length - 1 - fromTop];
    }

    /** The cell of the operand that is {@code fromTop} below the top. */
    int cell(int fromTop) {
        return sp - 1 - fromTop;
    }

    /** Whether it goes one of several ways. */
    boolean chooses() {
        return chooses(opcode);
    }

    /** Whether an instruction goes one of several ways. */
    static boolean chooses(Opcode opcode) {
        return opcode.hasLabels() && opcode != Opcode.BR;
    }

    /** Of what jumps, whether it does: to one of its labels, and not to the instruction behind it for want of a reason. */
    boolean jumps() {
        return switch (opcode) {
            case BR_IF -> (int) operand(0) != 0;
            case BR_UNLESS -> (int) operand(0) == 0;
            default -> opcode.hasLabels();
        };
    }

    /** Where in its function an instruction with labels goes. */
    int target() {
        if (!jumps()) {
            return offset + 1;
        }
        List<Integer> labels = instruction.labels();
        return labels.isEmpty()
                ? (int) instruction.a()
                : labels.get((int) Math.min(operand(0) & 0xffff_ffffL, labels.size() - 1));
    }
}
