package dev.tapedeck.harness.benchmark;

import dev.tapedeck.harness.recording.CheckpointBenchmark;
import dev.tapedeck.harness.recording.CheckpointBudget;
import dev.tapedeck.harness.recording.FlowCompressionBenchmark;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.store.PieceSizeBenchmark;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.openjdk.jmh.runner.RunnerException;

/**
 * Runs the benchmarks and prints a table for each, with the ratios that matter. What JMH itself has to say goes to {@code
 * target/benchmark/jmh-NAME.txt}.
 */
public final class Benchmarks {
    private static final Path DETAILS = Path.of("target/benchmark");

    private final PrintStream out;
    private final int rounds;

    private Benchmarks(PrintStream out, int rounds) {
        this.out = out;
        this.rounds = rounds;
    }

    private interface Table {
        void print(Benchmarks benchmarks) throws Exception;
    }

    private record Entry(Class<?> benchmark, Table table) {}

    private static final List<Entry> ENTRIES = List.of(
            new Entry(InterpreterBenchmark.class, Benchmarks::interpreter),
            new Entry(EndiveBenchmark.class, Benchmarks::endive),
            new Entry(SnapshotBenchmark.class, Benchmarks::snapshots),
            new Entry(CheckpointBenchmark.class, Benchmarks::checkpoints),
            new Entry(CheckpointBudget.class, Benchmarks::budget),
            new Entry(FlowCompressionBenchmark.class, Benchmarks::flow),
            new Entry(ProgramBenchmark.class, Benchmarks::programs),
            new Entry(ImportBenchmark.class, Benchmarks::imports),
            new Entry(LongRunBenchmark.class, Benchmarks::longRuns),
            new Entry(PieceSizeBenchmark.class, Benchmarks::pieces));

    /** @param args a regular expression for the names of the benchmark classes, and how often each is run */
    public static void main(String[] args) throws Exception {
        Pattern wanted = Pattern.compile(args.length > 0 ? args[0] : ".*");
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        Files.createDirectories(DETAILS);
        Benchmarks benchmarks = new Benchmarks(new PrintStream(System.out, true, StandardCharsets.UTF_8), rounds);
        for (Entry entry : ENTRIES) {
            if (wanted.matcher(entry.benchmark.getSimpleName()).find()) {
                entry.table.print(benchmarks);
            }
        }
    }

    private void interpreter() throws RunnerException {
        Scores scores = measure(InterpreterBenchmark.class);
        title("Interpreter, millions of instructions a second; ratio of times");
        row("%-12s %9s %9s %7s", "program", "plain", "traced", "ratio");
        for (String program : List.of("fib", "sieve", "mandelbrot")) {
            row(
                    "%-12s %9.0f %9.0f %7.2f",
                    program,
                    scores.median("plain", program),
                    scores.median("traced", program),
                    scores.ratio("plain", "traced", program));
        }
    }

    /** Not with JMH, which would run one contender after the other, each in a JVM of its own. */
    private void endive() throws Exception {
        title("WebAssembly, beside Endive's interpreter: time of the thread");
        row("%-12s %13s %11s %11s %11s %7s", "program", "instructions", "ms", "M instr/s", "Endive ms", "ratio");
        for (EndiveBenchmark.Program program : EndiveBenchmark.programs()) {
            EndiveBenchmark.Result result = EndiveBenchmark.measure(program, 2 * rounds + 1);
            row(
                    "%-12s %13d %11.1f %11.0f %11.1f %7.2f",
                    result.name(),
                    result.instructions(),
                    result.tapedeckNanos() / 1e6,
                    result.instructions() * 1e3 / result.tapedeckNanos(),
                    result.endiveNanos() / 1e6,
                    result.ratio());
        }
    }

    private void snapshots() throws RunnerException {
        Scores scores = measure(SnapshotBenchmark.class);
        title("Snapshot and restore, us; per page beyond the first; writing to the pages behind a snapshot, and again");
        row(
                "%-7s %7s %10s %9s %10s %9s %12s %12s",
                "memory", "pages", "snapshot", "per page", "restore", "per page", "write first", "write again");
        for (String memory : List.of("1", "4")) {
            for (String pages : List.of("1", "100", "10000")) {
                row(
                        "%-7s %7s %10.1f %9s %10.1f %9s %12.1f %12.1f",
                        memory + " GiB",
                        pages,
                        scores.median("snapshot", memory, pages),
                        perPage(scores, "snapshot", pages, memory),
                        scores.median("restore", memory, pages),
                        perPage(scores, "restore", pages, memory),
                        scores.median("writeFirst", memory, pages),
                        scores.median("writeAgain", memory, pages));
            }
        }
    }

    private void checkpoints() throws RunnerException {
        Scores scores = measure(CheckpointBenchmark.class);
        title("Checkpoint beyond its snapshot, memory of 1 GiB, us");
        row("%7s %12s %9s %12s %9s", "pages", "digest", "per page", "delta", "per page");
        for (String pages : List.of("1", "100", "10000")) {
            row(
                    "%7s %12.1f %9s %12.1f %9s",
                    pages,
                    scores.median("digest", pages),
                    perPage(scores, "digest", pages),
                    scores.median("delta", pages),
                    perPage(scores, "delta", pages));
        }
    }

    private void budget() {
        title("Checkpoints beside their budget of 20 us and 1 us per page written, us; time of the thread");
        row(
                "%-7s %7s %9s %10s %7s %8s %7s %9s %7s %18s",
                "memory",
                "pages",
                "budget",
                "checkpoint",
                "ratio",
                "restore",
                "ratio",
                "distant",
                "ratio",
                "stored, per page");
        for (int gib : List.of(1, 4)) {
            for (int pages : List.of(0, 16, 1_024, 16_384)) {
                CheckpointBudget.Costs costs = CheckpointBudget.measure(gib, pages);
                row(
                        "%-7s %7d %9.0f %10.1f %7.3f %8.1f %7.3f %9.1f %7.3f %9.1f %8s",
                        gib + " GiB",
                        pages,
                        costs.budget(),
                        costs.checkpoint(),
                        costs.checkpoint() / costs.budget(),
                        costs.restore(),
                        costs.restore() / costs.budget(),
                        costs.distant(),
                        costs.distant() / costs.budget(),
                        costs.stored(),
                        pages == 0 ? "" : String.format(Locale.ROOT, "%.3f", costs.stored() / pages));
            }
        }
    }

    /** @param leading the other parameters, which stand before the number of pages */
    private static String perPage(Scores scores, String method, String pages, String... leading) {
        int count = Integer.parseInt(pages);
        if (count == 1) {
            return "";
        }
        String[] many = withLast(leading, pages);
        double more = scores.median(method, many) - scores.median(method, withLast(leading, "1"));
        return String.format(Locale.ROOT, "%.3f", more / (count - 1));
    }

    private static String[] withLast(String[] leading, String last) {
        String[] all = Arrays.copyOf(leading, leading.length + 1);
        all[leading.length] = last;
        return all;
    }

    private void flow() throws Exception {
        Scores scores = measure(FlowCompressionBenchmark.class);
        title("Compressing the flow of a block of " + RunOptions.BLOCK_INSTRUCTIONS_DEFAULT + " instructions");
        row(
                "%-12s %8s %11s %10s %12s %14s",
                "program", "bytes", "compressed", "bit/instr", "compress us", "decompress us");
        for (String program : List.of("fib", "sieve", "mandelbrot")) {
            FlowCompressionBenchmark block = new FlowCompressionBenchmark();
            block.program = program;
            block.run();
            row(
                    "%-12s %8d %11d %10.4f %12.1f %14.1f",
                    program,
                    block.bytes(),
                    block.compressedBytes(),
                    8.0 * block.compressedBytes() / RunOptions.BLOCK_INSTRUCTIONS_DEFAULT,
                    scores.median("compress", program),
                    scores.median("decompress", program));
        }
    }

    private void programs() throws Exception {
        Scores scores = measure(ProgramBenchmark.class);
        title("From text to a machine, us");
        row(
                "%-12s %6s %9s %8s %8s %8s %18s",
                "program", "lines", "assemble", "write", "read", "verify", "verify and make");
        for (String program : List.of("fib", "mandelbrot", "sha256")) {
            ProgramBenchmark loaded = new ProgramBenchmark();
            loaded.program = program;
            loaded.load();
            row(
                    "%-12s %6d %9.1f %8.1f %8.1f %8.1f %18.1f",
                    program,
                    loaded.lines(),
                    scores.median("assemble", program),
                    scores.median("write", program),
                    scores.median("read", program),
                    scores.median("verify", program),
                    scores.median("verifyAndMake", program));
        }
    }

    private void imports() throws Exception {
        Scores scores = measure(ImportBenchmark.class);
        title("From a WebAssembly module to a machine, us; all of it in ms for each MB");
        row(
                "%-12s %8s %13s %9s %8s %9s %10s",
                "module", "bytes", "instructions", "import", "verify", "all", "ms per MB");
        for (String module : List.of("chess", "deflate", "lisp")) {
            ImportBenchmark loaded = new ImportBenchmark();
            loaded.module = module;
            loaded.load();
            double all = scores.median("importAndMake", module);
            row(
                    "%-12s %8d %13d %9.0f %8.0f %9.0f %10.1f",
                    module,
                    loaded.bytes(),
                    loaded.instructions(),
                    scores.median("importModule", module),
                    scores.median("verify", module),
                    all,
                    // Microseconds a byte are seconds a megabyte.
                    1000 * all / loaded.bytes());
        }
    }

    /** Not with JMH: see there. */
    private void longRuns() throws Exception {
        long seed = System.nanoTime();
        title("Seeking to " + LongRunBenchmark.SEEKS + " places of a recording, and " + LongRunBenchmark.BISECTIONS
                + " bisections, ms (seed " + seed + ")");
        row(
                "%-10s %13s %12s %10s %7s %7s %7s %7s %7s %7s %7s %11s",
                "program",
                "instructions",
                "checkpoints",
                "bytes",
                "open",
                "median",
                "p99",
                "max",
                "bisect",
                "max",
                "probes",
                "replayed");
        for (LongRunBenchmark.Run run : LongRunBenchmark.runs(LongRunBenchmark.INSTRUCTIONS)) {
            LongRunBenchmark.Result result = LongRunBenchmark.measure(
                    run, LongRunBenchmark.INSTRUCTIONS, LongRunBenchmark.SEEKS, LongRunBenchmark.BISECTIONS, seed);
            row(
                    "%-10s %13d %12d %10d %7.1f %7.1f %7.1f %7.1f %7.1f %7.1f %7d %11d",
                    run.name(),
                    result.instructions(),
                    result.checkpoints(),
                    result.bytes(),
                    result.open(),
                    result.median(),
                    result.p99(),
                    result.max(),
                    result.bisectMedian(),
                    result.bisectMax(),
                    result.probes(),
                    result.replayed());
        }
    }

    /** Not with JMH: sizes are the same each time. */
    private void pieces() throws Exception {
        title("A store of 40 snapshots of a run, by the size of its pieces; time of the thread to save one");
        row(
                "%-10s %12s %7s %8s %12s %12s %8s %8s",
                "program", "bytes", "KiB", "pieces", "stored", "on disk", "ratio", "ms");
        for (PieceSizeBenchmark.Run run : PieceSizeBenchmark.runs(40)) {
            PieceSizeBenchmark.measure(run, 1 << 15);
            for (int bytesMean = 1 << 12; bytesMean <= 1 << 17; bytesMean *= 2) {
                PieceSizeBenchmark.Result result = PieceSizeBenchmark.measure(run, bytesMean);
                row(
                        "%-10s %12d %7d %8d %12d %12d %8.4f %8.2f",
                        run.name(),
                        result.bytes(),
                        bytesMean >> 10,
                        result.pieces(),
                        result.fileBytes(),
                        result.diskBytes(),
                        (double) result.diskBytes() / result.bytes(),
                        result.nanos() / 1e6 / run.snapshots().size());
            }
        }
    }

    private Scores measure(Class<?> benchmark) throws RunnerException {
        return Scores.measure(benchmark, rounds, DETAILS.resolve("jmh-" + benchmark.getSimpleName() + ".txt"));
    }

    private void title(String text) {
        out.println();
        out.println(text);
    }

    private void row(String format, Object... cells) {
        out.println(String.format(Locale.ROOT, format, cells).stripTrailing());
    }
}
