package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.benchmark.WrittenMemory;
import dev.tapedeck.vm.machine.Snapshot;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a checkpoint costs beyond its snapshot, by the number of pages written since the one before. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch"})
@State(Scope.Thread)
public class CheckpointBenchmark {
    @Param({"1", "100", "10000"})
    public int pages = 1;

    private WrittenMemory memory;
    private StateDigest digest;
    private Snapshot before;
    private Snapshot now;

    @Setup
    public void make() {
        memory = new WrittenMemory(1, pages);
        digest = new StateDigest();
        memory.write();
        now = memory.machine().snapshot();
        digest.next(now);
    }

    @Setup(Level.Invocation)
    public void write() {
        before = now;
        memory.write();
        now = memory.machine().snapshot();
    }

    @Benchmark
    public long digest() {
        return digest.next(now);
    }

    /** The bytes that are stored. */
    @Benchmark
    public byte @Nullable [] delta() {
        return StoredState.delta(now, before);
    }
}
