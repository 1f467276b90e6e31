package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongToIntFunction;

/**
 * What comes to a machine from outside at fixed instruction counts: injections and interrupts. Recorder and replay take
 * both from here, so they come in the same order: at one instruction count injections before interrupts, and each of these
 * as listed.
 */
public final class Schedule {
    private final List<Injection> injections;
    private final List<Interrupt> interrupts;
    private final LongToIntFunction interruptFrom;
    private int nextInjection;
    private int nextInterrupt;

    private Schedule(List<Injection> injections, List<Interrupt> interrupts, LongToIntFunction interruptFrom) {
        this.injections = injections.stream()
                .sorted(Comparator.comparingLong(Injection::icount))
                .toList();
        this.interrupts = interrupts;
        this.interruptFrom = interruptFrom;
    }

    /** What the options plan. */
    public static Schedule of(RunOptions options) {
        List<Interrupt> planned = options.interrupts().stream()
                .sorted(Comparator.comparingLong(ScheduledInterrupt::icount))
                .map(interrupt -> new Interrupt(interrupt.icount(), interrupt.signal(), interrupt.payload()))
                .toList();
        return new Schedule(options.injections(), planned, icount -> (int) planned.stream()
                .takeWhile(interrupt -> interrupt.icount() < icount)
                .count());
    }

    /** What came in a recorded run. */
    public static Schedule of(Recording recording) {
        return new Schedule(recording.options().injections(), recording.interrupts(), recording::firstInterrupt);
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

    /** The instruction count of the next one; {@link Long#MAX_VALUE} if there is none. */
    public long next() {
        long injection = nextInjection < injections.size()
                ? injections.get(nextInjection).icount()
                : Long.MAX_VALUE;
        long interrupt = nextInterrupt < interrupts.size()
                ? interrupts.get(nextInterrupt).icount()
                : Long.MAX_VALUE;
        return Math.min(injection, interrupt);
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
    }
}
