package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.LogWalk;
import dev.tapedeck.vm.program.Program;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Finds the first divergent instruction of two recordings. See docs/bisection.md for the method, what it guarantees and
 * what it costs.
 */
public final class Bisector {
    /** Instructions, of both runs together, that are executed to see what becomes of a difference between versions. */
    static final long FOLLOWED_INSTRUCTIONS = 1L << 23;

    private final Lane a;
    private final Lane b;
    private long probes;

    private Bisector(Lane a, Lane b) {
        this.a = a;
        this.b = b;
    }

    /**
     * Compares two runs of one program, or of two versions of a program. Both recordings stay open.
     *
     * @param a the reference
     * @param b the run in question
     * @throws RecordingException if a recording cannot be read
     */
    public static Bisection bisect(Recording a, Recording b) throws RecordingException {
        return bisect(a, b, executed -> {});
    }

    /**
     * The same, watched.
     *
     * @param watcher gets the number of instructions executed so far in all replays, now and then
     */
    public static Bisection bisect(Recording a, Recording b, LongConsumer watcher) throws RecordingException {
        AtomicLong executed = new AtomicLong();
        LongConsumer counter = instructions -> watcher.accept(executed.addAndGet(instructions));
        Lane laneA = new Lane(a, counter);
        Lane laneB = new Lane(b, counter);
        Bisector bisector = new Bisector(laneA, laneB);
        boolean versions = !laneA.program.core().equals(laneB.program.core());
        Optional<ProgramAlignment> alignment =
                versions ? Optional.of(new ProgramAlignment(laneA.program, laneB.program)) : Optional.empty();
        Explanation explanation = new Explanation(laneA, laneB, alignment);
        try {
            Optional<Divergence> found = bisector.find(alignment);
            return found.isPresent() ? explanation.of(found.get(), bisector.probes) : explanation.none(bisector.probes);
        } catch (Unfaithful e) {
            return explanation.unfaithful(e, bisector.probes);
        } catch (UncheckedIOException e) {
            // The lists of a recording read from its file while they are used.
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
    }

    private Optional<Divergence> find(Optional<ProgramAlignment> alignment) throws RecordingException, Unfaithful {
        if (startsDifferently(alignment)) {
            return Optional.of(Divergence.at(Bisection.Kind.START, 0, true, ""));
        }
        if (alignment.isPresent()) {
            return findBetweenVersions(alignment.get());
        }
        RunSearch search = new RunSearch(a, b);
        try {
            return search.find();
        } finally {
            probes += search.probes();
        }
    }

    private boolean startsDifferently(Optional<ProgramAlignment> alignment) {
        if (!a.recording.options().arguments().equals(b.recording.options().arguments())) {
            return true;
        }
        int functionA = start(a);
        int functionB = start(b);
        return alignment.isPresent()
                ? functionA < 0 || alignment.get().functionToB(functionA) != functionB
                : functionA != functionB;
    }

    private static int start(Lane lane) {
        Program program = lane.program;
        String function = lane.recording.options().function();
        return program.findStart(function).orElse(-1);
    }

    private Optional<Divergence> findBetweenVersions(ProgramAlignment alignment) throws RecordingException, Unfaithful {
        if (!skipSameEffects(alignment)) {
            long common = commonPrefix(alignment);
            a.seek(common);
            b.seek(common);
        }
        long fromA = a.icount();
        long fromB = b.icount();
        VersionWalk walk = new VersionWalk(a, b, alignment);
        Optional<VersionWalk.Found> end = walk.walk();
        Optional<CourseWalk.Followed> followed = walk.follow(FOLLOWED_INSTRUCTIONS);
        // What was walked has to be what was recorded before anything is concluded from it.
        a.verify(fromA, a.icount());
        b.verify(fromB, b.icount());
        return end.map(found -> {
            Origin origin = found.origin();
            boolean before = origin.kind() == Bisection.Kind.INTERRUPT
                    || origin.kind() == Bisection.Kind.END
                    || (origin.kind() == Bisection.Kind.MACHINE && injected(origin));
            return new Divergence(
                    origin.kind(),
                    origin.icountA(),
                    origin.icountB(),
                    before,
                    origin.presence(),
                    Optional.of(found.seen()),
                    followed,
                    "");
        });
    }

    private boolean injected(Origin origin) {
        return a.recording.options().injections().stream().anyMatch(i -> i.icount() == origin.icountA())
                || b.recording.options().injections().stream().anyMatch(i -> i.icount() == origin.icountB());
    }

    /**
     * Where every instruction of the one program has its counterpart at the same position of the other, as after a changed
     * constant, the digests of the two recordings mean the same, and blocks with equal ones can be left out: jumps, stores,
     * host calls and the states at their ends are equal.
     *
     * @return whether the replays now stand behind such blocks
     */
    private boolean skipSameEffects(ProgramAlignment alignment) throws RecordingException, Unfaithful {
        if (!alignment.sameLayout()
                || !alignment.sameInitialState()
                || !a.recording.options().limits().equals(b.recording.options().limits())
                || !BlockSearch.sameGrid(a.recording, b.recording)) {
            return false;
        }
        BlockSearch search = BlockSearch.of(a.recording, b.recording);
        probes += search.probes();
        long injected = Inputs.firstIgnoringHost(a.recording, b.recording);
        if (search.from() == 0 || injected <= search.from()) {
            return false;
        }
        a.seek(search.from());
        b.seek(search.from());
        probes++;
        return a.machine().snapshot().sameState(b.machine().snapshot());
    }

    /**
     * How long both runs have executed nothing but functions that have not changed, on the same state and the same input:
     * so long they did the same, instruction by instruction, and nothing has to be replayed to know it.
     */
    private long commonPrefix(ProgramAlignment alignment) throws RecordingException {
        if (!alignment.sameInitialState()
                || !a.recording.options().limits().equals(b.recording.options().limits())) {
            return 0;
        }
        long end = Math.min(a.recording.icountEnd(), b.recording.icountEnd());
        long prefix = Math.min(end, firstInput(alignment));
        if (allUnchanged(alignment)) {
            return prefix;
        }
        long[] reached = {prefix};
        long limit = prefix;
        LogWalk.walk(a.recording, 0, entry -> {
            if (entry.icount() >= limit) {
                return false;
            }
            if (entry instanceof LogWalk.Entry.Executed executed
                    && !alignment.unchanged(executed.position().function())) {
                reached[0] = executed.icount();
                return false;
            }
            return true;
        });
        return reached[0];
    }

    private boolean allUnchanged(ProgramAlignment alignment) {
        for (int i = 0; i < a.program.functions().size(); i++) {
            if (!alignment.unchanged(i)) {
                return false;
            }
        }
        return true;
    }

    /** The first input from outside that differs between runs that execute the same. */
    private long firstInput(ProgramAlignment alignment) {
        var callsA = a.recording.hostCalls();
        var callsB = b.recording.hostCalls();
        long first = Inputs.firstIgnoringHost(a.recording, b.recording);
        for (int i = 0; i < Math.max(callsA.size(), callsB.size()); i++) {
            if (i >= callsA.size() || i >= callsB.size() || !same(callsA.get(i), callsB.get(i), alignment)) {
                long icountA = i < callsA.size() ? callsA.get(i).icount() : Long.MAX_VALUE;
                long icountB = i < callsB.size() ? callsB.get(i).icount() : Long.MAX_VALUE;
                return Math.min(first, Math.min(icountA, icountB));
            }
        }
        return first;
    }

    private static boolean same(HostCallRecord ofA, HostCallRecord ofB, ProgramAlignment alignment) {
        return ofA.icount() == ofB.icount()
                && alignment.importToB(ofA.hostImport()) == ofB.hostImport()
                && Inputs.sameBesidesImport(ofA, ofB);
    }
}
