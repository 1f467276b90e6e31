package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.suite.Verdict.Kind;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A test that is run again in the same session, since it has failed. */
class AttemptsTest {
    /** Prints 7 where the number from outside is PASSES or more, else what it is. */
    private static final String FLAKY = """
            .import outside.number() -> i32
            .func main()
              .local n: i32
              call_host outside.number
              local.tee n
              i32.const PASSES
              i32.lt_s
              br_if print
              i32.const 7
              local.set n
            print:
              local.get n
              call_host tape.print_i32
              return
            .end
            .entry main
            .test "t"
              .expect output "7\\n"
            .end
            """;

    @TempDir
    Path root;

    @BeforeEach
    void first() {
        OutsideFunctions.NUMBER.set(0);
    }

    private Path folder() {
        return root.resolve("output/p.tasm/t");
    }

    private Verdict run(String session, String text) throws Exception {
        Path file = Files.writeString(root.resolve("p.tasm"), text);
        VerifiedProgram program = ProgramFile.load(file);
        TestRunner.Options options = TestRunner.Options.of(ApprovalMode.CHECK).withSession(session);
        return new TestRunner(root.resolve("output"), options)
                .run(file, "p.tasm", program, program.program().tests().get(0));
    }

    private static String flaky(int passes) {
        return FLAKY.replace("PASSES", Integer.toString(passes));
    }

    @Test
    @DisplayName("if it passes then, the message names the first divergent instruction, and both recordings are there")
    void passesThen() throws Exception {
        Verdict failed = run("s", flaky(1));
        assertThat(failed.kind()).isEqualTo(Kind.FAILED);
        assertThat(failed.passedAfterFailure()).isFalse();
        assertThat(folder().resolve("report.html")).exists();

        Verdict passed = run("s", flaky(1));
        assertThat(passed.kind()).isEqualTo(Kind.PASSED);
        assertThat(passed.passedAfterFailure()).isTrue();
        assertThat(passed.message())
                .startsWith("p.tasm:17: nondeterministic: failed on attempt 1, passed on attempt 2;"
                        + " first differs from attempt 2, here the first run, at instruction 0: ")
                .contains("outside.number")
                .contains("attempt-2")
                .endsWith("report.html");
        assertThat(passed.report().orElseThrow().bisection().orElseThrow().diverged())
                .isTrue();
        for (String name : List.of("report.html", "report.md", "report.json")) {
            assertThat(folder().resolve(name)).exists();
            assertThat(folder().resolve("attempt-2").resolve(name)).content().contains("attempt 2");
        }
        assertThat(passed.attachments())
                .contains(folder().resolve("attempt-2/report.html"), folder().resolve("recording"))
                .allSatisfy(file -> assertThat(file).exists());
        for (String name : List.of("recording", "attempt-2/recording", "last-passed.rec")) {
            try (Recording recording = Recording.open(folder().resolve(name))) {
                assertThat(recording.outcome()).as(name).isPresent();
            }
        }
    }

    @Test
    @DisplayName("if it fails in another way, the message says so; each attempt keeps its recording and its report")
    void failsInAnotherWay() throws Exception {
        assertThat(run("s", flaky(2)).message()).doesNotContain("nondeterministic");
        Verdict second = run("s", flaky(2));
        assertThat(second.kind()).isEqualTo(Kind.FAILED);
        assertThat(second.message())
                .startsWith("p.tasm:17: expected output")
                .contains("; nondeterministic: it first differs from attempt 1 at instruction 0: ");
        Verdict third = run("s", flaky(2));
        assertThat(third.message()).contains("nondeterministic: failed on attempt 2, passed on attempt 3");
        assertThat(folder().resolve("report.html")).exists();
        assertThat(folder().resolve("attempt-2/report.html")).exists();
        assertThat(folder().resolve("attempt-3/recording")).isNotEmptyDirectory();
    }

    @Test
    @DisplayName("if it fails in the same way, nothing is said of attempts")
    void failsAgain() throws Exception {
        String fails = ".func main()\n  return\n.end\n.entry main\n.test \"t\"\n  .expect exit 1\n.end\n";
        Verdict first = run("s", fails);
        Verdict second = run("s", fails);
        assertThat(second.message().replace("attempt-2/", "")).isEqualTo(first.message());
        assertThat(second.message()).contains("attempt-2");
    }

    @Test
    @DisplayName("a run that is the same, and passes since it is compared with something else, is not nondeterministic")
    void sameRun() throws Exception {
        String approved = ".func main()\n  return\n.end\n.entry main\n.test \"t\"\n  .approve\n.end\n";
        assertThat(run("s", approved).message()).contains("nothing is approved yet");
        try (Stream<Path> received = Files.list(folder())) {
            for (Path file : received.toList()) {
                String name = file.getFileName().toString();
                if (name.contains(".received.")) {
                    Files.copy(file, root.resolve(name.replace("received", "approved")));
                }
            }
        }
        Verdict passed = run("s", approved);
        assertThat(passed.kind()).isEqualTo(Kind.PASSED);
        assertThat(passed.message())
                .doesNotContain("nondeterministic")
                .contains("failed on attempt 1, passed on attempt 2; the runs are the same");
        assertThat(folder().resolve("approval.pending")).doesNotExist();
    }

    @Test
    @DisplayName(
            "another session, another program, or a run after one that passed, begins anew and keeps nothing of before")
    void otherwiseNew() throws Exception {
        run("s", flaky(1));
        Verdict other = run("another", flaky(1));
        assertThat(other.kind()).isEqualTo(Kind.PASSED);
        assertThat(other.message()).isEmpty();
        assertThat(folder().resolve("attempt-2")).doesNotExist();

        run("s", flaky(3));
        assertThat(run("s", flaky(0)).message()).as("another program").isEmpty();

        run("s", flaky(5));
        assertThat(run("s", flaky(5)).message()).contains("attempt 2");
        assertThat(folder().resolve("attempt-2")).exists();
        assertThat(run("s", flaky(5)).message()).as("it has passed").isEmpty();
        assertThat(folder().resolve("attempt-2")).doesNotExist();
        OutsideFunctions.NUMBER.set(50);
        assertThat(run("", flaky(99)).kind()).isEqualTo(Kind.FAILED);
        assertThat(run("", flaky(99)).message()).doesNotContain("attempt");
    }

    @Test
    @DisplayName(
            "host functions of the project: each run has a host of its own, which is closed; one may refuse the test")
    void hostFunctions() throws Exception {
        int closed = OutsideFunctions.CLOSED.get();
        assertThat(run("", flaky(0)).kind()).isEqualTo(Kind.PASSED);
        assertThat(OutsideFunctions.CLOSED.get()).isEqualTo(closed + 1);
        Verdict refused = run("", flaky(0).replace(".test \"t\"", ".test \"t\"\n.tags refused"));
        assertThat(refused.kind()).isEqualTo(Kind.ERROR);
        assertThat(refused.message()).isEqualTo("p.tasm:17: there is no outside");
        Verdict missing = run("", flaky(0).replace("outside.", "inside."));
        assertThat(missing.kind()).isEqualTo(Kind.ERROR);
        assertThat(missing.message()).contains("inside.number");
    }

    @Test
    @DisplayName("runs of one test at the same time wait for each other")
    void sameFolder() throws Exception {
        Path file = Files.writeString(root.resolve("p.tasm"), flaky(0));
        VerifiedProgram program = ProgramFile.load(file);
        int runs = 8;
        CountDownLatch together = new CountDownLatch(runs);
        ExecutorService threads = Executors.newFixedThreadPool(runs);
        try {
            List<Future<Verdict>> verdicts = Stream.generate(() -> threads.submit(() -> {
                        together.countDown();
                        together.await();
                        return new TestRunner(root.resolve("output"), ApprovalMode.CHECK)
                                .run(
                                        file,
                                        "p.tasm",
                                        program,
                                        program.program().tests().get(0));
                    }))
                    .limit(runs)
                    .toList();
            for (Future<Verdict> verdict : verdicts) {
                assertThat(verdict.get().message()).isEmpty();
                assertThat(verdict.get().kind()).isEqualTo(Kind.PASSED);
            }
        } finally {
            threads.shutdownNow();
        }
        Recording.open(folder().resolve("recording")).close();
    }
}
