package dev.tapedeck.vm.format;

import dev.tapedeck.vm.format.BcFormat.Section;
import dev.tapedeck.vm.format.BcFormat.StateKind;
import dev.tapedeck.vm.format.BcFormat.TestPart;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.FaultKind;
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
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.program.Sha256;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.program.TestSystem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads programs from {@code .bc} files. The layout is described in {@code docs/bc-format.md}.
 *
 * <p>What is read is well-formed, not yet valid: whether indexes exist and types fit is the verifier's question.
 */
public final class BcReader {
    private final List<String> strings = new ArrayList<>(List.of(""));

    private BcReader() {}

    /**
     * @throws FormatException if the bytes are not a {@code .bc} file that this version reads
     */
    public static Program read(byte[] bytes) throws FormatException {
        return new BcReader().file(bytes);
    }

    private Program file(byte[] bytes) throws FormatException {
        checkMagic(bytes);
        int magicBytes = BcFormat.magic().length;
        BcInput head = new BcInput(bytes, magicBytes, bytes.length, "header");
        checkVersion(head);
        if (bytes.length > ProgramLimits.FILE_BYTES_MAX) {
            throw new FormatException(
                    "the file has " + bytes.length + " bytes, expected at most " + ProgramLimits.FILE_BYTES_MAX);
        }
        int bodyEnd = bytes.length - Sha256.DIGEST_BYTES;
        if (bodyEnd < head.position()) {
            throw truncated("the file has " + bytes.length + " bytes, expected at least "
                    + (head.position() + Sha256.DIGEST_BYTES));
        }
        // First of all: what is said about a damaged file beyond that it is damaged only misleads.
        byte[] found = Arrays.copyOfRange(bytes, bodyEnd, bytes.length);
        if (!Arrays.equals(found, Sha256.digest(bytes, bodyEnd))) {
            throw new FormatException(
                    "the digest at byte " + bodyEnd + " is not that of the bytes before it: the file is"
                            + " damaged or truncated; make it again, or fetch it again");
        }
        return program(sections(new BcInput(bytes, head.position(), bodyEnd, "sections")));
    }

    private static FormatException truncated(String reason) {
        return new FormatException(reason + ": the file is truncated; make it again, or fetch it again");
    }

    private static void checkMagic(byte[] bytes) throws FormatException {
        byte[] magic = BcFormat.magic();
        if (bytes.length == 0) {
            throw new FormatException("the file is empty, expected a .bc program");
        }
        int same = Arrays.mismatch(bytes, magic);
        if (same >= magic.length || same == -1) {
            return;
        }
        if (same == bytes.length) {
            throw truncated("the file has " + bytes.length + " bytes, which begin like a .bc program");
        }
        String hint;
        if (startsWith(bytes, 0, 0, 'a', 's', 'm')) {
            hint = "this is a WebAssembly module";
        } else if (startsWith(bytes, 1, 'T', 'A', 'P', 'E', 'B', 'C') || same >= 7) {
            hint = "a transfer as text has changed it; transfer it as binary";
        } else if (looksLikeText(bytes)) {
            hint = "this looks like text; if it is assembly (.tasm), assemble it first";
        } else {
            hint = "this is some other file";
        }
        throw new FormatException("not a .bc program: byte " + same + " is " + BcInput.hex(bytes[same] & 0xFF)
                + ", expected " + BcInput.hex(magic[same] & 0xFF) + "; " + hint);
    }

    private static boolean startsWith(byte[] bytes, int at, int... expected) {
        if (bytes.length < at + expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if (bytes[at + i] != expected[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean looksLikeText(byte[] bytes) {
        for (int i = 0; i < Math.min(bytes.length, 64); i++) {
            boolean text = bytes[i] >= ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t';
            if (!text) {
                return false;
            }
        }
        return true;
    }

    private static void checkVersion(BcInput head) throws FormatException {
        if (head.remaining() == 0) {
            throw truncated("the file ends before its format version");
        }
        long version = head.u32("the format version");
        if (version > BcFormat.VERSION) {
            throw new FormatException(
                    "the file has format version " + version + ", and this Tapedeck reads up to version "
                            + BcFormat.VERSION + "; use a newer Tapedeck, or make the file again with this one");
        }
        if (version < 1) {
            throw new FormatException("the file has format version " + version + ", expected 1 to " + BcFormat.VERSION);
        }
    }

    private static Map<Section, BcInput> sections(BcInput body) throws FormatException {
        Map<Section, BcInput> sections = new EnumMap<>(Section.class);
        Sections.read(body, "", Section::label)
                .forEach((id, content) -> sections.put(Section.ofId(id).orElseThrow(), content));
        return sections;
    }

    /** Reads what one section holds. */
    private interface Content<T> {
        T read(BcInput in) throws FormatException;
    }

    private static <T> T section(Map<Section, BcInput> sections, Section section, T absent, Content<T> content)
            throws FormatException {
        BcInput in = sections.get(section);
        if (in == null) {
            return absent;
        }
        T read = content.read(in);
        in.requireEnd();
        return read;
    }

    private Program program(Map<Section, BcInput> sections) throws FormatException {
        section(sections, Section.STRINGS, true, this::strings);
        if (!sections.containsKey(Section.PROGRAM)) {
            throw new FormatException("there is no section 'program', which every file has");
        }
        Head head = section(sections, Section.PROGRAM, new Head("", -1), this::head);
        List<FunctionType> types = section(sections, Section.TYPES, List.of(), this::types);
        List<HostImport> imports = section(sections, Section.IMPORTS, List.of(), this::imports);
        List<Body> bodies = section(sections, Section.FUNCTIONS, List.of(), this::bodies);
        List<Global> globals = section(sections, Section.GLOBALS, List.of(), this::globals);
        List<MemoryType> memories = section(sections, Section.MEMORIES, List.of(), BcReader::memories);
        List<Table> tables = section(sections, Section.TABLES, List.of(), this::tables);
        List<DataSegment> data = section(sections, Section.DATA, List.of(), this::data);
        List<Export> exports = section(sections, Section.EXPORTS, List.of(), this::exports);
        List<TestCase> tests = section(sections, Section.TESTS, List.of(), this::tests);
        List<ElementSegment> elements = section(sections, Section.ELEMENTS, List.of(), this::elements);
        int start = section(sections, Section.START, -1, in -> in.index("the start function"));
        List<Names> names = section(sections, Section.NAMES, List.of(), in -> names(in, bodies));
        Lines lines = section(sections, Section.LINES, new Lines(List.of(), List.of()), in -> lines(in, bodies));
        Lines allLines = section(sections, Section.INLINED, lines, in -> inlined(in, lines));

        List<Function> functions = new ArrayList<>(bodies.size());
        for (int i = 0; i < bodies.size(); i++) {
            Body body = bodies.get(i);
            Names name = names.isEmpty() ? Names.NONE : names.get(i);
            SourceLines line = allLines.functions.isEmpty() ? SourceLines.NONE : allLines.functions.get(i);
            functions.add(new Function(name.function, body.type, body.locals, name.locals, body.code, line));
        }
        return new Program(
                head.name,
                types,
                imports,
                functions,
                globals,
                memories,
                tables,
                data,
                elements,
                exports,
                head.entry,
                start,
                tests,
                lines.sources);
    }

    private record Head(String name, int entry) {}

    /** A function without its debug information. */
    private record Body(int type, List<ValueType> locals, List<Instruction> code) {}

    private record Names(String function, List<String> locals) {
        static final Names NONE = new Names("", List.of());
    }

    private record Lines(List<String> sources, List<SourceLines> functions) {}

    private boolean strings(BcInput in) throws FormatException {
        int count = entries(in, "strings", ProgramLimits.STRINGS_MAX, 2);
        Map<String, Integer> seen = new HashMap<>();
        seen.put("", 0);
        for (int i = 1; i <= count; i++) {
            int start = in.position();
            // No character takes more than 3 bytes per char.
            String text = in.utf8("string " + i, 3 * ProgramLimits.NAME_CHARS_MAX);
            if (text.length() > ProgramLimits.NAME_CHARS_MAX) {
                throw in.error(
                        start,
                        "string " + i + " has " + text.length() + " characters, expected at most "
                                + ProgramLimits.NAME_CHARS_MAX);
            }
            Integer same = seen.putIfAbsent(text, i);
            if (same != null) {
                throw in.error(start, "string " + i + " is the same as string " + same + ", expected each once");
            }
            strings.add(text);
        }
        return true;
    }

    private String string(BcInput in, String what) throws FormatException {
        int start = in.position();
        int index = in.index(what);
        if (index >= strings.size()) {
            throw in.error(start, what + " is string " + index + ", but the file has " + (strings.size() - 1));
        }
        return strings.get(index);
    }

    /** The number of entries of a section, which is left out if it has none. */
    private static int entries(BcInput in, String what, int max, int entryBytesMin) throws FormatException {
        int start = in.position();
        int count = in.count(what, max, entryBytesMin);
        if (count == 0) {
            throw in.error(start, "the number of " + what + " is 0, expected the section to be left out");
        }
        return count;
    }

    private Head head(BcInput in) throws FormatException {
        return new Head(string(in, "the program's name"), in.indexOrNone("the entry"));
    }

    private List<FunctionType> types(BcInput in) throws FormatException {
        int count = entries(in, "types", ProgramLimits.TYPES_MAX, 2);
        Total cells = new Total("parameters and results of all types", ProgramLimits.TYPE_CELLS_MAX);
        List<FunctionType> types = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            List<ValueType> parameters = valueTypes(in, "parameters", ProgramLimits.PARAMETERS_MAX, cells);
            List<ValueType> results = valueTypes(in, "results", ProgramLimits.RESULTS_MAX, cells);
            types.add(new FunctionType(parameters, results));
        }
        return types;
    }

    private static List<ValueType> valueTypes(BcInput in, String what, int max, Total total) throws FormatException {
        int count = in.count(what, max, 1);
        total.add(in, count);
        List<ValueType> types = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            types.add(in.type("one of the " + what));
        }
        return types;
    }

    /** Holds a sum over many lists to a limit. */
    private static final class Total {
        private final String what;
        private final long max;
        private long sum;

        Total(String what, long max) {
            this.what = what;
            this.max = max;
        }

        void add(BcInput in, long count) throws FormatException {
            sum += count;
            if (sum > max) {
                throw in.error("too many " + what + ", expected at most " + max);
            }
        }
    }

    private List<HostImport> imports(BcInput in) throws FormatException {
        int count = entries(in, "imports", ProgramLimits.IMPORTS_MAX, 3);
        List<HostImport> imports = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            imports.add(new HostImport(
                    string(in, "the module of an import"),
                    string(in, "the name of an import"),
                    in.index("the type of an import")));
        }
        return imports;
    }

    private List<Body> bodies(BcInput in) throws FormatException {
        int count = entries(in, "functions", ProgramLimits.FUNCTIONS_MAX, 3);
        Total locals = new Total("locals of all functions", ProgramLimits.LOCALS_MAX);
        Total instructions = new Total("instructions and jump targets", ProgramLimits.INSTRUCTIONS_MAX);
        List<Body> bodies = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int type = in.index("the type of a function");
            List<ValueType> local = valueTypes(in, "locals", ProgramLimits.LOCALS_PER_FUNCTION_MAX, locals);
            int length = in.count("instructions", ProgramLimits.INSTRUCTIONS_PER_FUNCTION_MAX, 1);
            instructions.add(in, length);
            List<Instruction> code = new ArrayList<>(length);
            for (int offset = 0; offset < length; offset++) {
                code.add(instruction(in, instructions));
            }
            bodies.add(new Body(type, local, code));
        }
        return bodies;
    }

    private Instruction instruction(BcInput in, Total instructions) throws FormatException {
        int start = in.position();
        int code = in.index("an opcode");
        Optional<Opcode> known = Opcode.ofCode(code);
        if (known.isEmpty()) {
            throw in.error(start, "unknown opcode " + BcInput.hex(code));
        }
        Opcode opcode = known.get();
        List<OperandKind> kinds = opcode.operands();
        if (kinds.isEmpty()) {
            return Instruction.of(opcode);
        }
        if (kinds.get(0) == OperandKind.LABELS) {
            return Instruction.table(opcode, labels(in, instructions));
        }
        long a = operand(in, kinds.get(0));
        long b = kinds.size() > 1 ? operand(in, kinds.get(1)) : 0;
        return Instruction.of(opcode, a, b);
    }

    private static long operand(BcInput in, OperandKind kind) throws FormatException {
        return switch (kind) {
            case LOCAL, GLOBAL, FUNCTION, IMPORT, TYPE, TABLE, MEMORY, DATA, ELEMENTS, REFERENCE, LABEL, COUNT ->
                in.index("an operand");
            case LABELS -> throw new IllegalStateException("labels are not one number");
            case OFFSET -> in.u32("a memory offset");
            case I32 -> in.i32("an i32 constant");
            case I64 -> in.signed("an i64 constant");
            case F32 -> in.bits32("an f32 constant");
            case F64 -> in.bits64("an f64 constant");
        };
    }

    private static List<Integer> labels(BcInput in, Total instructions) throws FormatException {
        int count = in.count("jump targets", ProgramLimits.BRANCH_TARGETS_MAX, 1);
        instructions.add(in, count);
        List<Integer> labels = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            labels.add(in.index("a jump target"));
        }
        return labels;
    }

    private List<Global> globals(BcInput in) throws FormatException {
        int count = entries(in, "globals", ProgramLimits.GLOBALS_MAX, 4);
        List<Global> globals = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String name = string(in, "the name of a global");
            ValueType type = in.type("a global");
            boolean mutable = in.index("whether a global is mutable", 1) == 1;
            globals.add(new Global(name, type, mutable, in.cell("the initial value of a global", type)));
        }
        return globals;
    }

    private static List<MemoryType> memories(BcInput in) throws FormatException {
        int count = entries(in, "memories", ProgramLimits.MEMORIES_MAX, 2);
        List<MemoryType> memories = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            memories.add(new MemoryType(in.index("the initial memory size"), in.index("the maximum memory size")));
        }
        return memories;
    }

    private List<Table> tables(BcInput in) throws FormatException {
        int count = entries(in, "tables", ProgramLimits.TABLES_MAX, 5);
        Total total = new Total("table elements", ProgramLimits.TABLE_ELEMENTS_MAX);
        List<Table> tables = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tables.add(new Table(
                    string(in, "the name of a table"),
                    in.referenceType("a table"),
                    in.index("the initial size of a table"),
                    in.index("the maximum size of a table"),
                    elements(in, total)));
        }
        return tables;
    }

    private static List<Integer> elements(BcInput in, Total total) throws FormatException {
        int length = in.count("elements", ProgramLimits.TABLE_ELEMENTS_MAX, 1);
        total.add(in, length);
        List<Integer> elements = new ArrayList<>(length);
        for (int k = 0; k < length; k++) {
            elements.add(in.indexOrNone("an element"));
        }
        return elements;
    }

    private List<ElementSegment> elements(BcInput in) throws FormatException {
        int count = entries(in, "element segments", ProgramLimits.ELEMENT_SEGMENTS_MAX, 3);
        Total total = new Total("elements of segments", ProgramLimits.TABLE_ELEMENTS_MAX);
        List<ElementSegment> segments = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            segments.add(new ElementSegment(
                    string(in, "the name of an element segment"),
                    in.referenceType("an element segment"),
                    elements(in, total)));
        }
        return segments;
    }

    private List<DataSegment> data(BcInput in) throws FormatException {
        int count = entries(in, "data segments", ProgramLimits.DATA_SEGMENTS_MAX, 3);
        Total total = new Total("bytes of data", ProgramLimits.DATA_BYTES_MAX);
        List<DataSegment> data = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String name = string(in, "the name of a data segment");
            long address = in.addressOrNone("the address of a data segment");
            byte[] bytes = in.blob("a data segment", ProgramLimits.DATA_BYTES_MAX);
            total.add(in, bytes.length);
            data.add(new DataSegment(name, address, bytes));
        }
        return data;
    }

    private List<Export> exports(BcInput in) throws FormatException {
        int count = entries(in, "exports", ProgramLimits.EXPORTS_MAX, 2);
        List<Export> exports = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            exports.add(new Export(string(in, "the name of an export"), in.index("an exported function")));
        }
        return exports;
    }

    private List<TestCase> tests(BcInput in) throws FormatException {
        // 2 names, 8 bytes of seed, and 6 counts and numbers.
        int count = entries(in, "tests", ProgramLimits.TESTS_MAX, 16);
        TestTotals totals = new TestTotals();
        List<TestCase> tests = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tests.add(test(in, totals));
        }
        return tests;
    }

    /** What all tests together may have. */
    private static final class TestTotals {
        private final Total cells =
                new Total("arguments and expected results of all tests", ProgramLimits.TEST_CELLS_MAX);
        private final Total interrupts =
                new Total("scheduled interrupts of all tests", ProgramLimits.SCHEDULED_INTERRUPTS_MAX);
        private final Total tags = new Total("tags of all tests", ProgramLimits.TAGS_MAX);
        private final Total texts =
                new Total("arguments, variables and files of all tests", ProgramLimits.TEST_TEXTS_MAX);
        private final Total locks = new Total("resource locks of all tests", ProgramLimits.RESOURCE_LOCKS_MAX);
        private final Total state =
                new Total("expectations of the state of all tests", ProgramLimits.STATE_EXPECTATIONS_MAX);
    }

    private TestCase test(BcInput in, TestTotals totals) throws FormatException {
        String name = string(in, "the name of a test");
        String function = string(in, "the function of a test");
        List<Long> arguments = cells(in, "arguments", totals.cells);
        int tagCount = in.count("tags", ProgramLimits.TAGS_MAX, 1);
        totals.tags.add(in, tagCount);
        List<String> tags = new ArrayList<>(tagCount);
        for (int i = 0; i < tagCount; i++) {
            tags.add(string(in, "a tag"));
        }
        String input = in.latin1("the input of a test", ProgramLimits.TEXT_BYTES_MAX);
        long seed = in.bits64("the seed of a test");
        List<ScheduledInterrupt> schedule = interrupts(in, totals.interrupts);
        int line = in.index("the source line of a test");
        int parts = in.index("the parts of a test", TestPart.ALL);
        OptionalLong instructionLimit = has(parts, TestPart.INSTRUCTION_LIMIT)
                ? OptionalLong.of(in.u63("the instruction limit of a test"))
                : OptionalLong.empty();
        Optional<String> expectedOutput = has(parts, TestPart.EXPECTED_OUTPUT)
                ? Optional.of(in.latin1("the expected output of a test", ProgramLimits.TEXT_BYTES_MAX))
                : Optional.empty();
        OptionalInt expectedExitCode = has(parts, TestPart.EXPECTED_EXIT_CODE)
                ? OptionalInt.of(in.i32("the expected exit code of a test"))
                : OptionalInt.empty();
        Optional<String> expectedFault =
                has(parts, TestPart.EXPECTED_FAULT) ? Optional.of(fault(in)) : Optional.empty();
        Optional<List<Long>> expectedResults = has(parts, TestPart.EXPECTED_RESULTS)
                ? Optional.of(cells(in, "expected results", totals.cells))
                : Optional.empty();
        Optional<String> disabled =
                has(parts, TestPart.DISABLED) ? Optional.of(string(in, "why a test is disabled")) : Optional.empty();
        TestSystem system = has(parts, TestPart.SYSTEM) ? system(in, totals.texts) : TestSystem.EMPTY;
        List<StateExpectation> state = has(parts, TestPart.EXPECTED_STATE) ? expectations(in, totals.state) : List.of();
        Optional<Duration> timeout = has(parts, TestPart.TIMEOUT)
                ? Optional.of(Duration.ofMillis(in.u63("the timeout of a test")))
                : Optional.empty();
        List<ResourceLock> locks = has(parts, TestPart.LOCKS) ? locks(in, totals.locks) : List.of();
        return new TestCase(
                name,
                function,
                arguments,
                tags,
                input,
                seed,
                instructionLimit,
                schedule,
                expectedOutput,
                expectedExitCode,
                expectedFault,
                expectedResults,
                has(parts, TestPart.APPROVED),
                disabled,
                line,
                system,
                state,
                timeout,
                locks);
    }

    private List<ResourceLock> locks(BcInput in, Total total) throws FormatException {
        int count = in.count("resource locks", ProgramLimits.RESOURCE_LOCKS_MAX, 2);
        if (count == 0) {
            throw in.error("a test has no resource locks, expected that part to be left out");
        }
        total.add(in, count);
        List<ResourceLock> locks = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String resource = string(in, "a resource");
            int mode = in.index("the mode of a resource lock", 1);
            locks.add(new ResourceLock(resource, mode == 1 ? ResourceLock.Mode.READ : ResourceLock.Mode.READ_WRITE));
        }
        return locks;
    }

    private static List<StateExpectation> expectations(BcInput in, Total total) throws FormatException {
        int count = in.count("expectations of the state", ProgramLimits.STATE_EXPECTATIONS_MAX, 3);
        if (count == 0) {
            throw in.error("a test expects nothing of the state, expected that part to be left out");
        }
        total.add(in, count);
        List<StateExpectation> expectations = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int kind = in.index("what a test expects something of");
            expectations.add(
                    switch (kind) {
                        case StateKind.GLOBAL ->
                            new StateExpectation.GlobalValue(
                                    in.index("a global of a test"), in.signed("the value of a global"));
                        case StateKind.REGISTER -> {
                            int code = in.index("a register of a test");
                            StateExpectation.Register register = StateExpectation.Register.ofCode(code)
                                    .orElseThrow(() -> in.error(
                                            "a test expects something of register " + code + ", which is not known"));
                            yield new StateExpectation.RegisterValue(register, in.signed("the value of a register"));
                        }
                        case StateKind.MEMORY ->
                            new StateExpectation.MemoryBytes(
                                    in.index("a memory of a test"),
                                    in.u63("an address of a test"),
                                    in.latin1("the memory of a test", ProgramLimits.EXPECTED_MEMORY_BYTES_MAX));
                        default ->
                            throw in.error(
                                    "a test expects something of a part of the state, " + kind + ", that is not known");
                    });
        }
        return expectations;
    }

    private TestSystem system(BcInput in, Total total) throws FormatException {
        int argumentCount = in.count("arguments of a test", ProgramLimits.TEST_TEXTS_MAX, 1);
        total.add(in, argumentCount);
        List<String> arguments = new ArrayList<>(argumentCount);
        for (int i = 0; i < argumentCount; i++) {
            arguments.add(string(in, "an argument of a test"));
        }
        int variableCount = in.count("variables of a test", ProgramLimits.TEST_TEXTS_MAX, 2);
        total.add(in, variableCount);
        List<TestSystem.Variable> environment = new ArrayList<>(variableCount);
        for (int i = 0; i < variableCount; i++) {
            environment.add(new TestSystem.Variable(
                    string(in, "the name of a variable"), string(in, "the value of a variable")));
        }
        int fileCount = in.count("files of a test", ProgramLimits.TEST_TEXTS_MAX, 2);
        total.add(in, fileCount);
        List<TestSystem.File> files = new ArrayList<>(fileCount);
        for (int i = 0; i < fileCount; i++) {
            files.add(new TestSystem.File(
                    string(in, "the path of a file"),
                    in.latin1("the content of a file", ProgramLimits.TEXT_BYTES_MAX)));
        }
        TestSystem system = new TestSystem(arguments, environment, files);
        if (system.equals(TestSystem.EMPTY)) {
            throw in.error("the system of a test is empty, expected it to be left out");
        }
        return system;
    }

    private String fault(BcInput in) throws FormatException {
        String mnemonic = string(in, "the expected fault of a test");
        if (FaultKind.ofMnemonic(mnemonic).isEmpty()) {
            throw in.error("a test expects the fault '" + mnemonic + "', which the machine does not have; it has "
                    + Stream.of(FaultKind.values()).map(FaultKind::mnemonic).collect(Collectors.joining(", ")));
        }
        return mnemonic;
    }

    private static boolean has(int parts, int part) {
        return (parts & part) != 0;
    }

    private static List<Long> cells(BcInput in, String what, Total total) throws FormatException {
        int count = in.count(what, ProgramLimits.TEST_CELLS_MAX, 1);
        total.add(in, count);
        List<Long> cells = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            cells.add(in.signed("one of the " + what));
        }
        return cells;
    }

    private static List<ScheduledInterrupt> interrupts(BcInput in, Total total) throws FormatException {
        int count = in.count("interrupts", ProgramLimits.SCHEDULED_INTERRUPTS_MAX, 3);
        total.add(in, count);
        List<ScheduledInterrupt> interrupts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            interrupts.add(new ScheduledInterrupt(
                    in.u63("the instruction count of an interrupt"),
                    in.index("the signal of an interrupt"),
                    in.signed("the payload of an interrupt")));
        }
        return interrupts;
    }

    // Debug information

    private static void requireFunctionCount(BcInput in, List<Body> bodies) throws FormatException {
        int start = in.position();
        int count = in.index("the number of functions");
        if (count != bodies.size()) {
            throw in.error(
                    start, "has " + count + " functions, expected " + bodies.size() + " as in section 'functions'");
        }
    }

    private List<Names> names(BcInput in, List<Body> bodies) throws FormatException {
        requireFunctionCount(in, bodies);
        Total total = new Total("names of locals of all functions", ProgramLimits.LOCALS_MAX);
        List<Names> names = new ArrayList<>(bodies.size());
        for (int i = 0; i < bodies.size(); i++) {
            String function = string(in, "the name of a function");
            int count = in.count("names of locals", ProgramLimits.LOCALS_PER_FUNCTION_MAX, 1);
            total.add(in, count);
            List<String> locals = new ArrayList<>(count);
            for (int k = 0; k < count; k++) {
                locals.add(string(in, "the name of a local"));
            }
            names.add(new Names(function, locals));
        }
        return names;
    }

    private Lines lines(BcInput in, List<Body> bodies) throws FormatException {
        int sourceCount = in.count("sources", ProgramLimits.SOURCES_MAX, 1);
        List<String> sources = new ArrayList<>(sourceCount);
        for (int i = 0; i < sourceCount; i++) {
            sources.add(string(in, "the name of a source"));
        }
        requireFunctionCount(in, bodies);
        List<SourceLines> functions = new ArrayList<>(bodies.size());
        for (Body body : bodies) {
            int source = in.indexOrNone("the source of a function");
            functions.add(lineRuns(in, body).build(source));
        }
        return new Lines(sources, functions);
    }

    private static SourceLines.Builder lineRuns(BcInput in, Body body) throws FormatException {
        int runs = in.count("line runs", body.code.size(), 2);
        SourceLines.Builder lines = new SourceLines.Builder();
        int line = 0;
        for (int i = 0; i < runs; i++) {
            int start = in.position();
            int length = in.index("the length of a line run");
            if (length < 1 || length > body.code.size() - lines.size()) {
                throw in.error(
                        start,
                        "a line run is of " + length + " instructions, expected 1 to "
                                + (body.code.size() - lines.size()));
            }
            start = in.position();
            int next = line(in, line, 0);
            if (next == line && i > 0) {
                throw in.error(start, "a line run has the same line as the one before, expected one run");
            }
            line = next;
            lines.add(length, SourceLines.Builder.OWN, line);
        }
        if (runs > 0 && lines.size() != body.code.size()) {
            throw in.error("the line runs are of " + lines.size() + " instructions, expected all " + body.code.size()
                    + " of the function");
        }
        return lines;
    }

    /** The line of a run, which is written as the step from that of the run before. */
    private static int line(BcInput in, int before, int least) throws FormatException {
        int start = in.position();
        long delta = in.signed("the step of a line run");
        long next = before + delta;
        if (delta < Integer.MIN_VALUE || delta > Integer.MAX_VALUE || next < least || next > Integer.MAX_VALUE) {
            throw in.error(
                    start,
                    "a line run steps by " + delta + " from line " + before + ", expected a line from " + least + " to "
                            + Integer.MAX_VALUE);
        }
        return (int) next;
    }

    private static Lines inlined(BcInput in, Lines own) throws FormatException {
        int count = entries(in, "functions with inlined lines", own.functions.size(), 6);
        List<SourceLines> functions = new ArrayList<>(own.functions);
        int function = -1;
        for (int i = 0; i < count; i++) {
            int start = in.position();
            int step = in.index("the step to a function with inlined lines");
            if (step < 1 || step >= functions.size() - function) {
                throw in.error(
                        start,
                        "a step of " + step + " to a function with inlined lines, expected 1 to "
                                + (functions.size() - 1 - function));
            }
            function += step;
            functions.set(function, inlinedRuns(in, functions.get(function)));
        }
        return new Lines(own.sources, functions);
    }

    private static SourceLines inlinedRuns(BcInput in, SourceLines own) throws FormatException {
        int begin = in.position();
        int runs = in.count("inlined line runs", own.size(), 4);
        if (runs == 0) {
            throw in.error(begin, "a function has 0 inlined line runs, expected it to be left out");
        }
        SourceLines.Builder lines = new SourceLines.Builder();
        int source = own.source();
        int line = 0;
        for (int i = 0; i < runs; i++) {
            int start = in.position();
            int gap = in.index("the gap before an inlined line run");
            int left = own.size() - lines.size();
            int length = in.index("the length of an inlined line run");
            if (length < 1 || gap > left || length > left - gap) {
                throw in.error(
                        start,
                        "an inlined line run of " + length + " instructions after a gap of " + gap + ", expected at"
                                + " least 1, and " + left + " together at most");
            }
            lines.add(own, lines.size(), lines.size() + gap);
            int from = lines.size();
            int run = own.runAt(from);
            if (own.runLine(run) != 0 || own.runEnd(run) < from + length) {
                throw in.error(
                        start,
                        "an inlined line run of " + length + " instructions begins at offset " + from
                                + ", where some have a line of the function's own file");
            }
            start = in.position();
            long delta = in.signed("the step of the source of an inlined line run");
            long file = source + delta;
            if (delta < -1L << 31 || delta > 1L << 31 || file < -1 || file > Integer.MAX_VALUE) {
                throw in.error(
                        start,
                        "an inlined line run steps by " + delta + " from source " + source
                                + ", expected an index, or -1 for none");
            }
            if (file == own.source()) {
                throw in.error(start, "an inlined line run is of the function's own file, expected another");
            }
            start = in.position();
            int next = line(in, line, 1);
            if (gap == 0 && i > 0 && delta == 0 && next == line) {
                throw in.error(start, "an inlined line run has the same place as the one before, expected one run");
            }
            source = (int) file;
            line = next;
            lines.add(length, source, line);
        }
        lines.add(own, lines.size(), own.size());
        return lines.build(own.source());
    }
}
