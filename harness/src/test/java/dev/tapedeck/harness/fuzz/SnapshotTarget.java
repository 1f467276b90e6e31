package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

final class SnapshotTarget implements Target.Code {
    static final String PROGRAMS = "src/test/resources/dev/tapedeck/harness/fuzz/programs";
    private static final int SNAPSHOTS_PER_PROGRAM = 5;
    private static final int INSTRUCTIONS = 2_000;

    private final List<VerifiedProgram> programs = new ArrayList<>();

    @Override
    public void run(byte[] input) throws Exception {
        List<VerifiedProgram> all = programs();
        if (input.length == 0) {
            return;
        }
        VerifiedProgram program = all.get((input[0] & 0xFF) % all.size());
        byte[] bytes = Arrays.copyOfRange(input, 1, input.length);
        Snapshot snapshot;
        try {
            snapshot = SnapshotReader.read(program, bytes);
        } catch (FormatException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
            return;
        }
        byte[] written = SnapshotWriter.write(snapshot);
        assertThat(SnapshotReader.read(program, written).sameState(snapshot)).isTrue();
        Machine machine = Trial.machine(program);
        try {
            machine.restore(snapshot);
        } catch (IllegalArgumentException e) {
            // A machine with these limits does not take it.
            return;
        }
        assertThat(machine.snapshot().sameState(snapshot)).isTrue();
        long end = Math.min(machine.icount(), Long.MAX_VALUE - INSTRUCTIONS) + INSTRUCTIONS;
        if (machine.status() == Status.RUNNING) {
            machine.run(end);
        }
        SnapshotReader.read(program, SnapshotWriter.write(machine.snapshot()));
    }

    /** In an order that stays, since inputs that are kept have the number of their program. */
    synchronized List<VerifiedProgram> programs() throws Exception {
        if (programs.isEmpty()) {
            for (byte[] text : Target.files(PROGRAMS, ".tasm", Target.INPUT_BYTES_MAX)) {
                Program program = Assembler.assemble("seed.tasm", new String(text, StandardCharsets.UTF_8));
                programs.add(Verifier.verify(program));
            }
        }
        return programs;
    }

    @Override
    public List<byte[]> seeds() throws Exception {
        List<byte[]> seeds = new ArrayList<>();
        List<VerifiedProgram> all = programs();
        for (int i = 0; i < all.size(); i++) {
            VerifiedProgram program = all.get(i);
            int entry = program.program().entry();
            if (entry < 0
                    || !program.program()
                            .typeOf(program.program().functions().get(entry))
                            .parameters()
                            .isEmpty()) {
                continue;
            }
            Machine machine;
            try {
                machine = Trial.machine(program);
            } catch (IllegalArgumentException e) {
                continue;
            }
            seeds.add(seed(i, machine.snapshot()));
            machine.start(entry);
            for (int k = 0; k < SNAPSHOTS_PER_PROGRAM && machine.status() == Status.RUNNING; k++) {
                machine.raise(k % 4 + 1, k);
                machine.run(k * 50L + 7);
                seeds.add(seed(i, machine.snapshot()));
            }
        }
        return seeds.stream()
                .filter(seed -> seed.length <= Target.INPUT_BYTES_MAX)
                .toList();
    }

    private static byte[] seed(int program, Snapshot snapshot) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(program);
        out.writeBytes(SnapshotWriter.write(snapshot));
        return out.toByteArray();
    }
}
