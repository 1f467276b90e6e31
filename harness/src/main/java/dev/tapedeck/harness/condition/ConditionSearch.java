package dev.tapedeck.harness.condition;

import dev.tapedeck.harness.recording.Ascending;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.Checkpoint;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds where in a run a condition becomes true: holds, and did not one instruction before. Where it holds because of an
 * event, it becomes true again each time.
 *
 * <p>Nothing is said of a recording that does not replay as recorded: what an answer rests on is verified before.
 */
public final class ConditionSearch {
    private final Recording recording;
    private final Condition condition;

    /** How an answer was found. */
    public enum Method {
        /** Every state was looked at. */
        SCAN,
        /** By halves, which is right if the condition, once true, stays so. */
        BINARY_SEARCH
    }

    /**
     * The condition became true.
     *
     * @param icount instructions completed then
     * @param after the instruction that made it true; empty at the start of the run, and at a fault
     * @param interrupt the signal of the interrupt that was delivered behind that instruction, if one was
     * @param frames the call stack then, innermost first
     * @param values of what the condition looks at
     */
    public record Occurrence(
            long icount,
            Optional<Executed> after,
            OptionalInt interrupt,
            List<Frame> frames,
            List<Condition.Value> values) {
        public Occurrence {
            frames = List.copyOf(frames);
            values = List.copyOf(values);
        }
    }

    /**
     * What the search cost.
     *
     * @param states how many were looked at
     * @param replayed instructions executed for it
     */
    public record Result(Method method, long states, long replayed) {}

    ConditionSearch(Recording recording, Condition condition) {
        this.recording = recording;
        this.condition = condition;
    }

    /** One search: a replay, and what it has looked at. */
    private final class Walk {
        private final LongConsumer watcher;
        private final Replay replay;
        private final Moment moment;
        private long states;

        /** From one checkpoint to another: the part of the run of which is known that it replays as recorded. */
        private long verifiedFrom;

        private long verifiedTo;
        private long verifying;

        Walk(LongConsumer watcher) throws RecordingException {
            this.watcher = watcher;
            replay = new Replay(recording, watcher);
            moment = new Moment(recording, replay.machine());
        }

        boolean jump(long icount) throws RecordingException, ReplayException {
            replay.seek(icount);
            moment.jump();
            return look(true);
        }

        /** Sees to it that the state at {@code icount} is the recorded one: verifies from checkpoint to checkpoint. */
        void verify(long icount) throws RecordingException, ReplayException {
            if (icount >= verifiedFrom && icount < verifiedTo) {
                return;
            }
            List<Checkpoint> checkpoints = recording.checkpoints();
            int checkpoint = restorableBefore(icount);
            int next = checkpoint + 1;
            while (next < checkpoints.size() && !recording.restorable(next)) {
                next++;
            }
            long from = checkpoints.get(checkpoint).icount();
            long to = next < checkpoints.size() ? checkpoints.get(next).icount() : Long.MAX_VALUE;
            // A replay of its own: one keeps a state of each stretch that it has verified.
            Replay verification = new Replay(recording, watcher);
            verification.verify(from, to == Long.MAX_VALUE ? to : to - 1);
            verifying += verification.executed();
            if (to == verifiedFrom) {
                verifiedFrom = from;
            } else if (from == verifiedTo) {
                verifiedTo = to;
            } else {
                verifiedFrom = from;
                verifiedTo = to;
            }
        }

        boolean look(boolean jumped) {
            states++;
            return condition.holds(moment, jumped);
        }

        Result result(Method method) {
            return new Result(method, states, replay.executed() + verifying);
        }

        Occurrence occurrence(@Nullable Position before) {
            return new Occurrence(
                    replay.icount(),
                    Optional.ofNullable(before)
                            .map(position ->
                                    Places.executed(recording.program().program(), replay.icount() - 1, position)),
                    moment.interrupt(),
                    Places.frames(replay.machine(), Words.FRAMES_MAX),
                    condition.values(moment));
        }

        /**
         * Looks at each state after {@code from}, and at the very first one, up to the one at {@code to} or the end of the run.
         *
         * @param sink is given each occurrence, and says whether to go on
         */
        void scan(long from, long to, Predicate<Occurrence> sink) throws RecordingException, ReplayException {
            verify(from);
            boolean held = jump(from);
            if (held && from == 0 && !sink.test(occurrence(null))) {
                return;
            }
            while (replay.icount() < to && replay.machine().status() == Status.RUNNING) {
                verify(replay.icount() + 1);
                Position before = replay.machine().position();
                moment.leave();
                boolean went = replay.step();
                if (!went && replay.machine().status() == Status.RUNNING) {
                    return;
                }
                boolean holds = look(false);
                if (holds
                        && (!held || condition.holdsByEvent(moment))
                        && !sink.test(occurrence(went ? before : null))) {
                    return;
                }
                held = holds;
            }
        }
    }

    /**
     * Where the condition becomes true for the first time.
     *
     * @param monotone whether to trust that it stays true once it is; not for events
     * @param sink is given the occurrence, if there is one
     * @param watcher gets the number of instructions replayed since its last call
     * @throws ReplayException if the recording does not replay as recorded
     */
    public Result first(boolean monotone, Consumer<Occurrence> sink, LongConsumer watcher)
            throws RecordingException, ReplayException {
        if (monotone || condition.rises()) {
            return halve(sink, watcher);
        }
        return every(
                occurrence -> {
                    sink.accept(occurrence);
                    return false;
                },
                watcher);
    }

    /** Each time that the condition becomes true, in order, until {@code sink} says that it is enough. */
    public Result every(Predicate<Occurrence> sink, LongConsumer watcher) throws RecordingException, ReplayException {
        Walk walk = new Walk(watcher);
        walk.scan(0, Long.MAX_VALUE, sink);
        return walk.result(Method.SCAN);
    }

    /** Where the condition becomes true for the last time. Looks from checkpoint to checkpoint, from the end. */
    public Result last(Consumer<Occurrence> sink, LongConsumer watcher) throws RecordingException, ReplayException {
        Walk walk = new Walk(watcher);
        List<Checkpoint> checkpoints = recording.checkpoints();
        long to = Long.MAX_VALUE;
        // At a checkpoint no event is seen, and so not whether an event made the condition hold there. Such a
        // condition's
        // state right behind a checkpoint belongs to the stretch before, which comes to it instruction by instruction.
        int overlap = condition.isEvent() ? 1 : 0;
        for (int i = checkpoints.size() - 1; i >= 0; i--) {
            if (!recording.restorable(i)) {
                continue;
            }
            List<Occurrence> last = new ArrayList<>();
            long from = checkpoints.get(i).icount();
            walk.scan(from, to, occurrence -> {
                if (from == 0 || overlap == 0 || occurrence.icount() > from + overlap) {
                    last.clear();
                    last.add(occurrence);
                }
                return true;
            });
            if (!last.isEmpty()) {
                sink.accept(last.get(0));
                break;
            }
            to = from + overlap;
        }
        return walk.result(Method.SCAN);
    }

    private Result halve(Consumer<Occurrence> sink, LongConsumer watcher) throws RecordingException, ReplayException {
        Walk walk = new Walk(watcher);
        // One more than the end stands for the state after a fault.
        long high = recording.icountEnd() + 1;
        if (!walk.jump(high)) {
            walk.verify(recording.icountEnd());
            return walk.result(Method.BINARY_SEARCH);
        }
        long low = -1;
        while (high - low > 1) {
            long middle = middle(low, high);
            if (walk.jump(middle)) {
                high = middle;
            } else {
                low = middle;
            }
        }
        walk.jump(Math.max(0, high - 1));
        Position before = null;
        if (high > 0) {
            before = walk.replay.machine().position();
            walk.moment.leave();
            if (!walk.replay.step()) {
                before = null;
            }
        }
        walk.verify(Math.max(0, high - 1));
        walk.verify(high);
        sink.accept(walk.occurrence(before));
        return walk.result(Method.BINARY_SEARCH);
    }

    /** The checkpoint in the middle of a stretch, as long as there is one in it: its state is at hand. */
    private long middle(long low, long high) {
        List<Checkpoint> checkpoints = recording.checkpoints();
        int first = checkpointFrom(low + 1);
        int last = checkpointFrom(high) - 1;
        return first <= last ? checkpoints.get((first + last) >>> 1).icount() : low + (high - low) / 2;
    }

    /** The index of the first checkpoint at {@code icount} or later. */
    private int checkpointFrom(long icount) {
        return Ascending.firstFrom(recording.checkpoints(), Checkpoint::icount, icount);
    }

    /** The index of the last checkpoint up to {@code icount} that can be restored; the first one always can. */
    private int restorableBefore(long icount) {
        int checkpoint = checkpointFrom(icount + 1) - 1;
        while (!recording.restorable(checkpoint)) {
            checkpoint--;
        }
        return checkpoint;
    }
}
