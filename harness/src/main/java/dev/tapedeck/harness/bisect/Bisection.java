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
 * @param consequences between versions: what became of this difference and of those behind it; empty if the runs were not
 *     followed
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
        Optional<Consequences> consequences,
        long probes,
        long replayed) {
    /** Causes whose consequences are listed, and as many more if they reach the output. */
    public static final int CONSEQUENCES_MAX = 64;

    /** Stretches that are listed of one cause. */
    public static final int STRETCHES_MAX = 64;

    /** Without consequences. */
    public Bisection(
            boolean diverged,
            Kind kind,
            String summary,
            Side a,
            Side b,
            List<StateDifference> differences,
            long probes,
            long replayed) {
        this(diverged, kind, summary, a, b, differences, Optional.empty(), probes, replayed);
    }

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

    /**
     * What became of the differences between two versions, as far as the runs were followed.
     *
     * @param list one for each instruction that made a difference, in the order in which a behaviour
     *     differed because of them first
     * @param unlisted differing behaviours of further causes
     * @param to how far the first run was followed, as an instruction count
     * @param toB the same of the second run
     * @param complete whether that is the end of both runs
     */
    public record Consequences(List<Consequence> list, long unlisted, long to, long toB, boolean complete) {
        /** Those that were seen outside of the machine. */
        public List<Consequence> outside() {
            return list.stream()
                    .filter(consequence -> consequence.fate() == Fate.OUTPUT)
                    .toList();
        }
    }

    /** What becomes of a difference. */
    public enum Fate {
        /** A host call, the exit code, the result or the fault differs because of it. */
        OUTPUT("output", "reaches the output"),
        /** It is gone: nothing in the states of the two runs differs because of it any more. */
        DIES_OUT("diesOut", "dies out"),
        /** Something still differs because of it where the runs were followed to, and nothing outside has. */
        STAYS("stays", "stays inside");

        private final String mnemonic;
        private final String words;

        Fate(String mnemonic, String words) {
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
     * What became of the differences that one instruction made.
     *
     * @param kind what made it do something else
     * @param a the instruction, the first time it made a difference; empty if it is not in the first program
     * @param b the same in the second program
     * @param effect the first behaviour that differed, in words
     * @param effects behaviours that differed, of those compared one by one
     * @param stretches from where to where something differed because of it; at most {@link #STRETCHES_MAX}
     * @param stretchCount how many there were
     * @param fate what became of it
     * @param output the first behaviour that was seen outside
     */
    public record Consequence(
            Kind kind,
            Optional<Executed> a,
            Optional<Executed> b,
            Effect effect,
            long effects,
            List<Stretch> stretches,
            long stretchCount,
            Fate fate,
            Optional<Effect> output) {}

    /**
     * A behaviour that differs.
     *
     * @param icount of the first run
     * @param icountB of the second run
     * @param words what the first run does and what the second
     */
    public record Effect(long icount, long icountB, String words) {}

    /**
     * Where something differed: instruction counts, from the cause (inclusive) to where the runs have met again (exclusive), or
     * behind the last behaviour that differed where they have not.
     */
    public record Stretch(long from, long to, long fromB, long toB) {}
}
