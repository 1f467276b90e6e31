package dev.tapedeck.vm.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Snapshots of a program that are read for another version of it. */
class RelocationTest {
    private static final String HEAD = """
            .memory 1 4
            .global sum: mut i64 = 0
            .global chosen: mut funcref = null
            .table operations: funcref 3 = double, square, _
            """;
    private static final String DOUBLE = """
            .func double(n: i32) -> i32
              local.get n
              i32.const 2
              i32.mul
              return
            .end
            """;
    private static final String SQUARE = """
            .func square(n: i32) -> i32
              local.get n
              local.get n
              i32.mul
              return
            .end
            """;
    /** Not called before the middle of the run. */
    private static final String LATE = """
            .func late() -> i32
              i32.const 1000
              return
            .end
            """;

    private static final String HANDLER = """
            .func on_signal(signal: i32, payload: i64)
              global.get sum
              local.get payload
              i64.add
              global.set sum
              interrupt.return
            .end
            """;
    private static final String RECURSIVE = """
            .func depth(n: i32) -> i32
              local.get n
              br_if deeper
              i32.const 0
              return
            deeper:
              local.get n
              i32.const 1
              i32.sub
              call depth
              local.get n
              i32.add
              return
            .end
            """;
    private static final String MAIN = """
            .func main() -> (i32, i64)
              .local i: i32, s: i32, f: funcref
              i32.const 3
              interrupt.handle on_signal
              ref.func square
              local.tee f
              global.set chosen
              i32.const 2
              ref.func double
              table.set operations
            again:
              i32.const 3
              local.get i
              i64.extend_i32_u
              interrupt.raise
              local.get i
              local.get i
              i32.const 3
              i32.rem_u
              call_indirect operations (i32) -> i32
              local.get s
              i32.add
              local.set s
              i32.const 0
              global.get chosen
              table.set operations
              i32.const 1
              local.get f
              table.set operations
              local.get i
              call depth
              local.get s
              i32.add
              local.set s
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const 8
              i32.lt_u
              br_if again
              local.get s
              call late
              i32.add
              global.get sum
              return
            .end
            .entry main
            """;
    private static final List<String> PARTS = List.of(DOUBLE, SQUARE, LATE, HANDLER, RECURSIVE, MAIN);
    private static final String EXTRA = """
            .func extra%d() -> i32
              i32.const %d
              return
            .end
            """;

    private static VerifiedProgram program(List<String> parts) {
        try {
            return Verifier.verify(Assembler.assemble("relocated.tasm", HEAD + String.join("", parts)));
        } catch (Exception e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    private static VerifiedProgram original() {
        return program(PARTS);
    }

    /** The same functions in another order, with others between them. */
    private static VerifiedProgram moved() {
        List<String> parts = new ArrayList<>(PARTS);
        Collections.reverse(parts);
        for (int i = 0; i <= PARTS.size(); i++) {
            parts.add(2 * i, EXTRA.formatted(i, i + 70));
        }
        return program(parts);
    }

    private static VerifiedProgram with(String part, String changed) {
        List<String> parts = new ArrayList<>(PARTS);
        parts.set(PARTS.indexOf(part), changed);
        Collections.rotate(parts, 2);
        return program(parts);
    }

    private static Machine machine(VerifiedProgram program) {
        return new Machine(
                program,
                new VirtualHost(
                        InputStream.nullInputStream(),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream(),
                        1),
                Limits.DEFAULT);
    }

    private static Machine started(VerifiedProgram program) {
        Machine machine = machine(program);
        machine.start(program.program().entry());
        return machine;
    }

    /** Snapshots after each instruction of the run. */
    private static List<Snapshot> snapshots() {
        Machine machine = started(original());
        List<Snapshot> snapshots = new ArrayList<>();
        while (machine.status() == Status.RUNNING) {
            snapshots.add(machine.snapshot());
            machine.run(machine.icount() + 1);
        }
        assertThat(machine.status()).isEqualTo(Status.RETURNED);
        return snapshots;
    }

    /** A snapshot inside of {@code name}, with the deepest stack there is. */
    private static Snapshot inside(String name) {
        return snapshots().stream()
                .filter(snapshot -> name(
                                snapshot.program(), snapshot.state().position().orElseThrow())
                        .equals(name))
                .reduce((a, b) ->
                        b.state().frames().size() >= a.state().frames().size() ? b : a)
                .orElseThrow();
    }

    private static String name(Program program, Position position) {
        return program.functions().get(position.function()).name();
    }

    private static List<String> places(Snapshot snapshot) {
        return snapshot.state().frames().stream()
                .map(frame -> name(snapshot.program(), frame.next()) + "+"
                        + frame.next().offset())
                .toList();
    }

    private static String function(Program program, long reference) {
        return reference == 0
                ? "null"
                : program.functions().get((int) reference - 1).name();
    }

    private static List<String> table(Snapshot snapshot) {
        List<String> names = new ArrayList<>();
        for (long cell : snapshot.state().tables().get(0).cells()) {
            names.add(function(snapshot.program(), cell));
        }
        return names;
    }

    @Test
    @DisplayName("H3: each state of a run goes on in a program whose functions moved: positions, return addresses,"
            + " handlers, references on the stack, in globals and in tables (origin gap)")
    void functionsMoved() throws FormatException {
        Machine whole = started(original());
        whole.run(Long.MAX_VALUE);
        VerifiedProgram other = moved();
        assertThat(other.program().findFunction("main"))
                .isNotEqualTo(original().program().findFunction("main"));
        int interrupted = 0;
        int deepest = 0;
        for (Snapshot snapshot : snapshots()) {
            Snapshot relocated = SnapshotReader.read(other, SnapshotWriter.write(snapshot));
            assertThat(places(relocated)).isEqualTo(places(snapshot));
            assertThat(table(relocated)).isEqualTo(table(snapshot));
            assertThat(function(other.program(), relocated.state().globals()[1]))
                    .isEqualTo(function(snapshot.program(), snapshot.state().globals()[1]));
            Machine machine = machine(other);
            machine.restore(relocated);
            machine.run(Long.MAX_VALUE);
            assertThat(machine.status()).isEqualTo(Status.RETURNED);
            assertThat(machine.results()).isEqualTo(whole.results());
            assertThat(machine.icount()).isEqualTo(whole.icount());
            interrupted += snapshot.state().frames().stream().anyMatch(frame -> frame.interrupt()) ? 1 : 0;
            deepest = Math.max(deepest, snapshot.state().frames().size());
        }
        assertThat(interrupted).isPositive();
        assertThat(deepest).isGreaterThan(8);
    }

    @Test
    @DisplayName("H3: a local that is a reference to a function is one to the same function")
    void referencesOnTheStack() throws FormatException {
        Snapshot snapshot = inside("depth");
        Snapshot relocated = SnapshotReader.read(moved(), SnapshotWriter.write(snapshot));
        assertThat(function(snapshot.program(), snapshot.state().cells()[2])).isEqualTo("square");
        assertThat(function(relocated.program(), relocated.state().cells()[2])).isEqualTo("square");
        assertThat(relocated.state().cells()[2]).isNotEqualTo(snapshot.state().cells()[2]);
    }

    /** Counts in three globals, of which two have the same type and initial value. */
    private static VerifiedProgram counting(String... globals) {
        try {
            return Verifier.verify(Assembler.assemble("globals.tasm", String.join("\n", globals) + """

                            .func main() -> (i32, i32, i64)
                              i32.const 1
                              global.set ones
                              i32.const 2
                              global.set twos
                              i64.const 3
                              global.set threes
                              global.get ones
                              global.get twos
                              global.get threes
                              return
                            .end
                            """));
        } catch (Exception e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    private static final String ONES = ".global ones: mut i32";
    private static final String TWOS = ".global twos: mut i32";
    private static final String THREES = ".global threes: mut i64";

    private static byte[] counted() {
        Machine machine = started(counting(ONES, TWOS, THREES));
        machine.run(6);
        return SnapshotWriter.write(machine.snapshot());
    }

    @Test
    @DisplayName("H3: globals are found by name where they have moved, not by their order")
    void globalsMoved() throws FormatException {
        VerifiedProgram other = counting(THREES, TWOS, ONES);
        Machine machine = machine(other);
        machine.restore(SnapshotReader.read(other, counted()));
        machine.run(Long.MAX_VALUE);
        assertThat(machine.results()).containsExactly(1L, 2L, 3L);
    }

    @Test
    @DisplayName("H3: with a base too, globals are found by name")
    void globalsMovedInADelta() throws FormatException {
        Machine machine = started(counting(ONES, TWOS, THREES));
        machine.run(1);
        Snapshot base = machine.snapshot();
        machine.run(6);
        byte[] delta = SnapshotWriter.writeDelta(machine.snapshot(), base);
        VerifiedProgram other = counting(TWOS, THREES, ONES);
        Snapshot there = SnapshotReader.read(other, SnapshotWriter.write(base));
        assertThat(SnapshotReader.readDelta(other, delta, there).state().globals())
                .containsExactly(2, 3, 1);
    }

    @Test
    @DisplayName("H3: a global that was added, removed, renamed or changed its type is an error with its name")
    void otherGlobals() {
        assertGlobalsRefused("global 1 (fours) is not in the snapshot", ONES, ".global fours: i32", TWOS, THREES);
        Machine more = started(counting(ONES, TWOS, ".global zeros: i32", THREES));
        more.run(6);
        assertThatExceptionOfType(FormatException.class)
                .isThrownBy(
                        () -> SnapshotReader.read(counting(ONES, TWOS, THREES), SnapshotWriter.write(more.snapshot())))
                .withMessageContaining("the snapshot has global 2 (zeros), which the program does not have");
        assertThatExceptionOfType(FormatException.class)
                .isThrownBy(() -> SnapshotReader.read(
                        counting(ONES, TWOS, ".global zeros: f32", THREES), SnapshotWriter.write(more.snapshot())))
                .withMessageContaining("global 2 (zeros) is of type f32, in the snapshot it is of type i32");
    }

    private static void assertGlobalsRefused(String message, String... globals) {
        assertThatExceptionOfType(FormatException.class)
                .isThrownBy(() -> SnapshotReader.read(counting(globals), counted()))
                .withMessageContaining(message);
    }

    @Test
    @DisplayName("H3, H11: in a stripped program globals are found by their order, with their types")
    void globalsWithoutNames() throws Exception {
        VerifiedProgram stripped =
                Verifier.verify(counting(ONES, TWOS, THREES).program().stripped());
        assertThat(SnapshotReader.read(stripped, counted()).state().globals()).containsExactly(1, 2, 3);
        VerifiedProgram other =
                Verifier.verify(counting(THREES, TWOS, ONES).program().stripped());
        assertThatExceptionOfType(FormatException.class)
                .isThrownBy(() -> SnapshotReader.read(other, counted()))
                .withMessageContaining("global 0 is of type i64, in the snapshot it is of type i32");
        Machine nameless = started(stripped);
        nameless.run(6);
        assertThat(SnapshotReader.read(counting(ONES, TWOS, THREES), SnapshotWriter.write(nameless.snapshot()))
                        .state()
                        .globals())
                .containsExactly(1, 2, 3);
    }

    @Test
    @DisplayName("H4: a function on the stack that has changed is an error with both hashes")
    void changedOnTheStack() {
        VerifiedProgram other = with(RECURSIVE, RECURSIVE.replace("i32.const 0", "i32.const 5"));
        Snapshot snapshot = inside("depth");
        int before = snapshot.program().findFunction("depth").orElseThrow();
        int now = other.program().findFunction("depth").orElseThrow();
        assertThatExceptionOfType(FormatException.class)
                .isThrownBy(() -> SnapshotReader.read(other, SnapshotWriter.write(snapshot)))
                .withMessageContaining("function " + before + " (depth) has changed")
                .withMessageContaining(snapshot.contentHash(before).hex())
                .withMessageContaining(Snapshot.contentHash(other, now).hex());
    }

    @Test
    @DisplayName("H4: a caller that has changed is one too, although it is not on top")
    void changedCaller() {
        VerifiedProgram other = with(MAIN, MAIN.replace("i32.const 8", "i32.const 9"));
        assertThatExceptionOfType(FormatException.class)
                .isThrownBy(() -> SnapshotReader.read(other, SnapshotWriter.write(inside("depth"))))
                .withMessageContaining("(main) has changed");
    }

    @Test
    @DisplayName("H4: a function that has changed and is not on the stack is fine: the new one is called")
    void changedElsewhere() throws FormatException {
        Machine whole = started(original());
        whole.run(Long.MAX_VALUE);
        Snapshot snapshot = inside("depth");
        VerifiedProgram other = with(LATE, LATE.replace("1000", "2000"));
        Machine machine = machine(other);
        machine.restore(SnapshotReader.read(other, SnapshotWriter.write(snapshot)));
        machine.run(Long.MAX_VALUE);
        assertThat(machine.results().get(0)).isEqualTo(whole.results().get(0) + 1000);
    }

    @Test
    @DisplayName("H4: so is one that only a handler or a reference is to")
    void changedHandler() throws FormatException {
        Snapshot snapshot = inside("depth");
        VerifiedProgram other = with(HANDLER, HANDLER.replace("i64.add", "i64.sub"));
        Snapshot relocated = SnapshotReader.read(other, SnapshotWriter.write(snapshot));
        assertThat(relocated.state().handlers()[3])
                .isEqualTo(other.program().findFunction("on_signal").orElseThrow());
        VerifiedProgram another = with(SQUARE, SQUARE.replace("i32.mul", "i32.add"));
        assertThat(table(SnapshotReader.read(another, SnapshotWriter.write(snapshot))))
                .isEqualTo(table(snapshot));
    }

    @Test
    @DisplayName("H4: a handler that has changed its type is refused")
    void handlerOfAnotherType() {
        String other = ".func on_signal() -> i32\n i32.const 1\n return\n.end\n";
        Snapshot snapshot = inside("depth");
        String main = MAIN.replace("  i32.const 3\n  interrupt.handle on_signal\n", "");
        List<String> parts = new ArrayList<>(PARTS);
        parts.set(PARTS.indexOf(HANDLER), other);
        parts.set(PARTS.indexOf(MAIN), main);
        assertThatExceptionOfType(FormatException.class)
                .isThrownBy(() -> SnapshotReader.read(program(parts), SnapshotWriter.write(snapshot)))
                .withMessageContaining("has changed");
    }

    @Test
    @DisplayName("H5: a snapshot that says nothing but where it is loads by index, and a round trip keeps it")
    void absolutePositions() throws FormatException {
        Snapshot snapshot = inside("depth");
        Snapshot read = SnapshotReader.read(original(), withoutHashes(snapshot));
        assertThat(read.sameState(snapshot)).isTrue();
        assertThat(SnapshotWriter.write(read)).isEqualTo(SnapshotWriter.write(snapshot));
    }

    @Test
    @DisplayName("H5: where that is no state of the program, it is refused")
    void absolutePositionsElsewhere() {
        assertThatExceptionOfType(FormatException.class)
                .isThrownBy(() -> SnapshotReader.read(moved(), withoutHashes(inside("depth"))));
    }

    private static byte[] withoutHashes(Snapshot snapshot) {
        String hex = HexFormat.of().formatHex(SnapshotWriter.write(snapshot));
        for (int i = 0; i < snapshot.program().functions().size(); i++) {
            hex = hex.replace(snapshot.contentHash(i).hex(), "0".repeat(64));
        }
        return HexFormat.of().parseHex(hex);
    }

    @Test
    @DisplayName("H5: written and read again, in the same program or through another, the bytes are the same")
    void roundTrip() throws FormatException {
        for (Snapshot snapshot : snapshots()) {
            byte[] bytes = SnapshotWriter.write(snapshot);
            assertThat(SnapshotWriter.write(SnapshotReader.read(original(), bytes)))
                    .isEqualTo(bytes);
            Snapshot there = SnapshotReader.read(moved(), bytes);
            Snapshot back = SnapshotReader.read(original(), SnapshotWriter.write(there));
            assertThat(SnapshotWriter.write(back)).isEqualTo(bytes);
        }
    }

    @Test
    @DisplayName("H7: a restored stack has room to grow: later calls work")
    void roomToGrow() throws FormatException {
        VerifiedProgram other = moved();
        Machine machine = machine(other);
        machine.restore(SnapshotReader.read(other, SnapshotWriter.write(inside("depth"))));
        machine.run(Long.MAX_VALUE);
        machine.start(other.program().findFunction("depth").orElseThrow(), 20_000);
        machine.run(Long.MAX_VALUE);
        assertThat(machine.results()).containsExactly(200_010_000L);
    }

    @Test
    @DisplayName("H11: names and lines do not count: a snapshot goes on in the stripped program")
    void stripped() throws Exception {
        VerifiedProgram other = Verifier.verify(original().program().stripped());
        Machine whole = started(original());
        whole.run(Long.MAX_VALUE);
        Machine machine = machine(other);
        machine.restore(SnapshotReader.read(other, SnapshotWriter.write(inside("depth"))));
        machine.run(Long.MAX_VALUE);
        assertThat(machine.results()).isEqualTo(whole.results());
    }
}
