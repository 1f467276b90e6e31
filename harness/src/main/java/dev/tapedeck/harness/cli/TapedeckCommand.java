package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.report.ConsoleReport;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code tapedeck} itself: what every command shares, and the list of commands. */
@Command(
        name = "tapedeck",
        description = {
            "Records every instruction of a program, replays it exactly, and finds the first instruction at which two"
                    + " runs part."
        },
        synopsisHeading = "",
        customSynopsis = "Usage: tapedeck COMMAND [OPTIONS] [ARGUMENTS]",
        descriptionHeading = "%n",
        commandListHeading = "",
        optionListHeading = "%nOptions%n",
        footerHeading = "%n",
        footer = {
            "Begin with:",
            "  tapedeck demo           the whole path in under a minute",
            "  tapedeck help COMMAND   what a command does, with an example",
            "",
            "A recording is a directory; nothing else is needed to replay it. PROG is a .bc, .tasm, .wasm or .wat file.",
            "Exit codes: 0 fine or the same, 1 different or failed, 2 wrong usage, 65 bad data, 70 internal error."
        },
        versionProvider = TapedeckCommand.Version.class)
final class TapedeckCommand implements Callable<Integer> {
    static final String STACKTRACE_OPTION = "--stacktrace";

    /**
     * A command.
     *
     * @param task what it is for; commands of one task stand together in the help
     */
    private record Entry(String task, String name, Function<Terminal, Object> make) {}

    private static final List<Entry> COMMANDS = List.of(
            new Entry("Write programs", "asm", AsmCommand::new),
            new Entry("Write programs", "import", ImportCommand::new),
            new Entry("Write programs", "dis", DisCommand::new),
            new Entry("Write programs", "verify", VerifyCommand::new),
            new Entry("Run and record", "run", RunCommand::new),
            new Entry("Run and record", "record", RecordCommand::new),
            new Entry("Run and record", "replay", ReplayCommand::new),
            new Entry("Run and record", "test", TestCommand::new),
            new Entry("Run and record", "review", ReviewCommand::new),
            new Entry("Look into a recording", "stats", StatsCommand::new),
            new Entry("Look into a recording", "log", LogCommand::new),
            new Entry("Look into a recording", "state", StateCommand::new),
            new Entry("Find what went wrong", "bisect", BisectCommand::new),
            new Entry("Find what went wrong", "slice", SliceCommand::new),
            new Entry("Find what went wrong", "diff", DiffCommand::new),
            new Entry("Find what went wrong", "report", ReportCommand::new),
            new Entry("Keep recordings and states", "pack", PackCommand::new),
            new Entry("Keep recordings and states", "unpack", UnpackCommand::new),
            new Entry("Keep recordings and states", "snapshots", SnapshotsCommand::new),
            new Entry("Get to know it", "demo", DemoCommand::new),
            new Entry("Get to know it", "bench", BenchCommand::new),
            new Entry("Get to know it", GenerateCompletionCommand.NAME, GenerateCompletionCommand::new));

    @Spec
    private CommandSpec spec = CommandSpec.create();

    // Picocli itself acts on the first two, and Main looks for the others before anything is parsed.

    @SuppressWarnings("UnusedVariable")
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Shows this help.")
    private boolean help;

    @SuppressWarnings("UnusedVariable")
    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Shows the version.")
    private boolean version;

    @SuppressWarnings("UnusedVariable")
    @Option(
            names = STACKTRACE_OPTION,
            hidden = true,
            scope = ScopeType.INHERIT,
            description = "Shows where an internal error comes from.")
    private boolean stacktrace;

    @SuppressWarnings("UnusedVariable")
    @Option(
            names = Colour.OPTION,
            paramLabel = "WHEN",
            scope = ScopeType.INHERIT,
            description = "Colours: ${COMPLETION-CANDIDATES} (default: auto, on a terminal and without NO_COLOR).")
    private Colour colour = Colour.AUTO;

    private TapedeckCommand() {}

    /**
     * The parser. Only the command that is asked for is made, where one is: each costs time at the start.
     *
     * @param args the command line, to see which command that is
     */
    static CommandLine commandLine(List<String> args, Terminal terminal) {
        CommandLine root = new CommandLine(new TapedeckCommand());
        String wanted = args.isEmpty() ? "" : args.get(0);
        boolean one = !wanted.equals(GenerateCompletionCommand.NAME)
                && COMMANDS.stream().anyMatch(entry -> entry.name.equals(wanted));
        boolean none = wanted.equals("--version") || wanted.equals("-V");
        for (Entry entry : COMMANDS) {
            if (!none && (!one || entry.name.equals(wanted))) {
                root.addSubcommand(entry.name, entry.make.apply(terminal));
            }
        }
        root.registerConverter(Path.class, new PathConverter());
        root.getCommandSpec()
                .usageMessage()
                .sectionKeys(List.of(
                        UsageMessageSpec.SECTION_KEY_SYNOPSIS,
                        UsageMessageSpec.SECTION_KEY_DESCRIPTION_HEADING,
                        UsageMessageSpec.SECTION_KEY_DESCRIPTION,
                        UsageMessageSpec.SECTION_KEY_COMMAND_LIST,
                        UsageMessageSpec.SECTION_KEY_OPTION_LIST_HEADING,
                        UsageMessageSpec.SECTION_KEY_OPTION_LIST,
                        UsageMessageSpec.SECTION_KEY_FOOTER_HEADING,
                        UsageMessageSpec.SECTION_KEY_FOOTER));
        root.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, TapedeckCommand::commandList);
        root.setOut(new PrintWriter(terminal.out(), false, StandardCharsets.UTF_8));
        root.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
        root.setColorScheme(
                Help.defaultColorScheme(terminal.paint() == ConsoleReport.Paint.ANSI ? Help.Ansi.ON : Help.Ansi.OFF));
        root.setUsageHelpWidth(Math.max(72, Math.min(120, terminal.width())));
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setParameterExceptionHandler((exception, parsed) -> wrongUsage(exception, terminal));
        return root;
    }

    /** Whether there is such a command. */
    static boolean exists(String name) {
        return COMMANDS.stream().anyMatch(entry -> entry.name.equals(name));
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return ExitCodes.USAGE;
    }

    private static int wrongUsage(ParameterException exception, Terminal terminal) {
        CommandLine command = exception.getCommandLine();
        String message = message(exception);
        terminal.out().flush();
        terminal.message("tapedeck: " + dev.tapedeck.harness.text.Visible.of(message));
        List<String> similar = new ArrayList<>();
        if (exception instanceof CommandLine.UnmatchedArgumentException unmatched) {
            String wanted = unmatched.getUnmatched().get(0);
            unmatched.getSuggestions().stream()
                    // Picocli also suggests what hardly has a letter in common.
                    .filter(suggestion -> wanted.startsWith("-") || suggestion.startsWith(wanted.substring(0, 1)))
                    .forEach(similar::add);
        }
        if (!similar.isEmpty()) {
            terminal.message("  did you mean " + String.join(" or ", similar.subList(0, Math.min(3, similar.size())))
                    + "?");
        }
        String name = command.getCommandSpec().qualifiedName();
        terminal.message("  " + name + " --help shows how it is used");
        return ExitCodes.USAGE;
    }

    /** An unknown option is named even where something is missing as well: it is the likelier mistake. */
    private static String message(ParameterException exception) {
        if (exception instanceof CommandLine.MissingParameterException) {
            List<String> unknown = exception.getCommandLine().getUnmatchedArguments();
            if (!unknown.isEmpty() && unknown.get(0).startsWith("-")) {
                return "there is no option '" + unknown.get(0) + "'";
            }
        }
        if (exception instanceof CommandLine.UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().get(0);
            if (first.startsWith("-")) {
                return "there is no option '" + first + "'";
            }
            return exception.getCommandLine().getParent() == null
                    ? "there is no command '" + first + "'"
                    : "'" + first + "' is one argument too many";
        }
        return String.valueOf(exception.getMessage());
    }

    /** The commands by task, instead of one long list. */
    private static String commandList(Help help) {
        StringBuilder text = new StringBuilder();
        String task = "";
        for (Entry entry : COMMANDS) {
            Help command = help.allSubcommands().get(entry.name);
            if (command == null) {
                continue;
            }
            if (!entry.task.equals(task)) {
                task = entry.task;
                text.append('\n')
                        .append(help.colorScheme().text("@|bold " + task + "|@"))
                        .append('\n');
            }
            String[] description = command.commandSpec().usageMessage().description();
            appendWrapped(text, entry.name, description.length == 0 ? "" : description[0], help);
        }
        return text.toString();
    }

    private static void appendWrapped(StringBuilder text, String name, String description, Help help) {
        int width = help.commandSpec().usageMessage().width();
        StringBuilder line = new StringBuilder(String.format("  %-22s", name));
        int indent = line.length();
        for (String word : description.split(" ", -1)) {
            if (line.length() > indent && line.length() + 1 + word.length() > width) {
                text.append(line).append('\n');
                line.setLength(0);
                line.append(" ".repeat(indent));
            } else if (line.length() > indent) {
                line.append(' ');
            }
            line.append(word);
        }
        text.append(line).append('\n');
    }

    /** The version in the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"tapedeck " + text()};
        }

        static String text() {
            return Objects.requireNonNullElse(
                    TapedeckCommand.class.getPackage().getImplementationVersion(), "development");
        }
    }
}
