package dev.tapedeck.vm.verify;

import dev.tapedeck.vm.program.Program;
import java.util.List;

/**
 * A program that the verifier has passed. It can only be had from {@link Verifier#verify}, so whoever holds one need not
 * check again what the verifier proved.
 */
public final class VerifiedProgram {
    private final Program program;
    private final List<Integer> operandCellsMax;

    VerifiedProgram(Program program, List<Integer> operandCellsMax) {
        this.program = program;
        this.operandCellsMax = List.copyOf(operandCellsMax);
    }

    public Program program() {
        return program;
    }

    /** The most cells that the operand stack of a function holds at any time. */
    public int operandCellsMax(int function) {
        return operandCellsMax.get(function);
    }
}
