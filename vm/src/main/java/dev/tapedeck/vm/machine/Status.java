package dev.tapedeck.vm.machine;

/** What a machine can do next. Codes are stable: they stand in snapshots and recordings. */
public enum Status {
    /** No function has been started. */
    IDLE(0),
    /** There is a next instruction: {@link Machine#run} goes on. */
    RUNNING(1),
    /** The entry function returned; results are there. */
    RETURNED(2),
    /** The program stopped itself with an exit code. */
    HALTED(3),
    /** The machine stopped the program. */
    FAULTED(4);

    private final int code;

    Status(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** Whether the run is over. */
    public boolean ended() {
        return this == RETURNED || this == HALTED || this == FAULTED;
    }
}
