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
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
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
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(store::contents)
                .withMessageContaining("no such directory");
        Snapshot first = machine.snapshot();
        String firstId = store.save(first);
        machine.run(100);
        Snapshot second = machine.snapshot();
        String secondId = store.save(second);
        assertThat(store.contents().snapshots())
                .extracting(SnapshotStore.Entry::id, SnapshotStore.Entry::icount)
                .containsExactly(tuple(firstId, 0L), tuple(secondId, 100L));
        assertThat(store.load(program, firstId).sameState(first)).isTrue();
        assertThat(store.load(program, secondId.substring(0, 12)).sameState(second))
                .isTrue();
        store.delete(List.of(firstId));
        assertThat(store.load(program, secondId).sameState(second)).isTrue();
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> store.load(program, firstId))
                .withMessageContaining("there is no snapshot '" + firstId);
        store.delete(List.of(secondId));
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
        // A bit of a compressed piece may make no difference to what it decompresses to.
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
        assertThat(store.contents().snapshots())
                .extracting(SnapshotStore.Entry::id)
                .containsExactly(id);
        assertThat(store.load(program, id).icount()).isZero();
        write(0, 100);
        store.delete(List.of(store.save(machine.snapshot())));
        assertThat(files("pieces")).hasSizeLessThan(pieces);
        assertThat(half).doesNotExist();
        assertThat(store.load(program, id).icount()).isZero();
    }

    @Test
    @DisplayName("H8: what is damaged is mended when the same is saved again")
    void mended() throws Exception {
        String id = store.save(machine.snapshot());
        Path piece = files("pieces").get(3);
        byte[] whole = Files.readAllBytes(piece);
        Files.write(piece, new byte[0]);
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> store.verify(id))
                .withMessageContaining("damaged");
        assertThat(store.save(machine.snapshot())).isEqualTo(id);
        assertThat(piece).hasBinaryContent(whole);
        store.verify(id);
    }

    @Test
    @DisplayName("H8: a link in the place of a piece, a list or the lock is damage; nothing is written through it")
    void links() throws Exception {
        String id = store.save(machine.snapshot());
        Path precious = Files.writeString(directory.resolve("precious"), "kept");
        Path piece = files("pieces").get(3);
        Path list = files("snapshots").get(0);
        for (Path file : List.of(piece, list)) {
            byte[] whole = Files.readAllBytes(file);
            Files.delete(file);
            Files.createSymbolicLink(file, precious);
            assertThatExceptionOfType(RecordingException.class)
                    .isThrownBy(() -> store.verify(id))
                    .withMessageContaining("damaged");
            assertThat(store.save(machine.snapshot())).isEqualTo(id);
            assertThat(precious).hasContent("kept");
            assertThat(file).isRegularFile().hasBinaryContent(whole);
            assertThat(Files.isSymbolicLink(file)).isFalse();
        }
        Path lock = directory.resolve("store/lock");
        Files.delete(lock);
        Files.createSymbolicLink(lock, directory.resolve("elsewhere"));
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> store.save(machine.snapshot()))
                .withMessageContaining("is not a file");
        assertThat(directory.resolve("elsewhere")).doesNotExist();
    }

    @Test
    @DisplayName("H8: a damaged list of pieces is listed as damaged, keeps all pieces, and can be deleted")
    void damagedList() throws Exception {
        String id = store.save(machine.snapshot());
        write(0, 99);
        String other = store.save(machine.snapshot());
        int pieces = files("pieces").size();
        Files.write(directory.resolve("store/snapshots").resolve(id), new byte[100]);
        SnapshotStore.Contents contents = store.contents();
        assertThat(contents.snapshots()).extracting(SnapshotStore.Entry::id).containsExactly(other);
        assertThat(contents.damaged()).extracting(SnapshotStore.Damaged::id).containsExactly(id);
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(store::collect)
                .withMessageContaining("delete it");
        assertThat(files("pieces")).hasSize(pieces);
        store.delete(List.of(id));
        assertThat(store.contents().damaged()).isEmpty();
        store.verify(other);
    }

    @Test
    @DisplayName("H8: what others put into the directory is neither read nor removed")
    void foreignFiles() throws Exception {
        String id = store.save(machine.snapshot());
        Path root = directory.resolve("store");
        List<Path> theirs = List.of(
                root.resolve("pieces/notes.txt"),
                root.resolve("pieces/ab"),
                root.resolve("snapshots/notes.txt"),
                root.resolve("notes.txt"));
        Path elsewhere = Files.writeString(directory.resolve("elsewhere"), "theirs");
        for (Path file : theirs) {
            if (!Files.exists(file)) {
                Files.writeString(file, "theirs");
            }
        }
        Files.createSymbolicLink(root.resolve("pieces/link"), directory);
        Files.createSymbolicLink(root.resolve("snapshots/" + "0".repeat(64)), Path.of("/dev/zero"));
        assertThat(store.contents().damaged())
                .singleElement()
                .satisfies(damaged -> assertThat(damaged.problem()).contains("not a file"));
        store.delete(List.of("0".repeat(64)));
        store.delete(List.of(id));
        assertThat(store.contents().snapshots()).isEmpty();
        assertThat(theirs).allSatisfy(file -> assertThat(file).exists());
        assertThat(elsewhere).exists();
        assertThat(Path.of("/dev/zero")).exists();
    }

    @Test
    @DisplayName("H8: a folder that is no store is said to be none, and nothing is made or removed in it")
    void noStore() throws Exception {
        Path folder = Files.createDirectories(directory.resolve("project/pieces/ab"));
        Path file = Files.writeString(folder.resolve("c".repeat(62)), "theirs");
        SnapshotStore none = new SnapshotStore(directory.resolve("project"));
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(none::collect)
                .withMessageContaining("is not a store");
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(none::contents)
                .withMessageContaining("is not a store");
        assertThat(file).exists();
        assertThat(directory.resolve("project/lock")).doesNotExist();
    }

    @Test
    @DisplayName("H8: a list that asks for gigabytes is refused without taking them")
    void absurd() throws Exception {
        String id = store.save(machine.snapshot());
        Path index = directory.resolve("store/snapshots").resolve(id);
        ByteBuffer forged = ByteBuffer.allocate(24 + 4 + 4 + 1500 * 36);
        forged.put(Files.readAllBytes(index), 0, 20)
                .putInt(1500 * Pieces.BYTES_MAX)
                .putInt(0)
                .putInt(1500);
        for (int i = 0; i < 1500; i++) {
            forged.put(new byte[32]).putInt(Pieces.BYTES_MAX);
        }
        byte[] body = Arrays.copyOf(forged.array(), forged.position());
        ByteBuffer whole = ByteBuffer.allocate(body.length + 32)
                .put(body)
                .put(MessageDigest.getInstance("SHA-256").digest(body));
        Files.write(index, whole.array());
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> store.verify(id))
                .withMessageNotContaining("\n");
        for (int length : new int[] {0, 7, 11, 12, 40, 60}) {
            Files.write(index, Arrays.copyOf(whole.array(), length));
            assertThatExceptionOfType(RecordingException.class).isThrownBy(() -> store.verify(id));
        }
    }

    /** Saves snapshots until it is killed, or as many as it is told to, and says the id of each that is there. */
    static final class Saver {
        private Saver() {}

        public static void main(String[] arguments) throws Exception {
            SnapshotStoreTest test = new SnapshotStoreTest();
            test.directory = Path.of(arguments[0]);
            test.makeMachine();
            int first = Integer.parseInt(arguments[1]);
            int count = Integer.parseInt(arguments[2]);
            for (int i = 0; i < count; i++) {
                test.write(i * 20_000 % (PAGES * Snapshot.PAGE_BYTES), first + i);
                System.out.println(test.store.save(test.machine.snapshot()));
            }
        }
    }

    private Process saver(int first, int count, Path output) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Saver.class.getName(),
                        directory.toString(),
                        String.valueOf(first),
                        String.valueOf(count))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
    }

    @Test
    @DisplayName(
            "H8: two processes save into one store and a third deletes: what each was told is there is there, whole")
    void processes() throws Exception {
        Path one = directory.resolve("one.txt");
        Path two = directory.resolve("two.txt");
        Process first = saver(1, 12, one);
        Process second = saver(7, 12, two);
        String own = store.save(machine.snapshot());
        while (first.isAlive() || second.isAlive()) {
            write(0, 201);
            String id = store.save(machine.snapshot());
            assertThat(store.contents().damaged()).isEmpty();
            store.verify(id);
            store.delete(List.of(id));
        }
        assertThat(first.waitFor()).as(Files.readString(one)).isZero();
        assertThat(second.waitFor()).as(Files.readString(two)).isZero();
        Set<String> expected = new TreeSet<>(Files.readAllLines(one));
        expected.addAll(Files.readAllLines(two));
        expected.add(own);
        assertThat(expected).hasSizeGreaterThan(18);
        assertThat(store.contents().snapshots())
                .extracting(SnapshotStore.Entry::id)
                .containsExactlyInAnyOrderElementsOf(expected);
        for (String id : expected) {
            store.load(program, id);
        }
    }

    @Test
    @DisplayName(
            "H8: a process that is killed while it saves leaves a store that can be read, and written, and cleaned")
    void killed() throws Exception {
        Random random = new Random(SEED);
        for (int round = 0; round < 4; round++) {
            Path output = directory.resolve("output" + round);
            Process victim = saver(10 * round + 1, Integer.MAX_VALUE, output);
            int saved = 1 + random.nextInt(30);
            while (victim.isAlive() && Files.readAllLines(output).size() < saved) {
                Thread.sleep(1);
            }
            // Somewhere in the next one.
            Thread.sleep(0, random.nextInt(1_000_000));
            victim.destroyForcibly();
            assertThat(victim.waitFor()).as(Files.readString(output)).isEqualTo(137);
            SnapshotStore.Contents contents = store.contents();
            String seed = "seed " + SEED + ", round " + round;
            assertThat(contents.damaged()).as(seed).isEmpty();
            assertThat(contents.snapshots())
                    .as(seed)
                    .extracting(SnapshotStore.Entry::id)
                    .containsAll(Files.readAllLines(output).stream()
                            .filter(line -> line.length() == 64)
                            .toList());
            for (SnapshotStore.Entry entry : contents.snapshots()) {
                store.verify(entry.id());
            }
        }
        List<String> all = store.contents().snapshots().stream()
                .map(SnapshotStore.Entry::id)
                .toList();
        store.delete(all);
        assertThat(files("pieces")).isEmpty();
        assertThat(files("snapshots")).isEmpty();
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
                        own.delete(List.of(id));
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
        assertThat(store.contents().snapshots()).hasSize(8);
        for (SnapshotStore.Entry entry : store.contents().snapshots()) {
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
