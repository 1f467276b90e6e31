package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A long computation is saved on the way, and goes on from there: in another machine, on another day. */
class LongComputationTest {
    private static final int LIMIT = 100_000;

    @Test
    @DisplayName("S15: a computation resumed from a saved checkpoint ends as the one that was never stopped")
    void resumes(@TempDir Path folder) throws Exception {
        Example collatz = Example.load("collatz.tasm");
        Machine uninterrupted = collatz.machine();
        uninterrupted.start(collatz.function("longest_below"), LIMIT);
        assertThat(uninterrupted.run(Long.MAX_VALUE)).isEqualTo(Status.RETURNED);

        Machine first = collatz.machine();
        first.start(collatz.function("longest_below"), LIMIT);
        assertThat(first.run(5_000_000)).isEqualTo(Status.RUNNING);
        Path checkpoint = folder.resolve("collatz.checkpoint");
        Files.write(checkpoint, SnapshotWriter.write(first.snapshot()));

        Machine second = collatz.machine();
        second.restore(SnapshotReader.read(collatz.verified(), Files.readAllBytes(checkpoint)));
        assertThat(second.icount()).isEqualTo(5_000_000);
        assertThat(second.run(Long.MAX_VALUE)).isEqualTo(Status.RETURNED);

        assertThat(second.results()).containsExactly(77_031L, 350L).isEqualTo(uninterrupted.results());
        assertThat(second.icount()).isEqualTo(uninterrupted.icount());
        assertThat(second.snapshot().sameState(uninterrupted.snapshot())).isTrue();
    }

    @Test
    @DisplayName("S15: a computation may move to a new machine every million instructions")
    void movesFromMachineToMachine() throws Exception {
        Example collatz = Example.load("collatz.tasm");
        Machine machine = collatz.machine();
        machine.start(collatz.function("longest_below"), LIMIT);
        int moves = 0;
        while (machine.run(machine.icount() + 1_000_000) == Status.RUNNING) {
            byte[] saved = SnapshotWriter.write(machine.snapshot());
            machine = collatz.machine();
            machine.restore(SnapshotReader.read(collatz.verified(), saved));
            moves++;
        }
        assertThat(moves).isEqualTo((int) (machine.icount() / 1_000_000)).isGreaterThan(1);
        assertThat(machine.results()).containsExactly(77_031L, 350L);
    }
}
