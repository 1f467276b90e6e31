package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.files.FileProblem;
import dev.tapedeck.harness.log.ChronicleLog;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Writes files as a whole: whatever happens on the way, the name stands for the old content or for the new one, never for a
 * part of it. Files inside a recording are not written at all.
 */
public final class WholeFile {
    /** Writes the content. */
    @FunctionalInterface
    public interface Content {
        /** @param file exists; may be a device or a pipe */
        void writeTo(Path file) throws IOException;
    }

    private WholeFile() {}

    /** Writes bytes as a file. */
    public static void write(Path file, byte[] bytes) throws IOException {
        // Not truncated, although it is empty: what is written to a truncated file, ext4 sends to the disk
        // when it is closed, and whoever renames it next waits for the disk.
        write(file, target -> Files.write(target, bytes, StandardOpenOption.WRITE));
    }

    /**
     * Writes a file, or replaces it where that makes a difference. A symbolic link stays one; a device or a pipe is written
     * to.
     *
     * @throws IOException if that is not possible; the message is a sentence
     */
    public static void write(Path file, Content content) throws IOException {
        if (Files.isDirectory(file)
                || file.getFileName() == null
                || file.toString().isEmpty()) {
            throw new IOException("'" + file + "' is a directory; name the file to write");
        }
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        try {
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                write(content, target, file);
                return;
            }
            Path directory = target.getParent();
            if (directory == null || ChronicleLog.isLog(directory)) {
                throw new IOException(file + " is inside a recording; name a file elsewhere");
            }
            Path unfinished = unfinished(directory);
            try {
                write(content, unfinished, file);
                // Most files are written as they were. Replacing one makes the file system free its blocks, which takes
                // longer than all else here.
                if (!Files.exists(target) || Files.mismatch(unfinished, target) >= 0) {
                    Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
                }
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (java.nio.file.FileSystemException e) {
            throw new IOException("cannot write " + file + ": " + FileProblem.words(e), e);
        }
    }

    /** @param file for messages: what goes wrong while writing, a full disk say, has no file in its message */
    private static void write(Content content, Path target, Path file) throws IOException {
        try {
            content.writeTo(target);
        } catch (java.nio.file.FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** A new file whose name is nobody else's. Not by way of createTempFile, whose files only their owner can read. */
    private static Path unfinished(Path directory) throws IOException {
        long id = ProcessHandle.current().pid();
        for (int i = 0; ; i++) {
            try {
                return Files.createFile(directory.resolve(".tapedeck-" + id + "-" + i + ".unfinished"));
            } catch (FileAlreadyExistsException e) {
                // Another thread's, or what a process that died has left.
            }
        }
    }
}
