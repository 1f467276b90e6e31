package dev.tapedeck.vm.machine;

import org.jspecify.annotations.Nullable;

/**
 * A map from small numbers to values that shares what it holds with copies of itself: a tree whose nodes have an owner, and
 * are copied by anybody else who wants to change them. Copying the map costs nothing, changing a copy costs by the depth of
 * the tree, and comparing two maps skips what they share.
 */
final class SharedMap<V> {
    private static final int BITS = 6;
    private static final int WIDTH = 1 << BITS;

    /** Receives the values of one key in two maps; at least one of the two is there. */
    interface Visitor<V> {
        void visit(int key, @Nullable V here, @Nullable V there);
    }

    private static final class Node {
        final Object owner;
        final @Nullable Object[] slots;

        Node(Object owner, @Nullable Object[] slots) {
            this.owner = owner;
            this.slots = slots;
        }
    }

    private final int levels;
    private final int rootWidth;
    private @Nullable Node root;

    /**
     * An empty map.
     *
     * @param keyMax the largest key that it can have
     */
    SharedMap(int keyMax) {
        int bits = 32 - Integer.numberOfLeadingZeros(keyMax);
        levels = Math.max(1, (bits + BITS - 1) / BITS);
        rootWidth = (keyMax >>> ((levels - 1) * BITS)) + 1;
    }

    private SharedMap(SharedMap<V> other) {
        levels = other.levels;
        rootWidth = other.rootWidth;
        root = other.root;
    }

    /** A map with the same values. Neither may be changed by the owner of the other from here on. */
    SharedMap<V> copy() {
        return new SharedMap<>(this);
    }

    @SuppressWarnings("unchecked") // The slots of the lowest level hold values.
    @Nullable
    V get(int key) {
        Object found = root;
        for (int shift = (levels - 1) * BITS; found != null && shift >= 0; shift -= BITS) {
            found = ((Node) found).slots[key >>> shift & WIDTH - 1];
        }
        return (V) found;
    }

    /**
     * Sets or removes (null) the value of a key.
     *
     * @param owner who changes it: nodes of other owners are copied
     */
    void put(Object owner, int key, @Nullable V value) {
        root = put(owner, root, levels - 1, key, value);
    }

    private @Nullable Node put(Object owner, @Nullable Node node, int level, int key, @Nullable V value) {
        int slot = key >>> (level * BITS) & WIDTH - 1;
        Object before = node == null ? null : node.slots[slot];
        Object after = level == 0 ? value : put(owner, (Node) before, level - 1, key, value);
        if (after == before) {
            return node;
        }
        Node changed = node;
        if (changed == null) {
            changed = new Node(owner, new Object[level == levels - 1 ? rootWidth : WIDTH]);
        } else if (changed.owner != owner) {
            changed = new Node(owner, changed.slots.clone());
        }
        changed.slots[slot] = after;
        return after == null && isEmpty(changed) ? null : changed;
    }

    private static boolean isEmpty(Node node) {
        for (Object slot : node.slots) {
            if (slot != null) {
                return false;
            }
        }
        return true;
    }

    /** Visits all values, in ascending order of the keys; {@code there} is null. */
    void visit(Visitor<V> visitor) {
        visit(root, null, levels - 1, 0, visitor);
    }

    /** Visits the keys whose values are not the same object in both maps, which have the same largest key, in order. */
    void visitChanged(SharedMap<V> other, Visitor<V> visitor) {
        visit(root, other.root, levels - 1, 0, visitor);
    }

    @SuppressWarnings("unchecked") // The slots of the lowest level hold values.
    private void visit(@Nullable Node here, @Nullable Node there, int level, int prefix, Visitor<V> visitor) {
        if (here == there) {
            return;
        }
        int width = level == levels - 1 ? rootWidth : WIDTH;
        for (int slot = 0; slot < width; slot++) {
            Object a = here == null ? null : here.slots[slot];
            Object b = there == null ? null : there.slots[slot];
            if (a == b) {
                continue;
            }
            int key = prefix << BITS | slot;
            if (level == 0) {
                visitor.visit(key, (V) a, (V) b);
            } else {
                visit((Node) a, (Node) b, level - 1, key, visitor);
            }
        }
    }
}
