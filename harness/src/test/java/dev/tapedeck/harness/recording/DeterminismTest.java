package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Programs full of floating point, NaNs above all, are recorded in JVMs of their own: interpreted, with the one compiler,
 * with the other, as it is, and on another JDK. Results, output, digests and the bytes of the recordings are the same.
 *
 * <p>What this is about: HotSpot computes other bits of a NaN in compiled code than in interpreted code.
 */
class DeterminismTest {
    private static final Path EXAMPLES = Path.of("../examples/src/test");
    private static final List<Path> JDKS = List.of(Path.of("/usr/lib/jvm"), Path.of("/opt/java"));

    /** What a program is run with: enough for what is hot to be compiled with both compilers. */
    private record Run(Path program, String function, List<Long> arguments) {}

    private static final List<Run> RUNS = List.of(
            new Run(EXAMPLES.resolve("kernels/floats.wasm"), "floats", List.of(1_000L)),
            new Run(EXAMPLES.resolve("programs/nbody.tasm"), "simulate", List.of(300L)));

    @TempDir
    static Path temp;

    private static String here = "";

    /** Records all programs and prints what they did. */
    static final class Child {
        public static void main(String[] args) throws Exception {
            for (Run run : RUNS) {
                print(run, Path.of(args[0]).resolve(run.program.getFileName()));
            }
        }

        private static void print(Run run, Path directory) throws Exception {
            VerifiedProgram program = ProgramFile.load(run.program);
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            VirtualHost host =
                    new VirtualHost(InputStream.nullInputStream(), output, OutputStream.nullOutputStream(), 0);
            RunOptions options = new RunOptions(
                    run.function,
                    run.arguments,
                    0,
                    List.of(),
                    1L << 40,
                    Limits.DEFAULT,
                    1 << 16,
                    // Further apart than a checkpoint is written behind its block, so that a wrong order would show.
                    CheckpointSpacing.instructions(1 << 20),
                    List.of());
            Outcome outcome = Recorder.record(program, options, host, directory);
            System.out.println(run.program.getFileName() + " " + outcome);
            System.out.println("  output " + sha256(output.toByteArray()));
            try (Recording recording = Recording.open(directory)) {
                recording.blocks().forEach(block -> System.out.println("  " + block));
                recording.checkpoints().forEach(checkpoint -> System.out.println("  " + checkpoint));
            }
            try (Stream<Path> files = Files.list(directory)) {
                for (Path file : files.filter(file -> file.toString().endsWith("F.cq4"))
                        .sorted()
                        .toList()) {
                    System.out.println("  " + file.getFileName() + " " + sha256(Files.readAllBytes(file)));
                }
            }
        }

        private static String sha256(byte[] bytes) throws Exception {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        }
    }

    @BeforeAll
    static void recordHere() throws Exception {
        here = inChild(Path.of(System.getProperty("java.home")), "here", List.of());
        assertThat(here).contains("RETURNED", "floats.wasm", "Checkpoint[", "F.cq4");
    }

    static Stream<Arguments> modes() {
        List<Arguments> modes = new ArrayList<>();
        for (String jdk : List.of("running", "17", "25")) {
            modes.add(Arguments.of(jdk, "interpreted", List.of("-Xint")));
            modes.add(Arguments.of(jdk, "C1 only", compiled("-XX:TieredStopAtLevel=1")));
            modes.add(Arguments.of(jdk, "C2 only", compiled("-XX:-TieredCompilation")));
            modes.add(Arguments.of(jdk, "as it is", List.of()));
        }
        return modes.stream();
    }

    /** The machine is compiled at once, and nothing else: compiling all that starts with it takes much longer. */
    private static List<String> compiled(String by) {
        return List.of(
                by,
                "-Xbatch",
                "-XX:CompileCommand=quiet",
                "-XX:CompileCommand=compileonly,dev.tapedeck.vm.machine.*::*");
    }

    @ParameterizedTest(name = "JDK {0}, {1}")
    @MethodSource("modes")
    @DisplayName("Floating point has the same bits, results, output, digests and recordings everywhere")
    void sameEverywhere(String jdk, String mode, List<String> options) throws Exception {
        Path running = Path.of(System.getProperty("java.home"));
        Optional<Path> home = jdk.equals("running") ? Optional.of(running) : installed(jdk);
        assumeTrue(home.isPresent(), () -> "there is no JDK " + jdk + " in any of " + JDKS);
        assumeTrue(
                jdk.equals("running") || !home.get().equals(running.toRealPath()),
                () -> "JDK " + jdk + " is the one that runs this test");

        assertThat(inChild(home.get(), jdk + mode.replace(' ', '-'), options)).isEqualTo(here);
    }

    /** The JDK of a version among those that are installed. */
    private static Optional<Path> installed(String version) throws IOException {
        for (Path folder : JDKS) {
            if (!Files.isDirectory(folder)) {
                continue;
            }
            try (Stream<Path> homes = Files.list(folder)) {
                for (Path home : homes.sorted().toList()) {
                    Path release = home.resolve("release");
                    if (Files.isExecutable(home.resolve("bin/java"))
                            && Files.exists(release)
                            && Files.readString(release).contains("JAVA_VERSION=\"" + version)) {
                        return Optional.of(home.toRealPath());
                    }
                }
            }
        }
        return Optional.empty();
    }

    private static String inChild(Path home, String name, List<String> options) throws Exception {
        Path output = temp.resolve(name + ".txt");
        Path errors = temp.resolve(name + ".err");
        List<String> command = new ArrayList<>();
        command.add(home.resolve("bin/java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Child.class.getName(),
                temp.resolve(name).toString()));
        Process child = new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        try {
            assertThat(child.waitFor(5, TimeUnit.MINUTES))
                    .as("%s ends", command)
                    .isTrue();
        } finally {
            child.destroyForcibly();
        }
        assertThat(child.exitValue())
                .as("%s: %s", command, Files.readString(errors))
                .isZero();
        return Files.readString(output, StandardCharsets.UTF_8);
    }
}
