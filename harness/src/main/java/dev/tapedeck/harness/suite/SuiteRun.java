package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.files.FileProblem;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.OwnFile;
import dev.tapedeck.harness.report.Overview;
import dev.tapedeck.harness.report.Overview.Row;
import dev.tapedeck.harness.report.Overview.Status;
import dev.tapedeck.harness.report.OverviewJson;
import dev.tapedeck.harness.report.OverviewPage;
import dev.tapedeck.harness.report.OverviewSummary;
import dev.tapedeck.harness.report.ReportContent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Collects what came of the tests that are executed together, and leaves {@code index.html}, {@code summary.md} and {@code
 * results.json} in the output folder: all tests of the run, and of no other. Safe for use by several threads.
 *
 * <p>A run may consist of several executions: of several processes, as Surefire starts them, or of the failed tests once more.
 * Each adds its tests to what the others left. What belongs together, {@link RunState} decides; the first execution of a run
 * forgets the results of the run before, but not the recordings and reports.
 */
public final class SuiteRun {
    /** The page. */
    public static final String INDEX = "index.html";

    static final String SUMMARY = "summary.md";
    static final String RESULTS = "results.json";

    /**
     * Output folders, and folders in them, of tests that failed in this process: one that is executed again here is another
     * attempt, since build tools run failed tests again where they failed.
     */
    private static final Set<List<String>> FAILED = ConcurrentHashMap.newKeySet();

    private final Path output;
    private final Map<String, Row> rows = new TreeMap<>();
    private Optional<String> problem = Optional.empty();

    private SuiteRun(Path output) {
        this.output = output;
    }

    /**
     * Begins an execution. If nothing can be written, {@link #finish} says so.
     *
     * @param output the output folder
     * @param owner the process that the run belongs to: as long as it is alive, what begins belongs to the same run
     */
    public static SuiteRun begin(Path output, ProcessHandle owner) {
        SuiteRun run = new SuiteRun(output.toAbsolutePath().normalize());
        try {
            Files.createDirectories(run.output);
            RunState.update(run.output, state -> {
                RunState next = state.begin(owner);
                if (next.begun() == 1) {
                    OwnFile.clear(run.output.resolve(RESULTS));
                    Files.deleteIfExists(run.output.resolve(RESULTS));
                }
                return run.update(next, rows -> {});
            });
        } catch (IOException e) {
            run.problem = Optional.of(run.problem(e));
        }
        return run;
    }

    /**
     * Takes up what came of a test.
     *
     * @param folder of its results, or of its program's, below the output folder
     * @param title what reports call it
     */
    public void test(String folder, String title, Verdict verdict) {
        add(new Row(
                folder,
                title,
                switch (verdict.kind()) {
                    case PASSED -> Status.PASSED;
                    case FAILED -> Status.FAILED;
                    case ERROR -> Status.ERROR;
                    case DISABLED -> Status.DISABLED;
                },
                // The report's, because the verdict's goes on with where the report is.
                verdict.report().map(ReportContent::reason).orElse(verdict.message()),
                verdict.outcome().map(Outcome::icount).map(OptionalLong::of).orElseGet(OptionalLong::empty),
                verdict.recording().map(this::below),
                verdict.attachments().stream().map(this::below).toList(),
                List.of()));
    }

    /**
     * Takes up a test, or a container of tests, that could not be run.
     *
     * @param folder of its results or its program's, below the output folder; of a container, which has none, its title
     */
    public void notRun(String folder, String title, String message) {
        add(withoutRun(folder, title, Status.ERROR, message));
    }

    /**
     * Takes up approved files that no test has; whether that is a failure depends on where the tests run. They have no folder
     * of results, and their title stands for it.
     */
    public void obsolete(String title, boolean failure, String message) {
        add(withoutRun(title, title, failure ? Status.FAILED : Status.DISABLED, message));
    }

    private static Row withoutRun(String folder, String title, Status status, String message) {
        return new Row(folder, title, status, message, OptionalLong.empty(), Optional.empty(), List.of(), List.of());
    }

    private synchronized void add(Row row) {
        // Where a test is selected twice, and so executed twice, a failure is not hidden by what came later.
        rows.merge(row.folder(), row, (before, now) -> before.status().compareTo(now.status()) < 0 ? before : now);
    }

    private String below(Path file) {
        return output.relativize(file.toAbsolutePath().normalize())
                .toString()
                .replace(output.getFileSystem().getSeparator(), "/");
    }

    /**
     * Ends the execution and writes the files.
     *
     * @return why they could not be written, if so
     */
    public synchronized Optional<String> finish() {
        try {
            Files.createDirectories(output);
            RunState.update(output, state -> {
                return update(
                        state.end(),
                        all -> rows.forEach((folder, row) -> {
                            List<String> failed = List.of(output.toString(), folder);
                            // Two builds at a time, or one after the other in a daemon, are no attempts of each other.
                            boolean again = FAILED.contains(failed);
                            all.merge(folder, row, (before, now) -> again ? now.after(before) : now);
                            if (row.failed()) {
                                FAILED.add(failed);
                            }
                        }));
            });
        } catch (IOException e) {
            problem = Optional.of(problem(e));
        }
        rows.clear();
        return problem;
    }

    /** Changes the rows that are there, and writes all files. */
    private RunState update(RunState state, Consumer<Map<String, Row>> change) throws IOException {
        RunState next = state;
        Map<String, Row> all = new TreeMap<>();
        try {
            OverviewJson.read(output.resolve(RESULTS)).forEach(row -> all.put(row.folder(), row));
        } catch (IOException e) {
            // Nobody else can say what stood there, but that something did.
            next = state.withLost();
        }
        change.accept(all);
        write(all.values(), next);
        return next;
    }

    private void write(Collection<Row> all, RunState state) throws IOException {
        Overview overview = new Overview(List.copyOf(all), state.begun(), state.ended(), state.lost());
        write(RESULTS, OverviewJson.render(overview));
        write(SUMMARY, OverviewSummary.render(overview));
        write(INDEX, OverviewPage.render(overview));
    }

    private void write(String name, String text) throws IOException {
        OwnFile.write(output.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    private String problem(IOException e) {
        return "cannot write the overview of all tests to " + TestSubject.shown(output.resolve(INDEX)) + ": "
                + FileProblem.words(e);
    }
}
