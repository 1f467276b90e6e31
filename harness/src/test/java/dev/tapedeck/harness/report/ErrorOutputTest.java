package dev.tapedeck.harness.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tapedeck.harness.cli.CommandLineRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErrorOutputTest {
    @TempDir
    Path folder;

    @Test
    @DisplayName("the last of what a failing WASI program wrote to its error output stands in every report")
    void errorsOfAWasiProgram() throws IOException {
        Path program = Files.writeString(folder.resolve("fails.wat"), """
                (module
                  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
                  (memory (export "memory") 1)
                  (data (i32.const 0) "\\10\\00\\00\\00\\0a\\00\\00\\00\\20\\00\\00\\00\\16\\00\\00\\00")
                  (data (i32.const 16) "warning 1\\n")
                  (data (i32.const 32) "panic: \\1b[31m<b>index 7\\n")
                  (func (export "_start")
                    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
                    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 2) (i32.const 64)))
                    (drop (call $write (i32.const 2) (i32.const -8) (i32.const 9) (i32.const 64)))
                    unreachable))
                """);
        CommandLineRun run = CommandLineRun.of("test", program, "-o", folder.resolve("out"));
        assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
        assertThat(run.out()).contains("  Error output\n").contains("""
                    warning 1
                    panic: \\x1b[31m<b>index 7
                """);
        Path report = reportOf(folder.resolve("out"));
        assertThat(report.resolveSibling("report.md")).content().contains("""
                Error output

                ```
                warning 1
                panic: \\x1b[31m<b>index 7
                ```
                """);
        assertThat(report).content().contains("<tr><td>panic: \\x1b[31m&lt;b&gt;index 7</td></tr>");
        JsonNode json = new ObjectMapper()
                .readTree(report.resolveSibling("report.json").toFile())
                .get("errorOutput");
        assertThat(json.get("whole").asBoolean()).isTrue();
        assertThat(json.get("lines")).hasSize(2);
        assertThat(json.get("lines").get(1).asText()).isEqualTo("panic: \u001b[31m<b>index 7");
    }

    @Test
    void theEndOfMuchDebugOutput() throws IOException {
        Path program = Files.writeString(folder.resolve("much.tasm"), """
                .memory 1
                .data text = "line A\\n"
                .func main()
                  .local i: i32
                again:
                  i32.const text
                  i32.const text.length
                  call_host tape.debug
                  i32.const text
                  i32.const text
                  i32.load8_u [+5]
                  i32.const 1
                  i32.add
                  i32.store8 [+5]
                  local.get i
                  i32.const 1
                  i32.add
                  local.tee i
                  i32.const 25
                  i32.lt_s
                  br_if again
                  i32.const 3
                  halt
                .end
                .entry main
                """);
        Path tape = folder.resolve("much.tape");
        CommandLineRun.of("record", program, "-o", tape, "--block", 64, "--checkpoint-every", 64);
        CommandLineRun run = CommandLineRun.of("report", tape, "-o", folder.resolve("out"), "--json");
        JsonNode errors = run.json().get("errorOutput");
        assertThat(errors.get("whole").asBoolean()).isFalse();
        assertThat(errors.get("lines")).hasSize(20);
        // As it was when each was written, not as memory is at the end.
        assertThat(errors.get("lines").get(0).asText()).isEqualTo("line F");
        assertThat(errors.get("lines").get(19).asText()).isEqualTo("line Y");
        assertThat(folder.resolve("out/report.md")).content().contains("## Error output, its end");
    }

    @Test
    void aRunWithoutAny() throws IOException {
        Path program = Files.writeString(
                folder.resolve("none.tasm"), ".func main()\n  i32.const 3\n  halt\n.end\n.entry main\n");
        Path tape = folder.resolve("none.tape");
        CommandLineRun.of("record", program, "-o", tape);
        CommandLineRun run = CommandLineRun.of("report", tape, "-o", folder.resolve("out"), "--json");
        assertThat(run.json().get("errorOutput").isNull()).isTrue();
        assertThat(folder.resolve("out/report.html")).content().doesNotContain("Error output");
    }

    @Test
    void longTextIsCutBetweenLines() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 1_000; i++) {
            text.append(String.format(Locale.ROOT, "%04d %s\n", i, "x".repeat(400)));
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        ErrorOutput output = ErrorOutput.of(bytes, true).orElseThrow();
        assertThat(output.whole()).isFalse();
        assertThat(output.lines()).hasSize(10).allMatch(line -> line.length() == 405);
        assertThat(output.lines().get(9)).startsWith("0999");
        assertThat(ErrorOutput.of("one\ntwo".getBytes(StandardCharsets.UTF_8), true))
                .contains(new ErrorOutput(List.of("one", "two"), true));
        assertThat(ErrorOutput.of(new byte[0], true)).isEmpty();
    }

    private static Path reportOf(Path output) throws IOException {
        try (var files = Files.walk(output)) {
            return files.filter(file -> file.endsWith("report.html"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
