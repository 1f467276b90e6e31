package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.junit.UserProject.Build;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real Surefire with forks, and running tests again that have failed. */
class RerunIT {
    private static final boolean THOROUGH = Boolean.getBoolean("tapedeck.thorough");
    private static final String ANCHOR = "dev.tapedeck.junit.TapedeckProgramsTest";

    private static final String POM = """
            <project xmlns="http://maven.apache.org/POM/4.0.0">
              <modelVersion>4.0.0</modelVersion>
              <parent>
                <groupId>dev.tapedeck</groupId>
                <artifactId>tapedeck-parent</artifactId>
                <version>%s</version>
                <relativePath/>
              </parent>
              <artifactId>flaky-programs</artifactId>
            </project>
            """.formatted(System.getProperty("tapedeck.it.version"));

    /** Counts its calls in a file, which outlives the process. */
    private static final String HOST_FUNCTIONS = """
            package org.example;

            import dev.tapedeck.harness.suite.HostFunctions;
            import dev.tapedeck.vm.machine.Host;
            import dev.tapedeck.vm.machine.HostException;
            import dev.tapedeck.vm.program.TestCase;
            import java.io.IOException;
            import java.nio.file.Files;
            import java.nio.file.Path;

            public final class Counter implements HostFunctions {
                @Override
                public String module() {
                    return "outside";
                }

                @Override
                public Host host(TestCase test) {
                    return call -> {
                        Path file = Path.of(System.getProperty("basedir"), "target", "calls");
                        try {
                            int calls = Files.exists(file) ? Integer.parseInt(Files.readString(file)) : 0;
                            Files.writeString(file, Integer.toString(calls + 1));
                            call.setResult(0, calls);
                        } catch (IOException e) {
                            throw new HostException(e.toString());
                        }
                    };
                }
            }
            """;

    @BeforeAll
    static void repository() throws Exception {
        UserProject.prepareRepository();
    }

    private static UserProject project(String name) throws Exception {
        return UserProject.create(name, POM)
                .file("src/test/java/org/example/Counter.java", HOST_FUNCTIONS)
                .file(
                        "src/test/resources/META-INF/services/dev.tapedeck.harness.suite.HostFunctions",
                        "org.example.Counter\n")
                .file("src/test/java/org/example/SlowTest.java", """
                        package org.example;

                        import dev.tapedeck.junit.Programs;

                        @Programs("src/test/programs")
                        class SlowTest {}
                        """)
                .file("src/test/programs/sum.tasm", Workspace.PASSES)
                .file("src/test/programs/sub/other.tasm", Workspace.PASSES);
    }

    static List<String> forks() {
        return THOROUGH ? List.of("new", "reused", "none") : List.of("new");
    }

    static List<Boolean> reused() {
        return THOROUGH ? List.of(true, false) : List.of(true);
    }

    @ParameterizedTest
    @MethodSource("forks")
    @DisplayName(
            "a test that passes when Surefire runs it again is flaky, and said to be nondeterministic, with the place")
    void rerun(String forks) throws Exception {
        UserProject project = project("rerun-" + forks).delete("src/test/java/org/example/SlowTest.java");
        project.file("src/test/programs/flaky.tasm", RerunTest.FLAKY);
        Build build = project.maven(
                "test",
                "-Dsurefire.rerunFailingTestsCount=2",
                forks.equals("new") ? "-DreuseForks=false" : "-DreuseForks=true",
                forks.equals("none") ? "-DforkCount=0" : "-DforkCount=1");
        assertThat(build.exitCode()).as(build.log()).isZero();
        assertThat(build.log())
                .contains("Flakes: 1")
                .contains(
                        "tapedeck: warning: flaky.tasm:10: nondeterministic: failed on attempt 1, passed on attempt 2;"
                                + " first differs from attempt 2, here the first run, at instruction 0: ");
        Path folder = build.directory().resolve("target/tapedeck/flaky.tasm/gives-1");
        for (String recording : new String[] {"recording", "attempt-2/recording", "last-passed.rec"}) {
            try (Recording opened = Recording.open(folder.resolve(recording))) {
                assertThat(opened.outcome()).as(recording).isPresent();
            }
        }
        assertThat(folder.resolve("attempt-2/report.html")).content().contains("nondeterministic");
        assertThat(build.directory().resolve("target/surefire-reports/TEST-" + ANCHOR + ".xml"))
                .content()
                .contains("<flakyFailure");
    }

    @ParameterizedTest
    @MethodSource("reused")
    @DisplayName(
            "two forks run the same programs of two classes at once; every result is whole, and both classes report")
    void twoForks(boolean reused) throws Exception {
        UserProject project = project("forks-" + (reused ? "reused" : "new"));
        for (int i = 0; i < 20; i++) {
            project.file("src/test/programs/many/p" + i + ".tasm", Workspace.PASSES);
        }
        Build build = project.maven("test", "-DforkCount=2", "-DreuseForks=" + reused);
        assertThat(build.exitCode()).as(build.log()).isZero();
        assertThat(build.log()).contains("Tests run: 44, Failures: 0, Errors: 0, Skipped: 0");
        assertThat(build.tests(ANCHOR)).hasSize(22);
        assertThat(build.tests("org.example.SlowTest")).hasSize(22);
        for (int i = 0; i < 20; i++) {
            Path folder = build.directory().resolve("target/tapedeck/many/p" + i + ".tasm/main");
            try (Recording recording = Recording.open(folder.resolve("recording"))) {
                assertThat(recording.damage()).isEmpty();
            }
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .containsExactlyInAnyOrder("recording", "last-passed.rec", ".lock");
            }
        }
    }
}
