package dev.tapedeck.harness.text;

/**
 * A frame of a call stack.
 *
 * @param function name
 * @param offset in the function
 * @param source file, or empty
 * @param line from 1, or 0 if it is unknown
 * @param interrupt whether it was entered by an interrupt
 */
public record Frame(String function, int offset, String source, int line, boolean interrupt) {
    /** {@code function+offset (source:line)}. */
    public String place() {
        return Places.place(function, offset, source, line);
    }
}
