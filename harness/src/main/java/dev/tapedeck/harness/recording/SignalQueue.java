package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.Machine;
import java.util.Queue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Interrupts that come from other threads while a program runs. Any number of threads may raise signals; the run takes
 * them at instruction boundaries, in the order in which they came, and a recorder writes down where that was. A replay
 * brings them at exactly these places, without any thread.
 *
 * <p>The run looks here at least every {@value #POLL_INSTRUCTIONS} instructions, which is some tenths of a millisecond. A
 * signal for which the machine has no room (see {@link dev.tapedeck.vm.machine.Limits#pendingInterruptsMax}) waits here.
 */
public final class SignalQueue {
    /** Signals that may wait here. */
    public static final int CAPACITY = 1 << 16;

    /** Leaving the machine's loop and coming back costs about as much as a hundred instructions. */
    static final long POLL_INSTRUCTIONS = 1L << 16;

    private final Queue<Signal> waiting = new LinkedBlockingQueue<>(CAPACITY);

    private record Signal(int number, long payload) {}

    /**
     * Raises a signal; returns at once.
     *
     * @param signal 1 to 31
     * @return false if {@link #CAPACITY} signals wait already; nothing has changed then
     * @throws IllegalArgumentException if there is no such signal
     */
    public boolean offer(int signal, long payload) {
        if (signal < 1 || signal > 31) {
            throw new IllegalArgumentException("signal " + signal + ", expected 1 to 31");
        }
        return waiting.offer(new Signal(signal, payload));
    }

    /** Brings the oldest signal to a machine. Only the thread of the run calls this. */
    Recording.@Nullable Interrupt deliver(Machine machine) {
        Signal oldest = waiting.peek();
        if (oldest == null || !machine.raise(oldest.number, oldest.payload)) {
            return null;
        }
        waiting.remove();
        return new Recording.Interrupt(machine.icount(), oldest.number, oldest.payload);
    }
}
