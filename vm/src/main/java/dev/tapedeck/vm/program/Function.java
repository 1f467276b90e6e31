package dev.tapedeck.vm.program;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.ValueType;
import java.util.List;

/**
 * A function. A position in it is the index of an instruction in {@code code}, called its offset.
 *
 * @param name for people; may be empty
 * @param type index of its type
 * @param locals the types of its locals beside the parameters; they start as zero
 * @param localNames names of parameters and locals, for people; shorter than their number or empty where unknown
 * @param code the instructions
 * @param source index into {@link Program#sources}, or -1 if unknown
 * @param lines the source line of each instruction, from 1; 0 if unknown; empty if no line is known, else as long as
 *     {@code code}
 */
public record Function(
        String name,
        int type,
        List<ValueType> locals,
        List<String> localNames,
        List<Instruction> code,
        int source,
        List<Integer> lines) {
    public Function {
        locals = List.copyOf(locals);
        localNames = List.copyOf(localNames);
        code = List.copyOf(code);
        lines = List.copyOf(lines);
    }

    /** The source line of the instruction at {@code offset}, from 1, or 0 if it is unknown. */
    public int line(int offset) {
        return offset >= 0 && offset < lines.size() ? lines.get(offset) : 0;
    }
}
