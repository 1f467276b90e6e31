package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.asm.SourceTree.Code;
import dev.tapedeck.vm.asm.SourceTree.DataType;
import dev.tapedeck.vm.asm.SourceTree.LineMarker;
import dev.tapedeck.vm.asm.SourceTree.Local;
import dev.tapedeck.vm.asm.SourceTree.Name;
import dev.tapedeck.vm.asm.SourceTree.Operand;
import dev.tapedeck.vm.asm.SourceTree.Piece;
import dev.tapedeck.vm.asm.SourceTree.Reference;
import dev.tapedeck.vm.asm.SourceTree.Signature;
import dev.tapedeck.vm.asm.SourceTree.Value;
import dev.tapedeck.vm.asm.Token.Kind;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestSystem;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads assembly text into a {@link SourceTree}. The language is described in docs/assembly.md. */
final class Parser {
    private static final List<String> TOP_LEVEL = List.of(
            ".program",
            ".source",
            ".const",
            ".type",
            ".import",
            ".memory",
            ".global",
            ".data",
            ".table",
            ".elements",
            ".func",
            ".entry",
            ".start",
            ".export",
            ".test");
    private static final List<String> IN_FUNCTION = List.of(".local", ".source", ".loop", ".end");
    /** In a file of tests that lies beside a program. */
    private static final List<String> IN_TESTS_FILE = List.of(".const", ".test");

    private static final List<String> IN_TEST = List.of(
            ".run",
            ".tags",
            ".arguments",
            ".environment",
            ".file",
            ".input",
            ".seed",
            ".limit",
            ".timeout",
            ".lock",
            ".interrupt",
            ".expect",
            ".approve",
            ".disabled",
            ".case",
            ".end");
    /** In milliseconds, in the order in which a message lists them. */
    private static final Map<String, Long> TIME_UNITS = timeUnits();

    private static final List<String> EXPECTATIONS =
            List.of("output", "exit", "fault", "result", "global", "register", "memory");

    /** Words that mean something where the name of a constant or of data can stand. */
    private static final Set<String> NUMBER_WORDS =
            Set.of("inf", "nan", "null", "func", "extern", "bits", "zero", "i8", "i16", "i32", "i64", "f32", "f64");

    /** Words that mean something where the name of a function can stand. */
    private static final Set<String> FUNCTION_WORDS = Set.of("_", "none");

    /** What other assembly languages call things. */
    private static final Map<String, String> FOREIGN = new TreeMap<>(Map.ofEntries(
            Map.entry("block", "there are no blocks; jump to labels with br and br_if"),
            Map.entry("loop", "use .loop and .end, or a label and br_if"),
            Map.entry("if", "there are no blocks; jump to labels with br_if or br_unless"),
            Map.entry("else", "there are no blocks; jump to labels with br"),
            Map.entry("end", "a function ends with .end; blocks do not exist"),
            Map.entry("jmp", "use br"),
            Map.entry("jump", "use br"),
            Map.entry("goto", "use br"),
            Map.entry("jz", "use br_unless"),
            Map.entry("jnz", "use br_if"),
            Map.entry("ret", "use return"),
            Map.entry("push", "use i32.const, i64.const, f32.const or f64.const"),
            Map.entry("pop", "use drop"),
            Map.entry("get_local", "use local.get"),
            Map.entry("set_local", "use local.set"),
            Map.entry("tee_local", "use local.tee"),
            Map.entry("get_global", "use global.get"),
            Map.entry("set_global", "use global.set"),
            Map.entry("exit", "use halt, which pops the exit code")));

    /** How a memory is named as an operand. */
    private static final Pattern MEMORY = Pattern.compile("memory([0-9]{1,9})");

    private final SourceText source;
    private final Lexer lexer;
    private final SourceTree tree = new SourceTree();
    private Token token;
    private @Nullable Token ahead;
    private long dataBytes;
    private boolean testsOnly;
    private long repeatedBytes;

    Parser(SourceText source) throws AssemblyException {
        this.source = source;
        this.lexer = new Lexer(source);
        this.token = lexer.next();
    }

    /** Tests of a program whose code is somewhere else: nothing but {@code .test} and {@code .const}. */
    SourceTree parseTests() throws AssemblyException {
        testsOnly = true;
        return parse();
    }

    SourceTree parse() throws AssemblyException {
        while (!token.is(Kind.END)) {
            switch (token.kind()) {
                case LINE_END -> advance();
                case DIRECTIVE -> topLevel();
                case WORD -> throw outside();
                default ->
                    throw source.error(
                            token.start(), "expected a directive, found " + found(), "such as .func, .data or .test");
            }
        }
        return tree;
    }

    private AssemblyException outside() throws AssemblyException {
        String word = word();
        if (peek().is(Kind.COLON)) {
            return source.error(
                    token.start(),
                    "label '" + Notation.abbreviated(word) + "' outside of a function",
                    "labels stand between .func and .end");
        }
        String hint = Opcode.ofMnemonic(word).isPresent()
                ? "instructions stand between .func and .end"
                : "definitions start with a directive, such as .func";
        return source.error(
                token.start(),
                (Opcode.ofMnemonic(word).isPresent() ? "instruction '" : "'")
                        + Notation.abbreviated(word)
                        + "' outside of a function",
                hint);
    }

    private void topLevel() throws AssemblyException {
        Token directive = token;
        String name = word();
        advance();
        if (testsOnly && !IN_TESTS_FILE.contains(name)) {
            throw source.error(
                    directive.start(),
                    "'" + Notation.abbreviated(name) + "' cannot stand here",
                    "beside a program there are only " + String.join(" and ", IN_TESTS_FILE));
        }
        switch (name) {
            case ".program" -> {
                if (tree.programName != null) {
                    throw twice(directive);
                }
                tree.programName = nameText();
            }
            case ".source" -> sources();
            case ".const" -> constant();
            case ".type" -> type();
            case ".import" -> hostImport();
            case ".memory" -> memory();
            case ".global" -> global();
            case ".data" -> data();
            case ".table" -> table();
            case ".elements" -> {
                Name named = definition();
                ValueType type = accept(Kind.COLON) ? referenceType() : ValueType.FUNCREF;
                if (!token.endsLine()) {
                    expect(Kind.EQUALS, "before the elements");
                }
                tree.elements.add(new SourceTree.Elements(named, type, elements()));
            }
            case ".func" -> function(directive);
            case ".entry" -> {
                if (tree.entryGiven) {
                    throw twice(directive);
                }
                tree.entryGiven = true;
                tree.entry = acceptWord("none") ? null : reference("a function, or none");
            }
            case ".start" -> {
                if (tree.start != null) {
                    throw twice(directive);
                }
                tree.start = reference("a function");
            }
            case ".export" -> {
                int position = token.start();
                Reference function = reference("a function");
                String as = acceptWord("as") ? nameText() : null;
                tree.exports.add(new SourceTree.Export(position, function, as));
            }
            case ".test" -> test(directive);
            default -> throw unknownDirective(directive, TOP_LEVEL);
        }
        endOfLine();
    }

    private AssemblyException unknownDirective(Token directive, List<String> known) {
        String name = lexer.words(directive);
        String hint;
        if (IN_TEST.contains(name) && !name.equals(".end")) {
            hint = name + " belongs into a .test";
        } else if (IN_FUNCTION.contains(name)) {
            hint = name.equals(".end") ? "there is nothing to end here" : name + " belongs into a .func";
        } else if (TOP_LEVEL.contains(name)) {
            hint = "is the .end of the definition before it missing?";
        } else {
            String nearest = NameTable.nearest(name, known);
            hint = nearest != null ? "did you mean '" + nearest + "'?" : "there are " + String.join(" ", known);
        }
        String what = TOP_LEVEL.contains(name) || IN_FUNCTION.contains(name) || IN_TEST.contains(name)
                ? "' cannot stand here"
                : "' is not a directive";
        return source.error(directive.start(), "'" + Notation.abbreviated(name) + what, hint);
    }

    private AssemblyException twice(Token directive) {
        return source.error(directive.start(), lexer.words(directive) + " is given twice", "keep one of them");
    }

    private void sources() throws AssemblyException {
        List<String> sources = tree.sources;
        if (sources == null) {
            sources = new ArrayList<>();
            tree.sources = sources;
        }
        if (!acceptWord("none")) {
            sources.add(text("the name of a source file in quotes, or none"));
        }
    }

    private void constant() throws AssemblyException {
        int position = token.start();
        refuse(NUMBER_WORDS);
        String name = nameText();
        expect(Kind.EQUALS, "after the name of a constant");
        tree.constants.add(new SourceTree.Constant(position, name, expression()));
    }

    private void type() throws AssemblyException {
        Name name = null;
        if (!token.is(Kind.OPEN)) {
            name = definition();
            expect(Kind.EQUALS, "after the name of a type");
        }
        tree.types.add(new SourceTree.Type(name, signature()));
    }

    private void hostImport() throws AssemblyException {
        int position = token.start();
        boolean indexed = false;
        long index = 0;
        if (token.is(Kind.HASH)) {
            index = index();
            indexed = true;
        }
        String module;
        String field;
        if (token.is(Kind.STRING)) {
            module = nameText();
            field = text("the name of the host function in quotes, after its module");
        } else {
            String qualified = token.is(Kind.WORD) ? word() : "";
            int dot = qualified.indexOf('.');
            if (dot <= 0 || dot == qualified.length() - 1) {
                throw source.error(
                        token.start(),
                        "expected the module and the name of a host function, found " + found(),
                        "such as env.report, or in quotes: \"env\" \"report\"");
            }
            module = qualified.substring(0, dot);
            field = qualified.substring(dot + 1);
            advance();
        }
        Signature signature = signature();
        tree.imports.add(new SourceTree.Import(
                position,
                new Name(position, module + "." + field, indexed, index),
                module,
                field,
                signature,
                typeReference()));
    }

    private void memory() throws AssemblyException {
        Expression initial = expression();
        skipComma();
        tree.memories.add(new SourceTree.Memory(initial, token.endsLine() ? null : expression()));
    }

    private void global() throws AssemblyException {
        Name name = definition();
        expect(Kind.COLON, "after the name of a global");
        boolean mutable = acceptWord("mut");
        ValueType type = valueType();
        tree.globals.add(new SourceTree.Global(name, type, mutable, accept(Kind.EQUALS) ? value() : null));
    }

    private void table() throws AssemblyException {
        Name name = definition();
        ValueType type = accept(Kind.COLON) ? referenceType() : ValueType.FUNCREF;
        Expression minimum = isTableSize() ? expression() : null;
        skipComma();
        Expression maximum = minimum != null && isTableSize() ? expression() : null;
        if (!token.endsLine()) {
            expect(Kind.EQUALS, "before the elements of a table");
        }
        tree.tables.add(new SourceTree.Table(name, type, minimum, maximum, elements()));
    }

    private boolean isTableSize() {
        return !token.endsLine() && !token.is(Kind.EQUALS);
    }

    private List<Reference> elements() throws AssemblyException {
        List<Reference> elements = new ArrayList<>();
        while (!token.endsLine()) {
            if (isWord("_")) {
                elements.add(new Reference(token.start(), null, -1));
                advance();
            } else {
                elements.add(reference("a function, or _ for an empty element"));
            }
            skipComma();
        }
        return List.copyOf(elements);
    }

    private void data() throws AssemblyException {
        refuse(NUMBER_WORDS);
        Name name = definition();
        boolean passive = acceptWord("passive");
        Expression address = !passive && acceptWord("at") ? expression() : null;
        expect(Kind.EQUALS, "before the contents of the data");
        tree.data.add(new SourceTree.Data(name, address, passive, pieces()));
    }

    /** Bytes up to the end of the line, as they are written for data. */
    private List<Piece> pieces() throws AssemblyException {
        List<Piece> pieces = new ArrayList<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataType type = null;
        do {
            if (token.is(Kind.STRING)) {
                int position = token.start();
                byte[] string = bytes();
                addDataBytes(position, string.length);
                bytes.writeBytes(string);
                type = null;
            } else if (isWord("zero")) {
                advance();
                flush(bytes, pieces);
                pieces.add(new Piece.Zeros(expression()));
                type = null;
            } else if (dataType() != null) {
                type = dataType();
                advance();
                if (token.endsLine()) {
                    throw source.error(token.start(), "expected numbers after the type, found " + found());
                }
                continue;
            } else if (type != null) {
                number(type, bytes, pieces);
            } else {
                throw source.error(
                        token.start(),
                        "expected the contents of the data, found " + found(),
                        "a string, a type (i8 i16 i32 i64 f32 f64) and numbers, or zero and a count of bytes");
            }
            skipComma();
        } while (!token.endsLine());
        flush(bytes, pieces);
        return List.copyOf(pieces);
    }

    private @Nullable DataType dataType() {
        if (!token.is(Kind.WORD)) {
            return null;
        }
        return switch (word()) {
            case "i8" -> DataType.I8;
            case "i16" -> DataType.I16;
            case "i32" -> DataType.I32;
            case "i64" -> DataType.I64;
            case "f32" -> DataType.F32;
            case "f64" -> DataType.F64;
            default -> null;
        };
    }

    private void number(DataType type, ByteArrayOutputStream bytes, List<Piece> pieces) throws AssemblyException {
        Expression value = expression();
        addDataBytes(value.position(), type.bytes);
        if (value.terms().stream().allMatch(term -> term.literal() != null)) {
            bytes.writeBytes(encode(source, type, value.position(), value.evaluate(source, Parser::noNames)));
        } else {
            flush(bytes, pieces);
            pieces.add(new Piece.Computed(type, value));
        }
    }

    private static Literal noNames(String name, int position) {
        throw new IllegalStateException(name);
    }

    private static void flush(ByteArrayOutputStream bytes, List<Piece> pieces) {
        if (bytes.size() > 0) {
            pieces.add(new Piece.Bytes(bytes.toByteArray()));
            bytes.reset();
        }
    }

    private void addDataBytes(int position, int count) throws AssemblyException {
        dataBytes += count;
        if (dataBytes > ProgramLimits.DATA_BYTES_MAX) {
            throw source.error(
                    position,
                    "more than " + ProgramLimits.DATA_BYTES_MAX + " bytes of data",
                    "fill large areas of memory from the program");
        }
    }

    /** A number of a data segment as its bytes. */
    static byte[] encode(SourceText source, DataType type, int position, Literal value) throws AssemblyException {
        long bits;
        try {
            bits = switch (type) {
                case I8 -> value.toInteger("i8", BigInteger.valueOf(-128), BigInteger.valueOf(255));
                case I16 -> value.toInteger("i16", BigInteger.valueOf(-32768), BigInteger.valueOf(65535));
                case I32 -> value.toI32();
                case I64 -> value.toI64();
                case F32 -> value.toF32Bits();
                case F64 -> value.toF64Bits();
            };
        } catch (IllegalArgumentException e) {
            throw source.error(position, Expression.message(e));
        }
        byte[] bytes = new byte[type.bytes];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (bits >>> (8 * i));
        }
        return bytes;
    }

    private void function(Token directive) throws AssemblyException {
        refuse(FUNCTION_WORDS);
        if (tree.functions.size() == ProgramLimits.FUNCTIONS_MAX) {
            throw source.error(directive.start(), "more than " + ProgramLimits.FUNCTIONS_MAX + " functions");
        }
        SourceTree.Function function = new SourceTree.Function(definition());
        tree.functions.add(function);
        if (accept(Kind.OPEN)) {
            function.parametersGiven = true;
            while (!token.is(Kind.CLOSE)) {
                function.parameters.add(local());
                if (!token.is(Kind.CLOSE)) {
                    expect(Kind.COMMA, "between parameters");
                }
            }
            advance();
            function.results.addAll(results());
        } else if (!isWord("type")) {
            throw source.error(
                    token.start(), "expected the parameters of the function, found " + found(), "() if it has none");
        }
        function.type = typeReference();
        endOfLine();
        LoopContexts loops = new LoopContexts(source, function.code);
        while (true) {
            switch (token.kind()) {
                case LINE_END -> advance();
                case DIRECTIVE -> {
                    Token inner = token;
                    boolean end = word().equals(".end");
                    advance();
                    if (end && !loops.end()) {
                        return;
                    }
                    if (!end) {
                        inFunction(function, loops, inner);
                    }
                    endOfLine();
                }
                case WORD -> {
                    if (peek().is(Kind.COLON)) {
                        label(function);
                    } else if (LoopContexts.isJump(word())) {
                        loopJump(function, loops);
                    } else {
                        instruction(function);
                    }
                }
                case END -> {
                    if (loops.unclosed() >= 0) {
                        throw source.error(loops.unclosed(), "this loop has no .end");
                    }
                    throw source.error(
                            directive.start(),
                            "function '" + Notation.abbreviated(function.name.text()) + "' has no .end",
                            "add .end behind its last instruction");
                }
                default -> throw source.error(token.start(), "expected an instruction, found " + found());
            }
        }
    }

    private void inFunction(SourceTree.Function function, LoopContexts loops, Token directive)
            throws AssemblyException {
        switch (lexer.words(directive)) {
            case ".loop" -> loops.begin(directive.start(), token.endsLine() ? null : nameText());
            case ".local" -> {
                function.locals.add(local());
                while (accept(Kind.COMMA)) {
                    function.locals.add(local());
                }
            }
            case ".source" -> {
                if (function.source != null) {
                    throw twice(directive);
                }
                function.source = sourceReference("a source file, or none");
            }
            default -> throw unknownDirective(directive, IN_FUNCTION);
        }
    }

    private Local local() throws AssemblyException {
        int position = token.start();
        if (token.is(Kind.WORD) && !peek().is(Kind.COLON)) {
            return new Local(position, null, false, 0, valueType());
        }
        boolean indexed = token.is(Kind.HASH);
        long index = indexed ? index() : 0;
        String name = nameText();
        expect(Kind.COLON, "between a name and its type");
        return new Local(position, name, indexed, index, valueType());
    }

    private void label(SourceTree.Function function) throws AssemblyException {
        String name = word();
        if (function.labels.putIfAbsent(name, function.code.size()) != null) {
            throw source.error(
                    token.start(), "label '" + Notation.abbreviated(name) + "' is defined twice in this function");
        }
        advance();
        advance();
    }

    private void loopJump(SourceTree.Function function, LoopContexts loops) throws AssemblyException {
        int position = token.start();
        String word = word();
        checkRoom(function, position);
        advance();
        int namePosition = token.start();
        String name = token.endsLine() || token.is(Kind.AT) ? null : nameText();
        loops.jump(position, word, name, namePosition, lineMarker());
        endOfLine();
    }

    private void checkRoom(SourceTree.Function function, int position) throws AssemblyException {
        if (function.code.size() >= ProgramLimits.INSTRUCTIONS_PER_FUNCTION_MAX) {
            throw source.error(
                    position,
                    "a function has at most " + ProgramLimits.INSTRUCTIONS_PER_FUNCTION_MAX + " instructions",
                    "split it");
        }
    }

    private void instruction(SourceTree.Function function) throws AssemblyException {
        int position = token.start();
        String mnemonic = word();
        Opcode opcode = Opcode.ofMnemonic(mnemonic).orElse(null);
        if (opcode == null) {
            String hint = FOREIGN.get(mnemonic);
            if (hint == null) {
                hint = NameTable.nearest(
                        mnemonic,
                        Stream.concat(
                                        Arrays.stream(Opcode.values()).map(Opcode::mnemonic),
                                        Stream.of("break", "continue"))
                                .toList());
                hint = hint == null ? "docs/instructions.md lists them all" : "did you mean '" + hint + "'?";
            }
            throw source.error(position, "unknown instruction '" + Notation.abbreviated(mnemonic) + "'", hint);
        }
        checkRoom(function, position);
        advance();
        List<Operand> operands = operands(opcode);
        LineMarker line = lineMarker();
        if (!token.endsLine()) {
            throw source.error(
                    token.start(),
                    "unexpected " + found() + " after '" + mnemonic + "'",
                    "it takes " + InstructionForm.of(opcode).operandWords());
        }
        function.code.add(new Code(position, opcode, operands, line));
        endOfLine();
    }

    private List<Operand> operands(Opcode opcode) throws AssemblyException {
        List<OperandKind> kinds = opcode.operands();
        if (kinds.isEmpty()) {
            return List.of();
        }
        Operand[] operands = new Operand[kinds.size()];
        boolean first = true;
        for (int i : InstructionForm.of(opcode).textOrder()) {
            if (!first) {
                skipComma();
            }
            operands[i] = operand(opcode, kinds.get(i));
            first = false;
        }
        return List.of(operands);
    }

    private Operand operand(Opcode opcode, OperandKind kind) throws AssemblyException {
        boolean optional = kind == OperandKind.OFFSET
                || kind == OperandKind.MEMORY
                || (kind == OperandKind.TABLE && isTableAbsent())
                || (kind == OperandKind.LABELS && !token.endsLine());
        if (!optional && (token.endsLine() || token.is(Kind.AT))) {
            throw source.error(
                    token.start(),
                    "'" + opcode.mnemonic() + "' needs "
                            + InstructionForm.of(opcode).operandWords());
        }
        return switch (kind) {
            case LOCAL, GLOBAL, FUNCTION, IMPORT, DATA, ELEMENTS ->
                new Operand.Named(reference(InstructionForm.words(kind)));
            case LABEL -> new Operand.Named(target());
            case MEMORY -> {
                int position = token.start();
                Matcher memory = MEMORY.matcher(token.is(Kind.WORD) ? word() : "");
                if (!memory.matches()) {
                    yield new Operand.Absent(position);
                }
                advance();
                yield new Operand.Named(new Reference(position, null, Long.parseLong(memory.group(1))));
            }
            case REFERENCE -> new Operand.Typed(token.start(), new Signature(List.of(referenceType()), List.of()));
            case TABLE ->
                isTableAbsent()
                        ? new Operand.Absent(token.start())
                        : new Operand.Named(reference(InstructionForm.words(kind)));
            case TYPE ->
                token.is(Kind.OPEN)
                        ? new Operand.Typed(token.start(), signature())
                        : new Operand.Named(reference(InstructionForm.words(kind)));
            case LABELS -> {
                List<Reference> targets = new ArrayList<>();
                while (!token.endsLine() && !token.is(Kind.AT)) {
                    if (targets.size() >= ProgramLimits.BRANCH_TARGETS_MAX) {
                        throw source.error(
                                token.start(),
                                "more than " + ProgramLimits.BRANCH_TARGETS_MAX + " labels in one table");
                    }
                    targets.add(target());
                    skipComma();
                }
                if (targets.isEmpty()) {
                    throw source.error(token.start(), "'" + opcode.mnemonic() + "' needs labels, the default last");
                }
                yield new Operand.Targets(List.copyOf(targets));
            }
            case OFFSET -> {
                if (!token.is(Kind.OPEN_BRACKET)) {
                    if (!token.endsLine() && !token.is(Kind.AT)) {
                        throw source.error(
                                token.start(),
                                "unexpected " + found() + " after '" + opcode.mnemonic() + "'",
                                "an offset is written in brackets: " + opcode.mnemonic() + " [+4]");
                    }
                    yield new Operand.Absent(token.start());
                }
                advance();
                Expression offset = expression();
                expect(Kind.CLOSE_BRACKET, "behind the offset");
                yield new Operand.Constant(offset);
            }
            case COUNT, I32, I64, F32, F64 -> new Operand.Constant(expression());
        };
    }

    /** A table can be left out where there is only one. */
    private boolean isTableAbsent() {
        return token.is(Kind.OPEN) || token.endsLine() || token.is(Kind.AT);
    }

    private Reference target() throws AssemblyException {
        if (token.is(Kind.NUMBER)) {
            throw source.error(
                    token.start(),
                    "expected a label, found " + found(),
                    "labels are names; the instruction with index 12 is written #12");
        }
        return reference("a label");
    }

    /** {@code @12}, {@code @"file":12}, {@code @#3:12} or {@code @none:12}. */
    private LineMarker lineMarker() throws AssemblyException {
        if (!accept(Kind.AT)) {
            return LineMarker.NONE;
        }
        Reference file = null;
        if (!token.is(Kind.NUMBER)) {
            file = sourceReference("a line number, or a source file and ':' before it");
            expect(Kind.COLON, "between a source file and a line");
        }
        return new LineMarker(lineNumber(), file);
    }

    private int lineNumber() throws AssemblyException {
        return (int) plainNumber("a line number", Integer.MAX_VALUE);
    }

    private Reference sourceReference(String what) throws AssemblyException {
        int position = token.start();
        return acceptWord("none") ? new Reference(position, null, -1) : reference(what);
    }

    private void test(Token directive) throws AssemblyException {
        int position = token.start();
        String name = text("the name of the test in quotes");
        if (name.isEmpty()) {
            throw source.error(position, "a test needs a name");
        }
        SourceTree.Test common = new SourceTree.Test(position, name, accept(Kind.AT) ? lineNumber() : -1);
        SourceTree.Test test = common;
        endOfLine();
        while (true) {
            switch (token.kind()) {
                case LINE_END -> advance();
                case DIRECTIVE -> {
                    Token inner = token;
                    String words = word();
                    advance();
                    if (words.equals(".end")) {
                        if (test == common) {
                            tree.tests.add(test);
                        }
                        return;
                    }
                    if (words.equals(".case")) {
                        test = testCase(common);
                        tree.tests.add(test);
                    } else {
                        inTest(test, inner);
                    }
                    endOfLine();
                }
                case END ->
                    throw source.error(
                            directive.start(),
                            "test '" + Notation.abbreviated(name) + "' has no .end",
                            "add .end behind its last line");
                default ->
                    throw source.error(
                            token.start(),
                            "unexpected " + found() + " in a test",
                            "there are " + String.join(" ", IN_TEST));
            }
        }
    }

    /** A test with all that stands before the first case, and what follows. */
    private SourceTree.Test testCase(SourceTree.Test common) throws AssemblyException {
        int position = token.start();
        String name = text("the name of the case in quotes");
        if (name.isEmpty()) {
            throw source.error(position, "a case needs a name");
        }
        repeatedBytes += common.copiedBytes();
        if (repeatedBytes > ProgramLimits.TEXT_BYTES_MAX) {
            throw source.error(
                    position,
                    "what the cases of tests have in common is more than " + ProgramLimits.TEXT_BYTES_MAX
                            + " bytes, counted for each of them");
        }
        return common.copy(position, common.name + ": " + name);
    }

    private static Map<String, Long> timeUnits() {
        Map<String, Long> units = new LinkedHashMap<>();
        units.put("ms", 1L);
        units.put("s", 1000L);
        units.put("m", 60_000L);
        units.put("h", 3_600_000L);
        return units;
    }

    private void inTest(SourceTree.Test test, Token directive) throws AssemblyException {
        switch (lexer.words(directive)) {
            case ".run" -> {
                onlyOnce(directive, test.function != null);
                test.function = reference("a function, or \"\" for the entry");
                skipComma();
                test.arguments = values();
            }
            case ".tags" -> {
                while (!token.endsLine()) {
                    test.tags.add(nameText());
                    skipComma();
                }
            }
            case ".arguments" -> {
                do {
                    test.systemArguments.add(text("an argument in quotes"));
                    skipComma();
                } while (!token.endsLine());
            }
            case ".environment" -> {
                String variable = text("the name of a variable in quotes");
                expect(Kind.EQUALS, "before the value of the variable");
                test.environment.add(new TestSystem.Variable(variable, text("its value in quotes")));
            }
            case ".file" -> {
                String path = text("the path of a file in quotes");
                expect(Kind.EQUALS, "before the content of the file");
                test.files.add(new TestSystem.File(path, latin1()));
            }
            case ".input" -> test.input.append(latin1());
            case ".seed" -> {
                onlyOnce(directive, test.seed != null);
                test.seed = expression();
            }
            case ".limit" -> {
                onlyOnce(directive, test.limit != null);
                test.limit = expression();
            }
            case ".timeout" -> {
                onlyOnce(directive, test.timeout != null);
                test.timeout = expression();
                test.timeoutUnit = timeUnit();
            }
            case ".lock" -> lock(test);
            case ".interrupt" -> test.interrupts.add(interrupt());
            case ".expect" -> expectation(test);
            case ".approve" -> test.approved = true;
            case ".disabled" -> {
                onlyOnce(directive, test.disabled != null);
                test.disabled = text("the reason in quotes");
            }
            default -> throw unknownDirective(directive, IN_TEST);
        }
    }

    /** Milliseconds. */
    private long timeUnit() throws AssemblyException {
        Token given = token;
        String unit = given.is(Kind.WORD) ? word() : "";
        Long millis = TIME_UNITS.get(unit);
        if (millis == null) {
            throw source.error(
                    given.start(),
                    "expected the unit of the time, found " + found(),
                    "one of " + String.join(", ", TIME_UNITS.keySet()) + ", such as 10 s");
        }
        advance();
        return millis;
    }

    private void lock(SourceTree.Test test) throws AssemblyException {
        Token given = token;
        String resource = nameText();
        ResourceLock lock =
                new ResourceLock(resource, acceptWord("read") ? ResourceLock.Mode.READ : ResourceLock.Mode.READ_WRITE);
        if (test.locks.putIfAbsent(resource, lock) != null) {
            throw source.error(
                    given.start(),
                    "the test locks '" + Notation.abbreviated(resource) + "' twice",
                    "one .lock is enough; without 'read' it is for reading and writing");
        }
    }

    private void onlyOnce(Token directive, boolean given) throws AssemblyException {
        if (given) {
            throw twice(directive);
        }
    }

    private void expectation(SourceTree.Test test) throws AssemblyException {
        Token what = token;
        String words = token.is(Kind.WORD) ? word() : "";
        Matcher numberedMemory = MEMORY.matcher(words);
        if (!EXPECTATIONS.contains(words) && !numberedMemory.matches()) {
            throw source.error(
                    token.start(),
                    "expected what the test expects, found " + found(),
                    "one of " + String.join(", ", EXPECTATIONS));
        }
        advance();
        switch (words) {
            case "output" -> {
                StringBuilder output = test.output;
                if (output == null) {
                    output = new StringBuilder();
                    test.output = output;
                }
                output.append(latin1());
            }
            case "exit" -> {
                onlyOnce(what, test.exitCode != null);
                test.exitCode = expression();
            }
            case "fault" -> {
                onlyOnce(what, test.fault != null);
                test.faultPosition = token.start();
                String fault = nameText();
                if (FaultKind.ofMnemonic(fault).isEmpty()) {
                    List<String> known = Arrays.stream(FaultKind.values())
                            .map(FaultKind::mnemonic)
                            .toList();
                    String nearest = NameTable.nearest(fault, known);
                    throw source.error(
                            test.faultPosition,
                            "unknown fault '" + Notation.abbreviated(fault) + "'",
                            nearest != null
                                    ? "did you mean '" + nearest + "'?"
                                    : "there are " + String.join(" ", known));
                }
                test.fault = fault;
            }
            case "result" -> {
                onlyOnce(what, test.results != null);
                test.resultsPosition = what.start();
                test.results = values();
            }
            case "global" -> {
                Reference global = reference("a global");
                expect(Kind.EQUALS, "before the value of the global");
                test.state.add(new SourceTree.Expected.Global(global, value()));
            }
            case "register" -> {
                StateExpectation.Register register = register();
                expect(Kind.EQUALS, "before the value of the register");
                test.state.add(new SourceTree.Expected.Register(register, expression()));
            }
            default -> {
                long memory = words.equals("memory") ? 0 : Long.parseLong(numberedMemory.group(1));
                Expression address = expression();
                expect(Kind.EQUALS, "before the contents of the memory");
                test.state.add(
                        new SourceTree.Expected.Memory(new Reference(what.start(), null, memory), address, pieces()));
            }
        }
    }

    private StateExpectation.Register register() throws AssemblyException {
        Token given = token;
        String name = nameText();
        List<String> known = Arrays.stream(StateExpectation.Register.values())
                .map(StateExpectation.Register::mnemonic)
                .toList();
        return StateExpectation.Register.ofMnemonic(name)
                .orElseThrow(() -> source.error(
                        given.start(),
                        "unknown register '" + Notation.abbreviated(name) + "'",
                        "there are " + String.join(" ", known)));
    }

    private SourceTree.Interrupt interrupt() throws AssemblyException {
        Expression icount = expression();
        if (!acceptWord("signal")) {
            throw source.error(token.start(), "expected 'signal' and its number, found " + found());
        }
        Expression signal = expression();
        Expression payload = null;
        Expression every = null;
        Expression count = null;
        while (token.is(Kind.WORD)) {
            Token key = token;
            String words = word();
            advance();
            switch (words) {
                case "payload" -> {
                    onlyOnce(key, payload != null);
                    payload = expression();
                }
                case "every" -> {
                    onlyOnce(key, every != null);
                    every = expression();
                }
                case "count" -> {
                    onlyOnce(key, count != null);
                    count = expression();
                }
                default ->
                    throw source.error(
                            key.start(),
                            "unexpected '" + Notation.abbreviated(words) + "'",
                            "an interrupt has signal, payload, every and count");
            }
        }
        if ((every == null) != (count == null)) {
            throw source.error(icount.position(), "'every' and 'count' belong together", "such as every 1000 count 20");
        }
        return new SourceTree.Interrupt(icount, signal, payload, every, count);
    }

    private List<Value> values() throws AssemblyException {
        List<Value> values = new ArrayList<>();
        while (!token.endsLine()) {
            values.add(value());
            skipComma();
        }
        return values;
    }

    private Value value() throws AssemblyException {
        int position = token.start();
        if (acceptWord("null")) {
            return new Value.Null(position);
        }
        if (acceptWord("func")) {
            return new Value.Func(position, reference("a function"));
        }
        if (acceptWord("extern")) {
            return new Value.Extern(position, expression());
        }
        boolean bits = acceptWord("bits");
        return new Value.Numeral(expression(), bits);
    }

    private Signature signature() throws AssemblyException {
        expect(Kind.OPEN, "before the parameter types");
        List<ValueType> parameters = types();
        return new Signature(parameters, List.copyOf(results()));
    }

    private List<ValueType> results() throws AssemblyException {
        if (!accept(Kind.ARROW)) {
            return List.of();
        }
        return accept(Kind.OPEN) ? types() : List.of(valueType());
    }

    /** Types up to the closing parenthesis. */
    private List<ValueType> types() throws AssemblyException {
        List<ValueType> types = new ArrayList<>();
        while (!token.is(Kind.CLOSE)) {
            types.add(valueType());
            if (!token.is(Kind.CLOSE)) {
                expect(Kind.COMMA, "between types");
            }
        }
        advance();
        return types;
    }

    private ValueType valueType() throws AssemblyException {
        ValueType type = token.is(Kind.WORD) ? ValueType.ofMnemonic(word()).orElse(null) : null;
        if (type == null) {
            throw source.error(
                    token.start(), "expected a type, found " + found(), "i32, i64, f32, f64, funcref or externref");
        }
        advance();
        return type;
    }

    private ValueType referenceType() throws AssemblyException {
        Token given = token;
        ValueType type = valueType();
        if (!type.isReference()) {
            throw source.error(given.start(), "expected a reference type, found " + type, "funcref or externref");
        }
        return type;
    }

    /** {@code type #3} or {@code type name}, or null. */
    private @Nullable Reference typeReference() throws AssemblyException {
        return acceptWord("type") ? reference("a type") : null;
    }

    private Expression expression() throws AssemblyException {
        int position = token.start();
        List<Expression.Term> terms = new ArrayList<>(1);
        char operator = '+';
        while (true) {
            if (terms.size() >= Expression.TERMS_MAX) {
                throw source.error(token.start(), "this sum has more than " + Expression.TERMS_MAX + " terms");
            }
            terms.add(term(operator));
            if (token.is(Kind.TIMES)) {
                operator = '*';
            } else if ((token.is(Kind.PLUS) || token.is(Kind.MINUS)) && isBinary()) {
                operator = token.is(Kind.PLUS) ? '+' : '-';
            } else {
                return new Expression(position, terms.size() == 1 ? List.of(terms.get(0)) : List.copyOf(terms));
            }
            advance();
        }
    }

    /** {@code 1-2} and {@code 1 - 2} are sums, {@code 1 -2} are two numbers. */
    private boolean isBinary() {
        return !token.spaced()
                || (token.end() < source.text.length() && Character.isWhitespace(source.text.charAt(token.end())));
    }

    private Expression.Term term(char operator) throws AssemblyException {
        int position = token.start();
        boolean negated = token.is(Kind.MINUS);
        if (negated || token.is(Kind.PLUS)) {
            advance();
        }
        Token operand = token;
        switch (token.kind()) {
            case NUMBER -> {
                advance();
                try {
                    return new Expression.Term(position, operator, Literal.parse(lexer.words(operand)), "", negated);
                } catch (IllegalArgumentException e) {
                    throw source.error(operand.start(), Expression.message(e));
                }
            }
            case CHARACTER -> {
                String character = lexer.textOf(operand);
                if (character.codePointCount(0, character.length()) != 1) {
                    throw source.error(
                            operand.start(), "a character in quotes has to be exactly one", "strings use \"");
                }
                advance();
                return new Expression.Term(position, operator, Literal.Whole.of(character.codePointAt(0)), "", negated);
            }
            case WORD -> {
                String name = word();
                advance();
                Literal literal = switch (name) {
                    case "inf" -> new Literal.Real(Double.POSITIVE_INFINITY, null);
                    case "nan" -> nan();
                    default -> null;
                };
                return new Expression.Term(position, operator, literal, literal == null ? name : "", negated);
            }
            default -> throw source.error(token.start(), "expected a number, found " + found());
        }
    }

    private Literal nan() throws AssemblyException {
        if (!token.is(Kind.COLON) || token.spaced()) {
            return new Literal.NotANumber(false, 0);
        }
        advance();
        int position = token.start();
        long payload = plainNumber("the payload of a nan", 0xF_FFFF_FFFF_FFFFL);
        if (payload == 0) {
            throw source.error(position, "a nan with payload 0 would be infinity", "0x1 to 0xfffffffffffff");
        }
        return new Literal.NotANumber(false, payload);
    }

    /** A number without sign, name or sum. */
    private long plainNumber(String what, long max) throws AssemblyException {
        Token number = token;
        if (!number.is(Kind.NUMBER)) {
            throw source.error(number.start(), "expected " + what + ", found " + found());
        }
        advance();
        try {
            return Literal.parse(lexer.words(number)).toInteger(what, BigInteger.ZERO, BigInteger.valueOf(max));
        } catch (IllegalArgumentException e) {
            throw source.error(number.start(), Expression.message(e));
        }
    }

    private long index() throws AssemblyException {
        expect(Kind.HASH, "before an index");
        return plainNumber("an index", 0xFFFF_FFFFL);
    }

    /** A name, a name in quotes, {@code #index}, or a plain index. */
    private Reference reference(String what) throws AssemblyException {
        int position = token.start();
        return switch (token.kind()) {
            case WORD -> {
                String name = word();
                advance();
                yield new Reference(position, name, -1);
            }
            case STRING -> new Reference(position, nameText(), -1);
            case HASH -> new Reference(position, null, index());
            case NUMBER -> new Reference(position, null, plainNumber("an index", 0xFFFF_FFFFL));
            default -> throw source.error(position, "expected " + what + ", found " + found());
        };
    }

    /** The name of a new thing, with {@code #index} before it or not. */
    private Name definition() throws AssemblyException {
        int position = token.start();
        if (token.is(Kind.HASH)) {
            long index = index();
            return new Name(position, nameText(), true, index);
        }
        return new Name(position, nameText(), false, 0);
    }

    /** Refuses a name without quotes where it could not be told from a word of the language. */
    private void refuse(Set<String> reserved) throws AssemblyException {
        if (token.is(Kind.WORD) && reserved.contains(word())) {
            throw source.error(token.start(), "'" + word() + "' is a word of the language", "choose another name");
        }
    }

    /** A name or a string, as text. */
    private String nameText() throws AssemblyException {
        if (token.is(Kind.WORD)) {
            String name = word();
            advance();
            return name;
        }
        return text("a name");
    }

    private String text(String what) throws AssemblyException {
        Token string = token;
        if (!string.is(Kind.STRING)) {
            throw source.error(string.start(), "expected " + what + ", found " + found());
        }
        advance();
        return lexer.textOf(string);
    }

    private byte[] bytes() throws AssemblyException {
        Token string = token;
        if (!string.is(Kind.STRING)) {
            throw source.error(string.start(), "expected a string, found " + found());
        }
        advance();
        return lexer.bytesOf(string);
    }

    /** Strings up to the end of the line, joined. */
    private String latin1() throws AssemblyException {
        StringBuilder joined = new StringBuilder();
        do {
            joined.append(new String(bytes(), StandardCharsets.ISO_8859_1));
            skipComma();
        } while (!token.endsLine());
        return joined.toString();
    }

    private String word() {
        return lexer.words(token);
    }

    private boolean isWord(String word) {
        return token.is(Kind.WORD)
                && token.end() - token.start() == word.length()
                && source.text.startsWith(word, token.start());
    }

    private boolean acceptWord(String word) throws AssemblyException {
        if (!isWord(word)) {
            return false;
        }
        advance();
        return true;
    }

    private boolean accept(Kind kind) throws AssemblyException {
        if (!token.is(kind)) {
            return false;
        }
        advance();
        return true;
    }

    private void expect(Kind kind, String where) throws AssemblyException {
        if (!accept(kind)) {
            throw source.error(token.start(), "expected " + kind.words + " " + where + ", found " + found());
        }
    }

    private void skipComma() throws AssemblyException {
        accept(Kind.COMMA);
    }

    private void endOfLine() throws AssemblyException {
        if (!token.endsLine()) {
            throw source.error(token.start(), "unexpected " + found(), "each definition stands on its own line");
        }
        if (token.is(Kind.LINE_END)) {
            advance();
        }
    }

    private String found() {
        return switch (token.kind()) {
            case WORD, DIRECTIVE, NUMBER, CHARACTER, STRING -> "'" + Notation.abbreviated(word()) + "'";
            default -> token.kind().words;
        };
    }

    private Token peek() throws AssemblyException {
        Token next = ahead;
        if (next == null) {
            next = lexer.next();
            ahead = next;
        }
        return next;
    }

    private void advance() throws AssemblyException {
        Token next = ahead;
        token = next != null ? next : lexer.next();
        ahead = null;
    }
}
