package dev.tapedeck.vm.verify;

import dev.tapedeck.vm.isa.Instruction;
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
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.program.TestSystem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Checks a program once, at load, so that nothing has to be checked again while it runs: every index is in range, every
 * jump lands on an instruction, every path reaches an instruction with the same types on the stack, operands have the
 * types of the instruction table, no path falls off the end, no instruction is out of reach. Every size is within
 * {@link ProgramLimits}.
 *
 * <p>What it leaves to others: whether the host has the imported functions, and whether the names of expected faults
 * exist.
 */
public final class Verifier {
    /** JUnit refuses tags with one of these. */
    private static final String NOT_IN_TAGS = ",()&|!";

    /** Shorter names are checked each time; see {@link #checkName}. */
    private static final int LONG_NAME_CHARS = 64;

    private final Program program;
    private final Set<String> checkedLongNames = new HashSet<>();

    private Verifier(Program program) {
        this.program = program;
    }

    /**
     * @throws VerifyException if the program is not valid; the message has the first reason found
     */
    public static VerifiedProgram verify(Program program) throws VerifyException {
        return check(program, null);
    }

    /**
     * The same for a program that may be a longer one than another. If it is, the code of functions that both have is not
     * checked again: then checking modules that are added one by one costs by what is added.
     *
     * @throws VerifyException exactly if {@link #verify(Program)} would throw it
     */
    public static VerifiedProgram verify(Program program, VerifiedProgram before) throws VerifyException {
        return check(program, goesOn(program, before.program()) ? before : null);
    }

    /**
     * Whether everything that code can refer to stands where it stood, and the functions are the same objects. Lists may be
     * longer; there was no code for what was not there.
     */
    private static boolean goesOn(Program program, Program before) {
        return startsWith(program.types(), before.types())
                && startsWith(program.imports(), before.imports())
                && startsWith(program.globals(), before.globals())
                && program.memories().size() >= before.memories().size()
                && program.data().size() >= before.data().size()
                && startsWith(types(program.tables(), Table::type), types(before.tables(), Table::type))
                && startsWith(
                        types(program.elements(), ElementSegment::type), types(before.elements(), ElementSegment::type))
                && program.functions().size() >= before.functions().size()
                && IntStream.range(0, before.functions().size())
                        .allMatch(i -> isSame(
                                program.functions().get(i), before.functions().get(i)));
    }

    @SuppressWarnings("ReferenceEquality") // Comparing all of the code would cost as much as checking it.
    private static boolean isSame(Function a, Function b) {
        return a == b;
    }

    private static <T> List<ValueType> types(List<T> list, java.util.function.Function<T, ValueType> type) {
        return list.stream().map(type).toList();
    }

    private static boolean startsWith(List<?> list, List<?> start) {
        return list.size() >= start.size() && list.subList(0, start.size()).equals(start);
    }

    /** @param before functions that need not be checked, or null */
    private static VerifiedProgram check(Program program, @Nullable VerifiedProgram before) throws VerifyException {
        Verifier verifier = new Verifier(program);
        verifier.checkName("the program's name", program.name());
        verifier.checkTypes();
        verifier.checkImports();
        verifier.checkSources();
        verifier.checkFunctions();
        verifier.checkGlobals();
        verifier.checkMemories();
        verifier.checkData();
        verifier.checkTables();
        verifier.checkExports();
        verifier.checkEntry();
        verifier.checkStart();
        FunctionVerifier.TransferBudget budget =
                new FunctionVerifier.TransferBudget(before == null ? 0 : before.transferredCells);
        List<Integer> operandCellsMax = verifier.checkCode(before, budget);
        verifier.checkTests();
        return new VerifiedProgram(program, operandCellsMax, budget.cells());
    }

    private void checkTypes() throws VerifyException {
        checkCount("types", program.types().size(), ProgramLimits.TYPES_MAX);
        Map<FunctionType, Integer> seen = new HashMap<>();
        long cells = 0;
        for (int i = 0; i < program.types().size(); i++) {
            FunctionType type = program.types().get(i);
            checkCount("parameters of type " + i, type.parameters().size(), ProgramLimits.PARAMETERS_MAX);
            checkCount("results of type " + i, type.results().size(), ProgramLimits.RESULTS_MAX);
            cells += type.parameters().size() + type.results().size();
            checkCount("parameters and results of all types", cells, ProgramLimits.TYPE_CELLS_MAX);
            // Two numbers for one type would make "the same type" a question of which one was asked.
            Integer same = seen.putIfAbsent(type, i);
            if (same != null) {
                throw new VerifyException("type " + i + " is " + type + ", as type " + same
                        + " is already; use that one, as types must differ");
            }
        }
    }

    private void checkImports() throws VerifyException {
        checkCount("imports", program.imports().size(), ProgramLimits.IMPORTS_MAX);
        for (int i = 0; i < program.imports().size(); i++) {
            HostImport hostImport = program.imports().get(i);
            checkName("the module of import " + i, hostImport.module());
            checkName("the name of import " + i, hostImport.name());
            if (hostImport.module().isEmpty() || hostImport.name().isEmpty()) {
                throw new VerifyException("import " + i + " is " + quote(hostImport.qualifiedName())
                        + ", expected a module and a name that are not empty");
            }
            checkIndex("import " + i, "type", hostImport.type(), program.types().size());
        }
    }

    private void checkSources() throws VerifyException {
        checkCount("sources", program.sources().size(), ProgramLimits.SOURCES_MAX);
        for (int i = 0; i < program.sources().size(); i++) {
            checkName("source " + i, program.sources().get(i));
        }
    }

    /** Everything about functions but their code: a call needs the types of functions that come later. */
    private void checkFunctions() throws VerifyException {
        checkCount("functions", program.functions().size(), ProgramLimits.FUNCTIONS_MAX);
        long instructions = 0;
        long locals = 0;
        long localNames = 0;
        for (int i = 0; i < program.functions().size(); i++) {
            Function function = program.functions().get(i);
            int index = i;
            // Most functions are fine, and a module can have a hundred thousand: words are made only when needed.
            Supplier<String> where = () -> "function " + quote(program.functionName(index));
            checkName(() -> "the name of function " + index, function.name());
            checkIndex(where, "type", function.type(), program.types().size());
            int variables = program.typeOf(function).parameters().size()
                    + function.locals().size();
            checkCount(
                    () -> "parameters and locals of " + where.get(), variables, ProgramLimits.LOCALS_PER_FUNCTION_MAX);
            if (function.localNames().size() > variables) {
                throw new VerifyException(
                        where.get() + " has " + function.localNames().size() + " local names, expected at" + " most "
                                + variables + ", one for each parameter and local");
            }
            locals += function.locals().size();
            checkCount("locals of all functions", locals, ProgramLimits.LOCALS_MAX);
            localNames += function.localNames().size();
            checkCount("names of locals of all functions", localNames, ProgramLimits.LOCALS_MAX);
            for (String name : function.localNames()) {
                checkName(() -> "the name of a local of " + where.get(), name);
            }
            checkSource(where, function.lines().source());
            checkLines(where, function);
            checkCount(
                    () -> "instructions of " + where.get(),
                    function.code().size(),
                    ProgramLimits.INSTRUCTIONS_PER_FUNCTION_MAX);
            if (function.code().isEmpty()) {
                throw new VerifyException(where.get() + " has no instructions, expected at least a return");
            }
            instructions += function.code().size();
            for (Instruction instruction : function.code()) {
                instructions += instruction.labels().size();
            }
            checkCount("instructions and jump targets", instructions, ProgramLimits.INSTRUCTIONS_MAX);
        }
    }

    private void checkSource(Supplier<String> where, int source) throws VerifyException {
        if (source != -1) {
            checkIndex(where, "source", source, program.sources().size());
        }
    }

    private void checkLines(Supplier<String> where, Function function) throws VerifyException {
        SourceLines lines = function.lines();
        if (lines.size() != 0 && lines.size() != function.code().size()) {
            throw new VerifyException(where.get() + " has " + lines.size() + " line numbers for "
                    + function.code().size() + " instructions, expected one for each, or none");
        }
        for (int run = 0; run < lines.runs(); run++) {
            int offset = run == 0 ? 0 : lines.runEnd(run - 1);
            if (lines.runLine(run) < 0) {
                throw new VerifyException(where.get() + ", offset " + offset + ": the source line is "
                        + lines.runLine(run) + ", expected 1 or more, or 0 if unknown");
            }
            checkSource(() -> where.get() + ", offset " + offset, lines.runSource(run));
        }
    }

    private List<Integer> checkCode(@Nullable VerifiedProgram before, FunctionVerifier.TransferBudget budget)
            throws VerifyException {
        List<Integer> operandCellsMax = new ArrayList<>(program.functions().size());
        int known = before == null ? 0 : before.program().functions().size();
        for (int i = 0; i < program.functions().size(); i++) {
            operandCellsMax.add(
                    before != null && i < known
                            ? before.operandCellsMax(i)
                            : new FunctionVerifier(program, i, budget).verify());
        }
        return operandCellsMax;
    }

    private void checkGlobals() throws VerifyException {
        checkCount("globals", program.globals().size(), ProgramLimits.GLOBALS_MAX);
        for (int i = 0; i < program.globals().size(); i++) {
            Global global = program.globals().get(i);
            checkName("the name of global " + i, global.name());
            checkCell("the initial value of global " + i, global.type(), global.initial());
        }
    }

    private void checkMemories() throws VerifyException {
        checkCount("memories", program.memories().size(), ProgramLimits.MEMORIES_MAX);
        for (int i = 0; i < program.memories().size(); i++) {
            MemoryType memory = program.memories().get(i);
            String which = program.memories().size() == 1 ? "the" : "memory " + i + ": the";
            int max = memory.maximumPages();
            if (max < 0 || max > MemoryType.PAGES_MAX) {
                throw new VerifyException(
                        which + " maximum memory size is " + max + " pages, expected 0 to " + MemoryType.PAGES_MAX);
            }
            if (memory.initialPages() < 0 || memory.initialPages() > max) {
                throw new VerifyException(which + " initial memory size is " + memory.initialPages()
                        + " pages, expected 0 to " + max + ", the maximum size");
            }
        }
    }

    private void checkData() throws VerifyException {
        checkCount("data segments", program.data().size(), ProgramLimits.DATA_SEGMENTS_MAX);
        long bytes = program.memories().isEmpty()
                ? 0
                : (long) program.memories().get(0).initialPages() * MemoryType.PAGE_BYTES;
        long dataBytes = 0;
        for (int i = 0; i < program.data().size(); i++) {
            DataSegment segment = program.data().get(i);
            checkName("the name of data segment " + i, segment.name());
            String where = "data segment " + i + (segment.name().isEmpty() ? "" : " " + quote(segment.name()));
            if (!segment.passive()) {
                if (program.memories().isEmpty()) {
                    throw new VerifyException(where + " needs a memory, and the program has none");
                }
                long address = segment.address();
                if (address < 0 || address > bytes || segment.length() > bytes - address) {
                    throw new VerifyException(where + " has " + segment.length() + " bytes at address " + address
                            + ", which is not inside the initial memory of " + bytes + " bytes; enlarge the memory");
                }
            }
            dataBytes += segment.length();
            checkCount("bytes of data", dataBytes, ProgramLimits.DATA_BYTES_MAX);
        }
    }

    private void checkTables() throws VerifyException {
        checkCount("tables", program.tables().size(), ProgramLimits.TABLES_MAX);
        long elements = 0;
        for (int i = 0; i < program.tables().size(); i++) {
            Table table = program.tables().get(i);
            String where = "table " + i;
            checkName("the name of " + where, table.name());
            if (table.maximum() < 0 || table.maximum() > Table.ELEMENTS_MAX) {
                throw new VerifyException("the maximum size of " + where + " is " + table.maximum()
                        + " elements, expected 0 to " + Table.ELEMENTS_MAX);
            }
            if (table.minimum() < 0 || table.minimum() > table.maximum()) {
                throw new VerifyException("the size of " + where + " at the start is " + table.minimum()
                        + " elements, expected 0 to " + table.maximum() + ", the maximum size");
            }
            if (table.elements().size() > table.minimum()) {
                throw new VerifyException(
                        where + " is given " + table.elements().size() + " elements, expected at most "
                                + table.minimum() + ", its size at the start");
            }
            elements = checkElements(where, table.type(), table.elements(), elements);
        }
        checkCount("element segments", program.elements().size(), ProgramLimits.ELEMENT_SEGMENTS_MAX);
        for (int i = 0; i < program.elements().size(); i++) {
            ElementSegment segment = program.elements().get(i);
            String where = "element segment " + i;
            checkName("the name of " + where, segment.name());
            elements = checkElements(where, segment.type(), segment.elements(), elements);
        }
    }

    private long checkElements(String where, ValueType type, List<Integer> elements, long countBefore)
            throws VerifyException {
        if (!type.isReference()) {
            throw new VerifyException(where + " holds " + type + ", expected a reference type");
        }
        long count = countBefore + elements.size();
        checkCount("table elements", count, ProgramLimits.TABLE_ELEMENTS_MAX);
        for (int k = 0; k < elements.size(); k++) {
            int function = elements.get(k);
            if (function == -1) {
                continue;
            }
            if (type != ValueType.FUNCREF) {
                throw new VerifyException(
                        "element " + k + " of " + where + " is a function, expected null, as it holds " + type);
            }
            if (function < -1 || function >= program.functions().size()) {
                checkIndex(
                        "element " + k + " of " + where,
                        "function",
                        function,
                        program.functions().size());
            }
        }
        return count;
    }

    private void checkExports() throws VerifyException {
        checkCount("exports", program.exports().size(), ProgramLimits.EXPORTS_MAX);
        Set<String> names = new HashSet<>();
        for (int i = 0; i < program.exports().size(); i++) {
            Export export = program.exports().get(i);
            checkName("the name of export " + i, export.name());
            if (export.name().isEmpty()) {
                throw new VerifyException("export " + i + " has no name");
            }
            if (!names.add(export.name())) {
                throw new VerifyException("two exports are named " + quote(export.name()) + "; rename one");
            }
            checkIndex(
                    "export " + quote(export.name()),
                    "function",
                    export.function(),
                    program.functions().size());
        }
    }

    private void checkEntry() throws VerifyException {
        if (program.entry() != -1) {
            checkIndex(
                    "the entry",
                    "function",
                    program.entry(),
                    program.functions().size());
        }
    }

    private void checkStart() throws VerifyException {
        if (program.start() == -1) {
            return;
        }
        checkIndex(
                "the start function",
                "function",
                program.start(),
                program.functions().size());
        FunctionType type = program.typeOf(program.functions().get(program.start()));
        if (!type.parameters().isEmpty() || !type.results().isEmpty()) {
            throw new VerifyException("the start function " + quote(program.functionName(program.start()))
                    + " has type " + type + ", expected () -> ()");
        }
    }

    // Tests

    private void checkTests() throws VerifyException {
        checkCount("tests", program.tests().size(), ProgramLimits.TESTS_MAX);
        Map<String, Integer> functions = functionsByName();
        Set<String> names = new HashSet<>();
        long interrupts = 0;
        long cells = 0;
        long tags = 0;
        long locks = 0;
        long texts = 0;
        long expectations = 0;
        long expectedBytes = 0;
        for (int i = 0; i < program.tests().size(); i++) {
            TestCase test = program.tests().get(i);
            checkName("the name of test " + i, test.name());
            if (test.name().isEmpty()) {
                throw new VerifyException("test " + i + " has no name");
            }
            String where = "test " + quote(test.name());
            if (!names.add(test.name())) {
                throw new VerifyException("two tests are named " + quote(test.name()) + "; rename one");
            }
            checkTest(where, test, functions);
            cells += test.arguments().size()
                    + test.expectedResults().map(List::size).orElse(0);
            checkCount("arguments and expected results of all tests", cells, ProgramLimits.TEST_CELLS_MAX);
            TestSystem system = test.system();
            texts += (long) system.arguments().size()
                    + system.environment().size()
                    + system.files().size();
            checkCount("arguments, variables and files of all tests", texts, ProgramLimits.TEST_TEXTS_MAX);
            expectations += test.expectedState().size();
            checkCount("expectations of the state of all tests", expectations, ProgramLimits.STATE_EXPECTATIONS_MAX);
            for (StateExpectation expectation : test.expectedState()) {
                expectedBytes += checkExpectation(where, expectation);
                checkCount(
                        "bytes of memory that all tests expect",
                        expectedBytes,
                        ProgramLimits.EXPECTED_MEMORY_BYTES_MAX);
            }
            tags += test.tags().size();
            checkCount("tags of all tests", tags, ProgramLimits.TAGS_MAX);
            locks += test.locks().size();
            checkCount("resource locks of all tests", locks, ProgramLimits.RESOURCE_LOCKS_MAX);
            interrupts += test.interrupts().size();
            checkCount("scheduled interrupts of all tests", interrupts, ProgramLimits.SCHEDULED_INTERRUPTS_MAX);
        }
    }

    private static final int AMBIGUOUS = -1;

    private Map<String, Integer> functionsByName() {
        Map<String, Integer> functions = new HashMap<>();
        for (int i = 0; i < program.functions().size(); i++) {
            functions.merge(program.functions().get(i).name(), i, (first, second) -> AMBIGUOUS);
        }
        for (Export export : program.exports()) {
            functions.put(export.name(), export.function());
        }
        return functions;
    }

    private void checkTest(String where, TestCase test, Map<String, Integer> functions) throws VerifyException {
        checkName(where + ": the function", test.function());
        FunctionType type = program.typeOf(program.functions().get(testedFunction(where, test, functions)));
        checkCells(where, "argument", "parameter", type.parameters(), test.arguments());
        if (test.expectedResults().isPresent()) {
            checkCells(
                    where,
                    "expected result",
                    "result",
                    type.results(),
                    test.expectedResults().get());
        }
        checkTags(where, test.tags());
        checkLocks(where, test.locks());
        checkBytes(where + ": the input", test.input());
        checkBytes(where + ": the expected output", test.expectedOutput().orElse(""));
        if (test.instructionLimit().isPresent() && test.instructionLimit().getAsLong() < 0) {
            throw new VerifyException(where + ": the instruction limit is "
                    + test.instructionLimit().getAsLong() + ", expected 0 or more");
        }
        if (test.timeout().isPresent()) {
            Duration timeout = test.timeout().get();
            long millis = timeout.toMillis();
            if (millis < 1 || millis > ProgramLimits.TIMEOUT_MILLIS_MAX || !timeout.equals(Duration.ofMillis(millis))) {
                throw new VerifyException(where + ": the timeout is " + millis
                        + " ms, expected whole milliseconds from 1 to " + ProgramLimits.TIMEOUT_MILLIS_MAX);
            }
        }
        checkSystem(where, test.system());
        checkInterrupts(where, test.interrupts());
        checkName(where + ": the expected fault", test.expectedFault().orElse(""));
        if (test.expectedFault().isPresent() && test.expectedFault().get().isEmpty()) {
            throw new VerifyException(where + ": the expected fault has no name");
        }
        checkName(where + ": the reason for being disabled", test.disabled().orElse(""));
        if (test.line() < 0) {
            throw new VerifyException(
                    where + ": the source line is " + test.line() + ", expected 1 or more, or 0 if unknown");
        }
    }

    private void checkSystem(String where, TestSystem system) throws VerifyException {
        for (String argument : system.arguments()) {
            checkSystemText(where + ": an argument", argument);
        }
        for (TestSystem.Variable variable : system.environment()) {
            checkSystemText(where + ": a variable's name", variable.name());
            checkSystemText(where + ": a variable's value", variable.value());
            if (variable.name().isEmpty() || variable.name().indexOf('=') >= 0) {
                throw new VerifyException(
                        where + ": " + quote(variable.name()) + " cannot be the name of a variable of the environment");
            }
        }
        for (TestSystem.File file : system.files()) {
            checkSystemText(where + ": the path of a file", file.path());
            checkBytes(where + ": the content of a file", file.content());
        }
    }

    private void checkSystemText(String what, String text) throws VerifyException {
        checkName(what, text);
        if (text.indexOf('\0') >= 0) {
            throw new VerifyException(what + " has a zero character");
        }
    }

    /** Returns the number of bytes of memory that it expects. */
    private int checkExpectation(String where, StateExpectation expectation) throws VerifyException {
        if (expectation instanceof StateExpectation.GlobalValue global) {
            checkIndex(
                    () -> where + ": an expected global",
                    "global",
                    global.global(),
                    program.globals().size());
            checkCell(
                    where + ": the expected value of global " + global.global(),
                    program.globals().get(global.global()).type(),
                    global.cell());
            return 0;
        }
        if (expectation instanceof StateExpectation.MemoryBytes memory) {
            checkIndex(
                    () -> where + ": an expected memory",
                    "memory",
                    memory.memory(),
                    program.memories().size());
            long address = memory.address();
            int length = memory.bytes().length();
            long bytesMax = MemoryType.PAGES_MAX * (long) MemoryType.PAGE_BYTES;
            if (address < 0 || length == 0 || length > bytesMax - address) {
                throw new VerifyException(where + ": the expected memory is " + count(length, "byte") + " at address "
                        + address + ", expected 1 or more inside of 4 GiB");
            }
            checkBytes(where + ": the expected memory", memory.bytes());
            return length;
        }
        return 0;
    }

    private int testedFunction(String where, TestCase test, Map<String, Integer> functions) throws VerifyException {
        if (test.function().isEmpty()) {
            if (program.entry() == -1) {
                throw new VerifyException(
                        where + " runs the program's entry, and the program has none; name an entry or a function");
            }
            return program.entry();
        }
        Integer function = functions.get(test.function());
        if (function == null) {
            throw new VerifyException(where + ": there is no function or export " + quote(test.function()));
        }
        if (function == AMBIGUOUS) {
            throw new VerifyException(where + ": several functions are named " + quote(test.function())
                    + "; export the one that is meant");
        }
        return function;
    }

    private void checkCells(String where, String what, String typeWhat, List<ValueType> types, List<Long> cells)
            throws VerifyException {
        if (types.size() != cells.size()) {
            throw new VerifyException(where + " has " + count(cells.size(), what) + ", expected " + types.size()
                    + ", as the function has " + count(types.size(), typeWhat));
        }
        for (int i = 0; i < cells.size(); i++) {
            checkCell(where + ": " + what + " " + i, types.get(i), cells.get(i));
        }
    }

    private void checkTags(String where, List<String> tags) throws VerifyException {
        for (String tag : tags) {
            checkName(where + ": a tag", tag);
            checkCount("characters in a tag of " + where, tag.length(), ProgramLimits.TAG_CHARS_MAX);
            boolean word = !tag.isEmpty()
                    && tag.chars()
                            .noneMatch(c -> Character.isWhitespace(c)
                                    || Character.isISOControl(c)
                                    || NOT_IN_TAGS.indexOf(c) >= 0);
            if (!word) {
                throw new VerifyException(where + " has the tag " + quote(tag)
                        + ", expected a word without white space and without any of " + NOT_IN_TAGS);
            }
        }
    }

    private void checkLocks(String where, List<ResourceLock> locks) throws VerifyException {
        Set<String> resources = new HashSet<>();
        for (ResourceLock lock : locks) {
            String resource = lock.resource();
            checkName(where + ": a resource", resource);
            checkCount("characters in a resource of " + where, resource.length(), ProgramLimits.RESOURCE_CHARS_MAX);
            if (resource.isBlank() || resource.chars().anyMatch(Character::isISOControl)) {
                throw new VerifyException(where + " locks the resource " + quote(resource)
                        + ", expected a name without control characters");
            }
            if (!resources.add(resource)) {
                throw new VerifyException(where + " locks the resource " + quote(resource) + " twice");
            }
        }
    }

    private static void checkBytes(String what, String latin1) throws VerifyException {
        checkCount("bytes of " + what, latin1.length(), ProgramLimits.TEXT_BYTES_MAX);
        for (int i = 0; i < latin1.length(); i++) {
            if (latin1.charAt(i) > 0xFF) {
                throw new VerifyException(what + " has U+" + hex(latin1.charAt(i)) + " at " + i
                        + ", expected chars that stand for one byte each, up to U+00FF");
            }
        }
    }

    private static void checkInterrupts(String where, List<ScheduledInterrupt> interrupts) throws VerifyException {
        long before = 0;
        for (int i = 0; i < interrupts.size(); i++) {
            ScheduledInterrupt interrupt = interrupts.get(i);
            if (interrupt.signal() < 1 || interrupt.signal() > 31) {
                throw new VerifyException(
                        where + ": interrupt " + i + " has signal " + interrupt.signal() + ", expected 1 to 31");
            }
            if (interrupt.icount() < before) {
                throw new VerifyException(where + ": interrupt " + i + " comes at instruction count "
                        + interrupt.icount() + ", expected " + before + " or more, as they stand in order");
            }
            before = interrupt.icount();
        }
    }

    // What several of the above need

    private static void checkCount(String what, long count, long max) throws VerifyException {
        checkCount(() -> what, count, max);
    }

    private static void checkCount(Supplier<String> what, long count, long max) throws VerifyException {
        if (count > max) {
            throw new VerifyException("too many " + what.get() + ": " + count + ", expected at most " + max);
        }
    }

    private static void checkIndex(String where, String what, int index, int count) throws VerifyException {
        checkIndex(() -> where, what, index, count);
    }

    private static void checkIndex(Supplier<String> where, String what, int index, int count) throws VerifyException {
        if (index < 0 || index >= count) {
            throw new VerifyException(
                    where.get() + " refers to " + what + " " + index + ", but " + countText(what, count));
        }
    }

    private void checkCell(String what, ValueType type, long cell) throws VerifyException {
        if (type == ValueType.FUNCREF && (cell < 0 || cell > program.functions().size())) {
            throw new VerifyException(what + " is the cell " + cell + ", which is no " + type + ": expected 0 to "
                    + program.functions().size() + ", a function's number plus 1, as "
                    + countText("function", program.functions().size()));
        }
        if (!type.represents(cell)) {
            throw new VerifyException(what + " is the cell " + cell + ", which is no " + type
                    + ": expected 32 bits, sign-extended to 64");
        }
    }

    private void checkName(String what, String name) throws VerifyException {
        checkName(() -> what, name);
    }

    private void checkName(Supplier<String> what, String name) throws VerifyException {
        checkCount(() -> "characters in " + what.get(), name.length(), ProgramLimits.NAME_CHARS_MAX);
        // A file stores a name once and can use it a million times.
        if (name.length() >= LONG_NAME_CHARS && !checkedLongNames.add(name)) {
            return;
        }
        for (int i = 0; i < name.length(); i++) {
            if (Character.isSurrogate(name.charAt(i))) {
                boolean pair = i + 1 < name.length() && Character.isSurrogatePair(name.charAt(i), name.charAt(i + 1));
                if (!pair) {
                    throw new VerifyException(what.get() + " is not Unicode text: half of a surrogate pair, U+"
                            + hex(name.charAt(i)) + ", at " + i);
                }
                i++;
            }
        }
    }

    static String countText(String what, int count) {
        return "the " + (what.equals("local") ? "function" : "program") + " has " + count(count, what);
    }

    static String count(int count, String what) {
        if (count == 1) {
            return "1 " + what;
        }
        return count + " " + (what.endsWith("y") ? what.substring(0, what.length() - 1) + "ie" : what) + "s";
    }

    private static String hex(char c) {
        return String.format(Locale.ROOT, "%04X", (int) c);
    }

    private static final int QUOTED_CHARS_MAX = 60;

    /** A name in single quotes, fit for one line of a message whatever is in it. */
    static String quote(String name) {
        return "'" + plain(name) + "'";
    }

    static String plain(String name) {
        StringBuilder text = new StringBuilder();
        int length = Math.min(name.length(), QUOTED_CHARS_MAX);
        name.chars().limit(length).forEach(c -> {
            if (Character.isISOControl(c)) {
                text.append("\\u").append(hex((char) c));
            } else {
                text.append((char) c);
            }
        });
        return text + (length < name.length() ? "..." : "");
    }
}
