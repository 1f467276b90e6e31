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
    private static final String ANCHOR = "dev.tapedeck.junit.TapedeckProgramsTest";

    private static final String POM = UserProject.inheritingPom("users-programs");

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

    @Test
    @DisplayName("design §7: in GitHub Actions, Surefire's log has the annotations as lines of their own")
    void inGitHubActions() throws Exception {
        UserProject project = UserProject.create("github-actions", POM).file("src/test/programs/sum.tasm", SUM);
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
    @DisplayName("issue 6.1a: the parent pom and a folder of programs, nothing else")
    void parentPom() throws Exception {
        UserProject project = UserProject.create("parent", POM)
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

        // Of the one that cannot be read nobody knows the tags, and Surefire asks for tags before it asks for names.
        assertThat(part.exitCode()).as(part.log()).isEqualTo(1);
        assertThat(part.log()).contains("Tests run: 2, Failures: 0, Errors: 1, Skipped: 0");
        assertThat(part.tests(ANCHOR)).containsOnlyKeys("invalid.tasm", "sum.tasm: adds two numbers");

        Build named = project.maven("test", "-Dtest=TapedeckProgramsTest#sum.tasm*", "-DexcludedGroups=slow");

        assertThat(named.tests(ANCHOR))
                .containsKey("sum.tasm: adds two numbers")
                .doesNotContainKey("invalid.tasm");

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
}
