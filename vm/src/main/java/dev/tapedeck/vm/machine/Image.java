package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.isa.Code;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.ContentHash;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A program as the interpreter loop reads it. The instructions of all functions stand one behind the other in one array,
 * one {@code long} each, so the index of an instruction minus its function's start is its offset, with no map between:
 *
 * <pre>
 *  63            32 31      16 15       0
 * +----------------+----------+----------+
 * | big operand    | small    | Op       |
 * +----------------+----------+----------+
 * </pre>
 *
 * The big operand is signed; where it is a memory offset it is read as unsigned.
 */
final class Image {
    /** The most instructions of one program, so that an index fits an int with room. */
    static final int INSTRUCTIONS_MAX = 1 << 28;

    /** Rows of {@link #functions} are {@code 1 << ROW_SHIFT} ints long. */
    static final int ROW_SHIFT = 3;

    static final int ENTRY = 0;
    static final int PARAMETERS = 1;
    /** Cells to be cleared at a call: the locals beside the parameters. */
    static final int LOCALS = 2;
    /** Parameters, locals and the deepest operand stack together. */
    static final int CELLS = 3;

    static final int TYPE = 4;

    private static final Map<VerifiedProgram, Image> IMAGES = new WeakHashMap<>();

    final Program program;
    final long[] code;
    /** The same with sequences fused; where an instruction begins none, it is as in {@link #code}. */
    final long[] fused;
    /** Constants that do not fit a big operand. */
    final long[] pool;
    /** For each {@code br_table} the number of targets, then the targets. */
    final int[] jumps;
    /** One row of ints for each function. */
    final int[] functions;
    /** Each table as it is at the start. */
    final TableCells.State[] tables;
    /** The index of the first instruction of each function, and at the end the number of all. */
    private final int[] starts;
    /** No more instructions than this are executed between two polls of the loop. */
    final int stretchMax;
    /** Bits that stand for a function index in a flow trace. */
    final int functionBits;

    /** The content hashes that have been asked for. */
    private final AtomicReferenceArray<@Nullable ContentHash> hashes;

    /** The image of a program; made once for each. Does not refer to the key, so it goes when the program goes. */
    static Image of(VerifiedProgram verified) {
        synchronized (IMAGES) {
            return IMAGES.computeIfAbsent(verified, Image::new);
        }
    }

    private Image(VerifiedProgram verified) {
        program = verified.program();
        int count = program.functions().size();
        starts = new int[count + 1];
        hashes = new AtomicReferenceArray<>(count);
        int longest = 1;
        for (int f = 0; f < count; f++) {
            int length = program.functions().get(f).code().size();
            if (length > INSTRUCTIONS_MAX - starts[f]) {
                throw new IllegalArgumentException(
                        "program too large: more than " + INSTRUCTIONS_MAX + " instructions");
            }
            starts[f + 1] = starts[f] + length;
            longest = Math.max(longest, length);
        }
        stretchMax = longest;
        functionBits = bitsFor(count);
        int[] typeNumbers = typeNumbers(program.types());
        functions = new int[count << ROW_SHIFT];
        for (int f = 0; f < count; f++) {
            Function function = program.functions().get(f);
            int parameters = program.typeOf(function).parameters().size();
            int row = f << ROW_SHIFT;
            functions[row + ENTRY] = starts[f];
            functions[row + PARAMETERS] = parameters;
            functions[row + LOCALS] = function.locals().size();
            functions[row + CELLS] = parameters + function.locals().size() + verified.operandCellsMax(f);
            functions[row + TYPE] = typeNumbers[function.type()];
        }
        tables = program.tables().stream().map(Image::initial).toArray(TableCells.State[]::new);
        code = new long[starts[count]];
        Predecoder predecoder = new Predecoder(typeNumbers);
        for (int f = 0; f < count; f++) {
            predecoder.function(f);
        }
        fused = Fusion.fuse(code, starts);
        pool = predecoder.pool.stream().mapToLong(Long::longValue).toArray();
        jumps = predecoder.jumps.stream().mapToInt(Integer::intValue).toArray();
    }

    private static TableCells.State initial(Program.Table table) {
        int[] indexes = IntStream.range(0, table.elements().size()).toArray();
        long[] cells =
                table.elements().stream().mapToLong(function -> function + 1L).toArray();
        return TableCells.State.nulls(table.minimum()).with(indexes, cells);
    }

    /** Types are compared by what they say, so equal ones get one number. */
    private static int[] typeNumbers(List<FunctionType> types) {
        Map<FunctionType, Integer> numbers = new HashMap<>();
        int[] result = new int[types.size()];
        for (int i = 0; i < result.length; i++) {
            Integer first = numbers.putIfAbsent(types.get(i), i);
            result[i] = first == null ? i : first;
        }
        return result;
    }

    /** How many bits tell {@code choices} values apart. */
    static int bitsFor(int choices) {
        return choices <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(choices - 1);
    }

    int start(int function) {
        return starts[function];
    }

    /** Whether this is the index of a function's first instruction. */
    boolean isEntry(int pc) {
        return starts[functionAt(pc)] == pc;
    }

    /** The function that the instruction with this index belongs to. */
    int functionAt(int pc) {
        int found = Arrays.binarySearch(starts, 0, starts.length - 1, pc);
        if (found < 0) {
            return -found - 2;
        }
        // Functions without code do not pass the verifier, but starts may still repeat in a program of none.
        return found;
    }

    Position position(int pc) {
        int function = functionAt(pc);
        return new Position(function, pc - starts[function]);
    }

    Instruction instruction(int pc) {
        int function = functionAt(pc);
        return program.functions().get(function).code().get(pc - starts[function]);
    }

    ContentHash contentHash(int function) {
        ContentHash hash = hashes.get(function);
        if (hash == null) {
            hash = ContentHash.of(program, function);
            hashes.set(function, hash);
        }
        return hash;
    }

    /** Parameters and locals of a function. */
    int localCount(int function) {
        int row = function << ROW_SHIFT;
        return functions[row + PARAMETERS] + functions[row + LOCALS];
    }

    int resultCount(int function) {
        return program.typeOf(program.functions().get(function)).results().size();
    }

    private final class Predecoder {
        final List<Long> pool = new ArrayList<>();
        final List<Integer> jumps = new ArrayList<>();
        private final Map<Long, Integer> poolIndexes = new HashMap<>();
        private final int[] typeNumbers;

        Predecoder(int[] typeNumbers) {
            this.typeNumbers = typeNumbers;
        }

        void function(int function) {
            List<Instruction> instructions = program.functions().get(function).code();
            int start = starts[function];
            for (int offset = 0; offset < instructions.size(); offset++) {
                code[start + offset] = decode(function, start + offset, instructions.get(offset));
            }
        }

        private long decode(int function, int pc, Instruction instruction) {
            long a = instruction.a();
            int target = starts[function] + (int) a;
            return switch (instruction.opcode().code()) {
                case Code.UNREACHABLE -> pack(Op.UNREACHABLE);
                case Code.NOP,
                        Code.I64_EXTEND_I32_S,
                        Code.I32_REINTERPRET_F32,
                        Code.I64_REINTERPRET_F64,
                        Code.F32_REINTERPRET_I32,
                        Code.F64_REINTERPRET_I64 -> pack(Op.NOP);
                case Code.BR -> pack(target <= pc ? Op.BR_BACK : Op.BR_FORWARD, 0, target);
                case Code.BR_IF -> pack(target <= pc ? Op.BR_IF_BACK : Op.BR_IF_FORWARD, Fusion.IF_TRUE, target);
                case Code.BR_UNLESS -> pack(target <= pc ? Op.BR_UNLESS_BACK : Op.BR_UNLESS_FORWARD, 0, target);
                case Code.BR_TABLE -> {
                    int index = jumps.size();
                    jumps.add(instruction.labels().size());
                    for (int label : instruction.labels()) {
                        jumps.add(starts[function] + label);
                    }
                    yield pack(Op.BR_TABLE, bitsFor(instruction.labels().size()), index);
                }
                case Code.RETURN -> {
                    int results = resultCount(function);
                    yield pack(
                            results == 0 ? Op.RETURN_NONE : results == 1 ? Op.RETURN_ONE : Op.RETURN_MANY, 0, results);
                }
                case Code.CALL -> pack(Op.CALL, 0, (int) a);
                case Code.CALL_INDIRECT -> pack(Op.CALL_INDIRECT, (int) instruction.b(), typeNumbers[(int) a]);
                case Code.CALL_HOST -> pack(Op.CALL_HOST, 0, (int) a);
                case Code.HALT -> pack(Op.HALT);
                case Code.DROP -> pack(Op.DROP);
                case Code.SELECT -> pack(Op.SELECT);
                case Code.UNWIND -> pack(Op.UNWIND, (int) a, (int) instruction.b());
                case Code.LOCAL_GET -> pack(Op.LOCAL_GET, 0, (int) a);
                case Code.LOCAL_SET -> pack(Op.LOCAL_SET, 0, (int) a);
                case Code.LOCAL_TEE -> pack(Op.LOCAL_TEE, 0, (int) a);
                case Code.GLOBAL_GET -> pack(Op.GLOBAL_GET, 0, (int) a);
                case Code.GLOBAL_SET -> pack(Op.GLOBAL_SET, 0, (int) a);
                case Code.I32_CONST, Code.F32_CONST -> pack(Op.CONST, 0, (int) a);
                case Code.I64_CONST, Code.F64_CONST -> constant(a);
                case Code.I32_LOAD8_S, Code.I64_LOAD8_S -> access(Op.LOAD8_S, instruction);
                case Code.I32_LOAD8_U, Code.I64_LOAD8_U -> access(Op.LOAD8_U, instruction);
                case Code.I32_LOAD16_S, Code.I64_LOAD16_S -> access(Op.LOAD16_S, instruction);
                case Code.I32_LOAD16_U, Code.I64_LOAD16_U -> access(Op.LOAD16_U, instruction);
                case Code.I32_LOAD, Code.F32_LOAD, Code.I64_LOAD32_S -> access(Op.LOAD32_S, instruction);
                case Code.I64_LOAD32_U -> access(Op.LOAD32_U, instruction);
                case Code.I64_LOAD, Code.F64_LOAD -> access(Op.LOAD64, instruction);
                case Code.I32_STORE8, Code.I64_STORE8 -> access(Op.STORE8, instruction);
                case Code.I32_STORE16, Code.I64_STORE16 -> access(Op.STORE16, instruction);
                case Code.I32_STORE, Code.F32_STORE, Code.I64_STORE32 -> access(Op.STORE32, instruction);
                case Code.I64_STORE, Code.F64_STORE -> access(Op.STORE64, instruction);
                case Code.MEMORY_SIZE -> a == 0 ? pack(Op.MEMORY_SIZE) : pack(Op.OTHER_SIZE, 0, (int) a);
                case Code.MEMORY_GROW -> pack(Op.MEMORY_GROW, 0, (int) a);
                case Code.MEMORY_COPY -> pack(Op.MEMORY_COPY, (int) a, (int) instruction.b());
                case Code.MEMORY_FILL -> pack(Op.MEMORY_FILL, 0, (int) a);
                case Code.MEMORY_INIT -> pack(Op.MEMORY_INIT, (int) instruction.b(), (int) a);
                case Code.DATA_DROP -> pack(Op.DATA_DROP, 0, (int) a);
                case Code.TABLE_GET -> pack(Op.TABLE_GET, 0, (int) a);
                case Code.TABLE_SET -> pack(Op.TABLE_SET, 0, (int) a);
                case Code.TABLE_INIT -> pack(Op.TABLE_INIT, (int) instruction.b(), (int) a);
                case Code.ELEM_DROP -> pack(Op.ELEM_DROP, 0, (int) a);
                case Code.TABLE_COPY -> pack(Op.TABLE_COPY, (int) a, (int) instruction.b());
                case Code.TABLE_GROW -> pack(Op.TABLE_GROW, 0, (int) a);
                case Code.TABLE_SIZE -> pack(Op.TABLE_SIZE, 0, (int) a);
                case Code.TABLE_FILL -> pack(Op.TABLE_FILL, 0, (int) a);
                case Code.REF_NULL -> pack(Op.CONST, 0, (int) ValueType.NULL);
                case Code.REF_FUNC -> pack(Op.CONST, 0, (int) a + 1);
                case Code.I32_EQZ, Code.I64_EQZ, Code.REF_IS_NULL -> pack(Op.EQZ);
                case Code.I32_EQ, Code.I64_EQ -> pack(Op.EQ);
                case Code.I32_NE, Code.I64_NE -> pack(Op.NE);
                case Code.I32_LT_S, Code.I64_LT_S -> pack(Op.LT_S);
                case Code.I32_LT_U, Code.I64_LT_U -> pack(Op.LT_U);
                case Code.I32_GT_S, Code.I64_GT_S -> pack(Op.GT_S);
                case Code.I32_GT_U, Code.I64_GT_U -> pack(Op.GT_U);
                case Code.I32_LE_S, Code.I64_LE_S -> pack(Op.LE_S);
                case Code.I32_LE_U, Code.I64_LE_U -> pack(Op.LE_U);
                case Code.I32_GE_S, Code.I64_GE_S -> pack(Op.GE_S);
                case Code.I32_GE_U, Code.I64_GE_U -> pack(Op.GE_U);
                case Code.F32_EQ -> pack(Op.F32_EQ);
                case Code.F32_NE -> pack(Op.F32_NE);
                case Code.F32_LT -> pack(Op.F32_LT);
                case Code.F32_GT -> pack(Op.F32_GT);
                case Code.F32_LE -> pack(Op.F32_LE);
                case Code.F32_GE -> pack(Op.F32_GE);
                case Code.F64_EQ -> pack(Op.F64_EQ);
                case Code.F64_NE -> pack(Op.F64_NE);
                case Code.F64_LT -> pack(Op.F64_LT);
                case Code.F64_GT -> pack(Op.F64_GT);
                case Code.F64_LE -> pack(Op.F64_LE);
                case Code.F64_GE -> pack(Op.F64_GE);
                case Code.I32_CLZ -> pack(Op.I32_CLZ);
                case Code.I32_CTZ -> pack(Op.I32_CTZ);
                case Code.I32_POPCNT -> pack(Op.I32_POPCNT);
                case Code.I32_ADD -> pack(Op.I32_ADD);
                case Code.I32_SUB -> pack(Op.I32_SUB);
                case Code.I32_MUL -> pack(Op.I32_MUL);
                case Code.I32_DIV_S -> pack(Op.I32_DIV_S);
                case Code.I32_DIV_U -> pack(Op.I32_DIV_U);
                case Code.I32_REM_S -> pack(Op.I32_REM_S);
                case Code.I32_REM_U -> pack(Op.I32_REM_U);
                case Code.I32_AND, Code.I64_AND -> pack(Op.AND);
                case Code.I32_OR, Code.I64_OR -> pack(Op.OR);
                case Code.I32_XOR, Code.I64_XOR -> pack(Op.XOR);
                case Code.I32_SHL -> pack(Op.I32_SHL);
                case Code.I32_SHR_S -> pack(Op.I32_SHR_S);
                case Code.I32_SHR_U -> pack(Op.I32_SHR_U);
                case Code.I32_ROTL -> pack(Op.I32_ROTL);
                case Code.I32_ROTR -> pack(Op.I32_ROTR);
                case Code.I64_CLZ -> pack(Op.I64_CLZ);
                case Code.I64_CTZ -> pack(Op.I64_CTZ);
                case Code.I64_POPCNT -> pack(Op.I64_POPCNT);
                case Code.I64_ADD -> pack(Op.I64_ADD);
                case Code.I64_SUB -> pack(Op.I64_SUB);
                case Code.I64_MUL -> pack(Op.I64_MUL);
                case Code.I64_DIV_S -> pack(Op.I64_DIV_S);
                case Code.I64_DIV_U -> pack(Op.I64_DIV_U);
                case Code.I64_REM_S -> pack(Op.I64_REM_S);
                case Code.I64_REM_U -> pack(Op.I64_REM_U);
                case Code.I64_SHL -> pack(Op.I64_SHL);
                case Code.I64_SHR_S -> pack(Op.I64_SHR_S);
                case Code.I64_SHR_U -> pack(Op.I64_SHR_U);
                case Code.I64_ROTL -> pack(Op.I64_ROTL);
                case Code.I64_ROTR -> pack(Op.I64_ROTR);
                case Code.F32_ABS -> pack(Op.F32_ABS);
                case Code.F32_NEG -> pack(Op.F32_NEG);
                case Code.F32_CEIL -> pack(Op.F32_CEIL);
                case Code.F32_FLOOR -> pack(Op.F32_FLOOR);
                case Code.F32_TRUNC -> pack(Op.F32_TRUNC);
                case Code.F32_NEAREST -> pack(Op.F32_NEAREST);
                case Code.F32_SQRT -> pack(Op.F32_SQRT);
                case Code.F32_ADD -> pack(Op.F32_ADD);
                case Code.F32_SUB -> pack(Op.F32_SUB);
                case Code.F32_MUL -> pack(Op.F32_MUL);
                case Code.F32_DIV -> pack(Op.F32_DIV);
                case Code.F32_MIN -> pack(Op.F32_MIN);
                case Code.F32_MAX -> pack(Op.F32_MAX);
                case Code.F32_COPYSIGN -> pack(Op.F32_COPYSIGN);
                case Code.F64_ABS -> pack(Op.F64_ABS);
                case Code.F64_NEG -> pack(Op.F64_NEG);
                case Code.F64_CEIL -> pack(Op.F64_CEIL);
                case Code.F64_FLOOR -> pack(Op.F64_FLOOR);
                case Code.F64_TRUNC -> pack(Op.F64_TRUNC);
                case Code.F64_NEAREST -> pack(Op.F64_NEAREST);
                case Code.F64_SQRT -> pack(Op.F64_SQRT);
                case Code.F64_ADD -> pack(Op.F64_ADD);
                case Code.F64_SUB -> pack(Op.F64_SUB);
                case Code.F64_MUL -> pack(Op.F64_MUL);
                case Code.F64_DIV -> pack(Op.F64_DIV);
                case Code.F64_MIN -> pack(Op.F64_MIN);
                case Code.F64_MAX -> pack(Op.F64_MAX);
                case Code.F64_COPYSIGN -> pack(Op.F64_COPYSIGN);
                case Code.I32_WRAP_I64, Code.I64_EXTEND32_S -> pack(Op.EXTEND32_S);
                case Code.I32_TRUNC_F32_S -> pack(Op.I32_TRUNC_F32_S);
                case Code.I32_TRUNC_F32_U -> pack(Op.I32_TRUNC_F32_U);
                case Code.I32_TRUNC_F64_S -> pack(Op.I32_TRUNC_F64_S);
                case Code.I32_TRUNC_F64_U -> pack(Op.I32_TRUNC_F64_U);
                case Code.I64_EXTEND_I32_U -> pack(Op.EXTEND32_U);
                case Code.I64_TRUNC_F32_S -> pack(Op.I64_TRUNC_F32_S);
                case Code.I64_TRUNC_F32_U -> pack(Op.I64_TRUNC_F32_U);
                case Code.I64_TRUNC_F64_S -> pack(Op.I64_TRUNC_F64_S);
                case Code.I64_TRUNC_F64_U -> pack(Op.I64_TRUNC_F64_U);
                case Code.F32_CONVERT_I32_S, Code.F32_CONVERT_I64_S -> pack(Op.F32_CONVERT_S);
                case Code.F32_CONVERT_I32_U -> pack(Op.F32_CONVERT_I32_U);
                case Code.F32_CONVERT_I64_U -> pack(Op.F32_CONVERT_I64_U);
                case Code.F32_DEMOTE_F64 -> pack(Op.F32_DEMOTE_F64);
                case Code.F64_CONVERT_I32_S, Code.F64_CONVERT_I64_S -> pack(Op.F64_CONVERT_S);
                case Code.F64_CONVERT_I32_U -> pack(Op.F64_CONVERT_I32_U);
                case Code.F64_CONVERT_I64_U -> pack(Op.F64_CONVERT_I64_U);
                case Code.F64_PROMOTE_F32 -> pack(Op.F64_PROMOTE_F32);
                case Code.I32_EXTEND8_S, Code.I64_EXTEND8_S -> pack(Op.EXTEND8);
                case Code.I32_EXTEND16_S, Code.I64_EXTEND16_S -> pack(Op.EXTEND16);
                case Code.I32_TRUNC_SAT_F32_S -> pack(Op.I32_TRUNC_SAT_F32_S);
                case Code.I32_TRUNC_SAT_F32_U -> pack(Op.I32_TRUNC_SAT_F32_U);
                case Code.I32_TRUNC_SAT_F64_S -> pack(Op.I32_TRUNC_SAT_F64_S);
                case Code.I32_TRUNC_SAT_F64_U -> pack(Op.I32_TRUNC_SAT_F64_U);
                case Code.I64_TRUNC_SAT_F32_S -> pack(Op.I64_TRUNC_SAT_F32_S);
                case Code.I64_TRUNC_SAT_F32_U -> pack(Op.I64_TRUNC_SAT_F32_U);
                case Code.I64_TRUNC_SAT_F64_S -> pack(Op.I64_TRUNC_SAT_F64_S);
                case Code.I64_TRUNC_SAT_F64_U -> pack(Op.I64_TRUNC_SAT_F64_U);
                case Code.INTERRUPT_ENABLE -> pack(Op.INTERRUPT_ENABLE);
                case Code.INTERRUPT_DISABLE -> pack(Op.INTERRUPT_DISABLE);
                case Code.INTERRUPT_ENABLED -> pack(Op.INTERRUPT_ENABLED);
                case Code.INTERRUPT_HANDLE -> pack(Op.INTERRUPT_HANDLE, 0, (int) a);
                case Code.INTERRUPT_UNHANDLE -> pack(Op.INTERRUPT_UNHANDLE);
                case Code.INTERRUPT_RAISE -> pack(Op.INTERRUPT_RAISE);
                case Code.INTERRUPT_RETURN -> pack(Op.INTERRUPT_RETURN);
                case Code.HP_GET -> pack(Op.HP_GET);
                case Code.HP_SET -> pack(Op.HP_SET);
                case Code.I32_EXTEND8_U, Code.I64_EXTEND8_U -> pack(Op.EXTEND8_U);
                case Code.I32_EXTEND16_U, Code.I64_EXTEND16_U -> pack(Op.EXTEND16_U);
                case Code.I32_NARROW8_CHECKED_S, Code.I64_NARROW8_CHECKED_S -> pack(Op.NARROW8_S);
                case Code.I32_NARROW8_CHECKED_U, Code.I64_NARROW8_CHECKED_U -> pack(Op.NARROW8_U);
                case Code.I32_NARROW16_CHECKED_S, Code.I64_NARROW16_CHECKED_S -> pack(Op.NARROW16_S);
                case Code.I32_NARROW16_CHECKED_U, Code.I64_NARROW16_CHECKED_U -> pack(Op.NARROW16_U);
                case Code.I64_NARROW32_CHECKED_S -> pack(Op.NARROW32_S);
                case Code.I64_NARROW32_CHECKED_U -> pack(Op.NARROW32_U);
                case Code.I32_NEG_CHECKED_S -> pack(Op.I32_NEG_CHECKED_S);
                case Code.I64_NEG_CHECKED_S -> pack(Op.I64_NEG_CHECKED_S);
                case Code.I32_NEG_CHECKED_U, Code.I64_NEG_CHECKED_U -> pack(Op.NEG_CHECKED_U);
                case Code.I32_ADD_CHECKED_S -> pack(Op.I32_ADD_CHECKED_S);
                case Code.I32_ADD_CHECKED_U -> pack(Op.I32_ADD_CHECKED_U);
                case Code.I32_SUB_CHECKED_S -> pack(Op.I32_SUB_CHECKED_S);
                case Code.I32_SUB_CHECKED_U -> pack(Op.I32_SUB_CHECKED_U);
                case Code.I32_MUL_CHECKED_S -> pack(Op.I32_MUL_CHECKED_S);
                case Code.I32_MUL_CHECKED_U -> pack(Op.I32_MUL_CHECKED_U);
                case Code.I64_ADD_CHECKED_S -> pack(Op.I64_ADD_CHECKED_S);
                case Code.I64_ADD_CHECKED_U -> pack(Op.I64_ADD_CHECKED_U);
                case Code.I64_SUB_CHECKED_S -> pack(Op.I64_SUB_CHECKED_S);
                case Code.I64_SUB_CHECKED_U -> pack(Op.I64_SUB_CHECKED_U);
                case Code.I64_MUL_CHECKED_S -> pack(Op.I64_MUL_CHECKED_S);
                case Code.I64_MUL_CHECKED_U -> pack(Op.I64_MUL_CHECKED_U);
                case Code.IP_GET -> pack(Op.IP_GET);
                case Code.SP_GET -> pack(Op.SP_GET);
                case Code.BP_GET -> pack(Op.BP_GET);
                case Code.ICOUNT_GET -> pack(Op.ICOUNT_GET);
                case Code.SECTION_NEW -> pack(Op.SECTION_NEW);
                case Code.SECTION_FREE -> pack(Op.SECTION_FREE);
                case Code.SECTION_SIZE -> pack(Op.SECTION_SIZE);
                case Code.SECTION_LOAD8_S -> pack(Op.SECTION_LOAD8_S, 0, (int) a);
                case Code.SECTION_LOAD8_U -> pack(Op.SECTION_LOAD8_U, 0, (int) a);
                case Code.SECTION_LOAD16_S -> pack(Op.SECTION_LOAD16_S, 0, (int) a);
                case Code.SECTION_LOAD16_U -> pack(Op.SECTION_LOAD16_U, 0, (int) a);
                case Code.SECTION_LOAD32 -> pack(Op.SECTION_LOAD32, 0, (int) a);
                case Code.SECTION_LOAD64 -> pack(Op.SECTION_LOAD64, 0, (int) a);
                case Code.SECTION_STORE8 -> pack(Op.SECTION_STORE8, 0, (int) a);
                case Code.SECTION_STORE16 -> pack(Op.SECTION_STORE16, 0, (int) a);
                case Code.SECTION_STORE32 -> pack(Op.SECTION_STORE32, 0, (int) a);
                case Code.SECTION_STORE64 -> pack(Op.SECTION_STORE64, 0, (int) a);
                case Code.SECTION_COPY -> pack(Op.SECTION_COPY);
                case Code.SECTION_FILL -> pack(Op.SECTION_FILL);
                default -> throw new AssertionError("no operation for " + instruction.opcode());
            };
        }

        private long access(int op, Instruction instruction) {
            int memory = (int) instruction.b();
            return memory == 0
                    ? pack(op, 0, (int) instruction.a())
                    : pack(op - Op.LOAD8_S + Op.OTHER_MEMORY, memory, (int) instruction.a());
        }

        private long constant(long cell) {
            if (cell == (int) cell) {
                return pack(Op.CONST, 0, (int) cell);
            }
            int index = poolIndexes.computeIfAbsent(cell, key -> {
                pool.add(key);
                return pool.size() - 1;
            });
            return pack(Op.CONST_POOL, 0, index);
        }

        private static long pack(int op) {
            return op;
        }

        private static long pack(int op, int small, int big) {
            if (small < 0 || small > 0xFFFF) {
                throw new IllegalArgumentException("operand " + small + " is too large, expected 0 to 65535");
            }
            return (long) big << 32 | (long) small << 16 | op;
        }
    }

    /** Whether a reference to a function can be on the stack. */
    boolean stackOfReferences() {
        return references().onStack;
    }

    /** The functions that a reference can be to, in ascending order. */
    BitSet referable() {
        return references().functions;
    }

    private record References(boolean onStack, BitSet functions) {}

    private @Nullable References references;

    private synchronized References references() {
        References known = references;
        if (known == null) {
            known = findReferences();
            references = known;
        }
        return known;
    }

    private References findReferences() {
        BitSet found = new BitSet();
        program.tables().forEach(table -> add(found, table.type(), table.elements()));
        program.elements().forEach(segment -> add(found, segment.type(), segment.elements()));
        for (Program.Global global : program.globals()) {
            if (global.type() == ValueType.FUNCREF && global.initial() > 0) {
                found.set((int) global.initial() - 1);
            }
        }
        boolean onStack = program.types().stream()
                .anyMatch(type -> type.parameters().contains(ValueType.FUNCREF)
                        || type.results().contains(ValueType.FUNCREF));
        for (Function function : program.functions()) {
            onStack |= function.locals().contains(ValueType.FUNCREF);
            for (Instruction instruction : function.code()) {
                switch (instruction.opcode().code()) {
                    case Code.REF_FUNC -> {
                        found.set((int) instruction.a());
                        onStack = true;
                    }
                    case Code.TABLE_GET, Code.GLOBAL_GET -> onStack |= pushesReference(instruction);
                    default -> {}
                }
            }
        }
        return new References(onStack, found);
    }

    private boolean pushesReference(Instruction instruction) {
        int index = (int) instruction.a();
        ValueType type = instruction.opcode().code() == Code.TABLE_GET
                ? program.tables().get(index).type()
                : program.globals().get(index).type();
        return type == ValueType.FUNCREF;
    }

    private static void add(BitSet found, ValueType type, List<Integer> elements) {
        if (type == ValueType.FUNCREF) {
            elements.stream().filter(element -> element >= 0).forEach(found::set);
        }
    }
}
