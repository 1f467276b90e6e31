package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.Forgery;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.suite.ProgramFile;
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
        CommandLineRun run = CommandLineRun.of("record", program, "-o", recording, "--block", 256, "--quiet");
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
