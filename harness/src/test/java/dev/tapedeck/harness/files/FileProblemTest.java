package dev.tapedeck.harness.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileProblemTest {
    @TempDir
    Path folder;

    @Test
    @DisplayName("what the JDK says with a path alone is said in words, and without the path")
    void words() throws IOException {
        Path file = Files.createFile(folder.resolve("a file"));

        assertWords(() -> Files.size(folder.resolve("gone")), "no such file or directory");
        assertWords(() -> Files.createFile(file), "a file of this name is in the way");
        assertWords(() -> Files.delete(folder), "the directory is not empty");
        assertThat(FileProblem.words(new NotDirectoryException("/x"))).isEqualTo("not a directory");
        assertThat(FileProblem.words(new AccessDeniedException("/x"))).isEqualTo("permission denied");
        assertThat(FileProblem.words(new FileSystemException("/x", null, "No space left on device")))
                .isEqualTo("No space left on device");
        assertThat(FileProblem.words(new FileSystemException("/x"))).isEqualTo("the file system refuses");
        assertThat(FileProblem.words(new NoSuchFileException("/x", "/y", "why")))
                .isEqualTo("no such file or directory");
        assertThat(FileProblem.words(new IOException("cut"))).isEqualTo("cut");
        assertThat(FileProblem.words(new IOException(" "))).isEqualTo("IOException");
        assertThat(FileProblem.words(new IOException())).isEqualTo("IOException");
    }

    private static void assertWords(ThrowingCallable action, String words) {
        assertThat(FileProblem.words(catchThrowable(action))).isEqualTo(words);
    }
}
