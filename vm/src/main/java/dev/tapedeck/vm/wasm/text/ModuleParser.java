package dev.tapedeck.vm.wasm.text;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.wasm.text.Lexer.Kind;
import dev.tapedeck.vm.wasm.text.TypeTable.Use;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a module in two passes: the first finds what there is and how it is called, so that the second, which writes the
 * sections, knows everything that is referred to before it is defined.
 */
final class ModuleParser {
    // In the place of a table's index.
    private static final long NO_TABLE = -1;
    private static final long DECLARED = -2;

    private static final int PAGE_BYTES = 1 << 16;
    private static final int I32_CONST = 0x41;
    private static final int REF_FUNC = 0xD2;
    private static final int END = 0x0B;

    // What an import or export is.
    private static final int FUNCTION = 0;
    private static final int TABLE = 1;
    private static final int MEMORY = 2;
    private static final int GLOBAL = 3;

    // Flags of a segment.
    private static final int PASSIVE = 1;
    private static final int EXPLICIT = 2;
    private static final int DECLARATIVE = 3;
    private static final int EXPRESSIONS = 4;

    /** A section: a number of things. */
    static final class Section {
        final WasmOutput out = new WasmOutput();
        int count;

        WasmOutput add() {
            count++;
            return out;
        }
    }

    private final Tokens tokens;
    private final Spaces spaces = new Spaces();
    private final TypeTable types;
    private final Expressions expressions;
    private @Nullable String moduleName;
    private boolean inParentheses;
    private int fieldsAt;

    private final Section imports = new Section();
    private final Section functions = new Section();
    private final Section tables = new Section();
    private final Section memories = new Section();
    private final Section globals = new Section();
    private final Section exports = new Section();
    private final Section elements = new Section();
    private final Section code = new Section();
    private final Section data = new Section();
    private long start = -1;
    private final LineRows lines = new LineRows();
    /** For each function its parameters and locals. */
    private final List<IndexSpace> functionLocals = new ArrayList<>();

    // How many of each the second pass has come by.
    private int tableCount;
    private int memoryCount;
    private int globalCount;

    private final WasmOutput body = new WasmOutput();
    private final LineRows bodyLines = new LineRows();

    ModuleParser(WatSource source) throws WatException {
        tokens = new Tokens(source);
        types = new TypeTable(tokens, spaces.types);
        expressions = new Expressions(tokens, spaces, types);
    }

    WatModule parse() throws WatException {
        inParentheses = tokens.takeOpen("module");
        if (inParentheses) {
            moduleName = tokens.takeIdentifier();
        }
        fieldsAt = tokens.at();
        fields(this::declare);
        tokens.moveTo(fieldsAt);
        fields(this::define);
        return write();
    }

    private interface Field {
        /** The token is what follows the parenthesis and the word; the field's parenthesis is closed afterwards. */
        void read(String word, int at) throws WatException;
    }

    private void fields(Field field) throws WatException {
        while (tokens.is(Kind.OPEN)) {
            int at = tokens.at();
            tokens.advance();
            if (!tokens.is(Kind.WORD)) {
                throw tokens.unexpected("a field such as func");
            }
            String word = tokens.word();
            tokens.advance();
            field.read(word, at);
        }
        if (inParentheses) {
            if (!tokens.is(Kind.CLOSE)) {
                throw tokens.unexpected("a field such as (func ...), or the ')' of the module");
            }
            tokens.advance();
        }
        if (!tokens.is(Kind.END)) {
            throw tokens.unexpected(
                    inParentheses ? "nothing behind the module" : "(module ...), or fields such as (func ...)");
        }
    }

    // The first pass.

    private String lastDefined = "";

    private void declare(String word, int at) throws WatException {
        switch (word) {
            case "type" -> {
                bind(spaces.types);
                if (!tokens.takeOpen("func")) {
                    throw noFunctionType();
                }
                types.add(types.signature(null, true));
                tokens.close();
                tokens.close();
                return;
            }
            case "import" -> {
                refuseBehind(at);
                tokens.string("the module of the import in quotes");
                tokens.string("the name of the import in quotes");
                bind(importedSpace());
                tokens.skipToClose();
            }
            case "func" -> entity(spaces.functions, at);
            case "table" -> {
                entity(spaces.tables, at);
                if (tokens.isReferenceType()) {
                    spaces.elements.add(null);
                }
            }
            case "memory" -> {
                entity(spaces.memories, at);
                if (tokens.isOpen("data")) {
                    spaces.data.add(null);
                }
            }
            case "global" -> entity(spaces.globals, at);
            case "elem" -> bind(spaces.elements);
            case "data" -> bind(spaces.data);
            case "export", "start" -> {
                // They define nothing.
            }
            default -> throw noField(at);
        }
        tokens.skipToClose();
    }

    private WatException noFunctionType() throws WatException {
        for (String form : List.of("struct", "array", "sub", "cont")) {
            if (tokens.isOpen(form)) {
                return tokens.unsupported("garbage collection (type " + form + ")");
            }
        }
        return tokens.unexpected("'(func'");
    }

    private WatException noField(int at) throws WatException {
        tokens.moveTo(at);
        tokens.advance();
        String word = tokens.word();
        String feature = Vocabulary.featureOfField(word);
        if (!feature.isEmpty()) {
            return tokens.unsupported(feature + " (field " + word + ")");
        }
        if (word.startsWith("assert_") || word.equals("invoke") || word.equals("register")) {
            return tokens.unexpected("a module; this is a script of tests (.wast)");
        }
        return tokens.unexpected("type, import, func, table, memory, global, export, start, elem or data");
    }

    private IndexSpace importedSpace() throws WatException {
        if (tokens.takeOpen("func")) {
            return spaces.functions;
        }
        if (tokens.takeOpen("table")) {
            return spaces.tables;
        }
        if (tokens.takeOpen("memory")) {
            return spaces.memories;
        }
        if (tokens.takeOpen("global")) {
            return spaces.globals;
        }
        if (tokens.isOpen("tag")) {
            throw tokens.unsupported("exception handling (import of a tag)");
        }
        throw tokens.unexpected("'(func', '(table', '(memory' or '(global'");
    }

    private void entity(IndexSpace space, int at) throws WatException {
        bind(space);
        while (tokens.takeOpen("export")) {
            tokens.skipToClose();
        }
        if (tokens.takeOpen("import")) {
            refuseBehind(at);
            tokens.skipToClose();
        } else {
            lastDefined = space.what;
        }
    }

    private void refuseBehind(int at) throws WatException {
        if (!lastDefined.isEmpty()) {
            throw tokens.source.malformed(
                    at, "import after " + lastDefined + " definition: imports come before everything that they number");
        }
    }

    private void bind(IndexSpace space) throws WatException {
        int at = tokens.at();
        String name = tokens.takeIdentifier();
        if (!space.add(name)) {
            throw tokens.source.malformed(at, "duplicate " + space.what + " '$" + name + "'");
        }
    }

    // The second pass.

    private void define(String word, int at) throws WatException {
        switch (word) {
            case "type" -> tokens.skipToClose();
            case "import" -> importField();
            case "func" -> function();
            case "table" -> table();
            case "memory" -> memory();
            case "global" -> global();
            case "export" -> {
                byte[] name = exportedName();
                export(name);
                tokens.close();
            }
            case "start" -> {
                if (start >= 0) {
                    throw tokens.source.malformed(at, "multiple start sections: a module has one start function");
                }
                start = tokens.index(spaces.functions);
                tokens.close();
            }
            case "elem" -> elements();
            case "data" -> data();
            default -> throw new AssertionError(word);
        }
    }

    private void importField() throws WatException {
        WasmOutput out = imports.add();
        importedNames(out);
        IndexSpace space = importedSpace();
        tokens.takeIdentifier();
        out.u8(kind(space));
        importedType(space, out);
        tokens.close();
        tokens.close();
    }

    private void importedNames(WasmOutput out) throws WatException {
        out.sized(tokens.name("the module of the import in quotes"));
        out.sized(tokens.name("the name of the import in quotes"));
    }

    private int kind(IndexSpace space) {
        return space == spaces.functions
                ? FUNCTION
                : space == spaces.tables ? TABLE : space == spaces.memories ? MEMORY : GLOBAL;
    }

    private void importedType(IndexSpace space, WasmOutput out) throws WatException {
        if (space == spaces.functions) {
            IndexSpace locals = new IndexSpace("local");
            functionLocals.add(locals);
            out.u32(types.use(locals, true).index());
        } else if (space == spaces.tables) {
            tableCount++;
            tableType(out);
        } else if (space == spaces.memories) {
            memoryCount++;
            memoryType(out);
        } else {
            globalCount++;
            globalType(out);
        }
    }

    /**
     * What all that can be imported and exported begins with: identifier, exports, import.
     *
     * @return whether it is an import, which is done then up to its type
     */
    private boolean head(IndexSpace space, int index) throws WatException {
        tokens.takeIdentifier();
        while (tokens.takeOpen("export")) {
            WasmOutput out = exports.add();
            out.sized(exportedName());
            out.u8(kind(space));
            out.u32(index);
            tokens.close();
        }
        if (!tokens.takeOpen("import")) {
            return false;
        }
        WasmOutput out = imports.add();
        importedNames(out);
        tokens.close();
        out.u8(kind(space));
        importedType(space, out);
        tokens.close();
        return true;
    }

    private byte[] exportedName() throws WatException {
        return tokens.name("the name of the export in quotes");
    }

    private void export(byte[] name) throws WatException {
        IndexSpace space;
        if (tokens.takeOpen("func")) {
            space = spaces.functions;
        } else if (tokens.takeOpen("table")) {
            space = spaces.tables;
        } else if (tokens.takeOpen("memory")) {
            space = spaces.memories;
        } else if (tokens.takeOpen("global")) {
            space = spaces.globals;
        } else {
            throw tokens.unexpected("'(func', '(table', '(memory' or '(global'");
        }
        WasmOutput out = exports.add();
        out.sized(name);
        out.u8(kind(space));
        out.u32(tokens.index(space));
        tokens.close();
    }

    private void function() throws WatException {
        int at = tokens.at();
        if (head(spaces.functions, functionLocals.size())) {
            return;
        }
        IndexSpace locals = new IndexSpace("local");
        functionLocals.add(locals);
        Use use = types.use(locals, true);
        functions.add().u32(use.index());
        List<ValueType> localTypes = new ArrayList<>();
        while (tokens.takeOpen("local")) {
            types.variables(localTypes, locals, true);
        }
        body.truncate(0);
        bodyLines.clear();
        bodyLines.add(0, tokens.source.line(at));
        writeLocals(localTypes);
        expressions.body(locals, body, bodyLines);
        tokens.close();
        WasmOutput out = code.add();
        out.u32(body.size());
        lines.append(bodyLines, out.size());
        out.append(body);
    }

    /** Locals of one type in a row are one group. */
    private void writeLocals(List<ValueType> list) {
        WasmOutput groups = new WasmOutput();
        int count = 0;
        int from = 0;
        for (int i = 1; i <= list.size(); i++) {
            if (i == list.size() || list.get(i) != list.get(from)) {
                groups.u32(i - from);
                groups.u8(list.get(from).code());
                count++;
                from = i;
            }
        }
        body.u32(count);
        body.append(groups);
    }

    private void table() throws WatException {
        int index = tableCount;
        if (head(spaces.tables, index)) {
            return;
        }
        tableCount++;
        if (!tokens.isReferenceType()) {
            tableType(tables.add());
            if (tokens.is(Kind.OPEN)) {
                throw tokens.unsupported("typed function references (table with an initial value)");
            }
            tokens.close();
            return;
        }
        ValueType type = tokens.referenceType();
        if (!tokens.takeOpen("elem")) {
            throw tokens.unexpected("'(elem', or the table's size before its type");
        }
        WasmOutput zero = new WasmOutput();
        zero.u8(I32_CONST);
        zero.u8(0);
        zero.u8(END);
        WasmOutput list = new WasmOutput();
        boolean byExpression = tokens.is(Kind.OPEN);
        int count = byExpression ? elementExpressions(list) : elementIndexes(list);
        segment(index, zero, type, byExpression, count, list);
        tokens.close();
        tokens.close();
        WasmOutput out = tables.add();
        out.u8(type.code());
        out.u8(1);
        out.u32(count);
        out.u32(count);
    }

    private void tableType(WasmOutput out) throws WatException {
        if (tokens.isWord("i64")) {
            throw tokens.unsupported("memory64 (64-bit tables)");
        }
        WasmOutput limits = new WasmOutput();
        limits(limits, "the table's size");
        out.u8(tokens.referenceType().code());
        out.append(limits);
    }

    private void limits(WasmOutput out, String what) throws WatException {
        long minimum = tokens.u32(what);
        boolean bounded = tokens.isNatural();
        out.u8(bounded ? 1 : 0);
        out.u32(minimum);
        if (bounded) {
            out.u32(tokens.u32(what));
        }
        if (tokens.isWord("shared")) {
            throw tokens.unsupported("threads (shared memory)");
        }
    }

    private void memory() throws WatException {
        int index = memoryCount;
        if (head(spaces.memories, index)) {
            return;
        }
        memoryCount++;
        WasmOutput out = memories.add();
        if (!tokens.takeOpen("data")) {
            memoryType(out);
            tokens.close();
            return;
        }
        WasmOutput bytes = strings();
        tokens.close();
        tokens.close();
        int pages = (bytes.size() + PAGE_BYTES - 1) / PAGE_BYTES;
        out.u8(1);
        out.u32(pages);
        out.u32(pages);
        WasmOutput segment = data.add();
        activeData(segment, index);
        segment.u8(I32_CONST);
        segment.u8(0);
        segment.u8(END);
        segment.sized(bytes);
    }

    private void memoryType(WasmOutput out) throws WatException {
        if (tokens.isWord("i64")) {
            throw tokens.unsupported("memory64 (64-bit addresses)");
        }
        limits(out, "the memory's size in pages");
    }

    private void global() throws WatException {
        if (head(spaces.globals, globalCount)) {
            return;
        }
        globalCount++;
        WasmOutput out = globals.add();
        globalType(out);
        expressions.constant(out, false);
        tokens.close();
    }

    private void globalType(WasmOutput out) throws WatException {
        boolean mutable = tokens.takeOpen("mut");
        out.u8(tokens.valueType().code());
        out.u8(mutable ? 1 : 0);
        if (mutable) {
            tokens.close();
        }
    }

    private void elements() throws WatException {
        tokens.takeIdentifier();
        if (tokens.takeWord("declare")) {
            elementList(DECLARED, new WasmOutput(), false);
        } else {
            boolean explicit = tokens.isOpen("table");
            long table = destination("table", spaces.tables);
            WasmOutput offset = new WasmOutput();
            boolean active = explicit || tokens.is(Kind.OPEN);
            if (active) {
                offset(offset);
            }
            elementList(active ? table : NO_TABLE, offset, active && !explicit);
        }
        tokens.close();
    }

    /** {@code (table 1)} or {@code (memory 1)}; in WebAssembly 1.0 it was just the number. */
    private long destination(String word, IndexSpace space) throws WatException {
        if (tokens.takeOpen(word)) {
            long index = tokens.index(space);
            tokens.close();
            return index;
        }
        return tokens.isNatural() ? tokens.index(space) : 0;
    }

    /** Where an active segment goes: {@code (offset ...)}, or an instruction in parentheses. */
    private void offset(WasmOutput out) throws WatException {
        if (tokens.takeOpen("offset")) {
            expressions.constant(out, false);
            tokens.close();
        } else {
            expressions.constant(out, true);
        }
    }

    /** The type of the elements and the elements. */
    private void elementList(long table, WasmOutput offset, boolean typeOptional) throws WatException {
        WasmOutput list = new WasmOutput();
        ValueType type = ValueType.FUNCREF;
        boolean byExpression = tokens.isReferenceType();
        int count;
        if (byExpression) {
            type = tokens.referenceType();
            count = elementExpressions(list);
        } else if (tokens.takeWord("func") || (typeOptional && !tokens.is(Kind.OPEN))) {
            count = elementIndexes(list);
        } else {
            throw tokens.unexpected("func, funcref or externref");
        }
        segment(table, offset, type, byExpression, count, list);
    }

    private int elementIndexes(WasmOutput list) throws WatException {
        int count = 0;
        while (tokens.isIndex()) {
            list.u32(tokens.index(spaces.functions));
            count++;
        }
        return count;
    }

    private int elementExpressions(WasmOutput list) throws WatException {
        int count = 0;
        while (tokens.is(Kind.OPEN)) {
            if (tokens.takeOpen("item")) {
                expressions.constant(list, false);
                tokens.close();
            } else {
                expressions.constant(list, true);
            }
            count++;
        }
        return count;
    }

    private void segment(
            long table, WasmOutput offset, ValueType type, boolean byExpression, int count, WasmOutput list) {
        WasmOutput indexes = byExpression && type == ValueType.FUNCREF ? asIndexes(list) : null;
        boolean expressionsNeeded = byExpression && indexes == null;
        WasmOutput out = elements.add();
        int flags = table == DECLARED
                ? DECLARATIVE
                : table == NO_TABLE ? PASSIVE : table > 0 || type != ValueType.FUNCREF ? EXPLICIT : 0;
        out.u8(flags | (expressionsNeeded ? EXPRESSIONS : 0));
        if (flags == EXPLICIT) {
            out.u32(table);
        }
        if (table >= 0) {
            out.append(offset);
        }
        if (flags != 0) {
            out.u8(expressionsNeeded ? type.code() : 0);
        }
        out.u32(count);
        out.append(indexes != null ? indexes : list);
    }

    /** The functions of a list of expressions that are all {@code ref.func}, which takes less room; else null. */
    private static @Nullable WasmOutput asIndexes(WasmOutput list) {
        WasmOutput indexes = new WasmOutput();
        int at = 0;
        while (at < list.size()) {
            if ((list.get(at) & 0xFF) != REF_FUNC) {
                return null;
            }
            at++;
            do {
                indexes.u8(list.get(at));
            } while (list.get(at++) < 0);
            if (list.get(at++) != END) {
                return null;
            }
        }
        return indexes;
    }

    private void data() throws WatException {
        tokens.takeIdentifier();
        boolean explicit = tokens.isOpen("memory");
        long memory = destination("memory", spaces.memories);
        WasmOutput out = data.add();
        if (explicit || tokens.is(Kind.OPEN)) {
            activeData(out, memory);
            offset(out);
        } else {
            out.u8(PASSIVE);
        }
        out.sized(strings());
        tokens.close();
    }

    private static void activeData(WasmOutput out, long memory) {
        out.u8(memory > 0 ? EXPLICIT : 0);
        if (memory > 0) {
            out.u32(memory);
        }
    }

    private WasmOutput strings() throws WatException {
        WasmOutput bytes = new WasmOutput();
        while (tokens.is(Kind.STRING)) {
            bytes.append(tokens.string("a string"));
        }
        return bytes;
    }

    private WatModule write() {
        ModuleWriter writer = new ModuleWriter();
        WasmOutput typeSection = new WasmOutput();
        types.write(typeSection);
        writer.section(ModuleWriter.TYPE, types.size(), typeSection);
        writer.section(ModuleWriter.IMPORT, imports);
        writer.section(ModuleWriter.FUNCTION, functions);
        writer.section(ModuleWriter.TABLE, tables);
        writer.section(ModuleWriter.MEMORY, memories);
        writer.section(ModuleWriter.GLOBAL, globals);
        writer.section(ModuleWriter.EXPORT, exports);
        if (start >= 0) {
            writer.start(start);
        }
        writer.section(ModuleWriter.ELEMENT, elements);
        if (expressions.usesData()) {
            writer.dataCount(data.count);
        }
        int codeStart = writer.section(ModuleWriter.CODE, code);
        writer.section(ModuleWriter.DATA, data);
        writer.names(moduleName, spaces, functionLocals);
        // Offsets in debug information count from the section's contents, which begin with the number of functions.
        int counted = ModuleWriter.length(code.count);
        LineRows moved = new LineRows();
        moved.append(lines, counted);
        writer.lines(tokens.source.name, moved, counted + code.out.size());
        return new WatModule(tokens.source, writer.bytes(), codeStart, moved);
    }
}
