package dev.tapedeck.vm.format;

import dev.tapedeck.vm.format.BcFormat.Section;
import dev.tapedeck.vm.format.BcFormat.StateKind;
import dev.tapedeck.vm.format.BcFormat.TestPart;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.OperandKind;
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
import dev.tapedeck.vm.program.Sha256;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.program.TestSystem;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes programs as {@code .bc} files. The layout is described in {@code docs/bc-format.md}. */
public final class BcWriter {
    private final Program program;

    /** Each string once, in the order of first use; index 0 is the empty string, which is not stored. */
    private final Map<String, Integer> strings = new LinkedHashMap<>();

    private final BcOutput sections = new BcOutput();

    private BcWriter(Program program) {
        this.program = program;
        strings.put("", 0);
    }

    /**
     * The bytes of a {@code .bc} file; the same program always gives the same bytes.
     *
     * @throws IllegalArgumentException if the format cannot hold the program: the verifier would refuse it, or the file
     *     would be larger than {@link ProgramLimits#FILE_BYTES_MAX}
     */
    public static byte[] write(Program program) {
        return new BcWriter(program).file();
    }

    /**
     * What identifies a program, debug information included: the SHA-256 digest of its {@code .bc} file, as 64 lower-case
     * hexadecimal digits.
     *
     * @throws IllegalArgumentException as {@link #write}
     */
    public static String identity(Program program) {
        return HexFormat.of().formatHex(Sha256.digest(write(program)));
    }

    private byte[] file() {
        section(Section.PROGRAM, programSection());
        section(Section.TYPES, types());
        section(Section.IMPORTS, imports());
        section(Section.FUNCTIONS, functions());
        section(Section.GLOBALS, globals());
        section(Section.MEMORIES, memories());
        section(Section.TABLES, tables());
        section(Section.DATA, data());
        section(Section.EXPORTS, exports());
        section(Section.TESTS, tests());
        section(Section.ELEMENTS, elements());
        section(Section.START, start());
        section(Section.NAMES, names());
        section(Section.LINES, lines());
        section(Section.INLINED, inlinedLines());

        BcOutput file = new BcOutput();
        file.raw(BcFormat.magic());
        file.unsigned(BcFormat.VERSION);
        // The strings stand first, but are known only after all others have been written.
        Sections.write(file, Section.STRINGS.id, strings());
        file.raw(sections.toByteArray());
        file.raw(Sha256.digest(file.toByteArray()));
        if (file.size() > ProgramLimits.FILE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "the file would have " + file.size() + " bytes, expected at most " + ProgramLimits.FILE_BYTES_MAX);
        }
        return file.toByteArray();
    }

    private void section(Section section, BcOutput content) {
        Sections.write(sections, section.id, content);
    }

    private BcOutput strings() {
        BcOutput out = new BcOutput();
        if (strings.size() > 1) {
            out.index("number of strings", strings.size() - 1);
            strings.keySet().stream().skip(1).forEach(text -> out.blob(utf8(text)));
        }
        return out;
    }

    private static byte[] utf8(String text) {
        try {
            // Unlike String.getBytes, a new encoder reports half surrogate pairs instead of replacing them.
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a name is not Unicode text: it has half of a surrogate pair", e);
        }
    }

    private void string(BcOutput out, String text) {
        Integer known = strings.putIfAbsent(text, strings.size());
        out.unsigned(known == null ? strings.size() - 1 : known);
    }

    private BcOutput programSection() {
        BcOutput out = new BcOutput();
        string(out, program.name());
        out.indexOrNone("the entry", program.entry());
        return out;
    }

    /** Starts a list: its length, or nothing at all if it is empty. */
    private static BcOutput list(List<?> entries) {
        BcOutput out = new BcOutput();
        if (!entries.isEmpty()) {
            out.unsigned(entries.size());
        }
        return out;
    }

    private BcOutput types() {
        BcOutput out = list(program.types());
        for (FunctionType type : program.types()) {
            valueTypes(out, type.parameters());
            valueTypes(out, type.results());
        }
        return out;
    }

    private static void valueTypes(BcOutput out, List<ValueType> types) {
        out.unsigned(types.size());
        types.forEach(out::type);
    }

    private BcOutput imports() {
        BcOutput out = list(program.imports());
        for (HostImport hostImport : program.imports()) {
            string(out, hostImport.module());
            string(out, hostImport.name());
            out.index("the type of an import", hostImport.type());
        }
        return out;
    }

    private BcOutput functions() {
        BcOutput out = list(program.functions());
        for (Function function : program.functions()) {
            out.index("the type of a function", function.type());
            valueTypes(out, function.locals());
            out.unsigned(function.code().size());
            function.code().forEach(instruction -> instruction(out, instruction));
        }
        return out;
    }

    private static void instruction(BcOutput out, Instruction instruction) {
        out.unsigned(instruction.opcode().code());
        List<OperandKind> kinds = instruction.opcode().operands();
        boolean labels = false;
        for (int i = 0; i < kinds.size(); i++) {
            long value = i == 0 ? instruction.a() : instruction.b();
            switch (kinds.get(i)) {
                case LOCAL, GLOBAL, FUNCTION, IMPORT, TYPE, TABLE, MEMORY, DATA, ELEMENTS, REFERENCE, LABEL, COUNT ->
                    out.index("an operand", value);
                case LABELS -> {
                    labels = true;
                    out.unsigned(instruction.labels().size());
                    instruction.labels().forEach(label -> out.index("a jump target", label));
                }
                case OFFSET -> out.u32("a memory offset", value);
                case I32 -> out.i32("an i32 constant", value);
                case I64 -> out.signed(value);
                case F32 -> {
                    if (value >>> 32 != 0) {
                        throw new IllegalArgumentException("the bits of an f32 constant are " + value);
                    }
                    out.bits32(value);
                }
                case F64 -> out.bits64(value);
            }
        }
        int values = labels ? 0 : kinds.size();
        boolean extra = (values < 1 && instruction.a() != 0)
                || (values < 2 && instruction.b() != 0)
                || (!labels && !instruction.labels().isEmpty());
        if (extra) {
            throw new IllegalArgumentException(
                    "'" + instruction.opcode().mnemonic() + "' has operands that it does not take");
        }
    }

    private BcOutput globals() {
        BcOutput out = list(program.globals());
        for (Global global : program.globals()) {
            string(out, global.name());
            out.type(global.type());
            out.u8(global.mutable() ? 1 : 0);
            out.cell("the initial value of a global", global.type(), global.initial());
        }
        return out;
    }

    private BcOutput memories() {
        BcOutput out = list(program.memories());
        for (MemoryType memory : program.memories()) {
            out.index("the initial memory size", memory.initialPages());
            out.index("the maximum memory size", memory.maximumPages());
        }
        return out;
    }

    private BcOutput tables() {
        BcOutput out = list(program.tables());
        for (Table table : program.tables()) {
            string(out, table.name());
            out.type(table.type());
            out.index("the initial size of a table", table.minimum());
            out.index("the maximum size of a table", table.maximum());
            elements(out, table.elements());
        }
        return out;
    }

    private static void elements(BcOutput out, List<Integer> elements) {
        out.unsigned(elements.size());
        elements.forEach(function -> out.indexOrNone("an element", function));
    }

    private BcOutput data() {
        BcOutput out = list(program.data());
        for (DataSegment segment : program.data()) {
            string(out, segment.name());
            out.addressOrNone("the address of a data segment", segment.address());
            out.blob(segment.bytes());
        }
        return out;
    }

    private BcOutput start() {
        BcOutput out = new BcOutput();
        if (program.start() != -1) {
            out.index("the start function", program.start());
        }
        return out;
    }

    private BcOutput elements() {
        BcOutput out = list(program.elements());
        for (ElementSegment segment : program.elements()) {
            string(out, segment.name());
            out.type(segment.type());
            elements(out, segment.elements());
        }
        return out;
    }

    private BcOutput exports() {
        BcOutput out = list(program.exports());
        for (Export export : program.exports()) {
            string(out, export.name());
            out.index("an exported function", export.function());
        }
        return out;
    }

    private BcOutput tests() {
        BcOutput out = list(program.tests());
        program.tests().forEach(test -> test(out, test));
        return out;
    }

    private void test(BcOutput out, TestCase test) {
        string(out, test.name());
        string(out, test.function());
        cells(out, test.arguments());
        out.unsigned(test.tags().size());
        test.tags().forEach(tag -> string(out, tag));
        out.latin1("the input of a test", test.input());
        out.bits64(test.seed());
        out.unsigned(test.interrupts().size());
        for (ScheduledInterrupt interrupt : test.interrupts()) {
            out.u63("the instruction count of an interrupt", interrupt.icount());
            out.index("the signal of an interrupt", interrupt.signal());
            out.signed(interrupt.payload());
        }
        out.index("the source line of a test", test.line());
        out.unsigned((test.instructionLimit().isPresent() ? TestPart.INSTRUCTION_LIMIT : 0)
                | (test.expectedOutput().isPresent() ? TestPart.EXPECTED_OUTPUT : 0)
                | (test.expectedExitCode().isPresent() ? TestPart.EXPECTED_EXIT_CODE : 0)
                | (test.expectedFault().isPresent() ? TestPart.EXPECTED_FAULT : 0)
                | (test.expectedResults().isPresent() ? TestPart.EXPECTED_RESULTS : 0)
                | (test.disabled().isPresent() ? TestPart.DISABLED : 0)
                | (test.approved() ? TestPart.APPROVED : 0)
                | (test.system().equals(TestSystem.EMPTY) ? 0 : TestPart.SYSTEM)
                | (test.expectedState().isEmpty() ? 0 : TestPart.EXPECTED_STATE)
                | (test.timeout().isPresent() ? TestPart.TIMEOUT : 0)
                | (test.locks().isEmpty() ? 0 : TestPart.LOCKS));
        test.instructionLimit().ifPresent(limit -> out.u63("the instruction limit of a test", limit));
        test.expectedOutput().ifPresent(output -> out.latin1("the expected output of a test", output));
        test.expectedExitCode().ifPresent(out::signed);
        test.expectedFault().ifPresent(fault -> string(out, fault));
        test.expectedResults().ifPresent(results -> cells(out, results));
        test.disabled().ifPresent(reason -> string(out, reason));
        if (!test.system().equals(TestSystem.EMPTY)) {
            system(out, test.system());
        }
        if (!test.expectedState().isEmpty()) {
            out.unsigned(test.expectedState().size());
            test.expectedState().forEach(expectation -> expectation(out, expectation));
        }
        test.timeout().ifPresent(timeout -> out.u63("the timeout of a test", timeout.toMillis()));
        if (!test.locks().isEmpty()) {
            out.unsigned(test.locks().size());
            for (ResourceLock lock : test.locks()) {
                string(out, lock.resource());
                out.unsigned(lock.mode().code());
            }
        }
    }

    private static void expectation(BcOutput out, StateExpectation expectation) {
        if (expectation instanceof StateExpectation.GlobalValue global) {
            out.unsigned(StateKind.GLOBAL);
            out.index("a global of a test", global.global());
            out.signed(global.cell());
        } else if (expectation instanceof StateExpectation.RegisterValue register) {
            out.unsigned(StateKind.REGISTER);
            out.unsigned(register.register().code());
            out.signed(register.value());
        } else if (expectation instanceof StateExpectation.MemoryBytes memory) {
            out.unsigned(StateKind.MEMORY);
            out.index("a memory of a test", memory.memory());
            out.u63("an address of a test", memory.address());
            out.latin1("the memory of a test", memory.bytes());
        }
    }

    private void system(BcOutput out, TestSystem system) {
        out.unsigned(system.arguments().size());
        system.arguments().forEach(argument -> string(out, argument));
        out.unsigned(system.environment().size());
        for (TestSystem.Variable variable : system.environment()) {
            string(out, variable.name());
            string(out, variable.value());
        }
        out.unsigned(system.files().size());
        for (TestSystem.File file : system.files()) {
            string(out, file.path());
            out.latin1("the content of a file of a test", file.content());
        }
    }

    private static void cells(BcOutput out, List<Long> cells) {
        out.unsigned(cells.size());
        cells.forEach(out::signed);
    }

    private BcOutput names() {
        boolean none = program.functions().stream()
                .allMatch(function ->
                        function.name().isEmpty() && function.localNames().isEmpty());
        if (none) {
            return new BcOutput();
        }
        BcOutput out = list(program.functions());
        for (Function function : program.functions()) {
            string(out, function.name());
            out.unsigned(function.localNames().size());
            function.localNames().forEach(name -> string(out, name));
        }
        return out;
    }

    private BcOutput lines() {
        boolean none = program.sources().isEmpty()
                && program.functions().stream()
                        .allMatch(function -> function.lines().equals(SourceLines.NONE));
        BcOutput out = new BcOutput();
        if (none) {
            return out;
        }
        out.unsigned(program.sources().size());
        program.sources().forEach(source -> string(out, source));
        out.unsigned(program.functions().size());
        for (Function function : program.functions()) {
            out.indexOrNone("the source of a function", function.lines().source());
            lineRuns(out, function);
        }
        return out;
    }

    /** The lines of the function's own file; those of others are 0 here. */
    private static void lineRuns(BcOutput out, Function function) {
        SourceLines lines = function.lines();
        if (lines.size() != 0 && lines.size() != function.code().size()) {
            throw new IllegalArgumentException("a function has " + lines.size() + " line numbers for "
                    + function.code().size() + " instructions");
        }
        BcOutput runs = new BcOutput();
        int count = 0;
        int before = 0;
        int start = 0;
        for (int run = 0; run < lines.runs(); run++) {
            int line = ownLine(lines, run);
            if (line < 0) {
                throw new IllegalArgumentException("a source line is " + line + ", expected 0 or more");
            }
            if (run + 1 < lines.runs() && ownLine(lines, run + 1) == line) {
                continue;
            }
            runs.unsigned(lines.runEnd(run) - start);
            runs.signed((long) line - before);
            before = line;
            start = lines.runEnd(run);
            count++;
        }
        out.unsigned(count);
        out.raw(runs.toByteArray());
    }

    private static int ownLine(SourceLines lines, int run) {
        return isInlined(lines, run) ? 0 : lines.runLine(run);
    }

    private static boolean isInlined(SourceLines lines, int run) {
        return lines.runLine(run) != 0 && lines.runSource(run) != lines.source();
    }

    private BcOutput inlinedLines() {
        BcOutput functions = new BcOutput();
        int count = 0;
        int before = -1;
        for (int i = 0; i < program.functions().size(); i++) {
            SourceLines lines = program.functions().get(i).lines();
            BcOutput runs = new BcOutput();
            int inlined = inlinedRuns(runs, lines);
            if (inlined > 0) {
                functions.unsigned(i - before);
                functions.unsigned(inlined);
                functions.raw(runs.toByteArray());
                before = i;
                count++;
            }
        }
        BcOutput out = new BcOutput();
        if (count > 0) {
            out.unsigned(count);
            out.raw(functions.toByteArray());
        }
        return out;
    }

    private static int inlinedRuns(BcOutput out, SourceLines lines) {
        int count = 0;
        int end = 0;
        int source = lines.source();
        int line = 0;
        for (int run = 0; run < lines.runs(); run++) {
            if (isInlined(lines, run)) {
                int start = run == 0 ? 0 : lines.runEnd(run - 1);
                out.unsigned(start - end);
                end = lines.runEnd(run);
                out.unsigned(end - start);
                out.signed((long) lines.runSource(run) - source);
                out.signed((long) lines.runLine(run) - line);
                source = lines.runSource(run);
                line = lines.runLine(run);
                count++;
            }
        }
        return count;
    }
}
