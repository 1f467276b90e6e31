package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tapedeck.harness.recording.Forgery;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.suite.ProgramFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A recording that its replay does not reproduce, as a machine that executes wrongly would leave it. */
class UnfaithfulRecordingTest {
    private static final String PROGRAM = """
            .program "sum"
            .func main() -> i32
              .local i: i32, sum: i32
              i32.const 1000
              local.set i
            again:
              local.get sum
              local.get i
              i32.const 3
              i32.mul
              i32.add
              local.set sum
              local.get i
              i32.const 1
              i32.sub
              local.tee i
              br_if again
              local.get sum
              return
            .end
            .entry main
            """;

    @TempDir
    private Path folder;

    private Path honest;
    private Path forged;

    @BeforeEach
    void record() throws Exception {
        honest = record("honest", PROGRAM);
        Path other = record("other", PROGRAM.replace("i32.const 3\n", "i32.const 4\n"));
        forged = folder.resolve("forged.tape");
        try (Recording recording = Recording.open(other)) {
            Path program = Files.writeString(folder.resolve("right.tasm"), PROGRAM);
            Forgery.ofProgram(other, forged, ProgramFile.load(program).program(), recording.options());
        }
    }

    private Path record(String name, String text) throws Exception {
        Path program = Files.writeString(folder.resolve(name + ".tasm"), text);
        Path recording = folder.resolve(name + ".tape");
        // A checkpoint knows of which program it is, and so would give a forgery away; there is only the first.
        CommandLineRun run = CommandLineRun.of(
                "record", program, "-o", recording, "--block", 256, "--checkpoint-every", 256_000, "--quiet");
        assertThat(run.exitCode()).as(run.err()).isZero();
        return recording;
    }

    @Test
    @DisplayName("replay and report say so, with the first place, and conclude nothing else")
    void replayAndReport() {
        Path output = folder.resolve("report");
        for (List<Object> command :
                List.<List<Object>>of(List.of("replay", forged), List.of("report", forged, "-o", output))) {
            CommandLineRun run = CommandLineRun.of(command.toArray());
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .startsWith("tapedeck: the recording does not replay: ")
                    .contains("block 0 (instruction counts 0 to 256)");
        }
        assertThat(output).doesNotExist();
        assertThat(CommandLineRun.of("report", honest, "-o", output).exitCode()).isZero();
    }

    @Test
    @DisplayName(
            "a condition is not looked for in it, whichever way; the exit code is not that of a condition never true")
    void condition() {
        for (List<Object> search : List.<List<Object>>of(
                List.of("local.sum > 100"),
                List.of("local.sum > 100", "--monotone"),
                List.of("local.sum > 100", "--every"),
                List.of("local.sum > 100", "--last"),
                List.of("icount > 300"),
                List.of("icount > 1000000"))) {
            List<Object> command = new ArrayList<>(List.of("bisect", forged, "--when"));
            command.addAll(search);
            CommandLineRun run = CommandLineRun.of(command.toArray());
            assertThat(run.exitCode()).as(search.toString()).isEqualTo(65);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .startsWith("tapedeck: the recording does not replay: ")
                    .contains("block 0 (instruction counts 0 to 256)")
                    .hasLineCount(1);

            command.add("--json");
            CommandLineRun json = CommandLineRun.of(command.toArray());
            assertThat(json.exitCode()).isEqualTo(65);
            assertThat(json.err()).isEqualTo(run.err());
            assertThatExceptionOfType(UncheckedIOException.class)
                    .as("a document that looks complete")
                    .isThrownBy(json::json);

            command.set(1, honest);
            assertThat(CommandLineRun.of(command.toArray()).json().get("schema").asInt())
                    .isEqualTo(1);
        }
    }

    @Test
    @DisplayName("its state is not shown")
    void state() {
        for (long at : new long[] {0, 100, 300, 5000}) {
            CommandLineRun run = CommandLineRun.of("state", forged, "--at", at);
            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).startsWith("tapedeck: the recording does not replay: ");
            assertThat(CommandLineRun.of("state", honest, "--at", at).exitCode())
                    .isZero();
        }
        long end = CommandLineRun.of("stats", honest, "--json")
                .json()
                .get("instructions")
                .asLong();
        assertThat(CommandLineRun.of("state", honest, "--at", end).exitCode()).isZero();
    }

    @Test
    @DisplayName("a log whose flow does not fit its program says so, and leaves no JSON that looks complete")
    void log() throws Exception {
        Path unfit = folder.resolve("unfit.tape");
        Path program = Files.writeString(folder.resolve("unfit.tasm"), PROGRAM.replace("  br_if again\n", "  drop\n"));
        try (Recording recording = Recording.open(honest)) {
            Forgery.ofProgram(honest, unfit, ProgramFile.load(program).program(), recording.options());
        }
        CommandLineRun json = CommandLineRun.of("log", unfit, "--json");
        assertThat(json.exitCode()).as(json.err()).isEqualTo(65);
        assertThat(json.err()).contains("its flow does not fit its program").hasLineCount(1);
        assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(json::json);
    }

    @Test
    @DisplayName("a bisection says so first, of two runs of a program and of two versions of it, whichever side it is")
    void bisection() throws Exception {
        Path version = record("version", PROGRAM.replace("  i32.const 1000\n", "  nop\n  i32.const 1000\n"));
        for (Path against : List.of(honest, version)) {
            List<String> sides = new ArrayList<>();
            for (CommandLineRun run : List.of(
                    CommandLineRun.of("bisect", against, forged), CommandLineRun.of("bisect", forged, against))) {
                assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(1);
                assertThat(run.out().replaceAll("\\s+", " "))
                        .contains("recording does not replay, so the runs cannot be compared: ");
                sides.add(run.out().contains("the second recording") ? "second" : "first");
            }
            assertThat(sides).containsExactly("second", "first");
        }
    }
}
