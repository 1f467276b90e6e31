package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Words;
import java.util.List;
import java.util.Optional;

/**
 * What a bisection found. Everything here is plain text and numbers, ready for a report.
 *
 * @param diverged whether the runs differ
 * @param kind what kind of difference
 * @param summary one sentence for people, such as {@code "local 'sum' is 7, was 6, after i64.add in total (sum.tasm:12)"}
 * @param a the first (reference) run
 * @param b the second run
 * @param differences what differs in the state right after the first divergent instruction; at most 64 rows
 * @param probes digests and checkpoints compared
 * @param replayed instructions executed to find it, both sides together; slices have their own numbers
 */
public record Bisection(
        boolean diverged,
        Kind kind,
        String summary,
        Side a,
        Side b,
        List<StateDifference> differences,
        long probes,
        long replayed) {
    /**
     * Where the second run first differs from the first, in one line: {@code first differs from the approved run at
     * instruction 12: local 'sum' is 7 ...}; or that it does not; or why it cannot be said.
     *
     * @param reference what to call the first run; empty leaves it out
     */
    public String sentence(String reference) {
        if (!diverged) {
            return "the run itself is the same as " + (reference.isEmpty() ? "the other" : reference);
        }
        if (kind == Kind.REPLAY) {
            return summary;
        }
        return "first differs" + (reference.isEmpty() ? "" : " from " + reference)
                + b.at().or(() -> a.at())
                        .map(first -> " at instruction " + Words.count(first.icount()))
                        .orElse("")
                + ": " + summary;
    }

    /** What made the runs differ. */
    public enum Kind {
        /** They do not differ. */
        NONE("none", "same"),
        /** They start with other arguments, or in another function. */
        START("start", "different start"),
        /** A host call gave something else. */
        HOST("host", "host call"),
        /** An interrupt came on one side only, or was another. */
        INTERRUPT("interrupt", "interrupt"),
        /** The same instruction on the same state did something else. */
        MACHINE("machine", "machine"),
        /** The programs differ, and an instruction behaves differently. */
        PROGRAM("program", "program changed"),
        /** One run goes on where the other ended. */
        END("end", "one run ended"),
        /** One of the recordings does not replay, so nothing else can be concluded. */
        REPLAY("replay", "does not replay");

        private final String mnemonic;
        private final String words;

        Kind(String mnemonic, String words) {
            this.mnemonic = mnemonic;
            this.words = words;
        }

        /** The stable name in JSON. */
        public String mnemonic() {
            return mnemonic;
        }

        /** A few words for people. */
        public String words() {
            return words;
        }
    }

    /**
     * One run at the first divergent instruction.
     *
     * @param name the recording's path or title
     * @param program the program's name
     * @param instructions how long the recording is
     * @param at the first divergent instruction; empty if the run had ended, or the runs do not differ
     * @param frames call stack before it, innermost first
     * @param before instructions executed before it, the last one last, {@code at} not included; at most 16
     * @param event what came from outside at this instruction (host result, interrupt), in words
     * @param outcome how the run ended, in words
     * @param slice how the value that differs came about, where there is more to say than the instruction at {@code at}
     */
    public record Side(
            String name,
            String program,
            long instructions,
            Optional<Executed> at,
            List<Frame> frames,
            List<Executed> before,
            Optional<String> event,
            String outcome,
            Optional<Slice> slice) {
        /** Without a slice. */
        public Side(
                String name,
                String program,
                long instructions,
                Optional<Executed> at,
                List<Frame> frames,
                List<Executed> before,
                Optional<String> event,
                String outcome) {
            this(name, program, instructions, at, frames, before, event, outcome, Optional.empty());
        }

        /** The same with a slice. */
        public Side withSlice(Optional<Slice> other) {
            return new Side(name, program, instructions, at, frames, before, event, outcome, other);
        }
    }

    /**
     * A place in the state that differs.
     *
     * @param location in words: {@code local 'sum' of total}, {@code memory 0x1000}
     * @param a its value in the first run
     * @param b its value in the second
     * @param writerA the instruction that last wrote it in the first run, empty if none is known
     * @param writerB the same in the second
     */
    public record StateDifference(
            String location, String a, String b, Optional<Executed> writerA, Optional<Executed> writerB) {}
}
