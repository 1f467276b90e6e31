package dev.tapedeck.junit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;

import dev.tapedeck.harness.approve.ApprovedFiles;
import dev.tapedeck.harness.approve.ObsoleteApproval;
import dev.tapedeck.harness.suite.ApprovalClaims;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.ProgramFolder;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.vm.program.TestCase;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.platform.commons.PreconditionViolationException;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.ReflectionSupport;
import org.junit.platform.commons.util.ClassLoaderUtils;
import org.junit.platform.engine.ConfigurationParameters;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.discovery.ClassSelector;
import org.junit.platform.engine.discovery.ClasspathResourceSelector;
import org.junit.platform.engine.discovery.ClasspathRootSelector;
import org.junit.platform.engine.discovery.DirectorySelector;
import org.junit.platform.engine.discovery.FilePosition;
import org.junit.platform.engine.discovery.FileSelector;
import org.junit.platform.engine.discovery.MethodSelector;
import org.junit.platform.engine.discovery.PackageSelector;
import org.junit.platform.engine.discovery.UniqueIdSelector;
import org.junit.platform.engine.discovery.UriSelector;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.DirectorySource;
import org.junit.platform.engine.support.descriptor.EngineDescriptor;
import org.junit.platform.engine.support.descriptor.FileSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.engine.support.discovery.EngineDiscoveryRequestResolver.InitializationContext;
import org.junit.platform.engine.support.discovery.SelectorResolver;

/**
 * Finds the tests that selectors mean. Every selector comes down to tests of programs in a container, and a container is
 * either a class with {@link Programs} or a folder.
 */
final class ProgramResolver implements SelectorResolver {
    static final String CLASS = "class";
    static final String FOLDER = "folder";
    static final String PROGRAM = "program";
    static final String TEST = "test";
    static final String PROBLEM = "problem";
    static final String OBSOLETE = "obsolete";

    /** As many programs are loaded by several threads. */
    private static final int LOADED_IN_PARALLEL = 64;

    /** All tests of a program. */
    private record ProgramSelector(UniqueId container, String program) implements DiscoverySelector {}

    private record TestSelector(UniqueId container, String program, String test) implements DiscoverySelector {}

    /** The one failing test of a container that has no programs. */
    private record ProblemSelector(UniqueId container) implements DiscoverySelector {}

    /** Approved files that no test has; {@code name} is their path below the container's folder, without the ending. */
    private record ObsoleteSelector(UniqueId container, String name) implements DiscoverySelector {}

    private record ProgramKey(UniqueId container, String program) {}

    private final Path projectDirectory = Settings.projectDirectory();
    private final Optional<Path> programsFolder;
    private final String programsText;
    private final UniqueId engine;
    private final Predicate<String> classNames;

    /**
     * Surefire reports a test that comes from a file under a wrong class name, and 3.5.3 drops it: no test, build
     * successful. It is right about tests that come from a method, which need not exist. See
     * docs/junit.md, "Surefire".
     */
    private final boolean surefire = Surefire.calls();

    private final Warnings warnings;
    private final Map<ProgramKey, LoadedProgram> programs = new ConcurrentHashMap<>();

    ProgramResolver(InitializationContext<EngineDescriptor> context) {
        ConfigurationParameters parameters = context.getDiscoveryRequest().getConfigurationParameters();
        this.programsText = Settings.programs(parameters);
        this.programsFolder = path(programsText);
        this.engine = context.getEngineDescriptor().getUniqueId();
        this.classNames = context.getClassNameFilter();
        this.warnings = new Warnings(context.getDiscoveryRequest().getDiscoveryListener(), engine);
    }

    // Classes

    @Override
    public Resolution resolve(ClassSelector selector, Context context) {
        Class<?> selected;
        try {
            selected = selector.getJavaClass();
        } catch (PreconditionViolationException | LinkageError e) {
            // A class that cannot be loaded is no class of ours; the engine it belongs to will say more.
            return Resolution.unresolved();
        }
        return AnnotationSupport.findAnnotation(selected, Programs.class)
                .flatMap(annotation -> context.addToParent(parent -> Optional.of(classContainer(selected, annotation))))
                .map(container -> Resolution.match(Match.exact(container, () -> children(container))))
                .orElseGet(Resolution::unresolved);
    }

    private ProgramsDescriptor classContainer(Class<?> selected, Programs annotation) {
        UniqueId id = engine.append(CLASS, selected.getName());
        String text = annotation.value().isEmpty() ? programsText : annotation.value();
        return new ProgramsDescriptor(
                id,
                // Surefire 3.5.5 and 3.5.6 report this name as the class, all others the class's own.
                surefire ? selected.getName() : selected.getSimpleName(),
                ClassSource.from(selected),
                path(text).orElse(projectDirectory),
                text);
    }

    @Override
    public Resolution resolve(PackageSelector selector, Context context) {
        return selectors(
                ReflectionSupport.findAllClassesInPackage(
                                selector.getPackageName(), ProgramResolver::standsForPrograms, classNames)
                        .stream()
                        .map(found -> selectClass(found))
                        .collect(Collectors.toCollection(LinkedHashSet::new)));
    }

    private static boolean standsForPrograms(Class<?> candidate) {
        return AnnotationSupport.isAnnotated(candidate, Programs.class);
    }

    /** {@code Class#name}, where the name is a test's as reports show it. */
    @Override
    public Resolution resolve(MethodSelector selector, Context context) {
        Optional<ProgramsDescriptor> container;
        try {
            container = container(context, selectClass(selector.getJavaClass()));
        } catch (PreconditionViolationException | LinkageError e) {
            return Resolution.unresolved();
        }
        if (container.isEmpty()) {
            return Resolution.unresolved();
        }
        String name = selector.getMethodName();
        UniqueId id = container.get().getUniqueId();
        Set<DiscoverySelector> selected = new LinkedHashSet<>();
        for (String program : programNames(container.get())) {
            if (name.equals(program) || name.startsWith(program + ": ")) {
                LoadedProgram loaded = load(container.get(), program);
                for (TestCase test : loaded.tests()) {
                    if (name.equals(program) || name.equals(loaded.displayName(test))) {
                        selected.add(new TestSelector(id, program, test.name()));
                    }
                }
            }
        }
        if (selected.isEmpty()) {
            warnings.tell(
                    "There is no test '" + Visible.of(name) + "' in "
                            + container.get().folderText()
                            + "; the name of a test is its program's, and where the program brings tests, a colon, a space and its own.");
        }
        return selectors(selected);
    }

    // Files and folders

    @Override
    public Resolution resolve(ClasspathRootSelector selector, Context context) {
        Set<DiscoverySelector> selected = new LinkedHashSet<>();
        ReflectionSupport.findAllClassesInClasspathRoot(
                        selector.getClasspathRoot(), ProgramResolver::standsForPrograms, classNames)
                .forEach(found -> selected.add(selectClass(found)));
        path(selector.getClasspathRoot()).ifPresent(root -> selected.addAll(below(root)));
        return selectors(selected);
    }

    @Override
    public Resolution resolve(ClasspathResourceSelector selector, Context context) {
        String name = selector.getClasspathResourceName();
        URL resource = ClassLoaderUtils.getDefaultClassLoader().getResource(name);
        boolean program = ProgramFile.isProgram(name);
        if (resource == null) {
            if (program) {
                warnings.tell("There is no program " + Visible.of(name) + " on the class path.");
            }
            return Resolution.unresolved();
        }
        Optional<Path> file;
        try {
            file = path(resource.toURI());
        } catch (URISyntaxException e) {
            file = Optional.empty();
        }
        if (file.isEmpty() && program) {
            warnings.tell(
                    "The program " + Visible.of(resource.toString()) + " is not a file; only files are executed.");
        }
        return file.map(path -> selectors(at(path, selector.getPosition().orElse(null))))
                .orElseGet(Resolution::unresolved);
    }

    @Override
    public Resolution resolve(UriSelector selector, Context context) {
        FilePosition position =
                FilePosition.fromQuery(selector.getUri().getQuery()).orElse(null);
        return path(selector.getUri())
                .map(path -> selectors(at(path, position)))
                .orElseGet(Resolution::unresolved);
    }

    @Override
    public Resolution resolve(DirectorySelector selector, Context context) {
        return path(selector.getRawPath()).map(path -> selectors(below(path))).orElseGet(Resolution::unresolved);
    }

    @Override
    public Resolution resolve(FileSelector selector, Context context) {
        return path(selector.getRawPath())
                .map(path -> selectors(at(path, selector.getPosition().orElse(null))))
                .orElseGet(Resolution::unresolved);
    }

    private Set<DiscoverySelector> at(Path path, @Nullable FilePosition position) {
        if (Files.isDirectory(path)) {
            return below(path);
        }
        if (ProgramFile.isTests(path)) {
            Set<DiscoverySelector> selected = new LinkedHashSet<>();
            for (Path module : modulesOf(path)) {
                selected.addAll(program(module, position));
            }
            // Without a module, the file itself stands for what is missing.
            return selected.isEmpty() ? program(path, position) : selected;
        }
        if (ProgramFile.isProgram(path)) {
            return program(path, position);
        }
        if (isOurs(path)) {
            warnings.tell(folderName(path) + " is no program: the name of one ends in " + ProgramFile.ENDINGS + ".");
        }
        return Set.of();
    }

    private static List<Path> modulesOf(Path tests) {
        try {
            return ProgramFile.modulesOf(tests);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Whether it can be nobody else's. */
    private boolean isOurs(Path path) {
        return programsFolder.isPresent() && path.startsWith(programsFolder.get());
    }

    /** A program that is not there is found too, as one that cannot be loaded: somebody meant it to be tested. */
    private Set<DiscoverySelector> program(Path path, @Nullable FilePosition position) {
        Path root = rootOf(path);
        if (!Files.isDirectory(root) && !isOurs(path)) {
            warnings.tell("There is no program " + folderName(path) + ".");
            return Set.of();
        }
        UniqueId container = engine.append(FOLDER, folderName(root));
        String program = ProgramFolder.nameBelow(root, path);
        if (position == null) {
            Set<DiscoverySelector> selected = new LinkedHashSet<>();
            selected.add(new ProgramSelector(container, program));
            selected.addAll(obsolete(container, root, claims -> claims.beside(path)));
            return selected;
        }
        // The test that the line belongs to: the last one that begins at or above it.
        TestCase selected = null;
        for (TestCase test : load(container, root, program).tests()) {
            if (test.line() <= position.getLine() && (selected == null || test.line() >= selected.line())) {
                selected = test;
            }
        }
        return selected == null
                ? Set.of(new ProgramSelector(container, program))
                : Set.of(new TestSelector(container, program, selected.name()));
    }

    /** Empty if there is no program: unless it is the one for programs, the folder may well be another engine's. */
    private Set<DiscoverySelector> below(Path folder) {
        Path root = rootOf(folder);
        UniqueId container = engine.append(FOLDER, folderName(root));
        Set<DiscoverySelector> selected = new LinkedHashSet<>();
        try {
            ProgramFolder found = ProgramFolder.list(folder);
            List<String> names = found.names().stream()
                    .map(program -> ProgramFolder.nameBelow(root, folder.resolve(program)))
                    .toList();
            loadAll(container, root, names);
            names.forEach(name -> selected.add(new ProgramSelector(container, name)));
            if (!selected.isEmpty()) {
                selected.addAll(obsolete(container, root, claims -> claims.in(found.approvedFolders())));
                return selected;
            }
        } catch (IOException e) {
            if (!isOurs(folder)) {
                warnings.tell("The folder " + folderName(folder) + " cannot be read: "
                        + (Files.exists(folder)
                                ? Visible.of(String.valueOf(e.getMessage()))
                                : "there is no such folder")
                        + ".");
                return Set.of();
            }
        }
        if (folder.equals(root) && isOurs(folder)) {
            return Set.of(new ProblemSelector(container));
        }
        if (isOurs(folder)) {
            warnings.tell("There is no program in " + folderName(folder) + ", no file that ends in "
                    + ProgramFile.ENDINGS + ".");
        }
        return Set.of();
    }

    private interface ObsoleteSearch {
        List<ObsoleteApproval> in(ApprovalClaims claims) throws IOException;
    }

    /** Of a folder that cannot be listed any more nothing is said: its programs have been found a moment ago. */
    private Set<DiscoverySelector> obsolete(UniqueId container, Path root, ObsoleteSearch search) {
        Set<DiscoverySelector> selected = new LinkedHashSet<>();
        try {
            for (ObsoleteApproval obsolete : search.in(claims(container, root))) {
                ApprovedFiles files = obsolete.files();
                selected.add(new ObsoleteSelector(
                        container, ProgramFolder.nameBelow(root, files.text().resolveSibling(files.name()))));
            }
        } catch (IOException e) {
            return Set.of();
        }
        return selected;
    }

    private ApprovalClaims claims(UniqueId container, Path root) {
        return new ApprovalClaims(file ->
                load(container, root, ProgramFolder.nameBelow(root, file)).knownTests());
    }

    /** The folder that programs at or below {@code path} are named from, so that a program is always named the same. */
    private Path rootOf(Path path) {
        if (programsFolder.isPresent() && path.startsWith(programsFolder.get())) {
            return programsFolder.get();
        }
        Path parent = path.getParent();
        return Files.isDirectory(path) || parent == null ? path : parent;
    }

    private String folderName(Path folder) {
        Path shown = folder.startsWith(projectDirectory) ? projectDirectory.relativize(folder) : folder;
        String name = shown.toString().replace(folder.getFileSystem().getSeparator(), "/");
        return name.isEmpty() ? "." : name;
    }

    // Unique ids, and what selectors come down to

    @Override
    public Resolution resolve(UniqueIdSelector selector, Context context) {
        List<UniqueId.Segment> segments = selector.getUniqueId().getSegments();
        if (segments.size() < 2 || !selector.getUniqueId().hasPrefix(engine)) {
            return Resolution.unresolved();
        }
        UniqueId container = engine.append(segments.get(1));
        if (segments.size() == 2) {
            return container(segments.get(1), context);
        }
        UniqueId.Segment second = segments.get(2);
        if (segments.size() == 3 && second.getType().equals(PROBLEM)) {
            return selectors(Set.of(new ProblemSelector(container)));
        }
        if (segments.size() == 3 && second.getType().equals(FOLDER)) {
            return folder(container, second.getValue(), context);
        }
        if (segments.size() == 3 && second.getType().equals(OBSOLETE)) {
            return selectors(Set.of(new ObsoleteSelector(container, second.getValue())));
        }
        if (!second.getType().equals(PROGRAM)) {
            return Resolution.unresolved();
        }
        if (segments.size() == 3) {
            return selectors(Set.of(new ProgramSelector(container, second.getValue())));
        }
        if (segments.size() == 4 && segments.get(3).getType().equals(TEST)) {
            return resolve(
                    new TestSelector(
                            container, second.getValue(), segments.get(3).getValue()),
                    context);
        }
        return Resolution.unresolved();
    }

    private Resolution container(UniqueId.Segment segment, Context context) {
        if (segment.getType().equals(CLASS)) {
            return resolve(selectClass(segment.getValue()), context);
        }
        if (!segment.getType().equals(FOLDER)) {
            return Resolution.unresolved();
        }
        return path(segment.getValue())
                .filter(folder -> Files.isDirectory(folder) || folder.equals(programsFolder.orElse(null)))
                .flatMap(folder -> context.addToParent(parent -> Optional.of(new ProgramsDescriptor(
                        engine.append(FOLDER, folderName(folder)),
                        folderName(folder),
                        DirectorySource.from(folder.toFile()),
                        folder,
                        folderName(folder)))))
                .map(container -> Resolution.match(Match.exact(container, () -> children(container))))
                .orElseGet(Resolution::unresolved);
    }

    /**
     * A folder below a container's. Surefire takes tests for methods of the class that they are directly in, and so it is
     * told of none.
     *
     * @param name its path below the container's folder
     */
    private Resolution folder(UniqueId container, String name, Context context) {
        if (surefire) {
            return container(context, selectUniqueId(container))
                    .map(found -> selectors(programsBelow(found, name)))
                    .orElseGet(Resolution::unresolved);
        }
        return context.addToParent(
                        () -> selectUniqueId(parent(container, name)),
                        parent -> Optional.of(new FolderDescriptor(
                                container.append(FOLDER, name),
                                name.substring(name.lastIndexOf('/') + 1),
                                programs(parent).folder().resolve(name))))
                .map(folder -> Resolution.match(Match.exact(folder, () -> programsBelow(programs(folder), name))))
                .orElseGet(Resolution::unresolved);
    }

    private Set<DiscoverySelector> programsBelow(ProgramsDescriptor container, String folder) {
        Set<DiscoverySelector> selected = new LinkedHashSet<>();
        for (String program : programNames(container)) {
            if (program.startsWith(folder + "/")) {
                selected.add(new ProgramSelector(container.getUniqueId(), program));
            }
        }
        return selected;
    }

    /** What a program or folder is directly in. */
    private UniqueId parent(UniqueId container, String name) {
        int end = name.lastIndexOf('/');
        return surefire || end < 0 ? container : container.append(FOLDER, name.substring(0, end));
    }

    /** The container that something is in, which may be itself. */
    private static ProgramsDescriptor programs(TestDescriptor descriptor) {
        return descriptor instanceof ProgramsDescriptor programs
                ? programs
                : programs(descriptor.getParent().orElseThrow());
    }

    private Set<DiscoverySelector> children(ProgramsDescriptor container) {
        Set<DiscoverySelector> selected = new LinkedHashSet<>();
        UniqueId id = container.getUniqueId();
        List<String> names = programNames(container);
        loadAll(id, container.folder(), names);
        for (String program : names) {
            selected.add(new ProgramSelector(id, program));
        }
        if (selected.isEmpty()) {
            return Set.of(new ProblemSelector(id));
        }
        selected.addAll(obsolete(
                id,
                container.folder(),
                claims -> claims.in(ProgramFolder.list(container.folder()).approvedFolders())));
        return selected;
    }

    @Override
    public Resolution resolve(DiscoverySelector selector, Context context) {
        if (selector instanceof ProgramSelector selected) {
            return container(context, selectUniqueId(selected.container()))
                    .map(container -> load(container, selected.program()).tests().stream()
                            .map(test -> new TestSelector(selected.container(), selected.program(), test.name()))
                            .collect(Collectors.toCollection(LinkedHashSet::new)))
                    .map(ProgramResolver::selectors)
                    .orElseGet(Resolution::unresolved);
        } else if (selector instanceof TestSelector selected) {
            return context.addToParent(
                            () -> selectUniqueId(parent(selected.container(), selected.program())),
                            parent -> test(programs(parent), selected))
                    .map(test -> Resolution.match(Match.exact(test)))
                    .orElseGet(Resolution::unresolved);
        } else if (selector instanceof ProblemSelector selected) {
            return context.addToParent(
                            () -> selectUniqueId(selected.container()),
                            parent -> Optional.of(problem((ProgramsDescriptor) parent)))
                    .map(problem -> Resolution.match(Match.exact(problem)))
                    .orElseGet(Resolution::unresolved);
        } else if (selector instanceof ObsoleteSelector selected) {
            return context.addToParent(() -> selectUniqueId(selected.container()), parent -> obsolete(parent, selected))
                    .map(obsolete -> Resolution.match(Match.exact(obsolete)))
                    .orElseGet(Resolution::unresolved);
        }
        return Resolution.unresolved();
    }

    /** Empty if the files are gone, or a test has them again. */
    private Optional<ObsoleteDescriptor> obsolete(TestDescriptor parent, ObsoleteSelector selected) {
        ProgramsDescriptor container = (ProgramsDescriptor) parent;
        Path at = container.folder().resolve(selected.name());
        ApprovedFiles files = ApprovedFiles.named(at, String.valueOf(at.getFileName()));
        List<Path> existing = files.existing();
        if (existing.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> reason;
        try {
            reason = claims(selected.container(), container.folder()).whyObsolete(files);
        } catch (IOException e) {
            return Optional.empty();
        }
        String name = Visible.of(selected.name()) + ": obsolete approval";
        return reason.map(why -> new ObsoleteDescriptor(
                selected.container().append(OBSOLETE, selected.name()),
                name,
                source(container, name)
                        .orElseGet(() -> FileSource.from(existing.get(0).toFile())),
                new ObsoleteApproval(files, why),
                selected.name().substring(0, selected.name().lastIndexOf('/') + 1)));
    }

    private Optional<ProgramTestDescriptor> test(ProgramsDescriptor container, TestSelector selected) {
        LoadedProgram program = load(container, selected.program());
        return program.tests().stream()
                .filter(test -> test.name().equals(selected.test()))
                .findFirst()
                .map(test -> new ProgramTestDescriptor(
                        selected.container().append(PROGRAM, selected.program()).append(TEST, test.name()),
                        program,
                        test,
                        source(container, program, test),
                        outputFolder(container.folder(), program.name())));
    }

    private TestSource source(ProgramsDescriptor container, LoadedProgram program, TestCase test) {
        Optional<TestSource> method = source(container, program.displayName(test));
        if (method.isPresent()) {
            return method.get();
        }
        Optional<String> text =
                ProgramFile.testsName(program.file().getFileName().toString());
        return test.line() > 0 && text.isPresent()
                ? FileSource.from(
                        program.file().resolveSibling(text.get()).toFile(),
                        org.junit.platform.engine.support.descriptor.FilePosition.from(test.line()))
                : FileSource.from(program.file().toFile());
    }

    /** What Surefire is told: a method of the container's class. */
    private Optional<TestSource> source(ProgramsDescriptor container, String displayName) {
        return container
                .getSource()
                .filter(found -> surefire && found instanceof ClassSource)
                .map(found -> MethodSource.from(((ClassSource) found).getClassName(), displayName));
    }

    private ProblemDescriptor problem(ProgramsDescriptor container) {
        String text = container.folderText();
        String reason;
        if (Files.isDirectory(container.folder())) {
            try {
                ProgramFolder.list(container.folder());
                reason = "there is no .bc, .tasm, .wasm or .wat file in the folder";
            } catch (IOException e) {
                reason = "the folder cannot be read (" + e.getMessage() + ")";
            }
        } else {
            reason = Files.exists(container.folder()) ? "that is a file, not a folder" : "there is no such folder";
        }
        String message = "No program to test in " + text + ": " + reason + " (" + container.folder()
                + "). Put programs there, or name another folder with " + Settings.PROGRAMS + ".";
        TestSource source = source(container, text)
                .orElseGet(() -> DirectorySource.from(container.folder().toFile()));
        return new ProblemDescriptor(container.getUniqueId().append(PROBLEM, text), text, source, message);
    }

    private List<String> programNames(ProgramsDescriptor container) {
        try {
            return Files.isDirectory(container.folder())
                    ? ProgramFolder.list(container.folder()).names()
                    : List.of();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Loading is most of the work of a discovery, and each program is on its own. */
    private void loadAll(UniqueId container, Path folder, List<String> names) {
        if (names.size() >= LOADED_IN_PARALLEL) {
            names.parallelStream().forEach(name -> load(container, folder, name));
        }
    }

    private LoadedProgram load(ProgramsDescriptor container, String program) {
        return load(container.getUniqueId(), container.folder(), program);
    }

    private LoadedProgram load(UniqueId container, Path folder, String program) {
        return programs.computeIfAbsent(
                new ProgramKey(container, program), key -> LoadedProgram.of(folder.resolve(program), program));
    }

    /**
     * Where a program's results go below the output folder: its name, and before it its folder unless that is the
     * configured one.
     */
    private String outputFolder(Path folder, String program) {
        if (programsFolder.isPresent() && folder.equals(programsFolder.get())) {
            return program;
        }
        String name = folder.startsWith(projectDirectory)
                ? folderName(folder)
                : "elsewhere/" + folderName(folder).replaceAll("^[A-Za-z]:|^/+", "");
        return name + "/" + program;
    }

    private static Optional<ProgramsDescriptor> container(Context context, DiscoverySelector selector) {
        return context.resolve(selector)
                .filter(ProgramsDescriptor.class::isInstance)
                .map(ProgramsDescriptor.class::cast);
    }

    private static Resolution selectors(Collection<? extends DiscoverySelector> selected) {
        return selected.isEmpty() ? Resolution.unresolved() : Resolution.selectors(new LinkedHashSet<>(selected));
    }

    /** Absolute and normalized; empty if the text cannot be a path. */
    private Optional<Path> path(String text) {
        try {
            return Optional.of(projectDirectory.resolve(text).normalize());
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** Empty unless the address is a file's. */
    private static Optional<Path> path(URI uri) {
        if (!"file".equalsIgnoreCase(uri.getScheme())) {
            return Optional.empty();
        }
        try {
            return Optional.of(Path.of(new URI(uri.getScheme(), uri.getHost(), uri.getPath(), null))
                    .normalize());
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            return Optional.empty();
        }
    }
}
