package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;

/** Turns a program into assembly text. Assembling the text gives the same program again. */
public final class Disassembler {
    private Disassembler() {}

    public static String disassemble(Program program) {
        throw new UnsupportedOperationException("not yet");
    }

    /** One instruction as it would be written, with names: {@code local.get count}, {@code br_if +12}. */
    public static String instruction(Program program, Position position) {
        throw new UnsupportedOperationException("not yet");
    }
}
