package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left about all tests of a run: by one process, by several, and by several runs. */
class SuiteRunTest {
    private static final String PROGRAM = """
            .func main()
              i32.const 42
              call_host tape.print_i32
              return
            .end
            .entry main
            .test "right"
              .expect output "42\\n"
            .end
            .test "wrong"
              .expect output "43\\n"
            .end
            .test "later"
              .disabled "waits for rain"
            .end
            """;

    @TempDir
    Path folder;

    private Path output() {
        return folder.resolve("output");
    }

    private SuiteRun begin() {
        return SuiteRun.begin(output(), ProcessHandle.current());
    }

    private JsonNode results() throws IOException {
        return new ObjectMapper().readTree(Files.readAllBytes(output().resolve("results.json")));
    }

    private List<String> verdicts() throws IOException {
        List<String> verdicts = new ArrayList<>();
        results()
                .get("tests")
                .forEach(test -> verdicts.add(
                        test.get("folder").asText() + " " + test.get("verdict").asText()));
        return verdicts;
    }

    private void runAll(SuiteRun run, String program) throws Exception {
        Path file = Files.writeString(folder.resolve("sum.tasm"), program);
        VerifiedProgram verified = Verifier.verify(Assembler.assemble("sum.tasm", program));
        TestRunner runner = new TestRunner(output(), ApprovalMode.CHECK);
        for (TestCase test : verified.program().tests()) {
            run.test(
                    "sum.tasm/" + TestFileNames.of(verified.program(), test),
                    "sum.tasm: " + test.name(),
                    runner.run(file, "sum.tasm", verified, test));
        }
    }

    @Test
    @DisplayName(
            "all tests of a run are in index.html, summary.md and results.json, and the same run leaves the same bytes")
    void allTests() throws Exception {
        List<List<String>> contents = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            deleteTree(output());
            SuiteRun run = begin();
            runAll(run, PROGRAM);
            run.notRun("broken.tasm", "broken.tasm", "broken.tasm:2: there is no instruction 'i32.ad'");
            run.obsolete("sum.old: obsolete approval", false, "sum.old.approved.txt is obsolete");
            assertThat(run.finish()).isEmpty();
            contents.add(List.of(
                    Files.readString(output().resolve("index.html")),
                    Files.readString(output().resolve("summary.md")),
                    Files.readString(output().resolve("results.json"))));
        }

        assertThat(contents.get(0)).isEqualTo(contents.get(1));
        assertThat(verdicts())
                .containsExactly(
                        "broken.tasm error",
                        "sum.old: obsolete approval disabled",
                        "sum.tasm/later disabled",
                        "sum.tasm/right passed",
                        "sum.tasm/wrong failed");
        JsonNode wrong = results().get("tests").get(4);
        assertThat(wrong.get("message").asText())
                .startsWith("sum.tasm:10: expected output \"43\\n\" but was \"42\\n\"")
                .doesNotContain("report:");
        assertThat(wrong.get("instructions").asLong()).isEqualTo(3);
        assertThat(wrong.get("recording").asText()).isEqualTo("sum.tasm/wrong/recording");
        assertThat(wrong.get("files"))
                .extracting(JsonNode::asText)
                .containsExactly(
                        "sum.tasm/wrong/report.md", "sum.tasm/wrong/report.html", "sum.tasm/wrong/report.json");
        String html = contents.get(0).get(0);
        assertThat(html)
                .contains("<title>1 failed, 1 not run, 2 disabled, 1 passed of 5 - Tapedeck</title>")
                .contains("<a href=\"./sum.tasm/wrong/report.html\">sum.tasm: wrong</a>")
                .contains("href=\"./sum.tasm/right/recording/\"")
                .doesNotContain("not ended");
        assertThat(html.indexOf("sum.tasm: wrong")).isLessThan(html.indexOf("broken.tasm"));
        assertThat(html.indexOf("broken.tasm")).isLessThan(html.indexOf("sum.tasm: right"));
        assertThat(contents.get(0).get(1))
                .startsWith("# Tapedeck: 1 failed, 1 not run, 2 disabled, 1 passed of 5\n")
                .contains("| [report](./sum.tasm/wrong/report.html) |")
                .contains("waits for rain")
                .doesNotContain("sum.tasm: right");
    }

    @Test
    @DisplayName(
            "the failed tests once more are the same run: a test that passes then is flaky, one that fails again says both")
    void rerun() throws Exception {
        SuiteRun first = begin();
        first.test("a", "a", Verdict.error("first failure", List.of(), new byte[0]));
        first.test("b", "b", Verdict.error("first failure", List.of(), new byte[0]));
        first.test("c", "c", Verdict.disabled("rain"));
        first.finish();
        SuiteRun second = begin();
        assertThat(Files.readString(output().resolve("index.html"))).contains("One execution has not ended");
        assertThat(results().get("finished").asBoolean()).isFalse();
        second.test("b", "b", Verdict.error("second failure", List.of(), new byte[0]));
        runAll(second, PROGRAM.substring(0, PROGRAM.indexOf(".test \"wrong\"")));
        second.finish();
        SuiteRun third = begin();
        third.notRun("sum.tasm/right", "sum.tasm: right", "gone");
        third.finish();
        SuiteRun fourth = begin();
        runAll(fourth, PROGRAM.substring(0, PROGRAM.indexOf(".test \"wrong\"")));
        fourth.finish();

        assertThat(verdicts()).containsExactly("a error", "b error", "c disabled", "sum.tasm/right flaky");
        assertThat(results().get("tests").get(1).get("earlier"))
                .extracting(JsonNode::asText)
                .containsExactly("first failure");
        assertThat(results().get("tests").get(3).get("earlier"))
                .extracting(JsonNode::asText)
                .containsExactly("gone");
        assertThat(results().get("finished").asBoolean()).isTrue();
        assertThat(Files.readString(output().resolve("summary.md")))
                .startsWith("# Tapedeck: 2 not run, 1 flaky, 1 disabled of 4\n");
    }

    @Test
    @DisplayName("several processes at a time are one run; what a process that is gone left is forgotten by the next")
    void processes() throws Exception {
        Process other = new ProcessBuilder("sleep", "60").start();
        try {
            SuiteRun theirs = SuiteRun.begin(output(), other.toHandle());
            theirs.test("theirs", "theirs", Verdict.disabled("rain"));
            theirs.finish();
            SuiteRun killed = SuiteRun.begin(output(), other.toHandle());
            killed.test("killed", "killed", Verdict.disabled("rain"));
            SuiteRun ours = begin();
            ours.test("ours", "ours", Verdict.disabled("rain"));
            ours.finish();
            assertThat(verdicts()).containsExactly("ours disabled", "theirs disabled");
            assertThat(results().get("finished").asBoolean()).isFalse();
            assertThat(Files.readString(output().resolve("summary.md"))).contains("One execution has not ended");
        } finally {
            other.destroyForcibly();
        }
        assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
        // As if this process were another one: it is in the state, and alive.
        Path state = output().resolve(RunState.FILE);
        Files.writeString(
                state,
                Files.readString(state)
                        .replaceAll("process " + ProcessHandle.current().pid() + " .*\n", ""));

        SuiteRun next = begin();
        assertThat(verdicts()).isEmpty();
        assertThat(Files.readString(output().resolve("index.html"))).doesNotContain("theirs");
        next.test("next", "next", Verdict.disabled("rain"));
        next.finish();

        assertThat(verdicts()).containsExactly("next disabled");
        assertThat(results().get("finished").asBoolean()).isTrue();
    }

    @Test
    @DisplayName("many executions at a time lose nothing")
    void concurrent() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            String name = String.format("t%02d", i);
            Thread thread = new Thread(() -> {
                SuiteRun run = begin();
                run.test(name, name, Verdict.disabled("rain"));
                run.finish();
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(verdicts()).hasSize(16);
        assertThat(results().get("finished").asBoolean()).isTrue();
    }

    @Test
    @DisplayName("what somebody else wrote into the files is no reason to fail")
    void foreignFiles() throws Exception {
        Files.createDirectories(output());
        for (String state :
                List.of("", "begun many\nprocess x\nprocess 1 x\n", "\0".repeat(5000), "begun -7\nended 9\n")) {
            for (String results : List.of(
                    "",
                    "{",
                    "[]",
                    "{\"tests\": [7, {}, {\"verdict\": \"flaky\"}, {\"folder\": {}, \"verdict\": \"passed\", \"files\": 7, \"instructions\": 1e99}]}",
                    "\0")) {
                Files.writeString(output().resolve(RunState.FILE), state);
                Files.writeString(output().resolve("results.json"), results);
                SuiteRun run = begin();
                run.test("a", "a", Verdict.disabled("rain"));
                assertThat(run.finish()).isEmpty();
                assertThat(verdicts()).contains("a disabled");
            }
        }
    }

    @Test
    @DisplayName("a test that failed in another process, and passes here, is no attempt: it has passed")
    void otherProcessesAreNoAttempts() throws Exception {
        Files.createDirectories(output());
        SuiteRun theirs = begin();
        theirs.test("a", "a", Verdict.disabled("rain"));
        theirs.finish();
        Path results = output().resolve("results.json");
        Files.writeString(
                results, Files.readString(results).replace("\"verdict\": \"disabled\"", "\"verdict\": \"failed\""));
        assertThat(verdicts()).containsExactly("a failed");

        SuiteRun ours = begin();
        ours.test("a", "a", Verdict.disabled("rain"));
        ours.finish();
        assertThat(verdicts()).containsExactly("a disabled");
        assertThat(results().get("tests").get(0).get("earlier")).isEmpty();
    }

    @Test
    @DisplayName("results that are damaged when the next execution of the run comes to them are said to be missing")
    void damagedResults() throws Exception {
        for (String damaged : List.of("", "{", "[]", "{\"tests\": [{\"folder\": \"a\"}]}")) {
            deleteTree(output());
            SuiteRun first = begin();
            first.test("a", "a", Verdict.disabled("rain"));
            first.finish();
            assertThat(results().get("finished").asBoolean()).isTrue();
            Files.writeString(output().resolve("results.json"), damaged);

            SuiteRun second = begin();
            second.test("b", "b", Verdict.disabled("rain"));
            second.finish();
            assertThat(verdicts()).containsExactly("b disabled");
            assertThat(results().get("finished").asBoolean()).isFalse();
            for (String file : List.of("index.html", "summary.md")) {
                assertThat(output().resolve(file)).content().contains("results.json could not be read");
            }
        }
    }

    @Test
    @DisplayName("a folder that cannot be written to is a line that says so")
    void unwritable() throws IOException {
        Files.writeString(folder.resolve("output"), "a file");
        SuiteRun run = begin();
        run.test("a", "a", Verdict.disabled("rain"));
        assertThat(run.finish()).get().asString().startsWith("cannot write the overview of all tests to ");
    }

    private static void deleteTree(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (var paths = Files.walk(directory)) {
                for (Path path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
