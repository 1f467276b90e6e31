package dev.tapedeck.harness.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Whole numbers that count something: as {@link LongConverter} reads them, but beyond 2^63-1 they are not negative, and they may
 * be written as Tapedeck prints them: {@code 1,000,000}.
 */
final class CountConverter implements ITypeConverter<Long> {
    private final LongConverter number = new LongConverter();

    @Override
    public Long convert(String text) {
        boolean grouped = text.matches("[0-9]{1,3}(,[0-9]{3})+");
        long count = number.convert(grouped ? text.replace(",", "") : text);
        if (count < 0 && !text.startsWith("-")) {
            throw new TypeConversionException("'" + text + "' is too large; the most is " + Long.MAX_VALUE);
        }
        return count;
    }
}
