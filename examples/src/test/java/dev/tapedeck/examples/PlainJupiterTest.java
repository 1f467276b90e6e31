package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Ordinary tests run beside the programs, in the same build. */
class PlainJupiterTest {
    @Test
    void programsLiveBesideOrdinaryTests() {
        assertThat(Path.of("src/test/programs")).isDirectory();
    }
}
