package dev.tapedeck.harness.report;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;

/** What an instruction wrote, in a few words for a listing: {@code = 7}, {@code total = 7}, {@code [0x404] = 7}. */
final class Written {
    private Written() {}

    /**
     * @param effect of the instruction, read before it
     * @param machine after it
     * @return empty if there is nothing to be said
     */
    static String words(Effect effect, Machine machine) {
        Program program = machine.program();
        if (machine.status() == Status.FAULTED) {
            return machine.fault()
                    .map(fault -> "fault " + fault.kind().mnemonic())
                    .orElse("fault");
        }
        switch (effect.opcode) {
            case BR_IF, BR_UNLESS -> {
                return effect.jumps ? "taken" : "not taken";
            }
            case CALL, CALL_INDIRECT, UNWIND -> {
                return "";
            }
            case LOCAL_SET, LOCAL_TEE -> {
                Function function = program.functions().get(effect.function);
                int local = (int) effect.instruction.a();
                return Places.localName(function, local).orElse("local " + local) + " = "
                        + typed(
                                Places.localType(program, function, local).stream()
                                        .toList(),
                                effect,
                                machine);
            }
            case GLOBAL_SET -> {
                Program.Global global = program.globals().get(effect.globalWrite);
                return Places.global(program, effect.globalWrite) + " = "
                        + Values.cell(global.type(), machine.global(effect.globalWrite));
            }
            case HP_SET -> {
                return "hp = " + Values.address(machine.hp());
            }
            default -> {
                return effect.writeLength > 0 ? memory(effect, machine) : pushed(effect, machine);
            }
        }
    }

    private static String memory(Effect effect, Machine machine) {
        String place = (effect.writeMemory == 0 ? "" : "memory " + effect.writeMemory + " ") + "["
                + Values.address(effect.writeAddress) + "]";
        if (!Effect.isStore(effect.opcode)) {
            return effect.writeLength + (effect.writeLength == 1 ? " byte at " : " bytes at ") + place;
        }
        byte[] bytes = machine.readMemory(effect.writeMemory, effect.writeAddress, (int) effect.writeLength);
        long value = 0;
        for (int i = bytes.length - 1; i >= 0; i--) {
            value = (value << 8) | (bytes[i] & 0xff);
        }
        int unused = 64 - 8 * bytes.length;
        List<ValueType> pops = effect.opcode.effect().map(Opcode.Effect::pops).orElse(List.of());
        ValueType type = pops.isEmpty() ? ValueType.I64 : pops.get(pops.size() - 1);
        boolean number = type == ValueType.I32 || type == ValueType.I64;
        return place + " = " + Values.cell(number ? ValueType.I64 : type, (value << unused) >> unused);
    }

    private static String pushed(Effect effect, Machine machine) {
        if (effect.writeTo <= effect.writeFrom) {
            return "";
        }
        String text = typed(types(effect, machine.program()), effect, machine);
        return text.isEmpty() ? "" : "= " + text;
    }

    private static List<ValueType> types(Effect effect, Program program) {
        Function function = program.functions().get(effect.function);
        return switch (effect.opcode) {
            case LOCAL_GET ->
                Places.localType(program, function, (int) effect.instruction.a()).stream()
                        .toList();
            case GLOBAL_GET ->
                List.of(program.globals().get((int) effect.instruction.a()).type());
            case TABLE_GET ->
                List.of(program.tables().get((int) effect.instruction.a()).type());
            case RETURN -> program.typeOf(function).results();
            case CALL_HOST ->
                program.typeOf(program.imports().get((int) effect.instruction.a()))
                        .results();
            default -> effect.opcode.effect().map(Opcode.Effect::pushes).orElse(List.of());
        };
    }

    private static String typed(List<ValueType> types, Effect effect, Machine machine) {
        List<Long> cells = new ArrayList<>();
        for (int cell = effect.writeFrom; cell < effect.writeTo; cell++) {
            if (cell >= machine.sp()) {
                // The run has ended, or the frame is gone: there is no such cell any more.
                return "";
            }
            cells.add(Effect.cell(machine, cell));
        }
        return Values.list(types, cells);
    }
}
