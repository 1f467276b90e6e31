package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the operating system says of a JVM that has made a machine with 4 GiB of memory. */
class ResidentMemoryTest {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final int PAGES = 256;
    /** Bytes between two addresses written to in the small machine. */
    private static final int SMALL = 1024;

    /** A program of its own, in a JVM of its own. */
    static final class Child {
        private final Runtime runtime = Runtime.getRuntime();

        public static void main(String[] args) {
            new Child().run(Integer.parseInt(args[0]));
        }

        private void run(int stride) {
            // Classes loaded and code compiled are part of the baseline, a small machine too.
            for (int i = 0; i < 50; i++) {
                steps(".memory 16", SMALL, "");
            }
            print("baseline");
            steps(".memory 65536", stride, "touched,snapped,written,restored");
        }

        /** Touches pages, takes a snapshot, writes to the pages and to others, and goes back; tells of it if there are names. */
        private void steps(String memory, int stride, String names) {
            Bench bench = Bench.of(
                    Bench.main(memory, "(a: i32, v: i32)", "local.get a", "local.get v", "i32.store", "return"));
            Machine machine = bench.machine;
            String[] name = names.split(",", -1);
            touch(bench, stride, 1, 0);
            tell(name, 0);
            Snapshot snapshot = machine.snapshot();
            tell(name, 1);
            touch(bench, stride, 2, 0);
            touch(bench, stride, 3, stride / 2);
            tell(name, 2);
            machine.restore(snapshot);
            check(machine.readMemory(0, 1)[0] == 1);
            tell(name, 3);
            check(machine.snapshot().sameState(snapshot));
        }

        private static void touch(Bench bench, int stride, int value, int offset) {
            for (int i = 0; i < (stride == SMALL ? 16 : PAGES); i++) {
                bench.start(Integer.toUnsignedLong(i * stride + offset), value).run();
            }
        }

        private static void check(boolean right) {
            if (!right) {
                throw new AssertionError("the state is not what it was");
            }
        }

        private void tell(String[] names, int index) {
            if (index < names.length && !names[index].isEmpty()) {
                print(names[index]);
            }
        }

        @SuppressWarnings("SystemOut")
        private void print(String name) {
            for (int i = 0; i < 3; i++) {
                System.gc();
            }
            long heap = runtime.totalMemory() - runtime.freeMemory();
            System.out.println(name + " " + resident() + " " + heap);
        }

        private static long resident() {
            try {
                for (String line : Files.readAllLines(STATUS, StandardCharsets.US_ASCII)) {
                    if (line.startsWith("VmRSS:")) {
                        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            throw new AssertionError(STATUS + " has no VmRSS");
        }
    }

    private record Use(long resident, long heap) {}

    @ParameterizedTest
    @CsvSource({"contiguous, 4096", "scattered, 16777216"})
    @DisplayName("S7: 4 GiB with 1 MiB touched take less than 64 MiB, before and after a checkpoint and a restore")
    void resident(String name, int stride) throws Exception {
        assumeTrue(Files.isReadable(STATUS), "there is no " + STATUS + " to read resident memory from");
        Process child = new ProcessBuilder(List.of(
                        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                        "-Xms16m",
                        "-Xmx160m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        Integer.toString(stride)))
                .redirectErrorStream(true)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue()).as(output).isZero();

        Map<String, Use> uses = new LinkedHashMap<>();
        for (String line : output.lines().toList()) {
            String[] words = line.split(" ", -1);
            if (words.length == 3) {
                uses.put(words[0], new Use(Long.parseLong(words[1]), Long.parseLong(words[2])));
            }
        }
        assertThat(uses).as(name).containsOnlyKeys("baseline", "touched", "snapped", "written", "restored");
        Use baseline = uses.remove("baseline");
        uses.forEach((step, use) -> {
            assertThat(use.resident() - baseline.resident())
                    .as("%s, %s, resident", name, step)
                    .isLessThan(64 << 20);
            assertThat(use.heap() - baseline.heap())
                    .as("%s, %s, heap", name, step)
                    .isLessThan(64 << 20);
        });
    }
}
