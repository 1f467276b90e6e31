package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SnapshotTest {
    private static final long SEED = 5;

    /** Writes pseudo-random numbers to pseudo-random places for ever; prints one now and then. */
    private static final String[] SCRIBBLER = {
        ".memory 64 80",
        ".global writes: mut i64 = 0",
        ".func on_signal(signal: i32, payload: i64)",
        "hp.get",
        "local.get payload",
        "i32.wrap_i64",
        "i32.add",
        "hp.set",
        "interrupt.return",
        ".end",
        ".func place() -> (i32)",
        "call_host tape.random",
        "i32.wrap_i64",
        "i32.const 0x3FFFF0",
        "i32.and",
        "return",
        ".end",
        ".func main()",
        ".local i: i32",
        "i32.const 2",
        "interrupt.handle on_signal",
        "again:",
        "call place",
        "call_host tape.random",
        "i64.store [+4]",
        "global.get writes",
        "i64.const 1",
        "i64.add",
        "global.set writes",
        "local.get i",
        "i32.const 1",
        "i32.add",
        "local.tee i",
        "i32.const 0xFF",
        "i32.and",
        "br_if again",
        "i32.const 1",
        "memory.grow",
        "drop",
        "br again",
        ".end",
        ".entry main"
    };

    @Test
    @DisplayName("S1, S2: checkpoint then restore is the identity")
    void identity() {
        Bench bench = Bench.of(SCRIBBLER).start();
        Machine machine = bench.machine;
        for (int icount = 1; icount < 3_000; icount += 97) {
            machine.run(icount);
            machine.raise(2, icount);
            machine.raise(9, icount);
            Snapshot before = machine.snapshot();
            machine.run(icount + 50);
            Snapshot after = machine.snapshot();
            assertThat(before.sameState(after)).isFalse();
            machine.restore(before);
            assertThat(machine.icount()).isEqualTo(icount);
            assertThat(machine.snapshot().differences(before, 5)).isEmpty();
            assertThat(machine.snapshot().sameState(before)).isTrue();
            machine.run(icount + 50);
            assertThat(machine.snapshot().differences(after, 5)).isEmpty();
            machine.restore(before);
        }
    }

    @Test
    @DisplayName("S2: every part of the state comes back")
    void everything() {
        Bench bench = Bench.of(SCRIBBLER).start();
        Machine machine = bench.machine;
        machine.run(500);
        machine.raise(31, 1);
        Snapshot before = machine.snapshot();
        machine.set(new Location.Register("hp"), 1234);
        machine.set(new Location.Register("interrupts"), 0);
        machine.set(new Location.Local(0, 0), 99);
        machine.set(new Location.GlobalVariable(0), -1);
        machine.set(new Location.MemoryByte(70_000), 0x5A);
        machine.set(new Location.Handler(2), -1);
        machine.raise(30, 5);
        machine.raise(31, 2);
        Snapshot after = machine.snapshot();
        assertThat(after.differences(before, 100))
                .containsExactly(
                        new Difference(new Location.Register("hp"), 1234, 0),
                        new Difference(new Location.Register("interrupts"), 0, 1),
                        new Difference(new Location.Local(0, 0), 99, beforeLocal(before)),
                        new Difference(new Location.GlobalVariable(0), -1, beforeGlobal(before)),
                        new Difference(new Location.Handler(2), -1, 0),
                        new Difference(new Location.Pending(30), 1, 0),
                        new Difference(new Location.Pending(31), 2, 1),
                        new Difference(new Location.MemoryByte(70_000), 0x5A, 0));
        assertThat(after.differences(before, 2)).hasSize(2);
        assertThat(after.stateWords()).isNotEqualTo(before.stateWords());
        machine.restore(before);
        assertThat(machine.snapshot().differences(before, 100)).isEmpty();
        assertThat(machine.snapshot().stateWords()).isEqualTo(before.stateWords());
    }

    private static long beforeLocal(Snapshot snapshot) {
        return snapshot.state().cells()[0];
    }

    private static long beforeGlobal(Snapshot snapshot) {
        return snapshot.state().globals()[0];
    }

    @Test
    @DisplayName("S3: a snapshot of another memory maximum is refused, and the machine stays as it was")
    void otherMemory() {
        String[] lines = Bench.main(".memory 1 9", "()", "nop", "nop", "return");
        Snapshot other = Bench.withLimits(new Limits(64, 4, 7, 1 << 16, 4), lines)
                .start()
                .machine
                .snapshot();
        Bench bench = Bench.withLimits(new Limits(64, 4, 5, 1 << 16, 4), lines).start();
        bench.machine.run(1);
        Snapshot before = bench.machine.snapshot();
        assertThatThrownBy(() -> bench.machine.restore(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 7 pages")
                .hasMessageContaining("expected 5");
        assertThat(bench.machine.snapshot().sameState(before)).isTrue();
        assertThat(bench.machine.icount()).isEqualTo(1);
    }

    @Test
    void otherProgramsAndSmallerLimitsAreRefused() {
        Snapshot fib = Bench.of(ControlTest.FIB).start(3).machine.snapshot();
        Machine other = Bench.of(SCRIBBLER).machine;
        assertThatThrownBy(() -> other.restore(fib)).hasMessageContaining("another program");

        Bench deep = Bench.of(ControlTest.FIB).start(24);
        while (deep.machine.depth() < 20) {
            deep.machine.run(deep.machine.icount() + 1);
        }
        deep.machine.raise(1, 1);
        deep.machine.raise(1, 1);
        Snapshot snapshot = deep.machine.snapshot();
        assertThatThrownBy(() -> Bench.withLimits(new Limits(1_000, 19, 0, 1 << 16, 2), ControlTest.FIB)
                        .machine
                        .restore(snapshot))
                .hasMessageContaining("20 frames, the limit is 19");
        assertThatThrownBy(() -> Bench.withLimits(new Limits(1_000, 20, 0, 1 << 16, 1), ControlTest.FIB)
                        .machine
                        .restore(snapshot))
                .hasMessageContaining("2 pending interrupts, the limit is 1");
        Bench enough = Bench.withLimits(new Limits(1_000, 24, 0, 1 << 16, 2), ControlTest.FIB);
        enough.machine.restore(snapshot);
        assertThat(enough.run()).isEqualTo(Status.RETURNED);
        assertThat(enough.machine.results()).containsExactly(46_368L);
    }

    @Test
    @DisplayName("S4: several checkpoints side by side, restored in any order")
    void sideBySide() {
        Bench bench = Bench.of(SCRIBBLER).start();
        Machine machine = bench.machine;
        List<Snapshot> snapshots = new ArrayList<>();
        List<byte[]> memories = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            machine.run(i * 700L);
            snapshots.add(machine.snapshot());
            memories.add(machine.readMemory(0, (int) machine.memoryBytes()));
        }
        Random random = new Random(SEED);
        for (int i = 0; i < 60; i++) {
            int which = random.nextInt(snapshots.size());
            machine.restore(snapshots.get(which));
            assertThat(machine.readMemory(0, (int) machine.memoryBytes()))
                    .as("seed " + SEED + ", restore " + i)
                    .isEqualTo(memories.get(which));
            if (random.nextBoolean()) {
                machine.run(machine.icount() + random.nextInt(2_000));
            }
            if (which + 1 < snapshots.size()) {
                machine.restore(snapshots.get(which));
                machine.run(snapshots.get(which + 1).icount());
                assertThat(machine.snapshot().sameState(snapshots.get(which + 1)))
                        .isTrue();
            }
        }
    }

    @Test
    @DisplayName("S5: speculative execution rolls back after a fault")
    void speculation() {
        Bench bench = Bench.of(Bench.main(
                        ".memory 1",
                        "(divisor: i32) -> (i32)",
                        "i32.const 16",
                        "i32.const 7",
                        "i32.store",
                        "i32.const 84",
                        "local.get divisor",
                        "i32.div_s",
                        "return"))
                .start(0);
        Snapshot before = bench.machine.snapshot();
        assertThat(bench.run()).isEqualTo(Status.FAULTED);
        bench.machine.restore(before);
        assertThat(bench.machine.readMemory(16, 1)).containsExactly(0);
        assertThat(bench.machine.fault()).isEmpty();
        bench.machine.set(new Location.Local(0, 0), 2);
        assertThat(bench.run()).isEqualTo(Status.RETURNED);
        assertThat(bench.machine.results()).containsExactly(42L);
    }

    @Test
    @DisplayName("S5: a machine whose run an error of the JVM has ended does nothing but restore a snapshot")
    void torn() {
        Bench bench = Bench.of(Bench.main(
                        ".memory 1", "() -> (i32)", "i32.const 0", "i32.const 7", "i32.store", "i32.const 3", "return"))
                .start();
        Machine machine = bench.machine;
        Snapshot before = machine.snapshot();
        byte[][] writable = machine.memory.writable;
        machine.memory.writable = new byte[0][]; // Stands for an error in the middle of the store.
        assertThatThrownBy(bench::run).isInstanceOf(ArrayIndexOutOfBoundsException.class);
        machine.memory.writable = writable;
        List<Runnable> refused = List.of(
                bench::run,
                machine::snapshot,
                machine::deliverInterrupt,
                () -> machine.set(new Location.Register("hp"), 1));
        for (Runnable action : refused) {
            assertThatThrownBy(action::run)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("restore a snapshot to go on");
        }
        machine.restore(before);
        assertThat(bench.run()).isEqualTo(Status.RETURNED);
        assertThat(machine.results()).containsExactly(3L);
    }

    @Test
    @DisplayName("S6: snapshots go from thread to thread, and machines run from one at the same time")
    void threads() throws Exception {
        VerifiedProgram program = Bench.verified(SCRIBBLER);
        Bench origin = Bench.of(program).start();
        origin.machine.run(5_000);
        Snapshot snapshot = origin.machine.snapshot();
        origin.machine.run(200_000);
        Snapshot expected = origin.machine.snapshot();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Snapshot>> runs = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Callable<Snapshot> run = () -> {
                    Machine machine = Bench.of(program).machine;
                    machine.restore(snapshot);
                    machine.run(200_000);
                    return machine.snapshot();
                };
                runs.add(threads.submit(run));
            }
            for (Future<Snapshot> run : runs) {
                assertThat(run.get().differences(expected, 3)).isEmpty();
            }
        } finally {
            threads.shutdown();
        }
    }

    @Test
    @DisplayName("W3: while a run is going on, nothing can be saved or restored; between runs it can")
    void onlyWhilePaused() {
        VerifiedProgram program =
                Bench.verified(Bench.main(".import env.pause()", "()", "call_host env.pause", "i32.const 3", "halt"));
        Machine[] machines = new Machine[1];
        Snapshot[] snapshots = new Snapshot[1];
        List<Throwable> refusals = new ArrayList<>();
        Machine machine = new Machine(
                program,
                call -> {
                    refusals.add(catchThrowable(() -> machines[0].snapshot()));
                    refusals.add(catchThrowable(() -> machines[0].restore(snapshots[0])));
                    refusals.add(catchThrowable(() -> machines[0].run(Long.MAX_VALUE)));
                },
                Limits.DEFAULT);
        machines[0] = machine;
        machine.start(0);
        snapshots[0] = machine.snapshot();
        assertThat(machine.run(1)).isEqualTo(Status.RUNNING);
        assertThat(refusals)
                .hasSize(3)
                .allSatisfy(refusal -> assertThat(refusal)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("the machine is running: a host call is not over"));
        Snapshot between = machine.snapshot();
        assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.HALTED);
        machine.restore(between);
        assertThat(machine.icount()).isEqualTo(1);
    }

    @Test
    @DisplayName("S14: the opcode profile is kept when asked for, is part of the snapshot, and changes no run")
    void opcodeProfile() throws FormatException {
        Machine plain = Bench.of(SCRIBBLER).start().machine;
        Machine machine = Bench.of(SCRIBBLER).start().machine;
        for (Machine each : List.of(plain, machine)) {
            each.raise(2, 5);
            each.run(1_000);
        }
        assertThat(machine.opcodeCounts()).isEmpty();
        assertThat(machine.snapshot().opcodeCounts()).isEmpty();
        machine.countOpcodes(true);
        machine.run(3_000);
        plain.run(3_000);
        Snapshot early = machine.snapshot();
        assertThat(early.sameState(plain.snapshot())).isTrue();
        Map<Opcode, Long> counts = early.opcodeCounts();
        assertThat(counts.values().stream().mapToLong(count -> count).sum()).isEqualTo(2_000);
        // Each round calls once for the place, and the host twice.
        assertThat(counts.get(Opcode.CALL_HOST))
                .isBetween(2 * counts.get(Opcode.CALL) - 1, 2 * counts.get(Opcode.CALL) + 1);
        assertThat(counts).containsKey(Opcode.BR_IF).doesNotContainKey(Opcode.F64_SQRT);

        machine.raise(2, 1);
        machine.run(9_000);
        plain.raise(2, 1);
        plain.run(9_000);
        assertThat(machine.snapshot().sameState(plain.snapshot())).isTrue();
        assertThat(machine.opcodeCounts().get(Opcode.INTERRUPT_RETURN)).isEqualTo(1);
        machine.restore(early);
        assertThat(machine.opcodeCounts()).isEqualTo(counts);

        Snapshot read = SnapshotReader.read(Bench.verified(SCRIBBLER), SnapshotWriter.write(early));
        assertThat(read.opcodeCounts()).isEqualTo(counts);
        assertThat(SnapshotWriter.write(read)).isEqualTo(SnapshotWriter.write(early));
        machine.countOpcodes(false);
        machine.restore(early);
        assertThat(machine.opcodeCounts()).isEmpty();
    }

    @Test
    @DisplayName("S14: an instruction that faults is not counted, one that ends the run is")
    void opcodeProfileAtTheEnd() {
        Machine faulted = Bench.of(Bench.main("", "()", "nop", "nop", "i32.const 1", "drop", "unreachable"))
                .start()
                .machine;
        faulted.countOpcodes(true);
        assertThat(faulted.run(Long.MAX_VALUE)).isEqualTo(Status.FAULTED);
        assertThat(faulted.opcodeCounts()).isEqualTo(Map.of(Opcode.NOP, 2L, Opcode.I32_CONST, 1L, Opcode.DROP, 1L));
        Machine halted = Bench.of(Bench.main("", "()", "i32.const 1", "halt")).start().machine;
        halted.countOpcodes(true);
        assertThat(halted.run(Long.MAX_VALUE)).isEqualTo(Status.HALTED);
        assertThat(halted.opcodeCounts()).isEqualTo(Map.of(Opcode.I32_CONST, 1L, Opcode.HALT, 1L));
    }

    @Test
    @DisplayName("S8: a checkpoint holds new pages only where something was written since the last one")
    void sharing() {
        Bench bench =
                Bench.of(Bench.main(".memory 65536", "(a: i32)", "local.get a", "i32.const 1", "i32.store8", "return"));
        Machine machine = bench.machine;
        for (int i = 0; i < 1_000; i++) {
            bench.start(i << 20).run();
        }
        Snapshot first = machine.snapshot();
        assertThat(machine.snapshot().memories[0]).as("nothing written").isSameAs(first.memories[0]);
        bench.start(7 << 20).run();
        bench.start((7 << 20) + 4096).run();
        Snapshot second = machine.snapshot();
        int sharedChunks = 0;
        for (int c = 0; c < first.memories[0].chunks().length; c++) {
            sharedChunks += first.memories[0].chunk(c) == second.memories[0].chunk(c) ? 1 : 0;
        }
        assertThat(sharedChunks).isEqualTo(first.memories[0].chunks().length - 1);
        List<Integer> changed = new ArrayList<>();
        second.visitChangedPages(first, (memory, index, page) -> changed.add(index));
        assertThat(changed).as("the first store changed nothing").containsExactly((7 << 8) + 1);
        List<Integer> all = new ArrayList<>();
        second.visitPages((memory, index, page) -> all.add(index));
        assertThat(all).hasSize(1_001).isSorted();
        machine.restore(first);
        assertThat(machine.snapshot().memories[0]).isSameAs(first.memories[0]);
    }

    @Test
    @DisplayName("S8: how many pages were written between two snapshots does not depend on snapshots in between")
    void unsharedPages() {
        String[] store = {"local.get a", "local.get a", "i32.store8", "return"};
        long[] counts = new long[2];
        for (int between = 0; between < 2; between++) {
            Random random = new Random(SEED);
            Bench bench = Bench.of(Bench.main(".memory 64", "(a: i32)", store));
            bench.start(0).run();
            Snapshot first = bench.machine.snapshot();
            for (int i = 0; i < 300; i++) {
                bench.start(random.nextInt(64 << 16)).run();
                if (between == 1 && i % 7 == 0) {
                    bench.machine.snapshot();
                }
            }
            counts[between] = bench.machine.snapshot().unsharedPageCount(first);
        }
        assertThat(counts[0]).as("seed " + SEED).isEqualTo(counts[1]).isBetween(200L, 300L);
    }

    @Test
    @DisplayName(
            "S8: whichever two snapshots are compared, and wherever a machine comes from, the pages are the right ones")
    void pagesBetweenSnapshots() {
        Bench bench = Bench.of(Bench.main(
                ".memory 40 80",
                "(a: i32, v: i32, more: i32)",
                "local.get more",
                "memory.grow",
                "drop",
                "local.get a",
                "local.get v",
                "i32.store8",
                "return"));
        Machine machine = bench.machine;
        Random random = new Random(SEED);
        List<Snapshot> snapshots = new ArrayList<>();
        List<byte[]> memories = new ArrayList<>();
        bench.start(0, 0, 0).run();
        for (int i = 0; i < 32; i++) {
            for (int k = random.nextInt(20); k > 0; k--) {
                long address = (long) random.nextInt((int) machine.memoryBytes() / 4096) * 4096 + random.nextInt(2);
                bench.start(address, random.nextInt(3), random.nextInt(20) == 0 ? 1 : 0)
                        .run();
            }
            if (random.nextInt(4) > 0) {
                snapshots.add(machine.snapshot());
                memories.add(machine.readMemory(0, (int) machine.memoryBytes()));
            }
            if (random.nextInt(3) == 0 && !snapshots.isEmpty()) {
                int to = random.nextInt(snapshots.size());
                machine.restore(snapshots.get(to));
                assertThat(machine.readMemory(0, (int) machine.memoryBytes()))
                        .as("seed " + SEED + ", step " + i + " back to " + to)
                        .isEqualTo(memories.get(to));
            }
        }
        for (int a = 0; a < snapshots.size(); a++) {
            for (int b = 0; b < snapshots.size(); b++) {
                List<Integer> changed = new ArrayList<>();
                snapshots.get(a).visitChangedPages(snapshots.get(b), (memory, index, page) -> changed.add(index));
                assertThat(changed)
                        .as("seed " + SEED + ", snapshot " + a + " from " + b)
                        .isEqualTo(differentPages(memories.get(a), memories.get(b)));
                assertThat(snapshots.get(a).unsharedPageCount(snapshots.get(b)))
                        .as("seed " + SEED + ", snapshot " + a + " from " + b)
                        .isGreaterThanOrEqualTo(changed.size())
                        .isEqualTo(snapshots.get(b).unsharedPageCount(snapshots.get(a)));
                assertThat(snapshots.get(a).sameState(snapshots.get(b)))
                        .as("seed " + SEED + ", snapshot " + a + " as " + b)
                        .isEqualTo(Arrays.equals(memories.get(a), memories.get(b)));
            }
        }
    }

    private static List<Integer> differentPages(byte[] a, byte[] b) {
        List<Integer> different = new ArrayList<>();
        int length = Math.max(a.length, b.length);
        byte[] here = Arrays.copyOf(a, length);
        byte[] there = Arrays.copyOf(b, length);
        for (int at = 0; at < length; at += Snapshot.PAGE_BYTES) {
            if (!Arrays.equals(here, at, at + Snapshot.PAGE_BYTES, there, at, at + Snapshot.PAGE_BYTES)) {
                different.add(at / Snapshot.PAGE_BYTES);
            }
        }
        return different;
    }

    @Test
    @DisplayName("S9: without checkpoints a page is made once and no store copies; after one, each page is copied once")
    void storesWithoutCheckpoints() {
        Bench bench = Bench.of(Bench.main(
                ".memory 1",
                "(v: i32)",
                ".local a: i32",
                "again:",
                "local.get a",
                "local.get v",
                "i32.store [+4094]", // across two pages
                "local.get a",
                "i32.const 4096",
                "i32.add",
                "local.tee a",
                "i32.const 57344",
                "i32.lt_u",
                "br_if again",
                "return"));
        Memory memory = bench.machine.memory;
        bench.start(1).run();
        byte[][] made = memory.writable.clone();
        for (int i = 2; i < 100; i++) {
            bench.start(i).run();
        }
        for (int page = 0; page < 15; page++) {
            assertThat(memory.writable[page]).isNotNull().isSameAs(made[page]).isSameAs(memory.readable[page]);
        }
        Snapshot snapshot = bench.machine.snapshot();
        bench.start(100).run();
        byte[][] copied = memory.writable.clone();
        bench.start(101).run();
        for (int page = 0; page < 15; page++) {
            assertThat(memory.writable[page]).isSameAs(copied[page]).isNotSameAs(made[page]);
            assertThat(snapshot.memories[0].page(page)).isSameAs(made[page]);
        }
    }

    @Test
    void aPageThatBecomesZeroAgainIsLikeOneNeverWritten() {
        Bench bench =
                Bench.of(Bench.main(".memory 1", "(v: i32)", "i32.const 5000", "local.get v", "i32.store8", "return"));
        Snapshot untouched = bench.machine.snapshot();
        bench.start(1).run();
        Snapshot one = bench.machine.snapshot();
        bench.start(0).run();
        Snapshot zero = bench.machine.snapshot();
        assertThat(untouched.memories[0].sameContent(zero.memories[0])).isTrue();
        List<Integer> visited = new ArrayList<>();
        zero.visitPages((memory, index, page) -> visited.add(index));
        zero.visitChangedPages(untouched, (memory, index, page) -> visited.add(index));
        assertThat(visited).isEmpty();
        zero.visitChangedPages(one, (memory, index, page) -> visited.add(index));
        assertThat(visited).containsExactly(1);
    }

    @Test
    void memoryShrinksAndGrowsWithARestore() {
        Bench bench = Bench.of(Bench.main(
                ".memory 1 200",
                "(n: i32)",
                "local.get n",
                "memory.grow",
                "drop",
                "memory.size",
                "i32.const 16",
                "i32.shl",
                "i32.const -8",
                "i32.add",
                "i64.const -1",
                "i64.store",
                "return"));
        Machine machine = bench.machine;
        List<Snapshot> snapshots = new ArrayList<>();
        for (int n : new int[] {0, 1, 62, 1, 130}) {
            bench.start(n).run();
            snapshots.add(machine.snapshot());
        }
        for (int which : new int[] {0, 4, 1, 3, 2, 4, 0, 2, 3}) {
            Snapshot snapshot = snapshots.get(which);
            machine.restore(snapshot);
            assertThat(machine.memoryBytes()).isEqualTo(snapshot.memoryBytes());
            assertThat(machine.readMemory(machine.memoryBytes() - 9, 9))
                    .containsExactly(0, -1, -1, -1, -1, -1, -1, -1, -1);
            assertThat(machine.snapshot().differences(snapshot, 3)).isEmpty();
            bench.start(1).run();
            assertThat(machine.memoryBytes()).isEqualTo(snapshot.memoryBytes() + 65_536);
            assertThat(machine.readMemory(snapshot.memoryBytes(), 65_536 - 8)).containsOnly(0);
        }
    }

    @Test
    @DisplayName("S10: the origin's five: variables, stack, several checkpoints, heap, registers")
    void originTests() {
        Bench bench = Bench.of(Bench.main(
                        ".memory 1\n.global g: mut i32 = 1",
                        "() -> (i32)",
                        ".local x: i32",
                        "i32.const 10",
                        "local.set x",
                        "i32.const 20",
                        "i32.const 30",
                        "hp.get",
                        "i32.const 77",
                        "i32.store",
                        "i32.const 64",
                        "hp.set",
                        "i32.add",
                        "local.get x",
                        "i32.add",
                        "return"))
                .start();
        Machine machine = bench.machine;
        machine.run(4);
        Snapshot stack = machine.snapshot();
        machine.run(7);
        Snapshot heap = machine.snapshot();
        machine.run(9);
        Snapshot registers = machine.snapshot();
        assertThat(bench.run()).isEqualTo(Status.RETURNED);
        assertThat(machine.results()).containsExactly(60L);
        machine.restore(stack);
        assertThat(bench.operands()).containsExactly(20, 30);
        assertThat(machine.local(0, 0)).isEqualTo(10);
        assertThat(machine.readMemory(0, 1)).containsExactly(0);
        machine.restore(heap);
        assertThat(machine.readMemory(0, 1)).containsExactly(77);
        assertThat(machine.hp()).isZero();
        machine.restore(registers);
        assertThat(machine.hp()).isEqualTo(64);
        assertThat(machine.sp()).isEqualTo(3);
        assertThat(machine.bp()).isZero();
        machine.restore(stack);
        assertThat(bench.run()).isEqualTo(Status.RETURNED);
        assertThat(machine.results()).containsExactly(60L);
    }

    @Test
    void inputAndRandomGoBackWithARestore() {
        Bench bench = Bench.withInput(
                "abcdefgh",
                Bench.main(
                        ".memory 1",
                        "() -> (i64)",
                        "i32.const 0",
                        "i32.const 3",
                        "call_host tape.input",
                        "drop",
                        "call_host tape.random",
                        "return"));
        bench.result();
        Snapshot snapshot = bench.machine.snapshot();
        long second = bench.result();
        assertThat(bench.machine.readMemory(0, 3)).containsExactly('d', 'e', 'f');
        assertThat(bench.result()).isNotEqualTo(second);
        assertThat(bench.machine.readMemory(0, 3)).containsExactly('g', 'h', 'f');
        bench.machine.restore(snapshot);
        assertThat(bench.result()).isEqualTo(second);
        assertThat(bench.machine.readMemory(0, 3)).containsExactly('d', 'e', 'f');
    }
}
