package dev.tapedeck.vm.format;

import org.jspecify.annotations.Nullable;

/**
 * What {@link SnapshotWriter} and {@link SnapshotReader} agree on. The layout is described in {@code docs/machine.md}; a
 * change here is a change there. The numbers are stable.
 */
final class SnapshotFormat {
    private static final byte[] MAGIC = {(byte) 0x89, 'T', 'A', 'P', 'E', 'S', 'S', '\r', '\n', 0x1A, '\n'};

    /** The version that is written, and the only one that is read. */
    static final int VERSION = 1;

    /** The sections, in the order in which they stand. Ids are never used again. */
    enum Section {
        FUNCTIONS(0x01, "functions"),
        RUN(0x02, "run"),
        STACK(0x03, "stack"),
        GLOBALS(0x04, "globals"),
        INTERRUPTS(0x05, "interrupts"),
        MEMORIES(0x06, "memories"),
        HOST(0x07, "host"),
        /** Instead of {@link #HOST}, for a host whose state has parts. */
        HOST_TREE(0x08, "host tree"),
        TABLES(0x09, "tables"),
        DROPPED(0x0A, "dropped segments"),
        HEAP(0x0B, "heap"),
        /** In a complete snapshot: the functions that references can be to, beside those in {@link #FUNCTIONS}. */
        REFERENCES(0x0C, "references"),
        /** If one of the globals has a name: what they are called, so that they are found where they have moved. */
        GLOBAL_NAMES(0x81, "global names"),
        /** How often each instruction was executed, of a machine that counts that. */
        PROFILE(0x82, "profile");

        final int id;
        final String label;

        Section(int id, String label) {
            this.id = id;
            this.label = label;
        }

        static @Nullable String label(int id) {
            for (Section section : values()) {
                if (section.id == id) {
                    return section.label;
                }
            }
            return null;
        }
    }

    /** Pages are those that differ from another snapshot, not all that are not zero. */
    static final int DELTA = 0x01;

    static final int TABLE_AS_BEFORE = 0;
    static final int TABLE_OF_CELLS = 1;

    static final int PAGE_OF_ZEROS = 0;
    static final int PAGE_OF_BYTES = 1;

    /** Combined with the base's page by xor. Few bytes of a page change, and zeros compress well. */
    static final int PAGE_OF_CHANGES = 2;

    /** Each byte of a page combined with that of another by xor. */
    static byte[] combine(byte[] page, byte[] other) {
        byte[] combined = page.clone();
        for (int i = 0; i < combined.length; i++) {
            combined[i] ^= other[i];
        }
        return combined;
    }

    static final int HASH_BYTES = 32;

    /** Most cells of a stack, frames, pending interrupts; the same as the most that a machine's limits allow. */
    static final int CELLS_MAX = 1 << 27;

    static final int FRAMES_MAX = 1 << 24;
    static final int PENDING_MAX = 1 << 20;
    static final int HOST_STATE_BYTES_MAX = 1 << 28;
    static final int PAGES_MAX = 1 << 20;
    static final int HEAP_SECTIONS_MAX = 1 << 20;

    private SnapshotFormat() {}

    static byte[] magic() {
        return MAGIC.clone();
    }
}
