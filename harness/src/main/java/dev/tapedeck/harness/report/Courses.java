package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.Consequence;
import dev.tapedeck.harness.bisect.Bisection.Consequences;
import dev.tapedeck.harness.bisect.Bisection.Stretch;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Words;
import java.util.ArrayList;
import java.util.List;

/** What became of differences between two versions, in words: the same in each form of a report. */
final class Courses {
    /** Stretches named of one cause. */
    private static final int STRETCHES_SHOWN = 3;

    private Courses() {}

    /** The instruction that made the difference: in the first run, or in the second if it is only there. */
    static Executed cause(Consequence consequence) {
        return consequence.a().or(consequence::b).orElseThrow();
    }

    /** Which of the runs {@link #cause} is in, if it is in one only. */
    static String only(Consequence consequence) {
        if (consequence.a().isEmpty()) {
            return "only in B";
        }
        return consequence.b().isEmpty() ? "only in A" : "";
    }

    /** What became of it: one sentence. */
    static String fate(Consequence consequence) {
        Bisection.Effect effect = consequence.output().orElse(consequence.effect());
        StringBuilder text = new StringBuilder(consequence.fate().words());
        switch (consequence.fate()) {
            case OUTPUT -> text.append(" at instruction ").append(Words.count(effect.icount()));
            case DIES_OUT -> {
                if (!consequence.stretches().isEmpty() && consequence.stretchCount() == 1) {
                    text.append(" at instruction ")
                            .append(Words.count(consequence.stretches().get(0).to()))
                            .append(", where the runs meet again");
                }
            }
            case STAYS -> {}
        }
        text.append("; ");
        if (consequence.fate() != Bisection.Fate.OUTPUT && consequence.effects() > 1) {
            text.append(Words.count(consequence.effects(), "behaviour"))
                    .append(" differed, first at ")
                    .append(Words.count(effect.icount()))
                    .append(": ");
        }
        text.append(effect.words());
        if (consequence.stretchCount() > 1) {
            text.append("; diverged ").append(stretches(consequence));
        }
        return text.toString();
    }

    private static String stretches(Consequence consequence) {
        List<String> shown = new ArrayList<>();
        for (Stretch stretch : consequence.stretches()) {
            if (shown.size() < STRETCHES_SHOWN) {
                shown.add(Words.count(stretch.from()) + ".." + Words.count(stretch.to()));
            }
        }
        long more = consequence.stretchCount() - shown.size();
        return Words.count(consequence.stretchCount(), "time") + ": " + String.join(", ", shown)
                + (more > 0 ? " and " + Words.count(more) + " more" : "");
    }

    /** How far the runs were followed, and what is not listed. */
    static String extent(Consequences consequences) {
        StringBuilder text = new StringBuilder();
        long outside = consequences.outside().size();
        if (consequences.complete()) {
            text.append(
                    outside == 0
                            ? "Nothing of it reaches the output: what both runs put out, and how they end, is the same."
                            : "Followed to the end of both runs.");
        } else {
            text.append("Followed to instruction ")
                    .append(Words.count(consequences.to()))
                    .append(" of A and ")
                    .append(Words.count(consequences.toB()))
                    .append(" of B")
                    .append(outside == 0 ? "; up to there nothing of it reaches the output." : ".");
        }
        if (consequences.unlisted() > 0) {
            text.append(" ")
                    .append(Words.count(consequences.unlisted(), "more behaviour"))
                    .append(" differed, from other causes.");
        }
        return text.toString();
    }
}
