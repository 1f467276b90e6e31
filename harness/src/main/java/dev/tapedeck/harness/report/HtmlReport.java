package dev.tapedeck.harness.report;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.StateDifference;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A report as one HTML file that needs nothing else: no script, no font, no network. */
public final class HtmlReport {
    private HtmlReport() {}

    public static String render(ReportContent content) {
        return template().execute(page(content));
    }

    private static Template template() {
        // The formatter takes out what could not be seen, the compiler's escapes what would be markup; both hold for
        // every value, and the template has no unescaped one.
        Mustache.Compiler compiler = Mustache.compiler()
                .escapeHTML(true)
                .emptyStringIsFalse(true)
                .withFormatter(value -> Visible.of(String.valueOf(value)))
                .withLoader(HtmlReport::resource);
        try (Reader reader = resource("report")) {
            return compiler.compile(reader);
        } catch (IOException e) {
            throw new UncheckedIOException("a template in the program's own jar cannot be read", e);
        }
    }

    private static Reader resource(String name) {
        InputStream stream = HtmlReport.class.getResourceAsStream(name + ".mustache");
        if (stream == null) {
            throw new IllegalStateException("the template " + name + " is missing from the jar");
        }
        return new InputStreamReader(stream, StandardCharsets.UTF_8);
    }

    private static Map<String, Object> page(ReportContent content) {
        return Map.ofEntries(
                Map.entry("title", content.title()),
                Map.entry("reason", content.reason()),
                Map.entry("run", Map.of("damage", content.run().damage().orElse(""))),
                Map.entry(
                        "bisection",
                        content.bisection().<Object>map(HtmlReport::bisection).orElse(false)),
                Map.entry("timeline", timeline(content)),
                Map.entry("anyExcerpt", !content.excerpts().isEmpty()),
                Map.entry(
                        "excerpts",
                        content.excerpts().stream().map(HtmlReport::excerpt).toList()),
                Map.entry(
                        "diff", content.textDiff().<Object>map(HtmlReport::diff).orElse(false)),
                Map.entry("ending", ending(content)),
                Map.entry("facts", facts(content.run())),
                Map.entry("commands", ReportContent.commands(content.run(), content.bisection())));
    }

    private static Map<String, Object> bisection(Bisection bisection) {
        boolean sameStack = bisection.a().frames().equals(bisection.b().frames());
        List<Object> stacks = sameStack
                ? List.of(stack(
                        List.of(letter("A"), letter("B")),
                        "the same in both",
                        bisection.a().frames()))
                : List.of(
                        stack(List.of(letter("A")), "", bisection.a().frames()),
                        stack(List.of(letter("B")), "", bisection.b().frames()));
        return Map.ofEntries(
                Map.entry("diverged", bisection.diverged()),
                Map.entry("kind", bisection.kind().words()),
                Map.entry("summary", bisection.summary()),
                Map.entry(
                        "sides",
                        List.of(
                                side("A", "the reference", bisection.a()),
                                side("B", "the run in question", bisection.b()))),
                Map.entry("anyDifference", !bisection.differences().isEmpty()),
                Map.entry(
                        "differences",
                        bisection.differences().stream()
                                .map(HtmlReport::difference)
                                .toList()),
                Map.entry(
                        "anyFrame",
                        !bisection.a().frames().isEmpty()
                                || !bisection.b().frames().isEmpty()),
                Map.entry("stacks", stacks));
    }

    private static Map<String, Object> letter(String letter) {
        return Map.of("letter", letter, "css", letter.toLowerCase(Locale.ROOT));
    }

    private static Map<String, Object> stack(List<Map<String, Object>> letters, String note, List<Frame> frames) {
        return Map.of("letters", letters, "note", note, "frames", frames(frames));
    }

    private static Map<String, Object> side(String letter, String role, Bisection.Side side) {
        List<Map<String, Object>> rows = rows(side.before(), side.at());
        if (side.at().isEmpty()) {
            rows.add(Map.of("here", true, "icount", "", "text", "the run has ended", "place", side.outcome()));
        }
        return Map.ofEntries(
                Map.entry("letter", letter),
                Map.entry("css", letter.toLowerCase(Locale.ROOT)),
                Map.entry("role", role),
                Map.entry("name", side.name()),
                Map.entry("program", side.program()),
                Map.entry("instructions", Words.count(side.instructions(), "instruction")),
                Map.entry("outcome", side.outcome()),
                Map.entry("at", side.at().<Object>map(HtmlReport::executed).orElse(false)),
                Map.entry("event", side.event().orElse("")),
                Map.entry("log", Map.of("rows", rows)));
    }

    private static Map<String, Object> executed(Executed executed) {
        return Map.of("icount", Words.count(executed.icount()), "text", executed.text(), "place", executed.place());
    }

    private static List<Map<String, Object>> rows(List<Executed> before, Optional<Executed> at) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Executed executed : before) {
            rows.add(row(executed, false));
        }
        at.ifPresent(executed -> rows.add(row(executed, true)));
        return rows;
    }

    private static Map<String, Object> row(Executed executed, boolean here) {
        return Map.of(
                "here", here,
                "icount", Words.count(executed.icount()),
                "text", executed.text(),
                "place", executed.place());
    }

    private static Map<String, Object> difference(StateDifference difference) {
        return Map.of(
                "location", difference.location(),
                "a", difference.a(),
                "b", difference.b(),
                "writers", List.of(writer(difference.writerA()), writer(difference.writerB())));
    }

    private static Map<String, Object> writer(Optional<Executed> writer) {
        return Map.of("writer", writer.<Object>map(HtmlReport::executed).orElse(false));
    }

    private static List<String> frames(List<Frame> frames) {
        return Words.stack(frames);
    }

    private static Map<String, Object> timeline(ReportContent content) {
        ReportContent.Run run = content.run();
        Optional<Bisection> bisection = content.bisection();
        long end = Math.max(1, run.instructions());
        if (bisection.isPresent()) {
            end = Math.max(end, bisection.get().a().instructions());
        }
        List<Object> bars = new ArrayList<>();
        if (bisection.isPresent()) {
            Bisection.Side a = bisection.get().a();
            bars.add(bar(
                    "A", a.instructions(), end, divergence(a, bisection.get().diverged(), end)));
        }
        List<Map<String, Object>> marks = new ArrayList<>();
        for (ReportContent.Mark mark : run.marks()) {
            marks.add(mark(mark.kind().mnemonic(), mark.icount(), end, mark.label()));
        }
        bisection.ifPresent(found -> {
            long scale = Math.max(1, Math.max(run.instructions(), found.a().instructions()));
            marks.addAll(divergence(found.b(), found.diverged(), scale));
        });
        // Without a reference there is but one run, and no letter to tell it by.
        bars.add(bar(bisection.isPresent() ? "B" : "", run.instructions(), end, marks));
        return Map.of(
                "bars", bars,
                "end", Words.count(end),
                "divergence",
                        bisection
                                .filter(Bisection::diverged)
                                .map(ReportContent::place)
                                .map(place -> Words.count(place.icount()))
                                .orElse(""),
                "checkpoints", Words.count(run.checkpoints(), "checkpoint"),
                "interrupts", Words.count(run.interrupts(), "interrupt"),
                "hostCalls", Words.count(run.hostCalls(), "host call"));
    }

    private static List<Map<String, Object>> divergence(Bisection.Side side, boolean diverged, long end) {
        if (!diverged) {
            return List.of();
        }
        long icount = side.at().map(Executed::icount).orElse(side.instructions());
        return List.of(mark("divergence", icount, end, "divergence at " + Words.count(icount)));
    }

    private static Map<String, Object> bar(
            String letter, long instructions, long end, List<Map<String, Object>> marks) {
        return Map.of(
                "letter",
                letter,
                "css",
                letter.equals("A") ? "a" : "b",
                "label",
                (letter.isEmpty() ? "" : letter + ": ") + Words.count(instructions, "instruction"),
                "width",
                percent(instructions, end),
                "marks",
                marks);
    }

    private static Map<String, Object> mark(String kind, long icount, long end, String label) {
        return Map.of("kind", kind, "left", percent(icount, end), "label", label);
    }

    private static String percent(long part, long whole) {
        return String.format(Locale.ROOT, "%.3f", 100.0 * Math.min(part, whole) / whole);
    }

    private static Map<String, Object> excerpt(ReportContent.Excerpt excerpt) {
        List<Object> lines = new ArrayList<>();
        for (ReportContent.Line line : excerpt.lines()) {
            lines.add(Map.of("number", line.number(), "text", line.text(), "marked", line.marked()));
        }
        return Map.of("source", excerpt.source(), "label", excerpt.label(), "lines", lines);
    }

    private static Map<String, Object> diff(String diff) {
        List<Object> lines = new ArrayList<>();
        for (String line : diff.lines().toList()) {
            String css = line.startsWith("+++") || line.startsWith("---") || line.startsWith("@@")
                    ? "head"
                    : line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : "";
            lines.add(Map.of("css", css, "text", line));
        }
        return Map.of("lines", lines);
    }

    private static Map<String, Object> ending(ReportContent content) {
        ReportContent.Ending ending = content.ending();
        return Map.of(
                "outcome", content.run().outcome(),
                "problem", ending.problem().orElse(""),
                "log", Map.of("rows", rows(ending.last(), ending.fault())),
                "frames", frames(ending.frames()));
    }

    private static List<Object> facts(ReportContent.Run run) {
        List<Object> facts = new ArrayList<>();
        facts.add(fact("recording", run.path()));
        facts.add(fact("program", run.program()));
        facts.add(fact("function", run.function() + "(" + String.join(", ", run.arguments()) + ")"));
        facts.add(fact("seed", Long.toString(run.seed())));
        facts.add(fact("instructions", Words.count(run.instructions())));
        facts.add(fact("interrupts", Words.count(run.interrupts())));
        facts.add(fact("host calls", Words.count(run.hostCalls())));
        facts.add(fact("checkpoints", Words.count(run.checkpoints())));
        facts.add(fact("log", Words.log(run.logBytes(), run.instructions())));
        return facts;
    }

    private static Map<String, Object> fact(String name, String value) {
        return Map.of("name", name, "value", value);
    }
}
