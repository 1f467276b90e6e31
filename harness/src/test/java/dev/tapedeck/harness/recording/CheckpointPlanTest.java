package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointPlanTest {
    private static final long BLOCK = RunOptions.BLOCK_INSTRUCTIONS_DEFAULT;

    private static List<Long> taken(CheckpointPlan plan, long instructions, long pages) {
        List<Long> taken = new ArrayList<>();
        for (long icount = BLOCK; icount <= instructions; icount += BLOCK) {
            if (plan.isDue(icount)) {
                taken.add(icount);
                plan.taken(icount, () -> pages);
            }
        }
        return taken;
    }

    private static CheckpointPlan automatic() {
        return new CheckpointPlan(CheckpointSpacing.AUTOMATIC, () -> 0);
    }

    @Test
    @DisplayName(
            "a run of 10^10 instructions has a few hundred checkpoints, none further apart than a thirtieth of the run")
    void bounded() {
        List<Long> taken = taken(automatic(), 10_000_000_000L, 0);
        assertThat(taken).hasSizeBetween(150, 300);
        for (int i = 1; i < taken.size(); i++) {
            long distance = taken.get(i) - taken.get(i - 1);
            assertThat(distance).isLessThanOrEqualTo(Math.max(CheckpointPlan.INSTRUCTIONS_FIRST, taken.get(i) / 30));
        }
    }

    @Test
    @DisplayName("twice the run adds one more spacing of checkpoints, not twice as many")
    void logarithmic() {
        assertThat(taken(automatic(), 1L << 36, 0))
                .hasSizeLessThan(taken(automatic(), 1L << 35, 0).size() + CheckpointPlan.COUNT_PER_SPACING + 1);
    }

    @ParameterizedTest
    @ValueSource(longs = {10_000_000L, 1_000_000_000L, 10_000_000_000L, 100_000_000_000L, 1_000_000_000_000L})
    @DisplayName("3: the number of checkpoints is bounded by 64 for each doubling of the run beyond 2^31 instructions")
    void counted(long instructions) {
        double doublings = Math.log(1 + instructions / (double) (64 * CheckpointPlan.INSTRUCTIONS_FIRST)) / Math.log(2);
        assertThat(taken(automatic(), instructions, 0))
                .hasSizeLessThanOrEqualTo((int) Math.ceil(CheckpointPlan.COUNT_PER_SPACING * doublings * 1.07));
        assertThat(taken(automatic(), instructions, 0)).hasSizeLessThan(700);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 100, 1_000, 10_000, 65_536})
    @DisplayName("a stored page has at least so many instructions to pay for it")
    void costs(long pages) {
        List<Long> taken = taken(automatic(), 10_000_000_000L, pages);
        for (int i = 1; i < taken.size(); i++) {
            assertThat(taken.get(i) - taken.get(i - 1))
                    .isGreaterThanOrEqualTo(Math.min(
                            CheckpointPlan.INSTRUCTIONS_FOR_PAGES_MAX, pages * CheckpointPlan.INSTRUCTIONS_PER_PAGE))
                    .isLessThanOrEqualTo(Math.max(CheckpointPlan.INSTRUCTIONS_FOR_PAGES_MAX, taken.get(i) / 30));
        }
        assertThat(taken).isNotEmpty();
    }

    @Test
    @DisplayName("by instructions: exactly there")
    void instructions() {
        CheckpointPlan plan = new CheckpointPlan(CheckpointSpacing.instructions(4 * BLOCK), () -> 0);
        assertThat(taken(plan, 10 * BLOCK, 1 << 20)).containsExactly(4 * BLOCK, 8 * BLOCK);
    }

    @Test
    @DisplayName("by time: at the first end of a block that is late enough")
    void time() {
        long[] now = {Long.MAX_VALUE - 1_500_000};
        CheckpointPlan plan = new CheckpointPlan(CheckpointSpacing.milliseconds(2), () -> now[0] += 1_000_000);
        // Two looks at the clock per block in which a checkpoint is taken, one in the others; the clock wraps around.
        assertThat(taken(plan, 8 * BLOCK, 0)).containsExactly(2 * BLOCK, 4 * BLOCK, 6 * BLOCK, 8 * BLOCK);
    }

    @Test
    @DisplayName("the form of the header is read back; no other number is taken")
    void encoding() {
        for (CheckpointSpacing spacing : List.of(
                CheckpointSpacing.AUTOMATIC,
                CheckpointSpacing.instructions(1),
                CheckpointSpacing.instructions(1L << 62),
                CheckpointSpacing.milliseconds(1),
                CheckpointSpacing.milliseconds(Integer.MAX_VALUE))) {
            assertThat(CheckpointSpacing.decoded(spacing.encoded())).isEqualTo(spacing);
        }
        for (long wrong : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, (1L << 62) + 1, -1L - Integer.MAX_VALUE}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> CheckpointSpacing.decoded(wrong))
                    .withMessageContaining("expected 1 to ");
        }
    }
}
