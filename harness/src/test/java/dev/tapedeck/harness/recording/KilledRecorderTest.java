package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tapedeck.harness.cli.CommandLineRun;
import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.suite.ProgramException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that records one program after the other is killed at some moment: while Java starts, while a recording is
 * created, written or closed, or between two. What is there then is compared with recordings that nobody disturbed.
 *
 * <p>{@code mvn -Pthorough} kills 210 times. {@code -Dtapedeck.crash.seed} gives the same programs and delays again; where
 * exactly the process is when it is killed no seed decides.
 */
class KilledRecorderTest {
    private static final int KILLS = Boolean.getBoolean("tapedeck.thorough") ? 210 : 12;
    private static final long SEED = Long.getLong("tapedeck.crash.seed", System.nanoTime());

    private static final int HEADER_PARTS_MAX = 5;

    /** Progress is one number, so that it is always whole: of the recording, and its instruction count. */
    private static final int ICOUNT_BITS = 40;

    /** Not how long it may take, but that it ends. */
    private static final Duration NO_STALL = Duration.ofMinutes(2);

    @TempDir
    private Path temp;

    private final Map<String, Path> references = new HashMap<>();

    /** What is recorded one after the other. */
    private enum Kind {
        SMALL,
        LARGE,
        BOTH;

        RecordedProgram next(Random random, Programs programs) throws ProgramException {
            boolean large = this == LARGE || (this == BOTH && random.nextInt(10) == 0);
            List<RecordedProgram> list = large ? programs.large() : programs.small();
            return list.get(random.nextInt(list.size()));
        }
    }

    /** Loaded once: that takes longer than recording most of them. */
    private static final class Programs {
        private final List<RecordedProgram> small = RecordedProgram.small();
        private List<RecordedProgram> large = List.of();

        List<RecordedProgram> small() {
            return small;
        }

        List<RecordedProgram> large() throws ProgramException {
            if (large.isEmpty()) {
                large = RecordedProgram.large();
            }
            return large;
        }
    }

    /** What a kill left of the recording that was the last. */
    private enum Left {
        NO_DIRECTORY,
        NOTHING,
        BEGINNING,
        ALL
    }

    /** The process that is killed. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] args) throws Exception {
            Path directory = Path.of(args[0]);
            Random random = new Random(Long.parseLong(args[1]));
            Kind kind = Kind.valueOf(args[2]);
            Programs programs = new Programs();
            try (FileChannel file = FileChannel.open(
                    Path.of(args[3]), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                // What is in a mapped file stays when the process is killed.
                MappedByteBuffer progress = file.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
                for (int i = 0; ; i++) {
                    long recording = (long) i << ICOUNT_BITS;
                    progress.putLong(0, recording);
                    kind.next(random, programs)
                            .record(
                                    directory.resolve(String.format("%06d", i)),
                                    machine -> progress.putLong(0, recording | machine.icount()));
                }
            }
        }
    }

    @Test
    @DisplayName(
            "a recorder that is killed leaves the beginning of its recording, which opens, says that it was cut, and"
                    + " verifies; what it had recorded before stays whole")
    void killed() throws Exception {
        System.out.println("KilledRecorderTest: " + KILLS + " kills, -Dtapedeck.crash.seed=" + SEED);
        Random random = new Random(SEED);
        Map<Left, Integer> counts = new EnumMap<>(Left.class);
        int whole = 0;
        Programs programs = new Programs();
        for (int kill = 0; kill < KILLS; kill++) {
            Kind kind = Kind.values()[kill % 3];
            long programSeed = random.nextLong();
            // While Java starts and creates its first recording, or at any time after that.
            boolean early = random.nextInt(4) == 0;
            long delay = random.nextInt(early ? 1200 : 500);
            String what = "seed " + SEED + ", kill " + kill + " (" + kind + ", "
                    + (early ? "after " : "after the first recording was begun and ") + delay + " ms)";
            Path directory = Files.createDirectory(temp.resolve("kill" + kill));
            Path output = temp.resolve("output" + kill);
            Path progress = temp.resolve("progress" + kill);
            Process victim =
                    ChildJvm.start(ChildJvm.command(Victim.class, directory, programSeed, kind, progress), output);
            try {
                while (!early && !begun(directory)) {
                    assertThat(victim.isAlive())
                            .as("%s: %s", what, Files.readString(output))
                            .isTrue();
                    Thread.sleep(1);
                }
                boolean ended = victim.waitFor(delay, TimeUnit.MILLISECONDS);
                assertThat(ended).as("%s: %s", what, Files.readString(output)).isFalse();
            } finally {
                victim.destroyForcibly().waitFor();
            }
            assertThat(output).as(what).isEmptyFile();

            List<String> names = names(directory);
            Random order = new Random(programSeed);
            for (int i = 0; i < names.size(); i++) {
                RecordedProgram program = kind.next(order, programs);
                Path recording = directory.resolve(names.get(i));
                String which = what + ", recording " + i + ", " + program;
                if (i < names.size() - 1) {
                    assertThat(names(recording)).as(which).hasSize(1);
                    assertThat(recording.resolve("19700101F.cq4"))
                            .as(which)
                            .hasSameBinaryContentAs(reference(program).resolve("19700101F.cq4"));
                    whole++;
                } else {
                    Path reference = reference(program);
                    counts.merge(
                            assertTimeoutPreemptively(NO_STALL, () -> check(recording, reference, which), which),
                            1,
                            Integer::sum);
                    assertLittleLost(recording, i, progress, program.options().blockInstructions(), which);
                }
            }
            if (names.isEmpty()) {
                counts.merge(Left.NO_DIRECTORY, 1, Integer::sum);
            }
            delete(directory);
        }
        System.out.println("KilledRecorderTest: of the last recording there was left " + counts + "; " + whole
                + " before were whole");
        assertThat(counts.getOrDefault(Left.BEGINNING, 0)).isPositive();
    }

    /** Whether the first recording has a file, which takes as long as all of Java's start. */
    private static boolean begun(Path directory) throws IOException {
        Path first = directory.resolve("000000").resolve("19700101F.cq4");
        return Files.exists(first) && Files.size(first) > 0;
    }

    /** The recording of a program that nobody disturbed. */
    private Path reference(RecordedProgram program) throws RecordingException {
        Path reference = references.get(program.name());
        if (reference == null) {
            reference = temp.resolve("reference" + references.size());
            program.record(reference);
            references.put(program.name(), reference);
        }
        return reference;
    }

    private static Left check(Path directory, Path reference, String what) throws Exception {
        CommandLineRun stats = CommandLineRun.of("stats", directory, "--json");
        CommandLineRun replay = CommandLineRun.of("replay", directory, "--json");
        Left left;
        try (Recording recording = Recording.open(directory);
                Recording whole = Recording.open(reference)) {
            assertThat(recording.live()).as(what).isFalse();
            assertThat(Replay.verify(recording)).as(what).isEqualTo(recording.icountEnd());
            assertThat(recording.blocks())
                    .as(what)
                    .isEqualTo(whole.blocks().subList(0, recording.blocks().size()));
            assertThat(recording.checkpoints())
                    .as(what)
                    .isEqualTo(whole.checkpoints()
                            .subList(0, recording.checkpoints().size()));
            left = recording.damage().isPresent() ? Left.BEGINNING : Left.ALL;
            if (left == Left.BEGINNING) {
                assertThat(recording.damage().orElseThrow())
                        .as(what)
                        .contains("was cut")
                        .contains("instruction count " + recording.icountEnd());
                assertThat(recording.outcome()).as(what).isEmpty();
                assertThat(stats.err()).as(what).contains("was cut");
            } else {
                assertThat(recording.outcome()).as(what).isEqualTo(whole.outcome());
            }
            for (CommandLineRun run : List.of(stats, replay)) {
                assertThat(run.exitCode()).as("%s: %s", what, run.err()).isZero();
                JsonNode json = run.json();
                assertThat(json.get("complete").asBoolean()).as(what).isEqualTo(left == Left.ALL);
                assertThat(json.get("instructions").asLong()).as(what).isEqualTo(recording.icountEnd());
            }
        } catch (RecordingException e) {
            assertThat(e.getMessage()).as(what).contains(directory.toString()).doesNotContain("\n");
            for (CommandLineRun run : List.of(stats, replay)) {
                assertThat(run.exitCode()).as(what).isEqualTo(65);
                assertThat(run.err()).as(what).contains(e.getMessage());
            }
            left = Left.NOTHING;
        }
        sameBeginning(directory, reference, left, what);
        return left;
    }

    /** What is in the file, with or without what makes a whole block, is byte for byte what stands in the other one. */
    private static void sameBeginning(Path directory, Path reference, Left left, String what) throws IOException {
        if (!ChronicleLog.isLog(directory)) {
            assertThat(left).as(what).isEqualTo(Left.NOTHING);
            return;
        }
        try (ExcerptLog whole = ChronicleLog.openForReading(reference)) {
            ExcerptLog log;
            try {
                log = ChronicleLog.openForReading(directory);
            } catch (IOException e) {
                assertThat(left).as("%s: %s", what, e.getMessage()).isEqualTo(Left.NOTHING);
                return;
            }
            try (log) {
                assertThat(log.size()).as(what).isLessThanOrEqualTo(whole.size());
                assertThat(log.size() == whole.size()).as(what).isEqualTo(left == Left.ALL);
                // The header of a large program has several parts.
                assertThat(log.size() < HEADER_PARTS_MAX || left != Left.NOTHING)
                        .as(what)
                        .isTrue();
                for (long i = 0; i < log.size(); i++) {
                    assertThat(log.read(i)).as("%s, excerpt %d", what, i).isEqualTo(whole.read(i));
                }
            }
        }
    }

    /** What the machine had done, but for what may wait to be written. */
    private static void assertLittleLost(Path directory, int number, Path progress, int blockInstructions, String what)
            throws IOException {
        if (!Files.exists(progress) || Files.size(progress) < Long.BYTES) {
            return;
        }
        long told = ByteBuffer.wrap(Files.readAllBytes(progress)).getLong();
        if (told >>> ICOUNT_BITS == number) {
            long icount = told & ((1L << ICOUNT_BITS) - 1);
            long reaches = 0;
            try (Recording recording = Recording.open(directory)) {
                reaches = recording.icountEnd();
            } catch (RecordingException e) {
                // Nothing is left.
            }
            assertThat(reaches)
                    .as("%s, killed behind instruction count %d", what, icount)
                    .isGreaterThanOrEqualTo(icount - (Conveyor.WAITING_MAX + 2L) * blockInstructions);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> String.valueOf(entry.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private static void delete(Path directory) throws IOException {
        for (String name : names(directory)) {
            Path recording = directory.resolve(name);
            for (String file : names(recording)) {
                Files.delete(recording.resolve(file));
            }
            Files.delete(recording);
        }
        Files.delete(directory);
    }
}
