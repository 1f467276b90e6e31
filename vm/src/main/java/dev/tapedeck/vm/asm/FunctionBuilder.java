package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.SourceLines;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Builds one function of a {@link ProgramBuilder}. Every instruction goes through an {@code emit}; the other methods are
 * short forms of it.
 */
public final class FunctionBuilder {
    private final ProgramBuilder program;
    private final String name;
    private final NameTable localNames = new NameTable("local");
    private final NameTable labels = new NameTable("label");
    private final List<@Nullable String> names = new ArrayList<>();
    private final List<ValueType> parameters = new ArrayList<>();
    private final List<ValueType> results = new ArrayList<>();
    private final List<ValueType> locals = new ArrayList<>();
    private final List<Instruction> code = new ArrayList<>();
    /** Instructions that need names, by offset; {@code code} has a nop there until they are known. */
    private final Map<Integer, Supplier<Instruction>> pending = new TreeMap<>();

    /** The innermost first. */
    private final Deque<String> openLoops = new ArrayDeque<>();

    private int loopCount;
    private final List<String> hostFunctions = new ArrayList<>();
    private final SourceLines.Builder lines = new SourceLines.Builder();
    private boolean linesKnown;
    private int line;
    private int lineSource = SourceLines.Builder.OWN;
    private int source = -1;
    private Optional<Integer> fixedType = Optional.empty();

    FunctionBuilder(ProgramBuilder program, String name) {
        this.program = program;
        this.name = name;
    }

    public FunctionBuilder parameter(String parameter, ValueType type) {
        if (!locals.isEmpty()) {
            throw new IllegalStateException(in() + "parameters come before locals");
        }
        defineLocal(parameter);
        parameters.add(type);
        return this;
    }

    public FunctionBuilder result(ValueType... types) {
        results.addAll(Arrays.asList(types));
        return this;
    }

    /** A local beside the parameters; it starts as zero. */
    public FunctionBuilder local(String local, ValueType type) {
        defineLocal(local);
        locals.add(type);
        return this;
    }

    private void defineLocal(String local) {
        ProgramBuilder.define(localNames, local, parameters.size() + locals.size());
        names.add(local);
    }

    /** The next instruction can be jumped to by this name, from anywhere in the function. */
    public FunctionBuilder label(String label) {
        ProgramBuilder.define(labels, label, code.size());
        return this;
    }

    /** Opens a loop. The instruction that follows is its first one, to which {@link #continueLoop} goes back. */
    public FunctionBuilder loop() {
        String loop = "loop " + loopCount++;
        openLoops.push(loop);
        return label(loop + " begin");
    }

    /** Closes the loop that was opened last. The instruction that follows is where {@link #breakLoop} goes on. */
    public FunctionBuilder endLoop() {
        String loop = innermostLoop("the end of a loop");
        openLoops.pop();
        return label(loop + " end");
    }

    /** Leaves the innermost open loop. */
    public FunctionBuilder breakLoop() {
        return br(innermostLoop("break") + " end");
    }

    /** Pops a condition and leaves the innermost open loop if it is not zero. */
    public FunctionBuilder breakLoopIf() {
        return brIf(innermostLoop("break") + " end");
    }

    /** Goes on at the beginning of the innermost open loop. */
    public FunctionBuilder continueLoop() {
        return br(innermostLoop("continue") + " begin");
    }

    /** Pops a condition and goes on at the beginning of the innermost open loop if it is not zero. */
    public FunctionBuilder continueLoopIf() {
        return brIf(innermostLoop("continue") + " begin");
    }

    private String innermostLoop(String what) {
        String loop = openLoops.peek();
        if (loop == null) {
            throw new IllegalStateException(in() + what + " outside of a loop");
        }
        return loop;
    }

    /**
     * The source line of the instructions that follow, from 1, or 0 if it is not known. It is in the function's own file,
     * or in the last one that was given with a line.
     */
    public FunctionBuilder line(int sourceLine) {
        if (sourceLine < 0) {
            throw new IllegalArgumentException("line " + sourceLine + ", expected 0 or more");
        }
        line = sourceLine;
        linesKnown = true;
        return this;
    }

    /**
     * A line of another file, such as one that the code was included from.
     *
     * @param file its index in the program, or -1 if it is not known
     * @param sourceLine from 1, or 0 if it is not known
     */
    public FunctionBuilder line(int file, int sourceLine) {
        if (file < -1) {
            throw new IllegalArgumentException("source " + file + ", expected an index, or -1 if unknown");
        }
        lineSource = file;
        return line(sourceLine);
    }

    /**
     * The function's own source file by its index in the program, or -1. Without this it is the first, if the program has
     * any.
     */
    public FunctionBuilder source(int index) {
        source = index;
        return this;
    }

    /** Adds an instruction whose indexes are known. */
    public FunctionBuilder emit(Instruction instruction) {
        if (code.size() >= ProgramLimits.INSTRUCTIONS_PER_FUNCTION_MAX) {
            throw new IllegalStateException(
                    in() + "more than " + ProgramLimits.INSTRUCTIONS_PER_FUNCTION_MAX + " instructions");
        }
        code.add(instruction);
        lines.add(1, lineSource, line);
        return this;
    }

    /** Adds an instruction without operands, or one of memory 0, at offset 0. */
    public FunctionBuilder emit(Opcode opcode) {
        if (InstructionForm.of(opcode).requiredCount() > 0) {
            throw new IllegalArgumentException(operandsExpected(opcode));
        }
        return emit(Instruction.of(opcode));
    }

    /** Adds an instruction with one number: a constant, an index, an offset or a count. The memory, if any, is 0. */
    public FunctionBuilder emit(Opcode opcode, Number value) {
        List<OperandKind> kinds = opcode.operands();
        boolean one = kinds.size() == 1 || (kinds.size() == 2 && kinds.get(1) == OperandKind.MEMORY);
        if (!one || kinds.get(0) == OperandKind.LABELS) {
            throw new IllegalArgumentException(operandsExpected(opcode));
        }
        return emit(Instruction.of(opcode, operand(kinds.get(0), value)));
    }

    /** Adds an instruction with two numbers. */
    public FunctionBuilder emit(Opcode opcode, Number a, Number b) {
        List<OperandKind> kinds = opcode.operands();
        if (kinds.size() != 2) {
            throw new IllegalArgumentException(operandsExpected(opcode));
        }
        return emit(Instruction.of(opcode, operand(kinds.get(0), a), operand(kinds.get(1), b)));
    }

    private long operand(OperandKind kind, Number value) {
        try {
            return switch (kind) {
                case I32 -> Cells.of(ValueType.I32, value);
                case I64 -> Cells.of(ValueType.I64, value);
                case F32 -> Cells.of(ValueType.F32, value) & 0xFFFF_FFFFL;
                case F64 -> Cells.of(ValueType.F64, value);
                case LOCAL, GLOBAL, FUNCTION, IMPORT, TYPE, TABLE, MEMORY, DATA, ELEMENTS, REFERENCE, LABEL, LABELS ->
                    inRange(value, Integer.MAX_VALUE, "an index");
                case OFFSET -> inRange(value, 0xFFFF_FFFFL, "an offset");
                case COUNT -> inRange(value, 0xFFFF, "a number of cells");
            };
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(in() + e.getMessage(), e);
        }
    }

    private static long inRange(Number value, long max, String what) {
        long number = Cells.of(ValueType.I64, value);
        if (number < 0 || number > max) {
            throw new IllegalArgumentException(number + " is out of range for " + what + ": 0 to " + max);
        }
        return number;
    }

    /**
     * Adds an instruction that names things: a local, global, function, host function, table, segment, label, or several
     * labels. The memory, if any, is 0.
     */
    public FunctionBuilder emit(Opcode opcode, String... used) {
        List<OperandKind> kinds = opcode.operands();
        if (kinds.equals(List.of(OperandKind.LABELS))) {
            if (used.length == 0) {
                throw new IllegalArgumentException(operandsExpected(opcode));
            }
            List<String> targets = List.of(used);
            return defer(() -> Instruction.table(
                    opcode,
                    targets.stream()
                            .map(label -> ProgramBuilder.require(labels, label))
                            .toList()));
        }
        if (used.length == 0 || used.length != InstructionForm.of(opcode).requiredCount()) {
            throw new IllegalArgumentException(operandsExpected(opcode));
        }
        String first = used[0];
        if (kinds.get(0) == OperandKind.IMPORT) {
            hostFunctions.add(first);
            return defer(() -> Instruction.of(opcode, program.importIndex(first)));
        }
        NameTable firstNames = names(opcode, kinds.get(0));
        if (used.length == 1) {
            return defer(() -> Instruction.of(opcode, ProgramBuilder.require(firstNames, first)));
        }
        String second = used[1];
        NameTable secondNames = names(opcode, kinds.get(1));
        return defer(() -> Instruction.of(
                opcode, ProgramBuilder.require(firstNames, first), ProgramBuilder.require(secondNames, second)));
    }

    private NameTable names(Opcode opcode, OperandKind kind) {
        return switch (kind) {
            case LOCAL -> localNames;
            case GLOBAL -> program.globalNames;
            case FUNCTION -> program.functionNames;
            case TABLE -> program.tableNames;
            case DATA -> program.dataNames;
            case ELEMENTS -> program.elementNames;
            case LABEL -> labels;
            case IMPORT, TYPE, MEMORY, REFERENCE, LABELS, OFFSET, COUNT, I32, I64, F32, F64 ->
                throw new IllegalArgumentException(operandsExpected(opcode));
        };
    }

    /** {@code ref.null}; {@code type} is a reference type. */
    public FunctionBuilder refNull(ValueType type) {
        return emit(Instruction.of(Opcode.REF_NULL, type.code()));
    }

    private FunctionBuilder defer(Supplier<Instruction> instruction) {
        pending.put(code.size(), instruction);
        return emit(Instruction.of(Opcode.NOP));
    }

    public FunctionBuilder i32(int value) {
        return emit(Opcode.I32_CONST, value);
    }

    public FunctionBuilder i64(long value) {
        return emit(Opcode.I64_CONST, value);
    }

    public FunctionBuilder f32(float value) {
        return emit(Opcode.F32_CONST, value);
    }

    public FunctionBuilder f64(double value) {
        return emit(Opcode.F64_CONST, value);
    }

    /** Pushes the address of a data segment, as an i32. */
    public FunctionBuilder address(String data) {
        return defer(() -> {
            DataSegment segment = program.dataSegment(data);
            if (segment.passive()) {
                throw new IllegalStateException("data segment '" + data + "' is passive and has no address");
            }
            int address = (int) segment.address();
            return Instruction.of(Opcode.I32_CONST, address);
        });
    }

    /** Pushes the length of a data segment in bytes, as an i32. */
    public FunctionBuilder length(String data) {
        return defer(
                () -> Instruction.of(Opcode.I32_CONST, program.dataSegment(data).length()));
    }

    /** {@code local.get}. */
    public FunctionBuilder get(String local) {
        return emit(Opcode.LOCAL_GET, local);
    }

    /** {@code local.set}. */
    public FunctionBuilder set(String local) {
        return emit(Opcode.LOCAL_SET, local);
    }

    /** {@code local.tee}. */
    public FunctionBuilder tee(String local) {
        return emit(Opcode.LOCAL_TEE, local);
    }

    public FunctionBuilder br(String label) {
        return emit(Opcode.BR, label);
    }

    public FunctionBuilder brIf(String label) {
        return emit(Opcode.BR_IF, label);
    }

    public FunctionBuilder brUnless(String label) {
        return emit(Opcode.BR_UNLESS, label);
    }

    /** {@code br_table}; the last label is the default. */
    public FunctionBuilder brTable(String... targets) {
        return emit(Opcode.BR_TABLE, targets);
    }

    public FunctionBuilder call(String function) {
        return emit(Opcode.CALL, function);
    }

    /** {@code call_host}; {@code function} with its module, such as {@code tape.print_i32}. */
    public FunctionBuilder callHost(String function) {
        return emit(Opcode.CALL_HOST, function);
    }

    public FunctionBuilder callIndirect(String table, List<ValueType> parameterTypes, List<ValueType> resultTypes) {
        FunctionType type = new FunctionType(parameterTypes, resultTypes);
        return defer(() -> Instruction.of(
                Opcode.CALL_INDIRECT, program.typeIndex(type), ProgramBuilder.require(program.tableNames, table)));
    }

    /** {@code return}. */
    public FunctionBuilder ret() {
        return emit(Opcode.RETURN);
    }

    /** Stops the program with an exit code. */
    public FunctionBuilder halt(int exitCode) {
        return i32(exitCode).emit(Opcode.HALT);
    }

    /** A parameter as the assembler has it: the name may be null (none), empty, or not unique. */
    void addParameter(@Nullable String parameter, ValueType type) {
        names.add(parameter);
        parameters.add(type);
    }

    /** See {@link #addParameter}. */
    void addLocal(@Nullable String local, ValueType type) {
        names.add(local);
        locals.add(type);
    }

    void fixType(int index) {
        fixedType = Optional.of(index);
    }

    Optional<Integer> fixedType() {
        return fixedType;
    }

    List<String> hostFunctions() {
        return hostFunctions;
    }

    FunctionType type() {
        return new FunctionType(parameters, results);
    }

    Function build(int type) {
        List<Instruction> resolved = new ArrayList<>(code);
        pending.forEach((offset, instruction) -> {
            try {
                resolved.set(offset, instruction.get());
            } catch (IllegalStateException e) {
                throw new IllegalStateException(in() + e.getMessage(), e);
            }
        });
        int named = names.size();
        while (named > 0 && names.get(named - 1) == null) {
            named--;
        }
        return new Function(
                name,
                type,
                locals,
                names.subList(0, named).stream()
                        .map(local -> local == null ? "" : local)
                        .toList(),
                resolved,
                linesKnown ? lines.build(source) : SourceLines.of(source, List.of()));
    }

    private String operandsExpected(Opcode opcode) {
        return in() + "'" + opcode.mnemonic() + "' takes "
                + InstructionForm.of(opcode).operandWords();
    }

    private String in() {
        return "function '" + name + "': ";
    }
}
