package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("docs/machine.md says what is so")
class MachineDocumentationTest {
    private static String section(String title) throws IOException {
        String page = Files.readString(Path.of("../docs/machine.md"));
        int start = page.indexOf("## " + title);
        int end = page.indexOf("\n## ", start + 1);
        return page.substring(start, end < 0 ? page.length() : end);
    }

    private static List<String> rows(String title) throws IOException {
        List<String> names = new ArrayList<>();
        Matcher matcher =
                Pattern.compile("^\\| `([^`]+)` \\|", Pattern.MULTILINE).matcher(section(title));
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    @Test
    void faults() throws IOException {
        assertThat(rows("Faults"))
                .containsExactlyElementsOf(Arrays.stream(FaultKind.values())
                        .map(FaultKind::mnemonic)
                        .toList());
    }

    @Test
    void limits() throws IOException {
        assertThat(rows("Limits"))
                .containsExactlyElementsOf(Arrays.stream(Limits.class.getRecordComponents())
                        .map(component -> component.getName())
                        .toList());
        for (int value : List.of(
                Limits.DEFAULT.stackCellsMax(),
                Limits.DEFAULT.framesMax(),
                Limits.DEFAULT.memoryPagesMax(),
                Limits.DEFAULT.residentPagesMax(),
                Limits.DEFAULT.pendingInterruptsMax())) {
            assertThat(section("Limits")).contains(String.format(Locale.ROOT, "| %,d", value));
        }
    }
}
