package dev.tapedeck.vm.isa;

/** Where a run can go on after an instruction that does not fault. */
public enum ControlFlow {
    /** At the next instruction of the function. */
    NEXT,
    /** At one of its labels. */
    JUMP,
    /** At its label, or at the next instruction. */
    BRANCH,
    /** In another function of the program, and at the next instruction when that returns. */
    CALL,
    /** In the function that called, or nowhere if there is none. */
    RETURN,
    /** Nowhere. */
    STOP
}
