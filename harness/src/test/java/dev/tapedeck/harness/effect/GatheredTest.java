package dev.tapedeck.harness.effect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.vm.host.CombinedHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Against the host function itself, which is asked right after. */
class GatheredTest {
    private static final long SEED = 20_261_121;
    private static final int ARRAY = 2_000;
    private static final int MEMORY_BYTES = 400 << 16;

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    @Test
    @DisplayName("what fd_write puts out is what its host function takes, also where it fails or is asked for too much")
    void agreesWithHost() {
        int failed = 0;
        for (int i = 0; i < 300; i++) {
            Random random = new Random(SEED + i);
            // Most often the array is in memory, and one piece in 40 is not.
            long array = random.nextInt(20) == 0 ? MEMORY_BYTES - random.nextInt(40) : ARRAY;
            int count = random.nextInt(6);
            Machine machine = machine(array, count);
            for (int piece = 0; piece < count && array == ARRAY; piece++) {
                int length = random.nextInt(8) == 0 ? random.nextInt(18 << 20) : random.nextInt(100);
                int address = random.nextInt(40) == 0
                        ? MEMORY_BYTES - random.nextInt(100)
                        : random.nextInt(MEMORY_BYTES - length);
                put(machine, ARRAY + 8 * piece, address);
                put(machine, ARRAY + 8 * piece + 4, length);
                put(machine, Math.min(address, MEMORY_BYTES - 4), random.nextInt());
            }
            failed += compare(machine, array, count, "seed " + (SEED + i)) ? 0 : 1;
        }
        assertThat(failed).isBetween(10, 150);
    }

    @Test
    @DisplayName("a call with more than 1,024 pieces puts out nothing, one with as many all of them")
    void manyPieces() {
        assertThat(compare(machine(ARRAY, 1_024), ARRAY, 1_024, "1,024")).isTrue();
        assertThat(compare(machine(ARRAY, 1_025), ARRAY, 1_025, "1,025")).isFalse();
        assertThat(compare(machine(ARRAY, -1), ARRAY, -1, "2^32 - 1")).isFalse();
    }

    private Machine machine(long array, int count) {
        VerifiedProgram program = Deck.assemble("write", """
                .memory 400
                .import wasi_snapshot_preview1.fd_write(i32, i32, i32, i32) -> (i32)
                .func main() -> i32
                  i32.const 1
                  i32.const %d
                  i32.const %d
                  i32.const 64
                  call_host wasi_snapshot_preview1.fd_write
                  return
                .end
                .entry main
                """.formatted(array, count));
        CombinedHost host = WasiHost.withStandard(
                new WasiOptions(), InputStream.nullInputStream(), output, OutputStream.nullOutputStream());
        Machine machine = new Machine(program, host, Limits.DEFAULT);
        machine.start(program.program().entry());
        machine.run(4);
        return machine;
    }

    private static void put(Machine machine, long address, int value) {
        for (int i = 0; i < 4; i++) {
            machine.set(new Location.MemoryByte(address + i), (value >> (8 * i)) & 0xff);
        }
    }

    /** @return whether the call succeeds */
    private boolean compare(Machine machine, long array, int count, String which) {
        Optional<List<Gathered>> pieces = Gathered.pieces(machine, array, count);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        pieces.orElse(List.of())
                .forEach(piece -> expected.writeBytes(machine.readMemory(piece.address(), piece.length())));
        output.reset();
        machine.run(6);
        assertThat(machine.results().get(0) == 0).as(which).isEqualTo(pieces.isPresent());
        assertThat(output.toByteArray()).as(which).isEqualTo(expected.toByteArray());
        return pieces.isPresent();
    }
}
