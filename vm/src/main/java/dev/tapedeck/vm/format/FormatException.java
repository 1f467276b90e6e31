package dev.tapedeck.vm.format;

/** A file is not what it should be. The message says what, at which byte, and what was expected. */
public final class FormatException extends Exception {
    private static final long serialVersionUID = 1;

    public FormatException(String message) {
        super(message);
    }
}
