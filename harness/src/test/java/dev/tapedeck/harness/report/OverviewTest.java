package dev.tapedeck.harness.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.tapedeck.harness.report.Overview.Row;
import dev.tapedeck.harness.report.Overview.Status;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The overview of all tests as a page, as Markdown and as JSON. */
class OverviewTest {
    static final String HOSTILE =
            "<script>alert('x')</script>\"><img src=x onerror=alert(1)>|`@all`\n::error::\u202e\u001b[31m";

    @TempDir
    Path folder;

    static Row row(String folder, String title, Status status, String reason) {
        boolean ran = status != Status.ERROR && status != Status.DISABLED;
        return new Row(
                folder,
                title,
                status,
                reason,
                ran ? OptionalLong.of(1_234_567) : OptionalLong.empty(),
                ran ? Optional.of(folder + "/recording") : Optional.empty(),
                status == Status.FAILED
                        ? List.of(folder + "/report.md", folder + "/report.html", folder + "/report.json")
                        : List.of(),
                status == Status.FLAKY ? List.of("why the first attempt failed") : List.of());
    }

    /** One of each, with ordinary names. */
    static Overview ordinary() {
        return new Overview(
                List.of(
                        row("a.tasm/main", "a.tasm", Status.PASSED, ""),
                        row("b.tasm/adds", "b.tasm: adds", Status.FAILED, "b.tasm:7: expected result 4 but was 3"),
                        row("c.tasm", "c.tasm", Status.ERROR, "c.tasm:2: there is no instruction 'i32.ad'"),
                        row("d.tasm/main", "d.tasm", Status.FLAKY, ""),
                        row("e.tasm/main", "e.tasm", Status.DISABLED, "waits for rain")),
                1,
                1,
                false);
    }

    static Overview hostile() {
        List<Row> rows = new ArrayList<>();
        for (Status status : Status.values()) {
            rows.add(row("javascript:alert(1)//" + HOSTILE + status, HOSTILE + status, status, HOSTILE));
            rows.add(row("l" + status, "long" + "x".repeat(3_000), status, "y".repeat(3_000)));
        }
        return new Overview(rows, 2, 1, false);
    }

    @Test
    @DisplayName("failures come first, each with its reason and what leads to its report and its recording")
    void page() {
        String html = OverviewPage.render(ordinary());

        assertThat(List.of(
                        html.indexOf(">b.tasm: adds</a>"),
                        html.indexOf("c.tasm:2"),
                        html.indexOf("<h3>d.tasm</h3>"),
                        html.indexOf("waits for rain"),
                        html.indexOf("<td>a.tasm</td>")))
                .isSorted()
                .doesNotContain(-1);
        assertThat(html)
                .contains("<h1>1 failed, 1 not run, 1 flaky, 1 disabled, 1 passed of 5</h1>")
                .contains("<a href=\"./b.tasm/adds/report.html\">b.tasm: adds</a>")
                .contains("<a href=\"./b.tasm/adds/report.json\">report.json</a>")
                .contains("<a href=\"./b.tasm/adds/recording/\">b.tasm/adds/recording</a>")
                .contains("why the first attempt failed")
                .contains("1,234,567");
    }

    @Test
    @DisplayName("text from programs is no markup, and no name of a file is anything but a relative link")
    void escaped() {
        String html = OverviewPage.render(hostile());
        String markdown = OverviewSummary.render(hostile());

        assertThat(html)
                .doesNotContain("<script")
                .doesNotContain("<img")
                .doesNotContain("\u202e")
                .doesNotContain("\u001b")
                .doesNotContain("href=\"javascript");
        assertThat(html.split("href=\"", -1)).hasSizeGreaterThan(10).satisfies(parts -> {
            for (int i = 1; i < parts.length; i++) {
                assertThat(parts[i]).startsWith("./");
            }
        });
        assertThat(markdown)
                .doesNotContainPattern("(?<!\\\\)<(script|img)")
                .doesNotContain("\u202e")
                .doesNotContain("\n::")
                .doesNotContain("@all");
    }

    @Test
    void links() {
        assertThat(OverviewPage.href("größe & co/a b#1?.tasm/main"))
                .isEqualTo("./gr%C3%B6%C3%9Fe%20%26%20co/a%20b%231%3F.tasm/main");
    }

    @Test
    @DisplayName("what is written as JSON is read as it was")
    void json() throws Exception {
        for (Overview overview : List.of(ordinary(), hostile())) {
            Path file = Files.write(
                    folder.resolve("results.json"),
                    OverviewJson.render(overview).getBytes(StandardCharsets.UTF_8));
            assertThat(OverviewJson.read(file)).isEqualTo(overview.rows());
        }
    }

    @ParameterizedTest
    @CsvSource({"2, has 2 as its schema", "'\"1\"', has no number as its schema", "[1], has no number as its schema"})
    @DisplayName("a list of another schema is an error that names both, whatever else is in it")
    void otherSchema(String schema, String message) throws Exception {
        Path file = folder.resolve("results.json");
        String text = OverviewJson.render(ordinary());
        Files.writeString(file, text.replaceFirst("(\"schema\" *: *)1", "$1" + schema));

        assertThatIOException()
                .isThrownBy(() -> OverviewJson.read(file))
                .withMessage(file + " " + message + "; this version of Tapedeck reads 1");
    }

    @Test
    @DisplayName("a list of very many tests ends in how many more there are")
    void manyPassed() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < OverviewPage.ROWS_MAX + 2; i++) {
            rows.add(row("p" + i, "p" + i, Status.PASSED, ""));
        }
        String html = OverviewPage.render(new Overview(rows, 1, 1, false));

        assertThat(html)
                .contains("Passed: 10,002<", "<td>p9999</td>", "And 2 more, in results.json.")
                .doesNotContain("<td>p10000</td>");
        assertThat(OverviewPage.render(ordinary())).doesNotContain(" more, in results.json");
    }

    @Test
    @DisplayName("the summary is short, however many tests fail")
    void manyFailures() {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            rows.add(row("p" + i, "p" + i, Status.FAILED, "|".repeat(1_000)));
        }
        String markdown = OverviewSummary.render(new Overview(rows, 1, 1, false));

        assertThat(markdown).contains("And 4,900 more, in [index.html](./index.html).");
        assertThat(markdown.length()).isLessThan(65_536);
    }
}
