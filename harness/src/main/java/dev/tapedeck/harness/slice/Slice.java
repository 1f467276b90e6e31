package dev.tapedeck.harness.slice;

import java.util.List;

/**
 * How a value came about: a backward slice over a recorded run, shortened to what a person can read. Everything here is
 * plain text and numbers, ready for a report.
 *
 * @param what the place and its value, or what else is explained, in words: {@code global 'total' is 113 (0x71)}
 * @param icount the instruction count at which it was looked at
 * @param steps what produced it, the last first; at most {@value #STEPS_MAX}
 * @param complete whether everything that took part is known, back to inputs, constants and what was there at the start
 * @param replayed how many instructions before {@code icount} were looked at
 */
public record Slice(String what, long icount, List<Cause> steps, boolean complete, long replayed) {
    /** Steps of a slice. The others are counted. */
    public static final int STEPS_MAX = 12;

    public Slice {
        steps = List.copyOf(steps);
    }
}
