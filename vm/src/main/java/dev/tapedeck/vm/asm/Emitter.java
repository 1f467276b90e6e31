package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.asm.SourceTree.Code;
import dev.tapedeck.vm.asm.SourceTree.Data;
import dev.tapedeck.vm.asm.SourceTree.Local;
import dev.tapedeck.vm.asm.SourceTree.Name;
import dev.tapedeck.vm.asm.SourceTree.Operand;
import dev.tapedeck.vm.asm.SourceTree.Piece;
import dev.tapedeck.vm.asm.SourceTree.Reference;
import dev.tapedeck.vm.asm.SourceTree.Signature;
import dev.tapedeck.vm.asm.SourceTree.Value;
import dev.tapedeck.vm.host.HostFunction;
import dev.tapedeck.vm.host.StandardHost;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/** Looks up the names of a {@link SourceTree} and hands everything to a {@link ProgramBuilder}. */
final class Emitter {
    /** How many constants may stand between a constant and its value. */
    private static final int CONSTANT_DEPTH_MAX = 100;

    private final SourceText source;
    private final SourceTree tree;
    private final ProgramBuilder builder;
    private final NameTable typeNames = new NameTable("type");
    private final NameTable numberNames = new NameTable("constant or data segment");
    private final Map<String, Literal> constantValues = new HashMap<>();
    private int constantDepth;
    private final long[] dataAddresses;
    private final long[] dataLengths;
    /** The addresses and lengths of this many data segments are known. */
    private int dataPlaced;

    private long interruptCount;
    private long expectedMemoryBytes;

    Emitter(SourceText source, SourceTree tree) {
        this.source = source;
        this.tree = tree;
        this.builder = new ProgramBuilder(tree.programName != null ? tree.programName : baseName(source.name));
        this.dataAddresses = new long[tree.data.size()];
        this.dataLengths = new long[tree.data.size()];
    }

    private static String baseName(String file) {
        String name = file.substring(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    Program emit() throws AssemblyException {
        List<String> sources = tree.sources;
        for (String file : sources != null ? sources : List.of(source.name)) {
            builder.source(file);
        }
        constants();
        types();
        imports();
        List<FunctionBuilder> functions = functions();
        globals();
        tables();
        data();
        for (int i = 0; i < functions.size(); i++) {
            body(tree.functions.get(i), functions.get(i));
        }
        exports();
        if (!tree.tests.isEmpty()) {
            tests(builder.build());
        }
        return builder.build();
    }

    /** The tests, for a program that has been made before. */
    List<TestCase> emitTests(Program program) throws AssemblyException {
        constants();
        tests(program);
        return builder.build().tests();
    }

    private void constants() throws AssemblyException {
        for (int i = 0; i < tree.constants.size(); i++) {
            SourceTree.Constant constant = tree.constants.get(i);
            if (!numberNames.define(constant.name(), i)) {
                throw twice(
                        "constant",
                        constant.name(),
                        constant.position(),
                        tree.constants
                                .get(numberNames.find(constant.name()).orElseThrow())
                                .position());
            }
        }
    }

    private AssemblyException twice(String kind, String name, int position, int first) {
        return source.error(
                position,
                kind + " '" + Notation.abbreviated(name) + "' is defined twice",
                "first in line " + source.line(first));
    }

    /** Registers the name of the thing that gets {@code index}, unless the name came with its index. */
    private void define(NameTable names, Name name, int index, IntUnaryOperator positionOf) throws AssemblyException {
        if (name.indexed()) {
            if (name.index() != index) {
                throw source.error(
                        name.position(), "this is " + names.kind() + " #" + index + ", not #" + name.index());
            }
        } else if (!name.text().isEmpty() && !names.define(name.text(), index)) {
            int first = names.find(name.text()).orElseThrow();
            throw twice(names.kind(), name.text(), name.position(), positionOf.applyAsInt(first));
        }
    }

    private void types() throws AssemblyException {
        for (int i = 0; i < tree.types.size(); i++) {
            SourceTree.Type type = tree.types.get(i);
            Name name = type.name();
            if (name != null) {
                define(
                        typeNames,
                        name,
                        i,
                        first -> position(tree.types.get(first).name()));
            }
            builder.addType(functionType(type.signature()));
        }
    }

    private static int position(@Nullable Name name) {
        return name == null ? 0 : name.position();
    }

    private static FunctionType functionType(Signature signature) {
        return new FunctionType(signature.parameters(), signature.results());
    }

    private void imports() throws AssemblyException {
        for (int i = 0; i < tree.imports.size(); i++) {
            SourceTree.Import given = tree.imports.get(i);
            define(
                    builder.importNames,
                    given.name(),
                    i,
                    first -> tree.imports.get(first).position());
            FunctionType type = functionType(given.signature());
            Reference reference = given.type();
            int typeIndex = reference != null ? index(reference, typeNames) : builder.typeIndex(type);
            builder.addImport(new HostImport(given.module(), given.field(), typeIndex));
        }
        for (SourceTree.Function function : tree.functions) {
            for (Code code : function.code) {
                List<OperandKind> kinds = code.opcode().operands();
                for (int i = 0; i < kinds.size(); i++) {
                    if (kinds.get(i) == OperandKind.IMPORT && code.operands().get(i) instanceof Operand.Named named) {
                        importIndex(named.reference());
                    }
                }
            }
        }
    }

    private int importIndex(Reference reference) throws AssemblyException {
        String name = reference.name();
        if (name == null) {
            return intIndex(reference);
        }
        try {
            return builder.importIndex(name);
        } catch (IllegalStateException e) {
            List<String> known = new ArrayList<>(StandardHost.FUNCTIONS.stream()
                    .map(HostFunction::qualifiedName)
                    .toList());
            tree.imports.forEach(given -> known.add(given.name().text()));
            String nearest = NameTable.nearest(name, known);
            if (nearest == null) {
                nearest = NameTable.nearest(StandardHost.MODULE + "." + name, known);
            }
            throw source.error(
                    reference.position(),
                    builder.importNames.unknown(name),
                    nearest != null ? "did you mean '" + nearest + "'?" : "others than the standard ones need .import");
        }
    }

    private List<FunctionBuilder> functions() throws AssemblyException {
        List<FunctionBuilder> builders = new ArrayList<>();
        for (int i = 0; i < tree.functions.size(); i++) {
            SourceTree.Function function = tree.functions.get(i);
            define(
                    builder.functionNames,
                    function.name,
                    i,
                    first -> tree.functions.get(first).name.position());
            FunctionBuilder built = builder.addFunction(function.name.text());
            builders.add(built);
            for (Local parameter : function.parameters) {
                built.addParameter(parameter.name(), parameter.type());
            }
            for (Local local : function.locals) {
                built.addLocal(local.name(), local.type());
            }
            for (ValueType result : function.results) {
                built.result(result);
            }
            Reference type = function.type;
            built.fixType(type != null ? index(type, typeNames) : builder.typeIndex(built.type()));
            built.source(sourceIndex(function));
        }
        Reference entry = tree.entry;
        if (entry != null) {
            builder.setEntry(index(entry, builder.functionNames));
        } else if (tree.entryGiven) {
            builder.setEntry(-1);
        }
        Reference start = tree.start;
        if (start != null) {
            builder.setStart(index(start, builder.functionNames));
        }
        return builders;
    }

    private int sourceIndex(SourceTree.Function function) throws AssemblyException {
        List<String> sources = tree.sources;
        Reference given = function.source;
        if (given == null) {
            return sources != null && sources.isEmpty() ? -1 : 0;
        }
        if (sources == null) {
            throw source.error(given.position(), "a function's .source needs a .source before all functions");
        }
        return sourceIndex(given, sources);
    }

    private int sourceIndex(Reference given, List<String> sources) throws AssemblyException {
        String name = given.name();
        if (name == null) {
            return given.index() < 0 ? -1 : intIndex(given);
        }
        int index = sources.indexOf(name);
        if (index < 0) {
            throw source.error(given.position(), "unknown source file", NameTable.hint(name, sources, "source file"));
        }
        return index;
    }

    private void globals() throws AssemblyException {
        for (int i = 0; i < tree.globals.size(); i++) {
            define(
                    builder.globalNames,
                    tree.globals.get(i).name(),
                    i,
                    first -> tree.globals.get(first).name().position());
        }
    }

    private void tables() throws AssemblyException {
        for (int i = 0; i < tree.tables.size(); i++) {
            SourceTree.Table table = tree.tables.get(i);
            define(
                    builder.tableNames,
                    table.name(),
                    i,
                    first -> tree.tables.get(first).name().position());
            table(table);
        }
        for (int i = 0; i < tree.elements.size(); i++) {
            SourceTree.Elements segment = tree.elements.get(i);
            define(
                    builder.elementNames,
                    segment.name(),
                    i,
                    first -> tree.elements.get(first).name().position());
            builder.addElements(segment.name().text(), segment.type(), elements(segment.elements()));
        }
    }

    private List<Integer> elements(List<Reference> references) throws AssemblyException {
        List<Integer> elements = new ArrayList<>(references.size());
        for (Reference element : references) {
            boolean empty = element.name() == null && element.index() < 0;
            elements.add(empty ? -1 : index(element, builder.functionNames));
        }
        return elements;
    }

    private void table(SourceTree.Table table) throws AssemblyException {
        int count = table.elements().size();
        BigInteger most = BigInteger.valueOf(Program.Table.ELEMENTS_MAX);
        Expression minimumGiven = table.minimum();
        Expression maximumGiven = table.maximum();
        int minimum = count;
        int maximum = count;
        if (minimumGiven != null) {
            minimum = (int) integer(minimumGiven, "a number of elements", BigInteger.ZERO, most);
            maximum = Program.Table.ELEMENTS_MAX;
            if (count > minimum) {
                throw source.error(
                        minimumGiven.position(), "the table has " + count + " elements, more than " + minimum);
            }
        }
        if (maximumGiven != null) {
            maximum = (int) integer(maximumGiven, "a number of elements", BigInteger.ZERO, most);
            if (minimum > maximum) {
                throw source.error(
                        maximumGiven.position(), "the maximum, " + maximum + ", is below the initial size, " + minimum);
            }
        }
        builder.addTable(table.name().text(), table.type(), minimum, maximum, elements(table.elements()));
    }

    /** Data, and everything that can depend on its addresses before code does: constants, memory, globals. */
    private void data() throws AssemblyException {
        for (int i = 0; i < tree.data.size(); i++) {
            Name name = tree.data.get(i).name();
            OptionalInt constant = name.indexed() ? OptionalInt.empty() : numberNames.find(name.text());
            if (constant.isPresent()) {
                throw twice(
                        "constant or data segment",
                        name.text(),
                        name.position(),
                        tree.constants.get(constant.getAsInt()).position());
            }
            define(
                    builder.dataNames,
                    name,
                    i,
                    first -> tree.data.get(first).name().position());
        }
        long end = ProgramBuilder.DATA_ADDRESS_FIRST;
        long total = 0;
        for (int i = 0; i < tree.data.size(); i++) {
            Data data = tree.data.get(i);
            long length = length(data.pieces(), data.name().position(), total);
            Expression at = data.address();
            total += length;
            if (data.passive()) {
                dataAddresses[i] = DataSegment.PASSIVE;
            } else {
                long address = at == null
                        ? ProgramBuilder.nextDataAddress(end)
                        : integer(at, "an address", BigInteger.ZERO, Literal.U32_MAX);
                end = Math.max(end, address + length);
                dataAddresses[i] = address;
            }
            dataLengths[i] = length;
            dataPlaced++;
        }
        for (SourceTree.Constant constant : tree.constants) {
            constantValue(constant, constant.position());
        }
        MemoryType memory = null;
        for (int i = 0; i < tree.memories.size(); i++) {
            MemoryType made = memory(tree.memories.get(i));
            memory = memory == null ? made : memory;
        }
        for (SourceTree.Global global : tree.globals) {
            Value initial = global.initial();
            builder.addGlobal(new Program.Global(
                    global.name().text(),
                    global.type(),
                    global.mutable(),
                    initial == null ? 0 : cell(initial, global.type())));
        }
        for (int i = 0; i < tree.data.size(); i++) {
            Data data = tree.data.get(i);
            int position = data.name().position();
            checkInside(memory, position, dataAddresses[i], dataLengths[i]);
            try {
                builder.addData(
                        new DataSegment(data.name().text(), dataAddresses[i], contents(data.pieces(), dataLengths[i])));
            } catch (IllegalArgumentException e) {
                throw source.error(position, Expression.message(e));
            }
        }
    }

    /** The length of a data segment in bytes; no memory is used before it is known to be allowed. */
    private long length(List<Piece> pieces, int start, long total) throws AssemblyException {
        long length = 0;
        for (Piece piece : pieces) {
            int position = start;
            if (piece instanceof Piece.Bytes bytes) {
                length += bytes.bytes().length;
            } else if (piece instanceof Piece.Computed number) {
                length += number.type().bytes;
            } else if (piece instanceof Piece.Zeros zeros) {
                position = zeros.count().position();
                length += integer(
                        zeros.count(),
                        "a count of bytes",
                        BigInteger.ZERO,
                        BigInteger.valueOf(ProgramLimits.DATA_BYTES_MAX));
            }
            if (total + length > ProgramLimits.DATA_BYTES_MAX) {
                throw source.error(
                        position,
                        "more than " + ProgramLimits.DATA_BYTES_MAX + " bytes of data",
                        "memory is zero at the start anyway");
            }
        }
        return length;
    }

    private byte[] contents(List<Piece> pieces, long length) throws AssemblyException {
        ByteBuffer out = ByteBuffer.allocate((int) length);
        for (Piece piece : pieces) {
            if (piece instanceof Piece.Bytes bytes) {
                out.put(bytes.bytes());
            } else if (piece instanceof Piece.Computed number) {
                Expression value = number.value();
                out.put(Parser.encode(source, number.type(), value.position(), evaluate(value)));
            } else if (piece instanceof Piece.Zeros zeros) {
                out.position(out.position() + evaluate(zeros.count()).toI32());
            }
        }
        return out.array();
    }

    private MemoryType memory(SourceTree.Memory memory) throws AssemblyException {
        BigInteger pagesMax = BigInteger.valueOf(MemoryType.PAGES_MAX);
        int initial = (int) integer(memory.initialPages(), "a size in 64 KiB pages", BigInteger.ZERO, pagesMax);
        Expression maximumPages = memory.maximumPages();
        int maximum = maximumPages == null
                ? MemoryType.PAGES_MAX
                : (int) integer(maximumPages, "a maximum in 64 KiB pages", BigInteger.ZERO, pagesMax);
        if (maximumPages != null && initial > maximum) {
            throw source.error(
                    maximumPages.position(), "the maximum, " + maximum + ", is below the initial size, " + initial);
        }
        builder.memory(initial, maximum);
        return new MemoryType(initial, maximum);
    }

    private void checkInside(@Nullable MemoryType memory, int position, long address, long length)
            throws AssemblyException {
        long end = address + length;
        if (length == 0 || address == DataSegment.PASSIVE) {
            return;
        }
        if (memory == null) {
            throw source.error(position, "data without memory", "add .memory 1");
        }
        long size = (long) memory.initialPages() * MemoryType.PAGE_BYTES;
        if (end > size) {
            throw source.error(
                    position,
                    "the data ends at address " + end + ", but the memory has " + size + " bytes at the start",
                    "it needs .memory " + (end + MemoryType.PAGE_BYTES - 1) / MemoryType.PAGE_BYTES);
        }
    }

    private void body(SourceTree.Function function, FunctionBuilder built) throws AssemblyException {
        NameTable locals = new NameTable("local");
        NameTable labels = new NameTable("label");
        List<Local> all = new ArrayList<>(function.parameters);
        all.addAll(function.locals);
        for (int i = 0; i < all.size(); i++) {
            Local local = all.get(i);
            String name = local.name();
            if (name != null) {
                define(
                        locals,
                        new Name(local.position(), name, local.indexed(), local.index()),
                        i,
                        first -> all.get(first).position());
            }
        }
        function.labels.forEach(labels::define);
        List<String> sources = tree.sources;
        for (Code code : function.code) {
            SourceTree.LineMarker line = code.line();
            if (sources == null) {
                if (line.number() >= 0) {
                    throw source.error(
                            code.position(), "a line after '@' needs a .source that names the file it belongs to");
                }
                built.line(source.line(code.position()));
            } else if (line.number() >= 0) {
                Reference file = line.file();
                if (file == null) {
                    built.line(line.number());
                } else {
                    built.line(sourceIndex(file, sources), line.number());
                }
            }
            built.emit(instruction(code, locals, labels));
        }
    }

    private Instruction instruction(Code code, NameTable locals, NameTable labels) throws AssemblyException {
        Opcode opcode = code.opcode();
        List<OperandKind> kinds = opcode.operands();
        if (kinds.isEmpty()) {
            return Instruction.of(opcode);
        }
        if (code.operands().get(0) instanceof Operand.Targets targets) {
            List<Integer> offsets = new ArrayList<>(targets.references().size());
            for (Reference target : targets.references()) {
                offsets.add(index(target, labels));
            }
            return Instruction.table(opcode, offsets);
        }
        long a = value(kinds.get(0), code.operands().get(0), locals, labels);
        long b = kinds.size() > 1 ? value(kinds.get(1), code.operands().get(1), locals, labels) : 0;
        return Instruction.of(opcode, a, b);
    }

    private long value(OperandKind kind, Operand operand, NameTable locals, NameTable labels) throws AssemblyException {
        if (operand instanceof Operand.Named named) {
            Reference reference = named.reference();
            return switch (kind) {
                case LOCAL -> index(reference, locals);
                case LABEL -> index(reference, labels);
                case GLOBAL -> index(reference, builder.globalNames);
                case FUNCTION -> index(reference, builder.functionNames);
                case TABLE -> index(reference, builder.tableNames);
                case MEMORY -> intIndex(reference);
                case DATA -> index(reference, builder.dataNames);
                case ELEMENTS -> index(reference, builder.elementNames);
                case TYPE -> index(reference, typeNames);
                case IMPORT -> importIndex(reference);
                case LABELS, REFERENCE, OFFSET, COUNT, I32, I64, F32, F64 ->
                    throw new IllegalStateException(kind.name());
            };
        }
        if (operand instanceof Operand.Typed typed) {
            if (kind == OperandKind.REFERENCE) {
                return typed.signature().parameters().get(0).code();
            }
            return builder.typeIndex(functionType(typed.signature()));
        }
        if (operand instanceof Operand.Constant number) {
            return number(kind, number.value());
        }
        if (operand instanceof Operand.Absent absent && kind == OperandKind.TABLE) {
            if (tree.tables.size() != 1) {
                throw source.error(
                        absent.position(),
                        "expected a table",
                        tree.tables.isEmpty() ? "there is none; define one with .table" : "there are several");
            }
        }
        return 0;
    }

    private long number(OperandKind kind, Expression expression) throws AssemblyException {
        return switch (kind) {
            case I32 -> cell(expression, ValueType.I32);
            case I64 -> cell(expression, ValueType.I64);
            case F32 -> cell(expression, ValueType.F32) & 0xFFFF_FFFFL;
            case F64 -> cell(expression, ValueType.F64);
            case OFFSET -> integer(expression, "an offset", BigInteger.ZERO, Literal.U32_MAX);
            case COUNT -> integer(expression, "a number of cells", BigInteger.ZERO, BigInteger.valueOf(0xFFFF));
            case LOCAL, GLOBAL, FUNCTION, IMPORT, TYPE, TABLE, MEMORY, DATA, ELEMENTS, REFERENCE, LABEL, LABELS ->
                throw new IllegalStateException(kind.name());
        };
    }

    private int index(Reference reference, NameTable names) throws AssemblyException {
        String name = reference.name();
        if (name == null) {
            return intIndex(reference);
        }
        OptionalInt found = names.find(name);
        if (found.isEmpty()) {
            throw source.error(reference.position(), names.unknown(name), names.hint(name));
        }
        return found.getAsInt();
    }

    private int intIndex(Reference reference) throws AssemblyException {
        if (reference.index() > Integer.MAX_VALUE) {
            throw source.error(
                    reference.position(),
                    reference.index() + " is out of range for an index: 0 to " + Integer.MAX_VALUE);
        }
        return (int) reference.index();
    }

    private Literal evaluate(Expression expression) throws AssemblyException {
        return expression.evaluate(source, this::named);
    }

    private Literal named(String name, int position) throws AssemblyException {
        OptionalInt constant = numberNames.find(name);
        if (constant.isPresent()) {
            return constantValue(tree.constants.get(constant.getAsInt()), position);
        }
        OptionalInt data = builder.dataNames.find(name);
        if (data.isPresent()) {
            long address = dataAddresses[placed(data.getAsInt(), position)];
            if (address == DataSegment.PASSIVE) {
                throw source.error(
                        position,
                        "'" + Notation.abbreviated(name) + "' is passive and has no address",
                        "memory.init copies it");
            }
            return Literal.Whole.of(address);
        }
        if (name.endsWith(".length")) {
            data = builder.dataNames.find(name.substring(0, name.length() - ".length".length()));
            if (data.isPresent()) {
                return Literal.Whole.of(dataLengths[placed(data.getAsInt(), position)]);
            }
        }
        List<String> known = new ArrayList<>();
        tree.constants.forEach(defined -> known.add(defined.name()));
        tree.data.forEach(defined -> {
            known.add(defined.name().text());
            known.add(defined.name().text() + ".length");
        });
        throw source.error(
                position, numberNames.unknown(name), NameTable.hint(name, known, "constant or data segment"));
    }

    private int placed(int index, int position) throws AssemblyException {
        if (index >= dataPlaced) {
            throw source.error(
                    position,
                    "'" + Notation.abbreviated(tree.data.get(index).name().text()) + "' has no address yet",
                    "the place and size of data can only depend on the data before it");
        }
        return index;
    }

    private Literal constantValue(SourceTree.Constant constant, int position) throws AssemblyException {
        Literal known = constantValues.get(constant.name());
        if (known != null) {
            return known;
        }
        if (constantDepth >= CONSTANT_DEPTH_MAX) {
            throw source.error(
                    position,
                    "the value of '" + Notation.abbreviated(constant.name()) + "' needs itself, or more than "
                            + CONSTANT_DEPTH_MAX + " other constants in a row");
        }
        constantDepth++;
        Literal value = evaluate(constant.value());
        constantDepth--;
        constantValues.put(constant.name(), value);
        return value;
    }

    private long integer(Expression expression, String what, BigInteger min, BigInteger max) throws AssemblyException {
        Literal value = evaluate(expression);
        try {
            return value.toInteger(what, min, max);
        } catch (IllegalArgumentException e) {
            throw source.error(expression.position(), Expression.message(e));
        }
    }

    private long cell(Expression expression, ValueType type) throws AssemblyException {
        Literal value = evaluate(expression);
        try {
            return Cells.of(type, value);
        } catch (IllegalArgumentException e) {
            throw source.error(expression.position(), Expression.message(e));
        }
    }

    private long cell(Value value, ValueType type) throws AssemblyException {
        if (value instanceof Value.Numeral number) {
            return cell(number.expression(), number.bits() ? ValueType.I64 : type);
        }
        if (value instanceof Value.Func func && type == ValueType.FUNCREF) {
            return index(func.function(), builder.functionNames) + 1L;
        }
        if (value instanceof Value.Extern extern && type == ValueType.EXTERNREF) {
            BigInteger most = Literal.I64_MAX.subtract(BigInteger.ONE);
            return integer(extern.number(), "a number of the host's", BigInteger.ZERO, most) + 1;
        }
        if (value instanceof Value.Null && type.isReference()) {
            return ValueType.NULL;
        }
        throw source.error(value.position(), "this is a reference, expected " + article(type));
    }

    private static String article(ValueType type) {
        return (type == ValueType.FUNCREF ? "a " : "an ") + type;
    }

    private void exports() throws AssemblyException {
        Map<String, Integer> positions = new HashMap<>();
        for (SourceTree.Export export : tree.exports) {
            int function = index(export.function(), builder.functionNames);
            String as = export.name();
            if (as == null) {
                as = export.function().name();
                if (as == null) {
                    as = function < tree.functions.size()
                            ? tree.functions.get(function).name.text()
                            : "";
                }
            }
            Integer first = positions.putIfAbsent(as, export.position());
            if (first != null) {
                throw twice("export", as, export.position(), first);
            }
            builder.addExport(as, function);
        }
    }

    private void tests(Program untested) throws AssemblyException {
        Map<String, Integer> functions = new HashMap<>();
        untested.exports().forEach(export -> functions.putIfAbsent(export.name(), export.function()));
        for (int i = 0; i < untested.functions().size(); i++) {
            functions.putIfAbsent(untested.functions().get(i).name(), i);
        }
        Map<String, Integer> positions = new HashMap<>();
        for (SourceTree.Test test : tree.tests) {
            Integer first = positions.putIfAbsent(test.name, test.position);
            if (first != null) {
                throw twice("test", test.name, test.position, first);
            }
            test(untested, functions, test);
        }
    }

    private void test(Program untested, Map<String, Integer> functions, SourceTree.Test test) throws AssemblyException {
        TestBuilder built = new TestBuilder(builder, test.name);
        FunctionType type = testedType(untested, functions, test);
        Reference function = test.function;
        if (function != null) {
            String name = function.name();
            built.runCells(
                    name == null ? "" : name,
                    cells(test.arguments, type == null ? null : type.parameters(), function.position(), "argument"));
        } else if (type != null && !type.parameters().isEmpty()) {
            throw source.error(
                    test.position,
                    "the entry takes " + type.parameters().size() + " arguments, and the test gives none",
                    "add .run with a function and its arguments");
        }
        built.tags(test.tags.toArray(String[]::new));
        built.systemArguments(test.systemArguments.toArray(String[]::new));
        test.environment.forEach(variable -> built.environment(variable.name(), variable.value()));
        test.files.forEach(file -> built.fileBytes(file.path(), file.content()));
        built.inputBytes(test.input.toString());
        Expression seed = test.seed;
        if (seed != null) {
            built.seed(cell(seed, ValueType.I64));
        }
        Expression limit = test.limit;
        if (limit != null) {
            built.limit(integer(limit, "a number of instructions", BigInteger.ZERO, Literal.I64_MAX));
        }
        Expression timeout = test.timeout;
        if (timeout != null) {
            BigInteger longest = BigInteger.valueOf(ProgramLimits.TIMEOUT_MILLIS_MAX / test.timeoutUnit);
            built.timeout(Duration.ofMillis(
                    test.timeoutUnit * integer(timeout, "a time, at most 365 days", BigInteger.ONE, longest)));
        }
        test.locks.values().forEach(lock -> built.lock(lock.resource(), lock.mode()));
        for (SourceTree.Interrupt interrupt : test.interrupts) {
            schedule(interrupt, built);
        }
        StringBuilder output = test.output;
        if (output != null) {
            built.expectOutputBytes(output.toString());
        }
        Expression exitCode = test.exitCode;
        if (exitCode != null) {
            built.expectExit((int) cell(exitCode, ValueType.I32));
        }
        String fault = test.fault;
        if (fault != null) {
            built.expectFault(FaultKind.ofMnemonic(fault).orElseThrow());
        }
        List<Value> results = test.results;
        if (results != null) {
            built.expectResultCells(
                    cells(results, type == null ? null : type.results(), test.resultsPosition, "result"));
        }
        for (SourceTree.Expected expected : test.state) {
            built.expect(expectation(untested, expected));
        }
        if (test.approved) {
            built.approve();
        }
        String disabled = test.disabled;
        if (disabled != null) {
            built.disabled(disabled);
        }
        if (tree.sources == null) {
            built.line(source.line(test.position));
        } else if (test.line >= 0) {
            built.line(test.line);
        }
        builder.addTest(built.build());
    }

    private StateExpectation expectation(Program untested, SourceTree.Expected expected) throws AssemblyException {
        if (expected instanceof SourceTree.Expected.Global global) {
            int index = globalIndex(untested, global.global());
            ValueType type = untested.globals().get(index).type();
            return new StateExpectation.GlobalValue(index, cell(global.value(), type));
        } else if (expected instanceof SourceTree.Expected.Register register) {
            boolean small = register.register() == StateExpectation.Register.HP;
            return new StateExpectation.RegisterValue(
                    register.register(), cell(register.value(), small ? ValueType.I32 : ValueType.I64));
        } else if (expected instanceof SourceTree.Expected.Memory memory) {
            int position = memory.memory().position();
            int index = intIndex(memory.memory());
            if (index >= untested.memories().size()) {
                throw source.error(
                        position,
                        untested.memories().isEmpty()
                                ? "the program has no memory"
                                : "there is no memory " + index + ", the program has "
                                        + untested.memories().size());
            }
            long address = integer(memory.address(), "an address", BigInteger.ZERO, Literal.U32_MAX);
            long length = length(memory.pieces(), position, 0);
            expectedMemoryBytes += length;
            if (expectedMemoryBytes > ProgramLimits.EXPECTED_MEMORY_BYTES_MAX) {
                throw source.error(
                        position,
                        "the tests expect more than " + ProgramLimits.EXPECTED_MEMORY_BYTES_MAX + " bytes of memory");
            }
            if (length == 0) {
                throw source.error(position, "expected at least one byte of memory");
            }
            byte[] bytes = contents(memory.pieces(), length);
            return new StateExpectation.MemoryBytes(index, address, new String(bytes, StandardCharsets.ISO_8859_1));
        }
        throw new IllegalStateException(expected.toString());
    }

    /** The global that a test means; of a module there is only the program, and names need not be unique. */
    private int globalIndex(Program untested, Reference reference) throws AssemblyException {
        String name = reference.name();
        List<String> names =
                untested.globals().stream().map(Program.Global::name).toList();
        int index = name == null ? intIndex(reference) : names.indexOf(name);
        if (index < 0 || index >= names.size()) {
            throw source.error(
                    reference.position(),
                    name == null
                            ? "there is no global " + index + ", the program has " + names.size()
                            : builder.globalNames.unknown(name),
                    NameTable.hint(name == null ? "" : name, names, "global"));
        }
        if (name != null && names.lastIndexOf(name) != index) {
            throw source.error(
                    reference.position(),
                    "several globals are named '" + Notation.abbreviated(name) + "'",
                    "write #" + index + " for the first");
        }
        return index;
    }

    /** The type of the function that a test runs, or null if there is none. */
    private @Nullable FunctionType testedType(Program untested, Map<String, Integer> functions, SourceTree.Test test)
            throws AssemblyException {
        Reference reference = test.function;
        int function = untested.entry();
        if (reference != null) {
            String name = reference.name();
            if (name == null) {
                throw source.error(
                        reference.position(), "a test runs a function by its name", "export the function under a name");
            }
            if (!name.isEmpty()) {
                Integer found = functions.get(name);
                if (found == null) {
                    throw source.error(
                            reference.position(),
                            builder.functionNames.unknown(name),
                            NameTable.hint(name, functions.keySet(), "function"));
                }
                function = found;
            }
        }
        if (function < 0 || function >= untested.functions().size()) {
            return null;
        }
        int type = untested.functions().get(function).type();
        return type < untested.types().size() ? untested.types().get(type) : null;
    }

    private List<Long> cells(List<Value> values, @Nullable List<ValueType> types, int position, String what)
            throws AssemblyException {
        if (types != null && values.size() != types.size()) {
            throw source.error(
                    position,
                    "the function has " + types.size() + " " + what + (types.size() == 1 ? "" : "s") + ", but "
                            + values.size() + (values.size() == 1 ? " is given" : " are given"));
        }
        List<Long> cells = new ArrayList<>(values.size());
        for (int i = 0; i < values.size(); i++) {
            Value value = values.get(i);
            boolean bits = value instanceof Value.Numeral number && number.bits();
            if (types == null && !bits) {
                throw source.error(
                        value.position(),
                        "the type of this " + what + " is not known",
                        "name the function with .run, or write bits and the cell");
            }
            cells.add(cell(value, types == null ? ValueType.I64 : types.get(i)));
        }
        return cells;
    }

    private void schedule(SourceTree.Interrupt interrupt, TestBuilder test) throws AssemblyException {
        long icount = integer(interrupt.icount(), "an instruction count", BigInteger.ZERO, Literal.I64_MAX);
        int signal = (int) integer(interrupt.signal(), "a signal", BigInteger.ONE, BigInteger.valueOf(31));
        Expression payloadGiven = interrupt.payload();
        long payload = payloadGiven == null ? 0 : cell(payloadGiven, ValueType.I64);
        Expression everyGiven = interrupt.every();
        Expression countGiven = interrupt.count();
        long every = everyGiven == null
                ? 0
                : integer(everyGiven, "a number of instructions", BigInteger.ONE, Literal.I64_MAX);
        long count = countGiven == null
                ? 1
                : integer(
                        countGiven,
                        "a count of interrupts",
                        BigInteger.ONE,
                        BigInteger.valueOf(ProgramLimits.SCHEDULED_INTERRUPTS_MAX));
        int position = interrupt.icount().position();
        interruptCount += count;
        if (interruptCount > ProgramLimits.SCHEDULED_INTERRUPTS_MAX) {
            throw source.error(
                    position, "the tests have more than " + ProgramLimits.SCHEDULED_INTERRUPTS_MAX + " interrupts");
        }
        BigInteger last = BigInteger.valueOf(every)
                .multiply(BigInteger.valueOf(count - 1))
                .add(BigInteger.valueOf(icount));
        if (last.compareTo(Literal.I64_MAX) > 0) {
            throw source.error(position, "the last interrupt would arrive behind instruction " + Literal.I64_MAX);
        }
        for (long i = 0; i < count; i++) {
            test.interrupt(icount + i * every, signal, payload);
        }
    }
}
