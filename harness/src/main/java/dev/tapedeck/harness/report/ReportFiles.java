package dev.tapedeck.harness.report;

import dev.tapedeck.harness.recording.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes the three report files of a run: {@code report.md}, {@code report.html}, {@code report.json}. */
public final class ReportFiles {
    private ReportFiles() {}

    /**
     * @param directory is created where it is missing; older reports in it are replaced
     * @param sources where excerpts of source text come from
     * @return the files, absolute
     */
    public static List<Path> write(Report report, Path directory, SourceText sources) throws IOException {
        return write(ReportContent.of(report, sources), directory);
    }

    /** The same for a content that is already there. */
    public static List<Path> write(ReportContent content, Path directory) throws IOException {
        Files.createDirectories(directory);
        Path folder = directory.toAbsolutePath().normalize();
        return List.of(
                write(folder.resolve("report.md"), MarkdownReport.render(content)),
                write(folder.resolve("report.html"), HtmlReport.render(content)),
                write(folder.resolve("report.json"), JsonReport.render(content)));
    }

    private static Path write(Path file, String text) throws IOException {
        WholeFile.write(file, text.getBytes(StandardCharsets.UTF_8));
        return file;
    }
}
