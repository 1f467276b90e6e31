package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisector;
import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.report.ConsoleReport;
import dev.tapedeck.harness.report.ReferenceRun;
import dev.tapedeck.harness.report.Report;
import dev.tapedeck.harness.report.ReportContent;
import dev.tapedeck.harness.report.SourceText;
import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.ProgramFolder;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tapedeck demo}. */
@Command(
        name = "demo",
        description = {
            "Shows the whole path: record, go wrong, find the instruction, open the report.",
            "",
            "Runs the tests of some programs, recorded, but for those with the tag 'long'. Then it records a program and a version of it with one line"
                    + " changed, bisects the two, and leaves a report to open."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  tapedeck demo", "  tapedeck demo --programs examples/src/test/programs"},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every program passed, and the planted regression was found",
            "1:a program failed; its report is named",
            "2:wrong usage",
            "65:the programs cannot be read, or the results not written"
        })
final class DemoCommand implements Callable<Integer> {
    private static final List<String> BUNDLED = List.of("primes.tasm", "sort.tasm", "ticker.tasm");

    /** The program that gets a regression, what is changed in it, and what it becomes. */
    private static final String SUBJECT = "sort.tasm";

    private static final String TEXT_BEFORE = "i32.gt_s ";
    private static final String TEXT_AFTER = "i32.gt_u ";
    private static final long SUBJECT_SEED = 7;

    /** Tests with this tag are left out: a tour should not take minutes. */
    private static final String LONG = "long";

    /** In the output folder: without it, a folder that is not empty is somebody else's. */
    private static final String MARKER = ".tapedeck-demo";

    private final Terminal terminal;

    @Option(
            names = "--programs",
            paramLabel = "DIR",
            description = "Programs to run, with their tests (default: three small ones that come along).")
    private @Nullable Path programs;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where recordings and reports go (default: ${DEFAULT-VALUE}).")
    private Path output = Path.of("target", "tapedeck-demo");

    /** The instruction at which the changed version parts. */
    private long divergence;

    private int leftOut;

    DemoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** A test and what came of it. */
    private record Row(Verdict verdict, Optional<Figures> figures, double milliseconds) {
        boolean bad() {
            return switch (verdict.kind()) {
                case PASSED, DISABLED -> false;
                case FAILED, ERROR -> true;
            };
        }
    }

    private record Figures(long instructions, long logBytes) {}

    @Override
    public Integer call() throws Exception {
        prepare();
        Path folder = programs;
        if (folder == null) {
            folder = output.resolve("programs");
            for (String name : BUNDLED) {
                write(folder.resolve(name), bundled(name));
            }
        }

        heading("1. Run programs, and record every instruction");
        Map<String, List<Row>> results = runAll(folder);
        table(results);
        List<Row> rows = results.values().stream().flatMap(List::stream).toList();

        heading("2. Change one line");
        String before = bundled(SUBJECT);
        String after = before.replace(TEXT_BEFORE, TEXT_AFTER);
        write(output.resolve("before").resolve(SUBJECT), before);
        write(output.resolve("after").resolve(SUBJECT), after);
        terminal.println("  " + SUBJECT + " sorts numbers that have signs. A new version of it compares them without:");
        printChange(before, after);

        heading("3. Find the first instruction that went wrong");
        boolean found = bisect();

        heading("What next");
        next(rows);
        return rows.stream().anyMatch(Row::bad) || !found ? ExitCodes.DIFFERENT : ExitCodes.FINE;
    }

    /** Makes the output folder, without what an earlier demo left there. */
    private void prepare() throws CommandException {
        try {
            if (Files.exists(output) && !Files.exists(output.resolve(MARKER))) {
                if (!Files.isDirectory(output)) {
                    throw CommandException.data(output + " is not a directory; choose another with --out");
                }
                try (DirectoryStream<Path> entries = Files.newDirectoryStream(output)) {
                    if (entries.iterator().hasNext()) {
                        throw CommandException.data(
                                output + " is not empty and no earlier demo; choose another with --out");
                    }
                }
            } else {
                Scratch.delete(output);
            }
            Files.createDirectories(output);
            Files.createFile(output.resolve(MARKER));
        } catch (IOException e) {
            throw CommandException.data("cannot write into " + output, e);
        }
    }

    /** The tests of each program, by its name. */
    private Map<String, List<Row>> runAll(Path folder) throws CommandException {
        if (!Files.isDirectory(folder)) {
            throw CommandException.data(folder + " is not a directory of programs");
        }
        ProgramFolder found;
        try {
            found = ProgramFolder.list(folder);
        } catch (IOException e) {
            throw CommandException.data("cannot read " + folder, e);
        }
        if (found.names().isEmpty()) {
            throw CommandException.data("there is no .bc, .tasm, .wasm or .wat file in " + folder);
        }
        TestRunner runner = new TestRunner(output.resolve("recordings"), ApprovalMode.CHECK);
        Map<String, List<Row>> programs = new LinkedHashMap<>();
        for (String name : found.names()) {
            List<Row> rows = new ArrayList<>();
            programs.put(name, rows);
            Path file = found.file(name);
            VerifiedProgram program;
            try {
                program = ProgramFile.load(file);
            } catch (ProgramException e) {
                rows.add(new Row(Verdict.error(e), Optional.empty(), 0));
                continue;
            }
            for (TestCase test : ProgramFile.tests(program.program())) {
                if (test.tags().contains(LONG)) {
                    leftOut++;
                    continue;
                }
                progress(name);
                long start = System.nanoTime();
                Verdict verdict = runner.run(file, name, program, test);
                double milliseconds = (System.nanoTime() - start) / 1e6;
                rows.add(new Row(verdict, figures(verdict), milliseconds));
            }
        }
        progress("");
        return programs;
    }

    private void progress(String name) {
        if (terminal.errInteractive()) {
            terminal.err().print("\r\u001b[K" + (name.isEmpty() ? "" : "running " + Visible.of(name)));
            terminal.err().flush();
        }
    }

    private static Optional<Figures> figures(Verdict verdict) {
        if (verdict.recording().isEmpty()) {
            return Optional.empty();
        }
        try (Recording recording = Recording.open(verdict.recording().get())) {
            return Optional.of(new Figures(recording.icountEnd(), recording.logBytes()));
        } catch (RecordingException e) {
            return Optional.empty();
        }
    }

    /** One line for each program, and one for each test of it that failed. */
    private void table(Map<String, List<Row>> programs) {
        int width = 7;
        for (String program : programs.keySet()) {
            width = Math.max(width, Visible.of(program, 60).length());
        }
        String form = "  %-" + width + "s  %-24s  %15s  %10s  %8s";
        terminal.println(
                terminal.paint().dim(String.format(form, "program", "tests", "instructions", "bits/instr", "ms")));
        programs.forEach((program, rows) -> {
            String line = String.format(
                    Locale.ROOT,
                    form,
                    Visible.of(program, 60),
                    verdicts(rows),
                    Words.count(instructions(rows)),
                    instructions(rows) < Words.INSTRUCTIONS_FOR_BITS
                            ? ""
                            : Words.bits(8.0 * logBytes(rows) / instructions(rows)),
                    Words.count(Math.round(milliseconds(rows))));
            boolean bad = rows.stream().anyMatch(Row::bad);
            terminal.println(bad ? terminal.paint().bad(line) : line);
            rows.stream()
                    .filter(Row::bad)
                    .forEach(row -> terminal.println("      " + Visible.of(row.verdict.message())));
        });
        List<Row> all = programs.values().stream().flatMap(List::stream).toList();
        terminal.println("");
        terminal.println(String.format(
                Locale.ROOT,
                "  %s of %s: %s recorded in %s of log, in %.1f s",
                Words.count(all.size(), "test"),
                Words.count(programs.size(), "program"),
                Words.count(instructions(all), "instruction"),
                Words.count(logBytes(all), "byte"),
                milliseconds(all) / 1000));
        if (leftOut > 0) {
            terminal.println("  left out: " + Words.count(leftOut, "test") + " with the tag '" + LONG + "'");
        }
    }

    private static String verdicts(List<Row> rows) {
        List<String> parts = new ArrayList<>();
        for (Verdict.Kind kind : Verdict.Kind.values()) {
            long count = rows.stream().filter(row -> row.verdict.kind() == kind).count();
            if (count > 0) {
                parts.add(count + " " + kind.name().toLowerCase(Locale.ROOT));
            }
        }
        return parts.isEmpty() ? "left out" : String.join(", ", parts);
    }

    private static long instructions(List<Row> rows) {
        return rows.stream()
                .mapToLong(row -> row.figures.map(Figures::instructions).orElse(0L))
                .sum();
    }

    private static long logBytes(List<Row> rows) {
        return rows.stream()
                .mapToLong(row -> row.figures.map(Figures::logBytes).orElse(0L))
                .sum();
    }

    private static double milliseconds(List<Row> rows) {
        return rows.stream().mapToDouble(Row::milliseconds).sum();
    }

    private void printChange(String before, String after) {
        List<String> linesBefore = before.lines().toList();
        List<String> linesAfter = after.lines().toList();
        for (int i = 0; i < linesBefore.size(); i++) {
            if (!linesBefore.get(i).equals(linesAfter.get(i))) {
                terminal.println("");
                terminal.println(String.format(Locale.ROOT, "    line %d", i + 1));
                terminal.println(
                        terminal.paint().bad("    - " + linesBefore.get(i).strip()));
                terminal.println(
                        terminal.paint().good("    + " + linesAfter.get(i).strip()));
            }
        }
    }

    private boolean bisect() throws Exception {
        Path recordingA = output.resolve("before.tape");
        Path recordingB = output.resolve("after.tape");
        String outputA = record(output.resolve("before").resolve(SUBJECT), recordingA);
        String outputB = record(output.resolve("after").resolve(SUBJECT), recordingB);
        terminal.println("  Both versions ran, recorded. The old one prints " + outputA.strip() + ", the new one "
                + outputB.strip() + ".");
        terminal.println("  tapedeck bisect " + recordingA + " " + recordingB + " says where they part:");
        terminal.println("");
        try (Recording a = Recording.open(recordingA);
                Recording b = Recording.open(recordingB)) {
            Bisection bisection = Bisector.bisect(a, b);
            terminal.print(ConsoleReport.render(bisection, terminal.width(), terminal.paint()));
            Report report = new Report(
                    "sort: one line changed",
                    "expected output " + outputA.strip() + " but was " + outputB.strip(),
                    b,
                    Optional.of(bisection),
                    Optional.of(ReferenceRun.of(a, bisection)),
                    Optional.empty());
            ReportContent content =
                    ReportContent.of(report, SourceText.in(List.of(output.resolve("before"), output.resolve("after"))));
            ReportCommand.write(content, output, terminal);
            divergence = bisection.b().at().map(at -> at.icount()).orElse(0L);
            return bisection.diverged();
        }
    }

    private static String record(Path file, Path recording) throws ProgramException, RecordingException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        RunOptions options = new RunOptions(
                "",
                List.of(),
                SUBJECT_SEED,
                List.of(),
                RunOptions.INSTRUCTION_LIMIT_DEFAULT,
                Limits.DEFAULT,
                RunOptions.BLOCK_INSTRUCTIONS_DEFAULT,
                CheckpointSpacing.AUTOMATIC,
                List.of());
        Outcome outcome = Recorder.record(
                ProgramFile.load(file),
                options,
                new VirtualHost(InputStream.nullInputStream(), printed, OutputStream.nullOutputStream(), SUBJECT_SEED),
                recording);
        if (outcome.kind() != Outcome.Kind.RETURNED) {
            throw new IllegalStateException("the demo's own program did not return: " + outcome);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    private void next(List<Row> rows) {
        terminal.println("  Open  " + Visible.of(output.resolve("report.html").toString()));
        for (Row row : rows) {
            row.verdict.attachments().stream()
                    .filter(file -> file.getFileName().toString().equals("report.html"))
                    .forEach(file -> terminal.println("        " + Visible.of(shown(file))));
        }
        Path recording = output.resolve("after.tape");
        Path before = output.resolve("before").resolve(SUBJECT);
        Path after = output.resolve("after").resolve(SUBJECT);
        terminal.println(
                "  Try   tapedeck log " + recording + " --from " + Math.max(0, divergence - 10) + " --count 20");
        terminal.println("        tapedeck state " + recording + " --at " + divergence);
        terminal.println("        tapedeck diff " + before + " " + after);
        terminal.println("        tapedeck record " + after + " --seed 8 -o my.tape");
        terminal.println("  Read  tapedeck --help");
    }

    /** Relative where that is shorter. */
    private static String shown(Path file) {
        String absolute = file.toAbsolutePath().toString();
        String relative =
                Path.of("").toAbsolutePath().relativize(file.toAbsolutePath()).toString();
        return relative.length() < absolute.length() ? relative : absolute;
    }

    private void heading(String text) {
        terminal.println("");
        terminal.println(terminal.paint().bold(text));
        terminal.println("");
    }

    private static String bundled(String name) {
        try (InputStream stream = DemoCommand.class.getResourceAsStream("demo/" + name)) {
            if (stream == null) {
                throw new IllegalStateException("the program " + name + " is missing from the jar");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("the program " + name + " in the jar cannot be read", e);
        }
    }

    private static void write(Path file, String text) throws CommandException {
        try {
            Path folder = file.getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Files.write(file, text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw CommandException.data("cannot write " + file, e);
        }
    }
}
