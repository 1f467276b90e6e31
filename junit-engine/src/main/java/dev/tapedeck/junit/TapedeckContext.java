package dev.tapedeck.junit;

import dev.tapedeck.harness.github.GitHubActions;
import dev.tapedeck.harness.suite.TestRunner;
import java.util.Optional;
import org.junit.platform.engine.EngineExecutionListener;
import org.junit.platform.engine.support.hierarchical.EngineExecutionContext;

/** What every test of one execution shares. */
record TapedeckContext(Setup setup, EngineExecutionListener listener, Optional<GitHubActions> actions)
        implements EngineExecutionContext {
    /** Whether tests can be run at all. */
    sealed interface Setup {}

    record Ready(TestRunner runner) implements Setup {}

    /** A setting has an impossible value; {@code problem} says which. */
    record Misconfigured(String problem) implements Setup {}
}
