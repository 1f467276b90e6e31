package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.machine.HostState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A regular file. Its content is in chunks; those never written to are not there and zero. A chunk that a saved state has
 * is copied before it is written to.
 */
final class FileNode extends Node {
    static final int CHUNK_BYTES = 1 << 14;

    private static final class Chunk {
        /** From the chunk's beginning on; what is missing is zero. */
        byte[] bytes;

        @Nullable
        HostState saved;

        Chunk(byte[] bytes) {
            this.bytes = bytes;
        }
    }

    private final TreeMap<Integer, Chunk> chunks = new TreeMap<>();
    private long size;

    /** Bytes of the arrays of all chunks, and a little for each. */
    private long held;

    FileNode(int slot, long inode) {
        super(slot, inode);
    }

    @Override
    FileType type() {
        return FileType.REGULAR_FILE;
    }

    @Override
    long size() {
        return size;
    }

    @Override
    long bytes() {
        return held;
    }

    byte[] read(long position, int count) {
        if (position >= size) {
            return new byte[0];
        }
        byte[] bytes = new byte[(int) Math.min(count, size - position)];
        for (int done = 0; done < bytes.length; ) {
            long at = position + done;
            int offset = (int) (at % CHUNK_BYTES);
            int length = Math.min(bytes.length - done, CHUNK_BYTES - offset);
            Chunk chunk = chunks.get((int) (at / CHUNK_BYTES));
            if (chunk != null && chunk.bytes.length > offset) {
                System.arraycopy(chunk.bytes, offset, bytes, done, Math.min(length, chunk.bytes.length - offset));
            }
            done += length;
        }
        return bytes;
    }

    /** The most that {@link #bytes} can grow by writing so much. */
    static long growth(long count) {
        return (count / CHUNK_BYTES + 2) * (CHUNK_BYTES + 64);
    }

    void write(long position, byte[] bytes) {
        for (int done = 0; done < bytes.length; ) {
            long at = position + done;
            int offset = (int) (at % CHUNK_BYTES);
            int length = Math.min(bytes.length - done, CHUNK_BYTES - offset);
            byte[] target = writable((int) (at / CHUNK_BYTES), offset + length);
            System.arraycopy(bytes, done, target, offset, length);
            done += length;
        }
        size = Math.max(size, position + bytes.length);
    }

    /** The array of a chunk, of at least that length, which no saved state has. */
    private byte[] writable(int index, int length) {
        Chunk chunk = chunks.get(index);
        if (chunk == null) {
            chunk = new Chunk(new byte[0]);
            chunks.put(index, chunk);
            held += 64;
        }
        if (chunk.bytes.length < length || chunk.saved != null) {
            int capacity = chunk.bytes.length;
            if (capacity < length) {
                // Appending byte by byte must not copy each time.
                capacity = Math.min(CHUNK_BYTES, Math.max(length, capacity * 2));
            }
            held += capacity - chunk.bytes.length;
            chunk.bytes = Arrays.copyOf(chunk.bytes, capacity);
            chunk.saved = null;
        }
        return chunk.bytes;
    }

    void setSize(long newSize) {
        if (newSize < size) {
            int last = (int) (newSize / CHUNK_BYTES);
            int offset = (int) (newSize % CHUNK_BYTES);
            Iterator<Chunk> behind = chunks.tailMap(last, offset == 0).values().iterator();
            while (behind.hasNext()) {
                held -= behind.next().bytes.length + 64;
                behind.remove();
            }
            Chunk chunk = chunks.get(last);
            if (chunk != null && chunk.bytes.length > offset) {
                held -= chunk.bytes.length - offset;
                chunk.bytes = Arrays.copyOf(chunk.bytes, offset);
                chunk.saved = null;
            }
        }
        size = newSize;
    }

    @Override
    HostState save() {
        StateOutput out = new StateOutput();
        head(out);
        out.number(size);
        out.number(chunks.size());
        List<HostState> parts = new ArrayList<>(chunks.size());
        for (Map.Entry<Integer, Chunk> entry : chunks.entrySet()) {
            Chunk chunk = entry.getValue();
            HostState saved = chunk.saved;
            if (saved == null) {
                saved = HostState.of(chunk.bytes);
                chunk.saved = saved;
            }
            out.number(entry.getKey());
            parts.add(saved);
        }
        return HostState.of(out.toBytes(), parts);
    }

    static FileNode of(int slot, long inode, StateInput in, HostState state) {
        FileNode node = new FileNode(slot, inode);
        node.size = StateInput.within("the size of a file", in.number(), FileTree.FILE_BYTES_MAX);
        int count = (int) StateInput.within("chunks", in.number(), state.parts().size());
        if (count != state.parts().size()) {
            throw StateInput.wrong("a file of " + state.parts().size() + " chunks instead of " + count);
        }
        long before = -1;
        for (HostState part : state.parts()) {
            long index = StateInput.within("a chunk", in.number(), (node.size + CHUNK_BYTES - 1) / CHUNK_BYTES - 1);
            if (index <= before
                    || part.bytes().length > CHUNK_BYTES
                    || !part.parts().isEmpty()) {
                throw StateInput.wrong("chunk " + index + " of " + part.bytes().length + " bytes");
            }
            before = index;
            Chunk chunk = new Chunk(part.bytes());
            chunk.saved = part;
            node.chunks.put((int) index, chunk);
            node.held += chunk.bytes.length + 64;
        }
        // Behind the end there is nothing but zeros, so that a file that grows again is zero there.
        int offset = (int) (node.size % CHUNK_BYTES);
        Chunk last = node.chunks.get((int) (node.size / CHUNK_BYTES));
        if (last != null) {
            for (int i = offset; i < last.bytes.length; i++) {
                if (last.bytes[i] != 0) {
                    throw StateInput.wrong("a file that goes on behind its end");
                }
            }
        }
        return node;
    }
}
