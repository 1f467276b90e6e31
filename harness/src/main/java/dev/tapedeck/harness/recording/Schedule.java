package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What comes to a machine from outside: injections and interrupts, at fixed instruction counts, and while a run is recorded
 * also the signals of other threads, at no count known before. Recorder and replay take all of it from here, so it comes
 * in the same order: at one instruction count injections before interrupts, and each of these as listed.
 */
public final class Schedule {
    private final List<Injection> injections;
    private final List<Interrupt> interrupts;
    private final LongToIntFunction interruptFrom;
    private final @Nullable SignalQueue signals;
    private int nextInjection;
    private int nextInterrupt;
    /** The instruction count of the last look at the signals. */
    private long polled;

    private Schedule(
            List<Injection> injections,
            List<Interrupt> interrupts,
            LongToIntFunction interruptFrom,
            @Nullable SignalQueue signals) {
        this.injections = injections.stream()
                .sorted(Comparator.comparingLong(Injection::icount))
                .toList();
        this.interrupts = interrupts;
        this.interruptFrom = interruptFrom;
        this.signals = signals;
    }

    /**
     * What the options plan.
     *
     * @param signals of other threads; null if there are none
     */
    static Schedule of(RunOptions options, @Nullable SignalQueue signals) {
        List<Interrupt> planned = options.interrupts().stream()
                .sorted(Comparator.comparingLong(ScheduledInterrupt::icount))
                .map(interrupt -> new Interrupt(interrupt.icount(), interrupt.signal(), interrupt.payload()))
                .toList();
        LongToIntFunction from = icount -> (int) planned.stream()
                .takeWhile(interrupt -> interrupt.icount() < icount)
                .count();
        return new Schedule(options.injections(), planned, from, signals);
    }

    /** What came in a recorded run. */
    public static Schedule of(Recording recording) {
        return new Schedule(recording.options().injections(), recording.interrupts(), recording::firstInterrupt, null);
    }

    /** Makes the first one at {@code icount} or later the next. */
    public void seek(long icount) {
        nextInjection = 0;
        while (nextInjection < injections.size()
                && injections.get(nextInjection).icount() < icount) {
            nextInjection++;
        }
        nextInterrupt = interruptFrom.applyAsInt(icount);
    }

    /** The instruction count up to which nothing comes; {@link Long#MAX_VALUE} if nothing comes any more. */
    public long next() {
        long injection = nextInjection < injections.size()
                ? injections.get(nextInjection).icount()
                : Long.MAX_VALUE;
        long interrupt = nextInterrupt < interrupts.size()
                ? interrupts.get(nextInterrupt).icount()
                : Long.MAX_VALUE;
        long poll = signals == null ? Long.MAX_VALUE : polled + SignalQueue.POLL_INSTRUCTIONS;
        return Math.min(poll, Math.min(injection, interrupt));
    }

    /**
     * Brings to a machine what is due at its instruction count.
     *
     * @param arrived is told of each interrupt
     * @throws IllegalArgumentException if an injection has no place to go; the message says which
     */
    public void apply(Machine machine, Consumer<Interrupt> arrived) {
        long icount = machine.icount();
        while (nextInjection < injections.size()
                && injections.get(nextInjection).icount() <= icount) {
            Injection injection = injections.get(nextInjection++);
            try {
                machine.set(injection.location(), machine.get(injection.location()) ^ injection.mask());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "the injection at instruction count " + icount + " cannot be made: " + e.getMessage(), e);
            }
        }
        while (nextInterrupt < interrupts.size()
                && interrupts.get(nextInterrupt).icount() <= icount) {
            Interrupt interrupt = interrupts.get(nextInterrupt++);
            machine.raise(interrupt.signal(), interrupt.payload());
            arrived.accept(interrupt);
        }
        if (signals != null) {
            polled = icount;
            Interrupt interrupt = signals.deliver(machine);
            while (interrupt != null) {
                arrived.accept(interrupt);
                interrupt = signals.deliver(machine);
            }
        }
    }
}
