package dev.tapedeck.vm.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.SourceLines;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DisassemblerTest {
    private static final int RANDOM_PROGRAMS = 2000;

    private static void assertRoundTrip(Program program) {
        String text = Disassembler.disassemble(program);
        try {
            assertThat(Assembler.assemble("other name.tasm", text)).as(text).isEqualTo(program);
        } catch (AssemblyException e) {
            fail(e.getMessage() + "\n" + text, e);
        }
    }

    @ParameterizedTest
    @EnumSource(Opcode.class)
    @DisplayName("K1: what is written for an instruction reads back as the same instruction")
    void everyInstruction(Opcode opcode) throws AssemblyException {
        String frame = """
                .program "p"
                .source none
                .table t = f
                .global g: mut i32 = 0
                .import env.host()
                .func f(p: i32)
                  .local l: f64
                here:
                  nop
                .end
                """;
        Program given = Assembler.assemble("frame.tasm", frame);
        for (long value : new long[] {0, 1, 40, 65535, 1L << 31, 0x7FF0_0000_0000_0001L, -1}) {
            Instruction instruction = instruction(opcode, value);
            Function function = given.functions().get(0);
            Function changed = new Function(
                    function.name(),
                    function.type(),
                    function.locals(),
                    function.localNames(),
                    List.of(instruction, instruction),
                    -1,
                    List.of());
            assertRoundTrip(new Program(
                    given.name(),
                    given.types(),
                    given.imports(),
                    List.of(changed),
                    given.globals(),
                    given.memories(),
                    given.tables(),
                    given.data(),
                    given.elements(),
                    given.exports(),
                    given.entry(),
                    given.start(),
                    given.tests(),
                    given.sources()));
        }
    }

    private static Instruction instruction(Opcode opcode, long value) {
        List<OperandKind> kinds = opcode.operands();
        if (kinds.equals(List.of(OperandKind.LABELS))) {
            return Instruction.table(opcode, List.of(0, 1, 2, (int) (value & 0xFFFF)));
        }
        return Instruction.of(
                opcode,
                kinds.isEmpty() ? 0 : operand(kinds.get(0), value),
                kinds.size() < 2 ? 0 : operand(kinds.get(1), value));
    }

    private static long operand(OperandKind kind, long value) {
        return switch (kind) {
            case LOCAL, GLOBAL, FUNCTION, IMPORT, TYPE, TABLE, MEMORY, DATA, ELEMENTS, LABEL, LABELS, COUNT ->
                value & 0xFFFF;
            case REFERENCE -> (value & 1) == 0 ? ValueType.FUNCREF.code() : ValueType.EXTERNREF.code();
            case OFFSET, F32 -> value & 0xFFFF_FFFFL;
            case I32 -> (int) value;
            case I64, F64 -> value;
        };
    }

    @Test
    @DisplayName("every program of the repository is written and read back the same, names, lines and tests included")
    void repository() throws AssemblyException {
        for (Map.Entry<String, String> file : TestPrograms.all().entrySet()) {
            assertRoundTrip(Assembler.assemble(file.getKey(), file.getValue()));
        }
    }

    @Test
    @DisplayName("random programs are written and read back the same, with missing, repeated and odd names")
    void random() {
        long start = Long.getLong("tapedeck.test.seed", 1);
        for (long seed = start; seed < start + RANDOM_PROGRAMS; seed++) {
            try {
                assertRoundTrip(RandomPrograms.of(seed));
            } catch (RuntimeException | Error e) {
                fail("-Dtapedeck.test.seed=" + seed, e);
            }
        }
    }

    @Test
    @DisplayName("W8: a function without a name is fn0 for people; code calls it by its index")
    void unnamed() throws AssemblyException {
        Program program = Assembler.assemble("x.tasm", ".func \"\"()\ncall #0\nreturn\n.end\n");
        assertThat(program.functionName(0)).isEqualTo("fn0");
        assertThat(Disassembler.disassemble(program))
                .contains(".func \"\"()  ; fn0\n  call #0                               @2\n");
        assertRoundTrip(program);
    }

    @Test
    @DisplayName("a program without debug information keeps that it has none")
    void withoutDebugInformation() {
        Program program = new ProgramBuilder("bare")
                .function("main", main -> main.i32(0).emit(Opcode.HALT))
                .build();
        assertThat(program.functions().get(0).lines()).isEqualTo(SourceLines.NONE);
        assertThat(Disassembler.disassemble(program)).doesNotContain("@").contains(".source none\n");
        assertRoundTrip(program);
    }

    @Test
    @DisplayName("the text is readable")
    void readable() throws AssemblyException {
        Program program = Assembler.assemble("sum.tasm", """
                .const N = 10
                .memory 1
                .data text = "sum\\n", zero 20
                .func main()
                  .local i: i32, sum: i32
                  i32.const N
                  local.set i
                again: local.get sum
                  local.get i
                  i32.add
                  local.set sum
                  local.get i
                  i32.const 1
                  i32.sub
                  local.tee i
                  br_if again
                  local.get sum
                  call_host tape.print_i32
                  return
                .end
                .test "sums up"
                  .expect output "55\\n"
                .end
                """);
        assertThat(Disassembler.disassemble(program)).isEqualTo("""
                        .program "sum"
                        .source "sum.tasm"
                        .import tape.print_i32(i32)
                        .memory 1 65536
                        .data text at 1024 =
                            "sum\\n",
                            zero 20

                        .func main()
                          .local i: i32, sum: i32
                          i32.const 10                          @6
                          local.set i                           @7
                        L0:
                          local.get sum                         @8
                          local.get i                           @9
                          i32.add                               @10
                          local.set sum                         @11
                          local.get i                           @12
                          i32.const 1                           @13
                          i32.sub                               @14
                          local.tee i                           @15
                          br_if L0                              @16
                          local.get sum                         @17
                          call_host tape.print_i32              @18
                          return                                @19
                        .end

                        .entry main

                        .test "sums up" @21
                          .expect output "55\\n"
                        .end
                        """);
    }

    @Test
    @DisplayName("one instruction, with names, and jump targets as indexes")
    void oneInstruction() throws AssemblyException {
        Program program = Assembler.assemble("x.tasm", """
                .table t = f
                .global "my global": i32 = 0
                .func f(a: i32) -> i32
                again: local.get a
                  global.get "my global"
                  br_if again
                  br_table again end
                  i32.load [+8]
                  f64.const -0.5
                  call_indirect t (i32) -> i32
                  call f
                  call_host tape.clock
                end: unwind 1 2
                .end
                """);
        Disassembler disassembler = new Disassembler(program);
        assertThat(IntStream.range(0, 10).mapToObj(offset -> disassembler.instruction(new Position(0, offset))))
                .containsExactly(
                        "local.get a",
                        "global.get \"my global\"",
                        "br_if #0",
                        "br_table #0 #9",
                        "i32.load [+8]",
                        "f64.const -0.5",
                        "call_indirect t (i32) -> i32",
                        "call f",
                        "call_host tape.clock",
                        "unwind 1 2");
        assertThat(Disassembler.instruction(program, new Position(0, 7))).isEqualTo("call f");
        assertThatThrownBy(() -> Disassembler.instruction(program, new Position(0, 10)))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
