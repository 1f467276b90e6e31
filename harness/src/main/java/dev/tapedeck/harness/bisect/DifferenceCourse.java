package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.bisect.VersionWalk.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What became of the differences that one instruction made, while two runs are followed. Where it makes one and nothing
 * differs because of it yet, a stretch begins; where nothing does any more, the runs have met again.
 */
final class DifferenceCourse {
    private final Origin origin;
    private final Seen first;
    private final List<Bisection.Stretch> stretches = new ArrayList<>();
    private long stretchCount;
    private long effects;
    private long places;
    private @Nullable Seen outside;
    private @Nullable Origin begun;

    /** Instruction counts of the last behaviour that differed. */
    private long lastA;

    private long lastB;

    DifferenceCourse(Origin origin, Seen first) {
        this.origin = origin;
        this.first = first;
    }

    /**
     * A behaviour differs because of this.
     *
     * @param seenOutside whether it is seen outside of the machine
     */
    void effect(Origin because, Seen seen, boolean seenOutside) {
        if (begun == null) {
            begun = because;
            stretchCount++;
        }
        effects++;
        lastA = seen.icountA();
        lastB = seen.icountB();
        if (outside == null && seenOutside) {
            outside = seen;
        }
    }

    /** Nothing differs because of this any more. */
    void met(long icountA, long icountB) {
        end(icountA, icountB);
        begun = null;
    }

    private void end(long toA, long toB) {
        if (begun != null && stretches.size() < Bisection.STRETCHES_MAX) {
            stretches.add(new Bisection.Stretch(
                    begun.icountA(), Math.max(toA, begun.icountA()), begun.icountB(), Math.max(toB, begun.icountB())));
        }
    }

    /** The runs are followed no further: what is open ends with the last behaviour that differed. */
    void stop() {
        if (effects == 0) {
            // Compared by the structure of the programs, what came in another order may be no difference after all.
            effects = 1;
            stretchCount = 1;
            stretches.add(new Bisection.Stretch(
                    origin.icountA(), first.icountA() + 1, origin.icountB(), first.icountB() + 1));
        }
        end(lastA + 1, lastB + 1);
    }

    boolean open() {
        return begun != null;
    }

    void count(long change) {
        places += change;
    }

    /** Cells, globals and bytes of memory of both runs that differ because of this. */
    long places() {
        return places;
    }

    Origin origin() {
        return origin;
    }

    /** The first behaviour that differed. */
    Seen first() {
        return first;
    }

    long effects() {
        return effects;
    }

    /** The first difference that was seen outside of the machine. */
    Optional<Seen> outside() {
        return Optional.ofNullable(outside);
    }

    List<Bisection.Stretch> stretches() {
        return stretches;
    }

    long stretchCount() {
        return stretchCount;
    }
}
