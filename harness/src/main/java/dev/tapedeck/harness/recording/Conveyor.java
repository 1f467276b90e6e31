package dev.tapedeck.harness.recording;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Carries out steps one after the other, in the order in which they come, while whoever brings them goes on. A few may
 * wait; whoever brings one more waits, too. At most one thread works for it at a time, from a pool that all share, and none
 * while there is nothing to do.
 *
 * <p>What a step throws, the next one to bring a step or to wait gets; no further step is carried out.
 */
final class Conveyor {
    /** One step. */
    interface Step {
        void run() throws RecordingException;
    }

    /** What may be lost when the process is killed, and what waits when the disk is slow. */
    static final int WAITING_MAX = 8;

    /** Starting a thread, or waking one, takes longer than the first few steps. */
    private static final int STEPS_AT_ONCE = 4;

    /** Not the common pool, on which whoever uses this may have work that waits. Threads go when there is nothing to do. */
    private static final Executor THREADS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "tapedeck-recording");
        thread.setDaemon(true);
        return thread;
    });

    private final boolean alone = Runtime.getRuntime().availableProcessors() == 1;
    private final Deque<Step> waiting = new ArrayDeque<>();
    private boolean busy;
    private @Nullable Throwable failure;
    private int steps;

    /** Brings a step. The first ones are carried out before this returns, as are all where there is one processor. */
    void add(Step step) throws RecordingException {
        if (alone || steps < STEPS_AT_ONCE) {
            steps++;
            await();
            step.run();
            return;
        }
        synchronized (this) {
            awaitUntil(WAITING_MAX - 1);
            waiting.add(step);
            if (!busy) {
                busy = true;
                try {
                    THREADS.execute(this::work);
                } catch (RuntimeException | Error e) {
                    // No thread can be made.
                    busy = false;
                    fail(e);
                    throw e;
                }
            }
        }
    }

    /** Waits until all steps have been carried out. */
    synchronized void await() throws RecordingException {
        awaitUntil(0);
    }

    /** The same, whatever has become of them. */
    synchronized void settle() {
        try {
            awaitUntil(0);
        } catch (RecordingException | RuntimeException | Error e) {
            // Who gives up has a reason already.
        }
    }

    private void awaitUntil(int waitingMax) throws RecordingException {
        boolean interrupted = false;
        while (busy && (waiting.size() > waitingMax || waitingMax == 0)) {
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
        } else if (failure instanceof RuntimeException exception) {
            throw exception;
        } else if (failure instanceof Error error) {
            throw error;
        }
    }

    private void work() {
        Step step = next();
        while (step != null) {
            try {
                step.run();
            } catch (RecordingException | RuntimeException | Error e) {
                fail(e);
            }
            step = next();
        }
    }

    private synchronized @Nullable Step next() {
        Step step = waiting.poll();
        busy = step != null;
        notifyAll();
        return step;
    }

    private synchronized void fail(Throwable e) {
        failure = e;
        waiting.clear();
    }
}
