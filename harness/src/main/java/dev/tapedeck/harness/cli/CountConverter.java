package dev.tapedeck.harness.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Whole numbers that count something: as {@link LongConverter} reads them, but beyond 2^63-1 they are not negative. */
final class CountConverter implements ITypeConverter<Long> {
    private final LongConverter number = new LongConverter();

    @Override
    public Long convert(String text) {
        long count = number.convert(text);
        if (count < 0 && !text.startsWith("-")) {
            throw new TypeConversionException("'" + text + "' is too large; the most is " + Long.MAX_VALUE);
        }
        return count;
    }
}
