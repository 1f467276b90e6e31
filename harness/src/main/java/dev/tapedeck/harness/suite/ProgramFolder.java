package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.ApprovedFiles;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The programs in a folder and below it. Where there are any, a file of tests without its module counts as one: as one that
 * cannot be loaded, or nobody would notice that its tests do not run. So does a folder below that cannot be read.
 *
 * @param root the folder
 * @param names the programs' paths below it, with {@code /} between the parts on every system, sorted
 * @param approvedFolders the folders, of those looked through, that hold approved files
 */
public record ProgramFolder(Path root, List<String> names, List<Path> approvedFolders) {
    public ProgramFolder {
        names = List.copyOf(names);
        approvedFolders = List.copyOf(approvedFolders);
    }

    /**
     * Looks through a folder. Files and folders whose names begin with a dot are passed over. A linked folder is looked
     * through unless it has been seen already, so loops end, and each program is found once.
     *
     * @throws IOException if the folder itself cannot be read
     */
    public static ProgramFolder list(Path root) throws IOException {
        List<String> names = new ArrayList<>();
        List<String> tests = new ArrayList<>();
        Set<Path> approved = new TreeSet<>();
        Set<Path> seen = new HashSet<>();
        // Real folders first: where a folder is reached both ways, the path without the link names its programs.
        Deque<Path> links = new ArrayDeque<>();
        walk(root, root, names, tests, approved, seen, links);
        while (!links.isEmpty()) {
            walk(root, links.removeFirst(), names, tests, approved, seen, links);
        }
        if (!names.isEmpty()) {
            names.addAll(tests);
        }
        names.sort(null);
        return new ProgramFolder(root, names, List.copyOf(approved));
    }

    private static void walk(
            Path root,
            Path folder,
            List<String> names,
            List<String> tests,
            Set<Path> approved,
            Set<Path> seen,
            Deque<Path> links)
            throws IOException {
        Deque<Path> folders = new ArrayDeque<>();
        folders.add(folder);
        while (!folders.isEmpty()) {
            Path current = folders.removeFirst();
            List<Path> entries;
            try {
                if (!seen.add(current.toRealPath())) {
                    continue;
                }
                entries = sortedEntries(current);
            } catch (IOException e) {
                if (current.equals(root)) {
                    throw e;
                }
                names.add(nameBelow(root, current));
                continue;
            }
            Set<Path> testsOfModules = new HashSet<>();
            for (Path entry : entries) {
                ProgramFile.testsName(entry.getFileName().toString())
                        .ifPresent(name -> testsOfModules.add(entry.resolveSibling(name)));
            }
            for (Path entry : entries) {
                if (Files.isDirectory(entry)) {
                    (Files.isSymbolicLink(entry) ? links : folders).addLast(entry);
                } else if (ProgramFile.isProgram(entry)) {
                    names.add(nameBelow(root, entry));
                } else if (ProgramFile.isTests(entry) && !testsOfModules.contains(entry)) {
                    tests.add(nameBelow(root, entry));
                } else if (ApprovedFiles.nameOf(entry.getFileName().toString()).isPresent()) {
                    approved.add(current);
                }
            }
        }
    }

    private static List<Path> sortedEntries(Path folder) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            for (Path entry : stream) {
                if (!entry.getFileName().toString().startsWith(".")) {
                    entries.add(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        entries.sort(null);
        return entries;
    }

    /** The name of a program: its path below the root, with {@code /} between the parts. */
    public static String nameBelow(Path root, Path file) {
        return root.relativize(file).toString().replace(root.getFileSystem().getSeparator(), "/");
    }

    /** The file of a program by its name. */
    public Path file(String name) {
        return root.resolve(name);
    }
}
