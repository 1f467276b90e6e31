package dev.tapedeck.vm.program;

import dev.tapedeck.vm.isa.ValueType;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A program: the immutable model that assembler and file reader produce, and that the verifier checks. Nothing here has
 * been checked; only a {@code VerifiedProgram} runs.
 *
 * <p>Every index (type, import, function, global, memory, table, segment) counts from 0 within its list.
 *
 * @param name a name for people, such as {@code "quicksort"}; may be empty
 * @param types the function types that {@code functions}, {@code imports} and {@code call_indirect} refer to
 * @param imports the host functions that the program calls
 * @param functions the functions
 * @param globals the globals
 * @param memories the linear memories; host functions see the first one
 * @param tables the tables of references, for {@code call_indirect} and others
 * @param data bytes that are copied into memory, before the program starts or by {@code memory.init}
 * @param elements elements that {@code table.init} copies into tables
 * @param exports functions that can be called by name
 * @param entry index of the function that runs by default, or -1 if there is none
 * @param start index of a function of type () -> () that runs once before all others, or -1 if there is none
 * @param tests the tests that the program brings along
 * @param sources the source files that {@link Function#source} refers to; may be empty
 */
public record Program(
        String name,
        List<FunctionType> types,
        List<HostImport> imports,
        List<Function> functions,
        List<Global> globals,
        List<MemoryType> memories,
        List<Table> tables,
        List<DataSegment> data,
        List<ElementSegment> elements,
        List<Export> exports,
        int entry,
        int start,
        List<TestCase> tests,
        List<String> sources) {
    public Program {
        types = List.copyOf(types);
        imports = List.copyOf(imports);
        functions = List.copyOf(functions);
        globals = List.copyOf(globals);
        memories = List.copyOf(memories);
        tables = List.copyOf(tables);
        data = List.copyOf(data);
        elements = List.copyOf(elements);
        exports = List.copyOf(exports);
        tests = List.copyOf(tests);
        sources = List.copyOf(sources);
    }

    /** The parameters and results of a function, first one first. */
    public record FunctionType(List<ValueType> parameters, List<ValueType> results) {
        public FunctionType {
            parameters = List.copyOf(parameters);
            results = List.copyOf(results);
        }

        @Override
        public String toString() {
            return list(parameters) + " -> " + list(results);
        }

        private static String list(List<ValueType> types) {
            return "("
                    + String.join(", ", types.stream().map(ValueType::mnemonic).toList()) + ")";
        }
    }

    /** A host function, bound by {@code module} and {@code name}; {@code type} is a type index. */
    public record HostImport(String module, String name, int type) {
        /** {@code module.name}, for messages. */
        public String qualifiedName() {
            return module + "." + name;
        }
    }

    /**
     * A global. {@code initial} is the cell it starts with; {@code name} may be empty.
     */
    public record Global(String name, ValueType type, boolean mutable, long initial) {}

    /** Sizes in 64 KiB pages, 0 to 65,536. */
    public record MemoryType(int initialPages, int maximumPages) {
        /** The most pages that 32-bit addresses reach. */
        public static final int PAGES_MAX = 65_536;

        public static final int PAGE_BYTES = 65_536;
    }

    /**
     * A table of references, which programs can change and grow.
     *
     * @param name for people; may be empty
     * @param type the type of its elements: a reference type
     * @param minimum the number of elements at the start
     * @param maximum to how many elements it can grow, up to {@link #ELEMENTS_MAX}
     * @param elements the first elements at the start: function indexes, or -1 for null; all others are null
     */
    public record Table(String name, ValueType type, int minimum, int maximum, List<Integer> elements) {
        /** The most elements that a table can have. */
        public static final int ELEMENTS_MAX = 10_000_000;

        public Table {
            elements = List.copyOf(elements);
        }

        /** A table of functions that has exactly these elements. */
        public static Table of(String name, List<Integer> elements) {
            return new Table(name, ValueType.FUNCREF, elements.size(), elements.size(), elements);
        }
    }

    /** An exported function. */
    public record Export(String name, int function) {}

    public FunctionType typeOf(Function function) {
        return types.get(function.type());
    }

    public FunctionType typeOf(HostImport hostImport) {
        return types.get(hostImport.type());
    }

    /** The function index that is exported under {@code name}, or that has this name, or empty. */
    public Optional<Integer> findFunction(String name) {
        for (Export export : exports) {
            if (export.name().equals(name)) {
                return Optional.of(export.function());
            }
        }
        for (int i = 0; i < functions.size(); i++) {
            if (functions.get(i).name().equals(name)) {
                return Optional.of(i);
            }
        }
        return Optional.empty();
    }

    /** The index of the function that a run of {@code name} starts with: the entry if that is empty; empty if there is none. */
    public Optional<Integer> findStart(String name) {
        if (!name.isEmpty()) {
            return findFunction(name);
        }
        return entry < 0 ? Optional.empty() : Optional.of(entry);
    }

    /**
     * The same program without debug information: no sources, no lines in functions, and no names but those that something
     * refers to: imports, exports, tests, and functions that tests run.
     */
    public Program stripped() {
        Set<String> tested = new HashSet<>();
        tests.forEach(test -> tested.add(test.function()));
        return new Program(
                name,
                types,
                imports,
                functions.stream()
                        .map(function -> new Function(
                                tested.contains(function.name()) ? function.name() : "",
                                function.type(),
                                function.locals(),
                                List.of(),
                                function.code(),
                                SourceLines.NONE))
                        .toList(),
                globals.stream()
                        .map(global -> new Global("", global.type(), global.mutable(), global.initial()))
                        .toList(),
                memories,
                tables.stream()
                        .map(table -> new Table("", table.type(), table.minimum(), table.maximum(), table.elements()))
                        .toList(),
                data.stream()
                        .map(segment -> new DataSegment("", segment.address(), segment.bytes()))
                        .toList(),
                elements.stream()
                        .map(segment -> new ElementSegment("", segment.type(), segment.elements()))
                        .toList(),
                exports,
                entry,
                start,
                tests,
                List.of());
    }

    /**
     * What decides what a run does once it has begun: the program without debug information, names, exports, entry and
     * tests. Runs of two programs with equal cores can be compared instruction by instruction.
     */
    public Program core() {
        return new Program(
                        "", types, imports, functions, globals, memories, tables, data, elements, List.of(), -1, start,
                        List.of(), List.of())
                .stripped();
    }

    /** The same program with other tests. */
    public Program withTests(List<TestCase> newTests) {
        return new Program(
                name, types, imports, functions, globals, memories, tables, data, elements, exports, entry, start,
                newTests, sources);
    }

    /** The name of a function for people; {@code fn3} where function 3 has none. */
    public String functionName(int function) {
        String name = functions.get(function).name();
        return name.isEmpty() ? "fn" + function : name;
    }
}
