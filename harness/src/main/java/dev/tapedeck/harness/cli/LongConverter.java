package dev.tapedeck.harness.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Whole numbers as in assembly text: {@code 1_000_000}, {@code 0x10}; and {@code 2^20}, since limits are powers of two. */
final class LongConverter implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
        try {
            if (text.matches("2\\^[0-9]{1,2}")) {
                int exponent = Integer.parseInt(text.substring(2));
                if (exponent <= 62) {
                    return 1L << exponent;
                }
            }
            return Arguments.integer(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a whole number of 64 bits");
        }
    }
}
