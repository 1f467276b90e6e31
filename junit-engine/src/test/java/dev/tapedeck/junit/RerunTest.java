package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** A test that has failed, and is run again by its unique id, as Surefire does. */
class RerunTest {
    static final String FLAKY = """
            .import outside.number() -> i32
            .func main()
              call_host outside.number
              i32.const 2
              i32.rem_s
              call_host tape.print_i32
              return
            .end
            .entry main
            .test "gives 1"
              .expect output "1\\n"
            .end
            """;

    @TempDir
    Path root;

    private Workspace workspace;

    @BeforeEach
    void programs() {
        workspace = new Workspace(root);
        OutsideFunctions.NUMBER.set(0);
    }

    private record Told(EngineExecutionResults results, String standardError) {}

    private Told execute(TapedeckEngine engine, DiscoverySelector selector) {
        PrintStream before = System.err;
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        System.setErr(new PrintStream(told, true, StandardCharsets.UTF_8));
        try {
            return new Told(
                    EngineTestKit.engine(engine)
                            .enableImplicitConfigurationParameters(false)
                            .configurationParameter(
                                    Settings.PROGRAMS, workspace.programs().toString())
                            .configurationParameter(
                                    Settings.OUTPUT, workspace.output().toString())
                            .selectors(selector)
                            .execute(),
                    told.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }

    private static UniqueId onlyFailure(EngineExecutionResults results) {
        return results.testEvents().failed().list().get(0).getTestDescriptor().getUniqueId();
    }

    @Test
    @DisplayName("if it passes then, standard error, a report entry, and a report say where the two runs first differ;"
            + " the recordings of both attempts stay")
    void nondeterministic() {
        workspace.program("sub/flaky.tasm", FLAKY);
        Told first = execute(new TapedeckEngine(Map.of()), selectClass(TapedeckProgramsTest.class));
        assertThat(first.standardError()).isEmpty();
        Told second = execute(new TapedeckEngine(Map.of()), selectUniqueId(onlyFailure(first.results())));
        second.results().testEvents().assertStatistics(stats -> stats.started(1).succeeded(1));

        String message =
                "nondeterministic: failed on attempt 1, passed on attempt 2; first differs from attempt 2, here the first run, at instruction 0: ";
        assertThat(second.standardError().lines())
                .singleElement()
                .asString()
                .startsWith("tapedeck: warning: sub/flaky.tasm:10: " + message)
                .contains("outside.number");
        List<String> entries = second.results().testEvents().reportingEntryPublished().list().stream()
                .map(event -> event.getRequiredPayload(ReportEntry.class).getKeyValuePairs())
                .filter(values -> values.containsKey(ProgramTestDescriptor.ATTEMPTS))
                .map(values -> values.get(ProgramTestDescriptor.ATTEMPTS))
                .toList();
        assertThat(entries).singleElement().asString().contains(message);
        Path folder = workspace.output().resolve("sub/flaky.tasm/gives-1");
        assertThat(folder.resolve("recording")).isNotEmptyDirectory();
        assertThat(folder.resolve("attempt-2/recording")).isNotEmptyDirectory();
        assertThat(folder.resolve("attempt-2/report.md")).content().contains("nondeterministic");
    }

    @Test
    @DisplayName("GitHub gets a warning at the program's line, and a row in the job's summary")
    void gitHub() throws Exception {
        workspace.program("flaky.tasm", FLAKY);
        Path summary = root.resolve("summary.md");
        Map<String, String> environment = Map.of(
                "GITHUB_ACTIONS", "true",
                "GITHUB_WORKSPACE", root.toString(),
                "GITHUB_STEP_SUMMARY", summary.toString());
        Told first = execute(new TapedeckEngine(Map.of()), selectClass(TapedeckProgramsTest.class));
        PrintStream before = System.out;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setOut(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            execute(new TapedeckEngine(environment), selectUniqueId(onlyFailure(first.results())));
        } finally {
            System.setOut(before);
        }
        assertThat(log.toString(StandardCharsets.UTF_8))
                .startsWith("::warning file=programs/flaky.tasm,line=3,title=flaky.tasm%3A gives 1::")
                .contains("nondeterministic");
        assertThat(summary).content().contains("nondeterministic").contains("flaky.tasm:3");
    }

    @Test
    @DisplayName("a test that fails each time is a failure each time, and nothing is said of nondeterminism")
    void failsAlways() {
        workspace.program("fails.tasm", Workspace.PASSES + ".test \"t\"\n  .expect exit 3\n.end\n");
        Told first = execute(new TapedeckEngine(Map.of()), selectClass(TapedeckProgramsTest.class));
        Told second = execute(new TapedeckEngine(Map.of()), selectUniqueId(onlyFailure(first.results())));
        second.results().testEvents().assertStatistics(stats -> stats.started(1).failed(1));
        assertThat(second.standardError()).isEmpty();
        assertThat(workspace.output().resolve("fails.tasm/t/attempt-2/report.md"))
                .content()
                .doesNotContain("nondeterministic");
    }
}
