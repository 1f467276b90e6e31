package dev.tapedeck.vm.asm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.Verifier;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class StackEvolutionTest {
    private static final String APPROVED = "two-plus-three-times-four.approved.txt";

    @Test
    @DisplayName("G1: 2 + 3 * 4 assembles to const, const, const, mul, add, and the stack evolves as approved")
    void twoPlusThreeTimesFour() throws Exception {
        Program program = Assembler.assemble("expression.tasm", """
                .func main() -> i32
                  i32.const 2
                  i32.const 3
                  i32.const 4
                  i32.mul
                  i32.add
                  return
                .end
                """);
        StringBuilder received = new StringBuilder(Disassembler.disassemble(program));
        received.append("\nstack\n");
        Machine machine = new Machine(
                Verifier.verify(program),
                new VirtualHost(
                        InputStream.nullInputStream(),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream(),
                        0),
                Limits.DEFAULT);
        Disassembler disassembler = new Disassembler(program);
        machine.start(program.entry());
        while (machine.status() == Status.RUNNING) {
            received.append(String.format(
                    Locale.ROOT, "%-12s before %s\n", stack(machine), disassembler.instruction(machine.position())));
            machine.run(machine.icount() + 1);
        }
        received.append(machine.results()).append('\n');
        try (InputStream approved = getClass().getResourceAsStream(APPROVED)) {
            assertThat(approved).as(APPROVED).isNotNull();
            assertThat(received.toString()).isEqualTo(new String(approved.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static List<Long> stack(Machine machine) {
        List<Long> cells = new ArrayList<>();
        for (int i = 0; i < machine.operandCount(0); i++) {
            cells.add(machine.operand(0, i));
        }
        return cells;
    }
}
