package dev.tapedeck.vm.machine;

import java.util.List;

/**
 * The complete, immutable state of a machine: registers, instruction count, status, stack, frames, globals, memory,
 * interrupt flag, handlers, pending interrupts, and the host's state. Pages of memory are shared between snapshots and
 * machines and copied when written.
 */
public final class Snapshot {
    /**
     * The places at which two states differ, in this order: registers, frames, locals, operands, globals, handlers,
     * pending, memory. Instruction counts and host states are not compared.
     *
     * @param countMax how many differences to list at the most
     */
    public List<Difference> differences(Snapshot other, int countMax) {
        throw new UnsupportedOperationException("not yet");
    }

    /** Whether {@link #differences} would be empty; much cheaper. */
    public boolean sameState(Snapshot other) {
        throw new UnsupportedOperationException("not yet");
    }

    public long icount() {
        throw new UnsupportedOperationException("not yet");
    }
}
