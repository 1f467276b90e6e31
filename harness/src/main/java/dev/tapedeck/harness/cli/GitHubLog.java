package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.github.GitHubActions;
import dev.tapedeck.harness.report.ReportContent;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Tells GitHub Actions what came of a command, where that is what runs it. */
final class GitHubLog {
    private GitHubLog() {}

    /** @param json whether standard output is a JSON document: then annotations go to standard error, which is read as well */
    static void finish(GitHubActions actions, Terminal terminal, boolean json) {
        actions.finish(line -> {
                    if (json) {
                        terminal.message(line);
                    } else {
                        terminal.println(line);
                    }
                })
                .ifPresent(problem -> terminal.message("tapedeck: " + problem));
    }

    /**
     * A comparison, or a report.
     *
     * @param bad whether runs differ, or the run failed
     * @param recording the one in question; its program's sources may lie beside it
     */
    static void report(ReportContent content, boolean bad, Path recording, Terminal terminal, boolean json) {
        GitHubActions.of(terminal.environment()).ifPresent(actions -> {
            List<Path> folders = Stream.concat(
                            Stream.ofNullable(recording.toAbsolutePath().getParent()),
                            Stream.of(Path.of("").toAbsolutePath()))
                    .toList();
            actions.report(content, bad, folders);
            finish(actions, terminal, json);
        });
    }
}
