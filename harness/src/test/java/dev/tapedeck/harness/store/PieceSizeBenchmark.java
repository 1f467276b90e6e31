package dev.tapedeck.harness.store;

import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * What a store takes, by the size of its pieces, for snapshots taken evenly over the runs of real programs. Sizes do not
 * depend on the computer, so they are measured once.
 */
public final class PieceSizeBenchmark {
    private static final Path PROGRAMS = Path.of("../examples/src/test/programs");
    private static final int BLOCK_BYTES = 4096;

    private PieceSizeBenchmark() {}

    /** Snapshots of one run. */
    public record Run(String name, List<Snapshot> snapshots) {
        long bytes() {
            return snapshots.stream()
                    .mapToLong(snapshot -> SnapshotWriter.write(snapshot).length)
                    .sum();
        }
    }

    /**
     * A store of them.
     *
     * @param fileBytes of its files
     * @param diskBytes of the same in blocks of 4 KiB, as file systems keep them
     * @param nanos of the thread, to save all
     */
    public record Result(long bytes, int pieces, long fileBytes, long diskBytes, long nanos) {}

    /** @param count of snapshots of each run, evenly over it */
    public static List<Run> runs(int count) throws Exception {
        return List.of(
                run("chess", "c/chess.wasm", "perft 3\n".getBytes(StandardCharsets.US_ASCII), count),
                run("deflate", "c/deflate.wasm", Files.readAllBytes(PROGRAMS.resolve("c/lisp.c")), count),
                run("sieve", "sieve.tasm", new byte[0], count),
                run("life", "life.tasm", new byte[0], count));
    }

    private static Run run(String name, String file, byte[] input, int count) throws Exception {
        VerifiedProgram program = ProgramFile.load(PROGRAMS.resolve(file));
        Machine first = machine(program, input);
        first.run(Long.MAX_VALUE);
        if (first.status() == Status.FAULTED) {
            throw new IllegalStateException(name + " faults: " + first.fault());
        }
        long end = first.icount();
        Machine machine = machine(program, input);
        List<Snapshot> snapshots = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            machine.run(end * i / (count + 1));
            snapshots.add(machine.snapshot());
        }
        return new Run(name, snapshots);
    }

    private static Machine machine(VerifiedProgram program, byte[] input) {
        OutputStream nowhere = OutputStream.nullOutputStream();
        Machine machine = new Machine(
                program,
                WasiHost.withStandard(new WasiOptions(), new ByteArrayInputStream(input), nowhere, nowhere),
                Limits.DEFAULT);
        machine.start(program.program().entry());
        return machine;
    }

    /** Saves all of a run in a new store and removes it again. */
    public static Result measure(Run run, int bytesMean) throws Exception {
        Path folder = Files.createTempDirectory("tapedeck-pieces-");
        try {
            SnapshotStore store = new SnapshotStore(folder, Pieces.of(bytesMean));
            long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            for (Snapshot snapshot : run.snapshots) {
                store.save(snapshot);
            }
            long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
            SnapshotStore.Contents contents = store.contents();
            return new Result(run.bytes(), contents.pieces(), contents.storedBytes(), remove(folder), nanos);
        } finally {
            if (Files.exists(folder)) {
                remove(folder);
            }
        }
    }

    /** Removes a folder, and says how much its files took in blocks. */
    private static long remove(Path folder) throws IOException {
        long[] blocks = {0};
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                blocks[0] += (attributes.size() + BLOCK_BYTES - 1) / BLOCK_BYTES;
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException problem) throws IOException {
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
        return blocks[0] * BLOCK_BYTES;
    }
}
