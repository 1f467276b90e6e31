package dev.tapedeck.harness.bisect;

import org.jspecify.annotations.Nullable;

/**
 * The place at which a difference between two runs began.
 *
 * @param icountA instruction count in the first run
 * @param icountB instruction count in the second run
 * @param kind what made the difference
 * @param presence in which of the two runs the instruction was executed
 */
record Origin(long icountA, long icountB, Bisection.Kind kind, Presence presence) {
    /** In which run an instruction has no counterpart. */
    enum Presence {
        BOTH,
        A_ONLY,
        B_ONLY
    }

    static @Nullable Origin earlier(@Nullable Origin one, @Nullable Origin other) {
        if (one == null) {
            return other;
        }
        return other == null
                        || one.icountA < other.icountA
                        || (one.icountA == other.icountA && one.icountB <= other.icountB)
                ? one
                : other;
    }
}
