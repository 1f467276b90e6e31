package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.vm.machine.Snapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Writes the excerpts of a recording in their order. Host calls and interrupts are gathered, since many are small, and
 * stand before the flow block in which they happened.
 *
 * <p>A checkpoint is made ready by another thread: a snapshot never changes, so the machine can run on meanwhile. It is
 * written some blocks later, always as many, so that the order of excerpts depends on the run alone.
 */
final class RecordingWriter {
    /** Deltas are written until they are together as large as a complete state, but at least this large. */
    private static final long DELTA_BYTES_MIN = 64 * 1024;

    /** Blocks that are written between the block at whose end a checkpoint was taken and the checkpoint. */
    private static final int BLOCKS_BETWEEN = 4;

    /** Not the common pool, on which whoever uses this may have work that waits. Threads go when there is nothing to do. */
    private static final Executor MAKERS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "tapedeck-checkpoints");
        thread.setDaemon(true);
        return thread;
    });

    private final ExcerptLog log;
    private long number;
    private long checksum;

    private final List<Interrupt> gatheredInterrupts = new ArrayList<>();
    private PayloadOutput gatheredCalls = new PayloadOutput();
    private int gatheredCallCount;
    private long firstCall;
    private long lastCall;
    private @Nullable RecordingException failure;

    private long blocks;
    private long interrupts;
    private long hostCalls;
    private long checkpoints;

    private @Nullable Snapshot checkpointBefore;
    private long fullBytes;
    private long deltaBytes;

    private @Nullable CompletableFuture<Checkpoint> pending;
    private int blocksBetween;

    /** A checkpoint, ready to be written. */
    @SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
    private record Checkpoint(Snapshot snapshot, CheckpointDescriptor.Form form, byte[] payload) {}

    RecordingWriter(ExcerptLog log) {
        this.log = log;
    }

    void header(HeaderDescriptor header) throws RecordingException {
        append(Frame.Kind.HEADER, header.encode());
    }

    void interrupted(Interrupt interrupt) {
        interrupts++;
        gatheredInterrupts.add(interrupt);
        if (gatheredInterrupts.size() == InterruptsDescriptor.COUNT_MAX) {
            keepFailure(this::flushInterrupts);
        }
    }

    void hostCalled(HostCallRecord call) {
        hostCalls++;
        HostCallsDescriptor.encode(gatheredCalls, call);
        if (gatheredCallCount++ == 0) {
            firstCall = call.icount();
        }
        lastCall = call.icount();
        if (gatheredCalls.size() >= HostCallsDescriptor.GATHERED_BYTES) {
            keepFailure(this::flushCalls);
        }
    }

    /** An excerpt of {@link ValuesDescriptor}; of the block that is written next. */
    void values(byte[] payload) {
        keepFailure(() -> append(Frame.Kind.VALUES, payload));
    }

    private interface Step {
        void run() throws RecordingException;
    }

    /** A host call cannot fail because of the recording: the failure comes out with the next block. */
    private void keepFailure(Step step) {
        try {
            step.run();
        } catch (RecordingException e) {
            if (failure == null) {
                failure = e;
            }
        }
    }

    private void flushInterrupts() throws RecordingException {
        if (!gatheredInterrupts.isEmpty()) {
            byte[] payload = new InterruptsDescriptor(List.copyOf(gatheredInterrupts)).encode();
            gatheredInterrupts.clear();
            append(Frame.Kind.INTERRUPTS, payload);
        }
    }

    private void flushCalls() throws RecordingException {
        if (gatheredCallCount > 0) {
            byte[] payload = HostCallsDescriptor.encode(gatheredCallCount, firstCall, lastCall, gatheredCalls);
            gatheredCallCount = 0;
            gatheredCalls = new PayloadOutput();
            append(Frame.Kind.HOST_CALLS, payload);
        }
    }

    void block(TracedRun.Cut cut) throws RecordingException {
        if (failure != null) {
            throw failure;
        }
        flushInterrupts();
        flushCalls();
        blocks++;
        append(
                Frame.Kind.FLOW,
                new FlowDescriptor(
                                cut.start(),
                                (int) cut.instructions(),
                                cut.chainDigest(),
                                cut.deliveries(),
                                (int) cut.bitCount(),
                                cut.bits())
                        .encode());
        if (pending != null && ++blocksBetween == BLOCKS_BETWEEN) {
            await();
        }
    }

    /** The state after the start, which a reader can make for itself. */
    void initialCheckpoint(Snapshot snapshot, long stateDigest) throws RecordingException {
        checkpoints++;
        checkpointBefore = snapshot;
        append(
                Frame.Kind.CHECKPOINT,
                new CheckpointDescriptor(snapshot.icount(), stateDigest, CheckpointDescriptor.Form.INITIAL, new byte[0])
                        .encode());
    }

    /** @param digest has been given the states before; must not be used until {@link #await} returns */
    void checkpoint(Snapshot snapshot, StateDigest digest) throws RecordingException {
        await();
        prepare(snapshot, digest, deltaBytes >= Math.max(DELTA_BYTES_MIN, fullBytes));
    }

    /** The same when no block follows. It is never a complete state, for which nothing would pay any more. */
    void lastCheckpoint(Snapshot snapshot, StateDigest digest) throws RecordingException {
        await();
        prepare(snapshot, digest, false);
    }

    private void prepare(Snapshot snapshot, StateDigest digest, boolean full) {
        checkpoints++;
        Snapshot before = checkpointBefore;
        if (before == null) {
            throw new IllegalStateException("the first checkpoint is the initial one");
        }
        blocksBetween = 0;
        pending = CompletableFuture.supplyAsync(() -> checkpoint(snapshot, before, full, digest), MAKERS);
    }

    private static Checkpoint checkpoint(Snapshot snapshot, Snapshot base, boolean full, StateDigest digest) {
        long stateDigest = digest.next(snapshot);
        byte @Nullable [] state = full ? StoredState.full(snapshot) : null;
        CheckpointDescriptor.Form form = CheckpointDescriptor.Form.FULL;
        if (state == null) {
            // Of a state that is too large as a whole, what has changed is often small enough.
            state = StoredState.delta(snapshot, base);
            form = state == null ? CheckpointDescriptor.Form.DIGEST_ONLY : CheckpointDescriptor.Form.DELTA;
        }
        byte[] payload = new CheckpointDescriptor(
                        snapshot.icount(), stateDigest, form, state == null ? new byte[0] : state)
                .encode();
        return new Checkpoint(snapshot, form, payload);
    }

    /** Waits until the last checkpoint is ready, and writes it. Only where a block has just been written. */
    void await() throws RecordingException {
        CompletableFuture<Checkpoint> last = pending;
        if (last == null) {
            return;
        }
        pending = null;
        Checkpoint checkpoint = join(last);
        int length = checkpoint.payload.length;
        if (checkpoint.form.stored()) {
            checkpointBefore = checkpoint.snapshot;
            boolean full = checkpoint.form == CheckpointDescriptor.Form.FULL;
            fullBytes = full ? length : fullBytes;
            deltaBytes = full ? 0 : deltaBytes + length;
        }
        append(Frame.Kind.CHECKPOINT, checkpoint.payload);
    }

    /** What goes wrong over there goes wrong here. */
    private static Checkpoint join(CompletableFuture<Checkpoint> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            if (e.getCause() instanceof RuntimeException exception) {
                throw exception;
            }
            throw e;
        }
    }

    /** After the last {@link #await}. */
    void end(Outcome outcome) throws RecordingException {
        append(
                Frame.Kind.END,
                new EndDescriptor(outcome, blocks, interrupts, hostCalls, checkpoints, checksum).encode());
    }

    private void append(Frame.Kind kind, byte[] payload) throws RecordingException {
        int from = 0;
        do {
            int to = Math.min(payload.length, from + Frame.PAYLOAD_BYTES_MAX);
            byte[] excerpt = Frame.encode(kind, to == payload.length, number, checksum, payload, from, to);
            try {
                log.append(excerpt);
            } catch (IOException e) {
                throw new RecordingException(e.getMessage() + "; what was recorded before stays readable", e);
            }
            number++;
            checksum = Frame.checksum(excerpt);
            from = to;
        } while (from < payload.length);
    }
}
