package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("G4: whatever a host does wrong is an error to it, a fault to the program, and replays")
class HostMisuseTest {
    /** Calls its host 600 times; blocks of 256 instructions, so that the host has a machine to misuse from the second. */
    private static final VerifiedProgram CALLER = Deck.assemble("caller", """
            .memory 1 1
            .import env.step(i32) -> (i32)
            .func main() -> i32
              .local i: i32, sum: i32
              i32.const 600
              local.set i
            again:
              local.get i
              call_host env.step
              local.get sum
              i32.add
              local.set sum
              local.get i
              i32.const 1
              i32.sub
              local.tee i
              br_if again
              local.get sum
              return
            .end
            .entry main
            """);

    private static final int CALLS_BEFORE = 300;

    @TempDir
    private Path temp;

    /** Something that a host must not do. */
    private interface Act {
        void on(HostCall call, Machine machine) throws HostException;
    }

    private record Misuse(String name, Act act, String message) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Misuse> misuses() {
        return Stream.of(
                new Misuse("write behind the end", (call, machine) -> call.writeMemory(65_536, new byte[1]), "65536"),
                new Misuse("write across the end", (call, machine) -> call.writeMemory(65_530, new byte[7]), "65530"),
                new Misuse("write before the start", (call, machine) -> call.writeMemory(-1, new byte[1]), "-1"),
                new Misuse("write at an absurd address", (c, m) -> c.writeMemory(Long.MAX_VALUE, new byte[9]), "9223"),
                new Misuse("write to no memory", (call, machine) -> call.writeMemory(1, 0, new byte[1]), "memory 1"),
                new Misuse("write to memory -1", (call, machine) -> call.writeMemory(-1, 0, new byte[1]), "memory -1"),
                new Misuse("read behind the end", (call, machine) -> call.readMemory(65_530, 7), "65530"),
                new Misuse("read -1 bytes", (call, machine) -> call.readMemory(0, -1), "-1"),
                new Misuse("read 2 GiB", (call, machine) -> call.readMemory(0, Integer.MAX_VALUE), "2147483647"),
                new Misuse("argument 1 of 1", (call, machine) -> call.argument(1), "argument"),
                new Misuse("result -1", (call, machine) -> call.setResult(-1, 0), "result"),
                new Misuse("result 1 of 1", (call, machine) -> call.setResult(1, 0), "result"),
                new Misuse("run the machine", (call, machine) -> machine.run(Long.MAX_VALUE), "host call"),
                new Misuse("start a function", (call, machine) -> machine.start(0), "host call"),
                new Misuse("raise a signal", (call, machine) -> machine.raise(3, 1), "host call"),
                new Misuse("deliver an interrupt", (call, machine) -> machine.deliverInterrupt(), "host call"),
                new Misuse("take a snapshot", (call, machine) -> machine.snapshot(), "host call"),
                new Misuse("restore a snapshot", (call, machine) -> machine.restore(fresh()), "host call"),
                new Misuse("set a local", (c, m) -> m.set(new Location.Local(0, 0), 7), "host call"),
                new Misuse("detach the trace", (call, machine) -> machine.trace(null), "host call"));
    }

    private static Snapshot fresh() {
        return new Machine(CALLER, call -> {}, Limits.DEFAULT).snapshot();
    }

    private Outcome record(Act act, Path directory) throws Exception {
        AtomicReference<@Nullable Machine> running = new AtomicReference<>();
        int[] calls = {0};
        return Recorder.record(
                CALLER,
                Deck.options(List.of(), 1 << 20),
                call -> {
                    call.setResult(0, call.argument(0) * 3);
                    call.writeMemory(call.argument(0), new byte[] {7});
                    Machine machine = running.get();
                    if (++calls[0] == CALLS_BEFORE && machine != null) {
                        act.on(call, machine);
                    }
                },
                directory,
                null,
                running::set);
    }

    private static long verified(Path directory, Outcome outcome) throws Exception {
        try (Recording recording = Recording.open(directory)) {
            assertThat(recording.damage()).isEmpty();
            assertThat(recording.outcome()).contains(outcome);
            return Replay.verify(recording);
        }
    }

    @ParameterizedTest
    @MethodSource("misuses")
    @DisplayName("the program faults with what the host did, and so does the replay")
    void faults(Misuse misuse) throws Exception {
        Outcome outcome = record(misuse.act, temp.resolve("r"));
        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.FAULTED);
        assertThat(outcome.words()).contains("host_error", "env.step", misuse.message);
        assertThat(verified(temp.resolve("r"), outcome)).isEqualTo(outcome.icount());
    }

    @ParameterizedTest
    @MethodSource("misuses")
    @DisplayName("a host that catches the error has changed nothing by it")
    void changesNothing(Misuse misuse) throws Exception {
        List<Throwable> caught = new ArrayList<>();
        Outcome outcome = record(
                (call, machine) -> {
                    try {
                        misuse.act.on(call, machine);
                    } catch (HostException | RuntimeException e) {
                        caught.add(e);
                    }
                },
                temp.resolve("r"));
        assertThat(caught).hasSize(1);
        assertThat(outcome).isEqualTo(record((call, machine) -> {}, temp.resolve("undisturbed")));
        assertThat(outcome.results()).containsExactly(3L * 600 * 601 / 2);
        assertThat(verified(temp.resolve("r"), outcome)).isEqualTo(outcome.icount());
    }

    @Test
    @DisplayName("a call that is kept is of no use when it is over")
    void kept() throws Exception {
        List<HostCall> kept = new ArrayList<>();
        record((call, machine) -> kept.add(call), temp.resolve("r"));
        HostCall call = kept.get(0);
        assertThatThrownBy(() -> call.writeMemory(0, new byte[1])).hasMessageContaining("is over");
        assertThatThrownBy(() -> call.setResult(0, 1)).hasMessageContaining("is over");
        assertThatThrownBy(() -> call.halt(1)).hasMessageContaining("is over");
    }

    @Test
    @DisplayName("an error of the JVM in a host ends the run; what was recorded before it replays")
    void errors() throws Exception {
        assertThatThrownBy(() -> record(
                        (call, machine) -> {
                            throw new InternalError("in the host");
                        },
                        temp.resolve("r")))
                .isInstanceOf(InternalError.class);
        try (Recording recording = Recording.open(temp.resolve("r"))) {
            assertThat(recording.damage().orElseThrow()).contains("it has no end");
            assertThat(recording.icountEnd()).isPositive();
            assertThat(Replay.verify(recording)).isEqualTo(recording.icountEnd());
        }
    }
}
