package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.text.Visible;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** Entry point of {@code tapedeck} and of {@code java -jar tapedeck.jar}. */
public final class Main {
    /** Set to anything, it makes an unexpected error print where in Tapedeck it comes from. */
    private static final String STACKTRACE = "TAPEDECK_STACKTRACE";

    private final Terminal terminal;
    private final boolean stacktrace;

    private Main(Terminal terminal, boolean stacktrace) {
        this.terminal = terminal;
        this.stacktrace = stacktrace;
    }

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        // Chronicle would otherwise start a thread that watches the disk and logs.
        System.setProperty("chronicle.disk.monitor.disable", "true");
        int exitCode = run(List.of(args), Terminal.ofProcess(System.getenv()), System.getenv());
        System.exit(exitCode);
    }

    /** Runs one command. Whatever happens, it ends with an exit code and, if that is not 0, one clear message. */
    static int run(List<String> args, Terminal given, Map<String, String> environment) {
        Terminal terminal = given.withPaint(Colour.of(args).paint(given.paint()));
        Main main = new Main(
                terminal,
                !environment.getOrDefault(STACKTRACE, "").isEmpty()
                        || args.contains(TapedeckCommand.STACKTRACE_OPTION));
        int exitCode = main.run(args);
        terminal.out().flush();
        if (terminal.out().closed()
                && !terminal.out().readerGone()
                && (exitCode == ExitCodes.FINE || exitCode == ExitCodes.DIFFERENT)) {
            main.complain("cannot write to standard output: " + terminal.out().failure());
            exitCode = ExitCodes.DATA;
        }
        terminal.err().flush();
        return exitCode;
    }

    private int run(List<String> given) {
        // `help COMMAND` is `COMMAND --help`, so that there is one place where help comes from.
        boolean help = !given.isEmpty() && given.get(0).equals("help");
        List<String> args = help ? helpFor(given) : given;
        try {
            CommandLine commandLine = TapedeckCommand.commandLine(args, terminal);
            commandLine.setExecutionExceptionHandler((exception, command, parsed) -> exitCode(exception));
            return commandLine.execute(args.toArray(new String[0]));
        } catch (Throwable e) {
            // Errors too: a cut memory-mapped file shows as an InternalError, and no way out may end in a bare trace.
            return unexpected(e);
        }
    }

    private static List<String> helpFor(List<String> given) {
        if (given.size() == 1 || given.get(1).equals("help")) {
            return List.of("--help");
        }
        String wanted = given.get(1);
        // One that does not exist is given as it is, for the message that says so.
        return TapedeckCommand.exists(wanted) ? List.of(wanted, "--help") : List.of(wanted);
    }

    private int exitCode(Exception exception) {
        if (exception instanceof CommandException known) {
            complain(String.valueOf(known.getMessage()));
            return known.exitCode();
        } else if (exception instanceof ProgramException || exception instanceof RecordingException) {
            complain(String.valueOf(exception.getMessage()));
            return ExitCodes.DATA;
        } else if (exception instanceof ReplayException) {
            complain("the recording does not replay: " + exception.getMessage());
            return ExitCodes.DIFFERENT;
        } else if (exception instanceof UncheckedIOException unread) {
            // Lists of a recording are read from its file while they are used.
            complain(String.valueOf(unread.getMessage()));
            return ExitCodes.DATA;
        }
        return unexpected(exception);
    }

    private int unexpected(Throwable problem) {
        terminal.out().flush();
        if (problem instanceof OutOfMemoryError) {
            complain("out of memory. Give it more: TAPEDECK_JAVA_OPTS=-Xmx8g");
        } else {
            complain("internal error, please report it: " + problem.getClass().getSimpleName() + ": "
                    + problem.getMessage());
        }
        if (stacktrace) {
            problem.printStackTrace(terminal.err());
        } else {
            terminal.message("  " + TapedeckCommand.STACKTRACE_OPTION + " (or " + STACKTRACE
                    + "=1 in the environment) shows where it comes from");
        }
        return ExitCodes.INTERNAL;
    }

    /** A message whose text may come from files: its lines stay lines, everything else is made harmless. */
    private void complain(String message) {
        terminal.out().flush();
        boolean first = true;
        for (String line : message.split("\n", -1)) {
            terminal.message((first ? "tapedeck: " : "") + Visible.of(line.replace("\t", "    ")));
            first = false;
        }
    }
}
