package dev.tapedeck.vm.program;

import static dev.tapedeck.vm.program.ProgramDraft.brTable;
import static dev.tapedeck.vm.program.ProgramDraft.op;
import static dev.tapedeck.vm.program.ProgramDraft.valueTypes;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.program.Program.Export;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Programs to try things on. All are valid but the random ones. */
public final class SamplePrograms {
    private SamplePrograms() {}

    /** A program with nothing in it. */
    public static Program empty() {
        ProgramDraft draft = new ProgramDraft();
        draft.name = "";
        return draft.build();
    }

    /**
     * A program with every part that a program can have, and an operand of every kind. It stands in the golden file of
     * format version 1, so it must never change.
     */
    public static Program everyPart() {
        ProgramDraft draft = new ProgramDraft().memory(1, 16);
        draft.name = "every part";
        draft.sources.add("every.tasm");
        draft.sources.add("lib/b\u00FCcher \uD83D\uDCD6.tasm");
        draft.imports.add(new HostImport("tape", "output", draft.type("i32 i32 ->")));
        draft.imports.add(new HostImport("env", "report", draft.type("f32 f64 -> i64")));
        draft.globals.add(new Global("counter", ValueType.I32, true, -1));
        draft.globals.add(new Global("", ValueType.I64, false, Long.MIN_VALUE));
        // Not the canonical NaN, and a negative one: its cell is sign-extended.
        draft.globals.add(new Global("nan", ValueType.F32, true, (int) 0xFFA0_0001L));
        draft.globals.add(new Global("minus_zero", ValueType.F64, false, Double.doubleToRawLongBits(-0.0)));
        int binary = draft.type("i32 i32 -> i32");
        draft.globals.add(new Global("handler", ValueType.FUNCREF, true, 2));
        draft.globals.add(new Global("host", ValueType.EXTERNREF, true, 300));
        draft.memory(0, 65_536);
        draft.tables.add(Table.of("operations", List.of(1, -1, 2)));
        draft.tables.add(new Table("", ValueType.EXTERNREF, 3, Table.ELEMENTS_MAX, List.of()));
        draft.elements.add(new ElementSegment("more", ValueType.FUNCREF, List.of(0, -1)));
        draft.elements.add(new ElementSegment("", ValueType.EXTERNREF, List.of(-1)));
        draft.start = 4;
        draft.data.add(new DataSegment("greeting", 1024, "hello\n".getBytes(StandardCharsets.US_ASCII)));
        draft.data.add(new DataSegment("", 65_536, new byte[0]));
        draft.data.add(new DataSegment("later", DataSegment.PASSIVE, new byte[] {1, 2, 3}));

        draft.functions.add(new Function(
                "main",
                draft.type("-> i32"),
                valueTypes("i32 i64 f32 f64"),
                List.of("i", "", "x"),
                List.of(
                        op(Opcode.I32_CONST, Integer.MIN_VALUE), // 0
                        op(Opcode.LOCAL_SET, 0),
                        op(Opcode.I64_CONST, Long.MAX_VALUE),
                        op(Opcode.LOCAL_SET, 1),
                        op(Opcode.F32_CONST, 0xFFA0_0001L), // 4
                        op(Opcode.F64_CONST, 0x7FF0_0000_0000_0001L),
                        op(Opcode.CALL_HOST, 1),
                        op(Opcode.DROP),
                        op(Opcode.I32_CONST, 0), // 8
                        op(Opcode.I32_LOAD, 0xFFFF_FFFFL),
                        op(Opcode.GLOBAL_SET, 0),
                        op(Opcode.GLOBAL_GET, 0),
                        op(Opcode.I32_CONST, 2), // 12
                        op(Opcode.I32_CONST, 0),
                        op(Opcode.CALL_INDIRECT, binary, 0),
                        brTable(16, 18, 16),
                        op(Opcode.I32_CONST, 1), // 16
                        op(Opcode.INTERRUPT_HANDLE, 3),
                        op(Opcode.LOCAL_GET, 0), // 18
                        op(Opcode.BR_IF, 16),
                        op(Opcode.I32_CONST, 3), // 20
                        op(Opcode.I32_CONST, 4),
                        op(Opcode.I32_CONST, 5),
                        op(Opcode.UNWIND, 1, 1),
                        op(Opcode.CALL, 1), // 24
                        op(Opcode.RETURN)),
                0,
                List.of(7, 7, 7, 8, 8, 9, 9, 9, 9, 9, 12, 12, 0, 0, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 1_000_000)));
        draft.function("add", "i32 i32 -> i32", op(Opcode.LOCAL_GET, 0), op(Opcode.RETURN));
        draft.functions.add(new Function(
                "",
                binary,
                List.of(),
                List.of("a", "b"),
                List.of(op(Opcode.LOCAL_GET, 0), op(Opcode.LOCAL_GET, 1), op(Opcode.I32_SUB), op(Opcode.RETURN)),
                1,
                List.of()));
        draft.function("on_timer", "i32 i64 ->", op(Opcode.INTERRUPT_RETURN));
        draft.function(
                "start",
                "->",
                op(Opcode.I32_CONST, 8),
                op(Opcode.I32_CONST, 0),
                op(Opcode.I32_CONST, 0),
                op(Opcode.MEMORY_INIT, 2, 1),
                op(Opcode.DATA_DROP, 2),
                op(Opcode.I32_CONST, 1),
                op(Opcode.REF_NULL, ValueType.EXTERNREF.code()),
                op(Opcode.TABLE_SET, 1),
                op(Opcode.I32_CONST, 1),
                op(Opcode.I32_CONST, 1),
                op(Opcode.I32_CONST, 1),
                op(Opcode.TABLE_INIT, 1, 1),
                op(Opcode.ELEM_DROP, 1),
                op(Opcode.REF_FUNC, 3),
                op(Opcode.GLOBAL_SET, 4),
                op(Opcode.I32_CONST, 8),
                op(Opcode.I64_LOAD32_U, 4, 1),
                op(Opcode.DROP),
                op(Opcode.RETURN));
        draft.entry = 0;
        draft.exports.add(new Export("add", 1));
        draft.exports.add(new Export("plus", 1));

        draft.tests.add(new TestDraft("adds")
                .run("add", 1L, -2L)
                .tags("fast", "arithmetic")
                .seed(-1)
                .expectResults(1L)
                .line(40)
                .build());
        draft.tests.add(new TestDraft("everything")
                .input("\u0000\u007F\u0080\u00FF\r\n")
                .seed(7)
                .instructionLimit(Long.MAX_VALUE)
                .interrupt(0, 1, Long.MIN_VALUE)
                .interrupt(500, 31, 42)
                .expectOutput("")
                .expectExitCode(-1)
                .expectFault("division_by_zero")
                .expectResults(5L)
                .approved()
                .disabled("waits for the new allocator")
                .line(50)
                .build());
        draft.tests.add(new TestDraft("plain").build());
        return draft.build();
    }

    /** A function for every instruction of the table, which executes it once with operands and arguments that fit. */
    public static Program everyInstruction() {
        ProgramDraft draft = new ProgramDraft().memory(1, 1);
        draft.name = "every instruction";
        draft.imports.add(new HostImport("tape", "print_i32", draft.type("i32 ->")));
        draft.globals.add(new Global("g", ValueType.I64, true, 5));
        draft.tables.add(new Table("t", ValueType.FUNCREF, 3, 9, List.of(0)));
        draft.elements.add(new ElementSegment("e", ValueType.FUNCREF, List.of(0, -1)));
        draft.data.add(new DataSegment("d", DataSegment.PASSIVE, new byte[] {1, 2}));
        draft.function("handler", "i32 i64 ->", op(Opcode.INTERRUPT_RETURN));
        for (Opcode opcode : Opcode.values()) {
            String signature = opcode == Opcode.INTERRUPT_RETURN ? "i32 i64 ->" : "->";
            draft.function(opcode.mnemonic(), signature, "f32", around(opcode).toArray(new Instruction[0]));
        }
        draft.entry = 1;
        return draft.build();
    }

    private static List<Instruction> around(Opcode opcode) {
        List<Instruction> code = new ArrayList<>();
        if (opcode.effect().isPresent()) {
            Opcode.Effect effect = opcode.effect().get();
            effect.pops().forEach(type -> code.add(constant(type)));
            code.add(withOperands(opcode, code.size() + 1));
            effect.pushes().forEach(type -> code.add(op(Opcode.DROP)));
            code.add(op(Opcode.RETURN));
            return code;
        }
        Instruction i32 = constant(ValueType.I32);
        Instruction i64 = constant(ValueType.I64);
        Instruction f32 = constant(ValueType.F32);
        Instruction drop = op(Opcode.DROP);
        Instruction end = op(Opcode.RETURN);
        return switch (opcode) {
            case UNREACHABLE, RETURN, INTERRUPT_RETURN -> List.of(op(opcode));
            case HALT -> List.of(i32, op(opcode));
            case BR -> List.of(op(opcode, 1), end);
            case BR_TABLE -> List.of(i32, brTable(2, 3, 2), op(Opcode.NOP), end);
            case CALL -> List.of(i32, i64, op(opcode, 0), end);
            case CALL_HOST -> List.of(i32, op(opcode, 0), end);
            // Type 1 is the handler's.
            case CALL_INDIRECT -> List.of(i32, i64, i32, op(opcode, 1, 0), end);
            case DROP -> List.of(i32, op(opcode), end);
            case SELECT -> List.of(f32, f32, i32, op(opcode), drop, end);
            case LOCAL_GET -> List.of(op(opcode, 0), drop, end);
            case LOCAL_SET -> List.of(f32, op(opcode, 0), end);
            case LOCAL_TEE -> List.of(f32, op(opcode, 0), drop, end);
            case GLOBAL_GET -> List.of(op(opcode, 0), drop, end);
            case GLOBAL_SET -> List.of(i64, op(opcode, 0), end);
            case TABLE_GET -> List.of(i32, op(opcode, 0), drop, end);
            case TABLE_SET -> List.of(i32, op(Opcode.REF_FUNC, 0), op(opcode, 0), end);
            case TABLE_GROW -> List.of(op(Opcode.REF_FUNC, 0), i32, op(opcode, 0), drop, end);
            case TABLE_FILL -> List.of(i32, op(Opcode.REF_FUNC, 0), i32, op(opcode, 0), end);
            case REF_NULL -> List.of(op(opcode, ValueType.EXTERNREF.code()), drop, end);
            case REF_IS_NULL -> List.of(op(Opcode.REF_FUNC, 0), op(opcode), drop, end);
            case UNWIND -> List.of(i32, i64, f32, op(opcode, 1, 2), drop, end);
            default -> throw new IllegalStateException("say here how to use " + opcode.mnemonic());
        };
    }

    private static Instruction constant(ValueType type) {
        return switch (type) {
            case I32 -> op(Opcode.I32_CONST, 1);
            case I64 -> op(Opcode.I64_CONST, 2);
            case F32 -> op(Opcode.F32_CONST, Float.floatToRawIntBits(1.5f));
            case F64 -> op(Opcode.F64_CONST, Double.doubleToRawLongBits(2.5));
            case FUNCREF, EXTERNREF -> op(Opcode.REF_NULL, type.code());
        };
    }

    private static Instruction withOperands(Opcode opcode, int next) {
        List<OperandKind> kinds = opcode.operands();
        if (kinds.isEmpty()) {
            return op(opcode);
        }
        return op(opcode, kinds.get(0) == OperandKind.LABEL ? next : 0);
    }

    /** Functions with lines of one file and of several. */
    public static Program inlined() {
        ProgramDraft draft = new ProgramDraft();
        draft.name = "inlined";
        draft.sources.addAll(List.of("main.c", "list.h", "map.h"));
        List<Instruction> code = List.of(
                op(Opcode.NOP), op(Opcode.NOP), op(Opcode.NOP), op(Opcode.NOP), op(Opcode.NOP), op(Opcode.RETURN));
        int action = draft.type("->");
        List<SourceLines> lines = List.of(
                SourceLines.NONE,
                new SourceLines.Builder()
                        .add(1, 0, 3)
                        .add(2, 1, 70)
                        .add(1, 2, 70)
                        .add(2, 0, 4)
                        .build(0),
                SourceLines.of(0, List.of(1, 1, 1, 1, 1, 2)),
                new SourceLines.Builder()
                        .add(1, 1, 200)
                        .add(1, 0, 0)
                        .add(1, -1, 3)
                        .add(3, 0, 100_000)
                        .build(2));
        for (SourceLines each : lines) {
            draft.functions.add(new Function("", action, List.of(), List.of(), code, each));
        }
        return draft.build();
    }

    /** A program that a file can hold, but that is hardly ever valid. */
    public static Program random(Random random) {
        ProgramDraft draft = new ProgramDraft();
        draft.name = text(random);
        draft.entry = random.nextInt(4) - 1;
        draft.start = random.nextInt(4) - 1;
        repeat(random, 2, () -> draft.memory(random.nextInt(100_000), random.nextInt(Integer.MAX_VALUE)));
        repeat(
                random,
                4,
                () -> draft.types.add(new Program.FunctionType(valueTypeList(random), valueTypeList(random))));
        repeat(random, 4, () -> draft.imports.add(new HostImport(text(random), text(random), index(random))));
        repeat(random, 4, () -> draft.functions.add(function(random)));
        repeat(random, 4, () -> draft.globals.add(global(random)));
        repeat(random, 3, () -> {
            List<Integer> elements = new ArrayList<>();
            repeat(random, 5, () -> elements.add(index(random) - 1));
            draft.tables.add(new Table(text(random), reference(random), index(random), index(random), elements));
            draft.elements.add(new ElementSegment(text(random), reference(random), elements));
        });
        repeat(random, 3, () -> {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            long address = random.nextInt(3) == 0 ? DataSegment.PASSIVE : random.nextLong() & 0xFFFF_FFFFL;
            draft.data.add(new DataSegment(text(random), address, bytes));
        });
        repeat(random, 3, () -> draft.exports.add(new Export(text(random), index(random))));
        repeat(random, 3, () -> draft.tests.add(test(random)));
        repeat(random, 3, () -> draft.sources.add(text(random)));
        return draft.build();
    }

    private static ValueType reference(Random random) {
        return random.nextBoolean() ? ValueType.FUNCREF : ValueType.EXTERNREF;
    }

    private static void repeat(Random random, int max, Runnable action) {
        for (int i = random.nextInt(max + 1); i > 0; i--) {
            action.run();
        }
    }

    private static Function function(Random random) {
        List<Instruction> code = new ArrayList<>();
        Opcode[] opcodes = Opcode.values();
        repeat(random, 40, () -> code.add(instruction(random, opcodes[random.nextInt(opcodes.length)])));
        SourceLines.Builder lines = new SourceLines.Builder();
        if (random.nextBoolean()) {
            int line = index(random);
            int source = -1;
            for (int i = 0; i < code.size(); i++) {
                line = random.nextInt(3) == 0 ? index(random) : line;
                source = random.nextInt(5) == 0 ? random.nextInt(4) - 1 : source;
                lines.add(1, source, line);
            }
        }
        List<String> localNames = new ArrayList<>();
        repeat(random, 4, () -> localNames.add(text(random)));
        return new Function(
                text(random),
                index(random),
                valueTypeList(random),
                localNames,
                code,
                lines.build(random.nextInt(3) - 1));
    }

    private static Instruction instruction(Random random, Opcode opcode) {
        List<OperandKind> kinds = opcode.operands();
        if (kinds.contains(OperandKind.LABELS)) {
            List<Integer> labels = new ArrayList<>();
            repeat(random, 5, () -> labels.add(index(random)));
            return Instruction.table(opcode, labels);
        }
        long a = kinds.isEmpty() ? 0 : operand(random, kinds.get(0));
        long b = kinds.size() < 2 ? 0 : operand(random, kinds.get(1));
        return op(opcode, a, b);
    }

    private static long operand(Random random, OperandKind kind) {
        return switch (kind) {
            case LOCAL,
                    GLOBAL,
                    FUNCTION,
                    IMPORT,
                    TYPE,
                    TABLE,
                    MEMORY,
                    DATA,
                    ELEMENTS,
                    REFERENCE,
                    LABEL,
                    LABELS,
                    COUNT -> index(random);
            case OFFSET, F32 -> number(random) & 0xFFFF_FFFFL;
            case I32 -> (int) number(random);
            case I64, F64 -> number(random);
        };
    }

    private static Global global(Random random) {
        ValueType[] types = ValueType.values();
        ValueType type = types[random.nextInt(types.length)];
        long cell = number(random);
        if (!type.represents(cell)) {
            cell = type == ValueType.FUNCREF ? cell & 0xFFFF : (int) cell;
        }
        return new Global(text(random), type, random.nextBoolean(), cell);
    }

    private static TestCase test(Random random) {
        TestDraft test = new TestDraft(text(random)).line(index(random)).seed(random.nextLong());
        Long[] cells = random.longs(random.nextInt(4)).boxed().toArray(Long[]::new);
        test.run(text(random), cells);
        List<Runnable> parts = List.of(
                () -> test.tags(text(random), text(random)),
                () -> test.input(latin1(random)),
                () -> test.instructionLimit(number(random) & Long.MAX_VALUE),
                () -> test.timeoutMillis(1 + index(random)),
                () -> test.locks(
                        new ResourceLock(text(random), ResourceLock.Mode.READ),
                        new ResourceLock(text(random), ResourceLock.Mode.READ_WRITE)),
                () -> test.interrupt(number(random) & Long.MAX_VALUE, index(random), number(random)),
                () -> test.expectOutput(latin1(random)),
                () -> test.expectExitCode(random.nextInt()),
                () -> test.expectFault(List.of(FaultKind.values())
                        .get(random.nextInt(FaultKind.values().length))
                        .mnemonic()),
                () -> test.expectResults(cells),
                test::approved,
                () -> test.disabled(text(random)));
        parts.stream().filter(part -> random.nextBoolean()).forEach(Runnable::run);
        return test.build();
    }

    private static List<ValueType> valueTypeList(Random random) {
        ValueType[] types = ValueType.values();
        return random.ints(random.nextInt(4), 0, types.length)
                .mapToObj(i -> types[i])
                .toList();
    }

    /** Numbers of all lengths: as many short ones as long ones. */
    private static long number(Random random) {
        return random.nextLong() >> random.nextInt(64);
    }

    private static int index(Random random) {
        return random.nextInt() >>> (1 + random.nextInt(31));
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        repeat(
                random,
                3,
                () -> text.appendCodePoint(
                        switch (random.nextInt(4)) {
                            case 0 -> random.nextInt(0x80);
                            case 1 -> 0xE000 + random.nextInt(0x1000);
                            case 2 -> 0x1F600 + random.nextInt(50);
                            default -> 'a' + random.nextInt(3);
                        }));
        return text.toString();
    }

    private static String latin1(Random random) {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
