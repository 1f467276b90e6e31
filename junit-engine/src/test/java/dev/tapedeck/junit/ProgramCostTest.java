package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramCostTest {
    private static final long RECORDING_BYTES_MAX = 200_000;

    @TempDir
    private Path root;

    @Test
    @DisplayName(
            "What the benchmark measures works: programs run plainly and under the engine, and again over the same output")
    void runs() throws Exception {
        ProgramCost cost = new ProgramCost(root, 3);
        cost.runPlainly();
        cost.runUnderTheEngine();
        Path folder = cost.outputOf(root.resolve("programs/program-0.tasm"));
        byte[] lastPassed = Files.readAllBytes(folder.resolve("last-passed.rec"));

        cost.runUnderTheEngine();

        assertThat(folder.resolve("last-passed.rec")).hasBinaryContent(lastPassed);
        assertThat(sizes(folder.resolve("recording")))
                .as("bytes of the files of a small recording")
                .isNotEmpty()
                .allSatisfy(size -> assertThat(size).isBetween(1L, RECORDING_BYTES_MAX));
    }

    private static List<Long> sizes(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.toFile().length()).toList();
        }
    }
}
