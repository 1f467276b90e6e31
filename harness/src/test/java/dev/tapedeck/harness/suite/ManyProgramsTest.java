package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many small programs, tested one after the other in one JVM. */
class ManyProgramsTest {
    private static final int PROGRAMS = 1000;

    /** Until then pools fill, classes load and code is compiled. */
    private static final int WARM_UP = 200;

    private static final long HEAP_GROWTH_MAX = 4 << 20;
    private static final long DISK_BYTES_MAX = 200_000;

    /** Each is another program; every tenth fails, and is bisected against nothing and reported. */
    private static final String PROGRAM = """
            .memory 1
            .func main()
              .local i: i32
              i32.const 1000
              local.set i
            again:
              local.get i
              local.get i
              i32.store
              local.get i
              i32.const 1
              i32.sub
              local.tee i
              br_if again
              i32.const NUMBER
              call_host tape.print_i32
              return
            .end
            .entry main
            .test "prints its number"
              .expect output "EXPECTED\\n"
            .end
            """;

    @TempDir
    private Path root;

    /** What the process holds. */
    private record Held(long files, long queueMaps, long threads, long heapBytes) {
        static Held now() throws IOException {
            System.gc();
            System.gc();
            try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"), StandardCharsets.UTF_8);
                    Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
                return new Held(
                        files.count(),
                        maps.filter(line -> line.contains(".cq4")).count(),
                        ManagementFactory.getThreadMXBean().getThreadCount(),
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
            }
        }
    }

    @Test
    @DisplayName("a thousand programs in one JVM: file handles, maps, threads and heap do not grow; disk is bounded")
    void many() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "needs Linux's /proc");
        TestRunner runner = new TestRunner(root.resolve("output"), ApprovalMode.CHECK);
        Held before = null;
        for (int i = 0; i < PROGRAMS; i++) {
            if (i == WARM_UP) {
                before = Held.now();
            }
            run(runner, i);
        }
        Held after = Held.now();
        String growth = before + " after " + WARM_UP + " programs, " + after + " after " + PROGRAMS;
        System.out.println("ManyProgramsTest: " + growth);
        assertThat(before).isNotNull();
        // Other things in this JVM come and go: a few do not matter, one for each program would.
        assertThat(after.files - before.files).as("file handles: %s", growth).isLessThan(20);
        assertThat(after.threads - before.threads).as("threads: %s", growth).isLessThan(10);
        assertThat(after.queueMaps).as("maps of queues: %s", growth).isZero();
        assertThat(after.heapBytes - before.heapBytes).as("heap: %s", growth).isLessThan(HEAP_GROWTH_MAX);
        checkDisk();
    }

    private void run(TestRunner runner, int number) throws Exception {
        boolean fails = number % 10 == 9;
        String name = "p" + number + ".tasm";
        Path file = Files.writeString(
                root.resolve(name),
                PROGRAM.replace("NUMBER", Integer.toString(number))
                        .replace("EXPECTED", Integer.toString(fails ? -1 : number)));
        VerifiedProgram program = ProgramFile.load(file);
        TestCase test = program.program().tests().get(0);
        Verdict verdict = runner.run(file, name, program, test);
        assertThat(verdict.kind()).as(verdict.message()).isEqualTo(fails ? Verdict.Kind.FAILED : Verdict.Kind.PASSED);
    }

    /** Blocks on the disk, not the length of files, which may have holes. */
    private void checkDisk() throws Exception {
        Process du = new ProcessBuilder(
                        "du", "-B1", "-d", "1", root.resolve("output").toString())
                .redirectErrorStream(true)
                .start();
        List<String> lines = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        assertThat(du.waitFor()).as("%s", lines).isZero();
        assertThat(lines).hasSize(PROGRAMS + 1);
        long largest = lines.subList(0, PROGRAMS).stream()
                .mapToLong(line -> Long.parseLong(line.substring(0, line.indexOf('\t'))))
                .max()
                .orElseThrow();
        System.out.println("ManyProgramsTest: at most " + largest + " bytes of disk for a program");
        assertThat(largest).isLessThanOrEqualTo(DISK_BYTES_MAX);
    }
}
