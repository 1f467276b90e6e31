package dev.tapedeck.harness.slice;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.slice.Dependences.Budget;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which of the branches of a run decided about something: that an instruction was executed, or was not, or again and again. */
final class Branches {
    /** Instructions that are looked at for the loop that a run is in. */
    private static final long LOOP_INSTRUCTIONS = 1L << 20;

    private final Replay replay;
    private final Program program;
    private final Map<Integer, PostDominators> postDominators = new HashMap<>();

    /** @param replay is moved about, and stands anywhere afterwards */
    Branches(Replay replay) {
        this.replay = replay;
        program = replay.recording().program().program();
    }

    /** An instruction of which it is asked how the run came to it. */
    record Anchor(long icount, int function, int offset, int depth) {}

    /**
     * What led there.
     *
     * @param by the branch or indirect call; of an interrupt, the instruction behind which it was delivered
     */
    record Leading(TracedInstruction by, boolean interrupt) {}

    private PostDominators postDominators(int function) {
        return postDominators.computeIfAbsent(
                function, f -> new PostDominators(program.functions().get(f)));
    }

    /**
     * The last branch, indirect call or interrupt without which the run might not have come to {@code anchor}.
     *
     * @return null if there is none, or it is further back than the budget reaches
     */
    @Nullable
    Leading leadingTo(Anchor anchor, Budget budget) throws RecordingException, ReplayException {
        int depth = anchor.depth;
        int function = anchor.function;
        Map<Integer, Boolean> deciding = deciding(function, anchor.offset);
        long to = anchor.icount;
        long length = 1L << 10;
        while (to > 0) {
            long taken = budget.take(Math.min(length, to));
            if (taken == 0) {
                return null;
            }
            List<TracedInstruction> trace = TracedInstruction.stretch(replay, to - taken, to);
            for (int i = trace.size() - 1; i >= 0; i--) {
                TracedInstruction one = trace.get(i);
                if (one.handlerFrom >= 0 && one.handlerDepth == depth) {
                    return new Leading(one, true);
                }
                boolean here = one.depth == depth && one.function == function;
                if ((here && one.chooses() && deciding.getOrDefault(one.offset, false))
                        || (one.depth == depth - 1 && one.opcode == Opcode.CALL_INDIRECT)) {
                    return new Leading(one, false);
                }
                if (one.depth == depth - 1 && one.opcode == Opcode.CALL) {
                    depth--;
                    function = one.function;
                    deciding = deciding(function, one.offset);
                }
            }
            to -= taken;
            length = Math.min(1L << 16, length * 8);
        }
        return null;
    }

    /** Whether a branch of its function decides if an instruction is executed. */
    boolean decideAbout(Anchor anchor) {
        return deciding(anchor.function, anchor.offset).containsValue(true);
    }

    /** For each branch of a function, whether it decides if the instruction at {@code offset} is executed. */
    private Map<Integer, Boolean> deciding(int function, int offset) {
        Map<Integer, Boolean> deciding = new HashMap<>();
        List<Instruction> code = program.functions().get(function).code();
        PostDominators meetings = postDominators(function);
        for (int branch = 0; branch < code.size(); branch++) {
            if (TracedInstruction.chooses(code.get(branch).opcode())) {
                deciding.put(branch, meetings.decides(branch, offset));
            }
        }
        return deciding;
    }

    // What was not executed.

    /**
     * Branches that went past what they could have led to.
     *
     * @param first the first of them, if there is one
     * @param others how many other branches of the program did so later
     * @param all whether the whole stretch has been looked at
     */
    record Passed(Optional<TracedInstruction> first, int others, boolean all) {}

    /**
     * The branches of a stretch of the run whose other way certainly leads to a call of a host function.
     *
     * @param wanted the host functions, by their index
     */
    Passed past(long from, long to, Set<Integer> wanted, Budget budget) throws RecordingException, ReplayException {
        Set<Integer> calling = calling(wanted);
        Map<Position, TracedInstruction> passed = new LinkedHashMap<>();
        Map<Position, List<Integer>> sites = new HashMap<>();
        Effect effect = new Effect(program);
        Machine machine = replay.machine();
        replay.seek(from);
        while (replay.icount() < to && machine.status() == Status.RUNNING) {
            if (budget.take(1) == 0) {
                return new Passed(passed.values().stream().findFirst(), Math.max(0, passed.size() - 1), false);
            }
            Position position = machine.position();
            if (TracedInstruction.chooses(machine.instruction().opcode()) && !passed.containsKey(position)) {
                List<Integer> decided = sites.computeIfAbsent(position, at -> decided(at, wanted, calling));
                if (!decided.isEmpty()) {
                    TracedInstruction branch = TracedInstruction.next(effect, machine);
                    PostDominators meetings = postDominators(position.function());
                    if (decided.stream().anyMatch(site -> !meetings.passes(branch.target(), site))) {
                        passed.put(position, branch);
                    }
                }
            }
            if (!replay.step()) {
                break;
            }
        }
        return new Passed(passed.values().stream().findFirst(), Math.max(0, passed.size() - 1), true);
    }

    /** The functions from which a call of one of these host functions may be reached. */
    private Set<Integer> calling(Set<Integer> wanted) {
        Set<Integer> calling = new LinkedHashSet<>();
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = 0; i < program.functions().size(); i++) {
                if (!calling.contains(i)
                        && program.functions().get(i).code().stream()
                                .anyMatch(instruction -> calls(instruction, wanted, calling))) {
                    calling.add(i);
                    changed = true;
                }
            }
        }
        return calling;
    }

    private boolean calls(Instruction instruction, Set<Integer> wanted, Set<Integer> calling) {
        return switch (instruction.opcode()) {
            case CALL_HOST -> wanted.contains((int) instruction.a());
            case CALL -> calling.contains((int) instruction.a());
            case CALL_INDIRECT -> {
                FunctionType type = program.types().get((int) instruction.a());
                yield calling.stream()
                        .anyMatch(function -> program.typeOf(program.functions().get(function))
                                .equals(type));
            }
            default -> false;
        };
    }

    /** The calls of which a branch decides whether they come. */
    private List<Integer> decided(Position branch, Set<Integer> wanted, Set<Integer> calling) {
        List<Instruction> code = program.functions().get(branch.function()).code();
        PostDominators meetings = postDominators(branch.function());
        List<Integer> decided = new ArrayList<>();
        for (int offset = 0; offset < code.size(); offset++) {
            if (calls(code.get(offset), wanted, calling) && meetings.decides(branch.offset(), offset)) {
                decided.add(offset);
            }
        }
        return decided;
    }

    // What was executed again and again.

    /**
     * A loop that a run is in.
     *
     * @param header where it begins again
     * @param end its last instruction
     * @param rounds how often it was seen to begin again
     * @param looked instructions that were looked at
     * @param back what jumped back to its beginning last
     * @param exits the last execution of each branch that could have left it, the latest first
     */
    record Loop(
            Position header,
            Position end,
            long rounds,
            long looked,
            TracedInstruction back,
            List<TracedInstruction> exits) {}

    private record Header(int depth, int function, int offset) {}

    /** How often a loop began again, and when. */
    private static final class Turns {
        long count;
        long last;
        long longest;
        int end;
    }

    /** The outermost loop that a run is still in at {@code end}, as far as the instructions before it show. */
    Optional<Loop> loop(long end, Budget budget) throws RecordingException, ReplayException {
        long looked = budget.take(Math.min(end, LOOP_INSTRUCTIONS));
        Map<Header, Turns> all = new LinkedHashMap<>();
        Effect effect = new Effect(program);
        walk(effect, end - looked, end, branch -> {
            int target = branch.target();
            if (target <= branch.offset) {
                Turns turns =
                        all.computeIfAbsent(new Header(branch.depth, branch.function, target), header -> new Turns());
                if (turns.count++ > 0) {
                    turns.longest = Math.max(turns.longest, branch.icount - turns.last);
                }
                turns.last = branch.icount;
                turns.end = Math.max(turns.end, branch.offset);
            }
        });
        // One whose next round is overdue is around the loop that does not end.
        Optional<Map.Entry<Header, Turns>> found = all.entrySet().stream()
                .filter(entry ->
                        entry.getValue().count > 1 && end - entry.getValue().last <= 2 * entry.getValue().longest)
                .min(Map.Entry.comparingByKey(Comparator.comparingInt(Header::depth)
                        .thenComparingInt(Header::offset)
                        .thenComparingInt(Header::function)));
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Header header = found.get().getKey();
        Turns turns = found.get().getValue();
        PostDominators flow = postDominators(header.function);
        boolean[] inside = flow.leadingTo(header.offset);
        Map<Integer, TracedInstruction> exits = new HashMap<>();
        TracedInstruction[] back = new TracedInstruction[1];
        walk(effect, Math.max(end - looked, turns.last - turns.longest), end, branch -> {
            if (branch.depth == header.depth && branch.function == header.function) {
                if (branch.target() == header.offset && branch.offset >= header.offset) {
                    back[0] = branch;
                }
                if (inside[branch.offset] && flow.leaves(branch.offset, inside)) {
                    exits.put(branch.offset, branch);
                }
            }
        });
        List<TracedInstruction> latest = new ArrayList<>(exits.values());
        latest.sort(
                Comparator.comparingLong((TracedInstruction one) -> one.icount).reversed());
        return back[0] == null
                ? Optional.empty()
                : Optional.of(new Loop(
                        new Position(header.function, header.offset),
                        new Position(header.function, turns.end),
                        turns.count,
                        looked,
                        back[0],
                        latest));
    }

    private interface Visitor {
        void jumps(TracedInstruction branch);
    }

    /** Visits the jumps of a stretch, conditional or not, as they are about to be executed. */
    private void walk(Effect effect, long from, long to, Visitor visitor) throws RecordingException, ReplayException {
        Machine machine = replay.machine();
        replay.seek(from);
        while (replay.icount() < to && machine.status() == Status.RUNNING) {
            if (machine.instruction().opcode().hasLabels()) {
                visitor.jumps(TracedInstruction.next(effect, machine));
            }
            if (!replay.step()) {
                return;
            }
        }
    }
}
