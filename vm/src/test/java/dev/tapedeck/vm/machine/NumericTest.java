package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.isa.Determinism;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each numeric instruction against what mathematics says, on boundary values and on random ones. The expectations are
 * computed in another way than in the interpreter: with BigInteger and BigDecimal wherever there is one.
 */
@DisplayName("K2, W10: numeric instructions")
class NumericTest {
    private static final long SEED = 20261121;
    private static final BigInteger TWO = BigInteger.TWO;

    /** An expected fault instead of a value. */
    private static final class Trap extends RuntimeException {
        private static final long serialVersionUID = 1;
        final FaultKind kind;

        Trap(FaultKind kind) {
            super(kind.mnemonic());
            this.kind = kind;
        }
    }

    private interface Unary {
        long of(long a);
    }

    private interface Binary {
        long of(long a, long b);
    }

    private static final Map<String, Unary> UNARY = new TreeMap<>();
    private static final Map<String, Binary> BINARY = new TreeMap<>();

    static {
        integers("i32", 32);
        integers("i64", 64);
        floats();
        conversions();
    }

    private static BigInteger signed(long cell) {
        return BigInteger.valueOf(cell);
    }

    private static BigInteger unsigned(long cell, int bits) {
        return BigInteger.valueOf(cell).mod(TWO.pow(bits));
    }

    /** The cell of a number that wraps around. */
    private static long wrap(BigInteger value, int bits) {
        BigInteger low = value.mod(TWO.pow(bits));
        return (low.testBit(bits - 1) ? low.subtract(TWO.pow(bits)) : low).longValueExact();
    }

    private static long bool(boolean value) {
        return value ? 1 : 0;
    }

    /** The cell of a number that has to be one of an integer of {@code range} bits, in a cell of {@code bits}. */
    private static long checked(BigInteger value, boolean signed, int range, int bits) {
        BigInteger low = signed ? TWO.pow(range - 1).negate() : BigInteger.ZERO;
        BigInteger end = low.add(TWO.pow(range));
        if (value.compareTo(low) < 0 || value.compareTo(end) >= 0) {
            throw new Trap(FaultKind.INTEGER_OVERFLOW);
        }
        return wrap(value, bits);
    }

    private static void checkedIntegers(String type, int bits) {
        for (boolean signed : new boolean[] {true, false}) {
            String end = signed ? "_checked_s" : "_checked_u";
            LongFunction<BigInteger> read = cell -> signed ? signed(cell) : unsigned(cell, bits);
            BINARY.put(type + ".add" + end, (a, b) -> checked(read.apply(a).add(read.apply(b)), signed, bits, bits));
            BINARY.put(
                    type + ".sub" + end, (a, b) -> checked(read.apply(a).subtract(read.apply(b)), signed, bits, bits));
            BINARY.put(
                    type + ".mul" + end, (a, b) -> checked(read.apply(a).multiply(read.apply(b)), signed, bits, bits));
            UNARY.put(type + ".neg" + end, a -> checked(read.apply(a).negate(), signed, bits, bits));
            for (int range = 8; range < bits; range *= 2) {
                int narrow = range;
                UNARY.put(type + ".narrow" + range + end, a -> checked(read.apply(a), signed, narrow, bits));
            }
        }
        for (int low : new int[] {8, 16}) {
            UNARY.put(type + ".extend" + low + "_u", a -> unsigned(a, low).longValueExact());
        }
    }

    private static void integers(String type, int bits) {
        checkedIntegers(type, bits);
        UNARY.put(type + ".eqz", a -> bool(a == 0));
        BINARY.put(type + ".eq", (a, b) -> bool(signed(a).equals(signed(b))));
        BINARY.put(type + ".ne", (a, b) -> bool(!signed(a).equals(signed(b))));
        BINARY.put(type + ".lt_s", (a, b) -> bool(signed(a).compareTo(signed(b)) < 0));
        BINARY.put(type + ".gt_s", (a, b) -> bool(signed(a).compareTo(signed(b)) > 0));
        BINARY.put(type + ".le_s", (a, b) -> bool(signed(a).compareTo(signed(b)) <= 0));
        BINARY.put(type + ".ge_s", (a, b) -> bool(signed(a).compareTo(signed(b)) >= 0));
        BINARY.put(type + ".lt_u", (a, b) -> bool(unsigned(a, bits).compareTo(unsigned(b, bits)) < 0));
        BINARY.put(type + ".gt_u", (a, b) -> bool(unsigned(a, bits).compareTo(unsigned(b, bits)) > 0));
        BINARY.put(type + ".le_u", (a, b) -> bool(unsigned(a, bits).compareTo(unsigned(b, bits)) <= 0));
        BINARY.put(type + ".ge_u", (a, b) -> bool(unsigned(a, bits).compareTo(unsigned(b, bits)) >= 0));
        UNARY.put(type + ".clz", a -> bits - unsigned(a, bits).bitLength());
        UNARY.put(type + ".ctz", a -> a == 0 ? bits : signed(a).getLowestSetBit());
        UNARY.put(type + ".popcnt", a -> unsigned(a, bits).bitCount());
        BINARY.put(type + ".add", (a, b) -> wrap(signed(a).add(signed(b)), bits));
        BINARY.put(type + ".sub", (a, b) -> wrap(signed(a).subtract(signed(b)), bits));
        BINARY.put(type + ".mul", (a, b) -> wrap(signed(a).multiply(signed(b)), bits));
        BINARY.put(type + ".div_s", (a, b) -> {
            nonZero(b);
            BigInteger quotient = signed(a).divide(signed(b));
            if (quotient.bitLength() >= bits) {
                throw new Trap(FaultKind.INTEGER_OVERFLOW);
            }
            return quotient.longValueExact();
        });
        BINARY.put(type + ".div_u", (a, b) -> wrap(unsigned(a, bits).divide(unsigned(nonZero(b), bits)), bits));
        BINARY.put(
                type + ".rem_s",
                (a, b) -> signed(a).remainder(signed(nonZero(b))).longValueExact());
        BINARY.put(type + ".rem_u", (a, b) -> wrap(unsigned(a, bits).remainder(unsigned(nonZero(b), bits)), bits));
        BINARY.put(type + ".and", (a, b) -> signed(a).and(signed(b)).longValueExact());
        BINARY.put(type + ".or", (a, b) -> signed(a).or(signed(b)).longValueExact());
        BINARY.put(type + ".xor", (a, b) -> signed(a).xor(signed(b)).longValueExact());
        BINARY.put(type + ".shl", (a, b) -> wrap(signed(a).shiftLeft(count(b, bits)), bits));
        BINARY.put(
                type + ".shr_s", (a, b) -> signed(a).shiftRight(count(b, bits)).longValueExact());
        BINARY.put(type + ".shr_u", (a, b) -> wrap(unsigned(a, bits).shiftRight(count(b, bits)), bits));
        BINARY.put(type + ".rotl", (a, b) -> rotateLeft(a, count(b, bits), bits));
        BINARY.put(type + ".rotr", (a, b) -> rotateLeft(a, bits - count(b, bits), bits));
        UNARY.put(type + ".extend8_s", a -> wrap(signed(a), 8));
        UNARY.put(type + ".extend16_s", a -> wrap(signed(a), 16));
    }

    private static long nonZero(long divisor) {
        if (divisor == 0) {
            throw new Trap(FaultKind.DIVISION_BY_ZERO);
        }
        return divisor;
    }

    private static int count(long b, int bits) {
        return unsigned(b, bits).mod(BigInteger.valueOf(bits)).intValueExact();
    }

    private static long rotateLeft(long a, int count, int bits) {
        BigInteger value = unsigned(a, bits);
        return wrap(value.shiftLeft(count).or(value.shiftRight(bits - count)), bits);
    }

    // Floats: a cell as a double (exact for both types), and back with one rounding.

    private static double value(long cell, String type) {
        return type.equals("f32") ? Float.intBitsToFloat((int) cell) : Double.longBitsToDouble(cell);
    }

    private static long cell(double exact, String type) {
        if (Double.isNaN(exact)) {
            return type.equals("f32") ? 0x7FC0_0000L : 0x7FF8_0000_0000_0000L;
        }
        return type.equals("f32") ? Float.floatToRawIntBits((float) exact) : Double.doubleToRawLongBits(exact);
    }

    /** A finite exact number that is not zero, rounded once. */
    private static long round(BigDecimal exact, String type) {
        return type.equals("f32")
                ? Float.floatToRawIntBits(Float.parseFloat(exact.toString()))
                : Double.doubleToRawLongBits(Double.parseDouble(exact.toString()));
    }

    private static boolean finite(double a, double b) {
        return Double.isFinite(a) && Double.isFinite(b);
    }

    private static void floats() {
        for (String type : List.of("f32", "f64")) {
            long sign = type.equals("f32") ? 0xFFFF_FFFF_8000_0000L : Long.MIN_VALUE;
            BINARY.put(type + ".eq", (a, b) -> bool(value(a, type) == value(b, type)));
            BINARY.put(type + ".ne", (a, b) -> bool(!(value(a, type) == value(b, type))));
            BINARY.put(type + ".lt", (a, b) -> bool(value(a, type) < value(b, type)));
            BINARY.put(type + ".gt", (a, b) -> bool(value(b, type) < value(a, type)));
            BINARY.put(type + ".le", (a, b) -> bool(value(a, type) <= value(b, type)));
            BINARY.put(type + ".ge", (a, b) -> bool(value(b, type) <= value(a, type)));
            UNARY.put(type + ".abs", a -> a & ~sign);
            UNARY.put(type + ".neg", a -> a < 0 ? a & ~sign : a | sign);
            UNARY.put(type + ".ceil", a -> toIntegral(a, type, RoundingMode.CEILING));
            UNARY.put(type + ".floor", a -> toIntegral(a, type, RoundingMode.FLOOR));
            UNARY.put(type + ".trunc", a -> toIntegral(a, type, RoundingMode.DOWN));
            UNARY.put(type + ".nearest", a -> toIntegral(a, type, RoundingMode.HALF_EVEN));
            UNARY.put(type + ".sqrt", a -> {
                double x = value(a, type);
                if (!(x > 0) || Double.isInfinite(x)) {
                    return x == 0 || x == Double.POSITIVE_INFINITY ? a : cell(Double.NaN, type);
                }
                return round(new BigDecimal(x).sqrt(new MathContext(100)), type);
            });
            BINARY.put(type + ".add", (a, b) -> {
                double x = value(a, type);
                double y = value(b, type);
                BigDecimal sum = finite(x, y) ? new BigDecimal(x).add(new BigDecimal(y)) : BigDecimal.ZERO;
                return sum.signum() == 0 ? cell(x + y, type) : round(sum, type);
            });
            BINARY.put(type + ".sub", (a, b) -> {
                double x = value(a, type);
                double y = value(b, type);
                BigDecimal difference = finite(x, y) ? new BigDecimal(x).subtract(new BigDecimal(y)) : BigDecimal.ZERO;
                return difference.signum() == 0 ? cell(x - y, type) : round(difference, type);
            });
            BINARY.put(type + ".mul", (a, b) -> {
                double x = value(a, type);
                double y = value(b, type);
                BigDecimal product = finite(x, y) ? new BigDecimal(x).multiply(new BigDecimal(y)) : BigDecimal.ZERO;
                return product.signum() == 0 ? cell(x * y, type) : round(product, type);
            });
            BINARY.put(type + ".div", (a, b) -> {
                double x = value(a, type);
                double y = value(b, type);
                if (!finite(x, y) || x == 0 || y == 0) {
                    return cell(x / y, type);
                }
                return round(new BigDecimal(x).divide(new BigDecimal(y), new MathContext(1200)), type);
            });
            BINARY.put(type + ".min", (a, b) -> pick(a, b, type, true));
            BINARY.put(type + ".max", (a, b) -> pick(a, b, type, false));
            BINARY.put(type + ".copysign", (a, b) -> (a & ~sign) | (b & sign));
        }
    }

    private static long toIntegral(long a, String type, RoundingMode mode) {
        double x = value(a, type);
        if (!Double.isFinite(x)) {
            return cell(x, type);
        }
        BigDecimal rounded = new BigDecimal(x).setScale(0, mode);
        return rounded.signum() == 0 ? cell(Math.copySign(0.0, x), type) : round(rounded, type);
    }

    private static long pick(long a, long b, String type, boolean smaller) {
        double x = value(a, type);
        double y = value(b, type);
        if (Double.isNaN(x) || Double.isNaN(y)) {
            return cell(Double.NaN, type);
        }
        if (x == 0 && y == 0) {
            // Zeros are equal; the sign decides. Negative cells are those with the sign bit.
            return (a < 0) == smaller ? a : b;
        }
        return (x < y) == smaller ? a : b;
    }

    private static void conversions() {
        UNARY.put("i32.wrap_i64", a -> wrap(signed(a), 32));
        UNARY.put("i64.extend_i32_s", a -> a);
        UNARY.put("i64.extend_i32_u", a -> unsigned(a, 32).longValueExact());
        UNARY.put("i64.extend32_s", a -> wrap(signed(a), 32));
        UNARY.put("i32.reinterpret_f32", a -> a);
        UNARY.put("i64.reinterpret_f64", a -> a);
        UNARY.put("f32.reinterpret_i32", a -> a);
        UNARY.put("f64.reinterpret_i64", a -> a);
        UNARY.put("f32.demote_f64", a -> {
            double x = value(a, "f64");
            return Double.isFinite(x) && x != 0 ? round(new BigDecimal(x), "f32") : cell(x, "f32");
        });
        UNARY.put("f64.promote_f32", a -> cell(value(a, "f32"), "f64"));
        for (String from : List.of("i32", "i64")) {
            int bits = from.equals("i32") ? 32 : 64;
            for (String to : List.of("f32", "f64")) {
                UNARY.put(to + ".convert_" + from + "_s", a -> a == 0 ? 0 : round(new BigDecimal(signed(a)), to));
                UNARY.put(
                        to + ".convert_" + from + "_u", a -> a == 0 ? 0 : round(new BigDecimal(unsigned(a, bits)), to));
                BigInteger signedMin = TWO.pow(bits - 1).negate();
                BigInteger signedMax = TWO.pow(bits - 1).subtract(BigInteger.ONE);
                BigInteger unsignedMax = TWO.pow(bits).subtract(BigInteger.ONE);
                UNARY.put(from + ".trunc_" + to + "_s", a -> truncate(a, to, signedMin, signedMax, bits));
                UNARY.put(from + ".trunc_" + to + "_u", a -> truncate(a, to, BigInteger.ZERO, unsignedMax, bits));
                UNARY.put(from + ".trunc_sat_" + to + "_s", a -> saturate(a, to, signedMin, signedMax, bits));
                UNARY.put(from + ".trunc_sat_" + to + "_u", a -> saturate(a, to, BigInteger.ZERO, unsignedMax, bits));
            }
        }
    }

    private static long truncate(long a, String type, BigInteger min, BigInteger max, int bits) {
        double x = value(a, type);
        if (Double.isNaN(x)) {
            throw new Trap(FaultKind.INVALID_CONVERSION);
        }
        if (Double.isInfinite(x)) {
            throw new Trap(FaultKind.INTEGER_OVERFLOW);
        }
        BigInteger whole = new BigDecimal(x).toBigInteger();
        if (whole.compareTo(min) < 0 || whole.compareTo(max) > 0) {
            throw new Trap(FaultKind.INTEGER_OVERFLOW);
        }
        return wrap(whole, bits);
    }

    private static long saturate(long a, String type, BigInteger min, BigInteger max, int bits) {
        double x = value(a, type);
        if (Double.isNaN(x)) {
            return 0;
        }
        if (Double.isInfinite(x)) {
            return wrap(x < 0 ? min : max, bits);
        }
        return wrap(new BigDecimal(x).toBigInteger().max(min).min(max), bits);
    }

    /** Values at which something changes, and some random ones. */
    @SuppressWarnings("FloatingPointLiteralPrecision") // All digits of values that are exact.
    private static List<Long> values(ValueType type) {
        List<Long> values = new ArrayList<>();
        Random random = new Random(SEED);
        switch (type) {
            case I32 -> {
                for (int v : new int[] {
                    0,
                    1,
                    -1,
                    2,
                    7,
                    31,
                    32,
                    33,
                    63,
                    64,
                    127,
                    128,
                    255,
                    256,
                    0x7FFF,
                    0x8000,
                    0xFFFF,
                    0x10000,
                    0x7FFF_FFFF,
                    0x8000_0000,
                    0x8000_0001,
                    0xFFFF_FF80,
                    0xFFFF_8000,
                    0x0123_4567,
                    16_777_217
                }) {
                    values.add((long) v);
                }
                random.ints(6).forEach(v -> values.add((long) v));
            }
            case I64 -> {
                for (long v : new long[] {
                    0,
                    1,
                    -1,
                    2,
                    31,
                    32,
                    33,
                    63,
                    64,
                    65,
                    127,
                    128,
                    0xFFFF,
                    0x8000,
                    0x7FFF_FFFFL,
                    0x8000_0000L,
                    0xFFFF_FFFFL,
                    0x1_0000_0000L,
                    -0x8000_0000L,
                    -0x8000_0001L,
                    Long.MAX_VALUE,
                    Long.MIN_VALUE,
                    Long.MIN_VALUE + 1,
                    0x0123_4567_89AB_CDEFL,
                    9_007_199_254_740_993L,
                    0x7FFF_FFFF_FFFF_FBFFL,
                    0x8000_0080_0000_0001L,
                    0xFFFF_FF7F_FFFF_FFFFL,
                    0x0000_0100_0000_8001L
                }) {
                    values.add(v);
                }
                random.longs(6).forEach(values::add);
            }
            case F32 -> {
                for (float v : new float[] {
                    0f,
                    -0f,
                    1f,
                    -1f,
                    0.5f,
                    -0.5f,
                    1.5f,
                    2.5f,
                    -2.5f,
                    0.49999997f,
                    4503599.5f,
                    8388609f,
                    3.1415927f,
                    2147483520f,
                    2147483648f,
                    -2147483648f,
                    -2147483904f,
                    4294967040f,
                    4294967296f,
                    -0.99999994f,
                    9223371487098961920f,
                    9223372036854775808f,
                    -9223372036854775808f,
                    -9223373136366403584f,
                    18446742974197923840f,
                    18446744073709551616f,
                    Float.MAX_VALUE,
                    -Float.MAX_VALUE,
                    Float.MIN_VALUE,
                    Float.MIN_NORMAL,
                    Float.POSITIVE_INFINITY,
                    Float.NEGATIVE_INFINITY
                }) {
                    values.add((long) Float.floatToRawIntBits(v));
                }
                // NaNs: canonical, negative, with a payload, signalling.
                for (int bits : new int[] {0x7FC0_0000, 0xFFC0_0000, 0x7FC1_2345, 0x7FA0_0000, 0xFF80_0001}) {
                    values.add((long) bits);
                }
                random.ints(6).forEach(v -> values.add((long) v));
            }
            case F64 -> {
                for (double v : new double[] {
                    0,
                    -0.0,
                    1,
                    -1,
                    0.5,
                    -0.5,
                    1.5,
                    2.5,
                    -2.5,
                    0.49999999999999994,
                    2251799813685249.5,
                    Math.PI,
                    2147483647,
                    2147483647.9,
                    2147483648.0,
                    -2147483648.9,
                    -2147483649.0,
                    4294967295.9,
                    4294967296.0,
                    -0.9999999999999999,
                    9223372036854774784.0,
                    9223372036854775808.0,
                    -9223372036854775808.0,
                    -9223372036854777856.0,
                    18446744073709549568.0,
                    18446744073709551616.0,
                    1e308,
                    Double.MAX_VALUE,
                    -Double.MAX_VALUE,
                    Double.MIN_VALUE,
                    Double.MIN_NORMAL,
                    1.0000000596046448,
                    3.4028235677973366e38,
                    7.006492321624085e-46,
                    Double.POSITIVE_INFINITY,
                    Double.NEGATIVE_INFINITY
                }) {
                    values.add(Double.doubleToRawLongBits(v));
                }
                for (long bits : new long[] {
                    0x7FF8_0000_0000_0000L,
                    0xFFF8_0000_0000_0000L,
                    0x7FF8_0000_DEAD_BEEFL,
                    0x7FF4_0000_0000_0000L,
                    0xFFF0_0000_0000_0001L
                }) {
                    values.add(bits);
                }
                random.longs(6).forEach(values::add);
            }
            case FUNCREF, EXTERNREF -> throw new IllegalArgumentException(type + " is not a number");
        }
        return values;
    }

    /** Pure instructions that compute something from what they pop. */
    static List<Opcode> numeric() {
        List<Opcode> opcodes = new ArrayList<>();
        for (Opcode opcode : Opcode.values()) {
            boolean computes = opcode.determinism() == Determinism.PURE
                    && opcode.operands().isEmpty()
                    && opcode.effect().map(effect -> !effect.pops().isEmpty()).orElse(false);
            if (computes) {
                opcodes.add(opcode);
            }
        }
        return opcodes;
    }

    @Test
    void everyNumericInstructionHasAnExpectationAndTheOtherWayRound() {
        List<String> known = new ArrayList<>(UNARY.keySet());
        known.addAll(BINARY.keySet());
        assertThat(known)
                .containsExactlyInAnyOrderElementsOf(
                        numeric().stream().map(Opcode::mnemonic).toList());
    }

    @ParameterizedTest
    @MethodSource("numeric")
    void computesWhatMathematicsSays(Opcode opcode) {
        Opcode.Effect effect = opcode.effect().orElseThrow();
        int arity = effect.pops().size();
        List<Instruction> code = new ArrayList<>();
        for (int i = 0; i < arity; i++) {
            code.add(Instruction.of(Opcode.LOCAL_GET, i));
        }
        code.add(Instruction.of(opcode));
        code.add(Instruction.of(Opcode.RETURN));
        Program program = new Program(
                "numeric",
                List.of(new FunctionType(effect.pops(), effect.pushes())),
                List.of(),
                List.of(new Function("f", 0, List.of(), List.of(), code, -1, List.of())),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                0,
                -1,
                List.of(),
                List.of());
        Machine machine = Bench.of(Bench.verified(program)).machine;
        for (long a : values(effect.pops().get(0))) {
            if (arity == 1) {
                check(machine, opcode, () -> UNARY.get(opcode.mnemonic()).of(a), a);
            } else {
                for (long b : values(effect.pops().get(1))) {
                    check(machine, opcode, () -> BINARY.get(opcode.mnemonic()).of(a, b), a, b);
                }
            }
        }
    }

    private interface Expectation {
        long get();
    }

    private static void check(Machine machine, Opcode opcode, Expectation expectation, long... arguments) {
        StringBuilder what = new StringBuilder(opcode.mnemonic());
        for (long argument : arguments) {
            what.append(String.format(Locale.ROOT, " 0x%X", argument));
        }
        machine.start(0, arguments);
        Status status = machine.run(Long.MAX_VALUE);
        try {
            long expected = expectation.get();
            assertThat(status).as(what.toString()).isEqualTo(Status.RETURNED);
            assertThat(machine.results()).as(what.toString()).containsExactly(expected);
        } catch (Trap trap) {
            assertThat(machine.fault().map(Fault::kind)).as(what.toString()).contains(trap.kind);
            assertThat(machine.position().offset()).as("place of the fault").isEqualTo(arguments.length);
            for (int i = 0; i < arguments.length; i++) {
                assertThat(machine.operand(0, i)).as("operands are still there").isEqualTo(arguments[i]);
            }
        }
    }
}
