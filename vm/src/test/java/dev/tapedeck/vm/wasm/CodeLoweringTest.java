package dev.tapedeck.vm.wasm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What becomes of structured control. Bytes of instructions are given in hexadecimal, with their names in brackets. */
class CodeLoweringTest {
    /** The instructions of a function {@code (i32) -> (i32)} with the given code. */
    private static String lowered(String code) throws WasmException, VerifyException {
        return lowered("7f", "7f", code);
    }

    private static String lowered(String parameters, String results, String code)
            throws WasmException, VerifyException {
        byte[] bytes =
                new ModuleBytes().exported("f", parameters, results, "00", code).bytes();
        Program program = Importer.program("test", bytes);
        Verifier.verify(program);
        return program.functions().get(0).code().stream()
                .map(CodeLoweringTest::text)
                .collect(Collectors.joining("; "));
    }

    private static String text(Instruction instruction) {
        List<OperandKind> kinds = instruction.opcode().operands();
        StringBuilder text = new StringBuilder(instruction.opcode().mnemonic());
        if (kinds.contains(OperandKind.LABELS)) {
            instruction.labels().forEach(label -> text.append(' ').append(label));
        } else if (!kinds.isEmpty()) {
            text.append(' ').append(instruction.a());
            if (kinds.size() > 1) {
                text.append(' ').append(instruction.b());
            }
        }
        return text.toString();
    }

    @Test
    @DisplayName("W7: blocks cost nothing; a branch to the end of one is a jump behind it")
    void blocks() throws Exception {
        assertThat(lowered("02 40 (block) 20 00 (local.get) 0d 00 (br_if) 01 (nop) 41 01 21 00 0b 20 00"))
                .isEqualTo("local.get 0; br_if 4; i32.const 1; local.set 0; local.get 0; return");
    }

    @Test
    void ifWithoutElse() throws Exception {
        assertThat(lowered("20 00 04 40 (if) 41 05 21 00 0b 20 00"))
                .isEqualTo("local.get 0; br_unless 4; i32.const 5; local.set 0; local.get 0; return");
    }

    @Test
    void whatIsStoredAndLoadedStaysOnTheStack() throws Exception {
        assertThat(lowered("41 05 21 00 (local.set) 20 00 (local.get)")).isEqualTo("i32.const 5; local.tee 0; return");
        assertThat(lowered("41 05 21 00 03 40 (loop) 20 00 0d 00 0b 41 06"))
                .isEqualTo("i32.const 5; local.set 0; local.get 0; br_if 2; i32.const 6; return");
    }

    @Test
    void ifWithElse() throws Exception {
        assertThat(lowered("20 00 04 7f (if) 41 05 05 (else) 41 06 0b"))
                .isEqualTo("local.get 0; br_unless 4; i32.const 5; br 5; i32.const 6; return");
    }

    @Test
    void aBranchThatLeavesAnIfNeedsNoJumpBehindIt() throws Exception {
        assertThat(lowered("20 00 04 40 (if) 41 05 0f (return) 05 (else) 01 0b 41 06"))
                .isEqualTo("local.get 0; br_unless 4; i32.const 5; return; i32.const 6; return");
    }

    @Test
    void eqzBeforeABranchTurnsItAround() throws Exception {
        assertThat(lowered("02 40 20 00 45 (i32.eqz) 0d 00 (br_if) 20 00 45 04 40 (if) 41 01 21 00 0b 0b 20 00"))
                .isEqualTo("local.get 0; br_unless 6; local.get 0; br_if 6; i32.const 1; local.set 0; local.get 0;"
                        + " return");
    }

    @Test
    void eqzStaysWhereAJumpLeadsBehindIt() throws Exception {
        assertThat(lowered("02 7f (block i32) 20 00 20 00 0d 00 (br_if) 45 0b 04 7f 41 01 05 41 02 0b"))
                .isEqualTo("local.get 0; local.get 0; br_if 4; i32.eqz; br_unless 7; i32.const 1; br 8; i32.const 2;"
                        + " return");
    }

    @Test
    void loops() throws Exception {
        assertThat(lowered("03 40 (loop) 20 00 41 01 6b 22 00 0d 00 (br_if) 0b 20 00"))
                .isEqualTo("local.get 0; i32.const 1; i32.sub; local.tee 0; br_if 0; local.get 0; return");
    }

    @Test
    @DisplayName("W7: what a branch leaves on the stack is dropped on its way, and nothing where nothing is left")
    void unwinding() throws Exception {
        // block (result i32): 7, 8, then the branch takes the 8 and leaves the 7.
        assertThat(lowered("02 7f 41 07 41 08 0c 00 (br) 0b"))
                .isEqualTo("i32.const 7; i32.const 8; unwind 1 1; br 4; return");
        assertThat(lowered("02 7f 41 08 0c 00 (br) 0b")).isEqualTo("i32.const 8; br 2; return");
    }

    @Test
    void aConditionalBranchDropsOnlyWhenTaken() throws Exception {
        assertThat(lowered("02 7f 41 07 41 08 20 00 0d 00 (br_if) 6a 0b"))
                .isEqualTo("i32.const 7; i32.const 8; local.get 0; br_unless 6; unwind 1 1; br 7; i32.add; return");
    }

    @Test
    void aBranchOutOfTheFunctionIsAReturn() throws Exception {
        assertThat(lowered("02 40 41 07 41 08 0c 01 (br) 0b 41 09")).isEqualTo("i32.const 7; i32.const 8; return");
        assertThat(lowered("41 07 41 08 20 00 0d 00 (br_if) 6a"))
                .isEqualTo("i32.const 7; i32.const 8; local.get 0; br_unless 5; return; i32.add; return");
    }

    @Test
    void branchTables() throws Exception {
        assertThat(lowered("7f", "", "02 40 02 40 20 00 0e 02 00 01 02 (br_table) 0b 01 0b"))
                .isEqualTo("local.get 0; br_table 2 2 2; return");
        // What is left below goes on the way, once for each label.
        assertThat(lowered("02 7f 41 07 02 7f 41 08 20 00 0e 03 00 01 00 01 (br_table) 0b 6a 0b"))
                .isEqualTo(
                        "i32.const 7; i32.const 8; local.get 0; br_table 6 4 6 4; unwind 1 1; br 7; i32.add; return");
    }

    @Test
    @DisplayName("W7: code that nothing leads to is validated and not emitted")
    void deadCode() throws Exception {
        assertThat(lowered("20 00 0f (return) 41 01 6a 1a 20 00")).isEqualTo("local.get 0; return");
        assertThat(lowered("00 (unreachable) 6a")).isEqualTo("unreachable");
        assertThat(lowered("02 40 00 0b 20 00")).isEqualTo("unreachable");
        assertThat(lowered("03 40 0c 00 (br) 0b 20 00")).isEqualTo("br 0");
        assertThatThrownBy(() -> lowered("00 42 00 (i64.const) 6a"))
                .isInstanceOf(WasmException.class)
                .hasMessageContaining("type mismatch: expected i32, found i64 for 'i32.add'");
    }

    @Test
    void offsetsCountFromTheStartOfTheCodeSection() throws Exception {
        byte[] bytes = new ModuleBytes()
                .exported("f", "", "7f", "00", "41 01 41 02 6a")
                .exported("g", "", "", "00", "01 00")
                .bytes();
        WasmModule module = WasmReader.read(bytes);
        int[] types = {0, 1};
        int[] functions = {0, 1};
        int[] none = {};
        CodeLowering lowering =
                new CodeLowering(module, new Binding(types, functions, functions, none, none, none, 0, 0));
        // The payload: the number of bodies, then size and number of local groups of the first.
        assertThat(lowering.lower(0).offsets()).containsExactly(3, 5, 7, 8);
        assertThat(lowering.lower(1).offsets()).containsExactly(12);
    }

    @Test
    void deepNestingTakesNoStack() throws Exception {
        int depth = 100_000;
        String code = "02 40 ".repeat(depth) + "0b ".repeat(depth) + "20 00";
        assertThat(lowered(code)).isEqualTo("local.get 0; return");
    }

    @Test
    @DisplayName("W6: blocks in one another end at a limit")
    void nestingHasALimit() {
        String code = "02 40 ".repeat((1 << 20) + 1);
        assertThatThrownBy(() -> lowered(code))
                .isInstanceOf(WasmException.class)
                .hasMessageContaining("too many blocks in one another, the limit is 1048576");
    }

    @Test
    @DisplayName("W6: few bytes that push many cells end at a limit")
    void cells() {
        String thousand = "7f ".repeat(1000);
        // A call that gives 1,000 cells, again and again.
        ModuleBytes many = new ModuleBytes();
        many.exported("give", "", thousand, "00", "00").exported("take", "", "", "00", "10 00 ".repeat(70) + "00");
        assertThatThrownBy(() -> Importer.program("test", many.bytes()))
                .isInstanceOf(WasmException.class)
                .hasMessageContaining("too many cells on the operand stack, the limit is 65535");
        ModuleBytes moved = new ModuleBytes();
        moved.exported("swap", thousand, thousand, "00", "00")
                .exported("again", "", thousand, "00", "00 " + "10 00 ".repeat(100_000) + "0f");
        assertThatThrownBy(() -> Importer.program("test", moved.bytes()))
                .isInstanceOf(WasmException.class)
                .hasMessageContaining("too many cells moved");
    }
}
