package dev.tapedeck.harness.suite;

import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.program.TestCase;

/**
 * Host functions of a project's own, for the programs that are tested: a class on the test class path, named in
 * {@code META-INF/services/dev.tapedeck.harness.suite.HostFunctions}.
 *
 * <p>What a function gives the program is recorded, so a replay does without it. It need not be deterministic; a test that
 * depends on it may not be either.
 */
public interface HostFunctions {
    /** The module that the functions are imported from, such as {@code env} in {@code .import env.report(i32)}. */
    String module();

    /**
     * The functions for one run of a test. Tests may run at the same time, each with a host of its own. One that is
     * {@link AutoCloseable} is closed after the run.
     *
     * <p>Where a test has a timeout, the thread that waits in a call is interrupted then.
     *
     * @throws IllegalArgumentException if the test cannot be run; the message says why
     */
    Host host(TestCase test);
}
