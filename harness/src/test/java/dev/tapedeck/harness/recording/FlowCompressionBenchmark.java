package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.benchmark.Kernel;
import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.vm.machine.FlowTrace;
import dev.tapedeck.vm.machine.Machine;
import java.util.concurrent.TimeUnit;
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

/** Compressing the flow bits of one block of default size, the second of the run. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class FlowCompressionBenchmark {
    @Param({"fib", "sieve", "mandelbrot"})
    public String program = "fib";

    private byte[] bits;
    private byte[] compressed;

    @Setup
    public void run() throws ProgramException {
        Machine machine = Kernel.of(program, 0).start();
        FlowTrace trace = new FlowTrace();
        machine.trace(trace);
        machine.run(RunOptions.BLOCK_INSTRUCTIONS_DEFAULT);
        trace.clear();
        machine.run(2L * RunOptions.BLOCK_INSTRUCTIONS_DEFAULT);
        bits = trace.bits();
        compressed = Compression.compress(bits);
    }

    public int bytes() {
        return bits.length;
    }

    public int compressedBytes() {
        return compressed.length;
    }

    @Benchmark
    public byte[] compress() {
        return Compression.compress(bits);
    }

    @Benchmark
    public byte[] decompress() throws RecordingException {
        return Compression.decompress("the flow", compressed, bits.length);
    }
}
