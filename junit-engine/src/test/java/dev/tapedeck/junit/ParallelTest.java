package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectDirectory;

import dev.tapedeck.harness.recording.Recording;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Programs that run at the same time, and such that may not. */
@Timeout(180)
class ParallelTest {
    private static final int THREADS = 4;

    private static final String PROGRAM = """
            .import outside.NAME()
            .func main()
              call_host outside.NAME
              i32.const 1
              call_host tape.print_i32
              return
            .end
            .entry main
            """;

    @TempDir
    Path root;

    private Workspace workspace;

    @BeforeEach
    void programs() {
        workspace = new Workspace(root);
        OutsideFunctions.INSIDE_MOST.set(0);
        OutsideFunctions.THREADS.clear();
    }

    private EngineTestKit.Builder parallel() {
        return workspace
                .engine()
                .configurationParameter(Settings.PARALLEL_ENABLED, "true")
                .configurationParameter(Settings.PARALLEL_CONFIG_PREFIX + "strategy", "fixed")
                .configurationParameter(
                        Settings.PARALLEL_CONFIG_PREFIX + "fixed.parallelism", Integer.toString(THREADS));
    }

    private void write(int count, String function, String... directives) {
        for (int i = 0; i < count; i++) {
            workspace.program(
                    "p" + i + ".tasm",
                    PROGRAM.replace("NAME", function) + ".test \"t\"\n" + directives[i % directives.length]
                            + "\n  .expect output \"1\\n\"\n.end\n");
        }
    }

    private static void assertPassed(EngineExecutionResults results, int count) {
        results.testEvents()
                .assertStatistics(stats -> stats.started(count).succeeded(count).failed(0));
    }

    @Test
    @DisplayName("tests that lock one resource do not overlap, also where only some of them are for writing")
    void locked() {
        write(40, "inside", "  .lock disk", "  .lock disk\n  .lock other read");
        assertPassed(
                parallel().selectors(selectClass(TapedeckProgramsTest.class)).execute(), 40);
        assertThat(OutsideFunctions.INSIDE_MOST).hasValue(1);
    }

    @Test
    @DisplayName("without a lock they do overlap: all of them meet in a host function")
    void notLocked() {
        OutsideFunctions.meeting = new CyclicBarrier(THREADS);
        write(THREADS, "meet", "");
        assertPassed(
                parallel().selectors(selectClass(TapedeckProgramsTest.class)).execute(), THREADS);
    }

    @Test
    @DisplayName("so do tests that only read the resource, and tests that lock different ones")
    void readers() {
        OutsideFunctions.meeting = new CyclicBarrier(THREADS);
        write(THREADS, "meet", "  .lock disk read\n  .lock a", "  .lock disk read\n  .lock b", "  .lock c", "");
        assertPassed(
                parallel().selectors(selectClass(TapedeckProgramsTest.class)).execute(), THREADS);
    }

    @Test
    @DisplayName("a lock holds among the tests of one program, and for a module's file of tests")
    void fileOfTests() throws Exception {
        workspace.program("m.wat", """
                (module (import "outside" "inside" (func $inside)) (func (export "run") (call $inside)))
                """);
        StringBuilder tests = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            tests.append(".test \"t").append(i).append("\"\n  .lock disk\n  .run run\n.end\n");
        }
        workspace.program("m.tests", tests.toString());
        assertPassed(
                parallel().selectors(selectClass(TapedeckProgramsTest.class)).execute(), 20);
        assertThat(OutsideFunctions.INSIDE_MOST).hasValue(1);
    }

    @RepeatedTest(3)
    @DisplayName("one program selected by two containers runs twice, one run after the other; results are whole")
    void selectedTwice() throws Exception {
        write(10, "inside", "");
        EngineExecutionResults results = parallel()
                .selectors(
                        selectClass(TapedeckProgramsTest.class),
                        selectDirectory(workspace.programs().toFile()))
                .execute();
        assertPassed(results, 20);
        for (int i = 0; i < 10; i++) {
            Recording.open(workspace.output().resolve("p" + i + ".tasm/t/recording"))
                    .close();
        }
    }

    @Test
    @DisplayName("approvals are written by all threads at once: each test has its own, and none is another's")
    void approvals() throws Exception {
        int count = 24;
        for (int i = 0; i < count; i++) {
            workspace.program(
                    "sub/p" + i + ".tasm",
                    ".func main()\n  i32.const " + i + "\n  call_host tape.print_i32\n  return\n.end\n.entry main\n"
                            + ".test \"t\"\n  .approve\n.end\n");
        }
        EngineExecutionResults missing =
                parallel().selectors(selectClass(TapedeckProgramsTest.class)).execute();
        missing.testEvents().assertStatistics(stats -> stats.started(count).failed(count));
        assertPassed(
                parallel()
                        .configurationParameter(Settings.APPROVE, "new")
                        .selectors(selectClass(TapedeckProgramsTest.class))
                        .execute(),
                count);
        for (int i = 0; i < count; i++) {
            assertThat(workspace.programs().resolve("sub/p" + i + ".approved.txt"))
                    .content()
                    .contains("output: " + (i < 10 ? 2 : 3) + " bytes\n  \"" + i + "\\n\"\n");
        }
        assertPassed(
                parallel().selectors(selectClass(TapedeckProgramsTest.class)).execute(), count);
        try (Stream<Path> files = Files.list(workspace.programs().resolve("sub"))) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.endsWith(".tasm")))
                    .hasSize(2 * count)
                    .allMatch(name -> List.of("txt", "rec").contains(name.substring(name.length() - 3)));
        }
    }
}
