package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectDirectory;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.FileSource;
import org.junit.platform.engine.support.descriptor.FileSystemSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * The engine as Gradle 9.4 and newer asks it for a folder of test definitions: a launcher, selectors of the folders
 * together with those of all classes, filters by the files that tests come from, and a listener. What it does there is in
 * Gradle's {@code JUnitPlatformTestDefinitionProcessor} and {@code FilePathFilter}.
 */
class DefinitionFolderTest {
    /** A class of the user's, as Gradle selects all of them; nothing of ours. */
    private static final class OfSomebodyElse {}

    @TempDir
    Path root;

    private Workspace workspace;

    @BeforeEach
    void programs() {
        workspace = new Workspace(root);
        workspace.program("sum.tasm", Workspace.TWO_TESTS);
        workspace.program("below/plain.tasm", Workspace.PASSES);
        workspace.program("invalid.tasm", "nonsense\n");
    }

    /** What Gradle's listener sees. */
    private static final class Reports implements TestExecutionListener {
        final Map<String, String> results = new TreeMap<>();
        final Map<String, TestSource> sources = new LinkedHashMap<>();

        @Override
        public void testPlanExecutionStarted(TestPlan plan) {
            plan.getRoots()
                    .forEach(engine -> plan.getDescendants(engine).stream()
                            .filter(TestIdentifier::isTest)
                            .forEach(test -> sources.put(
                                    test.getDisplayName(), test.getSource().orElseThrow())));
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest()) {
                results.put(test.getDisplayName(), result.getStatus().toString());
            }
        }
    }

    private Reports run(List<DiscoverySelector> selectors, PostDiscoveryFilter... filters) throws Exception {
        Reports reports = new Reports();
        // On a thread of its own: called by Surefire, as this test may be, discovery gives method sources instead.
        Thread thread = new Thread(() -> {
            LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectors)
                    .filters(filters)
                    .configurationParameter(
                            Settings.PROGRAMS, workspace.programs().toString())
                    .configurationParameter(Settings.OUTPUT, workspace.output().toString())
                    .build();
            Launcher launcher = LauncherFactory.create(LauncherConfig.builder()
                    .enableTestEngineAutoRegistration(false)
                    .addTestEngines(new TapedeckEngine())
                    .build());
            launcher.execute(request, reports);
        });
        thread.start();
        thread.join();
        return reports;
    }

    private List<DiscoverySelector> definitions() {
        return List.of(
                selectClass(OfSomebodyElse.class),
                selectDirectory(workspace.programs().toFile()));
    }

    @Test
    @DisplayName("issue 6.1d: every program of the folder runs once, and comes from its file and line")
    void folder() throws Exception {
        Reports reports = run(definitions());

        assertThat(reports.results)
                .containsExactly(
                        entry("below/plain.tasm", "SUCCESSFUL"),
                        entry("invalid.tasm", "FAILED"),
                        entry("sum.tasm: adds to a wrong sum", "FAILED"),
                        entry("sum.tasm: adds two numbers", "SUCCESSFUL"));
        assertThat(reports.sources.values()).allMatch(FileSource.class::isInstance);
        assertThat(reports.sources.get("sum.tasm: adds two numbers"))
                .isEqualTo(FileSource.from(
                        workspace.programs().resolve("sum.tasm").toFile(),
                        org.junit.platform.engine.support.descriptor.FilePosition.from(7)));
    }

    @Test
    @DisplayName("issue 6.1d: a filter by a file's path leaves its tests, as for gradle test --tests PATH")
    void filter() throws Exception {
        File wanted = workspace.programs().resolve("sum.tasm").toFile();
        Reports reports = run(
                definitions(),
                descriptor -> FilterResult.includedIf(
                        file(descriptor.getSource()).filter(wanted::equals).isPresent()));

        assertThat(reports.results).containsOnlyKeys("sum.tasm: adds to a wrong sum", "sum.tasm: adds two numbers");
    }

    private static Optional<File> file(Optional<? extends TestSource> source) {
        return source.filter(FileSystemSource.class::isInstance).map(found -> ((FileSystemSource) found).getFile());
    }

    @Test
    @DisplayName("issue 6.1d: a folder with files but no program gives no test, which Gradle takes for a failure")
    void noProgram() throws Exception {
        Path elsewhere = Files.createDirectories(root.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("sum.tsam"), Workspace.PASSES);

        assertThat(run(List.of(selectDirectory(elsewhere.toFile()))).results).isEmpty();
    }
}
