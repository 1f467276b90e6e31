package dev.tapedeck.harness.recording;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Says during a run when the next checkpoint is due.
 *
 * <p>With automatic spacing, checkpoints are {@value #INSTRUCTIONS_FIRST} instructions apart at first, and after each {@value
 * #COUNT_PER_SPACING} of them twice as far: a run of n instructions has in the order of {@value #COUNT_PER_SPACING} times
 * log2(n) of them, and two of them are at most a thirtieth of a long run apart. A page that is written behind a snapshot
 * costs the machine about as much as two hundred executed instructions; {@value #INSTRUCTIONS_PER_PAGE} instructions for each
 * page keep that below 2 % of the run, but no page count moves a checkpoint further than {@value #INSTRUCTIONS_FOR_PAGES_MAX}
 * instructions away. All of it depends on the run alone, so equal runs have their checkpoints at equal places.
 */
final class CheckpointPlan {
    static final long INSTRUCTIONS_FIRST = 1L << 25;
    static final int COUNT_PER_SPACING = 64;
    static final long INSTRUCTIONS_PER_PAGE = 16_000;
    static final long INSTRUCTIONS_FOR_PAGES_MAX = 1L << 28;

    private final CheckpointSpacing spacing;
    private final LongSupplier nanoTime;
    private long interval = INSTRUCTIONS_FIRST;
    private int count;
    private long due;
    private long dueNanos;

    CheckpointPlan(CheckpointSpacing spacing, LongSupplier nanoTime) {
        this.spacing = spacing;
        this.nanoTime = nanoTime;
        switch (spacing.unit()) {
            case AUTOMATIC -> due = interval;
            case INSTRUCTIONS -> due = spacing.value();
            case MILLISECONDS -> dueNanos = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(spacing.value());
        }
    }

    /** Whether a checkpoint is due at an instruction count at which a block ends. */
    boolean isDue(long icount) {
        return switch (spacing.unit()) {
            case AUTOMATIC -> icount >= due;
            case INSTRUCTIONS -> icount % spacing.value() == 0;
            case MILLISECONDS -> nanoTime.getAsLong() - dueNanos >= 0;
        };
    }

    /**
     * Takes note of a checkpoint.
     *
     * @param pages counts those that differ from the checkpoint before, which costs by their number; asked only if it matters
     */
    void taken(long icount, LongSupplier pages) {
        switch (spacing.unit()) {
            case AUTOMATIC -> {
                if (++count % COUNT_PER_SPACING == 0) {
                    interval *= 2;
                }
                long forPages = Math.min(INSTRUCTIONS_FOR_PAGES_MAX, pages.getAsLong() * INSTRUCTIONS_PER_PAGE);
                due = icount + Math.max(interval, forPages);
            }
            case INSTRUCTIONS -> {}
            case MILLISECONDS -> dueNanos = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(spacing.value());
        }
    }
}
