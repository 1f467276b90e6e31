package dev.tapedeck.vm.asm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The assembly programs in the repository, as test data. */
final class TestPrograms {
    private static final Path MODULE = Path.of("").toAbsolutePath();

    private TestPrograms() {}

    /** The small programs of this module, by file name. */
    static Map<String, String> small() {
        return in(MODULE.resolve("src/test/resources/programs"));
    }

    /** Those, and the examples, which lie in another module of the repository and get a folder in their names. */
    static Map<String, String> all() {
        Map<String, String> all = new TreeMap<>(small());
        Path examples = MODULE.resolve("../examples/src").normalize();
        if (Files.isDirectory(examples)) {
            in(examples).forEach((name, text) -> all.put("examples/" + name, text));
        }
        return all;
    }

    private static Map<String, String> in(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> found =
                    files.filter(file -> file.toString().endsWith(".tasm")).toList();
            Map<String, String> texts = new TreeMap<>();
            for (Path file : found) {
                texts.put(file.getFileName().toString(), Files.readString(file));
            }
            return texts;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
