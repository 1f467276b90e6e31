package dev.tapedeck.harness.recording;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Carries out steps one after the other, in the order in which they come, while whoever brings them goes on. A few may
 * wait; whoever brings one more waits, too. At most one thread works for it at a time, from a pool that all share, and none
 * while there is nothing to do. Without a thread to be had, steps are carried out by whoever brings them.
 *
 * <p>When a step fails, no further one is carried out. Its exception comes out wherever the next one is brought or somebody
 * waits, and each time after that; at once if it was carried out by whoever brought it. One that is no {@link
 * RecordingException} becomes the cause of one; an error stays an error.
 */
final class Conveyor {
    /** One step. */
    interface Step {
        void run() throws RecordingException;
    }

    /** How many steps wait, besides the one that is carried out: what is lost when the process is killed. */
    static final int WAITING_MAX = 8;

    /** What the steps that wait, and the one that is carried out, hold together; a single larger one has all for itself. */
    static final long HELD_BYTES_MAX = 64L << 20;

    /** Starting a thread, or waking one, takes longer than the first few steps. */
    private static final int STEPS_AT_ONCE = 4;

    /** Not the common pool, on which whoever uses this may have work that waits. Threads go when there is nothing to do. */
    private static final Executor THREADS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "tapedeck-recording");
        thread.setDaemon(true);
        return thread;
    });

    private final boolean alone;
    private final Executor threads;
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private boolean busy;
    private long heldBytes;
    private long brought;
    private long done;
    private @Nullable Throwable failure;

    private record Waiting(Step step, long bytes) {}

    Conveyor() {
        this(Runtime.getRuntime().availableProcessors() == 1);
    }

    /** @param alone whether all steps are carried out by whoever brings them */
    Conveyor(boolean alone) {
        this(alone, THREADS);
    }

    Conveyor(boolean alone, Executor threads) {
        this.alone = alone;
        this.threads = threads;
    }

    /** Brings a step that holds little. */
    void add(Step step) throws RecordingException {
        add(0, step);
    }

    /**
     * Brings a step. The first ones are carried out before this returns.
     *
     * @param bytes what the step holds until it has been carried out
     */
    void add(long bytes, Step step) throws RecordingException {
        boolean here;
        synchronized (this) {
            boolean atOnce = alone || brought < STEPS_AT_ONCE;
            awaitUntil(atOnce ? 0 : WAITING_MAX - 1, bytes);
            waiting.add(new Waiting(step, bytes));
            heldBytes += bytes;
            brought++;
            here = !busy && (atOnce || !started());
            busy = true;
        }
        if (here) {
            work();
            await();
        }
    }

    private boolean started() {
        try {
            threads.execute(this::work);
            return true;
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            // The latter is how Java says that the system gives no more threads.
            return false;
        }
    }

    /** Waits until all steps have been carried out. */
    synchronized void await() throws RecordingException {
        awaitUntil(0, 0);
    }

    /** The same, whatever has become of them. */
    synchronized void settle() {
        try {
            awaitUntil(0, 0);
        } catch (RecordingException | RuntimeException | Error e) {
            // Who gives up has a reason already.
        }
    }

    /**
     * Waits until the steps that have been brought so far have been carried out, although more may come meanwhile.
     *
     * @return whether they have; not if one failed or the time was over
     */
    synchronized boolean drain(long milliseconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(milliseconds);
        long last = brought;
        while (done < last && failure == null) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return failure == null;
    }

    /** Waits until at most so many steps wait, and one of so many bytes has room; for 0, until none is carried out. */
    private void awaitUntil(int waitingMax, long bytes) throws RecordingException {
        boolean interrupted = false;
        while (busy
                && (waitingMax == 0
                        || waiting.size() > waitingMax
                        || (heldBytes > 0 && heldBytes + bytes > HELD_BYTES_MAX))) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (failure instanceof RecordingException exception) {
            throw exception;
        } else if (failure instanceof Error error) {
            throw error;
        }
    }

    private void work() {
        Waiting next = next(null);
        while (next != null) {
            try {
                next.step.run();
            } catch (RecordingException | Error e) {
                fail(e);
            } catch (RuntimeException e) {
                fail(RecordingException.inWriting(e));
            }
            next = next(next);
        }
    }

    private synchronized @Nullable Waiting next(@Nullable Waiting before) {
        if (before != null) {
            heldBytes -= before.bytes;
            done++;
        }
        Waiting next = waiting.poll();
        busy = next != null;
        notifyAll();
        return next;
    }

    private synchronized void fail(Throwable e) {
        failure = e;
        for (Waiting dropped : waiting) {
            heldBytes -= dropped.bytes;
        }
        waiting.clear();
    }
}
