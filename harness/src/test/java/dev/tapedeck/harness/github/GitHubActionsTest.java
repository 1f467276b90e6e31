package dev.tapedeck.harness.github;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.vm.program.TestCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GitHubActionsTest {
    @TempDir
    Path folder;

    @Test
    void textCannotEndACommandOrAddToIt() {
        String nasty = "a\r\nb::error file=x::y, line=1 100% %0A \u001b[31m \u202e \u0000";
        String command = new Annotation(
                        Annotation.Level.ERROR, Optional.of(new Annotation.Place("a b,c:d\n.tasm", 3)), nasty, nasty)
                .command();
        assertThat(command.lines()).hasSize(1);
        assertThat(command)
                .isEqualTo("::error file=a b%2Cc%3Ad%0A.tasm,line=3,"
                        + "title=a\\r\\nb%3A%3Aerror file=x%3A%3Ay%2C line=1 100%25 %250A \\x1b[31m \\u{202e} \\x00"
                        + "::a\\r\\nb::error file=x::y, line=1 100%25 %250A \\x1b[31m \\u{202e} \\x00");
    }

    @Test
    void noControlCharacterOfAFileNameReachesTheLog() {
        for (String name :
                List.of("a\u001b[31m.tasm", "a\tb.tasm", "a\u0000.tasm", "a\u202eb.tasm", "a\u2028.tasm", "a\ud800")) {
            assertThat(command(name)).isEqualTo("::error title=t::m");
        }
        assertThat(command("a%b,c:d\r\n.tasm")).isEqualTo("::error file=a%25b%2Cc%3Ad%0D%0A.tasm,line=3,title=t::m");
        String family = "\ud83d\udc69\u200d\ud83d\udc67.tasm";
        assertThat(command(family)).isEqualTo("::error file=" + family + ",line=3,title=t::m");
    }

    private static String command(String file) {
        return new Annotation(Annotation.Level.ERROR, Optional.of(new Annotation.Place(file, 3)), "t", "m").command();
    }

    @Test
    void aPlaceIsNamedOnlyWhereItIsKnown() {
        assertThat(new Annotation(Annotation.Level.ERROR, Optional.empty(), "t", "m").command())
                .isEqualTo("::error title=t::m");
        assertThat(new Annotation(Annotation.Level.ERROR, Optional.of(new Annotation.Place("f", 0)), "t", "m")
                        .command())
                .isEqualTo("::error file=f,title=t::m");
    }

    @Test
    void sourcesAreFoundInTheWorkspaceAndNowhereElse() throws IOException {
        Path root = Files.createDirectories(folder.resolve("checkout"));
        Path programs = Files.createDirectories(root.resolve("src/programs"));
        Files.createDirectories(root.resolve("c"));
        Files.writeString(root.resolve("c/list.c"), "");
        Files.writeString(programs.resolve("sum.tasm"), "");
        Files.writeString(folder.resolve("outside.c"), "");
        Workspace workspace = new Workspace(root);
        assertThat(workspace.source("sum.tasm", 3, List.of(programs)))
                .contains(new Annotation.Place("src/programs/sum.tasm", 3));
        // As DWARF of a build elsewhere names it.
        assertThat(workspace.source("/home/somebody/build/c/list.c", 40, List.of(programs)))
                .contains(new Annotation.Place("c/list.c", 40));
        assertThat(workspace.source("C:\\build\\c\\list.c", 40, List.of()))
                .contains(new Annotation.Place("c/list.c", 40));
        assertThat(workspace.source(root.resolve("c/list.c").toString(), 1, List.of()))
                .contains(new Annotation.Place("c/list.c", 1));
        Files.writeString(root.resolve("c/option.rs"), "");
        assertThat(workspace.source("/home/somebody/build/c/option.rs", 1, List.of()))
                .isPresent();
        assertThat(workspace.source("/rustc/0123456789abcdef/library/core/c/option.rs", 1, List.of()))
                .isEmpty();
        assertThat(workspace.source("../outside.c", 1, List.of(root))).isEmpty();
        assertThat(workspace.source(folder.resolve("outside.c").toString(), 1, List.of()))
                .isEmpty();
        assertThat(workspace.source("c", 1, List.of())).isEmpty();
        assertThat(workspace.source("\0", 1, List.of())).isEmpty();
        assertThat(workspace.source("", 1, List.of(root))).isEmpty();
        assertThat(workspace.source("c/list.c", 0, List.of())).isEmpty();
    }

    @Test
    void nothingIsCollectedElsewhere() {
        assertThat(GitHubActions.of(Map.of())).isEmpty();
        assertThat(GitHubActions.of(Map.of("GITHUB_ACTIONS", "false"))).isEmpty();
    }

    @Test
    void tenAnnotationsAndTheSummarySaysHowManyMore() throws IOException {
        Path summary = folder.resolve("summary.md");
        Path program = Files.writeString(folder.resolve("sum.tasm"), "");
        GitHubActions actions = actions(summary);
        for (int i = 0; i < 130; i++) {
            String title = String.format("test %03d", i);
            actions.test(title, program, TestCase.ofEntry(), failed("sum.tasm: " + title + " | <b>"));
        }
        actions.disabled();
        List<String> lines = new ArrayList<>();
        assertThat(actions.finish(lines::add)).isEmpty();
        assertThat(lines).hasSize(10).allMatch(line -> line.startsWith("::error file=sum.tasm,title=test "));
        assertThat(summary)
                .content()
                .startsWith("### Tapedeck: 130 failed, 1 disabled, 0 passed of 131\n")
                .contains("| test 099 | `sum.tasm` | sum.tasm: test 099 \\| \\<b\\> |")
                .doesNotContain("| test 100 |")
                .contains("And 30 more failures, not listed.")
                .contains("120 failures have no annotation");
        assertThat(actions.finish(lines::add)).isEmpty();
        assertThat(lines).as("told once").hasSize(10);
    }

    @Test
    void approvedFilesThatNoTestHasAreAFailure() throws IOException {
        Path summary = folder.resolve("summary.md");
        Path file = Files.writeString(folder.resolve("sum.old.approved.txt"), "");
        GitHubActions actions = actions(summary);
        actions.disabled();
        actions.obsolete("sum.old: obsolete approval", file, "sum.old.approved.txt is obsolete: why");
        List<String> lines = new ArrayList<>();
        assertThat(actions.finish(lines::add)).isEmpty();
        assertThat(lines)
                .containsExactly("::error file=sum.old.approved.txt,title=sum.old%3A obsolete approval::"
                        + "sum.old.approved.txt is obsolete: why");
        assertThat(summary).content().startsWith("### Tapedeck: 1 failed, 1 disabled, 0 passed of 2\n");
    }

    @Test
    void theSummaryStaysBelowWhatGitHubTakes() throws IOException {
        Path program = Files.writeString(folder.resolve("sum.tasm"), "");
        for (int there : new int[] {0, 899_000, 899_950, 2_000_000}) {
            Path summary = folder.resolve("summary" + there + ".md");
            Files.writeString(summary, "x".repeat(there));
            GitHubActions actions = actions(summary);
            for (int i = 0; i < 200; i++) {
                actions.test("t".repeat(5_000), program, TestCase.ofEntry(), failed("|".repeat(10_000)));
            }
            assertThat(actions.finish(line -> {})).isEmpty();
            assertThat(Files.size(summary)).isLessThanOrEqualTo(Math.max(there, 900_000));
            assertThat(Files.size(summary) - there).isLessThanOrEqualTo(200_000);
            if (there == 899_000) {
                assertThat(summary)
                        .content()
                        .contains("### Tapedeck: 200 failed")
                        .contains("more failures, not listed");
            }
        }
    }

    @Test
    void aSummaryThatCannotBeWrittenIsSaid() {
        GitHubActions actions = actions(folder);
        actions.disabled();
        assertThat(actions.finish(line -> {}).orElseThrow()).startsWith("cannot write the summary of the job to ");
    }

    private GitHubActions actions(Path summary) {
        return GitHubActions.of(Map.of(
                        "GITHUB_ACTIONS", "true",
                        "GITHUB_WORKSPACE", folder.toString(),
                        "GITHUB_STEP_SUMMARY", summary.toString()))
                .orElseThrow();
    }

    private static Verdict failed(String message) {
        return new Verdict(
                Verdict.Kind.FAILED,
                message,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                new byte[0]);
    }

    @Test
    void testsThatRunAtTheSameTimeAreToldInTheOrderOfTheirFiles() throws IOException {
        List<Path> programs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            programs.add(Files.writeString(folder.resolve(String.format("p%02d.tasm", i)), ""));
        }
        List<List<String>> told = new ArrayList<>();
        for (int seed = 0; seed < 5; seed++) {
            Path summary = folder.resolve("order" + seed + ".md");
            GitHubActions actions = actions(summary);
            List<Path> order = new ArrayList<>(programs);
            Collections.shuffle(order, new Random(seed));
            for (Path program : order) {
                actions.test(program.getFileName() + ": t", program, TestCase.ofEntry(), failed("missed"));
            }
            List<String> lines = new ArrayList<>();
            assertThat(actions.finish(lines::add)).isEmpty();
            lines.addAll(Files.readAllLines(summary));
            told.add(lines);
        }
        assertThat(told).allMatch(lines -> lines.equals(told.get(0)));
        assertThat(told.get(0).get(9)).startsWith("::error file=p09.tasm,");
        assertThat(told.get(0))
                .filteredOn(line -> line.startsWith("| p"))
                .hasSize(20)
                .isSorted();
    }
}
