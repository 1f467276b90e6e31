package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.isa.Code;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Checks a state from outside against the program, as the verifier checks code: after that it is a state that the program
 * could be in as far as types go, and running it cannot break the machine. The base pointers follow from the positions,
 * because the verifier knows the height of the stack at each one.
 */
final class StateCheck {
    /** A halted run may have given back the arguments of its last instruction. */
    private static final int SPARE = ProgramLimits.PARAMETERS_MAX;

    private final VerifiedProgram verified;
    private final Program program;
    private final Image image;
    private final SnapshotState state;

    /** The types that the stack must have, deepest first. */
    private final List<ValueType> types = new ArrayList<>();

    /** What is to be stored for a reference to a function on the stack. */
    private final LongUnaryOperator references;

    private StateCheck(VerifiedProgram verified, SnapshotState state, LongUnaryOperator references) {
        this.references = references;
        this.verified = verified;
        this.program = verified.program();
        this.image = Image.of(verified);
        this.state = state;
    }

    /**
     * A snapshot of the state with these pages and heap sections.
     *
     * @throws IllegalArgumentException if the program cannot be in this state; the message has the first reason found
     */
    static Snapshot snapshot(
            VerifiedProgram verified,
            SnapshotState state,
            PageMap[] memories,
            Sections.State sections,
            LongUnaryOperator references) {
        return new StateCheck(verified, state, references).check(memories, sections);
    }

    private Snapshot check(PageMap[] memories, Sections.State sections) {
        require(state.icount() >= 0, "the instruction count is " + state.icount());
        require(
                state.status() == Status.HALTED || state.exitCode() == 0,
                "there is an exit code, but the status is " + state.status());
        require(
                state.fault().isPresent() == (state.status() == Status.FAULTED),
                "the status is " + state.status() + ", and there is "
                        + (state.fault().isPresent() ? "a" : "no") + " fault");
        long[] frames = new long[state.frames().size()];
        int bp = checkFrames(frames);
        checkEnd();
        long[] cells = state.cells().clone();
        checkCells(cells);
        checkGlobals();
        checkInterrupts();
        checkMemories(memories);
        TableCells.State[] tables = checkTables();
        BitSet droppedData =
                checkDropped("data", state.droppedData(), program.data().size());
        for (int i = 0; i < program.data().size(); i++) {
            require(
                    program.data().get(i).passive() || droppedData.get(i),
                    "data segment " + i + " is active, and is not dropped");
        }
        BitSet droppedElements = checkDropped(
                "element", state.droppedElements(), program.elements().size());
        int pc = state.position().map(this::pc).orElse(0);
        Fault fault = state.fault()
                .map(reason -> new Fault(
                        reason.kind(),
                        reason.detail(),
                        image.position(pc),
                        state.icount(),
                        state.cells().length,
                        bp,
                        state.hp()))
                .orElse(null);
        return new Snapshot(
                image,
                state.status(),
                pc,
                state.icount(),
                bp,
                state.hp(),
                state.exitCode(),
                fault,
                cells,
                frames,
                state.globals().clone(),
                new Interrupts.State(
                        state.interruptsEnabled(),
                        state.handlers().clone(),
                        Arrays.stream(state.pending()).map(long[]::clone).toArray(long[][]::new)),
                memoryUnitsMax(),
                memories,
                tables,
                droppedData,
                droppedElements,
                sections,
                state.hostState(),
                opcodeCounts());
    }

    /** By code; none if there are none. */
    private long @Nullable [] opcodeCounts() {
        if (state.opcodeCounts().isEmpty()) {
            return null;
        }
        long[] counts = new long[Snapshot.CODES];
        state.opcodeCounts().forEach((opcode, count) -> {
            require(count > 0, opcode.mnemonic() + " was executed " + count + " times");
            counts[opcode.code()] = count;
        });
        return counts;
    }

    /** Packs the frames and returns the base of the innermost. */
    private int checkFrames(long[] packed) {
        int base = 0;
        int callerBase = 0;
        for (int i = 0; i < packed.length; i++) {
            SnapshotState.Frame frame = state.frames().get(i);
            requirePosition(frame.next());
            int returnPc = 0;
            if (i == 0) {
                require(!frame.interrupt(), "the outermost frame was entered by an interrupt");
            } else {
                Position caller = state.frames().get(i - 1).next();
                returnPc = pc(caller);
                enter(i, caller, frame);
                base = types.size() - parameters(frame.next().function()).size();
            }
            packed[i] = Frames.pack(returnPc, callerBase, frame.interrupt());
            callerBase = base;
            types.subList(base, types.size()).clear();
            types.addAll(parameters(frame.next().function()));
            types.addAll(program.functions().get(frame.next().function()).locals());
            if (i == packed.length - 1) {
                require(
                        Optional.of(frame.next()).equals(state.position()),
                        "the position is not the innermost frame's");
                types.addAll(verified.operandTypes(frame.next()));
            }
            require(
                    types.size() <= state.cells().length + SPARE,
                    "the stack has " + state.cells().length + " cells, which is too few for its frames");
        }
        return base;
    }

    /** Puts what the caller has on its operand stack when frame {@code i} is entered: its arguments on top. */
    private void enter(int i, Position caller, SnapshotState.Frame frame) {
        FunctionType callee = type(frame.next().function());
        if (frame.interrupt()) {
            require(
                    callee.equals(Machine.HANDLER_TYPE),
                    "frame " + i + " was entered by an interrupt, but is no handler");
            types.addAll(verified.operandTypes(caller));
            types.addAll(callee.parameters());
            return;
        }
        if (caller.offset() == 0 && i == 1 && frame.next().function() == program.start()) {
            // The function that was started waits for the start function.
            return;
        }
        require(caller.offset() > 0, "frame " + (i - 1) + " has no call before its next instruction");
        Position call = new Position(caller.function(), caller.offset() - 1);
        Instruction instruction =
                program.functions().get(call.function()).code().get(call.offset());
        List<ValueType> operands = verified.operandTypes(call);
        switch (instruction.opcode().code()) {
            case Code.CALL -> {
                require(
                        instruction.a() == frame.next().function(),
                        "frame " + i + " is not of the function that frame " + (i - 1) + " calls");
                types.addAll(operands);
            }
            case Code.CALL_INDIRECT -> {
                require(
                        program.types().get((int) instruction.a()).equals(callee),
                        "frame " + i + " is not of the type that frame " + (i - 1) + " calls");
                // The index of the function is on top of the arguments.
                types.addAll(operands.subList(0, operands.size() - 1));
            }
            default ->
                throw new IllegalArgumentException("frame " + (i - 1) + " has no call before its next instruction, but "
                        + instruction.opcode().mnemonic());
        }
    }

    /** What the status says about the frames, and about the stack behind the last instruction. */
    private void checkEnd() {
        boolean frames = !state.frames().isEmpty();
        Optional<Position> position = state.position();
        position.ifPresent(this::requirePosition);
        require(
                position.isPresent() == (state.status() != Status.IDLE),
                "the status is " + state.status() + ", and there is " + (position.isPresent() ? "a" : "no")
                        + " position");
        switch (state.status()) {
            case IDLE -> require(!frames, "the machine is idle, and there are frames");
            case RUNNING -> require(frames, "the machine is running, and there is no frame");
            case RETURNED -> {
                require(!frames, "the run has returned, and there are frames");
                require(codeAt(position) == Code.RETURN, "the last instruction is no return");
                types.addAll(type(position.orElseThrow().function()).results());
            }
            case HALTED -> {
                require(frames, "the run has halted, and there is no frame");
                removeOperands(position);
            }
            case FAULTED ->
                require(frames || position.orElseThrow().offset() == 0, "the run has faulted, and there is no frame");
        }
    }

    /** A halt, unlike a fault, has taken its operands. */
    private void removeOperands(Optional<Position> position) {
        switch (codeAt(position)) {
            case Code.HALT -> types.remove(types.size() - 1);
            case Code.CALL_HOST -> {
                Instruction instruction = instructionAt(position);
                FunctionType type = program.typeOf(program.imports().get((int) instruction.a()));
                types.subList(types.size() - type.parameters().size(), types.size())
                        .clear();
                types.addAll(type.results());
            }
            default -> throw new IllegalArgumentException("the last instruction does not halt");
        }
    }

    private int codeAt(Optional<Position> position) {
        return instructionAt(position).opcode().code();
    }

    private Instruction instructionAt(Optional<Position> position) {
        Position at = position.orElseThrow();
        return program.functions().get(at.function()).code().get(at.offset());
    }

    private void checkCells(long[] cells) {
        require(
                state.cells().length == types.size(),
                "the stack has " + state.cells().length + " cells, expected " + types.size());
        for (int i = 0; i < types.size(); i++) {
            if (types.get(i) == ValueType.FUNCREF) {
                cells[i] = references.applyAsLong(cells[i]);
            }
            requireType("cell " + i, types.get(i), cells[i]);
        }
    }

    private void checkGlobals() {
        int expected = program.globals().size();
        require(
                state.globals().length == expected,
                "there are " + state.globals().length + " globals, expected " + expected);
        for (int i = 0; i < expected; i++) {
            requireType("global " + i, program.globals().get(i).type(), state.globals()[i]);
        }
    }

    private void checkInterrupts() {
        int[] handlers = state.handlers();
        long[][] pending = state.pending();
        require(
                handlers.length == Interrupts.SIGNAL_MAX + 1 && pending.length == Interrupts.SIGNAL_MAX + 1,
                "there are " + handlers.length + " handlers and " + pending.length + " lists of pending interrupts");
        require(handlers[0] == -1 && pending[0].length == 0, "there is a signal 0");
        for (int signal = 1; signal < handlers.length; signal++) {
            int function = handlers[signal];
            require(
                    function == -1
                            || (function >= 0
                                    && function < program.functions().size()
                                    && type(function).equals(Machine.HANDLER_TYPE)),
                    "signal " + signal + " is handled by function " + function + ", which is no handler");
        }
    }

    private void checkMemories(PageMap[] maps) {
        for (int i = 0; i < program.memories().size(); i++) {
            MemoryType type = program.memories().get(i);
            SnapshotState.Memory memory = state.memories().get(i);
            String which = program.memories().size() == 1 ? "memory" : "memory " + i;
            require(
                    memory.pagesMax() >= type.initialPages() && memory.pagesMax() <= type.maximumPages(),
                    which + " can grow to " + memory.pagesMax() + " pages, expected " + type.initialPages() + " to "
                            + type.maximumPages());
            require(
                    memory.pages() >= type.initialPages() && memory.pages() <= memory.pagesMax(),
                    which + " has " + memory.pages() + " pages, expected " + type.initialPages() + " to "
                            + memory.pagesMax());
            if (maps[i].pageCount() != memory.pages() * Memory.PAGES_PER_UNIT) {
                throw new AssertionError("the pages are of a memory of another size");
            }
        }
    }

    /** At least that of memory 0, as a machine has it in any case. */
    private int[] memoryUnitsMax() {
        return state.memories().isEmpty()
                ? new int[1]
                : state.memories().stream()
                        .mapToInt(SnapshotState.Memory::pagesMax)
                        .toArray();
    }

    private TableCells.State[] checkTables() {
        int count = program.tables().size();
        require(state.tables().size() == count, "there are " + state.tables().size() + " tables, expected " + count);
        TableCells.State[] tables = new TableCells.State[count];
        for (int t = 0; t < count; t++) {
            Program.Table type = program.tables().get(t);
            SnapshotState.Table table = state.tables().get(t);
            require(
                    table.size() >= type.minimum() && table.size() <= type.maximum(),
                    "table " + t + " has " + table.size() + " elements, expected " + type.minimum() + " to "
                            + type.maximum());
            require(
                    table.indexes().length == table.cells().length,
                    "table " + t + " has " + table.indexes().length + " indexes for " + table.cells().length
                            + " elements");
            int next = 0;
            for (int i = 0; i < table.indexes().length; i++) {
                int index = table.indexes()[i];
                String which = "element " + index + " of table " + t;
                require(index >= next && index < table.size(), which + " is out of place");
                next = index + 1;
                require(table.cells()[i] != ValueType.NULL, which + " is null, expected no mention of it");
                requireType(which, type.type(), table.cells()[i]);
            }
            tables[t] = TableCells.State.nulls(table.size()).with(table.indexes(), table.cells());
        }
        return tables;
    }

    private static BitSet checkDropped(String what, long[] words, int count) {
        require(
                words.length == 0 || (words[words.length - 1] != 0 && words.length <= (count + 63) / 64),
                "there are " + words.length + " numbers for dropped " + what + " segments");
        BitSet dropped = BitSet.valueOf(words);
        require(
                dropped.length() <= count,
                what + " segment " + (dropped.length() - 1) + " is dropped, the program has " + count);
        return dropped;
    }

    private List<ValueType> parameters(int function) {
        return type(function).parameters();
    }

    private FunctionType type(int function) {
        Function found = program.functions().get(function);
        return program.typeOf(found);
    }

    private int pc(Position position) {
        return image.start(position.function()) + position.offset();
    }

    private void requirePosition(Position position) {
        int function = position.function();
        require(
                function >= 0 && function < program.functions().size(),
                "there is no function " + function + ", the program has "
                        + program.functions().size());
        int count = program.functions().get(function).code().size();
        require(
                position.offset() >= 0 && position.offset() < count,
                "function " + function + " has no instruction " + position.offset() + ", it has " + count);
    }

    private void requireType(String what, ValueType type, long cell) {
        boolean represents = type == ValueType.FUNCREF
                ? cell >= 0 && cell <= program.functions().size()
                : type.represents(cell);
        require(represents, what + " is " + cell + ", which is no " + type);
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }
}
