package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectDirectory;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectFile;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;

import dev.tapedeck.harness.approve.ObsoleteApproval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.opentest4j.AssertionFailedError;

/** Approved files that no test has any more, as JUnit shows them. */
class ObsoleteApprovalTest {
    @TempDir
    Path root;

    private Workspace workspace;

    @BeforeEach
    void programs() throws IOException {
        workspace = new Workspace(root);
        workspace.program("sub/sum.tasm", Workspace.PASSES + ".test \"a\"\n.end\n.test \"b\"\n.end\n");
        workspace.program("plain.tasm", Workspace.PASSES);
        approved("sub/sum.gone");
        approved("orphan");
    }

    private void approved(String name) throws IOException {
        Files.writeString(workspace.programs().resolve(name + ".approved.txt"), "text");
        Files.writeString(workspace.programs().resolve(name + ".approved.rec"), "recording");
    }

    private EngineExecutionResults run(Map<String, String> environment, DiscoverySelector... selectors) {
        return EngineTestKit.engine(new TapedeckEngine(environment))
                .enableImplicitConfigurationParameters(false)
                .configurationParameter(Settings.PROGRAMS, workspace.programs().toString())
                .configurationParameter(Settings.OUTPUT, workspace.output().toString())
                .selectors(selectors)
                .execute();
    }

    private static List<String> skipped(EngineExecutionResults results) {
        return results.testEvents()
                .skipped()
                .map(event -> event.getTestDescriptor().getDisplayName())
                .toList();
    }

    private static DiscoverySelector everything() {
        return selectClass(TapedeckProgramsTest.class);
    }

    @Test
    @DisplayName("locally a test of its own is skipped, with the reason; nothing fails, and a review finds it")
    void skippedLocally() throws IOException {
        EngineExecutionResults results = run(Map.of(), everything());

        results.testEvents()
                .assertStatistics(
                        stats -> stats.started(3).succeeded(3).failed(0).skipped(2));
        assertThat(skipped(results))
                .containsExactlyInAnyOrder("orphan: obsolete approval", "sub/sum.gone: obsolete approval");
        assertThat(results.testEvents().skipped().list())
                .extracting(event -> event.getRequiredPayload(String.class))
                .containsExactlyInAnyOrder(
                        "orphan.approved.txt and orphan.approved.rec are obsolete: there is no program of that name beside"
                                + " it; delete them, by hand or with tapedeck review",
                        "sub/sum.gone.approved.txt and sub/sum.gone.approved.rec are obsolete: sum.tasm has no test of that"
                                + " name with .approve; delete them, by hand or with tapedeck review");
        assertThat(ObsoleteApproval.noted(workspace.output()))
                .extracting(files -> files.text())
                .containsExactly(
                        workspace.programs().resolve("orphan.approved.txt"),
                        workspace.programs().resolve("sub/sum.gone.approved.txt"));
        assertThat(workspace.programs().resolve("orphan.approved.txt")).exists();
    }

    @Test
    @DisplayName("where CI is set it fails, with the same message and no stack trace")
    void failsInCi() {
        EngineExecutionResults results = run(Map.of("CI", "true"), everything());

        results.testEvents()
                .assertStatistics(
                        stats -> stats.started(5).succeeded(3).failed(2).skipped(0));
        for (Event event : results.testEvents().failed().list()) {
            Throwable failure = event.getRequiredPayload(TestExecutionResult.class)
                    .getThrowable()
                    .orElseThrow();
            assertThat(failure)
                    .isInstanceOf(AssertionFailedError.class)
                    .hasMessageContaining("obsolete: ")
                    .message()
                    .doesNotContain("\n");
            assertThat(failure.getStackTrace()).isEmpty();
        }
        run(Map.of("CI", "false"), everything())
                .testEvents()
                .assertStatistics(stats -> stats.failed(0).skipped(2));
    }

    @Test
    @DisplayName(
            "who selects a part of the programs hears of that part only, and of what belongs to no program nothing")
    void selected() {
        assertThat(skipped(run(
                        Map.of(),
                        selectDirectory(workspace.programs().resolve("sub").toString()))))
                .containsExactly("sub/sum.gone: obsolete approval");
        assertThat(skipped(run(
                        Map.of(),
                        selectFile(workspace.programs().resolve("sub/sum.tasm").toString()))))
                .containsExactly("sub/sum.gone: obsolete approval");
        assertThat(skipped(run(
                        Map.of(),
                        selectFile(workspace.programs().resolve("plain.tasm").toString()))))
                .isEmpty();
        assertThat(skipped(run(Map.of(), selectMethod(TapedeckProgramsTest.class.getName() + "#plain.tasm"))))
                .isEmpty();
        assertThat(skipped(run(Map.of(), selectMethod(TapedeckProgramsTest.class.getName() + "#sub/sum.tasm: a"))))
                .isEmpty();
    }

    @Test
    @DisplayName("it can be selected by its unique id, as long as it is obsolete")
    void uniqueId() throws IOException {
        String id = run(Map.of(), everything())
                .testEvents()
                .skipped()
                .filter(event -> event.getTestDescriptor().getDisplayName().startsWith("sub/"))
                .map(event -> event.getTestDescriptor().getUniqueId().toString())
                .findFirst()
                .orElseThrow();
        assertThat(id).endsWith("/[obsolete:sub%2Fsum.gone]");
        assertThat(skipped(run(Map.of(), selectUniqueId(id)))).containsExactly("sub/sum.gone: obsolete approval");

        workspace.program("sub/sum.tasm", Workspace.PASSES + ".test \"gone\"\n.approve\n.end\n.test \"b\"\n.end\n");
        run(Map.of(), selectUniqueId(id))
                .testEvents()
                .assertStatistics(stats -> stats.started(0).skipped(0));
        Files.delete(workspace.programs().resolve("sub/sum.gone.approved.txt"));
        Files.delete(workspace.programs().resolve("sub/sum.gone.approved.rec"));
        run(Map.of(), selectUniqueId(id))
                .testEvents()
                .assertStatistics(stats -> stats.started(0).skipped(0));
    }

    @Test
    @DisplayName("where nothing is obsolete there is no such test, in CI either")
    void nothingObsolete() throws IOException {
        for (String name : List.of("sub/sum.gone", "orphan")) {
            Files.delete(workspace.programs().resolve(name + ".approved.txt"));
            Files.delete(workspace.programs().resolve(name + ".approved.rec"));
        }
        run(Map.of("CI", "1"), everything())
                .testEvents()
                .assertStatistics(stats -> stats.started(3).succeeded(3).skipped(0));
    }

    @Test
    @DisplayName("check, new and all, and CI: a missing approval fails and waits as received, unless it was asked for")
    void modes() throws IOException {
        workspace.program("approved.tasm", Workspace.PASSES + ".test \"t\"\n.approve\n.end\n");
        DiscoverySelector selector =
                selectFile(workspace.programs().resolve("approved.tasm").toString());
        Path approved = workspace.programs().resolve("approved.approved.txt");
        for (Map<String, String> environment : List.of(Map.<String, String>of(), Map.of("CI", "true"))) {
            run(environment, selector)
                    .testEvents()
                    .assertStatistics(stats -> stats.started(1).failed(1));
            assertThat(approved).doesNotExist();
            // In this process the second one is another attempt.
            String attempt = environment.isEmpty() ? "" : "attempt-2/";
            assertThat(workspace.output().resolve("approved.tasm/t/" + attempt + "approved.received.txt"))
                    .exists();
        }
        EngineTestKit.Builder asked = EngineTestKit.engine(new TapedeckEngine(Map.of()))
                .enableImplicitConfigurationParameters(false)
                .configurationParameter(Settings.PROGRAMS, workspace.programs().toString())
                .configurationParameter(Settings.OUTPUT, workspace.output().toString())
                .configurationParameter(Settings.APPROVE, "new")
                .selectors(selector);
        asked.execute().testEvents().assertStatistics(stats -> stats.succeeded(1));
        assertThat(approved).exists();
        assertThat(workspace.output().resolve("approved.tasm/t/approved.received.txt"))
                .doesNotExist();
    }
}
