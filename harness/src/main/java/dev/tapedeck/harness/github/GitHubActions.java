package dev.tapedeck.harness.github;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.github.Annotation.Place;
import dev.tapedeck.harness.report.MarkdownReport;
import dev.tapedeck.harness.report.ReportContent;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.program.TestCase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Collects what came of the tests of one run, and tells GitHub Actions at its end: at most {@link #ANNOTATIONS_MAX}
 * annotations, and a section of the job's summary. Safe for use by several threads.
 */
public final class GitHubActions {
    /** GitHub shows no more errors than that of one step. */
    public static final int ANNOTATIONS_MAX = 10;

    /** Bytes that one run adds to the summary at most; GitHub drops a step's summary of more than 1 MiB altogether. */
    static final int SUMMARY_BYTES_MAX = 200_000;

    /** The size that the summary's file is not brought beyond: other steps and other modules write to it as well. */
    static final long FILE_BYTES_MAX = 900_000;

    /** Rows of the table of failures. */
    static final int ROWS_MAX = 100;

    /** Characters of why a test failed, in that table. */
    private static final int WHY_CHARS_MAX = 500;

    private final Workspace workspace;
    private final Path directory;
    private final Optional<Path> summary;
    private final List<Annotation> annotations = new ArrayList<>();
    private final List<String> rows = new ArrayList<>();
    private final StringBuilder details = new StringBuilder();
    private int detailsBytes;
    private int passed;
    private int failed;
    private int notRun;
    private int disabled;
    private int withoutDetails;

    /** In the place of counts, where no tests were run. */
    private String headline = "";

    private GitHubActions(Path workspace, Path directory, Optional<Path> summary) {
        this.workspace = new Workspace(workspace);
        this.directory = directory;
        this.summary = summary;
    }

    /**
     * Ready to collect, if the environment is that of a job.
     *
     * @param environment the process's, or another one for tests
     */
    public static Optional<GitHubActions> of(Map<String, String> environment) {
        if (!environment.getOrDefault("GITHUB_ACTIONS", "").equals("true")) {
            return Optional.empty();
        }
        Path directory = Path.of("").toAbsolutePath();
        String workspace = environment.getOrDefault("GITHUB_WORKSPACE", "");
        String summary = environment.getOrDefault("GITHUB_STEP_SUMMARY", "");
        return Optional.of(new GitHubActions(
                workspace.isEmpty() ? directory : Path.of(workspace),
                directory,
                summary.isEmpty() ? Optional.empty() : Optional.of(Path.of(summary))));
    }

    /**
     * Takes up what came of a test.
     *
     * @param title what reports call it
     * @param program the program's file
     */
    public synchronized void test(String title, Path program, TestCase test, Verdict verdict) {
        switch (verdict.kind()) {
            case PASSED -> passed++;
            case DISABLED -> disabled();
            case ERROR -> {
                notRun++;
                problem(title, verdict.message(), place(program, test, verdict), verdict.report());
            }
            case FAILED -> {
                failed++;
                problem(title, verdict.message(), place(program, test, verdict), verdict.report());
            }
        }
    }

    /** Takes up a test that is disabled. */
    public synchronized void disabled() {
        disabled++;
    }

    /** Takes up approved files that no test has, where that is a failure. */
    public synchronized void obsolete(String title, Path file, String message) {
        failed++;
        problem(title, message, workspace.file(file, 0), Optional.empty());
    }

    /** Takes up a program that could not be loaded, or a setting that made it impossible to run anything. */
    public synchronized void notRun(String title, Optional<Path> program, String message) {
        notRun++;
        problem(title, message, program.flatMap(file -> workspace.file(file, lineIn(message))), Optional.empty());
    }

    /**
     * Takes up a comparison of two recordings, or a report about one.
     *
     * @param bad whether the runs differ, or the run failed
     * @param folders where the program's sources may lie
     */
    public synchronized void report(ReportContent content, boolean bad, List<Path> folders) {
        boolean compared = content.bisection().isPresent();
        if (!bad) {
            passed++;
            headline = compared ? "the runs do not differ" : "the run did not fail";
            return;
        }
        failed++;
        boolean replays = content.bisection()
                .filter(found -> found.kind() == Bisection.Kind.REPLAY)
                .isEmpty();
        headline = !replays ? "a recording does not replay" : compared ? "the runs differ" : "the run failed";
        String message = content.bisection()
                .filter(Bisection::diverged)
                .map(found -> (content.reason().isEmpty() ? "" : content.reason() + "; ") + found.sentence(""))
                .orElse(content.reason());
        Optional<Place> place = divergence(content)
                .flatMap(at -> workspace.source(at.source(), at.line(), folders))
                .or(() -> content.ending().fault().flatMap(at -> workspace.source(at.source(), at.line(), folders)))
                .or(() -> content.ending().frames().stream()
                        .flatMap(frame -> workspace.source(frame.source(), frame.line(), folders).stream())
                        .findFirst());
        problem(content.title(), message, place, Optional.of(content));
    }

    /** The program's own line: where the runs part, else where the run went wrong, else the test, else the program's file. */
    private Optional<Place> place(Path program, TestCase test, Verdict verdict) {
        List<Path> folders = Stream.concat(
                        Stream.ofNullable(program.toAbsolutePath().getParent()), Stream.of(directory))
                .toList();
        Optional<Place> place = verdict.report()
                .flatMap(GitHubActions::divergence)
                .flatMap(at -> workspace.source(at.source(), at.line(), folders));
        for (Frame frame : verdict.frames()) {
            if (place.isEmpty()) {
                place = workspace.source(frame.source(), frame.line(), folders);
            }
        }
        return place.or(() -> ProgramFile.testsName(String.valueOf(program.getFileName()))
                        .filter(tests -> test.line() > 0)
                        .flatMap(tests -> workspace.file(program.resolveSibling(tests), test.line())))
                .or(() -> workspace.file(program, 0));
    }

    private static Optional<Executed> divergence(ReportContent content) {
        return content.bisection()
                .filter(found -> found.diverged() && found.kind() != Bisection.Kind.REPLAY)
                .flatMap(found -> found.b().at().or(() -> found.a().at()));
    }

    /** The line in a message such as {@code sum.tasm:12: expected a number}; 0 if there is none. */
    private static int lineIn(String message) {
        int from = message.indexOf(':') + 1;
        int to = from;
        while (to < message.length() && to - from < 9 && Character.isDigit(message.charAt(to))) {
            to++;
        }
        return from > 0 && to > from && to < message.length() && message.charAt(to) == ':'
                ? Integer.parseInt(message.substring(from, to))
                : 0;
    }

    private void problem(String title, String message, Optional<Place> place, Optional<ReportContent> report) {
        if (annotations.size() < ANNOTATIONS_MAX) {
            annotations.add(new Annotation(place, title, message));
        }
        if (rows.size() < ROWS_MAX) {
            String where = place.map(at -> MarkdownReport.code(at.file() + (at.line() > 0 ? ":" + at.line() : "")))
                    .orElse("");
            rows.add("| " + MarkdownReport.text(title) + " | " + where + " | "
                    + MarkdownReport.text(Visible.of(message, WHY_CHARS_MAX)) + " |\n");
        }
        if (report.isPresent()) {
            detail(title, report.get());
        }
    }

    private void detail(String title, ReportContent report) {
        // HTML inside of Markdown is Markdown again behind an empty line.
        String detail = "<details><summary>" + html(title) + "</summary>\n\n" + MarkdownReport.nested(report)
                + "\n</details>\n\n";
        int bytes = bytes(detail);
        // Once one is left out, all behind it are: a summary of the first few is easier to understand than one with
        // gaps.
        if (withoutDetails > 0 || detailsBytes + bytes > SUMMARY_BYTES_MAX) {
            withoutDetails++;
        } else {
            details.append(detail);
            detailsBytes += bytes;
        }
    }

    private static String html(String text) {
        return Visible.of(text)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("@", "@<!-- -->");
    }

    /**
     * Prints the annotations and writes the summary. What was collected is gone afterwards.
     *
     * @param lines takes the lines of the log that are workflow commands
     * @return why the summary could not be written, if so
     */
    public synchronized Optional<String> finish(Consumer<String> lines) {
        annotations.forEach(annotation -> lines.accept(annotation.command()));
        Optional<String> problem = passed + failed + notRun + disabled == 0 ? Optional.empty() : writeSummary();
        annotations.clear();
        rows.clear();
        details.setLength(0);
        detailsBytes = 0;
        passed = 0;
        failed = 0;
        notRun = 0;
        disabled = 0;
        withoutDetails = 0;
        headline = "";
        return problem;
    }

    private Optional<String> writeSummary() {
        if (summary.isEmpty()) {
            return Optional.empty();
        }
        Path file = summary.get();
        try {
            long there = Files.exists(file) ? Files.size(file) : 0;
            String text = summaryText(FILE_BYTES_MAX - there);
            if (!text.isEmpty()) {
                Files.write(
                        file,
                        text.getBytes(StandardCharsets.UTF_8),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of("cannot write the summary of the job to " + file + ": " + e.getMessage());
        }
    }

    /** As much of the summary as there is room for: without details, then without the table, then nothing. */
    private String summaryText(long roomBytes) {
        String heading = "### Tapedeck: " + counts() + "\n\n";
        StringBuilder table = new StringBuilder(heading);
        int bad = failed + notRun;
        if (bad > 0) {
            table.append("| test | at | why |\n| --- | --- | --- |\n");
            rows.forEach(table::append);
            table.append('\n');
            if (rows.size() < bad) {
                table.append("And ")
                        .append(Words.count(bad - rows.size(), "more failure"))
                        .append(", not listed.\n\n");
            }
            if (annotations.size() < bad) {
                table.append(Words.count(bad - annotations.size(), "failure"))
                        .append(bad - annotations.size() == 1 ? " has" : " have")
                        .append(" no annotation: GitHub shows ")
                        .append(ANNOTATIONS_MAX)
                        .append(" of a step.\n\n");
            }
        }
        StringBuilder all = new StringBuilder(table).append(details);
        if (withoutDetails > 0) {
            all.append("The reports of ")
                    .append(Words.count(withoutDetails, "more failure"))
                    .append(" are left out here; each is in its `report.html`.\n\n");
        }
        String full = all.toString();
        if (bytes(full) <= roomBytes) {
            return full;
        }
        String left = "The reports are left out: the summary of this step is nearly as long as GitHub allows.\n\n";
        if (bytes(table.toString()) + left.length() <= roomBytes) {
            return table + left;
        }
        return bytes(heading) + left.length() <= roomBytes ? heading + left : "";
    }

    private String counts() {
        if (!headline.isEmpty()) {
            return headline;
        }
        List<String> parts = new ArrayList<>();
        int all = passed + failed + notRun + disabled;
        if (failed > 0) {
            parts.add(Words.count(failed) + " failed");
        }
        if (notRun > 0) {
            parts.add(Words.count(notRun) + " not run");
        }
        if (disabled > 0) {
            parts.add(Words.count(disabled) + " disabled");
        }
        parts.add(Words.count(passed) + " passed");
        return String.join(", ", parts) + " of " + Words.count(all);
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
