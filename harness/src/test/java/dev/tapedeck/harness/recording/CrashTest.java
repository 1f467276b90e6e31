package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.tapedeck.harness.cli.CommandLineRun;
import dev.tapedeck.harness.replay.Replay;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
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

/**
 * What is left when recording ends badly: the disk is full or read-only, permission is missing, the file is cut or removed
 * while it is written. Each happens to a process of its own, so that one that crashes or hangs is noticed.
 */
class CrashTest {
    private static final int MINUTES_MAX = 3;

    @TempDir
    private Path temp;

    /** What happens in a process of its own, in a directory. */
    private interface Scenario {
        void in(Path directory) throws Exception;
    }

    private static RecordedProgram endless() {
        return RecordedProgram.noise(1L << 50);
    }

    private static RecordingException failure(Path directory) {
        return catchThrowableOfType(RecordingException.class, () -> endless().record(directory));
    }

    /** What can be read is right as far as it goes, and known to be only a part. */
    private static void assertUsable(Path directory) throws Exception {
        try (Recording recording = Recording.open(directory)) {
            assertThat(recording.damage().orElseThrow()).contains("instruction count " + recording.icountEnd());
            assertThat(recording.live()).isFalse();
            assertThat(recording.blocks()).isNotEmpty();
            assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> String.valueOf(entry.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    static final class FullDisk implements Scenario {
        @Override
        public void in(Path disk) throws Exception {
            Path directory = disk.resolve("r");
            assertThat(failure(directory))
                    .hasMessageContaining("the disk is full")
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("what was written before, and is still there, can be read");
            assertUsable(directory);
            assertThat(names(directory)).containsExactly("19700101F.cq4");
            assertThat(failure(disk.resolve("second"))).hasMessageContaining("the disk is full");

            fill(disk.resolve("filler"));
            for (String target : List.of("packed.rec", "other.rec")) {
                CommandLineRun packed = CommandLineRun.of("pack", directory, "-o", disk.resolve(target));
                assertThat(packed.exitCode()).isEqualTo(65);
                assertThat(packed.err())
                        .contains("cannot write " + disk.resolve(target))
                        .contains("No space left");
            }
            assertThat(names(disk)).containsExactly("filler", "r", "second");
        }
    }

    /** Somebody else takes all that is left, which no look at the free space can foresee. */
    static final class SuddenlyFullDisk implements Scenario {
        @Override
        public void in(Path disk) throws Exception {
            long seed = System.nanoTime();
            System.out.println("seed " + seed);
            Random random = new Random(seed);
            for (int i = 0; i < 12; i++) {
                Path directory = disk.resolve("r" + i);
                Path filler = disk.resolve("filler");
                long delay = random.nextInt(i == 0 ? 1000 : 60);
                Thread other = new Thread(() -> {
                    try {
                        Thread.sleep(delay);
                        fill(filler);
                    } catch (IOException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
                other.start();
                RecordingException failure = failure(directory);
                other.join();
                assertThat(failure.getMessage()).contains("the disk is full").doesNotContain("\n");
                Files.delete(filler);
                if (Files.exists(directory.resolve("19700101F.cq4"))) {
                    try (Recording recording = Recording.open(directory)) {
                        assertThat(recording.damage()).isPresent();
                        assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
                    } catch (RecordingException e) {
                        assertThat(e.getMessage()).contains(directory.toString());
                    }
                }
                for (String name : names(directory)) {
                    Files.delete(directory.resolve(name));
                }
            }
        }
    }

    private static void fill(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            byte[] bytes = new byte[4096];
            while (true) {
                out.write(bytes);
            }
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No space left")) {
                throw e;
            }
        }
    }

    static final class ReadOnlyDisk implements Scenario {
        @Override
        public void in(Path disk) throws Exception {
            for (Path directory : List.of(disk, disk.resolve("r"))) {
                assertThat(failure(directory)).hasMessageContaining("cannot").hasMessageContaining(disk.toString());
            }
        }
    }

    static final class MissingPermissions implements Scenario {
        @Override
        public void in(Path directory) throws Exception {
            Path readOnly = Files.createDirectory(directory.resolve("read-only"));
            permit(readOnly, "r-xr-xr-x");
            if (Files.isWritable(readOnly)) {
                throw new IllegalStateException("permissions do not hold here");
            }
            for (Path target : List.of(readOnly, readOnly.resolve("r"), readOnly.resolve("a/b"))) {
                assertThat(failure(target))
                        .hasMessageContaining("permission denied")
                        .hasMessageContaining(target.toString());
            }

            Path recording = directory.resolve("r");
            RecordedProgram program = RecordedProgram.small().get(0);
            program.record(recording);
            CommandLineRun packed = CommandLineRun.of("pack", recording, "-o", readOnly.resolve("p.rec"));
            assertThat(packed.exitCode()).isEqualTo(65);
            assertThat(packed.err()).contains("cannot write " + readOnly.resolve("p.rec") + ": permission denied");
            assertThat(names(readOnly)).isEmpty();

            // What may only be read is read.
            Path file = recording.resolve("19700101F.cq4");
            permit(file, "r--r--r--");
            permit(recording, "r-xr-xr-x");
            assertThat(CommandLineRun.of("replay", recording).exitCode()).isZero();
            permit(file, "-wx-wx-wx");
            CommandLineRun unreadable = CommandLineRun.of("replay", recording);
            assertThat(unreadable.exitCode()).isEqualTo(65);
            assertThat(unreadable.err()).contains("cannot read " + file + ": permission denied");
            permit(recording, "---------");
            CommandLineRun closed = CommandLineRun.of("replay", recording);
            assertThat(closed.exitCode()).isEqualTo(65);
            assertThat(closed.err()).contains("tapedeck: ").contains(recording + ": permission denied");
            permit(recording, "rwxrwxrwx");

            // Of a folder of programs a part that cannot be read is one thing that cannot be tested, and no more.
            Path programs = Files.createDirectory(directory.resolve("programs"));
            Files.writeString(programs.resolve("p.tasm"), Deck.LOOP);
            Path closedFolder = Files.createDirectory(programs.resolve("sub"));
            permit(closedFolder, "---------");
            CommandLineRun tests = CommandLineRun.of("test", programs, "-o", directory.resolve("output"));
            assertThat(tests.exitCode()).isEqualTo(65);
            assertThat(tests.out())
                    .contains("sub: the folder cannot be read: permission denied")
                    .contains("2 tests of 2 programs: 1 passed, 1 not run");
            permit(closedFolder, "rwxrwxrwx");
        }

        private static void permit(Path path, String permissions) throws IOException {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        }
    }

    /**
     * Between two excerpts the file of a recording becomes shorter, or it goes, alone or with its directory. (In the middle
     * of writing one it would end the process, which nothing can prevent: Chronicle writes to mapped memory.)
     */
    static final class FileOfAWriterCut implements Scenario {
        private static final int BLOCKS_BEFORE = 20;

        private interface Damage {
            void to(Path directory) throws IOException;
        }

        private static RecordingException failure(Path directory, Damage damage) {
            RecordedProgram program = endless();
            int[] blocks = {0};
            return catchThrowableOfType(
                    RecordingException.class,
                    () -> Recorder.record(
                            program.program(), program.options(), program.host().get(), directory, null, machine -> {
                                if (++blocks[0] == BLOCKS_BEFORE) {
                                    try {
                                        damage.to(directory);
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    }
                                }
                            }));
        }

        private static Path file(Path directory) {
            return directory.resolve("19700101F.cq4");
        }

        @Override
        public void in(Path parent) throws Exception {
            for (long length : new long[] {0, 4096, 70_000, 80_000}) {
                Path directory = parent.resolve("cut-at-" + length);
                RecordingException failure = failure(directory, cut -> {
                    try (FileChannel channel = FileChannel.open(file(cut), StandardOpenOption.WRITE)) {
                        channel.truncate(length);
                    }
                });
                assertThat(failure.getMessage())
                        .contains(file(directory) + " was cut by someone else")
                        .contains("to " + length + ";")
                        .doesNotContain("\n");
                if (length > 66_000) {
                    assertUsable(directory);
                } else {
                    assertThatExceptionOfType(RecordingException.class).isThrownBy(() -> Recording.open(directory));
                }
            }

            Path alone = parent.resolve("file-removed");
            assertThat(failure(alone, directory -> Files.delete(file(directory))))
                    .hasMessageContaining("the file " + file(alone) + " of the recording is gone");
            assertThat(names(alone)).isEmpty();

            Path removed = parent.resolve("removed");
            RecordingException gone = failure(removed, directory -> {
                for (String name : names(directory)) {
                    Files.delete(directory.resolve(name));
                }
                Files.delete(directory);
            });
            assertThat(gone).hasMessageContaining("the directory " + removed + " of the recording is gone");
            assertThat(removed).doesNotExist();
        }
    }

    /** A process of its own. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            Scenario scenario = Class.forName(args[0])
                    .asSubclass(Scenario.class)
                    .getDeclaredConstructor()
                    .newInstance();
            scenario.in(Path.of(args[1]));
            System.out.println("fine");
        }
    }

    /** Runs a scenario behind commands that make its world. */
    private void run(Class<? extends Scenario> scenario, Path directory, String... world) throws Exception {
        List<String> command = new ArrayList<>(Arrays.asList(world));
        command.addAll(ChildJvm.command(Child.class, scenario.getName(), directory));
        Path output = temp.resolve("output");
        Process child = ChildJvm.start(command, output);
        try {
            assertThat(child.waitFor(MINUTES_MAX, TimeUnit.MINUTES))
                    .as("it ends: %s", Files.readString(output))
                    .isTrue();
        } finally {
            child.destroyForcibly().waitFor();
        }
        assertThat(Files.readString(output)).endsWith("fine\n");
        assertThat(child.exitValue()).isZero();
    }

    /** On a disk of 8 MiB, in a view of the file system that only the process has, and that ends with it. */
    private void onSmallDisk(Class<? extends Scenario> scenario, String options) throws Exception {
        Path disk = Files.createDirectory(temp.resolve("disk"));
        String mount = "mount -t tmpfs -o " + options + " tapedeck-test \"$0\"";
        if (!succeeds("unshare", "-rm", "sh", "-c", mount, disk.toString())) {
            abort("not tried: a small disk cannot be mounted here (unshare -rm, mount -t tmpfs)");
        }
        run(scenario, disk, "unshare", "-rm", "sh", "-c", mount + " && exec \"$@\"", disk.toString());
    }

    private static boolean succeeds(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(1, TimeUnit.MINUTES) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    @DisplayName(
            "a full disk is a sentence that names the file, what was recorded before it stays, and nothing else does")
    void fullDisk() throws Exception {
        onSmallDisk(FullDisk.class, "size=8m");
    }

    @Test
    @DisplayName("a disk that somebody else fills is the same, and never the end of the process")
    void suddenlyFullDisk() throws Exception {
        onSmallDisk(SuddenlyFullDisk.class, "size=24m");
    }

    @Test
    @DisplayName("a read-only disk is a sentence")
    void readOnlyDisk() throws Exception {
        onSmallDisk(ReadOnlyDisk.class, "ro,size=8m");
    }

    @Test
    @DisplayName("what may not be written or read is a sentence that names it; what may only be read is read")
    void missingPermissions() throws Exception {
        Path directory = Files.createDirectory(temp.resolve("d"));
        Path probe = Files.createDirectory(temp.resolve("probe"));
        Files.setPosixFilePermissions(probe, PosixFilePermissions.fromString("r-xr-xr-x"));
        if (!Files.isWritable(probe)) {
            run(MissingPermissions.class, directory);
            return;
        }
        // To root they mean nothing, as long as it has its capabilities.
        String[] plain = {"setpriv", "--bounding-set=-all"};
        if (!succeeds(plain[0], plain[1], "true")) {
            abort("not tried: permissions mean nothing to this user, and setpriv cannot change that here");
        }
        run(MissingPermissions.class, directory, plain);
    }

    @Test
    @DisplayName("a file that is cut or removed between two excerpts is a sentence, and not the end of the process")
    void fileOfAWriterCut() throws Exception {
        // With one processor, the thread of the machine writes. Cut in the middle of a write, mapped memory is beyond
        // help.
        String[] oneProcessor = {"env", "JDK_JAVA_OPTIONS=-XX:ActiveProcessorCount=1"};
        run(FileOfAWriterCut.class, Files.createDirectory(temp.resolve("d")), oneProcessor);
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
}
