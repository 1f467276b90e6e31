package dev.tapedeck.vm.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.SamplePrograms;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Files as released versions wrote them. They never change: when one of these tests fails, files that people have would not
 * be read any more, or would be read as something else.
 */
class GoldenFileTest {
    private static byte[] resource(String name) throws IOException {
        try (InputStream in = GoldenFileTest.class.getResourceAsStream("golden/" + name)) {
            return in.readAllBytes();
        }
    }

    /** Before the first release, {@code -Dtapedeck.golden.update=true} writes the files again. */
    @BeforeAll
    static void update() throws IOException {
        if (Boolean.getBoolean("tapedeck.golden.update")) {
            Path folder = Path.of("src/test/resources/dev/tapedeck/vm/format/golden");
            Files.write(folder.resolve("version1.bc"), BcWriter.write(SamplePrograms.everyPart()));
            Files.write(folder.resolve("version1-inlined.bc"), BcWriter.write(SamplePrograms.inlined()));
            Files.write(
                    folder.resolve("instructions.txt"),
                    Arrays.stream(Opcode.values())
                            .sorted(Comparator.comparingInt(Opcode::code))
                            .map(opcode -> String.format(
                                    Locale.ROOT, "0x%02X %s %s", opcode.code(), opcode.mnemonic(), opcode.operands()))
                            .toList());
        }
    }

    @Test
    void version1() throws IOException, FormatException {
        byte[] file = resource("version1.bc");
        assertThat(BcReader.read(file)).isEqualTo(SamplePrograms.everyPart());
        assertThat(BcWriter.write(SamplePrograms.everyPart())).isEqualTo(file);
        assertThat(BcWriter.identity(SamplePrograms.everyPart()))
                .isEqualTo("f41ad25e3c4d879fd0cc5a702659f2006f62662da3ece7ad2b857e46251bfe65");
    }

    @Test
    @DisplayName("W8: lines of several files in one function; who does not know the section has them as unknown")
    void inlinedLines() throws IOException, FormatException {
        byte[] file = resource("version1-inlined.bc");
        assertThat(BcReader.read(file)).isEqualTo(SamplePrograms.inlined());
        assertThat(BcWriter.write(SamplePrograms.inlined())).isEqualTo(file);
    }

    @Test
    @DisplayName("W5: codes of instructions are stable; a new instruction is a new line in the list")
    void instructionCodes() throws IOException {
        List<String> released = new String(resource("instructions.txt"), StandardCharsets.UTF_8)
                .lines()
                .toList();
        for (String line : released) {
            String[] words = line.split(" ");
            Optional<Opcode> opcode = Opcode.ofCode(Integer.decode(words[0]));
            assertThat(opcode.map(Opcode::mnemonic)).as(line).contains(words[1]);
            assertThat(opcode.orElseThrow().operands()).as(line).hasToString(line.substring(line.indexOf('[')));
        }
        assertThat(released).hasSize(Opcode.values().length);
    }

    @Test
    void typeCodes() {
        assertThat(ValueType.I32.code()).isEqualTo(0x7F);
        assertThat(ValueType.I64.code()).isEqualTo(0x7E);
        assertThat(ValueType.F32.code()).isEqualTo(0x7D);
        assertThat(ValueType.F64.code()).isEqualTo(0x7C);
        assertThat(ValueType.FUNCREF.code()).isEqualTo(0x70);
        assertThat(ValueType.EXTERNREF.code()).isEqualTo(0x6F);
    }
}
