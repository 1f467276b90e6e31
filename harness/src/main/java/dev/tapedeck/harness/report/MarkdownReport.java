package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.StateDifference;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Step;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A report as GitHub-flavoured Markdown, readable as plain text too. */
public final class MarkdownReport {
    /** Wider texts push what is behind them to the right. */
    private static final int TEXT_COLUMNS_MAX = 40;

    private static final String SPECIAL = "\\`*_[]<>#|~&";

    private final StringBuilder out = new StringBuilder();
    private final String headings;

    private MarkdownReport(String headings) {
        this.headings = headings;
    }

    public static String render(ReportContent content) {
        MarkdownReport report = new MarkdownReport("## ");
        report.paragraph("# " + text(content.title()));
        if (!content.reason().isEmpty()) {
            report.paragraph("**" + text(content.reason()) + "**");
        }
        report.body(content);
        return report.out.toString();
    }

    /** The same without title and reason, and with headings three levels lower, for use inside of something else. */
    public static String nested(ReportContent content) {
        MarkdownReport report = new MarkdownReport("##### ");
        report.body(content);
        return report.out.toString();
    }

    private void body(ReportContent content) {
        content.bisection().ifPresent(bisection -> bisection(bisection, content.listing()));
        content.slice().ifPresent(slice -> slice("How it came about", slice, Optional.empty()));
        for (ReportContent.Excerpt excerpt : content.excerpts()) {
            heading("In the program, " + text(excerpt.label()));
            List<String> lines = new ArrayList<>();
            for (ReportContent.Line line : excerpt.lines()) {
                lines.add(String.format(
                        Locale.ROOT, "%s %5d  %s", line.marked() ? ">" : " ", line.number(), line.text()));
            }
            paragraph("In " + code(Words.withoutHashes(excerpt.source())) + ":");
            block("", lines);
        }
        ending(content.ending(), content.run().outcome(), content.bisection().isPresent());
        content.errorOutput().ifPresent(output -> {
            heading("Error output" + (output.whole() ? "" : ", its end"));
            block("", output.lines());
        });
        content.textDiff().ifPresent(diff -> {
            heading("Received against approved");
            block("diff", diff.lines().toList());
        });
        run(content.run(), content.bisection());
    }

    private void bisection(Bisection bisection, Listing listing) {
        if (!bisection.diverged()) {
            heading("Bisection");
            paragraph("The runs do not differ.");
            sides(bisection);
            return;
        }
        heading("First divergent instruction");
        paragraph(text(bisection.summary()));
        sides(bisection);
        event("A", bisection.a(), bisection.summary());
        event("B", bisection.b(), bisection.summary());

        if (!bisection.differences().isEmpty()) {
            heading("What differs after it");
            row("where", "A", "B", "last written in A", "last written in B");
            row("---", "---", "---", "---", "---");
            for (StateDifference difference : bisection.differences()) {
                row(
                        cell(difference.location()),
                        cell(difference.a()),
                        cell(difference.b()),
                        writer(difference.writerA()),
                        writer(difference.writerB()));
            }
            out.append('\n');
        }
        bisection.consequences().ifPresent(this::consequences);
        bisection.a().slice().ifPresent(slice -> slice("How it came about in A", slice, Optional.empty()));
        bisection
                .b()
                .slice()
                .ifPresent(slice ->
                        slice("How it came about in B", slice, bisection.a().slice()));
        if (!listing.rows().isEmpty()) {
            heading("Around it");
            paragraph("Lines marked `A` and `B` are of one run only, all others of both; `>` is where the runs part.");
            block("", listed(listing, bisection));
        }
        if (bisection.a().frames().equals(bisection.b().frames())) {
            stack("Call stack, in both runs", bisection.a().frames());
        } else {
            stack("Call stack in A", bisection.a().frames());
            stack("Call stack in B", bisection.b().frames());
        }
    }

    private void consequences(Bisection.Consequences consequences) {
        heading("What becomes of it");
        row("because of", "what becomes of it");
        row("---", "---");
        for (Bisection.Consequence consequence : consequences.list()) {
            String only = Courses.only(consequence);
            row(
                    writer(Optional.of(Courses.cause(consequence))) + (only.isEmpty() ? "" : ", " + only),
                    text(Courses.fate(consequence)));
        }
        out.append('\n');
        paragraph(text(Courses.extent(consequences)));
    }

    /** What came from outside, if the sentence above has not said it. */
    private void event(String letter, Bisection.Side side, String summary) {
        side.event()
                .filter(event -> !summary.contains(event))
                .ifPresent(event -> paragraph("From outside in " + letter + ": " + code(event)));
    }

    /** One line for each instruction that both did alike, two for others: first A, then B. */
    private static List<String> listed(Listing listing, Bisection bisection) {
        int icountWidth = 1;
        int textWidth = 1;
        int wroteWidth = 1;
        for (Listing.Row row : listing.rows()) {
            for (Optional<Step> side : List.of(row.a(), row.b())) {
                if (side.isPresent()) {
                    Executed executed = side.get().executed();
                    icountWidth =
                            Math.max(icountWidth, Words.count(executed.icount()).length());
                    textWidth = Math.max(
                            textWidth,
                            Math.min(TEXT_COLUMNS_MAX, executed.shown().length()));
                    wroteWidth = Math.max(
                            wroteWidth,
                            Math.min(TEXT_COLUMNS_MAX, side.get().wrote().length()));
                }
            }
        }
        String format = "%s %-2s %" + icountWidth + "s  %-" + textWidth + "s  %-" + wroteWidth + "s  %s";
        List<String> lines = new ArrayList<>();
        for (Listing.Row row : listing.rows()) {
            if (row.same() && !row.here()) {
                row.b().ifPresent(step -> lines.add(line(format, " ", "", step)));
                continue;
            }
            String mark = row.here() ? ">" : " ";
            listed(lines, format, mark, "A", row.a(), row.here(), bisection.a());
            listed(lines, format, mark, "B", row.b(), row.here(), bisection.b());
        }
        return lines;
    }

    private static void listed(
            List<String> lines,
            String format,
            String mark,
            String letter,
            Optional<Step> step,
            boolean here,
            Bisection.Side side) {
        if (step.isPresent()) {
            lines.add(line(format, mark, letter, step.get()));
        } else if (here) {
            lines.add(mark + " " + letter + "  the run has ended: " + side.outcome());
        }
    }

    private static String line(String format, String mark, String letter, Step step) {
        return String.format(
                Locale.ROOT,
                format,
                mark,
                letter,
                Words.count(step.executed().icount()),
                step.executed().shown(),
                step.wrote(),
                step.executed().place());
    }

    private void sides(Bisection bisection) {
        row("", "A (reference)", "B (in question)");
        row("---", "---", "---");
        Bisection.Side a = bisection.a();
        Bisection.Side b = bisection.b();
        row("recording", cell(Words.path(a.name())), cell(Words.path(b.name())));
        row("program", cell(a.program()), cell(b.program()));
        row("instructions", Words.count(a.instructions()), Words.count(b.instructions()));
        row("outcome", cell(a.outcome()), cell(b.outcome()));
        if (bisection.diverged()) {
            row("differs at instruction", icount(a.at()), icount(b.at()));
            row("executed there", instruction(a.at()), instruction(b.at()));
            row("place", place(a.at()), place(b.at()));
        }
        out.append('\n');
        paragraph("Kind: " + bisection.kind().words() + ". Found with " + Words.count(bisection.probes(), "digest")
                + " compared, " + Words.count(bisection.replayed(), "instruction") + " replayed.");
    }

    private static String icount(Optional<Executed> at) {
        return at.map(executed -> Words.count(executed.icount())).orElse("has ended");
    }

    private static String instruction(Optional<Executed> at) {
        return at.map(executed -> cell(executed.shown())).orElse("-");
    }

    private static String place(Optional<Executed> at) {
        return at.map(executed -> cell(executed.place())).orElse("-");
    }

    private static String writer(Optional<Executed> writer) {
        return writer.map(executed ->
                        Words.count(executed.icount()) + " " + cell(executed.shown()) + " " + cell(executed.place()))
                .orElse("-");
    }

    private void ending(ReportContent.Ending ending, String outcome, boolean brief) {
        heading("How the run ended");
        paragraph("Outcome: " + code(outcome));
        if (ending.problem().isPresent()) {
            paragraph("It cannot be shown: " + text(ending.problem().get()));
            return;
        }
        if (!brief || ending.fault().isPresent()) {
            block("", instructions(ending.last(), ending.fault()));
        }
        if (ending.frames().isEmpty()) {
            paragraph("No frame was left.");
        } else {
            stack("Call stack at the end", ending.frames());
        }
    }

    private void stack(String title, List<Frame> frames) {
        heading(title);
        if (frames.isEmpty()) {
            paragraph("No frame.");
        } else {
            block("", Words.stack(frames));
        }
    }

    private void run(ReportContent.Run run, Optional<Bisection> bisection) {
        heading("The run");
        row("", "");
        row("---", "---");
        row("recording", cell(Words.path(run.path())));
        row("program", cell(run.program()));
        row("function", cell(run.function() + "(" + String.join(", ", run.arguments()) + ")"));
        row("seed", Long.toString(run.seed()));
        row("outcome", cell(run.outcome()));
        row("instructions", Words.count(run.instructions()));
        row("interrupts", Words.count(run.interrupts()));
        row("host calls", Words.count(run.hostCalls()));
        row("checkpoints", Words.count(run.checkpoints()));
        row("log", Words.log(run.logBytes(), run.instructions()));
        run.damage().ifPresent(damage -> row("damage", cell(damage)));
        out.append('\n');
        paragraph("Look further:");
        block("sh", ReportContent.commands(run, bisection));
    }

    private static List<String> instructions(List<Step> last, Optional<Executed> fault) {
        List<Step> all = new ArrayList<>(last);
        fault.ifPresent(executed -> all.add(new Step(executed, "")));
        int icountWidth = 1;
        int textWidth = 1;
        int wroteWidth = 1;
        for (Step step : all) {
            icountWidth =
                    Math.max(icountWidth, Words.count(step.executed().icount()).length());
            textWidth = Math.max(
                    textWidth,
                    Math.min(TEXT_COLUMNS_MAX, step.executed().shown().length()));
            wroteWidth =
                    Math.max(wroteWidth, Math.min(TEXT_COLUMNS_MAX, step.wrote().length()));
        }
        String format = "%s%s %" + icountWidth + "s  %-" + textWidth + "s  %-" + wroteWidth + "s  %s";
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            boolean marked = fault.isPresent() && i == all.size() - 1;
            lines.add(line(format, marked ? ">" : " ", "", all.get(i)));
        }
        return lines;
    }

    private void slice(String title, Slice slice, Optional<Slice> above) {
        heading(title);
        paragraph("At instruction " + Words.count(slice.icount()) + ", " + code(Words.withoutHashes(slice.what()))
                + ". The last step first:");
        List<SliceLines.Line> lines = SliceLines.of(slice, above);
        int icountWidth = 1;
        int textWidth = 1;
        for (SliceLines.Line line : lines) {
            icountWidth = Math.max(icountWidth, line.icount().length());
            textWidth = Math.max(
                    textWidth, line.remark() ? 0 : Math.min(48, line.text().length()));
        }
        List<String> texts = new ArrayList<>();
        for (SliceLines.Line line : lines) {
            texts.add(
                    line.remark()
                            ? " ".repeat(icountWidth + 4) + line.text()
                            : String.format(
                                    "%" + icountWidth + "s  %-" + textWidth + "s  %s",
                                    line.icount(),
                                    line.text(),
                                    line.place()));
        }
        block("", texts);
    }

    private void heading(String heading) {
        paragraph(headings + heading);
    }

    private void paragraph(String text) {
        out.append(text).append("\n\n");
    }

    private void row(String... cells) {
        out.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private void block(String language, List<String> lines) {
        List<String> visible = lines.stream().map(Visible::of).toList();
        String fence = "`".repeat(Math.max(3, longestBackticks(String.join("\n", visible)) + 1));
        out.append(fence).append(language).append('\n');
        visible.forEach(line -> out.append(line.stripTrailing()).append('\n'));
        out.append(fence).append("\n\n");
    }

    /** Text that shows as it is: no markup, no link, and no mention of anybody where it is posted as a comment. */
    public static String text(String text) {
        String visible = Visible.of(text);
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < visible.length(); i++) {
            char c = visible.charAt(i);
            boolean link = c == ':' && visible.startsWith("//", i + 1);
            boolean item = i == 0 && (c == '-' || c == '+');
            // Inside of a word an underscore is no emphasis, and identifiers stay readable.
            boolean inWord = c == '_'
                    && i > 0
                    && Character.isLetterOrDigit(visible.charAt(i - 1))
                    && i + 1 < visible.length()
                    && Character.isLetterOrDigit(visible.charAt(i + 1));
            if ((SPECIAL.indexOf(c) >= 0 && !inWord) || link || item) {
                escaped.append('\\');
            }
            escaped.append(c);
            if (c == '@') {
                // A backslash would not do: mentions are looked for in what has been rendered.
                escaped.append("<!-- -->");
            }
        }
        // A number and a full stop at the beginning of a line would be a list.
        return escaped.toString().replaceFirst("^(\\d+)\\.", "$1\\\\.");
    }

    /** Text as a code span in a cell of a table: there, and only there, a bar needs a backslash in a code span too. */
    public static String cell(String text) {
        return code(text).replace("|", "\\|");
    }

    /** Text as a code span outside of tables. */
    public static String code(String text) {
        String visible = Visible.of(text);
        if (visible.isBlank()) {
            return "(none)";
        }
        String fence = "`".repeat(longestBackticks(visible) + 1);
        String space = visible.startsWith("`") || visible.endsWith("`") || visible.startsWith(" ") ? " " : "";
        return fence + space + visible + space + fence;
    }

    private static int longestBackticks(String text) {
        int longest = 0;
        int run = 0;
        for (int i = 0; i < text.length(); i++) {
            run = text.charAt(i) == '`' ? run + 1 : 0;
            longest = Math.max(longest, run);
        }
        return longest;
    }
}
