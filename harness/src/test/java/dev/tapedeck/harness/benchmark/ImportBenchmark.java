package dev.tapedeck.harness.benchmark;

import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import dev.tapedeck.vm.wasm.Importer;
import dev.tapedeck.vm.wasm.WasmException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/** From the bytes of a WebAssembly module to a machine. The modules have names and debug information. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
@State(Scope.Thread)
public class ImportBenchmark {
    @Param({"chess", "deflate", "lisp"})
    public String module = "chess";

    private byte[] bytes = {};
    private @Nullable Program program;

    @Setup
    public void load() throws IOException, WasmException {
        bytes = Files.readAllBytes(Kernel.PROGRAMS.resolve("c").resolve(module + ".wasm"));
        program = importModule();
    }

    int bytes() {
        return bytes.length;
    }

    int instructions() {
        return loaded().functions().stream()
                .mapToInt(function -> function.code().size())
                .sum();
    }

    private Program loaded() {
        return Objects.requireNonNull(program, "load() has not been called");
    }

    /** Reads, validates and lowers. */
    @Benchmark
    public Program importModule() throws WasmException {
        return Importer.program(module, bytes);
    }

    @Benchmark
    public VerifiedProgram verify() throws VerifyException {
        return Verifier.verify(loaded());
    }

    /** All of it, to a machine that could run. */
    @Benchmark
    public Machine importAndMake() throws WasmException, VerifyException {
        return new Machine(Verifier.verify(importModule()), call -> {}, Limits.DEFAULT);
    }
}
