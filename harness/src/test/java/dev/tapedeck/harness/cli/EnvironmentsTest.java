package dev.tapedeck.harness.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Programs are recorded in JVMs of other countries, and looked at there. All bytes are those of this JVM. */
class EnvironmentsTest {
    private static final Path PROGRAMS = Path.of("src/test/resources/dev/tapedeck/harness/cli/version1");

    @TempDir
    static Path temp = Path.of("");

    private static String here = "";

    /** Records programs and prints the digests of their files, and all that the commands print. */
    static final class Child {
        public static void main(String[] args) throws Exception {
            System.err.println(Locale.getDefault() + " " + TimeZone.getDefault().getID() + " "
                    + String.format("%,d", 1234567) + " " + "TITLE".toLowerCase(Locale.getDefault()));
            try (PrintStream out = new PrintStream(Files.newOutputStream(Path.of(args[1])), false, "UTF-8")) {
                run(Path.of(args[0]), out);
            }
        }

        private static void run(Path folder, PrintStream out) throws Exception {
            Path interrupts = folder.resolve("interrupts.tape");
            Path injected = folder.resolve("injected.tape");
            Path long1 = folder.resolve("long.tape");
            Path packed = folder.resolve("interrupts.rec");
            Path report = folder.resolve("report");
            Path program = PROGRAMS.resolve("interrupts.tasm");
            Path loop = Files.writeString(folder.resolve("loop.tasm"), """
                    .memory 4
                    .func main() -> i64
                      .local i: i64
                    again:
                      local.get i
                      i32.wrap_i64
                      i32.const 16383
                      i32.and
                      local.get i
                      i64.store
                      local.get i
                      i64.const 1
                      i64.add
                      local.tee i
                      i64.const 400_000
                      i64.lt_u
                      br_if again
                      f64.const 1234567.125
                      call_host tape.print_f64
                      f64.const 1234567.125
                      i32.const 2
                      call_host tape.print_fixed
                      local.get i
                      call_host tape.print_i64
                      local.get i
                      return
                    .end
                    .entry main
                    """);
            List<List<Object>> commands = List.of(
                    List.of(
                            "record",
                            program,
                            "-o",
                            interrupts,
                            "--block",
                            256,
                            "--interrupt",
                            "256:3:7:every=256:count=60"),
                    List.of(
                            "record",
                            program,
                            "-o",
                            injected,
                            "--block",
                            256,
                            "--interrupt",
                            "256:3:7:every=256:count=60",
                            "--inject",
                            "9000:global.ticks:4"),
                    List.of("record", loop, "-o", long1),
                    List.of("replay", long1),
                    List.of("stats", interrupts),
                    List.of("stats", long1, "--json"),
                    List.of("stats", interrupts, "--profile"),
                    List.of("log", interrupts, "--from", 10_000, "--count", 40),
                    List.of("state", long1, "--at", 2_345_678, "--memory", "0:64"),
                    List.of("bisect", interrupts, injected),
                    List.of("diff", interrupts, injected),
                    List.of("report", injected, "--against", interrupts, "-o", report),
                    List.of("pack", interrupts, "-o", packed),
                    List.of("dis", program));
            for (List<Object> command : commands) {
                CommandLineRun run = CommandLineRun.of(command.toArray());
                out.println(command.get(0) + " " + run.exitCode());
                out.print((run.out() + run.err()).replace(folder.toString(), "FOLDER"));
            }
            for (Path file : List.of(
                    interrupts.resolve("19700101F.cq4"),
                    injected.resolve("19700101F.cq4"),
                    long1.resolve("19700101F.cq4"),
                    packed)) {
                out.println(file.getFileName() + " " + sha256(Files.readAllBytes(file)));
            }
            for (String name : List.of("report.md", "report.html", "report.json")) {
                String text = Files.readString(report.resolve(name), StandardCharsets.UTF_8);
                out.println(name + " " + text.replace(folder.toString(), "FOLDER"));
            }
        }

        private static String sha256(byte[] bytes) throws Exception {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        }
    }

    static Stream<Arguments> environments() {
        return Stream.of(
                Arguments.of(
                        "tr_TR Asia/Kathmandu",
                        List.of("-Duser.language=tr", "-Duser.country=TR", "-Duser.timezone=Asia/Kathmandu")),
                Arguments.of(
                        "ar_EG Pacific/Apia",
                        List.of(
                                "-Duser.language=ar",
                                "-Duser.country=EG",
                                "-Duser.extensions=u-nu-arab",
                                "-Duser.timezone=Pacific/Apia",
                                "-Dfile.encoding=ISO-8859-1")),
                Arguments.of(
                        "hi_IN America/St_Johns",
                        List.of(
                                "-Duser.language=hi",
                                "-Duser.country=IN",
                                "-Duser.extensions=u-nu-deva",
                                "-Duser.timezone=America/St_Johns",
                                "-Dfile.encoding=windows-1252")),
                Arguments.of("one processor", List.of("-XX:ActiveProcessorCount=1", "-XX:+UseSerialGC", "-Xmx256m")),
                Arguments.of("many processors", List.of("-XX:ActiveProcessorCount=16", "-XX:+UseParallelGC")));
    }

    @BeforeAll
    static void recordHere() throws Exception {
        here = inChild("here", List.of());
        assertThat(here).contains("record 0", "bisect 1", "1234567.12", "19700101F.cq4 ", "report.html <!DOCTYPE");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("environments")
    @DisplayName("9: recordings have the same bytes, and commands say the same, in any zone, locale and encoding")
    void same(String name, List<String> options) throws Exception {
        assertThat(inChild(name.replaceAll("\\W", "-"), options)).isEqualTo(here);
    }

    private static String inChild(String name, List<String> options) throws IOException, InterruptedException {
        Path folder = Files.createDirectory(temp.resolve(name));
        Path output = temp.resolve(name + ".txt");
        Path errors = temp.resolve(name + ".err");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of(
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Child.class.getName(),
                folder.toString(),
                output.toString()));
        Process child = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(errors.toFile())
                .start();
        try {
            assertThat(child.waitFor(5, TimeUnit.MINUTES))
                    .as("%s ends", command)
                    .isTrue();
        } finally {
            child.destroyForcibly();
        }
        String said = Files.readString(errors, StandardCharsets.ISO_8859_1);
        assertThat(child.exitValue()).as("%s: %s", command, said).isZero();
        if (name.startsWith("tr") || name.startsWith("ar") || name.startsWith("hi")) {
            // The environment is what it is said to be.
            assertThat(said).startsWith(name.substring(0, 5)).doesNotContain("1,234,567");
        }
        return Files.readString(output, StandardCharsets.UTF_8);
    }
}
