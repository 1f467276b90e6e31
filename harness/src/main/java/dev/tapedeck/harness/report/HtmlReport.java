package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.StateDifference;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Step;
import dev.tapedeck.harness.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A report as one HTML file that needs nothing else: no script, no font, no network. */
public final class HtmlReport {
    /** Characters of a function's name where listings stand side by side. */
    private static final int NAME_CHARS_MAX = 11;

    private HtmlReport() {}

    public static String render(ReportContent content) {
        return Templates.of("report").execute(page(content));
    }

    private static Map<String, Object> page(ReportContent content) {
        return Map.ofEntries(
                Map.entry("title", content.title()),
                Map.entry("reason", content.reason()),
                Map.entry("run", Map.of("damage", content.run().damage().orElse(""))),
                Map.entry(
                        "bisection",
                        content.bisection().<Object>map(HtmlReport::bisection).orElse(false)),
                Map.entry("timeline", TimelineDrawing.of(content)),
                Map.entry("anyListed", !content.listing().rows().isEmpty()),
                Map.entry(
                        "listing",
                        content.listing().rows().stream()
                                .map(row -> listed(row, content))
                                .toList()),
                Map.entry("anySlice", !slices(content).isEmpty()),
                Map.entry("slices", slices(content)),
                Map.entry("anyExcerpt", !content.excerpts().isEmpty()),
                Map.entry(
                        "excerpts",
                        content.excerpts().stream().map(HtmlReport::excerpt).toList()),
                Map.entry(
                        "diff", content.textDiff().<Object>map(HtmlReport::diff).orElse(false)),
                Map.entry("ending", ending(content)),
                Map.entry(
                        "errors",
                        content.errorOutput()
                                .<Object>map(output -> Map.of("end", !output.whole(), "lines", output.lines()))
                                .orElse(false)),
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
                                side("A", "the reference", bisection.a(), bisection.summary()),
                                side("B", "the run in question", bisection.b(), bisection.summary()))),
                Map.entry("anyDifference", !bisection.differences().isEmpty()),
                Map.entry(
                        "differences",
                        bisection.differences().stream()
                                .map(HtmlReport::difference)
                                .toList()),
                Map.entry(
                        "consequences",
                        bisection
                                .consequences()
                                .<Object>map(HtmlReport::consequences)
                                .orElse(false)),
                Map.entry(
                        "anyFrame",
                        !bisection.a().frames().isEmpty()
                                || !bisection.b().frames().isEmpty()),
                Map.entry("stacks", stacks));
    }

    private static Map<String, Object> consequences(Bisection.Consequences consequences) {
        List<Map<String, Object>> list = consequences.list().stream()
                .map(consequence -> Map.<String, Object>of(
                        "cause", executed(Courses.cause(consequence)),
                        "only", Courses.only(consequence),
                        "fate", Courses.fate(consequence)))
                .toList();
        return Map.of("list", list, "extent", Courses.extent(consequences));
    }

    private static Map<String, Object> letter(String letter) {
        return Map.of("letter", letter, "css", letter.toLowerCase(Locale.ROOT));
    }

    private static Map<String, Object> stack(List<Map<String, Object>> letters, String note, List<Frame> frames) {
        return Map.of("letters", letters, "note", note, "frames", frames(frames));
    }

    private static Map<String, Object> side(String letter, String role, Bisection.Side side, String summary) {
        return Map.ofEntries(
                Map.entry("letter", letter),
                Map.entry("css", letter.toLowerCase(Locale.ROOT)),
                Map.entry("role", role),
                Map.entry("name", Words.path(side.name())),
                Map.entry("program", side.program()),
                Map.entry("instructions", Words.count(side.instructions(), "instruction")),
                Map.entry("outcome", side.outcome()),
                Map.entry("at", side.at().<Object>map(HtmlReport::executed).orElse(false)),
                // What the sentence above has said is not said again.
                Map.entry(
                        "event",
                        side.event().filter(event -> !summary.contains(event)).orElse("")));
    }

    private static Map<String, Object> executed(Executed executed) {
        return Map.of("icount", Words.count(executed.icount()), "text", executed.shown(), "place", executed.place());
    }

    private static List<Map<String, Object>> rows(List<Step> before, Optional<Executed> at) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Step step : before) {
            rows.add(row(step, false));
        }
        at.ifPresent(executed -> rows.add(row(new Step(executed, ""), true)));
        return rows;
    }

    private static Map<String, Object> row(Step step, boolean here) {
        return Map.of(
                "here", here,
                "icount", Words.count(step.executed().icount()),
                "text", step.executed().shown(),
                "wrote", step.wrote(),
                "place", step.executed().place());
    }

    /** One row of both listings: the cells of A, then those of B. */
    private static Map<String, Object> listed(Listing.Row row, ReportContent content) {
        return Map.of(
                "css",
                row.here() ? "here" : row.same() ? "same" : "other",
                "here",
                row.here(),
                "cells",
                List.of(
                        cells("a", row.a(), row.here(), content.bisection().map(Bisection::a)),
                        cells("b", row.b(), row.here(), content.bisection().map(Bisection::b))));
    }

    private static Map<String, Object> cells(
            String css, Optional<Step> step, boolean here, Optional<Bisection.Side> side) {
        String ended = here ? side.map(Bisection.Side::outcome).orElse("") : "";
        return Map.of(
                "css", step.isEmpty() && !here ? css + " none" : css,
                "letter", css.toUpperCase(Locale.ROOT),
                "icount",
                        step.map(shown -> Words.count(shown.executed().icount()))
                                .orElse(""),
                "brief", step.map(shown -> brief(shown.executed())).orElse(""),
                "place", step.map(shown -> shown.executed().place()).orElse(""),
                "text", step.map(shown -> shown.executed().shown()).orElse(here ? "the run has ended" : ""),
                "wrote", step.map(Step::wrote).orElse(ended));
    }

    /** Without the file, which the lines above name, and of a long name the end, which tells more than its beginning. */
    private static String brief(Executed executed) {
        String name = Words.withoutHashes(executed.function());
        String shown =
                name.length() <= NAME_CHARS_MAX ? name : "\u2026" + name.substring(name.length() - NAME_CHARS_MAX);
        return shown + "+" + executed.offset() + (executed.line() > 0 ? " :" + executed.line() : "");
    }

    private static Map<String, Object> difference(StateDifference difference) {
        return Map.of(
                "location", difference.location(),
                "a", difference.a(),
                "b", difference.b(),
                "writers",
                        List.of(
                                writer("last written in A", difference.writerA()),
                                writer("last written in B", difference.writerB())));
    }

    private static Map<String, Object> writer(String label, Optional<Executed> writer) {
        return Map.of(
                "label",
                label,
                "writer",
                writer.<Object>map(HtmlReport::executed).orElse(false));
    }

    private static List<String> frames(List<Frame> frames) {
        return Words.stack(frames);
    }

    private static List<Object> slices(ReportContent content) {
        List<Object> slices = new ArrayList<>();
        content.bisection().ifPresent(bisection -> {
            bisection.a().slice().ifPresent(slice -> slices.add(slice("A", slice, Optional.empty())));
            bisection
                    .b()
                    .slice()
                    .ifPresent(
                            slice -> slices.add(slice("B", slice, bisection.a().slice())));
        });
        content.slice().ifPresent(slice -> slices.add(slice("", slice, Optional.empty())));
        return slices;
    }

    private static Map<String, Object> slice(String letter, Slice slice, Optional<Slice> above) {
        return Map.of(
                "letter",
                letter,
                "css",
                letter.equals("A") ? "a" : "b",
                "what",
                Words.withoutHashes(slice.what()),
                "icount",
                Words.count(slice.icount()),
                "lines",
                lines(SliceLines.of(slice, above)),
                "folds",
                SliceLines.folds(slice),
                "all",
                Map.of(
                        "steps",
                        Words.count(slice.steps().size(), "step"),
                        "lines",
                        lines(SliceLines.of(slice, Optional.empty(), SliceLines.Libraries.SHOWN))));
    }

    private static List<Object> lines(List<SliceLines.Line> lines) {
        List<Object> rows = new ArrayList<>();
        for (SliceLines.Line line : lines) {
            rows.add(Map.of(
                    "icount", line.icount(), "text", line.text(), "place", line.place(), "remark", line.remark()));
        }
        return rows;
    }

    private static Map<String, Object> excerpt(ReportContent.Excerpt excerpt) {
        List<Object> lines = new ArrayList<>();
        for (ReportContent.Line line : excerpt.lines()) {
            lines.add(Map.of("number", line.number(), "text", line.text(), "marked", line.marked()));
        }
        return Map.of("source", Words.withoutHashes(excerpt.source()), "label", excerpt.label(), "lines", lines);
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
        facts.add(fact("recording", Words.path(run.path())));
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
