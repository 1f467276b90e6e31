package dev.tapedeck.vm.isa;

/** What the result of an instruction depends on. Only {@link #HOST} instructions let anything in from outside. */
public enum Determinism {
    /** Reads and writes the operand stack only (and may fault). */
    PURE,
    /** Reads or writes machine state beside the operand stack: locals, globals, memory, registers, control. */
    STATE,
    /** Passes the host seam: what comes back has to be recorded. */
    HOST
}
