package dev.tapedeck.harness.slice;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.effect.Gathered;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.slice.Branches.Anchor;
import dev.tapedeck.harness.slice.Branches.Leading;
import dev.tapedeck.harness.slice.Branches.Loop;
import dev.tapedeck.harness.slice.Branches.Passed;
import dev.tapedeck.harness.slice.Cause.Kind;
import dev.tapedeck.harness.slice.Cause.Role;
import dev.tapedeck.harness.slice.Dependences.Budget;
import dev.tapedeck.harness.slice.Dependences.Copy;
import dev.tapedeck.harness.slice.Dependences.Node;
import dev.tapedeck.harness.slice.Dependences.Space;
import dev.tapedeck.harness.slice.Dependences.Spot;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Says how a value in a recorded run came about: which instructions produced it, from which inputs. See docs/bisection.md
 * for the method, what it follows and where it stops.
 */
public final class Slicer {
    /** Instructions looked at where a slice is one part of a report. */
    public static final long REPORT_INSTRUCTIONS = 1L << 18;

    /** Instructions looked at where a slice is all that is asked for. */
    public static final long INSTRUCTIONS_DEFAULT = 1L << 22;

    /** Bytes of memory that a slice can begin at. */
    public static final int BYTES_MAX = 4096;

    /** What it is tried to explain by the branch that led there, if nothing else explains the value. */
    private static final int ANCHORS_MAX = 3;

    /** Those are chosen from so many. */
    private static final int ANCHORS_LOOKED_AT_MAX = 64;

    /** Branches shown that could have left a loop. */
    private static final int LOOP_EXITS_MAX = 3;

    /** The same where it is known which step explains it. */
    private static final int PINNED_ANCHORS_MAX = 16;

    /** Where a slice is to begin: one of the methods below, with what it is asked. */
    public interface Question {
        /** Nothing in particular. */
        Question NONE = slicer -> Optional.empty();

        Optional<Slice> ask(Slicer slicer) throws RecordingException, ReplayException;
    }

    private final Replay replay;
    private final Recording recording;
    private final Program program;
    private final long instructions;
    private final long pinned;
    private final Branches branches;
    private final Shortening shortening;

    /**
     * @param replay is moved about, and stands anywhere afterwards
     * @param instructions how many of them one slice looks at, at most
     */
    public Slicer(Replay replay, long instructions) {
        this(replay, instructions, -1);
    }

    /**
     * The same, with a step that is shown however long a slice is, if it is part of it.
     *
     * @param pinned the instruction count of that step
     */
    public Slicer(Replay replay, long instructions, long pinned) {
        this.pinned = pinned;
        this.replay = replay;
        this.recording = replay.recording();
        this.program = recording.program().program();
        this.instructions = instructions;
        branches = new Branches(replay);
        shortening = new Shortening(recording, pinned);
    }

    /**
     * How the value at a place came about.
     *
     * @param icount the value is the one before the instruction at this count
     * @param location which place
     * @param length of memory and heap sections, how many bytes from there on, up to {@link #BYTES_MAX}; else 1
     * @return empty if the place is one that no instruction calculates, such as a position
     * @throws IndexOutOfBoundsException if there is no such place
     */
    public Optional<Slice> value(long icount, Location location, int length)
            throws RecordingException, ReplayException {
        replay.seek(icount);
        Machine machine = replay.machine();
        List<Spot> keys = Dependences.keys(machine, location, Math.min(length, BYTES_MAX));
        return keys.isEmpty()
                ? Optional.empty()
                : Optional.of(slice(icount, described(machine, location, length), keys));
    }

    private static String described(Machine machine, Location location, int length) {
        if (length > 1 && location instanceof Location.MemoryByte at) {
            return Places.location(machine, location) + ".." + Values.address(at.address() + length - 1) + " is "
                    + Values.bytes(machine.readMemory(at.memory(), at.address(), length));
        }
        if (length > 1 && location instanceof Location.SectionByte at) {
            return Places.location(machine, location) + ".." + Values.address(at.index() + length - 1L) + " is "
                    + Values.bytes(machine.readSection(at.section(), at.index(), length));
        }
        long value = location instanceof Location.Operand operand && operand.frame() >= machine.depth()
                ? machine.results().get(operand.index())
                : machine.get(location);
        boolean oneByte = location instanceof Location.MemoryByte || location instanceof Location.SectionByte;
        return Places.location(machine, location) + " is "
                + (oneByte ? Values.unsignedByte(value) : Values.value(machine, location, value));
    }

    /**
     * How an operand of the next instruction came about.
     *
     * @param icount of the instruction
     * @param fromTop which of its operands: 0 is the top of the stack
     * @return empty if there is no such operand
     */
    public Optional<Slice> operand(long icount, int fromTop) throws RecordingException, ReplayException {
        replay.seek(icount);
        Machine machine = replay.machine();
        if (machine.depth() == 0 || machine.status() == Status.IDLE) {
            return Optional.empty();
        }
        int frame = machine.depth() - 1;
        int index = machine.operandCount(frame) - 1 - fromTop;
        if (index < 0) {
            return Optional.empty();
        }
        List<Spot> keys = Dependences.keys(machine, new Location.Operand(frame, index), 1);
        return Optional.of(slice(icount, operandWords(machine, frame, index, fromTop), keys));
    }

    /**
     * How what the next instruction reads on top of the stack came about.
     *
     * @return empty if it reads nothing there
     */
    public Optional<Slice> read(long icount) throws RecordingException, ReplayException {
        replay.seek(icount);
        if (replay.machine().status() != Status.RUNNING) {
            return Optional.empty();
        }
        Effect effect = new Effect(program);
        effect.read(replay.machine());
        return effect.pops == 0 ? Optional.empty() : operand(icount, 0);
    }

    private String operandWords(Machine machine, int frame, int index, int fromTop) {
        Effect effect = new Effect(program);
        effect.read(machine);
        List<ValueType> types = operandTypes(effect);
        int operand = effect.pops - 1 - fromTop;
        long cell = machine.operand(frame, index);
        String value =
                operand >= 0 && operand < types.size() ? Values.cell(types.get(operand), cell) : Long.toString(cell);
        return (effect.pops == 1 ? "the operand" : Places.operand(fromTop)) + " of "
                + Places.executed(program, machine.icount(), machine.position()).text() + " in "
                + Places.place(program, machine.position()) + " is " + value;
    }

    /** The types of what an instruction pops, the deepest first; empty if they are not known. */
    private List<ValueType> operandTypes(Effect effect) {
        return switch (effect.opcode) {
            case CALL_HOST ->
                program.typeOf(program.imports().get((int) effect.instruction.a()))
                        .parameters();
            case GLOBAL_SET ->
                List.of(program.globals().get((int) effect.instruction.a()).type());
            case RETURN ->
                program.typeOf(program.functions().get(effect.function)).results();
            case HALT -> List.of(ValueType.I32);
            default -> Dependences.operandTypes(effect.opcode);
        };
    }

    /**
     * How the run came to the instruction at an instruction count: which branch led there.
     *
     * @return empty if none did
     */
    public Optional<Slice> way(long icount) throws RecordingException, ReplayException {
        replay.seek(icount);
        Machine machine = replay.machine();
        if (machine.depth() == 0) {
            return Optional.empty();
        }
        Position position = machine.position();
        String what = Places.executed(program, icount, position).text() + " in " + Places.place(program, position)
                + " was reached";
        Budget budget = new Budget(instructions);
        Further further = decided(
                new Anchor(icount, position.function(), position.offset(), machine.depth()), budget, Slice.STEPS_MAX);
        return further == null
                ? Optional.empty()
                : Optional.of(told(what, icount, further.steps, further.complete, budget));
    }

    /**
     * How the end of the run came about: its exit code, what made its last instruction fault, or the loop that it was still in
     * when it reached its instruction limit.
     *
     * @return empty if there is nothing to explain, or it is not known
     */
    public Optional<Slice> ending() throws RecordingException, ReplayException {
        Optional<Outcome> outcome = recording.outcome();
        if (outcome.isEmpty()) {
            return Optional.empty();
        }
        long end = recording.icountEnd();
        return switch (outcome.get().kind()) {
            case FAULTED -> {
                FaultKind kind = outcome.get().fault().orElseThrow().kind();
                yield fault(end, kind);
            }
            case HALTED -> end == 0 ? Optional.empty() : exitCode(end - 1);
            case LIMIT, STOPPED -> unfinished();
            case RETURNED -> Optional.empty();
        };
    }

    /** The operand of what stops the run; a host function of one's own may take its exit code from any argument. */
    private Optional<Slice> exitCode(long icount) throws RecordingException, ReplayException {
        Optional<HostCallRecord> call = recording.hostCallAt(icount);
        return call.isPresent() && call.get().arguments().size() != 1 ? arguments(icount) : operand(icount, 0);
    }

    /**
     * Why the run ended where it did, and not elsewhere or in another way: the last branch that led to its last instruction.
     *
     * @return empty if none did
     */
    public Optional<Slice> end() throws RecordingException, ReplayException {
        boolean faulted = recording
                .outcome()
                .map(outcome -> outcome.kind() == Outcome.Kind.FAULTED)
                .orElse(false);
        long end = recording.icountEnd();
        return end == 0 ? Optional.empty() : way(faulted ? end : end - 1);
    }

    /**
     * Why the run is not over at its end: the outermost loop that it was in, and the branches that could have left it.
     *
     * @return empty if nothing decides about the instruction there
     */
    public Optional<Slice> unfinished() throws RecordingException, ReplayException {
        long end = recording.icountEnd();
        Budget budget = new Budget(instructions);
        Optional<Loop> found = branches.loop(end, budget);
        if (found.isEmpty()) {
            return end == 0 ? Optional.empty() : way(end);
        }
        Loop loop = found.get();
        List<Cause> steps = new ArrayList<>();
        boolean complete = true;
        if (loop.exits().isEmpty()) {
            steps.add(shortening.choice(loop.back(), Kind.BRANCH, Role.CONDITION));
        }
        int left = Math.min(LOOP_EXITS_MAX, loop.exits().size());
        for (TracedInstruction exit : loop.exits().subList(0, left)) {
            int most = (Slice.STEPS_MAX - steps.size()) / left--;
            Further further = condition(exit, budget, most);
            steps.addAll(further.steps);
            complete &= further.complete;
        }
        String from = Places.place(program, loop.header());
        return Optional.of(told(
                "the loop from " + from + " to " + Places.place(program, loop.end()) + " was not over: it began again "
                        + Words.count(loop.rounds(), "time") + " in the last "
                        + Words.count(loop.looked(), "instruction")
                        + (loop.exits().isEmpty() ? ", and nothing in it leads out" : ""),
                end,
                steps,
                complete,
                budget));
    }

    /**
     * Why a run wrote nothing more: the first branch behind its last output that went past a call which certainly writes.
     *
     * @param icount of the host call that wrote last; -1 if none did
     */
    public Optional<Slice> silence(long icount) throws RecordingException, ReplayException {
        return missing(
                icount, writers(), "nothing was written", "the last output came from ", "what would have written more");
    }

    /**
     * Why a run did not call a host function once more, as {@link #silence}.
     *
     * @param hostImport index of the host function
     */
    public Optional<Slice> notCalled(int hostImport) throws RecordingException, ReplayException {
        long last = -1;
        for (HostCallRecord call : recording.hostCalls()) {
            if (call.hostImport() == hostImport) {
                last = call.icount();
            }
        }
        String name = program.imports().get(hostImport).qualifiedName();
        return missing(
                last,
                Set.of(hostImport),
                name + " was not called",
                "the last call was ",
                "what would have called it" + (last < 0 ? "" : " again"));
    }

    private Optional<Slice> missing(long icount, Set<Integer> wanted, String none, String last, String more)
            throws RecordingException, ReplayException {
        Budget budget = new Budget(instructions);
        Passed passed = branches.past(icount + 1, recording.icountEnd(), wanted, budget);
        String what = none;
        if (icount >= 0) {
            replay.seek(icount);
            Position position = replay.machine().position();
            what = last + Places.executed(program, icount, position).text() + " in " + Places.place(program, position);
        }
        if (passed.first().isEmpty()) {
            Optional<Slice> end = end();
            return Optional.of(told(
                    what + (passed.all() ? ", and no branch" : ", and no branch close") + " behind it went past "
                            + more,
                    Math.max(0, icount),
                    end.map(Slice::steps).orElse(List.of()),
                    passed.all() && end.map(Slice::complete).orElse(true),
                    budget));
        }
        TracedInstruction branch = passed.first().get();
        Further further = condition(branch, budget, Slice.STEPS_MAX);
        return Optional.of(told(
                what + "; the branch below went past " + more
                        + (passed.others() == 0
                                ? ""
                                : ", and " + Words.count(passed.others(), "other") + " behind it as well"),
                branch.icount,
                further.steps,
                further.complete,
                budget));
    }

    /** The host functions that write output; in a program with none that is known to, all that it has. */
    private Set<Integer> writers() {
        Set<Integer> known = new LinkedHashSet<>();
        Set<Integer> all = new LinkedHashSet<>();
        for (int i = 0; i < program.imports().size(); i++) {
            all.add(i);
            switch (program.imports().get(i).qualifiedName()) {
                case "tape.output", "tape.print_char", "tape.print_i32", "tape.print_i64", "tape.print_f64" ->
                    known.add(i);
                case "tape.print_fixed", Gathered.FD_WRITE, Gathered.FD_PWRITE -> known.add(i);
                default -> {}
            }
        }
        return known.isEmpty() ? all : known;
    }

    private Optional<Slice> fault(long icount, FaultKind kind) throws RecordingException, ReplayException {
        replay.seek(icount);
        Machine machine = replay.machine();
        if (machine.status() != Status.RUNNING) {
            return Optional.empty();
        }
        Opcode opcode = machine.instruction().opcode();
        int pops = opcode.effect().map(effect -> effect.pops().size()).orElse(0);
        return switch (kind) {
            case DIVISION_BY_ZERO, UNDEFINED_ELEMENT, UNINITIALIZED_ELEMENT, TYPE_MISMATCH -> operand(icount, 0);
            case INVALID_CONVERSION -> operand(icount, 0);
            case OUT_OF_BOUNDS -> {
                // The address of a load or a store; of what copies, the length is as suspicious as the addresses.
                boolean one = opcode.access().isPresent();
                yield operand(icount, one ? pops - 1 : 0);
            }
            case TABLE_OUT_OF_BOUNDS -> operand(icount, opcode == Opcode.TABLE_SET ? 1 : 0);
            case INVALID_SECTION, SECTION_OUT_OF_BOUNDS ->
                operand(icount, opcode.access().isPresent() && pops > 1 ? pops - (sectionItself(kind) ? 1 : 2) : 0);
            case INTEGER_OVERFLOW -> operand(icount, Math.max(0, pops - 1));
            case INVALID_SIGNAL -> operand(icount, opcode == Opcode.INTERRUPT_RAISE ? 1 : 0);
            case UNREACHABLE, STACK_OVERFLOW, MEMORY_OVERFLOW, INTERRUPT_OVERFLOW, INVALID_RETURN -> way(icount);
            case HOST_ERROR -> arguments(icount);
        };
    }

    private static boolean sectionItself(FaultKind kind) {
        return kind == FaultKind.INVALID_SECTION;
    }

    /**
     * How a result of the run came about.
     *
     * @param index which of them
     */
    public Optional<Slice> result(int index) throws RecordingException, ReplayException {
        Optional<Outcome> outcome = recording.outcome();
        if (outcome.isEmpty()
                || outcome.get().kind() != Outcome.Kind.RETURNED
                || index >= outcome.get().results().size()) {
            return Optional.empty();
        }
        return value(recording.icountEnd(), new Location.Operand(0, index), 1);
    }

    /**
     * How a byte that a host call wrote out came about.
     *
     * @param icount of the call
     * @param offset of the byte in what the call wrote
     * @return empty if it is not known from where the host function took it
     */
    public Optional<Slice> output(long icount, long offset) throws RecordingException, ReplayException {
        Optional<HostCallRecord> found = recording.hostCallAt(icount);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        HostCallRecord call = found.get();
        Program.HostImport called = program.imports().get(call.hostImport());
        List<Long> arguments = call.arguments();
        return switch (called.qualifiedName()) {
            case "tape.output" -> byteAt(icount, arguments.get(0) + offset);
            case "tape.print_char", "tape.print_i32", "tape.print_i64", "tape.print_f64" -> operand(icount, 0);
            case "tape.print_fixed" -> operand(icount, 1);
            case Gathered.FD_WRITE, Gathered.FD_PWRITE -> {
                OptionalLong address = gathered(icount, arguments.get(1), arguments.get(2), offset);
                yield address.isPresent() ? byteAt(icount, address.getAsLong()) : Optional.empty();
            }
            default -> arguments(icount);
        };
    }

    /**
     * How what a host function is given came about: all of its arguments, where nobody knows which of them counts. Where it
     * has none, how the run came to call it.
     *
     * @param icount of the call
     */
    public Optional<Slice> arguments(long icount) throws RecordingException, ReplayException {
        replay.seek(icount);
        Machine machine = replay.machine();
        if (machine.status() != Status.RUNNING) {
            return Optional.empty();
        }
        Effect effect = new Effect(program);
        effect.read(machine);
        if (effect.opcode != Opcode.CALL_HOST) {
            return Optional.empty();
        }
        if (effect.pops == 0) {
            return way(icount);
        }
        if (effect.pops == 1) {
            return operand(icount, 0);
        }
        List<Spot> keys = new ArrayList<>();
        List<Long> cells = new ArrayList<>();
        for (int cell = effect.sp - effect.pops; cell < effect.sp; cell++) {
            keys.add(new Spot(Space.CELL, cell));
            cells.add(Effect.cell(machine, cell));
        }
        Position position = machine.position();
        String what = "the arguments of "
                + Places.executed(program, icount, position).text() + " in " + Places.place(program, position) + " are "
                + Values.list(operandTypes(effect), cells);
        return Optional.of(slice(icount, what, keys));
    }

    /** The address of a byte that is written from several places of memory, as iovecs say. */
    private OptionalLong gathered(long icount, long vectors, long count, long offset)
            throws RecordingException, ReplayException {
        replay.seek(icount);
        long left = offset;
        for (Gathered piece : Gathered.pieces(replay.machine(), vectors, count).orElse(List.of())) {
            if (left < piece.length()) {
                return OptionalLong.of(piece.address() + left);
            }
            left -= piece.length();
        }
        return OptionalLong.empty();
    }

    private Optional<Slice> byteAt(long icount, long address) throws RecordingException, ReplayException {
        return value(icount, new Location.MemoryByte(address & 0xffff_ffffL), 1);
    }

    // One slice.

    private Slice slice(long icount, String what, List<Spot> keys) throws RecordingException, ReplayException {
        Budget budget = new Budget(instructions);
        Dependences values = dependences(icount, keys, budget);
        List<Cause> steps = new ArrayList<>(shortening.steps(values, Role.VALUE, Slice.STEPS_MAX));
        boolean complete = values.complete();
        // Whoever pins a step knows it for the cause; if the value is not made of it, it may have decided about it.
        boolean pinnedIsElsewhere = pinned >= 0 && !values.has(pinned) && values.complete();
        if (pinnedIsElsewhere || !values.explained()) {
            Further further = further(values, budget, Math.max(3, Slice.STEPS_MAX - steps.size()));
            if (further != null && (further.hasPinned || !values.explained())) {
                int room = Slice.STEPS_MAX - further.steps.size();
                if (steps.size() > room) {
                    steps = new ArrayList<>(shortening.steps(values, Role.VALUE, room));
                }
                for (Cause step : further.steps) {
                    // What made the value may have decided about it too, as the counter of a loop does.
                    if (steps.stream().noneMatch(other -> other.at().equals(step.at()))) {
                        steps.add(step);
                    }
                }
                complete = further.complete;
            }
        }
        return told(what, icount, steps, complete, budget);
    }

    private Slice told(String what, long icount, List<Cause> steps, boolean complete, Budget budget)
            throws RecordingException, ReplayException {
        return new Slice(what, icount, new Callers(replay).added(steps), complete, instructions - budget.left());
    }

    private Dependences dependences(long icount, List<Spot> keys, Budget budget)
            throws RecordingException, ReplayException {
        Dependences found = new Dependences(replay, budget);
        keys.forEach(found::want);
        found.walk(icount);
        return found;
    }

    /** What explains a value that is made of nothing but what stands in the program. */
    private record Further(List<Cause> steps, boolean complete, boolean explained, boolean hasPinned) {
        /** Whether there is no need to look for another. */
        boolean settles(long pinned) {
            return pinned >= 0 ? hasPinned : explained;
        }
    }

    private @Nullable Further further(Dependences values, Budget budget, int most)
            throws RecordingException, ReplayException {
        Further best = null;
        // How a library took the program's own value to pieces, such as the digits of a number, decides nothing about
        // it.
        boolean ownOnly = pinned < 0 && values.nodes().stream().anyMatch(shortening::own);
        Copy choice = choice(values);
        if (choice != null && (!ownOnly || shortening.own(choice.function(), choice.offset()))) {
            best = chosen(choice, budget, most);
            if (best != null && best.settles(pinned)) {
                return best;
            }
        }
        for (Anchor anchor :
                anchors(values, anchor -> !ownOnly || shortening.own(anchor.function(), anchor.offset()))) {
            Further further = decided(anchor, budget, most);
            if (further != null && further.settles(pinned)) {
                return further;
            }
            best = best == null || (further != null && further.explained && !best.explained) ? further : best;
        }
        return best;
    }

    /** The load or {@code select}, next to the value, that took it from where the program itself had put it. */
    private static @Nullable Copy choice(Dependences values) {
        List<Node> nodes = new ArrayList<>(List.of(values.root));
        nodes.addAll(values.nodes());
        for (Node node : nodes) {
            for (Map<Node, Optional<Copy>> sources : node.sources) {
                for (Map.Entry<Node, Optional<Copy>> source : sources.entrySet()) {
                    Copy last = lastChoice(source.getKey(), source.getValue().orElse(null));
                    if (last != null) {
                        return last;
                    }
                }
            }
        }
        return null;
    }

    private static @Nullable Copy lastChoice(Node source, @Nullable Copy first) {
        boolean fixed = source.kind == Kind.DATA || source.kind == Kind.INITIAL;
        Copy last = null;
        for (Copy copy = first; copy != null; copy = copy.next()) {
            if (copy.chooser() >= 0 && (fixed || copy.opcode() == Opcode.SELECT)) {
                last = copy;
            }
        }
        return last;
    }

    private @Nullable Further chosen(Copy choice, Budget budget, int most) throws RecordingException, ReplayException {
        Role role = choice.opcode() == Opcode.SELECT ? Role.CONDITION : Role.ADDRESS;
        List<TracedInstruction> at = TracedInstruction.stretch(replay, choice.icount(), choice.icount() + 1);
        if (at.isEmpty()) {
            return null;
        }
        Dependences why = dependences(choice.icount(), List.of(new Spot(Space.CELL, choice.chooser())), budget);
        List<Cause> steps = new ArrayList<>();
        steps.add(shortening.choice(at.get(0), Kind.CHOICE, role));
        steps.addAll(shortening.steps(why, role, most - 1));
        return new Further(steps, why.complete(), why.explained(), why.has(pinned));
    }

    /**
     * Where a branch may have decided about the value: where it was put, the last first, and where it was made. First those
     * that a branch of their own function decides about: code that is not optimised puts a value from place to place behind
     * the branch that chose it.
     */
    private List<Anchor> anchors(Dependences values, Predicate<Anchor> wanted) {
        Set<Anchor> anchors = new LinkedHashSet<>();
        addAnchors(anchors, values.root);
        if (pinned < 0) {
            List<Anchor> near =
                    anchors.stream().filter(wanted).limit(ANCHORS_LOOKED_AT_MAX).toList();
            return Stream.concat(near.stream().filter(branches::decideAbout), near.stream())
                    .distinct()
                    .limit(ANCHORS_MAX)
                    .toList();
        }
        for (Node node : values.nodes()) {
            if (anchors.size() >= PINNED_ANCHORS_MAX) {
                break;
            }
            addAnchors(anchors, node);
        }
        return new ArrayList<>(anchors);
    }

    private static void addAnchors(Set<Anchor> anchors, Node consumer) {
        for (Map<Node, Optional<Copy>> sources : consumer.sources) {
            sources.forEach((node, path) -> {
                List<Anchor> carriers = new ArrayList<>();
                for (Copy copy = path.orElse(null); copy != null; copy = copy.next()) {
                    if (Shortening.places(copy.opcode())) {
                        carriers.add(0, new Anchor(copy.icount(), copy.function(), copy.offset(), copy.depth()));
                    }
                }
                anchors.addAll(carriers);
                if (node.depth > 0 && node.text.isEmpty()) {
                    anchors.add(new Anchor(node.icount, node.function, node.offset, node.depth));
                }
            });
        }
    }

    /** The branch that led to an instruction, and how its condition came about; null if none did. */
    private @Nullable Further decided(Anchor anchor, Budget budget, int most)
            throws RecordingException, ReplayException {
        Leading found = branches.leadingTo(anchor, budget);
        if (found == null) {
            return null;
        }
        return found.interrupt() ? entered(found.by()) : condition(found.by(), budget, most);
    }

    private Further condition(TracedInstruction branch, Budget budget, int most)
            throws RecordingException, ReplayException {
        Dependences why = dependences(branch.icount, List.of(new Spot(Space.CELL, branch.cell(0))), budget);
        List<Cause> steps = new ArrayList<>();
        steps.add(shortening.choice(branch, Kind.BRANCH, Role.CONDITION));
        steps.addAll(shortening.steps(why, Role.CONDITION, most - 1));
        return new Further(steps, why.complete(), why.explained(), branch.icount == pinned || why.has(pinned));
    }

    private Further entered(TracedInstruction before) {
        Cause step = new Cause(
                Places.executed(
                        program,
                        before.icount + 1,
                        new Position(before.handler, 0),
                        "(interrupt " + before.signal + ", payload " + before.payload + ")"),
                Kind.INTERRUPT,
                Role.CONDITION,
                List.of(),
                "",
                List.of(),
                0,
                0);
        return new Further(List.of(step), true, true, false);
    }

    /** The operands of the next instruction of two runs of which one differs, counted from the top; -1 if none does. */
    public static int differingOperand(Machine a, Machine b) {
        if (a.status() != Status.RUNNING || b.status() != Status.RUNNING) {
            return -1;
        }
        Effect ofA = new Effect(a.program());
        ofA.read(a);
        Effect ofB = new Effect(b.program());
        ofB.read(b);
        for (int i = 0; i < Math.min(ofA.pops, ofB.pops); i++) {
            if (Effect.cell(a, ofA.sp - 1 - i) != Effect.cell(b, ofB.sp - 1 - i)) {
                return i;
            }
        }
        return -1;
    }
}
