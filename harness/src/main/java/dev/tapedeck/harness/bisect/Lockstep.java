package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.harness.slice.PostDominators;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Two runs of two versions of a program side by side: which of their frames belong together, who is to execute the next
 * instruction, and what of two results or two behaviours is the same.
 */
final class Lockstep {
    /** A frame of each run that belong together, as their numbers from 1. */
    private record Pair(int depthA, int depthB, int functionA) {}

    /** What comes next while the runs are in step. */
    enum Next {
        /** Both stand at instructions that belong together. */
        ALIGNED,
        /** The first run stands at something that the second does not have. */
        A_ALONE,
        /** The second run stands at something that the first does not have. */
        B_ALONE,
        /** Both stand at instructions that belong to other ones of the other run. */
        CROSSING,
        /** There is no frame left in which both are. */
        NOWHERE
    }

    /** Two offsets of a function and its partner, where both ways meet; -1 if they do not before the functions end. */
    record Meeting(int offsetA, int offsetB) {
        static final Meeting AT_EXIT = new Meeting(-1, -1);
    }

    final Lane a;
    final Lane b;
    final ProgramAlignment alignment;

    /** The origin of whatever differs in addresses only. */
    final Origin addresses = Origin.ofAddresses();

    private final List<Pair> pairs = new ArrayList<>();
    private final Map<Integer, PostDominators> meetingsA = new HashMap<>();
    private final Map<Integer, PostDominators> meetingsB = new HashMap<>();
    private final Map<MeetingQuestion, Meeting> meetings = new HashMap<>();
    private final boolean stacks;
    private long comparedBytes;

    /** A frame that did not fit when it was last asked whether it does. */
    private int misfit;

    Lockstep(Lane a, Lane b, ProgramAlignment alignment) {
        this.a = a;
        this.b = b;
        this.alignment = alignment;
        stacks = a.hasStack() && b.hasStack();
    }

    // Frames.

    /** The innermost frames that belong together; there has to be such a pair. */
    private Pair top() {
        return pairs.get(pairs.size() - 1);
    }

    boolean hasFrames() {
        return !pairs.isEmpty();
    }

    /** How many frames of a run are above the innermost that belongs to one of the other; negative if it has left that one. */
    int above(Lane lane) {
        return lane.machine().depth() - (lane == a ? top().depthA() : top().depthB());
    }

    /** Both have called functions that belong together. */
    void enter(int calleeA) {
        pairs.add(new Pair(top().depthA() + 1, top().depthB() + 1, calleeA));
    }

    /** Both have returned. */
    void leave() {
        pairs.remove(pairs.size() - 1);
    }

    /** Each has returned by itself from the innermost frames, if both have: of the results, those that are equal do not differ. */
    void leaveApart() {
        if (!a.over() && !b.over() && above(a) < 0 && above(b) < 0) {
            int functionA = top().functionA();
            int results = Math.min(results(a.program, functionA), results(b.program, alignment.functionToB(functionA)));
            leave();
            for (int i = 1; i <= results; i++) {
                forgetIfEqual(a.machine().sp() - i, b.machine().sp() - i);
            }
        }
    }

    private static int results(Program program, int function) {
        return program.typeOf(program.functions().get(function)).results().size();
    }

    /** Finds the frames that belong together, where both runs are alike and the next instructions need not be. */
    boolean join() {
        return join(false);
    }

    /** Finds the frames that belong together, if both runs stand at aligned instructions in aligned frames. */
    boolean rejoin() {
        return join(true);
    }

    private boolean join(boolean aligned) {
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        int depth = machineA.depth();
        if (depth != machineB.depth() || a.over() || b.over()) {
            return false;
        }
        // The one that did not fit before is asked first: below many others, it may stay for long.
        if (misfit < depth - 1 && !fits(misfit, true)) {
            return false;
        }
        List<Pair> found = new ArrayList<>();
        // The innermost frame is the most likely one not to fit.
        for (int frame = depth - 1; frame >= 0; frame--) {
            if (!fits(frame, aligned || frame < depth - 1)) {
                misfit = frame;
                return false;
            }
            found.add(
                    new Pair(frame + 1, frame + 1, machineA.framePosition(frame).function()));
        }
        Collections.reverse(found);
        pairs.clear();
        pairs.addAll(found);
        return true;
    }

    private boolean fits(int frame, boolean aligned) {
        Position positionA = a.machine().framePosition(frame);
        Position positionB = b.machine().framePosition(frame);
        return alignment.functionToB(positionA.function()) == positionB.function()
                && a.machine().interruptFrame(frame) == b.machine().interruptFrame(frame)
                && (!aligned || alignment.code(positionA.function()).toB(positionA.offset()) == positionB.offset());
    }

    /** What comes next. Frames that both have left are taken away before, and handlers that both have entered added. */
    Next next() {
        while (hasFrames()) {
            Pair top = top();
            int depthA = a.machine().depth();
            int depthB = b.machine().depth();
            if (depthA > top.depthA() && depthB > top.depthB() && bothInterrupted(top)) {
                continue;
            }
            if (depthA > top.depthA() || (depthB < top.depthB() && depthA >= top.depthA())) {
                return Next.A_ALONE;
            }
            if (depthB > top.depthB() || (depthA < top.depthA() && depthB >= top.depthB())) {
                return Next.B_ALONE;
            }
            if (depthA < top.depthA()) {
                leave();
                continue;
            }
            CodeAlignment code = alignment.code(top.functionA());
            int offsetA = a.machine().position().offset();
            int offsetB = b.machine().position().offset();
            if (code.toB(offsetA) == offsetB) {
                return Next.ALIGNED;
            }
            if (code.toB(offsetA) < 0) {
                return Next.A_ALONE;
            }
            return code.toA(offsetB) < 0 ? Next.B_ALONE : Next.CROSSING;
        }
        return Next.NOWHERE;
    }

    private boolean bothInterrupted(Pair top) {
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        int depthA = machineA.depth();
        int depthB = machineB.depth();
        if (depthA != top.depthA() + 1
                || depthB != top.depthB() + 1
                || !machineA.interruptFrame(depthA - 1)
                || !machineB.interruptFrame(depthB - 1)
                || machineA.position().offset() != 0
                || machineB.position().offset() != 0) {
            return false;
        }
        int handler = machineA.position().function();
        if (alignment.functionToB(handler) != machineB.position().function()) {
            return false;
        }
        pairs.add(new Pair(depthA, depthB, handler));
        Origin origin = here(Bisection.Kind.INTERRUPT, Origin.Presence.BOTH);
        for (int i = 0; i < 2; i++) {
            boolean same = machineA.local(depthA - 1, i) == machineB.local(depthB - 1, i);
            a.origins.setCell(machineA.bp() + i, same ? null : origin);
            b.origins.setCell(machineB.bp() + i, same ? null : origin);
        }
        return true;
    }

    /**
     * Where the ways from two places of the innermost pair of functions meet: the first post-dominator of the one whose
     * counterpart is one of the other.
     *
     * @param self whether the places themselves count
     */
    Meeting meeting(int offsetA, int offsetB, boolean self) {
        MeetingQuestion question = new MeetingQuestion(top().functionA(), offsetA, offsetB, self);
        Meeting known = meetings.get(question);
        if (known != null) {
            return known;
        }
        Meeting found = findMeeting(offsetA, offsetB, self);
        if (meetings.size() < MEETINGS_MAX) {
            meetings.put(question, found);
        }
        return found;
    }

    /** More answers are not kept. */
    private static final int MEETINGS_MAX = 1 << 16;

    private record MeetingQuestion(int functionA, int offsetA, int offsetB, boolean self) {}

    private Meeting findMeeting(int offsetA, int offsetB, boolean self) {
        int functionA = top().functionA();
        int functionB = alignment.functionToB(functionA);
        PostDominators ofA = meetingsA.computeIfAbsent(
                functionA, f -> new PostDominators(a.program.functions().get(f)));
        PostDominators ofB = meetingsB.computeIfAbsent(
                functionB, f -> new PostDominators(b.program.functions().get(f)));
        CodeAlignment code = alignment.code(functionA);
        BitSet wayB = new BitSet();
        for (int atB = self ? offsetB : ofB.of(offsetB); atB >= 0; atB = ofB.of(atB)) {
            wayB.set(atB);
        }
        for (int atA = self ? offsetA : ofA.of(offsetA); atA >= 0; atA = ofA.of(atA)) {
            int atB = code.toB(atA);
            if (atB >= 0 && wayB.get(atB)) {
                return new Meeting(atA, atB);
            }
        }
        return Meeting.AT_EXIT;
    }

    // Places and origins.

    Origin here(Bisection.Kind kind, Origin.Presence presence) {
        Lane lane = presence == Origin.Presence.B_ONLY ? b : a;
        Position position = lane.machine().depth() > 0 ? lane.machine().position() : new Position(0, 0);
        return new Origin(a.icount(), b.icount(), kind, presence, position);
    }

    /** Of what both are about to take from their stacks, that does not differ which is equal. */
    void compareInputs() {
        if (a.effect.pops == b.effect.pops) {
            for (int i = 1; i <= a.effect.pops; i++) {
                forgetIfEqual(a.effect.sp - i, b.effect.sp - i);
            }
        }
    }

    private void forgetIfEqual(int cellA, int cellB) {
        if ((a.origins.cell(cellA) != null || b.origins.cell(cellB) != null)
                && Effect.cell(a.machine(), cellA) == Effect.cell(b.machine(), cellB)) {
            a.origins.setCell(cellA, null);
            b.origins.setCell(cellB, null);
        }
    }

    /** The origin of the inputs that differ, which {@link #compareInputs} has looked at; null if none does. */
    @Nullable
    Origin originOfInputs() {
        Origin origin = null;
        if (a.effect.pops == b.effect.pops) {
            for (int i = 1; i <= a.effect.pops; i++) {
                int cellA = a.effect.sp - i;
                int cellB = b.effect.sp - i;
                Origin known = Origin.earlier(a.origins.cell(cellA), b.origins.cell(cellB));
                if (Origin.unlessAddress(known) != null || !sameCells(cellA, cellB)) {
                    origin = Origin.earlier(origin, known);
                }
            }
        }
        return origin;
    }

    /** Which way a conditional jump or a jump table goes: 1 or 0 for taken or not, or the number of the label. */
    static int choice(Lane lane) {
        long condition = Effect.cell(lane.machine(), lane.effect.sp - 1);
        return switch (lane.effect.opcode) {
            case BR_IF -> condition != 0 ? 1 : 0;
            case BR_UNLESS -> condition == 0 ? 1 : 0;
            default -> {
                int last = lane.effect.instruction.labels().size() - 1;
                yield (int) Math.min(condition & 0xffff_ffffL, last);
            }
        };
    }

    // What is the same.

    /** Equal, or the same place in data or a heap that moved, or on the stack in memory. */
    boolean sameValue(long ofA, long ofB) {
        return ofA == ofB || alignment.sameValue(ofA, ofB) || (stacks && a.onStack(ofA) && b.onStack(ofB));
    }

    boolean sameCells(int cellA, int cellB) {
        return sameValue(Effect.cell(a.machine(), cellA), Effect.cell(b.machine(), cellB));
    }

    /** Whether the next instruction of a run does something that the other run has to do too. */
    boolean behaves(Lane lane) {
        return Behaviour.isOne(lane.effect) && !(stacks && (lane.movesStackPointer() || lane.writesStack()));
    }

    boolean same(Behaviour ofA, Behaviour ofB) {
        return ofA.same(ofB, alignment, this::sameValue);
    }

    /**
     * Whether what both are about to do to equal places differs only in what was computed from addresses that are other
     * numbers.
     */
    boolean differInAddresses(Behaviour ofA, Behaviour ofB) {
        return switch (ofA.kind()) {
            case STORE ->
                ofA.alike(ofB, alignment)
                        && sameValue(ofA.values().get(0), ofB.values().get(0))
                        && inputsDifferInAddresses();
            case GLOBAL, HEAP_POINTER -> ofA.alike(ofB, alignment) && inputsDifferInAddresses();
            default -> false;
        };
    }

    private boolean inputsDifferInAddresses() {
        Origin origin = originOfInputs();
        return origin != null && origin.address();
    }

    /** Whether both are about to compute an address on the stack in memory, each in a frame of its own size. */
    boolean computesFrame() {
        return stacks
                && a.effect.opcode == b.effect.opcode
                && (a.effect.opcode == Opcode.I32_SUB || a.effect.opcode == Opcode.I32_ADD)
                && (frameOperand(2) || frameOperand(1));
    }

    private boolean frameOperand(int fromTop) {
        return a.onStack(Effect.cell(a.machine(), a.effect.sp - fromTop))
                && b.onStack(Effect.cell(b.machine(), b.effect.sp - fromTop));
    }

    /**
     * After a step of both: ends the difference of results that are equal, and marks those that are not.
     *
     * @param self the origin of results that differ though nothing that was read did
     * @param frame what {@link #computesFrame} said before
     */
    void compareResults(Origin self, boolean frame) {
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        if (machineA.status() != Status.RUNNING || machineB.status() != Status.RUNNING) {
            return;
        }
        int count = a.effect.writeTo - a.effect.writeFrom;
        if (count != b.effect.writeTo - b.effect.writeFrom) {
            return;
        }
        for (int i = 0; i < count; i++) {
            int cellA = a.effect.writeFrom + i;
            int cellB = b.effect.writeFrom + i;
            if (outside(machineA, cellA) || outside(machineB, cellB)) {
                continue;
            }
            compareCells(cellA, cellB, frame ? addresses : self, frame);
            if (a.origins.cell(cellA) == null && a.effect.localRead >= 0 && b.effect.localRead >= 0) {
                a.origins.setCell(a.effect.localRead, null);
                b.origins.setCell(b.effect.localRead, null);
            }
        }
    }

    private static boolean outside(Machine machine, int cell) {
        return cell >= machine.sp();
    }

    private void compareCells(int cellA, int cellB, Origin self, boolean always) {
        long valueA = Effect.cell(a.machine(), cellA);
        long valueB = Effect.cell(b.machine(), cellB);
        Origin origin = null;
        if (valueA != valueB) {
            // No compiler knows where a stack will be, so constants are no places on it.
            boolean constant = a.effect.opcode == Opcode.I32_CONST && b.effect.opcode == Opcode.I32_CONST;
            if (constant ? alignment.sameValue(valueA, valueB) : sameValue(valueA, valueB)) {
                origin = addresses;
            } else {
                Origin known = Origin.earlier(a.origins.cell(cellA), b.origins.cell(cellB));
                origin = known == null || always ? self : known;
            }
        }
        a.origins.setCell(cellA, origin);
        b.origins.setCell(cellB, origin);
    }

    /**
     * Both have just done the same to memory or a global, or called a host that did: what is there now is the same, as far as
     * it is made of the same and belongs together.
     *
     * @param callA what the host did in the first run; empty if it was no host call
     * @param callB the same in the second run
     * @param self the origin of what is not the same nevertheless
     */
    void wroteSame(
            Behaviour ofA, Behaviour ofB, Optional<HostCallRecord> callA, Optional<HostCallRecord> callB, Origin self) {
        switch (ofA.kind()) {
            case STORE -> {
                boolean sameValue = ofA.values().get(1).equals(ofB.values().get(1));
                wrote(a, sameValue ? null : addresses);
                wrote(b, sameValue ? null : addresses);
            }
            case FILL, HOST -> {
                wrote(a, null);
                wrote(b, null);
                hostWrote(a, callA, null);
                hostWrote(b, callB, null);
                if (alignment.moves()) {
                    compareWritten(Written.by(a, callA), Written.by(b, callB), self);
                }
            }
            case COPY, INIT -> compareWritten(Written.by(a, callA), Written.by(b, callB), self);
            case GLOBAL, HEAP_POINTER -> {
                Origin origin = ofA.values().equals(ofB.values()) ? null : addresses;
                a.origins.setGlobal(a.globalWritten(), origin);
                b.origins.setGlobal(b.globalWritten(), origin);
            }
            default -> {
                // Not followed place by place.
            }
        }
    }

    /** Compares what the runs have written, each at places of its own perhaps. */
    void compareWritten(Written ofA, Written ofB, Origin self) {
        for (Written.Range range : ofA.ranges()) {
            alignment.piecesOfA(
                    range.from, range.to - range.from, (atA, atB, length) -> compareMemory(atA, atB, length, self));
        }
        for (Written.Range range : ofB.ranges()) {
            alignment.piecesOfB(
                    range.from, range.to - range.from, (atA, atB, length) -> compareMemory(atA, atB, length, self));
        }
        int pointerB = b.origins.heapPointer();
        for (int global : ofA.globals()) {
            compareGlobal(global, self);
        }
        for (int global : ofB.globals()) {
            compareGlobal(global == pointerB ? a.origins.heapPointer() : alignment.globalToA(global), self);
        }
    }

    static void hostWrote(Lane lane, Optional<HostCallRecord> call, @Nullable Origin origin) {
        for (MemoryWrite write : writes(call)) {
            lane.origins.setMemory(write.address(), write.bytes().length, origin);
        }
    }

    private static void wrote(Lane lane, @Nullable Origin origin) {
        if (lane.effect.writeMemory == 0) {
            lane.origins.setMemory(lane.effect.writeAddress, lane.effect.writeLength, origin);
        }
    }

    /**
     * Compares a range of memory, and marks each of its bytes in both runs.
     *
     * @param self the origin of a byte that differs and had none
     */
    private void compareMemory(long address, long addressB, long length, Origin self) {
        long left = Math.min(
                length,
                Math.min(a.machine().memoryBytes() - address, b.machine().memoryBytes() - addressB));
        if (left <= 0 || (stacks && a.onStack(address, left))) {
            return;
        }
        if (left > COMPARED_BYTES_MAX) {
            a.origins.overflow();
        }
        byte[] ofA = a.machine().readMemory(address, (int) Math.min(left, COMPARED_BYTES_MAX));
        comparedBytes += ofA.length;
        byte[] ofB = b.machine().readMemory(addressB, ofA.length);
        for (int at = 0; at < ofA.length; ) {
            int same = Arrays.mismatch(ofA, at, ofA.length, ofB, at, ofB.length);
            int end = same < 0 ? ofA.length : at + same;
            a.origins.setMemory(address + at, end - at, null);
            b.origins.setMemory(addressB + at, end - at, null);
            if (end < ofA.length) {
                Origin origin = addresses;
                if (!sameWord(ofA, ofB, address, end)) {
                    Origin known =
                            Origin.earlier(a.origins.memory(address + end, 1), b.origins.memory(addressB + end, 1));
                    origin = known == null ? self : known;
                }
                a.origins.setMemory(address + end, 1, origin);
                b.origins.setMemory(addressB + end, 1, origin);
            }
            at = end + 1;
        }
    }

    /** More in one piece is not compared, and so counts as more than is followed. */
    private static final int COMPARED_BYTES_MAX = 1 << 24;

    private boolean sameWord(byte[] ofA, byte[] ofB, long address, int index) {
        int from = index - (int) ((address + index) & 3);
        return from >= 0 && from + 4 <= ofA.length && sameValue(word(ofA, from), word(ofB, from));
    }

    private static int word(byte[] bytes, int from) {
        return (bytes[from] & 0xff)
                | (bytes[from + 1] & 0xff) << 8
                | (bytes[from + 2] & 0xff) << 16
                | (bytes[from + 3] & 0xff) << 24;
    }

    /** @param global of the first program, or its heap pointer; -1 for one that it does not have */
    private void compareGlobal(int global, Origin self) {
        boolean pointer = global == a.origins.heapPointer();
        int other = pointer ? b.origins.heapPointer() : global < 0 ? -1 : alignment.globalToB(global);
        if (other < 0) {
            return;
        }
        long valueA = a.global(global);
        long valueB = b.global(other);
        Origin origin = null;
        if (valueA != valueB) {
            Origin known = Origin.earlier(a.origins.global(global), b.origins.global(other));
            origin = sameValue(valueA, valueB) ? addresses : known == null ? self : known;
        }
        a.origins.setGlobal(global, origin);
        b.origins.setGlobal(other, origin);
    }

    /** Bytes of memory compared so far. */
    long comparedBytes() {
        return comparedBytes;
    }

    /** Compares the innermost frames, if they belong together: locals, and operands if they are as many. */
    void compareFrames(Origin self) {
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        if (!hasFrames() || above(a) != 0 || above(b) != 0) {
            return;
        }
        int frameA = machineA.depth() - 1;
        int frameB = machineB.depth() - 1;
        int locals = Effect.locals(machineA, frameA);
        for (int i = 0; i < locals; i++) {
            int j = alignment.localToB(top().functionA(), i);
            if (j >= 0) {
                compareCells(machineA.bp() + i, machineB.bp() + j, self, false);
            }
        }
        int count = machineA.operandCount(frameA);
        if (count == machineB.operandCount(frameB)) {
            int from = machineB.bp() + Effect.locals(machineB, frameB);
            for (int i = 0; i < count; i++) {
                compareCells(machineA.bp() + locals + i, from + i, self, false);
            }
        }
    }

    // Host calls.

    static Optional<HostCallRecord> hostCall(Lane lane) {
        return lane.recording.hostCallAt(lane.icount());
    }

    /** What a host wrote to the first memory. */
    static List<MemoryWrite> writes(Optional<HostCallRecord> call) {
        if (call.isEmpty()) {
            return List.of();
        }
        return call.get().writes().stream().filter(write -> write.memory() == 0).toList();
    }

    static boolean sameResults(Optional<HostCallRecord> callA, Optional<HostCallRecord> callB) {
        return callA.map(HostCallRecord::results).equals(callB.map(HostCallRecord::results));
    }

    boolean hostWritesDiffer(Optional<HostCallRecord> callA, Optional<HostCallRecord> callB) {
        if (callA.isEmpty() || callB.isEmpty()) {
            return callA.isPresent() != callB.isPresent();
        }
        HostCallRecord one = callA.get();
        HostCallRecord other = callB.get();
        if (!one.halt().equals(other.halt())
                || !one.error().equals(other.error())
                || one.writes().size() != other.writes().size()) {
            return true;
        }
        for (int i = 0; i < one.writes().size(); i++) {
            MemoryWrite ofA = one.writes().get(i);
            MemoryWrite ofB = other.writes().get(i);
            if (ofA.memory() != ofB.memory()
                    || !sameValue(signExtended(ofA.address()), signExtended(ofB.address()))
                    || !Arrays.equals(ofA.bytes(), ofB.bytes())) {
                return true;
            }
        }
        return false;
    }

    /** An address as a cell holds it. */
    private static long signExtended(long address) {
        return (int) address;
    }

    /** The name of the host function that an event calls. */
    static String calledName(Program program, Behaviour call) {
        return program.imports().get(call.subject()).qualifiedName();
    }
}
