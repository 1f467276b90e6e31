package dev.tapedeck.vm.wasm;

import dev.tapedeck.vm.isa.Code;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.wasm.WasmModule.GlobalEntity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Validates the functions of a module and lowers them to the machine's instructions, in one pass over the bytes.
 *
 * <p>Validation is the algorithm in the appendix of the standard: a stack of types and a stack of control frames. Behind
 * a branch that is always taken the frame is <em>unreachable</em>, and its stack gives whatever types are asked for.
 *
 * <p>Lowering: blocks vanish, branches become jumps to instruction indexes; those forward are chained through their own
 * operands until the end of their block is known. Where a branch leaves more on the stack than its label takes, an {@code
 * unwind} goes before it, on the taken path only; a return needs none. Whether the next instruction can be reached is
 * another question than the standard's: the end of a block that nothing leads to is reachable there. The machine's
 * verifier refuses what no path leads to, so nothing is emitted while {@code live} is false.
 */
final class CodeLowering {
    /** What a function has become. {@code offsets} are, for each instruction, bytes from the start of the Code section. */
    record Lowered(List<ValueType> locals, List<Instruction> code, int[] offsets) {}

    private static final int BLOCK = 0x02;
    private static final int LOOP = 0x03;
    private static final int IF = 0x04;
    private static final int ELSE = 0x05;
    private static final int END = 0x0B;
    private static final int SELECT_TYPED = 0x1C;
    private static final int GARBAGE_COLLECTION = 0xFB;
    private static final int MISCELLANEOUS = 0xFC;
    private static final int SIMD = 0xFD;
    private static final int THREADS = 0xFE;
    private static final int EMPTY_BLOCK = 0x40;
    /** The kind of the outermost frame; the others have the code of their instruction. */
    private static final int FUNCTION = 0;

    /** The first code of {@link Code} with prefix 0xFC. */
    private static final int MISCELLANEOUS_CODES = 0x100;

    /** A type nobody knows, on the stack of unreachable code. The others are codes of {@link ValueType}. */
    private static final byte UNKNOWN = 0;

    private static final byte I32 = (byte) ValueType.I32.code();
    private static final byte FUNCREF = (byte) ValueType.FUNCREF.code();
    private static final byte[] NO_TYPES = {};

    /** By code: the instruction in the table, or null. */
    private static final @Nullable Opcode[] OPCODES = new Opcode[0x120];

    /** By code, for instructions of one effect: the number of cells popped in the low byte, or -1 for others. */
    private static final int[] POPS = new int[0x120];

    private static final byte[][] POPPED = new byte[0x120][];
    private static final byte[] PUSHED = new byte[0x120];

    /** By code: loads and stores reach 2 to this bytes. */
    private static final int[] NATURAL_ALIGNMENTS = {
        2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2,
    };

    /** By code: the instruction without operands, where there is one. */
    private static final @Nullable Instruction[] PLAIN = new Instruction[0x120];

    private static final int SHARED = 64;
    private static final Instruction[][] LOCALS = {
        shared(Opcode.LOCAL_GET, 0), shared(Opcode.LOCAL_SET, 0), shared(Opcode.LOCAL_TEE, 0)
    };
    private static final Instruction[] SMALL_CONSTANTS = shared(Opcode.I32_CONST, -8);

    private static final byte[][] SINGLE = new byte[0x80][];

    static {
        Arrays.fill(POPS, -1);
        for (int code = 0; code < OPCODES.length; code++) {
            Optional<Opcode> found = Opcode.ofCode(code);
            if (found.isEmpty()) {
                continue;
            }
            Opcode opcode = found.get();
            OPCODES[code] = opcode;
            if (opcode.operands().isEmpty()) {
                PLAIN[code] = Instruction.of(opcode);
            }
            Optional<Opcode.Effect> effect = opcode.effect();
            if (effect.isPresent()) {
                List<ValueType> pops = effect.get().pops();
                POPS[code] = pops.size();
                POPPED[code] = codes(pops);
                PUSHED[code] = effect.get().pushes().isEmpty()
                        ? UNKNOWN
                        : (byte) effect.get().pushes().get(0).code();
            }
        }
        for (ValueType type : ValueType.values()) {
            SINGLE[type.code()] = new byte[] {(byte) type.code()};
        }
    }

    private static Instruction[] shared(Opcode opcode, int first) {
        Instruction[] list = new Instruction[SHARED];
        Arrays.setAll(list, i -> Instruction.of(opcode, first + i));
        return list;
    }

    private static byte[] codes(List<ValueType> types) {
        byte[] codes = new byte[types.size()];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (byte) types.get(i).code();
        }
        return codes;
    }

    private final WasmModule module;
    private final Binding binding;
    private final WasmInput in;
    private final byte[][] parameterTypes;
    private final byte[][] resultTypes;
    /** The functions that code may refer to: those that the module refers to outside of code. */
    private final BitSet declared;

    private long transferredCells;
    private long localsTotal;
    private long instructionsTotal;

    // The function at hand.
    private int function;
    private byte[] locals = new byte[64];
    private int localCount;

    // The stack of types.
    private byte[] values = new byte[256];
    private int height;

    // The stack of control frames.
    private int depth;
    private byte[] kinds = new byte[32];
    private byte[][] frameParameters = new byte[32][];
    private byte[][] frameResults = new byte[32][];
    /** The height of the stack below the frame's parameters. */
    private int[] bases = new int[32];

    private boolean[] unreachables = new boolean[32];
    /** Whether the frame's first instruction can be reached. */
    private boolean[] entered = new boolean[32];
    /** Of loops the index of the first instruction. */
    private int[] starts = new int[32];
    /** The last of the chained jumps to the end of the frame, or NONE. */
    private int[] chains = new int[32];
    /** Of an `if` the jump over its first branch. */
    private int[] alternatives = new int[32];
    /** Where the br_table with this number has a place that leads to the frame. */
    private int[] detours = new int[32];

    private long[] detourNumbers = new long[32];
    private long tableNumber;
    // Of the innermost frame, for speed.
    private int base;
    private boolean unreachable;

    // The code.
    private boolean live;
    private int count;
    private short[] codes = new short[256];
    /** Operands; of jumps that wait for their target the next in the chain. */
    private long[] firsts = new long[256];

    private int[] seconds = new int[256];
    private int[] offsets = new int[256];
    /** The targets of all `br_table`: the first operand is where in this list they begin, the second how many there are. */
    private int[] targets = new int[64];

    private int targetCount;
    /** An index that a jump leads to: what stands before it has to stay. */
    private int bound;
    /** The byte at which the instruction at hand begins. */
    private int at;

    private static final int NONE = -1;

    /** Blocks in one another; a power of two. A compiler makes one for each case of a switch. */
    private static final int DEPTH_MAX = 1 << 20;

    CodeLowering(WasmModule module, Binding binding) {
        this.module = module;
        this.binding = binding;
        in = new WasmInput(module.bytes, 0, module.bytes.length);
        parameterTypes = new byte[module.types.size()][];
        resultTypes = new byte[module.types.size()][];
        for (int i = 0; i < parameterTypes.length; i++) {
            FunctionType type = module.types.get(i);
            parameterTypes[i] = codes(type.parameters());
            resultTypes[i] = codes(type.results());
        }
        declared = module.referredFunctions();
    }

    /**
     * @param index counts the functions that are not imported
     * @throws WasmException of the first function that is wrong. If one is malformed, that is what the module is
     */
    Lowered lower(int index) throws WasmException {
        try {
            return validate(index);
        } catch (WasmException e) {
            if (e.kind() == WasmException.Kind.INVALID) {
                new CodeScan(module).scanFrom(index);
            }
            throw e;
        }
    }

    private Lowered validate(int index) throws WasmException {
        function = module.importedFunctions + index;
        int type = module.functionTypes[function];
        int end = module.bodies[2 * index + 1];
        in.position = module.bodies[2 * index];
        height = 0;
        depth = 0;
        count = 0;
        targetCount = 0;
        bound = 0;
        live = true;
        at = in.position;
        readLocals(parameterTypes[type]);
        pushFrame(FUNCTION, NO_TYPES, resultTypes[type]);
        while (depth > 0) {
            instruction();
            if (count > ProgramLimits.INSTRUCTIONS_PER_FUNCTION_MAX) {
                throw limit("instructions in one function", ProgramLimits.INSTRUCTIONS_PER_FUNCTION_MAX);
            }
        }
        if (in.position != end) {
            throw WasmInput.malformed(
                    "section size mismatch: the body of function " + function + " ends at byte 0x"
                            + Integer.toHexString(in.position) + ", expected 0x" + Integer.toHexString(end),
                    in.position);
        }
        instructionsTotal += (long) count + targetCount;
        if (instructionsTotal > ProgramLimits.INSTRUCTIONS_MAX) {
            throw limit("instructions", ProgramLimits.INSTRUCTIONS_MAX);
        }
        return new Lowered(localTypes(parameterTypes[type].length), instructions(), Arrays.copyOf(offsets, count));
    }

    private WasmException limit(String what, long max) {
        return WasmInput.unsupported("too many " + what + ", the limit is " + max + in(), at);
    }

    private String in() {
        String name = module.names.function(function);
        return " in function " + function + (name.isEmpty() ? "" : " " + WasmReader.quote(name));
    }

    private void readLocals(byte[] parameters) throws WasmException {
        localCount = parameters.length;
        if (localCount > locals.length) {
            locals = new byte[localCount];
        }
        System.arraycopy(parameters, 0, locals, 0, localCount);
        long total = localCount;
        int groups = in.count();
        for (int i = 0; i < groups; i++) {
            int start = in.position;
            long number = in.u32() & 0xFFFF_FFFFL;
            byte type = (byte) WasmReader.valueType(in).code();
            total += number;
            if (total - parameters.length > 0xFFFF_FFFFL) {
                throw WasmInput.malformed("too many locals" + in(), start);
            }
            if (total <= ProgramLimits.LOCALS_PER_FUNCTION_MAX) {
                if (total > locals.length) {
                    locals = Arrays.copyOf(locals, (int) Math.max(total, 2L * locals.length));
                }
                Arrays.fill(locals, localCount, (int) total, type);
                localCount = (int) total;
            }
        }
        localsTotal += total - parameters.length;
        if (total > ProgramLimits.LOCALS_PER_FUNCTION_MAX) {
            throw limit("locals", ProgramLimits.LOCALS_PER_FUNCTION_MAX);
        }
        if (localsTotal > ProgramLimits.LOCALS_MAX) {
            throw limit("locals of all functions", ProgramLimits.LOCALS_MAX);
        }
    }

    private List<ValueType> localTypes(int parameters) {
        ValueType[] types = new ValueType[localCount - parameters];
        for (int i = 0; i < types.length; i++) {
            types[i] = type(locals[parameters + i]);
        }
        return List.of(types);
    }

    private static ValueType type(byte code) {
        return switch (code) {
            case 0x7F -> ValueType.I32;
            case 0x7E -> ValueType.I64;
            case 0x7D -> ValueType.F32;
            case 0x7C -> ValueType.F64;
            case 0x70 -> ValueType.FUNCREF;
            case 0x6F -> ValueType.EXTERNREF;
            default -> throw new AssertionError("no type has code " + code);
        };
    }

    private List<Instruction> instructions() {
        Instruction[] list = new Instruction[count];
        for (int i = 0; i < count; i++) {
            int code = codes[i];
            Instruction plain = PLAIN[code];
            list[i] = plain != null ? plain : withOperands(code, firsts[i], seconds[i]);
        }
        return List.of(list);
    }

    private Instruction withOperands(int code, long first, int second) {
        if (code == Code.BR_TABLE) {
            List<Integer> labels = new ArrayList<>(second);
            for (int i = 0; i < second; i++) {
                labels.add(targets[(int) first + i]);
            }
            return Instruction.table(opcode(code), labels);
        }
        if (code == Code.I32_CONST && first >= -8 && first < SHARED - 8) {
            return SMALL_CONSTANTS[(int) first + 8];
        }
        if (code >= Code.LOCAL_GET && code <= Code.LOCAL_TEE && first < SHARED) {
            return LOCALS[code - Code.LOCAL_GET][(int) first];
        }
        return Instruction.of(opcode(code), first, second);
    }

    private static Opcode opcode(int code) {
        Opcode opcode = OPCODES[code];
        if (opcode == null) {
            throw new AssertionError("no instruction has code " + code);
        }
        return opcode;
    }

    // Stacks

    private void push(byte type) throws WasmException {
        if (height == values.length) {
            values = Arrays.copyOf(values, 2 * height);
        }
        values[height++] = type;
        if (height > ProgramLimits.OPERAND_CELLS_MAX) {
            throw limit("cells on the operand stack", ProgramLimits.OPERAND_CELLS_MAX);
        }
    }

    private byte pop() throws WasmException {
        if (height > base) {
            return values[--height];
        }
        if (unreachable) {
            return UNKNOWN;
        }
        throw mismatch("expected a value, found none");
    }

    private void pop(byte expected) throws WasmException {
        if (height > base) {
            byte found = values[--height];
            if (found == expected || found == UNKNOWN) {
                return;
            }
            throw mismatch("expected " + type(expected) + ", found " + type(found));
        }
        if (!unreachable) {
            throw mismatch("expected " + type(expected) + ", found nothing");
        }
    }

    private void push(byte[] types) throws WasmException {
        for (byte type : types) {
            push(type);
        }
        transferred(types.length);
    }

    private void pop(byte[] types) throws WasmException {
        for (int i = types.length - 1; i >= 0; i--) {
            pop(types[i]);
        }
        transferred(types.length);
    }

    /** A few bytes can move a thousand cells, so time is limited by the cells and not by the bytes. */
    private void transferred(int cells) throws WasmException {
        transferredCells += cells;
        if (transferredCells > ProgramLimits.TRANSFERRED_CELLS_MAX) {
            throw limit("cells moved by blocks, branches and calls together", ProgramLimits.TRANSFERRED_CELLS_MAX);
        }
    }

    private WasmException mismatch(String what) {
        return invalid("type mismatch: " + what + " for " + instructionAt());
    }

    private WasmException invalid(String reason) {
        return WasmInput.invalid(reason + in(), at);
    }

    /** The name of the instruction at hand, for messages. */
    private String instructionAt() {
        int code = module.bytes[at] & 0xFF;
        int second = at + 1 < module.bytes.length ? module.bytes[at + 1] & 0xFF : 0;
        String name = instructionName(code, second);
        return name.isEmpty() ? "the function" : "'" + name + "'";
    }

    /** The standard's name for an instruction; "" if there is none that is supported. */
    static String instructionName(int code, int second) {
        return switch (code) {
            case BLOCK -> "block";
            case LOOP -> "loop";
            case IF -> "if";
            case ELSE -> "else";
            case END -> "end";
            case SELECT_TYPED -> "select t";
            case MISCELLANEOUS ->
                second >= 0 && second <= Code.TABLE_FILL - MISCELLANEOUS_CODES
                        ? opcode(MISCELLANEOUS_CODES + second).mnemonic()
                        : "";
            default ->
                code <= Code.I64_EXTEND32_S || (code >= Code.REF_NULL && code <= Code.REF_FUNC)
                        ? Opcode.ofCode(code).map(Opcode::mnemonic).orElse("")
                        : "";
        };
    }

    /** What is wrong with a code that is none of 2.0's. */
    static WasmException illegal(int code, int second, int at) {
        String hex = "0x" + Integer.toHexString(code);
        String feature = switch (code) {
            case 0x06, 0x07, 0x08, 0x09, 0x0A, 0x18, 0x19, 0x1F -> "exception handling";
            case 0x12, 0x13 -> "tail calls";
            case 0x14, 0x15, 0xD4, 0xD5, 0xD6 -> "typed function references";
            case 0xD3, GARBAGE_COLLECTION -> "garbage collection";
            case SIMD -> "SIMD";
            case THREADS -> "threads (atomics)";
            case MISCELLANEOUS -> second >= 19 && second <= 22 ? "wide arithmetic" : "";
            default -> "";
        };
        String instruction =
                code >= GARBAGE_COLLECTION && code <= THREADS ? hex + " " + Integer.toUnsignedString(second) : hex;
        return feature.isEmpty()
                ? WasmInput.malformed("illegal opcode " + instruction, at)
                : WasmInput.unsupported(feature + " (instruction " + instruction + ")", at);
    }

    private void pushFrame(int kind, byte[] parameters, byte[] results) throws WasmException {
        if (depth == kinds.length) {
            if (depth >= DEPTH_MAX) {
                throw limit("blocks in one another", DEPTH_MAX);
            }
            growFrames();
        }
        kinds[depth] = (byte) kind;
        frameParameters[depth] = parameters;
        frameResults[depth] = results;
        bases[depth] = height;
        unreachables[depth] = false;
        entered[depth] = live;
        starts[depth] = count;
        chains[depth] = NONE;
        alternatives[depth] = NONE;
        detourNumbers[depth] = 0;
        base = height;
        unreachable = false;
        depth++;
        push(parameters);
    }

    private void growFrames() {
        int capacity = 2 * depth;
        kinds = Arrays.copyOf(kinds, capacity);
        frameParameters = Arrays.copyOf(frameParameters, capacity);
        frameResults = Arrays.copyOf(frameResults, capacity);
        bases = Arrays.copyOf(bases, capacity);
        unreachables = Arrays.copyOf(unreachables, capacity);
        entered = Arrays.copyOf(entered, capacity);
        starts = Arrays.copyOf(starts, capacity);
        chains = Arrays.copyOf(chains, capacity);
        alternatives = Arrays.copyOf(alternatives, capacity);
        detours = Arrays.copyOf(detours, capacity);
        detourNumbers = Arrays.copyOf(detourNumbers, capacity);
    }

    /** The stack at the end of a frame has to hold its results and nothing else. */
    private void popResults() throws WasmException {
        pop(frameResults[depth - 1]);
        if (height != base) {
            throw mismatch(height - base + " more values than expected");
        }
    }

    /** What follows cannot be reached. */
    private void stop() {
        height = base;
        unreachable = true;
        unreachables[depth - 1] = true;
        live = false;
    }

    // Code

    private void emit(int code) {
        emit(code, 0, 0);
    }

    private void emit(int code, long first) {
        emit(code, first, 0);
    }

    private void emit(int code, long first, int second) {
        if (!live) {
            return;
        }
        if (count == codes.length) {
            int capacity = 2 * count;
            codes = Arrays.copyOf(codes, capacity);
            firsts = Arrays.copyOf(firsts, capacity);
            seconds = Arrays.copyOf(seconds, capacity);
            offsets = Arrays.copyOf(offsets, capacity);
        }
        codes[count] = (short) code;
        firsts[count] = first;
        seconds[count] = second;
        offsets[count] = at - module.codeStart;
        count++;
    }

    /** A jump to the label of a frame, which leaves on the stack what the label takes. */
    private void emitJump(int code, int frame) {
        if (!live) {
            return;
        }
        if (kinds[frame] == LOOP) {
            emit(code, starts[frame]);
        } else {
            emit(code, chains[frame]);
            chains[frame] = count - 1;
        }
    }

    /** Lets a chain of jumps lead to the next instruction. */
    private void bind(int chain) {
        int next = chain;
        while (next != NONE) {
            int following;
            if (next >= 0) {
                following = (int) firsts[next];
                firsts[next] = count;
            } else {
                // A place in a br_table.
                following = targets[-2 - next];
                targets[-2 - next] = count;
            }
            next = following;
        }
        bound = count;
    }

    /** Whether the last instruction was i32.eqz, which then is no longer there: the branch on it turns around. */
    private boolean takeEqz() {
        if (follows(Code.I32_EQZ, 0)) {
            count--;
            return true;
        }
        return false;
    }

    /** Whether this instruction is the only one that can come before the next. */
    private boolean follows(int code, long first) {
        return live && count > 0 && bound != count && codes[count - 1] == code && firsts[count - 1] == first;
    }

    private int labelFrame() throws WasmException {
        int label = in.index();
        if (label >= depth) {
            throw invalid("unknown label " + label);
        }
        return depth - 1 - label;
    }

    private byte[] labelTypes(int frame) {
        return kinds[frame] == LOOP ? frameParameters[frame] : frameResults[frame];
    }

    /** How many cells lie between what a label takes and what was on the stack before its frame. */
    private int surplus(int frame, int arity) {
        return height - arity - bases[frame];
    }

    /** Goes to a frame's label with that many cells to be dropped. */
    private void leave(int frame, int arity, int surplus) {
        if (frame == 0) {
            emit(Code.RETURN);
            return;
        }
        if (surplus > 0) {
            emit(Code.UNWIND, arity, surplus);
        }
        emitJump(Code.BR, frame);
    }

    private void branch() throws WasmException {
        int frame = labelFrame();
        byte[] types = labelTypes(frame);
        int surplus = surplus(frame, types.length);
        pop(types);
        leave(frame, types.length, surplus);
        stop();
    }

    private void branchIf() throws WasmException {
        int frame = labelFrame();
        byte[] types = labelTypes(frame);
        pop(I32);
        int surplus = surplus(frame, types.length);
        pop(types);
        push(types);
        if (!live) {
            return;
        }
        boolean negated = takeEqz();
        if (surplus == 0) {
            emitJump(negated ? Code.BR_UNLESS : Code.BR_IF, frame);
        } else {
            int skip = count;
            emit(negated ? Code.BR_IF : Code.BR_UNLESS, NONE);
            leave(frame, types.length, surplus);
            bind(skip);
        }
    }

    private void branchTable() throws WasmException {
        int labels = in.count() + 1;
        pop(I32);
        int first = targetCount;
        if (labels > ProgramLimits.BRANCH_TARGETS_MAX) {
            throw limit("targets of a br_table", ProgramLimits.BRANCH_TARGETS_MAX);
        }
        if (first + labels > ProgramLimits.INSTRUCTIONS_MAX) {
            throw limit("targets of br_table in one function", ProgramLimits.INSTRUCTIONS_MAX);
        }
        if (first + labels > targets.length) {
            targets = Arrays.copyOf(targets, Math.max(first + labels, 2 * targets.length));
        }
        int arity = -1;
        int before = NONE;
        for (int i = 0; i < labels; i++) {
            int frame = labelFrame();
            targets[first + i] = frame;
            if (frame == before) {
                continue;
            }
            before = frame;
            byte[] types = labelTypes(frame);
            if (arity >= 0 && types.length != arity) {
                throw mismatch("labels that take " + arity + " and " + types.length + " values");
            }
            arity = types.length;
            checkTop(types);
        }
        int tableHeight = height;
        pop(labelTypes(before));
        if (live) {
            targetCount = first + labels;
            emit(Code.BR_TABLE, first, labels);
            height = tableHeight;
            fillTable(first, labels, arity);
        }
        stop();
    }

    /** The stack has to end in these types. It stays as it is: what is unknown stays unknown. */
    private void checkTop(byte[] types) throws WasmException {
        int available = height - base;
        for (int i = 0; i < types.length; i++) {
            byte expected = types[types.length - 1 - i];
            if (i >= available) {
                if (unreachable) {
                    break;
                }
                throw mismatch("expected " + type(expected) + ", found nothing");
            }
            byte found = values[height - 1 - i];
            if (found != UNKNOWN && found != expected) {
                throw mismatch("expected " + type(expected) + ", found " + type(found));
            }
        }
        transferred(types.length);
    }

    /** Turns frames into targets. Frames for which something has to be dropped get a place of their own behind the table. */
    private void fillTable(int first, int labels, int arity) {
        tableNumber++;
        for (int i = first; i < first + labels; i++) {
            int frame = targets[i];
            int surplus = surplus(frame, arity);
            if (surplus > 0) {
                if (detourNumbers[frame] != tableNumber) {
                    detourNumbers[frame] = tableNumber;
                    detours[frame] = count;
                    bound = count;
                    leave(frame, arity, surplus);
                }
                targets[i] = detours[frame];
            } else if (kinds[frame] == LOOP) {
                targets[i] = starts[frame];
            } else {
                targets[i] = chains[frame];
                chains[frame] = -2 - i;
            }
        }
    }

    private void begin(int kind) throws WasmException {
        int code = in.peek();
        byte[] parameters = NO_TYPES;
        byte[] results;
        if (code == EMPTY_BLOCK) {
            in.position++;
            results = NO_TYPES;
        } else if ((code & 0xC0) == 0x40) {
            results = SINGLE[WasmReader.valueType(in).code()];
        } else {
            int typeAt = in.position;
            long type = in.signed(33);
            if (type < 0 || type >= module.types.size()) {
                throw type < 0 ? WasmInput.malformed("malformed block type", typeAt) : invalid("unknown type " + type);
            }
            parameters = parameterTypes[(int) type];
            results = resultTypes[(int) type];
        }
        boolean negated = false;
        if (kind == IF) {
            pop(I32);
            negated = takeEqz();
        }
        pop(parameters);
        if (kind == IF) {
            emit(negated ? Code.BR_IF : Code.BR_UNLESS, NONE);
        }
        pushFrame(kind, parameters, results);
        if (kind == IF && live) {
            alternatives[depth - 1] = count - 1;
        }
        if (kind == LOOP) {
            bound = count;
        }
    }

    private void otherwise() throws WasmException {
        int frame = depth - 1;
        if (kinds[frame] != IF) {
            throw WasmInput.malformed("END opcode expected, found 'else'" + in(), at);
        }
        popResults();
        emitJump(Code.BR, frame);
        kinds[frame] = ELSE;
        unreachable = false;
        unreachables[frame] = false;
        live = entered[frame];
        if (live) {
            bind(alternatives[frame]);
        }
        push(frameParameters[frame]);
    }

    private void end() throws WasmException {
        int frame = depth - 1;
        popResults();
        byte[] results = frameResults[frame];
        if (kinds[frame] == IF) {
            if (!Arrays.equals(frameParameters[frame], results)) {
                throw mismatch("an 'if' without 'else' has to give what it takes");
            }
            live = entered[frame] || live;
            if (entered[frame]) {
                bind(alternatives[frame]);
            }
        }
        if (chains[frame] != NONE) {
            live = true;
            bind(chains[frame]);
        }
        depth--;
        if (depth == 0) {
            emit(Code.RETURN);
            return;
        }
        base = bases[depth - 1];
        unreachable = unreachables[depth - 1];
        push(results);
    }

    // Instructions

    private void instruction() throws WasmException {
        at = in.position;
        int code = in.u8();
        switch (code) {
            case Code.UNREACHABLE -> {
                emit(code);
                stop();
            }
            case Code.NOP -> {
                // Nothing to do is done fastest by no instruction.
            }
            case BLOCK, LOOP, IF -> begin(code);
            case ELSE -> otherwise();
            case END -> end();
            case Code.BR -> branch();
            case Code.BR_IF -> branchIf();
            case Code.BR_TABLE -> branchTable();
            case Code.RETURN -> {
                pop(frameResults[0]);
                emit(code);
                stop();
            }
            case Code.CALL -> call();
            case Code.CALL_INDIRECT -> callIndirect();
            case Code.DROP -> {
                pop();
                emit(code);
            }
            case Code.SELECT -> select();
            case SELECT_TYPED -> selectTyped();
            case Code.LOCAL_GET -> {
                int local = local();
                push(locals[local]);
                if (follows(Code.LOCAL_SET, local)) {
                    // What has just been stored stays on the stack instead of being loaded again.
                    codes[count - 1] = Code.LOCAL_TEE;
                } else {
                    emit(code, local);
                }
            }
            case Code.LOCAL_SET -> {
                int local = local();
                pop(locals[local]);
                emit(code, local);
            }
            case Code.LOCAL_TEE -> {
                int local = local();
                pop(locals[local]);
                push(locals[local]);
                emit(code, local);
            }
            case Code.GLOBAL_GET, Code.GLOBAL_SET -> global(code);
            case Code.TABLE_GET, Code.TABLE_SET -> tableElement(code);
            case Code.MEMORY_SIZE, Code.MEMORY_GROW -> simple(code, zeroMemory(), 0);
            case Code.I32_CONST -> {
                int cell = (int) in.signed(Integer.SIZE);
                push(I32);
                emit(code, cell);
            }
            case Code.I64_CONST -> simple(code, in.signed(Long.SIZE), 0);
            case Code.F32_CONST -> simple(code, in.fixed32() & 0xFFFF_FFFFL, 0);
            case Code.F64_CONST -> simple(code, in.fixed64(), 0);
            case Code.REF_NULL -> {
                byte type = (byte) WasmReader.referenceType(in).code();
                push(type);
                emit(code, type);
            }
            case Code.REF_IS_NULL -> {
                byte type = pop();
                if (type != UNKNOWN && !isReference(type)) {
                    throw mismatch("expected a reference, found " + type(type));
                }
                push(I32);
                emit(code);
            }
            case Code.REF_FUNC -> referToFunction();
            case MISCELLANEOUS -> miscellaneous();
            default -> {
                if (code >= Code.I32_LOAD && code <= Code.I64_STORE32) {
                    access(code);
                } else if (code >= Code.I32_EQZ && code <= Code.I64_EXTEND32_S) {
                    simple(code, 0, 0);
                } else {
                    throw illegal(code, code >= GARBAGE_COLLECTION && code <= THREADS ? in.index() : 0, at);
                }
            }
        }
    }

    /** An instruction of one effect. */
    private void simple(int code, long first, int second) throws WasmException {
        byte[] popped = POPPED[code];
        for (int i = POPS[code] - 1; i >= 0; i--) {
            pop(popped[i]);
        }
        if (PUSHED[code] != UNKNOWN) {
            push(PUSHED[code]);
        }
        emit(code, first, second);
    }

    private int local() throws WasmException {
        int local = in.index();
        if (local >= localCount) {
            throw invalid("unknown local " + local + ", of " + localCount);
        }
        return local;
    }

    private void global(int code) throws WasmException {
        int index = in.index();
        if (index >= module.globalTypes.size()) {
            throw invalid("unknown global " + index + ", of " + module.globalTypes.size());
        }
        GlobalEntity global = module.globalTypes.get(index);
        byte type = (byte) global.type().code();
        if (code == Code.GLOBAL_GET) {
            push(type);
        } else if (!global.mutable()) {
            throw invalid("global is immutable: " + index);
        } else {
            pop(type);
        }
        emit(code, binding.globals()[index]);
    }

    private int table() throws WasmException {
        int index = in.index();
        if (index >= module.tables.size()) {
            throw invalid("unknown table " + index);
        }
        return index;
    }

    private byte tableType(int table) {
        return (byte) module.tables.get(table).type().code();
    }

    private void tableElement(int code) throws WasmException {
        int table = table();
        byte type = tableType(table);
        if (code == Code.TABLE_SET) {
            pop(type);
        }
        pop(I32);
        if (code == Code.TABLE_GET) {
            push(type);
        }
        emit(code, binding.tables()[table]);
    }

    private void call() throws WasmException {
        int index = in.index();
        if (index >= module.functionTypes.length) {
            throw invalid("unknown function " + index + ", of " + module.functionTypes.length);
        }
        int type = module.functionTypes[index];
        pop(parameterTypes[type]);
        push(resultTypes[type]);
        int target = binding.functions()[index];
        if (target >= 0) {
            emit(Code.CALL, target);
        } else {
            emit(Code.CALL_HOST, -1 - target);
        }
    }

    private void callIndirect() throws WasmException {
        int type = in.index();
        int table = table();
        if (type >= module.types.size()) {
            throw invalid("unknown type " + type);
        }
        if (tableType(table) != FUNCREF) {
            throw mismatch("expected a table of funcref, found one of " + type(tableType(table)));
        }
        pop(I32);
        pop(parameterTypes[type]);
        push(resultTypes[type]);
        emit(Code.CALL_INDIRECT, binding.types()[type], binding.tables()[table]);
    }

    private void select() throws WasmException {
        pop(I32);
        byte second = pop();
        byte first = pop();
        if (isReference(first) || isReference(second)) {
            throw mismatch("expected numbers, found references, which need 'select t'");
        }
        if (first != second && first != UNKNOWN && second != UNKNOWN) {
            throw mismatch("expected two values of one type, found " + type(first) + " and " + type(second));
        }
        push(first == UNKNOWN ? second : first);
        emit(Code.SELECT);
    }

    private static boolean isReference(byte type) {
        return type != UNKNOWN && type(type).isReference();
    }

    private void selectTyped() throws WasmException {
        int types = in.count();
        if (types != 1) {
            throw invalid("invalid result arity of 'select t': " + types + ", expected 1");
        }
        byte type = (byte) WasmReader.valueType(in).code();
        pop(I32);
        pop(type);
        pop(type);
        push(type);
        emit(Code.SELECT);
    }

    private void access(int code) throws WasmException {
        int alignment = in.u32();
        long offset = in.u32() & 0xFFFF_FFFFL;
        int natural = NATURAL_ALIGNMENTS[code - Code.I32_LOAD];
        if (alignment < 0 || alignment > natural) {
            String feature = (alignment & 0x40) != 0 ? "; several memories (multi-memory) are not supported" : "";
            throw invalid("alignment must not be larger than natural: 2^" + Integer.toUnsignedString(alignment)
                    + ", expected at most 2^" + natural + feature);
        }
        checkMemory();
        simple(code, offset, binding.memories()[0]);
    }

    private void checkMemory() throws WasmException {
        if (module.memories.isEmpty()) {
            throw invalid("unknown memory 0");
        }
    }

    /** The place where later versions of the standard have the index of a memory. */
    private int zeroMemory() throws WasmException {
        int zeroAt = in.position;
        int zero = in.u8();
        if (zero != 0) {
            throw WasmInput.malformed(
                    "zero byte expected, found 0x" + Integer.toHexString(zero)
                            + "; several memories (multi-memory) are not supported",
                    zeroAt);
        }
        checkMemory();
        return binding.memories()[0];
    }

    private void referToFunction() throws WasmException {
        int index = in.index();
        if (index >= module.functionTypes.length) {
            throw invalid("unknown function " + index + ", of " + module.functionTypes.length);
        }
        if (!declared.get(index)) {
            throw invalid("undeclared function reference: nothing outside of code refers to function " + index);
        }
        push(FUNCREF);
        emit(Code.REF_FUNC, binding.references()[index]);
    }

    private void miscellaneous() throws WasmException {
        int second = in.index();
        int code = MISCELLANEOUS_CODES + second;
        if (second > Code.TABLE_FILL - MISCELLANEOUS_CODES) {
            throw illegal(MISCELLANEOUS, second, at);
        }
        switch (code) {
            case Code.MEMORY_INIT -> {
                int segment = in.index();
                int memory = zeroMemory();
                checkDataSegment(segment);
                simple(code, binding.data() + (long) segment, memory);
            }
            case Code.DATA_DROP -> {
                int segment = in.index();
                checkDataSegment(segment);
                emit(code, binding.data() + (long) segment);
            }
            case Code.MEMORY_COPY -> {
                int destination = zeroMemory();
                int source = zeroMemory();
                simple(code, destination, source);
            }
            case Code.MEMORY_FILL -> simple(code, zeroMemory(), 0);
            case Code.TABLE_INIT -> {
                int segment = in.index();
                int table = table();
                checkElementSegment(segment);
                ValueType type = module.elements.get(segment).type();
                if (tableType(table) != (byte) type.code()) {
                    throw mismatch("elements of type " + type + " for a table of " + type(tableType(table)));
                }
                simple(code, binding.elements() + (long) segment, binding.tables()[table]);
            }
            case Code.ELEM_DROP -> {
                int segment = in.index();
                checkElementSegment(segment);
                emit(code, binding.elements() + (long) segment);
            }
            case Code.TABLE_COPY -> {
                int destination = table();
                int source = table();
                if (tableType(destination) != tableType(source)) {
                    throw mismatch("tables of " + type(tableType(destination)) + " and " + type(tableType(source)));
                }
                simple(code, binding.tables()[destination], binding.tables()[source]);
            }
            case Code.TABLE_GROW -> {
                int table = table();
                pop(I32);
                pop(tableType(table));
                push(I32);
                emit(code, binding.tables()[table]);
            }
            case Code.TABLE_SIZE -> {
                int table = table();
                push(I32);
                emit(code, binding.tables()[table]);
            }
            case Code.TABLE_FILL -> {
                int table = table();
                pop(I32);
                pop(tableType(table));
                pop(I32);
                emit(code, binding.tables()[table]);
            }
            default -> simple(code, 0, 0);
        }
    }

    private void checkDataSegment(int segment) throws WasmException {
        if (segment >= module.data.size()) {
            throw invalid("unknown data segment " + segment);
        }
        if (!module.dataCounted) {
            throw WasmInput.malformed("data count section required for " + instructionAt() + in(), at);
        }
    }

    private void checkElementSegment(int segment) throws WasmException {
        if (segment >= module.elements.size()) {
            throw invalid("unknown elem segment " + segment);
        }
    }
}
