package dev.tapedeck.harness.bisect;

import org.jspecify.annotations.Nullable;

/** A recording does not reproduce itself while it is replayed. */
final class Unfaithful extends Exception {
    private static final long serialVersionUID = 1;

    @SuppressWarnings("serial") // Never leaves this package, and is never serialised.
    private final Lane lane;

    private final long icount;

    /**
     * @param icount up to where the replay is known to agree
     */
    Unfaithful(Lane lane, @Nullable String message, long icount) {
        super(message);
        this.lane = lane;
        this.icount = icount;
    }

    Lane lane() {
        return lane;
    }

    long icount() {
        return icount;
    }
}
