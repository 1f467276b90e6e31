package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jumps, calls, frames, stack, constants, globals. */
class ControlTest {
    static final String[] FIB = {
        ".func fib(n: i32) -> (i32)",
        "local.get n",
        "i32.const 2",
        "i32.lt_s",
        "br_unless recurse",
        "local.get n",
        "return",
        "recurse:",
        "local.get n",
        "i32.const 1",
        "i32.sub",
        "call fib",
        "local.get n",
        "i32.const 2",
        "i32.sub",
        "call fib",
        "i32.add",
        "return",
        ".end",
        ".entry fib"
    };

    @Test
    @DisplayName("G1: 2 + 3 * 4 evolves as published")
    void stackEvolves() {
        Bench bench = Bench.of(Bench.main(
                        "", "() -> (i32)", "i32.const 2", "i32.const 3", "i32.const 4", "i32.mul", "i32.add", "return"))
                .start();
        List<String> evolution = new ArrayList<>();
        for (int icount = 1; icount <= 6; icount++) {
            evolution.add(Arrays.toString(bench.operands()));
            bench.machine.run(icount);
        }
        assertThat(evolution).containsExactly("[]", "[2]", "[2, 3]", "[2, 3, 4]", "[2, 12]", "[14]");
        assertThat(bench.machine.results()).containsExactly(14L);
        assertThat(bench.machine.icount()).isEqualTo(6);
    }

    @Test
    @DisplayName("G2: push, pop and peek")
    void pushPopPeek() {
        Bench bench = Bench.of(Bench.main(
                        "",
                        "() -> (i32)",
                        ".local top: i32",
                        "i32.const 5",
                        "i32.const 6",
                        "local.tee top", // looks at the top without popping it
                        "drop",
                        "local.get top",
                        "i32.sub",
                        "return"))
                .start();
        List<String> evolution = new ArrayList<>();
        for (int icount = 1; icount <= 6; icount++) {
            bench.machine.run(icount);
            evolution.add(Arrays.toString(bench.operands()));
        }
        assertThat(evolution).containsExactly("[5]", "[5, 6]", "[5, 6]", "[5]", "[5, 6]", "[-1]");
        assertThat(bench.run()).isEqualTo(Status.RETURNED);
        assertThat(bench.machine.results()).containsExactly(-1L);
    }

    @Test
    @DisplayName("G2: fetch, decode, execute: the instruction at the position, one after the other, jumps included")
    void fetchDecodeExecute() {
        Bench bench = Bench.of(Bench.main(
                        "",
                        "()",
                        "again:",
                        "i32.const 1",
                        "br_unless again",
                        "br over",
                        "before:",
                        "return",
                        "over:",
                        "nop",
                        "br before"))
                .start();
        List<String> executed = new ArrayList<>();
        while (bench.machine.status() == Status.RUNNING) {
            executed.add(bench.machine.position().offset() + " "
                    + bench.machine.instruction().opcode().mnemonic());
            bench.machine.run(bench.machine.icount() + 1);
        }
        assertThat(executed).containsExactly("0 i32.const", "1 br_unless", "2 br", "4 nop", "5 br", "3 return");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, 2, 256, 65_536, Integer.MIN_VALUE, Integer.MAX_VALUE})
    @DisplayName("G2: jump-if-false jumps on 0 and on nothing else")
    void jumpIfFalse(long condition) {
        Bench bench = Bench.of(Bench.main(
                "",
                "(condition: i32) -> (i32)",
                "local.get condition",
                "br_unless falsy",
                "i32.const 1",
                "return",
                "falsy:",
                "i32.const 0",
                "return"));
        assertThat(bench.result(condition)).isEqualTo(condition == 0 ? 0 : 1);
    }

    @Test
    @DisplayName("K7: halt carries an exit code, any 32 bits, from any depth")
    void haltCode() {
        Bench bench = Bench.of(
                ".func f(code: i32)",
                "local.get code",
                "halt",
                ".end",
                ".func main(code: i32)",
                "local.get code",
                "call f",
                "return",
                ".end",
                ".entry main");
        for (int code : new int[] {0, 1, 255, 256, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThat(bench.start(code).run()).isEqualTo(Status.HALTED);
            assertThat(bench.machine.exitCode()).isEqualTo(code);
        }
    }

    @Test
    @DisplayName("K5: -123 into R1, 456 into R2, their sum into R3, print, halt")
    void registersInLocals() {
        Bench bench = Bench.of(Bench.main(
                "",
                "()",
                ".local r1: i32, r2: i32, r3: i32",
                "i32.const -123",
                "local.set r1",
                "i32.const 456",
                "local.set r2",
                "local.get r1",
                "local.get r2",
                "i32.add",
                "local.tee r3",
                "call_host tape.print_i32",
                "i32.const 0",
                "halt"));
        bench.start().run();
        assertThat(bench.output()).isEqualTo("333\n");
        assertThat(bench.machine.exitCode()).isZero();
    }

    @Test
    @DisplayName("G3, K3: calls pass arguments, keep the caller's locals, and leave the result")
    void calls() {
        Bench bench = Bench.of(FIB).start(10);
        Machine machine = bench.machine;
        assertThat(bench.run()).isEqualTo(Status.RETURNED);
        assertThat(machine.results()).containsExactly(55L);
        assertThat(machine.depth()).isZero();
        assertThat(machine.sp()).isEqualTo(1);
    }

    @Test
    @DisplayName("K3: frames can be looked at while they are there")
    void frames() {
        Bench bench = Bench.of(FIB).start(5);
        Machine machine = bench.machine;
        while (machine.depth() < 3) {
            machine.run(machine.icount() + 1);
        }
        assertThat(machine.framePosition(0)).isEqualTo(new Position(0, 9));
        assertThat(machine.framePosition(1)).isEqualTo(new Position(0, 9));
        assertThat(machine.framePosition(2)).isEqualTo(new Position(0, 0)).isEqualTo(machine.position());
        assertThat(machine.local(0, 0)).isEqualTo(5);
        assertThat(machine.local(1, 0)).isEqualTo(4);
        assertThat(machine.local(2, 0)).isEqualTo(3);
        assertThat(machine.operandCount(0)).isZero();
        assertThat(machine.bp()).isEqualTo(2);
        assertThat(machine.interruptFrame(2)).isFalse();
        assertThatThrownBy(() -> machine.local(2, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> machine.framePosition(3)).hasMessageContaining("no frame 3");
    }

    @Test
    void localsBesideParametersStartAsZeroInEachCall() {
        Bench bench = Bench.of(
                ".func f() -> (i64)",
                ".local a: i64, b: i64",
                "local.get a",
                "local.get b",
                "i64.add",
                "i64.const -1",
                "local.set a",
                "i64.const -1",
                "local.set b",
                "return",
                ".end",
                ".func main() -> (i64)",
                "call f",
                "drop",
                "call f",
                "return",
                ".end",
                ".entry main");
        assertThat(bench.result()).isZero();
    }

    @Test
    void tableBranchTakesTheIndexUnsignedAndTheLastAsDefault() {
        Bench bench = Bench.of(Bench.main(
                "",
                "(i: i32) -> (i32)",
                "local.get i",
                "br_table zero one other",
                "zero:",
                "i32.const 100",
                "return",
                "one:",
                "i32.const 101",
                "return",
                "other:",
                "i32.const 102",
                "return"));
        assertThat(bench.result(0)).isEqualTo(100);
        assertThat(bench.result(1)).isEqualTo(101);
        assertThat(bench.result(2)).isEqualTo(102);
        assertThat(bench.result(3)).isEqualTo(102);
        assertThat(bench.result(-1)).isEqualTo(102);
        assertThat(bench.result(Integer.MIN_VALUE)).isEqualTo(102);
    }

    @Test
    void severalResultsKeepTheirOrder() {
        Bench bench = Bench.of(
                ".func f(a: i32) -> (i32, i64, i32)",
                "i32.const 9", // an extra cell below the results is dropped
                "local.get a",
                "i64.const 2",
                "i32.const 3",
                "return",
                ".end",
                ".func main() -> (i32, i64, i32)",
                "i32.const 1",
                "call f",
                "return",
                ".end",
                ".entry main");
        bench.start().run();
        assertThat(bench.machine.results()).containsExactly(1L, 2L, 3L);
    }

    @Test
    void unwindKeepsTheTopAndDropsWhatIsBelow() {
        Bench bench = Bench.of(Bench.main(
                        "",
                        "()",
                        "i32.const 1",
                        "i32.const 2",
                        "i32.const 3",
                        "i32.const 4",
                        "i32.const 5",
                        "unwind 2 2",
                        "i32.const 0",
                        "halt"))
                .start();
        bench.machine.run(6);
        assertThat(bench.operands()).containsExactly(1, 4, 5);
    }

    @Test
    @DisplayName("W10: constants keep every bit, NaN payloads and -0.0 included")
    void constants() {
        Bench bench = Bench.of(Bench.main(
                "",
                "() -> (i32, i64, f32, f64, f64, f32)",
                "i32.const 0x80000000",
                "i64.const 0x123456789ABCDEF0",
                "f32.const nan:0x200001",
                "f64.const -0.0",
                "f64.const nan:0x4000000000001",
                "f32.const -inf",
                "return"));
        bench.start().run();
        assertThat(bench.machine.results())
                .containsExactly(
                        (long) Integer.MIN_VALUE,
                        0x1234_5678_9ABC_DEF0L,
                        0x7FA0_0001L,
                        Long.MIN_VALUE,
                        0x7FF4_0000_0000_0001L,
                        0xFFFF_FFFF_FF80_0000L);
    }

    @Test
    void selectTakesTheFirstIfTheConditionIsNotZero() {
        Bench bench = Bench.of(
                Bench.main("", "(c: i32) -> (i64)", "i64.const 10", "i64.const 20", "local.get c", "select", "return"));
        assertThat(bench.result(0)).isEqualTo(20);
        assertThat(bench.result(1)).isEqualTo(10);
        assertThat(bench.result(-1)).isEqualTo(10);
    }

    @Test
    void globalsKeepTheirValuesBetweenRuns() {
        Bench bench = Bench.of(Bench.main(
                ".global counter: mut i32 = 40",
                "() -> (i32)",
                "global.get counter",
                "i32.const 1",
                "i32.add",
                "global.set counter",
                "global.get counter",
                "return"));
        assertThat(bench.result()).isEqualTo(41);
        assertThat(bench.result()).isEqualTo(42);
        assertThat(bench.machine.global(0)).isEqualTo(42);
        assertThat(bench.machine.icount()).isEqualTo(12);
    }

    @Test
    void heapPointerStartsBehindTheDataAlignedTo16() {
        Bench bench = Bench.of(Bench.main(
                ".memory 1\n.data a at 1000 = i8 1\n.data b at 2000 = zero 1",
                "() -> (i32)",
                "hp.get",
                "hp.get",
                "i32.const 100",
                "i32.add",
                "hp.set",
                "return"));
        assertThat(bench.result()).isEqualTo(2016);
        assertThat(bench.machine.hp()).isEqualTo(2116);
    }

    @Test
    void startChecksItsArguments() {
        Bench bench = Bench.of(FIB);
        assertThatThrownBy(() -> bench.machine.run(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> bench.machine.position()).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> bench.start()).hasMessageContaining("takes 1 arguments, got 0");
        assertThatThrownBy(() -> bench.machine.start(1)).hasMessageContaining("the program has 1");
        bench.start(3);
        assertThatThrownBy(() -> bench.start(3)).isInstanceOf(IllegalStateException.class);
        assertThat(bench.machine.instruction().opcode()).isEqualTo(Opcode.LOCAL_GET);
    }
}
