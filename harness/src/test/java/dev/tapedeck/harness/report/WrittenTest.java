package dev.tapedeck.harness.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.harness.text.Step;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What instructions wrote, in words: of everything that the examples begin with. */
class WrittenTest {
    private static final Path EXAMPLES = Path.of("../examples/src/test/programs");
    private static final long INSTRUCTIONS = 4_000;

    @TempDir
    Path folder;

    static List<Path> programs() throws Exception {
        try (Stream<Path> files = Files.walk(EXAMPLES)) {
            return files.filter(file ->
                            file.toString().endsWith(".tasm") || file.toString().endsWith(".wasm"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("programs")
    void everyInstructionHasItsWords(Path file) throws Exception {
        VerifiedProgram program = ProgramFile.load(file);
        TestCase test = shortened(ProgramFile.tests(program.program()).get(0));
        Verdict verdict = new TestRunner(folder, ApprovalMode.CHECK).run(file, "example", program, test);
        try (Recording recording = Recording.open(verdict.recording().orElseThrow())) {
            List<Step> steps = Listing.steps(recording, -5, INSTRUCTIONS);
            assertThat((long) steps.size()).isEqualTo(Math.min(INSTRUCTIONS, recording.icountEnd()));
            long icount = 0;
            for (Step step : steps) {
                assertThat(step.executed().icount()).isEqualTo(icount++);
                String text = step.executed().text();
                if (text.matches("i(32|64)\\.const -?\\d+")) {
                    assertThat(step.wrote()).isEqualTo("= " + text.substring(text.indexOf(' ') + 1));
                } else if (text.startsWith("br_if ")) {
                    assertThat(step.wrote()).isIn("taken", "not taken");
                } else if (text.startsWith("local.set ") || text.startsWith("local.tee ")) {
                    assertThat(step.wrote()).as(text).contains(" = ");
                } else if (text.startsWith("i32.store")) {
                    assertThat(step.wrote()).as(text).matches("\\[0x[0-9a-f]+] = -?\\d+");
                }
            }
        }
    }

    private static TestCase shortened(TestCase test) {
        return new TestCase(
                test.name(),
                test.function(),
                test.arguments(),
                test.tags(),
                test.input(),
                test.seed(),
                OptionalLong.of(INSTRUCTIONS),
                test.interrupts(),
                Optional.empty(),
                test.expectedExitCode(),
                test.expectedFault(),
                Optional.empty(),
                false,
                Optional.empty(),
                test.line(),
                test.system(),
                List.of());
    }

    @Test
    void aBranchToTheNextInstructionIsTakenAllTheSame() throws Exception {
        Path file = Files.writeString(folder.resolve("p.tasm"), """
                .func main()
                  i32.const 1
                  br_if next
                next:
                  i32.const 0
                  br_if last
                last:
                  i32.const 0
                  br_unless end
                end:
                  return
                .end
                .entry main
                """);
        VerifiedProgram program = ProgramFile.load(file);
        Verdict verdict =
                new TestRunner(folder.resolve("out"), ApprovalMode.CHECK).run(file, "p", program, TestCase.ofEntry());
        try (Recording recording = Recording.open(verdict.recording().orElseThrow())) {
            List<Step> steps = Listing.steps(recording, 0, recording.icountEnd());
            assertThat(steps)
                    .filteredOn(step -> step.executed().text().startsWith("br"))
                    .extracting(Step::wrote)
                    .containsExactly("taken", "not taken", "taken");
        }
    }
}
