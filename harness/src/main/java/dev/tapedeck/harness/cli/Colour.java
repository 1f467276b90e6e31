package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.report.ConsoleReport.Paint;
import java.util.List;
import java.util.Locale;

/** When results are in colour: the option {@code --color}, which every command has. */
enum Colour {
    /** Where a person reads them, and the environment has nothing against it. */
    AUTO,
    ALWAYS,
    NEVER;

    static final String OPTION = "--color";

    /**
     * What the arguments of a command ask for. Usage texts are in colour too, and so this is wanted before anything is
     * parsed; what the option cannot be is said by the parser.
     */
    static Colour of(List<String> args) {
        Colour found = AUTO;
        for (int i = 0; i < args.size() && !args.get(i).equals("--"); i++) {
            String arg = args.get(i);
            String value = arg.startsWith(OPTION + "=")
                    ? arg.substring(OPTION.length() + 1)
                    : arg.equals(OPTION) && i + 1 < args.size() ? args.get(i + 1) : "";
            for (Colour colour : values()) {
                if (colour.name().toLowerCase(Locale.ROOT).equals(value.toLowerCase(Locale.ROOT))) {
                    found = colour;
                }
            }
        }
        return found;
    }

    /** @param automatic what it is without the option */
    Paint paint(Paint automatic) {
        return switch (this) {
            case AUTO -> automatic;
            case ALWAYS -> Paint.ANSI;
            case NEVER -> Paint.PLAIN;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
