package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.StateDifference;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
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

    /** Lines of a text diff shown. */
    private static final int DIFF_LINES_MAX = 40;

    /** Instructions shown before a place. */
    private static final int BEFORE_SHOWN = 8;

    /** From this width on, both sides stand side by side. */
    private static final int SIDE_BY_SIDE_WIDTH = 100;

    private final StringBuilder out = new StringBuilder();
    private final Paint paint;
    private final int width;

    private ConsoleReport(int width, Paint paint) {
        this.width = Math.max(40, width);
        this.paint = paint;
    }

    /**
     * @param width columns, taken as at least 40
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
            ending(content.ending());
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
        String where = place == null ? "" : "at instruction " + Words.count(place.icount()) + ", in " + place.place();
        line(paint.bad("DIVERGED") + "  " + fit(where, width - 10));
        wrapped(bisection.summary(), "  ");
        out.append('\n');
        side("A", bisection.a());
        side("B", bisection.b());
        event("A", bisection.a());
        event("B", bisection.b());

        heading("Last instructions");
        columns(instructions(bisection.a()), instructions(bisection.b()));
        if (!bisection.differences().isEmpty()) {
            heading("What differs after it");
            differences(bisection.differences());
        }
        if (!bisection.a().frames().isEmpty() || !bisection.b().frames().isEmpty()) {
            heading("Call stacks, innermost first");
            if (bisection.a().frames().equals(bisection.b().frames())) {
                frames(bisection.a().frames()).forEach(text -> line("  " + fit(text, width - 2)));
            } else {
                columns(frames(bisection.a().frames()), frames(bisection.b().frames()));
            }
        }
        out.append('\n');
        cost(bisection);
    }

    private void side(String letter, Bisection.Side side) {
        String head = "  " + letter + "  ";
        String tail = Words.count(side.instructions(), "instruction") + "; " + side.outcome();
        String name = side.name() + (side.program().isEmpty() ? "" : " (" + side.program() + ")");
        int room = width - head.length();
        if (name.length() + 2 + tail.length() <= room) {
            line(paint.bold(head) + Visible.of(name, room) + "  " + Visible.of(tail, room));
        } else {
            line(paint.bold(head) + fit(name, room));
            wrapped(tail, "     ");
        }
    }

    private void event(String letter, Bisection.Side side) {
        side.event().ifPresent(event -> wrapped("from outside in " + letter + ": " + event, "  "));
    }

    private void cost(Bisection bisection) {
        wrapped(
                Words.count(bisection.probes(), "digest") + " compared, "
                        + Words.count(bisection.replayed(), "instruction") + " replayed",
                "  ");
    }

    private void ending(ReportContent.Ending ending) {
        ending.problem().ifPresent(problem -> wrapped("How it ended cannot be shown: " + problem, "  "));
        List<String> rows = rows(ending.last(), ending.fault(), false);
        if (!rows.isEmpty()) {
            heading("Last instructions");
            rows.forEach(row -> line(mark(fit(row, width))));
        }
        if (!ending.frames().isEmpty()) {
            heading("Call stack, innermost first");
            frames(ending.frames()).forEach(text -> line("  " + fit(text, width - 2)));
        }
    }

    private static List<String> frames(List<Frame> frames) {
        return Words.stack(frames);
    }

    private List<String> instructions(Bisection.Side side) {
        List<String> rows = rows(side.before(), side.at(), width >= SIDE_BY_SIDE_WIDTH);
        if (side.at().isEmpty()) {
            rows.add("> the run has ended: " + side.outcome());
        }
        return rows;
    }

    /** One row for each instruction; the one that matters begins with {@code >}. */
    private static List<String> rows(List<Executed> before, Optional<Executed> at, boolean brief) {
        List<Executed> shown =
                new ArrayList<>(before.subList(Math.max(0, before.size() - BEFORE_SHOWN), before.size()));
        at.ifPresent(shown::add);
        int icountWidth = 0;
        int textWidth = 0;
        for (Executed executed : shown) {
            icountWidth = Math.max(icountWidth, Words.count(executed.icount()).length());
            textWidth =
                    Math.max(textWidth, Math.min(32, Visible.of(executed.text()).length()));
        }
        boolean severalFiles = shown.stream().map(Executed::source).distinct().count() > 1;
        List<String> rows = new ArrayList<>();
        for (int i = 0; i < shown.size(); i++) {
            Executed executed = shown.get(i);
            boolean marked = at.isPresent() && i == shown.size() - 1;
            rows.add((marked ? "> " : "  ")
                    + pad(Words.count(executed.icount()), icountWidth, true) + "  "
                    + pad(fit(executed.text(), 32), textWidth, false) + "  "
                    + (brief ? briefPlace(executed, severalFiles) : executed.place()));
        }
        return rows;
    }

    /**
     * Where two of them have to stand side by side: without the file, as the lines above and below name it, or with the end
     * of its path where there are several.
     */
    private static String briefPlace(Executed executed, boolean severalFiles) {
        String file =
                severalFiles ? executed.source().substring(executed.source().lastIndexOf('/') + 1) : "";
        return executed.function() + "+" + executed.offset()
                + (executed.line() > 0 ? " " + file + ":" + executed.line() : "");
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
        return writer.map(executed -> Words.count(executed.icount()) + " " + executed.place())
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

    /** A difference where there is no room for a table: three lines. */
    private void stacked(List<String> row) {
        line("  " + fit(row.get(0), width - 2));
        for (int side = 0; side < 2; side++) {
            String writer = row.get(3 + side);
            line(fit(
                    "    " + "AB".charAt(side) + "  " + row.get(1 + side)
                            + (writer.equals("-") ? "" : ", written at " + writer),
                    width));
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
        int half = (width - 5) / 2;
        line(paint.dim("  " + pad("A", half, false) + " | B"));
        // Both lists end at the place that matters, so that is where they are aligned.
        int height = Math.max(a.size(), b.size());
        for (int i = 0; i < height; i++) {
            String left = pad(fit(at(a, i, height), half), half, false);
            String right = fit(at(b, i, height), half);
            line(("  " + mark(left) + " | " + mark(right)).stripTrailing());
        }
    }

    private static String at(List<String> list, int row, int height) {
        int index = row - (height - list.size());
        return index < 0 ? "" : list.get(index);
    }

    private String mark(String row) {
        return row.stripLeading().startsWith("> ") ? paint.bad(row) : row;
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
        out.append(text).append('\n');
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
