package dev.tapedeck.vm.wasm.dwarf;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Which source line each byte of a module's code comes from, as the section {@code .debug_line} says (DWARF 2 to 5).
 *
 * <p>Positions are byte offsets in the payload of the Code section, which is what compilers count from.
 *
 * <p>Debug information is a help and never a condition: what cannot be understood is left out with a warning, whatever
 * the bytes are. Time and memory grow with the size of the sections and no faster.
 */
public final class LineTable {
    /** Of a module without debug information: every line is unknown. */
    public static final LineTable EMPTY = new LineTable(new Rows(), List.of(), List.of());

    private final int[] offsets;
    private final int[] fileIndexes;
    private final int[] lineNumbers;
    private final List<String> files;
    private final List<String> warnings;

    LineTable(Rows rows, List<String> files, List<String> warnings) {
        this.offsets = rows.offsets();
        this.fileIndexes = rows.files();
        this.lineNumbers = rows.lines();
        this.files = List.copyOf(files);
        this.warnings = List.copyOf(warnings);
    }

    /**
     * Reads a module's line table.
     *
     * @param customSections the contents of the custom sections by name; those that are not of DWARF are ignored. Of
     *     several sections of one name, the first counts
     */
    public static LineTable parse(Map<String, byte[]> customSections) {
        byte[] lines = customSections.get(".debug_line");
        return lines == null || lines.length == 0 ? EMPTY : new LineTableReader(customSections).read(lines);
    }

    /**
     * The row that says where the instruction at {@code codeOffset} comes from.
     *
     * @return -1 if nothing is known of it
     */
    public int row(int codeOffset) {
        int found = Arrays.binarySearch(offsets, codeOffset);
        int row = found >= 0 ? found : -found - 2;
        return row >= 0 && fileIndexes[row] >= 0 ? row : -1;
    }

    /** The source file that a row names: an index into {@link #files}; -1 for row -1. */
    public int file(int row) {
        return row < 0 ? -1 : fileIndexes[row];
    }

    /**
     * The source line that a row names, from 1, or 0 if it is unknown: also where the compiler says that an instruction
     * comes from no line.
     */
    public int line(int row) {
        return row < 0 ? 0 : lineNumbers[row];
    }

    /**
     * The source files, in the order in which the code first refers to them. A name is the path that the compiler wrote
     * down, with {@code .} and {@code ..} resolved: relative to wherever it was called if it was told so.
     */
    public List<String> files() {
        return files;
    }

    /** What had to be left out, one sentence each, at most 20; empty if nothing. */
    public List<String> warnings() {
        return warnings;
    }
}
