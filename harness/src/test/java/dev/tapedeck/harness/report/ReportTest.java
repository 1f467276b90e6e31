package dev.tapedeck.harness.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.Side;
import dev.tapedeck.harness.bisect.Bisection.StateDifference;
import dev.tapedeck.harness.cli.CommandLineRun;
import dev.tapedeck.harness.report.ConsoleReport.Paint;
import dev.tapedeck.harness.report.ReportContent.Mark;
import dev.tapedeck.harness.slice.Cause;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Words;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
            // Behind an at sign, where it keeps GitHub from finding a mention.
            String bare = withoutCodeSpans(line).replace("@<!-- -->", "@");
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
    @ValueSource(ints = {1, 60, 72, 100, 160})
    void hostileTextStaysTextOnTheConsole(int width) {
        String text = ConsoleReport.render(ReportExamples.hostile(), width, Paint.PLAIN);
        assertThat(text).doesNotContainPattern(CONTROL).doesNotContain("##[").doesNotContain("##vso[");
        // A line that a CI service would take for a command is three characters longer for being none.
        assertThat(text.lines())
                .allSatisfy(line -> assertThat(
                                line.replace("\\x3a", ":").replace("\\x23", "#").length())
                        .isLessThanOrEqualTo(Math.max(60, width)));
        assertThat(text.lines()).noneMatch(line -> line.stripLeading().startsWith("::"));
    }

    @ParameterizedTest
    @ValueSource(ints = {60, 72, 80, 99, 100, 120})
    @DisplayName("console: of a long path the beginning is cut, so that file and line stay")
    void fileAndLineStayOnTheConsole(int width) {
        String function = "core::iter::adapters::map::map_fold::{{closure}}::h0123456789abcdef";
        String source = "/home/somebody/projects/queries/target/checkout/src/engine/group_by.rs";
        Executed at = new Executed(1_234_567_890, function, 123, source, 4711, "call " + function);
        List<Frame> frames = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            frames.add(new Frame(function, i, source, 100 + i, i == 1));
        }
        Side side = new Side(
                "/home/somebody/projects/queries/target/tapedeck/programs/group.wasm/sums-by-country/recording",
                "queries",
                2_000_000_000,
                Optional.of(at),
                frames,
                List.of(at),
                Optional.empty(),
                "returned");
        Side other = new Side(
                "b", "queries", 9, Optional.of(at), frames.subList(1, 40), List.of(at), Optional.empty(), "returned");
        Bisection bisection = new Bisection(
                true,
                Bisection.Kind.MACHINE,
                "the runs differ",
                side,
                other,
                List.of(new StateDifference("memory 0x10", "00", "01", Optional.of(at), Optional.of(at))),
                1,
                1);
        String text = ConsoleReport.render(bisection, width, Paint.PLAIN);
        assertThat(text.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
        assertThat(text).doesNotContain("h0123456789abcdef");
        assertThat(text.lines().limit(2)).anyMatch(line -> line.endsWith("group_by.rs:4711)"));
        assertThat(text)
                .contains("group_by.rs:100)")
                .contains("group_by.rs:101) [interrupt]")
                .doesNotContain("group_by.rs:113)")
                .contains("and 28 more frames")
                .contains("/recording");
    }

    @Test
    void hashesOfRustStayInJson() throws IOException {
        assertThat(Words.withoutHashes(
                        "a::h0123456789abcdef+1 call b::h0123456789abcdef::c x::h0123 ::h0123456789abcdefg"))
                .isEqualTo("a+1 call b::c x::h0123 ::h0123456789abcdefg");
        Executed at = new Executed(1, "a::h0123456789abcdef", 0, "", 0, "nop");
        assertThat(at.place()).isEqualTo("a+0");
        assertThat(at.function()).isEqualTo("a::h0123456789abcdef");
    }

    @Test
    void manyThingsBecomeFewMarks() {
        List<Mark> few = ReportContent.marks(Mark.Kind.INTERRUPT, 3, i -> 10L * i, icount -> 0, 100);
        assertThat(few)
                .containsExactly(
                        new Mark(Mark.Kind.INTERRUPT, 0, 0, 1),
                        new Mark(Mark.Kind.INTERRUPT, 10, 10, 1),
                        new Mark(Mark.Kind.INTERRUPT, 20, 20, 1));
        // A million, one in ten instructions.
        List<Mark> many = ReportContent.marks(
                Mark.Kind.HOST_CALL, 1_000_000, i -> 10L * i, icount -> (int) ((icount + 9) / 10), 10_000_000);
        assertThat(many).hasSize(ReportContent.MARKS_MAX);
        assertThat(many.stream().mapToInt(Mark::count).sum()).isEqualTo(1_000_000);
        assertThat(many.get(0)).isEqualTo(new Mark(Mark.Kind.HOST_CALL, 0, 49_990, 5_000));
        assertThat(many.get(199).last()).isEqualTo(9_999_990);
        assertThat(many.get(0).label()).isEqualTo("5,000 host calls, 0 to 49,990");
        // All at once, in a run of 2^62 instructions.
        assertThat(ReportContent.marks(Mark.Kind.INTERRUPT, 1_000, i -> 7, icount -> icount > 7 ? 1_000 : 0, 1L << 62))
                .containsExactly(new Mark(Mark.Kind.INTERRUPT, 7, 7, 1_000));
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
        assertThat(MarkdownReport.code("a | `b`")).isEqualTo("`` a | `b` ``");
        assertThat(MarkdownReport.cell("a | `b`")).isEqualTo("`` a \\| `b` ``");
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
    @DisplayName("a report for people is the same wherever the project lies: paths in it begin where it was made")
    void pathsBeginInTheWorkingDirectory() throws IOException {
        Path here = Path.of("target").toAbsolutePath();
        Path folder = Files.createTempDirectory(here, "paths");
        try {
            Path program = Files.writeString(
                    folder.resolve("p.tasm"), ".func main()\n  i32.const 3\n  halt\n.end\n.entry main\n");
            CommandLineRun.of("record", program, "-o", folder.resolve("a.tape"), "--limit", 1);
            CommandLineRun.of("record", program, "-o", folder.resolve("b.tape"));
            CommandLineRun run = CommandLineRun.of(
                    "report", folder.resolve("b.tape"), "--against", folder.resolve("a.tape"), "-o", folder, "--json");
            for (String file : List.of("report.md", "report.html")) {
                assertThat(folder.resolve(file))
                        .content()
                        .contains("target/" + folder.getFileName() + "/a.tape")
                        .contains("tapedeck replay target/" + folder.getFileName() + "/b.tape")
                        .doesNotContain(here.toString());
            }
            assertThat(run.json().at("/run/recording").asText())
                    .isEqualTo(folder.resolve("b.tape").toString());
        } finally {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        assertThat(Words.path("/elsewhere/a.tape")).isEqualTo("/elsewhere/a.tape");
        assertThat(Words.path(Path.of("").toAbsolutePath().toString())).isEqualTo(".");
        assertThat(Words.path("a\0b")).isEqualTo("a\0b");
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

    @Test
    @DisplayName("what the slices of both runs end with is shown once; hashes of Rust are in neither")
    void commonPartOfSlices() {
        Executed start = new Executed(3, "_ZN4core3fmt5write17h0123456789abcdefE", 4, "a.rs", 5, "i32.const 7");
        Executed call = new Executed(5, "main", 6, "a.rs", 7, "call core::fmt::write::h0123456789abcdef");
        Cause shared = new Cause(start, Cause.Kind.CONSTANT, Cause.Role.VALUE, List.of(), "", List.of(call), 0, 0);
        Cause input = new Cause(call, Cause.Kind.COMPUTED, Cause.Role.VALUE, List.of("7"), "8", List.of(), 0, 0);
        Slice a = slice(List.of(cause(9, "i32.add", "15"), input, shared));
        Slice b = slice(List.of(cause(10, "i32.sub", "1"), input, shared));
        List<String> ofA = texts(SliceLines.of(a, Optional.empty()));
        assertThat(ofA)
                .containsExactly(
                        "i32.add: 7 -> 15",
                        "call core::fmt::write: 7 -> 8",
                        "i32.const 7",
                        "by way of call core::fmt::write in main+6 (a.rs:7)");
        assertThat(SliceLines.of(a, Optional.empty()).get(2).place()).isEqualTo("_ZN4core3fmt5writeE+4 (a.rs:5)");
        assertThat(texts(SliceLines.of(b, Optional.of(a))))
                .containsExactly("i32.sub: 7 -> 1", "... and from there on as in A: 2 steps");
        Slice other = slice(List.of(cause(10, "i32.sub", "1"), cause(7, "i32.mul", "3"), shared));
        assertThat(texts(SliceLines.of(other, Optional.of(a)))).hasSize(4).contains("i32.const 7");
    }

    @Test
    @DisplayName("of a step in a library it is said where the program's own code called it")
    void callers() {
        Executed at = new Executed(9, "memcpy", 1, "libc-top-half/musl/src/string/memcpy.c", 23, "i32.xor");
        Executed caller = new Executed(9, "main", 4, "a.c", 5, "call memcpy");
        Cause step = new Cause(
                at, Cause.Kind.COMPUTED, Cause.Role.VALUE, List.of("7"), "8", List.of(), Optional.of(caller), 0, 0);
        assertThat(texts(SliceLines.of(slice(List.of(step)), Optional.empty())))
                .containsExactly("i32.xor: 7 -> 8", "called from main+4 (a.c:5)");
        assertThat(texts(SliceLines.of(slice(List.of(step, step)), Optional.empty())))
                .as("the same caller once")
                .containsExactly("i32.xor: 7 -> 8", "called from main+4 (a.c:5)", "i32.xor: 7 -> 8");

        Executed elsewhere = new Executed(9, "main", 9, "a.c", 12, "call memcpy");
        Cause other = new Cause(
                at, Cause.Kind.COMPUTED, Cause.Role.VALUE, List.of("7"), "8", List.of(), Optional.of(elsewhere), 0, 0);
        assertThat(texts(SliceLines.of(slice(List.of(other, other)), Optional.of(slice(List.of(step, step))))))
                .as("called from another place, it is not the same as in A")
                .contains("called from main+9 (a.c:12)");
    }

    @Test
    @DisplayName(
            "steps of libraries in a row are one line, but for the ends of the chain and inputs; HTML and JSON have all")
    void librarySteps() throws IOException {
        String printf = "libc-top-half/musl/src/stdio/vfprintf.c";
        Executed caller = new Executed(1, "print", 34, "lisp.c", 445, "call printf");
        List<Cause> steps = List.of(
                step(20, "memcpy", "libc-top-half/musl/src/string/memcpy.c", Cause.Kind.COMPUTED, 0),
                called(step(19, "printf_core", printf, Cause.Kind.COMPUTED, 3), caller),
                called(step(18, "fmt_u", printf, Cause.Kind.CHOICE, 0), caller),
                called(step(17, "start", "", Cause.Kind.COMPUTED, 0), caller),
                step(16, "read", printf, Cause.Kind.HOST, 0),
                step(15, "sum", "lisp.c", Cause.Kind.COMPUTED, 0),
                step(14, "printf_core", printf, Cause.Kind.COMPUTED, 0),
                step(13, "pop_arg", printf, Cause.Kind.CONSTANT, 0));
        Slice slice = slice(steps);
        assertThat(texts(SliceLines.of(slice, Optional.empty())))
                .containsExactly(
                        "20: 7 -> 9",
                        "... 6 instructions in printf_core, fmt_u, start",
                        "called from print+34 (lisp.c:445)",
                        "16",
                        "9",
                        "15: 7 -> 9",
                        "14: 7 -> 9",
                        "13: 7 -> 9");
        assertThat(SliceLines.folds(slice)).isTrue();
        assertThat(SliceLines.of(slice, Optional.empty(), SliceLines.Libraries.SHOWN))
                .filteredOn(line -> !line.remark())
                .hasSize(8);
        // Where nothing is known to be the program's own, nothing is a library's.
        assertThat(SliceLines.folds(slice(steps.subList(0, 4)))).isFalse();

        ReportContent content = ReportExamples.fault();
        ReportContent folded = new ReportContent(
                content.title(),
                content.reason(),
                content.run(),
                content.reference(),
                content.bisection(),
                content.listing(),
                content.ending(),
                content.excerpts(),
                content.textDiff(),
                Optional.of(slice),
                content.errorOutput());
        String html = HtmlReport.render(folded);
        assertThat(html).contains("<summary>all 8 steps, those of libraries too</summary>");
        assertThat(html.substring(html.indexOf("<details"), html.indexOf("</details>")))
                .contains("fmt_u+8 (libc-top-half/musl/src/stdio/vfprintf.c:9)");
        assertThat(html.substring(0, html.indexOf("<details"))).doesNotContain("fmt_u+8");
        assertThat(HtmlReport.render(content)).doesNotContain("<details");
        assertThat(new ObjectMapper().readTree(JsonReport.render(folded)).at("/slice/steps"))
                .hasSize(8);
    }

    private static Cause called(Cause step, Executed caller) {
        return new Cause(
                step.at(),
                step.kind(),
                step.role(),
                step.operands(),
                step.value(),
                step.through(),
                Optional.of(caller),
                step.repeats(),
                step.leftOut());
    }

    private static Cause step(long icount, String function, String source, Cause.Kind kind, long repeats) {
        Executed at = new Executed(icount, function, 8, source, 9, Long.toString(icount));
        return new Cause(at, kind, Cause.Role.VALUE, List.of("7"), "9", List.of(), repeats, 0);
    }

    private static List<String> texts(List<SliceLines.Line> lines) {
        return lines.stream().map(SliceLines.Line::text).toList();
    }

    private static Cause cause(long icount, String text, String value) {
        Executed at = new Executed(icount, "main", 8, "a.rs", 9, text);
        return new Cause(at, Cause.Kind.COMPUTED, Cause.Role.VALUE, List.of("7"), value, List.of(), 0, 0);
    }

    private static Slice slice(List<Cause> steps) {
        return new Slice("it", 20, steps, true, 20);
    }
}
