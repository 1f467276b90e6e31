package dev.tapedeck.harness.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.benchmark.InterpreterBenchmark.Executed;
import dev.tapedeck.harness.benchmark.SnapshotBenchmark.Unwritten;
import dev.tapedeck.harness.benchmark.SnapshotBenchmark.Written;
import dev.tapedeck.harness.recording.CheckpointBenchmark;
import dev.tapedeck.harness.recording.CheckpointBudget;
import dev.tapedeck.harness.recording.FlowCompressionBenchmark;
import dev.tapedeck.vm.machine.Snapshot;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each benchmark once, small and without JMH: that they do what they claim to measure. */
class BenchmarksTest {
    @ParameterizedTest
    @CsvSource({"fib, 5", "sieve, 100", "mandelbrot, 8"})
    @DisplayName("G5: benchmarks: Interpreter: plain and traced execute the same instructions")
    void interpreter(String program, int argument) throws Exception {
        InterpreterBenchmark benchmark = new InterpreterBenchmark();
        benchmark.program = program;
        benchmark.argument = argument;
        benchmark.load();
        Executed plain = new Executed();
        Executed traced = new Executed();

        benchmark.plain(plain);
        long digest = benchmark.traced(traced);

        assertThat(plain.instructions).isGreaterThan(100).isEqualTo(traced.instructions);
        assertThat(benchmark.traced(traced)).isEqualTo(digest);
    }

    @ParameterizedTest
    @CsvSource({"fib, 10", "sieve, 1000", "mandelbrot, 8", "mix, 1"})
    @DisplayName("Endive: both interpreters have the same answer of a kernel")
    void kernels(String name, int argument) throws Exception {
        EndiveBenchmark.Program program = EndiveBenchmark.kernel(name, argument);

        EndiveBenchmark.round(program);

        assertThat(program.tapedeck().instructions()).isGreaterThan(100);
    }

    @Test
    @DisplayName("Endive: both interpreters have the same output of a command")
    void commands() throws Exception {
        EndiveBenchmark.Program chess = EndiveBenchmark.command("chess", "perft 1\n".getBytes(StandardCharsets.UTF_8));

        EndiveBenchmark.round(chess);

        assertThat(chess.tapedeck().run()).isEqualTo("[]perft 1: 20\n");
    }

    @Test
    @DisplayName("Snapshot: the pages it is said to write are written, and a restore takes them back")
    void snapshots() {
        SnapshotBenchmark benchmark = new SnapshotBenchmark();
        Written written = new Written();
        written.pages = 3;
        written.make();
        written.write();

        Snapshot after = benchmark.snapshot(written);

        assertThat(changedPages(after, written.before)).isEqualTo(3);
        benchmark.writeAgain(written);
        assertThat(changedPages(written.machine.snapshot(), after)).isEqualTo(3);
        benchmark.restore(written);
        assertThat(written.machine.snapshot().sameState(written.before)).isTrue();
    }

    @Test
    @DisplayName("Snapshot: the first write goes to pages that are shared with a snapshot")
    void firstWrites() {
        Unwritten unwritten = new Unwritten();
        unwritten.pages = 3;
        unwritten.make();
        unwritten.restore();

        new SnapshotBenchmark().writeFirst(unwritten);

        assertThat(changedPages(unwritten.machine.snapshot(), unwritten.before)).isEqualTo(3);
    }

    private static int changedPages(Snapshot snapshot, Snapshot base) {
        int[] count = {0};
        snapshot.visitChangedPages(base, (memory, index, page) -> count[0]++);
        return count[0];
    }

    @Test
    @DisplayName("Checkpoint: digests follow the pages, deltas hold them")
    void checkpoints() {
        CheckpointBenchmark benchmark = new CheckpointBenchmark();
        benchmark.pages = 3;
        benchmark.make();
        benchmark.write();
        long digest = benchmark.digest();
        byte[] delta = benchmark.delta();

        benchmark.write();

        assertThat(benchmark.digest()).isNotEqualTo(digest);
        assertThat(delta).isNotNull().isNotEqualTo(benchmark.delta());
    }

    @Test
    @DisplayName("S8: the costs of checkpoints are measured with and without pages written, beside their budget")
    void budget() {
        CheckpointBudget.Costs none = CheckpointBudget.measure(1, 0, 25);
        CheckpointBudget.Costs some = CheckpointBudget.measure(4, 16, 25);

        assertThat(none.budget()).isEqualTo(20);
        assertThat(some.budget()).isEqualTo(36);
        assertThat(none.checkpoint()).isPositive();
        assertThat(some.checkpoint()).isGreaterThan(some.copies());
        assertThat(some.restore()).isPositive();
        assertThat(some.distant()).isPositive();
        assertThat(some.stored()).isPositive();
    }

    @Test
    @DisplayName("Flow: what is compressed is smaller, and is decompressed to the same size")
    void flow() throws Exception {
        FlowCompressionBenchmark benchmark = new FlowCompressionBenchmark();
        benchmark.run();

        assertThat(benchmark.compress()).hasSize(benchmark.compressedBytes()).hasSizeLessThan(benchmark.bytes());
        assertThat(benchmark.decompress()).hasSize(benchmark.bytes());
    }

    @Test
    @DisplayName("Program: text, binary and verified form are of one program")
    void programs() throws Exception {
        ProgramBenchmark benchmark = new ProgramBenchmark();
        benchmark.load();

        assertThat(benchmark.read()).isEqualTo(benchmark.assemble());
        assertThat(benchmark.write()).isNotEmpty();
        assertThat(benchmark.verify().program()).isEqualTo(benchmark.read());
        assertThat(benchmark.verifyAndMake().program()).isEqualTo(benchmark.read());
    }

    @Test
    @DisplayName("Import: the modules are there, and a machine comes out")
    void imports() throws Exception {
        ImportBenchmark benchmark = new ImportBenchmark();
        benchmark.load();
        assertThat(benchmark.instructions()).isGreaterThan(10_000);
        assertThat(benchmark.verify().program()).isEqualTo(benchmark.importModule());
        assertThat(benchmark.importAndMake().icount()).isZero();
    }

    @Test
    @DisplayName("3: the benchmark of long runs goes where it says, and finds what was planted")
    void longRuns() throws Exception {
        for (LongRunBenchmark.Run run : LongRunBenchmark.runs(1)) {
            LongRunBenchmark.Result result = LongRunBenchmark.measure(run, 3_000_000, 5, 2, 1);
            assertThat(result.instructions()).as(run.name()).isEqualTo(3_000_000);
            assertThat(result.checkpoints()).as(run.name()).isPositive();
            assertThat(result.max()).isGreaterThanOrEqualTo(result.median());
            assertThat(result.bisectMax()).isGreaterThanOrEqualTo(result.bisectMedian());
        }
    }
}
