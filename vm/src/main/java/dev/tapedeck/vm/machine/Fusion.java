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

    private static final int SEQUENCE_MAX = 4;

    private Fusion() {}

    /**
     * @param code all instructions
     * @param starts the index of the first instruction of each function, and at the end the number of all
     */
    static long[] fuse(long[] code, int[] starts) {
        long[] fused = new long[code.length];
        for (int function = 0; function + 1 < starts.length; function++) {
            int end = starts[function + 1];
            for (int pc = starts[function]; pc < end; pc++) {
                fused[pc] = fuse(code, pc, Math.min(end - pc, SEQUENCE_MAX));
            }
        }
        return fused;
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
        return switch (op(first)) {
            case Op.LOCAL_GET -> afterGet(first, second, third, fourth);
            case Op.LOCAL_SET -> op(second) == Op.LOCAL_GET ? pack(Op.SET_GET, big(second), big(first)) : first;
            case Op.CONST -> isSum(second) ? pack(Op.CONST_ADD, 0, addend(first, second)) : first;
            default -> isComparison(first) && isBranch(second) ? op(first) - Op.EQZ + Op.EQZ_BRANCH : first;
        };
    }

    private static long afterGet(long first, long second, long third, long fourth) {
        int local = big(first);
        return switch (op(second)) {
            case Op.LOCAL_GET -> pack(op(third) == Op.I32_ADD ? Op.GET_GET_ADD : Op.GET_GET, local, big(second));
            case Op.CONST -> {
                if (!isSum(third)) {
                    yield pack(Op.GET_CONST, local, big(second));
                }
                int sum = switch (op(fourth)) {
                    case Op.LOCAL_SET -> Op.GET_CONST_ADD_SET;
                    case Op.LOCAL_TEE -> Op.GET_CONST_ADD_TEE;
                    default -> Op.GET_CONST_ADD;
                };
                yield pack(sum, local, addend(second, third));
            }
            case Op.I32_ADD -> pack(Op.GET_ADD, 0, local);
            case Op.LOAD8_U -> pack(Op.GET_LOAD8_U, 0, local);
            case Op.LOAD32_S -> pack(Op.GET_LOAD32_S, 0, local);
            case Op.LOAD64 -> pack(Op.GET_LOAD64, 0, local);
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
