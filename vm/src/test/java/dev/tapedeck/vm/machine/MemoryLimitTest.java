package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

@DisplayName("S7: the memory in use is limited, whatever the address space")
class MemoryLimitTest {
    private static final long SEED = 65_537;
    private static final int PAGE = 4096;

    private static Bench bench(int residentPagesMax, String... lines) {
        return Bench.withLimits(Limits.DEFAULT.withResidentPagesMax(residentPagesMax), lines);
    }

    /** Stores {@code value} to one page after another. */
    private static String[] touch(String memory) {
        return Bench.main(
                ".memory " + memory,
                "(value: i32)",
                ".local p: i32",
                "again:",
                "local.get p",
                "local.get value",
                "i32.store",
                "local.get p",
                "i32.const 4096",
                "i32.add",
                "local.tee p",
                "br_if again",
                "return");
    }

    @Test
    void touchingFourGigabytesIsAFaultAndNotTheEndOfTheJvm() {
        Fault fault = bench(100, touch("65536")).fault(1);
        assertThat(fault.kind()).isEqualTo(FaultKind.MEMORY_OVERFLOW);
        assertThat(fault.detail()).isEqualTo("address 409600, 4 bytes; 100 pages of 4 KiB are in use, limit is 100");
        assertThat(fault.icount()).isEqualTo(100 * 8 + 2);
        assertThat(Bench.of(touch("65536")).fault(1).kind()).isEqualTo(FaultKind.MEMORY_OVERFLOW);
    }

    @Test
    void zerosAreNoMemoryInUse() {
        Bench bench = bench(3, touch("16"));
        bench.machine.start(0, 0);
        bench.machine.run(8 * 200);
        assertThat(bench.machine.status()).isEqualTo(Status.RUNNING);
        assertThat(bench.machine.memory.heldCount()).isLessThanOrEqualTo(3);
    }

    @Test
    void whatIsRefusedChangesNothing() {
        for (String body : new String[] {
            "i32.const 100\ni32.const 7\ni32.const 16384\nmemory.fill",
            "i32.const 4000\ni32.const 8190\ni32.const 5000\nmemory.copy",
            "i32.const 4092\ni64.const -1\ni64.store"
        }) {
            Bench bench = bench(
                    2,
                    Bench.main(
                            ".memory 1\n.data a at 12288 = i8 1\n.data b at 8192 = i8 2",
                            "()",
                            (body + "\nreturn").split("\n", -1)));
            byte[] before = bench.machine.readMemory(0, 65_536);
            assertThat(bench.fault().kind()).as(body).isEqualTo(FaultKind.MEMORY_OVERFLOW);
            assertThat(bench.machine.readMemory(0, 65_536)).as(body).isEqualTo(before);
        }
    }

    @Test
    void aHostIsRefusedToo() {
        Bench bench = Bench.withLimits(
                Limits.DEFAULT.withResidentPagesMax(1),
                "x".repeat(5_000),
                Bench.main(
                        ".memory 1", "()", "i32.const 0", "i32.const 5000", "call_host tape.input", "drop", "return"));
        Fault fault = bench.fault();
        assertThat(fault.kind()).isEqualTo(FaultKind.HOST_ERROR);
        assertThat(fault.detail()).contains("tape.input", "5000 bytes", "limit is 1");
        assertThat(bench.machine.readMemory(0, 5_000)).containsOnly(0);
    }

    @Test
    void dataThatDoesNotFitIsRefusedAtTheStart() {
        assertThatThrownBy(() ->
                        bench(1, Bench.main(".memory 1\n.data a at 0 = i8 1\n.data b at 8192 = i8 1", "()", "return")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 pages of 4 KiB are in use, limit is 1");
    }

    @Test
    void aSnapshotOfAMachineWithMoreIsRefused() {
        Bench large = bench(20, touch("1"));
        large.machine.start(0, 1);
        large.machine.run(80);
        Snapshot snapshot = large.machine.snapshot();
        Bench small = Bench.withLimits(Limits.DEFAULT.withResidentPagesMax(9), touch("1"));
        assertThatThrownBy(() -> small.machine.restore(snapshot))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the snapshot has 10 pages of memory in use, the limit is 9");
    }

    @RepeatedTest(30)
    void refusalsFollowFromTheContentAlone(RepetitionInfo repetition) throws Exception {
        long seed = SEED + repetition.getCurrentRepetition();
        Random random = new Random(seed);
        Bench bench = bench(12, Bench.main(".memory 2", "()", "return"));
        Machine machine = bench.machine;
        byte[] model = new byte[2 << 16];
        int refused = 0;
        for (int step = 0; step < 3_000; step++) {
            boolean zero = random.nextInt(3) == 0;
            int length = 1 + random.nextInt(random.nextInt(4) == 0 ? 4 * PAGE : 8);
            int to = random.nextInt(model.length - length);
            byte[] after = model.clone();
            boolean done;
            int more;
            switch (random.nextInt(4)) {
                case 0 -> {
                    int width = 1 << random.nextInt(4);
                    to = random.nextInt(model.length - width);
                    long value = zero ? 0 : random.nextLong() >>> random.nextInt(64);
                    for (int i = 0; i < width; i++) {
                        after[to + i] = (byte) (value >>> (8 * i));
                    }
                    more = newlyUsed(model, after);
                    done = machine.memory.store(to, value, width);
                }
                case 1 -> {
                    Arrays.fill(after, to, to + length, (byte) (zero ? 0 : 9));
                    more = newlyUsed(model, after);
                    done = machine.memory.fill(to, (byte) (zero ? 0 : 9), length);
                }
                case 2 -> {
                    int from = random.nextInt(model.length - length);
                    System.arraycopy(model, from, after, to, length);
                    more = reached(model, to, from, length);
                    done = machine.memory.copy(to, machine.memory, from, length);
                }
                default -> {
                    byte[] bytes = new byte[length];
                    if (!zero) {
                        random.nextBytes(bytes);
                    }
                    System.arraycopy(bytes, 0, after, to, length);
                    more = newlyUsed(model, after);
                    done = machine.memory.roomFor(to, bytes);
                    if (done) {
                        machine.memory.write(to, bytes);
                    }
                }
            }
            assertThat(done).as("seed " + seed + ", step " + step).isEqualTo(used(model) + more <= 12);
            model = done ? after : model;
            refused += done ? 0 : 1;
            assertThat(machine.memory.heldCount()).isLessThanOrEqualTo(12);
            if (random.nextInt(20) == 0) {
                // A snapshot that went through a file has forgotten which pages of zeros were touched.
                byte[] file = SnapshotWriter.write(machine.snapshot());
                machine.restore(SnapshotReader.read(bench.program, file));
            } else if (random.nextInt(20) == 0) {
                machine.snapshot();
            }
            if (random.nextInt(10) == 0) {
                assertThat(machine.readMemory(0, model.length))
                        .as("seed " + seed + ", step " + step)
                        .isEqualTo(model);
            }
        }
        assertThat(refused).as("seed " + seed).isPositive();
    }

    private static boolean isZero(byte[] memory, int page) {
        return Arrays.equals(memory, page * PAGE, (page + 1) * PAGE, new byte[PAGE], 0, PAGE);
    }

    private static int used(byte[] memory) {
        int used = 0;
        for (int page = 0; page < memory.length / PAGE; page++) {
            used += isZero(memory, page) ? 0 : 1;
        }
        return used;
    }

    /** Pages that were zero and are not any more. */
    private static int newlyUsed(byte[] before, byte[] after) {
        int count = 0;
        for (int page = 0; page < before.length / PAGE; page++) {
            count += isZero(before, page) && !isZero(after, page) ? 1 : 0;
        }
        return count;
    }

    /** Pages of zeros to which a copy brings a byte from a page that is not. */
    private static int reached(byte[] memory, int to, int from, int length) {
        boolean[] pages = new boolean[memory.length / PAGE];
        boolean[] zero = new boolean[pages.length];
        for (int page = 0; page < zero.length; page++) {
            zero[page] = isZero(memory, page);
        }
        for (int i = 0; i < length; i++) {
            int page = (to + i) / PAGE;
            pages[page] |= zero[page] && !zero[(from + i) / PAGE];
        }
        int count = 0;
        for (boolean page : pages) {
            count += page ? 1 : 0;
        }
        return count;
    }
}
