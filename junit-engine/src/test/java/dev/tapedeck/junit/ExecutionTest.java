package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectDirectory;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectUniqueId;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.Event;
import org.opentest4j.AssertionFailedError;

/** What running the tests of programs reports to JUnit. */
class ExecutionTest {
    @TempDir
    Path root;

    private Workspace workspace;

    @BeforeEach
    void programs() {
        workspace = new Workspace(root);
    }

    private static Map<String, Throwable> failures(EngineExecutionResults results) {
        Map<String, Throwable> failures = new TreeMap<>();
        for (Event event : results.testEvents().failed().list()) {
            failures.put(
                    event.getTestDescriptor().getDisplayName(),
                    event.getRequiredPayload(TestExecutionResult.class)
                            .getThrowable()
                            .orElseThrow());
        }
        return failures;
    }

    private static Throwable onlyFailure(EngineExecutionResults results) {
        Map<String, Throwable> failures = failures(results);
        assertThat(failures).hasSize(1);
        return failures.values().iterator().next();
    }

    @Test
    @DisplayName("a program that does what it should passes, and leaves its recording")
    void passes() {
        workspace.program("plain.tasm", Workspace.PASSES);

        EngineExecutionResults results = workspace.runAll();

        results.testEvents()
                .assertStatistics(stats -> stats.started(1).succeeded(1).failed(0));
        assertThat(workspace.output().resolve("plain.tasm/main/recording")).isNotEmptyDirectory();
    }

    @Test
    @DisplayName("a missed expectation is an assertion failure in one line, with expected and actual values for a diff")
    void missedExpectation() {
        workspace.program("sub/sum.tasm", Workspace.TWO_TESTS);

        EngineExecutionResults results = workspace.runAll();

        results.testEvents()
                .assertStatistics(stats -> stats.started(2).succeeded(1).failed(1));
        Throwable failure = onlyFailure(results);
        assertThat(failure)
                .isInstanceOf(AssertionFailedError.class)
                .message()
                .startsWith("sub/sum.tasm:12: expected result 4 but was 3")
                .contains("report: ")
                .contains("sub/sum.tasm/adds-to-a-wrong-sum/report.html")
                .doesNotContain("\n");
        AssertionFailedError assertion = (AssertionFailedError) failure;
        assertThat(assertion.getExpected().getStringRepresentation()).isEqualTo("4");
        assertThat(assertion.getActual().getStringRepresentation()).isEqualTo("3");
    }

    @Test
    @DisplayName("the stack trace of a failure is the program's call stack, and nothing else")
    void stackTrace() {
        workspace.program("sub/fault.tasm", """
                .func inner()
                  unreachable
                .end
                .func main()
                  call inner
                  return
                .end
                .entry main
                """);

        Throwable failure = onlyFailure(workspace.runAll());

        assertThat(failure)
                .isInstanceOf(AssertionFailedError.class)
                .message()
                .startsWith("sub/fault.tasm: fault unreachable")
                .contains("inner+0 (fault.tasm:2)");
        assertThat(failure.getStackTrace())
                .extracting(StackTraceElement::toString)
                .containsExactly("sub/fault.tasm.inner(fault.tasm:2)", "sub/fault.tasm.main(fault.tasm:5)");
        assertThat(failure.getCause()).isNull();
    }

    @Test
    @DisplayName("W8: each line of a stack trace names the file that its instruction comes from")
    void stackTraceOfSeveralFiles() {
        workspace.program("fault.tasm", """
                .source "main.c"
                .source "list.h"
                .func inner()
                  nop                    @3
                  unreachable            @"list.h":70
                .end
                .func main()
                  call inner             @9
                  return
                .end
                .entry main
                """);

        Throwable failure = onlyFailure(workspace.runAll());

        assertThat(failure).hasMessageContaining("inner+1 (list.h:70)");
        assertThat(failure.getStackTrace())
                .extracting(StackTraceElement::toString)
                .containsExactly("fault.tasm.inner(list.h:70)", "fault.tasm.main(main.c:9)");
    }

    @Test
    @DisplayName("a program that cannot be loaded is one test that is an error; the others run")
    void unreadablePrograms() throws IOException {
        workspace.program("a/invalid.tasm", ".func main()\n  i32.ad\n  return\n.end\n.entry main\n");
        workspace.program("damaged.bc", "this is no program");
        workspace.program("empty.bc", "");
        Files.write(workspace.program("binary.tasm", ""), new byte[] {(byte) 0xFF, (byte) 0xFE, 0});
        workspace.program("unverified.tasm", ".func main()\n  i32.add\n  drop\n  return\n.end\n.entry main\n");
        Files.createSymbolicLink(workspace.programs().resolve("dangling.bc"), root.resolve("nothing.bc"));
        workspace.program("plain.tasm", Workspace.PASSES);

        EngineExecutionResults results = workspace.runAll();

        results.testEvents()
                .assertStatistics(stats -> stats.started(7).succeeded(1).failed(6));
        Map<String, Throwable> failures = failures(results);
        assertThat(failures)
                .containsOnlyKeys(
                        "a/invalid.tasm", "damaged.bc", "empty.bc", "binary.tasm", "unverified.tasm", "dangling.bc");
        assertThat(failures).allSatisfy((name, failure) -> {
            assertThat(failure).isInstanceOf(ProgramNotRunException.class);
            assertThat(failure.getMessage()).startsWith(name + ":").doesNotContain("\n");
            assertThat(failure.getStackTrace()).isEmpty();
        });
        assertThat(failures.get("a/invalid.tasm")).hasMessageStartingWith("a/invalid.tasm:2:3: ");
        assertThat(failures.get("dangling.bc")).hasMessageContaining("link to a missing file");
    }

    @Test
    @DisplayName("a file of tests without its module is one test that is an error; the others run")
    void testsWithoutModule() throws IOException {
        byte[] module = new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0};
        Files.write(workspace.program("sum.wasm", ""), module);
        Files.write(workspace.program("sub/product.wasm", ""), module);
        workspace.program("sub/produkt.tests", ".test \"adds\"\n.end\n");
        workspace.program("plain.tests", ".test \"adds\"\n.end\n");
        workspace.program("plain.tasm", Workspace.PASSES);

        Map<String, Throwable> failures = failures(workspace.runAll());

        assertThat(failures.get("sub/produkt.tests"))
                .isInstanceOf(ProgramNotRunException.class)
                .hasMessage("sub/produkt.tests: there is no produkt.wasm or produkt.wat beside it that has these tests;"
                        + " modules without tests: product.wasm");
        assertThat(failures.get("plain.tests"))
                .hasMessage("plain.tests: there is no plain.wasm or plain.wat beside it that has these tests; modules"
                        + " without tests: sum.wasm");
        assertThat(failures).doesNotContainKey("plain.tasm");
    }

    @Test
    @DisplayName("what is shown of a test's name has no line ends and no control characters")
    void hostileNames() {
        workspace.program(
                "plain.tasm",
                Workspace.PASSES + ".test \"a\\n::error::b \\x1b[31m\"\n  .run main\n  .expect output \"x\"\n.end\n");

        Map<String, Throwable> failures = failures(workspace.runAll());

        assertThat(failures).containsOnlyKeys("plain.tasm: a\\n::error::b \\x1b[31m");
        assertThat(failures.values())
                .allSatisfy(failure ->
                        assertThat(failure.getMessage()).doesNotContain("\n").doesNotContain("\033"));
    }

    @Test
    @DisplayName("tests of one name, and tags that JUnit cannot have, are errors of their program")
    void impossibleTests() {
        workspace.program("tags.tasm", Workspace.PASSES + ".test \"tagged\"\n  .tags \"a&b\"\n.end\n");

        Throwable failure = onlyFailure(workspace.runAll());

        assertThat(failure).isInstanceOf(ProgramNotRunException.class).hasMessageContaining("tag");
    }

    @Test
    @DisplayName("a disabled test is skipped with its reason")
    void disabled() {
        workspace.program("later.tasm", Workspace.PASSES + ".test \"later\"\n  .disabled \"waits for rain\"\n.end\n");

        List<Event> skipped = workspace.runAll().testEvents().skipped().list();

        assertThat(skipped).singleElement().satisfies(event -> {
            assertThat(event.getTestDescriptor().getDisplayName()).isEqualTo("later.tasm: later");
            assertThat(event.getRequiredPayload(String.class)).isEqualTo("waits for rain");
        });
    }

    @Test
    @DisplayName("a folder without programs, a missing folder, and a file in its place are errors that say so")
    void noPrograms() throws IOException {
        Throwable missing = onlyFailure(workspace.runAll());
        Files.createDirectories(workspace.programs());
        Throwable empty = onlyFailure(workspace.runAll());
        Files.delete(workspace.programs());
        Files.writeString(workspace.programs(), "");
        Throwable file = onlyFailure(workspace.runAll());

        assertThat(missing).isInstanceOf(ProgramNotRunException.class).hasMessageContaining("there is no such folder");
        assertThat(empty).hasMessageContaining("there is no .bc, .tasm, .wasm or .wat file in the folder");
        assertThat(file).hasMessageContaining("that is a file, not a folder");
        assertThat(List.of(missing, empty, file))
                .allSatisfy(problem -> assertThat(problem)
                        .hasMessageContaining(workspace.programs().toString())
                        .hasMessageContaining(Settings.PROGRAMS));
    }

    @Test
    @DisplayName(
            "reports and recording of a failure are published with absolute paths, in whatever way the platform has")
    void attachments() {
        workspace.program("sum.tasm", Workspace.TWO_TESTS);

        EngineExecutionResults results = workspace.runAll();

        String published = results.allEvents()
                .filter(event -> event.getType().name().endsWith("_ENTRY_PUBLISHED"))
                .filter(event -> event.getTestDescriptor().getDisplayName().contains("wrong"))
                .map(event -> String.valueOf(event.getPayload().orElse("")))
                .reduce("", String::concat);
        Path folder = workspace.output().resolve("sum.tasm/adds-to-a-wrong-sum");
        assertThat(published)
                .contains(folder.resolve("report.md").toString())
                .contains(folder.resolve("report.html").toString())
                .contains(folder.resolve("report.json").toString())
                .contains(folder.resolve("recording").toString());
    }

    @Test
    @DisplayName("in parallel every test still has its own result, also where a program is selected twice")
    void parallel() {
        for (int i = 0; i < 12; i++) {
            workspace.program("p" + i + ".tasm", Workspace.TWO_TESTS);
        }

        EngineExecutionResults results = workspace
                .engine()
                .selectors(
                        selectClass(TapedeckProgramsTest.class),
                        selectDirectory(workspace.programs().toString()))
                .configurationParameter(Settings.PARALLEL_ENABLED, "true")
                .configurationParameter(Settings.PARALLEL_CONFIG_PREFIX + "strategy", "fixed")
                .configurationParameter(Settings.PARALLEL_CONFIG_PREFIX + "fixed.parallelism", "4")
                .execute();

        results.testEvents()
                .assertStatistics(stats -> stats.started(48).succeeded(24).failed(24));
        assertThat(failures(results).values())
                .allSatisfy(failure -> assertThat(failure)
                        .isInstanceOf(AssertionFailedError.class)
                        .hasMessageContaining("expected result 4 but was 3"));
    }

    @Test
    @DisplayName("a failed test can be run again by its unique id, as Surefire does")
    void rerun() {
        Path file = workspace.program("sum.tasm", Workspace.TWO_TESTS);
        List<String> failed = new ArrayList<>();
        workspace
                .runAll()
                .testEvents()
                .failed()
                .list()
                .forEach(event ->
                        failed.add(event.getTestDescriptor().getUniqueId().toString()));
        assertThat(failed).hasSize(1);

        workspace
                .run(selectUniqueId(failed.get(0)))
                .testEvents()
                .assertStatistics(stats -> stats.started(1).failed(1));
        workspace.program("sum.tasm", Workspace.TWO_TESTS.replace("result 4", "result 3"));

        assertThat(file).exists();
        workspace
                .run(selectUniqueId(failed.get(0)))
                .testEvents()
                .assertStatistics(stats -> stats.started(1).succeeded(1));
    }

    @Test
    @DisplayName("S13: a test that runs away stops at the limit that the settings name, and fails")
    void limit() {
        workspace.program("loop.tasm", ".func main()\nagain:\n  br again\n.end\n.entry main\n");

        Throwable failure = onlyFailure(workspace
                .engine()
                .selectors(selectClass(TapedeckProgramsTest.class))
                .configurationParameter(Settings.LIMIT, "1_000")
                .execute());

        assertThat(failure)
                .isInstanceOf(AssertionFailedError.class)
                .hasMessageStartingWith("loop.tasm: not finished after the limit of 1,000 instructions")
                .hasMessageContaining("main+0 (loop.tasm:3)");
    }

    @Test
    @DisplayName("a setting with an impossible value is an error that names it and what is expected")
    void impossibleSettings() {
        workspace.program("plain.tasm", Workspace.PASSES);

        Throwable limit = onlyContainerFailure(workspace
                .engine()
                .selectors(selectClass(TapedeckProgramsTest.class))
                .configurationParameter(Settings.LIMIT, "many")
                .execute());
        Throwable approve = onlyContainerFailure(workspace
                .engine()
                .selectors(selectClass(TapedeckProgramsTest.class))
                .configurationParameter(Settings.APPROVE, "yes")
                .execute());

        assertThat(limit)
                .isInstanceOf(ProgramNotRunException.class)
                .hasMessageContaining("tapedeck.limit is 'many'; expected a number");
        assertThat(approve).hasMessage("The setting tapedeck.approve is 'yes'; expected check, new or all.");
    }

    @Test
    @DisplayName("an output folder that cannot be a path is an error that says so")
    void impossibleOutput() {
        workspace.program("plain.tasm", Workspace.PASSES);

        Throwable output = onlyContainerFailure(workspace
                .engine()
                .selectors(selectClass(TapedeckProgramsTest.class))
                .configurationParameter(Settings.OUTPUT, "a\0b")
                .execute());

        assertThat(output)
                .hasMessage("The setting tapedeck.output is 'a\\x00b'; expected a path, such as target/tapedeck.");
    }

    @Test
    @DisplayName("where no test can be run, the class fails once in the place of all of them, also in the overview")
    void overviewOfTestsThatAreNotRun() {
        workspace.program("sum.tasm", Workspace.TWO_TESTS);
        workspace.program("sub/plain.tasm", Workspace.PASSES);
        EngineExecutionResults results = workspace
                .engine()
                .configurationParameter(Settings.LIMIT, "0")
                .selectors(selectClass(TapedeckProgramsTest.class))
                .execute();
        results.testEvents().assertStatistics(stats -> stats.started(0).skipped(0));
        assertThat(onlyContainerFailure(results))
                .hasMessageStartingWith("The setting tapedeck.limit is '0'; expected ");
        assertThat(workspace.output().resolve("summary.md"))
                .content()
                .startsWith("# Tapedeck: 1 not run of 1\n")
                .contains("The setting tapedeck.limit is '0'; expected ");
    }

    @Test
    @DisplayName("an output folder that cannot be one is said once, and no test passes without its recording")
    void outputInTheWay() throws IOException {
        workspace.program("sum.tasm", Workspace.TWO_TESTS);
        Files.writeString(root.resolve("file"), "in the way");
        Map<String, String> problems = new LinkedHashMap<>();
        problems.put("file", "file is a file, not a folder");
        problems.put("file/below", "file is a file, not a folder");
        if (canLink(root.resolve("link"))) {
            problems.put("link", "link is a link that leads nowhere");
        }
        problems.forEach((output, problem) -> {
            EngineExecutionResults results = workspace
                    .engine()
                    .configurationParameter(
                            Settings.OUTPUT, root.resolve(output).toString())
                    .selectors(selectClass(TapedeckProgramsTest.class))
                    .execute();
            results.testEvents().assertStatistics(stats -> stats.started(0));
            assertThat(onlyContainerFailure(results))
                    .isInstanceOf(ProgramNotRunException.class)
                    .hasMessageStartingWith("Recordings and reports have no place: cannot write to ")
                    .hasMessageContaining(problem)
                    .hasMessageEndingWith("or name another one with tapedeck.output.");
        });
        assertThat(root.resolve("file")).hasContent("in the way");
    }

    private static boolean canLink(Path link) {
        try {
            Files.createSymbolicLink(link, Path.of("nowhere"));
            return true;
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    private static Throwable onlyContainerFailure(EngineExecutionResults results) {
        List<Event> failed = results.containerEvents().failed().list();
        assertThat(failed).hasSize(1);
        return failed.get(0)
                .getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .orElseThrow();
    }

    @Test
    @DisplayName("an overview of all tests is left behind, reruns of failed tests included")
    void overview() throws IOException {
        workspace.program("broken.tasm", ".func main()\n  i32.nonsense\n.end\n");
        workspace.program("later.tasm", Workspace.PASSES + ".test \"later\"\n  .disabled \"waits for rain\"\n.end\n");
        workspace.program("sub/sum.tasm", Workspace.TWO_TESTS);
        List<String> failed = new ArrayList<>();
        workspace
                .runAll()
                .testEvents()
                .failed()
                .list()
                .forEach(event ->
                        failed.add(event.getTestDescriptor().getUniqueId().toString()));

        assertThat(workspace.output().resolve("index.html"))
                .content()
                .contains("<h1>1 failed, 1 not run, 1 disabled, 1 passed of 4</h1>")
                .contains(
                        "<a href=\"./sub/sum.tasm/adds-to-a-wrong-sum/report.html\">sub/sum.tasm: adds to a wrong sum</a>")
                .contains("broken.tasm:2:")
                .contains("waits for rain")
                .contains("href=\"./sub/sum.tasm/adds-two-numbers/recording/\"");
        assertThat(workspace.output().resolve("summary.md"))
                .content()
                .startsWith("# Tapedeck: 1 failed, 1 not run, 1 disabled, 1 passed of 4\n");

        assertThat(failed).hasSize(2);
        workspace.program("sub/sum.tasm", Workspace.TWO_TESTS.replace("result 4", "result 3"));
        workspace.run(selectUniqueId(failed.get(0)), selectUniqueId(failed.get(1)));
        assertThat(workspace.output().resolve("summary.md"))
                .content()
                .startsWith("# Tapedeck: 1 not run, 1 flaky, 1 disabled, 1 passed of 4\n");
    }
}
