package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.machine.HostState;
import org.jspecify.annotations.Nullable;

/** What is in a {@link FileTree}: a file, a directory or a link, whatever names it has. */
abstract sealed class Node permits FileNode, DirectoryNode, LinkNode {
    /** Place in the tree's table. Other nodes refer to it by that. */
    final int slot;

    final long inode;

    /** Entries that name it; of a directory 1, or 0 when it is removed. */
    int names;

    /** Descriptors that have it open; the node stays while there are any. */
    int opens;

    long accessed;
    long modified;
    long changed;

    /** What was saved last, null if the node is not as it was then. */
    @Nullable
    HostState saved;

    Node(int slot, long inode) {
        this.slot = slot;
        this.inode = inode;
    }

    abstract FileType type();

    abstract long size();

    /** Writes what differs by kind, and gives the parts. */
    abstract HostState save();

    /** What it counts against {@link FileTree#BYTES_MAX}. */
    abstract long bytes();

    final void head(StateOutput out) {
        out.u8(type().code());
        out.number(inode);
        out.number(names);
        out.number(accessed);
        out.number(modified);
        out.number(changed);
    }

    /** A node from what {@link #save} returned. */
    static Node of(int slot, HostState state) {
        StateInput in = new StateInput(state.bytes());
        int type = in.u8();
        long inode = in.number();
        long names = in.number();
        long accessed = in.number();
        long modified = in.number();
        long changed = in.number();
        Node node;
        if (type == FileType.REGULAR_FILE.code()) {
            node = FileNode.of(slot, inode, in, state);
        } else if (type == FileType.DIRECTORY.code()) {
            node = DirectoryNode.of(slot, inode, in, state);
        } else if (type == FileType.SYMBOLIC_LINK.code()) {
            node = LinkNode.of(slot, inode, in);
        } else {
            throw StateInput.wrong("a node of type " + type);
        }
        in.end();
        node.names = Math.toIntExact(StateInput.within("names", names, Integer.MAX_VALUE));
        node.accessed = accessed;
        node.modified = modified;
        node.changed = changed;
        node.saved = state;
        return node;
    }
}
