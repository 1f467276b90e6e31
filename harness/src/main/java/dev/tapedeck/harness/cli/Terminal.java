package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.report.ConsoleReport.Paint;
import java.io.BufferedOutputStream;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a command reads from and writes to, and what stands at the other end. Results go to {@code out}; messages and
 * progress go to {@code err}.
 *
 * @param in standard input
 * @param out standard output; bytes of programs pass through it as they are, text is UTF-8
 * @param err standard error, UTF-8
 * @param outInteractive whether a person reads {@code out} directly
 * @param errInteractive whether a person reads {@code err} directly
 * @param answers whether a person can be asked: reads what is written here, and types what is read
 * @param width columns
 * @param paint colours for {@code out}
 * @param environment of the process
 */
record Terminal(
        InputStream in,
        Output out,
        PrintStream err,
        boolean outInteractive,
        boolean errInteractive,
        boolean answers,
        int width,
        Paint paint,
        Map<String, String> environment) {
    /** Where nobody said otherwise: a common width of build logs. */
    private static final int WIDTH_DEFAULT = 100;

    private static final int WIDTH_MAX = 1_000;

    /** The process's own. */
    static Terminal ofProcess(Map<String, String> environment) {
        boolean outInteractive = interactive(1);
        Output out = new Output(new FileOutputStream(FileDescriptor.out), outInteractive);
        PrintStream err = new PrintStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.err)), true, StandardCharsets.UTF_8);
        // https://no-color.org: any value but the empty one switches colours off.
        boolean colours = outInteractive
                && environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "").equals("dumb");
        return new Terminal(
                new FileInputStream(FileDescriptor.in),
                out,
                err,
                outInteractive,
                interactive(2),
                outInteractive ? interactive(0) : console(),
                width(environment, outInteractive),
                colours ? Paint.ANSI : Paint.PLAIN,
                environment);
    }

    /** The same with other colours. */
    Terminal withPaint(Paint other) {
        return new Terminal(in, out, err, outInteractive, errInteractive, answers, width, other, environment);
    }

    /** Whether nobody looks at what is left, as in continuous integration. */
    boolean automated() {
        return ApprovalMode.automated(environment.get("CI"));
    }

    /** Text on {@code out}. */
    void print(String text) {
        out.text(text);
    }

    /** A line on {@code out}. */
    void println(String line) {
        out.text(line + "\n");
    }

    /** A message for people, on {@code err}. */
    void message(String line) {
        err.println(line);
    }

    /** Whether a file descriptor of the process is a terminal. */
    private static boolean interactive(int descriptor) {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
            return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException e) {
            // No /proc. From JDK 22 on, System.console() does not tell; no colours is the answer that never hurts.
            return false;
        }
    }

    /** Where there is no /proc: a console is both, input and output. From JDK 22 on, one that is no terminal has to be asked. */
    @SuppressWarnings("SystemConsoleNull") // It is null before 22.
    private static boolean console() {
        if (Files.exists(Path.of("/proc/self/fd"))) {
            return false;
        }
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return Boolean.TRUE.equals(Console.class.getMethod("isTerminal").invoke(console));
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    private static int width(Map<String, String> environment, boolean interactive) {
        String columns = environment.getOrDefault("COLUMNS", "");
        if (!columns.matches("[1-9][0-9]{0,3}") && interactive) {
            columns = sttyColumns();
        }
        return columns.matches("[1-9][0-9]{0,3}") ? Math.min(WIDTH_MAX, Integer.parseInt(columns)) : WIDTH_DEFAULT;
    }

    /** Shells rarely export COLUMNS; {@code stty} knows. */
    private static String sttyColumns() {
        try {
            Process process = new ProcessBuilder("stty", "size")
                    .redirectInput(Path.of("/dev/tty").toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(1, TimeUnit.SECONDS)) {
                process.destroy();
                return "";
            }
            String size = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return size.substring(size.indexOf(' ') + 1);
        } catch (IOException e) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }

    /**
     * Standard output. A failure is kept, not thrown, so that a command whose reader has seen enough ({@code | head})
     * still ends as it should; long lists ask {@link #closed} now and then.
     */
    static final class Output extends OutputStream {
        private final OutputStream target;
        private final boolean flushLines;
        private @Nullable IOException failure;

        Output(OutputStream target, boolean flushLines) {
            this.target = new BufferedOutputStream(target, 1 << 16);
            this.flushLines = flushLines;
        }

        void text(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            write(bytes, 0, bytes.length);
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            if (failure != null) {
                return;
            }
            try {
                target.write(bytes, offset, length);
                if (flushLines && length > 0 && bytes[offset + length - 1] == '\n') {
                    target.flush();
                }
            } catch (IOException e) {
                failure = e;
            }
        }

        @Override
        public void flush() {
            if (failure != null) {
                return;
            }
            try {
                target.flush();
            } catch (IOException e) {
                failure = e;
            }
        }

        /** Whether writing has failed: there is no use in going on. */
        boolean closed() {
            return failure != null;
        }

        /** Whether the reader went away, which is no error. */
        boolean readerGone() {
            return failure != null && String.valueOf(failure.getMessage()).contains("Broken pipe");
        }

        /** Why writing failed, or an empty text if it did not. */
        String failure() {
            return failure == null ? "" : String.valueOf(failure.getMessage());
        }
    }
}
