package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * An opened recording: an index of its excerpts; the large parts are read when they are asked for. It is opened even if
 * it was cut or damaged, and then reaches up to the last block before the damage.
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

    public record MemoryWrite(long address, byte[] bytes) {}

    /**
     * @param path a recording's directory, or a packed recording
     * @throws RecordingException if there is no recording, it is of another format version, or its header is damaged
     */
    public static Recording open(Path path) throws RecordingException {
        throw new UnsupportedOperationException("not yet");
    }

    public Path path() {
        throw new UnsupportedOperationException("not yet");
    }

    public VerifiedProgram program() {
        throw new UnsupportedOperationException("not yet");
    }

    public RunOptions options() {
        throw new UnsupportedOperationException("not yet");
    }

    public List<Block> blocks() {
        throw new UnsupportedOperationException("not yet");
    }

    /** The flow bits of a block, as {@code FlowTrace} gives them. */
    public byte[] flow(int block) throws RecordingException {
        throw new UnsupportedOperationException("not yet");
    }

    public List<Checkpoint> checkpoints() {
        throw new UnsupportedOperationException("not yet");
    }

    public Snapshot snapshot(int checkpoint) throws RecordingException {
        throw new UnsupportedOperationException("not yet");
    }

    public List<Interrupt> interrupts() {
        throw new UnsupportedOperationException("not yet");
    }

    public List<HostCallRecord> hostCalls() {
        throw new UnsupportedOperationException("not yet");
    }

    /** How the run ended; empty if the recording was cut. */
    public Optional<Outcome> outcome() {
        throw new UnsupportedOperationException("not yet");
    }

    /** How far the recording reaches, as an instruction count. */
    public long icountEnd() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Why the recording ends before the run did: cut or damaged, where; empty if it is complete. */
    public Optional<String> damage() {
        throw new UnsupportedOperationException("not yet");
    }

    /** Bytes of all excerpts, without the queue's own overhead. */
    public long logBytes() {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void close() {}
}
