package dev.tapedeck.harness.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.StateDigest;
import dev.tapedeck.harness.replay.LogWalk.Entry;
import dev.tapedeck.vm.program.Position;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReplayTest {
    private static final String ALL = "dev.tapedeck.harness.recording.Deck#all";

    @TempDir
    Path temp;

    private Recording record(Deck deck) throws Exception {
        Path directory = temp.resolve("r");
        Recorder.record(deck.program(), deck.options(), deck.host(), directory);
        return Recording.open(directory);
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void aRecordingIsCompleteAndReplays(Deck deck) throws Exception {
        Outcome plain = Recorder.run(deck.program(), deck.options(), deck.host());
        try (Recording recording = record(deck)) {
            assertThat(recording.damage()).isEmpty();
            assertThat(recording.outcome()).contains(plain);
            assertThat(recording.icountEnd()).isEqualTo(plain.icount());
            assertThat(recording.options()).isEqualTo(deck.options());
            assertThat(recording.program().program()).isEqualTo(deck.program().program());
            assertThat(Replay.verify(recording)).isEqualTo(plain.icount());
        }
    }

    /** What single-stepping sees: the state digest, place and depth before each instruction. */
    private record Step(long digest, Position position, int depth) {}

    private static List<Step> steps(Recording recording) throws Exception {
        Replay replay = new Replay(recording);
        List<Step> steps = new ArrayList<>();
        StateDigest digest = new StateDigest();
        do {
            steps.add(new Step(
                    digest.next(replay.machine().snapshot()),
                    replay.machine().position(),
                    replay.machine().depth()));
        } while (replay.step());
        return steps;
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void walkingTheLogAgreesWithSingleSteps(Deck deck) throws Exception {
        try (Recording recording = record(deck)) {
            List<Step> steps = steps(recording);
            List<Entry.Executed> walked = new ArrayList<>();
            LogWalk.walk(recording, 0, entry -> {
                if (entry instanceof Entry.Executed executed) {
                    walked.add(executed);
                }
                return true;
            });
            assertThat(walked).hasSize((int) recording.icountEnd());
            for (int i = 0; i < walked.size(); i++) {
                assertThat(walked.get(i))
                        .isEqualTo(new Entry.Executed(
                                i, steps.get(i).position(), steps.get(i).depth()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource(ALL)
    void anyInstructionCountCanBeReached(Deck deck) throws Exception {
        try (Recording recording = record(deck)) {
            List<Step> steps = steps(recording);
            long seed = 20261121;
            Random random = new Random(seed);
            Replay replay = new Replay(recording);
            int end = (int) recording.icountEnd();
            for (int i = 0; i < 200; i++) {
                int target = switch (i % 4) {
                    case 0 -> random.nextInt(end + 1);
                    case 1 -> (int) Math.max(0, replay.icount() - 1);
                    case 2 -> (int) Math.min(end, replay.icount() + random.nextInt(3));
                    default -> random.nextInt(end / 256 + 1) * 256;
                };
                replay.seek(target);
                assertThat(replay.icount()).isEqualTo(target);
                assertThat(new Step(
                                StateDigest.of(replay.machine().snapshot()),
                                replay.machine().position(),
                                replay.machine().depth()))
                        .as("seed %d, seek %d to %d", seed, i, target)
                        .isEqualTo(steps.get(target));
            }
            replay.seek(Long.MAX_VALUE);
            assertThat(StateDigest.of(replay.machine().snapshot()))
                    .isEqualTo(recording.outcome().orElseThrow().stateDigest());
        }
    }
}
