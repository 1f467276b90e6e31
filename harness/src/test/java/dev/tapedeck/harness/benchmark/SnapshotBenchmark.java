package dev.tapedeck.harness.benchmark;

import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import java.util.concurrent.TimeUnit;
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

/**
 * Snapshot and restore, by the number of pages written since the snapshot before. Most of what a snapshot costs is paid
 * later, by the first write to each page: {@code writeFirst} against {@code writeAgain} shows it. The heap is of fixed
 * size and touched before, so that it is not the operating system's pages that are measured.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch"})
public class SnapshotBenchmark {
    /** A memory with a snapshot behind it. */
    @State(Scope.Thread)
    public static class Snapped {
        @Param({"1", "4"})
        public int memoryGib = 1;

        @Param({"1", "100", "10000"})
        public int pages = 1;

        WrittenMemory memory;
        Machine machine;
        Snapshot before;

        @Setup
        public void make() {
            memory = new WrittenMemory(memoryGib, pages);
            machine = memory.machine();
            memory.write();
            before = machine.snapshot();
        }
    }

    /** The same with pages written since then. */
    @State(Scope.Thread)
    public static class Written extends Snapped {
        @Setup(Level.Invocation)
        public void write() {
            machine.restore(before);
            memory.write();
        }
    }

    /** The same with no page written since then. */
    @State(Scope.Thread)
    public static class Unwritten extends Snapped {
        @Setup(Level.Invocation)
        public void restore() {
            machine.restore(before);
        }
    }

    @Benchmark
    public Snapshot snapshot(Written written) {
        return written.machine.snapshot();
    }

    @Benchmark
    public void restore(Written written) {
        written.machine.restore(written.before);
    }

    @Benchmark
    public void writeFirst(Unwritten unwritten) {
        unwritten.memory.write();
    }

    @Benchmark
    public void writeAgain(Written written) {
        written.memory.write();
    }
}
