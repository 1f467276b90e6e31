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

/** A report for a terminal or a build log: plain ASCII but for the program's own text, never wider than asked for. */
public final class ConsoleReport {
    /** Differences shown; the files have them all. */
    private static final int DIFFERENCES_MAX = 12;

    /** Lines of error output shown; the files have more. */
    private static final int ERROR_LINES_MAX = 8;

    /** Lines of a text diff shown. */
    private static final int DIFF_LINES_MAX = 40;

    /** Instructions shown before a place. */
    private static final int BEFORE_SHOWN = 8;

    /** Frames shown; the files have more. */
    private static final int FRAMES_MAX = 12;

    /** Narrower terminals break lines themselves. */
    private static final int WIDTH_MIN = 60;

    /** Causes shown of which it is told what became of them. */
    private static final int CONSEQUENCES_MAX = 6;

    /** Columns for what a step executed. */
    private static final int SLICE_TEXT = 44;

    /** From this width on, both sides stand side by side. */
    private static final int SIDE_BY_SIDE_WIDTH = 100;

    /** Columns for an instruction, and for what it wrote. */
    private static final int TEXT_WIDTH_MAX = 32;

    private static final int WROTE_WIDTH_MAX = 24;

    /** Columns for the place of an instruction in a table. */
    private static final int WRITER_WIDTH_MAX = 60;

    /** Columns without which a place is not worth beginning in a line. */
    private static final int PLACE_WIDTH_MIN = 40;

    private static final String WRITTEN_AT = ", written at ";
    private static final String ELLIPSIS = "...";

    private final StringBuilder out = new StringBuilder();
    private final Paint paint;
    private final int width;

    private ConsoleReport(int width, Paint paint) {
        this.width = Math.max(WIDTH_MIN, width);
        this.paint = paint;
    }

    /**
     * @param width columns, taken as at least 60
     */
    public static String render(ReportContent content, int width, Paint paint) {
        ConsoleReport report = new ConsoleReport(width, paint);
        report.report(content);
        return report.out.toString();
    }

    /** Only a bisection, as {@code tapedeck bisect} prints it. */
    public static String render(Bisection bisection, int width, Paint paint) {
        ConsoleReport report = new ConsoleReport(width, paint);
        report.bisection(bisection);
        return report.out.toString();
    }

    /** Only a slice, as {@code tapedeck slice} prints it. */
    public static String render(Slice slice, int width, Paint paint) {
        ConsoleReport report = new ConsoleReport(width, paint);
        report.slice("", slice, Optional.empty());
        return report.out.toString().stripLeading();
    }

    private void report(ReportContent content) {
        line(paint.bold(fit(content.title(), width)));
        if (!content.reason().isEmpty()) {
            wrapped(content.reason(), "  ");
        }
        ReportContent.Run run = content.run();
        wrapped(
                Words.count(run.instructions(), "instruction") + ", " + Words.count(run.interrupts(), "interrupt")
                        + ", " + Words.count(run.hostCalls(), "host call") + "; " + run.outcome(),
                "  ");
        run.damage().ifPresent(damage -> wrapped("The recording is damaged: " + damage, "  "));
        if (content.bisection().isPresent()) {
            out.append('\n');
            bisection(content.bisection().get());
        } else {
            // What the program itself said comes before what was found out about it.
            content.errorOutput().ifPresent(this::errorOutput);
            ending(content.ending());
        }
        content.slice().ifPresent(slice -> slice("", slice, Optional.empty()));
        if (content.bisection().isPresent()) {
            content.errorOutput().ifPresent(this::errorOutput);
        }
        content.textDiff().ifPresent(this::diff);
    }

    private void bisection(Bisection bisection) {
        if (!bisection.diverged()) {
            line(paint.good("SAME") + "  the runs do not differ");
            side("A", bisection.a());
            side("B", bisection.b());
            cost(bisection);
            return;
        }
        Executed place = ReportContent.place(bisection);
        if (place == null) {
            line(paint.bad("DIVERGED"));
        } else {
            String where = "at instruction " + Words.count(place.icount()) + ", in ";
            int room = width - "DIVERGED  ".length() - where.length();
            boolean oneLine =
                    room >= PLACE_WIDTH_MIN || Visible.of(place.place()).length() <= room;
            line(paint.bad("DIVERGED") + "  " + (oneLine ? where + place(place, room) : where.stripTrailing()));
            if (!oneLine) {
                line("  " + place(place, width - 2));
            }
        }
        wrapped(bisection.summary(), "  ");
        out.append('\n');
        side("A", bisection.a());
        side("B", bisection.b());
        event("A", bisection.a(), bisection.summary());
        event("B", bisection.b(), bisection.summary());

        heading("Last instructions");
        columns(instructions(bisection.a()), instructions(bisection.b()));
        if (!bisection.differences().isEmpty()) {
            heading("What differs after it");
            differences(bisection.differences());
        }
        bisection.consequences().ifPresent(this::consequences);
        bisection.a().slice().ifPresent(slice -> slice(" in A", slice, Optional.empty()));
        bisection
                .b()
                .slice()
                .ifPresent(slice -> slice(" in B", slice, bisection.a().slice()));
        if (!bisection.a().frames().isEmpty() || !bisection.b().frames().isEmpty()) {
            heading("Call stacks, innermost first");
            if (bisection.a().frames().equals(bisection.b().frames())) {
                frames(bisection.a().frames(), width - 2).forEach(text -> line("  " + text));
            } else {
                columns(
                        frames(bisection.a().frames(), columnWidth()),
                        frames(bisection.b().frames(), columnWidth()));
            }
        }
        out.append('\n');
        cost(bisection);
    }

    private void consequences(Bisection.Consequences consequences) {
        heading("What becomes of it");
        List<Bisection.Consequence> list = consequences.list();
        int shown = Math.min(CONSEQUENCES_MAX, list.size());
        int icounts = 0;
        for (Bisection.Consequence consequence : list.subList(0, shown)) {
            icounts = Math.max(
                    icounts, Words.count(Courses.cause(consequence).icount()).length());
        }
        for (Bisection.Consequence consequence : list.subList(0, shown)) {
            Executed cause = Courses.cause(consequence);
            String only = Courses.only(consequence);
            String head = "  " + pad(Words.count(cause.icount()), icounts, true) + "  "
                    + fit(cause.shown(), TEXT_WIDTH_MAX) + "  " + (only.isEmpty() ? "" : "(" + only + ")  ");
            line(head + place(cause, width - head.length()));
            wrapped(Courses.fate(consequence), " ".repeat(icounts + 4));
        }
        if (list.size() > shown) {
            line("  ... " + Words.count(list.size() - shown, "more cause"));
        }
        wrapped(Courses.extent(consequences), "  ");
    }

    private void side(String letter, Bisection.Side side) {
        String head = "  " + letter + "  ";
        String tail = Words.count(side.instructions(), "instruction") + "; " + side.outcome();
        String program = side.program().isEmpty() ? "" : " (" + side.program() + ")";
        String name = Visible.of(Words.path(side.name()) + program);
        int room = width - head.length();
        if (name.length() + 2 + Visible.of(tail).length() <= room) {
            line(paint.bold(head) + name + "  " + Visible.of(tail));
        } else {
            String shown = fit(program, room / 2);
            line(paint.bold(head) + endOf(Visible.of(Words.path(side.name())), room - shown.length()) + shown);
            wrapped(tail, "     ");
        }
    }

    /** What came from outside, if the sentence above has not said it. */
    private void event(String letter, Bisection.Side side, String summary) {
        side.event()
                .filter(event -> !summary.contains(event))
                .ifPresent(event -> wrapped("from outside in " + letter + ": " + event, "  "));
    }

    private void cost(Bisection bisection) {
        wrapped(
                Words.count(bisection.probes(), "digest") + " compared, "
                        + Words.count(bisection.replayed(), "instruction") + " replayed",
                "  ");
    }

    private void ending(ReportContent.Ending ending) {
        ending.problem().ifPresent(problem -> wrapped("How it ended cannot be shown: " + problem, "  "));
        List<Step> last = new ArrayList<>(ending.last());
        ending.fault().ifPresent(fault -> last.add(new Step(fault, "")));
        List<String> rows = rows(last, ending.fault().isPresent(), false, width);
        if (!rows.isEmpty()) {
            heading("Last instructions");
            rows.forEach(row -> line(mark(row)));
        }
        if (!ending.frames().isEmpty()) {
            heading("Call stack, innermost first");
            frames(ending.frames(), width - 2).forEach(text -> line("  " + text));
        }
    }

    private static List<String> frames(List<Frame> frames, int room) {
        return Words.stack(frames, FRAMES_MAX, frame -> {
            String tail = frame.interrupt() ? " [interrupt]" : "";
            return place(frame.function(), frame.offset(), frame.source(), frame.line(), room - tail.length()) + tail;
        });
    }

    private List<String> instructions(Bisection.Side side) {
        List<Step> steps = new ArrayList<>();
        side.before().forEach(executed -> steps.add(new Step(executed, "")));
        side.at().ifPresent(executed -> steps.add(new Step(executed, "")));
        boolean beside = width >= SIDE_BY_SIDE_WIDTH;
        List<String> rows = rows(steps, side.at().isPresent(), beside, beside ? columnWidth() : width - 2);
        if (side.at().isEmpty()) {
            rows.add("> the run has ended: " + side.outcome());
        }
        return rows;
    }

    /**
     * One row for each of the last instructions.
     *
     * @param marked whether the last one is the one that matters; it begins with {@code >}
     * @param brief whether there is no room for files
     */
    private static List<String> rows(List<Step> steps, boolean marked, boolean brief, int room) {
        List<Step> shown = steps.subList(Math.max(0, steps.size() - BEFORE_SHOWN - (marked ? 1 : 0)), steps.size());
        int icountWidth = 0;
        int textWidth = 0;
        int wroteWidth = 0;
        for (Step step : shown) {
            icountWidth =
                    Math.max(icountWidth, Words.count(step.executed().icount()).length());
            textWidth = Math.max(
                    textWidth,
                    Math.min(TEXT_WIDTH_MAX, Visible.of(step.executed().shown()).length()));
            wroteWidth = Math.max(
                    wroteWidth,
                    Math.min(WROTE_WIDTH_MAX, Visible.of(step.wrote()).length()));
        }
        boolean severalFiles =
                shown.stream().map(step -> step.executed().source()).distinct().count() > 1;
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < shown.size(); i++) {
            Executed executed = shown.get(i).executed();
            String row = (marked && i == shown.size() - 1 ? "> " : "  ")
                    + pad(Words.count(executed.icount()), icountWidth, true) + "  "
                    + pad(fit(executed.shown(), TEXT_WIDTH_MAX), textWidth, false) + "  "
                    + (wroteWidth == 0
                            ? ""
                            : pad(fit(shown.get(i).wrote(), WROTE_WIDTH_MAX), wroteWidth, false) + "  ");
            rows.add(fit(
                    row
                            + (brief
                                    ? briefPlace(executed, severalFiles, room - row.length())
                                    : place(executed, room - row.length())),
                    room));
        }
        return rows;
    }

    /**
     * Where two of them have to stand side by side: without the file, as the lines above and below name it, or with the end
     * of its path where there are several.
     */
    private static String briefPlace(Executed executed, boolean severalFiles, int room) {
        String file =
                severalFiles ? executed.source().substring(executed.source().lastIndexOf('/') + 1) : "";
        String tail = "+" + executed.offset() + (executed.line() > 0 ? " " + file + ":" + executed.line() : "");
        return middleOf(Words.withoutHashes(executed.function()), Math.max(8, room - tail.length())) + tail;
    }

    private static String place(Executed executed, int room) {
        return place(executed.function(), executed.offset(), executed.source(), executed.line(), room);
    }

    /** A place whose file name and line stay to be seen where it has to be cut: of the path the beginning goes first. */
    private static String place(String function, int offset, String source, int line, int room) {
        String name = Visible.of(Words.withoutHashes(function));
        String file = Visible.of(source);
        if (line <= 0) {
            return fit(middleOf(name, Math.max(8, room - ("+" + offset).length())) + "+" + offset, room);
        }
        String head = "+" + offset + " (";
        String tail = ":" + line + ")";
        int rest = room - head.length() - tail.length();
        if (name.length() + file.length() > rest) {
            int shortest = file.length() - file.lastIndexOf('/') - 1;
            file = endOf(file, Math.max(Math.min(rest - 8, shortest + ELLIPSIS.length() + 1), rest - name.length()));
        }
        return fit(middleOf(name, Math.max(8, rest - file.length())) + head + file + tail, room);
    }

    /** The end of a path in at most {@code room} columns, from the beginning of a folder's or file's name on if possible. */
    private static String endOf(String path, int room) {
        if (path.length() <= room) {
            return path;
        }
        int from = Math.max(0, path.length() - Math.max(1, room - ELLIPSIS.length()));
        int slash = path.indexOf('/', from);
        return ELLIPSIS + path.substring(slash >= 0 && slash < path.length() - 1 ? slash : from);
    }

    /** A name in at most {@code room} columns, its middle cut out. */
    private static String middleOf(String name, int room) {
        if (name.length() <= room) {
            return name;
        }
        int kept = Math.max(2, room - 1);
        return name.substring(0, kept - kept / 2) + "~" + name.substring(name.length() - kept / 2);
    }

    private void differences(List<StateDifference> differences) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("where", "A", "B", "last written in A", "in B"));
        for (StateDifference difference : differences.subList(0, Math.min(DIFFERENCES_MAX, differences.size()))) {
            rows.add(List.of(
                    difference.location(),
                    difference.a(),
                    difference.b(),
                    writer(difference.writerA()),
                    writer(difference.writerB())));
        }
        if (!table(rows)) {
            rows.subList(1, rows.size()).forEach(this::stacked);
        }
        if (differences.size() > DIFFERENCES_MAX) {
            line("  and " + Words.count(differences.size() - DIFFERENCES_MAX, "more place"));
        }
    }

    private static String writer(Optional<Executed> writer) {
        return writer.map(executed -> Words.count(executed.icount()) + " " + place(executed, WRITER_WIDTH_MAX))
                .orElse("-");
    }

    /** Columns as wide as they need; false if that is too wide. */
    private boolean table(List<List<String>> rows) {
        int columns = rows.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], Visible.of(row.get(i)).length());
            }
        }
        if (sum(widths) > width - 2 * columns) {
            return false;
        }
        for (int r = 0; r < rows.size(); r++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                text.append("  ").append(pad(Visible.of(rows.get(r).get(i)), widths[i], false));
            }
            String row = text.toString().stripTrailing();
            line(r == 0 ? paint.dim(row) : row);
        }
        return true;
    }

    /** A difference where there is no room for a table: what it is, then a line or two for each side. */
    private void stacked(List<String> row) {
        line("  " + fit(row.get(0), width - 2));
        for (int side = 0; side < 2; side++) {
            String value = "    " + "AB".charAt(side) + "  " + Visible.of(row.get(1 + side));
            String writer = row.get(3 + side);
            if (writer.equals("-")) {
                line(fit(value, width));
            } else if (value.length() + WRITTEN_AT.length() + writer.length() <= width) {
                line(value + WRITTEN_AT + writer);
            } else {
                line(fit(value, width));
                line(fit("       written at " + writer, width));
            }
        }
    }

    private static int sum(int[] numbers) {
        int sum = 0;
        for (int number : numbers) {
            sum += number;
        }
        return sum;
    }

    /** Two lists side by side, or one below the other where that would be too narrow. */
    private void columns(List<String> a, List<String> b) {
        if (width < SIDE_BY_SIDE_WIDTH) {
            line(paint.dim("  A"));
            a.forEach(text -> line(mark(fit("  " + text, width))));
            line(paint.dim("  B"));
            b.forEach(text -> line(mark(fit("  " + text, width))));
            return;
        }
        int half = columnWidth();
        line(paint.dim("  " + pad("A", half, false) + " | B"));
        // Both lists end at the place that matters, so that is where they are aligned.
        int height = Math.max(a.size(), b.size());
        for (int i = 0; i < height; i++) {
            String left = pad(fit(at(a, i, height), half), half, false);
            String right = fit(at(b, i, height), half);
            line(("  " + mark(left) + " | " + mark(right)).stripTrailing());
        }
    }

    /** What there is for one of two columns, or for one of two lists below each other. */
    private int columnWidth() {
        return width >= SIDE_BY_SIDE_WIDTH ? (width - 5) / 2 : width - 2;
    }

    private static String at(List<String> list, int row, int height) {
        int index = row - (height - list.size());
        return index < 0 ? "" : list.get(index);
    }

    private String mark(String row) {
        return row.stripLeading().startsWith("> ") ? paint.bad(row) : row;
    }

    private void slice(String where, Slice slice, Optional<Slice> above) {
        heading("How it came about" + where);
        wrapped(Words.withoutHashes(slice.what()), "  ");
        List<SliceLines.Line> lines = SliceLines.of(slice, above);
        int icountWidth = 0;
        int textWidth = 0;
        for (SliceLines.Line line : lines) {
            icountWidth = Math.max(icountWidth, line.icount().length());
            if (!line.remark()) {
                textWidth = Math.max(
                        textWidth, Math.min(SLICE_TEXT, Visible.of(line.text()).length()));
            }
        }
        for (SliceLines.Line line : lines) {
            if (!line.remark() && Visible.of(line.text()).length() > SLICE_TEXT) {
                // The values are what matters, so they have the line to themselves.
                line(fit("  " + pad(line.icount(), icountWidth, true) + "  " + line.text(), width));
                wrapped(line.place(), " ".repeat(icountWidth + 6));
            } else if (line.remark()) {
                wrapped(line.text(), " ".repeat(icountWidth + 6));
            } else {
                line(fit(
                        "  " + pad(line.icount(), icountWidth, true) + "  "
                                + pad(fit(line.text(), SLICE_TEXT), textWidth, false) + "  " + line.place(),
                        width));
            }
        }
    }

    private void errorOutput(ErrorOutput output) {
        List<String> lines = output.lines();
        heading("Error output" + (output.whole() && lines.size() <= ERROR_LINES_MAX ? "" : ", its end"));
        lines.subList(Math.max(0, lines.size() - ERROR_LINES_MAX), lines.size())
                .forEach(text -> line("  " + fit(text, width - 2)));
    }

    private void diff(String diff) {
        heading("Received against approved");
        List<String> lines = diff.lines().toList();
        for (String text : lines.subList(0, Math.min(DIFF_LINES_MAX, lines.size()))) {
            String shown = "  " + fit(text, width - 2);
            line(text.startsWith("+") ? paint.good(shown) : text.startsWith("-") ? paint.bad(shown) : shown);
        }
        if (lines.size() > DIFF_LINES_MAX) {
            line("  and " + Words.count(lines.size() - DIFF_LINES_MAX, "more line"));
        }
    }

    private void heading(String text) {
        out.append('\n');
        line(paint.bold(text));
    }

    private void line(String text) {
        out.append(Visible.logLine(text)).append('\n');
    }

    /** Breaks between words; a word that is longer than a line is cut where the line ends. */
    private void wrapped(String text, String indent) {
        int room = Math.max(10, width - indent.length());
        String rest = Visible.of(text);
        while (rest.length() > room) {
            int cut = rest.lastIndexOf(' ', room);
            if (cut <= 0) {
                cut = room;
            }
            line(indent + rest.substring(0, cut));
            rest = rest.substring(cut).stripLeading();
        }
        line(indent + rest);
    }

    /** The text in at most {@code room} columns, the missing part shown as {@code ~}. */
    private static String fit(String text, int room) {
        String visible = Visible.of(text);
        return visible.length() <= room ? visible : visible.substring(0, Math.max(0, room - 1)) + "~";
    }

    private static String pad(String text, int width, boolean right) {
        String space = " ".repeat(Math.max(0, width - text.length()));
        return right ? space + text : text + space;
    }

    /** Colours of a terminal, or none. */
    public enum Paint {
        PLAIN,
        ANSI;

        public String bold(String text) {
            return wrap(text, "1");
        }

        public String dim(String text) {
            return wrap(text, "2");
        }

        public String good(String text) {
            return wrap(text, "32");
        }

        public String bad(String text) {
            return wrap(text, "31");
        }

        private String wrap(String text, String code) {
            return this == PLAIN ? text : String.format(Locale.ROOT, "\u001b[%sm%s\u001b[0m", code, text);
        }
    }
}
