package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.program.TestCase;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TestFileNamesTest {
    private static List<String> names(String... tests) {
        List<TestCase> cases = new ArrayList<>();
        for (String name : tests) {
            cases.add(TestCase.of(name, ""));
        }
        return cases.stream().map(test -> TestFileNames.of(cases, test)).toList();
    }

    @Test
    @DisplayName("file names of tests are safe on every system and tell tests apart")
    void safe() {
        assertThat(names("adds two numbers", "größe 10", "a/b\\c:d*?", "..", "", "x".repeat(300), "1.5"))
                .containsExactly("adds-two-numbers", "gr-e-10", "a-b-c-d", "test", "test-2", "x".repeat(80), "1.5");
        assertThat(names("Adds", "adds", "adds!")).containsExactly("Adds", "adds-2", "adds-3");
        assertThat(names("../../etc/passwd", "\u0000\n")).containsExactly("etc-passwd", "test");
    }
}
