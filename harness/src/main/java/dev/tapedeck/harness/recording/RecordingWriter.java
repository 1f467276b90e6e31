package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.vm.machine.Snapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the excerpts of a recording in their order. Host calls and interrupts are gathered, since many are small, and
 * stand before the flow block in which they happened.
 *
 * <p>Encoding, compressing and appending is done by another thread, one step after the other, and so are checkpoints: a
 * snapshot never changes, so the machine can run on meanwhile. What is written, and in which order, depends on the run
 * alone.
 */
final class RecordingWriter {
    /** Deltas are written until they are together so many times as large as the last complete state. */
    private static final long DELTAS_PER_STATE = 4;

    /** And at least this large. */
    private static final long DELTA_BYTES_MIN = 64 * 1024;

    private static final long DRAIN_MILLISECONDS = 2000;

    private final ExcerptLog log;
    private final Conveyor conveyor;

    // These belong to the steps.
    private long number;
    private long checksum;
    private @Nullable Snapshot checkpointBefore;
    private long fullBytes;
    private long deltaBytes;

    private final List<Interrupt> gatheredInterrupts = new ArrayList<>();
    private PayloadOutput gatheredCalls = new PayloadOutput();
    private int gatheredCallCount;
    private long firstCall;
    private long lastCall;
    private @Nullable RecordingException failed;

    private long blocks;
    private long interrupts;
    private long hostCalls;
    private long checkpoints;

    RecordingWriter(ExcerptLog log) {
        this(log, new Conveyor());
    }

    RecordingWriter(ExcerptLog log, Conveyor conveyor) {
        this.log = log;
        this.conveyor = conveyor;
    }

    void header(HeaderDescriptor header) throws RecordingException {
        conveyor.add(() -> append(Frame.Kind.HEADER, header.encode()));
    }

    void interrupted(Interrupt interrupt) {
        keepFailure(() -> {
            interrupts++;
            gatheredInterrupts.add(interrupt);
            if (gatheredInterrupts.size() == InterruptsDescriptor.COUNT_MAX) {
                flushInterrupts();
            }
        });
    }

    void hostCalled(HostCallRecord call) {
        keepFailure(() -> {
            hostCalls++;
            HostCallsDescriptor.encode(gatheredCalls, call);
            if (gatheredCallCount++ == 0) {
                firstCall = call.icount();
            }
            lastCall = call.icount();
            if (gatheredCalls.size() >= HostCallsDescriptor.GATHERED_BYTES) {
                flushCalls();
            }
        });
    }

    /** An excerpt of {@link ValuesDescriptor}; of the block that is written next. */
    void values(byte[] payload) {
        keepFailure(() -> conveyor.add(payload.length, () -> append(Frame.Kind.VALUES, payload)));
    }

    /**
     * Takes note of something while the machine executes an instruction, which cannot fail because of the recording: what
     * goes wrong comes out with the next block, and nothing is noted or written any more. An error comes out at once; the
     * machine does not take it for a fault.
     */
    void keepFailure(Conveyor.Step step) {
        if (failed == null) {
            try {
                step.run();
            } catch (RecordingException e) {
                failed = e;
            } catch (RuntimeException e) {
                failed = RecordingException.inWriting(e);
            }
        }
    }

    private void throwFailure() throws RecordingException {
        if (failed != null) {
            throw failed;
        }
    }

    private void flushInterrupts() throws RecordingException {
        if (!gatheredInterrupts.isEmpty()) {
            InterruptsDescriptor gathered = new InterruptsDescriptor(List.copyOf(gatheredInterrupts));
            gatheredInterrupts.clear();
            conveyor.add(() -> append(Frame.Kind.INTERRUPTS, gathered.encode()));
        }
    }

    private void flushCalls() throws RecordingException {
        if (gatheredCallCount > 0) {
            int count = gatheredCallCount;
            long first = firstCall;
            long last = lastCall;
            PayloadOutput calls = gatheredCalls;
            gatheredCallCount = 0;
            gatheredCalls = new PayloadOutput();
            conveyor.add(
                    calls.size(),
                    () -> append(Frame.Kind.HOST_CALLS, HostCallsDescriptor.encode(count, first, last, calls)));
        }
    }

    void block(TracedRun.Cut cut) throws RecordingException {
        throwFailure();
        flushInterrupts();
        flushCalls();
        blocks++;
        conveyor.add(
                cut.bits().length + (long) cut.deliveries().size() * FlowDescriptor.DELIVERY_BYTES,
                () -> append(
                        Frame.Kind.FLOW,
                        new FlowDescriptor(
                                        cut.start(),
                                        (int) cut.instructions(),
                                        cut.chainDigest(),
                                        cut.deliveries(),
                                        (int) cut.bitCount(),
                                        cut.bits())
                                .encode()));
    }

    /** The state after the start, which a reader can make for itself. */
    void initialCheckpoint(Snapshot snapshot, long stateDigest) throws RecordingException {
        checkpoints++;
        conveyor.add(() -> {
            checkpointBefore = snapshot;
            append(
                    Frame.Kind.CHECKPOINT,
                    new CheckpointDescriptor(
                                    snapshot.icount(), stateDigest, CheckpointDescriptor.Form.INITIAL, new byte[0])
                            .encode());
        });
    }

    /** @param digest has been given the states before; must not be used until {@link #await} returns */
    void checkpoint(Snapshot snapshot, StateDigest digest) throws RecordingException {
        checkpoints++;
        conveyor.add(
                () -> append(snapshot, digest, deltaBytes >= Math.max(DELTA_BYTES_MIN, DELTAS_PER_STATE * fullBytes)));
    }

    /** The same when no block follows. It is never a complete state, for which nothing would pay any more. */
    void lastCheckpoint(Snapshot snapshot, StateDigest digest) throws RecordingException {
        checkpoints++;
        conveyor.add(() -> append(snapshot, digest, false));
    }

    private void append(Snapshot snapshot, StateDigest digest, boolean full) throws RecordingException {
        Snapshot base = checkpointBefore;
        if (base == null) {
            throw new IllegalStateException("the first checkpoint is the initial one");
        }
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
        if (form.stored()) {
            checkpointBefore = snapshot;
            boolean complete = form == CheckpointDescriptor.Form.FULL;
            fullBytes = complete ? payload.length : fullBytes;
            deltaBytes = complete ? 0 : deltaBytes + payload.length;
        }
        append(Frame.Kind.CHECKPOINT, payload);
    }

    /** Waits until everything is written. */
    void await() throws RecordingException {
        throwFailure();
        conveyor.await();
    }

    /** Waits until nothing is being written any more, so that the log can be closed, whatever became of it. */
    void settle() {
        conveyor.settle();
    }

    /** Waits, but not for long, until what has been brought so far is written; for a process that is about to end. */
    void drain() {
        try {
            conveyor.drain(DRAIN_MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void end(Outcome outcome) throws RecordingException {
        await();
        conveyor.add(() -> append(
                Frame.Kind.END,
                new EndDescriptor(outcome, blocks, interrupts, hostCalls, checkpoints, checksum).encode()));
        await();
    }

    private void append(Frame.Kind kind, byte[] payload) throws RecordingException {
        int from = 0;
        do {
            int to = Math.min(payload.length, from + Frame.PAYLOAD_BYTES_MAX);
            byte[] excerpt = Frame.encode(kind, to == payload.length, number, checksum, payload, from, to);
            try {
                log.append(excerpt);
            } catch (IOException e) {
                throw new RecordingException(
                        e.getMessage() + "; what was written before, and is still there, can be read", e);
            }
            number++;
            checksum = Frame.checksum(excerpt);
            from = to;
        } while (from < payload.length);
    }
}
