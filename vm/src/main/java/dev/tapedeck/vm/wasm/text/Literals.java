package dev.tapedeck.vm.wasm.text;

import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The numbers of the text format. Values that are out of range are empty. */
final class Literals {
    /** What a word is as a number. */
    enum Form {
        NONE,
        /** Digits without a sign. */
        NATURAL,
        /** Digits with a sign. */
        SIGNED,
        FLOAT
    }

    private static final int F32_FRACTION_BITS = 23;
    private static final int F64_FRACTION_BITS = 52;
    private static final int F32_INFINITY = 0x7F80_0000;
    private static final long F64_INFINITY = 0x7FF0_0000_0000_0000L;

    private Literals() {}

    static Form form(String word) {
        int at = signLength(word);
        String rest = word.substring(at);
        if (rest.equals("inf") || rest.equals("nan")) {
            return Form.FLOAT;
        }
        if (rest.startsWith("nan:0x")) {
            return digits(rest, 6, true) == rest.length() ? Form.FLOAT : Form.NONE;
        }
        boolean hex = isHex(word, at);
        boolean signed = at > 0;
        at = digits(word, hex ? at + 2 : at, hex);
        if (at < 0) {
            return Form.NONE;
        }
        if (at == word.length()) {
            return signed ? Form.SIGNED : Form.NATURAL;
        }
        if (word.charAt(at) == '.') {
            at++;
            int fraction = digits(word, at, hex);
            at = fraction < 0 ? at : fraction;
        }
        if (at < word.length() && (word.charAt(at) | 0x20) == (hex ? 'p' : 'e')) {
            at++;
            at += signLength(word.substring(at));
            at = digits(word, at, false);
        }
        return at == word.length() ? Form.FLOAT : Form.NONE;
    }

    private static int signLength(String word) {
        return !word.isEmpty() && (word.charAt(0) == '+' || word.charAt(0) == '-') ? 1 : 0;
    }

    private static boolean isHex(String word, int at) {
        return word.startsWith("0x", at);
    }

    /** The end of the digits from {@code at} on, which may have single underscores between them; -1 if there are none. */
    private static int digits(String word, int at, boolean hex) {
        int next = at;
        while (next < word.length() && isDigit(word.charAt(next), hex)) {
            next++;
            if (next + 1 < word.length() && word.charAt(next) == '_' && isDigit(word.charAt(next + 1), hex)) {
                next++;
            }
        }
        return next > at ? next : -1;
    }

    private static boolean isDigit(char c, boolean hex) {
        return (c >= '0' && c <= '9') || (hex && ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'));
    }

    /** The value of a natural number below 2^32. */
    static OptionalLong u32(String word) {
        OptionalLong value = magnitude(word, 0);
        return value.isPresent() && value.getAsLong() >>> Integer.SIZE == 0 ? value : OptionalLong.empty();
    }

    /** The value of an integer that fits so many bits, with or without a sign. */
    static OptionalLong integer(String word, int bits) {
        boolean negative = word.charAt(0) == '-';
        OptionalLong magnitude = magnitude(word, signLength(word));
        if (magnitude.isEmpty()) {
            return magnitude;
        }
        long value = magnitude.getAsLong();
        long max = negative ? 1L << (bits - 1) : -1L >>> (Long.SIZE - bits);
        if (Long.compareUnsigned(value, max) > 0) {
            return OptionalLong.empty();
        }
        long signed = negative ? -value : value;
        return OptionalLong.of(bits == Integer.SIZE ? (int) signed : signed);
    }

    /** An unsigned 64-bit number. */
    private static OptionalLong magnitude(String word, int start) {
        boolean hex = isHex(word, start);
        int radix = hex ? 16 : 10;
        long last = Long.divideUnsigned(-1, radix);
        long value = 0;
        for (int i = hex ? start + 2 : start; i < word.length(); i++) {
            if (word.charAt(i) == '_') {
                continue;
            }
            int digit = Character.digit(word.charAt(i), radix);
            if (Long.compareUnsigned(value, last) > 0) {
                return OptionalLong.empty();
            }
            long next = value * radix + digit;
            if (Long.compareUnsigned(next, value * radix) < 0) {
                return OptionalLong.empty();
            }
            value = next;
        }
        return OptionalLong.of(value);
    }

    /** The bits of an f32. */
    static OptionalInt f32(String word) {
        OptionalLong special = special(word, F32_INFINITY, F32_FRACTION_BITS);
        int sign = word.charAt(0) == '-' ? 1 << 31 : 0;
        if (special.isPresent()) {
            long bits = special.getAsLong();
            return bits < 0 ? OptionalInt.empty() : OptionalInt.of(sign | (int) bits);
        }
        // Rounded once, from the text: a float from a double would be rounded twice.
        float value = Float.parseFloat(java(word));
        return Float.isInfinite(value) ? OptionalInt.empty() : OptionalInt.of(Float.floatToRawIntBits(value));
    }

    /** The bits of an f64. */
    static OptionalLong f64(String word) {
        OptionalLong special = special(word, F64_INFINITY, F64_FRACTION_BITS);
        long sign = word.charAt(0) == '-' ? 1L << 63 : 0;
        if (special.isPresent()) {
            long bits = special.getAsLong();
            return bits < 0 ? OptionalLong.empty() : OptionalLong.of(sign | bits);
        }
        double value = Double.parseDouble(java(word));
        return Double.isInfinite(value) ? OptionalLong.empty() : OptionalLong.of(Double.doubleToRawLongBits(value));
    }

    /** The bits of an infinity or NaN without its sign, -1 for a NaN that is out of range; empty for other numbers. */
    private static OptionalLong special(String word, long infinity, int fractionBits) {
        String rest = word.substring(signLength(word));
        if (rest.equals("inf")) {
            return OptionalLong.of(infinity);
        }
        if (rest.equals("nan")) {
            return OptionalLong.of(infinity | (1L << (fractionBits - 1)));
        }
        if (!rest.startsWith("nan:")) {
            return OptionalLong.empty();
        }
        OptionalLong payload = magnitude(rest, 4);
        boolean fits = payload.isPresent() && payload.getAsLong() != 0 && payload.getAsLong() >>> fractionBits == 0;
        return OptionalLong.of(fits ? infinity | payload.getAsLong() : -1);
    }

    /** As Java writes it: its hexadecimal numbers always have an exponent. */
    private static String java(String word) {
        String text = word.replace("_", "").toLowerCase(Locale.ROOT);
        return isHex(text, signLength(text)) && text.indexOf('p') < 0 ? text + "p0" : text;
    }
}
