package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.Compression;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.store.SnapshotStore;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A store of snapshots in which each file may hold anything. An input: a byte that chooses the program, then snapshots. Of
 * each: a byte of flags that say what is wrong with it, then pieces, of each: flags, two bytes of length, content. Hashes
 * are right unless the flags say otherwise.
 */
final class StoreTarget implements Target.Code {
    // Of a snapshot.
    private static final int LAST = 1;
    private static final int OTHER_NAME = 2;
    private static final int OTHER_LENGTH = 4;
    private static final int OTHER_COUNT = 8;
    private static final int PATCHED = 16;
    private static final int OTHER_INDEX_HASH = 32;
    // Of a piece, and the first of them.
    private static final int COMPRESSED = 2;
    private static final int OTHER_HASH = 4;
    private static final int OTHER_PIECE_LENGTH = 8;
    private static final int MISSING = 16;
    private static final int AS_IT_IS = 32;

    private static final int SNAPSHOTS_MAX = 4;
    private static final int PIECES_MAX = 16;

    private final SnapshotTarget snapshots = new SnapshotTarget();

    @Override
    public void run(byte[] input) throws Exception {
        Choices choices = new Choices(input);
        List<VerifiedProgram> programs = snapshots.programs();
        VerifiedProgram program = choices.of(programs);
        try (Folder folder = new Folder()) {
            SnapshotStore store = new SnapshotStore(folder.path());
            Snapshot good = Trial.machine(program).snapshot();
            String id = store.save(good);
            for (int i = 0; i < SNAPSHOTS_MAX && choices.more(); i++) {
                write(folder.path(), choices);
            }
            use(store, program, good, id);
        }
    }

    private static void write(Path folder, Choices choices) throws IOException {
        int flags = choices.u8();
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(list);
        int count = 0;
        boolean last = false;
        while (!last && count < PIECES_MAX && choices.more()) {
            int piece = choices.u8();
            last = (piece & LAST) != 0;
            byte[] content = choices.bytes(choices.u16());
            byte[] stored = (piece & COMPRESSED) != 0 ? Compression.compress(content) : content;
            int encoding = (piece & COMPRESSED) != 0 ? Compression.ZSTD : Compression.STORED;
            byte[] hash = sha256(content);
            if ((piece & OTHER_HASH) != 0) {
                hash[hash.length - 1] ^= 1;
            }
            out.write(hash);
            out.writeInt(content.length + ((piece & OTHER_PIECE_LENGTH) != 0 ? choices.i32() : 0));
            if ((piece & MISSING) == 0) {
                String hex = HexFormat.of().formatHex(hash);
                Path file =
                        folder.resolve("pieces").resolve(hex.substring(0, 2)).resolve(hex.substring(2));
                Files.createDirectories(file.getParent());
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                if ((piece & AS_IT_IS) == 0) {
                    bytes.write(encoding);
                }
                bytes.writeBytes(stored);
                Files.write(file, bytes.toByteArray());
            }
            whole.writeBytes(content);
            count++;
        }
        ByteArrayOutputStream index = new ByteArrayOutputStream();
        DataOutputStream header = new DataOutputStream(index);
        header.writeLong(0x5444_534E_4150_0D0AL);
        header.writeInt(1);
        header.writeLong(whole.size());
        header.writeInt((flags & OTHER_LENGTH) != 0 ? choices.i32() : whole.size());
        byte[] program = "fuzzed".getBytes(StandardCharsets.UTF_8);
        header.writeInt(program.length);
        header.write(program);
        header.writeInt((flags & OTHER_COUNT) != 0 ? choices.i32() : count);
        header.write(list.toByteArray());
        byte[] bytes = index.toByteArray();
        if ((flags & PATCHED) != 0) {
            bytes[choices.u16() % bytes.length] ^= (byte) choices.u8();
            bytes = Arrays.copyOf(bytes, choices.u16());
        }
        // Behind a wrong hash nothing is looked at, so it is right more often than not.
        byte[] hash = sha256(bytes);
        if ((flags & OTHER_INDEX_HASH) != 0) {
            hash[0] ^= 1;
        }
        bytes = ByteBuffer.allocate(bytes.length + hash.length)
                .put(bytes)
                .put(hash)
                .array();
        byte[] name = sha256(whole.toByteArray());
        if ((flags & OTHER_NAME) != 0) {
            name[0] ^= 1;
        }
        Files.createDirectories(folder.resolve("snapshots"));
        Files.write(folder.resolve("snapshots").resolve(HexFormat.of().formatHex(name)), bytes);
    }

    private static void use(SnapshotStore store, VerifiedProgram program, Snapshot good, String id) throws Exception {
        List<String> ids = new ArrayList<>(List.of(id, "0", "f"));
        try {
            store.contents().snapshots().forEach(entry -> ids.add(entry.id()));
            store.contents().damaged().forEach(damaged -> ids.add(damaged.id()));
        } catch (RecordingException e) {
            assertMessage(e);
        }
        for (String each : ids) {
            try {
                Snapshot read = store.load(program, each);
                assertThat(store.save(read)).isNotEmpty();
            } catch (RecordingException e) {
                assertMessage(e);
            }
        }
        for (String each : ids.subList(1, ids.size())) {
            try {
                store.delete(List.of(each));
            } catch (RecordingException e) {
                assertMessage(e);
            }
        }
        // A store with damaged files in it still takes what is new.
        assertThat(store.save(good)).isEqualTo(id);
    }

    private static void assertMessage(RecordingException e) {
        assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public List<byte[]> seeds() throws Exception {
        List<byte[]> seeds = new ArrayList<>();
        List<VerifiedProgram> programs = snapshots.programs();
        for (int i = 0; i < programs.size(); i++) {
            byte[] snapshot =
                    SnapshotWriter.write(Trial.machine(programs.get(i)).snapshot());
            int half = snapshot.length / 2;
            for (int flags : new int[] {0, OTHER_NAME, OTHER_LENGTH, OTHER_COUNT, PATCHED, OTHER_INDEX_HASH}) {
                for (int piece : new int[] {0, COMPRESSED, OTHER_HASH, OTHER_PIECE_LENGTH, MISSING, AS_IT_IS}) {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    out.write(i);
                    out.write(flags);
                    part(out, piece, Arrays.copyOf(snapshot, half));
                    part(out, LAST, Arrays.copyOfRange(snapshot, half, snapshot.length));
                    seeds.add(out.toByteArray());
                }
            }
        }
        return seeds.stream()
                .filter(seed -> seed.length <= Target.INPUT_BYTES_MAX)
                .toList();
    }

    private static void part(ByteArrayOutputStream out, int flags, byte[] content) {
        out.write(flags);
        out.write(content.length);
        out.write(content.length >> 8);
        out.writeBytes(content);
    }
}
