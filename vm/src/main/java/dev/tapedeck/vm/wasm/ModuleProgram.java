package dev.tapedeck.vm.wasm;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.ElementSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.program.Program.Table;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.wasm.WasmModule.CellConstant;
import dev.tapedeck.vm.wasm.WasmModule.Constant;
import dev.tapedeck.vm.wasm.WasmModule.Export;
import dev.tapedeck.vm.wasm.WasmModule.ExternalKind;
import dev.tapedeck.vm.wasm.WasmModule.FunctionConstant;
import dev.tapedeck.vm.wasm.WasmModule.GlobalConstant;
import dev.tapedeck.vm.wasm.WasmModule.MemoryEntity;
import dev.tapedeck.vm.wasm.WasmModule.TableEntity;
import dev.tapedeck.vm.wasm.dwarf.LineTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A program while modules are added to it. What is in it stays where it is. */
final class ModuleProgram {
    private final List<FunctionType> types = new ArrayList<>();
    private final Map<FunctionType, Integer> typeIndexes = new HashMap<>();
    private final List<HostImport> hostImports = new ArrayList<>();
    private final Map<HostImport, Integer> hostImportIndexes = new HashMap<>();
    final List<Function> functions = new ArrayList<>();
    final List<Program.Global> globals = new ArrayList<>();
    final List<MemoryType> memories = new ArrayList<>();
    final List<Table> tables = new ArrayList<>();
    final List<DataSegment> data = new ArrayList<>();
    final List<ElementSegment> elements = new ArrayList<>();
    private final List<String> sources = new ArrayList<>();

    /**
     * What a module's imports are, in the order of its indexes.
     *
     * @param functions indexes of functions, or {@code -1 - i} for the host function with index i
     */
    record Imports(int[] functions, int[] tables, int[] memories, int[] globals) {}

    /** The index of a type; equal types have one. */
    int type(FunctionType type) {
        Integer known = typeIndexes.putIfAbsent(type, types.size());
        if (known != null) {
            return known;
        }
        types.add(type);
        return types.size() - 1;
    }

    /** The index of a host function, as an import of a module has it: negative. */
    int hostFunction(String module, String name, FunctionType type) {
        HostImport hostImport = new HostImport(module, name, type(type));
        Integer known = hostImportIndexes.putIfAbsent(hostImport, hostImports.size());
        if (known != null) {
            return -1 - known;
        }
        hostImports.add(hostImport);
        return -hostImports.size();
    }

    HostImport hostImport(int index) {
        return hostImports.get(index);
    }

    /** How long the lists are, but those of types and host functions, which may hold what nobody uses. */
    record Mark(int functions, int globals, int memories, int tables, int data, int elements) {}

    Mark mark() {
        return new Mark(functions.size(), globals.size(), memories.size(), tables.size(), data.size(), elements.size());
    }

    /** Takes away what has been added since. */
    void reset(Mark mark) {
        shorten(functions, mark.functions());
        shorten(globals, mark.globals());
        shorten(memories, mark.memories());
        shorten(tables, mark.tables());
        shorten(data, mark.data());
        shorten(elements, mark.elements());
    }

    private static void shorten(List<?> list, int size) {
        list.subList(size, list.size()).clear();
    }

    /**
     * Adds the functions, tables, memories and globals of a module; tables and memories as they are before its segments
     * are copied. Segments are left to the caller, who adds as many as the module has before anything else.
     *
     * @throws WasmException if a function is malformed, not valid, or needs what is not supported
     */
    Binding add(WasmModule module, Imports imports) throws WasmException {
        int[] moduleTypes = new int[module.types.size()];
        Arrays.setAll(moduleTypes, i -> type(module.types.get(i)));
        int imported = module.importedFunctions;
        int defined = module.functionTypes.length - imported;
        int firstFunction = functions.size();
        int[] moduleFunctions = Arrays.copyOf(imports.functions(), imported + defined);
        for (int i = 0; i < defined; i++) {
            moduleFunctions[imported + i] = firstFunction + i;
        }
        int[] references = moduleFunctions.clone();
        BitSet referred = module.referredFunctions();
        int hostCallers = 0;
        for (int i = 0; i < imported; i++) {
            if (references[i] < 0 && (referred.get(i) || i == module.start)) {
                references[i] = firstFunction + defined + hostCallers++;
            }
        }
        Binding binding = new Binding(
                moduleTypes,
                moduleFunctions,
                references,
                indexes(imports.tables(), module.tables.size(), tables.size()),
                indexes(imports.memories(), module.memories.size(), memories.size()),
                indexes(imports.globals(), module.globalTypes.size(), globals.size()),
                elements.size(),
                data.size());
        List<Function> lowered = lower(module, binding);
        List<Table> newTables = newTables(module);
        functions.addAll(lowered);
        for (int i = 0; i < imported; i++) {
            if (references[i] >= firstFunction + defined && moduleFunctions[i] < 0) {
                addHostCaller(-1 - moduleFunctions[i]);
            }
        }
        tables.addAll(newTables);
        for (MemoryEntity memory : module.memories.subList(module.importedMemories, module.memories.size())) {
            long maximum = memory.maximum() < 0 ? MemoryType.PAGES_MAX : memory.maximum();
            memories.add(new MemoryType((int) memory.minimum(), (int) maximum));
        }
        String[] names = globalNames(module);
        for (int i = 0; i < module.globals.size(); i++) {
            WasmModule.Global global = module.globals.get(i);
            globals.add(new Program.Global(
                    names[i], global.entity().type(), global.entity().mutable(), cell(global.initial(), binding)));
        }
        return binding;
    }

    private static int[] indexes(int[] imported, int count, int first) {
        int[] indexes = Arrays.copyOf(imported, count);
        for (int i = imported.length; i < count; i++) {
            indexes[i] = first + i - imported.length;
        }
        return indexes;
    }

    private List<Function> lower(WasmModule module, Binding binding) throws WasmException {
        CodeLowering lowering = new CodeLowering(module, binding);
        LineTable table = LineTable.parse(module.debugSections());
        int firstSource = sources.size();
        if (firstSource + table.files().size() > ProgramLimits.SOURCES_MAX) {
            table = LineTable.EMPTY;
        }
        sources.addAll(table.files());
        String[] names = functionNames(module);
        List<Function> lowered = new ArrayList<>();
        for (int i = 0; i < module.bodies.length / 2; i++) {
            int function = module.importedFunctions + i;
            CodeLowering.Lowered code = lowering.lower(i);
            int variables = module.functionType(function).parameters().size()
                    + code.locals().size();
            lowered.add(new Function(
                    names[function],
                    binding.types()[module.functionTypes[function]],
                    code.locals(),
                    module.names.locals(function, variables),
                    code.code(),
                    lines(table, firstSource, code.offsets())));
        }
        return lowered;
    }

    /** The source lines of instructions that come from these bytes of the code. */
    private static SourceLines lines(LineTable table, int firstSource, int[] offsets) {
        if (table.files().isEmpty()) {
            return SourceLines.NONE;
        }
        SourceLines.Builder lines = new SourceLines.Builder();
        for (int offset : offsets) {
            int row = table.row(offset);
            lines.add(1, row < 0 ? -1 : firstSource + table.file(row), table.line(row));
        }
        return lines.build();
    }

    /** The name of each function: its own, or the first it is exported under. */
    private static String[] functionNames(WasmModule module) {
        String[] names = new String[module.functionTypes.length];
        Arrays.setAll(names, module.names::function);
        for (Export export : module.exports) {
            if (export.kind() == ExternalKind.FUNCTION && names[export.index()].isEmpty()) {
                names[export.index()] = limited(export.name());
            }
        }
        return names;
    }

    /** The names of the globals that are not imported: their own, or the first one each is exported under. */
    private static String[] globalNames(WasmModule module) {
        String[] names = new String[module.globals.size()];
        Arrays.setAll(names, own -> module.names.global(module.importedGlobals + own));
        for (Export export : module.exports) {
            int own = export.index() - module.importedGlobals;
            if (export.kind() == ExternalKind.GLOBAL && own >= 0 && names[own].isEmpty()) {
                names[own] = limited(export.name());
            }
        }
        return names;
    }

    static String limited(String name) {
        return name.length() <= ProgramLimits.NAME_CHARS_MAX ? name : "";
    }

    /** Adds a function that does nothing but call one of the host's, so that references can be made to it. */
    private void addHostCaller(int hostImport) {
        HostImport called = hostImports.get(hostImport);
        List<Instruction> code = new ArrayList<>();
        int parameters = types.get(called.type()).parameters().size();
        for (int i = 0; i < parameters; i++) {
            code.add(Instruction.of(Opcode.LOCAL_GET, i));
        }
        code.add(Instruction.of(Opcode.CALL_HOST, hostImport));
        code.add(Instruction.of(Opcode.RETURN));
        functions.add(new Function(
                limited(called.qualifiedName()), called.type(), List.of(), List.of(), code, SourceLines.NONE));
    }

    private static List<Table> newTables(WasmModule module) throws WasmException {
        List<Table> tables = new ArrayList<>();
        for (TableEntity table : module.tables.subList(module.importedTables, module.tables.size())) {
            if (table.minimum() > Table.ELEMENTS_MAX) {
                throw WasmInput.unsupported(
                        "too large table: " + table.minimum() + " elements, the limit is " + Table.ELEMENTS_MAX, -1);
            }
            long maximum = table.maximum() < 0 ? Table.ELEMENTS_MAX : Math.min(table.maximum(), Table.ELEMENTS_MAX);
            tables.add(new Table("", table.type(), (int) table.minimum(), (int) maximum, List.of()));
        }
        return tables;
    }

    /** The value of a constant expression as a cell. */
    long cell(Constant constant, Binding binding) {
        if (constant instanceof CellConstant cell) {
            return cell.cell();
        } else if (constant instanceof FunctionConstant function) {
            return binding.references()[function.function()] + 1L;
        } else if (constant instanceof GlobalConstant global) {
            // It cannot change, so what it starts with is what it holds.
            return globals.get(binding.globals()[global.global()]).initial();
        }
        throw new AssertionError("unknown constant " + constant);
    }

    /** The value of an i32 constant expression, as the unsigned number that it is as an address or index. */
    long unsigned(Constant constant, Binding binding) {
        return cell(constant, binding) & 0xFFFF_FFFFL;
    }

    /** The elements of a segment as an {@link ElementSegment} has them. */
    List<Integer> elementList(WasmModule.Elements segment, Binding binding) throws WasmException {
        Integer[] list = new Integer[segment.elements().length];
        for (int i = 0; i < list.length; i++) {
            int element = segment.elements()[i];
            if (element >= 0) {
                list[i] = binding.references()[element];
            } else if (element == WasmModule.Elements.NULL) {
                list[i] = -1;
            } else {
                int global = WasmModule.Elements.GLOBALS - element;
                long cell = globals.get(binding.globals()[global]).initial();
                if (segment.type() != ValueType.FUNCREF && cell != ValueType.NULL) {
                    throw WasmInput.unsupported("element segment with a reference of the host's", -1);
                }
                list[i] = (int) cell - 1;
            }
        }
        return List.of(list);
    }

    Program program(String name, List<Program.Export> exports, int entry, int start, List<TestCase> tests) {
        return new Program(
                name,
                types,
                hostImports,
                functions,
                globals,
                memories,
                tables,
                data,
                elements,
                exports,
                entry,
                start,
                tests,
                sources);
    }
}
