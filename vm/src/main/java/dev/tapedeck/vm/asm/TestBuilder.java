package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.program.TestSystem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Describes one test of a {@link ProgramBuilder}. Java's int, long, float and double stand for i32, i64, f32, f64. */
public final class TestBuilder {
    private final ProgramBuilder program;
    private final String name;
    private String function = "";
    private List<Long> arguments = List.of();
    private final List<String> tags = new ArrayList<>();
    private String input = "";
    private long seed;
    private OptionalLong limit = OptionalLong.empty();
    private final List<ScheduledInterrupt> interrupts = new ArrayList<>();
    private Optional<String> output = Optional.empty();
    private OptionalInt exitCode = OptionalInt.empty();
    private Optional<String> fault = Optional.empty();
    private Optional<List<Long>> results = Optional.empty();
    private boolean approved;
    private Optional<String> disabled = Optional.empty();
    private int line;
    private Optional<Duration> timeout = Optional.empty();
    private final List<ResourceLock> locks = new ArrayList<>();
    private final List<StateExpectation> state = new ArrayList<>();
    private final List<String> systemArguments = new ArrayList<>();
    private final List<TestSystem.Variable> environment = new ArrayList<>();
    private final List<TestSystem.File> files = new ArrayList<>();

    TestBuilder(ProgramBuilder program, String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a test needs a name");
        }
        this.program = program;
        this.name = name;
    }

    /** The function to run, instead of the entry. */
    public TestBuilder run(String functionName, Number... values) {
        return runCells(functionName, cells(values));
    }

    TestBuilder runCells(String functionName, List<Long> cells) {
        function = functionName;
        arguments = cells;
        return this;
    }

    public TestBuilder tags(String... words) {
        tags.addAll(Arrays.asList(words));
        return this;
    }

    /**
     * The longest time by the clock that the test may take.
     *
     * @param longest at least a millisecond; parts of one do not count
     */
    public TestBuilder timeout(Duration longest) {
        if (longest.compareTo(Duration.ofMillis(1)) < 0
                || longest.compareTo(Duration.ofMillis(ProgramLimits.TIMEOUT_MILLIS_MAX)) > 0) {
            throw new IllegalArgumentException("the timeout is " + longest + ", expected a millisecond to 365 days");
        }
        timeout = Optional.of(Duration.ofMillis(longest.toMillis()));
        return this;
    }

    /** Keeps tests that lock the same resource from running at the same time; those that only read it may. */
    public TestBuilder lock(String resource, ResourceLock.Mode mode) {
        locks.add(new ResourceLock(resource, mode));
        return this;
    }

    /** What the program reads, in UTF-8. */
    public TestBuilder input(String text) {
        return inputBytes(latin1(text));
    }

    TestBuilder inputBytes(String latin1) {
        input = latin1;
        return this;
    }

    /** The seed of the virtual random source; 0 without this. */
    public TestBuilder seed(long value) {
        seed = value;
        return this;
    }

    /** The most instructions that the test may take, 0 or more. */
    public TestBuilder limit(long instructionsMax) {
        if (instructionsMax < 0) {
            throw new IllegalArgumentException("the limit is " + instructionsMax + ", expected 0 or more");
        }
        limit = OptionalLong.of(instructionsMax);
        return this;
    }

    /**
     * An interrupt from outside.
     *
     * @param icount the instruction count at which it arrives, from 0
     * @param signal 1 to 31
     */
    public TestBuilder interrupt(long icount, int signal, long payload) {
        if (icount < 0) {
            throw new IllegalArgumentException("the instruction count is " + icount + ", expected 0 or more");
        }
        if (signal < 1 || signal > 31) {
            throw new IllegalArgumentException("the signal is " + signal + ", expected 1 to 31");
        }
        interrupts.add(new ScheduledInterrupt(icount, signal, payload));
        return this;
    }

    /** What the program has to write, in UTF-8. */
    public TestBuilder expectOutput(String text) {
        return expectOutputBytes(latin1(text));
    }

    TestBuilder expectOutputBytes(String latin1) {
        output = Optional.of(latin1);
        return this;
    }

    public TestBuilder expectExit(int code) {
        exitCode = OptionalInt.of(code);
        return this;
    }

    public TestBuilder expectFault(FaultKind kind) {
        fault = Optional.of(kind.mnemonic());
        return this;
    }

    public TestBuilder expectResult(Number... values) {
        return expectResultCells(cells(values));
    }

    TestBuilder expectResultCells(List<Long> cells) {
        results = Optional.of(cells);
        return this;
    }

    /** A register has to hold a value at the end; the interrupt flag is 0 or 1. */
    public TestBuilder expectRegister(StateExpectation.Register register, long value) {
        return expect(new StateExpectation.RegisterValue(register, value));
    }

    /** Memory has to hold these bytes from an address on, 0 to 2^32-1, at the end. */
    public TestBuilder expectMemory(long address, byte... bytes) {
        if (address < 0 || address > 0xFFFF_FFFFL || bytes.length == 0) {
            throw new IllegalArgumentException("there are " + bytes.length + " bytes at address " + address
                    + ", expected at least 1 at an address from 0 to 4294967295");
        }
        return expect(new StateExpectation.MemoryBytes(0, address, new String(bytes, StandardCharsets.ISO_8859_1)));
    }

    /** A global, which has to be defined before, has to have a value of its type at the end. */
    public TestBuilder expectGlobal(String global, Number value) {
        int index = program.globalIndex(global);
        return expect(new StateExpectation.GlobalValue(index, Cells.of(program.globalType(index), value)));
    }

    TestBuilder expect(StateExpectation expectation) {
        state.add(expectation);
        return this;
    }

    /** The run has to match an approved snapshot. */
    public TestBuilder approve() {
        approved = true;
        return this;
    }

    public TestBuilder disabled(String reason) {
        disabled = Optional.of(reason);
        return this;
    }

    /** Arguments that the program gets through WASI, behind its name. */
    public TestBuilder systemArguments(String... values) {
        systemArguments.addAll(Arrays.asList(values));
        return this;
    }

    /** A variable of the environment, for WASI. */
    public TestBuilder environment(String variable, String value) {
        environment.add(new TestSystem.Variable(variable, value));
        return this;
    }

    /** A file of the virtual tree, for WASI, with a content in UTF-8; a path that ends in a slash is a directory. */
    public TestBuilder file(String path, String content) {
        return fileBytes(path, latin1(content));
    }

    TestBuilder fileBytes(String path, String latin1) {
        files.add(new TestSystem.File(path, latin1));
        return this;
    }

    /** The source line of the test, from 1, or 0 if it is not known. */
    public TestBuilder line(int sourceLine) {
        line = sourceLine;
        return this;
    }

    TestCase build() {
        List<ScheduledInterrupt> ordered = interrupts.stream()
                .sorted(Comparator.comparingLong(ScheduledInterrupt::icount))
                .toList();
        return new TestCase(
                name,
                function,
                arguments,
                tags,
                input,
                seed,
                limit,
                ordered,
                output,
                exitCode,
                fault,
                results,
                approved,
                disabled,
                line,
                new TestSystem(systemArguments, environment, files),
                state,
                timeout,
                locks);
    }

    private static List<Long> cells(Number... values) {
        return Arrays.stream(values).map(Cells::of).toList();
    }

    private static String latin1(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
