package dev.tapedeck.harness.condition;

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
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds where in a run a condition becomes true: holds, and did not one instruction before; an event, wherever it happens.
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
     * @param frames the call stack then, innermost first
     * @param values of what the condition looks at
     */
    public record Occurrence(long icount, Optional<Executed> after, List<Frame> frames, List<Condition.Value> values) {
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
        private final Replay replay;
        private final Moment moment;
        private long states;

        Walk(LongConsumer watcher) throws RecordingException {
            replay = new Replay(recording, watcher);
            moment = new Moment(recording, replay.machine());
        }

        boolean jump(long icount) throws RecordingException, ReplayException {
            replay.seek(icount);
            moment.jump();
            return look(true);
        }

        boolean look(boolean jumped) {
            states++;
            return condition.holds(moment, jumped);
        }

        Result result(Method method) {
            return new Result(method, states, replay.executed());
        }

        Occurrence occurrence(@Nullable Position before) {
            return new Occurrence(
                    replay.icount(),
                    Optional.ofNullable(before)
                            .map(position ->
                                    Places.executed(recording.program().program(), replay.icount() - 1, position)),
                    Places.frames(replay.machine(), Words.FRAMES_MAX),
                    condition.values(moment));
        }

        /**
         * Looks at each state after {@code from}, and at the very first one, up to the one at {@code to} or the end of the run.
         *
         * @param sink is given each occurrence, and says whether to go on
         */
        void scan(long from, long to, Predicate<Occurrence> sink) throws RecordingException, ReplayException {
            boolean held = jump(from);
            if (held && from == 0 && !sink.test(occurrence(null))) {
                return;
            }
            while (replay.icount() < to && replay.machine().status() == Status.RUNNING) {
                Position before = replay.machine().position();
                moment.leave();
                boolean went = replay.step();
                if (!went && replay.machine().status() == Status.RUNNING) {
                    return;
                }
                boolean holds = look(false);
                if (holds && (!held || condition.isEvent()) && !sink.test(occurrence(went ? before : null))) {
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
        for (int i = checkpoints.size() - 1; i >= 0; i--) {
            if (!recording.restorable(i)) {
                continue;
            }
            List<Occurrence> last = new ArrayList<>();
            walk.scan(checkpoints.get(i).icount(), to, occurrence -> {
                last.clear();
                last.add(occurrence);
                return true;
            });
            if (!last.isEmpty()) {
                sink.accept(last.get(0));
                break;
            }
            to = checkpoints.get(i).icount();
        }
        return walk.result(Method.SCAN);
    }

    private Result halve(Consumer<Occurrence> sink, LongConsumer watcher) throws RecordingException, ReplayException {
        Walk walk = new Walk(watcher);
        // One more than the end stands for the state after a fault.
        long high = recording.icountEnd() + 1;
        if (!walk.jump(high)) {
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
        sink.accept(walk.occurrence(before));
        return walk.result(Method.BINARY_SEARCH);
    }

    /** The checkpoint in the middle of a stretch, as long as there is one in it: its state is at hand. */
    private long middle(long low, long high) {
        List<Checkpoint> checkpoints = recording.checkpoints();
        int first = firstAfter(low);
        int last = firstAfter(high - 1) - 1;
        return first <= last ? checkpoints.get((first + last) >>> 1).icount() : low + (high - low) / 2;
    }

    /** The index of the first checkpoint beyond an instruction count. */
    private int firstAfter(long icount) {
        int low = 0;
        int high = recording.checkpoints().size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (recording.checkpoints().get(middle).icount() <= icount) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
