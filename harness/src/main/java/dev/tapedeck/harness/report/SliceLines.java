package dev.tapedeck.harness.report;

import dev.tapedeck.harness.slice.Cause;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A slice in lines, the same in every format. */
final class SliceLines {
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
     * @param stepsMax how many steps to show
     */
    static List<Line> of(Slice slice, int stepsMax) {
        List<Line> lines = new ArrayList<>();
        Cause.Role role = Cause.Role.VALUE;
        int shown = Math.min(stepsMax, slice.steps().size());
        for (Cause step : slice.steps().subList(0, shown)) {
            if (step.role() != role) {
                role = step.role();
                lines.add(remark(
                        role == Cause.Role.ADDRESS ? "the address it was read from:" : "what decided about it:"));
            }
            Executed at = step.at();
            boolean outside = step.kind() == Cause.Kind.HOST;
            lines.add(new Line(Words.count(at.icount()), outside ? at.text() : step.words(), at.place()));
            if (outside) {
                lines.add(remark(step.value()));
            }
            if (!step.through().isEmpty()) {
                lines.add(remark("by way of "
                        + step.through().stream()
                                .map(carrier -> carrier.text() + " in " + carrier.place())
                                .collect(Collectors.joining(", "))));
            }
            if (step.repeats() > 0) {
                lines.add(remark("... and " + Words.count(step.repeats(), "more time") + " in " + at.function() + "+"
                        + at.offset()));
            }
            if (step.leftOut() > 0) {
                lines.add(remark("... " + Words.count(step.leftOut(), "more step") + " left out"));
            }
        }
        if (shown < slice.steps().size()) {
            lines.add(remark("... " + Words.count(slice.steps().size() - shown, "more step")));
        }
        if (!slice.complete()) {
            lines.add(remark("the last " + Words.count(slice.replayed(), "instruction")
                    + " were looked at; it goes on further back"));
        }
        return lines;
    }

    private static Line remark(String text) {
        return new Line("", text, "");
    }
}
