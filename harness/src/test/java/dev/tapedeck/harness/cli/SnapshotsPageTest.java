package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code docs/snapshots.md} shows what its commands print. To write it anew: {@code mvn -Dquickly -DskipTests=false test -pl
 * harness -am -Dtest=SnapshotsPageTest -Dsurefire.failIfNoSpecifiedTests=false -Dtapedeck.docs.update=true}.
 */
class SnapshotsPageTest {
    private static final Path PAGE = Path.of("../docs/snapshots.md");
    private static final Path SIEVE = Path.of("../examples/src/test/programs/sieve.tasm");

    @TempDir
    Path folder;

    @Test
    void commandsPrintWhatThePageSays() throws IOException {
        String sieve = Files.readString(SIEVE);
        Files.writeString(folder.resolve("sieve.tasm"), sieve);
        int first = sieve.indexOf(".func ");
        Files.writeString(
                folder.resolve("longer.tasm"),
                sieve.substring(0, first) + ".func new_one()\n  return\n.end\n" + sieve.substring(first));
        Files.writeString(folder.resolve("changed.tasm"), sieve.replace("i32.add", "i32.sub"));

        List<String> page = new ArrayList<>();
        boolean printed = false;
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("$ ")) {
                page.add(line);
                page.addAll(run(line.substring(2)));
                printed = true;
            } else if (!printed || line.equals("```")) {
                page.add(line);
                printed = false;
            }
        }
        String expected = String.join("\n", page) + "\n";
        if (Boolean.getBoolean("tapedeck.docs.update")) {
            Files.writeString(PAGE, expected);
        }
        assertThat(Files.readString(PAGE)).isEqualTo(expected);
    }

    private List<String> run(String command) {
        String[] words = command.split(" ");
        Object[] arguments = new Object[words.length - 1];
        for (int i = 1; i < words.length; i++) {
            boolean file = words[i].matches("states(/.*)?|.*\\.(tasm|tape)");
            arguments[i - 1] = file ? folder.resolve(words[i]) : words[i];
        }
        CommandLineRun run = CommandLineRun.of(arguments);
        return (run.out() + run.err()).replace(folder + "/", "").lines().toList();
    }
}
