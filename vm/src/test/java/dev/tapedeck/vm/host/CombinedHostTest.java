package dev.tapedeck.vm.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CombinedHostTest {
    /** Copies its input, by both modules' functions in turn, three bytes at a time. */
    private static final String COPY = """
            .import wasi_snapshot_preview1.fd_read(i32, i32, i32, i32) -> (i32)
            .memory 1
            .data buffer at 64 = i32 128 3
            .func main()
              .local count: i32
            next:
              i32.const 0
              i32.const 64
              i32.const 1
              i32.const 96
              call_host wasi_snapshot_preview1.fd_read
              drop
              i32.const 128
              i32.const 96
              i32.load
              call_host tape.output
              i32.const 128
              i32.const 3
              call_host tape.input
              local.set count
              i32.const 128
              local.get count
              call_host tape.output
              local.get count
              br_if next
              return
            .end
            .entry main
            """;

    private static final String INPUT = "the quick brown fox jumps over the lazy dog";

    private static CombinedHost host(OutputStream output) {
        return WasiHost.withStandard(
                new WasiOptions().file("large", new byte[1_000_000]),
                new ByteArrayInputStream(INPUT.getBytes(StandardCharsets.US_ASCII)),
                output,
                OutputStream.nullOutputStream());
    }

    @Test
    @DisplayName("W12: hosts with one input, saved anywhere and restored in another machine, go on the same")
    void oneInputForAll() throws Exception {
        VerifiedProgram program = Verifier.verify(Assembler.assemble("copy.tasm", COPY));
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        Machine machine = new Machine(program, host(whole), Limits.DEFAULT);
        machine.start(program.program().entry());
        Snapshot first = machine.snapshot();
        int large = SnapshotWriter.write(first).length;
        assertThat(large).isGreaterThan(1_000_000);
        Snapshot before = first;
        while (machine.status() == Status.RUNNING) {
            ByteArrayOutputStream rest = new ByteArrayOutputStream();
            Machine other = new Machine(program, host(rest), Limits.DEFAULT);
            Snapshot snapshot = machine.snapshot();
            byte[] delta = SnapshotWriter.writeDelta(snapshot, before);
            assertThat(delta.length).isLessThan(10_000);
            other.restore(SnapshotReader.readDelta(program, delta, before));
            other.run(Long.MAX_VALUE);
            assertThat(whole + rest.toString(StandardCharsets.US_ASCII)).isEqualTo(INPUT);
            before = snapshot;
            machine.run(machine.icount() + 5);
        }
        assertThat(whole.toString(StandardCharsets.US_ASCII)).isEqualTo(INPUT);
        machine.restore(first);
        whole.reset();
        machine.run(Long.MAX_VALUE);
        assertThat(whole.toString(StandardCharsets.US_ASCII)).isEqualTo(INPUT);
    }

    @Test
    void statesOfOtherHostsAreRefused() {
        CombinedHost host = host(OutputStream.nullOutputStream());
        assertThatThrownBy(() -> host.restoreState(HostState.EMPTY))
                .hasMessage("the state is of 0 hosts, expected those of 2: tape, wasi_snapshot_preview1");
        HostState state = host.saveState();
        HostState half = HostState.of(new byte[0], List.of(state.parts().get(0), HostState.of(new byte[] {9})));
        assertThatThrownBy(() -> host.restoreState(half)).hasMessageContaining("version 9");
        host.restoreState(state);
        host.close();
    }
}
