package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What the machine must be able to do is numbered, S1 to K8. Tests say which of these rows they prove at the beginning of
 * their names, as in "S13: the instruction limit is exact". It lives here because this module comes after all others but
 * the examples.
 */
class RowsTest {
    private static final List<String> MODULES = List.of("vm", "harness", "junit-engine", "examples");

    /** A name that begins with rows, and maybe a remark, up to a colon. */
    private static final Pattern NAME =
            Pattern.compile("@DisplayName\\(\\s*\"((?:[SWHGK]\\d+(?:, )?)+)(?:, [a-z ]+)?:");

    private static final Pattern ROW = Pattern.compile("[SWHGK]\\d+");

    /** The rows that do not need managed objects. Those that do, or are of later versions, are W1, W2, W4, H6, H9 and so on. */
    private static Set<String> wanted() {
        Set<String> rows = new LinkedHashSet<>();
        add(rows, "S", IntStream.rangeClosed(1, 15));
        add(rows, "W", IntStream.of(3, 5, 6, 7, 8, 10, 11));
        add(rows, "H", IntStream.of(1, 2, 3, 4, 5, 7, 8, 10, 11));
        add(rows, "G", IntStream.rangeClosed(1, 6));
        add(rows, "K", IntStream.rangeClosed(1, 7));
        return rows;
    }

    private static void add(Set<String> rows, String letter, IntStream numbers) {
        numbers.forEach(number -> rows.add(letter + number));
    }

    private static Set<String> rowsOfTests() throws IOException {
        Set<String> rows = new TreeSet<>();
        for (Path file : testFiles()) {
            Matcher name = NAME.matcher(Files.readString(file));
            while (name.find()) {
                ROW.matcher(name.group(1)).results().forEach(row -> rows.add(row.group()));
            }
        }
        return rows;
    }

    private static List<Path> testFiles() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> found = Files.walk(Path.of("..", module, "src", "test", "java"))) {
                found.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
            }
        }
        assertThat(files).hasSizeGreaterThan(100);
        return files;
    }

    @Test
    @DisplayName("every row that is promised has a test that names it")
    void everyRowHasATest() throws IOException {
        assertThat(rowsOfTests()).containsAll(wanted());
    }
}
