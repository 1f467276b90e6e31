package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.SignalQueue;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Threads of the computer's clock that raise signals while a program runs. */
final class RealTimers implements AutoCloseable {
    /**
     * @param milliseconds between two signals, 1 to {@value #MILLISECONDS_MAX}
     * @param signal 1 to 31; its payload is the number of the tick, from 1
     */
    record Timer(long milliseconds, int signal) {
        static final long MILLISECONDS_MAX = 86_400_000;
    }

    private final @Nullable SignalQueue signals;
    private final @Nullable ScheduledExecutorService clock;

    RealTimers(List<Timer> timers) {
        if (timers.isEmpty()) {
            signals = null;
            clock = null;
            return;
        }
        SignalQueue queue = new SignalQueue();
        signals = queue;
        clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "tapedeck-timers");
            thread.setDaemon(true);
            return thread;
        });
        for (Timer timer : timers) {
            long[] tick = {0};
            Future<?> unused = clock.scheduleAtFixedRate(
                    // What a program does not keep up with is lost, as with any timer.
                    () -> queue.offer(timer.signal, ++tick[0]),
                    timer.milliseconds,
                    timer.milliseconds,
                    TimeUnit.MILLISECONDS);
        }
    }

    /** What the timers raise; null if there are none. */
    @Nullable
    SignalQueue signals() {
        return signals;
    }

    @Override
    public void close() {
        if (clock != null) {
            clock.shutdownNow();
        }
    }
}
