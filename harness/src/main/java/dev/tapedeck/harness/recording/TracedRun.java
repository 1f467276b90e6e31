package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.vm.machine.FlowTrace;
import dev.tapedeck.vm.machine.FlowTrace.Delivery;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Runs a machine block by block and computes the chain digest. The recorder writes down what comes out of it, and a replay
 * compares: both use this class, so their digests mean the same.
 *
 * <p>Blocks end at multiples of {@link RunOptions#blockInstructions}, and where the run ends. Two runs with the same
 * beginning so have the same blocks.
 */
public final class TracedRun {
    /**
     * A block that has been run.
     *
     * @param bits the flow bits, as {@link FlowTrace} gives them
     */
    @SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
    public record Cut(
            long start, long instructions, long chainDigest, List<Delivery> deliveries, long bitCount, byte[] bits) {
        public long end() {
            return start + instructions;
        }

        /** Whether nothing at all happened in it. */
        boolean empty() {
            return instructions == 0 && bitCount == 0 && deliveries.isEmpty();
        }
    }

    /** Instructions between two looks at whether the run is to be stopped. */
    static final int STOP_INSTRUCTIONS = 1 << 20;

    private final Machine machine;
    private final long icountMax;
    private final Schedule schedule;
    private final RunOptions options;
    private final FlowTrace trace = new FlowTrace();
    private final Consumer<Interrupt> arrivals;
    private LongConsumer executor;
    private boolean eventful;

    /**
     * @param machine started, at instruction count 0; it gets a trace
     * @param arrivals is told of each interrupt that comes from outside
     */
    public TracedRun(Machine machine, Schedule schedule, RunOptions options, Consumer<Interrupt> arrivals) {
        this(machine, schedule, options, options.instructionLimit(), arrivals);
    }

    /** @param icountMax where the run ends at the latest: at the limit, or where it was stopped */
    public TracedRun(
            Machine machine, Schedule schedule, RunOptions options, long icountMax, Consumer<Interrupt> arrivals) {
        this.machine = machine;
        this.icountMax = icountMax;
        this.schedule = schedule;
        this.options = options;
        this.arrivals = arrivals;
        this.executor = machine::run;
        machine.trace(trace);
    }

    /** Lets the machine be run up to an instruction count in another way than by {@link Machine#run}, to the same effect. */
    void executeBy(LongConsumer other) {
        executor = other;
    }

    /** Goes on with a chain that stood at {@code digest} where the machine stands, at the beginning of a block. */
    public void continueChain(long digest) {
        trace.setDigest(digest);
    }

    /** Takes note of a host call, at the time it happens. */
    public void hostCalled(HostCallRecord call) {
        eventful = true;
        Outside.fold(trace, call);
    }

    /** Whether the program has ended, the instruction limit has been reached, or the machine was asked to stop. */
    public boolean over() {
        return machine.status().ended() || machine.icount() >= icountMax || stopped();
    }

    /** A run has at least one instruction: of none, nothing could be said. */
    private boolean stopped() {
        return machine.stopRequested() && machine.icount() > 0;
    }

    /** Runs one block. */
    public Cut next() {
        long start = machine.icount();
        long blockEnd = (start / options.blockInstructions() + 1) * options.blockInstructions();
        long end = Math.min(blockEnd, icountMax);
        eventful = false;
        // What came from outside is part of the recording, so an instruction follows it; only then may the run be
        // stopped.
        boolean stopped = stopped();
        while (machine.status() == Status.RUNNING && machine.icount() < end && !stopped) {
            schedule.apply(machine, interrupt -> {
                eventful = true;
                Outside.fold(trace, interrupt);
                arrivals.accept(interrupt);
            });
            executor.accept(Math.min(Math.min(end, machine.icount() + STOP_INSTRUCTIONS), schedule.next()));
            stopped = stopped();
        }
        long bitCount = trace.bitCount();
        byte[] bits = trace.bits();
        List<Delivery> deliveries = trace.deliveries();
        machine.foldState(trace);
        long digest = trace.digest();
        trace.clear();
        return new Cut(start, machine.icount() - start, digest, deliveries, bitCount, bits);
    }

    /** Whether anything came from outside in the block that ran last. */
    boolean eventful() {
        return eventful;
    }
}
