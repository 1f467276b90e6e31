package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.testkit.engine.EngineTestKit;

/** What the engine tells GitHub Actions. */
class GitHubTest {
    @TempDir
    Path folder;

    @Test
    @DisplayName("design §7: at most ten annotations at the programs' own lines, and a summary of the job")
    void failuresAreAnnotatedAndSummedUp() throws IOException {
        Workspace workspace = new Workspace(folder);
        for (int i = 10; i < 22; i++) {
            workspace.program("sub/wrong" + i + ".tasm", Workspace.TWO_TESTS);
        }
        workspace.program("broken.tasm", ".func main()\n  i32.nonsense\n.end\n");
        workspace.program("later.tasm", Workspace.PASSES + ".test \"later\"\n  .disabled \"waits for rain\"\n.end\n");

        List<String> lines = run(workspace, true);
        assertThat(lines).hasSize(10);
        assertThat(lines.get(0))
                .startsWith("::error file=programs/broken.tasm,line=2,title=broken.tasm::broken.tasm:2:");
        assertThat(lines.get(1))
                .startsWith("::error file=programs/sub/wrong10.tasm,line=")
                .contains("title=sub/wrong10.tasm%3A adds to a wrong sum::")
                .contains("expected result 4 but was 3");
        String summary = Files.readString(folder.resolve("summary.md"));
        assertThat(summary)
                .startsWith("### Tapedeck: 12 failed, 1 not run, 1 disabled, 12 passed of 26\n")
                .contains("| sub/wrong21.tasm: adds to a wrong sum | `programs/sub/wrong21.tasm:")
                .contains("3 failures have no annotation");
    }

    @Test
    void nothingIsToldWhereThatIsSwitchedOff() throws IOException {
        Workspace workspace = new Workspace(folder);
        workspace.program("wrong.tasm", Workspace.TWO_TESTS);
        assertThat(run(workspace, false)).isEmpty();
        assertThat(folder.resolve("summary.md")).doesNotExist();
    }

    @Test
    void aProjectWithoutProgramsIsToldToo() throws IOException {
        assertThat(run(new Workspace(folder), true)).singleElement().asString().startsWith("::error title=");
        assertThat(folder.resolve("summary.md")).content().startsWith("### Tapedeck: 1 not run, 0 passed of 1\n");
    }

    /** The workflow commands among what is printed. */
    private List<String> run(Workspace workspace, boolean told) {
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            EngineTestKit.engine(new TapedeckEngine(Map.of(
                            "GITHUB_ACTIONS", "true",
                            "GITHUB_WORKSPACE", folder.toString(),
                            "GITHUB_STEP_SUMMARY", folder.resolve("summary.md").toString())))
                    .enableImplicitConfigurationParameters(false)
                    .configurationParameter(
                            Settings.PROGRAMS, workspace.programs().toString())
                    .configurationParameter(Settings.OUTPUT, workspace.output().toString())
                    .configurationParameter(Settings.GITHUB, Boolean.toString(told))
                    .selectors(selectClass(TapedeckProgramsTest.class))
                    .execute();
        } finally {
            System.setOut(before);
        }
        return printed.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith("::"))
                .toList();
    }
}
