package dev.tapedeck.harness.approve;

import dev.tapedeck.harness.recording.OwnFile;
import dev.tapedeck.harness.text.Visible;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Approved files that no test has any more.
 *
 * <p>A test run that finds some leaves a note of each in the output folder, so that a review finds them again. The note says
 * where the files are and nothing else: whether a test has them is looked up anew.
 *
 * @param reason why no test has them
 */
public record ObsoleteApproval(ApprovedFiles files, String reason) {
    private static final String NOTES = "obsolete-approvals";
    private static final String NOTE_ENDING = ".pending";
    private static final int NOTE_BYTES_MAX = 64 << 10;

    /**
     * One line: which files, why, and what to do.
     *
     * @param folder what to write before the names: empty, or it ends with a separator
     */
    public String message(String folder) {
        List<String> names = new ArrayList<>();
        for (Path file : files.existing()) {
            names.add(Visible.of(folder + file.getFileName()));
        }
        boolean one = names.size() < 2;
        return String.join(" and ", names) + (one ? " is" : " are") + " obsolete: " + reason + "; delete "
                + (one ? "it" : "them") + ", by hand or with tapedeck review";
    }

    /** Leaves a note below the output folder. */
    public void save(Path output) throws IOException {
        Path folder = Files.createDirectories(output.toAbsolutePath().resolve(NOTES));
        String text = PendingApproval.relative(folder, files.text()) + "\n"
                + PendingApproval.relative(folder, files.recording()) + "\n";
        // Any name will do that is the same for the same files.
        String name = UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)) + NOTE_ENDING;
        OwnFile.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    /** The files of all notes below an output folder, as far as they exist, in the order of their paths. */
    public static List<ApprovedFiles> noted(Path output) throws IOException {
        Path folder = output.toAbsolutePath().resolve(NOTES);
        List<ApprovedFiles> found = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return found;
        }
        try (DirectoryStream<Path> notes = Files.newDirectoryStream(folder, "*" + NOTE_ENDING)) {
            for (Path note : notes) {
                ApprovedFiles files = read(folder, note);
                if (files != null && !files.existing().isEmpty()) {
                    found.add(files);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        found.sort((a, b) -> a.text().compareTo(b.text()));
        return found;
    }

    private static @Nullable ApprovedFiles read(Path folder, Path note) throws IOException {
        if (!Files.isRegularFile(note) || Files.size(note) > NOTE_BYTES_MAX) {
            return null;
        }
        try {
            List<String> lines = Files.readAllLines(note);
            if (lines.size() < 2) {
                return null;
            }
            ApprovedFiles files = new ApprovedFiles(
                    folder.resolve(lines.get(0)).normalize(),
                    folder.resolve(lines.get(1)).normalize());
            // A review deletes them: nothing else may be named here, whatever wrote the note.
            return files.equals(ApprovedFiles.named(files.text(), files.name())) ? files : null;
        } catch (CharacterCodingException | InvalidPathException e) {
            return null;
        }
    }
}
