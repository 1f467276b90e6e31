package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What to run and how; part of a recording's header.
 *
 * @param function name of the function to run; empty means the program's entry
 * @param arguments cells for its parameters
 * @param seed of the virtual random source
 * @param interrupts that arrive from outside, ordered by instruction count
 * @param instructionLimit the run is stopped after this many instructions, 1 to 2^62
 * @param limits of the machine
 * @param blockInstructions instructions per flow block, 1 to 2^24
 * @param checkpoints where checkpoints stand; if by instructions, a multiple of {@code blockInstructions}
 * @param injections changes of the state made on purpose, ordered by instruction count, to plant a fault
 * @param detail how much a recording says about each instruction
 */
public record RunOptions(
        String function,
        List<Long> arguments,
        long seed,
        List<ScheduledInterrupt> interrupts,
        long instructionLimit,
        Limits limits,
        int blockInstructions,
        CheckpointSpacing checkpoints,
        List<Injection> injections,
        Detail detail) {
    public static final long INSTRUCTION_LIMIT_DEFAULT = 1L << 40;
    public static final long INSTRUCTION_LIMIT_MAX = 1L << 62;
    public static final int BLOCK_INSTRUCTIONS_DEFAULT = 1 << 20;
    public static final int BLOCK_INSTRUCTIONS_MAX = 1 << 24;

    public static final RunOptions DEFAULT = new RunOptions(
            "",
            List.of(),
            0,
            List.of(),
            INSTRUCTION_LIMIT_DEFAULT,
            Limits.DEFAULT,
            BLOCK_INSTRUCTIONS_DEFAULT,
            CheckpointSpacing.AUTOMATIC,
            List.of());

    /** @throws IllegalArgumentException if a number is out of its range; the message has both */
    public RunOptions {
        check("instructionLimit", instructionLimit, 1, INSTRUCTION_LIMIT_MAX);
        check("blockInstructions", blockInstructions, 1, BLOCK_INSTRUCTIONS_MAX);
        if (checkpoints.unit() == CheckpointSpacing.Unit.INSTRUCTIONS && checkpoints.value() % blockInstructions != 0) {
            throw new IllegalArgumentException("checkpoints every " + checkpoints.value()
                    + " instructions, expected a multiple of blockInstructions, which is " + blockInstructions);
        }
        for (ScheduledInterrupt interrupt : interrupts) {
            check("the instruction count of an interrupt", interrupt.icount(), 0, Long.MAX_VALUE);
            check("the signal of an interrupt", interrupt.signal(), 1, 31);
        }
        for (Injection injection : injections) {
            check("the instruction count of an injection", injection.icount(), 0, Long.MAX_VALUE);
        }
        arguments = List.copyOf(arguments);
        interrupts = List.copyOf(interrupts);
        injections = List.copyOf(injections);
    }

    /** The same, recorded with {@link Detail#FLOW}. */
    public RunOptions(
            String function,
            List<Long> arguments,
            long seed,
            List<ScheduledInterrupt> interrupts,
            long instructionLimit,
            Limits limits,
            int blockInstructions,
            CheckpointSpacing checkpoints,
            List<Injection> injections) {
        this(
                function,
                arguments,
                seed,
                interrupts,
                instructionLimit,
                limits,
                blockInstructions,
                checkpoints,
                injections,
                Detail.FLOW);
    }

    /** The same with another detail level. */
    public RunOptions withDetail(Detail other) {
        return with(injections, other);
    }

    /** The same with other faults planted. */
    public RunOptions withInjections(List<Injection> others) {
        return with(others, detail);
    }

    private RunOptions with(List<Injection> newInjections, Detail newDetail) {
        return new RunOptions(
                function,
                arguments,
                seed,
                interrupts,
                instructionLimit,
                limits,
                blockInstructions,
                checkpoints,
                newInjections,
                newDetail);
    }

    private static void check(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " is " + value + ", expected " + min + " to " + max);
        }
    }

    /**
     * The index of the function to run.
     *
     * @throws IllegalArgumentException if the program has no such function or no entry; the message says which
     */
    public int functionIn(Program program) {
        if (!function.isEmpty()) {
            return program.findFunction(function)
                    .orElseThrow(() -> new IllegalArgumentException("the program " + program.name()
                            + " has no function '" + function + "'; it has " + names(program)));
        }
        if (program.entry() < 0) {
            throw new IllegalArgumentException("the program " + program.name()
                    + " has no entry; name the function to run, one of " + names(program));
        }
        return program.entry();
    }

    private static String names(Program program) {
        int shown = Math.min(8, program.functions().size());
        return IntStream.range(0, shown).mapToObj(program::functionName).collect(Collectors.joining(", "))
                + (shown < program.functions().size() ? ", ..." : "");
    }

    /** The arguments as cells. */
    public long[] cells() {
        return arguments.stream().mapToLong(Long::longValue).toArray();
    }

    /** Before the instruction at {@code icount}, the value at {@code location} is combined with {@code mask} by xor. */
    public record Injection(long icount, Location location, long mask) {}
}
