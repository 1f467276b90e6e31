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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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

    /** Characters of a test's title. */
    private static final int TITLE_CHARS_MAX = 200;

    /** Room for the table's head and for saying what is left out. */
    private static final int REMARKS_BYTES = 500;

    private final Workspace workspace;
    private final Path directory;
    private final Optional<Path> summary;

    /** Sorted, because tests that run at the same time come in any order. */
    private final TreeMap<Key, Problem> problems = new TreeMap<>();

    /** The reports that there is room for: those of the first problems. */
    private final TreeMap<Key, String> details = new TreeMap<>();

    private long detailsBytes;

    /** The first report that there was no room for; none behind it is shown either, so that there are no gaps. */
    private @Nullable Key firstLeftOut;

    private int passed;
    private int failed;
    /** Of those that passed, those that had failed before. */
    private int flaky;

    private int notRun;
    private int disabled;
    private int withReport;

    /** In the place of counts, where no tests were run. */
    private String headline = "";

    /**
     * What problems are sorted by.
     *
     * @param file the program's; empty if there is none
     * @param line of the test, or 0
     * @param count tells those apart that have all else in common
     */
    private record Key(String file, int line, String title, int count) implements Comparable<Key> {
        private static final Comparator<Key> ORDER = Comparator.comparing(Key::file)
                .thenComparingInt(Key::line)
                .thenComparing(Key::title)
                .thenComparingInt(Key::count);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }

    /** A failure, as an annotation and as a row of the table. */
    private record Problem(Annotation annotation, String row) {}

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
            case PASSED -> {
                passed++;
                if (verdict.passedAfterFailure()) {
                    flaky++;
                    problem(
                            Annotation.Level.WARNING,
                            program.toString(),
                            test.line(),
                            title,
                            verdict.message(),
                            place(program, test, verdict),
                            verdict.report());
                }
            }
            case DISABLED -> disabled();
            case ERROR -> {
                notRun++;
                problem(
                        program.toString(),
                        test.line(),
                        title,
                        verdict.message(),
                        place(program, test, verdict),
                        verdict.report());
            }
            case FAILED -> {
                failed++;
                problem(
                        program.toString(),
                        test.line(),
                        title,
                        verdict.message(),
                        place(program, test, verdict),
                        verdict.report());
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
        problem(file.toString(), 0, title, message, workspace.file(file, 0), Optional.empty());
    }

    /** Takes up a program that could not be loaded, or a setting that made it impossible to run anything. */
    public synchronized void notRun(String title, Optional<Path> program, String message) {
        notRun++;
        problem(
                program.map(Path::toString).orElse(""),
                0,
                title,
                message,
                program.flatMap(file -> workspace.file(file, lineIn(message))),
                Optional.empty());
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
        problem("", 0, content.title(), message, place, Optional.of(content));
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

    private void problem(
            String file,
            int line,
            String title,
            String message,
            Optional<Place> place,
            Optional<ReportContent> report) {
        problem(Annotation.Level.ERROR, file, line, title, message, place, report);
    }

    private void problem(
            Annotation.Level level,
            String file,
            int line,
            String title,
            String message,
            Optional<Place> place,
            Optional<ReportContent> report) {
        Key key = new Key(file, line, title, problems.size());
        String where = place.map(at -> MarkdownReport.cell(at.file() + (at.line() > 0 ? ":" + at.line() : "")))
                .orElse("");
        String row = "| " + MarkdownReport.text(Visible.of(title, TITLE_CHARS_MAX)) + " | " + where + " | "
                + MarkdownReport.text(Visible.of(message, WHY_CHARS_MAX)) + " |\n";
        problems.put(key, new Problem(new Annotation(level, place, title, message), row));
        if (report.isPresent()) {
            withReport++;
            detail(key, report.get());
        }
    }

    private void detail(Key key, ReportContent report) {
        if (firstLeftOut != null && key.compareTo(firstLeftOut) > 0) {
            return;
        }
        // HTML inside of Markdown is Markdown again behind an empty line.
        String detail = "<details><summary>" + html(Visible.of(key.title, TITLE_CHARS_MAX)) + "</summary>\n\n"
                + MarkdownReport.nested(report) + "\n</details>\n\n";
        details.put(key, detail);
        detailsBytes += bytes(detail);
        while (detailsBytes > SUMMARY_BYTES_MAX) {
            Map.Entry<Key, String> last = details.pollLastEntry();
            detailsBytes -= bytes(last.getValue());
            firstLeftOut = last.getKey();
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
        problems.values().stream()
                .limit(ANNOTATIONS_MAX)
                .forEach(problem -> lines.accept(problem.annotation.command()));
        Optional<String> problem = passed + failed + notRun + disabled == 0 ? Optional.empty() : writeSummary();
        problems.clear();
        details.clear();
        detailsBytes = 0;
        firstLeftOut = null;
        passed = 0;
        failed = 0;
        flaky = 0;
        notRun = 0;
        disabled = 0;
        withReport = 0;
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

    /** As much of the summary as there is room for: rows, then reports, and what is left out is said. */
    private String summaryText(long fileRoomBytes) {
        long roomBytes = Math.min(SUMMARY_BYTES_MAX, fileRoomBytes);
        String heading = "### Tapedeck: " + counts() + "\n\n";
        int bad = failed + notRun + flaky;
        if (bytes(heading) + REMARKS_BYTES > roomBytes) {
            return bytes(heading) <= roomBytes ? heading : "";
        }
        StringBuilder text = new StringBuilder(heading);
        long left = roomBytes - bytes(heading) - REMARKS_BYTES;
        if (bad > 0) {
            text.append("| test | at | why |\n| --- | --- | --- |\n");
            int shown = 0;
            for (Problem problem : problems.values()) {
                left -= bytes(problem.row);
                if (shown == ROWS_MAX || left < 0) {
                    break;
                }
                text.append(problem.row);
                shown++;
            }
            text.append('\n');
            if (shown < bad) {
                text.append("And ")
                        .append(Words.count(bad - shown, "more failure"))
                        .append(", not listed.\n\n");
            }
            int annotated = Math.min(ANNOTATIONS_MAX, problems.size());
            if (annotated < bad) {
                text.append(Words.count(bad - annotated, "failure"))
                        .append(bad - annotated == 1 ? " has" : " have")
                        .append(" no annotation: GitHub shows ")
                        .append(ANNOTATIONS_MAX)
                        .append(" of a step.\n\n");
            }
        }
        int shown = 0;
        for (String detail : details.values()) {
            left -= bytes(detail);
            if (left < 0) {
                break;
            }
            text.append(detail);
            shown++;
        }
        if (shown < withReport) {
            text.append("The reports of ")
                    .append(Words.count(withReport - shown, "more failure"))
                    .append(" are left out here; each is in its `report.html`.\n\n");
        }
        return text.toString();
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
