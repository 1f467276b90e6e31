package dev.tapedeck.vm.wasm.text;

import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.wasm.Importer;
import dev.tapedeck.vm.wasm.WasmException;

/**
 * A module that was read from text, in the binary format. Its instructions are not yet validated: that is for who reads
 * the binary format.
 */
public final class WatModule {
    private final WatSource source;
    private final byte[] bytes;
    private final int codeStart;
    private final LineRows lines;

    WatModule(WatSource source, byte[] bytes, int codeStart, LineRows lines) {
        this.source = source;
        this.bytes = bytes;
        this.codeStart = codeStart;
        this.lines = lines;
    }

    /**
     * @param name the text's name, for messages and for positions: such as {@code sum.wat}
     * @param text the text, in UTF-8; not to be changed afterwards
     * @throws WatException if the text is wrong, or needs what is not supported
     */
    public static WatModule read(String name, byte[] text) throws WatException {
        return new ModuleParser(new WatSource(name, text)).parse();
    }

    /**
     * The module in the binary format, with a section of the names that the text gives, and one of the lines that the
     * code comes from ({@code .debug_line}, as DWARF has it).
     */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The line of the text that a byte of the code comes from, from 1, or 0 if it comes from none. */
    public int line(long offset) {
        return offset < codeStart ? 0 : lines.find(offset - codeStart);
    }

    /**
     * Makes a program of the module, as {@link Importer} does.
     *
     * @param name a name for people, for a module that has none
     * @return a program that is not yet verified
     * @throws WatException if the module is not valid, or needs what is not supported
     */
    public Program program(String name) throws WatException {
        try {
            return Importer.program(name, bytes);
        } catch (WasmException e) {
            throw source.errorInLine(e.kind(), line(e.offset()), e.reason());
        }
    }
}
