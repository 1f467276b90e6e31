package dev.tapedeck.vm.isa;

import java.util.List;

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
    public Instruction {
        labels = List.copyOf(labels);
    }

    public static Instruction of(Opcode opcode) {
        return new Instruction(opcode, 0, 0, List.of());
    }

    public static Instruction of(Opcode opcode, long a) {
        return new Instruction(opcode, a, 0, List.of());
    }

    public static Instruction of(Opcode opcode, long a, long b) {
        return new Instruction(opcode, a, b, List.of());
    }

    /** A {@code br_table}; {@code labels} are the targets, the default last. */
    public static Instruction table(Opcode opcode, List<Integer> labels) {
        return new Instruction(opcode, 0, 0, labels);
    }
}
