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
 */
final class RecordingWriter {
    /** Deltas are written until they are together as large as a complete state, but at least this large. */
    private static final long DELTA_BYTES_MIN = 64 * 1024;

    private final ExcerptLog log;
    private long number;
    private long checksum;

    private final List<Interrupt> gatheredInterrupts = new ArrayList<>();
    private PayloadOutput gatheredCalls = new PayloadOutput();
    private int gatheredCallCount;
    private @Nullable RecordingException failure;

    private long blocks;
    private long interrupts;
    private long hostCalls;
    private long checkpoints;

    private @Nullable Snapshot checkpointBefore;
    private long fullBytes;
    private long deltaBytes;

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
        gatheredCallCount++;
        if (gatheredCalls.size() >= HostCallsDescriptor.GATHERED_BYTES) {
            keepFailure(this::flushCalls);
        }
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
            byte[] payload = HostCallsDescriptor.encode(gatheredCallCount, gatheredCalls);
            gatheredCallCount = 0;
            gatheredCalls = new PayloadOutput();
            append(Frame.Kind.HOST_CALLS, payload);
        }
    }

    void block(TracedRun.Cut cut) throws RecordingException {
        flushInterrupts();
        flushCalls();
        if (failure != null) {
            throw failure;
        }
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

    void checkpoint(Snapshot snapshot, long stateDigest) throws RecordingException {
        checkpoints++;
        Snapshot before = checkpointBefore;
        if (before == null) {
            throw new IllegalStateException("the first checkpoint is the initial one");
        }
        boolean full = deltaBytes >= Math.max(DELTA_BYTES_MIN, fullBytes);
        byte @Nullable [] state = full ? StoredState.full(snapshot) : StoredState.delta(snapshot, before);
        CheckpointDescriptor.Form form = state == null
                ? CheckpointDescriptor.Form.DIGEST_ONLY
                : full ? CheckpointDescriptor.Form.FULL : CheckpointDescriptor.Form.DELTA;
        byte[] payload = new CheckpointDescriptor(
                        snapshot.icount(), stateDigest, form, state == null ? new byte[0] : state)
                .encode();
        if (state != null) {
            checkpointBefore = snapshot;
            fullBytes = full ? payload.length : fullBytes;
            deltaBytes = full ? 0 : deltaBytes + payload.length;
        }
        append(Frame.Kind.CHECKPOINT, payload);
    }

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
