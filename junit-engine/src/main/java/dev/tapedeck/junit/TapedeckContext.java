package dev.tapedeck.junit;

import dev.tapedeck.harness.github.GitHubActions;
import dev.tapedeck.harness.suite.SuiteRun;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.vm.program.TestCase;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.platform.engine.EngineExecutionListener;
import org.junit.platform.engine.support.hierarchical.EngineExecutionContext;

/**
 * What every test of one execution shares.
 *
 * <p>What came of each test is told to GitHub Actions, where that is what runs the tests, and to the overview of all tests, if
 * there is a folder to write it to.
 *
 * @param automated whether this is continuous integration
 */
record TapedeckContext(
        Setup setup,
        boolean automated,
        EngineExecutionListener listener,
        Optional<GitHubActions> actions,
        Optional<SuiteRun> overview)
        implements EngineExecutionContext {
    /** Whether tests can be run at all. */
    sealed interface Setup {}

    record Ready(TestRunner runner) implements Setup {}

    /** A setting has an impossible value, or nothing can be written; {@code problem} says which. */
    record Misconfigured(String problem) implements Setup {}

    /** What runs the tests; their containers fail where there is none. */
    TestRunner runner() {
        return ((Ready) setup).runner();
    }

    /**
     * Tells what came of a test that was executed, or is disabled.
     *
     * @param folder of its results, below the output folder
     */
    void tell(String title, Path program, TestCase test, String folder, Verdict verdict) {
        actions.ifPresent(told -> told.test(title, program, test, verdict));
        overview.ifPresent(told -> told.test(folder, title, verdict));
    }

    /** Tells that a test could not be executed. */
    void tellNotRun(String title, Optional<Path> program, String folder, String message) {
        actions.ifPresent(told -> told.notRun(title, program, message));
        overview.ifPresent(told -> told.notRun(folder, title, message));
    }

    /** Tells of approved files that no test has. */
    void tellObsolete(String title, Path file, String message) {
        if (automated) {
            actions.ifPresent(told -> told.obsolete(title, file, message));
        }
        overview.ifPresent(told -> told.obsolete(title, automated, message));
    }

    /** Tells that all tests have been executed. */
    void tellEnd() {
        // Surefire passes on what its fork prints, each line as it is, and a workflow command has to begin its line;
        // the
        // step's log is what GitHub reads it from.
        actions.flatMap(told -> told.finish(System.out::println)).ifPresent(TapedeckContext::warn);
        overview.flatMap(SuiteRun::finish).ifPresent(TapedeckContext::warn);
    }

    private static void warn(String problem) {
        System.err.println("tapedeck: " + problem);
    }
}
