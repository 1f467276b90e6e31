package dev.tapedeck.harness.bisect;

import dev.tapedeck.vm.program.Program;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * For each place in the state of a run: where its difference from the other run began. A place without an origin is known
 * to hold the same there. Memory is followed byte by byte, in pages that are kept while they have differed; memories
 * behind the first, tables, heap sections and what concerns interrupts are one place.
 */
final class Origins {
    /** Pages of 4 KiB of memory that are kept: what differs in more is not followed. */
    static final int PAGES_MAX = 1_024;

    private static final int PAGE_BITS = 12;
    private static final int PAGE_BYTES = 1 << PAGE_BITS;

    /** What an entry of the journal is about, in the upper bits of its key. */
    private static final long CELL = 0L << 60;

    private static final long GLOBAL = 1L << 60;
    private static final long BYTE = 2L << 60;
    private static final long INDEX = (1L << 60) - 1;

    private @Nullable Origin[] cells = new Origin[256];

    /** At and above this, no cell has an origin. */
    private int cellsEnd;

    private final @Nullable Origin[] globals;
    private final Map<Long, @Nullable Origin[]> pages = new HashMap<>();
    private boolean overflowed;

    /** Changes that can be undone; a journal of more is given up. */
    private static final int JOURNAL_MAX = 1 << 20;

    private boolean journaling;
    private boolean emptied;
    private long[] journalKeys = new long[64];
    private @Nullable Origin[] journalValues = new Origin[64];
    private int journalLength;

    Origins(Program program) {
        globals = new Origin[program.globals().size() + 2];
    }

    /** The number of the heap pointer among the globals. */
    int heapPointer() {
        return globals.length - 2;
    }

    /** The number among the globals of all that is followed as one place. */
    int rest() {
        return globals.length - 1;
    }

    @Nullable
    Origin cell(int cell) {
        return cell < cellsEnd ? cells[cell] : null;
    }

    void setCell(int cell, @Nullable Origin origin) {
        if (cell >= cellsEnd) {
            if (origin == null) {
                return;
            }
            if (cell >= cells.length) {
                cells = Arrays.copyOf(cells, Math.max(cell + 1, cells.length * 2));
            }
            cellsEnd = cell + 1;
        }
        Origin old = cells[cell];
        if (old != origin) {
            note(CELL | cell, old);
            cells[cell] = origin;
            counted(old, origin);
        }
    }

    /** The stack ends below {@code sp}: what was above is gone. */
    void dropCells(int sp) {
        while (cellsEnd > sp) {
            setCell(cellsEnd - 1, null);
            cellsEnd--;
        }
    }

    @Nullable
    Origin global(int global) {
        return globals[global];
    }

    void setGlobal(int global, @Nullable Origin origin) {
        Origin old = globals[global];
        if (old != origin) {
            note(GLOBAL | global, old);
            globals[global] = origin;
            counted(old, origin);
        }
    }

    /** The earliest origin in a range of memory. */
    @Nullable
    Origin memory(long address, long length) {
        if (pages.isEmpty()) {
            return null;
        }
        Origin found = null;
        long end = address + length;
        for (long at = address; at < end; ) {
            long stop = Math.min(end, (at | (PAGE_BYTES - 1)) + 1);
            @Nullable Origin[] page = pages.get(at >> PAGE_BITS);
            if (page != null) {
                for (long i = at; i < stop; i++) {
                    found = Origin.earlier(found, page[(int) i & (PAGE_BYTES - 1)]);
                }
            }
            at = stop;
        }
        return found;
    }

    void setMemory(long address, long length, @Nullable Origin origin) {
        if (origin == null && pages.isEmpty()) {
            return;
        }
        long end = address + length;
        for (long at = address; at < end; ) {
            long stop = Math.min(end, (at | (PAGE_BYTES - 1)) + 1);
            @Nullable Origin[] page = page(at >> PAGE_BITS, origin != null);
            if (page != null) {
                for (long i = at; i < stop; i++) {
                    setByte(page, i, origin);
                }
            }
            at = stop;
        }
    }

    private @Nullable Origin @Nullable [] page(long number, boolean wanted) {
        @Nullable Origin[] page = pages.get(number);
        if (page == null && wanted) {
            if (pages.size() >= PAGES_MAX) {
                overflow();
                return null;
            }
            page = new Origin[PAGE_BYTES];
            pages.put(number, page);
        }
        return page;
    }

    private void setByte(@Nullable Origin[] page, long address, @Nullable Origin origin) {
        int index = (int) address & (PAGE_BYTES - 1);
        Origin old = page[index];
        if (old != origin) {
            note(BYTE | address, old);
            page[index] = origin;
            counted(old, origin);
        }
    }

    /** As {@code memory.copy} does: each byte takes its origin along. */
    void copyMemory(long from, long to, long length) {
        if (pages.isEmpty()) {
            return;
        }
        @Nullable Origin[] moved = new Origin[(int) Math.min(length, PAGE_BYTES)];
        for (long done = 0; done < length; done += moved.length) {
            // In the order that an overlap wants.
            int count = (int) Math.min(moved.length, length - done);
            long offset = to > from ? length - done - count : done;
            for (int i = 0; i < count; i++) {
                moved[i] = memory(from + offset + i, 1);
            }
            for (int i = 0; i < count; i++) {
                setMemory(to + offset + i, 1, moved[i]);
            }
        }
    }

    /** From here on more memory may differ than is followed. */
    void overflow() {
        overflowed = true;
    }

    /** Whether more memory differed than is followed, so that nothing is known of what has no origin. */
    boolean overflowed() {
        return overflowed;
    }

    private void counted(@Nullable Origin old, @Nullable Origin now) {
        if (old != null) {
            old.count(-1);
            emptied |= old.course() != null && old.course().places() == 0;
        }
        if (now != null) {
            now.count(1);
        }
    }

    /** From here on every change is noted, to be undone by {@link #undo}; what was noted before is forgotten. */
    void journal(boolean on) {
        journaling = on;
        journalLength = 0;
    }

    private void note(long key, @Nullable Origin old) {
        if (!journaling) {
            return;
        }
        if (journalLength == JOURNAL_MAX) {
            journaling = false;
            return;
        }
        if (journalLength == journalKeys.length) {
            journalKeys = Arrays.copyOf(journalKeys, journalLength * 2);
            journalValues = Arrays.copyOf(journalValues, journalLength * 2);
        }
        journalKeys[journalLength] = key;
        journalValues[journalLength] = old;
        journalLength++;
    }

    /**
     * Puts everything back as it was when the journal began.
     *
     * @return false if there was too much to note: then nothing is put back
     */
    boolean undo() {
        if (!journaling) {
            return false;
        }
        journaling = false;
        for (int i = journalLength - 1; i >= 0; i--) {
            long index = journalKeys[i] & INDEX;
            Origin old = journalValues[i];
            switch ((int) (journalKeys[i] >> 60)) {
                case 0 -> setCell((int) index, old);
                case 1 -> setGlobal((int) index, old);
                default -> setMemory(index, 1, old);
            }
        }
        journalLength = 0;
        return true;
    }

    /** Whether since the last question the last place was gone that differed from a cause that is followed. */
    boolean emptied() {
        boolean was = emptied;
        emptied = false;
        return was;
    }
}
