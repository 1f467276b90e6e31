package dev.tapedeck.vm.format;

import static dev.tapedeck.vm.program.ProgramDraft.ofMain;
import static dev.tapedeck.vm.program.ProgramDraft.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.ProgramDraft;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.SamplePrograms;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestDraft;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BcRoundTripTest {
    private static void assertRoundTrip(Program program) throws FormatException {
        byte[] file = BcWriter.write(program);
        Program read = BcReader.read(file);
        assertThat(read).isEqualTo(program);
        assertThat(BcWriter.write(read)).isEqualTo(file);
    }

    @Test
    void samples() throws FormatException {
        assertRoundTrip(SamplePrograms.empty());
        assertRoundTrip(SamplePrograms.everyPart());
    }

    @Test
    @DisplayName("K1: every instruction of the table is written and read back, and the verifier has a rule for it")
    void everyInstruction() throws FormatException, VerifyException {
        Program program = SamplePrograms.everyInstruction();
        assertThat(program.functions().stream()
                        .flatMap(function -> function.code().stream())
                        .map(Instruction::opcode))
                .contains(Opcode.values());
        assertRoundTrip(program);
        Verifier.verify(program);
    }

    @Test
    void randomPrograms() throws FormatException {
        for (int seed = 0; seed < 2_000; seed++) {
            Program program = SamplePrograms.random(new Random(seed));
            byte[] file = BcWriter.write(program);
            Program read = BcReader.read(file);
            assertThat(read).as("seed %d", seed).isEqualTo(program);
            assertThat(BcWriter.write(read)).as("seed %d", seed).isEqualTo(file);
        }
    }

    @Test
    @DisplayName("W10: NaN payloads, -0.0, numbers at the ends of their ranges")
    void numbers() throws FormatException {
        ProgramDraft draft = ofMain(
                op(Opcode.I32_CONST, Integer.MIN_VALUE),
                op(Opcode.I32_CONST, Integer.MAX_VALUE),
                op(Opcode.I32_CONST, -1),
                op(Opcode.I64_CONST, Long.MIN_VALUE),
                op(Opcode.I64_CONST, Long.MAX_VALUE),
                op(Opcode.I64_CONST, -65),
                op(Opcode.I64_CONST, -64),
                op(Opcode.I64_CONST, 63),
                op(Opcode.I64_CONST, 64),
                op(Opcode.F32_CONST, 0x8000_0000L),
                op(Opcode.F32_CONST, 0xFFFF_FFFFL),
                op(Opcode.F32_CONST, 0x7FA0_0000L),
                op(Opcode.F64_CONST, Long.MIN_VALUE),
                op(Opcode.F64_CONST, -1),
                op(Opcode.F64_CONST, 0x7FF0_0000_0000_0001L),
                op(Opcode.I32_LOAD, 0xFFFF_FFFFL),
                op(Opcode.BR, Integer.MAX_VALUE));
        draft.globals.add(new Global("", ValueType.F32, true, -1));
        draft.globals.add(new Global("", ValueType.F64, true, -1));
        draft.globals.add(new Global("", ValueType.I64, true, Long.MIN_VALUE));
        assertRoundTrip(draft.build());
    }

    @Test
    @DisplayName("K7: what a test expects of the state is written and read back")
    void expectations() throws Exception {
        List<StateExpectation> expected = new ArrayList<>(List.of(
                new StateExpectation.GlobalValue(0, Long.MIN_VALUE),
                new StateExpectation.MemoryBytes(1, 0xFFFF_FFFEL, "\u00FF\0")));
        for (StateExpectation.Register register : StateExpectation.Register.values()) {
            expected.add(new StateExpectation.RegisterValue(register, -register.code()));
        }
        ProgramDraft draft = ofMain(op(Opcode.RETURN)).memory(1, 1).memory(1, 1);
        draft.globals.add(new Global("g", ValueType.I64, true, 0));
        draft.tests.add(new TestDraft("t")
                .run("main")
                .expectState(expected.toArray(StateExpectation[]::new))
                .build());
        Program program = draft.build();
        assertThat(BcReader.read(BcWriter.write(program))).isEqualTo(program);
    }

    @Test
    @DisplayName("W10: strings of any length; W9: each is stored once")
    void strings() throws FormatException {
        String longest = "\uFFFD".repeat(ProgramLimits.NAME_CHARS_MAX);
        ProgramDraft draft = new ProgramDraft();
        draft.name = longest;
        draft.sources.addAll(Collections.nCopies(100, longest));
        draft.sources.add("");
        assertRoundTrip(draft.build());
        assertThat(BcWriter.write(draft.build())).hasSizeBetween(3 * 65_536, 3 * 65_536 + 1_000);
    }

    @Test
    @DisplayName("W9: line tables are run-length coded")
    void lineRuns() throws FormatException {
        List<Instruction> code = Collections.nCopies(100_000, op(Opcode.NOP));
        List<Integer> lines = Collections.nCopies(100_000, 12);
        ProgramDraft draft = ofMain();
        draft.change(0, main -> new Function("main", 0, List.of(), List.of(), code, -1, lines));
        assertRoundTrip(draft.build());
        assertThat(BcWriter.write(draft.build())).hasSizeLessThan(100_100);
    }

    @Test
    @DisplayName("W8: line numbers survive, and without debug information the file is smaller")
    void stripped() throws FormatException, VerifyException {
        Program program = SamplePrograms.everyPart();
        Program stripped = program.stripped();
        assertRoundTrip(stripped);
        Verifier.verify(stripped);

        Program read = BcReader.read(BcWriter.write(program));
        assertThat(read.functions().get(0).line(3)).isEqualTo(8);
        assertThat(read.functionName(2)).isEqualTo("fn2");
        assertThat(stripped.functions().get(0).line(3)).isZero();
        assertThat(stripped.functionName(0)).isEqualTo("fn0");
        assertThat(stripped.functionName(1)).as("a test runs it").isEqualTo("add");
        assertThat(stripped.exports()).isEqualTo(program.exports());
        assertThat(stripped.sources()).isEmpty();
        assertThat(BcWriter.write(stripped).length).isLessThan(BcWriter.write(program).length);
    }

    @Test
    void identity() {
        Program program = SamplePrograms.everyPart();
        assertThat(BcWriter.identity(program)).matches("[0-9a-f]{64}").isEqualTo(BcWriter.identity(program));
        assertThat(BcWriter.identity(program.stripped())).isNotEqualTo(BcWriter.identity(program));
    }

    @Test
    @DisplayName("The writer refuses what the reader would")
    void notWritable() {
        refused(ofMain(op(Opcode.BR, -1)), "an operand is -1, expected 0 to 2147483647");
        refused(ofMain(op(Opcode.CALL, 1L << 31)), "an operand is 2147483648, expected 0 to 2147483647");
        refused(ofMain(op(Opcode.I32_LOAD, 1L << 32)), "a memory offset is 4294967296, expected 0 to 4294967295");
        refused(
                ofMain(op(Opcode.I32_CONST, 1L << 31)),
                "an i32 constant is 2147483648, expected -2147483648 to 2147483647");
        refused(ofMain(op(Opcode.F32_CONST, -1)), "the bits of an f32 constant are -1");
        refused(ofMain(op(Opcode.RETURN, 1)), "'return' has operands that it does not take");
        refused(ofMain(op(Opcode.I32_CONST, 1, 1)), "'i32.const' has operands that it does not take");
        refused(ofMain(new Instruction(Opcode.NOP, 0, 0, List.of(1))), "'nop' has operands that it does not take");
        refused(ofMain().memory(-1, 0), "the initial memory size is -1, expected 0 to 2147483647");

        ProgramDraft draft = new ProgramDraft();
        draft.entry = -2;
        refused(draft, "the entry is -2, expected -1 to 2147483647");
        draft = new ProgramDraft();
        draft.name = "\uD800";
        refused(draft, "a name is not Unicode text: it has half of a surrogate pair");
        draft = new ProgramDraft();
        draft.globals.add(new Global("", ValueType.I32, true, 1L << 31));
        refused(draft, "the initial value of a global is the cell 2147483648, which is no i32");
        draft = new ProgramDraft();
        draft.data.add(new DataSegment("", 1L << 32, new byte[0]));
        refused(draft, "the address of a data segment is 4294967296, expected -1 to 4294967295");
        draft = new ProgramDraft();
        draft.tests.add(new TestDraft("t").input("\u0100").build());
        refused(draft, "the input of a test has a char above U+00FF at 0");
        refused(
                ofMain().change(
                                0,
                                main -> new Function(
                                        "main", 0, List.of(), List.of(), List.of(op(Opcode.NOP)), -1, List.of(1, 2))),
                "a function has 2 line numbers for 1 instructions");
        refused(
                ofMain().change(
                                0,
                                main -> new Function(
                                        "main", 0, List.of(), List.of(), List.of(op(Opcode.NOP)), -1, List.of(-1))),
                "a source line is -1, expected 0 or more");
    }

    private static void refused(ProgramDraft draft, String message) {
        assertThatThrownBy(() -> BcWriter.write(draft.build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
