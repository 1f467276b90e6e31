package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** A process that runs tests is ended from outside, in the middle of a program. */
@Timeout(180)
class KilledForkTest {
    private static final String ENDLESS = """
            .func main()
              .local i: i64
            again:
              local.get i
              i64.const 3
              i64.add
              local.tee i
              i64.eqz
              br_if again
              br again
            .end
            .entry main
            """;

    private static final long INSTRUCTIONS = 10_000_000;

    @TempDir
    Path root;

    /** The process that is ended. */
    static final class Fork {
        private Fork() {}

        public static void main(String[] args) {
            LauncherFactory.create(LauncherConfig.builder()
                            .enableTestEngineAutoRegistration(false)
                            .addTestEngines(new TapedeckEngine())
                            .build())
                    .execute(LauncherDiscoveryRequestBuilder.request()
                            .selectors(selectClass(TapedeckProgramsTest.class))
                            .configurationParameter(Settings.PROGRAMS, args[0])
                            .configurationParameter(Settings.OUTPUT, args[1])
                            .build());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "KILL"})
    @DisplayName(
            "ended by Ctrl-C (INT), told to end or killed, it leaves a recording that can be read, says that it was cut, and"
                    + " replays; the next run of the test does not stumble over it")
    void ended(String signal) throws Exception {
        assumeTrue(Files.exists(Path.of("/bin/kill")), "signals are sent by /bin/kill");
        assumeTrue(!signal.equals("INT") || !interruptIsIgnored(), "what runs in the background ignores Ctrl-C");
        Workspace workspace = new Workspace(root);
        workspace.program("endless.tasm", ENDLESS);
        Path log = root.resolve("log");
        Process fork = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-classpath",
                        System.getProperty("java.class.path"),
                        Fork.class.getName(),
                        workspace.programs().toString(),
                        workspace.output().toString()))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Path recording = workspace.output().resolve("endless.tasm/main/recording");
        long seen = 0;
        try {
            while (seen < INSTRUCTIONS) {
                assertThat(fork.isAlive()).as(Files.readString(log)).isTrue();
                Thread.sleep(20);
                seen = reach(recording);
            }
            new ProcessBuilder("/bin/kill", "-" + signal, Long.toString(fork.pid()))
                    .start()
                    .waitFor();
            assertThat(fork.waitFor(1, TimeUnit.MINUTES)).as("it ends").isTrue();
        } finally {
            fork.destroyForcibly().waitFor();
        }

        try (Recording opened = Recording.open(recording)) {
            assertThat(opened.damage().orElseThrow()).contains("was cut");
            assertThat(opened.outcome()).isEmpty();
            assertThat(opened.icountEnd()).isGreaterThanOrEqualTo(seen);
            assertThat(Replay.verify(opened)).isEqualTo(opened.icountEnd());
        }

        workspace
                .engine()
                .configurationParameter(Settings.LIMIT, "1000")
                .selectors(selectClass(TapedeckProgramsTest.class))
                .execute()
                .testEvents()
                .assertStatistics(stats -> stats.started(1).failed(1));
        try (Recording opened = Recording.open(recording)) {
            assertThat(opened.damage()).isEmpty();
            assertThat(opened.icountEnd()).isEqualTo(1000);
        }
    }

    /** A shell makes what it starts in the background ignore the signal, and the processes that these start inherit that. */
    private static boolean interruptIsIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        String ignored = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .map(line -> line.substring("SigIgn:".length()).strip())
                .findFirst()
                .orElse("0");
        int bit = 2 - 1;
        return (Long.parseUnsignedLong(ignored, 16) >> bit & 1) == 1;
    }

    private static long reach(Path recording) {
        try (Recording live = Recording.open(recording)) {
            return live.icountEnd();
        } catch (RecordingException e) {
            // It has not begun.
            return 0;
        }
    }
}
