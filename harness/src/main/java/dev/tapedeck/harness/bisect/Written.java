package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Where a run has written: ranges of the first memory, and globals, of which the heap pointer is one. */
final class Written {
    /** More ranges of memory become one. */
    private static final int RANGES_MAX = 1 << 10;

    /** Addresses from one, up to and without another. */
    static final class Range {
        long from;
        long to;

        private Range(long from, long to) {
            this.from = from;
            this.to = to;
        }
    }

    private final List<Range> ranges = new ArrayList<>();
    private final Set<Integer> globals = new TreeSet<>();

    /** Where an instruction writes, as in {@link #add}. */
    static Written by(Lane lane, Optional<HostCallRecord> call) {
        Written written = new Written();
        written.add(lane, call);
        return written;
    }

    /** Adds where the instruction writes that a run has read last. */
    void add(Lane lane, Optional<HostCallRecord> call) {
        for (MemoryWrite write : Lockstep.writes(call)) {
            add(write.address(), write.bytes().length);
        }
        if (lane.effect.writeLength > 0 && lane.effect.writeMemory == 0) {
            add(lane.effect.writeAddress, lane.effect.writeLength);
        }
        int global = lane.globalWritten();
        if (global >= 0) {
            globals.add(global);
        }
    }

    private void add(long from, long length) {
        if (!ranges.isEmpty()) {
            Range last = ranges.get(ranges.size() - 1);
            boolean close = from <= last.to && from + length >= last.from;
            if (close || ranges.size() == RANGES_MAX) {
                last.from = Math.min(last.from, from);
                last.to = Math.max(last.to, from + length);
                return;
            }
        }
        ranges.add(new Range(from, from + length));
    }

    List<Range> ranges() {
        return ranges;
    }

    /** By number. */
    Set<Integer> globals() {
        return globals;
    }

    boolean isEmpty() {
        return ranges.isEmpty() && globals.isEmpty();
    }

    void clear() {
        ranges.clear();
        globals.clear();
    }
}
