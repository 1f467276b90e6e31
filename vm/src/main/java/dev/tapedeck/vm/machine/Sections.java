package dev.tapedeck.vm.machine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The heap sections of a machine. Sections are numbered from 1 in the order in which they are made, and a number is never
 * used again: so what was freed cannot be mistaken for what was made after it.
 */
final class Sections {
    /** The largest number that a section can have. */
    static final int NUMBER_MAX = Integer.MAX_VALUE - 1;

    private final int countMax;
    private final long bytesMax;
    private SharedMap<Section> live = new SharedMap<>(NUMBER_MAX);
    /** Whoever this is owns what has been made or copied since the last snapshot. */
    private Object owner = new Object();

    private int next = 1;
    private int count;
    private long bytes;

    Sections(int countMax, long bytesMax) {
        this.countMax = countMax;
        this.bytesMax = bytesMax;
    }

    /**
     * All of them at one moment, never changed.
     *
     * @param next the number that the next section gets
     * @param count how many there are
     * @param bytes their sizes together
     */
    record State(SharedMap<Section> live, int next, int count, long bytes) {
        static final State NONE = new State(new SharedMap<>(NUMBER_MAX), 1, 0, 0);

        List<SnapshotState.HeapSection> list() {
            return Sections.list(live);
        }

        boolean same(State other) {
            boolean[] same = {next == other.next && count == other.count};
            if (same[0]) {
                live.visitChanged(
                        other.live,
                        (number, here, there) -> same[0] &= here != null && there != null && here.sameContent(there));
            }
            return same[0];
        }
    }

    /** All of them, in ascending order of their numbers. */
    List<SnapshotState.HeapSection> list() {
        return list(live);
    }

    private static List<SnapshotState.HeapSection> list(SharedMap<Section> live) {
        List<SnapshotState.HeapSection> list = new ArrayList<>();
        live.visit((number, section, none) -> {
            if (section != null) {
                list.add(new SnapshotState.HeapSection(number, section.size));
            }
        });
        return list;
    }

    int next() {
        return next;
    }

    int count() {
        return count;
    }

    /** A section, or null if there is none of this number (any more). */
    @Nullable
    Section get(long number) {
        return number > 0 && number < next ? live.get((int) number) : null;
    }

    /** Makes a section; its number, or -1 if there is no room. */
    int make(long size) {
        if (count >= countMax || size > bytesMax - bytes || next > NUMBER_MAX) {
            return -1;
        }
        live.put(owner, next, new Section(owner, (int) size));
        count++;
        bytes += size;
        return next++;
    }

    /** Frees a section that there is. */
    void free(int number) {
        Section section = live.get(number);
        if (section == null) {
            throw new AssertionError("there is no section " + number);
        }
        live.put(owner, number, null);
        count--;
        bytes -= section.size;
    }

    /** A section that there is, to be written to. */
    Section own(int number) {
        Section section = live.get(number);
        if (section == null) {
            throw new AssertionError("there is no section " + number);
        }
        if (section.owner != owner) {
            section = section.copyFor(owner);
            live.put(owner, number, section);
        }
        return section;
    }

    /** What is here now. It is shared from here on, so the next write to each page copies it. */
    State snapshot() {
        owner = new Object();
        return new State(live.copy(), next, count, bytes);
    }

    void restore(State state) {
        owner = new Object();
        live = state.live.copy();
        next = state.next;
        count = state.count;
        bytes = state.bytes;
    }

    /** Why a state does not fit the limits, or null. */
    @Nullable
    String problem(State state) {
        if (state.count > countMax) {
            return "the snapshot has " + state.count + " heap sections, the limit is " + countMax + " (sectionsMax)";
        }
        if (state.bytes > bytesMax) {
            return "the snapshot has " + state.bytes + " bytes in heap sections, the limit is " + bytesMax
                    + " (sectionBytesMax)";
        }
        return null;
    }
}
