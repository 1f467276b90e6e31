package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.tapedeck.junit.UserProject.Build;
import dev.tapedeck.junit.UserProject.Module;
import dev.tapedeck.junit.UserProject.Suite;
import dev.tapedeck.junit.UserProject.TestCaseElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The ways to set up a project that docs/junit.md offers: a, the parent pom; b, one dependency and one Surefire block; c,
 * one annotated class. Each with programs of all kinds, and each with nothing to test, which has to fail.
 */
class SetUpIT {
    private static final String ANCHOR = "dev.tapedeck.junit.TapedeckProgramsTest";

    /** As in docs/junit.md. */
    private static final String SUREFIRE_BLOCK = """
            <configuration>
              <dependenciesToScan>
                <dependency>dev.tapedeck:tapedeck-junit-engine</dependency>
              </dependenciesToScan>
              <failIfNoTests>true</failIfNoTests>
            </configuration>
            """;

    /** As in docs/junit.md. */
    private static final String FAIL_IF_NO_TESTS = "<failIfNoTests>true</failIfNoTests>";

    private static Build build;

    @BeforeAll
    static void buildAll() throws Exception {
        UserProject.prepareRepository();
        build = UserProject.reactor(
                        "set-ups",
                        List.of(
                                programs(module("a-mixed", "a"), "src/test/programs"),
                                module("a-missing", "a"),
                                module("a-empty", "a").file("src/test/programs/.gitkeep", ""),
                                module("a-misspelt", "a").program("sum.tsam", UserProject.PASSES),
                                programs(module("b-mixed", "b"), "src/test/programs"),
                                module("b-missing", "b"),
                                module("b-empty", "b").file("src/test/programs/.gitkeep", ""),
                                module("b-misspelt", "b").program("sum.tsam", UserProject.PASSES),
                                programs(annotated("c-mixed", "SlowProgramsTest"), "src/test/slow"),
                                annotated("c-missing", "SlowProgramsTest").program("sum.tasm", UserProject.PASSES),
                                annotated("c-empty", "SlowProgramsTest").file("src/test/slow/.gitkeep", ""),
                                annotated("c-misspelt", "SlowProgramsTest")
                                        .file("src/test/slow/sum.tsam", UserProject.PASSES),
                                programs(annotated("c-overlooked", "SlowPrograms"), "src/test/slow")))
                .maven("--fail-at-end", "test");
    }

    private static Module module(String name, String way) throws Exception {
        return Module.of(
                name,
                switch (way) {
                    case "a" -> UserProject.inheritingPom(name);
                    case "b" -> plainPom(name, "", SUREFIRE_BLOCK);
                    case "c" -> plainPom(name, "<properties>" + FAIL_IF_NO_TESTS + "</properties>", "");
                    default -> throw new AssertionError(way);
                });
    }

    private static String plainPom(String name, String head, String configuration) throws Exception {
        return UserProject.plainPom(name, head, "", UserProject.pluginVersion("maven-surefire-plugin"), configuration);
    }

    private static Module annotated(String name, String className) throws Exception {
        return module(name, "c").file("src/test/java/org/example/" + className + ".java", """
                package org.example;

                import dev.tapedeck.junit.Programs;

                @Programs("src/test/slow")
                class %s {}
                """.formatted(className));
    }

    private static Module programs(Module module, String folder) {
        return module.file(folder + "/passes.tasm", UserProject.PASSES)
                .file(folder + "/fails.tasm", UserProject.FAILS)
                .file(folder + "/erroneous.tasm", UserProject.ERRONEOUS)
                .file(folder + "/disabled.tasm", UserProject.DISABLED);
    }

    @ParameterizedTest
    @CsvSource({"a, " + ANCHOR, "b, " + ANCHOR, "c, org.example.SlowProgramsTest"})
    @DisplayName("issue 6.1: programs that pass, fail, cannot be assembled, and are disabled")
    void mixed(String way, String className) throws Exception {
        Build module = build.module(way + "-mixed");
        Suite suite = module.suite(className);

        assertThat(module.exitCode()).as(module.log()).isEqualTo(1);
        assertThat(module.suites()).containsExactly(className);
        Map<String, String> results = new LinkedHashMap<>();
        suite.tests().forEach((name, test) -> results.put(name, test.result()));
        assertThat(results)
                .containsExactly(
                        entry("disabled.tasm: later", "skipped"),
                        entry("erroneous.tasm", "error"),
                        entry("fails.tasm", "failure"),
                        entry("passes.tasm", "passed"));
        assertThat(suite.tests().values())
                .extracting(TestCaseElement::className)
                .containsOnly(className);
        assertThat(suite.counts()).isEqualTo("Tests run: 4, Failures: 1, Errors: 1, Skipped: 1");
        assertThat(suite.tests().get("disabled.tasm: later").message()).isEqualTo("waits for the new allocator");
        String simpleName = className.substring(className.lastIndexOf('.') + 1);
        assertThat(module.log())
                .contains("\n[ERROR] Tests run: 4, Failures: 1, Errors: 1, Skipped: 1\n")
                .contains("[ERROR]   " + simpleName + ".fails.tasm fails.tasm: fault unreachable (the program")
                .contains("[ERROR]   " + simpleName + ".erroneous.tasm » ProgramNotRun erroneous.tasm:2:3: unknown");
    }

    @ParameterizedTest
    @ValueSource(strings = {"b-missing", "c-missing"})
    @DisplayName("issue 6.1: without the folder a build fails, and says which")
    void missingFolder(String name) throws Exception {
        assertThat(problem(name)).contains("there is no such folder (");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a-empty", "a-misspelt", "b-empty", "b-misspelt", "c-empty", "c-misspelt"})
    @DisplayName("issue 6.1: with nothing in the folder that is a program, a build fails and says what would be")
    void noProgram(String name) throws Exception {
        assertThat(problem(name)).contains("there is no .bc, .tasm, .wasm or .wat file in the folder");
    }

    /** The one test that stands where programs should be. */
    private static String problem(String name) throws Exception {
        String folder = name.startsWith("c-") ? "src/test/slow" : "src/test/programs";
        Build module = build.module(name);
        Suite suite = module.suite(name.startsWith("c-") ? "org.example.SlowProgramsTest" : ANCHOR);

        assertThat(module.exitCode()).as(module.log()).isEqualTo(1);
        assertThat(suite.counts()).isEqualTo("Tests run: 1, Failures: 0, Errors: 1, Skipped: 0");
        assertThat(suite.tests()).containsOnlyKeys(folder);
        String message = suite.tests().get(folder).message();
        assertThat(message).startsWith("No program to test in " + folder + ": ");
        return message;
    }

    @Test
    @DisplayName("issue 6.1: who inherits the parent pom is told before anything is built")
    void missingFolderWithParent() throws Exception {
        Build module = build.module("a-missing");

        assertThat(module.exitCode()).as(module.log()).isEqualTo(1);
        assertThat(module.log())
                .contains("found no folder src/test/programs in a-missing")
                .doesNotContain("maven-surefire-plugin");
    }

    @Test
    @DisplayName("issue 6.1: a class with a name that Surefire passes over is no success, with what the page says")
    void overlookedClass() throws Exception {
        Build module = build.module("c-overlooked");

        assertThat(module.exitCode()).as(module.log()).isEqualTo(1);
        assertThat(module.log()).contains("No tests were executed!");
    }

    @Test
    @DisplayName("issue 6.1: README.md and docs/junit.md have what is built here")
    void documentation() throws Exception {
        Path top = Path.of("..");
        String page = Files.readString(top.resolve("docs/junit.md"));

        assertThat(indentationLess(page))
                .contains(indentationLess(SUREFIRE_BLOCK))
                .contains(FAIL_IF_NO_TESTS)
                .contains("package org.example;\n\nimport dev.tapedeck.junit.Programs;\n\n@Programs(");
        String inheriting = indentationLess(UserProject.inheritingPom("my-programs"));
        assertThat(indentationLess(page)).contains(inheriting);
        assertThat(indentationLess(Files.readString(top.resolve("README.md")))).contains(inheriting);
    }

    private static String indentationLess(String text) {
        return text.replaceAll("(?m)^ +", "");
    }
}
