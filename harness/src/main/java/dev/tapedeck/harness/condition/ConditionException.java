package dev.tapedeck.harness.condition;

/** A condition cannot be understood; the message says where, and what was expected. */
public final class ConditionException extends Exception {
    private static final long serialVersionUID = 1;

    ConditionException(String message) {
        super(message);
    }
}
