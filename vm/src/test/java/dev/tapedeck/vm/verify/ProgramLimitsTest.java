package dev.tapedeck.vm.verify;

import static dev.tapedeck.vm.program.ProgramDraft.brTable;
import static dev.tapedeck.vm.program.ProgramDraft.op;
import static java.util.Collections.nCopies;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.ElementSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.Export;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.Table;
import dev.tapedeck.vm.program.ProgramDraft;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestDraft;
import dev.tapedeck.vm.program.TestSystem;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("S12, G5: stress: every limit of a program, at the limit and one beyond")
class ProgramLimitsTest {
    private static final Instruction RETURN = op(Opcode.RETURN);

    /** Of files and not of programs, or of how much the verifier does: {@code BcReaderTest}, {@link HostileProgramsTest}. */
    private static final Set<String> ELSEWHERE =
            Set.of("FILE_BYTES_MAX", "STRINGS_MAX", "OPERAND_STACKS_MAX", "TRANSFERRED_CELLS_MAX");

    static Stream<String> names() {
        return Arrays.stream(ProgramLimits.class.getFields())
                .map(Field::getName)
                .filter(name -> !ELSEWHERE.contains(name));
    }

    private static long limit(String name) throws ReflectiveOperationException {
        return ((Number) ProgramLimits.class.getField(name).get(null)).longValue();
    }

    private static ProgramDraft draftOf(Instruction... code) {
        return ProgramDraft.ofMain(code);
    }

    private static Function function(int type, List<ValueType> locals, List<Instruction> code) {
        return new Function("", type, locals, List.of(), code, -1, List.of());
    }

    /** The type number {@code number}, of {@code cells} parameters; those of other numbers differ. */
    private static FunctionType type(int number, int cells) {
        List<ValueType> parameters = new ArrayList<>(nCopies(cells, ValueType.I32));
        for (int i = 0; i < Math.min(cells, 20); i++) {
            parameters.set(i, (number >> i & 1) == 0 ? ValueType.I32 : ValueType.I64);
        }
        return new FunctionType(parameters, List.of());
    }

    private static ProgramDraft tests(TestDraft... tests) {
        ProgramDraft draft = draftOf(RETURN);
        draft.entry = 0;
        for (TestDraft test : tests) {
            draft.tests.add(test.build());
        }
        return draft;
    }

    private static TestDraft test() {
        return new TestDraft("t");
    }

    /** A program that has {@code count} of what is limited, and no more than it needs of all else. */
    private static ProgramDraft with(String name, long many) {
        int count = (int) many;
        ProgramDraft draft = draftOf(RETURN);
        switch (name) {
            case "NAME_CHARS_MAX" -> draft.name = "n".repeat(count);
            case "TEXT_BYTES_MAX" -> draft = tests(test().input("x".repeat(count)));
            case "TYPES_MAX" -> {
                for (int i = 1; i < count; i++) {
                    draft.types.add(type(i, 16));
                }
            }
            case "PARAMETERS_MAX" -> draft.types.add(type(0, count));
            case "RESULTS_MAX" -> draft.types.add(new FunctionType(List.of(), nCopies(count, ValueType.F32)));
            case "TYPE_CELLS_MAX" -> {
                for (int i = 0; i < count / 1_000; i++) {
                    draft.types.add(type(i, 1_000));
                }
                draft.types.add(type(0, count % 1_000));
            }
            case "IMPORTS_MAX" -> draft.imports.addAll(nCopies(count, new HostImport("m", "n", 0)));
            case "FUNCTIONS_MAX" -> draft.functions.addAll(nCopies(count - 1, draft.functions.get(0)));
            case "LOCALS_PER_FUNCTION_MAX" ->
                draft.functions.add(function(0, nCopies(count, ValueType.I32), List.of(RETURN)));
            case "LOCALS_MAX" -> {
                draft.functions.addAll(
                        nCopies(count / 50_000, function(0, nCopies(50_000, ValueType.I32), List.of(RETURN))));
                draft.functions.add(function(0, nCopies(count % 50_000, ValueType.I32), List.of(RETURN)));
            }
            case "INSTRUCTIONS_PER_FUNCTION_MAX" -> draft.functions.add(function(0, List.of(), nops(count)));
            case "INSTRUCTIONS_MAX" -> {
                // One is in main.
                draft.functions.add(function(0, List.of(), nops(count / 2)));
                draft.functions.add(function(0, List.of(), nops(count - count / 2 - 1)));
            }
            case "BRANCH_TARGETS_MAX" -> {
                Integer[] labels = new Integer[count];
                Arrays.fill(labels, 2);
                draft = draftOf(op(Opcode.I32_CONST, 0), brTable(labels), RETURN);
            }
            case "OPERAND_CELLS_MAX" -> {
                Instruction[] code = new Instruction[count + 1];
                Arrays.fill(code, op(Opcode.I32_CONST, 0));
                code[count] = RETURN;
                draft = draftOf(code);
            }
            case "OFFSET_MAX" ->
                draft = draftOf(op(Opcode.I32_CONST, 0), op(Opcode.I32_LOAD, many), op(Opcode.DROP), RETURN)
                        .memory(1, 1);
            case "GLOBALS_MAX" -> draft.globals.addAll(nCopies(count, new Global("", ValueType.I32, false, 0)));
            case "MEMORIES_MAX" -> {
                for (int i = 0; i < count; i++) {
                    draft.memory(0, 0);
                }
            }
            case "TABLES_MAX" -> draft.tables.addAll(nCopies(count, Table.of("", List.of())));
            case "TABLE_ELEMENTS_MAX" ->
                draft.elements.add(new ElementSegment("", ValueType.FUNCREF, nCopies(count, -1)));
            case "ELEMENT_SEGMENTS_MAX" ->
                draft.elements.addAll(nCopies(count, new ElementSegment("", ValueType.FUNCREF, List.of())));
            case "DATA_SEGMENTS_MAX" ->
                draft.data.addAll(nCopies(count, new DataSegment("", DataSegment.PASSIVE, new byte[0])));
            case "DATA_BYTES_MAX" -> {
                draft.data.addAll(nCopies(count >> 20, new DataSegment("", DataSegment.PASSIVE, new byte[1 << 20])));
                draft.data.add(new DataSegment("", DataSegment.PASSIVE, new byte[count & 0xFFFFF]));
            }
            case "EXPORTS_MAX" -> {
                for (int i = 0; i < count; i++) {
                    draft.exports.add(new Export("e" + i, 0));
                }
            }
            case "SOURCES_MAX" -> draft.sources.addAll(nCopies(count, "s"));
            case "TESTS_MAX" -> {
                draft.entry = 0;
                for (int i = 0; i < count; i++) {
                    draft.tests.add(new TestDraft("t" + i).build());
                }
            }
            case "TAGS_MAX" -> draft = tests(test().tags(nCopies(count, "x").toArray(String[]::new)));
            case "TAG_CHARS_MAX" -> draft = tests(test().tags("x".repeat(count)));
            case "RESOURCE_LOCKS_MAX" -> {
                ResourceLock[] locks = new ResourceLock[count];
                Arrays.setAll(locks, i -> new ResourceLock("r" + i, ResourceLock.Mode.READ));
                draft = tests(test().locks(locks));
            }
            case "RESOURCE_CHARS_MAX" ->
                draft = tests(test().locks(new ResourceLock("x".repeat(count), ResourceLock.Mode.READ)));
            case "TIMEOUT_MILLIS_MAX" -> draft = tests(test().timeoutMillis(many));
            case "TEST_TEXTS_MAX" ->
                draft = tests(test().system(new TestSystem(nCopies(count, "a"), List.of(), List.of())));
            case "TEST_CELLS_MAX" -> {
                draft.types.add(type(0, 1_000));
                draft.types.add(type(0, count % 1_000));
                draft.functions.add(new Function("wide", 1, List.of(), List.of(), List.of(RETURN), -1, List.of()));
                draft.functions.add(new Function("rest", 2, List.of(), List.of(), List.of(RETURN), -1, List.of()));
                Long[] arguments = Collections.<Long>nCopies(1_000, 0L).toArray(Long[]::new);
                for (int i = 0; i < count / 1_000; i++) {
                    draft.tests.add(
                            new TestDraft("t" + i).run("wide", arguments).build());
                }
                draft.tests.add(test().run("rest", Arrays.copyOf(arguments, count % 1_000))
                        .build());
            }
            case "STATE_EXPECTATIONS_MAX" -> {
                StateExpectation[] expectations = new StateExpectation[count];
                Arrays.fill(expectations, new StateExpectation.RegisterValue(StateExpectation.Register.HP, 0));
                draft = tests(test().expectState(expectations));
            }
            case "EXPECTED_MEMORY_BYTES_MAX" -> {
                StateExpectation half = new StateExpectation.MemoryBytes(0, 0, "x".repeat(count / 2));
                StateExpectation rest = new StateExpectation.MemoryBytes(0, 0, "x".repeat(count - count / 2));
                draft = tests(test().expectState(half, rest)).memory(1, 1);
            }
            case "SCHEDULED_INTERRUPTS_MAX" -> {
                TestDraft busy = test();
                for (int i = 0; i < count; i++) {
                    busy.interrupt(i, 1, 0);
                }
                draft = tests(busy);
            }
            default -> throw new AssertionError("no program for the limit " + name);
        }
        return draft;
    }

    private static List<Instruction> nops(int count) {
        List<Instruction> code = new ArrayList<>(nCopies(count - 1, op(Opcode.NOP)));
        code.add(RETURN);
        return code;
    }

    @ParameterizedTest
    @MethodSource("names")
    @DisplayName("S12, G5: a program at the limit is accepted, one beyond is refused with the limit in the message")
    void atTheLimit(String name) throws ReflectiveOperationException {
        long limit = limit(name);
        Program most = with(name, limit).build();
        assertThatCode(() -> Verifier.verify(most)).doesNotThrowAnyException();
        Program tooMuch = with(name, limit + 1).build();
        assertThatThrownBy(() -> Verifier.verify(tooMuch))
                .isInstanceOf(VerifyException.class)
                .hasMessageContaining(Long.toString(limit));
    }
}
