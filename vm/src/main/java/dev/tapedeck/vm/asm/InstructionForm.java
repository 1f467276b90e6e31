package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** How an instruction is written, derived from the kinds of its operands. */
final class InstructionForm {
    private static final Map<Opcode, InstructionForm> FORMS = new EnumMap<>(Opcode.class);

    static {
        for (Opcode opcode : Opcode.values()) {
            FORMS.put(opcode, new InstructionForm(opcode.operands()));
        }
    }

    private final List<OperandKind> kinds;
    private final List<Integer> textOrder;

    private InstructionForm(List<OperandKind> kinds) {
        this.kinds = kinds;
        // A type is long and may end in a list: it is written last. An offset stands behind the memory, as in
        // WebAssembly.
        textOrder = IntStream.range(0, kinds.size())
                .boxed()
                .sorted(Comparator.comparing(
                        i -> kinds.get(i) == OperandKind.TYPE || kinds.get(i) == OperandKind.OFFSET))
                .toList();
    }

    static InstructionForm of(Opcode opcode) {
        InstructionForm form = FORMS.get(opcode);
        if (form == null) {
            throw new IllegalStateException(opcode.mnemonic());
        }
        return form;
    }

    /** The indexes of the operands in the order in which they are written. */
    List<Integer> textOrder() {
        return textOrder;
    }

    /** How many operands cannot be left out. */
    int requiredCount() {
        return (int) kinds.stream()
                .filter(kind -> kind != OperandKind.OFFSET && kind != OperandKind.MEMORY)
                .count();
    }

    /** The operands in words, for messages: {@code a table and a function type}. */
    String operandWords() {
        if (kinds.isEmpty()) {
            return "no operand";
        }
        return String.join(
                " and ", textOrder.stream().map(i -> words(kinds.get(i))).toList());
    }

    static String words(OperandKind kind) {
        return switch (kind) {
            case LOCAL -> "a local";
            case GLOBAL -> "a global";
            case FUNCTION -> "a function";
            case IMPORT -> "a host function";
            case TYPE -> "a function type, such as (i32) -> i32";
            case TABLE -> "a table";
            case MEMORY -> "an optional memory, such as memory1";
            case DATA -> "a data segment";
            case ELEMENTS -> "an element segment";
            case REFERENCE -> "a reference type, funcref or externref";
            case LABEL -> "a label";
            case LABELS -> "labels, the default last";
            case OFFSET -> "an optional offset, such as [+4]";
            case COUNT -> "a number of cells";
            case I32 -> "an i32 constant";
            case I64 -> "an i64 constant";
            case F32 -> "an f32 constant";
            case F64 -> "an f64 constant";
        };
    }
}
