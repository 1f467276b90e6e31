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
 * @param lines the source file and line of each instruction
 */
public record Function(
        String name,
        int type,
        List<ValueType> locals,
        List<String> localNames,
        List<Instruction> code,
        SourceLines lines) {
    public Function {
        locals = List.copyOf(locals);
        localNames = List.copyOf(localNames);
        code = List.copyOf(code);
    }

    /**
     * A function with lines of one file.
     *
     * @param source index into {@link Program#sources}, or -1 if unknown
     * @param lines the line of each instruction, from 1, or 0 if unknown; empty if no line is known
     */
    public Function(
            String name,
            int type,
            List<ValueType> locals,
            List<String> localNames,
            List<Instruction> code,
            int source,
            List<Integer> lines) {
        this(name, type, locals, localNames, code, SourceLines.of(source, lines));
    }

    /** The source line of the instruction at {@code offset}, from 1, or 0 if it is unknown. */
    public int line(int offset) {
        return lines.line(offset);
    }

    /**
     * The source file of the instruction at {@code offset}: an index into {@link Program#sources}, or -1 if it is
     * unknown. The function's own where the line is unknown.
     */
    public int source(int offset) {
        return lines.source(offset);
    }
}
