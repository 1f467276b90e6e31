package dev.tapedeck.harness.benchmark;

import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Limits;
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

/** How long it takes to go anywhere in the recording of a long run. Not with JMH: one seek is not like the other. */
public final class SeekBenchmark {
    private static final Path COMMANDS = Kernel.PROGRAMS.resolve("c");

    static final long INSTRUCTIONS = 1_000_000_000;
    static final int SEEKS = 400;

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
     * Times in milliseconds, of the thread.
     *
     * @param share what a recording with checkpoints takes longer than one without, of the time of its thread
     */
    public record Result(
            long instructions,
            int checkpoints,
            double share,
            long bytes,
            double open,
            double median,
            double p99,
            double max) {}

    private SeekBenchmark() {}

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
     * @param rounds how often it is recorded with checkpoints and without
     * @param seed of the places
     */
    public static Result measure(Run run, long instructions, int rounds, int seeks, long seed) throws Exception {
        Path folder = Files.createTempDirectory("tapedeck-seek");
        try {
            double[] with = new double[rounds];
            double[] without = new double[rounds];
            record(run, options(instructions / 10, CheckpointSpacing.AUTOMATIC), folder.resolve("warm-up"));
            for (int i = 0; i < rounds; i++) {
                without[i] = record(
                        run,
                        options(instructions, CheckpointSpacing.instructions(1L << 61)),
                        folder.resolve("without" + i));
                with[i] = record(run, options(instructions, CheckpointSpacing.AUTOMATIC), folder.resolve("with" + i));
            }
            Arrays.sort(with);
            Arrays.sort(without);
            double share = 1 - without[rounds / 2] / with[rounds / 2];
            long start = nanos();
            try (Recording recording = Recording.open(folder.resolve("with0"))) {
                double open = (nanos() - start) / 1e6;
                Random random = new Random(seed);
                Replay replay = new Replay(recording);
                double[] millis = new double[seeks];
                for (int i = -Math.min(WARM_UP, seeks); i < seeks; i++) {
                    long target = (long) (random.nextDouble() * recording.icountEnd());
                    start = nanos();
                    replay.seek(target);
                    millis[Math.max(i, 0)] = (nanos() - start) / 1e6;
                    if (replay.icount() != target) {
                        throw new IllegalStateException("went to " + replay.icount() + " instead of " + target);
                    }
                }
                Arrays.sort(millis);
                return new Result(
                        recording.icountEnd(),
                        recording.checkpoints().size(),
                        share,
                        recording.logBytes(),
                        open,
                        millis[seeks / 2],
                        millis[Math.min(seeks - 1, seeks * 99 / 100)],
                        millis[seeks - 1]);
            }
        } finally {
            delete(folder);
        }
    }

    private static double record(Run run, RunOptions options, Path directory) throws Exception {
        long start = nanos();
        Recorder.record(run.program, options, run.host(), directory);
        return nanos() - start;
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
