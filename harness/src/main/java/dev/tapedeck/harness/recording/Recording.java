package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.vm.machine.FlowTrace.Delivery;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * An opened recording: an index of its excerpts; the large parts are read when they are asked for. It is opened even if
 * it was cut or damaged, and then reaches up to the last block before the damage; and while it is being written, up to the
 * last block that was complete when it was opened.
 */
public final class Recording implements AutoCloseable {
    /**
     * A stretch of the run.
     *
     * @param start instruction count at its beginning
     * @param instructions number of instructions in it
     * @param chainDigest the chain over effects and states at its end: once two runs differ here, they differ in every
     *     later block
     */
    public record Block(long start, long instructions, long chainDigest) {
        public long end() {
            return start + instructions;
        }
    }

    /** A stored state. There is one at instruction count 0. */
    public record Checkpoint(long icount, long stateDigest) {}

    /** An interrupt that came from outside before the instruction at {@code icount}. */
    public record Interrupt(long icount, int signal, long payload) {}

    /**
     * A host call and all that it changed.
     *
     * @param icount instructions completed before it
     * @param hostImport index of the import
     * @param arguments cells
     * @param results cells
     * @param writes memory ranges that the host wrote, in order
     * @param halt the exit code if the host stopped the program
     * @param error the message if the host function failed
     */
    public record HostCallRecord(
            long icount,
            int hostImport,
            List<Long> arguments,
            List<Long> results,
            List<MemoryWrite> writes,
            Optional<Integer> halt,
            Optional<String> error) {}

    /** Bytes that a host wrote to the memory with this index. */
    @SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
    public record MemoryWrite(int memory, long address, byte[] bytes) {}

    private final Path path;
    private final RecordingIndex index;

    private Recording(Path path, RecordingIndex index) {
        this.path = path;
        this.index = index;
    }

    /**
     * @param path a recording's directory, or a packed recording
     * @throws RecordingException if there is no recording, it is of another format version, or its header is damaged
     */
    public static Recording open(Path path) throws RecordingException {
        ExcerptLog log;
        try {
            log = Files.isRegularFile(path) ? PackedLog.open(path) : ChronicleLog.openForReading(path);
        } catch (IOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
        try {
            return new Recording(path, new RecordingIndex(path, log));
        } catch (RecordingException e) {
            log.close();
            throw e;
        }
    }

    public Path path() {
        return path;
    }

    public VerifiedProgram program() {
        return index.program;
    }

    public RunOptions options() {
        return index.options;
    }

    public List<Block> blocks() {
        return Collections.unmodifiableList(index.blocks);
    }

    /** The flow bits of a block, as {@code FlowTrace} gives them. */
    public byte[] flow(int block) throws RecordingException {
        return index.flow(block).bits();
    }

    /** The number of flow bits of a block. */
    public int flowBitCount(int block) throws RecordingException {
        return index.flow(block).bitCount();
    }

    /** Where interrupts took the run into their handlers, in a block. */
    public List<Delivery> deliveries(int block) throws RecordingException {
        return index.flow(block).deliveries();
    }

    /** Whether an interrupt took the run into its handler at the boundary before the instruction at {@code icount}. */
    public boolean deliveredAt(long icount) throws RecordingException {
        int next = Ascending.firstFrom(index.blocks, Block::start, icount + 1);
        // At the end of a block, it may be in that one or in the next.
        for (int block = next - 1; block >= 0 && index.blocks.get(block).end() >= icount; block--) {
            for (Delivery delivery : deliveries(block)) {
                if (delivery.icount() == icount) {
                    return true;
                }
            }
        }
        return false;
    }

    public List<Checkpoint> checkpoints() {
        return Collections.unmodifiableList(index.checkpoints);
    }

    /** Whether {@link #snapshot} has a state for a checkpoint; very large ones are not stored. */
    public boolean restorable(int checkpoint) {
        return index.restorable(checkpoint);
    }

    /** The state of a checkpoint. Costs by what changed since the last complete one before it. */
    public Snapshot snapshot(int checkpoint) throws RecordingException {
        return index.snapshot(checkpoint);
    }

    public List<Interrupt> interrupts() {
        return Collections.unmodifiableList(index.interrupts);
    }

    public List<HostCallRecord> hostCalls() {
        return Collections.unmodifiableList(index.hostCalls);
    }

    /** The index of the first of the {@link #interrupts} at {@code icount} or later; their number if there is none. */
    public int firstInterrupt(long icount) {
        return index.interrupts.firstFrom(icount);
    }

    /** The index of the first of the {@link #hostCalls} at {@code icount} or later; their number if there is none. */
    public int firstHostCall(long icount) {
        return index.hostCalls.firstFrom(icount);
    }

    /** The host call at an instruction count, if there is one. */
    public Optional<HostCallRecord> hostCallAt(long icount) {
        int first = firstHostCall(icount);
        return first < index.hostCalls.size() && index.hostCalls.get(first).icount() == icount
                ? Optional.of(index.hostCalls.get(first))
                : Optional.empty();
    }

    /** How the run ended; empty if the recording was cut. */
    public Optional<Outcome> outcome() {
        return Optional.ofNullable(index.outcome);
    }

    /** The instruction count at which the run ended at the latest: where it was stopped, or else its instruction limit. */
    public long icountMax() {
        return outcome()
                .filter(outcome -> outcome.kind() == Outcome.Kind.STOPPED)
                .map(Outcome::icount)
                .orElse(options().instructionLimit());
    }

    /** How far the recording reaches, as an instruction count. */
    public long icountEnd() {
        return index.icountEnd;
    }

    /** Whether the recording was still being written, and whole so far, when it was opened. */
    public boolean live() {
        return index.live;
    }

    /** Why the recording ends before the run did: cut, damaged or still written, where; empty if it is complete. */
    public Optional<String> damage() {
        return Optional.ofNullable(index.damage);
    }

    /** Bytes of all excerpts, without the queue's own overhead. */
    public long logBytes() {
        return index.logBytes;
    }

    /** Those of them that say what instructions wrote, of {@link Detail#VALUES}. */
    public long valuesBytes() {
        return index.valuesBytes;
    }

    ExcerptLog log() {
        return index.log;
    }

    /** The number of excerpts up to the damage, or all of them. */
    long wholeExcerpts() {
        return index.wholeExcerpts;
    }

    @Override
    public void close() {
        index.log.close();
    }
}
