package dev.tapedeck.harness.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code report.html} as a real browser shows it. */
class ReportInBrowserTest {
    private static final List<Integer> WIDTHS = List.of(360, 400, 900, 1280);

    private static final Pattern RESULT = Pattern.compile("<pre id=\"result\">([^<]*)</pre>");

    /** What would fetch something, run something or lead away. */
    private static final String FOREIGN = "script,img,iframe,object,embed,link,a,form,base,video,audio,input,use,image";

    @TempDir
    Path folder;

    @Test
    @DisplayName("design §7: report.html in a real browser: one file, nothing on the console, as wide as its window")
    void regression() throws Exception {
        Browser browser = Browser.find(folder);
        String html = HtmlReport.render(ReportExamples.regression());
        assertThat(browser.load(html).log()).doesNotContain("CONSOLE");
        for (JsonNode frame : measured(browser, html)) {
            assertFits(frame);
            assertThat(texts(frame.get("headings")))
                    .contains(
                            "checksum.tasm: sums the table",
                            "First divergent instruction",
                            "Timeline",
                            "Around it, side by side",
                            "What differs after it",
                            "Call stacks, innermost first",
                            "How the run ended");
            assertThat(frame.get("lanes").asInt()).as("one for each run").isEqualTo(2);
            assertThat(frame.get("marks").asInt())
                    .as("checkpoints, interrupts, host calls")
                    .isEqualTo(29);
            // Where there is no room for two columns, what both did alike is shown once.
            boolean narrow = frame.get("width").asInt() < 800;
            assertThat(frame.get("shownOfB").asInt()).isEqualTo(narrow ? 3 : 12);
        }
    }

    @Test
    void fault() throws Exception {
        Browser browser = Browser.find(folder);
        String html = HtmlReport.render(ReportExamples.fault());
        assertThat(browser.load(html).log()).doesNotContain("CONSOLE");
        for (JsonNode frame : measured(browser, html)) {
            assertFits(frame);
            assertThat(texts(frame.get("headings"))).contains("divide.tasm", "Timeline", "How the run ended");
            assertThat(frame.get("lanes").asInt()).isEqualTo(1);
        }
    }

    @Test
    @DisplayName("text from programs is no markup, with the content security policy and without")
    void hostile() throws Exception {
        Browser browser = Browser.find(folder);
        String html = HtmlReport.render(ReportExamples.hostile());
        assertThat(browser.load(html).log()).doesNotContain("CONSOLE");
        String unprotected = html.replaceFirst("<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "");
        assertThat(unprotected).isNotEqualTo(html);
        assertThat(browser.load(unprotected).log()).doesNotContain("CONSOLE");
        List<JsonNode> frames = new ArrayList<>(measured(browser, html));
        frames.addAll(measured(browser, unprotected));
        for (JsonNode frame : frames) {
            assertFits(frame);
            assertThat(frame.get("title").asText())
                    .startsWith("<script>alert('x')</script><img src=x onerror=\"document.title='hacked'\"> |");
            assertThat(frame.get("text").asText()).contains("<script>alert('x')</script>");
        }
    }

    @Test
    @DisplayName("the overview of all tests in a real browser: nothing on the console, as wide as its window")
    void overview() throws Exception {
        Browser browser = Browser.find(folder);
        for (Overview shown : List.of(OverviewTest.ordinary(), OverviewTest.hostile())) {
            String html = OverviewPage.render(shown);
            assertThat(browser.load(html).log()).doesNotContain("CONSOLE");
            String unprotected = html.replaceFirst("<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "");
            assertThat(unprotected).isNotEqualTo(html);
            assertThat(browser.load(unprotected).log()).doesNotContain("CONSOLE");
            List<JsonNode> frames = new ArrayList<>(measured(browser, html));
            frames.addAll(measured(browser, unprotected));
            for (JsonNode frame : frames) {
                assertFits(frame, frame.get("links").size());
                assertThat(texts(frame.get("headings"))).contains(shown.counts(), "Failed", "Not run", "Flaky");
                frame.get("gaps")
                        .forEach(gap -> assertThat(gap.asDouble())
                                .as("between a number and the path of a recording")
                                .isGreaterThan(32));
                assertThat(frame.get("gaps").isEmpty())
                        .as("whether there is no room for recordings")
                        .isEqualTo(frame.get("width").asInt() < 560);
                assertThat(texts(frame.get("links"))).hasSizeGreaterThan(5).allMatch(link -> link.startsWith("./"));
            }
        }
    }

    private static void assertFits(JsonNode frame) {
        assertFits(frame, 0);
    }

    /** @param links that may be there */
    private static void assertFits(JsonNode frame, int links) {
        String what = "at " + frame.get("width") + " pixels; beyond the right edge: " + frame.get("wide");
        assertThat(frame.get("scroll").asInt())
                .as(what)
                .isLessThanOrEqualTo(frame.get("client").asInt());
        assertThat(frame.get("foreign").asInt())
                .as("elements such as scripts and links")
                .isEqualTo(links);
    }

    /**
     * Shows the report as it is in frames of several widths, and looks at them from outside: a window itself does not become as
     * narrow as a phone.
     */
    private static List<JsonNode> measured(Browser browser, String html) throws IOException, InterruptedException {
        StringBuilder page = new StringBuilder("<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body>");
        for (int width : WIDTHS) {
            page.append("<iframe width=\"")
                    .append(width)
                    .append("\" height=\"800\" srcdoc=\"")
                    .append(html.replace("&", "&amp;").replace("\"", "&quot;"))
                    .append("\"></iframe>\n");
        }
        page.append("""
                <script>
                addEventListener('load', () => {
                  const results = [];
                  for (const frame of document.querySelectorAll('iframe')) {
                    const inner = frame.contentDocument, root = inner.documentElement;
                    const all = selector => [...inner.querySelectorAll(selector)];
                    results.push({
                      width: Number(frame.width), scroll: root.scrollWidth, client: root.clientWidth,
                      title: inner.title, text: inner.body.innerText.slice(0, 3000),
                      headings: all('h1, h2').map(heading => heading.textContent),
                      links: all('a').map(link => link.getAttribute('href')),
                      foreign: all('%s').length,
                      gaps: all('tr').filter(row => row.querySelector('td.num') && row.querySelector('td.rec')?.offsetWidth)
                          .map(row => {
                            const number = inner.createRange();
                            number.selectNodeContents(row.querySelector('td.num'));
                            return row.querySelector('td.rec a').getBoundingClientRect().left
                                - number.getBoundingClientRect().right;
                          }),
                      lanes: all('.lane svg').length,
                      marks: all('svg .checkpoint, svg .interrupt, svg .host').length,
                      shownOfB: all('td.t.b').filter(cell => cell.offsetWidth > 0).length,
                      wide: all('*').filter(one => !one.closest('.code, .scroll, svg')
                          && one.getBoundingClientRect().right > root.clientWidth + 1)
                          .map(one => one.tagName + '.' + one.className).slice(0, 5)
                    });
                  }
                  const result = document.createElement('pre');
                  result.id = 'result';
                  result.textContent = encodeURIComponent(JSON.stringify(results));
                  document.body.append(result);
                });
                </script></body></html>
                """.formatted(FOREIGN));
        Browser.Page loaded = browser.load(page.toString());
        Matcher result = RESULT.matcher(loaded.dom());
        assertThat(result.find())
                .as("the page has been measured: " + loaded.log())
                .isTrue();
        List<JsonNode> frames = new ArrayList<>();
        new ObjectMapper()
                .readTree(URLDecoder.decode(result.group(1), StandardCharsets.UTF_8))
                .forEach(frames::add);
        assertThat(frames).hasSize(WIDTHS.size());
        return frames;
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(element.asText()));
        return texts;
    }
}
