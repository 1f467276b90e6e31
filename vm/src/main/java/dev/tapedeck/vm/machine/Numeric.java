package dev.tapedeck.vm.machine;

/**
 * The numeric operations that are too rare to stand in the interpreter loop. Arguments and results are cells. Each
 * arithmetic result that is a NaN is the canonical one; {@code floatToIntBits} and {@code doubleToLongBits} see to that.
 */
final class Numeric {
    private static final long UNSIGNED_MAX = 0xFFFF_FFFFL;
    private static final double TWO_31 = 0x1p31;
    private static final double TWO_32 = 0x1p32;
    private static final double TWO_63 = 0x1p63;
    private static final double TWO_64 = 0x1p64;

    private Numeric() {}

    /** The result of an operation from {@link Op#UNARY} up to {@link Op#BINARY}. */
    static long unary(int op, long a) {
        return switch (op) {
            case Op.I32_CLZ -> Integer.numberOfLeadingZeros((int) a);
            case Op.I32_CTZ -> Integer.numberOfTrailingZeros((int) a);
            case Op.I32_POPCNT -> Integer.bitCount((int) a);
            case Op.I64_CLZ -> Long.numberOfLeadingZeros(a);
            case Op.I64_CTZ -> Long.numberOfTrailingZeros(a);
            case Op.I64_POPCNT -> Long.bitCount(a);
            case Op.F32_ABS -> a & 0x7FFF_FFFFL;
            case Op.F32_NEG -> (int) a ^ Integer.MIN_VALUE;
            case Op.F32_CEIL -> cell((float) Math.ceil(f32(a)));
            case Op.F32_FLOOR -> cell((float) Math.floor(f32(a)));
            case Op.F32_TRUNC -> cell((float) truncate(f32(a)));
            case Op.F32_NEAREST -> cell((float) Math.rint(f32(a)));
            case Op.F32_SQRT -> cell((float) Math.sqrt(f32(a)));
            case Op.F64_ABS -> a & Long.MAX_VALUE;
            case Op.F64_NEG -> a ^ Long.MIN_VALUE;
            case Op.F64_CEIL -> cell(Math.ceil(f64(a)));
            case Op.F64_FLOOR -> cell(Math.floor(f64(a)));
            case Op.F64_TRUNC -> cell(truncate(f64(a)));
            case Op.F64_NEAREST -> cell(Math.rint(f64(a)));
            case Op.F64_SQRT -> cell(Math.sqrt(f64(a)));
            case Op.F32_CONVERT_S -> cell((float) a);
            case Op.F32_CONVERT_I32_U -> cell((float) (a & 0xFFFF_FFFFL));
            case Op.F32_CONVERT_I64_U -> cell(a >= 0 ? (float) a : (float) ((a >>> 1) | (a & 1)) * 2);
            case Op.F32_DEMOTE_F64 -> cell((float) f64(a));
            case Op.F64_CONVERT_S -> cell((double) a);
            case Op.F64_CONVERT_I32_U -> cell((double) (a & 0xFFFF_FFFFL));
            case Op.F64_CONVERT_I64_U -> cell(a >= 0 ? (double) a : (double) ((a >>> 1) | (a & 1)) * 2);
            case Op.F64_PROMOTE_F32 -> cell((double) f32(a));
            case Op.I32_TRUNC_SAT_F32_S, Op.I32_TRUNC_F32_S -> (int) f32(a);
            case Op.I32_TRUNC_SAT_F32_U, Op.I32_TRUNC_F32_U -> unsigned32(f32(a));
            case Op.I32_TRUNC_SAT_F64_S, Op.I32_TRUNC_F64_S -> (int) f64(a);
            case Op.I32_TRUNC_SAT_F64_U, Op.I32_TRUNC_F64_U -> unsigned32(f64(a));
            case Op.I64_TRUNC_SAT_F32_S, Op.I64_TRUNC_F32_S -> (long) f32(a);
            case Op.I64_TRUNC_SAT_F32_U, Op.I64_TRUNC_F32_U -> unsigned64(f32(a));
            case Op.I64_TRUNC_SAT_F64_S, Op.I64_TRUNC_F64_S -> (long) f64(a);
            case Op.I64_TRUNC_SAT_F64_U, Op.I64_TRUNC_F64_U -> unsigned64(f64(a));
            case Op.EXTEND8_U -> a & 0xFF;
            case Op.EXTEND16_U -> a & 0xFFFF;
            case Op.NARROW8_S, Op.NARROW8_U, Op.NARROW16_S, Op.NARROW16_U, Op.NARROW32_S, Op.NARROW32_U -> a;
            case Op.I32_NEG_CHECKED_S, Op.I64_NEG_CHECKED_S, Op.NEG_CHECKED_U -> -a;
            default -> throw new AssertionError("not a unary operation: " + op);
        };
    }

    /** The result of an operation from {@link Op#BINARY} up to {@link Op#OUTSIDE}. */
    static long binary(int op, long a, long b) {
        return switch (op) {
            case Op.F32_EQ -> f32(a) == f32(b) ? 1 : 0;
            case Op.F32_NE -> f32(a) != f32(b) ? 1 : 0;
            case Op.F32_LT -> f32(a) < f32(b) ? 1 : 0;
            case Op.F32_GT -> f32(a) > f32(b) ? 1 : 0;
            case Op.F32_LE -> f32(a) <= f32(b) ? 1 : 0;
            case Op.F32_GE -> f32(a) >= f32(b) ? 1 : 0;
            case Op.F32_MIN -> cell(Math.min(f32(a), f32(b)));
            case Op.F32_MAX -> cell(Math.max(f32(a), f32(b)));
            case Op.F32_COPYSIGN -> ((int) a & Integer.MAX_VALUE) | ((int) b & Integer.MIN_VALUE);
            case Op.F64_MIN -> cell(Math.min(f64(a), f64(b)));
            case Op.F64_MAX -> cell(Math.max(f64(a), f64(b)));
            case Op.F64_COPYSIGN -> (a & Long.MAX_VALUE) | (b & Long.MIN_VALUE);
            case Op.I32_ADD_CHECKED_S, Op.I32_ADD_CHECKED_U -> (int) (a + b);
            case Op.I32_SUB_CHECKED_S, Op.I32_SUB_CHECKED_U -> (int) (a - b);
            case Op.I32_MUL_CHECKED_S, Op.I32_MUL_CHECKED_U -> (int) (a * b);
            case Op.I64_ADD_CHECKED_S, Op.I64_ADD_CHECKED_U -> a + b;
            case Op.I64_SUB_CHECKED_S, Op.I64_SUB_CHECKED_U -> a - b;
            case Op.I64_MUL_CHECKED_S, Op.I64_MUL_CHECKED_U -> a * b;
            default -> throw new AssertionError("not a binary operation: " + op);
        };
    }

    /** Whether the result of an operation from {@link Op#CHECKED} up to {@link Op#OUTSIDE} fits its type. */
    static boolean fits(int op, long a, long b) {
        return switch (op) {
            case Op.I32_ADD_CHECKED_S -> a + b == (int) (a + b);
            case Op.I32_SUB_CHECKED_S -> a - b == (int) (a - b);
            case Op.I32_MUL_CHECKED_S -> a * b == (int) (a * b);
            case Op.I32_ADD_CHECKED_U -> unsigned(a) + unsigned(b) <= UNSIGNED_MAX;
            case Op.I32_SUB_CHECKED_U -> unsigned(a) >= unsigned(b);
            case Op.I32_MUL_CHECKED_U -> Long.compareUnsigned(unsigned(a) * unsigned(b), UNSIGNED_MAX) <= 0;
            // The sign of the sum is wrong if both operands have the other one; likewise for the difference.
            case Op.I64_ADD_CHECKED_S -> ((a ^ (a + b)) & (b ^ (a + b))) >= 0;
            case Op.I64_SUB_CHECKED_S -> ((a ^ b) & (a ^ (a - b))) >= 0;
            case Op.I64_MUL_CHECKED_S -> Math.multiplyHigh(a, b) == (a * b) >> 63;
            case Op.I64_ADD_CHECKED_U -> Long.compareUnsigned(a + b, a) >= 0;
            case Op.I64_SUB_CHECKED_U -> Long.compareUnsigned(a, b) >= 0;
            case Op.I64_MUL_CHECKED_U -> b == 0 || Long.compareUnsigned(a, Long.divideUnsigned(-1, b)) <= 0;
            default -> throw new AssertionError("not a checked operation: " + op);
        };
    }

    private static long unsigned(long cell) {
        return cell & UNSIGNED_MAX;
    }

    /** Whether an operation from {@link Op#TRAPPING} up to {@link Op#BINARY} has a result. */
    static boolean fits(int op, long a) {
        return switch (op) {
            case Op.I32_TRUNC_F32_S -> within(f32(a), -TWO_31 - 1, TWO_31);
            case Op.I32_TRUNC_F32_U -> within(f32(a), -1, TWO_32);
            case Op.I32_TRUNC_F64_S -> within(f64(a), -TWO_31 - 1, TWO_31);
            case Op.I32_TRUNC_F64_U -> within(f64(a), -1, TWO_32);
            case Op.I64_TRUNC_F32_S -> f32(a) >= -TWO_63 && f32(a) < TWO_63;
            case Op.I64_TRUNC_F32_U -> within(f32(a), -1, TWO_64);
            case Op.I64_TRUNC_F64_S -> f64(a) >= -TWO_63 && f64(a) < TWO_63;
            case Op.I64_TRUNC_F64_U -> within(f64(a), -1, TWO_64);
            case Op.NARROW8_S -> a == (byte) a;
            case Op.NARROW8_U -> a == (a & 0xFF);
            case Op.NARROW16_S -> a == (short) a;
            case Op.NARROW16_U -> a == (a & 0xFFFF);
            case Op.NARROW32_S -> a == (int) a;
            case Op.NARROW32_U -> a == (a & 0xFFFF_FFFFL);
            case Op.I32_NEG_CHECKED_S -> a != Integer.MIN_VALUE;
            case Op.I64_NEG_CHECKED_S -> a != Long.MIN_VALUE;
            case Op.NEG_CHECKED_U -> a == 0;
            default -> throw new AssertionError("not a trapping operation: " + op);
        };
    }

    /** The operand of a truncation as a number, for diagnosis. */
    static double truncated(int op, long a) {
        return switch (op) {
            case Op.I32_TRUNC_F32_S, Op.I32_TRUNC_F32_U, Op.I64_TRUNC_F32_S, Op.I64_TRUNC_F32_U -> f32(a);
            default -> f64(a);
        };
    }

    private static boolean within(double value, double lowExclusive, double highExclusive) {
        return value > lowExclusive && value < highExclusive;
    }

    private static double truncate(double value) {
        return value < 0 ? Math.ceil(value) : Math.floor(value);
    }

    private static int unsigned32(double value) {
        // Java's cast to long saturates and takes NaN to 0; what is left to do is the range of 32 bits.
        return (int) Math.max(0, Math.min((long) value, 0xFFFF_FFFFL));
    }

    private static long unsigned64(double value) {
        if (value < TWO_63) {
            return Math.max(0, (long) value);
        }
        return value >= TWO_64 ? -1 : value >= TWO_63 ? (long) (value - TWO_63) ^ Long.MIN_VALUE : 0;
    }

    private static float f32(long cell) {
        return Float.intBitsToFloat((int) cell);
    }

    private static double f64(long cell) {
        return Double.longBitsToDouble(cell);
    }

    private static long cell(float value) {
        return Float.floatToIntBits(value);
    }

    private static long cell(double value) {
        return Double.doubleToLongBits(value);
    }
}
