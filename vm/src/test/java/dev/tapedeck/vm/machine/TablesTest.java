package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Tables, references, segments, several memories, the start function, and programs that grow. */
class TablesTest {
    private static final String PROGRAM = """
            .memory 1 2
            .memory 1 4
            .global g: mut funcref = func two
            .table t: funcref 3 6 = two
            .table hosts: externref 1 1000
            .elements e = one, _, two
            .data d passive = "abcdef"
            .data active = "xyz"
            .start begin
            .func begin()
              i32.const 8
              i32.const 1
              i32.const 3
              memory.init d memory1
              return
            .end
            .func one() -> i32
              i32.const 1
              return
            .end
            .func two() -> i32
              i32.const 2
              return
            .end
            .func main(x: externref) -> (i32, i64, externref)
              i32.const 1
              i32.const 0
              i32.const 2
              table.init e t
              elem.drop e
              i32.const 0
              local.get x
              table.set hosts
              local.get x
              i32.const 600
              table.grow hosts
              drop
              i32.const 1
              ref.null externref
              i32.const 500
              table.fill hosts
              i32.const 0
              i32.const 1
              i32.const 2
              table.copy t t
              i32.const 2
              global.get g
              table.set t
              i32.const 9
              i32.const 8
              i32.const 2
              memory.copy memory0 memory1
              i32.const 20
              i32.const 255
              i32.const 3
              memory.fill memory1
              i32.const 1
              memory.grow memory1
              drop
              data.drop d
              i32.const 70000
              i64.const -2
              i64.store32 memory1 [8]
              i32.const 2
              call_indirect t () -> i32
              i32.const 70000
              i64.load32_s memory1 [8]
              i32.const 600
              table.get hosts
              return
            .end
            .entry main
            """;

    private static VerifiedProgram verified(String text) throws Exception {
        return Verifier.verify(Assembler.assemble("tables.tasm", text));
    }

    private static Machine started(VerifiedProgram program, long... arguments) {
        Machine machine = new Machine(program, call -> {}, Limits.DEFAULT);
        machine.start(program.program().entry(), arguments);
        return machine;
    }

    @Test
    void everythingTogether() throws Exception {
        Machine machine = started(verified(PROGRAM), 42);
        assertThat(machine.run(1_000)).isEqualTo(Status.RETURNED);
        assertThat(machine.results()).containsExactly(2L, -2L, 42L);
        assertThat(machine.readMemory(0, 9, 2)).isEqualTo("bc".getBytes(StandardCharsets.US_ASCII));
        assertThat(machine.readMemory(1, 7, 5)).isEqualTo(new byte[] {0, 'b', 'c', 'd', 0});
        assertThat(machine.readMemory(1, 20, 4)).isEqualTo(new byte[] {-1, -1, -1, 0});
        assertThat(machine.memoryBytes(0)).isEqualTo(65_536);
        assertThat(machine.memoryBytes(1)).isEqualTo(131_072);
        assertThat(machine.tableSize(0)).isEqualTo(3);
        assertThat(List.of(machine.tableElement(0, 0), machine.tableElement(0, 1), machine.tableElement(0, 2)))
                .containsExactly(2L, 0L, 3L);
        assertThat(machine.tableSize(1)).isEqualTo(601);
        assertThat(machine.tableElement(1, 500)).isZero();
        assertThat(machine.tableElement(1, 501)).isEqualTo(42);
        assertThat(machine.dataDropped(0)).isTrue();
        assertThat(machine.dataDropped(1)).as("active").isTrue();
        assertThat(machine.elementsDropped(0)).isTrue();
    }

    @Test
    @DisplayName(
            "S2: at every instruction the state goes through a file into a fresh machine, and the run ends the same")
    void snapshotAtEveryInstruction() throws Exception {
        VerifiedProgram program = verified(PROGRAM);
        Machine reference = started(program, 42);
        reference.run(1_000);
        Snapshot end = reference.snapshot();
        Snapshot base = null;
        for (long icount = 0; icount < reference.icount(); icount++) {
            Machine machine = started(program, 42);
            machine.run(icount);
            Snapshot snapshot = machine.snapshot();
            byte[] file = SnapshotWriter.write(snapshot);
            Snapshot read = SnapshotReader.read(program, file);
            assertThat(snapshot.differences(read, 5)).isEmpty();
            assertThat(read.sameState(snapshot)).isTrue();
            assertThat(read.stateWords()).isEqualTo(snapshot.stateWords());
            assertThat(SnapshotWriter.write(read)).isEqualTo(file);
            if (base != null) {
                byte[] delta = SnapshotWriter.writeDelta(snapshot, base);
                assertThat(SnapshotReader.readDelta(program, delta, base).sameState(snapshot))
                        .isTrue();
            }
            base = snapshot;
            Machine other = new Machine(program, call -> {}, Limits.DEFAULT);
            other.restore(read);
            other.run(1_000);
            assertThat(other.snapshot().differences(end, 5))
                    .as("from " + icount)
                    .isEmpty();
            machine.run(1_000);
            assertThat(machine.snapshot().sameState(end)).isTrue();
            // What the run has written since is undone.
            machine.restore(snapshot);
            assertThat(machine.snapshot().sameState(snapshot)).isTrue();
        }
    }

    @Test
    @DisplayName("the chain digest and the differences tell table writes, drops and other memories apart")
    void chain() throws Exception {
        List<Long> digests = new ArrayList<>();
        for (String change : List.of(
                "nop",
                "i32.const 0\nref.func f\ntable.set t",
                "elem.drop e",
                "data.drop d",
                "i32.const 5\ni32.const 1\ni32.store memory1",
                "i32.const 5\ni32.const 1\ni32.store")) {
            Machine machine = started(verified("""
                    .memory 1
                    .memory 1
                    .table t: funcref 1
                    .elements e = f
                    .data d passive = "a"
                    .func f()
                    return
                    .end
                    .func main()
                    CHANGE
                    return
                    .end
                    .entry main
                    """.replace("CHANGE", change)));
            Snapshot before = machine.snapshot();
            FlowTrace trace = new FlowTrace();
            machine.trace(trace);
            machine.run(100);
            digests.add(trace.digest());
            List<Difference> differences = before.differences(machine.snapshot(), 100).stream()
                    .filter(difference -> !(difference.location() instanceof Location.Register))
                    .toList();
            assertThat(differences).as(change).hasSize(change.equals("nop") ? 0 : 1);
        }
        assertThat(digests).doesNotHaveDuplicates();
    }

    private static Fault fault(String... body) throws Exception {
        Machine machine = started(verified("""
                .memory 1 1
                .memory 1 1
                .table t: funcref 2 3
                .elements e = main
                .data d passive = "abc"
                .data a = "abc"
                .func main()
                BODY
                return
                .end
                .entry main
                """.replace("BODY", String.join("\n", body))));
        Snapshot before = machine.snapshot();
        assertThat(machine.run(100)).isEqualTo(Status.FAULTED);
        assertThat(machine.tableElement(0, 0)).as("nothing is written in part").isZero();
        assertThat(before.differences(machine.snapshot(), 100).stream()
                        .filter(difference -> difference.location() instanceof Location.MemoryByte
                                || difference.location() instanceof Location.TableElement))
                .isEmpty();
        return machine.fault().orElseThrow();
    }

    @Test
    @DisplayName("S12: accesses outside of tables, segments and other memories fault and change nothing")
    void faults() throws Exception {
        Fault fault = fault("i32.const 2", "table.get t", "drop");
        assertThat(fault.kind()).isEqualTo(FaultKind.TABLE_OUT_OF_BOUNDS);
        assertThat(fault.detail()).isEqualTo("index 2, 1 element, table 0 has 2 elements");
        fault = fault("i32.const -1", "ref.null funcref", "table.set t");
        assertThat(fault.detail()).isEqualTo("index 4294967295, 1 element, table 0 has 2 elements");
        fault = fault("i32.const 0", "i32.const 0", "i32.const 2", "table.init e t");
        assertThat(fault.detail()).isEqualTo("index 0, 2 elements, element segment 0 has 1 element");
        fault = fault("elem.drop e", "i32.const 0", "i32.const 0", "i32.const 1", "table.init e t");
        assertThat(fault.detail()).isEqualTo("index 0, 1 element, element segment 0 has 0 elements");
        fault = fault("i32.const 1", "ref.func main", "i32.const 2", "table.fill t");
        assertThat(fault.kind()).isEqualTo(FaultKind.TABLE_OUT_OF_BOUNDS);
        fault = fault("i32.const 1", "i32.const 0", "i32.const -1", "table.copy t t");
        assertThat(fault.kind()).isEqualTo(FaultKind.TABLE_OUT_OF_BOUNDS);
        fault = fault("i32.const 0", "i32.const 2", "i32.const 2", "memory.init d");
        assertThat(fault.kind()).isEqualTo(FaultKind.OUT_OF_BOUNDS);
        assertThat(fault.detail()).isEqualTo("index 2, 2 bytes, data segment 0 has 3 bytes");
        fault = fault("i32.const 0", "i32.const 0", "i32.const 1", "memory.init a");
        assertThat(fault.detail()).isEqualTo("index 0, 1 byte, data segment 1 has 0 bytes");
        fault = fault("i32.const 65535", "i32.const 0", "i32.const 2", "memory.init d memory1");
        assertThat(fault.detail()).isEqualTo("address 65535, 2 bytes, memory 1 has 65536 bytes");
        fault = fault("i32.const 65533", "i32.const 1", "i32.store memory1");
        assertThat(fault.detail()).isEqualTo("address 65533, 4 bytes, memory 1 has 65536 bytes");
        fault = fault("i32.const -1", "i64.load8_u memory1 [4294967295]", "drop");
        assertThat(fault.detail()).isEqualTo("address 8589934590, 1 byte, memory 1 has 65536 bytes");
    }

    @Test
    @DisplayName("the end of a range of length 0 may be the end of the table, memory or segment, not more")
    void emptyRanges() throws Exception {
        Machine machine = started(verified("""
                .memory 1 1
                .table t: funcref 2 3
                .elements e = main
                .data d passive = "abc"
                .func main()
                  i32.const 2
                  i32.const 1
                  i32.const 0
                  table.init e t
                  i32.const 65536
                  i32.const 3
                  i32.const 0
                  memory.init d
                  i32.const 2
                  ref.null funcref
                  i32.const 0
                  table.fill t
                  i32.const 2
                  i32.const 2
                  i32.const 0
                  table.copy t t
                  return
                .end
                .entry main
                """));
        assertThat(machine.run(100)).isEqualTo(Status.RETURNED);
        assertThat(fault("i32.const 3", "i32.const 0", "i32.const 0", "table.init e t")
                        .kind())
                .isEqualTo(FaultKind.TABLE_OUT_OF_BOUNDS);
    }

    @Test
    @DisplayName("Limits: tables and memories grow to their own maximum, and all together to the machine's")
    void growth() throws Exception {
        VerifiedProgram program = verified("""
                .memory 1 3
                .memory 1 65536
                .table small: funcref 1 3
                .table large: externref 0
                .func main() -> (i32, i32, i32, i32, i32, i32, i32)
                  ref.null funcref
                  i32.const 3
                  table.grow small
                  ref.null funcref
                  i32.const 2
                  table.grow small
                  ref.null externref
                  i32.const 98
                  table.grow large
                  ref.null externref
                  i32.const 97
                  table.grow large
                  i32.const 9
                  memory.grow memory1
                  i32.const 8
                  memory.grow memory1
                  i32.const -1
                  memory.grow memory1
                  return
                .end
                .entry main
                """);
        Machine machine = new Machine(program, call -> {}, new Limits(1_000, 10, 10, 1_000, 1, 100));
        machine.start(0);
        assertThat(machine.run(100)).isEqualTo(Status.RETURNED);
        assertThat(machine.results()).containsExactly(-1L, 1L, -1L, 0L, -1L, 1L, -1L);
        Snapshot snapshot = machine.snapshot();
        Machine smaller = new Machine(program, call -> {}, new Limits(1_000, 10, 10, 1_000, 1, 99));
        assertThatThrownBy(() -> smaller.restore(snapshot))
                .hasMessage("the snapshot has 100 elements of tables, the limit is 99 (tableElementsMax)");
        assertThatThrownBy(() -> new Machine(program, call -> {}, new Limits(1_000, 10, 1, 1_000, 1, 99)))
                .hasMessage("the program needs 2 pages of memory, the limit is 1 (memoryPagesMax)");
        assertThatThrownBy(() -> new Machine(program, call -> {}, new Limits(1_000, 10, 10, 1_000, 1, 0)))
                .hasMessage("the program needs 1 elements of tables, the limit is 0 (tableElementsMax)");
    }

    @Test
    @DisplayName("a table of ten million nulls costs nothing, and neither does a snapshot of it")
    void sparse() throws Exception {
        VerifiedProgram program = verified("""
                .table t: externref 10000000
                .func main(x: externref)
                  i32.const 9999999
                  local.get x
                  table.set t
                  return
                .end
                .entry main
                """);
        Machine machine = started(program, 5);
        machine.run(100);
        Snapshot snapshot = machine.snapshot();
        assertThat(SnapshotWriter.write(snapshot).length).isLessThan(300);
        assertThat(machine.tableElement(0, 9_999_999)).isEqualTo(5);
        assertThat(snapshot.stateWords().length).isLessThan(200);
    }

    @Test
    void theStartFunctionRunsOnceBeforeTheFirst() throws Exception {
        VerifiedProgram program = verified("""
                .global g: mut i32 = 0
                .start init
                .func init()
                  global.get g
                  i32.const 10
                  i32.add
                  global.set g
                  call deeper
                  return
                .end
                .func deeper()
                  nop
                  return
                .end
                .func get(x: i32) -> i32
                  local.get x
                  global.get g
                  i32.add
                  return
                .end
                .export get
                """);
        Machine machine = new Machine(program, call -> {}, Limits.DEFAULT);
        machine.start(2, 7);
        assertThat(machine.depth()).isEqualTo(2);
        assertThat(machine.framePosition(0)).isEqualTo(new Position(2, 0));
        assertThat(machine.nextPosition(0)).isEqualTo(new Position(2, 0));
        assertThat(machine.position()).isEqualTo(new Position(0, 0));
        assertThat(machine.local(0, 0)).isEqualTo(7);
        for (int icount = 0; icount < 12; icount++) {
            Machine fresh = new Machine(program, call -> {}, Limits.DEFAULT);
            fresh.restore(SnapshotReader.read(program, SnapshotWriter.write(machine.snapshot())));
            assertThat(fresh.run(1_000)).isEqualTo(Status.RETURNED);
            assertThat(fresh.results()).containsExactly(17L);
            assertThat(fresh.icount()).isEqualTo(12);
            machine.run(machine.icount() + 1);
        }
        assertThat(machine.status()).isEqualTo(Status.RETURNED);
        machine.start(2, 1);
        assertThat(machine.depth()).isEqualTo(1);
        machine.run(100);
        assertThat(machine.results()).containsExactly(11L);
    }

    @Test
    void aStartFunctionThatDoesNotFitIsAStackOverflow() throws Exception {
        VerifiedProgram program = verified("""
                .start init
                .func init()
                  return
                .end
                .func main()
                  return
                .end
                .entry main
                """);
        Machine machine = new Machine(program, call -> {}, new Limits(64, 1, 0, 1, 1));
        machine.start(1);
        assertThat(machine.status()).isEqualTo(Status.FAULTED);
        assertThat(machine.fault().orElseThrow().kind()).isEqualTo(FaultKind.STACK_OVERFLOW);
        assertThat(SnapshotReader.read(program, SnapshotWriter.write(machine.snapshot()))
                        .sameState(machine.snapshot()))
                .isTrue();
    }

    @Test
    void referencesFromOutsideAreChecked() throws Exception {
        VerifiedProgram program = verified("""
                .table t: funcref 1
                .func main(f: funcref) -> funcref
                  local.get f
                  return
                .end
                .entry main
                """);
        Machine machine = new Machine(program, call -> {}, Limits.DEFAULT);
        assertThatThrownBy(() -> machine.start(0, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the cell 2 refers to no function, expected 0 to 1");
        assertThat(machine.status()).isEqualTo(Status.IDLE);
        machine.start(0, 1);
        assertThatThrownBy(() -> machine.set(new Location.TableElement(0, 0), -1))
                .isInstanceOf(IllegalArgumentException.class);
        machine.set(new Location.TableElement(0, 0), 1);
        assertThat(machine.get(new Location.TableElement(0, 0))).isEqualTo(1);
        assertThat(machine.get(new Location.TableSize(0))).isEqualTo(1);
        machine.run(10);
        assertThat(machine.results()).containsExactly(1L);
    }

    private static final String SHORT = """
            .memory 1 4
            .global counter: mut i32 = 5
            .table t: funcref 2 9 = bump
            .data d passive = "abc"
            .func bump() -> i32
              global.get counter
              i32.const 1
              i32.add
              global.set counter
              i32.const 64
              global.get counter
              i32.store
              i32.const 1
              ref.func bump
              table.set t
              data.drop d
              global.get counter
              return
            .end
            .export bump
            """;

    private static final String LONGER = SHORT + """
            .memory 2 3
            .global more: mut i64 = 9
            .table u: externref 4
            .elements e = bump
            .data f passive = "xyz"
            .func again() -> i32
              i32.const 1
              call_indirect t () -> i32
              i32.const 0
              i32.const 0
              i32.const 3
              memory.init f memory1
              i64.const 1
              global.set more
              return
            .end
            .export again
            """;

    @Test
    void aStateGoesOnInALongerProgram() throws Exception {
        VerifiedProgram before = verified(SHORT);
        VerifiedProgram after = verified(LONGER);
        Machine reference = new Machine(before, call -> {}, Limits.DEFAULT);
        reference.start(0);
        reference.run(100);
        reference.start(0);
        for (long stop = 13; stop <= 24; stop++) {
            Machine machine = new Machine(before, call -> {}, Limits.DEFAULT);
            machine.start(0);
            machine.run(100);
            machine.start(0);
            machine.run(stop);
            Machine longer = new Machine(after, call -> {}, Limits.DEFAULT);
            longer.restore(machine.snapshot().extendedTo(after, Limits.DEFAULT));
            assertThat(longer.icount()).isEqualTo(stop);
            assertThat(longer.run(100)).isEqualTo(Status.RETURNED);
            assertThat(longer.results()).containsExactly(7L);
            longer.start(1);
            assertThat(longer.run(100)).isEqualTo(Status.RETURNED);
            assertThat(longer.results()).containsExactly(8L);
            assertThat(longer.readMemory(64, 1)).containsExactly(8);
            assertThat(longer.readMemory(1, 0, 3)).isEqualTo("xyz".getBytes(StandardCharsets.US_ASCII));
            assertThat(longer.global(1)).isEqualTo(1);
            assertThat(longer.dataDropped(0)).isTrue();
            assertThat(longer.dataDropped(1)).isFalse();
        }
    }

    @Test
    void aProgramThatDoesNotBeginWithTheOldOneIsRefused() throws Exception {
        Snapshot snapshot = new Machine(verified(SHORT), call -> {}, Limits.DEFAULT).snapshot();
        assertThatThrownBy(() ->
                        snapshot.extendedTo(verified(LONGER.replace("i32.const 64", "i32.const 65")), Limits.DEFAULT))
                .hasMessage("function 0 of the longer program is not that of the program before");
        assertThatThrownBy(() -> snapshot.extendedTo(verified(LONGER.replace("= 5", "= 6")), Limits.DEFAULT))
                .hasMessage("global 0 of the longer program is not that of the program before");
        assertThatThrownBy(() ->
                        snapshot.extendedTo(verified(".func bump() -> i32\ni32.const 1\nreturn\n.end"), Limits.DEFAULT))
                .hasMessageContaining("function 0");
        Program renamed = Assembler.assemble("x.tasm", ".program \"renamed\"\n" + LONGER);
        assertThat(snapshot.extendedTo(Verifier.verify(renamed), Limits.DEFAULT).icount())
                .isZero();
    }
}
