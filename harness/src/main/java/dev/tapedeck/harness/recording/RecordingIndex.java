package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.recording.Recording.Block;
import dev.tapedeck.harness.recording.Recording.Checkpoint;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is where in a log. It is made in one pass over all excerpts, which checks each checksum and the order of things, and
 * ends at the first one that is wrong: what stands before it is a recording that was cut there.
 */
final class RecordingIndex {
    private static final long PAYLOAD_BYTES_MAX = (1L << 30) + (1 << 20);

    /** States kept in memory: they share the pages that they have in common, and have so many of their own at most. */
    private static final int SNAPSHOTS_KEPT = 96;

    private static final long PAGES_KEPT = 1 << 14;

    private final Path path;
    final ExcerptLog log;
    VerifiedProgram program;
    RunOptions options;

    final List<Block> blocks = new ArrayList<>();
    final List<Checkpoint> checkpoints = new ArrayList<>();
    final BatchedList<Interrupt> interrupts = new BatchedList<>(
            Interrupt::icount,
            excerpt -> InterruptsDescriptor.decode(payload(excerpt)).interrupts());
    final BatchedList<HostCallRecord> hostCalls = new BatchedList<>(
            HostCallRecord::icount,
            excerpt -> HostCallsDescriptor.decode(payload(excerpt)).calls());

    @Nullable
    Outcome outcome;

    @Nullable
    String damage;

    boolean live;

    long icountEnd;
    long logBytes;
    long valuesBytes;
    long wholeExcerpts;

    private final List<Long> flowExcerpts = new ArrayList<>();
    private final List<Long> checkpointExcerpts = new ArrayList<>();
    private final List<CheckpointDescriptor.Form> checkpointForms = new ArrayList<>();
    /** The checksum of each excerpt, which is the seed of the next one's. */
    private long[] checksums = new long[64];

    private int cachedFlowBlock = -1;
    private @Nullable FlowDescriptor cachedFlow;

    /** @param pages that it does not share with the one before it */
    private record Kept(Snapshot snapshot, long pages) {}

    /** The one that was not asked for the longest time is first. */
    private final Map<Integer, Kept> snapshots = new LinkedHashMap<>(16, 0.75f, true);

    private long pagesKept;

    /** Interrupts and host calls of a block whose flow has not come yet. */
    private final List<Batch> waiting = new ArrayList<>();

    private record Batch(Frame.Kind kind, long excerpt, int count, long icountFirst, long icountLast) {}

    RecordingIndex(Path path, ExcerptLog log) throws RecordingException {
        this.path = path;
        this.log = log;
        if (log.size() == 0) {
            throw new RecordingException(path + " is not a recording, or was cut at its very start: it has no excerpt");
        }
        HeaderDescriptor header;
        try {
            Excerpt first = next(0);
            if (first == null) {
                throw new RecordingException("its end is missing");
            }
            if (first.kind != Frame.Kind.HEADER) {
                throw new RecordingException("it is a " + first.kind + ", expected the header");
            }
            header = HeaderDescriptor.decode(first.payload);
            wholeExcerpts = first.end;
            logBytes = first.bytes(0);
        } catch (RecordingException e) {
            throw new RecordingException(
                    path + " cannot be read: " + (e.newer() ? "" : "the first excerpt is damaged: ") + e.getMessage(),
                    e);
        }
        options = header.options();
        program = program(header);
        scan();
        if (checkpoints.isEmpty()) {
            // Cut right behind the header. What the start state is follows from that.
            Snapshot initial = initialState();
            checkpoints.add(new Checkpoint(initial.icount(), StateDigest.of(initial)));
            checkpointExcerpts.add(-1L);
            checkpointForms.add(CheckpointDescriptor.Form.INITIAL);
        }
    }

    private VerifiedProgram program(HeaderDescriptor header) throws RecordingException {
        try {
            VerifiedProgram verified = Verifier.verify(BcReader.read(header.program()));
            // What the options ask for has to be possible: a replay starts with it.
            Recorder.start(verified, header.options(), call -> {});
            return verified;
        } catch (FormatException | VerifyException | IllegalArgumentException e) {
            throw new RecordingException(path + " cannot be read: its program cannot be used: " + e.getMessage(), e);
        }
    }

    /** An excerpt with all its parts; {@code end} is the number of the next one. */
    @SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
    private record Excerpt(Frame.Kind kind, long end, byte[] payload) {
        long bytes(long start) {
            return payload.length + Frame.HEADER_BYTES * (end - start);
        }
    }

    /** Reads an excerpt whose predecessors have been read; null if the log ends in the middle of it. */
    private @Nullable Excerpt next(long number) throws RecordingException {
        Frame frame = frame(number);
        if (frame.last()) {
            return new Excerpt(frame.kind(), number + 1, frame.payload());
        }
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        payload.writeBytes(frame.payload());
        Frame.Kind kind = frame.kind();
        long end = number + 1;
        while (!frame.last()) {
            if (end >= log.size()) {
                return null;
            }
            frame = frame(end++);
            if (frame.kind() != kind) {
                throw new RecordingException("it goes on as a " + frame.kind());
            }
            if (payload.size() + (long) frame.payload().length > PAYLOAD_BYTES_MAX) {
                throw new RecordingException("it has more than " + PAYLOAD_BYTES_MAX + " bytes");
            }
            payload.writeBytes(frame.payload());
        }
        return new Excerpt(kind, end, payload.toByteArray());
    }

    private Frame frame(long number) throws RecordingException {
        byte[] bytes;
        try {
            bytes = log.read(number);
        } catch (IOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
        int i = Math.toIntExact(number);
        Frame frame = Frame.decode(bytes, number, i == 0 ? 0 : checksums[i - 1]);
        if (i == checksums.length) {
            checksums = Arrays.copyOf(checksums, i * 2);
        }
        checksums[i] = frame.checksum();
        return frame;
    }

    private byte[] payload(long number) throws RecordingException {
        try {
            Excerpt excerpt = next(number);
            if (excerpt == null) {
                throw new RecordingException("its end is missing");
            }
            return excerpt.payload;
        } catch (RecordingException e) {
            throw new RecordingException(
                    "excerpt " + number + " of " + path + " has changed since the recording was opened: "
                            + e.getMessage(),
                    e);
        }
    }

    private void scan() throws OutOfMemoryException {
        long number = wholeExcerpts;
        Frame.@Nullable Kind kind = null;
        try {
            while (number < log.size()) {
                kind = null;
                Excerpt excerpt = next(number);
                if (excerpt == null) {
                    break;
                }
                kind = excerpt.kind;
                if (outcome != null) {
                    throw new RecordingException("it follows the end");
                }
                add(excerpt, number);
                logBytes += excerpt.bytes(number);
                number = excerpt.end;
                if (waiting.isEmpty()) {
                    wholeExcerpts = number;
                }
            }
        } catch (OutOfMemoryException e) {
            // Nothing is wrong with the recording, and so it must not be taken for a shorter one.
            throw e;
        } catch (RecordingException e) {
            damage = "excerpt " + number + (kind == null ? "" : " (" + kind + ")") + " is damaged: " + e.getMessage()
                    + "; the recording reaches up to instruction count " + icountEnd;
        }
        if (damage == null && log.problem().isPresent()) {
            damage = log.problem().get() + "; the recording reaches up to instruction count " + icountEnd;
        }
        if (damage == null && outcome == null && log.live()) {
            live = true;
            damage = "it is still being written; so far it reaches up to instruction count " + icountEnd;
        }
        if (damage == null && outcome == null) {
            damage = "the recording was cut: it has no end; it reaches up to instruction count " + icountEnd;
        }
        waiting.clear();
    }

    private void add(Excerpt excerpt, long number) throws RecordingException {
        switch (excerpt.kind) {
            case HEADER -> throw new RecordingException("there is a second header");
            case INTERRUPTS -> {
                List<Interrupt> list =
                        InterruptsDescriptor.decode(excerpt.payload).interrupts();
                wait(
                        excerpt.kind,
                        number,
                        list.size(),
                        list.get(0).icount(),
                        list.get(list.size() - 1).icount());
            }
            case HOST_CALLS -> {
                List<HostCallRecord> list =
                        HostCallsDescriptor.decode(excerpt.payload).calls();
                for (HostCallRecord call : list) {
                    check(call);
                }
                wait(
                        excerpt.kind,
                        number,
                        list.size(),
                        list.get(0).icount(),
                        list.get(list.size() - 1).icount());
            }
            case FLOW -> addFlow(excerpt, number);
            case CHECKPOINT -> addCheckpoint(excerpt, number);
            case END -> addEnd(excerpt, number);
            case VALUES -> valuesBytes += excerpt.bytes(number);
            case OPTIONAL -> {}
        }
    }

    /** Whether a call fits the program's imports. */
    private void check(HostCallRecord call) throws RecordingException {
        List<Program.HostImport> imports = program.program().imports();
        if (call.hostImport() < 0 || call.hostImport() >= imports.size()) {
            throw new RecordingException(
                    "it has a call of import " + call.hostImport() + ", the program has " + imports.size());
        }
        Program.FunctionType type = program.program().typeOf(imports.get(call.hostImport()));
        int results = call.error().isPresent() ? 0 : type.results().size();
        if (call.arguments().size() != type.parameters().size()
                || call.results().size() != results) {
            throw new RecordingException("it has a call of "
                    + imports.get(call.hostImport()).qualifiedName() + " with "
                    + call.arguments().size() + " arguments and "
                    + call.results().size() + " results, expected "
                    + type.parameters().size() + " and " + results);
        }
        // A program without memories has one of no bytes, to which nothing can be written.
        int memories = Math.max(1, program.program().memories().size());
        for (Recording.MemoryWrite write : call.writes()) {
            if (write.memory() >= memories) {
                throw new RecordingException("it has a write to memory " + write.memory() + ", the program has "
                        + program.program().memories().size());
            }
        }
    }

    private void wait(Frame.Kind kind, long number, int count, long icountFirst, long icountLast)
            throws RecordingException {
        long earliest = icountEnd;
        for (Batch batch : waiting) {
            earliest = batch.kind == kind ? batch.icountLast : earliest;
        }
        if (icountFirst < earliest) {
            throw new RecordingException(
                    "it begins at instruction count " + icountFirst + ", what was before reaches " + earliest);
        }
        waiting.add(new Batch(kind, number, count, icountFirst, icountLast));
    }

    private void addFlow(Excerpt excerpt, long number) throws RecordingException {
        FlowDescriptor flow = FlowDescriptor.decodeHead(excerpt.payload);
        if (flow.start() != icountEnd || flow.instructions() > options.blockInstructions()) {
            throw new RecordingException("it has " + flow.instructions() + " instructions from " + flow.start()
                    + ", expected up to " + options.blockInstructions() + " from " + icountEnd);
        }
        if (!blocks.isEmpty()
                && (blocks.get(blocks.size() - 1).instructions() == 0
                        || icountEnd % options.blockInstructions() != 0)) {
            throw new RecordingException("the run ended in the block before it, at instruction count " + icountEnd);
        }
        long end = icountEnd + flow.instructions();
        for (Batch batch : waiting) {
            if (batch.icountLast > end) {
                throw new RecordingException("it ends at instruction count " + end + ", but " + batch.kind
                        + " before it reach " + batch.icountLast);
            }
        }
        for (Batch batch : waiting) {
            if (batch.kind == Frame.Kind.INTERRUPTS) {
                interrupts.add(batch.excerpt, batch.count, batch.icountLast);
            } else {
                hostCalls.add(batch.excerpt, batch.count, batch.icountLast);
            }
        }
        waiting.clear();
        blocks.add(new Block(flow.start(), flow.instructions(), flow.chainDigest()));
        flowExcerpts.add(number);
        icountEnd = end;
    }

    private void addCheckpoint(Excerpt excerpt, long number) throws RecordingException {
        CheckpointDescriptor head = CheckpointDescriptor.decodeHead(excerpt.payload);
        boolean first = checkpoints.isEmpty();
        if (first != (head.form() == CheckpointDescriptor.Form.INITIAL)) {
            throw new RecordingException(
                    first
                            ? "it is the first checkpoint and not the initial one"
                            : "there is an initial checkpoint already");
        }
        if (!waiting.isEmpty()) {
            throw new RecordingException("it stands between " + waiting.get(0).kind + " and their flow block");
        }
        if (!first && head.icount() <= checkpoints.get(checkpoints.size() - 1).icount()) {
            throw new RecordingException("there is one of instruction count " + head.icount() + " already");
        }
        if (first ? head.icount() != 0 : !isBlockEnd(head.icount())) {
            throw new RecordingException("it is of instruction count " + head.icount() + ", expected "
                    + (first ? "0" : "the end of a block, such as " + icountEnd));
        }
        checkpoints.add(new Checkpoint(head.icount(), head.stateDigest()));
        checkpointExcerpts.add(number);
        checkpointForms.add(head.form());
    }

    private boolean isBlockEnd(long icount) {
        int block = Ascending.firstFrom(blocks, Block::end, icount);
        return block < blocks.size() && blocks.get(block).end() == icount;
    }

    private void addEnd(Excerpt excerpt, long number) throws RecordingException {
        EndDescriptor end = EndDescriptor.decode(excerpt.payload);
        EndDescriptor counted = new EndDescriptor(
                end.outcome(),
                blocks.size(),
                interrupts.size(),
                hostCalls.size(),
                checkpoints.size(),
                checksums[(int) number - 1]);
        if (!end.equals(counted) || end.outcome().icount() != icountEnd || !waiting.isEmpty()) {
            throw new RecordingException("it counts other excerpts than there are");
        }
        Optional<Position> place = end.outcome().fault().map(Fault::position);
        if (place.isPresent() && !inProgram(place.get())) {
            throw new RecordingException("its fault is at " + place.get() + ", where the program has no instruction");
        }
        outcome = end.outcome();
    }

    private boolean inProgram(Position position) {
        List<Function> functions = program.program().functions();
        return position.function() < functions.size()
                && position.offset() < functions.get(position.function()).code().size();
    }

    synchronized FlowDescriptor flow(int block) throws RecordingException {
        FlowDescriptor flow = cachedFlow;
        if (flow == null || block != cachedFlowBlock) {
            long excerpt = flowExcerpts.get(block);
            try {
                flow = FlowDescriptor.decode(payload(excerpt));
            } catch (OutOfMemoryException e) {
                throw e;
            } catch (RecordingException e) {
                throw new RecordingException(
                        "excerpt " + excerpt + " (flow block) of " + path + " is damaged: " + e.getMessage(), e);
            }
            cachedFlow = flow;
            cachedFlowBlock = block;
        }
        return flow;
    }

    boolean restorable(int checkpoint) {
        return checkpointForms.get(checkpoint) != CheckpointDescriptor.Form.DIGEST_ONLY;
    }

    private Snapshot initialState() {
        return Recorder.start(program, options, call -> {}).snapshot();
    }

    synchronized Snapshot snapshot(int checkpoint) throws RecordingException {
        if (!restorable(checkpoint)) {
            throw new RecordingException("the state at instruction count "
                    + checkpoints.get(checkpoint).icount() + " of " + path + " is not stored, because it is too large");
        }
        // Back to a state that is at hand or complete, then forward by deltas.
        List<Integer> way = new ArrayList<>();
        StateDigest digest = new StateDigest();
        Snapshot state = null;
        int at = checkpoint;
        while (state == null) {
            Kept kept = snapshots.get(at);
            if (kept != null) {
                state = kept.snapshot;
            } else {
                CheckpointDescriptor.Form form = checkpointForms.get(at);
                if (form == CheckpointDescriptor.Form.INITIAL) {
                    state = initialState();
                    keep(at, state, state.heldPageCount());
                } else if (form == CheckpointDescriptor.Form.FULL) {
                    state = stored(at, null, digest);
                    keep(at, state, state.heldPageCount());
                } else {
                    if (form == CheckpointDescriptor.Form.DELTA) {
                        way.add(at);
                    }
                    at--;
                }
            }
        }
        if (!way.isEmpty()) {
            // Costs by the size of the state, unless that has just been read, and then by what changes.
            digest.next(state);
            for (int i = way.size() - 1; i >= 0; i--) {
                Snapshot base = state;
                state = stored(way.get(i), base, digest);
                keep(way.get(i), state, state.unsharedPageCount(base));
            }
        }
        return state;
    }

    private void keep(int checkpoint, Snapshot state, long pages) {
        snapshots.put(checkpoint, new Kept(state, pages));
        pagesKept += pages;
        Iterator<Kept> eldest = snapshots.values().iterator();
        while (snapshots.size() > 1 && (snapshots.size() > SNAPSHOTS_KEPT || pagesKept > PAGES_KEPT)) {
            pagesKept -= eldest.next().pages;
            eldest.remove();
        }
    }

    /** @param digest has been given the base, if there is one */
    private Snapshot stored(int checkpoint, @Nullable Snapshot base, StateDigest digest) throws RecordingException {
        long excerpt = checkpointExcerpts.get(checkpoint);
        try {
            CheckpointDescriptor descriptor = CheckpointDescriptor.decode(payload(excerpt));
            Snapshot snapshot = StoredState.read(program, descriptor.state(), base);
            if (snapshot.icount() != descriptor.icount()) {
                throw new RecordingException("its state is of instruction count " + snapshot.icount());
            }
            if (digest.next(snapshot) != descriptor.stateDigest()) {
                throw new RecordingException("its state is not the one of its digest");
            }
            return snapshot;
        } catch (RecordingException e) {
            throw new RecordingException(
                    "excerpt " + excerpt + " (checkpoint) of " + path + " cannot be used: " + e.getMessage(), e);
        }
    }
}
