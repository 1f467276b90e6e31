package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.WholeFile;
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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

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
                    Files.deleteIfExists(run.output.resolve(RESULTS));
                }
                run.write(OverviewJson.read(run.output.resolve(RESULTS)), next);
                return next;
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

    /** Takes up a test that could not be run. */
    public void notRun(String folder, String title, String message) {
        add(withoutRun(folder, title, Status.ERROR, message));
    }

    /** Takes up approved files that no test has; whether that is a failure depends on where the tests run. */
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
                Map<String, Row> all = new TreeMap<>();
                OverviewJson.read(output.resolve(RESULTS)).forEach(row -> all.put(row.folder(), row));
                rows.forEach((folder, row) -> all.merge(folder, row, (before, now) -> now.after(before)));
                RunState next = state.end();
                write(new ArrayList<>(all.values()), next);
                return next;
            });
        } catch (IOException e) {
            problem = Optional.of(problem(e));
        }
        rows.clear();
        return problem;
    }

    private void write(Collection<Row> all, RunState state) throws IOException {
        Overview overview = new Overview(List.copyOf(all), state.begun(), state.ended());
        write(RESULTS, OverviewJson.render(overview));
        write(SUMMARY, OverviewSummary.render(overview));
        write(INDEX, OverviewPage.render(overview));
    }

    private void write(String name, String text) throws IOException {
        WholeFile.write(output.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    private String problem(IOException e) {
        return "cannot write the overview of all tests to " + TestSubject.shown(output.resolve(INDEX)) + ": "
                + TestSubject.problem(e);
    }
}
