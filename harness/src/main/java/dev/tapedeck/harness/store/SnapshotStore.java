package dev.tapedeck.harness.store;

import dev.tapedeck.harness.recording.Compression;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.WholeFile;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Snapshots in a directory, each under the SHA-256 of its bytes. The bytes are cut into pieces where their content says so,
 * and each different piece is stored once, compressed, so that snapshots of one run share what they have in common.
 *
 * <p>Several threads and processes may use one directory at the same time. Files appear as a whole: a process that dies
 * while it saves leaves pieces that the next {@link #delete} removes, and nothing else.
 *
 * <pre>
 *   snapshots/ID       magic "TDSNAP\r\n", i32 version 1, i64 instruction count, i32 length of the snapshot,
 *                      i32 number of pieces, of each: SHA-256, i32 length; all numbers big-endian
 *   pieces/AB/CDEF...  named by the SHA-256 of its content: u8 encoding (0 stored, 1 Zstandard), bytes
 *   lock               whoever saves or deletes holds it
 * </pre>
 */
public final class SnapshotStore {
    /**
     * A snapshot in the store.
     *
     * @param id 64 lower-case hexadecimal digits
     * @param icount its instruction count
     * @param bytes of the snapshot as a file, before it was cut and compressed
     */
    public record Entry(String id, long icount, int bytes) {}

    private record Piece(String hash, int length) {}

    private record Index(Entry entry, List<Piece> pieces) {}

    private static final long MAGIC = 0x5444_534E_4150_0D0AL;
    private static final int VERSION = 1;
    private static final int HASH_BYTES = 32;
    private static final int INDEX_HEADER_BYTES = 28;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");

    /** Within one JVM a file lock excludes nobody. */
    private static final ReentrantLock IN_THIS_PROCESS = new ReentrantLock();

    private final Path directory;

    /** @param directory is made when the first snapshot is saved */
    public SnapshotStore(Path directory) {
        this.directory = directory;
    }

    /** Stores a snapshot, if it is not there already, and returns its id. */
    public String save(Snapshot snapshot) throws RecordingException {
        byte[] bytes = SnapshotWriter.write(snapshot);
        String id = hash(bytes, 0, bytes.length);
        return locked(() -> {
            Path index = index(id);
            if (Files.exists(index)) {
                return id;
            }
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(content);
            out.writeLong(MAGIC);
            out.writeInt(VERSION);
            out.writeLong(snapshot.icount());
            out.writeInt(bytes.length);
            int[] ends = Pieces.ends(bytes);
            out.writeInt(ends.length);
            int from = 0;
            for (int end : ends) {
                String hash = hash(bytes, from, end);
                out.write(HexFormat.of().parseHex(hash));
                out.writeInt(end - from);
                savePiece(hash, Arrays.copyOfRange(bytes, from, end));
                from = end;
            }
            Files.createDirectories(index.toAbsolutePath().getParent());
            WholeFile.write(index, content.toByteArray());
            return id;
        });
    }

    private void savePiece(String hash, byte[] bytes) throws IOException {
        Path file = piece(hash);
        if (Files.exists(file)) {
            return;
        }
        byte[] compressed = Compression.compress(bytes);
        boolean smaller = compressed.length < bytes.length;
        byte[] content = smaller ? compressed : bytes;
        byte[] stored = new byte[content.length + 1];
        stored[0] = (byte) (smaller ? Compression.ZSTD : Compression.STORED);
        System.arraycopy(content, 0, stored, 1, content.length);
        Files.createDirectories(file.toAbsolutePath().getParent());
        WholeFile.write(file, stored);
    }

    /**
     * Reads a snapshot. All of it is compared with its hashes first.
     *
     * @param program the program that it is of, or another version of it; see {@link SnapshotReader}
     * @param id as {@link #save} returned it, or as many of its first digits as tell it from the others
     * @throws RecordingException if there is no such snapshot, if it is damaged, or not of the program
     */
    public Snapshot load(VerifiedProgram program, String id) throws RecordingException {
        String whole = find(id);
        try {
            return SnapshotReader.read(program, bytes(whole));
        } catch (FormatException e) {
            throw new RecordingException("snapshot " + whole + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private byte[] bytes(String id) throws IOException, RecordingException {
        Index index = read(id);
        byte[] bytes = new byte[index.entry.bytes];
        int at = 0;
        for (Piece piece : index.pieces) {
            byte[] content = content(piece);
            System.arraycopy(content, 0, bytes, at, content.length);
            at += content.length;
        }
        if (!hash(bytes, 0, bytes.length).equals(id)) {
            throw new RecordingException("snapshot " + id + " is damaged: its pieces make another one");
        }
        return bytes;
    }

    private byte[] content(Piece piece) throws IOException, RecordingException {
        byte[] stored;
        try {
            stored = limited(piece(piece.hash), Pieces.BYTES_MAX + 1);
        } catch (NoSuchFileException e) {
            throw new RecordingException("piece " + piece.hash + " of a snapshot is missing in " + directory, e);
        }
        String what = "piece " + piece.hash + " in " + directory;
        byte[] content = stored.length == 0 ? stored : Arrays.copyOfRange(stored, 1, stored.length);
        if (stored.length > 0 && stored[0] == Compression.ZSTD) {
            content = Compression.decompress(what, content, piece.length);
        } else if (stored.length == 0 || stored[0] != Compression.STORED) {
            throw new RecordingException(what + " is damaged: its encoding is not known");
        }
        if (content.length != piece.length || !hash(content, 0, content.length).equals(piece.hash)) {
            throw new RecordingException(what + " is damaged: its content has another hash");
        }
        return content;
    }

    /** The snapshots, in the order of their instruction counts, then of their ids. */
    public List<Entry> list() throws RecordingException {
        try {
            List<Entry> entries = new ArrayList<>();
            for (String id : ids()) {
                entries.add(read(id).entry);
            }
            entries.sort((a, b) -> a.icount != b.icount ? Long.compare(a.icount, b.icount) : a.id.compareTo(b.id));
            return entries;
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /**
     * Removes a snapshot, and the pieces that no other one has.
     *
     * @param id or as many of its first digits as tell it from the others
     */
    public void delete(String id) throws RecordingException {
        String whole = find(id);
        locked(() -> {
            // First, so that a snapshot is gone before it lacks anything.
            Files.deleteIfExists(index(whole));
            Set<String> used = new HashSet<>();
            for (String other : ids()) {
                read(other).pieces.forEach(piece -> used.add(piece.hash));
            }
            Path pieces = directory.resolve("pieces");
            if (Files.isDirectory(pieces)) {
                try (Stream<Path> files = Files.walk(pieces)) {
                    for (Path file : files.filter(Files::isRegularFile).toList()) {
                        if (!used.contains(pieces.relativize(file).toString().replace(File.separator, ""))) {
                            Files.deleteIfExists(file);
                        }
                    }
                }
            }
            return whole;
        });
    }

    private String find(String id) throws RecordingException {
        try {
            List<String> found =
                    ids().stream().filter(known -> known.startsWith(id)).toList();
            if (found.isEmpty()) {
                throw new RecordingException("there is no snapshot " + id + " in " + directory);
            }
            if (found.size() > 1) {
                throw new RecordingException(
                        found.size() + " snapshots in " + directory + " begin with '" + id + "'; give more digits");
            }
            return found.get(0);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private List<String> ids() throws IOException {
        Path snapshots = directory.resolve("snapshots");
        if (!Files.isDirectory(snapshots)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(snapshots)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> ID.matcher(name).matches())
                    .sorted()
                    .toList();
        }
    }

    private Index read(String id) throws IOException, RecordingException {
        ByteBuffer in;
        try {
            in = ByteBuffer.wrap(limited(index(id), Integer.MAX_VALUE / 64));
        } catch (NoSuchFileException e) {
            throw new RecordingException("snapshot " + id + " was deleted from " + directory, e);
        }
        String what = "snapshot " + id + " in " + directory;
        if (in.remaining() < INDEX_HEADER_BYTES || in.getLong() != MAGIC) {
            throw new RecordingException(what + " is damaged: it does not begin as one");
        }
        int version = in.getInt();
        if (version != VERSION) {
            throw new RecordingException(what + " is of format " + version + ", this Tapedeck reads format " + VERSION);
        }
        long icount = in.getLong();
        int length = in.getInt();
        int count = in.getInt();
        if (count < 0 || in.remaining() != (long) count * (HASH_BYTES + Integer.BYTES)) {
            throw new RecordingException(
                    what + " is damaged: it has " + in.remaining() + " bytes for " + count + " pieces");
        }
        List<Piece> pieces = new ArrayList<>(count);
        long sum = 0;
        for (int i = 0; i < count; i++) {
            byte[] hash = new byte[HASH_BYTES];
            in.get(hash);
            int pieceLength = in.getInt();
            if (pieceLength < 1 || pieceLength > Pieces.BYTES_MAX) {
                throw new RecordingException(what + " is damaged: piece " + i + " has " + pieceLength + " bytes");
            }
            sum += pieceLength;
            pieces.add(new Piece(HexFormat.of().formatHex(hash), pieceLength));
        }
        if (length < 0 || sum != length) {
            throw new RecordingException(what + " is damaged: its pieces have " + sum + " bytes, expected " + length);
        }
        return new Index(new Entry(id, icount, length), pieces);
    }

    private static byte[] limited(Path file, int bytesMax) throws IOException, RecordingException {
        long size = Files.size(file);
        if (size > bytesMax) {
            throw new RecordingException(
                    file + " is damaged: it has " + size + " bytes, at most " + bytesMax + " were expected");
        }
        return Files.readAllBytes(file);
    }

    private Path index(String id) {
        return directory.resolve("snapshots").resolve(id);
    }

    private Path piece(String hash) {
        return directory.resolve("pieces").resolve(hash.substring(0, 2)).resolve(hash.substring(2));
    }

    private interface Action {
        String run() throws IOException, RecordingException;
    }

    private String locked(Action action) throws RecordingException {
        IN_THIS_PROCESS.lock();
        try {
            Files.createDirectories(directory);
            try (FileChannel channel = FileChannel.open(
                            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (!lock.isValid()) {
                    throw new RecordingException("cannot lock " + directory);
                }
                return action.run();
            }
        } catch (IOException e) {
            throw failure(e);
        } finally {
            IN_THIS_PROCESS.unlock();
        }
    }

    private RecordingException failure(IOException e) {
        return new RecordingException("snapshot store " + directory + ": " + e.getMessage(), e);
    }

    private static String hash(byte[] bytes, int from, int to) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, from, to - from);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
