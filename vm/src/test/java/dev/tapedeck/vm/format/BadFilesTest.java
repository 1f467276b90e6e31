package dev.tapedeck.vm.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The corpus {@code bad/}: each file with the message it gives, as {@code messages.txt} has it. */
@DisplayName("W6: the corpus of bad files")
class BadFilesTest {
    private static Path folder() throws URISyntaxException {
        return Path.of(BadFilesTest.class.getResource("bad/messages.txt").toURI())
                .getParent();
    }

    private static List<String> messages() throws IOException, URISyntaxException {
        return Files.readAllLines(folder().resolve("messages.txt"));
    }

    @TestFactory
    Stream<DynamicTest> files() throws IOException, URISyntaxException {
        Path folder = folder();
        return messages().stream().map(line -> {
            int colon = line.indexOf(": ");
            String file = line.substring(0, colon);
            return DynamicTest.dynamicTest(file, () -> {
                byte[] bytes = Files.readAllBytes(folder.resolve(file));
                assertThatThrownBy(() -> Verifier.verify(BcReader.read(bytes)))
                        .isInstanceOfAny(FormatException.class, VerifyException.class)
                        .hasMessage(line.substring(colon + 2));
            });
        });
    }

    @Test
    void everyFileHasItsMessage() throws IOException, URISyntaxException {
        List<String> named = messages().stream()
                .map(line -> line.substring(0, line.indexOf(": ")))
                .toList();
        try (Stream<Path> files = Files.list(folder())) {
            assertThat(files.map(path -> path.getFileName().toString()).filter(name -> name.endsWith(".bc")))
                    .containsExactlyInAnyOrderElementsOf(named);
        }
    }
}
