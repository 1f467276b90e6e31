package dev.tapedeck.vm.wasm;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.ElementSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.program.Program.Table;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.wasm.WasmException.Kind;
import dev.tapedeck.vm.wasm.WasmModule.Data;
import dev.tapedeck.vm.wasm.WasmModule.Elements;
import dev.tapedeck.vm.wasm.WasmModule.Export;
import dev.tapedeck.vm.wasm.WasmModule.ExternalKind;
import dev.tapedeck.vm.wasm.WasmModule.FunctionEntity;
import dev.tapedeck.vm.wasm.WasmModule.Import;
import dev.tapedeck.vm.wasm.WasmModule.MemoryEntity;
import dev.tapedeck.vm.wasm.WasmModule.Mode;
import dev.tapedeck.vm.wasm.WasmModule.TableEntity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Makes a program of one WebAssembly module.
 *
 * <ul>
 *   <li>Imported functions are functions of the host, bound by module and name. Other imports are refused: a module
 *       that lives alone has nobody to get a memory, a table or a global from. {@link Store} links several.
 *   <li>Exported functions can be called by name. The entry is {@code _start}, or else {@code main}, if it takes and gives
 *       nothing.
 *   <li>Unless there is a {@code _start}, each exported function that takes and gives nothing, and whose name begins with
 *       {@code test}, is a test.
 *   <li>The module's start function runs before anything else, and behind it {@code _initialize}, if there is no {@code
 *       _start}.
 *   <li>Names come from the name section, and where it has none from exports and imports; source lines from DWARF.
 * </ul>
 */
public final class Importer {
    private static final String START = "_start";
    private static final String MAIN = "main";
    private static final String INITIALIZE = "_initialize";
    private static final String TEST = "test";
    private static final FunctionType ACTION = new FunctionType(List.of(), List.of());

    private final WasmModule module;
    private final ModuleProgram program = new ModuleProgram();
    private final Binding binding;

    private Importer(WasmModule module) throws WasmException {
        this.module = module;
        int[] functions = new int[module.importedFunctions];
        int count = 0;
        for (Import given : module.imports) {
            refuseUnlessFunction(given);
            functions[count] = program.hostFunction(given.module(), given.name(), module.functionType(count));
            count++;
        }
        binding = program.add(module, new ModuleProgram.Imports(functions, new int[0], new int[0], new int[0]));
    }

    private static void refuseUnlessFunction(Import given) throws WasmException {
        String name = WasmReader.quote(given.qualifiedName());
        if (given.entity() instanceof FunctionEntity) {
            if (given.module().isEmpty() || given.name().isEmpty()) {
                throw WasmInput.unsupported(
                        "imported function without a name: " + name + "; a host function has a module and a name",
                        given.offset());
            }
            if (given.module().length() > ProgramLimits.NAME_CHARS_MAX
                    || given.name().length() > ProgramLimits.NAME_CHARS_MAX) {
                throw WasmInput.unsupported(
                        "name of an import of more than " + ProgramLimits.NAME_CHARS_MAX + " characters",
                        given.offset());
            }
            return;
        }
        String what = given.entity() instanceof TableEntity
                ? "imported table "
                : given.entity() instanceof MemoryEntity ? "imported memory " : "imported global ";
        throw WasmInput.unsupported(
                what + name + "; a module that is imported alone can import functions only", given.offset());
    }

    /**
     * @param name a name for people, for a module that has none: such as the file's without its ending
     * @param bytes the module; not to be changed afterwards
     * @return a program that is not yet verified
     * @throws WasmException if it is no valid module, or needs what is not supported
     */
    public static Program program(String name, byte[] bytes) throws WasmException {
        return new Importer(WasmReader.read(bytes)).program(name);
    }

    private Program program(String name) throws WasmException {
        Optional<Export> command = exportedAction(START);
        int start = start(command.isEmpty());
        int entry = command.or(() -> exportedAction(MAIN)).map(this::function).orElse(-1);
        elements();
        data();
        return program.program(
                module.name().isEmpty() ? name : module.name(),
                exports(),
                entry,
                start,
                command.isPresent() ? List.of() : tests());
    }

    private int function(Export export) {
        return binding.references()[export.index()];
    }

    private boolean isAction(Export export) {
        return export.kind() == ExternalKind.FUNCTION
                && module.functionType(export.index()).equals(ACTION);
    }

    private Optional<Export> exportedAction(String name) {
        return module.exports.stream()
                .filter(export -> export.name().equals(name) && isAction(export))
                .findFirst();
    }

    /** The function that runs first, or -1. */
    private int start(boolean initialized) {
        int start = module.start < 0 ? -1 : binding.references()[module.start];
        int initialize =
                initialized ? exportedAction(INITIALIZE).map(this::function).orElse(-1) : -1;
        if (start < 0 || initialize < 0) {
            return Math.max(start, initialize);
        }
        List<Instruction> code = List.of(
                Instruction.of(Opcode.CALL, start),
                Instruction.of(Opcode.CALL, initialize),
                Instruction.of(Opcode.RETURN));
        program.functions.add(new Function(
                "start and _initialize", program.type(ACTION), List.of(), List.of(), code, SourceLines.NONE));
        return program.functions.size() - 1;
    }

    private List<Program.Export> exports() {
        List<Program.Export> exports = new ArrayList<>();
        for (Export export : module.exports) {
            // No command can name a function that has no name.
            if (export.kind() == ExternalKind.FUNCTION
                    && !export.name().isEmpty()
                    && export.name().length() <= ProgramLimits.NAME_CHARS_MAX) {
                exports.add(new Program.Export(export.name(), function(export)));
            }
        }
        return exports;
    }

    private List<TestCase> tests() {
        return module.exports.stream()
                .filter(export -> export.name().startsWith(TEST) && isAction(export))
                .filter(export -> export.name().length() <= ProgramLimits.NAME_CHARS_MAX)
                .limit(ProgramLimits.TESTS_MAX)
                .map(Export::name)
                .map(name -> TestCase.of(name, name))
                .toList();
    }

    /** Active segments are the tables' first elements; what is left of them is an empty segment. */
    private void elements() throws WasmException {
        int[][] initial = new int[module.tables.size()][0];
        int[] used = new int[initial.length];
        long total = 0;
        for (Elements segment : module.elements) {
            boolean passive = segment.mode() == Mode.PASSIVE;
            List<Integer> elements = program.elementList(segment, binding);
            program.elements.add(new ElementSegment("", segment.type(), passive ? elements : List.of()));
            if (segment.mode() != Mode.ACTIVE) {
                continue;
            }
            int table = segment.table();
            long offset = program.unsigned(segment.offset(), binding);
            long end = offset + elements.size();
            long size = program.tables.get(table).minimum();
            if (end > size) {
                throw new WasmException(
                        Kind.UNLINKABLE,
                        "out of bounds table access: an element segment ends at " + end + ", table " + table + " has "
                                + size + " elements",
                        -1);
            }
            if (end > used[table]) {
                total += end - used[table];
                if (total > ProgramLimits.TABLE_ELEMENTS_MAX) {
                    throw WasmInput.unsupported(
                            "too many elements in tables, the limit is " + ProgramLimits.TABLE_ELEMENTS_MAX, -1);
                }
                if (end > initial[table].length) {
                    initial[table] = Arrays.copyOf(initial[table], (int) Math.max(end, 2L * used[table]));
                }
                Arrays.fill(initial[table], used[table], (int) end, -1);
                used[table] = (int) end;
            }
            for (int i = 0; i < elements.size(); i++) {
                initial[table][(int) offset + i] = elements.get(i);
            }
        }
        for (int i = 0; i < initial.length; i++) {
            Table table = program.tables.get(i);
            List<Integer> elements =
                    Arrays.stream(initial[i], 0, used[i]).boxed().toList();
            program.tables.set(i, new Table(table.name(), table.type(), table.minimum(), table.maximum(), elements));
        }
    }

    private void data() throws WasmException {
        for (int i = 0; i < module.data.size(); i++) {
            Data segment = module.data.get(i);
            byte[] bytes = Arrays.copyOfRange(module.bytes, segment.start(), segment.start() + segment.length());
            long address = DataSegment.PASSIVE;
            if (segment.mode() == Mode.ACTIVE) {
                address = program.unsigned(segment.offset(), binding);
                long size = (long) program.memories.get(0).initialPages() * MemoryType.PAGE_BYTES;
                if (address + bytes.length > size) {
                    throw new WasmException(
                            Kind.UNLINKABLE,
                            "out of bounds memory access: a data segment of " + bytes.length + " bytes for address "
                                    + address + ", the memory has " + size + " bytes",
                            segment.start());
                }
            }
            program.data.add(new DataSegment(module.names.dataSegment(i), address, bytes));
        }
    }
}
