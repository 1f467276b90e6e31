package dev.tapedeck.harness.benchmark;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisector;
import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
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
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/**
 * How long it takes to go anywhere in the recording of a long run, and to find where another one parts from it. Not with JMH: one
 * place is not like the other.
 */
public final class LongRunBenchmark {
    private static final Path COMMANDS = Kernel.PROGRAMS.resolve("c");

    static final long INSTRUCTIONS = 1_000_000_000;
    static final int SEEKS = 400;
    static final int BISECTIONS = 9;

    /** Unmeasured seeks before: the machine has to be compiled. */
    private static final int WARM_UP = 40;

    /** A program that runs longer than is recorded of it. */
    public record Run(String name, VerifiedProgram program, byte[] input) {
        Host host() {
            return new WasiHost(
                    new WasiOptions(),
                    new InputTape(new ByteArrayInputStream(input)),
                    OutputStream.nullOutputStream(),
                    OutputStream.nullOutputStream());
        }
    }

    /**
     * Times in milliseconds: of the thread, except for bisections.
     *
     * @param bisectMedian by the clock, with what was found explained
     * @param probes digests that were compared, at most
     * @param replayed instructions that were executed on both sides together, at most
     */
    public record Result(
            long instructions,
            int checkpoints,
            long bytes,
            double open,
            double median,
            double p99,
            double max,
            double bisectMedian,
            double bisectMax,
            long probes,
            long replayed) {}

    private LongRunBenchmark() {}

    /** @param instructions that one of them takes at least; the input is as long as that needs */
    public static List<Run> runs(long instructions) throws Exception {
        byte[] text = Files.readAllBytes(COMMANDS.resolve("lisp.c"));
        int repeated = (int) (instructions / 20_000_000 + 1);
        byte[] texts = new byte[text.length * repeated];
        for (int i = 0; i < repeated; i++) {
            System.arraycopy(text, 0, texts, i * text.length, text.length);
        }
        return List.of(
                run("chess", "perft 7\n".getBytes(StandardCharsets.US_ASCII)),
                run("lisp", """
                        (define (tak x y z)
                          (if (not (< y x)) z
                              (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y))))
                        (tak 30 20 10)
                        """.getBytes(StandardCharsets.US_ASCII)),
                run("deflate", texts));
    }

    private static Run run(String name, byte[] input) throws Exception {
        return new Run(name, ProgramFile.load(COMMANDS.resolve(name + ".wasm")), input);
    }

    private static RunOptions options(long instructions, CheckpointSpacing checkpoints) {
        return new RunOptions(
                "",
                List.of(),
                0,
                List.of(),
                instructions,
                Limits.DEFAULT,
                RunOptions.BLOCK_INSTRUCTIONS_DEFAULT,
                checkpoints,
                List.of());
    }

    /**
     * @param bisections with runs in which a bit of the heap pointer flips somewhere
     * @param seed of the places
     */
    public static Result measure(Run run, long instructions, int seeks, int bisections, long seed) throws Exception {
        Path folder = Files.createTempDirectory("tapedeck-long-run");
        try {
            RunOptions options = options(instructions, CheckpointSpacing.AUTOMATIC);
            record(run, options, folder.resolve("a"));
            long start = nanos();
            try (Recording recording = Recording.open(folder.resolve("a"))) {
                double open = (nanos() - start) / 1e6;
                Random random = new Random(seed);
                double[] millis = seek(recording, random, seeks);
                double[] bisect = new double[bisections];
                long probes = 0;
                long replayed = 0;
                for (int i = -1; i < bisections; i++) {
                    long place = (long) (random.nextDouble() * recording.icountEnd());
                    Bisection found =
                            bisect(run, options, recording, folder.resolve("b" + i), place, bisect, Math.max(i, 0));
                    probes = Math.max(probes, found.probes());
                    replayed = Math.max(replayed, found.replayed());
                }
                Arrays.sort(bisect);
                return new Result(
                        recording.icountEnd(),
                        recording.checkpoints().size(),
                        recording.logBytes(),
                        open,
                        millis[seeks / 2],
                        millis[Math.min(seeks - 1, seeks * 99 / 100)],
                        millis[seeks - 1],
                        bisect[bisections / 2],
                        bisect[bisections - 1],
                        probes,
                        replayed);
            }
        } finally {
            delete(folder);
        }
    }

    /** Sorted times. */
    private static double[] seek(Recording recording, Random random, int seeks) throws Exception {
        Replay replay = new Replay(recording);
        double[] millis = new double[seeks];
        for (int i = -Math.min(WARM_UP, seeks); i < seeks; i++) {
            long target = (long) (random.nextDouble() * recording.icountEnd());
            long start = nanos();
            replay.seek(target);
            millis[Math.max(i, 0)] = (nanos() - start) / 1e6;
            if (replay.icount() != target) {
                throw new IllegalStateException("went to " + replay.icount() + " instead of " + target);
            }
        }
        Arrays.sort(millis);
        return millis;
    }

    private static Bisection bisect(
            Run run, RunOptions options, Recording a, Path directory, long place, double[] millis, int index)
            throws Exception {
        RunOptions planted =
                options.withInjections(List.of(new RunOptions.Injection(place, new Location.Register("hp"), 16)));
        record(run, planted, directory);
        try (Recording first = Recording.open(a.path());
                Recording second = Recording.open(directory)) {
            long start = System.nanoTime();
            Bisection found = Bisector.bisect(first, second);
            millis[index] = (System.nanoTime() - start) / 1e6;
            long icount = found.a().at().map(Executed::icount).orElse(-1L);
            if (!found.diverged() || icount != place) {
                throw new IllegalStateException("found " + icount + " instead of " + place);
            }
            return found;
        }
    }

    private static void record(Run run, RunOptions options, Path directory) throws Exception {
        Recorder.record(run.program, options, run.host(), directory);
    }

    private static long nanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
