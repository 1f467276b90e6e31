package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.Consequence;
import dev.tapedeck.harness.bisect.Bisection.Consequences;
import dev.tapedeck.harness.bisect.Bisection.Stretch;
import dev.tapedeck.harness.report.ReportContent.Mark;
import dev.tapedeck.harness.report.ReportContent.Run;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Words;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The runs of a report as lanes above one axis of instruction counts. Places along the axis are percentages, so that the
 * drawing is as wide as there is room; heights are pixels. The same report gives the same numbers everywhere.
 */
final class TimelineDrawing {
    /** Where the bar of a run begins, in a lane. Above it are host calls, below it interrupts. */
    private static final int BAR_TOP = 20;

    /** Host calls, as lines above the bar: the more, the longer. */
    private static final int HOST_CALL_HEIGHT_MIN = 4;

    private static final int HOST_CALL_HEIGHT_MAX = 14;

    /** Interrupts, as dots below the bar: the more, the larger. */
    private static final double RADIUS_MIN = 2.5;

    private static final double RADIUS_MAX = 5;

    private static final int TICKS_MAX = 6;

    /** Beyond this, a tick's label would run into the one at the end. */
    private static final int TICK_PERCENT_MAX = 70;

    /** Stretches closer to each other than this part of the axis are drawn as one. */
    private static final int DISTINCT_PARTS = 400;

    private final long end;

    private TimelineDrawing(long end) {
        this.end = end;
    }

    /** What the template needs. */
    static Map<String, Object> of(ReportContent content) {
        Optional<Bisection> bisection = content.bisection();
        long end = Math.max(1, content.run().instructions());
        if (bisection.isPresent()) {
            end = Math.max(end, bisection.get().a().instructions());
        }
        TimelineDrawing drawing = new TimelineDrawing(end);
        List<Object> lanes = new ArrayList<>();
        if (bisection.isPresent()) {
            Bisection found = bisection.get();
            lanes.add(drawing.lane("A", content.reference(), found, true));
            lanes.add(drawing.lane("B", Optional.of(content.run()), found, false));
        } else {
            // Without a reference there is but one run, and no letter to tell it by.
            lanes.add(drawing.lane("", content.run()));
        }
        return Map.of(
                "lanes", lanes,
                "ticks", drawing.ticks(),
                "end", Words.count(end),
                "divergence",
                        bisection
                                .filter(Bisection::diverged)
                                .map(ReportContent::place)
                                .map(place -> Words.count(place.icount()))
                                .orElse(""),
                "afterWords",
                        bisection.flatMap(Bisection::consequences).isPresent()
                                ? "diverged stretches"
                                : "what follows it",
                "replayed", content.run().replayedFrom() >= 0,
                "checkpoints", Words.count(content.run().checkpoints(), "checkpoint"),
                "interrupts", Words.count(content.run().interrupts(), "interrupt"),
                "hostCalls", Words.count(content.run().hostCalls(), "host call"));
    }

    private Map<String, Object> lane(String letter, Run run) {
        return lane(letter, run.instructions(), run.outcome(), Optional.of(run), -1, List.of(), List.of());
    }

    private Map<String, Object> lane(String letter, Optional<Run> run, Bisection found, boolean first) {
        Bisection.Side side = first ? found.a() : found.b();
        if (!found.diverged()) {
            return lane(letter, side.instructions(), side.outcome(), run, -1, List.of(), List.of());
        }
        long divergence = side.at().map(Executed::icount).orElse(side.instructions());
        List<Object> after = new ArrayList<>();
        List<Object> unfollowed = new ArrayList<>();
        if (found.consequences().isPresent()) {
            Consequences consequences = found.consequences().get();
            for (long[] range : drawn(consequences, first)) {
                after.add(stretch(
                        range[0], range[1], "diverged: " + Words.count(range[0]) + " to " + Words.count(range[1])));
            }
            long to = first ? consequences.to() : consequences.toB();
            if (!consequences.complete() && to < side.instructions()) {
                unfollowed.add(stretch(to, side.instructions(), "not followed from " + Words.count(to) + " on"));
            }
        } else {
            after.add(stretch(
                    divergence,
                    side.instructions(),
                    "after the divergence: " + Words.count(divergence) + " to " + Words.count(side.instructions())));
        }
        return lane(letter, side.instructions(), side.outcome(), run, divergence, after, unfollowed);
    }

    /** The stretches of all causes, in order; those that cannot be told apart in the drawing are one. */
    private List<long[]> drawn(Consequences consequences, boolean first) {
        List<long[]> ranges = new ArrayList<>();
        for (Consequence consequence : consequences.list()) {
            for (Stretch stretch : consequence.stretches()) {
                ranges.add(
                        first
                                ? new long[] {stretch.from(), stretch.to()}
                                : new long[] {stretch.fromB(), stretch.toB()});
            }
        }
        ranges.sort(Comparator.comparingLong(range -> range[0]));
        List<long[]> merged = new ArrayList<>();
        for (long[] range : ranges) {
            long[] last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (last != null && range[0] <= last[1] + end / DISTINCT_PARTS) {
                last[1] = Math.max(last[1], range[1]);
            } else {
                merged.add(range);
            }
        }
        return merged;
    }

    /**
     * @param divergence an instruction count, or -1
     * @param after stretches that differ
     * @param unfollowed a stretch of which it is not known
     */
    private Map<String, Object> lane(
            String letter,
            long instructions,
            String outcome,
            Optional<Run> run,
            long divergence,
            List<Object> after,
            List<Object> unfollowed) {
        List<Object> checkpoints = new ArrayList<>();
        List<Object> interrupts = new ArrayList<>();
        List<Object> hostCalls = new ArrayList<>();
        for (Mark mark : run.map(Run::marks).orElse(List.of())) {
            String x = percent(middle(mark));
            switch (mark.kind()) {
                case CHECKPOINT -> checkpoints.add(Map.of("x", x, "label", mark.label()));
                case INTERRUPT ->
                    interrupts.add(Map.of(
                            "x", x,
                            "radius", decimals(1, Math.min(RADIUS_MAX, RADIUS_MIN + Math.log10(mark.count()))),
                            "label", mark.label()));
                case HOST_CALL ->
                    hostCalls.add(Map.of(
                            "x", x,
                            "top", Integer.toString(BAR_TOP - 2 - hostCallHeight(mark.count())),
                            "label", mark.label()));
            }
        }
        long replayedFrom = run.map(Run::replayedFrom).orElse(-1L);
        return Map.ofEntries(
                Map.entry("letter", letter),
                Map.entry("css", letter.equals("A") ? "a" : "b"),
                Map.entry("instructions", Words.count(instructions, "instruction")),
                Map.entry("outcome", outcome),
                Map.entry("width", percent(instructions)),
                Map.entry("checkpoints", checkpoints),
                Map.entry("interrupts", interrupts),
                Map.entry("hostCalls", hostCalls),
                Map.entry(
                        "replayed",
                        divergence < 0 || replayedFrom < 0
                                ? false
                                : stretch(
                                        replayedFrom,
                                        divergence,
                                        "replayed from " + Words.count(replayedFrom) + " to "
                                                + Words.count(divergence))),
                Map.entry("after", after),
                Map.entry("unfollowed", unfollowed),
                Map.entry(
                        "divergence",
                        divergence < 0
                                ? false
                                : Map.of(
                                        "x",
                                        percent(divergence),
                                        "label",
                                        "divergence at " + Words.count(divergence))));
    }

    private Map<String, Object> stretch(long from, long to, String label) {
        double x = of(from);
        return Map.of("x", decimals(3, x), "width", decimals(3, Math.max(0, of(to) - x)), "label", label);
    }

    private static long middle(Mark mark) {
        return mark.icount() + (mark.last() - mark.icount()) / 2;
    }

    private static int hostCallHeight(int count) {
        int doublings = 31 - Integer.numberOfLeadingZeros(Math.max(1, count));
        return Math.min(HOST_CALL_HEIGHT_MAX, HOST_CALL_HEIGHT_MIN + doublings);
    }

    /** Round numbers of instructions. */
    private List<Object> ticks() {
        List<Object> ticks = new ArrayList<>();
        long step = step();
        for (long icount = 0; of(icount) <= TICK_PERCENT_MAX && ticks.size() < TICKS_MAX; icount += step) {
            ticks.add(Map.of("x", percent(icount), "label", brief(icount), "anchor", icount == 0 ? "start" : "middle"));
        }
        return ticks;
    }

    /** 1, 2 or 5 times a power of ten, so that there are at most as many ticks as wanted. */
    private long step() {
        long power = 1;
        while (true) {
            for (int factor : new int[] {1, 2, 5}) {
                if (end / (factor * power) < TICKS_MAX) {
                    return factor * power;
                }
            }
            power *= 10;
        }
    }

    /** {@code 200 k}, {@code 1 M}: a round number, short. */
    private static String brief(long number) {
        String[] units = {"", " k", " M", " G", " T", " P", " E"};
        long rest = number;
        int unit = 0;
        while (rest >= 1_000 && rest % 1_000 == 0 && unit < units.length - 1) {
            rest /= 1_000;
            unit++;
        }
        if (rest >= 1_000 && rest % 100 == 0 && unit < units.length - 1) {
            return rest / 1_000 + "." + rest % 1_000 / 100 + units[unit + 1];
        }
        return rest + units[unit];
    }

    private double of(long icount) {
        return 100.0 * Math.min(icount, end) / end;
    }

    private String percent(long icount) {
        return decimals(3, of(icount));
    }

    private static String decimals(int count, double number) {
        return String.format(Locale.ROOT, "%." + count + "f", number);
    }
}
