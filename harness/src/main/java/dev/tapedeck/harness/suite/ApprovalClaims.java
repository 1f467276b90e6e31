package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.ApprovedFiles;
import dev.tapedeck.harness.approve.ObsoleteApproval;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Which test has which approved files, and so which of them no test has any more.
 *
 * <p>By its name a file may be of several programs: {@code sum.x.approved.txt} of a test {@code x} in {@code sum.tasm}, and
 * of the only test of {@code sum.x.bc}. It is obsolete if none of them has it. Each is judged by all of its tests, never by
 * those that were selected, and where one of them cannot be loaded, nothing is said.
 */
public final class ApprovalClaims {
    private static final int NAMED_MAX = 3;

    private record Claim(ApprovedFiles files, String test) {}

    private final Function<Path, Optional<List<TestCase>>> tests;
    private final Map<Path, Optional<List<Claim>>> claims = new HashMap<>();

    /** As they were when they were first asked for. */
    private final Map<Path, Folder> folders = new HashMap<>();

    /** @param tests all tests of a program, none if it has none of its own; empty if it cannot be loaded */
    public ApprovalClaims(Function<Path, Optional<List<TestCase>>> tests) {
        this.tests = tests;
    }

    /** All tests of a program as {@link #ApprovalClaims} wants them. */
    public static Optional<List<TestCase>> testsOf(Path file) {
        try {
            VerifiedProgram program = ProgramFile.load(file);
            return ProgramFile.testsProblem("", program.program()).isPresent()
                    ? Optional.empty()
                    : Optional.of(program.program().tests());
        } catch (ProgramException e) {
            return Optional.empty();
        }
    }

    /** What is obsolete in these folders, in the order of folders and names, also what belongs to no program. */
    public List<ObsoleteApproval> in(Collection<Path> folders) throws IOException {
        List<ObsoleteApproval> found = new ArrayList<>();
        for (Path folder : folders) {
            found.addAll(obsolete(folder(folder), candidates -> true));
        }
        return found;
    }

    /**
     * What is obsolete beside one program, in the order of names. Files that by their names may be of another program as
     * well are judged by both.
     */
    public List<ObsoleteApproval> beside(Path program) throws IOException {
        String name = String.valueOf(program.getFileName());
        return obsolete(folder(folderOf(program)), candidates -> candidates.contains(name));
    }

    /** Why no test has these files; empty if one has, or may have. */
    public Optional<String> whyObsolete(ApprovedFiles files) throws IOException {
        Path parent = files.text().toAbsolutePath().getParent();
        return parent == null || !Files.isDirectory(parent)
                ? Optional.of("their folder is gone")
                : whyObsolete(folder(parent), files);
    }

    /**
     * A test of another program that has the approved files of this one, so that each would overwrite what is approved of
     * the other; empty if there is none, or none that can be told. Safe for use by several threads.
     */
    synchronized Optional<String> sharedWith(TestSubject subject) {
        ApprovedFiles files = subject.approvedFiles();
        try {
            Folder folder = folder(folderOf(subject.file()));
            for (String program : folder.programsOf(files.name())) {
                Path file = folder.path.resolve(program);
                if (Files.isSameFile(file, subject.file())) {
                    continue;
                }
                for (Claim other : claims(file).orElse(List.of())) {
                    if (same(files, other.files())) {
                        return Optional.of("the test '" + other.test() + "' in " + program);
                    }
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            // A folder that cannot be listed, or that changes: the program itself has been read.
            return Optional.empty();
        }
    }

    private static Path folderOf(Path program) {
        return Optional.ofNullable(program.getParent()).orElse(Path.of(""));
    }

    private Folder folder(Path path) throws IOException {
        Folder known = folders.get(path);
        if (known == null) {
            known = new Folder(path);
            folders.put(path, known);
        }
        return known;
    }

    private List<ObsoleteApproval> obsolete(Folder folder, Predicate<List<String>> judged) throws IOException {
        List<ObsoleteApproval> found = new ArrayList<>();
        for (String name : folder.approved) {
            List<String> programs = folder.programsOf(name);
            ApprovedFiles files = ApprovedFiles.named(folder.path.resolve(name), name);
            // The library Approval Tests calls its texts so too; ours have a recording beside them.
            boolean ours = !programs.isEmpty() || Files.exists(files.recording());
            if (ours && judged.test(programs)) {
                whyObsolete(folder, files).ifPresent(reason -> found.add(new ObsoleteApproval(files, reason)));
            }
        }
        return found;
    }

    private Optional<String> whyObsolete(Folder folder, ApprovedFiles files) throws IOException {
        List<String> programs = folder.programsOf(files.name());
        for (String program : programs) {
            Optional<List<Claim>> claimed = claims(folder.path.resolve(program));
            if (claimed.isEmpty()) {
                return Optional.empty();
            }
            for (Claim other : claimed.get()) {
                if (same(files, other.files())) {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(
                programs.isEmpty()
                        ? "there is no program of that name beside it"
                        : named(programs) + (programs.size() == 1 ? " has" : " have")
                                + " no test of that name with .approve");
    }

    private Optional<List<Claim>> claims(Path program) {
        return claims.computeIfAbsent(program, this::claimsOf);
    }

    private Optional<List<Claim>> claimsOf(Path program) {
        return tests.apply(program)
                .map(all -> all.stream()
                        .filter(TestCase::approved)
                        .map(test -> new Claim(TestSubject.approvedFiles(program, all, test), test.name()))
                        .toList());
    }

    /** By name; on a file system that does not tell upper from lower case, by file. */
    private static boolean same(ApprovedFiles a, ApprovedFiles b) throws IOException {
        if (a.name().equals(b.name())) {
            return true;
        }
        if (!a.name().equalsIgnoreCase(b.name())) {
            return false;
        }
        for (Path file : a.existing()) {
            Path other = file.equals(a.text()) ? b.text() : b.recording();
            if (Files.exists(other) && Files.isSameFile(file, other)) {
                return true;
            }
        }
        return false;
    }

    private static String named(List<String> programs) {
        List<String> shown = new ArrayList<>();
        programs.subList(0, Math.min(NAMED_MAX, programs.size())).forEach(name -> shown.add(Visible.of(name)));
        return String.join(", ", shown) + (programs.size() > NAMED_MAX ? ", ..." : "");
    }

    /** The names of files in a folder, as far as they matter here. */
    private static final class Folder {
        private final Path path;
        private final Set<String> approved = new TreeSet<>();
        /** Also files of tests without their module: nobody knows yet what they are of. */
        private final Set<String> programs = new TreeSet<>();

        /** The programs whose approved files may begin so, in lower case. */
        private final Map<String, List<String>> byBeginning = new HashMap<>();

        private final Map<String, List<String>> programsOf = new HashMap<>();

        Folder(Path path) throws IOException {
            this.path = path;
            List<Path> tests = new ArrayList<>();
            Set<String> testsOfModules = new HashSet<>();
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
                for (Path entry : entries) {
                    String name = String.valueOf(entry.getFileName());
                    if (name.startsWith(".")) {
                        continue;
                    }
                    ApprovedFiles.nameOf(name).ifPresent(approved::add);
                    if (ProgramFile.isProgram(entry) && !Files.isDirectory(entry)) {
                        programs.add(name);
                        ProgramFile.testsName(name).ifPresent(testsOfModules::add);
                    } else if (ProgramFile.isTests(entry)) {
                        tests.add(entry);
                    }
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
            for (Path entry : tests) {
                String name = String.valueOf(entry.getFileName());
                if (!testsOfModules.contains(name)) {
                    programs.add(name);
                }
            }
            for (String program : programs) {
                for (String beginning : List.of(program, program.substring(0, program.lastIndexOf('.')))) {
                    byBeginning
                            .computeIfAbsent(beginning.toLowerCase(Locale.ROOT), key -> new ArrayList<>())
                            .add(program);
                }
            }
        }

        /** The programs that, by their names, approved files of this name can be of. */
        List<String> programsOf(String name) {
            return programsOf.computeIfAbsent(name, this::find);
        }

        private List<String> find(String name) {
            String lower = name.toLowerCase(Locale.ROOT);
            Set<String> found = new TreeSet<>();
            for (int end = lower.length(); end > 0; end = lower.lastIndexOf('.', end - 1)) {
                found.addAll(byBeginning.getOrDefault(lower.substring(0, end), List.of()));
            }
            return List.copyOf(found);
        }
    }
}
