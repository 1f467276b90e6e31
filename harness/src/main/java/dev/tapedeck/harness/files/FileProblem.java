package dev.tapedeck.harness.files;

import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why something cannot be read or written, in the same words everywhere. */
public final class FileProblem {
    private FileProblem() {}

    /**
     * What an exception means, without the file, for the end of a message that names it. The JDK's own message is often
     * nothing but the path.
     */
    public static String words(Throwable problem) {
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
        } else if (problem instanceof FileSystemException system) {
            return system.getReason() == null ? "the file system refuses" : system.getReason();
        }
        String message = problem.getMessage();
        return message == null || message.isBlank() ? problem.getClass().getSimpleName() : message;
    }
}
