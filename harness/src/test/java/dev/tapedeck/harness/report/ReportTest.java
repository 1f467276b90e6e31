package dev.tapedeck.harness.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tapedeck.harness.report.ConsoleReport.Paint;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each format against a file that a person has looked at. After a wanted change:
 * {@code mvn test -pl harness -am -Dtest=ReportTest -Dtapedeck.golden=write}, then look at what changed.
 */
class ReportTest {
    private static final Pattern CONTROL = Pattern.compile("(?!\\n)[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    @Test
    void regressionInEveryFormat() throws IOException {
        ReportContent content = ReportExamples.regression();
        golden("regression.html", HtmlReport.render(content));
        golden("regression.md", MarkdownReport.render(content));
        golden("regression.json", JsonReport.render(content));
        golden("regression-120.txt", ConsoleReport.render(content, 120, Paint.PLAIN));
        golden("regression-72.txt", ConsoleReport.render(content, 72, Paint.PLAIN));
    }

    @Test
    void faultWithoutReference() throws IOException {
        ReportContent content = ReportExamples.fault();
        golden("fault.html", HtmlReport.render(content));
        golden("fault.md", MarkdownReport.render(content));
        golden("fault.json", JsonReport.render(content));
        golden("fault.txt", ConsoleReport.render(content, 100, Paint.PLAIN));
    }

    @Test
    void runsThatDoNotDiffer() throws IOException {
        golden("same.txt", ConsoleReport.render(ReportExamples.same(), 100, Paint.PLAIN));
        golden("same.json", JsonReport.render(ReportExamples.same()));
    }

    @Test
    void oneRunEndedEarlier() throws IOException {
        golden("ended.txt", ConsoleReport.render(ReportExamples.ended(), 100, Paint.PLAIN));
        JsonNode json = new ObjectMapper().readTree(JsonReport.render(ReportExamples.ended()));
        assertThat(json.get("instruction").isNull()).isTrue();
        assertThat(json.get("instructionB").asLong()).isEqualTo(3);
        assertThat(json.get("function").asText()).isEqualTo("main");
    }

    @Test
    @DisplayName("design §7: the keys of a bisection that tools rely on")
    void bisectionKeys() throws IOException {
        JsonNode json = new ObjectMapper().readTree(JsonReport.render(ReportExamples.diverged()));
        assertThat(json.get("schema").asInt()).isEqualTo(1);
        assertThat(json.get("diverged").asBoolean()).isTrue();
        assertThat(json.get("instruction").asLong()).isEqualTo(1_041_007);
        assertThat(json.get("instructionB").asLong()).isEqualTo(1_041_007);
        assertThat(json.get("function").asText()).isEqualTo("sum");
        assertThat(json.get("offset").asInt()).isEqualTo(9);
        assertThat(json.get("line").asInt()).isEqualTo(31);
        assertThat(json.get("kind").asText()).isEqualTo("program");
        assertThat(json.get("probes").asLong()).isEqualTo(14);
        assertThat(json.get("replayed").asLong()).isEqualTo(131_072);
    }

    @Test
    void hostileTextStaysTextInHtml() {
        String html = HtmlReport.render(ReportExamples.hostile());
        assertThat(html)
                .doesNotContainIgnoringCase("<script")
                .contains("{{reason}}")
                .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;")
                .contains("\\x1b[31mred")
                .contains("\\u{202e}gnol");
        assertThat(html).doesNotContainPattern(CONTROL);
    }

    @Test
    void hostileTextStaysTextInMarkdown() {
        String markdown = MarkdownReport.render(ReportExamples.hostile());
        assertThat(markdown).doesNotContainPattern(CONTROL);
        for (String line : outsideOfBlocks(markdown)) {
            String bare = withoutCodeSpans(line);
            assertThat(bare).as(line).doesNotContainPattern("(?<!\\\\)\\]\\(").doesNotContain("http://");
            assertThat(Pattern.compile("(?<!\\\\)<").matcher(bare).find())
                    .as(line)
                    .isFalse();
            if (line.startsWith("|")) {
                long cells =
                        Pattern.compile("(?<!\\\\)\\|").matcher(line).results().count() - 1;
                assertThat(cells).as(line).isIn(2L, 3L, 5L);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40, 72, 100, 160})
    void hostileTextStaysTextOnTheConsole(int width) {
        String text = ConsoleReport.render(ReportExamples.hostile(), width, Paint.PLAIN);
        assertThat(text).doesNotContainPattern(CONTROL);
        assertThat(text.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(Math.max(40, width)));
    }

    @Test
    void hostileTextComesBackUnchangedFromJson() throws IOException {
        ReportContent content = ReportExamples.hostile();
        JsonNode json = new ObjectMapper().readTree(JsonReport.render(content));
        assertThat(json.get("title").asText()).isEqualTo(content.title());
        assertThat(json.at("/bisection/a/event").asText()).isEqualTo(content.title());
    }

    @Test
    void coloursOnlyWhenAskedFor() {
        assertThat(ConsoleReport.render(ReportExamples.diverged(), 100, Paint.PLAIN))
                .doesNotContain("\u001b");
        assertThat(ConsoleReport.render(ReportExamples.diverged(), 100, Paint.ANSI))
                .contains("\u001b[31mDIVERGED\u001b[0m");
    }

    @Test
    void htmlNeedsNothingElse() {
        String html = HtmlReport.render(ReportExamples.regression());
        assertThat(html)
                .doesNotContain("http://")
                .doesNotContain("https://")
                .doesNotContain("src=")
                .doesNotContain("url(");
    }

    @Test
    void markdownTextIsNoMarkup() {
        assertThat(MarkdownReport.text("- a_b _c_ *c* @someone http://example.org"))
                .isEqualTo("\\- a_b \\_c\\_ \\*c\\* @<!-- -->someone http\\://example.org");
        assertThat(MarkdownReport.text("1. first")).isEqualTo("1\\. first");
        assertThat(MarkdownReport.code("a | `b`")).isEqualTo("`` a \\| `b` ``");
        assertThat(MarkdownReport.code(" ")).isEqualTo("(none)");
    }

    @Test
    void filesAreWritten(@TempDir Path folder) throws IOException {
        List<Path> files = ReportFiles.write(ReportExamples.regression(), folder.resolve("a/b"));
        assertThat(files)
                .extracting(file -> file.getFileName().toString())
                .containsExactly("report.md", "report.html", "report.json");
        assertThat(files).allSatisfy(file -> assertThat(file).isAbsolute().isNotEmptyFile());
    }

    @Test
    void sourceTextIsOnlyEverAssembly(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("a.tasm"), "one\ntwo\n");
        Files.writeString(folder.resolve("secret.txt"), "secret\n");
        Files.createSymbolicLink(folder.resolve("link.tasm"), folder.resolve("secret.txt"));
        SourceText sources = SourceText.in(List.of(folder.resolve("missing"), folder));
        assertThat(sources.candidates("src/a.tasm")).containsExactly(List.of("one", "two"));
        assertThat(sources.candidates("secret.txt")).isEmpty();
        assertThat(sources.candidates("link.tasm")).isEmpty();
        assertThat(sources.candidates("..")).isEmpty();
        assertThat(sources.candidates("b\0.tasm")).isEmpty();
    }

    private static List<String> outsideOfBlocks(String markdown) {
        StringBuilder outside = new StringBuilder();
        String fence = "";
        for (String line : markdown.lines().toList()) {
            if (fence.isEmpty() && line.startsWith("```")) {
                fence = line.replaceAll("[^`].*", "");
            } else if (!fence.isEmpty() && line.equals(fence)) {
                fence = "";
            } else if (fence.isEmpty()) {
                outside.append(line).append('\n');
            }
        }
        assertThat(fence).as("an unclosed block").isEmpty();
        return outside.toString().lines().toList();
    }

    /** What a Markdown reader would see outside of code: a run of backticks is closed by a run of the same length. */
    private static String withoutCodeSpans(String line) {
        return line.replaceAll("(?<![`\\\\])(`+)(?!`).*?(?<!`)\\1(?!`)", "CODE");
    }

    private static void golden(String name, String actual) throws IOException {
        if ("write".equals(System.getProperty("tapedeck.golden"))) {
            Files.writeString(Path.of("src/test/resources/dev/tapedeck/harness/report", name), actual);
            return;
        }
        try (InputStream expected = ReportTest.class.getResourceAsStream(name)) {
            assertThat(expected).as("golden file " + name).isNotNull();
            assertThat(actual).as(name).isEqualTo(new String(expected.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
