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
     * <p>Where a test has a timeout, its calls are made in a thread of their own, always the same, and not the one that calls
     * this: thread-local variables and locks that belong to a thread are another's there. Each call costs two switches of
     * threads, which count against the timeout. When the time is over, that thread is interrupted. A call that has not ended
     * two seconds later is left behind: the run ends without it, and the {@link dev.tapedeck.vm.machine.HostCall} throws
     * {@link IllegalStateException} from then on, whatever is asked of it. The host is closed when such a call ends, in the
     * call's thread; if it never does, so is the host never.
     *
     * <p>If the thread that runs the test is interrupted by others, an IDE or a build tool, while it waits in a call, so is
     * the call, in the same way.
     *
     * @throws IllegalArgumentException if the test cannot be run; the message says why
     */
    Host host(TestCase test);
}
