package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A run that is executed instruction by instruction, without recording or replay, so that an oracle can look at each state
 * by itself.
 */
final class LiveRun implements Host {
    final Machine machine;
    private final RunOptions options;
    private final Host host;

    /** What came from outside at the boundary, and with the instruction, that were passed last. */
    final List<String> arrived = new ArrayList<>();

    final List<String> called = new ArrayList<>();

    LiveRun(VerifiedProgram program, RunOptions options, Host host) {
        this.options = options;
        this.host = host;
        machine = new Machine(program, this, options.limits());
        machine.start(
                program.program().entry(),
                options.arguments().stream().mapToLong(Long::longValue).toArray());
    }

    static Host host(String input, long seed) {
        return new VirtualHost(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.US_ASCII)),
                OutputStream.nullOutputStream(),
                OutputStream.nullOutputStream(),
                seed);
    }

    boolean over() {
        return machine.status() != Status.RUNNING || machine.icount() >= options.instructionLimit();
    }

    boolean limited() {
        return machine.status() == Status.RUNNING && machine.icount() >= options.instructionLimit();
    }

    /** Lets everything arrive that is due before the next instruction. */
    void boundary() {
        arrived.clear();
        for (Injection injection : options.injections()) {
            if (injection.icount() == machine.icount()) {
                machine.set(injection.location(), machine.get(injection.location()) ^ injection.mask());
                arrived.add(injection.toString());
            }
        }
        for (ScheduledInterrupt interrupt : options.interrupts()) {
            if (interrupt.icount() == machine.icount()) {
                machine.raise(interrupt.signal(), interrupt.payload());
                arrived.add(interrupt.toString());
            }
        }
        machine.deliverInterrupt();
    }

    boolean injectedNow() {
        return options.injections().stream().anyMatch(injection -> injection.icount() == machine.icount());
    }

    void execute() {
        called.clear();
        machine.run(machine.icount() + 1);
    }

    @Override
    public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
        return host.linkProblem(hostImport, type);
    }

    @Override
    public void call(HostCall call) throws HostException {
        called.add("call " + call.index());
        host.call(new Watched(call));
    }

    @Override
    public HostState saveState() {
        return host.saveState();
    }

    @Override
    public void restoreState(HostState state) {
        host.restoreState(state);
    }

    private final class Watched implements HostCall {
        private final HostCall call;

        Watched(HostCall call) {
            this.call = call;
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
            called.add("result " + index + " is " + cell);
            call.setResult(index, cell);
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
            called.add("wrote " + Arrays.toString(bytes) + " at " + memory + "/" + address);
            call.writeMemory(memory, address, bytes);
        }

        @Override
        public void halt(int exitCode) {
            called.add("halt " + exitCode);
            call.halt(exitCode);
        }
    }
}
