package dev.tapedeck.harness.fuzz;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs Jazzer on one target after the other, each in a process of its own. What it has learnt stays in {@code
 * target/fuzz/TARGET/corpus}, what it has to say goes to {@code target/fuzz/TARGET/log.txt}, and an input that goes wrong
 * to {@code target/fuzz/TARGET/crash-...}.
 */
public final class Fuzzing {
    private static final Path FOLDER = Path.of("target/fuzz");
    private static final Pattern EXECUTIONS = Pattern.compile("stat::number_of_executed_units: (\\d+)");

    private Fuzzing() {}

    /**
     * @param args a regular expression for the names of the targets; for each of them the most seconds, the most inputs
     *     (-1: any number), and the seed of what is tried (0: another one each time)
     */
    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Pattern wanted = Pattern.compile(args[0]);
        List<String> bounds = List.of(
                "-max_total_time=" + Integer.parseInt(args[1]),
                "-runs=" + Integer.parseInt(args[2]),
                "-seed=" + Integer.parseInt(args[3]));
        boolean fine = true;
        for (Target target : Target.values()) {
            if (wanted.matcher(target.label()).matches()) {
                fine &= fuzz(target, bounds, out);
            }
        }
        if (!fine) {
            System.exit(1);
        }
    }

    private static boolean fuzz(Target target, List<String> bounds, PrintStream out) throws Exception {
        Path folder = FOLDER.resolve(target.label());
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        List<byte[]> seeds = target.code().seeds();
        for (int i = 0; i < seeds.size(); i++) {
            Files.write(corpus.resolve("seed-" + i), seeds.get(i));
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-D" + Fuzz.TARGET_PROPERTY + "=" + target,
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + Fuzz.class.getName(),
                "--instrumentation_includes=dev.tapedeck.**",
                // They look for attacks on web services, and would take each file that a target opens for one.
                "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.*",
                "--reproducer_path=" + folder,
                "-artifact_prefix=" + folder + "/",
                "-max_len=" + Target.INPUT_BYTES_MAX,
                // Seconds that one input may take, on a computer that is busy with other things.
                "-timeout=30",
                // One that takes longer than this is kept as slow-unit-...
                "-report_slow_units=3",
                "-rss_limit_mb=2000",
                "-print_final_stats=1",
                corpus.toString()));
        command.addAll(bounds);
        if (Files.isDirectory(target.kept())) {
            command.add(target.kept().toString());
        }
        Path log = folder.resolve("log.txt");
        int exit = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start()
                .waitFor();
        out.printf(
                Locale.ROOT,
                "%-10s %,12d inputs  %s%n",
                target.label(),
                executions(log),
                exit == 0 ? "fine" : "STOPPED, see " + log.toAbsolutePath());
        return exit == 0;
    }

    /** Of the last run. */
    private static long executions(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            return lines.map(EXECUTIONS::matcher)
                    .filter(Matcher::find)
                    .mapToLong(match -> Long.parseLong(match.group(1)))
                    .reduce(0, (before, last) -> last);
        }
    }
}
