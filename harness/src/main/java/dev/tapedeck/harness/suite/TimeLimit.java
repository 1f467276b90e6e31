package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.program.ProgramLimits;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Ends what takes too long by the clock. */
public final class TimeLimit implements AutoCloseable {
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,12})\\s*(ms|s|m|h|)");
    /** Whoever did not hear it the first time is told again. */
    private static final long AGAIN_MILLIS = 100;

    private static final ScheduledThreadPoolExecutor CLOCK = clock();

    private final @Nullable ScheduledFuture<?> alarm;

    private TimeLimit(@Nullable ScheduledFuture<?> alarm) {
        this.alarm = alarm;
    }

    /** Has no thread where nothing is watched. */
    private static ScheduledThreadPoolExecutor clock() {
        ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "tapedeck-timeout");
            thread.setDaemon(true);
            return thread;
        });
        clock.setRemoveOnCancelPolicy(true);
        clock.setKeepAliveTime(1, TimeUnit.SECONDS);
        clock.allowCoreThreadTimeOut(true);
        return clock;
    }

    /**
     * Watches what is done until it is closed.
     *
     * @param limit nothing is watched without one
     * @param alarm ends it; called in another thread when the time is over, and again until this is closed
     */
    static TimeLimit watch(Optional<Duration> limit, Runnable alarm) {
        return new TimeLimit(limit.map(time ->
                        CLOCK.scheduleWithFixedDelay(alarm, time.toMillis(), AGAIN_MILLIS, TimeUnit.MILLISECONDS))
                .orElse(null));
    }

    /** Reads a time such as {@code 10 s}, {@code 500ms}, {@code 2 m}, {@code 1 h} or {@code 30}, which is seconds. */
    public static Optional<Duration> parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return Optional.empty();
        }
        long unit = switch (matcher.group(2)) {
            case "ms" -> 1;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            default -> 1000;
        };
        long number = Long.parseLong(matcher.group(1));
        return number >= 1 && number <= ProgramLimits.TIMEOUT_MILLIS_MAX / unit
                ? Optional.of(Duration.ofMillis(number * unit))
                : Optional.empty();
    }

    /** The same in words, as it can be read again: {@code 10 s}. */
    public static String words(Duration time) {
        long millis = time.toMillis();
        if (millis % 3_600_000 == 0) {
            return Words.count(millis / 3_600_000) + " h";
        } else if (millis % 60_000 == 0) {
            return Words.count(millis / 60_000) + " m";
        } else if (millis % 1000 == 0) {
            return Words.count(millis / 1000) + " s";
        }
        return Words.count(millis) + " ms";
    }

    @Override
    public void close() {
        if (alarm != null) {
            alarm.cancel(false);
        }
    }
}
