package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.text.Words;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * A line on standard error that says how far a long run has come. It is shown only to a person, only after a while, only
 * where no program writes on the same screen meanwhile, and it is gone in the end.
 */
final class Progress implements AutoCloseable {
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long BETWEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Terminal terminal;
    private final boolean shown;
    private final String doing;
    private final long start;
    private long next;
    private int length;

    private Progress(Terminal terminal, boolean shown, String doing, long now) {
        this.terminal = terminal;
        this.shown = shown;
        this.doing = doing;
        start = now;
        next = now + SILENT_NANOS;
    }

    /**
     * Of a program that writes to standard output while it runs.
     *
     * @param doing such as {@code recording}
     */
    static Progress ofProgram(Terminal terminal, String doing) {
        return new Progress(
                terminal, terminal.errInteractive() && !terminal.outInteractive(), doing, System.nanoTime());
    }

    /**
     * Of work that writes its result when it is done.
     *
     * @param doing such as {@code replaying}
     */
    static Progress of(Terminal terminal, String doing) {
        return new Progress(terminal, terminal.errInteractive(), doing, System.nanoTime());
    }

    /** The run has come to this instruction count. */
    void at(long icount) {
        at(icount, System.nanoTime());
    }

    /** The same, at a time by {@link System#nanoTime}. */
    void at(long icount, long now) {
        if (!shown || now < next) {
            return;
        }
        next = now + BETWEEN_NANOS;
        double seconds = (now - start) / 1e9;
        String text = String.format(
                Locale.ROOT,
                "%s: %s, %.0f million a second",
                doing,
                Words.count(icount, "instruction"),
                icount / seconds / 1e6);
        terminal.err().print("\r" + text + " ".repeat(Math.max(0, length - text.length())));
        terminal.err().flush();
        length = text.length();
    }

    @Override
    public void close() {
        if (length > 0) {
            terminal.err().print("\r" + " ".repeat(length) + "\r");
            terminal.err().flush();
        }
    }
}
