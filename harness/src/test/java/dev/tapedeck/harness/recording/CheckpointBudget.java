package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.benchmark.WrittenMemory;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * What checkpoints cost beside what they may cost, by the number of pages written since the one before, spread evenly over
 * memory. Not with JMH: what happens between two measured steps matters here. Times are those of the thread.
 */
public final class CheckpointBudget {
    private static final double BUDGET_MICROS = 20;
    private static final double BUDGET_MICROS_PER_PAGE = 1;

    /** What the steps together should at least take, for the medians to mean something. */
    private static final long PAGES_MEASURED = 400_000;

    private static final int ROUNDS_MIN = 25;
    private static final int ROUNDS_MAX = 4_000;

    /**
     * Medians in microseconds.
     *
     * @param snapshot taking a snapshot, and counting the pages written since the one before
     * @param copies what the first writes to the pages behind it take longer than others
     * @param restore putting the snapshot back after the pages have been written to again
     * @param distant putting back a snapshot that differs in the pages, without writing to them
     * @param stored what remains to be done for a checkpoint in a recording: digest, encoding, compression. It is done by
     *     another thread than the machine's
     */
    public record Costs(int pages, double snapshot, double copies, double restore, double distant, double stored) {
        public double budget() {
            return BUDGET_MICROS + BUDGET_MICROS_PER_PAGE * pages;
        }

        /** All that a checkpoint takes of the machine's thread. */
        public double checkpoint() {
            return snapshot + copies;
        }
    }

    private CheckpointBudget() {}

    /** @param gib size of the memory, 1 to 4 */
    public static Costs measure(int gib, int pages) {
        return measure(gib, pages, (int) Math.max(ROUNDS_MIN, Math.min(ROUNDS_MAX, PAGES_MEASURED / (pages + 1))));
    }

    /** @param rounds how often each step is measured, after as many of warm-up */
    public static Costs measure(int gib, int pages, int rounds) {
        WrittenMemory memory = new WrittenMemory(gib, pages);
        Machine machine = memory.machine();
        StateDigest digest = new StateDigest();
        memory.write();
        Snapshot before = machine.snapshot();
        digest.next(before);
        double[] snapshot = new double[rounds];
        double[] copies = new double[rounds];
        double[] restore = new double[rounds];
        double[] distant = new double[rounds];
        double[] stored = new double[rounds];
        // The first half is the warm-up.
        for (int i = -rounds; i < rounds; i++) {
            int at = Math.max(i, 0);
            double first = micros(memory::write);
            copies[at] = Math.max(0, first - micros(memory::write));
            Snapshot[] taken = new Snapshot[1];
            Snapshot base = before;
            snapshot[at] = micros(() -> {
                taken[0] = machine.snapshot();
                // What says when the next one is due.
                if (taken[0].unsharedPageCount(base) > pages) {
                    throw new IllegalStateException("more pages than were written");
                }
            });
            Snapshot now = taken[0];
            stored[at] = micros(() -> {
                long stateDigest = digest.next(now);
                byte[] delta = StoredState.delta(now, base);
                if (delta == null) {
                    throw new IllegalStateException("the delta is too large");
                }
                new CheckpointDescriptor(now.icount(), stateDigest, CheckpointDescriptor.Form.DELTA, delta).encode();
            });
            memory.write();
            restore[at] = micros(() -> machine.restore(now));
            machine.restore(base);
            distant[at] = micros(() -> machine.restore(now));
            before = now;
        }
        return new Costs(pages, median(snapshot), median(copies), median(restore), median(distant), median(stored));
    }

    private static double micros(Runnable step) {
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        step.run();
        return (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / 1e3;
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
