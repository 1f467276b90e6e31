package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Passes calls on to a host and tells what came of them. It has no state of its own for snapshots: a replay needs no host,
 * and so neither does a checkpoint.
 */
final class RecordingHost implements Host {
    private final Program program;
    private final Host host;
    private final Consumer<HostCallRecord> calls;
    private final long writtenBytesMax;

    /** @param calls is told of each call; what it throws, the machine takes for a failure of the host */
    RecordingHost(Program program, Host host, Consumer<HostCallRecord> calls) {
        this(program, host, calls, HostCallsDescriptor.WRITTEN_BYTES_MAX);
    }

    /** @param writtenBytesMax how much one call may write to memory */
    RecordingHost(Program program, Host host, Consumer<HostCallRecord> calls, long writtenBytesMax) {
        this.program = program;
        this.host = host;
        this.calls = calls;
        this.writtenBytesMax = writtenBytesMax;
    }

    @Override
    public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
        return host.linkProblem(hostImport, type);
    }

    @Override
    public void call(HostCall call) throws HostException {
        Watched watched =
                new Watched(call, program.typeOf(call.hostImport()).results().size(), writtenBytesMax);
        HostCallRecord done;
        try {
            host.call(watched);
            done = watched.done();
        } catch (HostException e) {
            calls.accept(watched.failed(e.getMessage()));
            throw e;
        } catch (Throwable e) {
            // Also what no signature names.
            if (HostException.endsMachine(e)) {
                throw e;
            }
            // The machine takes it as a failure with this message.
            calls.accept(watched.failed(e.toString()));
            throw e;
        }
        calls.accept(done);
    }

    private static final class Watched implements HostCall {
        private final HostCall call;
        private final long[] results;
        private final List<MemoryWrite> writes = new ArrayList<>();
        private final long writtenBytesMax;
        private long writtenBytes;
        private @Nullable Integer exitCode;

        Watched(HostCall call, int resultCount, long writtenBytesMax) {
            this.call = call;
            this.writtenBytesMax = writtenBytesMax;
            this.results = new long[resultCount];
        }

        HostCallRecord done() {
            return new HostCallRecord(
                    call.icount(),
                    call.index(),
                    arguments(),
                    LongStream.of(results).boxed().toList(),
                    List.copyOf(writes),
                    Optional.ofNullable(exitCode),
                    Optional.empty());
        }

        /** The machine undoes what a failed call has written, and gives no results. */
        HostCallRecord failed(@Nullable String message) {
            return new HostCallRecord(
                    call.icount(),
                    call.index(),
                    arguments(),
                    List.of(),
                    List.of(),
                    Optional.empty(),
                    Optional.of(message == null ? "failed" : message));
        }

        private List<Long> arguments() {
            List<Long> arguments = new ArrayList<>();
            for (int i = 0; i < call.argumentCount(); i++) {
                arguments.add(call.argument(i));
            }
            return List.copyOf(arguments);
        }

        @Override
        public int index() {
            return call.index();
        }

        @Override
        public HostImport hostImport() {
            return call.hostImport();
        }

        @Override
        public long icount() {
            return call.icount();
        }

        @Override
        public int argumentCount() {
            return call.argumentCount();
        }

        @Override
        public long argument(int index) {
            return call.argument(index);
        }

        @Override
        public void setResult(int index, long cell) {
            call.setResult(index, cell);
            results[index] = cell;
        }

        @Override
        public long memoryBytes() {
            return call.memoryBytes();
        }

        @Override
        public byte[] readMemory(long address, int length) throws HostException {
            return call.readMemory(address, length);
        }

        @Override
        public void writeMemory(int memory, long address, byte[] bytes) throws HostException {
            long written = writtenBytes + HostCallsDescriptor.WRITE_BYTES_MIN + bytes.length;
            if (written > writtenBytesMax) {
                throw new HostException("the call has written so much to memory that " + bytes.length
                        + " bytes more do not fit into a recording, which holds " + writtenBytesMax
                        + " bytes of one call, "
                        + HostCallsDescriptor.WRITE_BYTES_MIN + " besides for each write; write less in one call");
            }
            call.writeMemory(memory, address, bytes);
            writtenBytes = written;
            writes.add(new MemoryWrite(memory, address, bytes.clone()));
        }

        @Override
        public void halt(int code) {
            call.halt(code);
            exitCode = code;
        }
    }
}
