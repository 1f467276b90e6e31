package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisector;
import dev.tapedeck.harness.github.GitHubActions;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.report.ConsoleReport;
import dev.tapedeck.harness.report.HtmlReport;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.report.MarkdownReport;
import dev.tapedeck.harness.report.ReferenceRun;
import dev.tapedeck.harness.report.Report;
import dev.tapedeck.harness.report.ReportContent;
import dev.tapedeck.harness.text.Visible;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck bisect}. */
@Command(
        name = "bisect",
        description = {
            "Finds the first instruction at which two runs part; or at which a condition becomes true in one run.",
            "",
            "A is the reference, B the run in question: two runs of one program, or of two versions of it. What differs,"
                    + " who wrote it, and what led there on both sides.",
            "",
            "With --when there is one recording only. A condition is written as in C, over icount, line, global.NAME, local.NAME,"
                    + " mem32[ADDRESS], in(FUNCTION), changed(VALUE) and others: see docs/conditions.md."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tapedeck bisect before.tape after.tape",
            "  tapedeck bisect sum.approved.rec sum.tape --html sum.html",
            "  tapedeck bisect sum.tape --when 'mem32[0x1000] == 7 && global.count > 3'",
            "  tapedeck bisect sum.tape --last --when 'changed(global.count)'"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the runs do not differ; the condition is true somewhere",
            "1:they do; it never is",
            "2:wrong usage",
            "65:one of the recordings is not usable; with --when, it does not replay"
        })
final class BisectCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "A", description = "The reference: a recording, or a packed one.")
    private Path a = Path.of("");

    @Parameters(index = "1", arity = "0..1", paramLabel = "B", description = "The run in question.")
    private @Nullable Path b;

    @Option(names = "--when", paramLabel = "EXPR", description = "Finds when this condition becomes true in A.")
    private @Nullable String when;

    @Option(names = "--last", description = "With --when: the last time instead of the first.")
    private boolean last;

    @Option(names = "--every", description = "With --when: every time.")
    private boolean every;

    @Option(
            names = "--monotone",
            description = "With --when: once true, it stays true. Then the first time is found by binary search.")
    private boolean monotone;

    @Option(names = "--json", description = "Prints the result as JSON.")
    private boolean json;

    @Option(names = "--html", paramLabel = "FILE", description = "Also writes an HTML report, one file.")
    private @Nullable Path html;

    @Option(names = "--md", paramLabel = "FILE", description = "Also writes a Markdown report.")
    private @Nullable Path markdown;

    BisectCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (when != null) {
            return answer(when);
        }
        if (last || every || monotone) {
            throw CommandException.usage("--last, --every and --monotone go with --when");
        }
        if (b == null) {
            throw CommandException.usage("bisect needs two recordings, or one and --when");
        }
        return compare(b);
    }

    private int answer(String text) throws Exception {
        if (b != null) {
            throw CommandException.usage("--when goes with one recording, and there are two");
        }
        if (html != null || markdown != null) {
            throw CommandException.usage("--html and --md go with two recordings");
        }
        if (last && every) {
            throw CommandException.usage("--last does not go with --every");
        }
        ConditionAnswer.Which which =
                last ? ConditionAnswer.Which.LAST : every ? ConditionAnswer.Which.EVERY : ConditionAnswer.Which.FIRST;
        try (Recording recording = Recordings.open(a, terminal)) {
            boolean found = ConditionAnswer.of(terminal, recording, text, which, monotone)
                    .print(json);
            return found ? ExitCodes.FINE : ExitCodes.DIFFERENT;
        } catch (ReplayException e) {
            // Elsewhere the exit code would be that of an answer: that the condition is never true.
            throw CommandException.data("the recording does not replay: " + e.getMessage());
        }
    }

    private int compare(Path inQuestion) throws Exception {
        try (Recording reference = Recordings.open(a, terminal);
                Recording question = Recordings.open(inQuestion, terminal)) {
            Bisection bisection = bisect(reference, question, terminal);
            if (json) {
                terminal.print(JsonReport.render(bisection));
            } else {
                terminal.print(ConsoleReport.render(bisection, terminal.width(), terminal.paint()));
            }
            boolean github = GitHubActions.of(terminal.environment()).isPresent();
            if (html != null || markdown != null || github) {
                ReportContent content = ReportContent.of(
                        new Report(
                                a + " against " + inQuestion,
                                "",
                                question,
                                Optional.of(bisection),
                                Optional.of(ReferenceRun.of(reference, bisection)),
                                Optional.empty()),
                        ReportCommand.sources(inQuestion));
                if (html != null) {
                    write(html, HtmlReport.render(content));
                }
                if (markdown != null) {
                    write(markdown, MarkdownReport.render(content));
                }
                GitHubLog.report(content, bisection.diverged(), inQuestion, terminal, json);
            }
            return bisection.diverged() ? ExitCodes.DIFFERENT : ExitCodes.FINE;
        }
    }

    /** Bisects, and says on the way how far it is. */
    static Bisection bisect(Recording reference, Recording question, Terminal terminal) throws RecordingException {
        try (Progress progress = Progress.of(terminal, "bisecting")) {
            return Bisector.bisect(reference, question, progress::at);
        }
    }

    private void write(Path file, String text) throws CommandException {
        OutputFile.write(file, text.getBytes(StandardCharsets.UTF_8));
        terminal.message("wrote " + Visible.of(file.toString()));
    }
}
