package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("S12: faults")
class FaultTest {
    @Test
    void carryInstructionAndRegisters() {
        Bench bench = Bench.of(Bench.main(
                ".memory 1\n.data d at 64 = i32 5",
                "(a: i32) -> (i32)",
                "i32.const 7",
                "local.get a",
                "i32.load [+4]",
                "i32.add",
                "return"));
        Fault fault = bench.fault(65_529);
        assertThat(fault.kind()).isEqualTo(FaultKind.OUT_OF_BOUNDS);
        assertThat(fault.detail()).isEqualTo("address 65533, 4 bytes, memory has 65536 bytes");
        assertThat(fault.position()).isEqualTo(new Position(0, 2)).isEqualTo(bench.machine.position());
        assertThat(fault.icount()).isEqualTo(2).isEqualTo(bench.machine.icount());
        assertThat(fault.sp()).isEqualTo(3);
        assertThat(fault.bp()).isZero();
        assertThat(fault.hp()).isEqualTo(80);
        assertThat(bench.operands()).containsExactly(7, 65_529);
    }

    /** Instructions that end in a fault of each kind, and one that would follow. */
    private static String[] faulting(FaultKind kind) {
        return switch (kind) {
            case UNREACHABLE -> new String[] {"unreachable"};
            case OUT_OF_BOUNDS -> new String[] {"i32.const 65536", "i32.load8_u", "drop", "return"};
            case MEMORY_OVERFLOW ->
                new String[] {"i32.const 0", "i32.const 1", "i32.const 65536", "memory.fill", "return"};
            case STACK_OVERFLOW -> new String[] {"call main", "return"};
            case DIVISION_BY_ZERO -> new String[] {"i64.const 1", "i64.const 0", "i64.rem_u", "drop", "return"};
            case INTEGER_OVERFLOW ->
                new String[] {"i32.const -2147483648", "i32.const -1", "i32.div_s", "drop", "return"};
            case INVALID_CONVERSION -> new String[] {"f64.const nan", "i32.trunc_f64_s", "drop", "return"};
            case TABLE_OUT_OF_BOUNDS -> new String[] {"i32.const 1", "table.get t", "drop", "return"};
            case UNDEFINED_ELEMENT -> new String[] {"i32.const 9", "call_indirect t ()", "return"};
            case UNINITIALIZED_ELEMENT ->
                new String[] {
                    "i32.const 0", "ref.null funcref", "table.set t", "i32.const 0", "call_indirect t ()", "return"
                };
            case TYPE_MISMATCH -> new String[] {"i32.const 0", "call_indirect t ()", "return"};
            case INVALID_SECTION -> new String[] {"i32.const 1", "section.free", "return"};
            case SECTION_OUT_OF_BOUNDS ->
                new String[] {"i32.const 3", "section.new", "i32.const 0", "section.load32", "drop", "return"};
            case INVALID_SIGNAL -> new String[] {"i32.const 32", "interrupt.unhandle", "return"};
            case INTERRUPT_OVERFLOW ->
                new String[] {"again:", "i32.const 1", "i64.const 0", "interrupt.raise", "br again"};
            case INVALID_RETURN -> new String[] {"i32.const 1", "i64.const 2", "call handler", "return"};
            case HOST_ERROR -> new String[] {"i32.const 65530", "i32.const 7", "call_host tape.output", "return"};
        };
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("S12: a fault of each kind names its instruction, sp, bp and hp, as they are before the instruction")
    void everyKindNamesItsPlace(FaultKind kind) {
        String[] body = faulting(kind);
        String[] lines = {
            ".memory 1 1",
            ".data d at 100 = i32 5",
            ".table t = handler",
            ".func handler(signal: i32, payload: i64)",
            "interrupt.return",
            ".end",
            ".func main()",
            ".local unused: i64",
            String.join("\n", body),
            ".end",
            ".entry main"
        };
        Bench bench = Bench.withLimits(new Limits(128, 8, 1, 15, 3), lines);
        Fault fault = bench.fault();
        assertThat(fault.kind()).isEqualTo(kind);
        assertThat(bench.machine.status()).isEqualTo(Status.FAULTED);

        Bench before = Bench.withLimits(new Limits(128, 8, 1, 15, 3), lines).start();
        if (fault.icount() > 0) {
            assertThat(before.machine.run(fault.icount())).isEqualTo(Status.RUNNING);
        }
        assertThat(fault.position()).isEqualTo(before.machine.position());
        assertThat(fault.sp()).isEqualTo(before.machine.sp());
        assertThat(fault.bp()).isEqualTo(before.machine.bp());
        assertThat(fault.hp()).isEqualTo(before.machine.hp()).isEqualTo(112);
        assertThat(before.machine.run(fault.icount() + 1)).isEqualTo(Status.FAULTED);
    }

    @Test
    @DisplayName("S12: code cannot be written: no address reaches it")
    void codeIsNotInMemory() {
        Bench bench = Bench.of(Bench.main(
                ".memory 1",
                "() -> (i32)",
                "i32.const 0",
                "i32.const 255",
                "i32.const 65536",
                "memory.fill",
                "i32.const 42",
                "return"));
        assertThat(bench.result()).isEqualTo(42);
        assertThat(bench.result()).isEqualTo(42);
    }

    @Test
    @DisplayName("S12: a stack underflow is found before anything runs")
    void underflow() throws AssemblyException {
        Program program = Assembler.assemble(
                "test.tasm", ".func main()\n  i32.const 1\n  i32.add\n  drop\n  return\n.end\n.entry main\n");
        assertThatThrownBy(() -> Verifier.verify(program))
                .isInstanceOf(VerifyException.class)
                .hasMessageContaining("function 'main', offset 1 (test.tasm:3)")
                .hasMessageContaining("expected [i32 i32] on top of the stack, found [i32]");
    }

    @ParameterizedTest
    @CsvSource({
        "i32.load8_s,1", "i32.load8_u,1", "i32.load16_s,2", "i32.load16_u,2", "i32.load,4", "f32.load,4",
        "i64.load8_s,1", "i64.load8_u,1", "i64.load16_s,2", "i64.load16_u,2", "i64.load32_s,4", "i64.load32_u,4",
        "i64.load,8", "f64.load,8"
    })
    void loadsReachExactlyToTheEnd(String mnemonic, int width) {
        Bench bench =
                Bench.of(Bench.main(".memory 1", "(a: i32)", "local.get a", mnemonic + " [+16]", "drop", "return"));
        bench.start(65_536 - 16 - width).run();
        assertThat(bench.machine.status()).isEqualTo(Status.RETURNED);
        for (long address : new long[] {65_536 - 16 - width + 1, 65_536 - 16, 65_536, Integer.MAX_VALUE, -16, -1}) {
            assertThat(bench.fault(address).kind()).as("address " + address).isEqualTo(FaultKind.OUT_OF_BOUNDS);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "i32.store8,1,i32",
        "i32.store16,2,i32",
        "i32.store,4,i32",
        "f32.store,4,f32",
        "i64.store8,1,i64",
        "i64.store16,2,i64",
        "i64.store32,4,i64",
        "i64.store,8,i64",
        "f64.store,8,f64"
    })
    void storesReachExactlyToTheEndAndFaultWithoutAnEffect(String mnemonic, int width, String type) {
        Bench bench = Bench.of(Bench.main(
                ".memory 1", "(a: i32)", "local.get a", type + ".const 1", mnemonic + " [+4294967280]", "return"));
        // The offset is 2^32 - 16: with the address it is a 33-bit number that does not wrap around.
        for (long address : new long[] {0, 16, 17, 65_536, -1}) {
            assertThat(bench.fault(address).kind()).as("address " + address).isEqualTo(FaultKind.OUT_OF_BOUNDS);
        }
        Bench near =
                Bench.of(Bench.main(".memory 1", "(a: i32)", "local.get a", type + ".const 1", mnemonic, "return"));
        near.start(65_536 - width).run();
        assertThat(near.machine.status()).isEqualTo(Status.RETURNED);
        byte[] before = near.machine.readMemory(0, 65_536);
        assertThat(near.fault(65_536 - width + 1).kind()).isEqualTo(FaultKind.OUT_OF_BOUNDS);
        assertThat(near.machine.readMemory(0, 65_536)).isEqualTo(before);
        assertThat(near.operands()).hasSize(2);
    }

    @Test
    void withoutMemoryNothingIsInside() {
        Bench bench = Bench.of(Bench.main(".memory 0 0", "(a: i32)", "local.get a", "i32.load8_u", "drop", "return"));
        assertThat(bench.fault(0).detail()).isEqualTo("address 0, 1 byte, memory has 0 bytes");
    }

    @Test
    @DisplayName(
            "K3, S12: deep recursion is a stack overflow, by frames and by cells, and the machine is usable afterwards")
    void recursion() {
        String[] lines = {
            ".func down(n: i32) -> (i32)",
            "local.get n",
            "br_unless bottom",
            "local.get n",
            "i32.const 1",
            "i32.sub",
            "call down",
            "return",
            "bottom:",
            "i32.const 99",
            "return",
            ".end",
            ".entry down"
        };
        Bench byFrames = Bench.withLimits(new Limits(1 << 20, 1_000, 0, 1 << 16, 1), lines);
        assertThat(byFrames.result(999)).isEqualTo(99);
        Fault fault = byFrames.fault(1_000);
        assertThat(fault.kind()).isEqualTo(FaultKind.STACK_OVERFLOW);
        assertThat(fault.detail()).contains("1000 frames, limit is 1000");
        assertThat(byFrames.machine.depth()).isEqualTo(1_000);
        assertThat(byFrames.machine.local(999, 0)).isEqualTo(1);
        assertThat(byFrames.result(5)).isEqualTo(99);

        Bench byCells = Bench.withLimits(new Limits(64, 1_000, 0, 1 << 16, 1), lines);
        Fault overflow = byCells.fault(1_000);
        assertThat(overflow.kind()).isEqualTo(FaultKind.STACK_OVERFLOW);
        assertThat(overflow.detail())
                .contains("function down needs 3 cells above")
                .contains("limit is 64");
        assertThat(byCells.result(5)).isEqualTo(99);
    }

    @Test
    void functionThatNeverFitsTheStackFaultsAtTheStart() {
        StringBuilder locals = new StringBuilder(".local x: i32");
        for (int i = 0; i < 100; i++) {
            locals.append(", x").append(i).append(": i32");
        }
        Bench bench =
                Bench.withLimits(new Limits(64, 10, 0, 1 << 16, 1), Bench.main("", "()", locals.toString(), "return"));
        Fault fault = bench.fault();
        assertThat(fault.kind()).isEqualTo(FaultKind.STACK_OVERFLOW);
        assertThat(fault.position()).isEqualTo(new Position(0, 0));
        assertThat(bench.machine.depth()).isZero();
        bench.machine.restore(bench.machine.snapshot());
        assertThat(bench.machine.fault()).contains(fault);
    }

    @Test
    void indirectCallsCheckIndexElementAndType() {
        Bench bench = Bench.of(
                ".table t = f, _, g",
                ".func f(a: i32) -> (i32)",
                "local.get a",
                "return",
                ".end",
                ".func g()",
                "return",
                ".end",
                ".func main(i: i32) -> (i32)",
                "i32.const 11",
                "local.get i",
                "call_indirect t (i32) -> (i32)",
                "return",
                ".end",
                ".entry main");
        assertThat(bench.result(0)).isEqualTo(11);
        Fault empty = bench.fault(1);
        assertThat(empty.kind()).isEqualTo(FaultKind.UNINITIALIZED_ELEMENT);
        assertThat(empty.detail()).isEqualTo("element 1 is empty");
        assertThat(bench.operands()).containsExactly(11, 1);
        assertThat(bench.fault(3).detail()).isEqualTo("index 3, table has 3 elements");
        assertThat(bench.fault(-1).detail()).isEqualTo("index 4294967295, table has 3 elements");
        Fault type = bench.fault(2);
        assertThat(type.kind()).isEqualTo(FaultKind.TYPE_MISMATCH);
        assertThat(type.detail()).isEqualTo("function g has type () -> (), expected (i32) -> (i32)");
    }

    @Test
    void indirectCallOverflowsToo() {
        Bench bench = Bench.withLimits(
                new Limits(1 << 10, 8, 0, 1 << 16, 1),
                ".table t = f",
                ".func f()",
                "i32.const 0",
                "call_indirect t ()",
                "return",
                ".end",
                ".entry f");
        assertThat(bench.fault().kind()).isEqualTo(FaultKind.STACK_OVERFLOW);
        assertThat(bench.machine.depth()).isEqualTo(8);
        assertThat(bench.operands()).containsExactly(0);
    }

    @Test
    void signalsAndReturnsAreChecked() {
        for (String body : new String[] {"interrupt.unhandle", "i64.const 0\ninterrupt.raise", "interrupt.handle h"}) {
            Bench bench = Bench.of(
                    ".func h(s: i32, p: i64)",
                    "return",
                    ".end",
                    ".func main(s: i32)",
                    "local.get s",
                    body,
                    "return",
                    ".end",
                    ".entry main");
            for (long signal : new long[] {0, 32, -1, Integer.MIN_VALUE}) {
                Fault fault = bench.fault(signal);
                assertThat(fault.kind()).as(body).isEqualTo(FaultKind.INVALID_SIGNAL);
                assertThat(fault.detail()).isEqualTo("signal " + signal + ", expected 1 to 31");
            }
            bench.start(31).run();
            assertThat(bench.machine.status()).isEqualTo(Status.RETURNED);
        }
        Bench bench = Bench.of(".func handler(s: i32, p: i64)", "interrupt.return", ".end", ".entry handler");
        assertThat(bench.fault(1, 2).kind()).isEqualTo(FaultKind.INVALID_RETURN);
    }

    @Test
    @DisplayName("Limits: more memory than allowed is refused with both numbers")
    void memoryLimit() {
        Limits limits = new Limits(64, 1, 2, 1 << 16, 1);
        assertThatThrownBy(() -> Bench.withLimits(limits, Bench.main(".memory 3", "()", "return")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("needs 3 pages")
                .hasMessageContaining("limit is 2");
        Bench bench = Bench.withLimits(
                limits, Bench.main(".memory 1 10", "(n: i32) -> (i32)", "local.get n", "memory.grow", "return"));
        assertThat(bench.result(2)).isEqualTo(-1);
        assertThat(bench.result(-1)).isEqualTo(-1);
        assertThat(bench.result(1)).isEqualTo(1);
        assertThat(bench.result(0)).isEqualTo(2);
        assertThat(bench.result(1)).isEqualTo(-1);
        assertThat(bench.machine.memoryBytes()).isEqualTo(131_072);
    }
}
