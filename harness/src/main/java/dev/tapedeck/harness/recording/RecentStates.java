package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Snapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * States of the last stretch of a run, kept in memory while it goes on and written as checkpoints when it ends: what led to
 * the end is what is looked at most. There are few of them, close together near the present and wider apart further back,
 * none older than the last checkpoint that was written. With automatic spacing only: else checkpoints stand where they
 * were asked for.
 *
 * <p>What they cost is bounded like that of {@link CheckpointPlan}: a page that is written behind a snapshot has to be paid
 * for by {@value #INSTRUCTIONS_PER_PAGE} instructions before the next one, a page that is stored at the end by {@value
 * #INSTRUCTIONS_PER_STORED_PAGE} instructions of the run. All of it depends on the run alone.
 */
final class RecentStates {
    /** The least distance. */
    static final long INSTRUCTIONS = 1L << 20;

    static final long INSTRUCTIONS_PER_PAGE = 40_000;
    static final long INSTRUCTIONS_PER_STORED_PAGE = 100_000;

    /** What storing a state takes besides its pages, in pages. */
    static final int PAGES_PER_STATE = 20;

    /** Pages that are held for nothing else. */
    static final long PAGES_MAX = 4096;

    /** Of the n-th state and those before, the last two are kept whose numbers are multiples of 1, 2, 4 and 8. */
    private static final int LEVELS = 4;

    static final int COUNT_MAX = LEVELS + 1;

    /** @param pages how many it does not share with the one before it, or with the last checkpoint; at most */
    private record Held(long number, Snapshot snapshot, long pages) {}

    private final boolean wanted;
    private final List<Held> held = new ArrayList<>();
    private Snapshot stored;
    private Snapshot last;
    private long number;
    private long due;

    /** @param initial the first checkpoint */
    RecentStates(CheckpointSpacing spacing, Snapshot initial) {
        wanted = spacing.unit() == CheckpointSpacing.Unit.AUTOMATIC;
        stored = initial;
        last = initial;
        due = initial.icount() + INSTRUCTIONS;
    }

    /** Whether a state is to be {@linkplain #add added} at an instruction count at which a block ends. */
    boolean isDue(long icount) {
        return wanted && icount >= due;
    }

    void add(Snapshot snapshot) {
        long pages = snapshot.unsharedPageCount(last);
        due = snapshot.icount() + Math.max(INSTRUCTIONS, pages * INSTRUCTIONS_PER_PAGE);
        last = snapshot;
        held.add(new Held(++number, snapshot, pages));
        for (int i = held.size() - 2; i >= 0; i--) {
            if (!isKept(held.get(i).number)) {
                drop(i);
            }
        }
        while (!held.isEmpty() && held.stream().mapToLong(Held::pages).sum() > PAGES_MAX) {
            held.remove(0);
        }
        if (held.isEmpty()) {
            // A state in which so much is changing is too large to be held only for the chance of an end.
            last = stored;
            due = Long.MAX_VALUE;
        }
    }

    private boolean isKept(long candidate) {
        for (int level = 0; level < LEVELS; level++) {
            long step = 1L << level;
            if (candidate % step == 0 && candidate >= (number / step - 1) * step) {
                return true;
            }
        }
        return false;
    }

    /** The one behind it takes over its pages. */
    private void drop(int index) {
        Held gone = held.remove(index);
        Held next = held.get(index);
        held.set(index, new Held(next.number, next.snapshot, next.pages + gone.pages));
    }

    /** Takes note of a checkpoint that is written anyway. */
    void stored(Snapshot snapshot) {
        held.clear();
        number = 0;
        stored = snapshot;
        last = snapshot;
        due = snapshot.icount() + INSTRUCTIONS;
    }

    /** Those to write, in order, when a run has ended after so many instructions: the last ones, as many as it pays for. */
    List<Snapshot> chosen(long icount) {
        long payable = icount / INSTRUCTIONS_PER_STORED_PAGE;
        long later = 0;
        int first = held.size();
        for (int i = held.size() - 1; i >= 0; i--) {
            Snapshot snapshot = held.get(i).snapshot;
            later += PAGES_PER_STATE;
            if (later + snapshot.unsharedPageCount(stored) <= payable) {
                first = i;
            }
            later += i == 0 ? 0 : snapshot.unsharedPageCount(held.get(i - 1).snapshot);
        }
        return held.subList(first, held.size()).stream().map(Held::snapshot).toList();
    }
}
