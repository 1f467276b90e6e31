package dev.tapedeck.harness.bisect;

/**
 * Finds the first divergent instruction the slow way: executes two live runs side by side and compares their complete
 * states, and what came from outside, at each boundary and after each instruction.
 */
final class Oracle {
    /** What it found: the kind of divergence and the instruction count. */
    record Answer(Bisection.Kind kind, long icount) {
        static final Answer NONE = new Answer(Bisection.Kind.NONE, -1);
    }

    private Oracle() {}

    static Answer compare(LiveRun a, LiveRun b) {
        if (!sameState(a, b)) {
            return new Answer(Bisection.Kind.START, 0);
        }
        while (true) {
            if (a.over() || b.over()) {
                return a.over() && b.over()
                        ? Answer.NONE
                        : new Answer(Bisection.Kind.END, Math.min(a.machine.icount(), b.machine.icount()));
            }
            long icount = a.machine.icount();
            boolean injectionDiffers = false;
            a.boundary();
            b.boundary();
            if (!a.arrived.equals(b.arrived)) {
                injectionDiffers = !a.arrived.stream()
                        .filter(text -> text.startsWith("Injection"))
                        .toList()
                        .equals(b.arrived.stream()
                                .filter(text -> text.startsWith("Injection"))
                                .toList());
                return new Answer(injectionDiffers ? Bisection.Kind.MACHINE : Bisection.Kind.INTERRUPT, icount);
            }
            if (!sameState(a, b)) {
                throw new AssertionError("states differ at " + icount + " without a cause");
            }
            a.execute();
            b.execute();
            if (!a.called.equals(b.called)) {
                return new Answer(Bisection.Kind.HOST, icount);
            }
            if (!sameState(a, b)) {
                return new Answer(Bisection.Kind.MACHINE, icount);
            }
        }
    }

    private static boolean sameState(LiveRun a, LiveRun b) {
        return a.machine.snapshot().sameState(b.machine.snapshot());
    }
}
