package dev.tapedeck.junit;

import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.lang.ref.SoftReference;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.platform.engine.TestTag;

/**
 * A program as discovery sees it: its tests, or why it has none. The program itself is kept only as long as memory
 * allows, and loaded again where it is run; thousands of them are discovered before the first one runs.
 */
final class LoadedProgram {
    private final Path file;
    private final String name;
    private final List<TestCase> tests;
    private final Optional<String> problem;
    private volatile SoftReference<VerifiedProgram> program;

    private LoadedProgram(
            Path file,
            String name,
            List<TestCase> tests,
            Optional<String> problem,
            SoftReference<VerifiedProgram> program) {
        this.file = file;
        this.name = name;
        this.tests = tests;
        this.problem = problem;
        this.program = program;
    }

    /** @param name the program's name below its folder */
    static LoadedProgram of(Path file, String name) {
        try {
            VerifiedProgram program = load(file, name);
            List<TestCase> tests = program.program().tests();
            Optional<String> problem = testsProblem(name, program.program());
            return new LoadedProgram(
                    file, name, problem.isPresent() ? List.of() : tests, problem, new SoftReference<>(program));
        } catch (ProgramException e) {
            return new LoadedProgram(file, name, List.of(), Optional.of(firstLine(e)), new SoftReference<>(null));
        } catch (OutOfMemoryError e) {
            // To JUnit this would be the end of all tests, but here only what this program needed is lost.
            return new LoadedProgram(
                    file,
                    name,
                    List.of(),
                    Optional.of(name + ": cannot be loaded: " + TestRunner.heapTooSmall()),
                    new SoftReference<>(null));
        } catch (RuntimeException | StackOverflowError e) {
            // A defect of ours. Thrown on from here it would take every other program's tests with it.
            return new LoadedProgram(
                    file,
                    name,
                    List.of(),
                    Optional.of(name + ": cannot be loaded, internal error: " + e),
                    new SoftReference<>(null));
        }
    }

    private static VerifiedProgram load(Path file, String name) throws ProgramException {
        try {
            return ProgramFile.load(file);
        } catch (ProgramException e) {
            // The message begins with the file's name; the folders before it tell two of one name apart.
            int folders = name.lastIndexOf('/') + 1;
            throw new ProgramException(name.substring(0, folders) + e.getMessage());
        }
    }

    private static Optional<String> testsProblem(String name, Program program) {
        Optional<String> problem = ProgramFile.testsProblem(name, program);
        if (problem.isPresent()) {
            return problem;
        }
        for (TestCase test : program.tests()) {
            for (String tag : test.tags()) {
                if (!TestTag.isValid(tag)) {
                    return Optional.of(ProgramFile.place(name, test) + ": '" + tag
                            + "' cannot be a tag; tags have no spaces and none of , ( ) & | !");
                }
            }
        }
        return Optional.empty();
    }

    private static String firstLine(ProgramException e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    Path file() {
        return file;
    }

    /** Its path below its folder, such as {@code sub/sum.tasm}. */
    String name() {
        return name;
    }

    /** At least one; a program that brings none has the one that runs its entry. */
    List<TestCase> tests() {
        return tests.isEmpty() ? List.of(TestCase.ofEntry()) : tests;
    }

    /** All tests that it brings; empty if it cannot be loaded, and so nothing is known of them. */
    Optional<List<TestCase>> knownTests() {
        return problem.isPresent() ? Optional.empty() : Optional.of(tests);
    }

    /** What a test is called in reports: the program's name, and the test's if the program brings tests. */
    String displayName(TestCase test) {
        return ProgramFile.displayName(name, tests, test);
    }

    /** @throws ProgramException if the program cannot be loaded; the message is one line */
    VerifiedProgram program() throws ProgramException {
        if (problem.isPresent()) {
            throw new ProgramException(problem.get());
        }
        VerifiedProgram loaded = program.get();
        if (loaded == null) {
            try {
                loaded = load(file, name);
            } catch (ProgramException e) {
                throw new ProgramException(firstLine(e));
            }
            program = new SoftReference<>(loaded);
        }
        return loaded;
    }
}
