package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands tell GitHub Actions, where that is what runs them. */
class GitHubCommandsTest {
    /** Wrong in line 8: 100 for 10. */
    private static final String PROGRAM = """
            .func main()
              .local i: i32
            again:
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const LIMIT
              i32.lt_s
              br_if again
              local.get i
              call_host tape.print_i32
              return
            .end
            .entry main
            .test "counts"
              .expect output "10\\n"
            .end
            """;

    private static final Pattern CONTROL = Pattern.compile("(?!\\n)[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    @TempDir
    Path folder;

    @Test
    @DisplayName("design §7: in GitHub Actions a failure is an annotation at the program's own file and line")
    void aFailureIsAnnotatedAtTheProgramsOwnLine() throws IOException {
        Path program = program("programs/count.tasm", PROGRAM.replace("LIMIT", "10"));
        assertThat(test(program).out()).doesNotContain("::");
        assertThat(summary()).isEqualTo("### Tapedeck: 1 passed of 1\n\n");

        // Now there is a run to compare it with: the annotation is where the two part, not where the output is wrong.
        Files.writeString(program, PROGRAM.replace("LIMIT", "100"));
        CommandLineRun run = test(program);
        assertThat(run.exitCode()).isEqualTo(ExitCodes.DIFFERENT);
        assertThat(commands(run.out()))
                .singleElement()
                .asString()
                .startsWith("::error file=programs/count.tasm,line=8,title=")
                .contains("count.tasm%3A counts::")
                .contains("count.tasm:16: expected output \"10\\n\" but was \"100\\n\"");
        assertThat(summary())
                .contains("### Tapedeck: 1 failed, 0 passed of 1")
                .contains("count.tasm: counts | `programs/count.tasm:8` | ")
                .contains("count.tasm: counts</summary>")
                .contains("##### First divergent instruction");
    }

    @Test
    void withJsonStandardOutputStaysOneDocument() throws IOException {
        Path program = program("count.tasm", PROGRAM.replace("LIMIT", "9"));
        CommandLineRun run =
                CommandLineRun.withEnvironment(environment(), "test", program, "-o", folder.resolve("out"), "--json");
        assertThat(run.json().get("failed").asInt()).isEqualTo(1);
        assertThat(commands(run.err())).hasSize(1);
    }

    @Test
    void aProgramThatIsNoneIsAnnotatedToo() throws IOException {
        Path program = program("broken.tasm", ".func main()\n  i32.nonsense\n.end\n");
        CommandLineRun run = test(program);
        assertThat(run.exitCode()).isEqualTo(ExitCodes.DATA);
        assertThat(commands(run.out()))
                .singleElement()
                .asString()
                .startsWith("::error file=broken.tasm,line=2,title=")
                .contains("broken.tasm::broken.tasm:2:");
    }

    @Test
    void bisectAndReportTellToo() throws IOException {
        Path a = program("a/count.tasm", PROGRAM.replace("LIMIT", "10"));
        Path b = program("b/count.tasm", PROGRAM.replace("LIMIT", "11"));
        Path tapeA = folder.resolve("a/a.tape");
        Path tapeB = folder.resolve("b/b.tape");
        CommandLineRun.of("record", a, "-o", tapeA);
        CommandLineRun.of("record", b, "-o", tapeB);

        CommandLineRun run = CommandLineRun.withEnvironment(environment(), "bisect", tapeA, tapeB);
        assertThat(commands(run.out())).singleElement().asString().startsWith("::error file=b/count.tasm,line=8,");
        assertThat(summary()).contains("### Tapedeck: the runs differ");

        Files.delete(folder.resolve("summary.md"));
        CommandLineRun report = CommandLineRun.withEnvironment(
                environment(), "report", tapeB, "--against", tapeA, "-o", folder.resolve("report"));
        assertThat(commands(report.out())).singleElement().asString().startsWith("::error file=b/count.tasm,line=8,");
        assertThat(summary()).contains("### Tapedeck: the runs differ");

        Files.delete(folder.resolve("summary.md"));
        assertThat(commands(CommandLineRun.withEnvironment(environment(), "bisect", tapeA, tapeA)
                        .out()))
                .isEmpty();
        assertThat(summary()).contains("### Tapedeck: the runs do not differ");
    }

    @Test
    @DisplayName("a program's text is no command of the log, whatever it prints and calls its tests")
    void hostileTextStaysText() throws IOException {
        String name = "::error::n %0A<img src=x> | `x` @someone \\x1b[31m \\u202e";
        Path program = program("hostile.tasm", """
                .program "::error::p"
                .memory 1
                .data text = "::error file=x::from output\\n::warning::again\\n##[error]old\\n"
                .func main()
                  i32.const text
                  i32.const text.length
                  call_host tape.output
                  i32.const 1
                  i32.const 0
                  i32.div_s
                  drop
                  return
                .end
                .entry main
                .test "NAME"
                  .approve
                .end
                """.replace(
                        "NAME", name.replace("\\x1b", "\\x1b").replace("\\u202e", "\u202e")));
        CommandLineRun run = test(program);
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCodes.DIFFERENT);
        assertThat(commands(run.out())).hasSize(1);
        assertThat(run.out()).doesNotContainPattern(CONTROL).doesNotContain("##[");
        assertThat(summary())
                .doesNotContainPattern("(?<!\\\\)<img")
                .doesNotContain("\u202e")
                .doesNotContain(" @someone")
                .doesNotContainPattern(CONTROL);
    }

    @Test
    void coloursByOption() {
        assertThat(CommandLineRun.of("--help", "--color=always").err()
                        + CommandLineRun.of("--help", "--color=always").out())
                .contains("\u001b[1m");
        assertThat(CommandLineRun.of("--help", "--color", "never").out()).doesNotContain("\u001b");
        assertThat(CommandLineRun.of("--color=sometimes", "verify", "x").exitCode())
                .isEqualTo(ExitCodes.USAGE);
    }

    private CommandLineRun test(Path program) {
        return CommandLineRun.withEnvironment(environment(), "test", program, "-o", folder.resolve("out"));
    }

    private Map<String, String> environment() {
        return Map.of(
                "GITHUB_ACTIONS", "true",
                "GITHUB_WORKSPACE", folder.toString(),
                "GITHUB_STEP_SUMMARY", folder.resolve("summary.md").toString());
    }

    private String summary() throws IOException {
        return Files.readString(folder.resolve("summary.md"));
    }

    private Path program(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    /** As the runner of GitHub Actions finds them: white space before a command does not matter. */
    private static List<String> commands(String log) {
        return log.lines().filter(line -> line.stripLeading().startsWith("::")).toList();
    }
}
