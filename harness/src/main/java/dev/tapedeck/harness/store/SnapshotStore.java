package dev.tapedeck.harness.store;

import dev.tapedeck.harness.files.FileProblem;
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
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Snapshots in a directory, each under the SHA-256 of its bytes. The bytes are cut into pieces where their content says so,
 * and each different piece is stored once, compressed, so that snapshots of one run share what they have in common.
 *
 * <p>Several threads and processes may use one directory at the same time. Files appear as a whole: a process that dies
 * while it saves leaves pieces that the next {@link #delete} or {@link #collect} removes, and nothing else.
 *
 * <pre>
 *   snapshots/ID       magic "TDSNAP\r\n", i32 version 1, i64 instruction count, i32 length of the snapshot,
 *                      i32 length of the program's name, the name as UTF-8,
 *                      i32 number of pieces, of each: SHA-256, i32 length;
 *                      SHA-256 of all before it; all numbers big-endian
 *   pieces/AB/CDEF...  named by the SHA-256 of its content: u8 encoding (0 stored, 1 Zstandard), bytes
 *   lock               whoever saves or deletes holds it
 * </pre>
 */
public final class SnapshotStore {
    /**
     * A snapshot in the store.
     *
     * @param id 64 lower-case hexadecimal digits
     * @param program the name of its program; may be empty
     * @param icount its instruction count
     * @param bytes of the snapshot as a file, before it was cut and compressed
     * @param sharedBytes how many of these are in pieces that other snapshots have too
     */
    public record Entry(String id, String program, long icount, int bytes, long sharedBytes) {}

    /** A snapshot that cannot be used. The problem names the snapshot. */
    public record Damaged(String id, String problem) {}

    /**
     * What a store holds.
     *
     * @param snapshots in the order of their programs, then of their instruction counts, then of their ids
     * @param damaged those whose list of pieces cannot be read
     * @param pieces how many different ones there are, needed or not
     * @param storedBytes of all files
     */
    public record Contents(List<Entry> snapshots, List<Damaged> damaged, int pieces, long storedBytes) {
        public Contents {
            snapshots = List.copyOf(snapshots);
            damaged = List.copyOf(damaged);
        }
    }

    /** What was removed. */
    public record Removed(int files, long bytes) {}

    private record Piece(String hash, int length) {}

    private record Index(String id, String program, long icount, int bytes, List<Piece> pieces) {}

    private static final long MAGIC = 0x5444_534E_4150_0D0AL;
    private static final int VERSION = 1;
    private static final int HASH_BYTES = 32;
    private static final int INDEX_BYTES_MAX = 32 << 20;
    private static final int NAME_CHARS_MAX = 200;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern ID_START = Pattern.compile("[0-9a-f]{1,64}");
    private static final Pattern PIECE = Pattern.compile("[0-9a-f]{2}/[0-9a-f]{62}");
    private static final Pattern UNFINISHED = Pattern.compile("([0-9a-f]{2}/)?\\.tapedeck-.*\\.unfinished");

    /** Within one JVM a file lock excludes nobody. */
    private static final ReentrantLock IN_THIS_PROCESS = new ReentrantLock();

    private final Path directory;
    private final Pieces cutting;

    /** @param directory is made when the first snapshot is saved */
    public SnapshotStore(Path directory) {
        this(directory, Pieces.DEFAULT);
    }

    SnapshotStore(Path directory, Pieces cutting) {
        this.directory = directory;
        this.cutting = cutting;
    }

    /**
     * Stores a snapshot and returns its id. What of it is there already is read and compared with its hash first, and
     * written anew where it is damaged.
     */
    public String save(Snapshot snapshot) throws RecordingException {
        byte[] bytes = SnapshotWriter.write(snapshot);
        String id = hash(bytes, 0, bytes.length);
        return locked(() -> {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(content);
            out.writeLong(MAGIC);
            out.writeInt(VERSION);
            out.writeLong(snapshot.icount());
            out.writeInt(bytes.length);
            byte[] name = name(snapshot).getBytes(StandardCharsets.UTF_8);
            out.writeInt(name.length);
            out.write(name);
            int[] ends = cutting.ends(bytes);
            out.writeInt(ends.length);
            int from = 0;
            for (int end : ends) {
                String hash = hash(bytes, from, end);
                out.write(HexFormat.of().parseHex(hash));
                out.writeInt(end - from);
                savePiece(hash, Arrays.copyOfRange(bytes, from, end));
                from = end;
            }
            byte[] index = content.toByteArray();
            out.write(HexFormat.of().parseHex(hash(index, 0, index.length)));
            Path file = index(id);
            Files.createDirectories(file.toAbsolutePath().getParent());
            write(file, content.toByteArray());
            return id;
        });
    }

    /** For the list only, so a long one need not be kept as it is. */
    private static String name(Snapshot snapshot) {
        String name = snapshot.program().name();
        return name.codePointCount(0, name.length()) <= NAME_CHARS_MAX
                ? name
                : name.substring(0, name.offsetByCodePoints(0, NAME_CHARS_MAX)) + "...";
    }

    private void savePiece(String hash, byte[] bytes) throws IOException {
        Path file = piece(hash);
        if (Files.exists(file)) {
            try {
                content(new Piece(hash, bytes.length));
                return;
            } catch (RecordingException e) {
                // Damaged: then it is mended here.
            }
        }
        byte[] compressed = Compression.compress(bytes);
        boolean smaller = compressed.length < bytes.length;
        byte[] content = smaller ? compressed : bytes;
        byte[] stored = new byte[content.length + 1];
        stored[0] = (byte) (smaller ? Compression.ZSTD : Compression.STORED);
        System.arraycopy(content, 0, stored, 1, content.length);
        Files.createDirectories(file.toAbsolutePath().getParent());
        write(file, stored);
    }

    /** A link in the place of a file leads to something that is not the store's. */
    private static void write(Path file, byte[] bytes) throws IOException {
        if (Files.isSymbolicLink(file)) {
            Files.delete(file);
        }
        WholeFile.write(file, bytes);
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
        byte[] bytes = bytes(whole);
        try {
            return SnapshotReader.read(program, bytes);
        } catch (FormatException e) {
            throw new RecordingException("snapshot " + shortened(whole) + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads all of a snapshot and compares it with its hashes.
     *
     * @param id as for {@link #load}
     * @throws RecordingException if there is no such snapshot, or if it is damaged
     */
    public void verify(String id) throws RecordingException {
        bytes(find(id));
    }

    private byte[] bytes(String id) throws RecordingException {
        try {
            Index index = read(id);
            if (index.bytes > Runtime.getRuntime().maxMemory() / 2) {
                throw new RecordingException("snapshot " + shortened(id) + " takes " + index.bytes
                        + " bytes of memory, more than half of what this Java may use; give it more with -Xmx");
            }
            byte[] bytes = new byte[index.bytes];
            int at = 0;
            for (Piece piece : index.pieces) {
                byte[] content = content(piece);
                System.arraycopy(content, 0, bytes, at, content.length);
                at += content.length;
            }
            if (!hash(bytes, 0, bytes.length).equals(id)) {
                throw new RecordingException("snapshot " + shortened(id) + " is damaged: its pieces make another one");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new RecordingException(
                    Files.exists(index(id))
                            ? "snapshot " + shortened(id) + " is damaged: " + e.getFile() + " is missing"
                            : gone(id),
                    e);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private byte[] content(Piece piece) throws IOException, RecordingException {
        byte[] stored = limited(piece(piece.hash), Pieces.BYTES_MAX + 1);
        String what = "piece " + shortened(piece.hash) + " in " + directory;
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

    /** What there is. Only lists are read, no pieces: {@link #verify} does that. */
    public Contents contents() throws RecordingException {
        try {
            List<Index> indexes = new ArrayList<>();
            List<Damaged> damaged = new ArrayList<>();
            long stored = 0;
            for (String id : ids()) {
                try {
                    indexes.add(read(id));
                    stored += Files.size(index(id));
                } catch (NoSuchFileException e) {
                    // Deleted just now.
                } catch (RecordingException e) {
                    damaged.add(new Damaged(id, String.valueOf(e.getMessage())));
                }
            }
            Set<String> once = new HashSet<>();
            Set<String> several = new HashSet<>();
            for (Index index : indexes) {
                for (String hash : hashes(index)) {
                    if (!once.add(hash)) {
                        several.add(hash);
                    }
                }
            }
            List<Entry> entries = new ArrayList<>();
            for (Index index : indexes) {
                long shared = index.pieces.stream()
                        .filter(piece -> several.contains(piece.hash))
                        .mapToLong(Piece::length)
                        .sum();
                entries.add(new Entry(index.id, index.program, index.icount, index.bytes, shared));
            }
            entries.sort((a, b) -> !a.program.equals(b.program)
                    ? a.program.compareTo(b.program)
                    : a.icount != b.icount ? Long.compare(a.icount, b.icount) : a.id.compareTo(b.id));
            Map<String, Path> pieces = files("pieces", PIECE);
            for (Path piece : pieces.values()) {
                stored += size(piece);
            }
            return new Contents(entries, damaged, pieces.size(), stored);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /**
     * Removes snapshots, and what then none has any more.
     *
     * @param ids each as for {@link #load}; all are looked for before any is removed
     */
    public Removed delete(List<String> ids) throws RecordingException {
        Set<String> whole = new LinkedHashSet<>();
        for (String id : ids) {
            whole.add(find(id));
        }
        return locked(() -> {
            int files = 0;
            long bytes = 0;
            for (String id : whole) {
                // First, so that a snapshot is gone before it lacks anything.
                bytes += size(index(id));
                files += Files.deleteIfExists(index(id)) ? 1 : 0;
            }
            Removed rest = removeUnused();
            return new Removed(files + rest.files, bytes + rest.bytes);
        });
    }

    /** Removes what no snapshot has, such as what a process left that died while it saved. */
    public Removed collect() throws RecordingException {
        ids();
        return locked(this::removeUnused);
    }

    /** Files that are none of ours stay: the directory may have been the wrong one. */
    private Removed removeUnused() throws IOException, RecordingException {
        Set<String> used = new HashSet<>();
        for (String id : ids()) {
            try {
                used.addAll(hashes(read(id)));
            } catch (RecordingException e) {
                throw new RecordingException(
                        e.getMessage() + "; no pieces are removed while it is not known which ones it has: delete it",
                        e);
            }
        }
        List<Path> unused = new ArrayList<>(files("pieces", UNFINISHED).values());
        unused.addAll(files("snapshots", UNFINISHED).values());
        files("pieces", PIECE).forEach((name, file) -> {
            if (!used.contains(name.replace("/", ""))) {
                unused.add(file);
            }
        });
        long bytes = 0;
        for (Path file : unused) {
            bytes += size(file);
            Files.deleteIfExists(file);
        }
        return new Removed(unused.size(), bytes);
    }

    private static Set<String> hashes(Index index) {
        Set<String> hashes = new HashSet<>();
        index.pieces.forEach(piece -> hashes.add(piece.hash));
        return hashes;
    }

    private String find(String id) throws RecordingException {
        List<String> found = ID_START.matcher(id).matches()
                ? ids().stream().filter(known -> known.startsWith(id)).toList()
                : List.of();
        if (found.isEmpty()) {
            throw new RecordingException("there is no snapshot '" + id + "' in " + directory + ", which has "
                    + (ids().size() == 1 ? "1 snapshot" : ids().size() + " snapshots"));
        }
        if (found.size() > 1) {
            throw new RecordingException(
                    found.size() + " snapshots in " + directory + " begin with '" + id + "'; give more digits");
        }
        return found.get(0);
    }

    private List<String> ids() throws RecordingException {
        Path snapshots = directory.resolve("snapshots");
        if (!Files.isDirectory(snapshots)) {
            throw new RecordingException(
                    Files.exists(directory)
                            ? directory + " is not a store of snapshots: it has no folder 'snapshots'"
                            : directory + ": no such directory; a store is made when something is saved in it");
        }
        try (Stream<Path> files = Files.list(snapshots)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> ID.matcher(name).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** The files of a folder and of the folders in it whose names, with slashes, match. Links are not followed. */
    private Map<String, Path> files(String folder, Pattern names) throws IOException {
        Map<String, Path> found = new HashMap<>();
        Path root = directory.resolve(folder);
        if (!Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
            return found;
        }
        try (Stream<Path> files = Files.walk(root, 2)) {
            files.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .forEach(file -> {
                        String name = root.relativize(file)
                                .toString()
                                .replace(root.getFileSystem().getSeparator(), "/");
                        if (names.matcher(name).matches()) {
                            found.put(name, file);
                        }
                    });
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        }
        return found;
    }

    private static long size(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    private Index read(String id) throws IOException, RecordingException {
        byte[] bytes = limited(index(id), INDEX_BYTES_MAX);
        String what = "snapshot " + shortened(id) + " in " + directory;
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (in.remaining() < Long.BYTES + Integer.BYTES || in.getLong() != MAGIC) {
            throw new RecordingException(what + " is damaged: its list of pieces does not begin as one");
        }
        int version = in.getInt();
        if (version != VERSION) {
            throw new RecordingException(what + " is of format " + version + ", this Tapedeck reads format " + VERSION);
        }
        int end = bytes.length - HASH_BYTES;
        if (end < in.position() || !hash(bytes, 0, end).equals(HexFormat.of().formatHex(bytes, end, bytes.length))) {
            throw new RecordingException(what + " is damaged: its list of pieces has another hash");
        }
        in.limit(end);
        if (in.remaining() < Long.BYTES + 3 * Integer.BYTES) {
            throw new RecordingException(what + " is damaged: its list of pieces ends early");
        }
        long icount = in.getLong();
        int length = in.getInt();
        int nameLength = in.getInt();
        if (icount < 0 || nameLength < 0 || nameLength > in.remaining() - Integer.BYTES) {
            throw new RecordingException(
                    what + " is damaged: instruction count " + icount + ", a name of " + nameLength + " bytes");
        }
        String name = new String(bytes, in.position(), nameLength, StandardCharsets.UTF_8);
        in.position(in.position() + nameLength);
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
        return new Index(id, name, icount, length, pieces);
    }

    /** Reads a file, if it is one and not too long, however the store came to be. */
    private static byte[] limited(Path file, int bytesMax) throws IOException, RecordingException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new RecordingException(file + " is damaged: it is not a file");
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] bytes = in.readNBytes(bytesMax + 1);
            if (bytes.length > bytesMax) {
                throw new RecordingException(
                        file + " is damaged: it has more than " + bytesMax + " bytes, the most that were expected");
            }
            return bytes;
        }
    }

    private Path index(String id) {
        return directory.resolve("snapshots").resolve(id);
    }

    private Path piece(String hash) {
        return directory.resolve("pieces").resolve(hash.substring(0, 2)).resolve(hash.substring(2));
    }

    /** As many digits of an id or hash as a person looks at. */
    public static String shortened(String id) {
        return id.substring(0, Math.min(12, id.length()));
    }

    private String gone(String id) {
        return "snapshot " + shortened(id) + " was deleted from " + directory;
    }

    private interface Action<T> {
        T run() throws IOException, RecordingException;
    }

    private <T> T locked(Action<T> action) throws RecordingException {
        IN_THIS_PROCESS.lock();
        try {
            Files.createDirectories(directory);
            Path file = directory.resolve("lock");
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                    && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new RecordingException(file + " is not a file; it is what locks the store");
            }
            try (FileChannel channel = FileChannel.open(
                            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
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
        String file =
                e instanceof FileSystemException system && system.getFile() != null ? ": " + system.getFile() : "";
        return new RecordingException("snapshot store " + directory + ": " + FileProblem.words(e) + file, e);
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
