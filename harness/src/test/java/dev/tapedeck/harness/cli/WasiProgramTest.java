package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.Disassembler;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.program.TestSystem;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs with WASI functions, from the command line and as tests. */
class WasiProgramTest {
    /** Prints the file f.txt of the last directory that is open from the beginning. */
    private static final String CAT = """
            .import wasi_snapshot_preview1.path_open(i32, i32, i32, i32, i32, i64, i64, i32, i32) -> (i32)
            .import wasi_snapshot_preview1.fd_read(i32, i32, i32, i32) -> (i32)
            .import wasi_snapshot_preview1.fd_write(i32, i32, i32, i32) -> (i32)
            .import wasi_snapshot_preview1.fd_prestat_get(i32, i32) -> (i32)
            .import wasi_snapshot_preview1.proc_exit(i32)
            .memory 1
            .data path = "f.txt"
            .data buffer at 4096 = i32 4096 1000
            .func main()
              .local directory: i32
              i32.const 3
              local.set directory
            next:
              local.get directory
              i32.const 1
              i32.add
              local.tee directory
              i32.const 64
              call_host wasi_snapshot_preview1.fd_prestat_get
              i32.eqz
              br_if next
              local.get directory
              i32.const 1
              i32.sub
              i32.const 0
              i32.const path
              i32.const path.length
              i32.const 0
              i64.const 2
              i64.const 0
              i32.const 0
              i32.const 64
              call_host wasi_snapshot_preview1.path_open
              br_if failed
              i32.const 72
              i32.const 8192
              i32.store
              i32.const 76
              i32.const 1000
              i32.store
              i32.const 64
              i32.load
              i32.const 72
              i32.const 1
              i32.const 76
              call_host wasi_snapshot_preview1.fd_read
              br_if failed
              i32.const 1
              i32.const 72
              i32.const 1
              i32.const 80
              call_host wasi_snapshot_preview1.fd_write
              br_if failed
              i32.const 5
              call_host wasi_snapshot_preview1.proc_exit
              unreachable
            failed:
              i32.const 1
              call_host wasi_snapshot_preview1.proc_exit
              unreachable
            .end
            .entry main
            """;

    /** Prints the texts of the arguments, then those of the environment. */
    private static final String ARGUMENTS = """
            .import wasi_snapshot_preview1.args_get(i32, i32) -> (i32)
            .import wasi_snapshot_preview1.args_sizes_get(i32, i32) -> (i32)
            .import wasi_snapshot_preview1.environ_get(i32, i32) -> (i32)
            .import wasi_snapshot_preview1.environ_sizes_get(i32, i32) -> (i32)
            .memory 1
            .func main()
              i32.const 64
              i32.const 68
              call_host wasi_snapshot_preview1.args_sizes_get
              drop
              i32.const 1024
              i32.const 4096
              call_host wasi_snapshot_preview1.args_get
              drop
              i32.const 4096
              i32.const 68
              i32.load
              call_host tape.output
              i32.const 64
              i32.const 68
              call_host wasi_snapshot_preview1.environ_sizes_get
              drop
              i32.const 1024
              i32.const 4096
              call_host wasi_snapshot_preview1.environ_get
              drop
              i32.const 4096
              i32.const 68
              i32.load
              call_host tape.output
              return
            .end
            .entry main
            """;

    @TempDir
    private Path temporary = Path.of("");

    private Path cat = Path.of("");
    private Path arguments = Path.of("");
    private Path data = Path.of("");

    @BeforeEach
    void programs() throws Exception {
        cat = Files.writeString(temporary.resolve("cat.tasm"), CAT);
        arguments = Files.writeString(temporary.resolve("arguments.tasm"), ARGUMENTS);
        data = Files.createDirectory(temporary.resolve("data"));
        Files.writeString(data.resolve("f.txt"), "from the disk\n");
    }

    @Test
    @DisplayName("a recording of a run with real files replays when they are gone")
    void replayNeedsNoFiles() throws Exception {
        Path recording = temporary.resolve("cat.tape");
        CommandLineRun recorded = CommandLineRun.of("record", cat, "-o", recording, "--dir", data + "::/data");
        assertThat(recorded.out()).isEqualTo("from the disk\n");
        assertThat(recorded.exitCode()).isEqualTo(5);
        Files.delete(data.resolve("f.txt"));
        Files.delete(data);
        CommandLineRun replayed = CommandLineRun.of("replay", recording, "--json");
        assertThat(replayed.exitCode()).as(replayed.err()).isZero();
        assertThat(replayed.json().get("verified").asBoolean()).isTrue();
        CommandLineRun state = CommandLineRun.of("state", recording, "--at", 20, "--json");
        assertThat(state.exitCode()).as(state.err()).isZero();
        assertThat(CommandLineRun.of("run", cat, "--dir", data).err()).contains("cannot open the directory");
    }

    @Test
    @DisplayName("real clock and real random numbers are recorded too")
    void realThingsReplay() throws Exception {
        Path program = Files.writeString(temporary.resolve("real.tasm"), """
                .import wasi_snapshot_preview1.clock_time_get(i32, i64, i32) -> (i32)
                .import wasi_snapshot_preview1.random_get(i32, i32) -> (i32)
                .memory 1
                .func main()
                  i32.const 0
                  i64.const 0
                  i32.const 64
                  call_host wasi_snapshot_preview1.clock_time_get
                  drop
                  i32.const 72
                  i32.const 8
                  call_host wasi_snapshot_preview1.random_get
                  drop
                  i32.const 64
                  i64.load
                  call_host tape.print_i64
                  i32.const 72
                  i64.load
                  call_host tape.print_i64
                  return
                .end
                .entry main
                """);
        String virtual = CommandLineRun.of("run", program).out();
        assertThat(virtual).startsWith("1577836800000000003\n");
        assertThat(CommandLineRun.of("run", program).out()).isEqualTo(virtual);
        assertThat(CommandLineRun.of("run", program, "--seed", 9).out()).isNotEqualTo(virtual);
        Path recording = temporary.resolve("real.tape");
        CommandLineRun recorded =
                CommandLineRun.of("record", program, "-o", recording, "--clock", "real", "--random", "real");
        assertThat(recorded.exitCode()).isZero();
        assertThat(recorded.out()).doesNotStartWith("15778368000");
        CommandLineRun replayed = CommandLineRun.of("replay", recording);
        assertThat(replayed.exitCode()).as(replayed.err()).isZero();
    }

    @Test
    void optionsReachTheProgram() {
        CommandLineRun run = CommandLineRun.of(
                "run", arguments, "--env", "A=1", "--env", "EMPTY=", "--", "one", "--two", "three four");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("arguments\0one\0--two\0three four\0A=1\0EMPTY=\0");
        CommandLineRun readOnly = CommandLineRun.of("run", cat, "--dir", data + "::/x:ro");
        assertThat(readOnly.out()).isEqualTo("from the disk\n");
    }

    @Test
    void wrongOptionsAreExplained() {
        assertThat(CommandLineRun.of("run", arguments, "--env", "A")).satisfies(run -> {
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.err()).contains("--env A: expected NAME=VALUE");
        });
        assertThat(CommandLineRun.of("run", arguments, "--env", "=x").err())
                .contains("cannot be the name of an environment variable");
        assertThat(CommandLineRun.of("run", arguments, "--clock", "fast").err())
                .contains("--clock is 'fast', expected virtual or real");
        assertThat(CommandLineRun.of("run", arguments, "--dir", "::/x").err())
                .contains("--dir ::/x: expected HOST, HOST::GUEST");
        assertThat(CommandLineRun.of("run", arguments, "--dir", data + "::/x", "--dir", data + "::/x")
                        .err())
                .contains("two directories for the path /x");
        CommandLineRun missing = CommandLineRun.of("run", cat, "--dir", data.resolve("none"));
        assertThat(missing.exitCode()).isEqualTo(65);
        assertThat(missing.err()).contains("cannot open the directory").contains("none");
    }

    @Test
    @DisplayName("host functions that are missing are named in one error")
    void missingFunctionsAreNamed() throws Exception {
        Path program = Files.writeString(temporary.resolve("missing.tasm"), """
                .import wasi_snapshot_preview1.fd_clone(i32) -> (i32)
                .import wasi_snapshot_preview1.fd_close(i64)
                .import env.other()
                .func main()
                  return
                .end
                .entry main
                """);
        CommandLineRun run = CommandLineRun.of("run", program);
        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.err())
                .contains("wasi_snapshot_preview1.fd_clone")
                .contains("wasi_snapshot_preview1.fd_close")
                .contains("the function has type (i32) -> (i32)")
                .contains("env.other");
        assertThat(run.err().lines()).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void testsBringTheirSystem() throws Exception {
        VerifiedProgram program = ProgramFile.load(Files.writeString(temporary.resolve("tested.tasm"), CAT + """
                        .test "finds its file"
                          .file "f.txt" = "virtual ", "file\\n"
                          .expect output "virtual file\\n"
                          .expect exit 5
                        .end
                        .test "no file"
                          .file "other/f.txt" = ""
                          .expect exit 1
                        .end
                        .test "no tree"
                          .file "a" = ""
                          .file "a/b" = ""
                        .end
                        """));
        List<TestCase> tests = program.program().tests();
        TestRunner runner = new TestRunner(
                temporary.resolve("output"),
                TestRunner.Options.of(ApprovalMode.CHECK).withInstructionLimit(1_000_000));
        Verdict found = runner.run(temporary.resolve("tested.tasm"), "tested.tasm", program, tests.get(0));
        assertThat(found.message()).isEmpty();
        assertThat(found.kind()).isEqualTo(Verdict.Kind.PASSED);
        assertThat(runner.run(temporary.resolve("tested.tasm"), "tested.tasm", program, tests.get(1))
                        .kind())
                .isEqualTo(Verdict.Kind.PASSED);
        assertThat(runner.run(temporary.resolve("tested.tasm"), "tested.tasm", program, tests.get(2))
                        .message())
                .contains("the virtual tree has a file where a/b needs a directory");
    }

    @Test
    void systemsOfTestsAreInTextAndInFiles() throws Exception {
        Program program = Assembler.assemble("system.tasm", ARGUMENTS + """
                        .test "system"
                          .arguments "one" "two words", "\\u{e4}"
                          .arguments "-x"
                          .environment "HOME" = "/home"
                          .environment "EMPTY" = ""
                          .file "a/b" = "text\\n" "\\xff\\0"
                          .file "d/" = ""
                        .end
                        """.replace("\\u{e4}", "\u00e4"));
        TestSystem system = program.tests().get(0).system();
        assertThat(system.arguments()).containsExactly("one", "two words", "\u00e4", "-x");
        assertThat(system.environment())
                .containsExactly(new TestSystem.Variable("HOME", "/home"), new TestSystem.Variable("EMPTY", ""));
        assertThat(system.files())
                .containsExactly(new TestSystem.File("a/b", "text\n\u00ff\0"), new TestSystem.File("d/", ""));
        assertThat(BcReader.read(BcWriter.write(program))).isEqualTo(program);
        Program again = Assembler.assemble("system.tasm", Disassembler.disassemble(program));
        assertThat(again.tests().get(0).system()).isEqualTo(system);
    }
}
