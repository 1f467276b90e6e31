package dev.tapedeck.vm.verify;

/** A program is not valid. The message says where (function, offset, line), what was expected and what was found. */
public final class VerifyException extends Exception {
    private static final long serialVersionUID = 1;

    public VerifyException(String message) {
        super(message);
    }
}
