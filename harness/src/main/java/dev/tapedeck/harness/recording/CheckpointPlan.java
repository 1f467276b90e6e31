package dev.tapedeck.harness.recording;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Says during a run when the next checkpoint is due.
 *
 * <p>With automatic spacing, checkpoints are {@value #INSTRUCTIONS_FIRST} instructions apart at first, and after each {@value
 * #COUNT_PER_SPACING} of them twice as far: a run of n instructions has in the order of {@value #COUNT_PER_SPACING} times
 * log2(n) of them, and a seek in a long one still executes less than a hundredth of it. A page that has to be stored costs
 * about as much as some hundred executed instructions; {@value #INSTRUCTIONS_PER_PAGE} instructions for each page keep
 * checkpoints below 2 % of the run. Both depend on the run alone, so equal runs have their checkpoints at equal places.
 */
final class CheckpointPlan {
    static final long INSTRUCTIONS_FIRST = 1L << 24;
    static final int COUNT_PER_SPACING = 64;
    static final long INSTRUCTIONS_PER_PAGE = 25_000;

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
     * @param pages that differ from the checkpoint before
     */
    void taken(long icount, long pages) {
        switch (spacing.unit()) {
            case AUTOMATIC -> {
                if (++count % COUNT_PER_SPACING == 0) {
                    interval *= 2;
                }
                due = icount + Math.max(interval, pages * INSTRUCTIONS_PER_PAGE);
            }
            case INSTRUCTIONS -> {}
            case MILLISECONDS -> dueNanos = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(spacing.value());
        }
    }
}
