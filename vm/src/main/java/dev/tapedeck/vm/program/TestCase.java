package dev.tapedeck.vm.program;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A test that a program brings along: what to run, with what, and what is expected.
 *
 * <p>Every text stands here as it does in the source; {@code input} and {@code expectedOutput} are Latin-1 strings, one
 * char per byte, so that they can hold any bytes.
 *
 * @param name unique within the program; not empty
 * @param function the name of the function to run; empty means the program's entry
 * @param arguments cells for its parameters, as many as it has
 * @param tags words to select tests by
 * @param input what the program reads
 * @param seed seed of the virtual random source
 * @param instructionLimit the run is stopped, and the test fails, after this many instructions; empty means the default
 * @param interrupts interrupts that arrive from outside, in the order of their instruction counts
 * @param expectedOutput what the program has to write, or empty if that does not matter
 * @param expectedExitCode the exit code; empty means 0, unless a fault is expected
 * @param expectedFault the name of the fault kind that has to end the run, such as {@code division_by_zero}
 * @param expectedResults the cells that the function has to return, or empty if that does not matter
 * @param approved whether the run has to match an approved snapshot beside the program
 * @param disabled why the test is not run, or empty if it is
 * @param line the source line of the test, from 1; 0 if unknown
 * @param system what the program sees through WASI functions
 * @param expectedState what globals, registers and memory have to hold at the end
 * @param timeout the run is stopped, and the test fails, after this time by the clock, whole milliseconds, at least one;
 *     empty means the default
 * @param locks resources that it cannot share with tests that run at the same time, each at most once
 */
public record TestCase(
        String name,
        String function,
        List<Long> arguments,
        List<String> tags,
        String input,
        long seed,
        OptionalLong instructionLimit,
        List<ScheduledInterrupt> interrupts,
        Optional<String> expectedOutput,
        OptionalInt expectedExitCode,
        Optional<String> expectedFault,
        Optional<List<Long>> expectedResults,
        boolean approved,
        Optional<String> disabled,
        int line,
        TestSystem system,
        List<StateExpectation> expectedState,
        Optional<Duration> timeout,
        List<ResourceLock> locks) {
    public TestCase {
        arguments = List.copyOf(arguments);
        tags = List.copyOf(tags);
        interrupts = List.copyOf(interrupts);
        expectedResults = expectedResults.map(List::copyOf);
        expectedState = List.copyOf(expectedState);
        locks = List.copyOf(locks);
    }

    /** A test without a timeout and without locks. */
    public TestCase(
            String name,
            String function,
            List<Long> arguments,
            List<String> tags,
            String input,
            long seed,
            OptionalLong instructionLimit,
            List<ScheduledInterrupt> interrupts,
            Optional<String> expectedOutput,
            OptionalInt expectedExitCode,
            Optional<String> expectedFault,
            Optional<List<Long>> expectedResults,
            boolean approved,
            Optional<String> disabled,
            int line,
            TestSystem system,
            List<StateExpectation> expectedState) {
        this(
                name,
                function,
                arguments,
                tags,
                input,
                seed,
                instructionLimit,
                interrupts,
                expectedOutput,
                expectedExitCode,
                expectedFault,
                expectedResults,
                approved,
                disabled,
                line,
                system,
                expectedState,
                Optional.empty(),
                List.of());
    }

    /**
     * A test that gives its program nothing, and expects nothing but exit code 0 and no fault.
     *
     * @param function takes no arguments; empty means the program's entry
     */
    public static TestCase of(String name, String function) {
        return new TestCase(
                name,
                function,
                List.of(),
                List.of(),
                "",
                0,
                OptionalLong.empty(),
                List.of(),
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                0,
                TestSystem.EMPTY,
                List.of());
    }

    /** The test of a program that brings none: its entry runs, exits with 0 and does not fault. */
    public static TestCase ofEntry() {
        return of("main", "");
    }
}
