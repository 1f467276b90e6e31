package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.suite.Verdict.Kind;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens to a test that takes too long by the clock. That these tests end is what they are about. */
@Timeout(60)
class TimeoutTest {
    private static final String LOOP = """
            .func spin()
            again:
              nop
              br again
            .end
            .func main()
              call spin
              return
            .end
            .entry main
            """;

    /** One instruction of it takes some ten milliseconds. */
    private static final String FILLS = """
            .memory 3072
            .func main()
            again:
              i32.const 0
              i32.const 7
              i32.const 201326592
              memory.fill
              br again
            .end
            .entry main
            """;

    private static final String WAITS = """
            .import outside.wait()
            .func main()
              call_host outside.wait
              return
            .end
            .entry main
            """;

    private static final String DEAF = WAITS.replace("outside.wait", "outside.deaf");

    @TempDir
    Path root;

    private Verdict run(String text, Optional<Duration> setting) throws Exception {
        Path file = Files.writeString(root.resolve("p.tasm"), text);
        VerifiedProgram program = ProgramFile.load(file);
        TestRunner.Options options = TestRunner.Options.of(ApprovalMode.CHECK).withTimeout(setting);
        return new TestRunner(root.resolve("output"), options)
                .run(file, "p.tasm", program, program.program().tests().get(0));
    }

    private void assertStopped(Verdict verdict) throws Exception {
        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.frames()).isNotEmpty();
        assertThat(root.resolve("output/p.tasm/t/report.html")).exists();
        try (Recording recording = Recording.open(verdict.recording().orElseThrow())) {
            assertThat(recording.damage()).isEmpty();
            assertThat(recording.outcome()).isPresent();
            assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
        }
    }

    @Test
    @DisplayName("a loop without an end is stopped; the message says where, the recording is complete and replays")
    void loop() throws Exception {
        Verdict verdict = run(LOOP + ".test \"t\"\n  .timeout 50 ms\n.end\n", Optional.empty());

        assertStopped(verdict);
        assertThat(verdict.message())
                .startsWith("p.tasm:11: not finished after the timeout of 50 ms, and ")
                .contains(" instructions, stopped at spin+");
        assertThat(verdict.outcome().orElseThrow().kind()).isEqualTo(Outcome.Kind.STOPPED);
        assertThat(verdict.frames()).hasSize(2);
    }

    @Test
    @DisplayName("so is a loop of instructions that each take long, between two of them")
    void longInstructions() throws Exception {
        Verdict verdict = run(FILLS + ".test \"t\"\n  .timeout 100 ms\n.end\n", Optional.empty());

        assertStopped(verdict);
        assertThat(verdict.outcome().orElseThrow().kind()).isEqualTo(Outcome.Kind.STOPPED);
        assertThat(verdict.outcome().orElseThrow().icount()).isLessThan(1 << 20);
    }

    @ParameterizedTest
    @CsvSource({"false, FAULTED, 0", "true, STOPPED, 1"})
    @DisplayName("a host function that waits is interrupted, also one that does not take notice of it")
    void hostFunction(boolean deaf, Outcome.Kind kind, long icount) throws Exception {
        Verdict verdict = run((deaf ? DEAF : WAITS) + ".test \"t\"\n  .timeout 50 ms\n.end\n", Optional.empty());

        assertStopped(verdict);
        assertThat(verdict.message())
                .contains("timeout of 50 ms")
                .contains("it waited for the host function outside." + (deaf ? "deaf" : "wait"))
                .doesNotContain("took no notice");
        assertThat(verdict.outcome().orElseThrow().kind()).isEqualTo(kind);
        assertThat(verdict.outcome().orElseThrow().icount()).isEqualTo(icount);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"spin", "stuck", "monitor"})
    @DisplayName(
            "a host function that nothing can end is left behind: the test fails in time and names it, the next ones"
                    + " run, and what it does later changes nothing")
    void withoutEnd(String function) throws Exception {
        String text = WAITS.replace("outside.wait", "outside." + function);
        int closed = OutsideFunctions.CLOSED.get();
        OutsideFunctions.stuck = new CountDownLatch(1);
        Verdict verdict;
        try {
            verdict = run(text + ".test \"t\"\n  .timeout 50 ms\n.end\n", Optional.empty());

            assertStopped(verdict);
            assertThat(verdict.message())
                    .contains("not finished after the timeout of 50 ms, and 0 instructions")
                    .contains("it waited for the host function outside." + function)
                    .contains("took no notice of being interrupted");
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
            assertThat(OutsideFunctions.CLOSED).hasValue(closed);
            assertThat(run(
                                    ".func main()\n  return\n.end\n.entry main\n.test \"t\"\n.end\n",
                                    Optional.of(Duration.ofHours(1)))
                            .kind())
                    .isEqualTo(Kind.PASSED);
        } finally {
            OutsideFunctions.stuck.countDown();
        }
        Throwable late = OutsideFunctions.LATE.take();
        assertThat(late).isInstanceOf(IllegalStateException.class).hasMessageContaining("the call is over");
        while (OutsideFunctions.CLOSED.get() == closed) {
            Thread.sleep(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "overflow, java.lang.StackOverflowError",
        "assert, java.lang.AssertionError: 42 was expected",
        "sneaky, java.io.IOException: no such line"
    })
    @DisplayName(
            "an error that a host function throws makes the program fault, with a place and a report, as exceptions do")
    void errors(String function, String what) throws Exception {
        String text = WAITS.replace("outside.wait", "outside." + function) + ".test \"t\"\n.end\n";
        for (Optional<Duration> time : List.of(Optional.<Duration>empty(), Optional.of(Duration.ofHours(1)))) {
            Verdict verdict = run(text, time);

            assertStopped(verdict);
            assertThat(verdict.message())
                    .contains("host_error")
                    .contains("outside." + function + ": " + what)
                    .contains("main+0")
                    .contains("report:");
            assertThat(verdict.outcome().orElseThrow().kind()).isEqualTo(Outcome.Kind.FAULTED);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("that the JVM's memory is used up is no fault of the program's")
    void outOfMemory(boolean timed) throws Exception {
        Verdict verdict = run(
                WAITS.replace("outside.wait", "outside.memory") + ".test \"t\"\n.end\n",
                timed ? Optional.of(Duration.ofHours(1)) : Optional.empty());

        assertThat(verdict.kind()).isEqualTo(Kind.ERROR);
        assertThat(verdict.message()).contains("heap");
    }

    @Test
    @DisplayName("with a timeout, host functions give results, fail and read memory as without")
    void inTime() throws Exception {
        Optional<Duration> long1 = Optional.of(Duration.ofHours(1));
        String text = """
                .import outside.number() -> i32
                .func main()
                  call_host outside.number
                  drop
                  call_host outside.number
                  call_host tape.print_i32
                  return
                .end
                .entry main
                .test "t"
                  .expect output "1\\n"
                .end
                """;
        for (Optional<Duration> time : List.of(Optional.<Duration>empty(), long1)) {
            OutsideFunctions.NUMBER.set(0);
            assertThat(run(text, time).kind()).isEqualTo(Kind.PASSED);
            assertThat(run(text.replace("outside.number", "outside.fail").replace("1\\n", "2\\n"), time)
                            .message())
                    .contains("host_error")
                    .contains("it fails always");
        }
    }

    @ParameterizedTest
    @CsvSource({"false, FAILED", "true, PASSED"})
    @DisplayName("an interrupt that is no timeout ends the call, is kept for whoever asked for it, and closes no file")
    void interruptedByOthers(boolean deaf, Kind kind) throws Exception {
        Thread testing = Thread.currentThread();
        OutsideFunctions.waits = new CountDownLatch(1);
        Thread other = new Thread(() -> {
            try {
                OutsideFunctions.waits.await();
                testing.interrupt();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        other.start();

        Verdict verdict = run((deaf ? DEAF : WAITS) + ".test \"t\"\n  .timeout 1 h\n.end\n", Optional.empty());

        assertThat(Thread.interrupted()).isTrue();
        other.join();
        assertThat(verdict.kind()).isEqualTo(kind);
        assertThat(verdict.message()).doesNotContain("timeout").contains(deaf ? "" : "host_error");
        try (Recording recording = Recording.open(verdict.recording().orElseThrow())) {
            assertThat(recording.damage()).isEmpty();
            assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
        }
    }

    @Test
    @DisplayName("the setting holds where a test names no time; the test's own comes first")
    void setting() throws Exception {
        Optional<Duration> soon = Optional.of(Duration.ofMillis(50));
        assertThat(run(LOOP + ".test \"t\"\n.end\n", soon).message()).contains("timeout of 50 ms");
        String quick = ".func main()\n  return\n.end\n.entry main\n.test \"t\"\n  .timeout 1 h\n.end\n";
        assertThat(run(quick, soon).kind()).isEqualTo(Kind.PASSED);
        assertThat(run(LOOP + ".test \"t\"\n  .timeout 60 ms\n.end\n", Optional.of(Duration.ofDays(1)))
                        .message())
                .contains("timeout of 60 ms");
    }

    @Test
    @DisplayName("what an earlier run did that passed, a run that is stopped did as far as it came")
    void comparedWithLastPassed() throws Exception {
        String counts = """
                .func main(n: i32)
                again:
                  local.get n
                  i32.const 1
                  i32.sub
                  local.tee n
                  br_if again
                  return
                .end
                .test "t"
                  .run main 2000000000
                """;
        assertThat(run(counts.replace("2000000000", "20000") + ".end\n", Optional.empty())
                        .kind())
                .isEqualTo(Kind.PASSED);
        Verdict verdict = run(counts + "  .timeout 50 ms\n.end\n", Optional.empty());
        assertStopped(verdict);
        assertThat(verdict.message()).contains("first differs from the last run that passed");

        String long1 = LOOP + ".test \"t\"\n  .limit 30000000\n  .timeout 1 ms\n.end\n";
        assertStopped(run(long1, Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({
        "10 s, PT10S, 10 s",
        "10s, PT10S, 10 s",
        "500 MS, PT0.5S, 500 ms",
        "90, PT1M30S, 90 s",
        "2 m, PT2M, 2 m",
        "120 s, PT2M, 2 m",
        "3 h, PT3H, 3 h",
        "8760 h, PT8760H, '8,760 h'",
    })
    @DisplayName("times are read with a unit, or as seconds, and written with one")
    void times(String text, Duration expected, String words) {
        assertThat(TimeLimit.parse(text)).contains(expected);
        assertThat(TimeLimit.words(expected)).isEqualTo(words);
    }

    @ParameterizedTest
    @CsvSource({"0", "-1 s", "10 days", "s", "1.5 s", "99999999999 h", "1 s 2"})
    @DisplayName("what is no time is none")
    void noTimes(String text) {
        assertThat(TimeLimit.parse(text)).isEmpty();
    }
}
