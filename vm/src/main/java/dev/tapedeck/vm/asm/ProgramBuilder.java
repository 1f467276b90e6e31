package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.host.HostFunction;
import dev.tapedeck.vm.host.StandardHost;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.ElementSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.Export;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.program.Program.Table;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.TestCase;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Builds a program in Java: the assembly language as method calls.
 *
 * <pre>{@code
 * Program program = new ProgramBuilder("sum")
 *         .function("main", main -> main
 *                 .local("r1", I32).local("r2", I32).local("r3", I32)
 *                 .i32(-123).set("r1")
 *                 .i32(456).set("r2")
 *                 .get("r1").get("r2").emit(I32_ADD).set("r3")
 *                 .get("r3").callHost("tape.print_i32")
 *                 .i32(0).emit(HALT))
 *         .build();
 * }</pre>
 *
 * <p>Names may be used before they are defined; they are looked up by {@link #build}. Types, and imports of the standard
 * {@code tape} functions, are added as they are used. The entry is the function {@code main}, if there is one and no
 * other was named. A program that is built is not yet verified.
 *
 * <p>A builder is for one thread. Methods throw {@link IllegalArgumentException} for a wrong argument, and
 * {@link IllegalStateException} if names are missing or defined twice.
 */
public final class ProgramBuilder {
    /** Data without an address starts here; the addresses below are free for the program, and 0 is no one's. */
    public static final long DATA_ADDRESS_FIRST = 1024;

    /** Data without an address is placed at a multiple of this. */
    public static final int DATA_ALIGNMENT_BYTES = 8;

    final NameTable functionNames = new NameTable("function");
    final NameTable importNames = new NameTable("host function");
    final NameTable globalNames = new NameTable("global");
    final NameTable tableNames = new NameTable("table");
    final NameTable dataNames = new NameTable("data segment");
    final NameTable elementNames = new NameTable("element segment");

    private final NameTable testNames = new NameTable("test");

    private final String name;
    private final List<FunctionType> types = new ArrayList<>();
    private final Map<FunctionType, Integer> typeIndexes = new LinkedHashMap<>();
    private final List<HostImport> imports = new ArrayList<>();
    private final List<FunctionBuilder> functions = new ArrayList<>();
    private final List<Global> globals = new ArrayList<>();
    private final List<MemoryType> memories = new ArrayList<>();
    private final List<NamedTable> tables = new ArrayList<>();
    private final List<NamedElements> elements = new ArrayList<>();
    private final List<DataSegment> data = new ArrayList<>();
    private long dataEnd = DATA_ADDRESS_FIRST;
    private long dataBytes;
    private final List<NamedExport> exports = new ArrayList<>();
    private @Nullable FunctionReference entry;
    private @Nullable FunctionReference start;
    private final List<TestCase> tests = new ArrayList<>();
    private final List<String> sources = new ArrayList<>();

    /** A function by name or, where the name is empty, by index. */
    record FunctionReference(String name, int index) {
        static FunctionReference of(int index) {
            return new FunctionReference("", index);
        }
    }

    private record NamedTable(
            String name, ValueType type, int minimum, int maximum, List<FunctionReference> elements) {}

    private record NamedElements(String name, ValueType type, List<FunctionReference> elements) {}

    private record NamedExport(String name, FunctionReference function) {}

    /**
     * @param name a name for people; may be empty
     */
    public ProgramBuilder(String name) {
        this.name = name;
    }

    /** Adds a source file that functions can refer to; the first has index 0. */
    public ProgramBuilder source(String file) {
        sources.add(file);
        return this;
    }

    /** A linear memory that can grow to 4 GiB. */
    public ProgramBuilder memory(int initialPages) {
        return memory(initialPages, MemoryType.PAGES_MAX);
    }

    /**
     * A linear memory; a second one has index 1, and so on.
     *
     * @param initialPages pages of 64 KiB at the start, 0 to {@code maximumPages}
     * @param maximumPages up to 65,536
     */
    public ProgramBuilder memory(int initialPages, int maximumPages) {
        if (maximumPages < 0 || maximumPages > MemoryType.PAGES_MAX) {
            throw new IllegalArgumentException(
                    "the maximum is " + maximumPages + " pages, expected 0 to " + MemoryType.PAGES_MAX);
        }
        if (initialPages < 0 || initialPages > maximumPages) {
            throw new IllegalArgumentException(
                    "the initial size is " + initialPages + " pages, expected 0 to the maximum, " + maximumPages);
        }
        memories.add(new MemoryType(initialPages, maximumPages));
        return this;
    }

    /**
     * Data behind the data before it. Its address is pushed by {@link FunctionBuilder#address}.
     *
     * @param name may be empty
     */
    public ProgramBuilder data(String name, byte[] bytes) {
        return dataAt(nextDataAddress(), name, bytes);
    }

    /** Data that holds a text in UTF-8. */
    public ProgramBuilder data(String name, String text) {
        return data(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Data at an address, 0 to 2^32-1.
     *
     * @param name may be empty
     */
    public ProgramBuilder dataAt(long address, String name, byte[] bytes) {
        if (!name.isEmpty()) {
            define(dataNames, name, data.size());
        }
        addData(new DataSegment(name, address, bytes));
        return this;
    }

    /** Data that the program copies itself, by {@code memory.init}. */
    public ProgramBuilder passiveData(String name, byte[] bytes) {
        return dataAt(DataSegment.PASSIVE, name, bytes);
    }

    /**
     * A global.
     *
     * @param initial its first value, of the type's Java type; of a reference type the cell
     */
    public ProgramBuilder global(String name, ValueType type, boolean mutable, Number initial) {
        define(globalNames, name, globals.size());
        globals.add(new Global(name, type, mutable, Cells.of(type, initial)));
        return this;
    }

    /** A host function that is not one of the standard {@code tape} functions. */
    public ProgramBuilder hostImport(
            String module, String function, List<ValueType> parameters, List<ValueType> results) {
        define(importNames, module + "." + function, imports.size());
        imports.add(new HostImport(module, function, typeIndex(new FunctionType(parameters, results))));
        return this;
    }

    /** A table of exactly these functions; an empty name is null. */
    public ProgramBuilder table(String name, String... functions) {
        return table(name, ValueType.FUNCREF, functions.length, functions.length, functions);
    }

    /**
     * A table.
     *
     * @param type a reference type
     * @param minimum the number of elements at the start
     * @param maximum to how many elements it can grow, up to {@link Table#ELEMENTS_MAX}
     * @param functions the first elements; an empty name is null, and so are all others
     */
    public ProgramBuilder table(String name, ValueType type, int minimum, int maximum, String... functions) {
        define(tableNames, name, tables.size());
        tables.add(new NamedTable(name, type, minimum, maximum, references(functions)));
        return this;
    }

    /** Elements for {@code table.init}; an empty name is null. */
    public ProgramBuilder elements(String name, ValueType type, String... functions) {
        define(elementNames, name, elements.size());
        elements.add(new NamedElements(name, type, references(functions)));
        return this;
    }

    private static List<FunctionReference> references(String... functions) {
        return Arrays.stream(functions)
                .map(function -> new FunctionReference(function, -1))
                .toList();
    }

    /**
     * A function.
     *
     * @param body is called at once to add parameters, locals and instructions
     */
    public ProgramBuilder function(String name, Consumer<FunctionBuilder> body) {
        define(functionNames, name, functions.size());
        body.accept(addFunction(name).source(sources.isEmpty() ? -1 : 0));
        return this;
    }

    public ProgramBuilder export(String function) {
        return export(function, function);
    }

    public ProgramBuilder export(String function, String as) {
        exports.add(new NamedExport(as, new FunctionReference(function, -1)));
        return this;
    }

    /** The function that runs by default. */
    public ProgramBuilder entry(String function) {
        entry = new FunctionReference(function, -1);
        return this;
    }

    /** The function, of type () -> (), that runs once before all others. */
    public ProgramBuilder start(String function) {
        start = new FunctionReference(function, -1);
        return this;
    }

    public ProgramBuilder test(String name, Consumer<TestBuilder> description) {
        TestBuilder test = new TestBuilder(this, name);
        description.accept(test);
        return addTest(test.build());
    }

    public Program build() {
        // Types are numbered in the order of imports, functions, instructions, however the text is ordered.
        for (FunctionBuilder function : functions) {
            for (String used : function.hostFunctions()) {
                importIndex(used);
            }
        }
        int[] functionTypes = functions.stream().mapToInt(this::typeIndex).toArray();
        List<Function> built = new ArrayList<>();
        for (int i = 0; i < functionTypes.length; i++) {
            built.add(functions.get(i).build(functionTypes[i]));
        }
        return new Program(
                name,
                types,
                imports,
                built,
                globals,
                memories,
                tables.stream()
                        .map(table -> new Table(
                                table.name, table.type, table.minimum, table.maximum, resolve(table.elements)))
                        .toList(),
                data,
                elements.stream()
                        .map(segment -> new ElementSegment(segment.name, segment.type, resolve(segment.elements)))
                        .toList(),
                exports.stream()
                        .map(export -> new Export(export.name, resolve(export.function)))
                        .toList(),
                entryIndex(),
                startIndex(),
                tests,
                sources);
    }

    int globalIndex(String global) {
        return require(globalNames, global);
    }

    ValueType globalType(int index) {
        return globals.get(index).type();
    }

    private int entryIndex() {
        FunctionReference given = entry;
        return given == null ? functionNames.find("main").orElse(-1) : resolve(given);
    }

    private int startIndex() {
        FunctionReference given = start;
        return given == null ? -1 : resolve(given);
    }

    private List<Integer> resolve(List<FunctionReference> references) {
        return references.stream().map(this::resolve).toList();
    }

    private int resolve(FunctionReference reference) {
        return reference.name.isEmpty() ? reference.index : require(functionNames, reference.name);
    }

    static void define(NameTable names, String name, int index) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a " + names.kind() + " needs a name");
        }
        if (!names.define(name, index)) {
            throw new IllegalStateException(names.kind() + " '" + name + "' is defined twice");
        }
    }

    static int require(NameTable names, String name) {
        return names.find(name).orElseThrow(() -> {
            String hint = names.hint(name);
            return new IllegalStateException(names.unknown(name) + (hint == null ? "" : " (" + hint + ")"));
        });
    }

    /** The index of a host function; standard ones are imported when they are first used. */
    int importIndex(String qualifiedName) {
        int dot = qualifiedName.indexOf('.');
        if (importNames.find(qualifiedName).isEmpty() && dot >= 0) {
            StandardHost.find(qualifiedName.substring(0, dot), qualifiedName.substring(dot + 1))
                    .map(HostFunction::type)
                    .ifPresent(type -> hostImport(
                            StandardHost.MODULE, qualifiedName.substring(dot + 1), type.parameters(), type.results()));
        }
        return require(importNames, qualifiedName);
    }

    private int typeIndex(FunctionBuilder function) {
        return function.fixedType().orElseGet(() -> typeIndex(function.type()));
    }

    /** The index of a type, which is added if it is new. */
    int typeIndex(FunctionType type) {
        Integer known = typeIndexes.get(type);
        return known != null ? known : addType(type);
    }

    /** Adds a type even if there is an equal one, which is then the one that is found. */
    int addType(FunctionType type) {
        types.add(type);
        typeIndexes.putIfAbsent(type, types.size() - 1);
        return types.size() - 1;
    }

    void addImport(HostImport hostImport) {
        imports.add(hostImport);
    }

    FunctionBuilder addFunction(String functionName) {
        FunctionBuilder function = new FunctionBuilder(this, functionName);
        functions.add(function);
        return function;
    }

    void addGlobal(Global global) {
        globals.add(global);
    }

    void addTable(String tableName, ValueType type, int minimum, int maximum, List<Integer> functions) {
        tables.add(new NamedTable(
                tableName,
                type,
                minimum,
                maximum,
                functions.stream().map(FunctionReference::of).toList()));
    }

    void addElements(String segmentName, ValueType type, List<Integer> functions) {
        elements.add(new NamedElements(
                segmentName, type, functions.stream().map(FunctionReference::of).toList()));
    }

    void addData(DataSegment segment) {
        long end = segment.address() + segment.length();
        if (!segment.passive() && (segment.address() < 0 || end > 1L << 32)) {
            throw new IllegalArgumentException(
                    "the data goes from " + segment.address() + " to " + end + ", but addresses are 0 to 4294967295");
        }
        dataBytes += segment.length();
        if (dataBytes > ProgramLimits.DATA_BYTES_MAX) {
            throw new IllegalArgumentException("more than " + ProgramLimits.DATA_BYTES_MAX + " bytes of data");
        }
        dataEnd = segment.passive() ? dataEnd : Math.max(dataEnd, end);
        data.add(segment);
    }

    /** The address of the next data that has none of its own. */
    long nextDataAddress() {
        return nextDataAddress(dataEnd);
    }

    static long nextDataAddress(long end) {
        return (end + DATA_ALIGNMENT_BYTES - 1) / DATA_ALIGNMENT_BYTES * DATA_ALIGNMENT_BYTES;
    }

    DataSegment dataSegment(String segmentName) {
        return data.get(require(dataNames, segmentName));
    }

    void addExport(String as, int function) {
        exports.add(new NamedExport(as, FunctionReference.of(function)));
    }

    void setEntry(int function) {
        entry = FunctionReference.of(function);
    }

    void setStart(int function) {
        start = FunctionReference.of(function);
    }

    ProgramBuilder addTest(TestCase test) {
        define(testNames, test.name(), tests.size());
        tests.add(test);
        return this;
    }
}
