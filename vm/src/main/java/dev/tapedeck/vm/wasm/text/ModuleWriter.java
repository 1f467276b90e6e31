package dev.tapedeck.vm.wasm.text;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Puts the sections of a module together. */
final class ModuleWriter {
    static final int TYPE = 1;
    static final int IMPORT = 2;
    static final int FUNCTION = 3;
    static final int TABLE = 4;
    static final int MEMORY = 5;
    static final int GLOBAL = 6;
    static final int EXPORT = 7;
    private static final int START = 8;
    static final int ELEMENT = 9;
    static final int CODE = 10;
    static final int DATA = 11;
    private static final int DATA_COUNT = 12;

    private static final byte[] HEADER = {0, 'a', 's', 'm', 1, 0, 0, 0};

    // The parts of the section of names.
    private static final int MODULE_NAME = 0;
    private static final int FUNCTION_NAMES = 1;
    private static final int LOCAL_NAMES = 2;
    private static final int TYPE_NAMES = 4;
    private static final int TABLE_NAMES = 5;
    private static final int MEMORY_NAMES = 6;
    private static final int GLOBAL_NAMES = 7;
    private static final int ELEMENT_NAMES = 8;
    private static final int DATA_NAMES = 9;

    // Of DWARF's line programs.
    private static final int DWARF_VERSION = 4;
    private static final int COPY = 1;
    private static final int ADVANCE_PC = 2;
    private static final int ADVANCE_LINE = 3;
    private static final int EXTENDED = 0;
    private static final int END_SEQUENCE = 1;
    private static final int SET_ADDRESS = 2;
    private static final byte[] OPERAND_COUNTS = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};

    private final WasmOutput out = new WasmOutput();

    ModuleWriter() {
        out.append(HEADER);
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    /** How many bytes an unsigned number takes. */
    static int length(int value) {
        WasmOutput number = new WasmOutput();
        number.u32(value);
        return number.size();
    }

    int section(int id, ModuleParser.Section section) {
        WasmOutput contents = new WasmOutput();
        contents.u32(section.count);
        contents.append(section.out);
        return section(id, section.count, contents);
    }

    /**
     * Writes a section unless it is empty.
     *
     * @return where its contents begin
     */
    int section(int id, int count, WasmOutput contents) {
        if (count == 0) {
            return out.size();
        }
        out.u8(id);
        out.u32(contents.size());
        int start = out.size();
        out.append(contents);
        return start;
    }

    void start(long function) {
        single(START, function);
    }

    void dataCount(int count) {
        single(DATA_COUNT, count);
    }

    private void single(int id, long number) {
        WasmOutput contents = new WasmOutput();
        contents.u32(number);
        section(id, 1, contents);
    }

    private void custom(String name, WasmOutput contents) {
        WasmOutput section = new WasmOutput();
        section.name(name);
        section.append(contents);
        section(0, 1, section);
    }

    void names(@Nullable String module, Spaces spaces, List<IndexSpace> locals) {
        WasmOutput section = new WasmOutput();
        if (module != null) {
            WasmOutput name = new WasmOutput();
            name.name(module);
            part(section, MODULE_NAME, name);
        }
        names(section, FUNCTION_NAMES, spaces.functions);
        localNames(section, locals);
        Map<Integer, IndexSpace> others = new TreeMap<>();
        others.put(TYPE_NAMES, spaces.types);
        others.put(TABLE_NAMES, spaces.tables);
        others.put(MEMORY_NAMES, spaces.memories);
        others.put(GLOBAL_NAMES, spaces.globals);
        others.put(ELEMENT_NAMES, spaces.elements);
        others.put(DATA_NAMES, spaces.data);
        others.forEach((id, space) -> names(section, id, space));
        if (section.size() > 0) {
            custom("name", section);
        }
    }

    private static void part(WasmOutput section, int id, WasmOutput contents) {
        section.u8(id);
        section.sized(contents);
    }

    private static void names(WasmOutput section, int id, IndexSpace space) {
        if (space.hasNames()) {
            WasmOutput map = new WasmOutput();
            names(map, space);
            part(section, id, map);
        }
    }

    private static void names(WasmOutput map, IndexSpace space) {
        map.u32(space.nameCount());
        for (int i = 0; i < space.size(); i++) {
            String name = space.name(i);
            if (name != null) {
                map.u32(i);
                map.name(name);
            }
        }
    }

    private static void localNames(WasmOutput section, List<IndexSpace> locals) {
        WasmOutput maps = new WasmOutput();
        int count = 0;
        for (int i = 0; i < locals.size(); i++) {
            if (locals.get(i).hasNames()) {
                maps.u32(i);
                names(maps, locals.get(i));
                count++;
            }
        }
        if (count > 0) {
            WasmOutput contents = new WasmOutput();
            contents.u32(count);
            contents.append(maps);
            part(section, LOCAL_NAMES, contents);
        }
    }

    /** The lines of the code as DWARF has them, so that they are read as those of any other module. */
    void lines(String file, LineRows rows, int codeBytes) {
        if (rows.size() == 0) {
            return;
        }
        WasmOutput header = new WasmOutput();
        header.u8(1); // bytes of the shortest instruction
        header.u8(1); // operations in an instruction
        header.u8(1); // rows are statements
        header.u8(-1); // the least line that a special opcode advances by
        header.u8(1); // how many there are
        header.u8(OPERAND_COUNTS.length + 1);
        header.append(OPERAND_COUNTS);
        header.u8(0); // no directories
        header.name0(file);
        header.u8(0);
        header.u8(0);
        header.u8(0);
        header.u8(0); // no more files

        WasmOutput program = new WasmOutput();
        program.u8(EXTENDED);
        program.u8(1 + Integer.BYTES);
        program.u8(SET_ADDRESS);
        program.fixed(rows.offset(0), Integer.BYTES);
        int offset = rows.offset(0);
        int line = 1;
        for (int i = 0; i < rows.size(); i++) {
            program.u8(ADVANCE_PC);
            program.u32(rows.offset(i) - offset);
            program.u8(ADVANCE_LINE);
            program.signed(rows.line(i) - line);
            program.u8(COPY);
            offset = rows.offset(i);
            line = rows.line(i);
        }
        program.u8(ADVANCE_PC);
        program.u32(codeBytes - offset);
        program.u8(EXTENDED);
        program.u8(1);
        program.u8(END_SEQUENCE);

        WasmOutput unit = new WasmOutput();
        unit.fixed(DWARF_VERSION, Short.BYTES);
        unit.fixed(header.size(), Integer.BYTES);
        unit.append(header);
        unit.append(program);
        WasmOutput section = new WasmOutput();
        section.fixed(unit.size(), Integer.BYTES);
        section.append(unit);
        custom(".debug_line", section);
    }
}
