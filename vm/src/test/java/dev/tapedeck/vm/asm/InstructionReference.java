package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.isa.Determinism;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes the reference page of all instructions from the instruction table. */
final class InstructionReference {
    private enum Group {
        CONTROL("Control and stack"),
        VARIABLES("Locals and globals"),
        MEMORY("Memory"),
        SECTION("Heap sections"),
        TABLE("Tables and references"),
        I32("i32"),
        I64("i64"),
        F32("f32"),
        F64("f64"),
        CONVERSION("Conversions"),
        INTERRUPT("Interrupts"),
        REGISTER("Registers");

        final String title;

        Group(String title) {
            this.title = title;
        }
    }

    private InstructionReference() {}

    static String page() {
        Map<Group, List<Opcode>> groups = new EnumMap<>(Group.class);
        for (Opcode opcode : Opcode.values()) {
            groups.computeIfAbsent(group(opcode), group -> new ArrayList<>()).add(opcode);
        }
        StringBuilder page = new StringBuilder("""
                # Instructions

                All %d instructions of the machine. This page is generated from the instruction table, `Opcode`; do not edit it
                (CONTRIBUTING.md says how to generate it again). How programs are written is described in
                [assembly.md](assembly.md).

                - **Operands** are written behind the instruction. What has a `?` can be left out.
                - **Stack** reads as in the WebAssembly specification, deepest cell first: `i32 i64 -> f32` pops an i64, then an
                  i32, and pushes an f32. `*` depends on the operands; the description says how.
                - **Class** says what the result depends on: `pure` on the popped cells only, `state` on other state of the machine
                  or changes it, `host` on the world outside, so that it has to be recorded.
                - **Code** stands for the instruction in files. It never changes.

                Instructions that WebAssembly has too do what they do there; each arithmetic result that is a NaN is the canonical
                one.

                Groups:
                """.formatted(Opcode.values().length));
        String links = groups.keySet().stream()
                .map(group -> "[" + group.title + "](#" + anchor(group) + ")")
                .collect(Collectors.joining(" · "));
        page.append(links).append('\n');
        groups.forEach((group, opcodes) -> {
            page.append("\n## ").append(group.title).append("\n\n");
            page.append("| instruction | operands | stack | class | code | |\n|---|---|---|---|---|---|\n");
            opcodes.forEach(opcode -> page.append(row(opcode)));
        });
        return page.toString();
    }

    private static String anchor(Group group) {
        return group.title.toLowerCase(Locale.ROOT).replace(' ', '-');
    }

    private static Group group(Opcode opcode) {
        String mnemonic = opcode.mnemonic();
        int dot = mnemonic.indexOf('.');
        String prefix = dot < 0 ? "" : mnemonic.substring(0, dot);
        if (opcode.operands().contains(OperandKind.MEMORY)) {
            return Group.MEMORY;
        }
        return switch (prefix) {
            case "" -> Group.CONTROL;
            case "local", "global" -> Group.VARIABLES;
            case "memory", "data" -> Group.MEMORY;
            case "table", "elem", "ref" -> Group.TABLE;
            case "interrupt" -> Group.INTERRUPT;
            case "section" -> Group.SECTION;
            case "hp", "ip", "sp", "bp", "icount" -> Group.REGISTER;
            default -> {
                boolean conversion = ValueType.ofMnemonic(prefix).isPresent()
                        && List.of(ValueType.values()).stream()
                                .anyMatch(type -> mnemonic.substring(dot).contains(type.mnemonic()));
                yield conversion ? Group.CONVERSION : Group.valueOf(prefix.toUpperCase(Locale.ROOT));
            }
        };
    }

    private static String row(Opcode opcode) {
        String operands = InstructionForm.of(opcode).textOrder().stream()
                .map(i -> operand(opcode.operands().get(i)))
                .collect(Collectors.joining(" "));
        String effect = opcode.effect()
                .map(known -> (types(known.pops()) + " -> " + types(known.pushes())).strip())
                .orElse("*");
        return String.format(
                Locale.ROOT,
                "| `%s` | %s | `%s` | %s | `0x%02X` | %s |\n",
                opcode.mnemonic(),
                operands.isEmpty() ? "" : "`" + operands + "`",
                effect,
                determinism(opcode.determinism()),
                opcode.code(),
                opcode.documentation());
    }

    private static String types(List<ValueType> types) {
        return types.stream().map(ValueType::mnemonic).collect(Collectors.joining(" "));
    }

    private static String determinism(Determinism determinism) {
        return determinism.name().toLowerCase(Locale.ROOT);
    }

    private static String operand(OperandKind kind) {
        return switch (kind) {
            case LOCAL -> "LOCAL";
            case GLOBAL -> "GLOBAL";
            case FUNCTION -> "FUNCTION";
            case IMPORT -> "MODULE.FUNCTION";
            case TYPE -> "(TYPES) -> TYPES";
            case TABLE -> "TABLE?";
            case MEMORY -> "MEMORY?";
            case DATA -> "DATA";
            case ELEMENTS -> "ELEMENTS";
            case REFERENCE -> "TYPE";
            case LABEL -> "LABEL";
            case LABELS -> "LABEL... DEFAULT";
            case OFFSET -> "[+OFFSET]?";
            case COUNT -> "COUNT";
            case I32, I64, F32, F64 -> "NUMBER";
        };
    }
}
