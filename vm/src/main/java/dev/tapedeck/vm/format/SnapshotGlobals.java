package dev.tapedeck.vm.format;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** The globals that a snapshot has, and which they are in the program that it is read for. */
final class SnapshotGlobals {
    private static final int NAME_CHARS_MAX = 60;

    /** @param name empty for one that has none */
    record Entry(String name, ValueType type) {
        private static Entry of(Program.Global global) {
            return new Entry(global.name(), global.type());
        }

        private boolean named() {
            return !name.isEmpty();
        }
    }

    private SnapshotGlobals() {}

    /**
     * The cells of a snapshot in the order in which the program has its globals. Those with a name are found by it, those
     * without one by their order. If the program or the snapshot has no names at all, because it was stripped, all are found by their
     * order.
     *
     * @param entries what the snapshot says of its globals, one for each cell
     * @throws IllegalArgumentException if not every global of each is one of the other; the message says which is not
     */
    static long[] inOrderOf(Program program, List<Entry> entries, long[] cells) {
        List<Entry> wanted = program.globals().stream().map(Entry::of).toList();
        if (wanted.equals(entries)) {
            return cells;
        }
        boolean byName =
                wanted.stream().anyMatch(Entry::named) && entries.stream().anyMatch(Entry::named);
        Map<String, Integer> named = new HashMap<>();
        List<Integer> others = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            if (!byName || !entries.get(i).named()) {
                others.add(i);
            } else if (named.put(entries.get(i).name, i) != null) {
                throw new IllegalArgumentException("the snapshot has two globals of one name" + text(entries.get(i))
                        + ", which cannot be told apart");
            }
        }
        long[] ordered = new long[wanted.size()];
        Iterator<Integer> unnamed = others.iterator();
        for (int i = 0; i < ordered.length; i++) {
            Entry entry = wanted.get(i);
            boolean search = byName && entry.named();
            Integer from = search ? named.remove(entry.name) : unnamed.hasNext() ? unnamed.next() : null;
            if (from == null) {
                throw new IllegalArgumentException(
                        "global " + i + text(entry) + " is not in the snapshot, and so would have no value");
            }
            if (entries.get(from).type != entry.type) {
                throw new IllegalArgumentException("global " + i + text(entry) + " is of type " + entry.type
                        + ", in the snapshot it is of type " + entries.get(from).type);
            }
            ordered[i] = cells[from];
        }
        if (!named.isEmpty() || unnamed.hasNext()) {
            int left = unnamed.hasNext()
                    ? unnamed.next()
                    : named.values().stream().mapToInt(index -> index).min().orElseThrow();
            throw new IllegalArgumentException(
                    "the snapshot has global " + left + text(entries.get(left)) + ", which the program does not have");
        }
        return ordered;
    }

    private static String text(Entry entry) {
        if (!entry.named()) {
            return "";
        }
        boolean plain =
                entry.name.length() <= NAME_CHARS_MAX && entry.name.chars().noneMatch(Character::isISOControl);
        return " (" + (plain ? entry.name : "a long name") + ")";
    }
}
