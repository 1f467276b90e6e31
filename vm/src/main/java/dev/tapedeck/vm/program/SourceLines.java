package dev.tapedeck.vm.program;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which source file and line each instruction of a function comes from. A function has a file of its own; where a
 * compiler has put code of other files into it, the lines of that code are of those.
 *
 * <p>Kept as runs of instructions that share a file and a line: a program of many megabytes has millions of
 * instructions.
 */
public final class SourceLines {
    /** Of a function whose file and lines are unknown. */
    public static final SourceLines NONE = new Builder().build(-1);

    private final int source;

    /** For each run the offset behind its last instruction. */
    private final int[] ends;

    private final int[] lines;

    /** For each run its file; null if all are of the function's own. */
    private final int @Nullable [] sources;

    private SourceLines(int source, int[] ends, int[] lines, int @Nullable [] sources) {
        this.source = source;
        this.ends = ends;
        this.lines = lines;
        this.sources = sources;
    }

    /**
     * Lines that are all of one file.
     *
     * @param source index into {@link Program#sources}, or -1 if unknown
     * @param lines the line of each instruction, from 1, or 0 if unknown; empty if no line is known
     */
    public static SourceLines of(int source, List<Integer> lines) {
        Builder builder = new Builder();
        for (int line : lines) {
            builder.add(1, source, line);
        }
        return builder.build(source);
    }

    /** The function's own file: an index into {@link Program#sources}, or -1 if unknown. */
    public int source() {
        return source;
    }

    /** How many instructions have a line: 0 if no line is known, else as many as the function has. */
    public int size() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    /**
     * The file of the instruction at {@code offset}: an index into {@link Program#sources}, or -1 if unknown. Where the
     * line is unknown, it is the function's own.
     */
    public int source(int offset) {
        int run = runAt(offset);
        return run < 0 ? source : runSource(run);
    }

    /** The line of the instruction at {@code offset}, from 1, or 0 if unknown. */
    public int line(int offset) {
        int run = runAt(offset);
        return run < 0 ? 0 : lines[run];
    }

    /** The number of runs. Runs that follow each other differ in file or line. */
    public int runs() {
        return ends.length;
    }

    /** The offset behind the last instruction of a run. */
    public int runEnd(int run) {
        return ends[run];
    }

    public int runLine(int run) {
        return lines[run];
    }

    public int runSource(int run) {
        return sources == null ? source : sources[run];
    }

    /** The run that the instruction at {@code offset} is in, or -1 if it has no line. */
    public int runAt(int offset) {
        if (offset < 0 || offset >= size()) {
            return -1;
        }
        int found = Arrays.binarySearch(ends, offset);
        return found >= 0 ? found + 1 : -found - 1;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SourceLines that
                && source == that.source
                && Arrays.equals(ends, that.ends)
                && Arrays.equals(lines, that.lines)
                && Arrays.equals(sources, that.sources);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * source + Arrays.hashCode(ends)) + Arrays.hashCode(lines);
    }

    /** Such as {@code file 0: 2 x 7, 1 x 3:12}: two instructions of line 7, one of line 12 of file 3. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("file " + source);
        for (int i = 0; i < ends.length; i++) {
            text.append(i == 0 ? ": " : ", ").append(ends[i] - (i == 0 ? 0 : ends[i - 1]));
            text.append(" x ").append(runSource(i) == source ? "" : runSource(i) + ":");
            text.append(lines[i]);
        }
        return text.toString();
    }

    /** Takes the lines of one instruction after the other. */
    public static final class Builder {
        /** Stands for the function's own file. */
        public static final int OWN = -2;

        private int count;
        private int[] ends = new int[8];
        private int[] lines = new int[8];
        private int[] sources = new int[8];

        /**
         * Adds instructions that share a line.
         *
         * @param instructions how many, 1 or more
         * @param source their file, -1 if unknown, or {@link #OWN}; it is not kept if the line is 0
         * @param line from 1, or 0 if unknown
         */
        public Builder add(int instructions, int source, int line) {
            int file = line == 0 ? OWN : source;
            if (count > 0 && lines[count - 1] == line && sources[count - 1] == file) {
                ends[count - 1] += instructions;
                return this;
            }
            if (count == ends.length) {
                ends = Arrays.copyOf(ends, count * 2);
                lines = Arrays.copyOf(lines, count * 2);
                sources = Arrays.copyOf(sources, count * 2);
            }
            ends[count] = size() + instructions;
            lines[count] = line;
            sources[count] = file;
            count++;
            return this;
        }

        /** Adds what others say of the instructions from {@code from} (inclusive) to {@code to} (exclusive). */
        public Builder add(SourceLines others, int from, int to) {
            int at = from;
            for (int run = others.runAt(from); at < to; run++) {
                int end = Math.min(to, others.ends[run]);
                add(end - at, others.runSource(run), others.lines[run]);
                at = end;
            }
            return this;
        }

        /** How many instructions there are so far. */
        public int size() {
            return count == 0 ? 0 : ends[count - 1];
        }

        /**
         * @param source the function's own file, -1 if unknown
         */
        public SourceLines build(int source) {
            Builder own = new Builder();
            boolean several = false;
            for (int i = 0; i < count; i++) {
                int file = sources[i] == OWN ? source : sources[i];
                several |= lines[i] != 0 && file != source;
                own.add(ends[i] - (i == 0 ? 0 : ends[i - 1]), file, lines[i]);
            }
            int runs = own.count;
            for (int i = 0; i < runs; i++) {
                own.sources[i] = own.sources[i] == OWN ? source : own.sources[i];
            }
            return new SourceLines(
                    source,
                    Arrays.copyOf(own.ends, runs),
                    Arrays.copyOf(own.lines, runs),
                    several ? Arrays.copyOf(own.sources, runs) : null);
        }

        /** The function's own file is the one that most lines are of, the first among equals; -1 if no line is known. */
        public SourceLines build() {
            int[] sorted = new int[count];
            int known = 0;
            for (int i = 0; i < count; i++) {
                if (lines[i] != 0) {
                    sorted[known++] = sources[i];
                }
            }
            if (known == 0) {
                return NONE;
            }
            sorted = Arrays.stream(sorted, 0, known).distinct().sorted().toArray();
            int[] instructions = new int[sorted.length];
            for (int i = 0; i < count; i++) {
                if (lines[i] != 0) {
                    instructions[Arrays.binarySearch(sorted, sources[i])] += ends[i] - (i == 0 ? 0 : ends[i - 1]);
                }
            }
            int most = 0;
            for (int instructionsOfOne : instructions) {
                most = Math.max(most, instructionsOfOne);
            }
            for (int i = 0; i < count; i++) {
                if (lines[i] != 0 && instructions[Arrays.binarySearch(sorted, sources[i])] == most) {
                    return build(sources[i]);
                }
            }
            throw new AssertionError("no file has " + most + " instructions");
        }
    }
}
