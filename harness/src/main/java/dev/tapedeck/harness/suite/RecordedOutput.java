package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.effect.Gathered;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Program.HostImport;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/** What a recorded program wrote. It stands in no recording; the host calls that wrote it do, and a replay has the memory. */
final class RecordedOutput {
    private static final String WASI = "wasi_snapshot_preview1.";
    private static final int STANDARD_OUTPUT = 1;

    private RecordedOutput() {}

    /**
     * @param replay at its start; stands at the end of the run afterwards
     * @return empty if it cannot be told
     */
    static Optional<byte[]> of(Replay replay) throws RecordingException, ReplayException {
        Recording recording = replay.recording();
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        VirtualHost host = new VirtualHost(InputStream.nullInputStream(), output, OutputStream.nullOutputStream(), 0);
        for (HostCallRecord call : recording.hostCalls()) {
            HostImport called = recording.program().program().imports().get(call.hostImport());
            switch (called.qualifiedName()) {
                case "tape.output", "tape.print_char", "tape.print_i32", "tape.print_i64" -> {}
                case "tape.print_f64", "tape.print_fixed", Gathered.FD_WRITE -> {}
                case WASI + "fd_renumber" -> {
                    return Optional.empty();
                }
                case WASI + "fd_close" -> {
                    if (call.arguments().get(0) == STANDARD_OUTPUT) {
                        return Optional.empty();
                    }
                    continue;
                }
                default -> {
                    continue;
                }
            }
            boolean wasi = called.module().equals("wasi_snapshot_preview1");
            if (call.error().isPresent() || (wasi && call.arguments().get(0) != STANDARD_OUTPUT)) {
                continue;
            }
            if (wasi && call.results().get(0) != 0) {
                return Optional.empty();
            }
            replay.seek(call.icount());
            try {
                if (wasi) {
                    gather(replay.machine(), call.arguments(), output);
                } else {
                    host.call(new Again(replay.machine(), called, call));
                }
            } catch (HostException e) {
                return Optional.empty();
            }
        }
        replay.seek(recording.icountEnd());
        return Optional.of(output.toByteArray());
    }

    /** What {@code fd_write} takes from several places. */
    private static void gather(Machine machine, List<Long> arguments, ByteArrayOutputStream output)
            throws HostException {
        List<Gathered> pieces = Gathered.pieces(machine, arguments.get(1), arguments.get(2))
                .orElseThrow(() -> new HostException("what was written is not in memory"));
        for (Gathered piece : pieces) {
            if (piece.length() > OutputCapture.BYTES_MAX - output.size()) {
                throw new HostException("too much");
            }
            output.writeBytes(machine.readMemory(piece.address(), piece.length()));
        }
    }

    /** A recorded call, as a host sees one. Only what the host does outside of the machine is of interest. */
    private record Again(Machine machine, HostImport hostImport, HostCallRecord call) implements HostCall {
        @Override
        public int index() {
            return call.hostImport();
        }

        @Override
        public long icount() {
            return call.icount();
        }

        @Override
        public int argumentCount() {
            return call.arguments().size();
        }

        @Override
        public long argument(int index) {
            List<Long> arguments = call.arguments();
            return arguments.get(index);
        }

        @Override
        public void setResult(int index, long cell) {}

        @Override
        public long memoryBytes() {
            return machine.memoryBytes();
        }

        @Override
        public byte[] readMemory(long address, int length) throws HostException {
            if (address < 0 || length < 0 || address + length > machine.memoryBytes()) {
                throw new HostException("address " + address + " is outside of memory");
            }
            return machine.readMemory(address, length);
        }

        @Override
        public void writeMemory(int memory, long address, byte[] bytes) {}

        @Override
        public void halt(int exitCode) {}
    }
}
