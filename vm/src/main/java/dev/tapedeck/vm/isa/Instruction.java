package dev.tapedeck.vm.isa;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One decoded instruction.
 *
 * @param opcode which instruction
 * @param a the first immediate operand, or 0; unsigned kinds hold their value, floating-point constants their bits
 *     (f32 bits are zero-extended)
 * @param b the second immediate operand, or 0
 * @param labels the targets of {@code br_table}, the default last; empty for every other instruction
 */
public record Instruction(Opcode opcode, long a, long b, List<Integer> labels) {
    /**
     * Instructions with one small operand are most of all programs; there is one object for each. Filled as they are asked
     * for. Threads may fill an entry twice, which does no harm: instructions never change.
     */
    private static final @Nullable Instruction[][] SHARED = new Instruction[Opcode.values().length][];

    private static final int SHARED_OPERANDS = 256;

    public Instruction {
        labels = Labels.copyOf(labels);
    }

    public static Instruction of(Opcode opcode) {
        return of(opcode, 0, 0);
    }

    public static Instruction of(Opcode opcode, long a) {
        return of(opcode, a, 0);
    }

    /** May return an object that it has returned before. */
    public static Instruction of(Opcode opcode, long a, long b) {
        return b == 0 && a >= 0 && a < SHARED_OPERANDS
                ? shared(opcode, (int) a)
                : new Instruction(opcode, a, b, List.of());
    }

    @SuppressWarnings("EnumOrdinal") // Only in memory.
    private static Instruction shared(Opcode opcode, int a) {
        @Nullable Instruction[] ofOpcode = SHARED[opcode.ordinal()];
        if (ofOpcode == null) {
            ofOpcode = new Instruction[opcode.operands().isEmpty() ? 1 : SHARED_OPERANDS];
            SHARED[opcode.ordinal()] = ofOpcode;
        }
        if (a >= ofOpcode.length) {
            return new Instruction(opcode, a, 0, List.of());
        }
        Instruction instruction = ofOpcode[a];
        if (instruction == null) {
            instruction = new Instruction(opcode, a, 0, List.of());
            ofOpcode[a] = instruction;
        }
        return instruction;
    }

    /** A {@code br_table}; {@code labels} are the targets, the default last. */
    public static Instruction table(Opcode opcode, List<Integer> labels) {
        return new Instruction(opcode, 0, 0, labels);
    }
}
