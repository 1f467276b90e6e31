package dev.tapedeck.vm.asm;

import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A number as it was written, not yet of a type. Conversions and arithmetic throw {@link IllegalArgumentException} with
 * the reason, to which the caller adds the place.
 */
sealed interface Literal {
    BigInteger I32_MIN = BigInteger.valueOf(Integer.MIN_VALUE);
    BigInteger U32_MAX = BigInteger.valueOf(0xFFFF_FFFFL);
    BigInteger I64_MIN = BigInteger.valueOf(Long.MIN_VALUE);
    BigInteger I64_MAX = BigInteger.valueOf(Long.MAX_VALUE);
    BigInteger U64_MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    /** A whole number; {@code negativeZero} keeps the sign of {@code -0} for a floating-point operand. */
    record Whole(BigInteger value, boolean negativeZero) implements Literal {
        private static final int BITS_MAX = 128;

        public Whole {
            if (value.bitLength() > BITS_MAX) {
                throw new IllegalArgumentException("the number does not fit 64 bits");
            }
        }

        static Whole of(long value) {
            return new Whole(BigInteger.valueOf(value), false);
        }

        @Override
        public String toString() {
            return value.toString();
        }
    }

    /**
     * A floating-point number; {@code text} is how it was written, so that an f32 is rounded once and not by way of an
     * f64, or null for the result of arithmetic.
     */
    record Real(double value, @Nullable String text) implements Literal {
        @Override
        public String toString() {
            return text != null ? Notation.abbreviated(text) : Notation.f64(Double.doubleToRawLongBits(value));
        }
    }

    /** A NaN; payload 0 stands for the canonical one. */
    record NotANumber(boolean negative, long payload) implements Literal {
        @Override
        public String toString() {
            return (negative ? "-nan" : "nan") + (payload == 0 ? "" : ":0x" + Long.toHexString(payload));
        }
    }

    /** So many decimal digits fit a long. */
    int SHORT_DIGITS_MAX = 18;

    Pattern DECIMAL = Pattern.compile("[0-9]++");
    Pattern HEX = Pattern.compile("0[xX][0-9a-fA-F]++");
    Pattern BINARY = Pattern.compile("0[bB][01]++");
    Pattern DECIMAL_REAL = Pattern.compile("[0-9]++(\\.[0-9]*+)?([eE][+-]?[0-9]++)?");
    Pattern HEX_REAL = Pattern.compile("0[xX][0-9a-fA-F]++(\\.[0-9a-fA-F]*+)?([pP][+-]?[0-9]++)?");
    Pattern UNDERSCORES = Pattern.compile("(?:^|[^0-9a-fA-F])_|_(?:$|[^0-9a-fA-F_])");

    /** Reads a number without sign: decimal, {@code 0x}, {@code 0b}, decimal and hexadecimal floating point. */
    static Literal parse(String written) {
        if (written.length() <= SHORT_DIGITS_MAX && written.chars().allMatch(Notation::isDigit)) {
            return Whole.of(Long.parseLong(written));
        }
        String text = written;
        if (text.indexOf('_') >= 0) {
            if (UNDERSCORES.matcher(text).find()) {
                throw new IllegalArgumentException("'_' in a number can only stand between digits");
            }
            text = text.replace("_", "");
        }
        if (DECIMAL.matcher(text).matches()) {
            return whole(text, 10);
        }
        if (HEX.matcher(text).matches()) {
            return whole(text.substring(2), 16);
        }
        if (BINARY.matcher(text).matches()) {
            return whole(text.substring(2), 2);
        }
        String java = text.toLowerCase(Locale.ROOT);
        if (HEX_REAL.matcher(text).matches()) {
            java = java.indexOf('p') >= 0 ? java : java + "p0";
        } else if (!DECIMAL_REAL.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + Notation.abbreviated(written) + "' is not a number");
        }
        double value = Double.parseDouble(java);
        if (Double.isInfinite(value)) {
            throw new IllegalArgumentException("'" + Notation.abbreviated(written)
                    + "' is out of range for floating point; infinity is written inf");
        }
        return new Real(value, java);
    }

    private static Whole whole(String digits, int radix) {
        int start = 0;
        while (start < digits.length() - 1 && digits.charAt(start) == '0') {
            start++;
        }
        // Reading takes quadratic time, and no longer number is of any use.
        if (digits.length() - start > 128) {
            throw new IllegalArgumentException("the number does not fit 64 bits");
        }
        return new Whole(new BigInteger(digits.substring(start), radix), false);
    }

    default Literal negate() {
        if (this instanceof Whole whole) {
            return new Whole(whole.value.negate(), whole.value.signum() == 0 && !whole.negativeZero);
        }
        if (this instanceof Real real) {
            String text = real.text;
            return new Real(-real.value, text == null ? null : text.startsWith("-") ? text.substring(1) : "-" + text);
        }
        NotANumber nan = (NotANumber) this;
        return new NotANumber(!nan.negative, nan.payload);
    }

    default Literal plus(Literal other) {
        if (this instanceof Whole a && other instanceof Whole b) {
            return new Whole(a.value.add(b.value), false);
        }
        return new Real(toDouble() + other.toDouble(), null);
    }

    default Literal minus(Literal other) {
        if (this instanceof Whole a && other instanceof Whole b) {
            return new Whole(a.value.subtract(b.value), false);
        }
        return new Real(toDouble() - other.toDouble(), null);
    }

    default Literal times(Literal other) {
        if (this instanceof Whole a && other instanceof Whole b) {
            return new Whole(a.value.multiply(b.value), false);
        }
        return new Real(toDouble() * other.toDouble(), null);
    }

    private double toDouble() {
        if (this instanceof Whole whole) {
            return whole.negativeZero ? -0.0 : whole.value.doubleValue();
        }
        if (this instanceof Real real) {
            return real.value;
        }
        throw new IllegalArgumentException("a nan cannot be part of a sum");
    }

    /** As a whole number from {@code min} to {@code max}; from 2^63 on in two's complement. */
    default long toInteger(String what, BigInteger min, BigInteger max) {
        if (!(this instanceof Whole whole)) {
            throw new IllegalArgumentException(this + " is not a whole number, which " + what + " has to be");
        }
        if (whole.value.compareTo(min) < 0 || whole.value.compareTo(max) > 0) {
            throw new IllegalArgumentException(
                    whole.value + " is out of range for " + what + ": " + min + " to " + max);
        }
        return whole.value.longValue();
    }

    /** Unsigned values from 2^31 on become negative. */
    default int toI32() {
        return (int) toInteger("i32", I32_MIN, U32_MAX);
    }

    default long toI64() {
        return toInteger("i64", I64_MIN, U64_MAX);
    }

    default int toF32Bits() {
        if (this instanceof NotANumber nan) {
            long payload = nan.payload == 0 ? 0x40_0000 : nan.payload;
            if (payload > 0x7F_FFFF) {
                throw new IllegalArgumentException(this + " is out of range: an f32's nan payload is 0x1 to 0x7fffff");
            }
            return (nan.negative ? 0xFF80_0000 : 0x7F80_0000) | (int) payload;
        }
        float value;
        if (this instanceof Real real && real.text != null) {
            value = Float.parseFloat(real.text);
        } else if (this instanceof Whole whole && !whole.negativeZero) {
            value = whole.value.floatValue();
        } else {
            value = (float) toDouble();
        }
        if (Float.isInfinite(value) && !Double.isInfinite(toDouble())) {
            throw new IllegalArgumentException(this + " is out of range for f32; infinity is written inf");
        }
        return Float.floatToRawIntBits(value);
    }

    default long toF64Bits() {
        if (this instanceof NotANumber nan) {
            long payload = nan.payload == 0 ? 0x8_0000_0000_0000L : nan.payload;
            return (nan.negative ? 0xFFF0_0000_0000_0000L : 0x7FF0_0000_0000_0000L) | payload;
        }
        return Double.doubleToRawLongBits(toDouble());
    }
}
