package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.isa.ValueType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Looking at the state, and changing it, place by place. */
class LocationTest {
    private static final String[] PROGRAM = {
        ".memory 1",
        ".global g: mut i32 = 4",
        ".func on_signal(signal: i32, payload: i64)",
        "interrupt.return",
        ".end",
        ".func inner(a: i64) -> (i64)",
        ".local f: f32",
        "i32.const 3",
        "drop",
        "local.get a",
        "return",
        ".end",
        ".func main() -> (i64)",
        "f64.const 1.5",
        "drop",
        "i32.const 17",
        "i64.const 23",
        "call inner",
        "unwind 1 1",
        "return",
        ".end",
        ".entry main"
    };

    private final Bench bench = Bench.of(PROGRAM).start();
    private final Machine machine = bench.machine;

    LocationTest() {
        machine.run(6); // behind `i32.const 3` in inner
    }

    private static final List<Location> SETTABLE = List.of(
            new Location.Local(1, 1),
            new Location.Operand(0, 0),
            new Location.Operand(1, 0),
            new Location.GlobalVariable(0),
            new Location.MemoryByte(65_535),
            new Location.Handler(31),
            new Location.Register("hp"),
            new Location.Register("interrupts"));

    @Test
    void placesHaveValues() {
        assertThat(machine.get(new Location.Local(1, 0))).isEqualTo(23);
        assertThat(machine.get(new Location.Operand(0, 0))).isEqualTo(17);
        assertThat(machine.get(new Location.Operand(1, 0))).isEqualTo(3);
        assertThat(machine.get(new Location.GlobalVariable(0))).isEqualTo(4);
        assertThat(machine.get(new Location.MemoryByte(5))).isZero();
        assertThat(machine.get(new Location.MemorySize())).isEqualTo(1);
        assertThat(machine.get(new Location.FramePosition(0))).isEqualTo(2L << 32 | 4);
        assertThat(machine.get(new Location.FramePosition(1))).isEqualTo(1L << 32 | 1);
        assertThat(machine.get(new Location.Handler(1))).isEqualTo(-1);
        assertThat(machine.get(new Location.Pending(1))).isZero();
        assertThat(machine.get(new Location.Register("depth"))).isEqualTo(2);
        assertThat(machine.get(new Location.Register("sp"))).isEqualTo(4);
        assertThat(machine.get(new Location.Register("bp"))).isEqualTo(1);
        assertThat(machine.get(new Location.Register("status"))).isEqualTo(Status.RUNNING.code());
        assertThat(machine.get(new Location.Register("exit"))).isZero();
    }

    @Test
    void whatIsSetIsThereAndShowsAsTheOnlyDifference() {
        for (Location location : SETTABLE) {
            Snapshot before = machine.snapshot();
            long old = machine.get(location);
            boolean narrow =
                    location instanceof Location.Handler || location.equals(new Location.Register("interrupts"));
            long value = narrow ? 0 : 99;
            machine.set(location, value);
            assertThat(machine.get(location)).as(location.toString()).isEqualTo(value);
            assertThat(before.differences(machine.snapshot(), 10))
                    .containsExactly(new Difference(location, old, value));
            machine.restore(before);
            assertThat(machine.get(location)).isEqualTo(old);
        }
    }

    @Test
    void valuesKeepTheOneRepresentationOfTheirType() {
        machine.set(new Location.Operand(0, 0), 0x1_8000_0000L);
        assertThat(machine.operand(0, 0)).isEqualTo(Integer.MIN_VALUE);
        machine.set(new Location.Local(1, 0), 0x1_8000_0000L);
        assertThat(machine.local(1, 0)).isEqualTo(0x1_8000_0000L);
        machine.set(new Location.GlobalVariable(0), 0xFFFF_FFFFL);
        assertThat(machine.global(0)).isEqualTo(-1);
        machine.set(new Location.MemoryByte(0), 0x1FF);
        assertThat(machine.readMemory(0, 2)).containsExactly(-1, 0);
        assertThat(machine.valueType(new Location.Local(1, 1))).contains(ValueType.F32);
        assertThat(machine.valueType(new Location.Operand(0, 0))).contains(ValueType.I32);
        assertThat(machine.valueType(new Location.Operand(1, 0))).contains(ValueType.I32);
        assertThat(machine.valueType(new Location.GlobalVariable(0))).contains(ValueType.I32);
        assertThat(machine.valueType(new Location.MemoryByte(0))).isEmpty();
    }

    @Test
    void whatTheVerifierProvedCannotBeBroken() {
        Snapshot before = machine.snapshot();
        for (Location location : List.of(
                new Location.Register("sp"),
                new Location.Register("bp"),
                new Location.Register("status"),
                new Location.Register("depth"),
                new Location.FramePosition(0),
                new Location.MemorySize(),
                new Location.Pending(1))) {
            assertThatThrownBy(() -> machine.set(location, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cannot be set");
        }
        assertThatThrownBy(() -> machine.set(new Location.Handler(3), 1)).hasMessageContaining("cannot be a handler");
        assertThatThrownBy(() -> machine.set(new Location.Handler(3), -2)).hasMessageContaining("cannot be a handler");
        assertThat(machine.snapshot().sameState(before)).isTrue();
    }

    @Test
    void placesThatAreNotThereAreNamed() {
        for (Location location : List.of(
                new Location.Local(0, 0),
                new Location.Local(1, 2),
                new Location.Local(2, 0),
                new Location.Local(-1, 0),
                new Location.Operand(0, 1),
                new Location.Operand(1, -1),
                new Location.GlobalVariable(1),
                new Location.MemoryByte(65_536),
                new Location.MemoryByte(-1),
                new Location.FramePosition(2),
                new Location.Handler(0),
                new Location.Handler(32),
                new Location.Pending(0))) {
            assertThatThrownBy(() -> machine.get(location))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("there is no " + location);
            assertThatThrownBy(() -> machine.set(location, 0)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> machine.get(new Location.Register("ax"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void resultsOfARunAreNoOperandsButDifferAsSuch() {
        bench.run();
        Snapshot first = machine.snapshot();
        machine.start(2);
        machine.run(machine.icount() + 6);
        machine.set(new Location.Local(1, 0), 24);
        bench.run();
        assertThat(machine.results()).containsExactly(24L);
        assertThat(first.differences(machine.snapshot(), 10))
                .containsExactly(new Difference(new Location.Operand(0, 0), 23, 24));
        assertThatThrownBy(() -> machine.get(new Location.Operand(0, 0))).isInstanceOf(IllegalArgumentException.class);
    }
}
