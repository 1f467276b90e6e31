package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Changes instructions of good programs at random. Most are refused then; those that are not have to run. */
class AcceptedProgramsTest {
    private static final long SEED = 900;
    private static final int PROGRAMS = 60;
    private static final int CHANGES = 150;
    private static final List<Opcode> OPCODES = List.of(Opcode.values());
    private static final Limits LIMITS = new Limits(1 << 12, 64, 4, 64, 8, 100, 8, 1 << 16);

    @Test
    @DisplayName("W7: whatever the verifier accepts runs, and ends or faults, without an error of the machine's own")
    void acceptedProgramsRun() {
        int accepted = 0;
        Set<Opcode> put = EnumSet.noneOf(Opcode.class);
        for (long seed = SEED; seed < SEED + PROGRAMS; seed++) {
            Program good = Bench.verified(RandomProgram.lines(seed)).program();
            Random random = new Random(seed);
            for (int i = 0; i < CHANGES; i++) {
                List<Function> functions = new ArrayList<>(good.functions());
                int function = random.nextInt(functions.size());
                List<Instruction> code = new ArrayList<>(functions.get(function).code());
                int at = random.nextInt(code.size());
                Instruction other = instruction(random, code.size());
                code.set(at, other);
                functions.set(function, withCode(functions.get(function), code));
                VerifiedProgram verified;
                try {
                    verified = Verifier.verify(withFunctions(good, functions));
                } catch (VerifyException e) {
                    continue;
                }
                accepted++;
                put.add(other.opcode());
                run(verified, "seed " + seed + ", change " + i + ": " + other + " at " + function + ":" + at);
            }
        }
        assertThat(accepted).isGreaterThan(100);
        assertThat(put).hasSizeGreaterThan(30);
    }

    private static void run(VerifiedProgram program, String what) {
        Machine machine = new Machine(program, call -> {}, LIMITS);
        try {
            machine.start(program.program().entry(), 5);
            for (int part = 1; part <= 4; part++) {
                machine.run(part * 2_000L);
                machine.restore(machine.snapshot());
            }
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(what, e);
        }
        assertThat(machine.status()).as(what).isNotEqualTo(Status.IDLE);
    }

    private static Instruction instruction(Random random, int length) {
        Opcode opcode = OPCODES.get(random.nextInt(OPCODES.size()));
        long[] values = new long[2];
        for (int i = 0; i < opcode.operands().size(); i++) {
            OperandKind kind = opcode.operands().get(i);
            values[i] = switch (kind) {
                case LABEL -> random.nextInt(length);
                case LOCAL, OFFSET -> random.nextInt(16);
                case REFERENCE -> 0x70;
                default -> random.nextInt(3);
            };
        }
        return opcode.operands().contains(OperandKind.LABELS)
                ? Instruction.table(opcode, List.of(random.nextInt(length), random.nextInt(length)))
                : Instruction.of(opcode, values[0], values[1]);
    }

    private static Function withCode(Function function, List<Instruction> code) {
        return new Function(
                function.name(), function.type(), function.locals(), function.localNames(), code, -1, List.of());
    }

    private static Program withFunctions(Program program, List<Function> functions) {
        return new Program(
                program.name(),
                program.types(),
                program.imports(),
                functions,
                program.globals(),
                program.memories(),
                program.tables(),
                program.data(),
                program.elements(),
                program.exports(),
                program.entry(),
                program.start(),
                program.tests(),
                program.sources());
    }
}
