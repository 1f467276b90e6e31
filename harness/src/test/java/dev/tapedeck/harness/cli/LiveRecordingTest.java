package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tapedeck.harness.recording.Recording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A recording can be read while another process writes it")
class LiveRecordingTest {
    private static final int BLOCK = 1 << 14;

    @TempDir
    private Path folder;

    private Path recording;
    private Path messages;

    @BeforeEach
    void setUp() {
        recording = folder.resolve("r");
        messages = folder.resolve("messages");
    }

    /** A program that calls its host and loops {@code turns} times, and then reads input and does so again. */
    private Path program(long turns) throws IOException {
        return Files.writeString(folder.resolve("loop.tasm"), """
                .memory 1
                .func main() -> i64
                  call turns
                  drop
                  i32.const 0
                  i32.const 8
                  call_host tape.input
                  drop
                  call turns
                  return
                .end
                .func turns() -> i64
                  .local i: i64, sum: i64
                again:
                  call_host tape.random
                  local.get sum
                  i64.xor
                  local.tee sum
                  i32.wrap_i64
                  i32.const 1
                  i32.and
                  br_if odd
                  local.get sum
                  i64.const 3
                  i64.mul
                  local.set sum
                odd:
                  local.get i
                  i64.const 1
                  i64.add
                  local.tee i
                  i64.const %d
                  i64.lt_u
                  br_if again
                  local.get sum
                  return
                .end
                .entry main
                """.formatted(turns));
    }

    private Process recorder(Path program) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Main.class.getName(),
                        "record",
                        program.toString(),
                        "-o",
                        recording.toString(),
                        "--block",
                        String.valueOf(BLOCK),
                        "--quiet")
                .redirectErrorStream(true)
                .redirectOutput(messages.toFile())
                .start();
    }

    private void awaitInstructions(Process recorder, long instructions) throws IOException {
        while (true) {
            assertThat(recorder.isAlive() || recorder.exitValue() == 0)
                    .as(Files.readString(messages))
                    .isTrue();
            CommandLineRun stats = CommandLineRun.of("stats", recording, "--json");
            if (stats.exitCode() == ExitCodes.FINE
                    && stats.json().get("instructions").asLong() >= instructions) {
                return;
            }
        }
    }

    @Test
    @Timeout(120)
    @DisplayName("log, stats, state and replay work up to the last complete block, and say so; after a kill it was cut")
    void commands() throws Exception {
        Process recorder = recorder(program(Long.MAX_VALUE));
        try {
            awaitInstructions(recorder, 10 * BLOCK);
            CommandLineRun stats = CommandLineRun.of("stats", recording, "--json");
            assertThat(stats.exitCode()).isEqualTo(ExitCodes.FINE);
            assertThat(stats.json().get("live").asBoolean()).isTrue();
            assertThat(stats.json().get("complete").asBoolean()).isFalse();
            assertThat(stats.err()).contains("is still being written; so far it reaches up to instruction ");

            long reached = stats.json().get("instructions").asLong();
            assertThat(reached % BLOCK).isZero();
            CommandLineRun state = CommandLineRun.of("state", recording, "--at", reached - 5, "--json");
            assertThat(state.exitCode()).isEqualTo(ExitCodes.FINE);
            assertThat(state.json().get("icount").asLong()).isEqualTo(reached - 5);
            CommandLineRun log = CommandLineRun.of("log", recording, "--from", reached - 3, "--count", 3);
            assertThat(log.exitCode()).isEqualTo(ExitCodes.FINE);
            assertThat(log.out()).contains("turns+");
            JsonNode replay = CommandLineRun.of("replay", recording, "--json").json();
            assertThat(replay.get("verified").asBoolean()).isTrue();
            assertThat(replay.get("live").asBoolean()).isTrue();
            assertThat(replay.get("instructions").asLong()).isGreaterThanOrEqualTo(reached);

            assertThat(CommandLineRun.of("record", program(1), "-o", recording).err())
                    .contains("is being written by another recorder");
            assertThat(recorder.isAlive()).as(Files.readString(messages)).isTrue();
        } finally {
            recorder.destroyForcibly().waitFor();
        }
        JsonNode cut = CommandLineRun.of("stats", recording, "--json").json();
        assertThat(cut.get("live").asBoolean()).isFalse();
        assertThat(cut.get("damage").asText()).contains("was cut");
    }

    @Test
    @Timeout(120)
    @DisplayName("one that comes to its end while it is watched is never taken for one that was cut")
    void end() throws Exception {
        Process recorder = recorder(program(500_000));
        boolean complete = false;
        int looks = 0;
        try {
            awaitInstructions(recorder, BLOCK);
            try (Recording waiting = Recording.open(recording)) {
                assertThat(waiting.live()).isTrue();
            }
            // Until now the program could not come to its end.
            recorder.getOutputStream().close();
            while (!complete) {
                try (Recording opened = Recording.open(recording)) {
                    complete = opened.damage().isEmpty();
                    assertThat(complete || opened.live())
                            .as("look %d: %s", looks, opened.damage())
                            .isTrue();
                    looks++;
                }
            }
        } finally {
            assertThat(recorder.waitFor()).as(Files.readString(messages)).isZero();
        }
        assertThat(folder.resolve("r/writing.lock")).doesNotExist();
    }
}
