package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code tapedeck test}: what JUnit does with programs, without it. */
class TestCommandTest {
    private static final String SUM = """
            .func add(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.add
              return
            .end
            .func main()
              i32.const 1
              i32.const 2
              call add
              call_host tape.print_i32
              return
            .end
            .entry main
            """;

    private static final String TESTS = """
            .test "adds"
              .run add 20 22
              .expect result 42
            .end
            .test "prints"
              .expect output "%s\\n"
            .end
            .test "later"
              .disabled "waits for rain"
            .end
            """;

    @TempDir
    Path folder;

    private Path sum;

    @BeforeEach
    void program() throws IOException {
        sum = Files.writeString(folder.resolve("sum.tasm"), SUM + TESTS.formatted("3"));
    }

    private CommandLineRun test(Object... arguments) {
        List<Object> all = new ArrayList<>(List.of("test", "-o", folder.resolve("output")));
        all.addAll(List.of(arguments));
        return CommandLineRun.of(all.toArray());
    }

    private Path results(String program, String test) {
        return folder.resolve("output/elsewhere" + folder).resolve(program).resolve(test);
    }

    /** Where lines are broken depends on how long the name of the temporary folder is. */
    private static String unwrapped(CommandLineRun run) {
        return run.out().replaceAll("\\s+", " ");
    }

    @Test
    @DisplayName("--recordings failed keeps what did not pass, --verify replays each, and both say what they expect")
    void recordingsAndVerification() throws Exception {
        CommandLineRun verified = test(sum, "--recordings", "failed", "--verify");
        assertThat(verified.exitCode()).isZero();
        assertThat(verified.out()).contains("; each recording was replayed");
        assertThat(test(sum, "--recordings", "failed").out()).doesNotContain("replayed");
        assertThat(test(sum, "--recordings", "failed", "--verify", "--json")
                        .json()
                        .get("verified")
                        .asBoolean())
                .isTrue();
        assertThat(results("sum.tasm", "prints")).isDirectory();
        assertThat(results("sum.tasm", "prints").resolve("recording")).doesNotExist();
        assertThat(results("sum.tasm", "prints").resolve("last-passed.rec")).isRegularFile();
        CommandLineRun json = test(sum, "--recordings", "failed", "--json");
        assertThat(json.json().get("tests").get(0).get("recording").isNull()).isTrue();
        assertThat(json.json().get("verified").asBoolean()).isFalse();

        Files.writeString(sum, SUM + TESTS.formatted("4"));
        assertThat(test(sum, "--recordings", "failed", "--verify").exitCode()).isEqualTo(1);
        assertThat(results("sum.tasm", "prints").resolve("recording")).isDirectory();
        assertThat(results("sum.tasm", "adds").resolve("recording")).doesNotExist();

        CommandLineRun wrong = test(sum, "--recordings", "none");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("--recordings is 'none', expected all or failed");
    }

    @Test
    @DisplayName("tests that pass: a line each, exit code 0, recordings in the output folder")
    void passes() {
        CommandLineRun run = test(sum);
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("""
                        passed    %1$s: adds, 4 instructions
                        passed    %1$s: prints, 9 instructions
                        disabled  %1$s: later: waits for rain

                        3 tests of 1 program: 2 passed, 1 disabled
                        """.formatted(sum));
        assertThat(results("sum.tasm", "adds").resolve("recording")).isDirectory();
        assertThat(folder.resolve("output/index.html"))
                .content()
                .contains("<h1>1 disabled, 2 passed of 3</h1>")
                .contains("/sum.tasm/adds/recording/\"");
        assertThat(folder.resolve("output/summary.md")).content().contains("waits for rain");
        assertThat(results("sum.tasm", "adds").resolve("last-passed.rec")).isRegularFile();
        assertThat(CommandLineRun.of("stats", results("sum.tasm", "prints").resolve("recording"))
                        .exitCode())
                .isZero();
    }

    @Test
    @DisplayName("a test that fails: the reason, where and since when, the report, exit code 1; the others run")
    void fails() throws IOException {
        test(sum);
        Files.writeString(sum, SUM.replace("i32.add", "i32.mul") + TESTS.formatted("3"));
        CommandLineRun run = test(sum);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("failed    " + sum + ": adds\n")
                .contains("sum.tasm:15: expected result 42 but was 440")
                .contains("DIVERGED  at instruction 2, in add+2")
                .contains("i32.add")
                .contains("failed    " + sum + ": prints\n")
                .contains("report: " + results("sum.tasm", "prints").resolve("report.html"))
                .contains("disabled  ")
                .endsWith("3 tests of 1 program: 0 passed, 2 failed, 1 disabled\n");
        assertThat(results("sum.tasm", "prints").resolve("report.html")).isRegularFile();
    }

    @Test
    @DisplayName("a program that cannot be loaded: a line, exit code 65; the others run")
    void broken() throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.tasm"), "no assembly");
        Path twice = Files.writeString(folder.resolve("twice.tasm"), SUM + ".test \"a\"\n.end\n.test \"a\"\n.end\n");
        CommandLineRun run = test(broken, twice, folder.resolve("missing"), sum);
        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.out())
                .contains("error     " + broken + "\n  broken.tasm:1")
                .contains("error     " + folder.resolve("missing") + "\n  missing: no such file")
                .contains("passed    " + sum + ": adds")
                .contains("6 tests of 4 programs: 2 passed, 3 not run, 1 disabled");
    }

    @Test
    @DisplayName("a file without ending that is missing is missing; the one with an ending is named")
    void withoutEnding() {
        assertThat(unwrapped(test(folder.resolve("sum"))))
                .contains("sum: no such file")
                .contains("; there is a sum.tasm");
        CommandLineRun run = CommandLineRun.of("run", folder.resolve("nothing"));
        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.err()).contains("nothing: no such file");
    }

    @Test
    @DisplayName("folders and patterns; each program once, in the order of the names")
    void search() throws IOException {
        Path below = Files.createDirectories(folder.resolve("a/b"));
        Files.writeString(below.resolve("deep.tasm"), SUM);
        Files.writeString(folder.resolve("a/flat.tasm"), SUM);
        Files.writeString(folder.resolve("a/notes.txt"), "no program");
        assertThat(programs(folder))
                .containsExactly("a/b/deep.tasm", "a/flat.tasm", "sum.tasm", "sum.tasm", "sum.tasm");
        assertThat(programs(folder.resolve("a/*.tasm"))).containsExactly("a/flat.tasm");
        assertThat(programs(folder.resolve("a/**.tasm"))).containsExactly("a/b/deep.tasm", "a/flat.tasm");
        assertThat(programs(folder.resolve("**/f*.tasm"), folder.resolve("a/b/../flat.tasm")))
                .containsExactly("a/flat.tasm");
        assertThat(programs(folder.resolve("a/{b,c}/d???.t[a-z]sm"))).containsExactly("a/b/deep.tasm");
        assertThat(programs(folder.resolve("**/sum.tasm"))).hasSize(3);
        for (String none : List.of("*.wasm", "none/*.tasm", "a/[")) {
            CommandLineRun run = test(folder.resolve(none));
            assertThat(run.exitCode()).isEqualTo(65);
            assertThat(run.err()).contains("no program matches");
        }
        Files.createDirectory(folder.resolve("empty"));
        assertThat(test(folder.resolve("empty")).err()).contains("there is no program in");
    }

    private List<String> programs(Object... names) {
        List<Object> arguments = new ArrayList<>(List.of(names));
        arguments.add("--json");
        List<String> found = new ArrayList<>();
        test(arguments.toArray())
                .json()
                .get("tests")
                .forEach(test -> found.add(
                        folder.relativize(Path.of(test.get("program").asText())).toString()));
        return found;
    }

    @Test
    @DisplayName("a module's tests stand beside it")
    void module() throws IOException {
        Path module = Files.writeString(folder.resolve("triple.wat"), """
                (module (func (export "triple") (param i32) (result i32) local.get 0 i32.const 3 i32.mul))
                """);
        Files.writeString(folder.resolve("triple.tests"), ".test \"of 14\"\n.run triple 14\n.expect result 42\n.end\n");
        CommandLineRun run = test(module);
        assertThat(run.exitCode()).as(run.out()).isZero();
        assertThat(run.out()).startsWith("passed    " + module + ": of 14, ");
    }

    @Test
    void json() throws IOException {
        Files.writeString(sum, SUM + TESTS.formatted("4"));
        Path broken = Files.writeString(folder.resolve("broken.tasm"), "no assembly");
        CommandLineRun run = test(sum, broken, "--json");
        assertThat(run.exitCode()).isEqualTo(65);
        JsonNode json = run.json();
        assertThat(json.get("schema").asInt()).isEqualTo(1);
        assertThat(json.get("passed").asInt()).isEqualTo(1);
        assertThat(json.get("failed").asInt()).isEqualTo(1);
        assertThat(json.get("errors").asInt()).isEqualTo(1);
        assertThat(json.get("disabled").asInt()).isEqualTo(1);
        JsonNode passed = json.get("tests").get(0);
        assertThat(passed.get("test").asText()).isEqualTo("adds");
        assertThat(passed.get("verdict").asText()).isEqualTo("passed");
        assertThat(passed.get("instructions").asLong()).isEqualTo(4);
        JsonNode failed = json.get("tests").get(1);
        assertThat(failed.get("verdict").asText()).isEqualTo("failed");
        assertThat(failed.get("message").asText()).contains("expected output \"4\\n\" but was \"3\\n\"");
        assertThat(Path.of(failed.get("recording").asText())).isDirectory();
        assertThat(failed.get("files").toString()).contains("report.html");
        JsonNode error = json.get("tests").get(3);
        assertThat(error.get("verdict").asText()).isEqualTo("error");
        assertThat(error.get("test").isNull()).isTrue();
        assertThat(error.get("instructions").isNull()).isTrue();
    }

    @Test
    @DisplayName("approvals: nothing is approved without --approve, and messages name that option")
    void approvals() throws IOException {
        Files.writeString(sum, SUM + ".test \"t\"\n.approve\n.end\n");
        CommandLineRun missing = test(sum);
        assertThat(missing.exitCode()).isEqualTo(1);
        assertThat(missing.out().replaceAll("\\s+", " ")).contains("approve it with --approve new");
        assertThat(folder.resolve("sum.approved.txt")).doesNotExist();
        assertThat(test(sum, "--approve", "new").exitCode()).isZero();
        assertThat(folder.resolve("sum.approved.txt")).content().startsWith("test: sum.tasm: t\n");
        assertThat(test(sum).exitCode()).isZero();
    }

    @Test
    @DisplayName("approved files that no test has: a line on standard error, and a failure where CI is set")
    void obsolete() throws IOException {
        Files.writeString(sum, SUM + ".test \"t\"\n.approve\n.end\n");
        assertThat(test(sum, "--approve", "new").err()).isEmpty();
        Files.writeString(sum, SUM + ".test \"t\"\n.approve\n.end\n.test \"second\"\n.end\n");
        Files.writeString(folder.resolve("product.approved.txt"), "of a program that is gone");
        Files.writeString(folder.resolve("product.approved.rec"), "its recording");
        // As the library Approval Tests calls its files.
        Files.writeString(folder.resolve("FooTest.bar.approved.txt"), "of a test in Java");

        CommandLineRun run = test(folder, "--approve", "new");
        assertThat(run.exitCode()).isZero();
        assertThat(run.err().lines())
                .containsExactly(
                        "tapedeck: warning: " + folder
                                + "/product.approved.txt and " + folder
                                + "/product.approved.rec are obsolete: there is no program of that"
                                + " name beside it; delete them, by hand or with tapedeck review",
                        "tapedeck: warning: " + folder + "/sum.approved.txt and " + folder + "/sum.approved.rec are"
                                + " obsolete: sum.tasm has no test of that name with .approve; delete them, by hand or"
                                + " with tapedeck review");
        assertThat(folder.resolve("sum.approved.txt")).exists();

        // Of one program only its own files are judged.
        assertThat(test(sum).err()).contains("sum.approved.txt").doesNotContain("product");
        assertThat(test(sum).exitCode()).isZero();

        Object[] automated = {"test", "-o", folder.resolve("output"), sum};
        assertThat(CommandLineRun.automated(automated).exitCode()).isEqualTo(1);
        assertThat(CommandLineRun.automated(automated).err())
                .startsWith("tapedeck: " + folder + "/sum.approved.txt and ");
        JsonNode json = test(folder, "--json").json();
        assertThat(json.get("obsolete")).hasSize(2);
        assertThat(json.get("obsolete").get(1).get("files"))
                .hasToString("[\"" + folder + "/sum.approved.txt\",\"" + folder + "/sum.approved.rec\"]");
        assertThat(json.get("obsolete").get(1).get("reason").asText())
                .isEqualTo("sum.tasm has no test of that name with .approve");

        Files.delete(folder.resolve("sum.approved.txt"));
        Files.delete(folder.resolve("sum.approved.rec"));
        assertThat(CommandLineRun.automated(automated).exitCode()).isZero();
        assertThat(test(sum, "--json").json().get("obsolete")).isEmpty();
    }

    @Test
    @DisplayName("a limit for tests that have none; output that cannot be written is said once")
    void limits() throws IOException {
        Path forever = Files.writeString(
                folder.resolve("forever.tasm"), ".func main()\nagain:\n  br again\n.end\n.entry main\n");
        CommandLineRun run = test(forever, "--limit", 1000);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(unwrapped(run)).contains("not finished after the limit of 1,000 instructions");
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        CommandLineRun blocked = CommandLineRun.of("test", "-o", file, sum);
        assertThat(blocked.exitCode()).isEqualTo(65);
        assertThat(blocked.err()).containsOnlyOnce("cannot write to ").contains("is a file, not a folder");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @DisplayName("an output folder that the file system does not make is named once, and why")
    void outputRefused() {
        CommandLineRun run = CommandLineRun.of("test", "-o", "/proc/nope/", sum);

        assertThat(run.exitCode()).isEqualTo(65);
        assertThat(run.err()).isEqualTo("tapedeck: cannot write to /proc/nope: no such file or directory\n");
    }

    @Test
    @DisplayName("an empty name is wrong usage everywhere, and not the current directory")
    void emptyNames() {
        for (CommandLineRun run : List.of(
                CommandLineRun.of("test", ""),
                CommandLineRun.of("test", sum, "-o", ""),
                CommandLineRun.of("asm", sum, "-o", ""),
                CommandLineRun.of("record", sum, "-o", ""),
                CommandLineRun.of("run", ""),
                CommandLineRun.of("run", sum, "--save", ""),
                CommandLineRun.of("demo", "--out", ""),
                CommandLineRun.of("snapshots", ""))) {
            assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
            assertThat(run.err()).contains("is empty; the current directory is '.'");
        }
        CommandLineRun large = CommandLineRun.of("state", sum, "--at", "9223372036854775808");
        assertThat(large.exitCode()).isEqualTo(2);
        assertThat(large.err()).contains("'9223372036854775808' is too large; the most is 9223372036854775807");
        for (String wrong : List.of("1,00", "1,0000", ",100", "1,000,", "-1,000", "0x1,000")) {
            assertThat(CommandLineRun.of("state", sum, "--at", wrong).err())
                    .contains("'" + wrong + "' is not a whole number of 64 bits");
        }
        // As it stands in reports: it is understood, and there is no such recording.
        assertThat(CommandLineRun.of("state", folder.resolve("none"), "--at", "1,000,000")
                        .exitCode())
                .isEqualTo(65);
    }
}
