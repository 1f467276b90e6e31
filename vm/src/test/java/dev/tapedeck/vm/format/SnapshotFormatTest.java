package dev.tapedeck.vm.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.SnapshotState;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SnapshotFormatTest {
    private static final long SEED = 31;

    /** Calls, an indirect call, an interrupt, operands of every type below the calls, memory that grows. */
    private static final String[] PROGRAM = {
        ".memory 2 40",
        ".global g: mut f32 = -1.5",
        ".table table = leaf, _",
        ".func on_signal(signal: i32, payload: i64)",
        ".local x: f64",
        "local.get payload",
        "i32.const 3",
        "call middle",
        "drop",
        "drop",
        "interrupt.return",
        ".end",
        ".func leaf(n: i32, scale: f64) -> (i32)",
        "local.get n",
        "i32.const 4096",
        "i32.mul",
        "local.get n",
        "i32.store8 [+7]",
        "local.get n",
        "i32.const 100",
        "i32.add",
        "return",
        ".end",
        ".func middle(n: i32) -> (i32)",
        "f64.const nan:0x4000000000abc",
        "f32.const -0.0",
        "local.get n",
        "f64.const 2",
        "i32.const 0",
        "call_indirect table (i32, f64) -> (i32)",
        "unwind 1 2",
        "return",
        ".end",
        ".func main() -> (i32)",
        ".local i: i32, s: i32",
        "i32.const 5",
        "interrupt.handle on_signal",
        "again:",
        "local.get s",
        "local.get i",
        "call middle",
        "i32.add",
        "local.set s",
        "i32.const 1",
        "memory.grow",
        "drop",
        "call_host tape.random",
        "drop",
        "local.get i",
        "i32.const 1",
        "i32.add",
        "local.tee i",
        "i32.const 30",
        "i32.lt_u",
        "br_if again",
        "local.get s",
        "i32.const 9",
        "halt",
        ".end",
        ".entry main"
    };

    private final VerifiedProgram program = verified(PROGRAM);

    private static VerifiedProgram verified(String... lines) {
        try {
            return Verifier.verify(Assembler.assemble("snapshot.tasm", String.join("\n", lines) + "\n"));
        } catch (Exception e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    private static Machine machine(VerifiedProgram program) {
        return new Machine(
                program,
                new VirtualHost(
                        InputStream.nullInputStream(),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream(),
                        3),
                Limits.DEFAULT);
    }

    /** Snapshots all along a run with interrupts: idle, running at every kind of place, halted. */
    private List<Snapshot> snapshots() {
        Machine machine = machine(program);
        List<Snapshot> snapshots = new ArrayList<>();
        snapshots.add(machine.snapshot());
        machine.start(program.program().entry());
        while (machine.status() == Status.RUNNING) {
            if (machine.icount() % 37 == 5) {
                machine.raise(5, machine.icount());
            }
            if (machine.icount() % 101 == 5) {
                machine.raise(17, -machine.icount());
            }
            snapshots.add(machine.snapshot());
            machine.run(machine.icount() + 3);
        }
        assertThat(machine.status()).isEqualTo(Status.HALTED);
        snapshots.add(machine.snapshot());
        return snapshots;
    }

    @Test
    @DisplayName("S1, S2, W10: written and read again, a snapshot is the same, and the run goes on the same")
    void roundTrip() throws FormatException {
        List<Snapshot> snapshots = snapshots();
        Snapshot end = snapshots.get(snapshots.size() - 1);
        for (Snapshot snapshot : snapshots) {
            byte[] bytes = SnapshotWriter.write(snapshot);
            Snapshot read = SnapshotReader.read(program, bytes);
            assertThat(read.differences(snapshot, 5)).isEmpty();
            assertThat(read.sameState(snapshot)).isTrue();
            assertThat(read.icount()).isEqualTo(snapshot.icount());
            assertThat(SnapshotWriter.write(read)).isEqualTo(bytes);
            Machine other = machine(program);
            other.restore(read);
            assertThat(other.snapshot().differences(snapshot, 5)).isEmpty();
            assertThat(SnapshotWriter.write(other.snapshot())).isEqualTo(bytes);
        }
        assertThat(SnapshotReader.read(program, SnapshotWriter.write(end)).status())
                .isEqualTo(Status.HALTED);
    }

    @Test
    @DisplayName("W12: a run that is saved, restored into a fresh machine and run on ends the same")
    void goesOn() throws FormatException {
        Machine whole = machine(program);
        whole.start(program.program().entry());
        whole.run(Long.MAX_VALUE);
        for (int icount = 1; icount < whole.icount(); icount += 29) {
            Machine first = machine(program);
            first.start(program.program().entry());
            first.run(icount);
            Machine second = machine(program);
            second.restore(SnapshotReader.read(program, SnapshotWriter.write(first.snapshot())));
            assertThat(second.run(Long.MAX_VALUE)).isEqualTo(Status.HALTED);
            assertThat(second.snapshot().differences(whole.snapshot(), 5)).isEmpty();
            assertThat(second.icount()).isEqualTo(whole.icount());
        }
    }

    @Test
    void endsOfEveryKind() throws FormatException {
        for (String body : new String[] {
            "i32.const 4\nreturn",
            "i32.const 3\ncall_host tape.exit\nunreachable",
            "unreachable",
            "i32.const 1\ni32.const 0\ni32.div_s\nreturn",
            "call main\nreturn"
        }) {
            VerifiedProgram ends = verified(".func main() -> (i32)", body, ".end", ".entry main");
            Machine machine = machine(ends);
            machine.start(0);
            machine.run(Long.MAX_VALUE);
            Snapshot snapshot = machine.snapshot();
            Snapshot read = SnapshotReader.read(ends, SnapshotWriter.write(snapshot));
            assertThat(read.differences(snapshot, 5)).as(body).isEmpty();
            Machine other = machine(ends);
            other.restore(read);
            assertThat(other.fault()).as(body).isEqualTo(machine.fault());
            assertThat(other.status()).isEqualTo(machine.status());
            assertThat(other.position()).isEqualTo(machine.position());
        }
    }

    @Test
    @DisplayName("A delta holds the pages that differ, and needs its base")
    void delta() throws FormatException {
        List<Snapshot> snapshots = snapshots();
        Random random = new Random(SEED);
        for (int i = 0; i < 60; i++) {
            Snapshot base = snapshots.get(random.nextInt(snapshots.size()));
            Snapshot snapshot = snapshots.get(random.nextInt(snapshots.size()));
            byte[] bytes = SnapshotWriter.writeDelta(snapshot, base);
            int[] changed = {0};
            snapshot.visitChangedPages(base, (memory, index, page) -> changed[0]++);
            assertThat(bytes.length).isLessThan(2_000 + changed[0] * (Snapshot.PAGE_BYTES + 4));
            Snapshot read = SnapshotReader.readDelta(program, bytes, base);
            assertThat(read.differences(snapshot, 5))
                    .as("seed " + SEED + ", delta " + i)
                    .isEmpty();
            assertThat(SnapshotWriter.write(read)).isEqualTo(SnapshotWriter.write(snapshot));
        }
        byte[] bytes = SnapshotWriter.writeDelta(snapshots.get(9), snapshots.get(8));
        assertThatThrownBy(() -> SnapshotReader.read(program, bytes))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("another one, which is missing");
        assertThatThrownBy(() -> SnapshotReader.readDelta(program, bytes, snapshots.get(7)))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("the base is a snapshot at instruction");
        assertThatThrownBy(() ->
                        SnapshotReader.readDelta(program, SnapshotWriter.write(snapshots.get(9)), snapshots.get(8)))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("is complete");
    }

    @Test
    @DisplayName("H4: a function that has changed is refused, with both hashes")
    void changedFunction() {
        byte[] bytes = SnapshotWriter.write(snapshots().get(10));
        String[] changed = PROGRAM.clone();
        int at = Arrays.asList(changed).indexOf("i32.const 30");
        changed[at] = "i32.const 31";
        assertThatThrownBy(() -> SnapshotReader.read(verified(changed), bytes))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("(main) has changed: its hash is")
                .hasMessageContaining("the snapshot's is");
    }

    @Test
    @DisplayName("W6: whatever the bytes are, they are refused, or the machine runs on without breaking")
    void hostile() {
        List<Snapshot> snapshots = snapshots();
        Random random = new Random(SEED);
        int refused = 0;
        int accepted = 0;
        for (int i = 0; i < 6_000; i++) {
            byte[] bytes = SnapshotWriter.write(snapshots.get(random.nextInt(Math.min(snapshots.size(), 40))));
            // Mostly in front of the pages, where the structure is.
            int reach = random.nextInt(10) == 0 ? bytes.length : Math.min(bytes.length, 400);
            switch (random.nextInt(3)) {
                case 0 -> bytes[random.nextInt(reach)] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[random.nextInt(reach)] = (byte) random.nextInt(256);
                default -> bytes = Arrays.copyOf(bytes, random.nextInt(reach));
            }
            try {
                Machine machine = machine(program);
                machine.restore(SnapshotReader.read(program, bytes));
                if (machine.status() == Status.RUNNING) {
                    machine.run(machine.icount() + 5_000);
                }
                accepted++;
            } catch (FormatException e) {
                assertThat(e.getMessage()).startsWith("snapshot").doesNotContain("Exception");
                refused++;
            } catch (IllegalArgumentException e) {
                // A state that is well-formed, but not of this machine: limits, or the host's own part.
                refused++;
            }
        }
        assertThat(refused).as("seed " + SEED).isGreaterThan(3_000);
        assertThat(accepted).as("seed " + SEED).isGreaterThan(50);
    }

    @Test
    void otherFilesAreRefused() {
        assertThatThrownBy(() -> SnapshotReader.read(program, new byte[0]))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("the magic number needs 1 byte");
        assertThatThrownBy(() -> SnapshotReader.read(program, BcWriter.write(program.program())))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("this is not a snapshot");
        byte[] newer = SnapshotWriter.write(snapshots().get(0));
        newer[11] = 2;
        assertThatThrownBy(() -> SnapshotReader.read(program, newer))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("the version is 2, this program reads version 1");
        byte[] longer = Arrays.copyOf(SnapshotWriter.write(snapshots().get(0)), 3_000);
        assertThatThrownBy(() -> SnapshotReader.read(program, longer)).isInstanceOf(FormatException.class);
    }

    @Test
    @DisplayName("W5: an unknown section is skipped from 0x80 on, and an error below")
    void unknownSections() throws Exception {
        Snapshot snapshot = snapshots().get(30);
        // It ends in a section below 0x7F.
        byte[] bytes = Files.readAllBytes(
                Path.of("src/test/resources/dev/tapedeck/vm/format/golden/version1-references.snapshot"));
        assertThat(SnapshotReader.read(program, withSection(bytes, 0x80)).differences(snapshot, 5))
                .isEmpty();
        assertThatThrownBy(() -> SnapshotReader.read(program, withSection(bytes, 0x7F)))
                .isInstanceOf(FormatException.class)
                .hasMessage("snapshot byte " + bytes.length
                        + ": section 0x7F is not known to this Tapedeck and cannot be skipped; use a newer Tapedeck");
        assertThatThrownBy(() -> SnapshotReader.read(program, Arrays.copyOf(bytes, 12)))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("without a section 'run'");
    }

    private static byte[] withSection(byte[] snapshot, int id) {
        byte[] longer = Arrays.copyOf(snapshot, snapshot.length + 3);
        longer[snapshot.length] = (byte) id;
        longer[snapshot.length + 1] = 1;
        return longer;
    }

    @Test
    @DisplayName("W5: the page lists the sections")
    void documentedSections() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "machine.md"));
        for (SnapshotFormat.Section section : SnapshotFormat.Section.values()) {
            assertThat(page).contains(String.format(Locale.ROOT, "| 0x%02X | %s |", section.id, section.label));
        }
    }

    @Test
    @DisplayName("W5: a snapshot written by version 1 is read, and written again byte by byte")
    void golden() throws Exception {
        Path file = Path.of("src/test/resources/dev/tapedeck/vm/format/golden/version1-global-names.snapshot");
        Snapshot expected = snapshots().get(30);
        if (Boolean.getBoolean("tapedeck.golden.update")) {
            Files.createDirectories(file.getParent());
            Files.write(file, SnapshotWriter.write(expected));
        }
        byte[] bytes = Files.readAllBytes(file);
        Snapshot read = readGolden(bytes, expected);
        assertThat(SnapshotWriter.write(read)).isEqualTo(bytes);
    }

    @Test
    @DisplayName("H5: a snapshot from before references had their functions listed is read by their index")
    void goldenWithoutReferences() throws Exception {
        readGolden(
                Files.readAllBytes(Path.of("src/test/resources/dev/tapedeck/vm/format/golden/version1.snapshot")),
                snapshots().get(30));
    }

    @Test
    @DisplayName("H2: a snapshot holds the stack up to sp, globals, frames, and places as hash, index and local offset")
    void whatASnapshotHolds() throws FormatException {
        Machine machine = machine(program);
        machine.start(program.program().entry());
        // After 30 instructions, that is in the middle of the first rounds.
        machine.run(30);
        machine.raise(5, 7);
        while (machine.depth() < 3 || !machine.interruptFrame(1)) {
            machine.run(machine.icount() + 1);
        }
        int depth = machine.depth();
        byte[] bytes = SnapshotWriter.write(machine.snapshot());
        SnapshotState state = SnapshotReader.read(program, bytes).state();
        assertThat(state.cells()).hasSize(machine.sp());
        assertThat(state.globals()).containsExactly(machine.global(0));
        assertThat(state.frames()).hasSize(depth);
        assertThat(state.position()).contains(machine.position());
        Machine other = machine(program);
        other.restore(SnapshotReader.read(program, bytes));
        assertThat(other.bp()).isEqualTo(machine.bp());
        String file = HexFormat.of().formatHex(bytes);
        for (int frame = 0; frame < depth; frame++) {
            assertThat(state.frames().get(frame))
                    .isEqualTo(new SnapshotState.Frame(machine.nextPosition(frame), machine.interruptFrame(frame)));
            int index = machine.nextPosition(frame).function();
            assertThat(file).contains(Snapshot.contentHash(program, index).hex());
            Function function = program.program().functions().get(index);
            int locals = program.program().typeOf(function).parameters().size()
                    + function.locals().size();
            for (int i = 0; i < locals; i++) {
                assertThat(other.local(frame, i)).isEqualTo(machine.local(frame, i));
            }
            assertThat(other.operandCount(frame)).isEqualTo(machine.operandCount(frame));
        }
    }

    @Test
    @DisplayName("W8: the line of an error survives: of a program from a file and a run from a snapshot")
    void errorLines() throws Exception {
        VerifiedProgram written = verified(
                ".func main()",
                "  i32.const 1",
                "  i32.const 0",
                "  i32.div_s",
                "  drop",
                "  return",
                ".end",
                ".entry main");
        VerifiedProgram fromFile = Verifier.verify(BcReader.read(BcWriter.write(written.program())));
        Machine machine = machine(written);
        machine.start(0);
        machine.run(2);
        Machine other = machine(fromFile);
        other.restore(SnapshotReader.read(fromFile, SnapshotWriter.write(machine.snapshot())));
        assertThat(other.run(Long.MAX_VALUE)).isEqualTo(Status.FAULTED);
        Position position = other.fault().orElseThrow().position();
        Function function = fromFile.program().functions().get(position.function());
        assertThat(function.line(position.offset())).isEqualTo(4);
        assertThat(fromFile.program().sources().get(function.source(position.offset())))
                .isEqualTo("snapshot.tasm");
        assertThat(fromFile.program().functionName(0)).isEqualTo("main");
        assertThat(fromFile.program().stripped().functionName(0)).isEqualTo("fn0");
    }

    /** Functions of the module {@code env} that return a number each. */
    private record Numbers(Map<String, Long> byName) implements Host {
        @Override
        public void call(HostCall call) {
            call.setResult(0, byName.get(call.hostImport().name()));
        }

        @Override
        public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
            return byName.containsKey(hostImport.name()) ? Optional.empty() : Optional.of("no such function");
        }
    }

    @Test
    @DisplayName("W11: host functions are bound again by name; one that is missing is named before anything runs")
    void hostFunctionsByName() throws Exception {
        String one = ".import env.one() -> (i64)";
        String two = ".import env.two() -> (i64)";
        String main = ".func main() -> (i64, i64)\ncall_host env.one\ncall_host env.two\nreturn\n.end\n.entry main";
        VerifiedProgram first = verified(one, two, main);
        VerifiedProgram second = verified(two, one, main);
        Host host = new Numbers(Map.of("one", 1L, "two", 2L));
        Machine machine = new Machine(first, host, Limits.DEFAULT);
        machine.start(0);
        machine.run(1);
        Machine other = new Machine(second, host, Limits.DEFAULT);
        other.restore(SnapshotReader.read(second, SnapshotWriter.write(machine.snapshot())));
        assertThat(other.run(Long.MAX_VALUE)).isEqualTo(Status.RETURNED);
        assertThat(other.results()).containsExactly(1L, 2L);
        assertThatThrownBy(() -> new Machine(second, new Numbers(Map.of("one", 1L)), Limits.DEFAULT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("env.two() -> (i64): no such function")
                .hasMessageNotContaining("env.one");
    }

    @Test
    @DisplayName("H5: a snapshot from before globals had their names listed is read by their order")
    void goldenWithoutGlobalNames() throws Exception {
        readGolden(
                Files.readAllBytes(
                        Path.of("src/test/resources/dev/tapedeck/vm/format/golden/version1-references.snapshot")),
                snapshots().get(30));
    }

    private Snapshot readGolden(byte[] bytes, Snapshot expected) throws FormatException {
        Snapshot read = SnapshotReader.read(program, bytes);
        assertThat(read.differences(expected, 5)).isEmpty();
        assertThat(read.icount()).isEqualTo(expected.icount());
        return read;
    }
}
