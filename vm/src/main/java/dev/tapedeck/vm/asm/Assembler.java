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
        SourceText sourceText = sourceText(source, text);
        return new Emitter(sourceText, new Parser(sourceText).parse()).emit();
    }

    /**
     * Gives a program other tests: those of a text that has {@code .test} and {@code .const} and nothing else.
     *
     * @param program whose functions the tests run
     * @param source the text's name, for messages
     * @param text the text
     * @return the program with these tests and no others
     * @throws AssemblyException if the text is wrong, or says something that does not fit the program
     */
    public static Program withTests(Program program, String source, String text) throws AssemblyException {
        SourceText sourceText = sourceText(source, text);
        return program.withTests(new Emitter(sourceText, new Parser(sourceText).parseTests()).emitTests(program));
    }

    private static SourceText sourceText(String source, String text) throws AssemblyException {
        if (text.length() > TEXT_LENGTH_MAX) {
            throw new AssemblyException(
                    source + ":1:1: the text has " + text.length() + " characters, more than " + TEXT_LENGTH_MAX, 1, 1);
        }
        return new SourceText(source, text);
    }
}
