package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.wasi.Directory.Times;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The files, directories and links of the virtual system, in memory.
 *
 * <p>Nodes refer to each other by their slot in one table. The saved state is that table, as a tree with 64 nodes to a
 * part: a node that has not changed since the last time is there as the same object, and so are the chunks of a file that
 * have not. So saving costs by what has changed, and a snapshot shares the rest with the one before.
 */
final class FileTree {
    /** Files, directories and links. */
    static final int NODES_MAX = 1 << 17;

    /** Names of files and links, and directories. */
    static final int NAMES_MAX = 1 << 18;

    /** Contents and names together. */
    static final long BYTES_MAX = 1L << 28;

    /** The size of one file, most of which can be a hole. */
    static final long FILE_BYTES_MAX = 1L << 40;

    private static final int FAN_BITS = 6;
    private static final int FAN = 1 << FAN_BITS;
    private static final int ROOT = 0;

    private final LongSupplier now;

    private @Nullable Node[] nodes = new Node[FAN];
    private int nodeCount;
    private int nameCount;
    private long bytes;
    private long nextInode = 1;

    /** Slots below the first one never used that are free again. */
    private TreeSet<Integer> free = new TreeSet<>();

    private int slotEnd;

    /** Slots whose nodes have changed since the last save. */
    private final TreeSet<Integer> unsaved = new TreeSet<>();

    private List<HostState> savedGroups = List.of();
    private HostState saved = HostState.EMPTY;

    /** @param now the time for what changes, nanoseconds since 1970 */
    FileTree(LongSupplier now) {
        this.now = now;
        DirectoryNode root = new DirectoryNode(ROOT, nextInode++, ROOT);
        root.names = 1;
        insert(root);
        touch(root, true, true);
    }

    DirectoryNode root() {
        return directory(ROOT);
    }

    Node node(int slot) {
        Node node = slot < nodes.length ? nodes[slot] : null;
        if (node == null) {
            throw new IllegalStateException("no node " + slot);
        }
        return node;
    }

    private DirectoryNode directory(int slot) {
        return (DirectoryNode) node(slot);
    }

    DirectoryNode parent(DirectoryNode directory) {
        return directory.parent < 0 ? directory : directory(directory.parent);
    }

    private void insert(Node node) {
        if (node.slot >= nodes.length) {
            nodes = Arrays.copyOf(nodes, Math.max(node.slot + 1, nodes.length * 2));
        }
        nodes[node.slot] = node;
        slotEnd = Math.max(slotEnd, node.slot + 1);
        nodeCount++;
        bytes += node.bytes();
    }

    private int newSlot() throws ErrnoException {
        if (nodeCount >= NODES_MAX) {
            throw new ErrnoException(Errno.NOSPC);
        }
        Integer slot = free.pollFirst();
        return slot == null ? slotEnd : slot;
    }

    private void changed(Node node) {
        node.saved = null;
        unsaved.add(node.slot);
    }

    private void touch(Node node, boolean read, boolean written) {
        long time = now.getAsLong();
        if (read) {
            node.accessed = time;
        }
        if (written) {
            node.modified = time;
        }
        node.changed = time;
        changed(node);
    }

    Filestat stat(Node node) {
        return new Filestat(
                1, node.inode, node.type(), node.names, node.size(), node.accessed, node.modified, node.changed);
    }

    @Nullable
    Node find(DirectoryNode directory, String name) {
        DirectoryNode.Entry entry = directory.find(name);
        return entry == null ? null : node(entry.slot());
    }

    Node existing(DirectoryNode directory, String name) throws ErrnoException {
        Node node = find(directory, name);
        if (node == null) {
            throw new ErrnoException(Errno.NOENT);
        }
        return node;
    }

    private void room(long more) throws ErrnoException {
        if (bytes + more > BYTES_MAX) {
            throw new ErrnoException(Errno.NOSPC);
        }
    }

    private void enter(DirectoryNode directory, String name, Node node) {
        long before = directory.bytes();
        directory.add(name, node.slot);
        bytes += directory.bytes() - before;
        nameCount++;
        node.names++;
        touch(directory, false, true);
    }

    private void checkRoom(DirectoryNode directory, String name) throws ErrnoException {
        if (directory.names == 0) {
            throw new ErrnoException(Errno.NOENT);
        }
        if (directory.find(name) != null) {
            throw new ErrnoException(Errno.EXIST);
        }
        if (nameCount >= NAMES_MAX) {
            throw new ErrnoException(Errno.NOSPC);
        }
        room(DirectoryNode.bytes(name));
    }

    FileNode createFile(DirectoryNode directory, String name) throws ErrnoException {
        checkRoom(directory, name);
        FileNode node = new FileNode(newSlot(), nextInode++);
        insert(node);
        touch(node, true, true);
        enter(directory, name, node);
        return node;
    }

    DirectoryNode createDirectory(DirectoryNode directory, String name) throws ErrnoException {
        checkRoom(directory, name);
        DirectoryNode node = new DirectoryNode(newSlot(), nextInode++, directory.slot);
        insert(node);
        touch(node, true, true);
        enter(directory, name, node);
        return node;
    }

    void createLink(DirectoryNode directory, String name, String target) throws ErrnoException {
        checkRoom(directory, name);
        room(DirectoryNode.bytes(name) + target.length());
        LinkNode node = new LinkNode(newSlot(), nextInode++, target);
        insert(node);
        touch(node, true, true);
        enter(directory, name, node);
    }

    void link(Node node, DirectoryNode directory, String name) throws ErrnoException {
        if (node instanceof DirectoryNode) {
            throw new ErrnoException(Errno.PERM);
        }
        checkRoom(directory, name);
        enter(directory, name, node);
        touch(node, false, false);
    }

    private void leave(DirectoryNode directory, String name, Node node) {
        long before = directory.bytes();
        directory.remove(name);
        bytes += directory.bytes() - before;
        nameCount--;
        node.names--;
        touch(directory, false, true);
        touch(node, false, false);
    }

    void unlink(DirectoryNode directory, String name) throws ErrnoException {
        Node node = existing(directory, name);
        if (node instanceof DirectoryNode) {
            throw new ErrnoException(Errno.ISDIR);
        }
        leave(directory, name, node);
        release(node);
    }

    void removeDirectory(DirectoryNode directory, String name) throws ErrnoException {
        if (!(existing(directory, name) instanceof DirectoryNode node)) {
            throw new ErrnoException(Errno.NOTDIR);
        }
        if (!node.isEmpty()) {
            throw new ErrnoException(Errno.NOTEMPTY);
        }
        leave(directory, name, node);
        node.parent = -1;
        release(node);
    }

    void rename(DirectoryNode from, String name, DirectoryNode to, String newName) throws ErrnoException {
        Node node = existing(from, name);
        if (to.names == 0) {
            throw new ErrnoException(Errno.NOENT);
        }
        Node there = find(to, newName);
        if (there == node) {
            return;
        }
        if (node instanceof DirectoryNode) {
            for (DirectoryNode up = to; up.slot != ROOT; up = parent(up)) {
                if (up == node) {
                    throw new ErrnoException(Errno.INVAL);
                }
            }
            if (there != null && !(there instanceof DirectoryNode)) {
                throw new ErrnoException(Errno.NOTDIR);
            }
        }
        if (there == null) {
            room(DirectoryNode.bytes(newName));
        } else if (there instanceof DirectoryNode directory) {
            if (!(node instanceof DirectoryNode)) {
                throw new ErrnoException(Errno.ISDIR);
            }
            if (!directory.isEmpty()) {
                throw new ErrnoException(Errno.NOTEMPTY);
            }
            removeDirectory(to, newName);
        } else {
            unlink(to, newName);
        }
        leave(from, name, node);
        enter(to, newName, node);
        if (node instanceof DirectoryNode directory) {
            directory.parent = to.slot;
        }
    }

    byte[] read(FileNode file, long position, int count) {
        file.accessed = now.getAsLong();
        changed(file);
        return file.read(position, count);
    }

    int write(FileNode file, long position, byte[] content) throws ErrnoException {
        if (position > FILE_BYTES_MAX - content.length) {
            throw new ErrnoException(Errno.FBIG);
        }
        room(FileNode.growth(content.length));
        bytes -= file.bytes();
        file.write(position, content);
        bytes += file.bytes();
        touch(file, false, true);
        return content.length;
    }

    void setSize(FileNode file, long size) throws ErrnoException {
        if (size > FILE_BYTES_MAX) {
            throw new ErrnoException(Errno.FBIG);
        }
        bytes -= file.bytes();
        file.setSize(size);
        bytes += file.bytes();
        touch(file, false, true);
    }

    void setTimes(Node node, Times times) {
        times.accessed().ifPresent(time -> node.accessed = time);
        times.modified().ifPresent(time -> node.modified = time);
        node.changed = now.getAsLong();
        changed(node);
    }

    void opened(Node node) {
        node.opens++;
    }

    void closed(Node node) {
        node.opens--;
        release(node);
    }

    /** Forgets a node without names that nobody has open. */
    private void release(Node node) {
        if (node.names == 0 && node.opens == 0 && nodes[node.slot] == node) {
            nodes[node.slot] = null;
            nodeCount--;
            bytes -= node.bytes();
            free.add(node.slot);
            unsaved.add(node.slot);
        }
    }

    // Saving

    HostState save() {
        if (unsaved.isEmpty()) {
            return saved;
        }
        int groupCount = (slotEnd + FAN - 1) / FAN;
        List<HostState> groups = new ArrayList<>(savedGroups);
        while (groups.size() < groupCount) {
            groups.add(HostState.EMPTY);
        }
        int done = -1;
        for (int slot : unsaved) {
            int group = slot >> FAN_BITS;
            if (group != done) {
                done = group;
                groups.set(group, saveGroup(group));
            }
        }
        unsaved.clear();
        savedGroups = groups;
        StateOutput out = new StateOutput();
        out.number(nextInode);
        List<HostState> parts = new ArrayList<>();
        // One more level, so that a large tree does not cost a long list each time.
        for (int i = 0; i < groups.size(); i += FAN) {
            List<HostState> some = groups.subList(i, Math.min(groups.size(), i + FAN));
            int index = i / FAN;
            boolean same = index < saved.parts().size()
                    && sameNodes(saved.parts().get(index).parts(), some);
            parts.add(same ? saved.parts().get(index) : HostState.of(new byte[0], some));
        }
        saved = HostState.of(out.toBytes(), parts);
        return saved;
    }

    private HostState saveGroup(int group) {
        List<HostState> parts = new ArrayList<>(FAN);
        int end = Math.min(slotEnd, (group + 1) << FAN_BITS);
        for (int slot = group << FAN_BITS; slot < end; slot++) {
            Node node = nodes[slot];
            if (node == null) {
                parts.add(HostState.EMPTY);
                continue;
            }
            HostState state = node.saved;
            if (state == null) {
                state = node.save();
                node.saved = state;
            }
            parts.add(state);
        }
        return HostState.of(new byte[0], parts);
    }

    private static boolean sameNodes(List<HostState> a, List<HostState> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (!same(a.get(i), b.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** The same object: equal content is not looked for. */
    @SuppressWarnings("ReferenceEquality")
    private static boolean same(@Nullable HostState a, @Nullable HostState b) {
        return a == b;
    }

    /**
     * A tree as it was saved. Nodes that are as in this tree, which is not changed, become a part of it, so this one must
     * not be used any more then.
     *
     * @throws IllegalArgumentException if the state is not a sound tree
     */
    FileTree restored(HostState state) {
        FileTree tree = new FileTree(now);
        StateInput in = new StateInput(state.bytes());
        tree.nextInode = in.number();
        in.end();
        tree.nodeCount = 0;
        tree.bytes = 0;
        tree.slotEnd = 0;
        tree.nodes = new Node[Math.max(FAN, nodes.length)];
        List<HostState> groups = new ArrayList<>();
        for (HostState part : state.parts()) {
            if (part.parts().isEmpty() || groups.size() % FAN != 0) {
                throw StateInput.wrong("the groups of nodes");
            }
            groups.addAll(part.parts());
            if (part.parts().size() > FAN || groups.size() > NODES_MAX / FAN) {
                throw StateInput.wrong("more than " + NODES_MAX + " nodes");
            }
        }
        for (int group = 0; group < groups.size(); group++) {
            List<HostState> parts = groups.get(group).parts();
            if (parts.size() > FAN) {
                throw StateInput.wrong("a group of " + parts.size() + " nodes");
            }
            for (int i = 0; i < parts.size(); i++) {
                HostState part = parts.get(i);
                int slot = (group << FAN_BITS) + i;
                if (part.bytes().length > 0) {
                    tree.insert(same(part, savedAt(slot)) ? node(slot) : Node.of(slot, part));
                }
            }
            tree.slotEnd = Math.max(tree.slotEnd, (group << FAN_BITS) + parts.size());
        }
        tree.check();
        for (int slot = 0; slot < tree.slotEnd; slot++) {
            if (tree.nodes[slot] == null) {
                tree.free.add(slot);
            }
        }
        tree.unsaved.clear();
        tree.savedGroups = groups;
        tree.saved = state;
        return tree;
    }

    private @Nullable HostState savedAt(int slot) {
        Node node = slot < nodes.length ? nodes[slot] : null;
        return node == null ? null : node.saved;
    }

    /** Every node has as many names as it says, and every directory is reached from the root, once. */
    private void check() {
        if (bytes > BYTES_MAX + FileNode.growth(0) || nodeCount == 0 || !(nodes[ROOT] instanceof DirectoryNode root)) {
            throw StateInput.wrong("no root, or more than " + BYTES_MAX + " bytes");
        }
        int[] names = new int[slotEnd];
        names[ROOT] = 1;
        nameCount = 0;
        boolean sound = root.parent == ROOT;
        Deque<DirectoryNode> ahead = new ArrayDeque<>(List.of(root));
        for (DirectoryNode directory = ahead.poll(); directory != null; directory = ahead.poll()) {
            for (DirectoryNode.Entry entry : directory.entries()) {
                Node node = entry.slot() < slotEnd ? nodes[entry.slot()] : null;
                if (node == null || ++nameCount > NAMES_MAX) {
                    throw StateInput.wrong("an entry of nothing");
                }
                names[node.slot]++;
                if (node instanceof DirectoryNode below) {
                    sound &= names[node.slot] == 1 && below.parent == directory.slot;
                    if (!sound) {
                        break;
                    }
                    ahead.add(below);
                }
            }
        }
        for (int slot = 0; slot < slotEnd; slot++) {
            Node node = nodes[slot];
            sound &= node == null || node.names == names[slot];
            // A removed directory is empty and nowhere.
            sound &= !(node instanceof DirectoryNode gone) || gone.names > 0 || (gone.isEmpty() && gone.parent == -1);
        }
        if (!sound) {
            throw StateInput.wrong("directories that are not a tree");
        }
    }

    /** The node in a slot, or null if nothing is there. */
    @Nullable
    Node at(long slot) {
        return slot >= 0 && slot < slotEnd ? nodes[(int) slot] : null;
    }

    /** After a restore, before it is said what is open: nothing is. */
    void closeAll() {
        for (int slot = 0; slot < slotEnd; slot++) {
            Node node = nodes[slot];
            if (node != null) {
                node.opens = 0;
            }
        }
    }

    /** After a restore, when it is known what is open: forgets what has no name and is not. */
    void releaseUnused() {
        for (int slot = 0; slot < slotEnd; slot++) {
            Node node = nodes[slot];
            if (node != null) {
                release(node);
            }
        }
    }
}
