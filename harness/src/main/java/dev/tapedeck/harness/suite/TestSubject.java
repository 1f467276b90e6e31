package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.ApprovedFiles;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.List;

/**
 * A test, where it stands, and where what it leaves goes.
 *
 * @param file the program's file
 * @param name the program's name below its root
 * @param home the test's folder in the output
 * @param attempt 1, or more where the build tool runs a test again that has failed
 */
record TestSubject(Path file, String name, Path home, int attempt, VerifiedProgram verified, TestCase test) {
    static final String RECORDING = "recording";

    /** What the attempt leaves: the first leaves it in the test's folder, others below it, so that each can be looked at. */
    Path directory() {
        return directory(attempt);
    }

    private Path directory(int number) {
        return number == 1 ? home : home.resolve(Attempts.folder(number));
    }

    /** The recording of the attempt before, which failed. */
    Path previousRecording() {
        return previousDirectory().resolve(RECORDING);
    }

    /** What the attempt before has left. */
    Path previousDirectory() {
        return directory(attempt - 1);
    }

    Program program() {
        return verified.program();
    }

    /** The program's name, or the file and line of the test where the tests stand in a text. */
    String place() {
        return Visible.of(ProgramFile.place(name, test));
    }

    /** What reports call it. */
    String title() {
        return program().tests().isEmpty() ? name : name + ": " + test.name();
    }

    /** What an approved run calls it: the same wherever the program's folder is looked at from. */
    String approvedTitle() {
        return title().substring(name.lastIndexOf('/') + 1);
    }

    ApprovedFiles approvedFiles() {
        return approvedFiles(file, program().tests(), test);
    }

    /** @param tests all of the program, of which {@code test} is one */
    static ApprovedFiles approvedFiles(Path file, List<TestCase> tests, TestCase test) {
        return ApprovedFiles.of(file, tests.size() > 1 ? TestFileNames.of(tests, test) : "");
    }

    /** A path as a person in the working directory would type it. */
    static String shown(Path path) {
        return Words.path(path.toAbsolutePath().normalize().toString());
    }
}
