package dev.tapedeck.harness.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Walks a Chronicle Queue file without Chronicle. The file is a sequence of documents, each 4-byte aligned:
 *
 * <pre>
 *   0                    4
 *   +--------------------+---------------------------+
 *   | length, flags (LE) | content, length bytes ... |
 *   +--------------------+---------------------------+
 *   bits 0-29  length of the content
 *   bit  30    metadata: the file's header or an index; no excerpt
 *   bit  31    not complete: being written, or its writer died
 * </pre>
 *
 * The first document is metadata and holds the word SCQStore. A zero word ends the file; so does a document that is not
 * complete.
 */
final class QueueFile {
    private static final int HEADER_BYTES = 4;
    private static final int LENGTH_MASK = 0x3FFF_FFFF;
    private static final int META = 1 << 30;
    private static final int INCOMPLETE = 1 << 31;
    private static final int STORE_HEADER_BYTES_MAX = 4096;
    private static final byte[] STORE_TYPE = "SCQStore".getBytes(StandardCharsets.US_ASCII);

    /** Where the excerpts of a file are. */
    static final class Index {
        private long[] positions = new long[64];
        private int[] lengths = new int[64];
        private int count;
        private long end;

        int count() {
            return count;
        }

        long position(int index) {
            return positions[index];
        }

        int length(int index) {
            return lengths[index];
        }

        /** The position behind the last excerpt. */
        long end() {
            return end;
        }

        private void add(long position, int length) {
            if (count == positions.length) {
                positions = Arrays.copyOf(positions, count * 2);
                lengths = Arrays.copyOf(lengths, count * 2);
            }
            positions[count] = position;
            lengths[count++] = length;
        }
    }

    private QueueFile() {}

    /**
     * Finds the excerpts of a file, up to its end or the first thing that is wrong.
     *
     * @throws IOException if it does not begin like a Chronicle Queue file; the message does not name the file
     */
    static Index scan(FileChannel channel) throws IOException {
        return scan(channel, channel.size());
    }

    /** @param size the file's when it was opened; it may have been cut off meanwhile */
    static Index scan(FileChannel channel, long size) throws IOException {
        if (size == 0) {
            throw new IOException("is empty");
        }
        // Headers are 4 bytes here and there: reading them through a window saves a system call each.
        Window window = new Window(channel, size);
        if (size < HEADER_BYTES) {
            throw new IOException("ends after " + size + " bytes");
        }
        int header = window.word(0);
        int length = header & LENGTH_MASK;
        if ((header & META) == 0 || (header & INCOMPLETE) != 0 || length > STORE_HEADER_BYTES_MAX) {
            throw new IOException("does not begin with the header of a Chronicle Queue file");
        }
        if (HEADER_BYTES + length > size) {
            throw new IOException("ends inside its header, after " + size + " bytes");
        }
        byte[] store = read(channel, HEADER_BYTES, length);
        if (!contains(store, STORE_TYPE)) {
            throw new IOException("does not begin with the header of a Chronicle Queue file");
        }

        Index index = new Index();
        long position = 0;
        while (position + HEADER_BYTES <= size) {
            // Nothing, where a writer that comes to its end has cut off what it did not need.
            header = window.word(position);
            length = header & LENGTH_MASK;
            long next = position + HEADER_BYTES + length;
            if (length == 0 || (header & INCOMPLETE) != 0 || next > size) {
                break;
            }
            if ((header & META) == 0) {
                if (length > ExcerptLog.EXCERPT_BYTES_MAX) {
                    break;
                }
                index.add(position + HEADER_BYTES, length);
            }
            index.end = next;
            position = next + 3 & ~3L;
        }
        return index;
    }

    /** Reads bytes at a position that is known to be inside the file. */
    static byte[] read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        fill(buffer, channel, position);
        if (buffer.hasRemaining()) {
            throw new IOException(
                    "the file has become shorter while it was read: it ends before byte " + (position + length));
        }
        return buffer.array();
    }

    /** Fills a buffer, or as much of it as the file has bytes. */
    private static void fill(ByteBuffer buffer, FileChannel channel, long position) throws IOException {
        while (buffer.hasRemaining() && channel.read(buffer, position + buffer.position()) >= 0) {
            // Until all is there, or the file ends.
        }
    }

    private static boolean contains(byte[] bytes, byte[] part) {
        for (int i = 0; i + part.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
                return true;
            }
        }
        return false;
    }

    private static final class Window {
        private static final int BYTES = 64 * 1024;

        private final FileChannel channel;
        private final long size;
        private ByteBuffer bytes = ByteBuffer.allocate(0);
        private long start;

        Window(FileChannel channel, long size) {
            this.channel = channel;
            this.size = size;
        }

        /** The word at a position, or 0 if the file has become so short meanwhile that there is none. */
        int word(long position) throws IOException {
            if (position < start || position + HEADER_BYTES > start + bytes.limit()) {
                start = position;
                bytes = ByteBuffer.allocate((int) Math.min(BYTES, size - position))
                        .order(ByteOrder.LITTLE_ENDIAN);
                fill(bytes, channel, position);
                bytes.flip();
            }
            return bytes.limit() < HEADER_BYTES ? 0 : bytes.getInt((int) (position - start));
        }
    }
}
