package dev.tapedeck.vm.wasm;

import dev.tapedeck.vm.isa.Code;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.wasm.WasmModule.CellConstant;
import dev.tapedeck.vm.wasm.WasmModule.Constant;
import dev.tapedeck.vm.wasm.WasmModule.Custom;
import dev.tapedeck.vm.wasm.WasmModule.Data;
import dev.tapedeck.vm.wasm.WasmModule.Elements;
import dev.tapedeck.vm.wasm.WasmModule.Entity;
import dev.tapedeck.vm.wasm.WasmModule.Export;
import dev.tapedeck.vm.wasm.WasmModule.ExternalKind;
import dev.tapedeck.vm.wasm.WasmModule.FunctionConstant;
import dev.tapedeck.vm.wasm.WasmModule.FunctionEntity;
import dev.tapedeck.vm.wasm.WasmModule.Global;
import dev.tapedeck.vm.wasm.WasmModule.GlobalConstant;
import dev.tapedeck.vm.wasm.WasmModule.GlobalEntity;
import dev.tapedeck.vm.wasm.WasmModule.Import;
import dev.tapedeck.vm.wasm.WasmModule.MemoryEntity;
import dev.tapedeck.vm.wasm.WasmModule.Mode;
import dev.tapedeck.vm.wasm.WasmModule.TableEntity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the binary format of WebAssembly 2.0 without SIMD, and validates everything but the instructions of functions,
 * which {@link CodeLowering} does.
 *
 * <p>As in the standard's own interpreter a section is read to the end of its contents, and its size is compared then; so
 * both find the same fault in a broken file. Counts are held against the bytes that are left before anything is
 * allocated.
 */
public final class WasmReader {
    private static final int MAGIC = 0x6D73_6100;
    private static final int VERSION = 1;
    private static final int FUNCTION_FORM = 0x60;
    private static final int END = 0x0B;

    // The ids of sections.
    private static final int CUSTOM = 0;
    private static final int TYPE = 1;
    private static final int IMPORT = 2;
    private static final int FUNCTION = 3;
    private static final int TABLE = 4;
    private static final int MEMORY = 5;
    private static final int GLOBAL = 6;
    private static final int EXPORT = 7;
    private static final int START = 8;
    private static final int ELEMENT = 9;
    private static final int CODE = 10;
    private static final int DATA = 11;
    private static final int DATA_COUNT = 12;

    /** The order in which sections stand in a file. */
    private static final int[] ORDER = {
        TYPE, IMPORT, FUNCTION, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT, DATA_COUNT, CODE, DATA
    };

    private static final String NAMES = "name";

    /** The custom sections that somebody reads. Of several with one name the first counts. */
    private static final Set<String> KEPT_SECTIONS = Set.of(NAMES, ".debug_line", ".debug_line_str", ".debug_str");

    /** By code. */
    private static final ExternalKind[] EXTERNAL_KINDS = {
        ExternalKind.FUNCTION, ExternalKind.TABLE, ExternalKind.MEMORY, ExternalKind.GLOBAL
    };

    final byte[] bytes;
    private final WasmInput in;

    final List<FunctionType> types = new ArrayList<>();
    final List<Import> imports = new ArrayList<>();
    int[] functionTypes = {};
    int functionCount;
    int importedFunctions;
    final List<TableEntity> tables = new ArrayList<>();
    int importedTables;
    final List<MemoryEntity> memories = new ArrayList<>();
    int importedMemories;
    final List<GlobalEntity> globalTypes = new ArrayList<>();
    int importedGlobals;
    final List<Global> globals = new ArrayList<>();
    final List<Export> exports = new ArrayList<>();
    int start = -1;
    final List<Elements> elements = new ArrayList<>();
    int dataCount = -1;
    final List<Data> data = new ArrayList<>();
    int codeStart = -1;
    int[] bodies = {};
    final Map<String, Custom> customs = new HashMap<>();
    NameSection names = NameSection.NONE;

    private int typeCells;
    private int elementCount;
    private int dataBytes;

    private WasmReader(byte[] bytes) {
        this.bytes = bytes;
        in = new WasmInput(bytes, 0, bytes.length);
    }

    /** Whether a file that begins like this means to be a module. */
    public static boolean isModule(byte[] bytes) {
        return bytes.length >= Integer.BYTES && bytes[0] == 0 && bytes[1] == 'a' && bytes[2] == 's' && bytes[3] == 'm';
    }

    /**
     * @param bytes the file; not to be changed afterwards
     * @throws WasmException if it is malformed, not valid, or needs what is not supported
     */
    public static WasmModule read(byte[] bytes) throws WasmException {
        WasmReader reader = new WasmReader(bytes);
        reader.module();
        return new WasmModule(reader);
    }

    private void module() throws WasmException {
        if (in.fixed32() != MAGIC) {
            throw WasmInput.malformed("magic header not detected: the file is no WebAssembly module", 0);
        }
        int version = in.fixed32();
        if (version != VERSION) {
            String component = version == 0x0001_000D ? ", which is a component (component model), not a module" : "";
            throw WasmInput.malformed(
                    "unknown binary version " + Integer.toUnsignedString(version) + component + ", expected 1",
                    Integer.BYTES);
        }
        int next = 0;
        while (!in.atEnd()) {
            int at = in.position;
            int id = in.u8();
            int place = id == CUSTOM ? next : placeOf(id, at);
            int size = in.length();
            int contents = in.position;
            if (id != CUSTOM) {
                if (place < next) {
                    throw WasmInput.malformed(
                            "unexpected content after last section: section " + id + " is out of order or repeated",
                            at);
                }
                next = place + 1;
            }
            section(id, contents + size);
            if (in.position != contents + size) {
                throw WasmInput.malformed(
                        "section size mismatch: section " + id + " has " + size + " bytes, its contents have "
                                + (in.position - contents),
                        contents);
            }
        }
        finish();
    }

    private static int placeOf(int id, int at) throws WasmException {
        for (int place = 0; place < ORDER.length; place++) {
            if (ORDER[place] == id) {
                return place;
            }
        }
        throw WasmInput.malformed(
                "malformed section id " + id + (id == 13 ? " (tags: exception handling is not supported)" : ""), at);
    }

    private void section(int id, int end) throws WasmException {
        switch (id) {
            case CUSTOM -> custom(end);
            case TYPE -> types();
            case IMPORT -> imports();
            case FUNCTION -> functions();
            case TABLE -> tables();
            case MEMORY -> memories();
            case GLOBAL -> globals();
            case EXPORT -> exports();
            case START -> start();
            case ELEMENT -> elements();
            case DATA_COUNT -> dataCount = in.index();
            case CODE -> code();
            case DATA -> data();
            default -> throw new AssertionError("unknown section " + id);
        }
    }

    private void custom(int end) throws WasmException {
        String name = in.name();
        if (in.position > end) {
            throw in.unexpectedEnd();
        }
        if (KEPT_SECTIONS.contains(name)) {
            customs.putIfAbsent(name, new Custom(in.position, end - in.position));
        }
        in.position = end;
    }

    private void finish() throws WasmException {
        if (functionCount - importedFunctions != bodies.length / 2) {
            throw WasmInput.malformed(
                    "function and code section have inconsistent lengths: " + (functionCount - importedFunctions)
                            + " and " + bodies.length / 2,
                    bytes.length);
        }
        if (dataCount >= 0 && dataCount != data.size()) {
            throw WasmInput.malformed(
                    "data count and data section have inconsistent lengths: " + dataCount + " and " + data.size(),
                    bytes.length);
        }
        Custom custom = customs.get(NAMES);
        if (custom != null) {
            names = NameSection.read(bytes, custom.start(), custom.start() + custom.length(), functionCount);
        }
    }

    /** A count of things of at least one byte each. */
    private int count(String what, int max) throws WasmException {
        int at = in.position;
        int count = in.count();
        if (count > max) {
            throw limit(what, count, max, at);
        }
        return count;
    }

    private static WasmException limit(String what, long count, long max, long at) {
        return WasmInput.unsupported("too many " + what + ": " + count + ", the limit is " + max, at);
    }

    // Types

    private void types() throws WasmException {
        int count = count("types", ProgramLimits.TYPES_MAX);
        for (int i = 0; i < count; i++) {
            int at = in.position;
            int form = (int) in.signed(7) & 0x7F;
            if (form != FUNCTION_FORM) {
                throw form == 0x5F || form == 0x5E || form == 0x50 || form == 0x4F || form == 0x4E
                        ? WasmInput.unsupported("garbage collection (type form 0x" + hex(form) + ")", at)
                        : WasmInput.malformed("malformed function type: form 0x" + hex(form) + ", expected 0x60", at);
            }
            List<ValueType> parameters = valueTypes("parameters of one function", ProgramLimits.PARAMETERS_MAX);
            List<ValueType> results = valueTypes("results of one function", ProgramLimits.RESULTS_MAX);
            types.add(new FunctionType(parameters, results));
        }
    }

    private List<ValueType> valueTypes(String what, int max) throws WasmException {
        int at = in.position;
        int count = count(what, max);
        typeCells += count;
        if (typeCells > ProgramLimits.TYPE_CELLS_MAX) {
            throw limit("parameters and results of all types", typeCells, ProgramLimits.TYPE_CELLS_MAX, at);
        }
        ValueType[] list = new ValueType[count];
        for (int i = 0; i < count; i++) {
            list[i] = valueType(in);
        }
        return List.of(list);
    }

    static ValueType valueType(WasmInput in) throws WasmException {
        int at = in.position;
        int code = (int) in.signed(7) & 0x7F;
        return switch (code) {
            case 0x7F -> ValueType.I32;
            case 0x7E -> ValueType.I64;
            case 0x7D -> ValueType.F32;
            case 0x7C -> ValueType.F64;
            case 0x70 -> ValueType.FUNCREF;
            case 0x6F -> ValueType.EXTERNREF;
            default -> throw unsupportedType(code, "malformed value type", at);
        };
    }

    static ValueType referenceType(WasmInput in) throws WasmException {
        int at = in.position;
        int code = (int) in.signed(7) & 0x7F;
        return switch (code) {
            case 0x70 -> ValueType.FUNCREF;
            case 0x6F -> ValueType.EXTERNREF;
            default -> throw unsupportedType(code, "malformed reference type", at);
        };
    }

    static WasmException unsupportedType(int code, String otherwise, int at) {
        return switch (code) {
            case 0x7B ->
                otherwise.contains("reference")
                        ? WasmInput.malformed(otherwise + " 0x7b", at)
                        : WasmInput.unsupported("SIMD (type v128)", at);
            case 0x63, 0x64 -> WasmInput.unsupported("typed function references (type ref)", at);
            case 0x69, 0x74 -> WasmInput.unsupported("exception handling (type exnref)", at);
            case 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x71, 0x72, 0x73 ->
                WasmInput.unsupported("garbage collection (type 0x" + hex(code) + ")", at);
            default -> WasmInput.malformed(otherwise + " 0x" + hex(code), at);
        };
    }

    private static String hex(int code) {
        return Integer.toHexString(code);
    }

    private int typeIndex() throws WasmException {
        int at = in.position;
        int index = in.index();
        if (index >= types.size()) {
            throw WasmInput.invalid("unknown type " + index + ", the module has " + types.size(), at);
        }
        return index;
    }

    private TableEntity tableType() throws WasmException {
        int at = in.position;
        if (in.peek() == 0x40) {
            throw WasmInput.unsupported("typed function references (table with an initial value)", at);
        }
        ValueType type = referenceType(in);
        int flags = limitFlags();
        long minimum = in.u32() & 0xFFFF_FFFFL;
        long maximum = (flags & 1) != 0 ? in.u32() & 0xFFFF_FFFFL : -1;
        if (maximum >= 0 && minimum > maximum) {
            throw WasmInput.invalid(
                    "size minimum must not be greater than maximum: " + minimum + " and " + maximum, at);
        }
        return new TableEntity(type, minimum, maximum);
    }

    private MemoryEntity memoryType() throws WasmException {
        int at = in.position;
        int flags = limitFlags();
        long minimum = in.u32() & 0xFFFF_FFFFL;
        long maximum = (flags & 1) != 0 ? in.u32() & 0xFFFF_FFFFL : -1;
        int pagesMax = Program.MemoryType.PAGES_MAX;
        if (minimum > pagesMax || maximum > pagesMax) {
            throw WasmInput.invalid(
                    "memory size must be at most 65536 pages (4GiB), found " + Math.max(minimum, maximum), at);
        }
        if (maximum >= 0 && minimum > maximum) {
            throw WasmInput.invalid(
                    "size minimum must not be greater than maximum: " + minimum + " and " + maximum, at);
        }
        return new MemoryEntity(minimum, maximum);
    }

    /** 0 or 1; the proposals that use more are named. */
    private int limitFlags() throws WasmException {
        int at = in.position;
        int flags = in.u8();
        return switch (flags) {
            case 0, 1 -> flags;
            case 4, 5, 6, 7 -> throw WasmInput.unsupported("memory64 (64-bit addresses)", at);
            default ->
                throw WasmInput.malformed(
                        flags >= 0x80
                                ? "integer representation too long: flags of limits"
                                : "integer too large: flags of limits are 0x" + hex(flags) + ", expected 0 or 1"
                                        + (flags <= 3 ? "; threads (shared memory) are not supported" : ""),
                        at);
        };
    }

    private GlobalEntity globalType() throws WasmException {
        ValueType type = valueType(in);
        int at = in.position;
        int mutability = in.u8();
        if (mutability > 1) {
            throw WasmInput.malformed("malformed mutability 0x" + hex(mutability) + ", expected 0 or 1", at);
        }
        return new GlobalEntity(type, mutability == 1);
    }

    // Imports and definitions

    private void imports() throws WasmException {
        int count = count("imports", ProgramLimits.IMPORTS_MAX);
        for (int i = 0; i < count; i++) {
            int at = in.position;
            String module = in.name();
            String name = in.name();
            imports.add(new Import(module, name, importedEntity(), at));
        }
        importedFunctions = functionCount;
        importedTables = tables.size();
        importedMemories = memories.size();
        importedGlobals = globalTypes.size();
    }

    private Entity importedEntity() throws WasmException {
        int at = in.position;
        int kind = in.u8();
        switch (kind) {
            case 0 -> {
                int type = typeIndex();
                addFunction(type);
                return new FunctionEntity(type);
            }
            case 1 -> {
                TableEntity table = tableType();
                tables.add(table);
                return table;
            }
            case 2 -> {
                MemoryEntity memory = memoryType();
                addMemory(memory, at);
                return memory;
            }
            case 3 -> {
                GlobalEntity global = globalType();
                globalTypes.add(global);
                return global;
            }
            default ->
                throw WasmInput.malformed(
                        "malformed import kind " + kind
                                + (kind == 4 ? " (a tag: exception handling is not supported)" : ""),
                        at);
        }
    }

    private void addFunction(int type) throws WasmException {
        if (functionCount == functionTypes.length) {
            functionTypes = Arrays.copyOf(functionTypes, Math.max(16, functionCount * 2));
        }
        functionTypes[functionCount++] = type;
        if (functionCount > ProgramLimits.FUNCTIONS_MAX) {
            throw limit("functions", functionCount, ProgramLimits.FUNCTIONS_MAX, in.position);
        }
    }

    private void functions() throws WasmException {
        int count = count("functions", ProgramLimits.FUNCTIONS_MAX);
        functionTypes = Arrays.copyOf(functionTypes, functionCount + count);
        for (int i = 0; i < count; i++) {
            addFunction(typeIndex());
        }
    }

    private void tables() throws WasmException {
        int count = count("tables", ProgramLimits.TABLES_MAX - tables.size());
        for (int i = 0; i < count; i++) {
            tables.add(tableType());
        }
    }

    private void addMemory(MemoryEntity memory, int at) throws WasmException {
        if (!memories.isEmpty()) {
            throw WasmInput.invalid("multiple memories: WebAssembly 2.0 has one (multi-memory is not supported)", at);
        }
        memories.add(memory);
    }

    private void memories() throws WasmException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            int at = in.position;
            addMemory(memoryType(), at);
        }
    }

    private void globals() throws WasmException {
        int count = count("globals", ProgramLimits.GLOBALS_MAX - globalTypes.size());
        List<GlobalEntity> own = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            GlobalEntity type = globalType();
            own.add(type);
            globals.add(new Global(type, constant(type.type())));
        }
        globalTypes.addAll(own);
    }

    private void exports() throws WasmException {
        int count = count("exports", ProgramLimits.EXPORTS_MAX);
        Set<String> taken = new HashSet<>();
        for (int i = 0; i < count; i++) {
            int at = in.position;
            String name = in.name();
            int kindAt = in.position;
            int kind = in.u8();
            if (kind >= EXTERNAL_KINDS.length) {
                throw WasmInput.malformed(
                        "malformed export kind " + kind
                                + (kind == 4 ? " (a tag: exception handling is not supported)" : ""),
                        kindAt);
            }
            int index = in.index();
            ExternalKind external = EXTERNAL_KINDS[kind];
            int known = switch (external) {
                case FUNCTION -> functionCount;
                case TABLE -> tables.size();
                case MEMORY -> memories.size();
                case GLOBAL -> globalTypes.size();
            };
            if (index >= known) {
                throw WasmInput.invalid(
                        "unknown " + external.word + " " + index + " is exported as " + quote(name)
                                + ", the module has " + known,
                        at);
            }
            if (!taken.add(name)) {
                throw WasmInput.invalid("duplicate export name " + quote(name), at);
            }
            exports.add(new Export(name, external, index));
        }
    }

    private void start() throws WasmException {
        int at = in.position;
        start = functionIndex(in);
        FunctionType type = types.get(functionTypes[start]);
        if (!type.parameters().isEmpty() || !type.results().isEmpty()) {
            throw WasmInput.invalid("start function has type " + type + ", expected () -> ()", at);
        }
    }

    private int functionIndex(WasmInput input) throws WasmException {
        int at = input.position;
        int index = input.index();
        if (index >= functionCount) {
            throw WasmInput.invalid("unknown function " + index + ", the module has " + functionCount, at);
        }
        return index;
    }

    // Segments

    private void elements() throws WasmException {
        int count = count("element segments", ProgramLimits.ELEMENT_SEGMENTS_MAX);
        for (int i = 0; i < count; i++) {
            int at = in.position;
            int flags = in.u32();
            if (flags < 0 || flags > 7) {
                throw WasmInput.malformed("malformed elements segment kind " + Integer.toUnsignedString(flags), at);
            }
            elements.add(elementSegment(flags));
        }
    }

    private Elements elementSegment(int flags) throws WasmException {
        boolean passive = (flags & 1) != 0;
        boolean explicit = (flags & 2) != 0;
        boolean expressions = (flags & 4) != 0;
        Mode mode = !passive ? Mode.ACTIVE : explicit ? Mode.DECLARATIVE : Mode.PASSIVE;
        int table = 0;
        Constant offset = new CellConstant(ValueType.I32, 0);
        int at = in.position;
        if (mode == Mode.ACTIVE) {
            table = explicit ? in.index() : 0;
            if (table >= tables.size()) {
                throw WasmInput.invalid("unknown table " + table + ", the module has " + tables.size(), at);
            }
            offset = constant(ValueType.I32);
        }
        ValueType type = ValueType.FUNCREF;
        if (passive || explicit) {
            if (expressions) {
                type = referenceType(in);
            } else {
                int kindAt = in.position;
                int kind = in.u8();
                if (kind != 0) {
                    throw WasmInput.malformed("malformed element kind 0x" + hex(kind) + ", expected 0", kindAt);
                }
            }
        }
        if (mode == Mode.ACTIVE && tables.get(table).type() != type) {
            throw WasmInput.invalid(
                    "type mismatch: elements of type " + type + " for table " + table + " of type "
                            + tables.get(table).type(),
                    at);
        }
        return new Elements(type, mode, table, offset, elementList(type, expressions));
    }

    private int[] elementList(ValueType type, boolean expressions) throws WasmException {
        int at = in.position;
        int count = in.count();
        elementCount += count;
        if (elementCount > ProgramLimits.TABLE_ELEMENTS_MAX) {
            throw limit("elements", elementCount, ProgramLimits.TABLE_ELEMENTS_MAX, at);
        }
        int[] list = new int[count];
        for (int i = 0; i < count; i++) {
            if (!expressions) {
                list[i] = functionIndex(in);
                continue;
            }
            Constant constant = constant(type);
            if (constant instanceof FunctionConstant function) {
                list[i] = function.function();
            } else if (constant instanceof GlobalConstant global) {
                list[i] = Elements.GLOBALS - global.global();
            } else {
                list[i] = Elements.NULL;
            }
        }
        return list;
    }

    private void data() throws WasmException {
        int count = count("data segments", ProgramLimits.DATA_SEGMENTS_MAX);
        for (int i = 0; i < count; i++) {
            int at = in.position;
            int flags = in.u32();
            if (flags < 0 || flags > 2) {
                throw WasmInput.malformed("malformed data segment kind " + Integer.toUnsignedString(flags), at);
            }
            Constant offset = new CellConstant(ValueType.I32, 0);
            if (flags != 1) {
                int memory = flags == 2 ? in.index() : 0;
                if (memory >= memories.size()) {
                    throw WasmInput.invalid("unknown memory " + memory + ", the module has " + memories.size(), at);
                }
                offset = constant(ValueType.I32);
            }
            int length = in.count();
            dataBytes += length;
            if (dataBytes > ProgramLimits.DATA_BYTES_MAX) {
                throw limit("bytes of data", dataBytes, ProgramLimits.DATA_BYTES_MAX, at);
            }
            data.add(new Data(flags == 1 ? Mode.PASSIVE : Mode.ACTIVE, offset, in.skip(length), length));
        }
    }

    private void code() throws WasmException {
        codeStart = in.position;
        int count = count("functions", ProgramLimits.FUNCTIONS_MAX);
        bodies = new int[2 * count];
        for (int i = 0; i < count; i++) {
            int length = in.length();
            bodies[2 * i] = in.skip(length);
            bodies[2 * i + 1] = in.position;
        }
    }

    // Constant expressions

    private Constant constant(ValueType expected) throws WasmException {
        int start = in.position;
        Constant value = null;
        int values = 0;
        while (true) {
            int at = in.position;
            int code = in.u8();
            if (code == END) {
                break;
            }
            value = switch (code) {
                case Code.I32_CONST -> new CellConstant(ValueType.I32, in.signed(Integer.SIZE));
                case Code.I64_CONST -> new CellConstant(ValueType.I64, in.signed(Long.SIZE));
                case Code.F32_CONST -> new CellConstant(ValueType.F32, in.fixed32());
                case Code.F64_CONST -> new CellConstant(ValueType.F64, in.fixed64());
                case Code.REF_NULL -> new CellConstant(referenceType(in), ValueType.NULL);
                case Code.REF_FUNC -> new FunctionConstant(functionIndex(in));
                case Code.GLOBAL_GET -> importedGlobal(at);
                default -> throw notConstant(code, at);
            };
            values++;
        }
        if (values != 1 || value == null || value.type() != expected) {
            throw WasmInput.invalid(
                    "type mismatch: a constant expression gives "
                            + (values == 1 && value != null ? value.type() : values + " values") + ", expected "
                            + expected,
                    start);
        }
        return value;
    }

    private Constant importedGlobal(int at) throws WasmException {
        int index = in.index();
        if (index >= importedGlobals) {
            throw WasmInput.invalid(
                    "unknown global " + index + " in a constant expression, which can use the " + importedGlobals
                            + " imported ones only",
                    at);
        }
        GlobalEntity global = globalTypes.get(index);
        if (global.mutable()) {
            throw WasmInput.invalid("constant expression required: global " + index + " can change", at);
        }
        return new GlobalConstant(global.type(), index);
    }

    private WasmException notConstant(int code, int at) throws WasmException {
        return switch (code) {
            case 0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E ->
                WasmInput.invalid(
                        "constant expression required: sums (extended constant expressions) are not supported", at);
            default -> {
                int second = code == 0xFB || code == 0xFC || code == 0xFD || code == 0xFE ? in.index() : 0;
                String name = CodeLowering.instructionName(code, second);
                yield name.isEmpty()
                        ? CodeLowering.illegal(code, second, at)
                        : WasmInput.invalid("constant expression required, found " + name, at);
            }
        };
    }

    /** A name in single quotes, fit for one line of a message whatever is in it. */
    static String quote(String name) {
        StringBuilder text = new StringBuilder("'");
        name.codePoints().limit(60).forEach(c -> {
            if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                text.append("\\u{").append(hex(c)).append('}');
            } else {
                text.appendCodePoint(c);
            }
        });
        return text.append(name.length() > 60 ? "...'" : "'").toString();
    }
}
