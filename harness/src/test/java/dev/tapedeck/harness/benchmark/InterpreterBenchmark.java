package dev.tapedeck.harness.benchmark;

import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.vm.machine.FlowTrace;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The interpreter's loop, plain and with a flow trace: what tracing costs before anything is written. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
@State(Scope.Thread)
public class InterpreterBenchmark {
    @Param({"fib", "sieve", "mandelbrot"})
    public String program = "fib";

    int argument;
    private Kernel kernel;

    /** Makes JMH report instructions a microsecond. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Executed {
        public long instructions;
    }

    @Setup
    public void load() throws ProgramException {
        kernel = Kernel.of(program, argument);
    }

    @Benchmark
    public Status plain(Executed executed) {
        Machine machine = kernel.start();
        Status status = machine.run(Long.MAX_VALUE);
        executed.instructions += machine.icount();
        return status;
    }

    /** In blocks, as a recording does. */
    @Benchmark
    public long traced(Executed executed) {
        Machine machine = kernel.start();
        FlowTrace trace = new FlowTrace();
        machine.trace(trace);
        while (machine.status() == Status.RUNNING) {
            machine.run(machine.icount() + RunOptions.BLOCK_INSTRUCTIONS_DEFAULT);
            machine.foldState(trace);
            trace.clear();
        }
        executed.instructions += machine.icount();
        return trace.digest();
    }
}
