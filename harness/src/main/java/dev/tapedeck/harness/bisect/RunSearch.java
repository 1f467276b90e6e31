package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.Checkpoint;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Finds where two runs of one program part.
 *
 * <p>First in time, without executing anything: a binary search over the chain digests gives the first block that
 * differs, the state digests of the checkpoints before it show whether the states differed already, and the inputs that
 * the recordings hold for that stretch give the first one that differs. One program in one state with the same inputs
 * does the same, so if the states are the same before that input, it is the answer; both runs are replayed to there to
 * see that they are. Where no input differs, both are executed side by side, and after each instruction everything that
 * it can have changed is compared.
 */
final class RunSearch {
    private final Lane a;
    private final Lane b;
    private final Recording recordingA;
    private final Recording recordingB;
    private final long end;
    private long probes;

    /** What a search of the digests left over: the difference lies in here. */
    private record Stretch(long from, long to, boolean differs) {}

    RunSearch(Lane a, Lane b) {
        this.a = a;
        this.b = b;
        recordingA = a.recording;
        recordingB = b.recording;
        end = Math.min(recordingA.icountEnd(), recordingB.icountEnd());
    }

    /** Digests and checkpoints compared so far. */
    long probes() {
        return probes;
    }

    /**
     * @return the first divergence; empty if the runs agree as far as both recordings reach
     * @throws Unfaithful if one of the recordings does not replay
     */
    Optional<Divergence> find() throws RecordingException, Unfaithful {
        boolean sameGrid = BlockSearch.sameGrid(recordingA, recordingB);
        Stretch stretch = sameGrid ? searchDigests() : new Stretch(0, end, !sameEnd());
        boolean sameLimits =
                recordingA.options().limits().equals(recordingB.options().limits());
        Inputs.Difference input =
                Inputs.first(recordingA, recordingB, stretch.from(), Math.min(stretch.to(), inputEnd()));
        if (input.exists() && sameLimits) {
            Optional<Divergence> confirmed = confirm(stretch, input);
            if (confirmed.isPresent()) {
                return confirmed;
            }
        }
        if (stretch.differs() || !sameLimits || input.exists()) {
            verify(stretch.from(), stretch.to());
            Optional<Divergence> stepped = stepTogether(Math.min(stretch.from(), input.icount()), stretch.to());
            if (stepped.isPresent()) {
                return stepped;
            }
            if (stretch.differs() && sameLimits && sameGrid) {
                throw new Unfaithful(
                        b,
                        "the digests of the two recordings differ between instruction " + stretch.from() + " and "
                                + stretch.to() + ", but both do the same",
                        stretch.from());
            }
        }
        return compareEnds();
    }

    private void verify(long from, long to) throws RecordingException, Unfaithful {
        a.verify(from, to);
        b.verify(from, to);
    }

    /** The last instruction that both runs can have had input at or before. */
    private long inputEnd() {
        return Math.min(lastTried(recordingA), lastTried(recordingB));
    }

    private static long lastTried(Recording recording) {
        boolean faulted = recording
                .outcome()
                .map(outcome -> outcome.kind() == Outcome.Kind.FAULTED)
                .orElse(false);
        // An instruction that faults is not counted, but what came before it or with it did come.
        return faulted ? recording.icountEnd() : recording.icountEnd() - 1;
    }

    // Digests.

    private Stretch searchDigests() {
        BlockSearch search = BlockSearch.of(recordingA, recordingB);
        probes += search.probes();
        long from = search.from();
        long same = lastSameState(from);
        boolean differs = search.differs() || same < from || !sameEnd();
        return new Stretch(same, search.differs() ? search.to() : end, differs);
    }

    private boolean sameEnd() {
        Optional<Outcome> outcomeA = recordingA.outcome();
        Optional<Outcome> outcomeB = recordingB.outcome();
        if (outcomeA.isEmpty() || outcomeB.isEmpty()) {
            // A cut recording that ends where the other goes on says nothing of a difference.
            return outcomeA.isPresent() ? isAtEnd(recordingA) : outcomeB.isEmpty() || isAtEnd(recordingB);
        }
        if (outcomeA.get().icount() != outcomeB.get().icount()) {
            return outcomeOfShorter().kind().isUnfinished();
        }
        probes++;
        boolean limit =
                outcomeA.get().kind().isUnfinished() || outcomeB.get().kind().isUnfinished();
        return limit || outcomeA.get().stateDigest() == outcomeB.get().stateDigest();
    }

    /** Whether a complete recording, compared with a cut one, ends behind what can be compared. */
    private boolean isAtEnd(Recording complete) {
        return complete.icountEnd() > end
                || complete.outcome()
                        .map(outcome -> outcome.kind().isUnfinished())
                        .orElse(false);
    }

    private Outcome outcomeOfShorter() {
        return (recordingA.icountEnd() <= recordingB.icountEnd() ? recordingA : recordingB)
                .outcome()
                .orElseThrow();
    }

    /** Goes back from {@code icount}, whose chain digests agree, past the checkpoints at which the states do not. */
    private long lastSameState(long icount) {
        List<Checkpoint> checkpointsA = recordingA.checkpoints();
        List<Checkpoint> checkpointsB = recordingB.checkpoints();
        long found = icount;
        int i = checkpointsA.size() - 1;
        int j = checkpointsB.size() - 1;
        while (i >= 0 && j >= 0) {
            Checkpoint one = checkpointsA.get(i);
            Checkpoint other = checkpointsB.get(j);
            if (one.icount() > icount || one.icount() > other.icount()) {
                i--;
            } else if (other.icount() > one.icount()) {
                j--;
            } else {
                probes++;
                if (one.stateDigest() == other.stateDigest()) {
                    return found < icount ? one.icount() : icount;
                }
                found = one.icount();
                i--;
                j--;
            }
        }
        return found < icount ? 0 : icount;
    }

    // Replays.

    /** Sees whether the states are the same up to an input that differs. */
    private Optional<Divergence> confirm(Stretch stretch, Inputs.Difference input)
            throws RecordingException, Unfaithful {
        long icount = input.icount();
        long last = input.before() ? Math.max(0, icount - 1) : icount;
        verify(Math.min(stretch.from(), last), last);
        a.seek(last);
        b.seek(last);
        if (!(input.before() && icount == 0) && !sameState()) {
            return Optional.empty();
        }
        if (!input.before()) {
            // Only a host call can differ here: anything else means that a recording does not fit its own run.
            checkHostCall(a);
            checkHostCall(b);
        }
        if (a.icount() == icount || step(icount)) {
            return Optional.of(Divergence.at(input.kind(), icount, input.before(), ""));
        }
        return Optional.empty();
    }

    private boolean step(long icount) throws RecordingException, Unfaithful {
        a.step();
        b.step();
        return a.icount() == icount && b.icount() == icount;
    }

    private static void checkHostCall(Lane lane) throws Unfaithful {
        if (lane.over() || lane.machine().instruction().opcode() != Opcode.CALL_HOST) {
            throw new Unfaithful(
                    lane,
                    "the recording has a host call at instruction " + lane.icount() + ", where its program has none",
                    lane.icount());
        }
    }

    private boolean sameState() {
        probes++;
        return a.machine().snapshot().sameState(b.machine().snapshot());
    }

    /** Executes both side by side; afterwards they stand behind the first difference, or at {@code to}. */
    private Optional<Divergence> stepTogether(long from, long to) throws RecordingException, Unfaithful {
        a.seek(from);
        b.seek(from);
        if (!sameState()) {
            if (from > 0) {
                // What the digests did not show: begin where nothing can have happened yet.
                return stepTogether(0, to);
            }
            return Optional.of(Divergence.at(Bisection.Kind.MACHINE, 0, true, ""));
        }
        Inputs.Difference input = Inputs.first(recordingA, recordingB, from, Math.min(to, inputEnd()));
        if (input.before() && input.icount() <= from) {
            return Optional.of(Divergence.at(input.kind(), input.icount(), true, ""));
        }
        Machine machineA = a.machine();
        Machine machineB = b.machine();
        while (a.icount() <= to && !a.over() && !b.over()) {
            long icount = a.icount();
            a.effect.read(machineA);
            boolean wentA = a.step();
            boolean wentB = b.step();
            if (input.kind() == Bisection.Kind.HOST && input.icount() == icount) {
                return Optional.of(Divergence.at(Bisection.Kind.HOST, icount, false, ""));
            }
            if (input.before() && input.icount() == icount + 1) {
                return Optional.of(Divergence.at(input.kind(), icount + 1, true, ""));
            }
            if (wentA != wentB || machineA.status() != machineB.status() || changed(a.effect, machineA, machineB)) {
                return Optional.of(Divergence.at(Bisection.Kind.MACHINE, icount, false, limitsRemark()));
            }
            if (!wentA) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private String limitsRemark() {
        return recordingA.options().limits().equals(recordingB.options().limits())
                ? ""
                : "the limits of the machines differ: " + recordingA.options().limits() + " and "
                        + recordingB.options().limits();
    }

    /** Whether anything differs that the instruction just executed by both can have changed. */
    private boolean changed(Effect effect, Machine machineA, Machine machineB) {
        if (machineA.status() != Status.RUNNING) {
            return !machineA.snapshot().sameState(machineB.snapshot());
        }
        int depth = machineA.depth();
        if (depth != machineB.depth()
                || machineA.sp() != machineB.sp()
                || machineA.bp() != machineB.bp()
                || !machineA.position().equals(machineB.position())
                || machineA.interruptsEnabled() != machineB.interruptsEnabled()) {
            return true;
        }
        if ((depth > effect.depth && machineA.interruptFrame(depth - 1))
                || effect.machineWrite
                || effect.opcode == Opcode.RETURN) {
            // Rare, and they may change several things at once.
            return !machineA.snapshot().sameState(machineB.snapshot());
        }
        for (int cell = effect.writeFrom; cell < effect.writeTo; cell++) {
            if (Effect.cell(machineA, cell) != Effect.cell(machineB, cell)) {
                return true;
            }
        }
        if (effect.globalWrite >= 0 && machineA.global(effect.globalWrite) != machineB.global(effect.globalWrite)) {
            return true;
        }
        if (effect.writeLength > 0 && memoryDiffers(effect.writeMemory, effect.writeAddress, effect.writeLength)) {
            return true;
        }
        if (effect.opcode == Opcode.CALL_HOST) {
            long icount = machineA.icount() - 1;
            for (Lane lane : List.of(a, b)) {
                var call = lane.recording.hostCallAt(icount);
                if (call.isPresent()) {
                    for (MemoryWrite write : call.get().writes()) {
                        if (memoryDiffers(write.memory(), write.address(), write.bytes().length)) {
                            return true;
                        }
                    }
                }
            }
        }
        return false;
    }

    private boolean memoryDiffers(int memory, long address, long length) {
        long at = address;
        long last = address + length;
        while (at < last) {
            int chunk = (int) Math.min(last - at, 1 << 16);
            if (!Arrays.equals(
                    a.machine().readMemory(memory, at, chunk), b.machine().readMemory(memory, at, chunk))) {
                return true;
            }
            at += chunk;
        }
        return false;
    }

    // Ends.

    private Optional<Divergence> compareEnds() {
        Optional<Outcome> outcomeA = recordingA.outcome();
        Optional<Outcome> outcomeB = recordingB.outcome();
        boolean goesOnA = recordingA.icountEnd() > end
                || outcomeA.map(o -> o.kind() == Outcome.Kind.FAULTED).orElse(false);
        boolean goesOnB = recordingB.icountEnd() > end
                || outcomeB.map(o -> o.kind() == Outcome.Kind.FAULTED).orElse(false);
        boolean limitA = recordingA.icountEnd() == end && isLimit(outcomeA);
        boolean limitB = recordingB.icountEnd() == end && isLimit(outcomeB);
        if ((limitA && !limitB && goesOnB) || (limitB && !limitA && goesOnA)) {
            return Optional.of(Divergence.at(Bisection.Kind.END, end, true, ""));
        }
        return Optional.empty();
    }

    private static boolean isLimit(Optional<Outcome> outcome) {
        return outcome.map(o -> o.kind() == Outcome.Kind.LIMIT).orElse(false);
    }
}
