package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.ElementSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.Export;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.program.Program.Table;
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.program.TestSystem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns a program into assembly text. Assembling the text gives an equal program, with its names, source lines, tests,
 * and the numbers of all its types and functions.
 *
 * <p>A thing is called by its name if it has one that no other of its kind has, else by its index: {@code call #3}.
 * Labels, which programs do not keep, are {@code L0}, {@code L1}, ... in each function.
 *
 * <p>Programs that were never valid (indexes out of range, and the like) can be written too, but the text of some of them
 * is refused by the assembler.
 */
public final class Disassembler {
    private static final int LINE_MARKER_COLUMN = 40;
    private static final int STRING_BYTES_MAX = 64;
    private static final int ZERO_RUN_MIN = 16;
    private static final int LISTED_PER_LINE = 8;

    private final Program program;
    private final Names functionNames;
    private final Names globalNames;
    private final Names tableNames;
    private final Names dataNames;
    private final Names elementNames;
    private final Names importNames;
    private final Names sourceNames;
    private final Map<Integer, Names> localNames = new HashMap<>();
    private @Nullable Map<FunctionType, Integer> typeIndexes;
    private @Nullable Map<String, Integer> functionsByName;

    public Disassembler(Program program) {
        this.program = program;
        this.functionNames = new Names(program.functions().stream().map(Function::name)::toList);
        this.globalNames = new Names(program.globals().stream().map(Global::name)::toList);
        this.tableNames = new Names(program.tables().stream().map(Table::name)::toList);
        this.dataNames = new Names(program.data().stream().map(DataSegment::name)::toList);
        this.elementNames = new Names(program.elements().stream().map(ElementSegment::name)::toList);
        this.importNames = new Names(program.imports().stream().map(HostImport::qualifiedName)::toList);
        this.sourceNames = new Names(program::sources);
    }

    public static String disassemble(Program program) {
        return new Disassembler(program).text();
    }

    /** One instruction of a program. For many of one program, keep a {@link Disassembler}. */
    public static String instruction(Program program, Position position) {
        return new Disassembler(program).instruction(position);
    }

    /**
     * One instruction as it would be written, with names: {@code local.get count}, {@code call fib}. Jump targets are
     * instruction indexes: {@code br_if #12}.
     *
     * @throws IndexOutOfBoundsException if there is no such instruction
     */
    public String instruction(Position position) {
        Function function = program.functions().get(position.function());
        Names locals = localNames.computeIfAbsent(position.function(), index -> new Names(function::localNames));
        return write(function.code().get(position.offset()), locals, Map.of());
    }

    /** Which names of one kind are unique. Looked at only when a name is needed. */
    private static final class Names {
        private final Supplier<List<String>> source;
        private @Nullable List<String> names;
        private final Set<String> repeated = new HashSet<>();

        Names(Supplier<List<String>> source) {
            this.source = source;
        }

        private List<String> names() {
            List<String> known = names;
            if (known == null) {
                known = source.get();
                names = known;
                Set<String> seen = new HashSet<>();
                for (String name : known) {
                    if (!seen.add(name)) {
                        repeated.add(name);
                    }
                }
            }
            return known;
        }

        boolean isUnique(long index) {
            List<String> known = names();
            if (index < 0 || index >= known.size()) {
                return false;
            }
            String name = known.get((int) index);
            return !name.isEmpty() && !repeated.contains(name);
        }

        int count() {
            return names().size();
        }

        boolean isEmpty(int index) {
            return names().get(index).isEmpty();
        }

        /** How a use is written. */
        String use(long index) {
            return isUnique(index) ? Notation.name(names().get((int) index)) : "#" + index;
        }

        /** How the name is written at the definition. */
        String definition(int index) {
            String name = names().get(index);
            return name.isEmpty() || isUnique(index) ? Notation.name(name) : "#" + index + " " + Notation.name(name);
        }
    }

    private String text() {
        StringBuilder out = new StringBuilder();
        out.append(".program ").append(Notation.quote(program.name())).append('\n');
        if (program.sources().isEmpty()) {
            out.append(".source none\n");
        }
        for (String source : program.sources()) {
            out.append(".source ").append(Notation.quote(source)).append('\n');
        }
        if (!program.types().equals(impliedTypes())) {
            for (FunctionType type : program.types()) {
                out.append(".type ").append(signature(type)).append('\n');
            }
        }
        for (int i = 0; i < program.imports().size(); i++) {
            writeImport(out, i);
        }
        for (MemoryType memory : program.memories()) {
            out.append(".memory ").append(memory.initialPages());
            out.append(' ').append(memory.maximumPages()).append('\n');
        }
        for (int i = 0; i < program.globals().size(); i++) {
            Global global = program.globals().get(i);
            out.append(".global ").append(globalNames.definition(i)).append(": ");
            out.append(global.mutable() ? "mut " : "").append(global.type().mnemonic());
            out.append(" = ").append(cell(global.type(), global.initial())).append('\n');
        }
        for (int i = 0; i < program.data().size(); i++) {
            writeData(out, i);
        }
        for (int i = 0; i < program.tables().size(); i++) {
            writeTable(out, i);
        }
        for (int i = 0; i < program.elements().size(); i++) {
            ElementSegment segment = program.elements().get(i);
            out.append(".elements ")
                    .append(elementNames.definition(i))
                    .append(": ")
                    .append(segment.type());
            writeElements(out, segment.elements());
        }
        for (int i = 0; i < program.functions().size(); i++) {
            out.append('\n');
            writeFunction(out, i);
        }
        out.append("\n.entry ").append(program.entry() == -1 ? "none" : functionNames.use(program.entry()));
        out.append('\n');
        if (program.start() != -1) {
            out.append(".start ").append(functionNames.use(program.start())).append('\n');
        }
        for (Export export : program.exports()) {
            out.append(".export ").append(functionNames.use(export.function()));
            boolean sameName = functionNames.isUnique(export.function())
                    && program.functions().get(export.function()).name().equals(export.name());
            out.append(sameName ? "" : " as " + Notation.quote(export.name()));
            out.append('\n');
        }
        for (TestCase test : program.tests()) {
            out.append('\n');
            writeTest(out, test);
        }
        return out.toString();
    }

    /** The types in the order in which the assembler would add them by itself. */
    private List<FunctionType> impliedTypes() {
        Set<FunctionType> implied = new LinkedHashSet<>();
        program.imports().forEach(used -> addType(implied, used.type()));
        program.functions().forEach(function -> addType(implied, function.type()));
        for (Function function : program.functions()) {
            for (Instruction instruction : function.code()) {
                List<OperandKind> kinds = instruction.opcode().operands();
                for (int i = 0; i < kinds.size(); i++) {
                    if (kinds.get(i) == OperandKind.TYPE) {
                        addType(implied, i == 0 ? instruction.a() : instruction.b());
                    }
                }
            }
        }
        return List.copyOf(implied);
    }

    private void addType(Set<FunctionType> types, long index) {
        if (isType(index)) {
            types.add(program.types().get((int) index));
        }
    }

    private boolean isType(long index) {
        return index >= 0 && index < program.types().size();
    }

    /** Whether the written form of a type leads the assembler to this index. */
    private boolean isFoundByForm(long index) {
        Map<FunctionType, Integer> known = typeIndexes;
        if (known == null) {
            known = new HashMap<>();
            for (int i = 0; i < program.types().size(); i++) {
                known.putIfAbsent(program.types().get(i), i);
            }
            typeIndexes = known;
        }
        return isType(index)
                && Integer.valueOf((int) index).equals(known.get(program.types().get((int) index)));
    }

    private static String signature(FunctionType type) {
        return "(" + types(type.parameters()) + ")" + results(type);
    }

    private static String types(List<ValueType> types) {
        return types.stream().map(ValueType::mnemonic).collect(Collectors.joining(", "));
    }

    private static String results(FunctionType type) {
        return switch (type.results().size()) {
            case 0 -> "";
            case 1 -> " -> " + type.results().get(0).mnemonic();
            default -> " -> (" + types(type.results()) + ")";
        };
    }

    private String typeSuffix(int type) {
        return isFoundByForm(type) ? "" : " type #" + type;
    }

    private void writeImport(StringBuilder out, int index) {
        HostImport hostImport = program.imports().get(index);
        out.append(".import ");
        if (!importNames.isUnique(index)) {
            out.append('#').append(index).append(' ');
        }
        boolean plain = isPlainQualified(hostImport.qualifiedName())
                && hostImport.module().indexOf('.') < 0
                && !hostImport.module().isEmpty()
                && !hostImport.name().isEmpty();
        out.append(
                plain
                        ? hostImport.qualifiedName()
                        : Notation.quote(hostImport.module()) + " " + Notation.quote(hostImport.name()));
        out.append(isType(hostImport.type()) ? signature(program.types().get(hostImport.type())) : "()");
        out.append(typeSuffix(hostImport.type())).append('\n');
    }

    private static boolean isPlainQualified(String qualifiedName) {
        return Notation.isNameStart(qualifiedName.charAt(0))
                && qualifiedName.chars().allMatch(Notation::isNamePart);
    }

    private void writeData(StringBuilder out, int index) {
        DataSegment data = program.data().get(index);
        out.append(".data ").append(dataNames.definition(index));
        out.append(data.passive() ? " passive" : " at " + data.address()).append(" =");
        writePieces(out, new String(data.bytes(), StandardCharsets.ISO_8859_1));
    }

    private static void writePieces(StringBuilder out, String bytes) {
        List<String> pieces = new ArrayList<>();
        int from = 0;
        while (from < bytes.length()) {
            int zeros = from;
            while (zeros < bytes.length() && bytes.charAt(zeros) == 0) {
                zeros++;
            }
            if (zeros - from >= ZERO_RUN_MIN) {
                pieces.add("zero " + (zeros - from));
                from = zeros;
            } else {
                int end = stringEnd(bytes, from);
                pieces.add(Notation.quoteBytes(bytes.substring(from, end)));
                from = end;
            }
        }
        if (pieces.isEmpty()) {
            pieces.add("\"\"");
        }
        out.append(pieces.size() > 1 ? "\n    " : " ");
        out.append(String.join(",\n    ", pieces)).append('\n');
    }

    /** Strings end behind a line end, before many zeros, or when they are long enough. */
    private static int stringEnd(String bytes, int from) {
        int zeros = 0;
        for (int i = from; i < bytes.length(); i++) {
            char c = bytes.charAt(i);
            zeros = c == 0 ? zeros + 1 : 0;
            if (zeros == ZERO_RUN_MIN) {
                return i + 1 - zeros;
            }
            if (c == '\n' || i + 1 - from == STRING_BYTES_MAX + ZERO_RUN_MIN) {
                return i + 1;
            }
            if (i + 1 - from >= STRING_BYTES_MAX && zeros == 0) {
                return i + 1;
            }
        }
        return bytes.length();
    }

    private void writeTable(StringBuilder out, int index) {
        Table table = program.tables().get(index);
        out.append(".table ").append(tableNames.definition(index));
        if (!table.equals(Table.of(table.name(), table.elements()))) {
            out.append(": ").append(table.type()).append(' ').append(table.minimum());
            out.append(' ').append(table.maximum());
        }
        writeElements(out, table.elements());
    }

    private void writeElements(StringBuilder out, List<Integer> elements) {
        for (int i = 0; i < elements.size(); i++) {
            out.append(i == 0 ? " = " : i % LISTED_PER_LINE == 0 ? ",\n    " : ", ");
            out.append(elements.get(i) == -1 ? "_" : functionNames.use(elements.get(i)));
        }
        out.append('\n');
    }

    private void writeFunction(StringBuilder out, int index) {
        Function function = program.functions().get(index);
        Names names = new Names(function::localNames);
        int namedCount = function.localNames().size();
        while (namedCount > 0 && function.localNames().get(namedCount - 1).isEmpty()) {
            namedCount--;
        }
        out.append(".func ").append(functionNames.definition(index));
        int parameterCount = 0;
        if (isType(function.type())) {
            FunctionType type = program.types().get(function.type());
            parameterCount = type.parameters().size();
            out.append('(');
            for (int i = 0; i < parameterCount; i++) {
                out.append(i == 0 ? "" : ", ");
                out.append(local(names, namedCount, i, type.parameters().get(i)));
            }
            out.append(')').append(results(type));
        }
        out.append(typeSuffix(function.type()));
        if (function.name().isEmpty()) {
            out.append("  ; ").append(program.functionName(index));
        }
        out.append('\n');
        int source = function.lines().source();
        if (source != (program.sources().isEmpty() ? -1 : 0)) {
            out.append("  .source ").append(source(source));
            out.append('\n');
        }
        for (int i = 0; i < function.locals().size(); i++) {
            boolean first = i % LISTED_PER_LINE == 0;
            out.append(first ? "  .local " : ", ");
            out.append(local(
                    names, namedCount, parameterCount + i, function.locals().get(i)));
            if (i % LISTED_PER_LINE == LISTED_PER_LINE - 1
                    || i == function.locals().size() - 1) {
                out.append('\n');
            }
        }
        writeCode(out, function, names);
        out.append(".end\n");
    }

    /**
     * @param namedCount how many of the names come before the last one that is not empty, that one included
     */
    private static String local(Names names, int namedCount, int index, ValueType type) {
        boolean nameless = index >= names.count() || (index < namedCount && names.isEmpty(index));
        return nameless ? type.mnemonic() : names.definition(index) + ": " + type.mnemonic();
    }

    private void writeCode(StringBuilder out, Function function, Names locals) {
        SortedMap<Integer, String> labels = labels(function);
        SourceLines lines = function.lines();
        int source = lines.source();
        int run = -1;
        for (int i = 0; i <= function.code().size(); i++) {
            String label = labels.get(i);
            if (label != null) {
                out.append(label).append(":\n");
            }
            if (i == function.code().size()) {
                return;
            }
            int start = out.length();
            out.append("  ").append(write(function.code().get(i), locals, labels));
            if (i < lines.size() && (run < 0 || i == lines.runEnd(run))) {
                run++;
                do {
                    out.append(' ');
                } while (out.length() - start < LINE_MARKER_COLUMN);
                out.append('@');
                if (lines.runLine(run) != 0 && lines.runSource(run) != source) {
                    source = lines.runSource(run);
                    out.append(source(source)).append(':');
                }
                out.append(lines.runLine(run));
            }
            out.append('\n');
        }
    }

    private String source(int index) {
        return index == -1
                ? "none"
                : sourceNames.isUnique(index) ? Notation.quote(program.sources().get(index)) : "#" + index;
    }

    /** A label for each instruction, and for the end, that is jumped to. */
    private static SortedMap<Integer, String> labels(Function function) {
        SortedMap<Integer, String> labels = new TreeMap<>();
        for (Instruction instruction : function.code()) {
            instruction.labels().forEach(target -> addTarget(labels, function, target));
            List<OperandKind> kinds = instruction.opcode().operands();
            for (int i = 0; i < kinds.size(); i++) {
                if (kinds.get(i) == OperandKind.LABEL) {
                    addTarget(labels, function, i == 0 ? instruction.a() : instruction.b());
                }
            }
        }
        int number = 0;
        for (Map.Entry<Integer, String> entry : labels.entrySet()) {
            entry.setValue("L" + number++);
        }
        return labels;
    }

    private static void addTarget(SortedMap<Integer, String> labels, Function function, long target) {
        if (target >= 0 && target <= function.code().size()) {
            labels.put((int) target, "");
        }
    }

    private String write(Instruction instruction, Names locals, Map<Integer, String> labels) {
        StringBuilder out = new StringBuilder(instruction.opcode().mnemonic());
        List<OperandKind> kinds = instruction.opcode().operands();
        // Of two memories, either none is written or both.
        boolean memories = kinds.size() == 2
                && kinds.get(0) == OperandKind.MEMORY
                && (instruction.a() != 0 || instruction.b() != 0);
        for (int i : InstructionForm.of(instruction.opcode()).textOrder()) {
            String operand = operand(kinds.get(i), i == 0 ? instruction.a() : instruction.b(), locals, labels);
            if (kinds.get(i) == OperandKind.LABELS) {
                operand = instruction.labels().stream()
                        .map(target -> label(target, labels))
                        .collect(Collectors.joining(" "));
            }
            if (memories && operand.isEmpty()) {
                operand = "memory0";
            }
            if (!operand.isEmpty()) {
                out.append(' ').append(operand);
            }
        }
        return out.toString();
    }

    private String operand(OperandKind kind, long value, Names locals, Map<Integer, String> labels) {
        return switch (kind) {
            case LOCAL -> locals.use(value);
            case GLOBAL -> globalNames.use(value);
            case FUNCTION -> functionNames.use(value);
            case TABLE -> tableNames.use(value);
            case MEMORY -> value == 0 ? "" : "memory" + value;
            case DATA -> dataNames.use(value);
            case ELEMENTS -> elementNames.use(value);
            case REFERENCE ->
                ValueType.ofCode((int) value).map(ValueType::mnemonic).orElse("#" + value);
            case IMPORT -> importUse(value);
            case TYPE -> isFoundByForm(value) ? signature(program.types().get((int) value)) : "#" + value;
            case LABEL -> label(value, labels);
            case LABELS -> "";
            case OFFSET -> value == 0 ? "" : "[+" + value + "]";
            case COUNT, I32, I64 -> Long.toString(value);
            case F32 -> Notation.f32((int) value);
            case F64 -> Notation.f64(value);
        };
    }

    private String importUse(long index) {
        if (!importNames.isUnique(index)) {
            return "#" + index;
        }
        String name = program.imports().get((int) index).qualifiedName();
        return isPlainQualified(name) ? name : Notation.quote(name);
    }

    private static String label(long target, Map<Integer, String> labels) {
        String label = target == (int) target ? labels.get((int) target) : null;
        return label != null ? label : "#" + target;
    }

    private void writeTest(StringBuilder out, TestCase test) {
        out.append(".test ").append(Notation.quote(test.name()));
        out.append(test.line() == 0 ? "" : " @" + test.line()).append('\n');
        if (!test.tags().isEmpty()) {
            out.append("  .tags ");
            out.append(test.tags().stream().map(Notation::name).collect(Collectors.joining(" ")));
            out.append('\n');
        }
        FunctionType type = testedType(test);
        if (!test.function().isEmpty() || !test.arguments().isEmpty()) {
            out.append("  .run ").append(Notation.name(test.function()));
            out.append(cells(test.arguments(), type == null ? List.of() : type.parameters()));
            out.append('\n');
        }
        writeSystem(out, test.system());
        writeStrings(out, ".input", test.input());
        if (test.seed() != 0) {
            out.append("  .seed ").append(test.seed()).append('\n');
        }
        test.instructionLimit()
                .ifPresent(limit -> out.append("  .limit ").append(limit).append('\n'));
        test.timeout()
                .ifPresent(timeout ->
                        out.append("  .timeout ").append(timeout.toMillis()).append(" ms\n"));
        for (ResourceLock lock : test.locks()) {
            out.append("  .lock ").append(Notation.name(lock.resource()));
            out.append(lock.mode() == ResourceLock.Mode.READ ? " read\n" : "\n");
        }
        writeInterrupts(out, test.interrupts());
        test.expectedOutput().ifPresent(output -> {
            if (output.isEmpty()) {
                out.append("  .expect output \"\"\n");
            }
            writeStrings(out, ".expect output", output);
        });
        test.expectedExitCode()
                .ifPresent(code -> out.append("  .expect exit ").append(code).append('\n'));
        test.expectedFault()
                .ifPresent(fault -> out.append("  .expect fault ")
                        .append(Notation.name(fault))
                        .append('\n'));
        test.expectedResults()
                .ifPresent(results -> out.append("  .expect result")
                        .append(cells(results, type == null ? List.of() : type.results()))
                        .append('\n'));
        test.expectedState().forEach(expectation -> writeExpectation(out, expectation));
        if (test.approved()) {
            out.append("  .approve\n");
        }
        test.disabled()
                .ifPresent(reason -> out.append("  .disabled ")
                        .append(Notation.quote(reason))
                        .append('\n'));
        out.append(".end\n");
    }

    private void writeExpectation(StringBuilder out, StateExpectation expectation) {
        out.append("  .expect ");
        if (expectation instanceof StateExpectation.GlobalValue global) {
            boolean known =
                    global.global() >= 0 && global.global() < program.globals().size();
            out.append("global ").append(globalNames.use(global.global())).append(" = ");
            out.append(
                    known
                            ? cell(program.globals().get(global.global()).type(), global.cell())
                            : Notation.bits(global.cell()));
            out.append('\n');
        } else if (expectation instanceof StateExpectation.RegisterValue register) {
            out.append("register ").append(register.register().mnemonic());
            out.append(" = ").append(register.value()).append('\n');
        } else if (expectation instanceof StateExpectation.MemoryBytes memory) {
            out.append("memory").append(memory.memory() == 0 ? "" : Integer.toString(memory.memory()));
            out.append(' ').append(memory.address()).append(" =");
            writePieces(out, memory.bytes());
        }
    }

    private static void writeSystem(StringBuilder out, TestSystem system) {
        for (String argument : system.arguments()) {
            out.append("  .arguments ").append(Notation.quote(argument)).append('\n');
        }
        for (TestSystem.Variable variable : system.environment()) {
            out.append("  .environment ").append(Notation.quote(variable.name()));
            out.append(" = ").append(Notation.quote(variable.value())).append('\n');
        }
        for (TestSystem.File file : system.files()) {
            out.append("  .file ").append(Notation.quote(file.path())).append(" = ");
            out.append(Notation.quoteBytes(file.content())).append('\n');
        }
    }

    private @Nullable FunctionType testedType(TestCase test) {
        int function =
                test.function().isEmpty() ? program.entry() : functionsByName().getOrDefault(test.function(), -1);
        if (function < 0 || function >= program.functions().size()) {
            return null;
        }
        int type = program.functions().get(function).type();
        return isType(type) ? program.types().get(type) : null;
    }

    /** What {@link Program#findFunction} finds. */
    private Map<String, Integer> functionsByName() {
        Map<String, Integer> known = functionsByName;
        if (known == null) {
            known = new HashMap<>();
            for (Export export : program.exports()) {
                known.putIfAbsent(export.name(), export.function());
            }
            for (int i = 0; i < program.functions().size(); i++) {
                known.putIfAbsent(program.functions().get(i).name(), i);
            }
            functionsByName = known;
        }
        return known;
    }

    private String cell(ValueType type, long cell) {
        boolean function = type == ValueType.FUNCREF
                && cell > 0
                && cell <= program.functions().size();
        return function ? "func " + functionNames.use(cell - 1) : Notation.cell(type, cell);
    }

    private String cells(List<Long> cells, List<ValueType> types) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            long cell = cells.get(i);
            out.append(' ').append(i < types.size() ? cell(types.get(i), cell) : Notation.bits(cell));
        }
        return out.toString();
    }

    private static void writeStrings(StringBuilder out, String directive, String latin1) {
        int from = 0;
        while (from < latin1.length()) {
            int end = stringEnd(latin1, from);
            if (end == from) {
                end = Math.min(latin1.length(), from + STRING_BYTES_MAX);
            }
            out.append("  ").append(directive).append(' ');
            out.append(Notation.quoteBytes(latin1.substring(from, end))).append('\n');
            from = end;
        }
    }

    /** Interrupts at equal distances become one line. */
    private static void writeInterrupts(StringBuilder out, List<ScheduledInterrupt> interrupts) {
        int from = 0;
        while (from < interrupts.size()) {
            ScheduledInterrupt first = interrupts.get(from);
            int end = from + 1;
            long every = end < interrupts.size() ? interrupts.get(end).icount() - first.icount() : 0;
            while (every > 0
                    && end < interrupts.size()
                    && interrupts.get(end).signal() == first.signal()
                    && interrupts.get(end).payload() == first.payload()
                    && interrupts.get(end).icount() - interrupts.get(end - 1).icount() == every) {
                end++;
            }
            out.append("  .interrupt ")
                    .append(first.icount())
                    .append(" signal ")
                    .append(first.signal());
            out.append(first.payload() == 0 ? "" : " payload " + first.payload());
            out.append(end - from == 1 ? "" : " every " + every + " count " + (end - from));
            out.append('\n');
            from = end;
        }
    }
}
