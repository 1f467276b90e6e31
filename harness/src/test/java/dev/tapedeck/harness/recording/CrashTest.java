package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.vm.machine.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left when recording ends badly. */
class CrashTest {
    private static final int BLOCK_INSTRUCTIONS = 1 << 14;

    @TempDir
    Path temp;

    /** Never ends, and fills the log with states and flow that do not compress well. */
    private static final String ENDLESS = """
            .memory 4
            .func main()
              .local x: i64
              i64.const 88172645463325252
              local.set x
            again:
              local.get x
              local.get x
              i64.const 13
              i64.shl
              i64.xor
              local.tee x
              local.get x
              i64.const 7
              i64.shr_u
              i64.xor
              local.tee x
              local.get x
              i64.const 17
              i64.shl
              i64.xor
              local.set x
              local.get x
              i32.wrap_i64
              i32.const 262136
              i32.rem_u
              local.get x
              i64.store
              local.get x
              i32.wrap_i64
              i32.const 1
              i32.and
              br_if again
              br again
            .end
            .entry main
            """;

    private static RunOptions options() {
        return new RunOptions(
                "",
                List.of(),
                0,
                List.of(),
                1L << 50,
                Limits.DEFAULT,
                BLOCK_INSTRUCTIONS,
                CheckpointSpacing.instructions(4 * BLOCK_INSTRUCTIONS),
                List.of());
    }

    /** The process that is killed. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] args) throws RecordingException {
            Recorder.record(Deck.assemble("endless", ENDLESS), options(), call -> {}, Path.of(args[0]));
        }
    }

    @Test
    @DisplayName("A recording whose process is killed replays up to the last complete block")
    void killed() throws Exception {
        long seed = 20261121;
        Random random = new Random(seed);
        for (int round = 0; round < 3; round++) {
            Path directory = temp.resolve("killed" + round);
            int blocksMin = 1 + random.nextInt(60);
            Process victim = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            Victim.class.getName(),
                            directory.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(temp.resolve("output" + round).toFile())
                    .start();
            try {
                while (blocks(directory) < blocksMin) {
                    assertThat(victim.isAlive())
                            .as("seed %d, round %d: %s", seed, round, Files.readString(temp.resolve("output" + round)))
                            .isTrue();
                }
            } finally {
                victim.destroyForcibly().waitFor();
            }
            try (Recording recording = Recording.open(directory)) {
                assertThat(recording.damage().orElseThrow()).contains("cut");
                assertThat(recording.blocks()).hasSizeGreaterThanOrEqualTo(blocksMin);
                assertThat(recording.icountEnd() % BLOCK_INSTRUCTIONS).isZero();
                assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
            }
            assertThat(temp.resolve("output" + round)).isEmptyFile();
        }
    }

    /** Blocks that can be read while they are being written. */
    private static int blocks(Path directory) {
        try (Recording recording = Recording.open(directory)) {
            return recording.blocks().size();
        } catch (RecordingException e) {
            return 0; // Not there yet.
        }
    }

    @Test
    @DisplayName("A full disk is a sentence, and what was recorded before it stays")
    void fullDisk() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self")), "needs Linux");
        Path disk = Files.createDirectory(temp.resolve("disk"));
        if (run("mount", "-t", "tmpfs", "-o", "size=8m", "tapedeck-test", disk.toString()) != 0) {
            abort("mounting a small disk is not allowed here");
        }
        try {
            Path directory = disk.resolve("r");
            RecordingException failure = catchThrowableOfType(
                    RecordingException.class,
                    () -> Recorder.record(Deck.assemble("endless", ENDLESS), options(), call -> {}, directory));
            assertThat(failure)
                    .hasMessageContaining("the disk is full")
                    .hasMessageContaining("what was recorded before stays readable");
            try (Recording recording = Recording.open(directory)) {
                assertThat(recording.damage()).isPresent();
                assertThat(recording.blocks()).isNotEmpty();
                assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
            }
            RecordingException second = catchThrowableOfType(
                    RecordingException.class,
                    () -> Recorder.record(
                            Deck.assemble("endless", ENDLESS), options(), call -> {}, disk.resolve("second")));
            assertThat(second).hasMessageContaining("the disk is full");
        } finally {
            run("umount", disk.toString());
        }
    }

    @Test
    @DisplayName("A read-only disk is a sentence, also for root, whom permissions do not stop")
    void readOnlyDisk() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self")), "needs Linux");
        Path disk = Files.createDirectory(temp.resolve("disk"));
        if (run("mount", "-t", "tmpfs", "-o", "ro,size=8m", "tapedeck-test", disk.toString()) != 0) {
            abort("mounting a small disk is not allowed here");
        }
        try {
            for (Path directory : List.of(disk, disk.resolve("r"))) {
                RecordingException failure = catchThrowableOfType(
                        RecordingException.class,
                        () -> Recorder.record(Deck.assemble("endless", ENDLESS), options(), call -> {}, directory));
                assertThat(failure).hasMessageContaining("cannot").hasMessageContaining(disk.toString());
            }
        } finally {
            run("umount", disk.toString());
        }
    }

    @Test
    void recordingsAtTheSameTimeDoNotDisturbEachOther() throws Exception {
        Deck deck = Deck.all().findFirst().orElseThrow();
        Outcome expected = Recorder.run(deck.program(), deck.options(), deck.host());
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Outcome>> results = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Path directory = temp.resolve("r" + i);
                results.add(
                        threads.submit(() -> Recorder.record(deck.program(), deck.options(), deck.host(), directory)));
            }
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get()).isEqualTo(expected);
                assertThat(temp.resolve("r" + i).resolve("19700101F.cq4"))
                        .hasSameBinaryContentAs(temp.resolve("r0").resolve("19700101F.cq4"));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static int run(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(1, TimeUnit.MINUTES) ? process.exitValue() : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    @Test
    void recordingsInARowLeakNoHandles() throws Exception {
        Path handles = Path.of("/proc/self/fd");
        assumeTrue(Files.isDirectory(handles), "there is no /proc to count handles in");
        Deck deck = Deck.all().findFirst().orElseThrow();
        recordOpenAndReplay(deck, "warm");
        long before = count(handles);
        for (int i = 0; i < 200; i++) {
            recordOpenAndReplay(deck, "r" + i);
        }
        assertThat(count(handles)).isLessThan(before + 20);
    }

    private void recordOpenAndReplay(Deck deck, String name) throws Exception {
        Recorder.record(deck.program(), deck.options(), deck.host(), temp.resolve(name));
        try (Recording recording = Recording.open(temp.resolve(name))) {
            new Replay(recording).seek(1000);
        }
    }

    private static long count(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        }
    }
}
