package dev.tapedeck.vm.verify;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.lang.ref.SoftReference;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A program that the verifier has passed. It can only be had from {@link Verifier#verify}, so whoever holds one need not
 * check again what the verifier proved.
 */
public final class VerifiedProgram {
    private final Program program;
    private final List<Integer> operandCellsMax;
    /** Cells that the functions transfer together; they count towards what a longer program may. */
    final long transferredCells;

    /** Functions that were verified again to know their operand stacks; dropped when memory is short. */
    private SoftReference<Map<Integer, FunctionVerifier>> verifiers = new SoftReference<>(new HashMap<>());

    VerifiedProgram(Program program, List<Integer> operandCellsMax, long transferredCells) {
        this.program = program;
        this.operandCellsMax = List.copyOf(operandCellsMax);
        this.transferredCells = transferredCells;
    }

    public Program program() {
        return program;
    }

    /** The most cells that the operand stack of a function holds at any time. */
    public int operandCellsMax(int function) {
        return operandCellsMax.get(function);
    }

    /**
     * The types of the cells on the operand stack before the instruction at a position, deepest first. The first question
     * about a function costs as much as verifying it.
     */
    public synchronized List<ValueType> operandTypes(Position position) {
        Map<Integer, FunctionVerifier> known = verifiers.get();
        if (known == null) {
            known = new HashMap<>();
            verifiers = new SoftReference<>(known);
        }
        FunctionVerifier verifier = known.get(position.function());
        if (verifier == null) {
            verifier = new FunctionVerifier(program, position.function(), new FunctionVerifier.TransferBudget(0));
            try {
                verifier.verify();
            } catch (VerifyException e) {
                throw new AssertionError("a verified program is valid", e);
            }
            known.put(position.function(), verifier);
        }
        return verifier.operandTypes(position.offset());
    }
}
