package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.machine.HostState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A directory. Entries have numbers, in the order in which they were made, which are the cookies of {@code fd_readdir}. */
final class DirectoryNode extends Node {
    /** The first number of an entry; before it are {@code .} and {@code ..}. */
    static final long FIRST = 2;

    /** Entries whose numbers differ only in the low bits are saved together. */
    private static final int GROUP_BITS = 6;

    record Entry(long number, String name, int slot) {}

    /** The directory this one is in; the root's is the root, a removed one's -1. */
    int parent;

    private final Map<String, Entry> byName = new HashMap<>();
    private final TreeMap<Long, Entry> byNumber = new TreeMap<>();
    private long next = FIRST;
    private long held;

    private final TreeMap<Long, HostState> groups = new TreeMap<>();
    private final TreeSet<Long> unsaved = new TreeSet<>();

    DirectoryNode(int slot, long inode, int parent) {
        super(slot, inode);
        this.parent = parent;
    }

    @Override
    FileType type() {
        return FileType.DIRECTORY;
    }

    @Override
    long size() {
        return byName.size();
    }

    @Override
    long bytes() {
        return held;
    }

    static long bytes(String name) {
        return 2L * name.length() + 160;
    }

    @Nullable
    Entry find(String name) {
        return byName.get(name);
    }

    /** Entries from a number on. */
    Iterable<Entry> from(long number) {
        return byNumber.tailMap(number, true).values();
    }

    Iterable<Entry> entries() {
        return byNumber.values();
    }

    boolean isEmpty() {
        return byName.isEmpty();
    }

    void add(String name, int slot) {
        put(new Entry(next++, name, slot));
    }

    private void put(Entry entry) {
        byName.put(entry.name, entry);
        byNumber.put(entry.number, entry);
        held += bytes(entry.name);
        unsaved.add(entry.number >> GROUP_BITS);
    }

    void remove(String name) {
        Entry entry = byName.remove(name);
        if (entry != null) {
            byNumber.remove(entry.number);
            held -= bytes(name);
            unsaved.add(entry.number >> GROUP_BITS);
        }
    }

    @Override
    HostState save() {
        for (long group : unsaved) {
            Map<Long, Entry> entries = byNumber.subMap(group << GROUP_BITS, (group + 1) << GROUP_BITS);
            if (entries.isEmpty()) {
                groups.remove(group);
                continue;
            }
            StateOutput out = new StateOutput();
            for (Entry entry : entries.values()) {
                out.number(entry.number);
                out.number(entry.slot);
                out.text(entry.name);
            }
            groups.put(group, HostState.of(out.toBytes()));
        }
        unsaved.clear();
        StateOutput out = new StateOutput();
        head(out);
        out.number(parent + 1);
        out.number(next);
        return HostState.of(out.toBytes(), new ArrayList<>(groups.values()));
    }

    static DirectoryNode of(int slot, long inode, StateInput in, HostState state) {
        int parent = (int) StateInput.within("a directory", in.number(), FileTree.NODES_MAX) - 1;
        DirectoryNode node = new DirectoryNode(slot, inode, parent);
        node.next = StateInput.within("the next entry", in.number() - FIRST, Long.MAX_VALUE >> 8) + FIRST;
        long before = FIRST - 1;
        for (HostState part : state.parts()) {
            long group = -1;
            StateInput entries = new StateInput(part.bytes());
            while (entries.more()) {
                long number = entries.number();
                int target = (int) StateInput.within("an entry", entries.number(), FileTree.NODES_MAX - 1);
                String name = entries.text(4 * PathWalk.NAME_CHARS_MAX);
                boolean known = node.byName.containsKey(name);
                boolean sound = !name.isEmpty()
                        && name.length() <= PathWalk.NAME_CHARS_MAX
                        && !name.equals(".")
                        && !name.equals("..")
                        && name.indexOf('/') < 0
                        && name.indexOf('\0') < 0;
                if (number <= before || number >= node.next || known || !sound) {
                    throw StateInput.wrong("entry " + number + " of a directory");
                }
                if (group >= 0 && group != number >> GROUP_BITS) {
                    throw StateInput.wrong("entry " + number + " in another group");
                }
                group = number >> GROUP_BITS;
                before = number;
                node.put(new Entry(number, name, target));
            }
            if (group < 0
                    || node.groups.put(group, part) != null
                    || !part.parts().isEmpty()) {
                throw StateInput.wrong("the entries of a directory");
            }
        }
        node.unsaved.clear();
        return node;
    }
}
