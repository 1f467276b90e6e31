package dev.tapedeck.vm.machine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;

/** One variant of the interpreter loop. It has no state: all of that is the machine's. */
abstract class Interpreter {
    /** The limit was reached, at a boundary. */
    static final int LIMIT = 0;
    /** The instruction at {@code pc} has to be carried out by the machine. */
    static final int OUTSIDE = 1;
    /** The instruction at {@code pc} returns from the outermost frame; it has not been carried out. */
    static final int RETURN = 2;
    /** The instruction at {@code pc} faults; it has changed nothing. */
    static final int FAULT = 3;

    /**
     * Runs the machine from its registers on, and puts them back.
     *
     * @param limit the instruction count at which to stop, exactly in a stepped variant, else at the next poll
     * @return why it ended: {@link #LIMIT}, {@link #OUTSIDE}, {@link #RETURN} or {@link #FAULT}
     */
    abstract int run(Machine machine, long limit);

    /**
     * What a loop is specialised for.
     *
     * @param traced appends to the machine's trace
     * @param stepped tests the limit before each instruction
     */
    record Variant(boolean traced, boolean stepped) {}

    static Interpreter of(boolean traced, boolean stepped) {
        if (traced) {
            return stepped ? TracedStepped.LOOP : Traced.LOOP;
        }
        return stepped ? Stepped.LOOP : Plain.LOOP;
    }

    // One holder each, so that a variant is loaded when it is first used.

    private static final class Plain {
        static final Interpreter LOOP = load(new Variant(false, false));
    }

    private static final class Stepped {
        static final Interpreter LOOP = load(new Variant(false, true));
    }

    private static final class Traced {
        static final Interpreter LOOP = load(new Variant(true, false));
    }

    private static final class TracedStepped {
        static final Interpreter LOOP = load(new Variant(true, true));
    }

    private static Interpreter load(Variant variant) {
        try {
            Class<?> loop = MethodHandles.lookup()
                    .defineHiddenClassWithClassData(loopClassFile(), variant, true)
                    .lookupClass();
            return (Interpreter) loop.getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot load the interpreter loop", e);
        }
    }

    static byte[] loopClassFile() {
        try (InputStream in = Interpreter.class.getResourceAsStream("Loop.class")) {
            if (in == null) {
                throw new IllegalStateException("Loop.class is missing beside Interpreter.class");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
