package dev.tapedeck.vm.verify;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.ProgramLimits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Checks the code of one function by running it on types instead of values: every instruction is visited once, with the
 * operand stack it is first reached with; every other path to it must bring the same stack. Time and memory grow with the
 * number of instructions, whatever the program does.
 */
final class FunctionVerifier {
    static final FunctionType HANDLER_TYPE = new FunctionType(List.of(ValueType.I32, ValueType.I64), List.of());

    private static final int UNKNOWN = -1;

    private final Program program;
    private final int functionIndex;
    private final Function function;
    private final FunctionType type;
    private final List<Instruction> code;
    private final TransferBudget budget;

    private final TypeStacks stacks = new TypeStacks();

    /** For each instruction the stack it is reached with, or UNKNOWN. */
    private final int[] stackAt;

    /** For each instruction the offset it was first reached from, for messages. */
    private final int[] reachedFrom;

    /** Instructions that are reached by a jump and wait for their visit. None is ever added twice. */
    private final int[] waiting;

    private int waitingCount;

    /** The instruction that is being visited, and the stack as far as it has been changed. */
    private int offset;

    private int stack = TypeStacks.EMPTY;
    private int depthMax;

    FunctionVerifier(Program program, int functionIndex, TransferBudget budget) {
        this.program = program;
        this.functionIndex = functionIndex;
        this.budget = budget;
        function = program.functions().get(functionIndex);
        type = program.typeOf(function);
        code = function.code();
        stackAt = new int[code.size()];
        Arrays.fill(stackAt, UNKNOWN);
        reachedFrom = new int[code.size()];
        waiting = new int[code.size()];
    }

    /** Counts the cells that calls, returns and unwinds transfer in the whole program. */
    static final class TransferBudget {
        private long cells;

        /** @param before what other functions have taken */
        TransferBudget(long before) {
            cells = before;
        }

        /** What has been taken. */
        long cells() {
            return cells;
        }

        boolean take(long count) {
            cells += count;
            return cells <= ProgramLimits.TRANSFERRED_CELLS_MAX;
        }
    }

    /** Returns the most cells that the operand stack holds at any time. */
    int verify() throws VerifyException {
        stackAt[0] = TypeStacks.EMPTY;
        waiting[waitingCount++] = 0;
        while (waitingCount > 0) {
            visitFrom(waiting[--waitingCount]);
        }
        for (int i = 0; i < stackAt.length; i++) {
            if (stackAt[i] == UNKNOWN) {
                offset = i;
                throw invalid("no path reaches this instruction; remove it, or jump to it");
            }
        }
        return depthMax;
    }

    /** The types on the operand stack before an instruction, deepest first, once verified. */
    List<ValueType> operandTypes(int at) {
        ValueType[] types = new ValueType[stacks.depth(stackAt[at])];
        int rest = stackAt[at];
        for (int i = types.length - 1; i >= 0; i--) {
            types[i] = stacks.top(rest);
            rest = stacks.below(rest);
        }
        return List.of(types);
    }

    /** Visits instructions one after the other until the path ends or meets an instruction that was visited. */
    private void visitFrom(int start) throws VerifyException {
        offset = start;
        while (true) {
            stack = stackAt[offset];
            Instruction instruction = code.get(offset);
            checkOperands(instruction);
            boolean continues = apply(instruction);
            if (!continues) {
                return;
            }
            if (offset + 1 == code.size()) {
                throw invalid(
                        "the path runs off the end of the function; the last instruction must be one that does not"
                                + " continue: return, br, br_table, halt, unreachable or interrupt.return");
            }
            boolean first = stackAt[offset + 1] == UNKNOWN;
            reach(offset + 1);
            if (!first) {
                return;
            }
            offset++;
        }
    }

    /** The instruction at {@code target} can come next, with the stack as it is. */
    private void reach(int target) throws VerifyException {
        if (stackAt[target] == UNKNOWN) {
            stackAt[target] = stack;
            reachedFrom[target] = offset;
        } else if (stackAt[target] != stack) {
            String other = target == 0 && reachedFrom[0] == 0
                    ? "at the start of the function"
                    : "from offset " + reachedFrom[target];
            throw invalid("leads to offset " + target + " with the stack " + text(stack) + ", expected "
                    + text(stackAt[target]) + " as " + other);
        }
    }

    private void jump(int target) throws VerifyException {
        boolean first = stackAt[target] == UNKNOWN;
        reach(target);
        if (first) {
            waiting[waitingCount++] = target;
        }
    }

    // Operands

    private void checkOperands(Instruction instruction) throws VerifyException {
        List<OperandKind> kinds = instruction.opcode().operands();
        boolean labels = false;
        for (int i = 0; i < kinds.size(); i++) {
            long value = i == 0 ? instruction.a() : instruction.b();
            labels |= kinds.get(i) == OperandKind.LABELS;
            checkOperand(kinds.get(i), value, instruction);
        }
        int values = labels ? 0 : kinds.size();
        if ((values < 2 && instruction.b() != 0) || (values < 1 && instruction.a() != 0)) {
            throw invalid("has an operand more than its " + values);
        }
        if (!labels && !instruction.labels().isEmpty()) {
            throw invalid("has jump targets, which only br_table has");
        }
    }

    private void checkOperand(OperandKind kind, long value, Instruction instruction) throws VerifyException {
        switch (kind) {
            case LOCAL -> checkIndex("local", value, localCount());
            case GLOBAL -> checkIndex("global", value, program.globals().size());
            case FUNCTION -> checkIndex("function", value, program.functions().size());
            case IMPORT -> checkIndex("import", value, program.imports().size());
            case TYPE -> checkIndex("type", value, program.types().size());
            case TABLE -> checkIndex("table", value, program.tables().size());
            case MEMORY -> checkMemory(value);
            case DATA -> checkIndex("data segment", value, program.data().size());
            case ELEMENTS ->
                checkIndex("element segment", value, program.elements().size());
            case REFERENCE -> {
                if (!isReferenceType(value)) {
                    throw invalid("the operand " + value + " is no reference type, expected that of funcref, "
                            + ValueType.FUNCREF.code() + ", or externref, " + ValueType.EXTERNREF.code());
                }
            }
            case LABEL -> checkTarget(value);
            case LABELS -> {
                int count = instruction.labels().size();
                if (count < 1 || count > ProgramLimits.BRANCH_TARGETS_MAX) {
                    throw invalid("has " + count + " jump targets, expected 1 to " + ProgramLimits.BRANCH_TARGETS_MAX);
                }
                for (int label : instruction.labels()) {
                    checkTarget(label);
                }
            }
            case OFFSET -> checkRange("memory offset", value, 0, ProgramLimits.OFFSET_MAX);
            case COUNT -> checkRange("count", value, 0, ProgramLimits.OPERAND_CELLS_MAX);
            case I32 -> checkRange("i32 constant", value, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case F32 -> checkRange("f32 constant (its bits)", value, 0, 0xFFFF_FFFFL);
            case I64, F64 -> {
                // Any 64 bits are one.
            }
        }
    }

    private void checkMemory(long value) throws VerifyException {
        if (program.memories().isEmpty() && value == 0) {
            throw invalid("needs a memory, and the program has none");
        }
        checkIndex("memory", value, program.memories().size());
    }

    private static boolean isReferenceType(long code) {
        return code == (int) code
                && ValueType.ofCode((int) code).filter(ValueType::isReference).isPresent();
    }

    private void checkIndex(String what, long value, int count) throws VerifyException {
        if (value < 0 || value >= count) {
            throw invalid("there is no " + what + " " + value + "; " + Verifier.countText(what, count));
        }
    }

    private void checkTarget(long value) throws VerifyException {
        if (value < 0 || value >= code.size()) {
            throw invalid("jumps to offset " + value + ", expected 0 to " + (code.size() - 1) + ", as the function has "
                    + Verifier.count(code.size(), "instruction"));
        }
    }

    private void checkRange(String what, long value, long min, long max) throws VerifyException {
        if (value < min || value > max) {
            throw invalid("the " + what + " is " + value + ", expected " + min + " to " + max);
        }
    }

    // Effects

    /** Changes the stack as the instruction does; returns whether the next instruction can follow. */
    private boolean apply(Instruction instruction) throws VerifyException {
        Opcode opcode = instruction.opcode();
        if (opcode.effect().isPresent()) {
            Opcode.Effect effect = opcode.effect().get();
            pop(effect.pops());
            push(effect.pushes());
            switch (opcode) {
                case BR_IF, BR_UNLESS -> jump((int) instruction.a());
                case INTERRUPT_HANDLE -> checkHandler((int) instruction.a());
                case TABLE_COPY -> checkSameType(instruction, "table " + instruction.b(), table(instruction.b()));
                case TABLE_INIT ->
                    checkSameType(
                            instruction,
                            "element segment " + instruction.a(),
                            program.elements().get((int) instruction.a()).type());
                default -> {
                    // Its effect says it all.
                }
            }
            return true;
        }
        switch (opcode) {
            case UNREACHABLE -> {
                return false;
            }
            case BR -> {
                jump((int) instruction.a());
                return false;
            }
            case BR_TABLE -> {
                pop(ValueType.I32);
                for (int label : instruction.labels()) {
                    jump(label);
                }
                return false;
            }
            case RETURN -> {
                transfer(type.results().size());
                pop(type.results());
                return false;
            }
            case HALT -> {
                pop(ValueType.I32);
                return false;
            }
            case INTERRUPT_RETURN -> {
                if (!type.equals(HANDLER_TYPE)) {
                    throw invalid("stands only in interrupt handlers, which have type " + HANDLER_TYPE
                            + "; this function has type " + type);
                }
                return false;
            }
            case CALL -> call(program.typeOf(program.functions().get((int) instruction.a())));
            case CALL_HOST -> call(program.typeOf(program.imports().get((int) instruction.a())));
            case CALL_INDIRECT -> {
                if (table(instruction.b()) != ValueType.FUNCREF) {
                    throw invalid("calls through table " + instruction.b() + ", which holds " + table(instruction.b())
                            + ", expected " + ValueType.FUNCREF);
                }
                pop(ValueType.I32);
                call(program.types().get((int) instruction.a()));
            }
            case DROP -> pop();
            case SELECT -> {
                pop(ValueType.I32);
                ValueType second = pop();
                ValueType first = pop();
                if (first != second) {
                    throw invalid("selects between " + first + " and " + second + ", expected two values of one type");
                }
                push(first);
            }
            case LOCAL_GET -> push(localType((int) instruction.a()));
            case LOCAL_SET -> pop(localType((int) instruction.a()));
            case LOCAL_TEE -> {
                ValueType local = localType((int) instruction.a());
                pop(local);
                push(local);
            }
            case GLOBAL_GET -> push(global(instruction).type());
            case GLOBAL_SET -> {
                if (!global(instruction).mutable()) {
                    throw invalid("global " + instruction.a()
                            + nameText(global(instruction).name()) + " is not mutable and cannot be set");
                }
                pop(global(instruction).type());
            }
            case REF_NULL -> push(ValueType.ofCode((int) instruction.a()).orElseThrow());
            case REF_IS_NULL -> {
                ValueType reference = pop();
                if (!reference.isReference()) {
                    throw invalid("expected a reference on top of the stack, found " + text(stackAt[offset]));
                }
                push(ValueType.I32);
            }
            case TABLE_GET -> {
                pop(ValueType.I32);
                push(table(instruction.a()));
            }
            case TABLE_SET -> {
                pop(table(instruction.a()));
                pop(ValueType.I32);
            }
            case TABLE_GROW -> {
                pop(ValueType.I32);
                pop(table(instruction.a()));
                push(ValueType.I32);
            }
            case TABLE_FILL -> {
                pop(ValueType.I32);
                pop(table(instruction.a()));
                pop(ValueType.I32);
            }
            case UNWIND -> unwind((int) instruction.a(), (int) instruction.b());
            default -> throw new IllegalStateException("the verifier has no rule for " + opcode.mnemonic());
        }
        return true;
    }

    /** The type of a table's elements. */
    private ValueType table(long index) {
        return program.tables().get((int) index).type();
    }

    /** The first operand of table.copy is the table that is written, and so is the second of table.init. */
    private void checkSameType(Instruction instruction, String from, ValueType fromType) throws VerifyException {
        long to = instruction.opcode() == Opcode.TABLE_COPY ? instruction.a() : instruction.b();
        if (table(to) != fromType) {
            throw invalid("copies from " + from + ", which holds " + fromType + ", to table " + to + ", which holds "
                    + table(to));
        }
    }

    private void call(FunctionType callee) throws VerifyException {
        transfer((long) callee.parameters().size() + callee.results().size());
        pop(callee.parameters());
        push(callee.results());
    }

    private void unwind(int keep, int drop) throws VerifyException {
        if (stacks.depth(stack) < keep + drop) {
            throw invalid(
                    "needs " + (keep + drop) + " cells, and the stack " + text(stack) + " has " + stacks.depth(stack));
        }
        if (drop == 0) {
            return;
        }
        transfer(keep);
        ValueType[] kept = new ValueType[keep];
        for (int i = keep - 1; i >= 0; i--) {
            kept[i] = stacks.top(stack);
            stack = stacks.below(stack);
        }
        stack = stacks.drop(stack, drop);
        for (ValueType cell : kept) {
            push(cell);
        }
    }

    private void transfer(long cells) throws VerifyException {
        if (!budget.take(cells)) {
            throw invalid("the program's calls, returns and unwinds together transfer more than "
                    + ProgramLimits.TRANSFERRED_CELLS_MAX + " cells; use fewer parameters and results");
        }
    }

    private void checkHandler(int handler) throws VerifyException {
        FunctionType handlerType = program.typeOf(program.functions().get(handler));
        if (!handlerType.equals(HANDLER_TYPE)) {
            throw invalid("function " + Verifier.quote(program.functionName(handler)) + " has type " + handlerType
                    + ", expected " + HANDLER_TYPE + ", the type of interrupt handlers (signal, payload)");
        }
    }

    private ValueType pop() throws VerifyException {
        if (stack == TypeStacks.EMPTY) {
            throw invalid("needs a cell, and the stack is empty");
        }
        ValueType top = stacks.top(stack);
        stack = stacks.below(stack);
        return top;
    }

    private void pop(ValueType expected) throws VerifyException {
        if (stack == TypeStacks.EMPTY || stacks.top(stack) != expected) {
            throw invalid("expected " + expected + " on top of the stack, found " + text(stackAt[offset]));
        }
        stack = stacks.below(stack);
    }

    private void pop(List<ValueType> expected) throws VerifyException {
        for (int i = expected.size() - 1; i >= 0; i--) {
            if (stack == TypeStacks.EMPTY || stacks.top(stack) != expected.get(i)) {
                throw invalid("expected " + text(expected) + " on top of the stack, found " + text(stackAt[offset]));
            }
            stack = stacks.below(stack);
        }
    }

    private void push(List<ValueType> types) throws VerifyException {
        for (int i = 0; i < types.size(); i++) {
            push(types.get(i));
        }
    }

    private void push(ValueType pushed) throws VerifyException {
        if (stacks.depth(stack) == ProgramLimits.OPERAND_CELLS_MAX) {
            throw invalid("more than " + ProgramLimits.OPERAND_CELLS_MAX
                    + " cells on the operand stack of one function; keep them in memory");
        }
        stack = stacks.push(stack, pushed);
        depthMax = Math.max(depthMax, stacks.depth(stack));
        if (stacks.size() > ProgramLimits.OPERAND_STACKS_MAX) {
            throw invalid("more than " + ProgramLimits.OPERAND_STACKS_MAX
                    + " different operand stacks in one function; split it, or use fewer results");
        }
    }

    private int localCount() {
        return type.parameters().size() + function.locals().size();
    }

    private ValueType localType(int index) {
        int parameters = type.parameters().size();
        return index < parameters
                ? type.parameters().get(index)
                : function.locals().get(index - parameters);
    }

    private Global global(Instruction instruction) {
        return program.globals().get((int) instruction.a());
    }

    // Messages

    private VerifyException invalid(String reason) {
        int line = function.line(offset);
        String place = "";
        if (line > 0) {
            int source = function.source(offset);
            place = source >= 0
                    ? " (" + Verifier.plain(program.sources().get(source)) + ":" + line + ")"
                    : " (line " + line + ")";
        }
        return new VerifyException("function " + Verifier.quote(program.functionName(functionIndex)) + ", offset "
                + offset + place + ", '" + text(code.get(offset)) + "': " + reason);
    }

    private static final int SHOWN_MAX = 8;

    private static String text(Instruction instruction) {
        StringBuilder text = new StringBuilder(instruction.opcode().mnemonic());
        List<OperandKind> kinds = instruction.opcode().operands();
        for (int i = 0; i < kinds.size(); i++) {
            long value = i == 0 ? instruction.a() : instruction.b();
            switch (kinds.get(i)) {
                case LABELS -> {
                    List<Integer> labels = instruction.labels();
                    labels.stream()
                            .limit(SHOWN_MAX)
                            .forEach(label -> text.append(' ').append(label));
                    text.append(labels.size() > SHOWN_MAX ? " ..." : "");
                }
                case MEMORY -> text.append(value == 0 ? "" : " memory" + value);
                case F32 -> text.append(' ').append(Float.intBitsToFloat((int) value));
                case F64 -> text.append(' ').append(Double.longBitsToDouble(value));
                default -> text.append(' ').append(value);
            }
        }
        return text.toString();
    }

    /** The stack as {@code [i32 i64]}, the top last; only the top cells if it is deep. */
    private String text(int shown) {
        List<ValueType> cells = new ArrayList<>();
        int rest = shown;
        while (rest != TypeStacks.EMPTY && cells.size() < SHOWN_MAX) {
            cells.add(0, stacks.top(rest));
            rest = stacks.below(rest);
        }
        String more = rest == TypeStacks.EMPTY ? "" : "... ";
        return "[" + more + words(cells) + "]";
    }

    private static String text(List<ValueType> types) {
        int from = Math.max(0, types.size() - SHOWN_MAX);
        return "[" + (from > 0 ? "... " : "") + words(types.subList(from, types.size())) + "]";
    }

    private static String words(List<ValueType> types) {
        return String.join(" ", types.stream().map(ValueType::mnemonic).toList());
    }

    private static String nameText(String name) {
        return name.isEmpty() ? "" : " " + Verifier.quote(name);
    }
}
