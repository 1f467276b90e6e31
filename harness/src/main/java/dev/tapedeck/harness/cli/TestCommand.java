package dev.tapedeck.harness.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.approve.ObsoleteApproval;
import dev.tapedeck.harness.github.GitHubActions;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.report.ConsoleReport;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.suite.ApprovalClaims;
import dev.tapedeck.harness.suite.KeptRecordings;
import dev.tapedeck.harness.suite.OutputFolder;
import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.ProgramSearch;
import dev.tapedeck.harness.suite.SuiteRun;
import dev.tapedeck.harness.suite.TestFileNames;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.TimeLimit;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck test}. */
@Command(
        name = "test",
        description = {
            "Runs the tests of programs, without Maven.",
            "",
            "The same tests as under JUnit: the .test sections of assembly text, NAME.tests beside NAME.wasm, or, of a"
                    + " program that has none, its entry. Each run is recorded. A failure says where in the program it"
                    + " came about and since when, and leaves a report.",
            "",
            "index.html in the output folder is an overview of all tests, with what leads to their reports; summary.md and"
                    + " results.json say the same.",
            "",
            "Approved files that no test has any more are named, and a failure where the environment variable CI is"
                    + " set. tapedeck review steps through them, and through what waits to be approved."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tapedeck test sum.tasm",
            "  tapedeck test src/test/programs -o target/tapedeck",
            "  tapedeck test 'programs/**/s*.wasm' --approve new"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every test passed, or is disabled",
            "1:a test failed; or, where CI is set, approved files are obsolete",
            "2:wrong usage",
            "65:a program cannot be loaded, or a test not be run; all others were"
        })
final class TestCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(
            index = "0",
            arity = "1..*",
            paramLabel = "FILE",
            description = "Programs: files, folders with all in them and below, or patterns with * and **.")
    private List<String> files = new ArrayList<>();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description = "Where recordings and reports go (default: ${DEFAULT-VALUE}).")
    private Path output = Path.of("target", "tapedeck");

    @Option(
            names = "--approve",
            paramLabel = "check|new|all",
            description =
                    "What to do about tests with .approve: compare only, approve those that nothing is approved of"
                            + " yet, or approve all (default: check).")
    private String approve = ApprovalMode.CHECK.mnemonic();

    @Option(
            names = "--limit",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "Stops a test that has no .limit after N instructions, and fails it (default: 10^10).")
    private long limit = TestRunner.INSTRUCTION_LIMIT_DEFAULT;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description =
                    "Stops a test that has no .timeout after a time by the clock, such as 10s or 500ms, and fails it"
                            + " (default: none).")
    private String timeout = "";

    @Option(
            names = "--memory-limit",
            paramLabel = "MIB",
            converter = CountConverter.class,
            description = "Memory that a program may have in use, in MiB (default: 256).")
    private long memoryLimit = Limits.DEFAULT.residentMebibytesMax();

    @Option(
            names = "--verify",
            description =
                    "Replays each recording at once, and fails a test whose replay does not come out as recorded.")
    private boolean verify;

    @Option(
            names = "--recordings",
            paramLabel = "all|failed",
            description = "Which recordings stay: all, or only those of tests that did not pass (default: all). What a"
                    + " later failure is compared with stays in any case.")
    private String recordings = KeptRecordings.ALL.mnemonic();

    @Option(names = "--json", description = "Prints the results as JSON.")
    private boolean json;

    private Optional<GitHubActions> actions = Optional.empty();

    /** All tests of the programs that could be loaded. */
    private final Map<Path, Optional<List<TestCase>>> loaded = new HashMap<>();

    TestCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * A test and what came of it.
     *
     * @param test its name; empty where the program has no tests, or cannot be loaded
     */
    private record Row(String program, Optional<String> test, String title, Verdict verdict) {}

    @Override
    public Integer call() throws Exception {
        ApprovalMode mode = ApprovalMode.ofName(approve)
                .orElseThrow(
                        () -> CommandException.usage("--approve is '" + approve + "', expected check, new or all"));
        KeptRecordings kept = KeptRecordings.ofName(recordings)
                .orElseThrow(
                        () -> CommandException.usage("--recordings is '" + recordings + "', expected all or failed"));
        Optional<Duration> time = TimeLimit.parse(timeout);
        if (time.isEmpty() && !timeout.isEmpty()) {
            throw CommandException.usage(
                    "--timeout is '" + timeout + "', expected a time with ms, s, m or h, such as 10s");
        }
        RunSettings.inRange("--limit", limit, 1, 1L << 62);
        RunSettings.inRange("--memory-limit", memoryLimit, 1, Limits.RESIDENT_MEBIBYTES_MAX);
        TestRunner runner = new TestRunner(
                output,
                TestRunner.Options.of(mode)
                        .withApprovalOption("--approve ")
                        .withInstructionLimit(limit)
                        .withTimeout(time)
                        .withLimits(Limits.DEFAULT.withResidentMebibytesMax(memoryLimit))
                        .withVerified(verify)
                        .withKept(kept));
        if (files.contains("")) {
            throw CommandException.usage("the name of a program is empty; the current directory is '.'");
        }
        ProgramSearch search = ProgramSearch.of(files);
        try {
            OutputFolder.create(output);
        } catch (IOException e) {
            throw CommandException.data(String.valueOf(e.getMessage()));
        }
        Collection<ProgramSearch.Found> programs = search.programs();
        List<Row> rows = new ArrayList<>();
        actions = GitHubActions.of(terminal.environment());
        SuiteRun overview = SuiteRun.begin(output, ProcessHandle.current());
        for (ProgramSearch.Found program : programs) {
            run(runner, program, rows, overview);
        }
        List<ObsoleteApproval> obsolete = obsolete(search);
        for (ObsoleteApproval one : obsolete) {
            terminal.out().flush();
            terminal.message("tapedeck: " + (terminal.automated() ? "" : "warning: ") + one.message(folder(one)));
            if (terminal.automated()) {
                actions.ifPresent(collected ->
                        collected.obsolete(one.files().name(), one.files().text(), one.message(folder(one))));
            }
            overview.obsolete(folder(one) + one.files().name(), terminal.automated(), one.message(folder(one)));
        }
        overview.finish().ifPresent(problem -> terminal.message("tapedeck: " + problem));
        if (json) {
            terminal.print(JsonReport.document(document -> document(document, rows, obsolete)));
        } else {
            terminal.println("");
            terminal.println(Words.count(rows.size(), "test") + " of " + Words.count(programs.size(), "program") + ": "
                    + summary(rows) + (verify ? "; each recording was replayed" : ""));
        }
        actions.ifPresent(collected -> GitHubLog.finish(collected, terminal, json));
        if (count(rows, Verdict.Kind.ERROR) > 0) {
            return ExitCodes.DATA;
        }
        return count(rows, Verdict.Kind.FAILED) > 0 || (terminal.automated() && !obsolete.isEmpty())
                ? ExitCodes.DIFFERENT
                : ExitCodes.FINE;
    }

    /** In the folders that were named as a whole, and beside the programs that were. */
    private List<ObsoleteApproval> obsolete(ProgramSearch search) throws CommandException {
        ApprovalClaims claims = new ApprovalClaims(
                file -> loaded.computeIfAbsent(file.toAbsolutePath().normalize(), ApprovalClaims::testsOf));
        Map<Path, ObsoleteApproval> found = new TreeMap<>();
        try {
            claims.in(search.approvedFolders()).forEach(one -> found.putIfAbsent(absolute(one), one));
            for (ProgramSearch.Found program : search.programs()) {
                if (loaded.containsKey(program.file().toAbsolutePath().normalize())) {
                    claims.beside(program.file()).forEach(one -> found.putIfAbsent(absolute(one), one));
                }
            }
        } catch (IOException e) {
            throw CommandException.data("cannot look for approved files", e);
        }
        List<ObsoleteApproval> obsolete = List.copyOf(found.values());
        try {
            for (ObsoleteApproval one : obsolete) {
                one.save(output);
            }
        } catch (IOException e) {
            throw CommandException.data("cannot write below " + output, e);
        }
        return obsolete;
    }

    private static String folder(ObsoleteApproval obsolete) {
        Path folder = obsolete.files().text().getParent();
        return folder == null || folder.toString().isEmpty()
                ? ""
                : folder + folder.getFileSystem().getSeparator();
    }

    private static Path absolute(ObsoleteApproval obsolete) {
        return obsolete.files().text().toAbsolutePath().normalize();
    }

    private void run(TestRunner runner, ProgramSearch.Found found, List<Row> rows, SuiteRun overview) {
        String name = found.name();
        VerifiedProgram program;
        try {
            program = ProgramFile.load(found.file());
            Optional<String> problem = ProgramFile.testsProblem(name, program.program());
            if (problem.isPresent()) {
                throw new ProgramException(problem.get());
            }
        } catch (ProgramException e) {
            Verdict verdict = Verdict.error(e);
            add(rows, new Row(name, Optional.empty(), Visible.of(name), verdict));
            actions.ifPresent(collected -> collected.notRun(name, Optional.of(found.file()), verdict.message()));
            overview.notRun(found.folder(), Visible.of(name), verdict.message());
            return;
        }
        List<TestCase> brought = program.program().tests();
        loaded.put(found.file().toAbsolutePath().normalize(), Optional.of(brought));
        for (TestCase test : ProgramFile.tests(program.program())) {
            String title = ProgramFile.displayName(name, brought, test);
            progress("running " + title);
            Verdict verdict = runner.run(found.file(), name, found.folder(), program, test);
            progress("");
            actions.ifPresent(collected -> collected.test(title, found.file(), test, verdict));
            overview.test(found.folder() + "/" + TestFileNames.of(brought, test), title, verdict);
            add(rows, new Row(name, brought.isEmpty() ? Optional.empty() : Optional.of(test.name()), title, verdict));
        }
    }

    private void progress(String text) {
        if (terminal.errInteractive()) {
            terminal.out().flush();
            terminal.err().print("\r\u001b[K" + text);
            terminal.err().flush();
        }
    }

    private void add(List<Row> rows, Row row) {
        rows.add(row);
        if (json) {
            return;
        }
        Verdict verdict = row.verdict;
        String line = String.format(Locale.ROOT, "%-8s  %s", word(verdict), row.title);
        switch (verdict.kind()) {
            case PASSED ->
                terminal.println(line + ", "
                        + Words.count(verdict.outcome().map(Outcome::icount).orElse(0L), "instruction"));
            case DISABLED -> terminal.println(line + ": " + Visible.of(verdict.message()));
            case ERROR -> {
                terminal.println(terminal.paint().bad(line));
                terminal.println(Visible.logLine("  " + Visible.of(verdict.message())));
            }
            case FAILED -> {
                terminal.println(terminal.paint().bad(line));
                verdict.report()
                        .ifPresent(report -> ConsoleReport.render(report, terminal.width() - 2, terminal.paint())
                                .lines()
                                .skip(1) // The title.
                                .forEach(text -> terminal.println(text.isEmpty() ? "" : "  " + text)));
                html(verdict).ifPresent(file -> terminal.println("  report: " + Visible.of(shown(file))));
                terminal.println("");
            }
        }
        terminal.out().flush();
    }

    private static String word(Verdict verdict) {
        return verdict.kind().name().toLowerCase(Locale.ROOT);
    }

    private static Optional<Path> html(Verdict verdict) {
        return verdict.attachments().stream()
                .filter(file -> String.valueOf(file.getFileName()).equals("report.html"))
                .findFirst();
    }

    private static String shown(Path file) {
        Path here = Path.of("").toAbsolutePath();
        return (file.startsWith(here) ? here.relativize(file) : file).toString();
    }

    private static long count(List<Row> rows, Verdict.Kind kind) {
        return rows.stream().filter(row -> row.verdict.kind() == kind).count();
    }

    private static String summary(List<Row> rows) {
        List<String> parts = new ArrayList<>();
        parts.add(Words.count(count(rows, Verdict.Kind.PASSED)) + " passed");
        if (count(rows, Verdict.Kind.FAILED) > 0) {
            parts.add(Words.count(count(rows, Verdict.Kind.FAILED)) + " failed");
        }
        if (count(rows, Verdict.Kind.ERROR) > 0) {
            parts.add(Words.count(count(rows, Verdict.Kind.ERROR)) + " not run");
        }
        if (count(rows, Verdict.Kind.DISABLED) > 0) {
            parts.add(Words.count(count(rows, Verdict.Kind.DISABLED)) + " disabled");
        }
        return String.join(", ", parts);
    }

    private void document(JsonGenerator json, List<Row> rows, List<ObsoleteApproval> obsolete) throws IOException {
        json.writeBooleanField("verified", verify);
        json.writeNumberField("passed", count(rows, Verdict.Kind.PASSED));
        json.writeNumberField("failed", count(rows, Verdict.Kind.FAILED));
        json.writeNumberField("errors", count(rows, Verdict.Kind.ERROR));
        json.writeNumberField("disabled", count(rows, Verdict.Kind.DISABLED));
        json.writeArrayFieldStart("tests");
        for (Row row : rows) {
            json.writeStartObject();
            json.writeStringField("program", row.program);
            Documents.text(json, "test", row.test);
            json.writeStringField("verdict", word(row.verdict));
            json.writeStringField("message", row.verdict.message());
            json.writeFieldName("instructions");
            if (row.verdict.outcome().isPresent()) {
                json.writeNumber(row.verdict.outcome().get().icount());
            } else {
                json.writeNull();
            }
            Documents.text(json, "recording", row.verdict.recording().map(Path::toString));
            json.writeArrayFieldStart("files");
            for (Path file : row.verdict.attachments()) {
                json.writeString(file.toString());
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("obsolete");
        for (ObsoleteApproval one : obsolete) {
            json.writeStartObject();
            json.writeArrayFieldStart("files");
            for (Path file : one.files().existing()) {
                json.writeString(file.toString());
            }
            json.writeEndArray();
            json.writeStringField("reason", one.reason());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
