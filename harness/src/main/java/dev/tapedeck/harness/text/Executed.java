package dev.tapedeck.harness.text;

/**
 * An executed instruction.
 *
 * @param icount instructions completed before it
 * @param function name
 * @param offset in the function
 * @param source file, or empty
 * @param line from 1, or 0 if it is unknown
 * @param text as disassembled
 */
public record Executed(long icount, String function, int offset, String source, int line, String text) {
    /** {@code function+offset (source:line)}. */
    public String place() {
        return Places.place(function, offset, source, line);
    }

    /** The text for people, without the hashes in names of functions. */
    public String shown() {
        return Words.withoutHashes(text);
    }
}
