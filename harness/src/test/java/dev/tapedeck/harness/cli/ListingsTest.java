package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both listings around a divergence, and what each instruction wrote, of programs that really ran. */
class ListingsTest {
    private static final String PROGRAM = """
            .memory 1
            .global total: mut i64 = 0
            .func twice(x: i32) -> i32
              local.get x
              i32.const 2
              i32.mul
              return
            .end
            .func on_timer(signal: i32, payload: i64)
              interrupt.return
            .end
            .func main() -> i32
              .local i: i32, unused: f64
              i32.const 3
              interrupt.handle on_timer
              i32.const 5
              call twice
              local.set i
              call_host tape.random
              global.set total
              i32.const 64
              f32.const 1.5
              f32.store
              i32.const 64
              i32.const -1
              i32.store8
              local.get i
              CHANGED
              i32.add
              call_host tape.print_i32
              i32.const 1
              br_if end
              unreachable
            end:
              i32.const 1
              i32.const 0
              i32.div_s
              return
            .end
            .entry main
            """;

    @TempDir
    Path folder;

    @Test
    void valuesStandBesideInstructions() throws IOException {
        JsonNode report = report("i32.const 1", "i32.const 2");
        List<String> rows = rows(report);
        assertThat(rows)
                .containsSubsequence(
                        "A B i32.const 64 | = 64",
                        "A B f32.const 1.5 | = 1.5",
                        "A B f32.store | [0x40] = 1.5",
                        "A B i32.const -1 | = -1",
                        "A B i32.store8 | [0x40] = -1",
                        "A B local.get i | = 10",
                        "> A i32.const 1 | = 1",
                        "> B i32.const 2 | = 2",
                        "A i32.add | = 11",
                        "B i32.add | = 12",
                        "A B call_host tape.print_i32 | ",
                        "A B i32.const 1 | = 1",
                        "A B br_if #20 | taken");
        // In how the run ended, the fault is the last one.
        JsonNode last = report.at("/ending/last");
        assertThat(last.get(last.size() - 1).get("wrote").asText()).isEqualTo("= 0");
        assertThat(report.at("/ending/fault/text").asText()).isEqualTo("i32.div_s");
    }

    @Test
    void anInterruptBehindAnInstructionHidesNothing() throws IOException {
        // It is delivered right behind local.set, in whose frame the handler's then is on top.
        JsonNode report = report("i32.const 1", "i32.const 2", "--interrupt", "9:3:42");
        assertThat(rows(report))
                .containsSubsequence("A B return | = 10", "A B local.set i | i = 10", "A B interrupt.return | ");
    }

    @Test
    void theEndOfOneRunHasARowToo() throws IOException {
        Path tapeA = record("a", "i32.const 1");
        Path tapeB = record("b", "i32.const 1", "--limit", "12");
        JsonNode report = CommandLineRun.of(
                        "report", tapeB, "--against", tapeA, "-o", folder.resolve("report"), "--json")
                .json();
        assertThat(report.at("/bisection/kind").asText()).isEqualTo("end");
        assertThat(rows(report)).contains("> A f32.const 1.5 | = 1.5").noneMatch(row -> row.startsWith("> B"));
        assertThat(Files.readString(folder.resolve("report/report.html")))
                .contains("the run has ended")
                .contains("stopped by the limit of 12 instructions");
    }

    private JsonNode report(String inA, String inB, String... options) throws IOException {
        Path tapeA = record("a", inA, options);
        Path tapeB = record("b", inB, options);
        return CommandLineRun.of("report", tapeB, "--against", tapeA, "-o", folder.resolve("report"), "--json")
                .json();
    }

    private Path record(String name, String changed, String... options) throws IOException {
        Path program = Files.writeString(folder.resolve(name + ".tasm"), PROGRAM.replace("CHANGED", changed));
        Path tape = folder.resolve(name + ".tape");
        List<Object> arguments = new ArrayList<>(List.of("record", program, "-o", tape));
        arguments.addAll(List.of(options));
        CommandLineRun.of(arguments.toArray());
        return tape;
    }

    private static List<String> rows(JsonNode report) {
        List<String> rows = new ArrayList<>();
        for (JsonNode row : report.get("listing")) {
            String here = row.get("here").asBoolean() ? "> " : "";
            if (row.get("same").asBoolean()) {
                rows.add("A B " + text(row.get("a")));
                continue;
            }
            if (!row.get("a").isNull()) {
                rows.add(here + "A " + text(row.get("a")));
            }
            if (!row.get("b").isNull()) {
                rows.add(here + "B " + text(row.get("b")));
            }
        }
        return rows;
    }

    private static String text(JsonNode step) {
        return step.get("text").asText() + " | " + step.get("wrote").asText();
    }
}
