package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Step;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.asm.Disassembler;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.wasm.text.WatException;
import dev.tapedeck.vm.wasm.text.WatModule;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Everything a report shows, as plain data: read from the recording once, then written in several formats. Text stands
 * here as it came; each format makes it harmless in its own way.
 *
 * @param title program and test
 * @param reason why the test failed; empty for a bare bisection
 * @param run the run in question
 * @param reference the run it was compared with, if there is one and it could be read
 * @param bisection against that reference, if there is one
 * @param listing what both executed around the place where they part
 * @param ending how the run in question came to its end
 * @param excerpts source lines (or, without a source, instructions) around the places that matter
 * @param textDiff unified diff of received against approved text, if there is one
 * @param slice how what is wrong with the run came about, where no bisection says it and it is known
 * @param errorOutput the last that the run wrote there, if it wrote anything
 */
public record ReportContent(
        String title,
        String reason,
        Run run,
        Optional<Run> reference,
        Optional<Bisection> bisection,
        Listing listing,
        Ending ending,
        List<Excerpt> excerpts,
        Optional<String> textDiff,
        Optional<Slice> slice,
        Optional<ErrorOutput> errorOutput) {
    /** Instructions listed before a place, at most. */
    public static final int BEFORE_MAX = 16;

    /** Marks of one kind on the timeline, at most. */
    public static final int MARKS_MAX = 200;

    /** Source lines shown on each side of the line that matters. */
    private static final int EXCERPT_LINES = 4;

    /**
     * The run in question.
     *
     * @param path of the recording
     * @param program the program's name
     * @param function that was run
     * @param arguments that were passed to it
     * @param logBytes bytes of the log
     * @param outcome how it ended, in words
     * @param damage why the recording ends before the run did, if it does
     * @param replayedFrom the checkpoint from which the place where the runs part was reached; -1 if there is none
     * @param marks what the timeline shows, by kind and instruction count
     */
    public record Run(
            String path,
            String program,
            String function,
            List<String> arguments,
            long seed,
            long instructions,
            int interrupts,
            int hostCalls,
            int checkpoints,
            long logBytes,
            String outcome,
            Optional<String> damage,
            long replayedFrom,
            List<Mark> marks) {
        /** Reads what is to be shown of a recording. */
        public static Run of(Recording recording) {
            return run(recording);
        }

        Run withReplayedFrom(long checkpoint) {
            return new Run(
                    path,
                    program,
                    function,
                    arguments,
                    seed,
                    instructions,
                    interrupts,
                    hostCalls,
                    checkpoints,
                    logBytes,
                    outcome,
                    damage,
                    checkpoint,
                    marks);
        }

        /** Bits of log per instruction; 0 for a run of no instructions. */
        public double bitsPerInstruction() {
            return instructions == 0 ? 0 : 8.0 * logBytes / instructions;
        }
    }

    /**
     * Something on the timeline: one thing, or as many as lie close together.
     *
     * @param icount of the first
     * @param last instruction count of the last, the same where there is one
     * @param count how many, at least 1
     */
    public record Mark(Kind kind, long icount, long last, int count) {
        /** What it is. */
        public enum Kind {
            CHECKPOINT("checkpoint", "checkpoint"),
            INTERRUPT("interrupt", "interrupt"),
            HOST_CALL("hostCall", "host call");

            private final String key;
            private final String words;

            Kind(String key, String words) {
                this.key = key;
                this.words = words;
            }

            /** The stable name in JSON. */
            public String key() {
                return key;
            }

            /** In a word or two, in the singular. */
            public String words() {
                return words;
            }
        }

        /** {@code 3 interrupts, 1,000 to 1,200}. */
        public String label() {
            return count == 1
                    ? kind.words() + " at " + Words.count(icount)
                    : Words.count(count, kind.words()) + ", " + Words.count(icount) + " to " + Words.count(last);
        }
    }

    /**
     * The end of a run.
     *
     * @param frames call stack, innermost first; empty after a return from the entry
     * @param last the last instructions completed, the last one last
     * @param fault the instruction that faulted
     * @param problem why nothing is known, if so
     */
    public record Ending(List<Frame> frames, List<Step> last, Optional<Executed> fault, Optional<String> problem) {}

    /**
     * Lines around a place.
     *
     * @param label which place this is, such as {@code A and B}
     * @param source the file, or the function where there is no source text
     * @param lines in order
     */
    public record Excerpt(String label, String source, List<Line> lines) {}

    /** A line of an excerpt; {@code number} is a line number, or an offset in a function. */
    public record Line(int number, String text, boolean marked) {}

    public ReportContent {
        excerpts = List.copyOf(excerpts);
    }

    /** Reads what a report shows. What cannot be read is left out and said, never thrown. */
    public static ReportContent of(Report report, SourceText sources) {
        Recording recording = report.recording();
        Program program = recording.program().program();
        Ending ending = ending(recording);
        Run run = run(recording);
        Optional<Run> reference = report.reference().map(ReferenceRun::run);
        Listing listing = Listing.NONE;
        if (report.bisection().map(Bisection::diverged).orElse(false)) {
            Bisection found = report.bisection().get();
            Listing.Stretch stretchA = report.reference()
                    .map(ReferenceRun::stretch)
                    .orElseGet(() -> Listing.Stretch.recorded(found.a(), -1));
            Listing.Stretch stretchB = Listing.Stretch.of(recording, found, found.b());
            listing = Listing.of(stretchA, stretchB);
            reference = reference.map(shown -> shown.withReplayedFrom(stretchA.checkpoint()));
            run = run.withReplayedFrom(stretchB.checkpoint());
        }
        return new ReportContent(
                report.title(),
                report.reason(),
                run,
                reference,
                report.bisection(),
                listing,
                ending,
                excerpts(report.bisection(), ending, program, sources),
                report.textDiff(),
                report.slice(),
                errorOutput(recording));
    }

    private static Optional<ErrorOutput> errorOutput(Recording recording) {
        try {
            return ErrorOutput.of(recording);
        } catch (RecordingException | ReplayException e) {
            // What is wrong with the recording stands elsewhere in the report.
            return Optional.empty();
        }
    }

    private static Run run(Recording recording) {
        Program program = recording.program().program();
        List<Recording.Checkpoint> checkpoints = recording.checkpoints();
        List<Recording.Interrupt> interrupts = recording.interrupts();
        List<Recording.HostCallRecord> hostCalls = recording.hostCalls();
        List<Mark> marks = new ArrayList<>();
        long end = recording.icountEnd();
        marks.addAll(marks(
                Mark.Kind.CHECKPOINT,
                checkpoints.size(),
                i -> checkpoints.get(i).icount(),
                icount -> firstCheckpoint(checkpoints, icount),
                end));
        marks.addAll(marks(
                Mark.Kind.INTERRUPT,
                interrupts.size(),
                i -> interrupts.get(i).icount(),
                recording::firstInterrupt,
                end));
        marks.addAll(marks(
                Mark.Kind.HOST_CALL, hostCalls.size(), i -> hostCalls.get(i).icount(), recording::firstHostCall, end));
        String function = recording.options().function();
        int index = program.findStart(function).orElse(-1);
        return new Run(
                recording.path().toString(),
                program.name(),
                function.isEmpty() && index >= 0 ? program.functionName(index) : function,
                Values.arguments(program, index, recording.options().arguments()),
                recording.options().seed(),
                recording.icountEnd(),
                interrupts.size(),
                hostCalls.size(),
                checkpoints.size(),
                recording.logBytes(),
                recording
                        .outcome()
                        .map(outcome -> Words.outcome(outcome, program, index))
                        .orElse("the recording ends here"),
                recording.damage(),
                -1,
                marks);
    }

    /**
     * At most {@link #MARKS_MAX} marks: one for each thing, or for all that lie in one of as many equal parts of the run. Only
     * the first and the last of each are looked at, because there may be millions.
     *
     * @param firstFrom the index of the first at an instruction count or later
     */
    static List<Mark> marks(
            Mark.Kind kind, int count, IntToLongFunction icountAt, LongToIntFunction firstFrom, long end) {
        List<Mark> marks = new ArrayList<>();
        if (count <= MARKS_MAX) {
            for (int i = 0; i < count; i++) {
                long icount = icountAt.applyAsLong(i);
                marks.add(new Mark(kind, icount, icount, 1));
            }
            return marks;
        }
        int from = 0;
        for (int part = 1; part <= MARKS_MAX; part++) {
            int to = part == MARKS_MAX ? count : firstFrom.applyAsInt(part(end, part));
            if (to > from) {
                marks.add(new Mark(kind, icountAt.applyAsLong(from), icountAt.applyAsLong(to - 1), to - from));
                from = to;
            }
        }
        return marks;
    }

    /** Where a part of the run ends; runs are too long to be multiplied. */
    private static long part(long end, int part) {
        return end / MARKS_MAX * part + end % MARKS_MAX * part / MARKS_MAX;
    }

    private static int firstCheckpoint(List<Recording.Checkpoint> checkpoints, long icount) {
        int index = 0;
        while (index < checkpoints.size() && checkpoints.get(index).icount() < icount) {
            index++;
        }
        return index;
    }

    private static Ending ending(Recording recording) {
        Program program = recording.program().program();
        try {
            long end = recording.icountEnd();
            List<Step> last = new ArrayList<>(Listing.steps(recording, end - BEFORE_MAX, end));
            Replay replay = new Replay(recording);
            replay.seek(end);
            Optional<Executed> fault = recording
                    .outcome()
                    .flatMap(outcome -> outcome.fault())
                    .map(found -> Places.executed(program, found.icount(), found.position()));
            return new Ending(Places.frames(replay.machine(), Words.FRAMES_MAX), last, fault, Optional.empty());
        } catch (RecordingException | ReplayException e) {
            return new Ending(List.of(), List.of(), Optional.empty(), Optional.of(String.valueOf(e.getMessage())));
        }
    }

    private static List<Excerpt> excerpts(
            Optional<Bisection> bisection, Ending ending, Program program, SourceText sources) {
        Map<String, Executed> places = new LinkedHashMap<>();
        bisection.ifPresent(found -> {
            Optional<Executed> a = found.a().at();
            Optional<Executed> b = found.b().at();
            if (a.isPresent() && b.isPresent() && samePlace(a.get(), b.get())) {
                places.put("where the runs part", a.get());
            } else {
                a.ifPresent(place -> places.put("where the runs part, in A", place));
                b.ifPresent(place -> places.put("where the runs part, in B", place));
            }
        });
        ending.fault().ifPresent(place -> {
            if (places.values().stream().noneMatch(other -> samePlace(other, place))) {
                places.put("the fault", place);
            }
        });
        List<Excerpt> excerpts = new ArrayList<>();
        places.forEach((label, place) -> excerpt(label, place, program, sources).ifPresent(excerpts::add));
        return excerpts;
    }

    private static boolean samePlace(Executed a, Executed b) {
        return a.function().equals(b.function())
                && a.offset() == b.offset()
                && a.text().equals(b.text())
                && a.source().equals(b.source())
                && a.line() == b.line();
    }

    private static Optional<Excerpt> excerpt(String label, Executed place, Program program, SourceText sources) {
        for (List<String> lines : sources.candidates(place.source())) {
            if (fits(lines, place)) {
                return Optional.of(new Excerpt(
                        label, place.source(), around(lines.size(), place.line() - 1, 1, i -> lines.get(i))));
            }
        }
        return program.findFunction(place.function())
                .filter(function -> {
                    List<?> code = program.functions().get(function).code();
                    // The other side's program may be another version, whose text is not at hand.
                    return place.offset() < code.size()
                            && Disassembler.instruction(program, new Position(function, place.offset()))
                                    .equals(place.text());
                })
                .map(function -> {
                    Function code = program.functions().get(function);
                    return new Excerpt(
                            label,
                            place.function(),
                            around(
                                    code.code().size(),
                                    place.offset(),
                                    0,
                                    i -> Disassembler.instruction(program, new Position(function, i))));
                });
    }

    /**
     * Whether a text is the source of a place. The file may have changed since, or be another version's: an excerpt that
     * shows the wrong line is worse than none.
     */
    private static boolean fits(List<String> lines, Executed place) {
        if (place.line() < 1 || place.line() > lines.size()) {
            return false;
        }
        try {
            Program assembled = assembled(place.source(), String.join("\n", lines));
            return assembled
                    .findFunction(place.function())
                    .filter(function -> place.offset()
                            < assembled.functions().get(function).code().size())
                    .map(function -> Places.executed(assembled, place.icount(), new Position(function, place.offset())))
                    .filter(place::equals)
                    .isPresent();
        } catch (AssemblyException | WatException e) {
            return false;
        }
    }

    private static Program assembled(String source, String text) throws AssemblyException, WatException {
        return source.endsWith(".wat")
                ? WatModule.read(source, text.getBytes(StandardCharsets.UTF_8)).program("")
                : Assembler.assemble(source, text);
    }

    private interface LineAt {
        String text(int index);
    }

    private static List<Line> around(int count, int index, int numberOfFirst, LineAt text) {
        List<Line> lines = new ArrayList<>();
        for (int i = Math.max(0, index - EXCERPT_LINES); i < Math.min(count, index + EXCERPT_LINES + 1); i++) {
            lines.add(new Line(i + numberOfFirst, text.text(i).replace("\t", "    "), i == index));
        }
        return lines;
    }

    /** Commands that look further: at where the runs part, if they do, else at the end of the run. */
    static List<String> commands(Run run, Optional<Bisection> bisection) {
        String path = Words.shell(Words.path(run.path()));
        if (bisection.isPresent()
                && bisection.get().diverged()
                && bisection.get().kind() != Bisection.Kind.REPLAY) {
            Bisection.Side a = bisection.get().a();
            Bisection.Side b = bisection.get().b();
            return List.of(
                    "tapedeck log " + path + " --from " + Math.max(0, behind(b) - BEFORE_MAX) + " --count "
                            + 2 * BEFORE_MAX,
                    "tapedeck state " + Words.shell(Words.path(a.name())) + " --at " + behind(a),
                    "tapedeck state " + path + " --at " + behind(b),
                    "tapedeck replay " + path);
        }
        return List.of(
                "tapedeck log " + path + " --from " + Math.max(0, run.instructions() - BEFORE_MAX),
                "tapedeck state " + path + " --at " + run.instructions(),
                "tapedeck replay " + path);
    }

    /** Behind the first divergent instruction, where the states differ; where the run has ended, its end. */
    private static long behind(Bisection.Side side) {
        return side.at()
                .map(at -> Math.min(at.icount() + 1, side.instructions()))
                .orElse(side.instructions());
    }

    /** The bisection's first divergent instruction of the side that has one, A first. */
    public static @Nullable Executed place(Bisection bisection) {
        return bisection.a().at().or(() -> bisection.b().at()).orElse(null);
    }
}
