package dev.tapedeck.vm.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.tapedeck.vm.ProgramTester;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@DisplayName("The programs in src/test/resources/programs")
final class ProgramsTest {
    @TestFactory
    @DisplayName("G5: integration: every test of every program")
    List<DynamicNode> everyTest() throws AssemblyException {
        List<DynamicNode> programs = new ArrayList<>();
        for (Map.Entry<String, String> file : TestPrograms.small().entrySet()) {
            Program program = Assembler.assemble(file.getKey(), file.getValue());
            assertThat(program.tests()).as(file.getKey()).isNotEmpty();
            programs.add(dynamicContainer(
                    file.getKey(),
                    program.tests().stream()
                            .map(test ->
                                    dynamicTest(test.name() + " (line " + test.line() + ")", () -> run(program, test)))
                            .toList()));
        }
        return programs;
    }

    private static void run(Program program, TestCase test) {
        ProgramTester.of(program, test).run().expectAllOf(test);
    }

    @Test
    @DisplayName("together they use nearly every instruction")
    void coverage() throws AssemblyException {
        Set<Opcode> unused = EnumSet.allOf(Opcode.class);
        for (Map.Entry<String, String> file : TestPrograms.small().entrySet()) {
            Assembler.assemble(file.getKey(), file.getValue())
                    .functions()
                    .forEach(function -> function.code().forEach(instruction -> unused.remove(instruction.opcode())));
        }
        // What is left are sisters of those that are used, such as f32.le; the machine's own tests have them all.
        assertThat(unused).hasSizeLessThan(Opcode.values().length / 5);
    }
}
