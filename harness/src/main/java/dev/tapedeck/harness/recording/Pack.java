package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Packed recordings: the same excerpts in one compressed file, to keep beside a program or to send. Two identical runs give
 * identical files. {@link Recording#open} opens them as they are.
 */
public final class Pack {
    private Pack() {}

    /**
     * Packs a recording. Of a damaged one, what is before the damage is packed.
     *
     * @param recording a recording's directory, or a packed one
     * @param file is written, or replaced, when all of it is there
     */
    public static void pack(Path recording, Path file) throws RecordingException {
        try (Recording opened = Recording.open(recording)) {
            pack(opened, file);
        }
    }

    /** Packs a recording that is open already, which spares reading all of it once more. */
    public static void pack(Recording recording, Path file) throws RecordingException {
        try {
            Path directory = file.toAbsolutePath().getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            WholeFile.write(file, target -> PackedLog.write(recording.log(), recording.wholeExcerpts(), target));
        } catch (IOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Makes a directory with a Chronicle Queue from a packed recording.
     *
     * @param directory is created; has to be missing or empty
     */
    public static void unpack(Path file, Path directory) throws RecordingException {
        try (Recording opened = Recording.open(file);
                ExcerptLog log = ChronicleLog.create(directory)) {
            for (long i = 0; i < opened.wholeExcerpts(); i++) {
                log.append(opened.log().read(i));
            }
        } catch (IOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
    }
}
