package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.junit.UserProject.Build;
import dev.tapedeck.junit.UserProject.TestCaseElement;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Projects as users write them, built by a real Maven. */
class UserProjectIT {
    private static final String VERSION = System.getProperty("tapedeck.it.version");
    private static final String ANCHOR = "dev.tapedeck.junit.TapedeckProgramsTest";

    private static final String PARENT_POM = """
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
            """.formatted(VERSION);

    /** The versions that Maven would bind by itself are older than what this machine is sure to have. */
    private static final String PLAIN_POM = """
            <project xmlns="http://maven.apache.org/POM/4.0.0">
              <modelVersion>4.0.0</modelVersion>
              <groupId>org.example</groupId>
              <artifactId>users-programs</artifactId>
              <version>1</version>
              <properties>
                <maven.compiler.release>17</maven.compiler.release>
                <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
              </properties>
              <dependencies>
                <dependency>
                  <groupId>dev.tapedeck</groupId>
                  <artifactId>tapedeck-junit-engine</artifactId>
                  <version>%s</version>
                  <scope>test</scope>
                </dependency>
              </dependencies>
              <build>
                <plugins>
                  <plugin>
                    <artifactId>maven-resources-plugin</artifactId>
                    <version>%s</version>
                  </plugin>
                  <plugin>
                    <artifactId>maven-compiler-plugin</artifactId>
                    <version>%s</version>
                  </plugin>
                  <plugin>
                    <artifactId>maven-surefire-plugin</artifactId>
                    <version>%s</version>
                    %s
                  </plugin>
                </plugins>
              </build>
            </project>
            """;

    private static final String SUREFIRE_BLOCK = """
            <configuration>
              <dependenciesToScan>
                <dependency>dev.tapedeck:tapedeck-junit-engine</dependency>
              </dependenciesToScan>
              <failIfNoTests>true</failIfNoTests>
            </configuration>
            """;

    private static final String SUM = """
            .func add(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.add
              return
            .end

            .func main()
              i32.const 1
              i32.const 2
              call add
              call_host tape.print_i32
              return
            .end
            .entry main

            .test "adds two numbers"
              .tags fast
              .run add 1 2
              .expect result 3
            .end

            .test "prints the sum"
              .expect output "4\\n"
            .end

            .test "of the next version"
              .disabled "waits for 128-bit numbers"
            .end
            """;

    private static final String FAULT = """
            .func divide(a: i32, b: i32) -> i32
              local.get a
              local.get b
              i32.div_s
              return
            .end
            .func main()
              i32.const 1
              i32.const 0
              call divide
              drop
              return
            .end
            .entry main
            """;

    private static final String INVALID = """
            .func main()
              i32.ad
              return
            .end
            .entry main
            """;

    @BeforeAll
    static void repository() throws Exception {
        UserProject.prepareRepository();
    }

    private static String plainPom(String surefireConfiguration) throws Exception {
        return PLAIN_POM.formatted(
                VERSION,
                UserProject.pluginVersion("maven-resources-plugin"),
                UserProject.pluginVersion("maven-compiler-plugin"),
                UserProject.pluginVersion("maven-surefire-plugin"),
                surefireConfiguration);
    }

    @Test
    @DisplayName("design §7: in GitHub Actions, Surefire's log has the annotations as lines of their own")
    void inGitHubActions() throws Exception {
        UserProject project = UserProject.create("github-actions", PARENT_POM).file("src/test/programs/sum.tasm", SUM);
        Build build = project.maven(
                Map.of(
                        "GITHUB_ACTIONS", "true",
                        "GITHUB_WORKSPACE", project.path("").toString(),
                        "GITHUB_STEP_SUMMARY", project.path("summary.md").toString()),
                "test");
        assertThat(build.exitCode()).as(build.log()).isNotZero();
        assertThat(build.log().lines().filter(line -> line.startsWith("::")))
                .as(build.log())
                .singleElement()
                .asString()
                .startsWith(
                        "::error file=src/test/programs/sum.tasm,line=12,title=sum.tasm%3A prints the sum::sum.tasm:");
        assertThat(project.path("summary.md"))
                .content()
                .startsWith("### Tapedeck: 1 failed, 1 disabled, 1 passed of 3\n");
    }

    @Test
    @DisplayName("a: the parent pom and a folder of programs, nothing else")
    void parentPom() throws Exception {
        UserProject project = UserProject.create("parent", PARENT_POM)
                .file("src/test/programs/passes.tasm", Workspace.PASSES)
                .file("src/test/programs/invalid.tasm", INVALID)
                .file("src/test/programs/below/divides by zero.tasm", FAULT)
                .file("src/test/programs/sum.tasm", SUM);

        Build build = project.maven("test");

        assertThat(build.exitCode()).as(build.log()).isEqualTo(1);
        assertThat(build.log())
                .contains("Tests run: 6, Failures: 2, Errors: 1, Skipped: 1")
                .contains(
                        "TapedeckProgramsTest.sum.tasm: prints the sum sum.tasm:23: expected output \"4\\n\" but was \"3\\n\"; wrong from byte 0, written at main+3 (sum.tasm:12)")
                .contains("report: target/tapedeck/sum.tasm/prints-the-sum/report.html")
                .contains("below/divides by zero.tasm: fault division_by_zero")
                .contains("\tat below/divides by zero.tasm.divide(divides by zero.tasm:4)")
                .contains("\tat below/divides by zero.tasm.main(divides by zero.tasm:10)")
                .contains("invalid.tasm:2:3: ")
                .doesNotContain("SLF4J")
                .doesNotContain("WARNING: ")
                .doesNotContain("at dev.tapedeck.")
                .doesNotContain("at java.base/");
        Map<String, TestCaseElement> tests = build.tests(ANCHOR);
        assertThat(tests)
                .containsOnlyKeys(
                        "below/divides by zero.tasm",
                        "invalid.tasm",
                        "passes.tasm",
                        "sum.tasm: adds two numbers",
                        "sum.tasm: of the next version",
                        "sum.tasm: prints the sum");
        assertThat(tests.values()).extracting(TestCaseElement::className).containsOnly(ANCHOR);
        assertThat(tests.get("passes.tasm").result()).isEqualTo("passed");
        assertThat(tests.get("sum.tasm: adds two numbers").result()).isEqualTo("passed");
        assertThat(tests.get("sum.tasm: of the next version"))
                .returns("skipped", TestCaseElement::result)
                .returns("waits for 128-bit numbers", TestCaseElement::message);
        assertThat(tests.get("sum.tasm: prints the sum"))
                .returns("failure", TestCaseElement::result)
                .returns("org.opentest4j.AssertionFailedError", TestCaseElement::type);
        assertThat(tests.get("below/divides by zero.tasm").result()).isEqualTo("failure");
        assertThat(tests.get("invalid.tasm"))
                .returns("error", TestCaseElement::result)
                .returns("dev.tapedeck.junit.ProgramNotRunException", TestCaseElement::type);
        assertThat(build.directory().resolve("target/tapedeck/sum.tasm/prints-the-sum"))
                .isDirectoryContaining("glob:**/report.md")
                .isDirectoryContaining("glob:**/report.html")
                .isDirectoryContaining("glob:**/report.json")
                .isDirectoryContaining("glob:**/recording");

        Build part = project.maven("test", "-Dtest=TapedeckProgramsTest#sum.tasm*", "-Dgroups=fast");

        assertThat(part.exitCode()).as(part.log()).isZero();
        assertThat(part.log()).contains("Tests run: 1, Failures: 0, Errors: 0, Skipped: 0");
        assertThat(part.tests(ANCHOR)).containsOnlyKeys("sum.tasm: adds two numbers");

        Build rerun =
                project.maven("test", "-Dtest=TapedeckProgramsTest#below/**", "-Dsurefire.rerunFailingTestsCount=1");

        assertThat(rerun.exitCode()).as(rerun.log()).isEqualTo(1);
        assertThat(rerun.log())
                .contains("Run 1: TapedeckProgramsTest.below/divides by zero.tasm")
                .contains("Run 2: TapedeckProgramsTest.below/divides by zero.tasm")
                .contains("Tests run: 1, Failures: 1, Errors: 0, Skipped: 0");

        project.file("src/test/programs/sum.tasm", SUM.replace("\"4\\n\"", "\"3\\n\""))
                .delete("src/test/programs/invalid.tasm")
                .delete("src/test/programs/below/divides by zero.tasm");
        Build mended = project.maven("test", "-Dtapedeck.parallel.enabled=true");

        assertThat(mended.exitCode()).as(mended.log()).isZero();
        assertThat(mended.log()).contains("Tests run: 4, Failures: 0, Errors: 0, Skipped: 1");
    }

    @Test
    @DisplayName("b: one dependency and one Surefire block")
    void dependency() throws Exception {
        Build build = UserProject.create("dependency", plainPom(SUREFIRE_BLOCK))
                .file("src/test/programs/sum.tasm", SUM)
                .maven("test");

        assertThat(build.exitCode()).as(build.log()).isEqualTo(1);
        assertThat(build.log()).contains("Tests run: 3, Failures: 1, Errors: 0, Skipped: 1");
        assertThat(build.tests(ANCHOR).get("sum.tasm: prints the sum").result()).isEqualTo("failure");
    }

    @Test
    @DisplayName("c: an annotated class of the project, for a folder of its own")
    void annotatedClass() throws Exception {
        Build build = UserProject.create("class", plainPom(""))
                .file("src/test/java/org/example/SlowProgramsTest.java", """
                        package org.example;

                        import dev.tapedeck.junit.Programs;

                        @Programs("src/test/slow")
                        class SlowProgramsTest {}
                        """)
                .file("src/test/slow/sum.tasm", SUM)
                .maven("test");

        assertThat(build.exitCode()).as(build.log()).isEqualTo(1);
        assertThat(build.log())
                .contains("Tests run: 3, Failures: 1, Errors: 0, Skipped: 1")
                .contains("SlowProgramsTest.sum.tasm: prints the sum sum.tasm:23: expected output");
        assertThat(build.tests("org.example.SlowProgramsTest").values())
                .extracting(TestCaseElement::className)
                .containsOnly("org.example.SlowProgramsTest");
    }

    @Test
    @DisplayName("a project without programs fails, and says what is missing")
    void noPrograms() throws Exception {
        UserProject project = UserProject.create("empty", PARENT_POM);

        Build missing = project.maven("test");

        assertThat(missing.exitCode()).as(missing.log()).isEqualTo(1);
        assertThat(missing.log()).contains("found no folder src/test/programs");

        Build empty = project.file("src/test/programs/README.md", "Programs will come here.\n")
                .maven("test");

        assertThat(empty.exitCode()).as(empty.log()).isEqualTo(1);
        assertThat(empty.log())
                .contains(
                        "No program to test in src/test/programs: there is no .bc, .tasm, .wasm or .wat file in the folder")
                .contains("Tests run: 1, Failures: 0, Errors: 1, Skipped: 0");
    }
}
