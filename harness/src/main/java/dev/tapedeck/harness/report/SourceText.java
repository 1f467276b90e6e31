package dev.tapedeck.harness.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds the text of a program's source files, for excerpts in reports. */
public interface SourceText {
    /** Larger files are not shown. */
    long BYTES_MAX = 4L << 20;

    /** No text: excerpts show instructions instead. */
    SourceText NONE = source -> List.of();

    /**
     * Texts that may be a program's source: files of one name can be of several versions. Whoever shows one checks first
     * that it is the right one.
     *
     * @param source a source file's name, as the program's debug information has it
     * @return the lines of each such file
     */
    List<List<String>> candidates(String source);

    /**
     * Looks for {@code .tasm} and {@code .wat} files of that name in folders. The name stands in a recording that may
     * come from anywhere, so only its last part counts, and no other files are ever read.
     *
     * @param folders searched in this order
     */
    static SourceText in(List<Path> folders) {
        return source -> {
            String name = source.substring(Math.max(source.lastIndexOf('/'), source.lastIndexOf('\\')) + 1);
            if (!(name.endsWith(".tasm") || name.endsWith(".wat")) || name.indexOf('\0') >= 0) {
                return List.of();
            }
            List<List<String>> found = new ArrayList<>();
            for (Path folder : folders) {
                Path file = folder.resolve(name);
                try {
                    if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= BYTES_MAX) {
                        found.add(new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                                .lines()
                                .toList());
                    }
                } catch (IOException e) {
                    // Not readable is as good as not there: the report shows instructions instead.
                }
            }
            return found;
        };
    }
}
