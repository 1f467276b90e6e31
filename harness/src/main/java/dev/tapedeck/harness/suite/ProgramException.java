package dev.tapedeck.harness.suite;

/** A program cannot be loaded. The message says what is wrong and where; it may have several lines. */
public final class ProgramException extends Exception {
    private static final long serialVersionUID = 1;

    public ProgramException(String message) {
        super(message);
    }
}
