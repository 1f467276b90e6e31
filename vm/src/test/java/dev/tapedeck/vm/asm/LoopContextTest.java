package dev.tapedeck.vm.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.ProgramTester;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ProgramDraft;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("H10: loop contexts")
class LoopContextTest {
    /** For each i from 1 to 9 without the multiples of 3 the sum of j from 1 to i, but ends at i = 8. */
    private static final String NESTED = """
            .func main() -> i32
              .local i: i32, j: i32, sum: i32
              .loop outer
                local.get i
                i32.const 1
                i32.add
                local.tee i
                i32.const 9
                i32.gt_u
                break_if
                local.get i
                i32.const 3
                i32.rem_u
                continue_unless
                i32.const 0
                local.set j
                .loop
                  local.get i
                  i32.const 8
                  i32.eq
                  break_if outer
                  local.get j
                  i32.const 1
                  i32.add
                  local.tee j
                  local.get sum
                  i32.add
                  local.set sum
                  local.get j
                  local.get i
                  i32.lt_u
                  continue_if
                  continue outer
                .end
              .end
              local.get sum
              return
            .end
            """;

    private static final String ANOTHER = """
            .func another()
              return
            .end
            """;

    private static int expected() {
        int sum = 0;
        outer:
        for (int i = 1; i <= 9; i++) {
            if (i % 3 == 0) {
                continue;
            }
            for (int j = 1; j <= i; j++) {
                if (i == 8) {
                    break outer;
                }
                sum += j;
            }
        }
        return sum;
    }

    private static VerifiedProgram verified(String text) throws AssemblyException, VerifyException {
        return Verifier.verify(Assembler.assemble("loops.tasm", text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"break", "continue", "break_if", "break_unless", "continue_if", "continue_unless"})
    @DisplayName("H10: outside of a loop they are rejected at load, with the place")
    void outside(String jump) {
        for (String body : new String[] {"", ".loop\nbreak\n.end\n"}) {
            int line = body.isEmpty() ? 2 : 5;
            assertThatThrownBy(() -> Assembler.assemble("p.tasm", ".func f()\n" + body + jump + "\n.end\n"))
                    .isInstanceOf(AssemblyException.class)
                    .hasMessageContaining("p.tasm:" + line + ":1: '" + jump + "' outside of a loop");
        }
    }

    @Test
    @DisplayName("H10: a program in binary has only jumps, and one out of its function is rejected at load")
    void binary() throws Exception {
        Program program = ProgramDraft.ofMain(ProgramDraft.op(Opcode.BR, 7)).build();
        Program read = BcReader.read(BcWriter.write(program));
        assertThatThrownBy(() -> Verifier.verify(read))
                .isInstanceOf(VerifyException.class)
                .hasMessageContaining("jumps to offset 7, expected 0 to 0");
    }

    @Test
    @DisplayName("H10: break and continue leave and repeat the loop that is meant, within each other too")
    void nested() {
        ProgramTester.assemble(NESTED).run().expectResult(expected());
    }

    @Test
    @DisplayName(
            "H10, H3: a snapshot taken anywhere in a loop goes on in the loop, in a program whose functions moved too")
    void snapshots() throws Exception {
        VerifiedProgram program = verified(NESTED);
        VerifiedProgram moved = verified(ANOTHER + NESTED);
        Machine machine = new Machine(program, call -> {}, Limits.DEFAULT);
        machine.start(program.program().entry());
        int taken = 0;
        do {
            byte[] bytes = SnapshotWriter.write(machine.snapshot());
            for (VerifiedProgram target : new VerifiedProgram[] {program, moved}) {
                Machine other = new Machine(target, call -> {}, Limits.DEFAULT);
                other.restore(SnapshotReader.read(target, bytes));
                assertThat(other.run(Long.MAX_VALUE)).isEqualTo(Status.RETURNED);
                assertThat(other.results()).containsExactly((long) expected());
            }
            taken++;
        } while (machine.run(machine.icount() + 1) == Status.RUNNING);
        assertThat(taken).isGreaterThan(300);
    }
}
