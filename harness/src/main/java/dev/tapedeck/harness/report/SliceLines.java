package dev.tapedeck.harness.report;

import dev.tapedeck.harness.slice.Cause;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.LibraryCode;
import dev.tapedeck.harness.text.Words;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A slice in lines, the same in every format. */
final class SliceLines {
    /** A remark takes the place of as many steps at least. */
    private static final int COMMON_MIN = 2;

    /** Functions named where steps of libraries are folded. */
    private static final int FUNCTIONS_NAMED = 3;

    /** What is no end of the chain: inputs and what the program began with explain a value, wherever they are read. */
    private static final Set<Cause.Kind> INSIDE =
            EnumSet.of(Cause.Kind.COMPUTED, Cause.Kind.BRANCH, Cause.Kind.CHOICE, Cause.Kind.CONSTANT);

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

    /** Whether steps of libraries stand in one line, or all in their own. */
    enum Libraries {
        FOLDED,
        SHOWN
    }

    /**
     * Steps that stand together: one, or several of libraries in one line.
     *
     * @param steps at least one, the last first
     */
    private record Group(List<Cause> steps) {
        boolean folded() {
            return steps.size() > 1;
        }

        Cause last() {
            return steps.get(steps.size() - 1);
        }

        long count() {
            return steps.stream()
                    .mapToLong(step -> 1 + step.repeats() + step.leftOut())
                    .sum();
        }
    }

    /**
     * The lines of a slice, the last step first, those of libraries folded.
     *
     * @param above the slice of the first run, where this one is of the second; what both end with is not shown again
     */
    static List<Line> of(Slice slice, Optional<Slice> above) {
        return of(slice, above, Libraries.FOLDED);
    }

    static List<Line> of(Slice slice, Optional<Slice> above, Libraries libraries) {
        List<Line> lines = new ArrayList<>();
        Cause.Role role = Cause.Role.VALUE;
        int common = above.map(other -> common(slice.steps(), other.steps())).orElse(0);
        int own = slice.steps().size() - (common < COMMON_MIN ? 0 : common);
        Optional<Executed> said = Optional.empty();
        for (Group group : groups(slice.steps(), own, libraries)) {
            Cause step = group.last();
            if (step.role() != role) {
                role = step.role();
                lines.add(remark(
                        role == Cause.Role.ADDRESS ? "the address it was read from:" : "what decided about it:"));
            }
            if (group.folded()) {
                addFolded(lines, group, said);
            } else {
                add(lines, step, said);
            }
            said = step.caller();
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

    /** Whether a slice has steps that {@link Libraries#FOLDED} does not show one by one. */
    static boolean folds(Slice slice) {
        return groups(slice.steps(), slice.steps().size(), Libraries.FOLDED).stream()
                .anyMatch(Group::folded);
    }

    /** @param count how many steps to put together; the ends of the chain always stand alone */
    private static List<Group> groups(List<Cause> steps, int count, Libraries libraries) {
        // Where nothing has a source, nothing is known to be a library's.
        boolean anyOwn = steps.stream()
                .map(step -> step.at().source())
                .anyMatch(source -> !source.isEmpty() && !LibraryCode.holds(source));
        List<Group> groups = new ArrayList<>();
        List<Cause> together = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Cause step = steps.get(i);
            boolean foldable = libraries == Libraries.FOLDED
                    && i > 0
                    && i < steps.size() - 1
                    && anyOwn
                    && INSIDE.contains(step.kind())
                    && (step.at().source().isEmpty()
                            || LibraryCode.holds(step.at().source()));
            if (!together.isEmpty()
                    && (!foldable || together.get(together.size() - 1).role() != step.role())) {
                groups.add(new Group(List.copyOf(together)));
                together.clear();
            }
            if (foldable) {
                together.add(step);
            } else {
                groups.add(new Group(List.of(step)));
            }
        }
        if (!together.isEmpty()) {
            groups.add(new Group(List.copyOf(together)));
        }
        return groups;
    }

    /** @param said the caller that stands above already */
    private static void addFolded(List<Line> lines, Group group, Optional<Executed> said) {
        lines.add(remark(folded(group)));
        addCaller(lines, group.last(), said);
    }

    private static void addCaller(List<Line> lines, Cause step, Optional<Executed> said) {
        step.caller()
                .map(Executed::place)
                .filter(place -> !said.map(Executed::place).equals(Optional.of(place)))
                .ifPresent(place -> lines.add(remark("called from " + place)));
    }

    /** {@code ... 7 instructions in printf_core, __stdio_write}: of many functions the first ones. */
    private static String folded(Group group) {
        List<String> functions = group.steps().stream()
                .map(step -> step.at().function())
                .distinct()
                .toList();
        int named = Math.min(FUNCTIONS_NAMED, functions.size());
        return "... " + Words.count(group.count(), "instruction") + " in "
                + String.join(", ", functions.subList(0, named))
                + (named < functions.size() ? " and " + Words.count(functions.size() - named, "more function") : "");
    }

    private static void add(List<Line> lines, Cause step, Optional<Executed> said) {
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
        addCaller(lines, step, said);
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
                && one.caller().map(Executed::place).equals(other.caller().map(Executed::place))
                && one.through().stream()
                        .map(Executed::place)
                        .toList()
                        .equals(other.through().stream().map(Executed::place).toList());
    }

    private static Line remark(String text) {
        return new Line("", Words.withoutHashes(text), "");
    }
}
