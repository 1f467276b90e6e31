package dev.tapedeck.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * What a small program costs under JUnit beyond running it: time per program in a warm JVM, time for all in a cold one, and
 * disk. How to run it: docs/benchmarks.md.
 */
final class ProgramCost {
    private static final int PROGRAMS_COLD = 1_000;
    private static final int ROUNDS_WARM_UP = 5;
    private static final int OUTPUT_LENGTH = 4;
    private static final String COLD = "--cold";
    private static final int PROGRAMS_DISCOVERED = 10_000;
    private static final int DISCOVERIES_WARM = 5;
    private static final String DISCOVERY = "--discovery";

    /** About 5,000 instructions. */
    private static final String PROGRAM = """
            .func main()
              .local i: i32
              i32.const 1000
              local.set i
            again:
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
              .expect output "NUMBER\\n"
            .end
            """;

    private final Path root;
    private final List<Path> programs = new ArrayList<>();

    /** Writes {@code count} programs below {@code root}, which is there and empty. */
    ProgramCost(Path root, int count) throws IOException {
        this.root = root;
        Files.createDirectories(root.resolve("programs"));
        for (int i = 0; i < count; i++) {
            String number = Integer.toString(100 + i % 900);
            programs.add(Files.writeString(
                    root.resolve("programs").resolve("program-" + i + ".tasm"), PROGRAM.replace("NUMBER", number)));
        }
    }

    /**
     * @param args a regular expression that has to match this class's name, the number of measured rounds, and the number
     *     of programs
     */
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (args[0].equals(COLD)) {
            inScratch(Integer.parseInt(args[1]), cost -> {
                cost.runUnderTheEngine(new HeapWatch(PROGRAMS_COLD / 4));
                out.println(ManagementFactory.getRuntimeMXBean().getUptime());
            });
            return;
        }
        if (args[0].equals(DISCOVERY)) {
            inScratch(Integer.parseInt(args[1]), cost -> {
                List<Double> millis = new ArrayList<>();
                for (int i = 0; i < 1 + DISCOVERIES_WARM; i++) {
                    long start = System.nanoTime();
                    cost.discover();
                    millis.add((System.nanoTime() - start) / 1e6);
                }
                out.printf(Locale.ROOT, "%.0f %.0f%n", millis.get(0), median(millis.subList(1, millis.size())));
            });
            return;
        }
        if (!Pattern.compile(args[0]).matcher(ProgramCost.class.getSimpleName()).find()) {
            return;
        }
        int rounds = Integer.parseInt(args[1]);
        int count = Integer.parseInt(args[2]);
        out.println();
        out.println("Small programs under JUnit");
        inScratch(count, cost -> out.print(cost.warm(rounds)));
        out.printf(
                Locale.ROOT,
                "%,d programs in a JVM of their own, from its start to the end of the last: %.1f s%n",
                PROGRAMS_COLD,
                Long.parseLong(inOtherJvm(COLD, PROGRAMS_COLD)) / 1e3);
        String[] millis = inOtherJvm(DISCOVERY, PROGRAMS_DISCOVERED).split(" ", 2);
        out.printf(
                Locale.ROOT,
                "discovery of %,d programs, all assembled, in a JVM of its own: the first %.1f s, warm %.1f s%n",
                PROGRAMS_DISCOVERED,
                Long.parseLong(millis[0]) / 1e3,
                Long.parseLong(millis[1]) / 1e3);
    }

    /** Prints, to standard error, how much of the heap is in use after every so many tests. */
    private static final class HeapWatch implements TestExecutionListener {
        private final int every;
        private int finished;

        HeapWatch(int every) {
            this.every = every;
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest() && ++finished % every == 0) {
                System.gc();
                Runtime runtime = Runtime.getRuntime();
                System.err.printf(
                        Locale.ROOT,
                        "heap in use after %,d programs: %.1f MiB%n",
                        finished,
                        (runtime.totalMemory() - runtime.freeMemory()) / 1048576.0);
            }
        }
    }

    private interface Measurement {
        void of(ProgramCost cost) throws Exception;
    }

    /** Beside the build, not in the system's temporary folder: that may be a disk of another kind. */
    private static void inScratch(int count, Measurement measurement) throws Exception {
        Path target = Files.createDirectories(Path.of("target/benchmark"));
        Path root = Files.createTempDirectory(target.toAbsolutePath(), "programs");
        try {
            measurement.of(new ProgramCost(root, count));
        } finally {
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private String warm(int rounds) throws Exception {
        List<Double> plain = new ArrayList<>();
        List<Double> engine = new ArrayList<>();
        List<Double> beyond = new ArrayList<>();
        for (int i = 0; i < ROUNDS_WARM_UP + rounds; i++) {
            double plainMillis = millisEach(this::runPlainly);
            double engineMillis = millisEach(this::runUnderTheEngine);
            if (i >= ROUNDS_WARM_UP) {
                plain.add(plainMillis);
                engine.add(engineMillis);
                beyond.add(engineMillis - plainMillis);
            }
        }
        Path folder = outputOf(programs.get(0));
        return String.format(
                Locale.ROOT,
                "%,d programs in one warm JVM, each, ms: plain %.3f, under the engine %.3f, beyond plain %.3f%n"
                        + "disk of a recording: %s KiB, of all that a passing test leaves: %s KiB%n",
                programs.size(),
                median(plain),
                median(engine),
                median(beyond),
                diskKib(folder.resolve("recording")),
                diskKib(folder));
    }

    private interface Run {
        void run() throws Exception;
    }

    private double millisEach(Run run) throws Exception {
        long start = System.nanoTime();
        run.run();
        return (System.nanoTime() - start) / 1e6 / programs.size();
    }

    /** What has to be done in any case: load each program, run it, look at its output. */
    void runPlainly() throws ProgramException {
        for (Path file : programs) {
            VerifiedProgram program = ProgramFile.load(file);
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            VirtualHost host =
                    new VirtualHost(InputStream.nullInputStream(), output, OutputStream.nullOutputStream(), 0);
            Machine machine = new Machine(program, host, Limits.DEFAULT);
            machine.start(program.program().entry());
            if (machine.run(Long.MAX_VALUE) != Status.RETURNED || output.size() != OUTPUT_LENGTH) {
                throw new IllegalStateException(file + ": " + machine.status() + " after " + output);
            }
        }
    }

    /** As Surefire does. */
    void runUnderTheEngine(TestExecutionListener... listeners) {
        Launcher launcher = launcher();
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        for (TestExecutionListener listener : listeners) {
            launcher.registerTestExecutionListeners(listener);
        }
        launcher.execute(request(), summary);
        if (summary.getSummary().getTestsSucceededCount() != programs.size()) {
            throw new IllegalStateException(programs.size() + " programs, but "
                    + summary.getSummary().getTestsSucceededCount() + " passed: "
                    + summary.getSummary().getFailures());
        }
    }

    private static Launcher launcher() {
        return LauncherFactory.create(LauncherConfig.builder()
                .enableTestEngineAutoRegistration(false)
                .enableLauncherSessionListenerAutoRegistration(false)
                .enableTestExecutionListenerAutoRegistration(false)
                .addTestEngines(new TapedeckEngine())
                .build());
    }

    private LauncherDiscoveryRequest request() {
        return LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(TapedeckProgramsTest.class))
                .configurationParameter(
                        Settings.PROGRAMS, root.resolve("programs").toString())
                .configurationParameter(Settings.OUTPUT, output().toString())
                .build();
    }

    /** Finds all tests, and runs none. */
    void discover() {
        long found = launcher().discover(request()).countTestIdentifiers(TestIdentifier::isTest);
        if (found != programs.size()) {
            throw new IllegalStateException(programs.size() + " programs, but " + found + " tests were found");
        }
    }

    private Path output() {
        return root.resolve("output");
    }

    /** The folder that a program's only test leaves its results in. */
    Path outputOf(Path program) throws IOException {
        try (Stream<Path> tests = Files.list(output().resolve(program.getFileName()))) {
            return tests.findFirst().orElseThrow();
        }
    }

    /** Measured by another JVM, which does nothing else. */
    private static String inOtherJvm(String what, int count) throws IOException, InterruptedException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-classpath",
                System.getProperty("java.class.path"),
                ProgramCost.class.getName(),
                what,
                Integer.toString(count));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the run in another JVM failed, see above");
        }
        return printed.strip();
    }

    /** What a folder really takes: files here have holes, and their lengths say little. Java cannot tell; du can. */
    private static String diskKib(Path folder) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder("du", "-sk", folder.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return "unknown";
        }
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? text.split("\\s", 2)[0] : "unknown";
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
