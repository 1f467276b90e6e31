package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.Block;
import java.util.List;

/**
 * The first block in which the chain digests of two recordings differ, by binary search: chains that once differ stay
 * different.
 *
 * @param from instruction count up to which the chains agree
 * @param to end of the first block that differs, or of the last one that both have
 * @param differs whether a block differs
 * @param probes digests compared
 */
record BlockSearch(long from, long to, boolean differs, int probes) {
    /** Both recordings must have the same grid of blocks. */
    static BlockSearch of(Recording a, Recording b) {
        List<Block> blocksA = a.blocks();
        List<Block> blocksB = b.blocks();
        int common = 0;
        while (common < Math.min(blocksA.size(), blocksB.size())
                && blocksA.get(common).end() == blocksB.get(common).end()) {
            common++;
        }
        int low = 0;
        int high = common;
        int probes = 0;
        while (low < high) {
            int middle = (low + high) >>> 1;
            probes++;
            if (blocksA.get(middle).chainDigest() == blocksB.get(middle).chainDigest()) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        boolean differs = low < common;
        long from = low == 0 ? 0 : blocksA.get(low - 1).end();
        return new BlockSearch(from, differs ? blocksA.get(low).end() : from, differs, probes);
    }

    /** Whether two recordings have blocks at the same instruction counts, so that digests can be compared. */
    static boolean sameGrid(Recording a, Recording b) {
        return a.options().blockInstructions() == b.options().blockInstructions();
    }
}
