package dev.tapedeck.harness.effect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.bisect.Programs;
import dev.tapedeck.harness.recording.Deck;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Difference;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EffectTest {
    @Test
    void namesWhatChangesInTablesSegmentsAndSeveralMemories() {
        VerifiedProgram program = Deck.assemble("references", Deck.REFERENCES);
        Machine machine = new Machine(program, call -> {}, Limits.DEFAULT);
        machine.start(program.program().entry());
        assertEffects(machine);
    }

    @Test
    @DisplayName("K4: an effect names what changes in heap sections")
    void namesWhatChangesInSections() {
        VerifiedProgram program = Deck.assemble("sections", Deck.SECTIONS);
        Machine machine = new Machine(program, call -> {}, Limits.DEFAULT);
        machine.start(program.program().entry());
        assertEffects(machine);
    }

    @Test
    @DisplayName("an effect names everything that its instruction changes, seen in complete states before and after")
    void namesEverythingThatChanges() {
        VerifiedProgram program = Programs.program("mix.tasm");
        byte[] input = "one two three four five six seven eight nine ten".getBytes(StandardCharsets.US_ASCII);
        VirtualHost host = new VirtualHost(
                new ByteArrayInputStream(input), OutputStream.nullOutputStream(), OutputStream.nullOutputStream(), 1);
        Machine machine = new Machine(program, host, Limits.DEFAULT);
        machine.start(program.program().entry(), 42, 6);
        assertEffects(machine);
    }

    private static void assertEffects(Machine machine) {
        Effect effect = new Effect(machine.program());
        long steps = 0;
        while (machine.status() == Status.RUNNING) {
            machine.deliverInterrupt();
            effect.read(machine);
            Snapshot before = machine.snapshot();
            String what = "instruction " + machine.icount() + ", " + machine.instruction();
            machine.run(machine.icount() + 1);
            if (machine.status() != Status.RUNNING) {
                break;
            }
            for (Difference difference : before.differences(machine.snapshot(), 10_000)) {
                assertThat(covered(effect, machine, difference.location()))
                        .as(what + " changed " + difference)
                        .isTrue();
            }
            steps++;
        }
        assertThat(machine.status()).isEqualTo(Status.RETURNED);
        assertThat(steps).isGreaterThan(500);
    }

    private static boolean covered(Effect effect, Machine machine, Location location) {
        if (location instanceof Location.TableElement element && effect.opcode != Opcode.CALL_HOST) {
            return element.table() == effect.tableWrite
                    && element.index() >= effect.elementsFrom
                    && element.index() < effect.elementsFrom + effect.elementsLength;
        } else if (location instanceof Location.SectionByte at) {
            return effect.machineWrite
                    && at.section() == effect.sectionWrite
                    && at.index() >= effect.sectionFrom
                    && at.index() < effect.sectionFrom + effect.sectionLength;
        } else if (location instanceof Location.SectionSize size) {
            return effect.machineWrite && size.section() == effect.sectionWrite;
        } else if (location instanceof Location.MemoryByte at) {
            boolean written = at.memory() == effect.writeMemory
                    && at.address() >= effect.writeAddress
                    && at.address() < effect.writeAddress + effect.writeLength;
            return written || effect.opcode == Opcode.CALL_HOST;
        } else if (location instanceof Location.GlobalVariable global) {
            return effect.globalWrite == global.index();
        } else if (location instanceof Location.Local local) {
            boolean own = local.frame() == effect.depth - 1 && inCells(effect, effect.bp + local.index());
            boolean callees = local.frame() == machine.depth() - 1 && inCells(effect, machine.bp() + local.index());
            return own || callees;
        } else if (location instanceof Location.Operand operand) {
            // The caller's operands change when a callee returns; those of the frame itself when it goes on.
            if (operand.frame() != machine.depth() - 1) {
                return false;
            }
            int locals = machine.sp() - machine.bp() - machine.operandCount(operand.frame());
            return inCells(effect, machine.bp() + locals + operand.index());
        } else if (location instanceof Location.Register register) {
            return switch (register.name()) {
                case "hp", "interrupts" -> effect.machineWrite;
                default -> true;
            };
        }
        return location instanceof Location.FramePosition || effect.machineWrite;
    }

    private static boolean inCells(Effect effect, int cell) {
        return cell >= effect.writeFrom && cell < effect.writeTo;
    }
}
