package dev.tapedeck.harness.replay;

/** A replay does not reproduce its recording. The message names the first place. */
public final class ReplayException extends Exception {
    private static final long serialVersionUID = 1;

    private final long icount;

    public ReplayException(String message, long icount) {
        super(message);
        this.icount = icount;
    }

    /** The instruction count up to which the replay is known to agree. */
    public long icount() {
        return icount;
    }
}
