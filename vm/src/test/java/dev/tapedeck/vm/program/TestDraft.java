package dev.tapedeck.vm.program;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A program's test in the making, for tests. */
public final class TestDraft {
    private String name;
    private String function = "";
    private List<Long> arguments = List.of();
    private List<String> tags = List.of();
    private String input = "";
    private long seed;
    private OptionalLong instructionLimit = OptionalLong.empty();
    private final List<ScheduledInterrupt> interrupts = new ArrayList<>();
    private Optional<String> expectedOutput = Optional.empty();
    private OptionalInt expectedExitCode = OptionalInt.empty();
    private Optional<String> expectedFault = Optional.empty();
    private Optional<List<Long>> expectedResults = Optional.empty();
    private boolean approved;
    private Optional<String> disabled = Optional.empty();
    private int line;
    private TestSystem system = TestSystem.EMPTY;
    private List<StateExpectation> expectedState = List.of();
    private Optional<Duration> timeout = Optional.empty();
    private List<ResourceLock> locks = List.of();

    public TestDraft(String name) {
        this.name = name;
    }

    public TestDraft named(String newName) {
        name = newName;
        return this;
    }

    public TestDraft run(String functionName, Long... cells) {
        function = functionName;
        arguments = List.of(cells);
        return this;
    }

    public TestDraft tags(String... words) {
        tags = List.of(words);
        return this;
    }

    public TestDraft input(String bytes) {
        input = bytes;
        return this;
    }

    public TestDraft seed(long number) {
        seed = number;
        return this;
    }

    public TestDraft instructionLimit(long instructions) {
        instructionLimit = OptionalLong.of(instructions);
        return this;
    }

    public TestDraft interrupt(long icount, int signal, long payload) {
        interrupts.add(new ScheduledInterrupt(icount, signal, payload));
        return this;
    }

    public TestDraft expectOutput(String bytes) {
        expectedOutput = Optional.of(bytes);
        return this;
    }

    public TestDraft expectExitCode(int exitCode) {
        expectedExitCode = OptionalInt.of(exitCode);
        return this;
    }

    public TestDraft expectFault(String fault) {
        expectedFault = Optional.of(fault);
        return this;
    }

    public TestDraft expectResults(Long... cells) {
        expectedResults = Optional.of(List.of(cells));
        return this;
    }

    public TestDraft approved() {
        approved = true;
        return this;
    }

    public TestDraft disabled(String reason) {
        disabled = Optional.of(reason);
        return this;
    }

    public TestDraft line(int number) {
        line = number;
        return this;
    }

    public TestDraft system(TestSystem newSystem) {
        system = newSystem;
        return this;
    }

    public TestDraft expectState(StateExpectation... expectations) {
        expectedState = List.of(expectations);
        return this;
    }

    public TestDraft timeoutMillis(long millis) {
        timeout = Optional.of(Duration.ofMillis(millis));
        return this;
    }

    public TestDraft locks(ResourceLock... resources) {
        locks = List.of(resources);
        return this;
    }

    public TestCase build() {
        return new TestCase(
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
                timeout,
                locks);
    }
}
