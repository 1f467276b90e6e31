package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.isa.ValueType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Set;

/** How names, strings and numbers are written in assembly text. The reading side is {@link Lexer} and {@link Literal}. */
final class Notation {
    /** Words that mean something else at some place where a name can stand; quotes make them names everywhere. */
    private static final Set<String> RESERVED = Set.of(
            "_", "none", "null", "func", "extern", "bits", "zero", "inf", "nan", "i8", "i16", "i32", "i64", "f32",
            "f64");

    private Notation() {}

    static boolean isNameStart(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
    }

    static boolean isNamePart(int c) {
        return isNameStart(c) || isDigit(c) || c == '.';
    }

    static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    /** Whether a name can be written without quotes. */
    static boolean isPlainName(String name) {
        if (name.isEmpty() || !isNameStart(name.charAt(0)) || RESERVED.contains(name)) {
            return false;
        }
        return name.chars().allMatch(Notation::isNamePart);
    }

    /** What somebody wrote, cut so that it fits a message. */
    static String abbreviated(String text) {
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }

    static String name(String name) {
        return isPlainName(name) ? name : quote(name);
    }

    /** Whether a character shows as itself: no control, format or private character, no half of a surrogate pair. */
    static boolean isPrintable(int c) {
        if (c < 0x7F) {
            return c >= 0x20;
        }
        return c > 0xA0
                && c != 0xAD
                && !(c >= 0x0600 && c <= 0x0605)
                && c != 0x061C
                && c != 0x180E
                && !(c >= 0x200B && c <= 0x200F)
                && !(c >= 0x2028 && c <= 0x202E)
                && !(c >= 0x2060 && c <= 0x206F)
                && !(c >= 0xD800 && c <= 0xF8FF)
                && c != 0xFEFF
                && !(c >= 0xFFF0 && c <= 0xFFFF)
                && c < 0xE0000;
    }

    /** A string literal that reads back as the same text. */
    static String quote(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        text.codePoints().forEach(c -> {
            if (!escape(c, out)) {
                if (isPrintable(c)) {
                    out.appendCodePoint(c);
                } else {
                    out.append("\\u{").append(Integer.toHexString(c)).append('}');
                }
            }
        });
        return out.append('"').toString();
    }

    /** A string literal that reads back as the same bytes; each char of {@code latin1} is one byte. */
    static String quoteBytes(String latin1) {
        StringBuilder out = new StringBuilder(latin1.length() + 2).append('"');
        for (int i = 0; i < latin1.length(); i++) {
            char c = latin1.charAt(i);
            if (!escape(c, out)) {
                if (c >= 0x20 && c < 0x7F) {
                    out.append(c);
                } else {
                    out.append(String.format(Locale.ROOT, "\\x%02x", c & 0xFF));
                }
            }
        }
        return out.append('"').toString();
    }

    private static boolean escape(int c, StringBuilder out) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\t' -> out.append("\\t");
            case '\r' -> out.append("\\r");
            case 0 -> out.append("\\0");
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Whether a cell is in the one form in which a value of the type is stored. */
    static boolean isCanonicalCell(ValueType type, long cell) {
        return switch (type) {
            case I32, F32 -> cell == (int) cell;
            case I64, F64 -> true;
            case FUNCREF -> cell >= 0 && cell <= 1L << 31;
            case EXTERNREF -> cell >= 0;
        };
    }

    /** A cell as a number of its type; cells that the type does not have are written as {@code bits 0x...}. */
    static String cell(ValueType type, long cell) {
        if (!isCanonicalCell(type, cell)) {
            return bits(cell);
        }
        return switch (type) {
            case I32, I64 -> Long.toString(cell);
            case F32 -> f32((int) cell);
            case F64 -> f64(cell);
            case FUNCREF -> cell == ValueType.NULL ? "null" : "func #" + (cell - 1);
            case EXTERNREF -> cell == ValueType.NULL ? "null" : "extern " + (cell - 1);
        };
    }

    static String bits(long cell) {
        return "bits 0x" + Long.toHexString(cell);
    }

    static String f32(int bits) {
        float value = Float.intBitsToFloat(bits);
        String sign = bits < 0 ? "-" : "";
        if (Float.isNaN(value)) {
            int payload = bits & 0x7F_FFFF;
            return sign + (payload == 0x40_0000 ? "nan" : "nan:0x" + Integer.toHexString(payload));
        }
        float absolute = Math.abs(value);
        if (Float.isInfinite(value)) {
            return sign + "inf";
        }
        if (absolute == 0) {
            return sign + "0.0";
        }
        BigDecimal exact = new BigDecimal(absolute);
        for (int precision = 1; precision <= 9; precision++) {
            BigDecimal rounded = exact.round(new MathContext(precision, RoundingMode.HALF_EVEN));
            if (Float.parseFloat(rounded.toString()) == absolute) {
                return sign + decimal(rounded);
            }
        }
        throw new AssertionError("9 digits do not identify the f32 with bits " + bits);
    }

    /** Shortest text that reads back as the same bits. Not {@code Double.toString}: its digits depend on the JDK. */
    static String f64(long bits) {
        double value = Double.longBitsToDouble(bits);
        String sign = bits < 0 ? "-" : "";
        if (Double.isNaN(value)) {
            long payload = bits & 0xF_FFFF_FFFF_FFFFL;
            return sign + (payload == 0x8_0000_0000_0000L ? "nan" : "nan:0x" + Long.toHexString(payload));
        }
        double absolute = Math.abs(value);
        if (Double.isInfinite(value)) {
            return sign + "inf";
        }
        if (absolute == 0) {
            return sign + "0.0";
        }
        BigDecimal exact = new BigDecimal(absolute);
        for (int precision = 1; precision <= 17; precision++) {
            BigDecimal rounded = exact.round(new MathContext(precision, RoundingMode.HALF_EVEN));
            if (Double.parseDouble(rounded.toString()) == absolute) {
                return sign + decimal(rounded);
            }
        }
        throw new AssertionError("17 digits do not identify the f64 with bits " + bits);
    }

    /** Plain between 0.00001 and 10^17, else with an exponent. */
    private static String decimal(BigDecimal value) {
        BigDecimal stripped = value.stripTrailingZeros();
        BigInteger digits = stripped.unscaledValue();
        int exponent = stripped.precision() - stripped.scale() - 1;
        if (exponent >= -5 && exponent < 17) {
            String plain = stripped.toPlainString();
            return plain.indexOf('.') >= 0 ? plain : plain + ".0";
        }
        String all = digits.toString();
        return all.charAt(0) + "." + (all.length() > 1 ? all.substring(1) : "0") + "e" + exponent;
    }
}
