package dev.tapedeck.harness.benchmark;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.IOException;
import java.nio.file.Files;
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

/** From a program's text to a machine that can run it, step by step. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class ProgramBenchmark {
    @Param({"fib", "mandelbrot", "sha256"})
    public String program = "fib";

    private String text;
    private Program assembled;
    private byte[] written;

    @Setup
    public void load() throws IOException, AssemblyException {
        text = Files.readString(Kernel.PROGRAMS.resolve(program + ".tasm"));
        assembled = assemble();
        written = write();
    }

    public long lines() {
        return text.lines().count();
    }

    @Benchmark
    public Program assemble() throws AssemblyException {
        return Assembler.assemble(program + ".tasm", text);
    }

    @Benchmark
    public VerifiedProgram verify() throws VerifyException {
        return Verifier.verify(assembled);
    }

    @Benchmark
    public byte[] write() {
        return BcWriter.write(assembled);
    }

    @Benchmark
    public Program read() throws FormatException {
        return BcReader.read(written);
    }

    /** Verified anew each time: of one verified program, all machines but the first share what they are made of. */
    @Benchmark
    public Machine verifyAndMake() throws VerifyException {
        return new Machine(Verifier.verify(assembled), call -> {}, Limits.DEFAULT);
    }
}
