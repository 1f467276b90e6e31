package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.util.List;

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
 * @param checkpointInstructions instructions between checkpoints, a multiple of {@code blockInstructions}
 * @param injections changes of the state made on purpose, ordered by instruction count, to plant a fault
 */
public record RunOptions(
        String function,
        List<Long> arguments,
        long seed,
        List<ScheduledInterrupt> interrupts,
        long instructionLimit,
        Limits limits,
        int blockInstructions,
        long checkpointInstructions,
        List<Injection> injections) {
    public static final long INSTRUCTION_LIMIT_DEFAULT = 1L << 40;
    public static final int BLOCK_INSTRUCTIONS_DEFAULT = 1 << 20;
    public static final long CHECKPOINT_INSTRUCTIONS_DEFAULT = 1L << 24;

    public static final RunOptions DEFAULT = new RunOptions(
            "",
            List.of(),
            0,
            List.of(),
            INSTRUCTION_LIMIT_DEFAULT,
            Limits.DEFAULT,
            BLOCK_INSTRUCTIONS_DEFAULT,
            CHECKPOINT_INSTRUCTIONS_DEFAULT,
            List.of());

    public RunOptions {
        arguments = List.copyOf(arguments);
        interrupts = List.copyOf(interrupts);
        injections = List.copyOf(injections);
    }

    /** Before the instruction at {@code icount}, the value at {@code location} is combined with {@code mask} by xor. */
    public record Injection(long icount, Location location, long mask) {}
}
