package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisector;
import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Detail;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.ProgramFolder;
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
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
            "Of each program, the test with the tag 'benchmark' is run, or else the longest of its tests, in one JVM, after"
                    + " a warm-up, in rounds that take turns; the medians are shown. Speeds are in millions of"
                    + " instructions a second. For a bisection, a fault is planted at three quarters of the run.",
            "",
            "A folder stands for the programs below it that have a test with this tag."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = {
            "  tapedeck bench examples/src/test/programs/sieve.tasm",
            "  tapedeck bench examples/src/test/programs"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:a program cannot be loaded"})
final class BenchCommand implements Callable<Integer> {
    private static final int SNAPSHOTS = 64;
    private static final String TAG = "benchmark";

    private final Terminal terminal;

    @Parameters(arity = "1..*", paramLabel = "PROG", description = ".bc, .tasm, .wasm or .wat files, or folders.")
    private List<Path> programs = new ArrayList<>();

    @Option(names = "--test", paramLabel = "NAME", description = "Runs this test of each program.")
    private @Nullable String test;

    @Option(names = "--rounds", paramLabel = "N", description = "Measured rounds (default: ${DEFAULT-VALUE}).")
    private int rounds = 7;

    @Option(
            names = "--warm-up",
            paramLabel = "SECONDS",
            description = "Unmeasured rounds before them, at least this long (default: ${DEFAULT-VALUE}).")
    private int warmUpSeconds = 3;

    @Option(
            names = "--detail",
            paramLabel = "flow|values",
            description = "What recordings store of each instruction, as in record (default: flow).")
    private String detail = Detail.FLOW.toString();

    @Option(names = "--json", description = "Prints the figures as JSON.")
    private boolean json;

    BenchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** A program, and what of it is run. */
    private record Candidate(String name, VerifiedProgram program, TestCase test) {}

    /**
     * Medians. Speeds in instructions a second, times in nanoseconds.
     *
     * @param checkpointShare of the time of recording, what is due to checkpoints
     * @param otherThreads processor time of other threads during a recording, in its time
     * @param checkpointBits of the bits per instruction, those of checkpoints
     */
    private record Figures(
            String name,
            String test,
            long instructions,
            double plain,
            double recorded,
            double replayed,
            double bitsPerInstruction,
            double checkpointBits,
            double checkpointShare,
            double otherThreads,
            double checkpointNanos,
            double restoreNanos,
            double bisectNanos,
            boolean found) {}

    @Override
    public Integer call() throws Exception {
        RunSettings.inRange("--rounds", rounds, 1, 1_000);
        RunSettings.inRange("--warm-up", warmUpSeconds, 0, 600);
        List<Candidate> candidates = new ArrayList<>();
        for (Path path : programs) {
            if (Files.isDirectory(path)) {
                candidates.addAll(tagged(path));
            } else {
                candidates.add(candidate(path));
            }
        }
        List<Figures> all = new ArrayList<>();
        for (Candidate candidate : candidates) {
            if (terminal.errInteractive()) {
                terminal.message("measuring " + Visible.of(candidate.name) + ", " + (all.size() + 1) + " of "
                        + candidates.size());
            }
            all.add(measure(candidate));
        }
        if (json) {
            print(all);
        } else {
            table(all);
        }
        return ExitCodes.FINE;
    }

    private Figures measure(Candidate candidate) throws Exception {
        try (Scratch scratch = Scratch.create()) {
            Bench bench = new Bench(candidate.program, candidate.test, Arguments.detail(detail), scratch);
            bench.prepare();
            long end = System.nanoTime() + warmUpSeconds * 1_000_000_000L;
            do {
                bench.round();
            } while (System.nanoTime() < end);
            bench.forget();
            for (int i = 0; i < rounds; i++) {
                bench.round();
            }
            return bench.figures(candidate.name);
        }
    }

    /** The programs below a folder that are for benchmarks. */
    private List<Candidate> tagged(Path folder) throws Exception {
        List<Candidate> found = new ArrayList<>();
        try {
            ProgramFolder list = ProgramFolder.list(folder);
            for (String name : list.names()) {
                VerifiedProgram program = ProgramFile.load(list.file(name));
                if (!tagged(program).isEmpty()) {
                    found.add(new Candidate(
                            name,
                            program,
                            test == null ? longest(program, tagged(program)) : named(name, program, test)));
                }
            }
        } catch (IOException e) {
            throw CommandException.data("cannot read " + folder, e);
        }
        if (found.isEmpty()) {
            throw CommandException.data("no program in " + folder + " has a test with the tag '" + TAG
                    + "'. Name programs, or give one such a test.");
        }
        return found;
    }

    private static List<TestCase> tagged(VerifiedProgram program) {
        return enabled(program).stream()
                .filter(candidate -> candidate.tags().contains(TAG))
                .toList();
    }

    private static List<TestCase> enabled(VerifiedProgram program) {
        return program.program().tests().stream()
                .filter(candidate -> candidate.disabled().isEmpty())
                .toList();
    }

    private Candidate candidate(Path path) throws Exception {
        VerifiedProgram program = ProgramFile.load(path);
        List<TestCase> tagged = tagged(program);
        TestCase chosen = test != null
                ? named(path.toString(), program, test)
                : longest(program, tagged.isEmpty() ? enabled(program) : tagged);
        boolean obvious =
                tagged.equals(List.of(chosen)) || program.program().tests().size() < 2;
        return new Candidate(path.getFileName() + (obvious ? "" : ": " + chosen.name()), program, chosen);
    }

    private static TestCase named(String program, VerifiedProgram verified, String name) throws CommandException {
        return verified.program().tests().stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst()
                .orElseThrow(() -> CommandException.usage(program + " has no test '" + name + "'"));
    }

    private static TestCase longest(VerifiedProgram program, List<TestCase> tests) {
        if (tests.size() == 1) {
            return tests.get(0);
        }
        TestCase longest = TestCase.ofEntry();
        long instructions = -1;
        for (TestCase candidate : tests) {
            long count = Recorder.run(
                            program,
                            options(candidate, CheckpointSpacing.AUTOMATIC, Detail.FLOW),
                            host(program, candidate))
                    .icount();
            if (count > instructions) {
                instructions = count;
                longest = candidate;
            }
        }
        return longest;
    }

    private static RunOptions options(TestCase test, CheckpointSpacing checkpoints, Detail detail) {
        return new RunOptions(
                test.function(),
                test.arguments(),
                test.seed(),
                test.interrupts(),
                test.instructionLimit().orElse(RunOptions.INSTRUCTION_LIMIT_DEFAULT),
                Limits.DEFAULT,
                RunOptions.BLOCK_INSTRUCTIONS_DEFAULT,
                checkpoints,
                List.of(),
                detail);
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
        /** Checkpoints so far apart that there is only the initial one. */
        private static final CheckpointSpacing NEVER = CheckpointSpacing.instructions(RunOptions.INSTRUCTION_LIMIT_MAX);

        private final VerifiedProgram program;
        private final TestCase test;
        private final RunOptions options;
        private final Scratch scratch;
        private final List<Double> plain = new ArrayList<>();
        private final List<Double> recorded = new ArrayList<>();
        private final List<Double> otherThreads = new ArrayList<>();
        private final List<Double> replayed = new ArrayList<>();
        private final List<Double> bisect = new ArrayList<>();
        private final Stretches stretches = new Stretches();
        private final Stretches stretchesWithoutCheckpoints = new Stretches();
        private long instructions;
        private double bitsPerInstruction;
        private double checkpointBits;
        private double checkpointNanos;
        private double restoreNanos;
        private boolean found;

        Bench(VerifiedProgram program, TestCase test, Detail detail, Scratch scratch) {
            this.program = program;
            this.test = test;
            this.options = BenchCommand.options(test, CheckpointSpacing.AUTOMATIC, detail);
            this.scratch = scratch;
        }

        /** What every round needs, and what need not be measured in each. */
        void prepare() throws Exception {
            instructions = Recorder.run(program, options, host(program, test)).icount();
            Recorder.record(program, planted(), host(program, test), scratch.resolve("b"));
            snapshots();
        }

        void round() throws Exception {
            Path a = scratch.resolve("a");
            Path without = scratch.resolve("without");
            plain.add(nanos(() -> Recorder.run(program, options, host(program, test))));

            // In turns: whichever comes first is slower, even where they are the same.
            if (recorded.size() % 2 == 0) {
                recordWithCheckpoints(a);
                recordWithout(without);
            } else {
                recordWithout(without);
                recordWithCheckpoints(a);
            }

            try (Recording recording = Recording.open(a);
                    Recording sparse = Recording.open(without);
                    Recording other = Recording.open(scratch.resolve("b"))) {
                bitsPerInstruction = bits(diskBytes(a));
                checkpointBits = bits(recording.logBytes() - sparse.logBytes());
                replayed.add(nanos(() -> Replay.verify(recording)));
                bisect.add(nanos(() -> {
                    Bisection bisection = Bisector.bisect(recording, other);
                    found = bisection.diverged();
                }));
            }
        }

        private void recordWithCheckpoints(Path directory) throws Exception {
            long before = processNanos() - threadNanos();
            recorded.add(nanos(() -> record(directory, options, stretches)));
            otherThreads.add((double) (processNanos() - threadNanos() - before));
        }

        private void recordWithout(Path directory) throws Exception {
            RunOptions sparse = BenchCommand.options(test, NEVER, options.detail());
            nanos(() -> record(directory, sparse, stretchesWithoutCheckpoints));
        }

        /** Of all files, the queue's own index included. */
        private static long diskBytes(Path directory) throws IOException {
            try (Stream<Path> files = Files.list(directory)) {
                long bytes = 0;
                for (Path file : (Iterable<Path>) files::iterator) {
                    bytes += Files.size(file);
                }
                return bytes;
            }
        }

        private double bits(long bytes) {
            return 8.0 * bytes / Math.max(1, instructions);
        }

        private interface Work {
            void run() throws Exception;
        }

        /** What was left lying about before is not paid for by {@code work}. */
        private static double nanos(Work work) throws Exception {
            System.gc();
            long start = System.nanoTime();
            work.run();
            return System.nanoTime() - start;
        }

        /** Processor time of the whole process. */
        private static long processNanos() {
            return ManagementFactory.getOperatingSystemMXBean()
                            instanceof com.sun.management.OperatingSystemMXBean process
                    ? Math.max(0, process.getProcessCpuTime())
                    : 0;
        }

        private static long threadNanos() {
            return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        }

        private void record(Path directory, RunOptions how, Stretches times) throws Exception {
            Scratch.delete(directory);
            times.start();
            Recorder.record(program, how, host(program, test), directory, null, machine -> times.end());
            times.end();
        }

        /** Bit 4 of the heap pointer flips, which is a part of every machine's state. */
        private RunOptions planted() {
            return options.withInjections(
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
            checkpointNanos = median(taken);
            restoreNanos = median(restored);
        }

        void forget() {
            List.of(plain, recorded, otherThreads, replayed, bisect).forEach(List::clear);
            stretches.forget();
            stretchesWithoutCheckpoints.forget();
        }

        Figures figures(String name) {
            double all = stretches.sum();
            return new Figures(
                    name,
                    test.name(),
                    instructions,
                    speed(plain),
                    speed(recorded),
                    speed(replayed),
                    bitsPerInstruction,
                    checkpointBits,
                    all == 0 ? 0 : 1 - stretchesWithoutCheckpoints.sum() / all,
                    median(otherThreads) / median(recorded),
                    checkpointNanos,
                    restoreNanos,
                    median(bisect),
                    found);
        }

        private double speed(List<Double> nanos) {
            return instructions / median(nanos) * 1e9;
        }

        private static double median(List<Double> values) {
            if (values.isEmpty()) {
                return 0;
            }
            double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
            Arrays.sort(sorted);
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    /**
     * The least times between the ends of the blocks of a run. Each run has the same blocks, and what disturbs one of them
     * only adds to it, so that small differences between two ways to run can be told.
     */
    private static final class Stretches {
        private final List<Long> nanos = new ArrayList<>();
        private int next;
        private long last;

        void start() {
            next = 0;
            last = System.nanoTime();
        }

        void end() {
            long now = System.nanoTime();
            long time = now - last;
            if (next == nanos.size()) {
                nanos.add(time);
            } else {
                nanos.set(next, Math.min(nanos.get(next), time));
            }
            next++;
            last = System.nanoTime();
        }

        void forget() {
            nanos.clear();
        }

        double sum() {
            return nanos.stream().mapToDouble(Long::doubleValue).sum();
        }
    }

    private void table(List<Figures> all) {
        int width = 8;
        for (Figures figures : all) {
            width = Math.max(width, Visible.of(figures.name).length());
        }
        String head = "%-" + width + "s %14s %7s %8s %5s %8s %5s %9s %6s %10s %9s %9s%n";
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
                "share",
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
                    String.format(Locale.ROOT, "%.1f%%", 100 * figures.checkpointShare),
                    String.format(Locale.ROOT, "%.1f us", figures.checkpointNanos / 1e3),
                    String.format(Locale.ROOT, "%.1f us", figures.restoreNanos / 1e3),
                    String.format(Locale.ROOT, "%.1f ms%s", figures.bisectNanos / 1e6, figures.found ? "" : "?")));
        }
        terminal.println("");
        terminal.println(
                "Millions of instructions a second. Ratios are of time: recorded to plain, replayed (and verified)"
                        + " to recorded.");
        terminal.println(
                "share: of the time of a recording, what checkpoints add to that of one without any, block by block.");
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
                document.writeStringField("test", figures.test);
                document.writeNumberField("instructions", figures.instructions);
                document.writeNumberField("plainPerSecond", figures.plain);
                document.writeNumberField("recordedPerSecond", figures.recorded);
                document.writeNumberField("replayedPerSecond", figures.replayed);
                document.writeNumberField("bitsPerInstruction", figures.bitsPerInstruction);
                document.writeNumberField("checkpointBitsPerInstruction", figures.checkpointBits);
                document.writeNumberField("checkpointShare", figures.checkpointShare);
                document.writeNumberField("otherThreads", figures.otherThreads);
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
