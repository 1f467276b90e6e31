package dev.tapedeck.harness.slice;

import dev.tapedeck.harness.text.Executed;
import java.util.List;
import java.util.Optional;

/**
 * An instruction that took part in making a value, or something that was there before the first instruction.
 *
 * @param at which, and where; of what is no instruction, such as an argument, the text stands in parentheses
 * @param kind what it contributed
 * @param role why it is in the slice
 * @param operands the values it read, in words; empty if they are not worth showing
 * @param value what it gave, in words
 * @param through what then carried the value on unchanged to where the step above read it: stores, assignments and
 *     returns, the last first; at most {@value #THROUGH_MAX}, the program's own first
 * @param caller where the step, or the first of {@code through}, is code of a library: the program's own call that led there
 * @param repeats how often the same instruction took part between this step and the next one shown of it
 * @param leftOut how many other steps stand between this one and the next and are not shown
 */
public record Cause(
        Executed at,
        Kind kind,
        Role role,
        List<String> operands,
        String value,
        List<Executed> through,
        Optional<Executed> caller,
        long repeats,
        long leftOut) {
    /** Carriers listed with a step. */
    public static final int THROUGH_MAX = 3;

    /** What a step contributed. */
    public enum Kind {
        /** It calculated a value from others. */
        COMPUTED("computed"),
        /** It went one of several ways, and so led to what is above. */
        BRANCH("branch"),
        /** It chose, by an address or a condition, which value was carried on. */
        CHOICE("choice"),
        /** The program has the value in its code. */
        CONSTANT("constant"),
        /** The value came from a host function, or a host wrote it to memory. */
        HOST("host"),
        /** The value came with an interrupt. */
        INTERRUPT("interrupt"),
        /** The value was passed to the function that was run. */
        ARGUMENT("argument"),
        /** The value stood in a data or element segment. */
        DATA("data"),
        /** The place held the value from the beginning: a global's initial value, or zero. */
        INITIAL("initial"),
        /** The machine's own: registers and counters. */
        MACHINE("machine"),
        /** The place was changed on purpose, by an injection. */
        INJECTED("injected"),
        /** Nothing is known before: the slice ends at its bound. */
        UNKNOWN("unknown");

        private final String mnemonic;

        Kind(String mnemonic) {
            this.mnemonic = mnemonic;
        }

        /** The stable name in JSON. */
        public String mnemonic() {
            return mnemonic;
        }

        /** Whether it comes from outside of the program, so that nothing in the program need explain it. */
        boolean explains() {
            return switch (this) {
                case HOST, INTERRUPT, ARGUMENT, INJECTED -> true;
                case COMPUTED, BRANCH, CHOICE, CONSTANT, DATA, INITIAL, MACHINE, UNKNOWN -> false;
            };
        }
    }

    /** Why a step is in a slice. */
    public enum Role {
        /** The value was made from it. */
        VALUE("value"),
        /** The address was made from it, of a load whose value nothing else explains. */
        ADDRESS("address"),
        /** It decided that the value above was the one that was used. */
        CONDITION("condition");

        private final String mnemonic;

        Role(String mnemonic) {
            this.mnemonic = mnemonic;
        }

        /** The stable name in JSON. */
        public String mnemonic() {
            return mnemonic;
        }
    }

    /** Without a caller. */
    public Cause(
            Executed at,
            Kind kind,
            Role role,
            List<String> operands,
            String value,
            List<Executed> through,
            long repeats,
            long leftOut) {
        this(at, kind, role, operands, value, through, Optional.empty(), repeats, leftOut);
    }

    Cause withCaller(Executed known) {
        return new Cause(at, kind, role, operands, value, through, Optional.of(known), repeats, leftOut);
    }

    public Cause {
        operands = List.copyOf(operands);
        through = List.copyOf(through);
    }

    /** The instruction with what it read and gave, in one line: {@code i32.add: 3, 4 -> 7}. */
    public String words() {
        StringBuilder text = new StringBuilder(at.text());
        if (!operands.isEmpty()) {
            text.append(": ").append(String.join(", ", operands)).append(value.isEmpty() ? "" : " -> " + value);
        } else if (!value.isEmpty()) {
            text.append(": ").append(value);
        }
        return text.toString();
    }
}
