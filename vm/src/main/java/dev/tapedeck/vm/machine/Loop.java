package dev.tapedeck.vm.machine;

import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/**
 * The interpreter loop.
 *
 * <p><b>Variants.</b> This one source is loaded several times as a hidden class, by {@link Interpreter}. Each copy is
 * given its flags as class data, so they are constants for the JIT compiler, which drops what the variant does not do.
 * Each copy also has its own profile.
 *
 * <p><b>Counting.</b> The instruction count is {@code base + pc}, where {@code pc} is the index of the next instruction
 * in the {@link Image}. It so goes up by itself while instructions follow one another; a taken jump from behind
 * {@code pc} to {@code target} adds {@code pc - target} to {@code base}.
 *
 * <p><b>Limit.</b> Tested at backward jumps, calls and returns only, so the loop may run past the limit by
 * {@link Image#stretchMax}; the machine passes one that is lower by as much. The stepped variants test it before each
 * instruction and are used for what is left.
 *
 * <p><b>Faults.</b> An instruction checks everything before it changes anything, so a fault leaves the state as it was
 * before the instruction, and {@link Diagnosis} can find the reason there.
 *
 * <p><b>Size.</b> HotSpot never compiles a method of more than 8,000 bytes of bytecode: what is rare belongs into
 * {@link Numeric} or, if it needs the machine, outside of the loop.
 */
@SuppressWarnings({
    "StatementSwitchToExpressionSwitch", // Cases end with `continue`: one jump back to the fetch.
    "IntLongMath" // An i32 result is computed in 32 bits and sign-extended to the cell.
})
final class Loop extends Interpreter {
    private static final boolean TRACED;
    private static final boolean STEPPED;

    static {
        Variant variant = classData();
        TRACED = variant != null && variant.traced();
        STEPPED = variant != null && variant.stepped();
    }

    private static final long UNSIGNED = 0xFFFF_FFFFL;
    private static final int OFFSET = PageMap.PAGE_BYTES - 1;

    private static @Nullable Variant classData() {
        try {
            return MethodHandles.classData(MethodHandles.lookup(), "_", Variant.class);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    int run(Machine machine, long limit) {
        final Image image = machine.image;
        final long[] code = STEPPED || !machine.fusion ? image.code : image.fused;
        final long[] pool = image.pool;
        final int[] jumps = image.jumps;
        final int[] functions = image.functions;
        final TableCells[] tables = machine.tables;
        final int functionBits = image.functionBits;
        final Memory memory = machine.memory;
        final byte[] @Nullable [] readable = memory.readable;
        final byte[] @Nullable [] writable = memory.writable;
        final long[] globals = machine.globals;
        final FlowTrace trace = TRACED ? machine.requireTrace() : FlowTrace.NONE;
        long[] stack = machine.stack;
        long[] frames = machine.frames;
        int depth = machine.depth;
        int sp = machine.sp;
        int bp = machine.bp;
        int pc = machine.pc;
        long base = machine.base;
        int exit;

        loop:
        for (; ; ) {
            if (STEPPED && base + pc >= limit) {
                exit = LIMIT;
                break loop;
            }
            final long word = code[pc++];
            final int big = (int) (word >> 32);
            final boolean condition;
            switch ((int) word & 0xFFFF) {
                case Op.NOP:
                    continue;
                case Op.CONST:
                    stack[sp++] = big;
                    continue;
                case Op.CONST_POOL:
                    stack[sp++] = pool[big];
                    continue;
                case Op.LOCAL_GET:
                    stack[sp++] = stack[bp + big];
                    continue;
                case Op.LOCAL_SET:
                    stack[bp + big] = stack[--sp];
                    continue;
                case Op.LOCAL_TEE:
                    stack[bp + big] = stack[sp - 1];
                    continue;
                case Op.GLOBAL_GET:
                    stack[sp++] = globals[big];
                    continue;
                case Op.GLOBAL_SET:
                    globals[big] = stack[--sp];
                    continue;
                case Op.DROP:
                    sp--;
                    continue;
                case Op.SELECT:
                    sp -= 2;
                    if (stack[sp + 1] == 0) {
                        stack[sp - 1] = stack[sp];
                    }
                    continue;
                case Op.UNWIND: {
                    int keep = (int) word >>> 16;
                    int drop = big;
                    sp -= drop;
                    for (int i = sp - keep; i < sp; i++) {
                        stack[i] = stack[i + drop];
                    }
                    continue;
                }
                case Op.BR_FORWARD: {
                    int target = big;
                    base += pc - target;
                    pc = target;
                    continue;
                }
                case Op.BR_BACK: {
                    int target = big;
                    base += pc - target;
                    pc = target;
                    if (base + pc >= limit) {
                        exit = LIMIT;
                        break loop;
                    }
                    continue;
                }
                case Op.BR_IF_FORWARD:
                case Op.BR_IF_BACK: {
                    condition = stack[--sp] != 0;
                    if (TRACED) {
                        pc--;
                        break;
                    }
                    if (condition) {
                        int target = big;
                        base += pc - target;
                        pc = target;
                        if (base + pc >= limit) {
                            exit = LIMIT;
                            break loop;
                        }
                    }
                    continue;
                }
                case Op.BR_UNLESS_FORWARD:
                case Op.BR_UNLESS_BACK: {
                    condition = stack[--sp] != 0;
                    if (TRACED) {
                        pc--;
                        break;
                    }
                    if (!condition) {
                        int target = big;
                        base += pc - target;
                        pc = target;
                        if (base + pc >= limit) {
                            exit = LIMIT;
                            break loop;
                        }
                    }
                    continue;
                }
                case Op.BR_TABLE: {
                    int row = big;
                    int last = jumps[row] - 1;
                    int index = (int) stack[--sp];
                    if (index < 0 || index > last) {
                        index = last;
                    }
                    if (TRACED) {
                        trace.appendBits(index, (int) word >>> 16);
                    }
                    int target = jumps[row + 1 + index];
                    base += pc - target;
                    pc = target;
                    if (base + pc >= limit) {
                        exit = LIMIT;
                        break loop;
                    }
                    continue;
                }
                case Op.CALL_INDIRECT:
                case Op.CALL: {
                    int function = big;
                    int top = sp;
                    if ((int) (word & 0xFFFF) == Op.CALL_INDIRECT) {
                        top--;
                        function = tables[(int) word >>> 16].function((int) stack[top]);
                        if (function < 0 || functions[(function << Image.ROW_SHIFT) + Image.TYPE] != big) {
                            exit = FAULT;
                            break loop;
                        }
                    }
                    int row = function << Image.ROW_SHIFT;
                    int newBase = top - functions[row + Image.PARAMETERS];
                    if (newBase + functions[row + Image.CELLS] > stack.length || depth == frames.length) {
                        if (!machine.makeRoom(newBase, functions[row + Image.CELLS], depth)) {
                            exit = FAULT;
                            break loop;
                        }
                        stack = machine.stack;
                        frames = machine.frames;
                    }
                    if (TRACED && (int) (word & 0xFFFF) == Op.CALL_INDIRECT) {
                        trace.appendBits(function, functionBits);
                    }
                    frames[depth++] = (long) pc << 32 | bp;
                    bp = newBase;
                    sp = top;
                    for (int i = functions[row + Image.LOCALS]; i > 0; i--) {
                        stack[sp++] = 0;
                    }
                    int target = functions[row + Image.ENTRY];
                    base += pc - target;
                    pc = target;
                    if (base + pc >= limit) {
                        exit = LIMIT;
                        break loop;
                    }
                    continue;
                }
                case Op.RETURN_NONE: {
                    if (depth == 1) {
                        exit = RETURN;
                        break loop;
                    }
                    sp = bp;
                    long frame = frames[--depth];
                    int target = (int) (frame >>> 32);
                    bp = (int) frame & Frames.BASE;
                    base += pc - target;
                    pc = target;
                    if (base + pc >= limit) {
                        exit = LIMIT;
                        break loop;
                    }
                    continue;
                }
                case Op.RETURN_ONE: {
                    if (depth == 1) {
                        exit = RETURN;
                        break loop;
                    }
                    stack[bp] = stack[sp - 1];
                    sp = bp + 1;
                    long frame = frames[--depth];
                    int target = (int) (frame >>> 32);
                    bp = (int) frame & Frames.BASE;
                    base += pc - target;
                    pc = target;
                    if (base + pc >= limit) {
                        exit = LIMIT;
                        break loop;
                    }
                    continue;
                }
                case Op.RETURN_MANY: {
                    if (depth == 1) {
                        exit = RETURN;
                        break loop;
                    }
                    int count = big;
                    System.arraycopy(stack, sp - count, stack, bp, count);
                    sp = bp + count;
                    long frame = frames[--depth];
                    int target = (int) (frame >>> 32);
                    bp = (int) frame & Frames.BASE;
                    base += pc - target;
                    pc = target;
                    if (base + pc >= limit) {
                        exit = LIMIT;
                        break loop;
                    }
                    continue;
                }
                case Op.LOAD8_S: {
                    long at = (stack[sp - 1] & UNSIGNED) + (word >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp - 1] = bytes[offset];
                    } else if (memory.outside(at, 1)) {
                        exit = FAULT;
                        break loop;
                    } else {
                        stack[sp - 1] = memory.loadByte(at);
                    }
                    continue;
                }
                case Op.LOAD8_U: {
                    long at = (stack[sp - 1] & UNSIGNED) + (word >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp - 1] = bytes[offset] & 0xFF;
                    } else if (memory.outside(at, 1)) {
                        exit = FAULT;
                        break loop;
                    } else {
                        stack[sp - 1] = memory.loadByte(at) & 0xFF;
                    }
                    continue;
                }
                case Op.LOAD16_S: {
                    long at = (stack[sp - 1] & UNSIGNED) + (word >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4094 && page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp - 1] = (short) Memory.SHORT.get(bytes, offset);
                    } else if (memory.outside(at, 2)) {
                        exit = FAULT;
                        break loop;
                    } else {
                        stack[sp - 1] = (short) memory.load(at, 2);
                    }
                    continue;
                }
                case Op.LOAD16_U: {
                    long at = (stack[sp - 1] & UNSIGNED) + (word >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4094 && page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp - 1] = (short) Memory.SHORT.get(bytes, offset) & 0xFFFF;
                    } else if (memory.outside(at, 2)) {
                        exit = FAULT;
                        break loop;
                    } else {
                        stack[sp - 1] = memory.load(at, 2);
                    }
                    continue;
                }
                case Op.LOAD32_S: {
                    long at = (stack[sp - 1] & UNSIGNED) + (word >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4092 && page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp - 1] = (int) Memory.INT.get(bytes, offset);
                    } else if (memory.outside(at, 4)) {
                        exit = FAULT;
                        break loop;
                    } else {
                        stack[sp - 1] = (int) memory.load(at, 4);
                    }
                    continue;
                }
                case Op.LOAD32_U: {
                    long at = (stack[sp - 1] & UNSIGNED) + (word >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4092 && page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp - 1] = (int) Memory.INT.get(bytes, offset) & UNSIGNED;
                    } else if (memory.outside(at, 4)) {
                        exit = FAULT;
                        break loop;
                    } else {
                        stack[sp - 1] = memory.load(at, 4);
                    }
                    continue;
                }
                case Op.LOAD64: {
                    long at = (stack[sp - 1] & UNSIGNED) + (word >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4088 && page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp - 1] = (long) Memory.LONG.get(bytes, offset);
                    } else if (memory.outside(at, 8)) {
                        exit = FAULT;
                        break loop;
                    } else {
                        stack[sp - 1] = memory.load(at, 8);
                    }
                    continue;
                }
                case Op.STORE8: {
                    long at = (stack[sp - 2] & UNSIGNED) + (word >>> 32);
                    long value = stack[sp - 1];
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (page < writable.length && (bytes = writable[page]) != null) {
                        bytes[offset] = (byte) value;
                    } else if (!memory.store(at, value, 1)) {
                        exit = FAULT;
                        break loop;
                    }
                    if (TRACED) {
                        trace.chain = (trace.chain ^ (value & 0xFF) ^ at * FlowTrace.PLACE) * FlowTrace.MIX;
                        trace.chain ^= trace.chain >>> 32;
                    }
                    sp -= 2;
                    continue;
                }
                case Op.STORE16: {
                    long at = (stack[sp - 2] & UNSIGNED) + (word >>> 32);
                    long value = stack[sp - 1];
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4094 && page < writable.length && (bytes = writable[page]) != null) {
                        Memory.SHORT.set(bytes, offset, (short) value);
                    } else if (!memory.store(at, value, 2)) {
                        exit = FAULT;
                        break loop;
                    }
                    if (TRACED) {
                        trace.chain = (trace.chain ^ (value & 0xFFFF) ^ at * FlowTrace.PLACE) * FlowTrace.MIX;
                        trace.chain ^= trace.chain >>> 32;
                    }
                    sp -= 2;
                    continue;
                }
                case Op.STORE32: {
                    long at = (stack[sp - 2] & UNSIGNED) + (word >>> 32);
                    long value = stack[sp - 1];
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4092 && page < writable.length && (bytes = writable[page]) != null) {
                        Memory.INT.set(bytes, offset, (int) value);
                    } else if (!memory.store(at, value, 4)) {
                        exit = FAULT;
                        break loop;
                    }
                    if (TRACED) {
                        trace.chain = (trace.chain ^ (value & UNSIGNED) ^ at * FlowTrace.PLACE) * FlowTrace.MIX;
                        trace.chain ^= trace.chain >>> 32;
                    }
                    sp -= 2;
                    continue;
                }
                case Op.STORE64: {
                    long at = (stack[sp - 2] & UNSIGNED) + (word >>> 32);
                    long value = stack[sp - 1];
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4088 && page < writable.length && (bytes = writable[page]) != null) {
                        Memory.LONG.set(bytes, offset, value);
                    } else if (!memory.store(at, value, 8)) {
                        exit = FAULT;
                        break loop;
                    }
                    if (TRACED) {
                        trace.chain = (trace.chain ^ value ^ at * FlowTrace.PLACE) * FlowTrace.MIX;
                        trace.chain ^= trace.chain >>> 32;
                    }
                    sp -= 2;
                    continue;
                }
                case Op.EQZ:
                    stack[sp - 1] = stack[sp - 1] == 0 ? 1 : 0;
                    continue;
                case Op.EQ:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] == stack[sp] ? 1 : 0;
                    continue;
                case Op.NE:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] != stack[sp] ? 1 : 0;
                    continue;
                case Op.LT_S:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] < stack[sp] ? 1 : 0;
                    continue;
                case Op.GT_S:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] > stack[sp] ? 1 : 0;
                    continue;
                case Op.LE_S:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] <= stack[sp] ? 1 : 0;
                    continue;
                case Op.GE_S:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] >= stack[sp] ? 1 : 0;
                    continue;
                case Op.LT_U:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] + Long.MIN_VALUE < stack[sp] + Long.MIN_VALUE ? 1 : 0;
                    continue;
                case Op.GT_U:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] + Long.MIN_VALUE > stack[sp] + Long.MIN_VALUE ? 1 : 0;
                    continue;
                case Op.LE_U:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] + Long.MIN_VALUE <= stack[sp] + Long.MIN_VALUE ? 1 : 0;
                    continue;
                case Op.GE_U:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] + Long.MIN_VALUE >= stack[sp] + Long.MIN_VALUE ? 1 : 0;
                    continue;
                case Op.AND:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] & stack[sp];
                    continue;
                case Op.OR:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] | stack[sp];
                    continue;
                case Op.XOR:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] ^ stack[sp];
                    continue;
                case Op.I32_ADD:
                    sp--;
                    stack[sp - 1] = (int) (stack[sp - 1] + stack[sp]);
                    continue;
                case Op.I64_ADD:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] + stack[sp];
                    continue;
                case Op.I32_SUB:
                    sp--;
                    stack[sp - 1] = (int) (stack[sp - 1] - stack[sp]);
                    continue;
                case Op.I64_SUB:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] - stack[sp];
                    continue;
                case Op.I32_MUL:
                    sp--;
                    stack[sp - 1] = (int) (stack[sp - 1] * stack[sp]);
                    continue;
                case Op.I64_MUL:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] * stack[sp];
                    continue;
                case Op.I32_SHL:
                    sp--;
                    stack[sp - 1] = (int) stack[sp - 1] << (int) stack[sp];
                    continue;
                case Op.I64_SHL:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] << (int) stack[sp];
                    continue;
                case Op.I32_SHR_S:
                    sp--;
                    stack[sp - 1] = (int) stack[sp - 1] >> (int) stack[sp];
                    continue;
                case Op.I64_SHR_S:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] >> (int) stack[sp];
                    continue;
                case Op.I32_SHR_U:
                    sp--;
                    stack[sp - 1] = (int) stack[sp - 1] >>> (int) stack[sp];
                    continue;
                case Op.I64_SHR_U:
                    sp--;
                    stack[sp - 1] = stack[sp - 1] >>> (int) stack[sp];
                    continue;
                case Op.I32_ROTL:
                    sp--;
                    stack[sp - 1] = Integer.rotateLeft((int) stack[sp - 1], (int) stack[sp]);
                    continue;
                case Op.I64_ROTL:
                    sp--;
                    stack[sp - 1] = Long.rotateLeft(stack[sp - 1], (int) stack[sp]);
                    continue;
                case Op.I32_ROTR:
                    sp--;
                    stack[sp - 1] = Integer.rotateRight((int) stack[sp - 1], (int) stack[sp]);
                    continue;
                case Op.I64_ROTR:
                    sp--;
                    stack[sp - 1] = Long.rotateRight(stack[sp - 1], (int) stack[sp]);
                    continue;
                case Op.I32_DIV_S: {
                    int b = (int) stack[sp - 1];
                    if (b == 0 || (b == -1 && stack[sp - 2] == Integer.MIN_VALUE)) {
                        exit = FAULT;
                        break loop;
                    }
                    sp--;
                    stack[sp - 1] = (int) stack[sp - 1] / b;
                    continue;
                }
                case Op.I32_DIV_U: {
                    int b = (int) stack[sp - 1];
                    if (b == 0) {
                        exit = FAULT;
                        break loop;
                    }
                    sp--;
                    stack[sp - 1] = Integer.divideUnsigned((int) stack[sp - 1], b);
                    continue;
                }
                case Op.I32_REM_S: {
                    int b = (int) stack[sp - 1];
                    if (b == 0) {
                        exit = FAULT;
                        break loop;
                    }
                    sp--;
                    stack[sp - 1] = (int) stack[sp - 1] % b;
                    continue;
                }
                case Op.I32_REM_U: {
                    int b = (int) stack[sp - 1];
                    if (b == 0) {
                        exit = FAULT;
                        break loop;
                    }
                    sp--;
                    stack[sp - 1] = Integer.remainderUnsigned((int) stack[sp - 1], b);
                    continue;
                }
                case Op.I64_DIV_S: {
                    long b = stack[sp - 1];
                    if (b == 0 || (b == -1 && stack[sp - 2] == Long.MIN_VALUE)) {
                        exit = FAULT;
                        break loop;
                    }
                    sp--;
                    stack[sp - 1] = stack[sp - 1] / b;
                    continue;
                }
                case Op.I64_DIV_U: {
                    long b = stack[sp - 1];
                    if (b == 0) {
                        exit = FAULT;
                        break loop;
                    }
                    sp--;
                    stack[sp - 1] = Long.divideUnsigned(stack[sp - 1], b);
                    continue;
                }
                case Op.I64_REM_S: {
                    long b = stack[sp - 1];
                    if (b == 0) {
                        exit = FAULT;
                        break loop;
                    }
                    sp--;
                    stack[sp - 1] = stack[sp - 1] % b;
                    continue;
                }
                case Op.I64_REM_U: {
                    long b = stack[sp - 1];
                    if (b == 0) {
                        exit = FAULT;
                        break loop;
                    }
                    sp--;
                    stack[sp - 1] = Long.remainderUnsigned(stack[sp - 1], b);
                    continue;
                }
                case Op.EXTEND8:
                    stack[sp - 1] = (byte) stack[sp - 1];
                    continue;
                case Op.EXTEND16:
                    stack[sp - 1] = (short) stack[sp - 1];
                    continue;
                case Op.EXTEND32_S:
                    stack[sp - 1] = (int) stack[sp - 1];
                    continue;
                case Op.EXTEND32_U:
                    stack[sp - 1] = stack[sp - 1] & UNSIGNED;
                    continue;
                case Op.F64_ADD:
                    sp--;
                    stack[sp - 1] = Double.doubleToLongBits(
                            Double.longBitsToDouble(stack[sp - 1]) + Double.longBitsToDouble(stack[sp]));
                    continue;
                case Op.F64_SUB:
                    sp--;
                    stack[sp - 1] = Double.doubleToLongBits(
                            Double.longBitsToDouble(stack[sp - 1]) - Double.longBitsToDouble(stack[sp]));
                    continue;
                case Op.F64_MUL:
                    sp--;
                    stack[sp - 1] = Double.doubleToLongBits(
                            Double.longBitsToDouble(stack[sp - 1]) * Double.longBitsToDouble(stack[sp]));
                    continue;
                case Op.F64_DIV:
                    sp--;
                    stack[sp - 1] = Double.doubleToLongBits(
                            Double.longBitsToDouble(stack[sp - 1]) / Double.longBitsToDouble(stack[sp]));
                    continue;
                case Op.F64_EQ:
                    sp--;
                    stack[sp - 1] =
                            Double.longBitsToDouble(stack[sp - 1]) == Double.longBitsToDouble(stack[sp]) ? 1 : 0;
                    continue;
                case Op.F64_NE:
                    sp--;
                    stack[sp - 1] =
                            Double.longBitsToDouble(stack[sp - 1]) != Double.longBitsToDouble(stack[sp]) ? 1 : 0;
                    continue;
                case Op.F64_LT:
                    sp--;
                    stack[sp - 1] = Double.longBitsToDouble(stack[sp - 1]) < Double.longBitsToDouble(stack[sp]) ? 1 : 0;
                    continue;
                case Op.F64_GT:
                    sp--;
                    stack[sp - 1] = Double.longBitsToDouble(stack[sp - 1]) > Double.longBitsToDouble(stack[sp]) ? 1 : 0;
                    continue;
                case Op.F64_LE:
                    sp--;
                    stack[sp - 1] =
                            Double.longBitsToDouble(stack[sp - 1]) <= Double.longBitsToDouble(stack[sp]) ? 1 : 0;
                    continue;
                case Op.F64_GE:
                    sp--;
                    stack[sp - 1] =
                            Double.longBitsToDouble(stack[sp - 1]) >= Double.longBitsToDouble(stack[sp]) ? 1 : 0;
                    continue;
                case Op.F32_ADD:
                    sp--;
                    stack[sp - 1] = Float.floatToIntBits(
                            Float.intBitsToFloat((int) stack[sp - 1]) + Float.intBitsToFloat((int) stack[sp]));
                    continue;
                case Op.F32_SUB:
                    sp--;
                    stack[sp - 1] = Float.floatToIntBits(
                            Float.intBitsToFloat((int) stack[sp - 1]) - Float.intBitsToFloat((int) stack[sp]));
                    continue;
                case Op.F32_MUL:
                    sp--;
                    stack[sp - 1] = Float.floatToIntBits(
                            Float.intBitsToFloat((int) stack[sp - 1]) * Float.intBitsToFloat((int) stack[sp]));
                    continue;
                case Op.F32_DIV:
                    sp--;
                    stack[sp - 1] = Float.floatToIntBits(
                            Float.intBitsToFloat((int) stack[sp - 1]) / Float.intBitsToFloat((int) stack[sp]));
                    continue;
                case Op.HP_GET:
                    stack[sp++] = machine.hp;
                    continue;
                case Op.HP_SET:
                    machine.hp = (int) stack[--sp];
                    continue;
                case Op.MEMORY_SIZE:
                    stack[sp++] = memory.units();
                    continue;
                case Op.GET_GET:
                    stack[sp] = stack[bp + ((int) word >>> 16)];
                    stack[sp + 1] = stack[bp + big];
                    sp += 2;
                    pc++;
                    continue;
                case Op.GET_CONST:
                    stack[sp] = stack[bp + ((int) word >>> 16)];
                    stack[sp + 1] = big;
                    sp += 2;
                    pc++;
                    continue;
                case Op.GET_GET_ADD:
                    stack[sp++] = (int) (stack[bp + ((int) word >>> 16)] + stack[bp + big]);
                    pc += 2;
                    continue;
                case Op.GET_CONST_ADD:
                    stack[sp++] = (int) (stack[bp + ((int) word >>> 16)] + big);
                    pc += 2;
                    continue;
                case Op.GET_CONST_ADD_SET:
                    stack[bp + (int) (code[pc + 2] >> 32)] = (int) (stack[bp + ((int) word >>> 16)] + big);
                    pc += 3;
                    continue;
                case Op.GET_CONST_ADD_TEE: {
                    long sum = (int) (stack[bp + ((int) word >>> 16)] + big);
                    stack[bp + (int) (code[pc + 2] >> 32)] = sum;
                    stack[sp++] = sum;
                    pc += 3;
                    continue;
                }
                case Op.GET_ADD:
                    stack[sp - 1] = (int) (stack[sp - 1] + stack[bp + big]);
                    pc++;
                    continue;
                case Op.CONST_ADD:
                    stack[sp - 1] = (int) (stack[sp - 1] + big);
                    pc++;
                    continue;
                case Op.SET_GET:
                    stack[bp + big] = stack[sp - 1];
                    stack[sp - 1] = stack[bp + ((int) word >>> 16)];
                    pc++;
                    continue;
                case Op.GET_LOAD8_U: {
                    long address = stack[bp + big];
                    long at = (address & UNSIGNED) + (code[pc] >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp++] = bytes[offset] & 0xFF;
                        pc++;
                    } else {
                        stack[sp++] = address;
                    }
                    continue;
                }
                case Op.GET_LOAD32_S: {
                    long address = stack[bp + big];
                    long at = (address & UNSIGNED) + (code[pc] >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4092 && page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp++] = (int) Memory.INT.get(bytes, offset);
                        pc++;
                    } else {
                        stack[sp++] = address;
                    }
                    continue;
                }
                case Op.GET_LOAD64: {
                    long address = stack[bp + big];
                    long at = (address & UNSIGNED) + (code[pc] >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4088 && page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp++] = (long) Memory.LONG.get(bytes, offset);
                        pc++;
                    } else {
                        stack[sp++] = address;
                    }
                    continue;
                }
                case Op.EQZ_BRANCH:
                    condition = stack[--sp] == 0;
                    break;
                case Op.EQ_BRANCH:
                    sp -= 2;
                    condition = stack[sp] == stack[sp + 1];
                    break;
                case Op.NE_BRANCH:
                    sp -= 2;
                    condition = stack[sp] != stack[sp + 1];
                    break;
                case Op.LT_S_BRANCH:
                    sp -= 2;
                    condition = stack[sp] < stack[sp + 1];
                    break;
                case Op.LT_U_BRANCH:
                    sp -= 2;
                    condition = stack[sp] + Long.MIN_VALUE < stack[sp + 1] + Long.MIN_VALUE;
                    break;
                case Op.GT_S_BRANCH:
                    sp -= 2;
                    condition = stack[sp] > stack[sp + 1];
                    break;
                case Op.GT_U_BRANCH:
                    sp -= 2;
                    condition = stack[sp] + Long.MIN_VALUE > stack[sp + 1] + Long.MIN_VALUE;
                    break;
                case Op.LE_S_BRANCH:
                    sp -= 2;
                    condition = stack[sp] <= stack[sp + 1];
                    break;
                case Op.LE_U_BRANCH:
                    sp -= 2;
                    condition = stack[sp] + Long.MIN_VALUE <= stack[sp + 1] + Long.MIN_VALUE;
                    break;
                case Op.GE_S_BRANCH:
                    sp -= 2;
                    condition = stack[sp] >= stack[sp + 1];
                    break;
                case Op.GE_U_BRANCH:
                    sp -= 2;
                    condition = stack[sp] + Long.MIN_VALUE >= stack[sp + 1] + Long.MIN_VALUE;
                    break;
                case Op.GET_GET_ADD_LOAD8_U: {
                    long address = stack[bp + ((int) word >>> 16)];
                    long at = ((address + stack[bp + big]) & UNSIGNED) + (code[pc + 2] >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp++] = bytes[offset] & 0xFF;
                        pc += 3;
                    } else {
                        stack[sp++] = address;
                    }
                    continue;
                }
                case Op.GET_GET_F64_ADD:
                    stack[sp++] = Double.doubleToLongBits(Double.longBitsToDouble(stack[bp + ((int) word >>> 16)])
                            + Double.longBitsToDouble(stack[bp + big]));
                    pc += 2;
                    continue;
                case Op.GET_GET_F64_SUB:
                    stack[sp++] = Double.doubleToLongBits(Double.longBitsToDouble(stack[bp + ((int) word >>> 16)])
                            - Double.longBitsToDouble(stack[bp + big]));
                    pc += 2;
                    continue;
                case Op.GET_GET_F64_MUL:
                    stack[sp++] = Double.doubleToLongBits(Double.longBitsToDouble(stack[bp + ((int) word >>> 16)])
                            * Double.longBitsToDouble(stack[bp + big]));
                    pc += 2;
                    continue;
                case Op.GET_F64_ADD:
                    stack[sp - 1] = Double.doubleToLongBits(
                            Double.longBitsToDouble(stack[sp - 1]) + Double.longBitsToDouble(stack[bp + big]));
                    pc++;
                    continue;
                case Op.GET_F64_SUB:
                    stack[sp - 1] = Double.doubleToLongBits(
                            Double.longBitsToDouble(stack[sp - 1]) - Double.longBitsToDouble(stack[bp + big]));
                    pc++;
                    continue;
                case Op.GET_F64_MUL:
                    stack[sp - 1] = Double.doubleToLongBits(
                            Double.longBitsToDouble(stack[sp - 1]) * Double.longBitsToDouble(stack[bp + big]));
                    pc++;
                    continue;
                case Op.CONST_AND:
                    stack[sp - 1] = stack[sp - 1] & big;
                    pc++;
                    continue;
                case Op.CONST_I32_SHL:
                    stack[sp - 1] = (int) stack[sp - 1] << big;
                    pc++;
                    continue;
                case Op.CONST_I32_SHR_U:
                    stack[sp - 1] = (int) stack[sp - 1] >>> big;
                    pc++;
                    continue;
                case Op.CONST_EQ_BRANCH:
                    condition = stack[--sp] == big;
                    pc++;
                    break;
                case Op.CONST_NE_BRANCH:
                    condition = stack[--sp] != big;
                    pc++;
                    break;
                case Op.F64_LT_BRANCH:
                    sp -= 2;
                    condition = Double.longBitsToDouble(stack[sp]) < Double.longBitsToDouble(stack[sp + 1]);
                    break;
                case Op.F64_GT_BRANCH:
                    sp -= 2;
                    condition = Double.longBitsToDouble(stack[sp]) > Double.longBitsToDouble(stack[sp + 1]);
                    break;
                case Op.GET_BRANCH:
                    condition = stack[bp + big] != 0;
                    break;
                case Op.TEE_BRANCH: {
                    long value = stack[--sp];
                    stack[bp + big] = value;
                    condition = value != 0;
                    break;
                }
                case Op.GET_SET:
                    stack[bp + big] = stack[bp + ((int) word >>> 16)];
                    pc++;
                    continue;
                case Op.CONST_SET:
                    stack[bp + ((int) word >>> 16)] = big;
                    pc++;
                    continue;
                case Op.GET_XOR:
                    stack[sp - 1] = stack[sp - 1] ^ stack[bp + big];
                    pc++;
                    continue;
                case Op.CONST_XOR:
                    stack[sp - 1] = stack[sp - 1] ^ big;
                    pc++;
                    continue;
                case Op.CONST_AND_TEE: {
                    long value = stack[sp - 1] & big;
                    stack[sp - 1] = value;
                    stack[bp + ((int) word >>> 16)] = value;
                    pc += 2;
                    continue;
                }
                case Op.GET_LOAD16_S: {
                    long address = stack[bp + big];
                    long at = (address & UNSIGNED) + (code[pc] >>> 32);
                    int page = (int) (at >>> PageMap.PAGE_SHIFT);
                    int offset = (int) at & OFFSET;
                    byte[] bytes;
                    if (offset <= 4094 && page < readable.length && (bytes = readable[page]) != null) {
                        stack[sp++] = (short) Memory.SHORT.get(bytes, offset);
                        pc++;
                    } else {
                        stack[sp++] = address;
                    }
                    continue;
                }
                case Op.GET_CONST_ADD_TEE_BRANCH: {
                    long sum = (int) (stack[bp + ((int) word >>> 16)] + big);
                    stack[bp + (int) (code[pc + 2] >> 32)] = sum;
                    pc += 3;
                    condition = sum != 0;
                    break;
                }
                case Op.GET_CONST_LT_S_BRANCH:
                    condition = stack[bp + ((int) word >>> 16)] < big;
                    pc += 2;
                    break;
                case Op.CONST_GT_U_BRANCH:
                    condition = stack[--sp] + Long.MIN_VALUE > big + Long.MIN_VALUE;
                    pc++;
                    break;
                default: {
                    int op = (int) word & 0xFFFF;
                    if (op >= Op.OUTSIDE) {
                        exit = OUTSIDE;
                        break loop;
                    }
                    if (op >= Op.BINARY) {
                        if (op >= Op.CHECKED && !Numeric.fits(op, stack[sp - 2], stack[sp - 1])) {
                            exit = FAULT;
                            break loop;
                        }
                        sp--;
                        stack[sp - 1] = Numeric.binary(op, stack[sp - 1], stack[sp]);
                    } else if (op >= Op.TRAPPING && !Numeric.fits(op, stack[sp - 1])) {
                        exit = FAULT;
                        break loop;
                    } else {
                        stack[sp - 1] = Numeric.unary(op, stack[sp - 1]);
                    }
                    continue;
                }
            }

            // Behind a condition that is fused with the conditional branch behind it. Traced, all conditional branches
            // come here.
            final long branch = code[pc++];
            if (TRACED) {
                long partial = trace.partial;
                trace.partial = partial >>> 1 | (condition ? Long.MIN_VALUE : 0);
                if ((partial & 1) != 0) {
                    trace.flush();
                }
            }
            if (condition == (((int) branch >>> 16) == Fusion.IF_TRUE)) {
                int target = (int) (branch >> 32);
                base += pc - target;
                pc = target;
                if (base + pc >= limit) {
                    exit = LIMIT;
                    break loop;
                }
            }
        }

        machine.depth = depth;
        machine.sp = sp;
        machine.bp = bp;
        // At a limit the next instruction has not been fetched; at every other exit it has.
        machine.pc = exit == LIMIT ? pc : pc - 1;
        machine.base = base;
        return exit;
    }
}
