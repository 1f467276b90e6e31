package dev.tapedeck.harness.suite;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/** Finds programs that people name: files, folders, and patterns such as {@code programs/s*.tasm}, for shells that have none. */
public final class ProgramSearch {
    /**
     * A program.
     *
     * @param file as it was named
     * @param name with {@code /} between its parts, for people
     * @param folder where its results go, below the output folder: another one for each file
     */
    public record Found(Path file, String name, String folder) {}

    private final Path here = Path.of("").toAbsolutePath();
    private final Map<Path, Found> found = new LinkedHashMap<>();
    private final Set<Path> approvedFolders = new LinkedHashSet<>();

    private ProgramSearch() {}

    /**
     * What the names stand for, each file once, in the order of the names. A name that nothing is known of stands for
     * itself.
     *
     * @throws ProgramException if a folder or a pattern has no program, or a folder cannot be read
     */
    public static ProgramSearch of(List<String> names) throws ProgramException {
        ProgramSearch search = new ProgramSearch();
        for (String name : names) {
            search.add(name);
        }
        return search;
    }

    /** The programs. */
    public Collection<Found> programs() {
        return found.values();
    }

    /** The folders with approved files, of those that were named, and so looked through as a whole. */
    public Collection<Path> approvedFolders() {
        return approvedFolders;
    }

    private void add(String name) throws ProgramException {
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            // Windows has no * in names.
            addMatching(name);
            return;
        }
        if (Files.isDirectory(path)) {
            ProgramFolder folder = list(path);
            List<String> programs = folder.names();
            if (programs.isEmpty()) {
                throw new ProgramException(
                        "there is no program in " + name + ", no file that ends in " + ProgramFile.ENDINGS);
            }
            programs.forEach(program -> add(path.resolve(program)));
            approvedFolders.addAll(folder.approvedFolders());
        } else if (Files.exists(path) || firstSpecial(name) < 0) {
            add(path);
        } else {
            addMatching(name);
        }
    }

    private void addMatching(String pattern) throws ProgramException {
        int folderEnd = pattern.lastIndexOf('/', Math.max(0, firstSpecial(pattern)));
        Path root = Path.of(pattern.substring(0, folderEnd + 1));
        String rest = pattern.substring(folderEnd + 1);
        boolean any = false;
        if (Files.isDirectory(root.toAbsolutePath())) {
            PathMatcher matcher = matcher(pattern, rest);
            for (String program : list(root).names()) {
                Path below = Path.of(program);
                // In a pattern of Java's, **/ is at least one folder.
                if (matcher.matches(below)
                        || (rest.startsWith("**/")
                                && matcher.matches(Path.of("x").resolve(below)))) {
                    add(root.resolve(program));
                    any = true;
                }
            }
        }
        if (!any) {
            throw new ProgramException("no program matches " + pattern);
        }
    }

    private static PathMatcher matcher(String pattern, String rest) throws ProgramException {
        try {
            return FileSystems.getDefault().getPathMatcher("glob:" + rest);
        } catch (PatternSyntaxException e) {
            throw new ProgramException(
                    "no program matches " + pattern + ", which is no pattern: " + e.getDescription());
        }
    }

    private static int firstSpecial(String pattern) {
        for (int i = 0; i < pattern.length(); i++) {
            if ("*?[{".indexOf(pattern.charAt(i)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private static ProgramFolder list(Path folder) throws ProgramException {
        try {
            return ProgramFolder.list(folder.toString().isEmpty() ? Path.of(".") : folder);
        } catch (IOException e) {
            throw new ProgramException(folder + ": cannot be read: " + e.getMessage());
        }
    }

    private void add(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        boolean below = absolute.startsWith(here);
        String folder = slashes(below ? here.relativize(absolute) : absolute);
        found.putIfAbsent(
                absolute,
                new Found(
                        file,
                        slashes(file.normalize()),
                        below ? folder : "elsewhere/" + folder.replaceAll("^[A-Za-z]:|^/+", "")));
    }

    private static String slashes(Path path) {
        return path.toString().replace(path.getFileSystem().getSeparator(), "/");
    }
}
