package dev.tapedeck.vm.wasm;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program.FunctionType;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A WebAssembly module as it was read: everything but the instructions of its functions, which are checked when they are
 * lowered. Indexes count imports first, as in the standard.
 */
public final class WasmModule {
    /** The type of an import, as far as it is not a function. */
    sealed interface Entity {}

    /** A function; {@code type} is a type index. */
    record FunctionEntity(int type) implements Entity {}

    /** A table; {@code maximum} is -1 if there is none. Both are unsigned 32-bit numbers. */
    record TableEntity(ValueType type, long minimum, long maximum) implements Entity {}

    /** A memory, in pages of 64 KiB; {@code maximum} is -1 if there is none. */
    record MemoryEntity(long minimum, long maximum) implements Entity {}

    /** A global. */
    record GlobalEntity(ValueType type, boolean mutable) implements Entity {}

    /** An import; {@code offset} is the byte of the file at which it stands. */
    record Import(String module, String name, Entity entity, int offset) {
        String qualifiedName() {
            return module + "." + name;
        }
    }

    /** What an export can be. */
    enum ExternalKind {
        FUNCTION("function"),
        TABLE("table"),
        MEMORY("memory"),
        GLOBAL("global");

        final String word;

        ExternalKind(String word) {
            this.word = word;
        }
    }

    record Export(String name, ExternalKind kind, int index) {}

    /** A constant expression of one instruction. */
    sealed interface Constant {
        ValueType type();
    }

    /** A number or null. */
    record CellConstant(ValueType type, long cell) implements Constant {}

    /** A reference to a function. */
    record FunctionConstant(int function) implements Constant {
        @Override
        public ValueType type() {
            return ValueType.FUNCREF;
        }
    }

    /** The value of an imported global that never changes. */
    record GlobalConstant(ValueType type, int global) implements Constant {}

    /** A global with its first value. */
    record Global(GlobalEntity entity, Constant initial) {}

    enum Mode {
        ACTIVE,
        PASSIVE,
        DECLARATIVE
    }

    /**
     * An element segment. Elements are function indexes, or {@link #NULL}, or {@code GLOBALS - g} for the value of global
     * g. Table and offset mean something in active segments only.
     */
    record Elements(ValueType type, Mode mode, int table, Constant offset, int[] elements) {
        static final int NULL = -1;
        static final int GLOBALS = -2;
    }

    /** A data segment: {@code length} bytes of the file from {@code start} on. */
    record Data(Mode mode, Constant offset, int start, int length) {}

    /** The contents of a custom section: {@code length} bytes of the file from {@code start} on. */
    record Custom(int start, int length) {}

    final byte[] bytes;
    final List<FunctionType> types;
    final List<Import> imports;
    /** The type index of each function, imported ones first. */
    final int[] functionTypes;

    final int importedFunctions;
    final List<TableEntity> tables;
    final int importedTables;
    final List<MemoryEntity> memories;
    final int importedMemories;
    /** The types of all globals, imported ones first. */
    final List<GlobalEntity> globalTypes;

    final int importedGlobals;
    /** The globals that are not imported. */
    final List<Global> globals;

    final List<Export> exports;
    /** Function index, or -1. */
    final int start;

    final List<Elements> elements;
    /** Whether there is a data count section, without which code must not refer to data segments. */
    final boolean dataCounted;

    final List<Data> data;
    /** Where in the file the contents of the Code section begin: debug information counts from here. */
    final int codeStart;
    /** For each function that is not imported the first byte of its locals, and the byte behind its last. */
    final int[] bodies;

    private final Map<String, Custom> customs;
    final NameSection names;

    WasmModule(WasmReader reader) {
        bytes = reader.bytes;
        types = List.copyOf(reader.types);
        imports = List.copyOf(reader.imports);
        functionTypes = Arrays.copyOf(reader.functionTypes, reader.functionCount);
        importedFunctions = reader.importedFunctions;
        tables = List.copyOf(reader.tables);
        importedTables = reader.importedTables;
        memories = List.copyOf(reader.memories);
        importedMemories = reader.importedMemories;
        globalTypes = List.copyOf(reader.globalTypes);
        importedGlobals = reader.importedGlobals;
        globals = List.copyOf(reader.globals);
        exports = List.copyOf(reader.exports);
        start = reader.start;
        elements = List.copyOf(reader.elements);
        dataCounted = reader.dataCount >= 0;
        data = List.copyOf(reader.data);
        codeStart = reader.codeStart;
        bodies = reader.bodies;
        customs = Map.copyOf(reader.customs);
        names = reader.names;
    }

    /** The type of a function by its index. */
    FunctionType functionType(int function) {
        return types.get(functionTypes[function]);
    }

    /** The functions that something outside of code refers to by a reference; code may do so too, then. */
    BitSet referredFunctions() {
        BitSet referred = new BitSet();
        for (Elements segment : elements) {
            for (int element : segment.elements()) {
                if (element >= 0) {
                    referred.set(element);
                }
            }
        }
        for (Export export : exports) {
            if (export.kind() == ExternalKind.FUNCTION) {
                referred.set(export.index());
            }
        }
        for (Global global : globals) {
            if (global.initial() instanceof FunctionConstant constant) {
                referred.set(constant.function());
            }
        }
        return referred;
    }

    /** The contents of a custom section; of several with one name the first. Only names and line tables are kept. */
    public Optional<byte[]> customSection(String name) {
        return Optional.ofNullable(customs.get(name))
                .map(custom -> Arrays.copyOfRange(bytes, custom.start(), custom.start() + custom.length()));
    }

    /** The sections with debug information, by name. */
    Map<String, byte[]> debugSections() {
        Map<String, byte[]> sections = new HashMap<>();
        for (String name : customs.keySet()) {
            sections.put(name, customSection(name).orElseThrow());
        }
        return sections;
    }

    /** The module's own name from the name section; may be empty. */
    public String name() {
        return names.moduleName();
    }
}
