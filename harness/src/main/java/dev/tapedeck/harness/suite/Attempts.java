package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.recording.OwnFile;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.program.Program;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which run of a test is one more attempt: build tools run a test again that has failed, to see whether it always does. A
 * note in the test's folder says after a failure which attempt it was, of which program, and in which session.
 */
final class Attempts {
    static final String NOTE = "failed-attempt";
    private static final Pattern FOLDER = Pattern.compile("attempt-[0-9]+");
    private static final Pattern NOTED = Pattern.compile("([0-9]{1,6}) ([0-9a-f]{64}) (.*)");

    private Attempts() {}

    /** The number of the next attempt, from 1. */
    static int next(Path home, String session, Program program) throws IOException {
        Path note = home.resolve(NOTE);
        if (session.isEmpty() || !Files.isRegularFile(note)) {
            return 1;
        }
        List<String> lines = new String(Files.readAllBytes(note), StandardCharsets.UTF_8)
                .lines()
                .toList();
        Matcher matcher = NOTED.matcher(lines.isEmpty() ? "" : lines.get(0));
        return matcher.matches()
                        && matcher.group(3).equals(session)
                        && matcher.group(2).equals(BcWriter.identity(program))
                ? Integer.parseInt(matcher.group(1)) + 1
                : 1;
    }

    static void failed(Path home, int attempt, String session, Program program) throws IOException {
        if (!session.isEmpty()) {
            String text = attempt + " " + BcWriter.identity(program) + " " + session + "\n";
            OwnFile.write(home.resolve(NOTE), text.getBytes(StandardCharsets.UTF_8));
        }
    }

    static void passed(Path home) throws IOException {
        Files.deleteIfExists(home.resolve(NOTE));
    }

    static String folder(int attempt) {
        return "attempt-" + attempt;
    }

    static boolean isFolder(String name) {
        return FOLDER.matcher(name).matches();
    }

    static boolean same(Program one, Program other) {
        return BcWriter.identity(one).equals(BcWriter.identity(other));
    }
}
