package dev.tapedeck.harness.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

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
        return data(doing + ": " + words(problem));
    }

    int exitCode() {
        return exitCode;
    }

    /** What an exception of the file system means; the JDK's message is often nothing but the path. */
    static String words(IOException problem) {
        if (problem instanceof NoSuchFileException) {
            return "no such file or directory";
        } else if (problem instanceof AccessDeniedException) {
            return "permission denied";
        } else if (problem instanceof FileAlreadyExistsException) {
            return "a file of this name is in the way";
        } else if (problem instanceof DirectoryNotEmptyException) {
            return "the directory is not empty";
        } else if (problem instanceof NotDirectoryException) {
            return "not a directory";
        } else if (problem instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return problem.getMessage() == null ? problem.getClass().getSimpleName() : problem.getMessage();
    }
}
