package dev.tapedeck.vm.asm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.ProgramTester;
import dev.tapedeck.vm.host.HostFunction;
import dev.tapedeck.vm.host.StandardHost;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The documentation says what is so")
final class DocumentationTest {
    private static final Path DOCS =
            Path.of("").toAbsolutePath().resolve("../docs").normalize();
    private static final Pattern PROGRAM = Pattern.compile("```tasm\n(.*?)```", Pattern.DOTALL);

    @Test
    @DisplayName("K1: docs/instructions.md is generated from the instruction table")
    void instructions() throws IOException {
        Path page = DOCS.resolve("instructions.md");
        if (Boolean.getBoolean("tapedeck.docs.update")) {
            Files.writeString(page, InstructionReference.page());
        }
        assertThat(Files.exists(page) ? Files.readString(page) : "")
                .as("docs/instructions.md is not what the instruction table says; generate it again:"
                        + " mvn test -pl vm -Dtest=DocumentationTest -Dtapedeck.docs.update=true")
                .isEqualTo(InstructionReference.page());
    }

    @Test
    @DisplayName("every instruction has its row")
    void everyInstruction() {
        String page = InstructionReference.page();
        for (Opcode opcode : Opcode.values()) {
            assertThat(page).containsOnlyOnce("| `" + opcode.mnemonic() + "` |");
        }
    }

    @Test
    @DisplayName("the programs in docs/assembly.md assemble, verify, and pass their tests")
    void programs() throws IOException, AssemblyException {
        Matcher matcher = PROGRAM.matcher(Files.readString(DOCS.resolve("assembly.md")));
        List<String> programs = new ArrayList<>();
        while (matcher.find()) {
            programs.add(matcher.group(1));
        }
        assertThat(programs).hasSizeGreaterThan(1);
        for (String text : programs) {
            Program program = Assembler.assemble("assembly.md", text);
            assertThat(program.tests()).as(text).isNotEmpty();
            for (TestCase test : program.tests()) {
                ProgramTester.of(program, test).run().expectAllOf(test);
            }
        }
    }

    @Test
    @DisplayName("docs/assembly.md names every standard host function with its type, and every fault")
    void lists() throws IOException {
        String guide = Files.readString(DOCS.resolve("assembly.md"));
        for (HostFunction function : StandardHost.FUNCTIONS) {
            assertThat(guide)
                    .contains("| `" + function.qualifiedName() + "` | `" + function.type() + "` | "
                            + function.documentation() + " |");
        }
        for (FaultKind kind : FaultKind.values()) {
            assertThat(guide).contains("| `" + kind.mnemonic() + "` | " + kind.meaning() + " |");
        }
    }
}
