package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisector;
import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck bench}. */
@Command(
        name = "bench",
        description = {
            "Measures programs: plain, recorded, replayed, bisected.",
            "",
            "Of each program, the longest of its tests is run in one JVM, after a warm-up, in rounds that take turns; the"
                    + " medians are shown. Speeds are in millions of instructions a second. For a bisection, a fault is"
                    + " planted at three quarters of the run."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  tapedeck bench examples/src/test/programs/sieve.tasm",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:a program cannot be loaded"})
final class BenchCommand implements Callable<Integer> {
    private static final int SNAPSHOTS = 64;

    private final Terminal terminal;

    @Parameters(arity = "1..*", paramLabel = "PROG", description = ".bc, .tasm, .wasm or .wat files.")
    private List<Path> programs = new ArrayList<>();

    @Option(names = "--test", paramLabel = "NAME", description = "Runs this test instead of the longest one.")
    private @Nullable String test;

    @Option(names = "--rounds", paramLabel = "N", description = "Measured rounds (default: ${DEFAULT-VALUE}).")
    private int rounds = 7;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            description = "Unmeasured rounds before them, at least this long (default: ${DEFAULT-VALUE}).")
    private int warmUpSeconds = 3;

    @Option(names = "--json", description = "Prints the figures as JSON.")
    private boolean json;

    BenchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Medians. Speeds in instructions a second, times in nanoseconds. */
    private record Figures(
            String name,
            long instructions,
            double plain,
            double recorded,
            double replayed,
            double bitsPerInstruction,
            double checkpointNanos,
            double restoreNanos,
            double bisectNanos,
            boolean found) {}

    @Override
    public Integer call() throws Exception {
        if (rounds < 1 || rounds > 1_000 || warmUpSeconds < 0 || warmUpSeconds > 600) {
            throw CommandException.usage("--rounds is " + rounds + ", expected 1 to 1000; --warm-up is " + warmUpSeconds
                    + ", expected 0 to 600");
        }
        List<Figures> all = new ArrayList<>();
        for (Path path : programs) {
            if (terminal.errInteractive()) {
                terminal.message("measuring " + Visible.of(path.toString()));
            }
            all.add(measure(path));
        }
        if (json) {
            print(all);
        } else {
            table(all);
        }
        return ExitCodes.FINE;
    }

    private Figures measure(Path path) throws Exception {
        VerifiedProgram program = ProgramFile.load(path);
        TestCase chosen = choose(path, program);
        RunOptions options = options(chosen);
        try (Scratch scratch = Scratch.create()) {
            Bench bench = new Bench(program, chosen, options, scratch);
            long end = System.nanoTime() + warmUpSeconds * 1_000_000_000L;
            do {
                bench.round();
            } while (System.nanoTime() < end);
            bench.forget();
            for (int i = 0; i < rounds; i++) {
                bench.round();
            }
            return bench.figures(name(path, program, chosen));
        }
    }

    private static String name(Path path, VerifiedProgram program, TestCase chosen) {
        return path.getFileName() + (program.program().tests().size() > 1 ? ": " + chosen.name() : "");
    }

    private TestCase choose(Path path, VerifiedProgram program) throws CommandException {
        List<TestCase> tests = program.program().tests();
        if (test != null) {
            return tests.stream()
                    .filter(candidate -> candidate.name().equals(test))
                    .findFirst()
                    .orElseThrow(() -> CommandException.usage(path + " has no test '" + test + "'"));
        }
        TestCase longest = TestCase.ofEntry();
        long instructions = -1;
        for (TestCase candidate : tests) {
            long count = Recorder.run(program, options(candidate), host(program, candidate))
                    .icount();
            if (candidate.disabled().isEmpty() && count > instructions) {
                instructions = count;
                longest = candidate;
            }
        }
        return longest;
    }

    private static RunOptions options(TestCase test) {
        return new RunOptions(
                test.function(),
                test.arguments(),
                test.seed(),
                test.interrupts(),
                test.instructionLimit().orElse(RunOptions.INSTRUCTION_LIMIT_DEFAULT),
                Limits.DEFAULT,
                RunOptions.BLOCK_INSTRUCTIONS_DEFAULT,
                CheckpointSpacing.AUTOMATIC,
                List.of());
    }

    private static Host host(VerifiedProgram program, TestCase test) {
        return WasiHost.withStandard(
                WasiOptions.of(program.program(), test),
                new ByteArrayInputStream(test.input().getBytes(StandardCharsets.ISO_8859_1)),
                OutputStream.nullOutputStream(),
                OutputStream.nullOutputStream());
    }

    /** The rounds of one program. */
    private static final class Bench {
        private final VerifiedProgram program;
        private final TestCase test;
        private final RunOptions options;
        private final Scratch scratch;
        private final List<Double> plain = new ArrayList<>();
        private final List<Double> recorded = new ArrayList<>();
        private final List<Double> replayed = new ArrayList<>();
        private final List<Double> checkpoint = new ArrayList<>();
        private final List<Double> restore = new ArrayList<>();
        private final List<Double> bisect = new ArrayList<>();
        private long instructions;
        private double bitsPerInstruction;
        private boolean found;

        Bench(VerifiedProgram program, TestCase test, RunOptions options, Scratch scratch) {
            this.program = program;
            this.test = test;
            this.options = options;
            this.scratch = scratch;
        }

        void round() throws Exception {
            Path a = scratch.resolve("a");
            Path b = scratch.resolve("b");
            Scratch.delete(a);
            Scratch.delete(b);
            long start = System.nanoTime();
            Outcome outcome = Recorder.run(program, options, host(program, test));
            plain.add((double) (System.nanoTime() - start));
            instructions = outcome.icount();

            start = System.nanoTime();
            Recorder.record(program, options, host(program, test), a);
            recorded.add((double) (System.nanoTime() - start));

            Recorder.record(program, planted(), host(program, test), b);
            try (Recording recording = Recording.open(a);
                    Recording other = Recording.open(b)) {
                bitsPerInstruction = 8.0 * recording.logBytes() / Math.max(1, instructions);
                start = System.nanoTime();
                Replay.verify(recording);
                replayed.add((double) (System.nanoTime() - start));

                start = System.nanoTime();
                Bisection bisection = Bisector.bisect(recording, other);
                bisect.add((double) (System.nanoTime() - start));
                found = bisection.diverged();
            }
            snapshots();
        }

        /** Bit 4 of the heap pointer flips, which is a part of every machine's state. */
        private RunOptions planted() {
            return new RunOptions(
                    options.function(),
                    options.arguments(),
                    options.seed(),
                    options.interrupts(),
                    options.instructionLimit(),
                    options.limits(),
                    options.blockInstructions(),
                    options.checkpoints(),
                    List.of(new RunOptions.Injection(instructions * 3 / 4, new Location.Register("hp"), 16)));
        }

        /** Snapshots while the program runs, so that pages are dirty as they are in a recording; each is restored, too. */
        private void snapshots() {
            Machine machine = new Machine(program, host(program, test), options.limits());
            machine.start(options.functionIn(program.program()), options.cells());
            long step = Math.max(1, instructions / SNAPSHOTS);
            List<Double> taken = new ArrayList<>();
            List<Double> restored = new ArrayList<>();
            for (long at = step; at < instructions; at += step) {
                machine.run(at);
                long start = System.nanoTime();
                Snapshot snapshot = machine.snapshot();
                taken.add((double) (System.nanoTime() - start));
                start = System.nanoTime();
                machine.restore(snapshot);
                restored.add((double) (System.nanoTime() - start));
            }
            if (!taken.isEmpty()) {
                checkpoint.add(median(taken));
                restore.add(median(restored));
            }
        }

        void forget() {
            List.of(plain, recorded, replayed, checkpoint, restore, bisect).forEach(List::clear);
        }

        Figures figures(String name) {
            return new Figures(
                    name,
                    instructions,
                    speed(plain),
                    speed(recorded),
                    speed(replayed),
                    bitsPerInstruction,
                    checkpoint.isEmpty() ? 0 : median(checkpoint),
                    restore.isEmpty() ? 0 : median(restore),
                    median(bisect),
                    found);
        }

        private double speed(List<Double> nanos) {
            return instructions / median(nanos) * 1e9;
        }

        private static double median(List<Double> values) {
            double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
            Arrays.sort(sorted);
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    private void table(List<Figures> all) {
        int width = 8;
        for (Figures figures : all) {
            width = Math.max(width, Visible.of(figures.name).length());
        }
        String head = "%-" + width + "s %14s %8s %9s %6s %9s %6s %9s %11s %9s %9s%n";
        terminal.print(String.format(
                Locale.ROOT,
                head,
                "program",
                "instructions",
                "plain",
                "recorded",
                "ratio",
                "replayed",
                "ratio",
                "bit/instr",
                "checkpoint",
                "restore",
                "bisect"));
        for (Figures figures : all) {
            terminal.print(String.format(
                    Locale.ROOT,
                    head,
                    Visible.of(figures.name),
                    Words.count(figures.instructions),
                    millions(figures.plain),
                    millions(figures.recorded),
                    ratio(figures.plain / figures.recorded),
                    millions(figures.replayed),
                    ratio(figures.recorded / figures.replayed),
                    Words.bits(figures.bitsPerInstruction),
                    String.format(Locale.ROOT, "%.1f us", figures.checkpointNanos / 1e3),
                    String.format(Locale.ROOT, "%.1f us", figures.restoreNanos / 1e3),
                    String.format(Locale.ROOT, "%.1f ms%s", figures.bisectNanos / 1e6, figures.found ? "" : "?")));
        }
        terminal.println("");
        terminal.println(
                "Millions of instructions a second. Ratios are of time: recorded to plain, replayed (and verified)"
                        + " to recorded.");
    }

    private static String millions(double speed) {
        return String.format(Locale.ROOT, "%.1f", speed / 1e6);
    }

    private static String ratio(double ratio) {
        return String.format(Locale.ROOT, "%.2f", ratio);
    }

    private void print(List<Figures> all) {
        terminal.print(JsonReport.document(document -> {
            document.writeArrayFieldStart("programs");
            for (Figures figures : all) {
                document.writeStartObject();
                document.writeStringField("name", figures.name);
                document.writeNumberField("instructions", figures.instructions);
                document.writeNumberField("plainPerSecond", figures.plain);
                document.writeNumberField("recordedPerSecond", figures.recorded);
                document.writeNumberField("replayedPerSecond", figures.replayed);
                document.writeNumberField("bitsPerInstruction", figures.bitsPerInstruction);
                document.writeNumberField("checkpointNanos", figures.checkpointNanos);
                document.writeNumberField("restoreNanos", figures.restoreNanos);
                document.writeNumberField("bisectNanos", figures.bisectNanos);
                document.writeBooleanField("bisectFound", figures.found);
                document.writeEndObject();
            }
            document.writeEndArray();
        }));
    }
}
