package dev.tapedeck.vm.verify;

import static dev.tapedeck.vm.program.ProgramDraft.brTable;
import static dev.tapedeck.vm.program.ProgramDraft.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.ProgramDraft;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Programs made to cost the verifier more than their size: with anything quadratic in it, each of them would take minutes
 * or all memory; as it is, they take a second or so.
 */
@DisplayName("W6: large and hostile programs")
class HostileProgramsTest {
    private static final Instruction RETURN = op(Opcode.RETURN);
    private static final Instruction I32 = op(Opcode.I32_CONST, 1);
    private static final Instruction I64 = op(Opcode.I64_CONST, 1);
    private static final Instruction DROP = op(Opcode.DROP);
    private static final int DEEP = 65_000;

    private final ProgramDraft draft = new ProgramDraft();
    private final List<Instruction> code = new ArrayList<>();

    private VerifiedProgram verify() throws VerifyException {
        return Verifier.verify(
                draft.function("main", "->", code.toArray(new Instruction[0])).build());
    }

    private void add(int times, Instruction... instructions) {
        for (int i = 0; i < times; i++) {
            Collections.addAll(code, instructions);
        }
    }

    @Test
    void millionsOfInstructions() throws VerifyException {
        add(1_000_000, I32, I32, op(Opcode.I32_ADD), DROP);
        code.set(code.size() - 1, RETURN);
        assertThat(verify().operandCellsMax(0)).isEqualTo(2);
    }

    @Test
    void jumpsThatEachWaitForTheOther() throws VerifyException {
        // Forwards from the first half into the second, and backwards again.
        int half = 1_000_000;
        for (int i = 0; i < half; i++) {
            code.add(op(Opcode.BR, half + i));
        }
        for (int i = 0; i < half - 1; i++) {
            code.add(op(Opcode.BR, i + 1));
        }
        code.add(RETURN);
        assertThat(verify().operandCellsMax(0)).isZero();
    }

    @Test
    void manyLabelsWithDeepStacks() throws VerifyException {
        add(DEEP, I32);
        // Each of these jumps makes another label, with a deep stack of its own.
        for (int i = 0; i < 500_000; i++) {
            code.add(i % 3 == 0 ? I64 : I32);
            code.add(DROP);
            code.add(I32);
            code.add(op(Opcode.BR_IF, code.size() + 1));
        }
        add(1, RETURN);
        assertThat(verify().operandCellsMax(0)).isEqualTo(DEEP + 1);
    }

    @Test
    void pathsThatMeetWithDeepStacksMadeApart() throws VerifyException {
        // Two ways to the same deep stack, which meet again and again.
        add(1, I32, op(Opcode.BR_IF, DEEP + 3));
        add(DEEP, I64);
        int meeting = 2 * DEEP + 3;
        add(1, op(Opcode.BR, meeting));
        add(DEEP, I64);
        for (int i = 0; i < 300_000; i++) {
            code.add(I32);
            code.add(op(Opcode.BR_IF, meeting));
        }
        add(1, RETURN);
        assertThat(verify().operandCellsMax(0)).isEqualTo(DEEP + 1);
    }

    @Test
    void removingADeepStackAtManyLabels() throws VerifyException {
        add(DEEP, I32);
        int labels = 500_000;
        Integer[] targets = new Integer[labels];
        int first = code.size() + 1;
        for (int i = 0; i < labels; i++) {
            targets[i] = first + 2 * i;
        }
        add(1, brTable(targets));
        add(labels, op(Opcode.UNWIND, 0, DEEP - 1), RETURN);
        assertThat(verify().operandCellsMax(0)).isEqualTo(DEEP);
    }

    private int wide(int parameters, int results) {
        draft.types.add(new FunctionType(
                Collections.nCopies(parameters, ValueType.I32), Collections.nCopies(results, ValueType.I32)));
        draft.functions.add(new Function(
                "wide", draft.types.size() - 1, List.of(), List.of(), List.of(op(Opcode.UNREACHABLE)), -1, List.of()));
        return draft.functions.size() - 1;
    }

    @Test
    void callsWithManyResults() {
        int wide = wide(0, 1_000);
        add(70_000, op(Opcode.CALL, wide), op(Opcode.UNWIND, 0, 1_000));
        add(1, RETURN);
        assertThatThrownBy(this::verify)
                .isInstanceOf(VerifyException.class)
                .hasMessage(
                        "function 'main', offset 134216, 'call 0': the program's calls, returns and unwinds together"
                                + " transfer more than 67108864 cells; use fewer parameters and results");
    }

    @Test
    void callsWithManyResultsOnStacksThatAllDiffer() {
        int wide = wide(0, 1_000);
        add(20_000, I32, op(Opcode.CALL, wide), op(Opcode.UNWIND, 0, 1_000), I64);
        add(1, RETURN);
        assertThatThrownBy(this::verify)
                .isInstanceOf(VerifyException.class)
                .hasMessageMatching(
                        "function 'main', offset \\d+, 'call 0': more than 4194304 different operand stacks in"
                                + " one function; split it, or use fewer results");
    }

    @Test
    void unwindThatMovesMuch() {
        add(DEEP, I32);
        add(2_000, I32, op(Opcode.UNWIND, 60_000, 1));
        add(1, RETURN);
        assertThatThrownBy(this::verify)
                .isInstanceOf(VerifyException.class)
                .hasMessageContaining("transfer more than 67108864 cells");
    }

    @Test
    void longNamesUsedAMillionTimes() throws VerifyException {
        List<String> names = Collections.nCopies(1_000, "n".repeat(65_536));
        draft.types.add(new FunctionType(Collections.nCopies(1_000, ValueType.I32), List.of()));
        Function named = new Function("f", 0, List.of(), names, List.of(RETURN), -1, List.of());
        draft.functions.addAll(Collections.nCopies(8_000, named));
        add(1, RETURN);
        assertThat(verify().operandCellsMax(0)).isZero();
    }
}
