package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.asm.Disassembler;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.host.StandardHost;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What has to hold for each program that passed the verifier, wherever it came from. */
final class Trial {
    static final Limits LIMITS = new Limits(1 << 12, 1 << 8, 1 << 10, 1 << 8, 1 << 4);

    private static final long INSTRUCTIONS = 2_000;
    private static final int FUNCTIONS = 4;
    private static final byte[] INPUT = "3 1 2\nabc\n".getBytes(StandardCharsets.UTF_8);

    private Trial() {}

    /** Written and read again, it is the same program; so it is as text, if that can be read. */
    static void writtenAndRead(Program program) throws FormatException {
        byte[] written = BcWriter.write(program);
        Program read = BcReader.read(written);
        assertThat(read).isEqualTo(program);
        assertThat(BcWriter.write(read)).isEqualTo(written);
    }

    /** As text, it is the same program. */
    static void disassembled(Program program) {
        String text = Disassembler.disassemble(program);
        Program again;
        try {
            again = Assembler.assemble("again.tasm", text);
        } catch (AssemblyException e) {
            throw new AssertionError("what the disassembler writes, the assembler refuses: " + e.getMessage(), e);
        }
        assertThat(again).isEqualTo(program);
    }

    /** Runs the first functions: at once, and in pieces with a snapshot between that goes through its bytes. */
    static void run(VerifiedProgram program) throws FormatException {
        int count = Math.min(program.program().functions().size(), FUNCTIONS);
        for (int function = 0; function < count; function++) {
            run(program, function);
        }
        int entry = program.program().entry();
        if (entry >= count) {
            run(program, entry);
        }
    }

    private static void run(VerifiedProgram program, int function) throws FormatException {
        Machine whole;
        try {
            whole = machine(program);
        } catch (IllegalArgumentException e) {
            return;
        }
        Machine first = machine(program);
        long[] arguments = new long
                [program.program()
                        .typeOf(program.program().functions().get(function))
                        .parameters()
                        .size()];
        if (arguments.length > LIMITS.stackCellsMax()) {
            return;
        }
        whole.start(function, arguments);
        first.start(function, arguments);
        raise(whole);
        raise(first);
        whole.run(INSTRUCTIONS);
        long half = whole.icount() / 2;
        first.run(half);
        Machine second = machine(program);
        second.restore(throughBytes(program, first.snapshot()));
        for (int i = 0; i < 8 && second.status() == Status.RUNNING; i++) {
            second.run(Math.min(INSTRUCTIONS, second.icount() + 1));
        }
        second.run(INSTRUCTIONS);
        assertThat(second.icount()).isEqualTo(whole.icount());
        assertThat(second.fault()).isEqualTo(whole.fault());
        assertThat(second.snapshot().differences(whole.snapshot(), 3)).isEmpty();
        assertThat(second.snapshot().hostState().pack(null))
                .isEqualTo(whole.snapshot().hostState().pack(null));
        throughBytes(program, second.snapshot());
    }

    private static void raise(Machine machine) {
        for (int signal = 1; signal <= 3 && machine.status() == Status.RUNNING; signal++) {
            machine.raise(signal, -signal);
        }
    }

    private static Snapshot throughBytes(VerifiedProgram program, Snapshot snapshot) throws FormatException {
        byte[] bytes = SnapshotWriter.write(snapshot);
        Snapshot read = SnapshotReader.read(program, bytes);
        assertThat(SnapshotWriter.write(read)).isEqualTo(bytes);
        return read;
    }

    /** @throws IllegalArgumentException if it needs more than there is */
    static Machine machine(VerifiedProgram program) {
        return new Machine(program, new AnyHost(), LIMITS);
    }

    /** The standard host; any function of another module gives zeros. */
    private static final class AnyHost implements Host {
        private final VirtualHost standard = new VirtualHost(
                new ByteArrayInputStream(INPUT), OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), 1);

        @Override
        public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
            return isStandard(hostImport) ? standard.linkProblem(hostImport, type) : Optional.empty();
        }

        @Override
        public void call(HostCall call) throws HostException {
            if (isStandard(call.hostImport())) {
                standard.call(call);
            }
        }

        private static boolean isStandard(HostImport hostImport) {
            return hostImport.module().equals(StandardHost.MODULE);
        }

        @Override
        public HostState saveState() {
            return standard.saveState();
        }

        @Override
        public void restoreState(HostState state) {
            standard.restoreState(state);
        }
    }
}
