package dev.tapedeck.vm.verify;

import dev.tapedeck.vm.program.Program;

/**
 * Checks a program once, at load, so that nothing has to be checked again while it runs: every index is in range, every
 * jump lands on an instruction, every path reaches an instruction with the same types on the stack, operands have the
 * types of the instruction table, no path falls off the end, no instruction is out of reach.
 */
public final class Verifier {
    private Verifier() {}

    /**
     * @throws VerifyException if the program is not valid; the message has the first reason found
     */
    public static VerifiedProgram verify(Program program) throws VerifyException {
        throw new UnsupportedOperationException("not yet");
    }
}
