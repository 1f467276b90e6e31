package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.program.Position;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("S11: interrupts")
class InterruptTest {
    /** Handles signals 3 and 7; each delivery prints the signal. The main program has 20 instructions of nothing. */
    private static Bench bench(String... setUp) {
        return Bench.of(
                ".func three(signal: i32, payload: i64)",
                "i32.const 3",
                "call_host tape.print_i32",
                "local.get payload",
                "call_host tape.print_i64",
                "interrupt.return",
                ".end",
                ".func seven(signal: i32, payload: i64)",
                "local.get signal",
                "call_host tape.print_i32",
                "interrupt.enabled",
                "call_host tape.print_i32",
                "return",
                ".end",
                ".func main()",
                String.join("\n", setUp),
                "nop\n".repeat(20),
                "return",
                ".end",
                ".entry main");
    }

    private static final String HANDLE_BOTH =
            "i32.const 3\ninterrupt.handle three\ni32.const 7\ninterrupt.handle seven";

    @Test
    @DisplayName("S11: lowest number first, one per boundary, first in first out, and the flag is clear inside")
    void order() {
        Bench bench = bench(HANDLE_BOTH).start();
        Machine machine = bench.machine;
        machine.run(5);
        assertThat(machine.raise(7, 70)).isTrue();
        assertThat(machine.raise(3, 31)).isTrue();
        assertThat(machine.raise(3, 32)).isTrue();
        assertThat(machine.pendingCount(3)).isEqualTo(2);
        assertThat(bench.run()).isEqualTo(Status.RETURNED);
        // The handler of 7 leaves by a plain return, so the flag stays clear behind it.
        assertThat(bench.output()).isEqualTo("3\n31\n3\n32\n7\n0\n");
        assertThat(machine.interruptsEnabled()).isFalse();
    }

    @Test
    void deliveryIsNoInstructionAndHappensBeforeTheNextOne() {
        Bench bench = bench(HANDLE_BOTH).start();
        Machine machine = bench.machine;
        machine.run(6);
        machine.raise(3, 1);
        Position before = machine.position();
        machine.deliverInterrupt();
        assertThat(machine.icount()).isEqualTo(6);
        assertThat(machine.position()).isEqualTo(new Position(0, 0));
        assertThat(machine.depth()).isEqualTo(2);
        assertThat(machine.interruptFrame(1)).isTrue();
        assertThat(machine.interruptFrame(0)).isFalse();
        assertThat(machine.framePosition(0)).isEqualTo(before);
        assertThat(machine.local(1, 0)).isEqualTo(3);
        assertThat(machine.local(1, 1)).isEqualTo(1);
        assertThat(machine.pendingCount(3)).isZero();
        assertThat(machine.interruptsEnabled()).isFalse();
        machine.run(11);
        assertThat(machine.position()).isEqualTo(before);
        assertThat(machine.interruptsEnabled()).isTrue();
        assertThat(machine.depth()).isEqualTo(1);
    }

    @Test
    void runAndDeliverThenRunAreTheSame() {
        Bench one = bench(HANDLE_BOTH).start();
        Bench two = bench(HANDLE_BOTH).start();
        for (Bench bench : List.of(one, two)) {
            bench.machine.run(7);
            bench.machine.raise(7, 4);
        }
        two.machine.deliverInterrupt();
        one.machine.run(8);
        two.machine.run(8);
        assertThat(one.machine.snapshot().differences(two.machine.snapshot(), 5))
                .isEmpty();
    }

    @Test
    @DisplayName("S11: counted while masked; delivered when the flag is set again")
    void masked() {
        Bench bench = bench(HANDLE_BOTH, "interrupt.disable", "nop", "nop", "nop", "interrupt.enable")
                .start();
        Machine machine = bench.machine;
        machine.run(6);
        machine.raise(3, 1);
        machine.raise(3, 2);
        machine.run(8);
        assertThat(bench.output()).isEmpty();
        assertThat(machine.pendingCount(3)).isEqualTo(2);
        // `interrupt.enable` is the instruction with number 8; delivery is at the boundary right behind it.
        machine.run(9);
        assertThat(machine.depth()).isEqualTo(1);
        machine.run(10);
        assertThat(machine.depth()).isEqualTo(2);
        bench.run();
        assertThat(bench.output()).isEqualTo("3\n1\n3\n2\n");
    }

    @Test
    @DisplayName("S11: a signal without a handler stays pending until it has one")
    void withoutHandler() {
        Bench bench =
                bench("nop", HANDLE_BOTH, "i32.const 7", "interrupt.unhandle").start();
        Machine machine = bench.machine;
        machine.raise(7, 1);
        machine.raise(30, 2);
        assertThat(machine.handler(7)).isEqualTo(-1);
        machine.run(5);
        assertThat(machine.handler(7)).isEqualTo(1);
        assertThat(bench.output()).isEmpty();
        bench.run();
        assertThat(bench.output()).isEqualTo("7\n0\n");
        assertThat(machine.handler(7)).isEqualTo(-1);
        assertThat(machine.pendingCount(30)).isEqualTo(1);
    }

    @Test
    void theProgramRaisesItsOwn() {
        Bench bench = bench(HANDLE_BOTH, "i32.const 3", "i64.const -5", "interrupt.raise");
        bench.start().run();
        assertThat(bench.output()).isEqualTo("3\n-5\n");
    }

    @Test
    void aHandlerThatEnablesIsInterruptedItself() {
        Bench bench = Bench.of(
                ".func handler(signal: i32, payload: i64)",
                "interrupt.enable",
                "local.get payload",
                "call_host tape.print_i64",
                "interrupt.return",
                ".end",
                ".func main()",
                "i32.const 1",
                "interrupt.handle handler",
                "nop",
                "return",
                ".end",
                ".entry main");
        bench.start().machine.run(2);
        bench.machine.raise(1, 1);
        bench.machine.raise(1, 2);
        bench.machine.raise(1, 3);
        bench.run();
        assertThat(bench.output()).isEqualTo("3\n2\n1\n");
    }

    @Test
    void deliveryKeepsOperandsAndDeepensTheStackOnlyForItself() {
        Bench bench = Bench.of(
                ".func handler(signal: i32, payload: i64)",
                ".local a: i64",
                "i64.const 123",
                "local.set a",
                "interrupt.return",
                ".end",
                ".func main() -> (i32)",
                "i32.const 1",
                "interrupt.handle handler",
                "i32.const 20",
                "i32.const 22",
                "i32.add",
                "return",
                ".end",
                ".entry main");
        for (int icount = 2; icount < 6; icount++) {
            bench.machine.set(new Location.Register("interrupts"), 1);
            bench.start();
            long from = bench.machine.icount();
            bench.machine.run(from + icount);
            bench.machine.raise(1, icount);
            bench.run();
            assertThat(bench.machine.results()).containsExactly(42L);
        }
    }

    @Test
    @DisplayName("S12: delivery without room for a frame is a stack overflow, and the interrupt stays pending")
    void overflow() {
        Bench bench = Bench.withLimits(
                new Limits(64, 1, 0, 1 << 16, 3),
                ".func handler(signal: i32, payload: i64)",
                "return",
                ".end",
                ".func main()",
                "i32.const 1",
                "interrupt.handle handler",
                "nop",
                "return",
                ".end",
                ".entry main");
        bench.start().machine.run(2);
        for (int i = 0; i < 3; i++) {
            assertThat(bench.machine.raise(1, i)).isTrue();
        }
        assertThat(bench.machine.raise(2, 9)).isFalse();
        assertThat(bench.machine.pendingCount(2)).isZero();
        bench.run();
        Fault fault = bench.machine.fault().orElseThrow();
        assertThat(fault.kind()).isEqualTo(FaultKind.STACK_OVERFLOW);
        assertThat(fault.position()).isEqualTo(new Position(1, 2));
        assertThat(fault.icount()).isEqualTo(2);
        assertThat(bench.machine.pendingCount(1)).isEqualTo(3);
    }

    @Test
    void tooManyThatTheProgramRaisesIsAFault() {
        Bench bench = Bench.withLimits(
                new Limits(64, 4, 0, 1 << 16, 5),
                Bench.main("", "()", "again:", "i32.const 9", "i64.const 1", "interrupt.raise", "br again"));
        Fault fault = bench.fault();
        assertThat(fault.kind()).isEqualTo(FaultKind.INTERRUPT_OVERFLOW);
        assertThat(fault.detail()).contains("5 interrupts are pending");
        assertThat(bench.machine.pendingCount(9)).isEqualTo(5);
        assertThat(bench.operands()).containsExactly(9, 1);
    }

    @Test
    void signalsAreChecked() {
        Machine machine = bench().machine;
        for (int signal : new int[] {0, 32, -1}) {
            assertThatThrownBy(() -> machine.raise(signal, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> machine.handler(signal)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> machine.pendingCount(signal)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void manyPendingKeepTheirOrderWhileTheyComeAndGo() {
        Interrupts interrupts = new Interrupts(1_000);
        List<Long> taken = new ArrayList<>();
        long next = 0;
        for (int round = 0; round < 50; round++) {
            for (int i = 0; i < round % 11; i++) {
                assertThat(interrupts.raise(5, next++)).isTrue();
            }
            for (int i = 0; i < round % 7 && interrupts.pendingCount(5) > 0; i++) {
                taken.add(interrupts.take(5));
            }
        }
        while (interrupts.pendingCount(5) > 0) {
            taken.add(interrupts.take(5));
        }
        assertThat(taken).hasSize((int) next).isSorted().doesNotHaveDuplicates();
    }
}
