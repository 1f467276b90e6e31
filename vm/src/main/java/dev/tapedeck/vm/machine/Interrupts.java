package dev.tapedeck.vm.machine;

import java.util.Arrays;

/** The interrupt flag, the handlers, and the interrupts that wait. Signals are 1 to 31. */
final class Interrupts {
    static final int SIGNAL_MAX = 31;

    boolean enabled = true;
    private final int[] handlers = new int[SIGNAL_MAX + 1];
    /** Per signal a ring of payloads; its length is zero or a power of two. */
    private final long[][] queues = new long[SIGNAL_MAX + 1][];

    private final int[] heads = new int[SIGNAL_MAX + 1];
    private final int[] counts = new int[SIGNAL_MAX + 1];
    private final int pendingMax;
    private int pendingTotal;
    // Bit n stands for signal n.
    private int handledSignals;
    private int pendingSignals;

    Interrupts(int pendingMax) {
        this.pendingMax = pendingMax;
        Arrays.fill(handlers, -1);
        Arrays.fill(queues, new long[0]);
    }

    static boolean isSignal(long signal) {
        return signal >= 1 && signal <= SIGNAL_MAX;
    }

    /** Whether an interrupt is due at the next boundary. */
    boolean deliverable() {
        return enabled && (handledSignals & pendingSignals) != 0;
    }

    /** The signal that is due. Only if {@link #deliverable}. */
    int next() {
        return Integer.numberOfTrailingZeros(handledSignals & pendingSignals);
    }

    int handler(int signal) {
        return handlers[signal];
    }

    void handle(int signal, int function) {
        handlers[signal] = function;
        handledSignals = function >= 0 ? handledSignals | 1 << signal : handledSignals & ~(1 << signal);
    }

    int pendingCount(int signal) {
        return counts[signal];
    }

    boolean raise(int signal, long payload) {
        if (pendingTotal >= pendingMax) {
            return false;
        }
        long[] queue = queues[signal];
        if (counts[signal] == queue.length) {
            queue = Arrays.copyOf(pending(signal), Math.max(4, queue.length * 2));
            queues[signal] = queue;
            heads[signal] = 0;
        }
        queue[heads[signal] + counts[signal] & queue.length - 1] = payload;
        counts[signal]++;
        pendingTotal++;
        pendingSignals |= 1 << signal;
        return true;
    }

    /** Takes the oldest payload of a signal that has one. */
    long take(int signal) {
        long[] queue = queues[signal];
        long payload = queue[heads[signal]];
        heads[signal] = heads[signal] + 1 & queue.length - 1;
        pendingTotal--;
        if (--counts[signal] == 0) {
            pendingSignals &= ~(1 << signal);
        }
        return payload;
    }

    /** The payloads that wait for a signal, oldest first. */
    long[] pending(int signal) {
        long[] queue = queues[signal];
        long[] payloads = new long[counts[signal]];
        for (int i = 0; i < payloads.length; i++) {
            payloads[i] = queue[heads[signal] + i & queue.length - 1];
        }
        return payloads;
    }

    State save() {
        long[][] pending = new long[SIGNAL_MAX + 1][];
        for (int signal = 0; signal <= SIGNAL_MAX; signal++) {
            pending[signal] = pending(signal);
        }
        return new State(enabled, handlers.clone(), pending);
    }

    /** Whether a state has more pending than this machine may hold. */
    boolean tooMany(State state) {
        return state.pendingTotal() > pendingMax;
    }

    void restore(State state) {
        enabled = state.enabled;
        pendingTotal = 0;
        pendingSignals = 0;
        for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
            handle(signal, state.handlers[signal]);
            heads[signal] = 0;
            counts[signal] = 0;
            for (long payload : state.pending[signal]) {
                raise(signal, payload);
            }
        }
    }

    /**
     * All of it at one moment, never changed.
     *
     * @param handlers per signal the function index or -1; entry 0 is not used
     * @param pending per signal the payloads, oldest first; entry 0 is empty
     */
    record State(boolean enabled, int[] handlers, long[][] pending) {
        int pendingTotal() {
            int total = 0;
            for (long[] payloads : pending) {
                total += payloads.length;
            }
            return total;
        }

        boolean same(State other) {
            return enabled == other.enabled
                    && Arrays.equals(handlers, other.handlers)
                    && Arrays.deepEquals(pending, other.pending);
        }
    }
}
