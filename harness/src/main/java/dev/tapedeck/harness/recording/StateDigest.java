package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ModuleOpener;
import dev.tapedeck.vm.machine.Snapshot;
import java.util.Arrays;
import net.openhft.hashing.LongHashFunction;
import org.jspecify.annotations.Nullable;

/**
 * The digest of a complete machine state, 64 bits: equal states have equal digests, and different ones differ but for a
 * collision, probability 2^-64. Instruction count and host state are no part of it, and a page of zeros counts like one
 * that was never touched.
 *
 * <p>Memory enters as a sum over its pages, each hashed with the memory's index and its own as seed. So an object of this class, given the
 * states of a run one after the other, hashes only the pages that have changed in between.
 */
public final class StateDigest {
    private static final int CHUNK_SHIFT = 10;
    private static final int CHUNK_PAGES = 1 << CHUNK_SHIFT;
    private static final byte[] ZEROS = new byte[Snapshot.PAGE_BYTES];

    static {
        ModuleOpener.allowUnsafe();
    }

    private @Nullable Snapshot before;
    /** The hash of each page of each memory, by chunks of pages; 0 for zeros. */
    private long[][][] terms = new long[0][][];

    private long sum;

    /** The digest of a state. Costs by the size of its memory. */
    public static long of(Snapshot snapshot) {
        return new StateDigest().next(snapshot);
    }

    /** The digest of a state. Costs by the pages that differ from the state given before. */
    public long next(Snapshot snapshot) {
        Snapshot base = before;
        if (base == null) {
            snapshot.visitPages(this::replace);
        } else {
            snapshot.visitChangedPages(base, this::replace);
        }
        snapshot.visitSectionPages(
                base,
                (section, index, page, previous) ->
                        sum += sectionTerm(section, index, page) - sectionTerm(section, index, previous));
        before = snapshot;
        return LongHashFunction.xx3(sum).hashLongs(snapshot.stateWords());
    }

    /** The bit at the top keeps the seeds apart from those of memories. */
    private static long sectionTerm(int section, int index, byte @Nullable [] page) {
        long seed = Long.MIN_VALUE | (long) section << 32 | index;
        return page == null ? 0 : LongHashFunction.xx3(seed).hashBytes(page);
    }

    private void replace(int memory, int index, byte[] page) {
        if (memory >= terms.length) {
            int before = terms.length;
            terms = Arrays.copyOf(terms, memory + 1);
            Arrays.fill(terms, before, terms.length, new long[0][]);
        }
        int c = index >>> CHUNK_SHIFT;
        if (c >= terms[memory].length) {
            terms[memory] = Arrays.copyOf(terms[memory], Math.max(c + 1, terms[memory].length * 2));
        }
        long[] chunk = terms[memory][c];
        if (chunk == null) {
            chunk = new long[CHUNK_PAGES];
            terms[memory][c] = chunk;
        }
        long seed = (long) memory << 32 | index;
        long term = Arrays.equals(page, ZEROS) ? 0 : LongHashFunction.xx3(seed).hashBytes(page);
        sum += term - chunk[index & CHUNK_PAGES - 1];
        chunk[index & CHUNK_PAGES - 1] = term;
    }
}
