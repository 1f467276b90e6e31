package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.files.FileProblem;
import java.io.IOException;

/** A command cannot do what it was asked to. The message is for people: what, where, what to do. */
final class CommandException extends Exception {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    CommandException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The command line is wrong in a way that the parser cannot see. */
    static CommandException usage(String message) {
        return new CommandException(ExitCodes.USAGE, message);
    }

    /** Data cannot be read or written. */
    static CommandException data(String message) {
        return new CommandException(ExitCodes.DATA, message);
    }

    /** Reading or writing failed. {@code doing} is such as {@code cannot write out.bc}. */
    static CommandException data(String doing, IOException problem) {
        return data(doing + ": " + FileProblem.words(problem));
    }

    int exitCode() {
        return exitCode;
    }
}
