package dev.tapedeck.harness.benchmark;

import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;

/** A function of an example program: calls ({@code fib}), memory ({@code sieve}) or floating point ({@code mandelbrot}). */
public final class Kernel {
    /** Relative to the module's directory, which benchmarks and tests are run in. */
    public static final Path PROGRAMS = Path.of("../examples/src/test/programs");

    private final VerifiedProgram program;
    private final int function;
    private final int argument;

    private Kernel(VerifiedProgram program, int function, int argument) {
        this.program = program;
        this.function = function;
        this.argument = argument;
    }

    /**
     * @param name {@code fib}, {@code sieve} or {@code mandelbrot}
     * @param argument of its function; 0 for one that makes it run for 3 to 6 million instructions
     */
    public static Kernel of(String name, int argument) throws ProgramException {
        return switch (name) {
            case "fib" -> of(name, "fib", argument == 0 ? 25 : argument);
            case "sieve" -> of(name, "count_primes", argument == 0 ? 150_000 : argument);
            case "mandelbrot" -> of(name, "draw", argument == 0 ? 104 : argument);
            default -> throw new IllegalArgumentException("kernel " + name + ", expected fib, sieve or mandelbrot");
        };
    }

    private static Kernel of(String name, String function, int argument) throws ProgramException {
        VerifiedProgram program = ProgramFile.load(PROGRAMS.resolve(name + ".tasm"));
        return new Kernel(program, program.program().findFunction(function).orElseThrow(), argument);
    }

    /** A machine at the first instruction. */
    public Machine start() {
        Machine machine = new Machine(
                program,
                new VirtualHost(
                        InputStream.nullInputStream(),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream(),
                        0),
                Limits.DEFAULT);
        machine.start(function, argument);
        return machine;
    }
}
