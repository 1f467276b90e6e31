package dev.tapedeck.harness.recording;

/**
 * Where checkpoints stand: at the ends of blocks, and as said here.
 *
 * @param value instructions, 1 to 2^62, or milliseconds, 1 to 2^31-1; of {@link Unit#AUTOMATIC} 0
 */
public record CheckpointSpacing(Unit unit, long value) {
    /** Bounds the number of checkpoints and their share of the run, and depends on nothing but the run. */
    public static final CheckpointSpacing AUTOMATIC = new CheckpointSpacing(Unit.AUTOMATIC, 0);

    /** How checkpoints are spaced. */
    public enum Unit {
        AUTOMATIC,
        INSTRUCTIONS,
        /** Of real time: recordings of equal runs then differ in where their checkpoints stand. */
        MILLISECONDS
    }

    /** @throws IllegalArgumentException if the value is out of its range */
    public CheckpointSpacing {
        long max = unit == Unit.INSTRUCTIONS
                ? RunOptions.INSTRUCTION_LIMIT_MAX
                : unit == Unit.MILLISECONDS ? Integer.MAX_VALUE : 0;
        if (value < Math.min(1, max) || value > max) {
            throw new IllegalArgumentException(
                    "checkpoints every " + value + " " + unit + ", expected " + Math.min(1, max) + " to " + max);
        }
    }

    /** A checkpoint whenever this many instructions have been completed; a multiple of the block's length. */
    public static CheckpointSpacing instructions(long instructions) {
        return new CheckpointSpacing(Unit.INSTRUCTIONS, instructions);
    }

    /** A checkpoint at the first end of a block this long after the last one. */
    public static CheckpointSpacing milliseconds(long milliseconds) {
        return new CheckpointSpacing(Unit.MILLISECONDS, milliseconds);
    }

    /** The form that a header holds: instructions are positive, milliseconds negative. */
    long encoded() {
        return unit == Unit.MILLISECONDS ? -value : value;
    }

    /** @throws IllegalArgumentException if there is no such spacing */
    static CheckpointSpacing decoded(long encoded) {
        if (encoded == 0) {
            return AUTOMATIC;
        }
        return encoded > 0 ? instructions(encoded) : milliseconds(-Math.max(encoded, -Long.MAX_VALUE));
    }
}
