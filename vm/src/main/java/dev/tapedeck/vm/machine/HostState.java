package dev.tapedeck.vm.machine;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a host as a tree of byte strings, immutable. A host with a large state uses the nodes that have not changed
 * again, as the same objects: then a snapshot costs what has changed since the one before, in memory and in a file that
 * has only the changes.
 */
public final class HostState {
    /** Levels of a tree, more than any host has use for. */
    private static final int DEPTH_MAX = 16;

    private static final int SAME = 0;
    private static final int NODE = 1;

    /** The state of a host that has none. */
    public static final HostState EMPTY = new HostState(new byte[0], List.of());

    private final byte[] bytes;
    private final List<HostState> parts;

    private HostState(byte[] bytes, List<HostState> parts) {
        this.bytes = bytes;
        this.parts = parts;
    }

    /** A state without parts. The array becomes the state's own and must not be changed afterwards. */
    public static HostState of(byte[] bytes) {
        return new HostState(bytes, List.of());
    }

    /** The array becomes the state's own and must not be changed afterwards. */
    public static HostState of(byte[] bytes, List<HostState> parts) {
        return new HostState(bytes, List.copyOf(parts));
    }

    /** The bytes of this node; its own, so they must not be changed, and need not be copied. */
    public byte[] bytes() {
        return bytes;
    }

    /** The nodes below this one. */
    public List<HostState> parts() {
        return parts;
    }

    /**
     * The tree as one array, for {@link #unpack}.
     *
     * @param base nodes that are the same objects in there are only referred to; null packs everything
     */
    public byte[] pack(@Nullable HostState base) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        pack(out, this, base);
        return out.toByteArray();
    }

    private static void pack(ByteArrayOutputStream out, HostState state, @Nullable HostState base) {
        out.write(NODE);
        number(out, state.bytes.length);
        out.write(state.bytes, 0, state.bytes.length);
        number(out, state.parts.size());
        if (state.parts.isEmpty()) {
            return;
        }
        List<HostState> before = base == null ? List.of() : base.parts;
        IdentityHashMap<HostState, Integer> indexes = new IdentityHashMap<>();
        for (int i = 0; i < before.size(); i++) {
            indexes.putIfAbsent(before.get(i), i);
        }
        for (int i = 0; i < state.parts.size(); i++) {
            Integer index = indexes.get(state.parts.get(i));
            if (index != null) {
                out.write(SAME);
                number(out, index);
            } else {
                pack(out, state.parts.get(i), i < before.size() ? before.get(i) : null);
            }
        }
    }

    private static void number(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest >= 0x80) {
            out.write((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }

    /**
     * A tree from what {@link #pack} returned.
     *
     * @param base the same as at packing
     * @throws IllegalArgumentException if the bytes are not such a tree; the message says where
     */
    public static HostState unpack(byte[] packed, @Nullable HostState base) {
        Reader reader = new Reader(packed);
        HostState state = reader.node(base, 0);
        if (reader.position != packed.length) {
            throw reader.error("there is more behind the tree");
        }
        return state;
    }

    private static final class Reader {
        private final byte[] packed;
        private int position;

        Reader(byte[] packed) {
            this.packed = packed;
        }

        IllegalArgumentException error(String what) {
            return new IllegalArgumentException("the state of the host, byte " + position + ": " + what);
        }

        HostState node(@Nullable HostState base, int depth) {
            if (u8() != NODE) {
                throw error("expected a node");
            }
            int length = number(packed.length);
            if (length > packed.length - position) {
                throw error("a node of " + length + " bytes, but only " + (packed.length - position) + " remain");
            }
            byte[] bytes = Arrays.copyOfRange(packed, position, position + length);
            position += length;
            // A part has two bytes at the least.
            int count = number((packed.length - position) / 2);
            if (count > 0 && depth == DEPTH_MAX) {
                throw error("the tree has more than " + DEPTH_MAX + " levels");
            }
            List<HostState> parts = new ArrayList<>(count);
            List<HostState> before = base == null ? List.of() : base.parts;
            for (int i = 0; i < count; i++) {
                if (position < packed.length && packed[position] == SAME) {
                    position++;
                    int index = number(Integer.MAX_VALUE);
                    if (index >= before.size()) {
                        throw error("refers to part " + index + " of a base that has " + before.size());
                    }
                    parts.add(before.get(index));
                } else {
                    parts.add(node(i < before.size() ? before.get(i) : null, depth + 1));
                }
            }
            return new HostState(bytes, List.copyOf(parts));
        }

        private int u8() {
            if (position == packed.length) {
                throw error("the tree ends early");
            }
            return packed[position++] & 0xFF;
        }

        private int number(int max) {
            long value = 0;
            for (int shift = 0; shift < 35; shift += 7) {
                int next = u8();
                value |= (next & 0x7FL) << shift;
                if (next < 0x80) {
                    if (value > max) {
                        throw error("a count of " + value + ", expected at most " + max);
                    }
                    return (int) value;
                }
            }
            throw error("a count of more than 32 bits");
        }
    }
}
