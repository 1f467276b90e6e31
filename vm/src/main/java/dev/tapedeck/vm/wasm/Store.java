package dev.tapedeck.vm.wasm;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.ElementSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import dev.tapedeck.vm.wasm.WasmException.Kind;
import dev.tapedeck.vm.wasm.WasmModule.Data;
import dev.tapedeck.vm.wasm.WasmModule.Elements;
import dev.tapedeck.vm.wasm.WasmModule.Export;
import dev.tapedeck.vm.wasm.WasmModule.FunctionEntity;
import dev.tapedeck.vm.wasm.WasmModule.GlobalEntity;
import dev.tapedeck.vm.wasm.WasmModule.Import;
import dev.tapedeck.vm.wasm.WasmModule.MemoryEntity;
import dev.tapedeck.vm.wasm.WasmModule.Mode;
import dev.tapedeck.vm.wasm.WasmModule.TableEntity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Several modules that import from one another, in one machine.
 *
 * <p>All of them are one program, which grows with each module: what is in it keeps its index, and the machine goes on
 * with the longer program in the state it was in. A module is instantiated by code that is added with it: it copies the
 * active segments, one after the other, and calls the start function. So it is counted and recorded as any other code, and
 * if it faults on the way, what was copied before stays, as the standard demands.
 */
public final class Store {
    /** What an instance exports. Indexes are the program's; the declared maximum is -1 if there is none. */
    private sealed interface Extern {}

    private record FunctionExtern(int function, FunctionType type) implements Extern {}

    private record TableExtern(int table, ValueType type, long maximum) implements Extern {}

    private record MemoryExtern(int memory, long maximum) implements Extern {}

    private record GlobalExtern(int global, ValueType type, boolean mutable) implements Extern {}

    /** A module in a store. */
    public static final class Instance {
        private final Map<String, Extern> exports;
        private final int initializer;

        private Instance(Map<String, Extern> exports, int initializer) {
            this.exports = exports;
            this.initializer = initializer;
        }

        /**
         * The function that instantiates the module: it copies segments and calls the start function. It is to be run once,
         * before any other function of the instance.
         */
        public int initializer() {
            return initializer;
        }

        /** The index of an exported function in the store's program. */
        public Optional<Integer> function(String name) {
            return Optional.ofNullable(exports.get(name) instanceof FunctionExtern found ? found.function() : null);
        }

        /** The index of an exported global in the store's program. */
        public Optional<Integer> global(String name) {
            return Optional.ofNullable(exports.get(name) instanceof GlobalExtern found ? found.global() : null);
        }
    }

    private final Host host;
    private final Limits limits;
    private final ModuleProgram program = new ModuleProgram();
    private final Map<String, Instance> names = new HashMap<>();
    /** The declared maximum of each table and memory, by the program's indexes; -1 where there is none. */
    private final Map<Integer, Long> tableMaximums = new HashMap<>();

    private final Map<Integer, Long> memoryMaximums = new HashMap<>();
    private VerifiedProgram verified;
    private Machine machine;

    /**
     * An empty store.
     *
     * @param host its functions are what modules import that no instance has
     */
    public Store(Host host, Limits limits) {
        this.host = host;
        this.limits = limits;
        try {
            verified = Verifier.verify(all());
        } catch (VerifyException e) {
            throw new AssertionError("an empty program is valid", e);
        }
        machine = new Machine(verified, host, limits);
    }

    private Program all() {
        return program.program("store", List.of(), -1, -1, List.of());
    }

    /** The program of all modules. A longer one takes its place with each module that is added. */
    public VerifiedProgram program() {
        return verified;
    }

    /** The machine with the state of all instances. Another one takes its place with each module that is added. */
    public Machine machine() {
        return machine;
    }

    /** Goes on with another machine that has the same program, such as one restored from a snapshot. */
    public void machine(Machine other) {
        if (!other.program().equals(machine.program())) {
            throw new IllegalArgumentException("the machine has another program");
        }
        machine = other;
    }

    /** Makes the exports of an instance what modules import from {@code module}. */
    public void register(String module, Instance instance) {
        names.put(module, instance);
    }

    /**
     * Adds a module. Its {@linkplain Instance#initializer initializer} is yet to be run.
     *
     * @throws WasmException if an import is missing or of another type, if a function is wrong, or if all modules together
     *     are beyond a limit; the store is unchanged then
     */
    public Instance add(WasmModule module) throws WasmException {
        ModuleProgram.Mark before = program.mark();
        try {
            Binding binding = program.add(module, resolve(module));
            addSegments(module, binding);
            int initializer = addInitializer(module, binding);
            Map<String, Extern> exports = exports(module, binding);
            VerifiedProgram longer = Verifier.verify(all(), verified);
            Machine next = new Machine(longer, host, limits);
            next.restore(machine.snapshot().extendedTo(longer, limits));
            machine = next;
            verified = longer;
            return new Instance(exports, initializer);
        } catch (WasmException | RuntimeException e) {
            program.reset(before);
            throw e;
        } catch (VerifyException e) {
            program.reset(before);
            throw WasmInput.unsupported("more than a program can have: " + e.getMessage(), -1);
        }
    }

    // Imports

    private ModuleProgram.Imports resolve(WasmModule module) throws WasmException {
        int[] functions = new int[module.importedFunctions];
        int[] tables = new int[module.importedTables];
        int[] memories = new int[module.importedMemories];
        int[] globals = new int[module.importedGlobals];
        int function = 0;
        int table = 0;
        int memory = 0;
        int global = 0;
        for (Import given : module.imports) {
            Instance instance = names.get(given.module());
            Extern found = instance == null ? null : instance.exports.get(given.name());
            if (given.entity() instanceof FunctionEntity entity) {
                FunctionType type = module.types.get(entity.type());
                functions[function++] = instance == null ? hostFunction(given, type) : function(given, type, found);
            } else if (found == null) {
                throw unknown(given);
            } else if (given.entity() instanceof TableEntity entity) {
                tables[table++] = table(given, entity, found);
            } else if (given.entity() instanceof MemoryEntity entity) {
                memories[memory++] = memory(given, entity, found);
            } else if (given.entity() instanceof GlobalEntity entity) {
                globals[global++] = global(given, entity, found);
            }
        }
        return new ModuleProgram.Imports(functions, tables, memories, globals);
    }

    private static WasmException unknown(Import given) {
        return new WasmException(
                Kind.UNLINKABLE, "unknown import " + WasmReader.quote(given.qualifiedName()), given.offset());
    }

    private static WasmException incompatible(Import given, String expected, Object found) {
        return new WasmException(
                Kind.UNLINKABLE,
                "incompatible import type of " + WasmReader.quote(given.qualifiedName()) + ": expected " + expected
                        + ", found " + found,
                given.offset());
    }

    private int hostFunction(Import given, FunctionType type) throws WasmException {
        if (given.module().isEmpty() || given.name().isEmpty()) {
            throw unknown(given);
        }
        int index = program.hostFunction(given.module(), given.name(), type);
        HostImport hostImport = program.hostImport(-1 - index);
        Optional<String> problem = host.linkProblem(hostImport, type);
        if (problem.isPresent()) {
            throw new WasmException(
                    Kind.UNLINKABLE,
                    "unknown import " + WasmReader.quote(given.qualifiedName()) + type + ": " + problem.get(),
                    given.offset());
        }
        return index;
    }

    private static int function(Import given, FunctionType type, @Nullable Extern found) throws WasmException {
        if (found == null) {
            throw unknown(given);
        }
        if (found instanceof FunctionExtern function && function.type().equals(type)) {
            return function.function();
        }
        throw incompatible(given, "function " + type, found);
    }

    private int table(Import given, TableEntity expected, Extern found) throws WasmException {
        if (found instanceof TableExtern table && table.type() == expected.type()) {
            long size = machine.tableSize(table.table());
            if (fits(expected.minimum(), expected.maximum(), size, table.maximum())) {
                return table.table();
            }
            throw incompatible(given, limits(expected.minimum(), expected.maximum()), limits(size, table.maximum()));
        }
        throw incompatible(given, "a table of " + expected.type(), found);
    }

    private int memory(Import given, MemoryEntity expected, Extern found) throws WasmException {
        if (found instanceof MemoryExtern memory) {
            long pages = machine.memoryBytes(memory.memory()) / Program.MemoryType.PAGE_BYTES;
            if (fits(expected.minimum(), expected.maximum(), pages, memory.maximum())) {
                return memory.memory();
            }
            throw incompatible(given, limits(expected.minimum(), expected.maximum()), limits(pages, memory.maximum()));
        }
        throw incompatible(given, "a memory", found);
    }

    /** A maximum of -1 is none. */
    private static boolean fits(long minimum, long maximum, long size, long sizeMax) {
        return size >= minimum && (maximum < 0 || (sizeMax >= 0 && sizeMax <= maximum));
    }

    private static String limits(long minimum, long maximum) {
        return "size " + minimum + (maximum < 0 ? " without maximum" : ", maximum " + maximum);
    }

    private static int global(Import given, GlobalEntity expected, Extern found) throws WasmException {
        if (found instanceof GlobalExtern global
                && global.type() == expected.type()
                && global.mutable() == expected.mutable()) {
            return global.global();
        }
        throw incompatible(given, "global " + expected, found);
    }

    private Map<String, Extern> exports(WasmModule module, Binding binding) {
        for (int i = module.importedTables; i < module.tables.size(); i++) {
            tableMaximums.put(binding.tables()[i], module.tables.get(i).maximum());
        }
        for (int i = module.importedMemories; i < module.memories.size(); i++) {
            memoryMaximums.put(binding.memories()[i], module.memories.get(i).maximum());
        }
        Map<String, Extern> exports = new LinkedHashMap<>();
        for (Export export : module.exports) {
            int index = export.index();
            exports.put(
                    export.name(),
                    switch (export.kind()) {
                        case FUNCTION -> new FunctionExtern(binding.references()[index], module.functionType(index));
                        case TABLE ->
                            new TableExtern(
                                    binding.tables()[index],
                                    module.tables.get(index).type(),
                                    tableMaximums.getOrDefault(binding.tables()[index], -1L));
                        case MEMORY ->
                            new MemoryExtern(
                                    binding.memories()[index],
                                    memoryMaximums.getOrDefault(binding.memories()[index], -1L));
                        case GLOBAL -> {
                            GlobalEntity global = module.globalTypes.get(index);
                            yield new GlobalExtern(binding.globals()[index], global.type(), global.mutable());
                        }
                    });
        }
        return exports;
    }

    // Instantiation

    private void addSegments(WasmModule module, Binding binding) throws WasmException {
        for (Elements segment : module.elements) {
            // Declarative ones are dropped at once, which is the same as being empty.
            List<Integer> elements =
                    segment.mode() == Mode.DECLARATIVE ? List.of() : program.elementList(segment, binding);
            program.elements.add(new ElementSegment("", segment.type(), elements));
        }
        for (Data segment : module.data) {
            byte[] bytes = Arrays.copyOfRange(module.bytes, segment.start(), segment.start() + segment.length());
            program.data.add(new DataSegment("", DataSegment.PASSIVE, bytes));
        }
    }

    private int addInitializer(WasmModule module, Binding binding) {
        List<Instruction> code = new ArrayList<>();
        for (int i = 0; i < module.elements.size(); i++) {
            Elements segment = module.elements.get(i);
            if (segment.mode() == Mode.ACTIVE) {
                int index = binding.elements() + i;
                copy(code, program.cell(segment.offset(), binding), segment.elements().length);
                code.add(Instruction.of(Opcode.TABLE_INIT, index, binding.tables()[segment.table()]));
                code.add(Instruction.of(Opcode.ELEM_DROP, index));
            }
        }
        for (int i = 0; i < module.data.size(); i++) {
            Data segment = module.data.get(i);
            if (segment.mode() == Mode.ACTIVE) {
                int index = binding.data() + i;
                copy(code, program.cell(segment.offset(), binding), segment.length());
                code.add(Instruction.of(Opcode.MEMORY_INIT, index, binding.memories()[0]));
                code.add(Instruction.of(Opcode.DATA_DROP, index));
            }
        }
        if (module.start >= 0) {
            code.add(Instruction.of(Opcode.CALL, binding.references()[module.start]));
        }
        code.add(Instruction.of(Opcode.RETURN));
        int type = program.type(new FunctionType(List.of(), List.of()));
        program.functions.add(new Function("", type, List.of(), List.of(), code, SourceLines.NONE));
        return program.functions.size() - 1;
    }

    /** Pushes where to, from where and how many of a segment. */
    private static void copy(List<Instruction> code, long offset, int count) {
        code.add(Instruction.of(Opcode.I32_CONST, offset));
        code.add(Instruction.of(Opcode.I32_CONST, 0));
        code.add(Instruction.of(Opcode.I32_CONST, count));
    }
}
