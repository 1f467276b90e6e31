package dev.tapedeck.harness.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotStoreTest {
    private static final long SEED = 20_261_121;
    private static final int PAGES = 256;

    @TempDir
    Path directory;

    private SnapshotStore store;
    private VerifiedProgram program;
    private Machine machine;

    @BeforeEach
    void makeMachine() throws Exception {
        store = new SnapshotStore(directory.resolve("store"));
        program = program("i32.const 1");
        machine = new Machine(
                program,
                new VirtualHost(
                        InputStream.nullInputStream(),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream(),
                        1),
                Limits.DEFAULT);
        Random random = new Random(SEED);
        for (int address = 0; address < PAGES * Snapshot.PAGE_BYTES; address += 16) {
            write(address, random.nextInt());
        }
        machine.start(0);
    }

    private static VerifiedProgram program(String line) throws Exception {
        return Verifier.verify(Assembler.assemble(
                "stored.tasm",
                ".memory 32\n.func main()\nagain:\n" + line + "\nbr_if again\nreturn\n.end\n.entry main\n"));
    }

    private void write(int address, int value) {
        machine.set(new Location.MemoryByte(address), value & 0xFF);
    }

    private List<Path> files(String folder) throws IOException {
        Path path = directory.resolve("store").resolve(folder);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Test
    @DisplayName("H8: saved, listed, loaded, deleted")
    void saveListLoadDelete() throws Exception {
        assertThat(store.list()).isEmpty();
        Snapshot first = machine.snapshot();
        String firstId = store.save(first);
        machine.run(100);
        Snapshot second = machine.snapshot();
        String secondId = store.save(second);
        assertThat(store.list())
                .extracting(SnapshotStore.Entry::id, SnapshotStore.Entry::icount)
                .containsExactly(tuple(firstId, 0L), tuple(secondId, 100L));
        assertThat(store.load(program, firstId).sameState(first)).isTrue();
        assertThat(store.load(program, secondId.substring(0, 12)).sameState(second))
                .isTrue();
        store.delete(firstId);
        assertThat(store.load(program, secondId).sameState(second)).isTrue();
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> store.load(program, firstId))
                .withMessageContaining("there is no snapshot " + firstId);
        store.delete(secondId);
        assertThat(files("pieces")).isEmpty();
        assertThat(files("snapshots")).isEmpty();
    }

    @Test
    @DisplayName("H8: content-addressed: the same state is the same snapshot, and stored once")
    void contentAddressed() throws Exception {
        String id = store.save(machine.snapshot());
        int count = files("").size();
        assertThat(store.save(machine.snapshot())).isEqualTo(id);
        assertThat(files("")).hasSize(count);
    }

    @Test
    @DisplayName("H8: snapshots of one run share all but the pieces that changed, and each is compressed")
    void deduplicated() throws Exception {
        store.save(machine.snapshot());
        int pieces = files("pieces").size();
        assertThat(pieces).isGreaterThan(8);
        for (int i = 0; i < 10; i++) {
            write(700_001 + i, i + 1);
            store.save(machine.snapshot());
        }
        assertThat(files("pieces").size() - pieces).isBetween(10, 20);
        long stored = 0;
        for (Path file : files("")) {
            stored += Files.size(file);
        }
        assertThat(stored).isLessThan((long) PAGES * Snapshot.PAGE_BYTES / 2);
    }

    @Test
    @DisplayName("H8: a page that comes in between moves the others and changes few pieces")
    void insertedPage() throws Exception {
        store.save(machine.snapshot());
        int pieces = files("pieces").size();
        for (int address = 0; address < Snapshot.PAGE_BYTES; address++) {
            machine.set(new Location.MemoryByte(40 * Snapshot.PAGE_BYTES + address), 0);
        }
        store.save(machine.snapshot());
        assertThat(files("pieces").size() - pieces).isBetween(1, 4);
    }

    @Test
    @DisplayName("H8: whatever happens to the bytes of a file: the snapshot as it was, or a sentence")
    void damaged() throws Exception {
        String id = store.save(machine.snapshot());
        Random random = new Random(SEED);
        List<Path> files = new ArrayList<>(files("pieces"));
        files.addAll(files("snapshots"));
        int refused = 0;
        for (int i = 0; i < 200; i++) {
            Path file = files.get(random.nextInt(files.size()));
            byte[] bytes = Files.readAllBytes(file);
            int at = random.nextInt(bytes.length);
            byte[] changed = bytes.clone();
            changed[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, changed);
            refused += refused(id, "seed " + SEED + ", byte " + at + " of " + file) ? 1 : 0;
            Files.write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
            refused += refused(id, "seed " + SEED + ", " + file + " cut") ? 1 : 0;
            Files.write(file, bytes);
        }
        // A bit of a compressed piece may make no difference to what it decompresses to, nor does the count for the
        // list.
        assertThat(refused).isGreaterThan(380);
        assertThat(store.load(program, id).sameState(machine.snapshot())).isTrue();
    }

    private boolean refused(String id, String what) {
        try {
            assertThat(store.load(program, id).sameState(machine.snapshot()))
                    .as(what)
                    .isTrue();
            return false;
        } catch (RecordingException e) {
            assertThat(e.getMessage()).as(what).isNotBlank().doesNotContain("\n");
            return true;
        }
    }

    @Test
    @DisplayName("H8: what a process left that died while it saved is no snapshot, and goes with the next delete")
    void crashed() throws Exception {
        String id = store.save(machine.snapshot());
        write(0, 99);
        String other = store.save(machine.snapshot());
        Files.delete(directory.resolve("store/snapshots").resolve(other));
        Path half = directory.resolve("store/snapshots/.tapedeck-1-0.unfinished");
        Files.write(half, new byte[] {1});
        int pieces = files("pieces").size();
        assertThat(store.list()).extracting(SnapshotStore.Entry::id).containsExactly(id);
        assertThat(store.load(program, id).icount()).isZero();
        write(0, 100);
        store.delete(store.save(machine.snapshot()));
        assertThat(files("pieces")).hasSizeLessThan(pieces);
        assertThat(store.load(program, id).icount()).isZero();
    }

    @Test
    @DisplayName("H8: saved and deleted by several at once, what is there is whole")
    void concurrent() throws Exception {
        List<Snapshot> snapshots = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            write(i * 50_000, i + 7);
            snapshots.add(machine.snapshot());
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < snapshots.size(); i++) {
                Snapshot snapshot = snapshots.get(i);
                boolean delete = i % 3 == 0;
                all.add(threads.submit(() -> {
                    SnapshotStore own = new SnapshotStore(directory.resolve("store"));
                    String id = own.save(snapshot);
                    if (delete) {
                        own.delete(id);
                    }
                    return id;
                }));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdown();
        }
        assertThat(store.list()).hasSize(8);
        for (SnapshotStore.Entry entry : store.list()) {
            store.load(program, entry.id());
        }
    }

    @Test
    @DisplayName("H8, H4: of a program whose function on the stack has changed: refused with both hashes")
    void anotherProgram() throws Exception {
        String id = store.save(machine.snapshot());
        VerifiedProgram other = program("i32.const 2");
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> store.load(other, id))
                .withMessageContaining(Snapshot.contentHash(program, 0).hex())
                .withMessageContaining(Snapshot.contentHash(other, 0).hex());
    }
}
