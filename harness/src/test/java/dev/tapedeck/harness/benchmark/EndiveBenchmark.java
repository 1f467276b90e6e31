package dev.tapedeck.harness.benchmark;

import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.wasi.WasiPreview1;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;

/**
 * The same WebAssembly modules on the plain machine and on the interpreter of Endive, the other one for the JVM: in one
 * JVM, in turns, so that what else the computer does falls on both. Times are those of the thread, not of the clock.
 */
public final class EndiveBenchmark {
    private static final Path KERNELS = Path.of("../examples/src/test/kernels/kernels.wasm");
    private static final Path COMMANDS = Path.of("../examples/src/test/programs/c");

    /** Not deep: Endive's interpreter recurses on Java's stack, which soon ends. */
    private static final String TAKEUCHI = """
            (define (tak x y z) (if (not (< y x)) z (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y))))
            (display (tak 12 8 4))
            """;

    private static final int WARM_UP = 4;

    /** What is run: both give the same answer. */
    interface Contender {
        String run() throws Exception;
    }

    /** A program, made ready for both. */
    record Program(String name, Tapedeck tapedeck, Contender endive) {}

    /** What one round measured, in nanoseconds. */
    record Round(long tapedeck, long endive) {
        double ratio() {
            return (double) endive / tapedeck;
        }
    }

    /** What all rounds of a program measured. */
    record Result(String name, long instructions, double tapedeckNanos, double endiveNanos, double ratio) {}

    private EndiveBenchmark() {}

    /** A run of ours, which also tells how many instructions it was. */
    static final class Tapedeck implements Contender {
        private final VerifiedProgram program;
        private final int function;
        private final long[] arguments;
        private final byte[] input;
        private long instructions;

        private Tapedeck(VerifiedProgram program, int function, long[] arguments, byte[] input) {
            this.program = program;
            this.function = function;
            this.arguments = arguments;
            this.input = input;
        }

        @Override
        public String run() {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            Machine machine = new Machine(
                    program,
                    new WasiHost(
                            new WasiOptions(),
                            new InputTape(new ByteArrayInputStream(input)),
                            output,
                            OutputStream.nullOutputStream()),
                    Limits.DEFAULT);
            machine.start(function, arguments);
            if (machine.run(Long.MAX_VALUE) != Status.RETURNED) {
                throw new IllegalStateException("ended as " + machine.status());
            }
            instructions = machine.icount();
            return machine.results() + output.toString(StandardCharsets.ISO_8859_1);
        }

        long instructions() {
            return instructions;
        }
    }

    /** Exports of the module of kernels; commands with their input. */
    static List<Program> programs() throws ProgramException, IOException {
        return List.of(
                kernel("fib", 27),
                kernel("sieve", 1_000_000),
                kernel("mandelbrot", 150),
                kernel("mix", 25),
                command("chess", "perft 3\n".getBytes(StandardCharsets.US_ASCII)),
                command("deflate", Files.readAllBytes(COMMANDS.resolve("lisp.c"))),
                command("lisp", TAKEUCHI.getBytes(StandardCharsets.US_ASCII)));
    }

    static Program kernel(String name, int argument) throws ProgramException {
        VerifiedProgram program = ProgramFile.load(KERNELS);
        int function = program.program().findFunction(name).orElseThrow();
        Instance instance = Instance.builder(Parser.parse(KERNELS)).build();
        return new Program(
                name,
                new Tapedeck(program, function, new long[] {argument}, new byte[0]),
                () -> Arrays.toString(instance.export(name).apply(argument)));
    }

    static Program command(String name, byte[] input) throws ProgramException {
        Path file = COMMANDS.resolve(name + ".wasm");
        VerifiedProgram program = ProgramFile.load(file);
        WasmModule module = Parser.parse(file);
        return new Program(
                name,
                new Tapedeck(program, program.program().entry(), new long[0], input),
                () -> "[]" + endive(module, input));
    }

    private static String endive(WasmModule module, byte[] input) {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        run.endive.wasi.WasiOptions options = run.endive.wasi.WasiOptions.builder()
                .withStdin(new ByteArrayInputStream(input))
                .withStdout(output)
                .withStderr(OutputStream.nullOutputStream())
                .withArguments(List.of("program"))
                .build();
        try (WasiPreview1 system = WasiPreview1.builder().withOptions(options).build()) {
            ImportValues imports =
                    ImportValues.builder().addFunction(system.toHostFunctions()).build();
            // Building it runs it: the exported _start.
            Instance.builder(module).withImportValues(imports).build();
        }
        return output.toString(StandardCharsets.ISO_8859_1);
    }

    /** Measures one program. */
    static Result measure(Program program, int rounds) throws Exception {
        List<Round> measured = new ArrayList<>();
        for (int i = -WARM_UP; i < rounds; i++) {
            Round round = round(program);
            if (i >= 0) {
                measured.add(round);
            }
        }
        return new Result(
                program.name,
                program.tapedeck.instructions(),
                median(measured.stream().mapToDouble(Round::tapedeck).toArray()),
                median(measured.stream().mapToDouble(Round::endive).toArray()),
                median(measured.stream().mapToDouble(Round::ratio).toArray()));
    }

    /** Runs a program once on each, and compares the answers. */
    static Round round(Program program) throws Exception {
        long start = threadNanos();
        String ours = program.tapedeck.run();
        long between = threadNanos();
        String theirs = program.endive.run();
        long end = threadNanos();
        if (!ours.equals(theirs)) {
            throw new IllegalStateException(program.name + ": '" + ours + "' here and '" + theirs + "' on Endive");
        }
        return new Round(between - start, end - between);
    }

    private static long threadNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        int middle = values.length / 2;
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
