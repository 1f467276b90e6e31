package dev.tapedeck.vm.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.format.BcFormat.Section;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** {@code docs/bc-format.md} says what the code does. */
class BcFormatPageTest {
    private static String page() throws IOException {
        // Maven and IDEs run the tests of a module in its folder.
        return Files.readString(Path.of("..", "docs", "bc-format.md"));
    }

    @Test
    @DisplayName("The example is a file, byte by byte")
    void example() throws IOException, FormatException, VerifyException {
        String page = page();
        String example = page.substring(page.indexOf("## An example"));
        Matcher line = Pattern.compile("^ *((?:[0-9A-F]{2} )*[0-9A-F]{2})(?:  .*)?$", Pattern.MULTILINE)
                .matcher(example);
        StringBuilder hex = new StringBuilder();
        while (line.find()) {
            hex.append(line.group(1));
        }
        byte[] file = BcBytes.hex(hex.toString());
        Program program = BcReader.read(file);
        Verifier.verify(program);
        assertThat(BcWriter.write(program)).isEqualTo(file);
        assertThat(program.name()).isEqualTo("example");
        assertThat(program.findFunction("inc")).contains(0);
    }

    @Test
    void sections() throws IOException {
        for (Section section : Section.values()) {
            assertThat(page()).contains(String.format(Locale.ROOT, "| 0x%02X | %s |", section.id, section.label));
        }
    }

    @Test
    void kindsOfOperandsAndTypes() throws IOException {
        for (OperandKind kind : OperandKind.values()) {
            assertThat(page()).containsPattern("\\| [A-Z0-9, ]*\\b" + kind + "\\b[A-Z0-9, ]* \\| ");
        }
        for (ValueType type : ValueType.values()) {
            assertThat(page()).contains(String.format(Locale.ROOT, "`%02X` %s", type.code(), type.mnemonic()));
        }
    }
}
