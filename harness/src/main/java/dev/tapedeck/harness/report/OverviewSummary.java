package dev.tapedeck.harness.report;

import dev.tapedeck.harness.report.Overview.Row;
import dev.tapedeck.harness.report.Overview.Status;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import java.util.List;

/** All tests of a run as Markdown, short enough for a comment on a pull request: what passed is counted only. */
public final class OverviewSummary {
    /** Rows of each table. */
    static final int ROWS_MAX = 100;

    /** Characters of a title, and of a reason. */
    private static final int CHARS_MAX = 240;

    private OverviewSummary() {}

    /** @param overview of what is in the folder that the text goes to: its links are relative */
    public static String render(Overview overview) {
        StringBuilder out =
                new StringBuilder("# Tapedeck: ").append(overview.counts()).append("\n\n");
        if (!overview.incomplete().isEmpty()) {
            out.append("**").append(overview.incomplete()).append("**\n\n");
        }
        for (Status status : Status.values()) {
            List<Row> rows = overview.of(status);
            if (rows.isEmpty() || status == Status.PASSED) {
                continue;
            }
            out.append("## ").append(status.heading()).append("\n\n| test | why | |\n| --- | --- | --- |\n");
            for (Row row : rows.subList(0, Math.min(ROWS_MAX, rows.size()))) {
                out.append("| ")
                        .append(text(row.title()))
                        .append(" | ")
                        .append(text(why(row)))
                        .append(" | ")
                        .append(row.files().stream()
                                .filter(file -> file.endsWith("/report.html"))
                                .findFirst()
                                .map(file -> "[report](" + OverviewPage.href(file) + ")")
                                .orElse(""))
                        .append(" |\n");
            }
            out.append('\n');
            if (rows.size() > ROWS_MAX) {
                out.append("And ")
                        .append(Words.count(rows.size() - ROWS_MAX))
                        .append(" more, in [index.html](./index.html).\n\n");
            }
        }
        return out.append(
                        "All tests are in [index.html](./index.html), and for tools in [results.json](./results.json).\n")
                .toString();
    }

    private static String why(Row row) {
        return row.status() == Status.FLAKY && !row.earlier().isEmpty()
                ? row.earlier().get(row.earlier().size() - 1)
                : row.reason();
    }

    private static String text(String text) {
        return MarkdownReport.text(Visible.of(text, CHARS_MAX));
    }
}
