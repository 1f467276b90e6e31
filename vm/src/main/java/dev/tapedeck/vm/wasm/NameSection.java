package dev.tapedeck.vm.wasm;

import dev.tapedeck.vm.program.ProgramLimits;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The names that a module gives its functions, locals, globals and data segments. They say nothing about what it does, so
 * wrong ones are no error. Globals and data segments are named as in the extended name section, which LLVM writes.
 */
final class NameSection {
    private static final int MODULE = 0;
    private static final int FUNCTIONS = 1;
    private static final int LOCALS = 2;
    private static final int GLOBALS = 7;
    private static final int DATA_SEGMENTS = 9;

    private String moduleName = "";
    private final Map<Integer, String> functions = new HashMap<>();

    private final Map<Integer, String> globals = new HashMap<>();
    private final Map<Integer, String> dataSegments = new HashMap<>();

    /** For each function the names of its first locals, as far as they have some. */
    private final Map<Integer, List<String>> locals = new HashMap<>();

    private int localNames;

    /** Of a module that has none. */
    static final NameSection NONE = new NameSection(0);

    private final int functionCount;

    private NameSection(int functionCount) {
        this.functionCount = functionCount;
    }

    /** What can be read of the section: at the first byte that makes no sense the rest is ignored. */
    static NameSection read(byte[] bytes, int start, int end, int functionCount) {
        NameSection names = new NameSection(functionCount);
        WasmInput in = new WasmInput(bytes, start, end);
        try {
            while (!in.atEnd()) {
                int id = in.u8();
                int length = in.length();
                WasmInput part = new WasmInput(bytes, in.position, in.position + length);
                in.skip(length);
                switch (id) {
                    case MODULE -> names.moduleName = limited(part.name());
                    case FUNCTIONS -> names.indexed(part, names.functions, functionCount);
                    case LOCALS -> names.locals(part);
                    case GLOBALS -> names.indexed(part, names.globals, ProgramLimits.GLOBALS_MAX);
                    case DATA_SEGMENTS -> names.indexed(part, names.dataSegments, ProgramLimits.DATA_SEGMENTS_MAX);
                    default -> {
                        // Labels, types and others: there is no place for them in a program.
                    }
                }
            }
        } catch (WasmException e) {
            // The standard wants a broken custom section to be ignored.
        }
        return names;
    }

    private void indexed(WasmInput in, Map<Integer, String> names, int limit) throws WasmException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            int index = in.index();
            String name = limited(in.name());
            if (index < limit) {
                names.put(index, name);
            }
        }
    }

    private void locals(WasmInput in) throws WasmException {
        int listCount = in.count();
        for (int i = 0; i < listCount; i++) {
            int function = in.index();
            int count = in.count();
            List<String> names = new ArrayList<>();
            for (int k = 0; k < count; k++) {
                int local = in.index();
                String name = limited(in.name());
                if (local < names.size()) {
                    continue;
                }
                // A few bytes can name the last of 50,000 locals: all the unnamed ones before it count too.
                if (local >= ProgramLimits.LOCALS_PER_FUNCTION_MAX
                        || localNames + local + 1 - names.size() > ProgramLimits.LOCALS_MAX) {
                    return;
                }
                localNames += local + 1 - names.size();
                while (names.size() < local) {
                    names.add("");
                }
                names.add(name);
            }
            if (function < functionCount) {
                locals.put(function, names);
            }
        }
    }

    private static String limited(String name) {
        return name.length() <= ProgramLimits.NAME_CHARS_MAX ? name : "";
    }

    String moduleName() {
        return moduleName;
    }

    /** The name of a function, or "" if it has none. */
    String function(int index) {
        return functions.getOrDefault(index, "");
    }

    /** The name of a global, or "" if it has none. */
    String global(int index) {
        return globals.getOrDefault(index, "");
    }

    /** The name of a data segment, or "" if it has none. */
    String dataSegment(int index) {
        return dataSegments.getOrDefault(index, "");
    }

    /** The names of a function's parameters and locals: as many as there are, or fewer. */
    List<String> locals(int function, int count) {
        List<String> names = locals.getOrDefault(function, List.of());
        return names.size() <= count ? names : names.subList(0, count);
    }
}
