package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.report.ReferenceRun;
import dev.tapedeck.harness.report.Report;
import dev.tapedeck.harness.report.ReportContent;
import dev.tapedeck.harness.report.ReportFiles;
import dev.tapedeck.harness.report.SourceText;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.slice.Slicer;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.program.Program;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck report}. */
@Command(
        name = "report",
        description = {
            "Writes report.md, report.html and report.json about a run.",
            "",
            "With --against, the run is bisected against a reference first. Source lines are shown where the program's"
                    + " source lies beside the recording or in the current directory."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  tapedeck report after.tape --against before.tape -o report",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:written; the runs do not differ",
            "1:written; the runs differ, or without --against, the run failed",
            "2:wrong usage",
            "65:a recording is not usable, or the reports cannot be written"
        })
final class ReportCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "REC", description = "The run in question: a recording, or a packed one.")
    private Path path = Path.of("");

    @Option(names = "--against", paramLabel = "REC", description = "The reference.")
    private @Nullable Path against;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Where the reports go; older ones there are replaced.")
    private Path output = Path.of("");

    @Option(names = "--json", description = "Prints what is in report.json too.")
    private boolean json;

    ReportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        try (Recording recording = Recordings.open(path, terminal)) {
            Optional<Bisection> bisection = Optional.empty();
            Optional<ReferenceRun> compared = Optional.empty();
            if (against == null) {
                // A comparison finds that out where it looks, and says so.
                try (Progress progress = Progress.of(terminal, "verifying", recording.icountEnd())) {
                    Replay.verify(recording, progress::at);
                }
            } else {
                try (Recording reference = Recordings.open(against, terminal)) {
                    Bisection found = BisectCommand.bisect(reference, recording, terminal);
                    bisection = Optional.of(found);
                    compared = Optional.of(ReferenceRun.of(reference, found));
                }
            }
            Program program = recording.program().program();
            String reason = failure(recording, program);
            Report report = new Report(
                    program.name().isEmpty() ? Words.path(path.toString()) : program.name(),
                    reason,
                    recording,
                    bisection,
                    compared,
                    Optional.empty(),
                    bisection.isPresent() || reason.isEmpty() ? Optional.empty() : ending(recording));
            ReportContent content = ReportContent.of(report, sources(path));
            write(content, output, terminal);
            if (json) {
                terminal.print(JsonReport.render(content));
            }
            boolean bad = bisection.map(Bisection::diverged).orElse(!reason.isEmpty());
            GitHubLog.report(content, bad, path, terminal, json);
            return bad ? ExitCodes.DIFFERENT : ExitCodes.FINE;
        }
    }

    /** How the end of a run came about. */
    private static Optional<Slice> ending(Recording recording) throws RecordingException, ReplayException {
        return new Slicer(new Replay(recording), Slicer.INSTRUCTIONS_DEFAULT).ending();
    }

    /** Why a run counts as failed without anything to compare it with; empty if it does not. */
    static String failure(Recording recording, Program program) {
        Optional<Outcome> outcome = recording.outcome();
        if (outcome.isEmpty()) {
            return "";
        }
        boolean fine = switch (outcome.get().kind()) {
            case RETURNED -> true;
            case HALTED -> outcome.get().exitCode() == 0;
            case FAULTED, LIMIT, STOPPED -> false;
        };
        return fine
                ? ""
                : Words.outcome(outcome.get(), program, recording.options().functionIn(program));
    }

    /** Writes the reports and says where they are. */
    static void write(ReportContent content, Path directory, Terminal terminal) throws CommandException {
        try {
            for (Path file : ReportFiles.write(content, directory)) {
                terminal.message("wrote "
                        + Visible.of(directory.resolve(file.getFileName()).toString()));
            }
        } catch (IOException e) {
            throw CommandException.data("cannot write the reports into " + directory, e);
        }
    }

    /** Where source text of a recording's program may lie: beside the recording, or here. */
    static SourceText sources(Path recording) {
        List<Path> folders = new ArrayList<>();
        Path parent = recording.toAbsolutePath().getParent();
        if (parent != null) {
            folders.add(parent);
        }
        folders.add(Path.of("").toAbsolutePath());
        return SourceText.in(folders);
    }
}
