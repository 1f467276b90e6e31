package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.suite.SuiteRun;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.EngineExecutionListener;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.hierarchical.Node;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.opentest4j.AssertionFailedError;

/** What a failure is to JUnit and to whoever shows it: its type, its values, its stack trace. */
class FailureTest {
    private static final String PROGRAM = """
            .func main()
              i32.const 65
              call_host tape.print_char
              i32.const 0xff
              call_host tape.print_char
              i32.const 9
              call_host tape.print_char
              i32.const 10
              call_host tape.print_char
              i32.const 3
              halt
            .end
            .func pair() -> (i32, f64)
              i32.const -7
              f64.const 2.5
              return
            .end
            .func divide(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.div_s
              return
            .end
            .func caller() -> i32
              i32.const 1
              i32.const 0
              call divide
              return
            .end
            .entry main
            .test "the test"
            %s
            .end
            """;

    private static final Node.DynamicTestExecutor NO_EXECUTOR = (Node.DynamicTestExecutor) Proxy.newProxyInstance(
            FailureTest.class.getClassLoader(),
            new Class<?>[] {Node.DynamicTestExecutor.class},
            (proxy, method, arguments) -> {
                throw new AssertionError(method);
            });

    @TempDir
    Path root;

    private Workspace workspace;

    @BeforeEach
    void programs() {
        workspace = new Workspace(root);
    }

    private static Throwable failure(EngineExecutionResults results) {
        return results.testEvents()
                .failed()
                .list()
                .get(0)
                .getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .orElseThrow();
    }

    @ParameterizedTest(name = "{0}: {1} but was {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                ".expect exit 4                                      | exit code 4            | exit code 3",
                ".expect fault unreachable                           | fault unreachable      | exit code 3",
                ".expect exit 3 / .expect output \"A\\xff\\n\"       | A\\xff                 | A\\xff\\t",
                ".run pair / .expect result -7 3.5                   | -7, 3.5                | -7, 2.5",
                ".run caller                                         | exit code 0            | fault division_by_zero",
                ".run caller / .expect fault unreachable             | fault unreachable      | fault division_by_zero",
                ".limit 2                                            | an end within 2 instructions | not finished",
            })
    @DisplayName("a missed expectation is an AssertionFailedError with expected and actual, as a diff shows them")
    void values(String expectations, String expected, String actual) {
        workspace.program("p.tasm", PROGRAM.formatted(expectations.replace(" / ", "\n")));

        Throwable failure = failure(workspace.runAll());

        assertThat(failure).isInstanceOf(AssertionFailedError.class);
        AssertionFailedError assertion = (AssertionFailedError) failure;
        assertThat(assertion
                        .getExpected()
                        .getStringRepresentation()
                        .strip()
                        .replace("(", "")
                        .replace(")", ""))
                .isEqualTo(expected);
        assertThat(assertion
                        .getActual()
                        .getStringRepresentation()
                        .strip()
                        .replace("(", "")
                        .replace(")", ""))
                .isEqualTo(actual);
        assertThat(failure.getMessage()).startsWith("p.tasm:").doesNotContain("\n");
    }

    @Test
    @DisplayName("the stack trace of a fault is the program's call stack with its file and lines; the others run")
    void stackTrace() {
        workspace.program("p.tasm", PROGRAM.formatted(".run caller"));
        workspace.program("q.tasm", Workspace.PASSES);

        EngineExecutionResults results = workspace.runAll();

        results.testEvents()
                .assertStatistics(stats -> stats.started(2).failed(1).succeeded(1));
        assertThat(failure(results).getStackTrace())
                .extracting(StackTraceElement::toString)
                .containsExactly("p.tasm.divide(p.tasm:21)", "p.tasm.caller(p.tasm:27)");
    }

    @Test
    @DisplayName("an approval that differs has both texts as expected and actual value")
    void approval() {
        workspace.program("p.tasm", Workspace.PASSES + ".test \"x\"\n  .approve\n.end\n");
        workspace
                .engine()
                .configurationParameter(Settings.APPROVE, "new")
                .selectors(selectClass(TapedeckProgramsTest.class))
                .execute()
                .testEvents()
                .assertStatistics(stats -> stats.succeeded(1));
        workspace.program("p.tasm", Workspace.PASSES.replace("42", "43") + ".test \"x\"\n  .approve\n.end\n");

        AssertionFailedError failure = (AssertionFailedError) failure(workspace.runAll());

        assertThat(failure.getExpected().getStringRepresentation()).contains("\"42\\n\"");
        assertThat(failure.getActual().getStringRepresentation())
                .contains("\"43\\n\"")
                .doesNotContain("\"42\\n\"");
    }

    static List<Throwable> defects() {
        return List.of(
                new OutOfMemoryError("Java heap space"),
                new StackOverflowError(),
                new IllegalStateException("a defect\n::error::of ours"),
                new NoClassDefFoundError("net/openhft/chronicle/Bytes"),
                new InternalError("a fault occurred in unsafe memory access"));
    }

    @ParameterizedTest
    @MethodSource("defects")
    @DisplayName("whatever goes wrong inside is an error of its test, told everywhere, and not the end of all tests")
    void defect(Throwable defect) throws IOException {
        workspace.program("p.tasm", Workspace.PASSES);
        TestRunner runner = new TestRunner(workspace.output(), ApprovalMode.CHECK) {
            @Override
            public Verdict run(Path file, String name, String folder, VerifiedProgram program, TestCase test) {
                if (defect instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) defect;
            }
        };
        SuiteRun overview = SuiteRun.begin(workspace.output(), ProcessHandle.current());
        TapedeckContext context = new TapedeckContext(
                new TapedeckContext.Ready(runner),
                false,
                new EngineExecutionListener() {},
                Optional.empty(),
                Optional.of(overview));
        ProgramTestDescriptor test = (ProgramTestDescriptor) new TapedeckEngine()
                        .discover(
                                LauncherDiscoveryRequestBuilder.request()
                                        .selectors(selectClass(TapedeckProgramsTest.class))
                                        .configurationParameter(
                                                Settings.PROGRAMS,
                                                workspace.programs().toString())
                                        .build(),
                                UniqueId.forEngine(TapedeckEngine.ID))
                        .getDescendants()
                        .stream()
                        .filter(descriptor -> descriptor.isTest())
                        .findFirst()
                        .orElseThrow();

        Throwable thrown = catchThrowable(() -> test.execute(context, NO_EXECUTOR));
        overview.finish();

        assertThat(thrown).isInstanceOf(ProgramNotRunException.class).message().doesNotContain("\n");
        assertThat(thrown.getMessage())
                .startsWith("p.tasm: ")
                .contains(
                        defect instanceof OutOfMemoryError
                                ? "-Xmx"
                                : "internal error: " + defect.getClass().getName());
        if (!(defect instanceof OutOfMemoryError)) {
            assertThat(thrown).hasCause(defect);
        }
        assertThat(Files.readString(workspace.output().resolve("summary.md")))
                .startsWith("# Tapedeck: 1 not run of 1\n");
    }
}
