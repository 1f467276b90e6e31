package dev.tapedeck.harness.report;

import com.github.difflib.DiffUtils;
import com.github.difflib.patch.AbstractDelta;
import com.github.difflib.patch.Chunk;
import com.github.difflib.patch.DeltaType;
import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.Checkpoint;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Step;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What both runs executed around the place where they part, row beside row.
 *
 * @param rows in order; in each the same instruction of both, or one that the other does not execute there
 */
public record Listing(List<Row> rows) {
    /** Instructions shown before the place. */
    public static final int BEFORE_MAX = 12;

    /** Instructions shown behind it. */
    public static final int AFTER_MAX = 6;

    /** No rows. */
    public static final Listing NONE = new Listing(List.of());

    /**
     * One instruction of each run, or of one of them.
     *
     * @param here whether the runs part here
     * @param same whether both did the same
     */
    public record Row(Optional<Step> a, Optional<Step> b, boolean here, boolean same) {}

    public Listing {
        rows = List.copyOf(rows);
    }

    /**
     * What a run executed around a place.
     *
     * @param at the instruction there; empty if the run has ended
     * @param checkpoint the one that a replay of this starts from, as an instruction count
     */
    public record Stretch(List<Step> before, Optional<Step> at, List<Step> after, long checkpoint) {
        /**
         * Replays a recording around the place where it parts from another one.
         *
         * @return without values, and without what comes behind, if there is no such place or the recording does not replay
         */
        static Stretch of(Recording recording, Bisection bisection, Bisection.Side side) {
            if (!bisection.diverged() || bisection.kind() == Bisection.Kind.REPLAY) {
                return recorded(side, -1);
            }
            long icount = side.at().map(Executed::icount).orElse(side.instructions());
            long checkpoint = checkpointBefore(recording, icount);
            try {
                List<Step> steps = steps(recording, icount - BEFORE_MAX, icount + AFTER_MAX + 1);
                List<Step> before = new ArrayList<>();
                List<Step> after = new ArrayList<>();
                Optional<Step> at = Optional.empty();
                for (Step step : steps) {
                    if (step.executed().icount() < icount) {
                        before.add(step);
                    } else if (step.executed().icount() > icount) {
                        after.add(step);
                    } else {
                        at = Optional.of(step);
                    }
                }
                return side.at().isPresent() == at.isPresent()
                        ? new Stretch(before, at, after, checkpoint)
                        : recorded(side, checkpoint);
            } catch (RecordingException | ReplayException e) {
                return recorded(side, checkpoint);
            }
        }

        /** What the bisection itself tells. */
        static Stretch recorded(Bisection.Side side, long checkpoint) {
            int skipped = Math.max(0, side.before().size() - BEFORE_MAX);
            return new Stretch(
                    side.before().subList(skipped, side.before().size()).stream()
                            .map(executed -> new Step(executed, ""))
                            .toList(),
                    side.at().map(executed -> new Step(executed, "")),
                    List.of(),
                    checkpoint);
        }
    }

    /** The last checkpoint at or before an instruction. */
    private static long checkpointBefore(Recording recording, long icount) {
        long last = 0;
        for (Checkpoint checkpoint : recording.checkpoints()) {
            if (checkpoint.icount() > icount) {
                break;
            }
            last = checkpoint.icount();
        }
        return last;
    }

    /**
     * What a recording executes from one instruction count to another, as far as it goes; the last one may be the instruction
     * that faults.
     *
     * @param from may be negative: the beginning
     */
    static List<Step> steps(Recording recording, long from, long to) throws RecordingException, ReplayException {
        Replay replay = new Replay(recording);
        replay.seek(Math.min(Math.max(0, from), recording.icountEnd()));
        Effect effect = new Effect(recording.program().program());
        List<Step> steps = new ArrayList<>();
        while (replay.icount() < to && replay.machine().status() == Status.RUNNING) {
            long icount = replay.icount();
            effect.read(replay.machine());
            Executed executed = Places.executed(
                    recording.program().program(), icount, new Position(effect.function, effect.offset));
            if (!replay.step() && replay.machine().status() != Status.FAULTED) {
                break;
            }
            steps.add(new Step(executed, Written.words(effect, replay.machine())));
        }
        return steps;
    }

    /** Both runs side by side; the place where they part in one row. */
    static Listing of(Stretch a, Stretch b) {
        // Up to the place, the same instruction in the same function is the same one, wherever a change has moved it
        // to. Behind
        // it the runs may go different ways through a function, and only what is as far from the place is the same.
        List<Row> rows = new ArrayList<>(aligned(a.before(), b.before(), Listing::name, Listing::name));
        rows.add(new Row(a.at(), b.at(), true, false));
        rows.addAll(aligned(a.after(), b.after(), step -> name(step, a.at()), step -> name(step, b.at())));
        return new Listing(rows);
    }

    private static List<Row> aligned(
            List<Step> a, List<Step> b, Function<Step, String> nameInA, Function<Step, String> nameInB) {
        List<Row> rows = new ArrayList<>();
        List<AbstractDelta<String>> deltas = DiffUtils.diff(
                        a.stream().map(nameInA).toList(),
                        b.stream().map(nameInB).toList(),
                        true)
                .getDeltas();
        for (AbstractDelta<String> delta : deltas) {
            List<Step> ofA = part(a, delta.getSource());
            List<Step> ofB = part(b, delta.getTarget());
            int height = Math.max(ofA.size(), ofB.size());
            for (int i = 0; i < height; i++) {
                // Of unequal stretches the ends stand beside each other: they are nearest to what follows.
                Optional<Step> stepA = at(ofA, i - (height - ofA.size()));
                Optional<Step> stepB = at(ofB, i - (height - ofB.size()));
                boolean same = delta.getType() == DeltaType.EQUAL
                        && stepA.map(Step::wrote).equals(stepB.map(Step::wrote));
                rows.add(new Row(stepA, stepB, false, same));
            }
        }
        return rows;
    }

    private static List<Step> part(List<Step> steps, Chunk<String> chunk) {
        return steps.subList(chunk.getPosition(), chunk.getPosition() + chunk.size());
    }

    private static Optional<Step> at(List<Step> steps, int index) {
        return index < 0 ? Optional.empty() : Optional.of(steps.get(index));
    }

    private static String name(Step step) {
        return step.executed().function() + " " + step.executed().text();
    }

    /** The same with how far it is from a place in the same function. */
    private static String name(Step step, Optional<Step> place) {
        int from = place.map(Step::executed)
                .filter(at -> at.function().equals(step.executed().function()))
                .map(Executed::offset)
                .orElse(0);
        return name(step) + " " + (step.executed().offset() - from);
    }
}
