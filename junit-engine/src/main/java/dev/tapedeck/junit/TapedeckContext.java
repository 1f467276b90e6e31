package dev.tapedeck.junit;

import dev.tapedeck.harness.github.GitHubActions;
import dev.tapedeck.harness.suite.TestRunner;
import java.util.Optional;
import org.junit.platform.engine.EngineExecutionListener;
import org.junit.platform.engine.support.hierarchical.EngineExecutionContext;

/**
 * What every test of one execution shares.
 *
 * @param automated whether this is continuous integration
 */
record TapedeckContext(
        Setup setup, boolean automated, EngineExecutionListener listener, Optional<GitHubActions> actions)
        implements EngineExecutionContext {
    /** Whether tests can be run at all. */
    sealed interface Setup {}

    record Ready(TestRunner runner) implements Setup {}

    /** A setting has an impossible value; {@code problem} says which. */
    record Misconfigured(String problem) implements Setup {}
}
