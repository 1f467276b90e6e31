package dev.tapedeck.harness.report;

import dev.tapedeck.harness.report.Overview.Row;
import dev.tapedeck.harness.report.Overview.Status;
import dev.tapedeck.harness.text.Words;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** All tests of a run as one HTML file that needs nothing else, and leads to the reports and recordings below it. */
public final class OverviewPage {
    /** Longer lists are folded. */
    private static final int OPEN_ROWS_MAX = 200;

    /** Of each list. Browsers take seconds for a page with many more. */
    static final int ROWS_MAX = 10_000;

    private static final String REPORT = "report.html";

    private OverviewPage() {}

    /** @param overview of what is in the folder that the page goes to: its links are relative */
    public static String render(Overview overview) {
        return Templates.of("overview").execute(page(overview));
    }

    private static Map<String, Object> page(Overview overview) {
        boolean bad = bad(overview);
        List<Object> counts = new ArrayList<>();
        List<Object> groups = new ArrayList<>();
        for (Status status : Status.values()) {
            List<Row> rows = overview.of(status);
            if (rows.isEmpty()) {
                continue;
            }
            counts.add(Map.of(
                    "css", css(status),
                    "count", Words.count(rows.size()),
                    "share", share(rows.size(), overview.rows().size()),
                    "words", status.words()));
            boolean detailed = status != Status.PASSED && status != Status.DISABLED;
            groups.add(Map.of(
                    "heading", status.heading(),
                    "css", css(status),
                    "word", status.words(),
                    "count", Words.count(rows.size()),
                    "open", rows.size() <= OPEN_ROWS_MAX,
                    "detailed", detailed,
                    "disabled", status == Status.DISABLED,
                    "rows", rows.stream().limit(ROWS_MAX).map(OverviewPage::row).toList(),
                    "more", rows.size() > ROWS_MAX ? Words.count(rows.size() - ROWS_MAX) : ""));
        }
        return Map.of(
                "title",
                overview.counts(),
                "verdict",
                bad ? "bad" : "good",
                "counts",
                counts,
                "incomplete",
                overview.incomplete(),
                "groups",
                groups);
    }

    private static boolean bad(Overview overview) {
        return !overview.of(Status.FAILED).isEmpty()
                || !overview.of(Status.ERROR).isEmpty();
    }

    private static String css(Status status) {
        return switch (status) {
            case FAILED, ERROR -> "bad";
            case FLAKY -> "flaky";
            case DISABLED -> "off";
            case PASSED -> "good";
        };
    }

    /** Percent, as a width. */
    private static String share(int part, int all) {
        return String.format(Locale.ROOT, "%.3f", 100.0 * part / all);
    }

    private static Map<String, Object> row(Row row) {
        List<Object> links = new ArrayList<>();
        String report = "";
        for (String file : row.files()) {
            String name = file.substring(file.lastIndexOf('/') + 1);
            if (name.equals(REPORT)) {
                report = href(file);
            } else {
                links.add(Map.of("href", href(file), "name", name));
            }
        }
        return Map.of(
                "title", row.title(),
                "reason", row.reason(),
                "earlier", row.earlier(),
                "instructions",
                        row.instructions().isPresent()
                                ? Words.count(row.instructions().getAsLong())
                                : "",
                "report", report,
                "links", links,
                "recording",
                        row.recording()
                                .<Object>map(path -> Map.of("href", href(path) + "/", "path", path))
                                .orElse(false));
    }

    /** A path as a link. It begins with a dot, so that nothing in it is taken for a scheme, and is ASCII. */
    static String href(String path) {
        StringBuilder link = new StringBuilder("./");
        for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || "-._~/".indexOf(c) >= 0)) {
                link.append(c);
            } else {
                link.append(String.format(Locale.ROOT, "%%%02X", (int) c));
            }
        }
        return link.toString();
    }
}
