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

    private final Machine machine;
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
        this.machine = machine;
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

    /** Whether the program has ended or the instruction limit has been reached. */
    public boolean over() {
        return machine.status().ended() || machine.icount() >= options.instructionLimit();
    }

    /** Runs one block. */
    public Cut next() {
        long start = machine.icount();
        long blockEnd = (start / options.blockInstructions() + 1) * options.blockInstructions();
        long end = Math.min(blockEnd, options.instructionLimit());
        eventful = false;
        while (machine.status() == Status.RUNNING && machine.icount() < end) {
            schedule.apply(machine, interrupt -> {
                eventful = true;
                Outside.fold(trace, interrupt);
                arrivals.accept(interrupt);
            });
            executor.accept(Math.min(end, schedule.next()));
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
