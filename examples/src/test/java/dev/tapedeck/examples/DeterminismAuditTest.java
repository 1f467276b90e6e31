package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.ProgramFolder;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every test of every example program is recorded twice, which gives the same bytes, and replayed, which reproduces it. Those
 * that take seconds, tagged slow or long or of many instructions, only with {@code -Pthorough}.
 */
class DeterminismAuditTest {
    private static final boolean THOROUGH = Boolean.getBoolean("tapedeck.thorough");
    /** Longer runs only with {@code -Pthorough}. */
    private static final long INSTRUCTIONS_MAX = 30_000_000;

    private static final Map<String, Integer> AUDITED = new TreeMap<>();
    private static final Set<String> LEFT = new TreeSet<>();
    private static final Path PROGRAMS = Path.of("src/test/programs");

    @TempDir
    private Path temp;

    static Stream<Arguments> tests() throws Exception {
        List<Arguments> tests = new ArrayList<>();
        for (String name : ProgramFolder.list(PROGRAMS).names()) {
            VerifiedProgram program = ProgramFile.load(PROGRAMS.resolve(name));
            for (TestCase test : ProgramFile.tests(program.program())) {
                if (!THOROUGH && test.tags().stream().anyMatch(Set.of("slow", "long")::contains)) {
                    LEFT.add(name + ": " + test.name());
                } else if (test.disabled().isEmpty()) {
                    tests.add(Arguments.of(name, test.name(), program, test));
                }
            }
        }
        return tests.stream();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("tests")
    @DisplayName("recorded twice, the bytes are the same, and the replay reproduces them")
    void deterministic(String name, String testName, VerifiedProgram program, TestCase test) throws Exception {
        Verdict once = record("once", name, program, test, false);
        if (!THOROUGH && once.outcome().orElseThrow().icount() > INSTRUCTIONS_MAX) {
            LEFT.add(name + ": " + testName);
            abort("of more than " + INSTRUCTIONS_MAX + " instructions: only with -Pthorough");
        }
        Verdict again = record("again", name, program, test, true);
        assertThat(data(again)).hasSameBinaryContentAs(data(once));
        AUDITED.merge(name, 1, Integer::sum);
    }

    @AfterAll
    static void say() {
        System.out.println("Recorded twice, the same each time, and replayed: tests of " + AUDITED);
        if (!LEFT.isEmpty()) {
            System.out.println("Only with -Pthorough: " + LEFT);
        }
    }

    private static Path data(Verdict verdict) {
        return verdict.recording().orElseThrow().resolve("19700101F.cq4");
    }

    private Verdict record(String folder, String name, VerifiedProgram program, TestCase test, boolean verified) {
        TestRunner runner = new TestRunner(
                temp.resolve(folder), TestRunner.Options.of(ApprovalMode.CHECK).withVerified(verified));
        Verdict verdict = runner.run(PROGRAMS.resolve(name), name, program, test);
        assertThat(verdict.message()).isEmpty();
        assertThat(verdict.kind()).isEqualTo(Verdict.Kind.PASSED);
        return verdict;
    }
}
