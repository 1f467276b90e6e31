package dev.tapedeck.junit;

/**
 * A test could not be run: its program cannot be read or is not valid, there is no program, a setting is wrong, or the
 * recording cannot be written. Missed expectations are assertion errors instead.
 */
public final class ProgramNotRunException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ProgramNotRunException(String message) {
        super(message);
    }
}
