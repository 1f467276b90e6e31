package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Without Jazzer: what fuzzing begins with, and what it has found. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class FuzzedInputsTest {
    @ParameterizedTest
    @EnumSource(Target.class)
    @DisplayName("W6: what fuzzing begins with is fine")
    void seeds(Target target) throws Exception {
        List<byte[]> seeds = target.code().seeds();
        assertThat(seeds).as("seeds of %s", target).isNotEmpty();
        for (byte[] seed : seeds) {
            target.code().run(seed);
        }
    }

    @TestFactory
    @DisplayName("W6: inputs that went wrong once")
    List<DynamicTest> kept() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (Target target : Target.values()) {
            if (Files.isDirectory(target.kept())) {
                try (Stream<Path> files = Files.list(target.kept())) {
                    files.sorted()
                            .forEach(file -> tests.add(DynamicTest.dynamicTest(
                                    target.label() + "/" + file.getFileName(),
                                    () -> target.code().run(Target.read(file)))));
                }
            }
        }
        return tests;
    }
}
