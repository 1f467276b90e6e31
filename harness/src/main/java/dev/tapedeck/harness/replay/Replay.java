package dev.tapedeck.harness.replay;

import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.Block;
import dev.tapedeck.harness.recording.Recording.Checkpoint;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.Schedule;
import dev.tapedeck.harness.recording.StateDigest;
import dev.tapedeck.harness.recording.TracedRun;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A machine that repeats a recording: host calls, interrupts and injections come from the recording. It can be moved to
 * any instruction count.
 *
 * <p>States on the way to a far place are kept in memory, close together near it and wider apart further back, so that
 * going back from there is cheap, be it by one instruction or by many. They share the pages that they have in common, and
 * there are at most {@value #SNAPSHOTS_KEPT}.
 */
public final class Replay {
    private static final int SNAPSHOTS_KEPT = 48;

    /** A seek over more than this keeps states; each next one is eight times as far back. */
    private static final long KEPT_DISTANCE_MIN = 1L << 9;

    private static final int KEPT_DISTANCE_FACTOR = 8;

    /** Instructions between two calls of a watcher: some milliseconds of work, so that asking costs nothing. */
    private static final long WATCHED_INSTRUCTIONS = 1L << 20;

    private final Recording recording;
    private final LongConsumer watcher;
    private final Schedule schedule;
    private final ReplayHost host;
    private final Machine machine;
    private long executed;
    private long watched;

    /** States by instruction count; what comes from outside there has come. */
    private final TreeMap<Long, Snapshot> kept = new TreeMap<>();

    /** States at the beginnings of blocks; what comes from outside there has not come yet. */
    private final TreeMap<Long, Snapshot> keptBefore = new TreeMap<>();

    /** A replay at instruction count 0. */
    public Replay(Recording recording) throws RecordingException {
        this(recording, executed -> {});
    }

    /**
     * The same, watched.
     *
     * @param watcher gets the number of instructions executed since its last call, whenever those are 2^20 or more
     */
    public Replay(Recording recording, LongConsumer watcher) throws RecordingException {
        this.recording = recording;
        this.watcher = watcher;
        schedule = Schedule.of(recording);
        host = new ReplayHost(recording, call -> {});
        machine = start(recording, host);
        arrive();
    }

    private static Machine start(Recording recording, ReplayHost host) throws RecordingException {
        try {
            Machine machine =
                    new Machine(recording.program(), host, recording.options().limits());
            machine.start(
                    recording.options().functionIn(machine.program()),
                    recording.options().cells());
            return machine;
        } catch (IllegalArgumentException e) {
            throw new RecordingException(recording.path() + " cannot be replayed: " + e.getMessage(), e);
        }
    }

    public Recording recording() {
        return recording;
    }

    /**
     * The machine, to look at. At instruction count n its state is the one before instruction n; injections and interrupts
     * due there have come, and the interrupt has been delivered if it can be.
     */
    public Machine machine() {
        return machine;
    }

    public long icount() {
        return machine.icount();
    }

    /**
     * Moves to an instruction count, forward or backward, by way of the nearest checkpoint where that is shorter.
     *
     * @param icount 0 to the recording's end; beyond it the replay goes to the end of the run: a run that ended with a
     *     fault has faulted then, while at the end itself it is about to
     * @throws ReplayException if the recording's host calls do not come as recorded, or the run ends early
     */
    public void seek(long icount) throws RecordingException, ReplayException {
        if (icount < 0) {
            throw new IllegalArgumentException("instruction count " + icount);
        }
        long target = Math.min(icount, recording.icountEnd());
        try {
            boolean faulted = machine.status() == Status.FAULTED;
            if (target < machine.icount() || (faulted && icount <= recording.icountEnd())) {
                restoreBefore(target, -1);
            } else {
                restoreBefore(target, machine.icount());
            }
            advance(target);
        } catch (UncheckedIOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
        if (icount > recording.icountEnd()) {
            step();
        }
    }

    /** Restores the last known state up to {@code target}, if it is beyond {@code present}. */
    private void restoreBefore(long target, long present) throws RecordingException, ReplayException {
        Map.Entry<Long, Snapshot> near = kept.floorEntry(target);
        long nearIcount = near == null ? -1 : near.getKey();
        Map.Entry<Long, Snapshot> before = keptBefore.floorEntry(target);
        long beforeIcount = before == null ? -1 : before.getKey();
        int checkpoint = checkpointBefore(target);
        long checkpointIcount = recording.checkpoints().get(checkpoint).icount();
        if (Math.max(Math.max(nearIcount, beforeIcount), checkpointIcount) <= present) {
            return;
        }
        if (near != null && nearIcount >= Math.max(beforeIcount, checkpointIcount)) {
            restore(near.getValue());
            schedule.seek(nearIcount + 1);
            host.seek(nearIcount);
        } else {
            boolean block = before != null && beforeIcount > checkpointIcount;
            long icount = block ? beforeIcount : checkpointIcount;
            restore(block ? before.getValue() : recording.snapshot(checkpoint));
            schedule.seek(icount);
            host.seek(icount);
            arrive();
        }
    }

    private void restore(Snapshot snapshot) throws RecordingException {
        try {
            machine.restore(snapshot);
        } catch (IllegalArgumentException e) {
            throw new RecordingException(
                    "the checkpoint at instruction count " + snapshot.icount() + " of " + recording.path()
                            + " cannot be restored: " + e.getMessage(),
                    e);
        }
    }

    private int checkpointBefore(long icount) {
        List<Checkpoint> checkpoints = recording.checkpoints();
        int low = 0;
        int high = checkpoints.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (checkpoints.get(middle).icount() <= icount) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        while (!recording.restorable(low)) {
            low--;
        }
        return low;
    }

    private void advance(long target) throws RecordingException, ReplayException {
        long distance = KEPT_DISTANCE_MIN;
        while (distance * KEPT_DISTANCE_FACTOR < target - machine.icount()) {
            distance *= KEPT_DISTANCE_FACTOR;
        }
        for (; distance >= KEPT_DISTANCE_MIN; distance /= KEPT_DISTANCE_FACTOR) {
            if (target - distance > machine.icount()) {
                runTo(target - distance);
                keep();
            }
        }
        runTo(target);
    }

    private void keep() {
        kept.put(machine.icount(), machine.snapshot());
        if (kept.size() > SNAPSHOTS_KEPT) {
            // The one furthest away is the least likely to be needed next.
            long first = machine.icount() - kept.firstKey();
            long last = kept.lastKey() - machine.icount();
            if (first >= last) {
                kept.pollFirstEntry();
            } else {
                kept.pollLastEntry();
            }
        }
    }

    private void runTo(long target) throws RecordingException, ReplayException {
        while (machine.icount() < target) {
            long before = machine.icount();
            if (machine.status() == Status.RUNNING) {
                machine.run(Math.min(target, schedule.next()));
                count(machine.icount() - before);
                host.check();
            }
            if (machine.status().ended() && machine.icount() < target) {
                throw new ReplayException(
                        "the replay ends at instruction count " + machine.icount() + " (" + machine.status()
                                + "), the recording goes on to " + recording.icountEnd(),
                        machine.icount());
            }
            arrive();
        }
    }

    private void count(long instructions) {
        executed += instructions;
        if (executed - watched >= WATCHED_INSTRUCTIONS) {
            watcher.accept(executed - watched);
            watched = executed;
        }
    }

    /** Lets come what is due here, unless the run ends here anyway. */
    private void arrive() throws RecordingException {
        if (machine.status() == Status.RUNNING && machine.icount() < recording.icountMax()) {
            try {
                schedule.apply(machine, interrupt -> {});
            } catch (IllegalArgumentException e) {
                throw new RecordingException(recording.path() + ": " + e.getMessage(), e);
            }
            machine.deliverInterrupt();
        }
    }

    /**
     * The machine's state, for a machine that goes on without the recording, with a host that {@code
     * WasiHost.withStandard} has made. What WASI functions have open is no part of a recording: for a program that has
     * some, the snapshot has no state of the host.
     */
    public Snapshot snapshot() throws RecordingException {
        HostState system = RecordedSystem.state(recording, machine.icount());
        Host known = new Host() {
            @Override
            public void call(HostCall call) throws HostException {
                throw new HostException("this host is only looked at");
            }

            @Override
            public HostState saveState() {
                return system;
            }
        };
        Machine copy =
                new Machine(recording.program(), known, recording.options().limits());
        copy.restore(machine.snapshot());
        return copy.snapshot();
    }

    /**
     * Executes one instruction.
     *
     * @return false if the run is over, or the recording reaches no further; an instruction that faults is not executed
     */
    public boolean step() throws RecordingException, ReplayException {
        long before = machine.icount();
        if (machine.status() != Status.RUNNING) {
            return false;
        }
        try {
            if (before < recording.icountEnd()) {
                runTo(before + 1);
                return true;
            }
            boolean faults = recording
                    .outcome()
                    .map(outcome -> outcome.kind() == Outcome.Kind.FAULTED)
                    .orElse(false);
            if (faults) {
                machine.run(before + 1);
                host.check();
                if (machine.status() != Status.FAULTED) {
                    throw new ReplayException(
                            "the recorded run faults at instruction count " + before + ", the replay does not", before);
                }
            }
            return false;
        } catch (UncheckedIOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Replays a stretch from the checkpoint before it and compares every digest on the way. The replay itself stays where
     * it is; going into the last block of the stretch is cheap afterwards.
     *
     * @param from instruction count at which the stretch begins
     * @param to an instruction count in its last block
     * @throws ReplayException with the first place that differs
     */
    public void verify(long from, long to) throws RecordingException, ReplayException {
        int checkpoint = checkpointBefore(Math.min(from, recording.icountEnd()));
        Verification verification = new Verification(recording);
        try {
            if (checkpoint > 0) {
                verification.restore(checkpoint, recording.snapshot(checkpoint));
            }
            long[] counted = {verification.machine.icount()};
            LongConsumer counter = icount -> {
                count(icount - counted[0]);
                counted[0] = icount;
            };
            counter.accept(verification.run(to, keptBefore, counter));
        } catch (UncheckedIOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        } catch (IllegalArgumentException e) {
            throw new RecordingException(recording.path() + ": " + e.getMessage(), e);
        }
    }

    /** Instructions executed by this object so far, seeks included; the cost of a bisection. */
    public long executed() {
        return executed;
    }

    /**
     * Replays a whole recording from its start and compares every digest and the outcome. Of a damaged one, what is before
     * the damage is compared.
     *
     * @return the number of instructions replayed
     * @throws ReplayException with the first place that differs
     */
    public static long verify(Recording recording) throws RecordingException, ReplayException {
        return verify(recording, icount -> {});
    }

    /**
     * The same, watched.
     *
     * @param watcher gets the instruction count up to which all is well, after each block
     */
    public static long verify(Recording recording, LongConsumer watcher) throws RecordingException, ReplayException {
        try {
            return new Verification(recording).run(Long.MAX_VALUE, new TreeMap<>(), watcher);
        } catch (UncheckedIOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        } catch (IllegalArgumentException e) {
            throw new RecordingException(recording.path() + ": " + e.getMessage(), e);
        }
    }

    private static final class Verification {
        private final Recording recording;
        private final ReplayHost host;
        private final Machine machine;
        private final Schedule schedule;
        private final TracedRun run;
        private final StateDigest digest = new StateDigest();
        private int nextCheckpoint;

        Verification(Recording recording) throws RecordingException {
            this.recording = recording;
            // The host is needed before the run, and the run before it can be told of calls.
            AtomicReference<@Nullable TracedRun> told = new AtomicReference<>();
            host = new ReplayHost(recording, call -> tell(told.get(), call));
            machine = start(recording, host);
            schedule = Schedule.of(recording);
            run = new TracedRun(machine, schedule, recording.options(), recording.icountMax(), interrupt -> {});
            told.set(run);
        }

        private static void tell(@Nullable TracedRun run, HostCallRecord call) {
            if (run != null) {
                run.hostCalled(call);
            }
        }

        /** Begins at a checkpoint. Blocks end at checkpoints, so there is a chain digest to go on with. */
        void restore(int checkpoint, Snapshot snapshot) {
            machine.restore(snapshot);
            schedule.seek(snapshot.icount());
            host.seek(snapshot.icount());
            run.continueChain(
                    recording.blocks().get(firstBlock(snapshot.icount()) - 1).chainDigest());
            nextCheckpoint = checkpoint;
        }

        /** The first block that begins at {@code icount} or later. */
        private int firstBlock(long icount) {
            int low = 0;
            int high = recording.blocks().size();
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (recording.blocks().get(middle).start() < icount) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }

        /**
         * Goes on to the end of the block that {@code to} is in.
         *
         * @param states gets the state at the beginning of the last block
         * @param watcher gets the instruction count after each block
         */
        long run(long to, Map<Long, Snapshot> states, LongConsumer watcher) throws RecordingException, ReplayException {
            int checkpoint = compareCheckpoints(nextCheckpoint);
            List<Block> blocks = recording.blocks();
            for (int i = firstBlock(machine.icount()); i < blocks.size(); i++) {
                Block block = blocks.get(i);
                if (block.start() > to) {
                    return machine.icount();
                }
                if (block.end() > to) {
                    states.put(machine.icount(), machine.snapshot());
                }
                String where = "block " + i + " (instruction counts " + block.start() + " to " + block.end() + ")";
                if (run.over()) {
                    throw differs(where + " is in the recording, but the replay has ended", block.start());
                }
                TracedRun.Cut cut = run.next();
                host.check();
                if (cut.instructions() != block.instructions()) {
                    throw differs(
                            where + " has " + block.instructions() + " instructions in the recording, "
                                    + cut.instructions() + " in the replay",
                            block.start());
                }
                if (cut.chainDigest() != block.chainDigest()) {
                    throw differs(where + " has other effects in the replay than in the recording", block.start());
                }
                compareFlow(i, cut, where);
                checkpoint = compareCheckpoints(checkpoint);
                watcher.accept(machine.icount());
            }
            Optional<Outcome> recorded = recording.outcome();
            if (recorded.isPresent()) {
                if (!run.over()) {
                    // A start that faults, or nothing: a run that ends at once leaves no block.
                    run.next();
                    host.check();
                }
                compare(recorded.get());
            }
            return machine.icount();
        }

        /** The flow is what a walk through the log goes by, and no digest is over what is stored of it. */
        private void compareFlow(int block, TracedRun.Cut cut, String where)
                throws RecordingException, ReplayException {
            boolean sameBits =
                    recording.flowBitCount(block) == cut.bitCount() && Arrays.equals(recording.flow(block), cut.bits());
            if (!sameBits || !recording.deliveries(block).equals(cut.deliveries())) {
                throw differs(
                        where + " has other " + (sameBits ? "deliveries of interrupts" : "flow bits")
                                + " in the recording than in the replay, although the effects are the same",
                        cut.start());
            }
        }

        private int compareCheckpoints(int from) throws RecordingException, ReplayException {
            List<Checkpoint> checkpoints = recording.checkpoints();
            int i = from;
            while (i < checkpoints.size() && checkpoints.get(i).icount() == machine.icount()) {
                if (digest.next(machine.snapshot()) != checkpoints.get(i).stateDigest()) {
                    throw differs("the state is another one than in the recording", machine.icount());
                }
                if (recording.restorable(i)) {
                    // What is stored is what seeks go on from; reading it compares it with the same digest.
                    recording.snapshot(i);
                }
                i++;
            }
            return i;
        }

        private void compare(Outcome recorded) throws ReplayException {
            boolean stopped = recorded.kind() == Outcome.Kind.STOPPED && machine.icount() >= recording.icountMax();
            Outcome replayed = Outcome.of(machine, digest, stopped ? Outcome.Kind.STOPPED : Outcome.Kind.LIMIT);
            if (!replayed.equals(recorded)) {
                throw differs(
                        "the recorded run " + recorded.words() + ", the replay " + replayed.words()
                                + (replayed.words().equals(recorded.words()) ? " with another final state" : ""),
                        machine.icount());
            }
        }

        private ReplayException differs(String what, long icount) {
            Position position = machine.position();
            return new ReplayException(
                    "the replay does not reproduce the recording: " + what + "; the replay is at instruction count "
                            + machine.icount() + " in "
                            + machine.program().functionName(position.function()) + "+" + position.offset(),
                    icount);
        }
    }
}
