package dev.tapedeck.harness.cli;

/** The exit codes of every command. {@code run} and {@code record} also pass on the program's own. */
final class ExitCodes {
    /** Fine; the same. */
    static final int FINE = 0;
    /** The runs diverge, or the program failed. */
    static final int DIFFERENT = 1;
    /** The command line is wrong. */
    static final int USAGE = 2;
    /** Data cannot be read or written, or is of another version. */
    static final int DATA = 65;
    /** A mistake in Tapedeck. */
    static final int INTERNAL = 70;
    /** The reader of a running program's output went away: 128 + SIGPIPE, as from any other program. */
    static final int OUTPUT_CLOSED = 141;

    private ExitCodes() {}
}
