package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.recording.Ascending;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;

/** What came into a run from outside: host results, interrupts, injections. All of it stands in the recording. */
final class Inputs {
    /**
     * An input that only one run got, or that was another one in each.
     *
     * @param icount when
     * @param kind {@code HOST}, {@code INTERRUPT}, or {@code MACHINE} for an injection
     */
    record Difference(long icount, Bisection.Kind kind) {
        /** Whether there is one. */
        boolean exists() {
            return kind != Bisection.Kind.NONE;
        }

        /** Whether it came before the instruction at {@code icount}, not with it. */
        boolean before() {
            return kind == Bisection.Kind.INTERRUPT || kind == Bisection.Kind.MACHINE;
        }
    }

    /** Later than anything that can happen in a run. */
    static final Difference NONE = new Difference(Long.MAX_VALUE, Bisection.Kind.NONE);

    private Inputs() {}

    /** The first input that differs at {@code from} or later, up to and including {@code to}; injections from 0 on. */
    static Difference first(Recording a, Recording b, long from, long to) {
        Difference first = NONE;
        long injected = firstDifference(
                a.options().injections(), b.options().injections(), Injection::icount, 0, Math.max(0, to));
        if (injected <= to) {
            first = new Difference(injected, Bisection.Kind.MACHINE);
        }
        long interrupted = firstDifference(a.interrupts(), b.interrupts(), Interrupt::icount, from, to);
        if (interrupted <= to && interrupted < first.icount()) {
            first = new Difference(interrupted, Bisection.Kind.INTERRUPT);
        }
        long called = firstHostDifference(a.hostCalls(), b.hostCalls(), from, to);
        return called <= to && called < first.icount() ? new Difference(called, Bisection.Kind.HOST) : first;
    }

    /** The instruction count of the first interrupt or injection that differs. */
    static long firstIgnoringHost(Recording a, Recording b) {
        long injected = firstDifference(
                a.options().injections(), b.options().injections(), Injection::icount, 0, Long.MAX_VALUE - 1);
        long interrupted = firstDifference(a.interrupts(), b.interrupts(), Interrupt::icount, 0, Long.MAX_VALUE - 1);
        return Math.min(injected, interrupted);
    }

    private static <T> long firstDifference(List<T> a, List<T> b, ToLongFunction<T> icount, long from, long to) {
        int i = Ascending.firstFrom(a, icount, from);
        int j = Ascending.firstFrom(b, icount, from);
        while (true) {
            long atA = i < a.size() ? icount.applyAsLong(a.get(i)) : Long.MAX_VALUE;
            long atB = j < b.size() ? icount.applyAsLong(b.get(j)) : Long.MAX_VALUE;
            if (Math.min(atA, atB) > to) {
                return Long.MAX_VALUE;
            }
            if (atA != atB || !a.get(i).equals(b.get(j))) {
                return Math.min(atA, atB);
            }
            i++;
            j++;
        }
    }

    private static long firstHostDifference(List<HostCallRecord> a, List<HostCallRecord> b, long from, long to) {
        int i = Ascending.firstFrom(a, HostCallRecord::icount, from);
        int j = Ascending.firstFrom(b, HostCallRecord::icount, from);
        while (true) {
            long atA = i < a.size() ? a.get(i).icount() : Long.MAX_VALUE;
            long atB = j < b.size() ? b.get(j).icount() : Long.MAX_VALUE;
            if (Math.min(atA, atB) > to) {
                return Long.MAX_VALUE;
            }
            if (atA != atB || !same(a.get(i), b.get(j))) {
                return Math.min(atA, atB);
            }
            i++;
            j++;
        }
    }

    /** Whether two calls of one host function gave the same. */
    static boolean same(HostCallRecord a, HostCallRecord b) {
        return a.hostImport() == b.hostImport() && sameBesidesImport(a, b);
    }

    /** The same, where the import's index may differ between versions of a program. */
    static boolean sameBesidesImport(HostCallRecord a, HostCallRecord b) {
        if (!a.arguments().equals(b.arguments())
                || !a.results().equals(b.results())
                || !a.halt().equals(b.halt())
                || !a.error().equals(b.error())
                || a.writes().size() != b.writes().size()) {
            return false;
        }
        for (int i = 0; i < a.writes().size(); i++) {
            if (a.writes().get(i).memory() != b.writes().get(i).memory()
                    || a.writes().get(i).address() != b.writes().get(i).address()
                    || !Arrays.equals(
                            a.writes().get(i).bytes(), b.writes().get(i).bytes())) {
                return false;
            }
        }
        return true;
    }

    /** The interrupts that came at {@code from} or later and before {@code to}. */
    static List<Interrupt> interrupts(Recording recording, long from, long to) {
        List<Interrupt> all = recording.interrupts();
        return all.subList(recording.firstInterrupt(from), recording.firstInterrupt(to));
    }
}
