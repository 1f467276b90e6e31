package dev.tapedeck.harness.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes the files that commands are asked for. */
final class OutputFile {
    private OutputFile() {}

    /** Writes a file as a whole, or leaves what was there as it is. */
    static void write(Path file, byte[] bytes) throws CommandException {
        Path name = file.getFileName();
        if (name == null || Files.isDirectory(file)) {
            throw CommandException.data(file + " is a directory; name the file to write");
        }
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                // A device or a pipe is written to, not replaced.
                Files.write(file, bytes);
                return;
            }
            Path unfinished = file.resolveSibling(name + ".unfinished");
            try {
                Files.write(unfinished, bytes);
                Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw CommandException.data("cannot write " + file, e);
        }
    }
}
