package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.program.Program;

/** Turns assembly text ({@code .tasm}) into a program. */
public final class Assembler {
    private Assembler() {}

    /**
     * @param source the file's name, for messages and debug information
     * @param text the assembly text
     * @throws AssemblyException if the text is wrong
     */
    public static Program assemble(String source, String text) throws AssemblyException {
        throw new UnsupportedOperationException("not yet");
    }
}
