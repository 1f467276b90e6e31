package dev.tapedeck.vm.asm;

import static dev.tapedeck.vm.isa.Opcode.BR_TABLE;
import static dev.tapedeck.vm.isa.Opcode.CALL_INDIRECT;
import static dev.tapedeck.vm.isa.Opcode.F32_CONST;
import static dev.tapedeck.vm.isa.Opcode.F64_CONST;
import static dev.tapedeck.vm.isa.Opcode.GLOBAL_GET;
import static dev.tapedeck.vm.isa.Opcode.GLOBAL_SET;
import static dev.tapedeck.vm.isa.Opcode.HALT;
import static dev.tapedeck.vm.isa.Opcode.I32_ADD;
import static dev.tapedeck.vm.isa.Opcode.I32_CONST;
import static dev.tapedeck.vm.isa.Opcode.I32_LOAD;
import static dev.tapedeck.vm.isa.Opcode.I32_SUB;
import static dev.tapedeck.vm.isa.Opcode.I64_ADD;
import static dev.tapedeck.vm.isa.Opcode.INTERRUPT_HANDLE;
import static dev.tapedeck.vm.isa.Opcode.INTERRUPT_RETURN;
import static dev.tapedeck.vm.isa.Opcode.LOCAL_GET;
import static dev.tapedeck.vm.isa.Opcode.UNREACHABLE;
import static dev.tapedeck.vm.isa.Opcode.UNWIND;
import static dev.tapedeck.vm.isa.ValueType.F32;
import static dev.tapedeck.vm.isa.ValueType.F64;
import static dev.tapedeck.vm.isa.ValueType.I32;
import static dev.tapedeck.vm.isa.ValueType.I64;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.ProgramTester;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class ProgramBuilderTest {
    private static final String REGISTERS = """
            .source none
            .func main()
              .local r1: i32, r2: i32, r3: i32
              i32.const -123
              local.set r1
              i32.const 456
              local.set r2
              local.get r1
              local.get r2
              i32.add
              local.set r3
              local.get r3
              call_host tape.print_i32
              i32.const 0
              halt
            .end
            """;

    private static Program registers() {
        return new ProgramBuilder("registers")
                .function(
                        "main",
                        main -> main.local("r1", I32)
                                .local("r2", I32)
                                .local("r3", I32)
                                .i32(-123)
                                .set("r1")
                                .i32(456)
                                .set("r2")
                                .get("r1")
                                .get("r2")
                                .emit(I32_ADD)
                                .set("r3")
                                .get("r3")
                                .callHost("tape.print_i32")
                                .halt(0))
                .build();
    }

    @Test
    @DisplayName("K5: -123 into R1, 456 into R2, add into R3, print, halt gives 333, in Java and in text")
    void registerExample() throws AssemblyException {
        Program fromText = Assembler.assemble("registers.tasm", REGISTERS);
        assertThat(registers()).isEqualTo(fromText);
        ProgramTester.of(registers()).run().expectOutput("333\n").expectExit(0).expectLocal(2, 333);
        ProgramTester.of(fromText).run().expectOutput("333\n").expectExit(0).expectLocal(2, 333);
    }

    @Test
    @DisplayName("K5: labels, forward and back")
    void labels() {
        Program program = new ProgramBuilder("sum")
                .function(
                        "main",
                        main -> main.parameter("n", I32)
                                .result(I32)
                                .local("sum", I32)
                                .label("next")
                                .get("n")
                                .brUnless("done")
                                .get("sum")
                                .get("n")
                                .emit(I32_ADD)
                                .set("sum")
                                .get("n")
                                .i32(1)
                                .emit(I32_SUB)
                                .set("n")
                                .br("next")
                                .label("done")
                                .get("sum")
                                .ret())
                .build();
        ProgramTester.of(program).call("main", 100).run().expectResult(5050);
    }

    @Test
    @DisplayName("everything a text can say")
    void everything() throws AssemblyException {
        Program built = new ProgramBuilder("all")
                .source("all.c")
                .memory(1, 4)
                .hostImport("env", "report", List.of(I32), List.of())
                .global("count", I64, true, 40L)
                .global("ratio", F64, false, 0.5)
                .data("text", "hi\n")
                .dataAt(4096, "low", new byte[] {1, -1})
                .data("behind", "x")
                .table("operations", "f", "")
                .function(
                        "f",
                        f -> f.parameter("x", I32)
                                .result(I32)
                                .line(3)
                                .get("x")
                                .line(4)
                                .emit(I32_LOAD, 8)
                                .ret())
                .function(
                        "main",
                        main -> main.address("behind")
                                .length("text")
                                .emit(UNWIND, 1, 1)
                                .i32(0)
                                .callIndirect("operations", List.of(I32), List.of(I32))
                                .brTable("a", "b")
                                .label("a")
                                .emit(GLOBAL_GET, "count")
                                .i64(2)
                                .emit(I64_ADD)
                                .emit(GLOBAL_SET, "count")
                                .label("b")
                                .i32(1)
                                .emit(INTERRUPT_HANDLE, "tick")
                                .f32(1.5f)
                                .emit(F64_CONST, -2)
                                .emit(LOCAL_GET, 7)
                                .call("f")
                                .callHost("env.report")
                                .callHost("tape.clock")
                                .ret())
                .function(
                        "tick",
                        tick -> tick.parameter("signal", I32)
                                .parameter("payload", I64)
                                .emit(INTERRUPT_RETURN))
                .export("f", "load")
                .entry("f")
                .test(
                        "loads",
                        test -> test.run("load", 1)
                                .tags("fast")
                                .input("\u00e9")
                                .seed(5)
                                .limit(100)
                                .interrupt(20, 2, 0)
                                .interrupt(10, 1, -1)
                                .expectOutput("")
                                .expectExit(1)
                                .expectFault(FaultKind.OUT_OF_BOUNDS)
                                .expectResult(-7)
                                .approve()
                                .disabled("later")
                                .line(9))
                .build();
        assertThat(built).isEqualTo(Assembler.assemble("all.tasm", """
                                .source "all.c"
                                .memory 1 4
                                .import env.report(i32)
                                .global count: mut i64 = 40
                                .global ratio: f64 = 0.5
                                .data text = "hi\\n"
                                .data low at 4096 = i8 1 -1
                                .data behind = "x"
                                .table operations = f, _
                                .func f(x: i32) -> i32
                                  local.get x @3
                                  i32.load [+8] @4
                                  return
                                .end
                                .func main()
                                  i32.const behind
                                  i32.const text.length
                                  unwind 1 1
                                  i32.const 0
                                  call_indirect operations (i32) -> i32
                                  br_table a b
                                a:
                                  global.get count
                                  i64.const 2
                                  i64.add
                                  global.set count
                                b:
                                  i32.const 1
                                  interrupt.handle tick
                                  f32.const 1.5
                                  f64.const -2
                                  local.get #7
                                  call f
                                  call_host env.report
                                  call_host tape.clock
                                  return
                                .end
                                .func tick(signal: i32, payload: i64)
                                  interrupt.return
                                .end
                                .export f as "load"
                                .entry f
                                .test "loads" @9
                                  .run load 1
                                  .tags fast
                                  .input "\u00e9"
                                  .seed 5
                                  .limit 100
                                  .interrupt 20 signal 2
                                  .interrupt 10 signal 1 payload -1
                                  .expect output ""
                                  .expect exit 1
                                  .expect fault out_of_bounds
                                  .expect result -7
                                  .approve
                                  .disabled "later"
                                .end
                                """));
    }

    private static void assertRefused(Consumer<FunctionBuilder> body, Class<?> type, String message) {
        assertThatThrownBy(() -> new ProgramBuilder("p").function("f", body).build())
                .isInstanceOf(type)
                .hasMessage(message);
    }

    @Test
    @DisplayName("misuse is refused with what was expected")
    void misuse() {
        Class<?> argument = IllegalArgumentException.class;
        Class<?> state = IllegalStateException.class;
        assertRefused(f -> f.emit(I32_CONST), argument, "function 'f': 'i32.const' takes an i32 constant");
        assertRefused(f -> f.emit(I32_ADD, 1), argument, "function 'f': 'i32.add' takes no operand");
        assertRefused(f -> f.emit(I32_ADD, "x"), argument, "function 'f': 'i32.add' takes no operand");
        assertRefused(f -> f.emit(I32_CONST, "x"), argument, "function 'f': 'i32.const' takes an i32 constant");
        assertRefused(
                f -> f.emit(UNWIND, 1),
                argument,
                "function 'f': 'unwind' takes a number of cells and a number of cells");
        assertRefused(f -> f.emit(I32_CONST, 1L << 32), argument, "function 'f': 4294967296 is not an i32");
        assertRefused(f -> f.emit(I32_CONST, 1.0), argument, "function 'f': 1.0 is not an i32");
        assertRefused(
                f -> f.emit(I32_LOAD, -1), argument, "function 'f': -1 is out of range for an offset: 0 to 4294967295");
        assertRefused(
                f -> f.emit(BR_TABLE, new String[0]),
                argument,
                "function 'f': 'br_table' takes labels, the default last");
        assertRefused(
                f -> f.emit(CALL_INDIRECT, "t"),
                argument,
                "function 'f': 'call_indirect' takes a table and a function type, such as (i32) -> i32");
        assertRefused(f -> f.line(-1), argument, "line -1, expected 0 or more");
        assertRefused(f -> f.br("nowhere"), state, "function 'f': unknown label 'nowhere' (there is no label)");
        assertRefused(
                f -> f.local("count", I32).get("cuont"),
                state,
                "function 'f': unknown local 'cuont' (did you mean 'count'?)");
        assertRefused(f -> f.call("g"), state, "function 'f': unknown function 'g' (there is only 'f')");
        assertRefused(f -> f.address("d"), state, "function 'f': unknown data segment 'd' (there is no data segment)");
        assertRefused(f -> f.label("a").label("a"), state, "label 'a' is defined twice");
        assertRefused(f -> f.local("a", I32).local("a", I64), state, "local 'a' is defined twice");
        assertRefused(f -> f.local("a", I32).parameter("b", I32), state, "function 'f': parameters come before locals");
        assertThatThrownBy(() -> new ProgramBuilder("p").memory(2, 1))
                .hasMessage("the initial size is 2 pages, expected 0 to the maximum, 1");
        assertThatThrownBy(() -> new ProgramBuilder("p").dataAt(4294967295L, "d", new byte[2]))
                .hasMessage("the data goes from 4294967295 to 4294967297, but addresses are 0 to 4294967295");
        assertThatThrownBy(() -> new ProgramBuilder("p").entry("main").build())
                .hasMessage("unknown function 'main' (there is no function)");
        assertThatThrownBy(() -> new ProgramBuilder("p")
                        .function("f", f -> f.emit(HALT))
                        .test("t", t -> {})
                        .test("t", t -> {}))
                .hasMessage("test 't' is defined twice");
    }

    @Test
    @DisplayName("K7: a test in Java expects registers, globals, memory and errors, as it does in text")
    void expectations() throws AssemblyException {
        ProgramBuilder builder = new ProgramBuilder("p")
                .memory(1, 65_536)
                .global("half", F32, true, 0.5f)
                .function("main", main -> main.i32(1).emit(UNREACHABLE))
                .test(
                        "t",
                        test -> test.expectFault(FaultKind.UNREACHABLE)
                                .expectGlobal("half", 0.5f)
                                .expectRegister(StateExpectation.Register.SP, 1)
                                .expectMemory(16, (byte) 0, (byte) 0));
        Program program = builder.build();
        TestCase test = program.tests().get(0);
        ProgramTester.of(program, test).run().expectAllOf(test);

        Program text = Assembler.assemble("p.tasm", Disassembler.disassemble(program));
        assertThat(text.tests()).isEqualTo(program.tests());

        assertThatThrownBy(() -> builder.test("u", other -> other.expectGlobal("hlaf", 1)))
                .hasMessage("unknown global 'hlaf' (did you mean 'half'?)");
        assertThatThrownBy(() -> builder.test("u", other -> other.expectMemory(1L << 32, (byte) 0)))
                .hasMessage("there are 1 bytes at address 4294967296, expected at least 1 at an address from 0 to"
                        + " 4294967295");
    }

    @Test
    @DisplayName("numbers of the four types, as cells")
    void numbers() {
        Program program = new ProgramBuilder("p")
                .function(
                        "f",
                        f -> f.i32(-1).i64(-2).f32(-0.0f).emit(F32_CONST, 1).f64(Double.NaN))
                .test("t", test -> test.run("f", -1, -2L, -1.5f, -1.5))
                .build();
        assertThat(program.functions().get(0).code())
                .extracting(Instruction::a)
                .containsExactly(-1L, -2L, 0x8000_0000L, 0x3f80_0000L, 0x7ff8_0000_0000_0000L);
        assertThat(program.tests().get(0).arguments())
                .containsExactly(-1L, -2L, (long) Float.floatToIntBits(-1.5f), Double.doubleToLongBits(-1.5));
        assertThat(new ProgramBuilder("p")
                        .global("g", F32, true, -1.5f)
                        .build()
                        .globals()
                        .get(0)
                        .initial())
                .isEqualTo(0xffff_ffff_bfc0_0000L);
    }
}
