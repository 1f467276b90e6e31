package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathResource;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectDirectory;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectFile;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectPackage;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUri;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.format.BcWriter;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.discovery.ClassNameFilter;
import org.junit.platform.engine.discovery.FilePosition;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.DirectorySource;
import org.junit.platform.engine.support.descriptor.FileSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Which tests each selector finds, and what they are called. Nothing is run. */
class DiscoveryTest {
    private static final String ANCHOR = "[engine:tapedeck]/[class:dev.tapedeck.junit.TapedeckProgramsTest]";

    @TempDir
    Path root;

    private Workspace workspace;

    @BeforeEach
    void programs() throws Exception {
        workspace = new Workspace(root);
        workspace.program("sum.tasm", Workspace.TWO_TESTS);
        workspace.program("plain.tasm", Workspace.PASSES);
        workspace.program("sub/deep/plain.tasm", Workspace.PASSES);
        Files.write(
                workspace.program("plain.bc", ""), BcWriter.write(Assembler.assemble("plain.tasm", Workspace.PASSES)));
        workspace.program("notes.md", "not a program");
        workspace.program(".#sum.tasm", "an editor's lock");
    }

    private List<TestIdentifier> tests(DiscoverySelector... selectors) {
        return tests(request(selectors).build());
    }

    private LauncherDiscoveryRequestBuilder request(DiscoverySelector... selectors) {
        return LauncherDiscoveryRequestBuilder.request()
                .selectors(selectors)
                .configurationParameter(Settings.PROGRAMS, workspace.programs().toString());
    }

    private static List<TestIdentifier> tests(LauncherDiscoveryRequest request) {
        TestPlan plan = LauncherFactory.create(LauncherConfig.builder()
                        .enableTestEngineAutoRegistration(false)
                        .addTestEngines(new TapedeckEngine())
                        .build())
                .discover(request);
        List<TestIdentifier> found = new ArrayList<>();
        plan.getRoots()
                .forEach(engine -> plan.getDescendants(engine).stream()
                        .filter(TestIdentifier::isTest)
                        .forEach(found::add));
        found.sort((a, b) -> a.getUniqueId().compareTo(b.getUniqueId()));
        return found;
    }

    private List<String> names(DiscoverySelector... selectors) {
        return tests(selectors).stream().map(TestIdentifier::getDisplayName).toList();
    }

    @Test
    @DisplayName(
            "a class with @Programs stands for every program, each test by itself, in the order of their names; for Surefire"
                    + " all are directly in the class")
    void anchorClass() {
        TestDescriptor engine = engine(true, selectClass(TapedeckProgramsTest.class));
        TestDescriptor container = engine.getChildren().iterator().next();

        assertThat(engine.getChildren()).hasSize(1);
        assertThat(container.getDisplayName()).endsWith("TapedeckProgramsTest");
        assertThat(container.getSource()).contains(ClassSource.from(TapedeckProgramsTest.class));
        assertThat(container.getChildren().stream().map(TestDescriptor::getDisplayName))
                .containsExactly(
                        "plain.bc",
                        "plain.tasm",
                        "sub/deep/plain.tasm",
                        "sum.tasm: adds two numbers",
                        "sum.tasm: adds to a wrong sum");
        assertThat(container.getChildren().stream()
                        .map(test -> test.getUniqueId().toString()))
                .containsExactly(
                        ANCHOR + "/[program:plain.bc]/[test:main]",
                        ANCHOR + "/[program:plain.tasm]/[test:main]",
                        ANCHOR + "/[program:sub%2Fdeep%2Fplain.tasm]/[test:main]",
                        ANCHOR + "/[program:sum.tasm]/[test:adds two numbers]",
                        ANCHOR + "/[program:sum.tasm]/[test:adds to a wrong sum]");
    }

    private TestDescriptor engine(boolean surefire, DiscoverySelector... selectors) {
        return Workspace.calledBySurefire(
                surefire,
                () -> new TapedeckEngine().discover(request(selectors).build(), UniqueId.forEngine("tapedeck")));
    }

    /** Names, a folder's children in parentheses behind it. */
    private static String tree(TestDescriptor descriptor) {
        return descriptor.getDisplayName()
                + (descriptor.isContainer()
                        ? descriptor.getChildren().stream()
                                .map(DiscoveryTest::tree)
                                .toList()
                        : "");
    }

    @Test
    @DisplayName(
            "for everybody but Surefire, folders are containers, in each other as on the disk; ids of tests are the same")
    void nestedFolders() {
        workspace.program("sub/other.tasm", Workspace.PASSES);
        String all = "[plain.bc, plain.tasm, sub[deep[sub/deep/plain.tasm], sub/other.tasm],"
                + " sum.tasm: adds two numbers, sum.tasm: adds to a wrong sum]";
        DiscoverySelector anchor = selectClass(TapedeckProgramsTest.class);

        TestDescriptor engine = engine(false, anchor);

        assertThat(tree(engine)).isEqualTo("Tapedeck[TapedeckProgramsTest" + all + "]");
        assertThat(tree(engine(false, selectDirectory(workspace.programs().toString()))))
                .endsWith("programs" + all + "]");
        assertThat(tree(engine(
                        false,
                        selectFile(workspace
                                .programs()
                                .resolve("sub/deep/plain.tasm")
                                .toString()))))
                .endsWith("programs[sub[deep[sub/deep/plain.tasm]]]]");
        assertThat(ids(engine)).containsExactlyInAnyOrderElementsOf(ids(engine(true, anchor)));
        TestDescriptor deep = engine.getDescendants().stream()
                .filter(descriptor -> descriptor.getDisplayName().equals("deep"))
                .findFirst()
                .orElseThrow();
        assertThat(deep.getUniqueId()).hasToString(ANCHOR + "/[folder:sub%2Fdeep]");
        assertThat(deep.getSource())
                .contains(DirectorySource.from(
                        workspace.programs().resolve("sub/deep").toFile()));
        for (boolean surefire : new boolean[] {true, false}) {
            assertThat(ids(engine(surefire, selectUniqueId(ANCHOR + "/[folder:sub]"))))
                    .as("Surefire: " + surefire)
                    .containsExactlyInAnyOrder(
                            ANCHOR + "/[program:sub%2Fdeep%2Fplain.tasm]/[test:main]",
                            ANCHOR + "/[program:sub%2Fother.tasm]/[test:main]");
        }
    }

    private static List<String> ids(TestDescriptor engine) {
        return engine.getDescendants().stream()
                .filter(TestDescriptor::isTest)
                .map(test -> test.getUniqueId().toString())
                .toList();
    }

    @Test
    @DisplayName(
            "a program that is selected and not there is a test that fails; so is the folder for programs without any")
    void missing() throws IOException {
        assertThat(names(selectFile(workspace.programs().resolve("missing.bc").toString())))
                .containsExactly("missing.bc");
        assertThat(names(selectFile(root.resolve("nothing/missing.bc").toString())))
                .isEmpty();
        Path empty = Files.createDirectories(root.resolve("empty"));
        for (Path folder : List.of(empty, root.resolve("nothing"))) {
            assertThat(tests(LauncherDiscoveryRequestBuilder.request()
                            .selectors(selectDirectory(folder.toString()))
                            .configurationParameter(Settings.PROGRAMS, folder.toString())
                            .build()))
                    .singleElement()
                    .extracting(TestIdentifier::getUniqueId)
                    .asString()
                    .contains("/[problem:");
            assertThat(names(selectDirectory(folder.toString()))).isEmpty();
        }
    }

    @Test
    @DisplayName("tests can be filtered by id, by tag expression, and classes with @Programs by name")
    void filters() {
        assertThat(tests(request(selectClass(TapedeckProgramsTest.class))
                        .filters((PostDiscoveryFilter) test -> FilterResult.includedIf(
                                !test.isTest() || test.getUniqueId().toString().contains("[program:sum.tasm]")))
                        .build()))
                .extracting(TestIdentifier::getDisplayName)
                .containsExactlyInAnyOrder("sum.tasm: adds two numbers", "sum.tasm: adds to a wrong sum");
        assertThat(tests(request(selectClass(TapedeckProgramsTest.class))
                        .filters(TagFilter.includeTags("fast & !slow"))
                        .build()))
                .extracting(TestIdentifier::getDisplayName)
                .containsExactly("sum.tasm: adds two numbers");
        assertThat(tests(request(selectClass(TapedeckProgramsTest.class))
                        .filters(TagFilter.excludeTags("fast", "slow"))
                        .build()))
                .hasSize(3);
        assertThat(tests(request(selectPackage("dev.tapedeck.junit"))
                        .filters(ClassNameFilter.excludeClassNamePatterns(".*TapedeckProgramsTest"))
                        .build()))
                .isEmpty();
    }

    @Test
    @DisplayName(
            "a program that cannot be loaded is reported whichever tags are asked for, and not if others are named")
    void unknownTags() {
        workspace.program("broken.tasm", ".func main()\n  i32.nonsense\n.end\n.test \"t\"\n  .tags fast\n.end\n");
        for (String tags : List.of("fast", "fast & !slow", "any()", "!none()", "other")) {
            assertThat(filtered(TagFilter.includeTags(tags))).as(tags).contains("broken.tasm");
        }
        assertThat(filtered(TagFilter.includeTags("fast")))
                .containsExactly("broken.tasm", "sum.tasm: adds two numbers");
        for (String tags : List.of("fast", "slow", "none()", "!slow")) {
            assertThat(filtered(TagFilter.excludeTags(tags))).as(tags).contains("broken.tasm");
        }
        PostDiscoveryFilter sum = test -> FilterResult.includedIf(
                !test.isTest() || !test.getSource().orElseThrow().toString().contains("broken"));
        assertThat(filtered(sum)).doesNotContain("broken.tasm").hasSize(5);
        assertThat(filtered(TagFilter.excludeTags("slow"), sum)).doesNotContain("broken.tasm");
        assertThat(filtered(sum, TagFilter.includeTags("fast"))).containsExactly("sum.tasm: adds two numbers");
    }

    private List<String> filtered(PostDiscoveryFilter... filters) {
        return tests(request(selectClass(TapedeckProgramsTest.class))
                        .filters(filters)
                        .build())
                .stream()
                .map(TestIdentifier::getDisplayName)
                .toList();
    }

    @Test
    @DisplayName("links to files are programs of their own; one that leads nowhere, or to itself, is a test that fails")
    void linkedFiles() throws IOException {
        Path folder = Files.createDirectories(root.resolve("links"));
        Files.createSymbolicLink(
                folder.resolve("alias.tasm"), workspace.programs().resolve("plain.tasm"));
        Files.createSymbolicLink(folder.resolve("nowhere.tasm"), folder.resolve("nothing"));
        Files.createSymbolicLink(folder.resolve("loop.tasm"), folder.resolve("loop.tasm"));
        Files.createSymbolicLink(folder.resolve("a"), folder.resolve("b"));
        Files.createSymbolicLink(folder.resolve("b"), folder.resolve("a"));
        Files.createSymbolicLink(folder.resolve("self"), folder);
        Path link = Files.createSymbolicLink(root.resolve("link"), folder);

        for (Path selected : List.of(folder, link)) {
            assertThat(names(selectDirectory(selected.toString())))
                    .containsExactly("alias.tasm", "loop.tasm", "nowhere.tasm");
        }
        assertThat(names(selectFile(link.resolve("alias.tasm").toString()))).containsExactly("alias.tasm");
    }

    @Test
    @DisplayName("a line of a file of tests selects the test there, of every module that has it")
    void linesOfTests() throws Exception {
        byte[] library = library();
        Path folder = Files.createDirectories(root.resolve("modules"));
        Files.write(folder.resolve("said.wasm"), library);
        String tests = Files.writeString(folder.resolve("said.tests"), """
                .test "adds"
                  .run add 2 3
                .end
                .test "adds more"
                  .run add 20 30
                .end
                """).toString();

        assertThat(names(selectFile(tests))).containsExactlyInAnyOrder("said.wasm: adds", "said.wasm: adds more");
        assertThat(names(selectFile(tests, FilePosition.from(2)))).containsExactly("said.wasm: adds");
        assertThat(names(selectFile(tests, FilePosition.from(4)))).containsExactly("said.wasm: adds more");
        assertThat(names(selectUri(Path.of(tests).toUri() + "?line=5"))).containsExactly("said.wasm: adds more");
        Files.delete(folder.resolve("said.wasm"));
        assertThat(names(selectFile(tests))).containsExactly("said.tests");
    }

    @Test
    @DisplayName("a test's source is its program's file and the test's line")
    void sources() {
        // Called by Surefire, discovery gives method sources instead.
        List<TestIdentifier> found =
                Workspace.calledBySurefire(false, () -> tests(selectClass(TapedeckProgramsTest.class)));

        assertThat(found.stream().map(test -> test.getSource().orElseThrow()))
                .contains(
                        FileSource.from(
                                workspace.programs().resolve("sum.tasm").toFile(),
                                org.junit.platform.engine.support.descriptor.FilePosition.from(7)),
                        FileSource.from(
                                workspace.programs().resolve("plain.tasm").toFile()));
    }

    @Test
    @DisplayName("other classes are left alone, and so are classes that cannot be loaded")
    void otherClasses() {
        assertThat(names(selectClass(DiscoveryTest.class))).isEmpty();
        assertThat(names(selectClass("no.such.Class"))).isEmpty();
    }

    @Test
    @DisplayName("a package selects the classes in it that have @Programs")
    void packages() {
        assertThat(names(selectPackage("dev.tapedeck.junit"))).contains("plain.tasm", "sum.tasm: adds two numbers");
        assertThat(names(selectPackage("dev.tapedeck.junit.nothing"))).isEmpty();
    }

    @Test
    @DisplayName("a file selects its program, and with a line the test that the line belongs to")
    void files() {
        String file = workspace.programs().resolve("sum.tasm").toString();

        assertThat(names(selectFile(file)))
                .containsExactlyInAnyOrder("sum.tasm: adds two numbers", "sum.tasm: adds to a wrong sum");
        assertThat(names(selectFile(file, FilePosition.from(9)))).containsExactly("sum.tasm: adds two numbers");
        assertThat(names(selectFile(file, FilePosition.from(12)))).containsExactly("sum.tasm: adds to a wrong sum");
        assertThat(names(selectFile(file, FilePosition.from(1)))).hasSize(2);
        assertThat(names(selectUri(workspace.programs().resolve("plain.bc").toUri())))
                .containsExactly("plain.bc");
        assertThat(names(selectUri(workspace.programs().resolve("sum.tasm").toUri() + "?line=12")))
                .containsExactly("sum.tasm: adds to a wrong sum");
        assertThat(names(selectFile(workspace.programs().resolve("notes.md").toString())))
                .isEmpty();
    }

    @Test
    @DisplayName("a folder selects the programs below it; their names do not depend on which folder was selected")
    void folders() {
        assertThat(names(selectDirectory(workspace.programs().toString()))).hasSize(5);
        assertThat(names(selectDirectory(workspace.programs().resolve("sub").toString())))
                .containsExactly("sub/deep/plain.tasm");
        assertThat(names(selectDirectory(root.resolve("nothing").toString()))).isEmpty();
    }

    @Test
    @DisplayName("a folder elsewhere names its programs from itself")
    void foldersElsewhere() throws IOException {
        Path elsewhere = Files.createDirectories(root.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("other.tasm"), Workspace.PASSES);

        assertThat(names(selectDirectory(elsewhere.toString()))).containsExactly("other.tasm");
        assertThat(names(selectFile(elsewhere.resolve("other.tasm").toString())))
                .containsExactly("other.tasm");
    }

    @Test
    @DisplayName("class path roots and resources select the programs in them")
    void classPath() throws Exception {
        Path classes = Files.createDirectories(root.resolve("classes"));
        Files.createDirectories(classes.resolve("programs"));
        Files.writeString(classes.resolve("programs/packed.tasm"), Workspace.PASSES);

        assertThat(tests(LauncherDiscoveryRequestBuilder.request()
                        .selectors(selectClasspathRoots(Set.of(classes)))
                        .configurationParameter(
                                Settings.PROGRAMS, workspace.programs().toString())
                        .build()))
                .extracting(TestIdentifier::getDisplayName)
                .containsExactly("programs/packed.tasm");
        Path ours = Path.of(TapedeckProgramsTest.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        assertThat(tests(LauncherDiscoveryRequestBuilder.request()
                        .selectors(selectClasspathRoots(Set.of(ours)))
                        .configurationParameter(
                                Settings.PROGRAMS, workspace.programs().toString())
                        .build()))
                .extracting(TestIdentifier::getDisplayName)
                .contains("plain.tasm", "sum.tasm: adds two numbers");

        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {classes.toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(loader);
            assertThat(names(selectClasspathResource("programs/packed.tasm"))).containsExactly("packed.tasm");
            assertThat(names(selectClasspathResource("programs/missing.tasm"))).isEmpty();
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    @Test
    @DisplayName("a method selector takes a test's name as reports show it")
    void methods() {
        String anchor = TapedeckProgramsTest.class.getName();

        assertThat(names(selectMethod(anchor, "sum.tasm: adds two numbers")))
                .containsExactly("sum.tasm: adds two numbers");
        assertThat(names(selectMethod(anchor, "sum.tasm"))).hasSize(2);
        assertThat(names(selectMethod(anchor, "plain.bc"))).containsExactly("plain.bc");
        assertThat(names(selectMethod(anchor, "missing.bc"))).isEmpty();
    }

    @Test
    @DisplayName("every unique id selects exactly what it was given to")
    void uniqueIds() {
        for (DiscoverySelector selector : List.of(
                selectClass(TapedeckProgramsTest.class),
                selectDirectory(workspace.programs().toString()))) {
            for (TestIdentifier test : tests(selector)) {
                assertThat(tests(selectUniqueId(test.getUniqueId()))).containsExactly(test);
            }
        }
        assertThat(names(selectUniqueId(ANCHOR))).hasSize(5);
        assertThat(names(selectUniqueId(ANCHOR + "/[program:sum.tasm]"))).hasSize(2);
    }

    @Test
    @DisplayName("tags of a test are its JUnit tags")
    void tags() {
        assertThat(tests(selectClass(TapedeckProgramsTest.class)).stream()
                        .filter(test -> test.getDisplayName().equals("sum.tasm: adds two numbers"))
                        .findFirst()
                        .orElseThrow()
                        .getTags())
                .containsExactlyInAnyOrder(TestTag.create("fast"), TestTag.create("math"));
        assertThat(tests(request(selectClass(TapedeckProgramsTest.class))
                                .filters(TagFilter.includeTags("slow"))
                                .build())
                        .stream()
                        .map(TestIdentifier::getDisplayName))
                .containsExactly("sum.tasm: adds to a wrong sum");
    }

    @Test
    @DisplayName("linked folders are followed once: loops end, and no program is found twice")
    void links() throws IOException {
        Files.createSymbolicLink(workspace.programs().resolve("sub/deep/up"), workspace.programs());
        Files.createSymbolicLink(
                workspace.programs().resolve("alias"), workspace.programs().resolve("sub"));
        Path outside = Files.createDirectories(root.resolve("outside"));
        Files.writeString(outside.resolve("linked.tasm"), Workspace.PASSES);
        Files.createSymbolicLink(workspace.programs().resolve("more"), outside);

        assertThat(names(selectClass(TapedeckProgramsTest.class)))
                .hasSize(6)
                .contains("sub/deep/plain.tasm", "more/linked.tasm");
    }

    private static boolean pathsMayHaveAnyLetter() {
        try {
            return Path.of("größe").getNameCount() == 1;
        } catch (InvalidPathException e) {
            return false;
        }
    }

    @Test
    @DisplayName("names with spaces, other letters and separators stay as they are")
    void oddNames() {
        assumeTrue(pathsMayHaveAnyLetter(), "the locale allows such names");
        workspace.program("größe & co/zwei [drei].tasm", Workspace.PASSES);

        Optional<TestIdentifier> odd = tests(selectClass(TapedeckProgramsTest.class)).stream()
                .filter(test -> test.getDisplayName().equals("größe & co/zwei [drei].tasm"))
                .findFirst();

        assertThat(odd).isPresent();
        assertThat(names(selectUniqueId(odd.get().getUniqueId()))).containsExactly("größe & co/zwei [drei].tasm");
    }

    private static byte[] library() {
        return HexFormat.of()
                .parseHex(
                        "0061736d01000000010a0260027f7f017f600000030403000101071e0303616464000009746573745f66696e6500010874"
                                + "6573745f62616400020a10030700200020016a0b02000b0300000b");
    }

    @Test
    @DisplayName("K8: modules are programs; what they export are their tests, or what stands in a file beside them")
    void modules() throws Exception {
        byte[] library = library();
        Path folder = Files.createDirectories(root.resolve("modules"));
        Files.write(folder.resolve("library.wasm"), library);
        Files.write(folder.resolve("said.wasm"), library);
        Files.writeString(folder.resolve("said.tests"), """
                .const TWO = 2
                .test "adds"
                  .run add TWO 3
                  .expect result 5
                .end
                """);
        assertThat(tests(LauncherDiscoveryRequestBuilder.request()
                        .selectors(selectDirectory(folder.toFile()))
                        .build()))
                .extracting(TestIdentifier::getDisplayName)
                .containsExactlyInAnyOrder("library.wasm: test_fine", "library.wasm: test_bad", "said.wasm: adds");
    }
}
