package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Work is done on trial: it counts if it succeeds as a whole, and has never happened if it does not. */
class SpeculationTest {
    private static final int ACCOUNTS = 4;

    @Test
    @DisplayName("S15: a batch that fails halfway is rolled back, and leaves no trace")
    void rollsBack() throws Exception {
        Example ledger = Example.load("ledger.tasm");
        Machine machine = ledger.machine();
        Snapshot before = machine.snapshot();

        machine.start(ledger.function("apply_overdrawn"));
        assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.FAULTED);
        assertThat(machine.fault().orElseThrow().kind()).isEqualTo(FaultKind.UNREACHABLE);
        // The first transfer has been made; the second one has overdrawn the second account.
        assertThat(balances(ledger, machine)).containsExactly(0, -10, 100, 60);

        machine.restore(before);
        assertThat(machine.snapshot().sameState(before)).isTrue();
        assertThat(machine.icount()).isZero();
        assertThat(balances(ledger, machine)).containsExactly(100, 50, 0, 0);
    }

    @Test
    @DisplayName("S15: after a rollback the machine goes on as if nothing had been tried")
    void triesOneAfterTheOther() throws Exception {
        Example ledger = Example.load("ledger.tasm");
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Machine machine = ledger.machine("", output);

        assertThat(tryOut(machine, ledger.function("apply_overdrawn"))).isFalse();
        assertThat(tryOut(machine, ledger.function("apply_covered"))).isTrue();
        assertThat(tryOut(machine, ledger.function("apply_overdrawn"))).isFalse();

        assertThat(tryOut(machine, ledger.function("print_balances"))).isTrue();
        assertThat(output.toString(StandardCharsets.US_ASCII)).isEqualTo("70\n0\n35\n45\n");
    }

    /** Runs a function; if it does not return, everything is as it was before. */
    private static boolean tryOut(Machine machine, int function) {
        Snapshot before = machine.snapshot();
        machine.start(function);
        if (machine.run(Long.MAX_VALUE) == Status.RETURNED) {
            return true;
        }
        machine.restore(before);
        return false;
    }

    private static long[] balances(Example ledger, Machine machine) {
        byte[] bytes = machine.readMemory(ledger.address("balances"), ACCOUNTS * Long.BYTES);
        long[] balances = new long[ACCOUNTS];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(balances);
        return balances;
    }
}
