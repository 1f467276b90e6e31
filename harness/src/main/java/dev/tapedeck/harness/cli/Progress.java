package dev.tapedeck.harness.cli;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * A bar on standard error that says how far a long run has come. It is shown only to a person, only after a while, only
 * where no program writes on the same screen meanwhile, and it is gone in the end.
 */
final class Progress implements AutoCloseable {
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int BETWEEN_MILLIS = 200;
    private static final long MILLION = 1_000_000;

    private final Terminal terminal;
    private final boolean shown;
    private final String doing;
    private final long instructions;
    private final long start = System.nanoTime();
    private @Nullable ProgressBar bar;

    private Progress(Terminal terminal, boolean shown, String doing, long instructions) {
        this.terminal = terminal;
        this.shown = shown;
        this.doing = doing;
        this.instructions = instructions;
    }

    /**
     * Of a program that writes to standard output while it runs, nobody knows for how long.
     *
     * @param doing such as {@code recording}
     */
    static Progress ofProgram(Terminal terminal, String doing) {
        return new Progress(terminal, terminal.errInteractive() && !terminal.outInteractive(), doing, -1);
    }

    /** Of work that writes its result when it is done, nobody knows when. */
    static Progress of(Terminal terminal, String doing) {
        return of(terminal, doing, -1);
    }

    /**
     * Of work that writes its result when it is done.
     *
     * @param doing such as {@code replaying}
     * @param instructions how many there are in all
     */
    static Progress of(Terminal terminal, String doing, long instructions) {
        return new Progress(terminal, terminal.errInteractive(), doing, instructions);
    }

    /** The run has come to this instruction count. */
    void at(long icount) {
        at(icount, System.nanoTime());
    }

    /** The same, at a time by {@link System#nanoTime}. */
    void at(long icount, long now) {
        if (!shown || now - start < SILENT_NANOS) {
            return;
        }
        if (bar == null) {
            bar = ProgressBar.builder()
                    .setTaskName(doing)
                    .setInitialMax(instructions)
                    .setUnit("M instructions", MILLION)
                    .startsFrom(icount, Duration.ofNanos(now - start))
                    .setUpdateIntervalMillis(BETWEEN_MILLIS)
                    .setStyle(ProgressBarStyle.ASCII)
                    .showSpeed()
                    .setConsumer(new Line(terminal))
                    .build();
            bar.refresh();
        }
        bar.stepTo(icount);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            terminal.err().print("\r" + " ".repeat(lineLength(terminal)) + "\r");
            terminal.err().flush();
        }
    }

    /** A line that is full moves the cursor to the next one in some terminals. */
    private static int lineLength(Terminal terminal) {
        return terminal.width() - 1;
    }

    /** One line of the terminal, written over and over. */
    private record Line(Terminal terminal) implements ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return lineLength(terminal);
        }

        @Override
        public void accept(String text) {
            terminal.err().print("\r" + text);
            terminal.err().flush();
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
