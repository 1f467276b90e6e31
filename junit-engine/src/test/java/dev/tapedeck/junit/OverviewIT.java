package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.junit.UserProject.Build;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The overview of all tests, of runs in several processes of a real Surefire. */
class OverviewIT {
    @BeforeAll
    static void repository() throws Exception {
        UserProject.prepareRepository();
    }

    private static String programs(String name) {
        return """
                package org.example;

                @dev.tapedeck.junit.Programs("src/test/%s")
                class %sProgramsTest {}
                """.formatted(name.toLowerCase(java.util.Locale.ROOT), name);
    }

    private static String summary(Build build) throws IOException {
        Path file = build.directory().resolve("target/tapedeck/summary.md");
        assertThat(file).as(build.log()).exists();
        return Files.readString(file);
    }

    @Test
    @DisplayName("all processes that one mvn starts, and reruns, are one run; the next mvn is another")
    void runs() throws Exception {
        UserProject project = UserProject.create("overview", """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <parent>
                    <groupId>dev.tapedeck</groupId>
                    <artifactId>tapedeck-parent</artifactId>
                    <version>%s</version>
                    <relativePath/>
                  </parent>
                  <artifactId>users-programs</artifactId>
                </project>
                """.formatted(System.getProperty("tapedeck.it.version")))
                .file("src/test/programs/below/plain.tasm", Workspace.PASSES)
                .file("src/test/programs/below/other.tasm", Workspace.PASSES)
                .file("src/test/quick/plain.tasm", Workspace.PASSES)
                .file("src/test/slow/sum.tasm", Workspace.TWO_TESTS)
                .file("src/test/java/org/example/QuickProgramsTest.java", programs("Quick"))
                .file("src/test/java/org/example/SlowProgramsTest.java", programs("Slow"));

        Build oneByOne = project.maven(
                "test", "-DreuseForks=false", "-Dsurefire.rerunFailingTestsCount=1", "-Dtapedeck.aprove=all");

        assertThat(oneByOne.exitCode()).as(oneByOne.log()).isEqualTo(1);
        assertThat(summary(oneByOne))
                .startsWith("# Tapedeck: 1 failed, 4 passed of 5\n")
                .doesNotContain("not ended");
        assertThat(oneByOne.directory().resolve("target/tapedeck/index.html"))
                .content()
                .contains("attempt failed")
                .contains("./src/test/quick/plain.tasm/main/recording/");
        assertThat(oneByOne.log())
                .contains(
                        "There is no setting tapedeck.aprove, so 'all' has no effect; the nearest is tapedeck.approve.");

        Build atOnce = project.maven("test", "-DforkCount=3");

        assertThat(summary(atOnce)).startsWith("# Tapedeck: 1 failed, 4 passed of 5\n");
        assertThat(atOnce.directory().resolve("target/tapedeck/index.html"))
                .content()
                .doesNotContain("attempt failed");

        Build part = project.maven("test", "-Dtest=TapedeckProgramsTest#below/pl*");

        assertThat(part.exitCode()).as(part.log()).isZero();
        assertThat(summary(part)).startsWith("# Tapedeck: 1 passed of 1\n");
        assertThat(part.tests("dev.tapedeck.junit.TapedeckProgramsTest")).containsOnlyKeys("below/plain.tasm");
    }
}
