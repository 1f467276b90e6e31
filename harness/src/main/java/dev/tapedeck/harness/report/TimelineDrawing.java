package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.report.ReportContent.Mark;
import dev.tapedeck.harness.report.ReportContent.Run;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Words;
import java.util.ArrayList;
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
            lanes.add(drawing.lane("A", content.reference(), found.a(), found.diverged()));
            lanes.add(drawing.lane("B", Optional.of(content.run()), found.b(), found.diverged()));
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
                "replayed", content.run().replayedFrom() >= 0,
                "checkpoints", Words.count(content.run().checkpoints(), "checkpoint"),
                "interrupts", Words.count(content.run().interrupts(), "interrupt"),
                "hostCalls", Words.count(content.run().hostCalls(), "host call"));
    }

    private Map<String, Object> lane(String letter, Run run) {
        return lane(letter, run.instructions(), run.outcome(), Optional.of(run), -1);
    }

    private Map<String, Object> lane(String letter, Optional<Run> run, Bisection.Side side, boolean diverged) {
        long divergence = diverged ? side.at().map(Executed::icount).orElse(side.instructions()) : -1;
        return lane(letter, side.instructions(), side.outcome(), run, divergence);
    }

    /**
     * @param divergence an instruction count, or -1
     */
    private Map<String, Object> lane(
            String letter, long instructions, String outcome, Optional<Run> run, long divergence) {
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
                Map.entry(
                        "after",
                        divergence < 0
                                ? false
                                : stretch(
                                        divergence,
                                        instructions,
                                        "after the divergence: " + Words.count(divergence) + " to "
                                                + Words.count(instructions))),
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
