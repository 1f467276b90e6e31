package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.program.Program;

/**
 * Turns assembly text ({@code .tasm}) into a program. The language is described in docs/assembly.md. The program is not
 * yet verified.
 */
public final class Assembler {
    /** Longer texts are refused. In characters. */
    public static final int TEXT_LENGTH_MAX = 64 << 20;

    private Assembler() {}

    /**
     * @param source the file's name, for messages and debug information
     * @param text the assembly text
     * @throws AssemblyException if the text is wrong
     */
    public static Program assemble(String source, String text) throws AssemblyException {
        if (text.length() > TEXT_LENGTH_MAX) {
            throw new AssemblyException(
                    source + ":1:1: the text has " + text.length() + " characters, more than " + TEXT_LENGTH_MAX, 1, 1);
        }
        SourceText sourceText = new SourceText(source, text);
        return new Emitter(sourceText, new Parser(sourceText).parse()).emit();
    }
}
