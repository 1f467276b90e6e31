package dev.tapedeck.vm.host;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers as decimal text, the same on every Java version. */
final class DecimalText {
    private static final int DIGITS_MAX = 17;

    private DecimalText() {}

    /**
     * The shortest decimal number of at least two digits that reads back as {@code value}, in the form of {@link
     * Double#toString}. Not by that method itself: before Java 19 it sometimes gives a digit more.
     */
    static String shortest(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
            return Double.toString(value);
        }
        BigDecimal exact = new BigDecimal(Math.abs(value));
        BigDecimal rounded = exact;
        for (int digits = 2; digits <= DIGITS_MAX; digits++) {
            rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (rounded.doubleValue() == Math.abs(value)) {
                break;
            }
        }
        rounded = rounded.stripTrailingZeros();
        String digits = rounded.unscaledValue().toString();
        // The value is 0.DIGITS times ten to this.
        int exponent = digits.length() - rounded.scale();
        String sign = value < 0 ? "-" : "";
        if (exponent < -2 || exponent > 7) {
            String fraction = digits.length() == 1 ? "0" : digits.substring(1);
            return sign + digits.charAt(0) + "." + fraction + "E" + (exponent - 1);
        }
        if (exponent <= 0) {
            return sign + "0." + "0".repeat(-exponent) + digits;
        }
        if (digits.length() <= exponent) {
            return sign + digits + "0".repeat(exponent - digits.length()) + ".0";
        }
        return sign + digits.substring(0, exponent) + "." + digits.substring(exponent);
    }

    /** {@code value} with so many digits behind the point, the exact value rounded half to even. */
    static String fixed(double value, int digits) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.toString(value);
        }
        return new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    }
}
