package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.files.FileProblem;
import dev.tapedeck.harness.recording.OwnFile;
import dev.tapedeck.harness.text.Visible;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The folder that recordings and reports go to. */
public final class OutputFolder {
    private OutputFolder() {}

    /**
     * Makes the folder where it is missing, and sees whether files can be written there: what is wrong with it is wrong for
     * every test, and is better said once.
     *
     * @throws IOException if they cannot; the message says why, in one line
     */
    public static void create(Path folder) throws IOException {
        try {
            Files.createDirectories(folder);
            OwnFile.open(folder.resolve(RunState.FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .close();
        } catch (IOException e) {
            throw new IOException(
                    "cannot write to " + Visible.of(TestSubject.shown(folder)) + ": " + Visible.of(why(folder, e)), e);
        }
    }

    /** In its words or, where something else is in the folder's place, what it is. */
    private static String why(Path folder, IOException problem) {
        for (Path part = folder.toAbsolutePath(); part != null; part = part.getParent()) {
            if (Files.isDirectory(part)) {
                break;
            }
            if (Files.exists(part, LinkOption.NOFOLLOW_LINKS)) {
                return TestSubject.shown(part)
                        + (Files.exists(part) ? " is a file, not a folder" : " is a link that leads nowhere");
            }
        }
        return FileProblem.words(problem);
    }
}
