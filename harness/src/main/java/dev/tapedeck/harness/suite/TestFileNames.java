package dev.tapedeck.harness.suite;

import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Names of tests as names of files and folders: ASCII letters and digits, dots and underscores stay, everything else
 * becomes a hyphen, at most 80 characters. Where two tests of a program would have the same file name, the later one gets
 * a number.
 */
public final class TestFileNames {
    private static final int CHARS_MAX = 80;

    private TestFileNames() {}

    /** The file name of one of the program's tests, not empty. */
    public static String of(Program program, TestCase test) {
        return of(program.tests(), test);
    }

    /** The same, for one of these tests. */
    public static String of(List<TestCase> tests, TestCase test) {
        Set<String> taken = new HashSet<>();
        for (TestCase other : tests) {
            String name = unique(plain(other.name()), taken);
            if (other.name().equals(test.name())) {
                return name;
            }
        }
        return plain(test.name());
    }

    private static String unique(String plain, Set<String> taken) {
        String name = plain;
        // Windows and macOS take upper and lower case for the same.
        for (int i = 2; !taken.add(name.toLowerCase(Locale.ROOT)); i++) {
            name = plain + "-" + i;
        }
        return name;
    }

    private static String plain(String name) {
        StringBuilder out = new StringBuilder();
        name.codePoints().limit(CHARS_MAX).forEach(c -> {
            // Other letters cannot be in a path where the locale is C, as in many containers.
            if ((c < 0x80 && Character.isLetterOrDigit(c)) || c == '_' || c == '.') {
                out.appendCodePoint(c);
            } else if (!out.isEmpty() && out.charAt(out.length() - 1) != '-') {
                out.append('-');
            }
        });
        // Dots and hyphens at the ends would hide the file, or name the folder above.
        String plain = out.toString().replaceAll("^[.-]+|[.-]+$", "");
        return plain.isEmpty() ? "test" : plain;
    }
}
