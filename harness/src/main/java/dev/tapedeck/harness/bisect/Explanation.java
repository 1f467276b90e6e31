package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.bisect.Bisection.Consequence;
import dev.tapedeck.harness.bisect.Bisection.Consequences;
import dev.tapedeck.harness.bisect.Bisection.Effect;
import dev.tapedeck.harness.bisect.Bisection.Fate;
import dev.tapedeck.harness.bisect.Bisection.Kind;
import dev.tapedeck.harness.bisect.Bisection.Side;
import dev.tapedeck.harness.bisect.Bisection.StateDifference;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.slice.Slicer;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.StateRange;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Difference;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says what a divergence is: what differs after it, who wrote that, and what led there on both sides. */
final class Explanation {
    /** Rows of {@link Bisection#differences}. */
    private static final int ROWS_MAX = 64;

    /** Single differences that are looked at before they are merged into rows. */
    private static final int DIFFERENCES_MAX = 4096;

    private static final int BEFORE_MAX = 16;

    private final Lane a;
    private final Lane b;
    private final Optional<ProgramAlignment> alignment;

    /** A difference of the states in words, and what to look for to find who wrote it. */
    private record Row(String location, String a, String b, LastWriters.Target ofA, LastWriters.Target ofB) {}

    /**
     * @param alignment of two versions; empty if both runs are of one program
     */
    Explanation(Lane a, Lane b, Optional<ProgramAlignment> alignment) {
        this.a = a;
        this.b = b;
        this.alignment = alignment;
    }

    /** The runs agree. */
    Bisection none(long probes) {
        return new Bisection(
                false, Kind.NONE, agreement(), quiet(a), quiet(b), List.of(), probes, a.executed() + b.executed());
    }

    private String agreement() {
        StringBuilder text = new StringBuilder();
        if (alignment.isPresent()) {
            text.append("the programs differ, but both runs do the same");
        } else {
            text.append("the runs are the same");
        }
        boolean cutA = !a.reachesEnd();
        boolean cutB = !b.reachesEnd();
        boolean limited = alignment.isPresent() && (limited(a) || limited(b));
        if (cutA || cutB || limited) {
            text.append(" as far as both recordings reach");
        }
        if (limited) {
            text.append("; an instruction limit stopped ")
                    .append(limited(a) && limited(b) ? "both" : limited(a) ? "the first" : "the second");
        }
        if (alignment.isEmpty()) {
            text.append(": ")
                    .append(Math.min(a.recording.icountEnd(), b.recording.icountEnd()))
                    .append(" instructions");
        }
        appendCut(text);
        return text.toString();
    }

    private static boolean limited(Lane lane) {
        return lane.recording
                .outcome()
                .map(outcome -> outcome.kind() == Outcome.Kind.LIMIT)
                .orElse(false);
    }

    private void appendCut(StringBuilder text) {
        for (Lane lane : List.of(a, b)) {
            if (!lane.reachesEnd()) {
                text.append("; the ")
                        .append(lane == a ? "first" : "second")
                        .append((lane.recording.outcome().isPresent() ? " run was " : " recording was "))
                        .append(Words.outcome(lane.recording));
            }
        }
    }

    /** One of the recordings does not reproduce itself. */
    Bisection unfaithful(Unfaithful broken, long probes) {
        String which = broken.lane() == a ? "first" : "second";
        Side sideA = broken.lane() == a ? broken(a, broken) : quiet(a);
        Side sideB = broken.lane() == b ? broken(b, broken) : quiet(b);
        return new Bisection(
                true,
                Kind.REPLAY,
                "the " + which + " recording does not replay, so the runs cannot be compared: " + broken.getMessage(),
                sideA,
                sideB,
                List.of(),
                probes,
                a.executed() + b.executed());
    }

    private static Side quiet(Lane lane) {
        return side(lane, Optional.empty(), List.of(), List.of(), Optional.empty());
    }

    private static Side broken(Lane lane, Unfaithful broken) {
        try {
            Lane fresh = new Lane(lane.recording, lane.watcher);
            return look(fresh, broken.icount(), true, Optional.of(String.valueOf(broken.getMessage())));
        } catch (RecordingException | Unfaithful e) {
            // The place itself cannot be reached; its message says all that is known.
            return side(lane, Optional.empty(), List.of(), List.of(), Optional.of(String.valueOf(broken.getMessage())));
        }
    }

    private static Side side(
            Lane lane, Optional<Executed> at, List<Frame> frames, List<Executed> before, Optional<String> event) {
        return new Side(
                lane.recording.path().toString(),
                lane.program.name(),
                lane.recording.icountEnd(),
                at,
                frames,
                before,
                event,
                Words.outcome(lane.recording));
    }

    /** Looks at a run before the instruction at {@code icount}; the replay is left there. */
    private static Side look(Lane lane, long icount, boolean present, Optional<String> event)
            throws RecordingException, Unfaithful {
        List<Executed> before = new ArrayList<>();
        lane.seek(Math.max(0, icount - BEFORE_MAX));
        while (lane.icount() < icount && !lane.over()) {
            Executed executed =
                    Places.executed(lane.program, lane.icount(), lane.machine().position());
            if (!lane.step()) {
                break;
            }
            before.add(executed);
        }
        Optional<Executed> at = present && !lane.over()
                ? Optional.of(Places.executed(
                        lane.program, lane.icount(), lane.machine().position()))
                : Optional.empty();
        return side(lane, at, Places.frames(lane.machine(), Words.FRAMES_MAX), before, event);
    }

    /** The runs part at {@code divergence}. */
    Bisection of(Divergence divergence, long probes) throws RecordingException, Unfaithful {
        Side sideA = look(a, divergence.icountA(), true, event(a, divergence, divergence.icountA()));
        Side sideB = look(b, divergence.icountB(), true, event(b, divergence, divergence.icountB()));
        if (!divergence.before()) {
            if (divergence.presence() != Origin.Presence.B_ONLY) {
                a.step();
            }
            if (divergence.presence() != Origin.Presence.A_ONLY) {
                b.step();
            }
        }
        List<Row> rows = alignment.isEmpty() ? rowsOfOneProgram() : rowsOfVersions(alignment.get());
        long behindA = a.icount();
        long behindB = b.icount();
        List<StateDifference> differences = withWriters(rows);
        if (divergence.seen().isPresent()) {
            VersionWalk.Seen seen = divergence.seen().get();
            boolean itself = seen.icountA() == divergence.icountA() && seen.icountB() == divergence.icountB();
            if (!itself) {
                differences = new ArrayList<>(differences.subList(0, Math.min(differences.size(), ROWS_MAX - 1)));
                differences.add(firstEffect(seen));
            }
        }
        String summary = summary(divergence, sideA, sideB, rows);
        // To tell how it came about is no part of finding it; a slice says itself how far it looked.
        long replayed = a.executed() + b.executed();
        Slices slices = slices(divergence, rows, behindA, behindB);
        return new Bisection(
                true,
                divergence.kind(),
                summary,
                sideA.withSlice(slices.a.filter(slice -> tellsMore(slice, sideA))),
                sideB.withSlice(slices.b.filter(slice -> tellsMore(slice, sideB))),
                differences,
                divergence.followed().map(this::consequences),
                probes,
                replayed);
    }

    // What came from outside.

    private static Optional<String> event(Lane lane, Divergence divergence, long icount) {
        return switch (divergence.kind()) {
            case HOST -> lane.recording.hostCallAt(icount).map(call -> Words.event(lane.program, call));
            case INTERRUPT, MACHINE -> {
                List<String> texts = new ArrayList<>();
                for (Injection injection : lane.recording.options().injections()) {
                    if (injection.icount() == icount && divergence.before()) {
                        texts.add(Words.event(lane.machine(), injection));
                    }
                }
                if (divergence.before()) {
                    for (Interrupt interrupt : Inputs.interrupts(lane.recording, icount, icount + 1)) {
                        texts.add(Words.event(interrupt));
                    }
                }
                yield texts.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", texts));
            }
            case NONE, START, PROGRAM, END, REPLAY -> Optional.empty();
        };
    }

    // What differs.

    private List<Row> rowsOfOneProgram() {
        List<Difference> differences =
                a.machine().snapshot().differences(b.machine().snapshot(), DIFFERENCES_MAX);
        List<Row> rows = new ArrayList<>();
        for (StateRange range : StateRange.of(a.machine(), b.machine(), differences, ROWS_MAX)) {
            LastWriters.Target target = new LastWriters.Target(range.first(), range.length());
            rows.add(new Row(range.what(), range.a(), range.b(), target, target));
        }
        return rows;
    }

    /** Between versions: what belongs together and differs in the innermost frames, the globals, and hp. */
    private List<Row> rowsOfVersions(ProgramAlignment aligned) {
        List<Row> rows = new ArrayList<>();
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        if (machineA.depth() > 0 && machineB.depth() > 0) {
            int frameA = machineA.depth() - 1;
            int frameB = machineB.depth() - 1;
            int functionA = machineA.framePosition(frameA).function();
            if (aligned.functionToB(functionA) == machineB.framePosition(frameB).function()) {
                localRows(aligned, rows, frameA, frameB);
                int count = Math.min(machineA.operandCount(frameA), machineB.operandCount(frameB));
                if (machineA.operandCount(frameA) == machineB.operandCount(frameB)) {
                    for (int i = 0; i < count; i++) {
                        add(aligned, rows, new Location.Operand(frameA, i), new Location.Operand(frameB, i));
                    }
                }
            }
        }
        for (int i = 0; i < a.program.globals().size(); i++) {
            if (aligned.globalToB(i) >= 0) {
                add(aligned, rows, new Location.GlobalVariable(i), new Location.GlobalVariable(aligned.globalToB(i)));
            }
        }
        add(aligned, rows, new Location.Register("hp"), new Location.Register("hp"));
        return rows;
    }

    private void localRows(ProgramAlignment aligned, List<Row> rows, int frameA, int frameB) {
        int function = a.machine().framePosition(frameA).function();
        for (int i = 0; i < dev.tapedeck.harness.effect.Effect.locals(a.machine(), frameA); i++) {
            int j = aligned.localToB(function, i);
            if (j >= 0) {
                add(aligned, rows, new Location.Local(frameA, i), new Location.Local(frameB, j));
            }
        }
    }

    private void add(ProgramAlignment aligned, List<Row> rows, Location ofA, Location ofB) {
        long valueA = a.machine().get(ofA);
        long valueB = b.machine().get(ofB);
        if (!aligned.sameValue(valueA, valueB) && rows.size() < ROWS_MAX) {
            rows.add(new Row(
                    Places.location(a.machine(), ofA),
                    Values.value(a.machine(), ofA, valueA),
                    Values.value(b.machine(), ofB, valueB),
                    new LastWriters.Target(ofA, 1),
                    new LastWriters.Target(ofB, 1)));
        }
    }

    private List<StateDifference> withWriters(List<Row> rows) throws RecordingException, Unfaithful {
        if (rows.isEmpty()) {
            return List.of();
        }
        Map<LastWriters.Target, Executed> ofA =
                LastWriters.search(a, rows.stream().map(Row::ofA).toList());
        Map<LastWriters.Target, Executed> ofB =
                LastWriters.search(b, rows.stream().map(Row::ofB).toList());
        List<StateDifference> result = new ArrayList<>();
        for (Row row : rows) {
            result.add(new StateDifference(
                    row.location(),
                    row.a(),
                    row.b(),
                    Optional.ofNullable(ofA.get(row.ofA())),
                    Optional.ofNullable(ofB.get(row.ofB()))));
        }
        return result;
    }

    // How it came about.

    private record Slices(Optional<Slice> a, Optional<Slice> b) {}

    /**
     * How the first effect came about, in what differs of it; or, where that is the divergence itself, how the first place
     * that differs got its value.
     */
    private Slices slices(Divergence divergence, List<Row> rows, long behindA, long behindB)
            throws RecordingException, Unfaithful {
        if (divergence.seen().isPresent()) {
            VersionWalk.Seen seen = divergence.seen().get();
            a.seek(seen.icountA());
            b.seek(seen.icountB());
            int operand = Slicer.differingOperand(a.machine(), b.machine());
            if (operand >= 0) {
                return new Slices(
                        a.slice(divergence.icountA(), slicer -> slicer.operand(seen.icountA(), operand)),
                        b.slice(divergence.icountB(), slicer -> slicer.operand(seen.icountB(), operand)));
            }
        }
        Optional<Row> first = rows.stream()
                .filter(row -> !(row.ofA().location() instanceof Location.Register)
                        && !(row.ofA().location() instanceof Location.FramePosition))
                .findFirst();
        if (first.isEmpty()) {
            return new Slices(Optional.empty(), Optional.empty());
        }
        LastWriters.Target ofA = first.get().ofA();
        LastWriters.Target ofB = first.get().ofB();
        return new Slices(
                a.slice(divergence.icountA(), slicer -> slicer.value(behindA, ofA.location(), (int) ofA.length())),
                b.slice(divergence.icountB(), slicer -> slicer.value(behindB, ofB.location(), (int) ofB.length())));
    }

    /** Whether a slice says anything that the place of the divergence does not. */
    private static boolean tellsMore(Slice slice, Side side) {
        return slice.steps().stream()
                .anyMatch(step ->
                        side.at().map(at -> at.icount() != step.at().icount()).orElse(true));
    }

    /** The behaviour that shows the divergence, as a row of its own. */
    private StateDifference firstEffect(VersionWalk.Seen seen) throws RecordingException, Unfaithful {
        return new StateDifference(
                "first effect",
                seen.behaviourA().words(a.program),
                seen.behaviourB().words(b.program),
                executedAt(a, seen.icountA()),
                executedAt(b, seen.icountB()));
    }

    private static Optional<Executed> executedAt(Lane lane, long icount) throws RecordingException, Unfaithful {
        lane.seek(icount);
        return lane.machine().status() == Status.RUNNING || lane.machine().status() == Status.FAULTED
                ? Optional.of(Places.executed(
                        lane.program, lane.icount(), lane.machine().position()))
                : Optional.empty();
    }

    // What became of it.

    private Consequences consequences(CourseWalk.Followed followed) {
        List<Consequence> list =
                followed.courses().stream().map(this::consequence).toList();
        return new Consequences(
                list, followed.unlisted(), followed.toA(), followed.toB(), followed.stop() == CourseWalk.Stop.END);
    }

    private Consequence consequence(DifferenceCourse course) {
        Origin origin = course.origin();
        Position position = origin.cause().position();
        Optional<Executed> ofA = Optional.empty();
        Optional<Executed> ofB = Optional.empty();
        if (origin.presence() == Origin.Presence.B_ONLY) {
            ofB = Optional.of(Places.executed(b.program, origin.icountB(), position));
        } else {
            ofA = Optional.of(Places.executed(a.program, origin.icountA(), position));
            if (origin.presence() == Origin.Presence.BOTH) {
                ofB = alignment
                        .orElseThrow()
                        .positionToB(position)
                        .map(other -> Places.executed(b.program, origin.icountB(), other));
            }
        }
        Fate fate = course.outside().isPresent()
                ? Bisection.Fate.OUTPUT
                : course.open() ? Bisection.Fate.STAYS : Bisection.Fate.DIES_OUT;
        return new Consequence(
                origin.kind(),
                ofA,
                ofB,
                effect(course.first()),
                course.effects(),
                List.copyOf(course.stretches()),
                course.stretchCount(),
                fate,
                course.outside().map(this::effect));
    }

    private Effect effect(VersionWalk.Seen seen) {
        return new Effect(seen.icountA(), seen.icountB(), Words.withoutHashes(words(seen)));
    }

    /** What the first run does and what the second does in its place. */
    private String words(VersionWalk.Seen seen) {
        String first = seen.behaviourA().words(a.program);
        String second = seen.behaviourB().words(b.program);
        if (!seen.detail().isEmpty() && first.equals(second)) {
            return "each run " + first + ", " + seen.detail();
        }
        return "the first run " + first + " where the second " + second
                + (seen.detail().isEmpty() ? "" : ", " + seen.detail());
    }

    // One sentence.

    private String summary(Divergence divergence, Side sideA, Side sideB, List<Row> rows) {
        StringBuilder text = new StringBuilder();
        String where = sideA.at().or(sideB::at).map(Executed::place).orElse("the end");
        String instruction = sideA.at().or(sideB::at).map(Executed::text).orElse("");
        String eventA = sideA.event().orElse("nothing");
        String eventB = sideB.event().orElse("nothing");
        switch (divergence.kind()) {
            case START ->
                text.append("the runs start differently: ")
                        .append(start(a))
                        .append(" and ")
                        .append(start(b));
            case HOST ->
                text.append(hostCalls(divergence, eventA, eventB))
                        .append("; at ")
                        .append(instruction)
                        .append(" in ")
                        .append(where);
            case INTERRUPT ->
                text.append("before ")
                        .append(instruction)
                        .append(" in ")
                        .append(where)
                        .append(" came: in the first run ")
                        .append(eventA)
                        .append("; in the second ")
                        .append(eventB);
            case MACHINE -> {
                if (divergence.before()) {
                    text.append("the state was changed before ")
                            .append(instruction)
                            .append(" in ")
                            .append(where)
                            .append(": in the first run ")
                            .append(eventA)
                            .append("; in the second ")
                            .append(eventB);
                } else {
                    text.append(firstRow(rows))
                            .append(" after ")
                            .append(instruction)
                            .append(" in ")
                            .append(where);
                }
            }
            case PROGRAM -> program(text, divergence, sideA, sideB, rows);
            case END -> {
                boolean first = a.recording.icountEnd() < b.recording.icountEnd();
                if (divergence.seen().isPresent()) {
                    first = divergence.seen().get().behaviourA().kind().ends();
                }
                text.append("the ")
                        .append(first ? "first" : "second")
                        .append(" run was ")
                        .append(Words.outcome((first ? a : b).recording))
                        .append("; the other goes on with ")
                        .append((first ? sideB : sideA).at().map(Executed::text).orElse("nothing"))
                        .append(" in ")
                        .append((first ? sideB : sideA)
                                .at()
                                .map(Executed::place)
                                .orElse("the end"));
            }
            case NONE, REPLAY -> throw new AssertionError(divergence.kind());
        }
        if (divergence.kind() == Kind.HOST && alignment.isPresent() && eventA.startsWith("tape.clock")) {
            text.append(" (the virtual clock counts instructions, and the versions have executed different numbers)");
        }
        if (!divergence.remark().isEmpty()) {
            text.append(" (").append(divergence.remark()).append(")");
        }
        if (divergence.followed().map(CourseWalk.Followed::staysInside).orElse(false)) {
            text.append("; nothing of it reaches the output");
        }
        appendCut(text);
        return Words.withoutHashes(text.toString());
    }

    /** What the host did on both sides, without what it did alike where that is much. */
    private String hostCalls(Divergence divergence, String eventA, String eventB) {
        Optional<HostCallRecord> ofA = a.recording.hostCallAt(divergence.icountA());
        Optional<HostCallRecord> ofB = b.recording.hostCallAt(divergence.icountB());
        return ofA.isPresent() && ofB.isPresent() && alignment.isEmpty()
                ? Words.events(a.program, ofA.get(), ofB.get())
                : eventA + " in the first run; in the second " + eventB;
    }

    /** The function a run starts in, with its type where the arguments are none of the difference. */
    private String start(Lane lane) {
        Program program = lane.program;
        String name = lane.recording.options().function();
        int function = program.findStart(name).orElse(-1);
        List<Long> arguments = lane.recording.options().arguments();
        if (function < 0) {
            return name + "(" + Values.list(List.of(), arguments) + ")";
        }
        Program.FunctionType type = program.typeOf(program.functions().get(function));
        boolean sameArguments =
                a.recording.options().arguments().equals(b.recording.options().arguments());
        return program.functionName(function) + "(" + Values.list(type.parameters(), arguments) + ")"
                + (sameArguments ? " of type " + type : "");
    }

    private static String firstRow(List<Row> rows) {
        Row best = rows.stream()
                .filter(row -> !(row.ofA().location() instanceof Location.Register))
                .findFirst()
                .or(() -> rows.stream().findFirst())
                .orElse(null);
        return best == null
                ? "the runs differ"
                : best.location() + " is " + best.a() + " in the first run and " + best.b() + " in the second";
    }

    private void program(StringBuilder text, Divergence divergence, Side sideA, Side sideB, List<Row> rows) {
        @Nullable Executed atA = sideA.at().orElse(null);
        @Nullable Executed atB = sideB.at().orElse(null);
        switch (divergence.presence()) {
            case A_ONLY ->
                text.append(atA == null ? "" : atA.text() + " in " + atA.place())
                        .append(" is only in the first program");
            case B_ONLY ->
                text.append(atB == null ? "" : atB.text() + " in " + atB.place())
                        .append(" is only in the second program");
            case BOTH -> {
                if (atA != null && atB != null && atA.text().equals(atB.text())) {
                    text.append(firstRow(rows))
                            .append(" after ")
                            .append(atA.text())
                            .append(" in ")
                            .append(atA.place());
                } else {
                    text.append(atA == null ? "the end" : atA.text() + " in " + atA.place())
                            .append(" became ")
                            .append(atB == null ? "the end" : atB.text() + " in " + atB.place());
                }
            }
        }
        divergence.seen().ifPresent(seen -> text.append("; so ").append(words(seen)));
    }
}
