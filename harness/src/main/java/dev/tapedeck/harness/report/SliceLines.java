package dev.tapedeck.harness.report;

import dev.tapedeck.harness.slice.Cause;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A slice in lines, the same in every format. */
final class SliceLines {
    /** A remark takes the place of as many steps at least. */
    private static final int COMMON_MIN = 2;

    private SliceLines() {}

    /**
     * A line: a step, or what there is to say about the one above.
     *
     * @param icount of a step; empty for a remark
     * @param text what was executed, or the remark
     * @param place of a step; empty for a remark
     */
    record Line(String icount, String text, String place) {
        boolean remark() {
            return icount.isEmpty();
        }
    }

    /**
     * The lines of a slice, the last step first.
     *
     * @param above the slice of the first run, where this one is of the second; what both end with is not shown again
     */
    static List<Line> of(Slice slice, Optional<Slice> above) {
        List<Line> lines = new ArrayList<>();
        Cause.Role role = Cause.Role.VALUE;
        int common = above.map(other -> common(slice.steps(), other.steps())).orElse(0);
        int own = slice.steps().size() - (common < COMMON_MIN ? 0 : common);
        for (Cause step : slice.steps().subList(0, own)) {
            if (step.role() != role) {
                role = step.role();
                lines.add(remark(
                        role == Cause.Role.ADDRESS ? "the address it was read from:" : "what decided about it:"));
            }
            add(lines, step);
        }
        if (own < slice.steps().size()) {
            lines.add(remark("... and from there on as in A: "
                    + Words.count(slice.steps().size() - own, "step")));
        } else if (!slice.complete()) {
            lines.add(remark("the last " + Words.count(slice.replayed(), "instruction")
                    + " were looked at; it goes on further back"));
        }
        return lines;
    }

    private static void add(List<Line> lines, Cause step) {
        Executed at = step.at();
        boolean outside = step.kind() == Cause.Kind.HOST;
        lines.add(new Line(
                Words.count(at.icount()), Words.withoutHashes(outside ? at.text() : step.words()), at.place()));
        if (outside) {
            lines.add(remark(step.value()));
        }
        if (!step.through().isEmpty()) {
            lines.add(remark("by way of "
                    + step.through().stream()
                            .map(carrier -> carrier.shown() + " in " + carrier.place())
                            .collect(Collectors.joining(", "))));
        }
        step.caller().ifPresent(caller -> lines.add(remark("called from " + caller.place())));
        if (step.repeats() > 0) {
            lines.add(remark("... and " + Words.count(step.repeats(), "more time") + " in " + at.function() + "+"
                    + at.offset()));
        }
        if (step.leftOut() > 0) {
            lines.add(remark("... " + Words.count(step.leftOut(), "more step") + " left out"));
        }
    }

    /** How many steps both end with. Where they stand in their runs makes no difference. */
    private static int common(List<Cause> one, List<Cause> other) {
        int common = 0;
        while (common < Math.min(one.size(), other.size())
                && same(one.get(one.size() - 1 - common), other.get(other.size() - 1 - common))) {
            common++;
        }
        return common;
    }

    private static boolean same(Cause one, Cause other) {
        return one.words().equals(other.words())
                && one.role() == other.role()
                && one.at().place().equals(other.at().place())
                && one.repeats() == other.repeats()
                && one.leftOut() == other.leftOut()
                && one.through().stream()
                        .map(Executed::place)
                        .toList()
                        .equals(other.through().stream().map(Executed::place).toList());
    }

    private static Line remark(String text) {
        return new Line("", Words.withoutHashes(text), "");
    }
}
