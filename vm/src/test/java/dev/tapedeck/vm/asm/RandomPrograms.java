package dev.tapedeck.vm.asm;

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
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.program.TestSystem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Random programs: well formed, but not valid (stacks do not fit, some indexes are out of range), with names that are
 * missing, repeated and odd.
 */
final class RandomPrograms {
    private static final List<String> NAMES = List.of(
            "",
            "",
            "a",
            "b",
            "main",
            "count",
            "x.y",
            "$t",
            "_",
            "none",
            "i32",
            "nan",
            "zero",
            "at",
            "type",
            "fn0",
            "L0",
            "two words",
            "\"quoted\"",
            "back\\slash",
            "new\nline",
            "\0",
            "\u00fcber",
            "\u65e5\u672c",
            "\uD83D\uDE00",
            "\uD800",
            "\u202e",
            "#3",
            ".end",
            "; no",
            "greeting.length");

    private final Random random;

    private RandomPrograms(long seed) {
        this.random = new Random(seed);
    }

    static Program of(long seed) {
        return new RandomPrograms(seed).program();
    }

    private Program program() {
        List<FunctionType> types = list(5, () -> new FunctionType(types(), types()));
        List<HostImport> imports = types.isEmpty()
                ? List.of()
                : list(
                        4,
                        () -> new HostImport(
                                oneOf("tape", "env", "a.b", "", "x y"), name(), random.nextInt(types.size())));
        List<String> sources = list(3, this::name);
        List<Function> functions = types.isEmpty() ? List.of() : list(5, () -> function(types, sources.size()));
        List<Global> globals = list(4, () -> {
            ValueType type = type();
            return new Global(name(), type, random.nextBoolean(), cell(type));
        });
        List<MemoryType> memories = list(3, () -> new MemoryType(1 + random.nextInt(3), 3 + random.nextInt(9)));
        List<DataSegment> data = list(
                4,
                () -> new DataSegment(
                        name(),
                        memories.isEmpty() || random.nextInt(3) == 0 ? DataSegment.PASSIVE : random.nextInt(60_000),
                        bytes()));
        List<Table> tables = list(3, () -> table(functions.size()));
        List<ElementSegment> elements =
                list(3, () -> new ElementSegment(name(), reference(), elements(functions.size())));
        List<Export> exports = new ArrayList<>();
        for (String name : distinctNames()) {
            exports.add(new Export(name, random.nextInt(functions.size() + 1)));
        }
        int entry = random.nextInt(functions.size() + 2) - 1;
        int start = random.nextInt(functions.size() + 2) - 1;
        Program untested = new Program(
                name(), types, imports, functions, globals, memories, tables, data, elements, exports, entry, start,
                List.of(), sources);
        List<TestCase> tests = new ArrayList<>();
        for (String name : distinctNames()) {
            test(untested, name).ifPresent(tests::add);
        }
        return new Program(
                untested.name(),
                types,
                imports,
                functions,
                globals,
                memories,
                tables,
                data,
                elements,
                exports,
                entry,
                start,
                tests,
                sources);
    }

    private ValueType reference() {
        return random.nextBoolean() ? ValueType.FUNCREF : ValueType.EXTERNREF;
    }

    private List<Integer> elements(int functionCount) {
        return list(20, () -> random.nextInt(functionCount + 2) - 1);
    }

    private Table table(int functionCount) {
        List<Integer> elements = elements(functionCount);
        if (random.nextBoolean()) {
            return Table.of(name(), elements);
        }
        int minimum = elements.size() + random.nextInt(3);
        return new Table(name(), reference(), minimum, minimum + random.nextInt(9), elements);
    }

    private List<String> distinctNames() {
        return list(4, this::name).stream()
                .distinct()
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private Function function(List<FunctionType> types, int sourceCount) {
        int type = random.nextInt(types.size());
        List<ValueType> locals = list(10, this::type);
        int variables = types.get(type).parameters().size() + locals.size();
        int named = random.nextInt(variables + 1);
        List<String> localNames = new ArrayList<>();
        for (int i = 0; i < named; i++) {
            localNames.add(name());
        }
        int length = random.nextInt(20);
        List<Instruction> code = new ArrayList<>();
        SourceLines.Builder lines = new SourceLines.Builder();
        int source = random.nextInt(sourceCount + 1) - 1;
        int lineSource = source;
        int line = random.nextInt(50);
        boolean debug = random.nextBoolean();
        for (int i = 0; i < length; i++) {
            code.add(instruction(length));
            line = random.nextInt(3) == 0 ? random.nextInt(50) : line;
            lineSource = random.nextInt(4) == 0 ? random.nextInt(sourceCount + 1) - 1 : lineSource;
            if (debug) {
                lines.add(1, lineSource, line);
            }
        }
        return new Function(name(), type, locals, localNames, code, lines.build(source));
    }

    private Instruction instruction(int length) {
        Opcode opcode = oneOf(Opcode.values());
        List<OperandKind> kinds = opcode.operands();
        if (kinds.equals(List.of(OperandKind.LABELS))) {
            List<Integer> labels = new ArrayList<>(List.of(random.nextInt(length + 2)));
            labels.addAll(list(5, () -> random.nextInt(length + 2)));
            return Instruction.table(opcode, labels);
        }
        return Instruction.of(
                opcode,
                kinds.isEmpty() ? 0 : operand(kinds.get(0), length),
                kinds.size() < 2 ? 0 : operand(kinds.get(1), length));
    }

    private long operand(OperandKind kind, int length) {
        return switch (kind) {
            case LOCAL, GLOBAL, FUNCTION, IMPORT, TYPE, TABLE, MEMORY, DATA, ELEMENTS -> random.nextInt(6);
            case REFERENCE -> reference().code();
            case LABEL, LABELS -> random.nextInt(length + 2);
            case OFFSET -> random.nextBoolean() ? 0 : random.nextInt() & 0xFFFF_FFFFL;
            case COUNT -> random.nextInt(65_536);
            case I32 -> cell(ValueType.I32);
            case I64 -> cell(ValueType.I64);
            case F32 -> cell(ValueType.F32) & 0xFFFF_FFFFL;
            case F64 -> cell(ValueType.F64);
        };
    }

    private long cell(ValueType type) {
        return switch (type) {
            case I32 -> random.nextInt() >> random.nextInt(32);
            case I64 -> random.nextLong() >> random.nextInt(64);
            case FUNCREF -> random.nextInt(6);
            case EXTERNREF -> random.nextLong() >> random.nextInt(64);
            case F32 ->
                oneOf(
                        random.nextInt(),
                        Float.floatToRawIntBits(random.nextInt(1000) / 10f),
                        0x7F80_0000 | random.nextInt(),
                        0x8000_0000,
                        0x7FC0_0000);
            case F64 ->
                oneOf(
                        random.nextLong(),
                        Double.doubleToRawLongBits(random.nextInt(100_000) / 1000.0),
                        0x7FF0_0000_0000_0000L | random.nextLong(),
                        0x8000_0000_0000_0000L,
                        1L,
                        0x7FF8_0000_0000_0000L);
        };
    }

    private Optional<TestCase> test(Program program, String name) {
        String function = name();
        int index = function.isEmpty()
                ? program.entry()
                : program.findFunction(function).orElse(-2);
        if (index == -2) {
            return Optional.empty();
        }
        boolean known = index >= 0 && index < program.functions().size();
        FunctionType type =
                known ? program.typeOf(program.functions().get(index)) : new FunctionType(List.of(), List.of());
        List<ScheduledInterrupt> interrupts = new ArrayList<>();
        for (int i = random.nextInt(8); i > 0; i--) {
            interrupts.add(new ScheduledInterrupt(10L * random.nextInt(5), 1 + random.nextInt(2), random.nextInt(2)));
        }
        interrupts.sort(Comparator.comparingLong(ScheduledInterrupt::icount));
        return Optional.of(new TestCase(
                name,
                function,
                cells(type.parameters()),
                list(3, this::name),
                latin1(),
                random.nextBoolean() ? 0 : random.nextLong(),
                random.nextBoolean() ? OptionalLong.empty() : OptionalLong.of(random.nextLong() >>> 1),
                interrupts,
                random.nextBoolean() ? Optional.empty() : Optional.of(latin1()),
                random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt()),
                random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(oneOf(FaultKind.values()).mnemonic()),
                random.nextBoolean() ? Optional.empty() : Optional.of(cells(type.results())),
                random.nextBoolean(),
                random.nextBoolean() ? Optional.empty() : Optional.of(name()),
                random.nextInt(3) * 10,
                random.nextInt(3) > 0 ? TestSystem.EMPTY : system(),
                list(4, () -> expectation(program)),
                random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(Duration.ofMillis(1 + random.nextInt(1 << random.nextInt(31)))),
                locks()));
    }

    private List<ResourceLock> locks() {
        List<ResourceLock> locks = new ArrayList<>();
        for (String resource : new LinkedHashSet<>(list(3, this::name))) {
            locks.add(new ResourceLock(resource, oneOf(ResourceLock.Mode.values())));
        }
        return locks;
    }

    private StateExpectation expectation(Program program) {
        int globals = program.globals().size();
        int memories = program.memories().size();
        byte[] bytes = bytes();
        if (globals > 0 && random.nextBoolean()) {
            int global = random.nextInt(globals);
            return new StateExpectation.GlobalValue(
                    global, cell(program.globals().get(global).type()));
        } else if (memories > 0 && bytes.length > 0 && random.nextBoolean()) {
            return new StateExpectation.MemoryBytes(
                    random.nextInt(memories), random.nextLong() >>> 32, new String(bytes, StandardCharsets.ISO_8859_1));
        }
        StateExpectation.Register register = oneOf(StateExpectation.Register.values());
        return new StateExpectation.RegisterValue(
                register, register == StateExpectation.Register.HP ? random.nextInt() : random.nextLong());
    }

    private TestSystem system() {
        return new TestSystem(
                list(3, this::name),
                list(2, () -> new TestSystem.Variable(name(), name())),
                list(2, () -> new TestSystem.File(name(), latin1())));
    }

    private List<Long> cells(List<ValueType> types) {
        return types.stream()
                .map(type -> random.nextInt(4) == 0 ? random.nextLong() : cell(type))
                .toList();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(300)];
        if (random.nextBoolean()) {
            random.nextBytes(bytes);
        }
        for (int i = 0; i < bytes.length; i++) {
            if (random.nextInt(4) == 0) {
                bytes[i] = (byte) random.nextInt(128);
            }
        }
        return bytes;
    }

    private String latin1() {
        return new String(bytes(), StandardCharsets.ISO_8859_1);
    }

    private List<ValueType> types() {
        return list(4, this::type);
    }

    private ValueType type() {
        return oneOf(ValueType.values());
    }

    private String name() {
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    @SafeVarargs
    private final <T> T oneOf(T... values) {
        return values[random.nextInt(values.length)];
    }

    private <T> List<T> list(int max, Supplier<T> element) {
        List<T> list = new ArrayList<>();
        for (int i = random.nextInt(max + 1); i > 0; i--) {
            list.add(element.get());
        }
        return list;
    }
}
