package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.recording.Recording.Checkpoint;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecentStatesTest {
    private static final long UNIT = RecentStates.INSTRUCTIONS;

    /** Writes to as many pages as said, one after the other and again from the first; ends by a division by zero. */
    private static final VerifiedProgram PROGRAM = Deck.assemble("pages", """
            .memory 1024
            .func main(pages: i32, turns: i32) -> i32
              .local page: i32
            again:
              local.get page
              i32.const 1
              i32.add
              local.get pages
              i32.rem_u
              local.tee page
              i32.const 12
              i32.shl
              local.get turns
              i32.store
              local.get turns
              i32.const 1
              i32.sub
              local.tee turns
              br_if again
              i32.const 1
              local.get turns
              i32.div_s
              return
            .end
            .entry main
            """);

    private static final int INSTRUCTIONS_PER_TURN = 13;

    @TempDir
    Path temp;

    private static RunOptions options(long pages, long turns, long limit) {
        return new RunOptions(
                "",
                List.of(pages, turns),
                0,
                List.of(),
                limit,
                Limits.DEFAULT,
                RunOptions.BLOCK_INSTRUCTIONS_DEFAULT,
                CheckpointSpacing.AUTOMATIC,
                List.of());
    }

    /** What a run that ends somewhere would keep, at each end of a block. */
    private static List<List<Long>> kept(long pages, int blocks) {
        Machine machine = new Machine(PROGRAM, call -> {}, Limits.DEFAULT);
        machine.start(0, pages, -1);
        RecentStates recent = new RecentStates(CheckpointSpacing.AUTOMATIC, machine.snapshot());
        List<List<Long>> kept = new ArrayList<>();
        for (int i = 1; i <= blocks; i++) {
            machine.run(i * UNIT);
            if (recent.isDue(machine.icount())) {
                recent.add(machine.snapshot());
            }
            // As if the run had been long enough to pay for all.
            kept.add(recent.chosen(1L << 62).stream().map(Snapshot::icount).toList());
        }
        return kept;
    }

    @Test
    @DisplayName("3: few states are held, the last one a unit back at the most, each further one at most twice as far")
    void distances() {
        List<List<Long>> all = kept(2, 40);
        for (int i = 0; i < all.size(); i++) {
            long present = (i + 1) * UNIT;
            assertThat(all.get(i))
                    .hasSizeLessThanOrEqualTo(RecentStates.COUNT_MAX)
                    .isSorted();
            List<Long> states = new ArrayList<>(List.of(0L));
            states.addAll(all.get(i));
            assertThat(states.get(states.size() - 1)).isEqualTo(present);
            for (int back = 1; back <= Math.min(8, i); back *= 2) {
                long at = present - back * UNIT;
                long distance = back;
                assertThat(states)
                        .as("%d units back from %d", back, present)
                        .anySatisfy(icount -> assertThat(icount)
                                .isLessThanOrEqualTo(at)
                                .isGreaterThan(present - (2 * distance + 1) * UNIT));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {50, 500, 2_000})
    @DisplayName("3: each written page is paid for by instructions before the next state")
    void paid(long pages) {
        List<Long> taken = kept(pages, 110).stream()
                .flatMap(List::stream)
                .distinct()
                .sorted()
                .toList();
        assertThat(taken).hasSizeGreaterThan(1);
        for (int i = 1; i < taken.size(); i++) {
            long written = Math.min(pages, (taken.get(i) - taken.get(i - 1)) / INSTRUCTIONS_PER_TURN);
            assertThat(taken.get(i) - taken.get(i - 1))
                    .isGreaterThanOrEqualTo(Math.max(UNIT, written * RecentStates.INSTRUCTIONS_PER_PAGE));
        }
    }

    @Test
    @DisplayName("3: a state in which very much changes is not held")
    void large() {
        assertThat(kept(RecentStates.PAGES_MAX + 1, 40))
                .allSatisfy(states -> assertThat(states).isEmpty());
        assertThat(kept(RecentStates.PAGES_MAX / 2, 110))
                .allSatisfy(states -> assertThat(states).hasSizeLessThanOrEqualTo(3));
    }

    private Path record(RunOptions options, String name) throws Exception {
        Path directory = temp.resolve(name);
        Recorder.record(PROGRAM, options, call -> {}, directory);
        return directory;
    }

    @ParameterizedTest(name = "{0} turns, limit {1}: {2}")
    @CsvSource({"2200000, 1000000000000, FAULTED", "-1, 30000000, LIMIT", "-1, 25165824, LIMIT"})
    @DisplayName("3: the last instructions of a run, however it ends, are a short way from a checkpoint")
    void end(long turns, long limit, String kind) throws Exception {
        Path directory = record(options(3, turns, limit), "r");
        try (Recording recording = Recording.open(directory)) {
            assertThat(recording.damage()).isEmpty();
            assertThat(recording.outcome().orElseThrow().kind().name()).contains(kind);
            long end = recording.icountEnd();
            List<Checkpoint> checkpoints = recording.checkpoints();
            Checkpoint last = checkpoints.get(checkpoints.size() - 1);
            assertThat(end - last.icount()).isLessThanOrEqualTo(UNIT);
            assertThat(checkpoints.stream().filter(checkpoint -> checkpoint.icount() % (1L << 24) != 0))
                    .hasSizeBetween(2, RecentStates.COUNT_MAX);
            Replay replay = new Replay(recording);
            replay.seek(end);
            assertThat(replay.executed()).isLessThanOrEqualTo(UNIT);
            assertThat(Replay.verify(recording)).isEqualTo(end);
            for (int i = 0; i < checkpoints.size(); i++) {
                assertThat(StateDigest.of(recording.snapshot(i)))
                        .isEqualTo(checkpoints.get(i).stateDigest());
            }
        }
        Path again = record(options(3, turns, limit), "again");
        try (ExcerptLog one = ChronicleLog.openForReading(directory);
                ExcerptLog other = ChronicleLog.openForReading(again)) {
            assertThat(other.size()).isEqualTo(one.size());
            for (long i = 0; i < one.size(); i++) {
                assertThat(other.read(i)).isEqualTo(one.read(i));
            }
        }
    }

    @Test
    @DisplayName("3: a short run does not pay for states near its end, nor does one store more pages than it pays for")
    void shortRuns() throws Exception {
        try (Recording recording = Recording.open(record(options(3, -1, 2 * UNIT), "short"))) {
            assertThat(recording.checkpoints()).hasSize(1);
        }
        try (Recording recording = Recording.open(record(options(300, -1, 15 * UNIT), "pages"))) {
            assertThat(recording.checkpoints()).hasSize(1);
        }
        try (Recording recording = Recording.open(record(options(3, -1, 15 * UNIT), "longer"))) {
            assertThat(recording.checkpoints()).hasSizeGreaterThan(2);
        }
    }

    @Test
    @DisplayName("3: where checkpoints were asked for at certain places, there are no others")
    void asked() throws Exception {
        RunOptions automatic = options(3, -1, 20 * UNIT);
        RunOptions options = new RunOptions(
                automatic.function(),
                automatic.arguments(),
                0,
                List.of(),
                automatic.instructionLimit(),
                automatic.limits(),
                automatic.blockInstructions(),
                CheckpointSpacing.instructions(8 * UNIT),
                List.of());
        try (Recording recording = Recording.open(record(options, "r"))) {
            assertThat(recording.checkpoints()).extracting(Checkpoint::icount).containsExactly(0L, 8 * UNIT, 16 * UNIT);
        }
    }
}
