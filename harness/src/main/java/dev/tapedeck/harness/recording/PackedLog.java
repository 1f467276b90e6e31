package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.log.ModuleOpener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.openhft.hashing.LongHashFunction;
import org.jspecify.annotations.Nullable;

/**
 * The excerpts of a recording in one compressed file. All numbers are little-endian.
 *
 * <pre>
 *   magic      8 bytes   T D P A C K CR LF
 *   version    i32       1
 *   chunks, each:
 *     length   i32       1 to 1 MiB, of its content
 *     count    i32       excerpts in it, at least 1
 *     encoding i32       0 stored, 1 Zstandard
 *     stored   i32       bytes that follow
 *     content            of each excerpt: i32 length, bytes
 *   trailer:
 *     zero     i32
 *     excerpts i64
 *     digest   i64       XXH3 of each chunk (from its length on) with the digest before it as seed, from 0
 * </pre>
 *
 * <p>Chunks are read when they are needed, one at a time, so a packed recording takes no more memory than an unpacked one,
 * whatever it claims to hold.
 */
final class PackedLog implements ExcerptLog {
    static final int VERSION = 1;

    private static final long MAGIC = 0x0A0D_4B43_4150_4454L;
    private static final int START_BYTES = 12;
    private static final int CHUNK_HEADER_BYTES = 16;
    private static final int TRAILER_BYTES = 20;
    private static final int CHUNK_BYTES_MAX = 1 << 20;
    private static final int ENTRY_BYTES_MIN = 4 + Frame.HEADER_BYTES;

    static {
        ModuleOpener.allowUnsafe();
    }

    private record Chunk(long position, int length, int count, int encoding, int stored, long firstExcerpt) {}

    private final Path file;
    private final FileChannel channel;
    private final List<Chunk> chunks = new ArrayList<>();
    private long size;
    private @Nullable String problem;

    private int cachedChunk = -1;
    private List<byte[]> cached = List.of();

    private PackedLog(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * @throws IOException if the file cannot be read, is not a packed recording, or of another version; the message is a
     *     sentence
     */
    static PackedLog open(Path file) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw new IOException("there is no recording " + file, e);
        } catch (IOException e) {
            throw new IOException("cannot read " + file + ": " + e.getMessage(), e);
        }
        PackedLog log = new PackedLog(file, channel);
        try {
            log.scan();
            return log;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void scan() throws IOException {
        long fileBytes = channel.size();
        ByteBuffer start = fileBytes < START_BYTES ? ByteBuffer.allocate(START_BYTES) : read(0, START_BYTES);
        if (start.getLong() != MAGIC) {
            throw new IOException(file + " is not a recording: it is neither the directory of one nor a packed one");
        }
        int version = start.getInt();
        if (version != VERSION) {
            throw new IOException(
                    version > VERSION && version < 256
                            ? file + " cannot be read: it was made by a newer Tapedeck (packed recordings of format "
                                    + version + ", this one reads up to " + VERSION
                                    + "); use that version, or record again with this one"
                            : file + " is damaged: it is a packed recording of format " + version
                                    + ", there are formats up to " + VERSION);
        }
        long position = START_BYTES;
        long digest = 0;
        while (true) {
            if (position + 4 > fileBytes) {
                problem = cut(fileBytes);
                return;
            }
            int length = read(position, 4).getInt();
            if (length == 0) {
                checkTrailer(position, fileBytes, digest);
                return;
            }
            if (position + CHUNK_HEADER_BYTES > fileBytes) {
                problem = cut(fileBytes);
                return;
            }
            ByteBuffer header = read(position + 4, CHUNK_HEADER_BYTES - 4);
            int count = header.getInt();
            int encoding = header.getInt();
            int stored = header.getInt();
            if (length < 0
                    || length > CHUNK_BYTES_MAX
                    || count < 1
                    || count > length / ENTRY_BYTES_MIN
                    || stored < 1
                    || stored > length
                    || (encoding != Compression.ZSTD && (encoding != Compression.STORED || stored != length))) {
                problem = "the packed file is damaged at byte " + position;
                return;
            }
            long next = position + CHUNK_HEADER_BYTES + stored;
            if (next > fileBytes) {
                problem = cut(fileBytes);
                return;
            }
            digest = LongHashFunction.xx3(digest)
                    .hashBytes(read(position, CHUNK_HEADER_BYTES + stored).array());
            chunks.add(new Chunk(position + CHUNK_HEADER_BYTES, length, count, encoding, stored, size));
            size += count;
            position = next;
        }
    }

    private static String cut(long bytes) {
        return "the packed file was cut: it ends after " + bytes + " bytes";
    }

    private void checkTrailer(long position, long fileBytes, long digest) throws IOException {
        if (position + TRAILER_BYTES > fileBytes) {
            problem = cut(fileBytes);
            return;
        }
        ByteBuffer trailer = read(position + 4, TRAILER_BYTES - 4);
        if (trailer.getLong() != size || trailer.getLong() != digest) {
            problem = "the packed file is damaged: its digest is wrong";
        } else if (position + TRAILER_BYTES < fileBytes) {
            problem = "the packed file is damaged: something follows its end at byte " + (position + TRAILER_BYTES);
        }
    }

    private ByteBuffer read(long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw new IOException(file + " has become shorter while it was read");
            }
        }
        return bytes.flip();
    }

    @Override
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    @Override
    public void append(byte[] excerpt) throws IOException {
        throw new IOException("the packed recording " + file + " cannot be added to");
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public synchronized byte[] read(long index) throws IOException {
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException("excerpt " + index + " of " + size);
        }
        int chunk = Ascending.firstFrom(chunks, each -> each.firstExcerpt, index + 1) - 1;
        if (chunk != cachedChunk) {
            cached = excerpts(chunks.get(chunk));
            cachedChunk = chunk;
        }
        return cached.get((int) (index - chunks.get(chunk).firstExcerpt));
    }

    private List<byte[]> excerpts(Chunk chunk) throws IOException {
        String where = "the packed file is damaged at byte " + chunk.position;
        byte[] content = read(chunk.position, chunk.stored).array();
        if (chunk.encoding == Compression.ZSTD) {
            try {
                content = Compression.decompress("its content", content, chunk.length);
            } catch (RecordingException e) {
                throw new IOException(where + ": " + e.getMessage(), e);
            }
        }
        ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> excerpts = new ArrayList<>();
        while (bytes.hasRemaining()) {
            int length = bytes.remaining() < 4 ? -1 : bytes.getInt();
            if (length < Frame.HEADER_BYTES || length > bytes.remaining()) {
                throw new IOException(
                        where + ": an excerpt of " + length + " bytes, " + bytes.remaining() + " are left");
            }
            byte[] excerpt = new byte[length];
            bytes.get(excerpt);
            excerpts.add(excerpt);
        }
        if (excerpts.size() != chunk.count) {
            throw new IOException(where + ": " + excerpts.size() + " excerpts, expected " + chunk.count);
        }
        return excerpts;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes the first {@code count} excerpts of a log as a packed file.
     *
     * @param file is there and empty
     */
    static void write(ExcerptLog log, long count, Path file) throws IOException {
        // Not truncated, although it is empty: what is written to a truncated file, ext4 sends to the disk
        // when it is closed, and whoever renames or deletes it next waits for the disk.
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.allocate(START_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(MAGIC)
                    .putInt(VERSION)
                    .array());
            ByteArrayOutputStream gathered = new ByteArrayOutputStream();
            int gatheredCount = 0;
            long digest = 0;
            for (long i = 0; i < count; i++) {
                byte[] excerpt = log.read(i);
                if (gathered.size() + 4 + excerpt.length > CHUNK_BYTES_MAX) {
                    digest = writeChunk(out, gathered.toByteArray(), gatheredCount, digest);
                    gathered.reset();
                    gatheredCount = 0;
                }
                gathered.writeBytes(new PayloadOutput().blob(excerpt).toBytes());
                gatheredCount++;
            }
            if (gatheredCount > 0) {
                digest = writeChunk(out, gathered.toByteArray(), gatheredCount, digest);
            }
            out.write(new PayloadOutput().i32(0).i64(count).i64(digest).toBytes());
        }
    }

    private static long writeChunk(OutputStream out, byte[] content, int count, long digest) throws IOException {
        byte[] compressed = Compression.compress(content);
        boolean smaller = compressed.length < content.length;
        byte[] chunk = new PayloadOutput()
                .i32(content.length)
                .i32(count)
                .i32(smaller ? Compression.ZSTD : Compression.STORED)
                .blob(smaller ? compressed : content)
                .toBytes();
        out.write(chunk);
        return LongHashFunction.xx3(digest).hashBytes(chunk);
    }
}
