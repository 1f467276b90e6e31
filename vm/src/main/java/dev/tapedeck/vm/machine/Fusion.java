package dev.tapedeck.vm.machine;

/**
 * Finds sequences of instructions that often stand together, and makes one operation of each: fewer turns of the
 * interpreter loop for the same effect.
 *
 * <p>A fused operation stands in the place of the first instruction of its sequence, and the others stay in theirs. So
 * indexes stay what they are, a jump into the middle of a sequence finds what it should, and the instruction count, which
 * follows from the index, is right by itself. A fused operation that would fault carries out only its first instruction,
 * so the fault happens where it belongs.
 *
 * <p>The stepped variants of the loop run the code as it was before.
 */
final class Fusion {
    /** In the small operand of a conditional branch: it is taken if the condition is true. */
    static final int IF_TRUE = 1;

    private static final int SEQUENCE_MAX = 5;

    private Fusion() {}

    /**
     * @param code all instructions
     * @param starts the index of the first instruction of each function, and at the end the number of all
     */
    static long[] fuse(long[] code, int[] starts) {
        long[] fused = new long[code.length];
        for (int function = 0; function + 1 < starts.length; function++) {
            int end = starts[function + 1];
            fuse(code, fused, starts[function], end);
        }
        return fused;
    }

    /**
     * What begins with one instruction may keep the next one from being the first of a longer sequence. So from the end
     * on, what stands at each index is what leaves the fewest turns from there to the end of the function.
     */
    private static void fuse(long[] code, long[] fused, int start, int end) {
        int[] turns = new int[end - start + 1];
        for (int pc = end - 1; pc >= start; pc--) {
            long longest = fuse(code, pc, Math.min(end - pc, SEQUENCE_MAX));
            int together = turns[pc - start + length(op(longest))];
            int alone = turns[pc - start + 1];
            fused[pc] = together <= alone ? longest : code[pc];
            turns[pc - start] = Math.min(together, alone) + 1;
        }
    }

    /** How many instructions an operation stands for. */
    private static int length(int op) {
        return switch (op) {
            case Op.GET_CONST_ADD_TEE_BRANCH -> 5;
            case Op.GET_CONST_ADD_SET, Op.GET_CONST_ADD_TEE, Op.GET_GET_ADD_LOAD8_U, Op.GET_CONST_LT_S_BRANCH -> 4;
            case Op.GET_GET_ADD,
                    Op.GET_CONST_ADD,
                    Op.GET_GET_F64_ADD,
                    Op.GET_GET_F64_SUB,
                    Op.GET_GET_F64_MUL,
                    Op.CONST_AND_TEE,
                    Op.CONST_EQ_BRANCH,
                    Op.CONST_NE_BRANCH,
                    Op.CONST_GT_U_BRANCH -> 3;
            default -> op >= Op.GET_GET && op < Op.UNARY ? 2 : 1;
        };
    }

    /** The operation for the longest sequence at {@code pc} that there is one for. */
    private static long fuse(long[] code, int pc, int count) {
        long first = code[pc];
        if (count < 2) {
            return first;
        }
        long second = code[pc + 1];
        long third = count > 2 ? code[pc + 2] : Op.UNREACHABLE;
        long fourth = count > 3 ? code[pc + 3] : Op.UNREACHABLE;
        long fifth = count > 4 ? code[pc + 4] : Op.UNREACHABLE;
        return switch (op(first)) {
            case Op.LOCAL_GET -> afterGet(first, second, third, fourth, fifth);
            case Op.LOCAL_SET -> op(second) == Op.LOCAL_GET ? pack(Op.SET_GET, big(second), big(first)) : first;
            case Op.LOCAL_TEE -> isBranch(second) ? pack(Op.TEE_BRANCH, 0, big(first)) : first;
            case Op.CONST -> afterConst(first, second, third);
            case Op.F64_LT -> isBranch(second) ? Op.F64_LT_BRANCH : first;
            case Op.F64_GT -> isBranch(second) ? Op.F64_GT_BRANCH : first;
            default -> isComparison(first) && isBranch(second) ? op(first) - Op.EQZ + Op.EQZ_BRANCH : first;
        };
    }

    private static long afterGet(long first, long second, long third, long fourth, long fifth) {
        int local = big(first);
        return switch (op(second)) {
            case Op.LOCAL_GET -> {
                int both = switch (op(third)) {
                    case Op.I32_ADD -> op(fourth) == Op.LOAD8_U ? Op.GET_GET_ADD_LOAD8_U : Op.GET_GET_ADD;
                    case Op.F64_ADD -> Op.GET_GET_F64_ADD;
                    case Op.F64_SUB -> Op.GET_GET_F64_SUB;
                    case Op.F64_MUL -> Op.GET_GET_F64_MUL;
                    default -> Op.GET_GET;
                };
                yield pack(both, local, big(second));
            }
            case Op.CONST -> {
                if (op(third) == Op.LT_S && isBranch(fourth)) {
                    yield pack(Op.GET_CONST_LT_S_BRANCH, local, big(second));
                }
                if (!isSum(third)) {
                    yield pack(Op.GET_CONST, local, big(second));
                }
                int sum = switch (op(fourth)) {
                    case Op.LOCAL_SET -> Op.GET_CONST_ADD_SET;
                    case Op.LOCAL_TEE -> isBranch(fifth) ? Op.GET_CONST_ADD_TEE_BRANCH : Op.GET_CONST_ADD_TEE;
                    default -> Op.GET_CONST_ADD;
                };
                yield pack(sum, local, addend(second, third));
            }
            case Op.LOCAL_SET -> pack(Op.GET_SET, local, big(second));
            case Op.XOR -> pack(Op.GET_XOR, 0, local);
            case Op.I32_ADD -> pack(Op.GET_ADD, 0, local);
            case Op.F64_ADD -> pack(Op.GET_F64_ADD, 0, local);
            case Op.F64_SUB -> pack(Op.GET_F64_SUB, 0, local);
            case Op.F64_MUL -> pack(Op.GET_F64_MUL, 0, local);
            case Op.LOAD8_U -> pack(Op.GET_LOAD8_U, 0, local);
            case Op.LOAD32_S -> pack(Op.GET_LOAD32_S, 0, local);
            case Op.LOAD64 -> pack(Op.GET_LOAD64, 0, local);
            case Op.LOAD16_S -> pack(Op.GET_LOAD16_S, 0, local);
            default -> isBranch(second) ? pack(Op.GET_BRANCH, 0, local) : first;
        };
    }

    private static long afterConst(long first, long second, long third) {
        int constant = big(first);
        return switch (op(second)) {
            case Op.I32_ADD, Op.I32_SUB -> pack(Op.CONST_ADD, 0, addend(first, second));
            case Op.AND ->
                op(third) == Op.LOCAL_TEE
                        ? pack(Op.CONST_AND_TEE, big(third), constant)
                        : pack(Op.CONST_AND, 0, constant);
            case Op.XOR -> pack(Op.CONST_XOR, 0, constant);
            case Op.LOCAL_SET -> pack(Op.CONST_SET, big(second), constant);
            case Op.GT_U -> isBranch(third) ? pack(Op.CONST_GT_U_BRANCH, 0, constant) : first;
            case Op.I32_SHL -> pack(Op.CONST_I32_SHL, 0, constant);
            case Op.I32_SHR_U -> pack(Op.CONST_I32_SHR_U, 0, constant);
            case Op.EQ -> isBranch(third) ? pack(Op.CONST_EQ_BRANCH, 0, constant) : first;
            case Op.NE -> isBranch(third) ? pack(Op.CONST_NE_BRANCH, 0, constant) : first;
            default -> first;
        };
    }

    private static boolean isSum(long word) {
        return op(word) == Op.I32_ADD || op(word) == Op.I32_SUB;
    }

    private static int addend(long constant, long sum) {
        return op(sum) == Op.I32_ADD ? big(constant) : -big(constant);
    }

    private static boolean isComparison(long word) {
        return op(word) >= Op.EQZ && op(word) <= Op.GE_U;
    }

    private static boolean isBranch(long word) {
        return op(word) >= Op.BR_IF_FORWARD && op(word) <= Op.BR_UNLESS_BACK;
    }

    private static int op(long word) {
        return (int) word & 0xFFFF;
    }

    private static int big(long word) {
        return (int) (word >> 32);
    }

    /** The small operand is the index of a local, which the verifier keeps below 65,536. */
    private static long pack(int op, int small, int big) {
        return (long) big << 32 | (long) small << 16 | op;
    }
}
