package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.approve.ApprovedText;
import dev.tapedeck.harness.approve.PendingApproval;
import dev.tapedeck.harness.recording.Forgery;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Pack;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.StopSwitch;
import dev.tapedeck.harness.report.ConsoleReport;
import dev.tapedeck.harness.report.ReportContent;
import dev.tapedeck.harness.slice.Cause;
import dev.tapedeck.harness.suite.Verdict.Kind;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestRunnerTest {
    /** Prints the squares of 1 to 3; the square is made in a function of its own. */
    private static final String SQUARES = """
            .global total: mut i32 = 0
            .func square(n: i32) -> i32
              local.get n
              local.get n
              i32.mul
              return
            .end
            .func main()
              .local n: i32
            next:
              local.get n
              i32.const 1
              i32.add
              local.tee n
              call square
              call_host tape.print_i32
              global.get total
              local.get n
              i32.add
              global.set total
              local.get n
              i32.const 3
              i32.lt_s
              br_if next
              return
            .end
            .entry main
            """;

    @TempDir
    Path root;

    private Path output() {
        return root.resolve("output");
    }

    private Verdict run(ApprovalMode mode, String name, String text) throws Exception {
        Path file = root.resolve("programs").resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        VerifiedProgram program = ProgramFile.load(file);
        List<TestCase> tests = program.program().tests();
        TestCase test = tests.isEmpty() ? TestCase.ofEntry() : tests.get(tests.size() - 1);
        return new TestRunner(output(), TestRunner.Options.of(mode).withInstructionLimit(1_000_000))
                .run(file, name, program, test);
    }

    private Verdict run(String text) throws Exception {
        return run(ApprovalMode.CHECK, "p.tasm", text);
    }

    private Verdict squares(String test) throws Exception {
        return run(SQUARES + ".test \"t\"\n" + test + "\n.end\n");
    }

    @Test
    @DisplayName("a run that meets its expectations passes; its recording is complete, and kept packed")
    void passes() throws Exception {
        Verdict verdict = squares(".expect output \"1\\n4\\n9\\n\"\n.expect exit 0");

        assertThat(verdict.message()).isEmpty();
        assertThat(verdict.kind()).isEqualTo(Kind.PASSED);
        assertThat(new String(verdict.output(), StandardCharsets.ISO_8859_1)).isEqualTo("1\n4\n9\n");
        for (String recording : List.of("recording", "last-passed.rec")) {
            try (Recording opened = Recording.open(output().resolve("p.tasm/t").resolve(recording))) {
                assertThat(opened.outcome()).isPresent();
                assertThat(opened.damage()).isEmpty();
            }
        }
        assertThat(output().resolve("p.tasm/t/report.html")).doesNotExist();
    }

    @Test
    @DisplayName(
            "with recordings of failed tests only, that of one that passes goes, what a failure is compared with stays;"
                    + " that of one that fails stays, until it passes again")
    void keepsRecordingsOfFailedTests() throws Exception {
        String passes = SQUARES + ".test \"t\"\n.expect output \"1\\n4\\n9\\n\"\n.end\n";
        String fails = passes.replace("i32.mul", "i32.add");
        TestRunner.Options options = TestRunner.Options.of(ApprovalMode.CHECK).withKept(KeptRecordings.FAILED);
        Path recording = output().resolve("p.tasm/t/recording");

        Verdict passed = run(options, passes);
        assertThat(passed.kind()).isEqualTo(Kind.PASSED);
        assertThat(passed.recording()).isEmpty();
        assertThat(recording).doesNotExist();
        assertThat(output().resolve("p.tasm/t/last-passed.rec")).isRegularFile();

        Verdict failed = run(options, fails);
        assertThat(failed.kind()).isEqualTo(Kind.FAILED);
        assertThat(failed.recording()).contains(recording);
        assertThat(failed.message()).contains("first differs from the last run that passed");
        Recording.open(recording).close();

        assertThat(run(options, passes).kind()).isEqualTo(Kind.PASSED);
        assertThat(recording).doesNotExist();

        // What an earlier run with another setting has left.
        assertThat(run(options.withKept(KeptRecordings.ALL), passes).recording())
                .contains(recording);
        assertThat(recording).isDirectory();
        assertThat(run(options, passes).kind()).isEqualTo(Kind.PASSED);
        assertThat(recording).doesNotExist();
    }

    private Verdict run(TestRunner.Options options, String text) throws Exception {
        Path file = root.resolve("p.tasm");
        Files.writeString(file, text);
        VerifiedProgram program = ProgramFile.load(file);
        return new TestRunner(output(), options)
                .run(file, "p.tasm", program, program.program().tests().get(0));
    }

    /** Records another program, and says it was the one of the test: what a machine that executes wrongly would leave. */
    private Verdict runForged(TestRunner.Options options, String test) throws Exception {
        Path file = root.resolve("p.tasm");
        String text = SQUARES + ".test \"t\"\n" + test + "\n.end\n";
        Files.writeString(file, text.replace("i32.mul", "i32.sub"));
        VerifiedProgram wrong = ProgramFile.load(file);
        Files.writeString(file, text);
        VerifiedProgram program = ProgramFile.load(file);
        TestRunner runner = new TestRunner(output(), options) {
            @Override
            Outcome record(VerifiedProgram verified, RunOptions runOptions, Host host, Path recorded, StopSwitch stop)
                    throws RecordingException {
                Path honest = root.resolve("honest" + System.nanoTime());
                Outcome outcome = super.record(wrong, runOptions, host, honest, stop);
                try {
                    Forgery.ofProgram(honest, recorded, verified.program(), runOptions);
                } catch (IOException e) {
                    throw new RecordingException("cannot forge", e);
                }
                return outcome;
            }
        };
        return runner.run(file, "p.tasm", program, program.program().tests().get(0));
    }

    @Test
    @DisplayName("verified: a recording that its replay does not reproduce fails the test, with the first place")
    void verifies() throws Exception {
        String zeros = ".expect output \"0\\n0\\n0\\n\"";
        TestRunner.Options options = TestRunner.Options.of(ApprovalMode.CHECK);
        assertThat(runForged(options, zeros).kind()).as("not looked at").isEqualTo(Kind.PASSED);

        Verdict verdict = runForged(options.withVerified(true), zeros);
        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message())
                .startsWith("p.tasm:28: the recording does not replay, so nothing can be concluded from it: ")
                .contains("instruction count ")
                .doesNotContain("besides")
                .doesNotContain("first differs");
        assertThat(output().resolve("p.tasm/t/report.html")).exists();

        Verdict honest = run(options.withVerified(true), SQUARES + ".test \"t\"\n.end\n");
        assertThat(honest.message()).isEmpty();
        assertThat(honest.kind()).isEqualTo(Kind.PASSED);
    }

    @Test
    @DisplayName("a test that fails says first that its recording does not replay, and is not bisected then")
    void unfaithfulFailure() throws Exception {
        TestRunner.Options options = TestRunner.Options.of(ApprovalMode.CHECK);
        String squares = ".expect output \"1\\n4\\n9\\n\"";
        assertThat(run(options, SQUARES + ".test \"t\"\n" + squares + "\n.end\n")
                        .kind())
                .isEqualTo(Kind.PASSED);
        for (boolean verified : new boolean[] {false, true}) {
            Verdict verdict = runForged(options.withVerified(verified), squares);
            assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
            assertThat(verdict.message())
                    .startsWith("p.tasm:28: the recording does not replay, so nothing can be concluded from it: ")
                    .contains("; besides, ")
                    .contains("wrong from byte 0")
                    .doesNotContain("first differs from");
        }
    }

    @Test
    @DisplayName("endless debug output is a fault, long before the limit")
    void endlessDebugOutput() throws Exception {
        Verdict verdict = run(".memory 16\n.func main()\nagain:\ni32.const 0\ni32.const 1000000\ncall_host tape.debug\n"
                + "br again\n.end\n.entry main\n");

        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message()).contains("fault host_error").contains("more than 64 MiB of debug output");
        assertThat(output().resolve("p.tasm/main/debug.txt")).hasSize(1 << 20);
    }

    @Test
    @DisplayName("of megabytes of wrong output, a failure shows what is around the difference")
    void longOutput() throws Exception {
        String text = "a".repeat(300_000);
        Verdict verdict = run(".memory 16\n.data t = \"" + text + "\"\n.func main()\ni32.const t\n"
                + "i32.const t.length\ncall_host tape.output\nreturn\n.end\n.entry main\n.test \"t\"\n.expect output \""
                + text.substring(0, 200_000) + "b" + text.substring(200_001) + "\"\n.end\n");

        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message()).hasSizeLessThan(1_000).contains("wrong from byte 200000");
        assertThat(verdict.expected().orElseThrow()).hasSizeLessThan(70_000).contains("ab");
        assertThat(verdict.actual().orElseThrow())
                .hasSizeLessThan(70_000)
                .startsWith("(after 195904 bytes)\naaa")
                .endsWith("aaa\n(38560 bytes more)");
    }

    @Test
    @DisplayName("a heap that is too small fails one test, not the whole run")
    void heapTooSmall() throws Exception {
        Path file = root.resolve("p.tasm");
        Files.writeString(file, SQUARES);
        VerifiedProgram program = ProgramFile.load(file);
        TestCase test = TestCase.ofEntry();
        // As a program that uses all the memory it may: more than this JVM has.
        TestRunner runner = new TestRunner(output(), ApprovalMode.CHECK) {
            @Override
            Outcome record(VerifiedProgram verified, RunOptions options, Host host, Path recorded, StopSwitch stop) {
                throw new OutOfMemoryError("Java heap space");
            }
        };
        Verdict verdict = runner.run(file, "p.tasm", program, test);

        assertThat(verdict.kind()).isEqualTo(Kind.ERROR);
        assertThat(verdict.message())
                .startsWith("p.tasm: the heap of ")
                .contains("MiB is too small")
                .contains("-Xmx");
    }

    @Test
    @DisplayName("all: an approved recording that cannot be read is replaced, although the text is the same")
    void unusableApprovedRecording() throws Exception {
        String text = SQUARES + ".test \"t\"\n.approve\n.end\n";
        run(ApprovalMode.NEW, "p.tasm", text);
        Path approved = root.resolve("programs/p.approved.rec");
        byte[] good = Files.readAllBytes(approved);
        Files.write(approved, new byte[] {1, 2, 3});

        assertThat(run(ApprovalMode.ALL, "p.tasm", text).kind()).isEqualTo(Kind.PASSED);
        assertThat(approved).hasBinaryContent(good);
    }

    @Test
    @DisplayName("wrong output: the first wrong byte, and the call that wrote it, with its source line and call stack")
    void wrongOutput() throws Exception {
        Verdict verdict = squares(".expect output \"1\\n5\\n9\\n\"");

        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message())
                .startsWith("p.tasm:28: expected output \"1\\n5\\n9\\n\" but was \"1\\n4\\n9\\n\"; wrong from byte 2,"
                        + " written at main+5 (p.tasm:16); report: ");
        assertThat(verdict.expected()).contains("1\n5\n9\n");
        assertThat(verdict.actual()).contains("1\n4\n9\n");
        assertThat(verdict.frames()).containsExactly(new Frame("main", 5, "p.tasm", 16, false));
        assertThat(verdict.attachments())
                .extracting(path -> path.getFileName().toString())
                .containsExactly("report.md", "report.html", "report.json");
        assertThat(verdict.attachments())
                .allSatisfy(path -> assertThat(path).isAbsolute().isNotEmptyFile());
        assertThat(Files.readString(output().resolve("p.tasm/t/report.md"))).contains("wrong from byte 2");
    }

    private static List<String> slice(Verdict verdict) {
        return verdict.report().orElseThrow().slice().orElseThrow().steps().stream()
                .map(Cause::words)
                .toList();
    }

    @Test
    @DisplayName("issue 5.6: the first wrong byte is explained by what the call that wrote it took it from")
    void wrongOutputIsExplained() throws Exception {
        Verdict verdict = squares(".expect output \"1\\n5\\n9\\n\"");
        assertThat(verdict.report().orElseThrow().slice().orElseThrow().what())
                .isEqualTo("the operand of call_host tape.print_i32 in main+5 (p.tasm:16) is 4");
        assertThat(slice(verdict).subList(0, 3))
                .containsExactly("i32.mul: 2, 2 -> 4", "i32.add: 1, 1 -> 2", "i32.add: 0, 1 -> 1");

        Verdict bytes = run("""
                .memory 1
                .data text = "abcd"
                .func main()
                  i32.const text+2
                  i32.const 100
                  i32.const 1
                  i32.add
                  i32.store8
                  i32.const text
                  i32.const 4
                  call_host tape.output
                  return
                .end
                .entry main
                .test "t"
                .expect output "abcd"
                .end
                """);
        assertThat(bytes.message()).contains("wrong from byte 2");
        assertThat(bytes.report().orElseThrow().slice().orElseThrow().what()).isEqualTo("memory 0x402 is 101 (0x65)");
        assertThat(slice(bytes)).containsExactly("i32.add: 100, 1 -> 101");
        for (Path file : bytes.attachments()) {
            assertThat(file).content(StandardCharsets.UTF_8).contains("memory 0x402 is 101 (0x65)");
        }
    }

    @Test
    @DisplayName("issue 5.6: of fd_write, the byte is looked up in its iovecs; a wrong exit code is that of proc_exit")
    void wasiOutputIsExplained() throws Exception {
        String program = """
                .memory 1
                .import wasi_snapshot_preview1.fd_write(i32, i32, i32, i32) -> (i32)
                .import wasi_snapshot_preview1.proc_exit(i32)
                .data one = "ab"
                .data two = "cd"
                .data vectors = i32 one 2 two 2
                .func main()
                  .local code: i32
                  i32.const two+1
                  i32.const 59
                  i32.const 2
                  i32.mul
                  local.tee code
                  i32.store8
                  i32.const 1
                  i32.const vectors
                  i32.const 2
                  i32.const 64
                  call_host wasi_snapshot_preview1.fd_write
                  drop
                  local.get code
                  i32.const 15
                  i32.and
                  call_host wasi_snapshot_preview1.proc_exit
                  return
                .end
                .entry main
                .test "t"
                """;
        Verdict output = run(program + ".expect output \"abcd\"\n.expect exit 6\n.end\n");
        assertThat(output.message()).contains("wrong from byte 3");
        assertThat(slice(output)).containsExactly("i32.mul: 59, 2 -> 118");
        Verdict exit = run(program + ".expect exit 5\n.end\n");
        assertThat(exit.message()).contains("expected exit code 5 but was 6");
        assertThat(slice(exit)).containsExactly("i32.and: 118, 15 -> 6", "i32.mul: 59, 2 -> 118");

        Verdict both = run(program + ".expect output \"abcd\"\n.expect exit 5\n.end\n");
        assertThat(both.message())
                .contains("wrong from byte 3, written at main+10 ")
                .contains("; besides, expected exit code 5 but was 6;");
        assertThat(slice(both)).containsExactly("i32.mul: 59, 2 -> 118");
        Verdict early = run(program + ".expect output \"abcved\"\n.expect exit 5\n.end\n");
        assertThat(early.message()).contains("expected exit code 5 but was 6").doesNotContain("besides");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "i32.const 0, i32.div_s | fault division_by_zero (",
                "loop:, br loop | not finished after the limit of 1,000 instructions;",
                "halt | expected exit code 0 but was 1;"
            })
    @DisplayName("issue 5.6: what was written wrongly comes first, however the run ended behind it")
    void outputBeforeTheEnd(String ending, String besides) throws Exception {
        Verdict verdict = run(
                """
                .func main()
                  i32.const 41
                  call_host tape.print_i32
                  i32.const 1
                  %s
                .end
                .entry main
                .test "t"
                  .limit 1000
                  .expect output "42\\n"
                .end
                """.formatted(ending.replace(", ", "\n  ") + (ending.endsWith("div_s") ? "\n  drop\n  return" : "")));
        assertThat(verdict.message())
                .contains("expected output \"42\\n\" but was \"41\\n\"; wrong from byte 1, written at main+1 ")
                .contains("; besides, " + besides);
        assertThat(verdict.expected()).contains("42\\n".replace("\\n", "\n"));
    }

    @Test
    @DisplayName("a sentence names the program's own call of a library, and what the program said about its end")
    void ownCallsAndLastWords() throws Exception {
        String program = """
                .source "own.rs"
                .source "libc-top-half/musl/src/unistd/write.c"
                .memory 1
                .import wasi_snapshot_preview1.fd_write(i32, i32, i32, i32) -> (i32)
                .data text = "thread 'main' panicked at 'göne — \ud83d\ude00', own.rs:12:9\\nnote: run with `RUST_BACKTRACE=1`\\n\\n"
                .data vectors = i32 text text.length
                .func write(descriptor: i32)
                  .source "libc-top-half/musl/src/unistd/write.c"
                  local.get descriptor @5
                  i32.const vectors
                  i32.const 1
                  i32.const 8
                  call_host wasi_snapshot_preview1.fd_write @6
                  drop
                  return
                .end
                .func main(descriptor: i32)
                  local.get descriptor @10
                  call write @11
                  unreachable @12
                .end
                .entry main
                .test "t"
                """;
        Verdict fault = run(program + ".run main 2\n.end\n");
        assertThat(fault.message())
                .contains("fault unreachable (", ", raised at main+2 (own.rs:12)")
                .contains(
                        "; its error output ends with \"thread 'main' panicked at 'göne — \ud83d\ude00', own.rs:12:9\"");
        Verdict output = run(program + ".run main 1\n.expect output \"thread\"\n.end\n");
        assertThat(output.message())
                .contains("wrong from byte 6, written at write+4 (libc-top-half/musl/src/unistd/write.c:6)"
                        + ", called from main+1 (own.rs:11); besides, fault unreachable (")
                .doesNotContain("error output");
    }

    @Test
    @DisplayName("issue 5.6: wrong results, globals and memory, and faults are explained")
    void otherMissesAreExplained() throws Exception {
        String program = """
                .memory 1
                .global total: mut i32 = 3
                .func main(a: i32) -> (i32, i32)
                  global.get total
                  local.get a
                  i32.mul
                  global.set total
                  i32.const 512
                  global.get total
                  i32.store
                  i32.const 1
                  local.get a
                  local.get a
                  i32.const 5
                  i32.sub
                  i32.div_s
                  return
                .end
                .entry main
                .test "t"
                """;
        assertThat(slice(run(program + ".run main 7\n.expect result 1 4\n.end\n")))
                .containsExactly("i32.div_s: 7, 2 -> 3", "i32.sub: 7, 5 -> 2", "(argument 'a' of main): 7");
        List<String> product =
                List.of("i32.mul: 3, 7 -> 21", "(argument 'a' of main): 7", "(global 'total' starts as 3)");
        assertThat(slice(run(program + ".run main 7\n.expect global total = 20\n.end\n")))
                .containsExactlyInAnyOrderElementsOf(product);
        assertThat(slice(run(program + ".run main 7\n.expect memory 512 = i32 20\n.end\n")))
                .containsExactlyInAnyOrderElementsOf(product);
        assertThat(slice(run(program + ".run main 5\n.end\n")))
                .containsExactly("i32.sub: 5, 5 -> 0", "(argument 'a' of main): 5");
    }

    @Test
    @DisplayName("issue 5.6: output that ends too early is explained by the branch that went past the next call")
    void missingOutputIsExplained() throws Exception {
        Verdict verdict = squares(".expect output \"1\\n4\\n9\\n16\\n\"");
        assertThat(verdict.report().orElseThrow().slice().orElseThrow().what())
                .isEqualTo("the last output came from call_host tape.print_i32 in main+5 (p.tasm:16); the branch below"
                        + " went past what would have written more");
        assertThat(slice(verdict))
                .containsExactly(
                        "br_if #0: 0 -> went on",
                        "i32.lt_s: 3, 3 -> 0",
                        "i32.add: 2, 1 -> 3",
                        "i32.add: 0, 1 -> 1",
                        "(local 'n' of main starts as 0)");

        // The branch is in another function than the call that would have written, and others stand before it.
        String callers = """
                .memory 1
                .func say(x: i32)
                  local.get x
                  i32.eqz
                  br_if skip
                  nop
                skip:
                  local.get x
                  call_host tape.print_i32
                  return
                .end
                .func each(n: i32)
                  local.get n
                  i32.const 2
                  i32.and
                  br_if odd
                  i32.const 1
                  drop
                odd:
                  local.get n
                  i32.const 3
                  i32.gt_s
                  br_if quiet
                  local.get n
                  call say
                quiet:
                  return
                .end
                .func main(wanted: i32)
                  .local i: i32
                next:
                  local.get i
                  local.get wanted
                  i32.add
                  call each
                  local.get i
                  i32.const 1
                  i32.add
                  local.tee i
                  i32.const 3
                  i32.lt_s
                  br_if next
                  return
                .end
                .entry main
                .test "t"
                """;
        Verdict nested = run(callers + ".run main 2\n.expect output \"2\\n3\\n4\\n\"\n.end\n");
        assertThat(nested.message()).contains("it ends after 4 bytes of 6");
        assertThat(slice(nested))
                .containsExactly(
                        "br_if #12: 1 -> jumped",
                        "i32.gt_s: 4, 3 -> 1",
                        "i32.add: 2, 2 -> 4",
                        "i32.add: 1, 1 -> 2",
                        "i32.add: 0, 1 -> 1",
                        "(argument 'wanted' of main): 2",
                        "(local 'i' of main starts as 0)");
        Verdict nothing = run(callers + ".run main 9\n.expect output \"9\\n\"\n.end\n");
        assertThat(nothing.report().orElseThrow().slice().orElseThrow().what())
                .isEqualTo("nothing was written; the branch below went past what would have written more, and 1 other"
                        + " behind it as well");
        assertThat(slice(nothing)).startsWith("br_if #12: 1 -> jumped", "i32.gt_s: 9, 3 -> 1");
    }

    @Test
    @DisplayName("issue 5.6: a run that could not have written more says so, with what led to its end")
    void nothingMoreToWrite() throws Exception {
        Verdict verdict = run("""
                .func main(a: i32)
                  local.get a
                  br_if early
                  nop
                early:
                  i32.const 5
                  call_host tape.print_i32
                  return
                .end
                .entry main
                .test "t"
                .run main 1
                .expect output "5\\n6\\n"
                .end
                """);
        assertThat(verdict.report().orElseThrow().slice().orElseThrow().what())
                .isEqualTo(
                        "the last output came from call_host tape.print_i32 in main+4 (p.tasm:7), and no branch behind"
                                + " it went past what would have written more");
    }

    @Test
    @DisplayName("issue 5.6: a run that is not finished shows the loop that it is in, and what decides about its end")
    void endlessLoopIsExplained() throws Exception {
        String program = """
                .func wait(n: i32)
                  .local i: i32
                again:
                  local.get i
                  i32.const 1
                  i32.add
                  local.set i
                  local.get i
                  local.get n
                  i32.ne
                  br_if again
                  return
                .end
                .func main(n: i32)
                  .local k: i32
                outer:
                  local.get n
                  local.get k
                  i32.sub
                  call wait
                  local.get k
                  i32.const 1
                  i32.add
                  local.tee k
                  i32.const 20
                  i32.lt_s
                  br_if outer
                  return
                .end
                .entry main
                .test "t"
                .limit 100000
                """;
        // The 11th call of wait is given 0, and its loop goes past it.
        Verdict inner = run(program + ".run main 10\n.end\n");
        assertThat(inner.message()).contains("not finished after the limit of 100,000 instructions");
        assertThat(inner.report().orElseThrow().slice().orElseThrow().what())
                .startsWith("the loop from wait+0 (p.tasm:4) to wait+7 (p.tasm:11) was not over: it began again ")
                .endsWith(" times in the last 100,000 instructions");
        assertThat(slice(inner)).startsWith("br_if #0: 1 -> jumped").anyMatch(step -> step.startsWith("i32.ne: "));
        assertThat(slice(inner)).contains("i32.sub: 10, 10 -> 0");

        Verdict outer = run(program.replace("local.tee k", "local.get k").replace("i32.const 20", "drop\n i32.const 20")
                + ".run main 10\n.end\n");
        assertThat(outer.report().orElseThrow().slice().orElseThrow().what())
                .startsWith("the loop from main+0 (p.tasm:17) to main+11 ");
        assertThat(slice(outer)).startsWith("br_if #0: 1 -> jumped", "i32.lt_s: 1, 20 -> 1");

        Verdict none = run("""
                .func main()
                again:
                  nop
                  br again
                .end
                .entry main
                """);
        assertThat(none.report().orElseThrow().slice().orElseThrow().what())
                .isEqualTo("the loop from main+0 (p.tasm:3) to main+1 (p.tasm:4) was not over: it began again 500,000"
                        + " times in the last 1,000,000 instructions, and nothing in it leads out");
        assertThat(slice(none)).containsExactly("br #0: jumped");
    }

    @Test
    @DisplayName("issue 5.6: a run that returns where it should end in another way is explained by the branch to there")
    void wrongReturnIsExplained() throws Exception {
        String program = """
                .memory 1
                .func main(a: i32)
                  local.get a
                  i32.const 3
                  i32.gt_s
                  br_if fine
                  i32.const 7
                  halt
                fine:
                  return
                .end
                .entry main
                .test "t"
                .run main 4
                """;
        List<String> branch = List.of("br_if #6: 1 -> jumped", "i32.gt_s: 4, 3 -> 1", "(argument 'a' of main): 4");
        assertThat(slice(run(program + ".expect exit 7\n.end\n"))).isEqualTo(branch);
        assertThat(slice(run(program + ".expect fault unreachable\n.end\n"))).isEqualTo(branch);
        assertThat(slice(run(program + ".expect memory 65536 = i8 1\n.end\n")))
                .containsExactly("(memory size at the start)");
    }

    @Test
    @DisplayName("issue 5.6: of a host function that fails, all arguments are explained")
    void failingHostFunctionIsExplained() throws Exception {
        Verdict verdict = run("""
                .memory 1
                .func main(a: i32, b: i32)
                  local.get a
                  i32.const 2
                  i32.mul
                  local.get b
                  call_host tape.output
                  return
                .end
                .entry main
                .test "t"
                .run main 40000 5
                .end
                """);
        assertThat(verdict.message()).contains("fault host_error");
        assertThat(verdict.report().orElseThrow().slice().orElseThrow().what())
                .isEqualTo("the arguments of call_host tape.output in main+4 (p.tasm:7) are 80000, 5");
        assertThat(slice(verdict))
                .containsExactlyInAnyOrder(
                        "i32.mul: 40000, 2 -> 80000", "(argument 'a' of main): 40000", "(argument 'b' of main): 5");
    }

    @Test
    @DisplayName("output that ends too early, goes on too long, or is very long is shown where it departs")
    void lengths() throws Exception {
        assertThat(squares(".expect output \"1\\n4\\n9\\n16\\n\"").message())
                .contains("; it ends after 6 bytes of 9, ended at main+");
        assertThat(squares(".expect output \"1\\n4\\n\"").message())
                .contains("; wrong from byte 4, written at main+5 (p.tasm:16)");
        assertThat(squares(".expect output \"1\\n4\\n9\\n" + "x".repeat(500) + "\"")
                        .message())
                .contains("but was \"1\\n4\\n9\\n\"; it ends after 6 bytes of 506")
                .hasSizeLessThan(400);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exit 7 | expected exit code 7 but was 0, ended at main+",
                "fault unreachable | expected fault unreachable but was a normal return, ended at main+",
            })
    @DisplayName("another ending than expected is a failure")
    void endings(String expectation, String message) throws Exception {
        Verdict verdict = squares(".expect " + expectation);

        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message()).startsWith("p.tasm:28: " + message);
    }

    @Test
    @DisplayName("S12: a fault is a failure that names kind, values, place and call stack, unless it is expected")
    void faults() throws Exception {
        String divide = """
                .func divide(a: i32) -> i32
                  local.get a
                  i32.const 0
                  i32.div_u
                  return
                .end
                .func main()
                  i32.const 7
                  call divide
                  drop
                  return
                .end
                .entry main
                """;

        Verdict unexpected = run(divide);
        assertThat(unexpected.kind()).isEqualTo(Kind.FAILED);
        assertThat(unexpected.message())
                .startsWith("p.tasm: fault division_by_zero (integer division by zero")
                .contains("), raised at divide+2 (p.tasm:4)");
        assertThat(unexpected.frames())
                .containsExactly(new Frame("divide", 2, "p.tasm", 4, false), new Frame("main", 1, "p.tasm", 9, false));
        assertThat(run(divide + ".test \"t\"\n.expect fault division_by_zero\n.end\n")
                        .kind())
                .isEqualTo(Kind.PASSED);
        assertThat(run(divide + ".test \"t\"\n.expect fault out_of_bounds\n.end\n")
                        .message())
                .contains("expected fault out_of_bounds but was fault division_by_zero");
        assertThat(run(divide + ".test \"t\"\n.expect exit 3\n.end\n").kind()).isEqualTo(Kind.FAILED);
    }

    @Test
    @DisplayName("results of a function are compared by their types")
    void results() throws Exception {
        assertThat(squares(".run square -5\n.expect result 25").kind()).isEqualTo(Kind.PASSED);
        Verdict verdict = squares(".run square -5\n.expect result -25");
        assertThat(verdict.message())
                .startsWith("p.tasm:28: expected result -25 but was 25, returned at square+3 (p.tasm:6)");
        assertThat(verdict.expected()).contains("-25");
        assertThat(verdict.actual()).contains("25");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "global n = 41 | expected global 'n' to be 41 but was 42",
                "global x = 1.5 | expected global 'x' to be 1.5 but was 0.5",
                "register hp = 80 | expected register hp to be 80 but was 1040",
                "register interrupts = 0 | expected register interrupts to be 0 but was 1",
                "memory d = i32 1 2 4 | expected memory from address 1024 to be 01 00 00 00 02 00 00 00 04 00 00 00"
                        + " but was 01 00 00 00 02 00 00 00 03 00 00 00",
                "memory 0 = zero 1024, i32 1 2 4, zero 32 | expected memory from address 1028 to be"
                        + " 02 00 00 00 04 00 00 00 00 00 00 00 00 00 00 00 ... but was"
                        + " 02 00 00 00 03 00 00 00 00 00 00 00 00 00 00 00 ...",
                "memory 65535 = i16 0 | expected memory to be 2 bytes at address 65535 but was 65536 bytes in all"
            })
    @DisplayName("K7: a register, a global or memory that is not as expected at the end is a failure that shows both")
    void states(String expectation, String message) throws Exception {
        Verdict verdict = run(".memory 1\n.data d = i32 1 2 3\n.global n: mut i32 = 42\n.global x: f64 = 0.5\n"
                + ".func main()\nunreachable\n.end\n.test \"t\"\n.expect fault unreachable\n.expect "
                + expectation + "\n.end\n");
        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message()).startsWith("p.tasm:8: " + message + ", ended at ");
        assertThat(output().resolve("p.tasm/t/report.html")).exists();
    }

    @Test
    @DisplayName("S13: the instruction limit stops a run exactly, and is a failure that says so")
    void limit() throws Exception {
        Verdict verdict = squares(".limit 10");

        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message())
                .startsWith("p.tasm:28: not finished after the limit of 10 instructions, stopped at ");
        try (Recording recording = Recording.open(output().resolve("p.tasm/t/recording"))) {
            assertThat(recording.icountEnd()).isEqualTo(10);
        }
    }

    @Test
    @DisplayName("a program that writes without end is stopped before memory is full")
    void endlessOutput() throws Exception {
        Verdict verdict = run("""
                .memory 160
                .func main()
                again:
                  i32.const 0
                  i32.const 10000000
                  call_host tape.output
                  br again
                .end
                .entry main
                """);

        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message()).contains("fault host_error").contains("wrote more than 64 MiB");
    }

    @Test
    @DisplayName(
            "what cannot be run is an error: no such function, another number of arguments, a missing host function")
    void errors() throws Exception {
        Verdict missing = run("""
                .import env.fetch(i32) -> (i32)
                .func main()
                  i32.const 1
                  call_host env.fetch
                  drop
                  return
                .end
                .entry main
                """);
        Verdict noEntry = run(".func lonely()\n  return\n.end\n");

        assertThat(missing.kind()).isEqualTo(Kind.ERROR);
        assertThat(missing.message()).startsWith("p.tasm: ").contains("env.fetch");
        assertThat(noEntry.kind()).isEqualTo(Kind.ERROR);
        assertThat(noEntry.message()).contains("no entry");
    }

    @Test
    @DisplayName("an entry that takes arguments, in a program without tests, is an error that says what to add")
    void entryWithoutArguments() throws Exception {
        Verdict verdict = run(".func main(n: i32)\n  return\n.end\n.entry main\n");

        assertThat(verdict.kind()).isEqualTo(Kind.ERROR);
        assertThat(verdict.message())
                .isEqualTo("p.tasm: the entry 'main' takes 1 argument, and there is no test that gives any; add a .test"
                        + " with .run");
    }

    @Test
    @DisplayName("a .bc whose test expects a fault that the machine does not have is refused, with those it has")
    void unknownFaultInABinaryProgram() throws Exception {
        Program right = Assembler.assemble("p.tasm", ".func main()\n  return\n.end\n.entry main\n.test \"t\"\n.end\n");
        TestCase test = right.tests().get(0);
        TestCase wrong = new TestCase(
                test.name(),
                test.function(),
                test.arguments(),
                test.tags(),
                test.input(),
                test.seed(),
                test.instructionLimit(),
                test.interrupts(),
                test.expectedOutput(),
                test.expectedExitCode(),
                Optional.of("division_by_zorp"),
                test.expectedResults(),
                test.approved(),
                test.disabled(),
                test.line(),
                test.system(),
                test.expectedState());
        Program program = new Program(
                right.name(),
                right.types(),
                right.imports(),
                right.functions(),
                right.globals(),
                right.memories(),
                right.tables(),
                right.data(),
                right.elements(),
                right.exports(),
                right.entry(),
                right.start(),
                List.of(wrong),
                right.sources());
        Path file = Files.write(root.resolve("p.bc"), BcWriter.write(program));

        assertThatThrownBy(() -> ProgramFile.load(file))
                .isInstanceOf(ProgramException.class)
                .hasMessageStartingWith("p.bc: section 'tests', ")
                .hasMessageContaining("a test expects the fault 'division_by_zorp', which the machine does not have; it"
                        + " has unreachable, out_of_bounds, ")
                .hasMessageNotContaining("\n");
    }

    @Test
    @DisplayName("input, seed and interrupts of a test reach the program; another schedule is another result")
    void metadata() throws Exception {
        String program = """
                .memory 1
                .global sum: mut i64 = 0
                .func on_signal(signal: i32, payload: i64)
                  global.get sum
                  local.get payload
                  i64.add
                  global.set sum
                  interrupt.return
                .end
                .func main() -> (i64, i64)
                  .local n: i32
                  i32.const 5
                  interrupt.handle on_signal
                  i32.const 64
                  i32.const 16
                  call_host tape.input
                  local.set n
                  i32.const 64
                  local.get n
                  call_host tape.output
                  nop
                  nop
                  nop
                  nop
                  call_host tape.random
                  global.get sum
                  return
                .end
                .entry main
                .test "t"
                  .input "typed"
                  .seed 1234567
                  .interrupt 10 signal 5 payload 20 every 2 count 2
                  .expect output "typed"
                  .expect result 6457827717110365317 40
                .end
                """;

        assertThat(run(program).message()).isEmpty();
        assertThat(run(program.replace("count 2", "count 1")).message())
                .contains("expected result 6457827717110365317, 40 but was 6457827717110365317, 20");
        assertThat(run(program.replace("every 2", "every 100")).kind()).isEqualTo(Kind.FAILED);
        assertThat(run(program.replace(".seed 1234567", ".seed 1234568")).message())
                .contains("expected result 6457827717110365317, 40 but was ");
        assertThat(run(program.replace(".input \"typed", ".input \"spoken")).message())
                .contains("expected output \"typed\" but was \"spoken\"");
    }

    @Test
    @DisplayName("an output folder that cannot be written is an error in one line")
    void unwritable() throws Exception {
        Files.writeString(output(), "a file in the way");

        Verdict verdict = squares("");

        assertThat(verdict.kind()).isEqualTo(Kind.ERROR);
        assertThat(verdict.message())
                .startsWith("p.tasm:28: cannot write below ")
                .doesNotContain("\n");
        assertThat(output()).hasContent("a file in the way");
    }

    @Test
    @DisplayName("a link inside of the output folder is refused: what it leads to is not ours to clean")
    void linkedFolder() throws Exception {
        Path precious = Files.createDirectories(root.resolve("precious/recording"));
        Files.writeString(precious.resolve("keep"), "kept");
        Files.createDirectories(output().resolve("p.tasm"));
        Files.createSymbolicLink(output().resolve("p.tasm/t"), root.resolve("precious"));

        Verdict verdict = squares("");

        assertThat(verdict.kind()).isEqualTo(Kind.ERROR);
        assertThat(verdict.message()).contains("is a link").doesNotContain("\n");
        assertThat(precious.resolve("keep")).hasContent("kept");
        assertThat(root.resolve("precious")).isDirectoryNotContaining("glob:**.rec");
    }

    @Test
    @DisplayName("debug output is kept in a file, and never part of the output")
    void debug() throws Exception {
        Verdict verdict = run("""
                .memory 1
                .data text = "looking"
                .func main()
                  i32.const text
                  i32.const text.length
                  call_host tape.debug
                  return
                .end
                .entry main
                .test "t"
                  .expect output ""
                .end
                """);

        assertThat(verdict.message()).isEmpty();
        assertThat(output().resolve("p.tasm/t/debug.txt")).hasContent("looking");
    }

    @Test
    @DisplayName("nothing of an earlier run is left in the way of a later one")
    void reruns() throws Exception {
        squares(".expect output \"nothing\"");
        assertThat(output().resolve("p.tasm/t/report.html")).exists();

        assertThat(squares(".expect output \"1\\n4\\n9\\n\"").kind()).isEqualTo(Kind.PASSED);
        assertThat(output().resolve("p.tasm/t/report.html")).doesNotExist();
    }

    @Test
    @DisplayName("a test that passed before and fails now is bisected against the run that passed")
    void lastPassed() throws Exception {
        String test = ".test \"t\"\n.expect output \"1\\n4\\n9\\n\"\n.end\n";
        assertThat(run(SQUARES + test).kind()).isEqualTo(Kind.PASSED);

        Verdict verdict = run(SQUARES.replace("  i32.mul\n", "  i32.add\n") + test);

        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message()).contains("; first differs from the last run that passed at instruction ");
        assertThat(Files.readString(output().resolve("p.tasm/t/report.md")))
                .contains("the last run that passed")
                .contains("i32.mul")
                .contains("i32.add");
        Verdict again = run(SQUARES.replace("  i32.mul\n", "  i32.add\n") + test);
        assertThat(again.message()).contains("; first differs from the last run that passed at instruction ");
    }

    @Test
    @DisplayName("an expectation that changed, and not the run, is recognised")
    void sameRun() throws Exception {
        squares(".expect output \"1\\n4\\n9\\n\"");

        assertThat(squares(".expect output \"1\\n\"").message())
                .contains("; the run itself is the same as the last run that passed");
    }

    @Test
    @DisplayName("approvals: nothing is approved by itself; new approves, check compares, and a difference is bisected")
    void approvals() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        Path approved = root.resolve("programs/p.approved.txt");

        Verdict missing = run(SQUARES + test);
        assertThat(missing.kind()).isEqualTo(Kind.FAILED);
        assertThat(missing.message())
                .startsWith("p.tasm:28: nothing is approved yet: ")
                .contains("p.approved.txt is missing")
                .contains("-Dtapedeck.approve=new");
        assertThat(approved).doesNotExist();
        assertThat(output().resolve("p.tasm/t/p.received.txt")).exists();

        assertThat(run(ApprovalMode.NEW, "p.tasm", SQUARES + test).kind()).isEqualTo(Kind.PASSED);
        assertThat(approved).exists();
        assertThat(root.resolve("programs/p.approved.rec")).exists();
        assertThat(run(SQUARES + test).kind()).isEqualTo(Kind.PASSED);
        assertThat(output().resolve("p.tasm/t/p.received.txt")).doesNotExist();

        String changed = SQUARES.replace("  i32.mul\n", "  i32.add\n") + test;
        Verdict different = run(changed);
        assertThat(different.kind()).isEqualTo(Kind.FAILED);
        assertThat(different.message())
                .startsWith(
                        "p.tasm:28: differs from p.approved.txt; first differs from the approved run at instruction ")
                .contains("was '\"1\\n\"', is '\"2\\n\"'")
                .contains("; line 9 was ")
                .contains("-Dtapedeck.approve=all")
                .doesNotContain("\n");
        assertThat(Files.readString(output().resolve("p.tasm/t/report.md")))
                .contains("-  \"1\\n\"")
                .contains("+  \"2\\n\"")
                .contains("i32.mul");
        assertThat(different.attachments())
                .extracting(path -> path.getFileName().toString())
                .contains("p.received.txt", "p.received.rec");
        assertThat(run(ApprovalMode.NEW, "p.tasm", changed).kind()).isEqualTo(Kind.FAILED);
        assertThat(run(ApprovalMode.ALL, "p.tasm", changed).kind()).isEqualTo(Kind.PASSED);
        assertThat(run(changed).kind()).isEqualTo(Kind.PASSED);
    }

    /** What explains a run whose approved text was another one, and that has no recording to be compared with. */
    private List<String> sliceWithoutRecording(String program, String run, String now) throws Exception {
        String test = ".test \"t\"\n.approve\n";
        run(ApprovalMode.ALL, "p.tasm", program + test + run + ".end\n");
        Files.delete(root.resolve("programs/p.approved.rec"));
        Files.deleteIfExists(output().resolve("p.tasm/t/last-passed.rec"));
        Verdict verdict = run(now + test + run + ".end\n");
        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message()).contains("differs from p.approved.txt").doesNotContain("bisected");
        return slice(verdict);
    }

    @Test
    @DisplayName("issue 5.6: with nothing but an approved text, a run is explained from where the texts depart")
    void approvedTextAlone() throws Exception {
        String square = "i32.mul: 2, 2 -> 4";
        // Another byte of output, in the second call.
        assertThat(sliceWithoutRecording(SQUARES.replace("i32.mul", "i32.add"), "", SQUARES))
                .startsWith("i32.mul: 1, 1 -> 1");
        assertThat(sliceWithoutRecording(SQUARES.replace("i32.const 3", "i32.const 2"), "", SQUARES))
                .contains("i32.mul: 3, 3 -> 9")
                .doesNotContain(square);
        // Less output.
        assertThat(sliceWithoutRecording(SQUARES, "", SQUARES.replace("i32.const 3", "i32.const 2")))
                .startsWith("br_if #0: 0 -> went on", "i32.lt_s: 2, 2 -> 0");
        // Another value at the end.
        String end = """
                .global kept: mut i32 = 0
                .memory 1
                .func main(a: i32)
                  local.get a
                  i32.const 3
                  i32.mul
                  global.set kept
                  local.get a
                  i32.const 2
                  i32.gt_s
                  br_if draw
                  return
                draw:
                  call_host tape.random
                  drop
                  i32.const 5
                  halt
                .end
                .entry main
                """;
        String once = end.replace("halt", "drop\n  return");
        assertThat(sliceWithoutRecording(once, ".run main 3\n", once.replace("i32.const 3", "i32.const 4")))
                .containsExactly("i32.mul: 3, 4 -> 12", "(argument 'a' of main): 3");
        String results = """
                .func main(a: i32) -> (i32, i32)
                  i32.const 1
                  i32.const 3
                  local.get a
                  i32.mul
                  return
                .end
                .entry main
                """;
        assertThat(sliceWithoutRecording(results, ".run main 3\n", results.replace("i32.const 3", "i32.const 4")))
                .containsExactly("i32.mul: 4, 3 -> 12", "(argument 'a' of main): 3");
        // A call more, and one less.
        assertThat(sliceWithoutRecording(once, ".run main 3\n", once.replace("i32.gt_s", "i32.lt_s")))
                .startsWith("br_if #9: 0 -> went on", "i32.lt_s: 3, 2 -> 0");
        assertThat(sliceWithoutRecording(once, ".run main 2\n", once.replace("i32.gt_s", "i32.ge_s")))
                .startsWith("br_if #9: 1 -> jumped", "i32.ge_s: 2, 2 -> 1");
        // What cannot be read.
        run(ApprovalMode.ALL, "p.tasm", SQUARES + ".test \"t\"\n.approve\n.end\n");
        Path text = root.resolve("programs/p.approved.txt");
        Files.delete(root.resolve("programs/p.approved.rec"));
        Files.deleteIfExists(output().resolve("p.tasm/t/last-passed.rec"));
        Files.writeString(text, Files.readString(text).replace("\"4\\n\"", "4"));
        Verdict edited = run(SQUARES + ".test \"t\"\n.approve\n.end\n");
        assertThat(edited.kind()).isEqualTo(Kind.FAILED);
        assertThat(edited.report().orElseThrow().slice()).isEmpty();
    }

    @Test
    @DisplayName("the approved text is readable, and the same for the same run on any day, in any folder")
    void approvedText() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        run(ApprovalMode.NEW, "p.tasm", SQUARES + test);
        run(ApprovalMode.NEW, "sub/p.tasm", "; moved down by a comment\n" + SQUARES + test);

        String text = Files.readString(root.resolve("programs/p.approved.txt"));
        assertThat(text.replaceAll("final state: [0-9a-f]{16}", "final state: -"))
                .isEqualTo("""
                        test: p.tasm: t
                        program: p
                        outcome: returned
                        instructions: 55
                        interrupts: 0
                        host calls: 3
                          tape.print_i32: 3
                        output: 6 bytes
                          "1\\n"
                          "4\\n"
                          "9\\n"
                        globals:
                          total: i32 = 6
                        final state: -
                        """);
        assertThat(Files.readString(root.resolve("programs/sub/p.approved.txt")))
                .isEqualTo(text);
    }

    @Test
    @DisplayName("check and new: an approved recording that cannot be used is a failure, although the text is the same")
    void damagedApprovedRecording() throws Exception {
        String text = SQUARES + ".test \"t\"\n.approve\n.end\n";
        run(ApprovalMode.NEW, "p.tasm", text);
        Path approved = root.resolve("programs/p.approved.rec");
        byte[] good = Files.readAllBytes(approved);
        Files.write(approved, Arrays.copyOf(good, good.length / 2));

        for (ApprovalMode mode : List.of(ApprovalMode.CHECK, ApprovalMode.NEW)) {
            Verdict verdict = run(mode, "p.tasm", text);
            assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
            assertThat(verdict.message())
                    .startsWith("p.tasm:28: the run is as approved, but p.approved.rec, ")
                    .contains("cannot be used; not bisected against the approved run: ")
                    .contains("-Dtapedeck.approve=all")
                    .doesNotContain("\n");
        }
        Files.write(approved, good);
        assertThat(run(text).kind()).isEqualTo(Kind.PASSED);
    }

    @Test
    @DisplayName(
            "an approved run says what it was given; something else is another run, even where the program does not look")
    void approvedWith() throws Exception {
        String given = """
                .test "t"
                  .input "3 1 2\\n\\xff"
                  .seed 7
                  .interrupt 20 signal 3 payload 42 every 10 count 2
                  .approve
                .end
                """;
        run(ApprovalMode.NEW, "p.tasm", SQUARES + given);
        assertThat(Files.readString(root.resolve("programs/p.approved.txt")))
                .contains("""
                        program: p
                        input: 7 bytes
                          "3 1 2\\n"
                          "\\xff"
                        seed: 7
                        outcome: returned
                        """)
                .contains("""
                        interrupts: 2
                          20: signal 3, payload 42
                          30: signal 3, payload 42
                        """);
        assertThat(run(SQUARES + given).kind()).isEqualTo(Kind.PASSED);
        different(given.replace("3 1 2", "3 1 4"), "'\"3 1 4\\n\"'");
        different(given.replace(".seed 7", ".seed 8"), "was 'seed: 7', is 'seed: 8'");
        different(given.replace(".seed 7", ""), "was 'seed: 7'");
        different(given.replace("payload 42", "payload 43"), "payload 43'");
        different(given.replace("every 10", "every 11"), "31: signal 3, payload 42'");
        different(given.replace(".seed 7", ".seed 7\n.arguments \"a\" \"b\""), "is 'arguments:'");
        different(given.replace(".seed 7", ".seed 7\n.environment \"HOME\" = \"/\""), "is 'environment:'");
        different(given.replace(".seed 7", ".seed 7\n.file \"/a\" = \"text\""), "is 'files:'");
    }

    private void different(String test, String words) throws Exception {
        Verdict verdict = run(SQUARES + test);
        assertThat(verdict.kind()).as(verdict.message()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message()).contains("differs from p.approved.txt").contains(words);
    }

    @Test
    @DisplayName("other arguments are another run, even if it ends in the same state")
    void approvedArguments() throws Exception {
        String text = """
                .func half(n: i32) -> i32
                  local.get n
                  i32.const 1
                  i32.shr_u
                  return
                .end
                .test "t"
                  .run half 8
                  .approve
                .end
                """;
        assertThat(run(ApprovalMode.NEW, "p.tasm", text).kind()).isEqualTo(Kind.PASSED);
        assertThat(Files.readString(root.resolve("programs/p.approved.txt")))
                .contains("\nrun: half(8)\noutcome: returned 4\n");
        Verdict other = run(text.replace("half 8", "half 9"));
        assertThat(other.kind()).isEqualTo(Kind.FAILED);
        assertThat(other.message()).contains("was 'run: half(8)', is 'run: half(9)'");
    }

    @Test
    @DisplayName("a run that misses an expectation is never approved")
    void neverApproveFailures() throws Exception {
        Verdict verdict =
                run(ApprovalMode.ALL, "p.tasm", SQUARES + ".test \"t\"\n.approve\n.expect output \"other\"\n.end\n");

        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(root.resolve("programs/p.approved.txt")).doesNotExist();
    }

    @Test
    @DisplayName("approved recordings that cannot be read do not hide the failure")
    void damagedApproved() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        run(ApprovalMode.NEW, "p.tasm", SQUARES + test);
        Files.writeString(root.resolve("programs/p.approved.rec"), "damaged");

        Verdict verdict = run(SQUARES.replace("  i32.mul\n", "  i32.add\n") + test);

        assertThat(verdict.kind()).isEqualTo(Kind.FAILED);
        assertThat(verdict.message())
                .contains("differs from p.approved.txt")
                .contains("; not bisected against the approved run: ")
                .doesNotContain("\n");
    }

    @Test
    @DisplayName("an approved text that a merge left unresolved is named as such; the run is bisected all the same")
    void unresolvedMerge() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        run(ApprovalMode.NEW, "p.tasm", SQUARES + test);
        Path approved = root.resolve("programs/p.approved.txt");
        String good = Files.readString(approved);
        Files.writeString(
                approved,
                good.replace(
                        "instructions: 55\n",
                        "<<<<<<< HEAD\ninstructions: 55\n=======\ninstructions: 54\n>>>>>>> other\n"));

        Verdict same = run(SQUARES + test);
        assertThat(same.kind()).isEqualTo(Kind.FAILED);
        assertThat(same.message())
                .startsWith(
                        "p.tasm:28: p.approved.txt has the markers of an unresolved merge, the first in line 4; the run"
                                + " itself is the same as the approved run; take one side of it, p.approved.rec of the same one,"
                                + " or approve the new run with -Dtapedeck.approve=all, or with tapedeck review ")
                .doesNotContain("another run");
        Verdict changed = run(SQUARES.replace("  i32.mul\n", "  i32.add\n") + test);
        assertThat(changed.message()).contains("first differs from the approved run at instruction ");
        assertThat(run(ApprovalMode.ALL, "p.tasm", SQUARES + test).kind()).isEqualTo(Kind.PASSED);
        assertThat(approved).hasContent(good);
    }

    @Test
    @DisplayName("approved files that do not belong together, as after a crash between the two, are recognised")
    void approvedFilesOfTwoRuns() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        String changed = SQUARES.replace("i32.const 3\n", "i32.const 4\n") + test;
        Path text = root.resolve("programs/p.approved.txt");
        run(ApprovalMode.NEW, "p.tasm", SQUARES + test);
        String old = Files.readString(text);
        run(ApprovalMode.ALL, "p.tasm", changed);
        Files.writeString(text, old);

        Verdict asText = run(SQUARES + test);
        assertThat(asText.kind()).isEqualTo(Kind.FAILED);
        assertThat(asText.message())
                .startsWith(
                        "p.tasm:28: the run is as approved, but p.approved.rec, which a failing one is compared with, is"
                                + " of another run than the approved text tells of; first differs from the approved run")
                .contains("-Dtapedeck.approve=all");
        Verdict asRecording = run(changed);
        assertThat(asRecording.kind()).isEqualTo(Kind.FAILED);
        assertThat(asRecording.message())
                .contains(
                        "differs from p.approved.txt; the run itself is the same as the approved run; but p.approved.rec"
                                + " is of another run than the approved text tells of; line ");
        assertThat(run(ApprovalMode.ALL, "p.tasm", SQUARES + test).kind()).isEqualTo(Kind.PASSED);
        assertThat(run(SQUARES + test).kind()).isEqualTo(Kind.PASSED);
    }

    @Test
    @DisplayName(
            "an approved text that was edited by hand is recognised, whether the run is the recorded one or another")
    void editedApprovedText() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        Path text = root.resolve("programs/p.approved.txt");
        run(ApprovalMode.NEW, "p.tasm", SQUARES + test);
        String good = Files.readString(text);
        Files.writeString(text, good.replace("  total: i32 = 6", "  total: i32 = 7"));
        assertThat(run(SQUARES + test).message())
                .contains(
                        "differs from p.approved.txt; the run itself is the same as the approved run; but p.approved.rec"
                                + " is of a run that reads otherwise than the approved text; line ");

        // As if somebody had changed the text to what the changed program does, in one digit of its output.
        String changed = SQUARES.replace("i32.mul", "i32.add") + test;
        run(ApprovalMode.ALL, "p.tasm", changed);
        String other = Files.readString(text);
        assertThat(other).isNotEqualTo(good);
        run(ApprovalMode.ALL, "p.tasm", SQUARES + test);
        assertThat(text).hasContent(good);
        Files.writeString(text, other);
        assertThat(ApprovedText.ofRun(good, false)).isEqualTo(ApprovedText.ofRun(other, false));
        Verdict asEdited = run(changed);
        assertThat(asEdited.kind()).isEqualTo(Kind.FAILED);
        assertThat(asEdited.message())
                .startsWith(
                        "p.tasm:28: the run is as approved, but p.approved.rec, which a failing one is compared with, is"
                                + " of a run that reads otherwise than the approved text; first differs from the approved run")
                .contains("or with tapedeck review ");

        // A review replaces the recording, and then the run is as approved.
        List<PendingApproval> pending = PendingApproval.list(output());
        assertThat(pending).singleElement().satisfies(one -> {
            assertThat(one.recordingOnly()).isTrue();
            assertThat(one.settled()).isFalse();
        });
        pending.get(0).accept();
        assertThat(run(changed).message()).isEmpty();
        assertThat(text).hasContent(other);
        assertThat(PendingApproval.list(output())).isEmpty();
    }

    @Test
    @DisplayName("a recorded program's output is told again from its recording: a changed comment is no other run")
    void retoldOutput() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        String program = """
                .memory 1
                .import wasi_snapshot_preview1.fd_write(i32, i32, i32, i32) -> (i32)
                .data one = "ab\\n"
                .data vectors = i32 one 1 one+1 2
                .func main()
                  i32.const one
                  i32.const 3
                  call_host tape.output
                  i32.const 1
                  i32.const vectors
                  i32.const 2
                  i32.const 64
                  call_host wasi_snapshot_preview1.fd_write
                  drop
                  f64.const 2.5
                  call_host tape.print_f64
                  i32.const 65
                  call_host tape.print_char
                  return
                .end
                .entry main
                """;
        run(ApprovalMode.NEW, "p.tasm", program + test);
        Path text = root.resolve("programs/p.approved.txt");
        assertThat(text).content().contains("output: 11 bytes");
        assertThat(run("; a comment\n" + program + test).message()).isEmpty();

        // Another run, which the text cannot tell from the recorded one.
        String stores = "  i32.const 512\n  i32.const 7\n  i32.store\n  i32.const 512\n  i32.const 0\n  i32.store\n";
        String storing = program.replace(".func main()\n", ".func main()\n" + stores) + test;
        run(ApprovalMode.ALL, "p.tasm", storing);
        assertThat(run(storing.replace("const 7", "const 8")).message()).isEmpty();
        String good = Files.readString(text);
        for (String line : List.of("\"ab\\\\n\"", "\"2.5\\\\n\"", "\"A\"")) {
            Files.writeString(text, good.replaceFirst(line, "\"B\""));
            assertThat(text).content().isNotEqualTo(good);
            assertThat(run(storing.replace("const 7", "const 8")).message())
                    .contains("is of a run that reads otherwise than the approved text");
        }
    }

    @Test
    @DisplayName("an approved recording of a newer version says so; the texts are compared all the same")
    void approvedByNewerVersion() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        run(ApprovalMode.NEW, "p.tasm", SQUARES + test);
        Path approved = root.resolve("programs/p.approved.rec");
        Path newer = root.resolve("newer.rec");
        Forgery.ofPackedVersion(2, approved, newer);
        Files.move(newer, approved, StandardCopyOption.REPLACE_EXISTING);
        String why = "; not bisected against the approved run: " + approved
                + " cannot be read: it was made by a newer Tapedeck (packed recordings of"
                + " format 2, this one reads up to 1); use that version, or record again with this one; ";

        Verdict same = run(SQUARES + test);
        assertThat(same.kind()).isEqualTo(Kind.FAILED);
        assertThat(same.message())
                .startsWith(
                        "p.tasm:28: the run is as approved, but p.approved.rec, which a failing one is compared with,"
                                + " cannot be used" + why)
                .contains("-Dtapedeck.approve=all");
        Verdict changed = run(SQUARES.replace("  i32.mul\n", "  i32.add\n") + test);
        assertThat(changed.message())
                .startsWith("p.tasm:28: differs from p.approved.txt" + why + "line 9 was ")
                .contains("-Dtapedeck.approve=all");
        assertThat(Files.readString(output().resolve("p.tasm/t/report.md"))).contains("-  \"1\\n\"");
        assertThat(run(ApprovalMode.ALL, "p.tasm", SQUARES + test).kind()).isEqualTo(Kind.PASSED);
        assertThat(run(SQUARES + test).kind()).isEqualTo(Kind.PASSED);
    }

    @Test
    @DisplayName(
            "an approved recording that this machine executes in another way says so, and nothing is concluded from it")
    void approvedOnAnotherMachine() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        run(ApprovalMode.NEW, "p.tasm", SQUARES + test);
        Path approved = root.resolve("programs/p.approved.rec");
        Path unpacked = root.resolve("unpacked");
        Pack.unpack(approved, unpacked);
        Program other = Assembler.assemble("p.tasm", SQUARES.replace("  i32.mul\n", "  i32.sub\n") + test);
        Path forged = root.resolve("forged");
        try (Recording recording = Recording.open(approved)) {
            Forgery.ofProgram(unpacked, forged, other, recording.options());
        }
        Files.delete(approved);
        Forgery.packed(forged, approved);

        assertThat(run(SQUARES + test).kind()).isEqualTo(Kind.PASSED);
        Verdict changed = run(SQUARES.replace("  i32.mul\n", "  i32.add\n") + test);
        assertThat(changed.kind()).isEqualTo(Kind.FAILED);
        assertThat(changed.message())
                .contains(
                        "differs from p.approved.txt; not bisected against the approved run: the first recording does not"
                                + " replay, so the runs cannot be compared: ")
                .contains("; line 9 was ")
                .contains("-Dtapedeck.approve=all");
    }

    @Test
    @DisplayName("the first divergent instruction stands before the difference of the texts, in every report")
    void divergenceFirst() throws Exception {
        String test = ".test \"t\"\n.approve\n.end\n";
        run(ApprovalMode.NEW, "p.tasm", SQUARES + test);
        Verdict verdict = run(SQUARES.replace("  i32.mul\n", "  i32.add\n") + test);

        assertThat(verdict.message()).containsSubsequence("first differs from the approved run", "; line 9 was ");
        ReportContent report = verdict.report().orElseThrow();
        assertThat(ConsoleReport.render(report, 100, ConsoleReport.Paint.PLAIN))
                .containsSubsequence("DIVERGED  at instruction", "Received against approved", "+  \"2\\n\"");
        assertThat(Files.readString(output().resolve("p.tasm/t/report.md")))
                .containsSubsequence("i32.mul", "+  \"2\\n\"");
        assertThat(Files.readString(output().resolve("p.tasm/t/report.html")))
                .containsSubsequence("First divergent instruction", "i32.mul", "+  &quot;2\\n&quot;");
    }

    @Test
    @DisplayName("with several tests each has approved files of its own")
    void severalTests() throws Exception {
        run(ApprovalMode.NEW, "p.tasm", SQUARES + ".test \"one\"\n.end\n.test \"and two\"\n.approve\n.end\n");

        assertThat(root.resolve("programs/p.and-two.approved.txt")).exists();
        assertThat(root.resolve("programs/p.and-two.approved.rec")).exists();
    }

    @Test
    @DisplayName("a disabled test is not run")
    void disabled() throws Exception {
        Verdict verdict = squares(".disabled \"later\"");

        assertThat(verdict.kind()).isEqualTo(Kind.DISABLED);
        assertThat(verdict.message()).isEqualTo("later");
        assertThat(output()).doesNotExist();
    }

    @Test
    @DisplayName("two identical runs leave identical packed recordings")
    void deterministic() throws Exception {
        squares(".expect exit 0");
        byte[] first = read();
        squares(".expect exit 0");

        assertThat(read()).isEqualTo(first);
    }

    private byte[] read() throws IOException {
        return Files.readAllBytes(output().resolve("p.tasm/t/last-passed.rec"));
    }
}
