package dev.tapedeck.harness.bisect;

import java.util.Optional;

/**
 * Where two runs part, before it is put into words.
 *
 * @param kind what made them differ
 * @param icountA instructions that the first run had completed before
 * @param icountB the same in the second run
 * @param before whether it came at the boundary before the instruction, as interrupts do, not with its execution
 * @param presence in which run the instruction has been executed
 * @param seen between versions: the behaviour by which it showed
 * @param followed between versions: what became of it, if it was followed
 * @param remark something to add to the summary; may be empty
 */
record Divergence(
        Bisection.Kind kind,
        long icountA,
        long icountB,
        boolean before,
        Origin.Presence presence,
        Optional<VersionWalk.Seen> seen,
        Optional<CourseWalk.Followed> followed,
        String remark) {
    /** At one instruction count, in two runs of one program. */
    static Divergence at(Bisection.Kind kind, long icount, boolean before, String remark) {
        return new Divergence(
                kind, icount, icount, before, Origin.Presence.BOTH, Optional.empty(), Optional.empty(), remark);
    }
}
