package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.WholeFile;
import java.io.IOException;
import java.nio.file.Path;

/** Writes the files that commands are asked for. */
final class OutputFile {
    private OutputFile() {}

    /** Writes a file as a whole, or leaves what was there as it is. */
    static void write(Path file, byte[] bytes) throws CommandException {
        try {
            WholeFile.write(file, bytes);
        } catch (IOException e) {
            throw CommandException.data(String.valueOf(e.getMessage()));
        }
    }
}
