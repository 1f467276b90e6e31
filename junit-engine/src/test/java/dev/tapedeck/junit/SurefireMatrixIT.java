package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.tapedeck.junit.UserProject.Build;
import dev.tapedeck.junit.UserProject.Module;
import dev.tapedeck.junit.UserProject.Suite;
import dev.tapedeck.junit.UserProject.TestCaseElement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each version of Surefire with each of JUnit: what a build says of programs is the same everywhere, and none says that
 * all is well while a program fails. The engine's jar is the same in all of them.
 *
 * <p>A project as a user writes it is a module here, and one Maven builds the modules of all cells: most of the time that
 * Maven takes is its own start. Of the corners, what fails is built always; all cells, and what has to succeed in each, with {@code -Pthorough}.
 */
class SurefireMatrixIT {
    private static final boolean THOROUGH = Boolean.getBoolean("tapedeck.thorough");

    private static final List<String> SUREFIRE = List.of("3.0.0", "3.2.5", "3.5.3", "3.5.6", "3.6.1");
    private static final List<String> JUNIT = List.of("5.10.5", "5.14.4", "6.0.3", "6.1.3");

    /**
     * The corners, and the version that reports no tests and success where tests have files as sources. The last corner, the
     * newest Surefire with the oldest JUnit, is what {@link SetUpIT} builds.
     */
    private static final List<Cell> CORNERS = List.of(
            new Cell("3.0.0", "5.10.5"),
            new Cell("3.0.0", "6.1.3"),
            new Cell("3.5.3", "5.14.4"),
            new Cell("3.6.1", "6.1.3"));

    private static final String ANCHOR = "dev.tapedeck.junit.TapedeckProgramsTest";
    private static final String USERS_CLASS = "org.example.SlowProgramsTest";

    private static final String SEVERAL = """
            .func main()
              return
            .end
            .test "says nothing"
              .expect output ""
            .end
            .test "says grüße"
              .expect output "hello"
            .end
            """;

    private static final String TAGGED = """
            .func main()
              return
            .end
            .test "quick"
              .tags fast
            .end
            .test "slow"
              .expect output "hello"
            .end
            """;

    /** One build of all modules of all cells. */
    private static Build build;

    record Cell(String surefire, String junit) {
        /** A name that Maven's summary does not shorten. */
        String module(String kind) {
            return kind + "-" + surefire + "-" + junit;
        }

        boolean hasFileEntries() {
            return !junit.startsWith("5.10.");
        }
    }

    static List<Cell> cells() {
        return THOROUGH ? allCells() : CORNERS;
    }

    /** What JUnit does with tags is all the same to Surefire. */
    static List<Cell> taggedCells() {
        return THOROUGH ? allCells() : CORNERS.subList(CORNERS.size() - 1, CORNERS.size());
    }

    private static List<Cell> allCells() {
        return SUREFIRE.stream()
                .flatMap(surefire -> JUNIT.stream().map(junit -> new Cell(surefire, junit)))
                .toList();
    }

    @BeforeAll
    static void buildAll() throws Exception {
        UserProject.prepareRepository();
        List<Module> modules = new ArrayList<>();
        for (Cell cell : cells()) {
            modules.add(Module.of(cell.module("broken"), pom(cell, "broken", SCANNING + REPORTING, REPORTER))
                    .program("passes.tasm", UserProject.PASSES)
                    .program("below/fails here.tasm", UserProject.FAILS)
                    .program("erroneous.tasm", UserProject.ERRONEOUS)
                    .program("disabled.tasm", UserProject.DISABLED)
                    .program("several.tasm", SEVERAL));
            modules.add(Module.of(cell.module("unset"), pom(cell, "unset", SCANNING, ""))
                    .program("passes.tasm", UserProject.PASSES)
                    .program("several.tasm", SEVERAL)
                    .file("src/test/resources/junit-platform.properties", "tapedeck.limit=many\n"));
            if (taggedCells().contains(cell)) {
                modules.add(
                        Module.of(cell.module("tagged"), pom(cell, "tagged", SCANNING + "<groups>fast</groups>", ""))
                                .program("erroneous.tasm", UserProject.ERRONEOUS)
                                .program("fails.tasm", UserProject.FAILS)
                                .program("tagged.tasm", TAGGED));
            }
            if (THOROUGH) {
                modules.add(Module.of(cell.module("sound"), pom(cell, "sound", SCANNING, ""))
                        .program("passes.tasm", UserProject.PASSES)
                        .program("disabled.tasm", UserProject.DISABLED));
                modules.add(Module.of(cell.module("empty"), pom(cell, "empty", SCANNING, ""))
                        .program("passes.tsam", UserProject.PASSES));
            }
            modules.add(Module.of(cell.module("beside"), pom(cell, "beside", "", JUPITER))
                    .file("src/test/java/org/example/SlowProgramsTest.java", """
                            package org.example;

                            import dev.tapedeck.junit.Programs;

                            @Programs("src/test/slow")
                            class SlowProgramsTest {}
                            """)
                    .file("src/test/java/org/example/ArithmeticTest.java", """
                            package org.example;

                            import org.junit.jupiter.api.Assertions;
                            import org.junit.jupiter.api.Test;

                            class ArithmeticTest {
                                @Test
                                void adds() {
                                    Assertions.assertEquals(4, 2 + 2);
                                }
                            }
                            """)
                    .file("src/test/slow/passes.tasm", UserProject.PASSES)
                    .file("src/test/slow/fails.tasm", UserProject.FAILS)
                    .file("src/test/slow/erroneous.tasm", UserProject.ERRONEOUS)
                    .file("src/test/slow/disabled.tasm", UserProject.DISABLED));
        }
        build = UserProject.reactor("matrix", modules).maven("--fail-at-end", "test");
    }

    private static final String SCANNING = """
            <dependenciesToScan>
              <dependency>dev.tapedeck:tapedeck-junit-engine</dependency>
            </dependenciesToScan>
            """;

    private static final String REPORTING = """
            <properties>
              <configurationParameters>
                junit.platform.reporting.open.xml.enabled=true
                junit.platform.reporting.output.dir=target/junit
              </configurationParameters>
            </properties>
            """;

    private static final String JUPITER = """
            <dependency>
              <groupId>org.junit.jupiter</groupId>
              <artifactId>junit-jupiter</artifactId>
              <scope>test</scope>
            </dependency>
            """;

    private static final String REPORTER = """
            <dependency>
              <groupId>org.junit.platform</groupId>
              <artifactId>junit-platform-reporting</artifactId>
              <scope>test</scope>
            </dependency>
            """;

    private static String pom(Cell cell, String kind, String configuration, String dependencies) throws Exception {
        return UserProject.plainPom(
                cell.module(kind),
                """
                <dependencyManagement>
                  <dependencies>
                    <dependency>
                      <groupId>org.junit</groupId>
                      <artifactId>junit-bom</artifactId>
                      <version>%s</version>
                      <type>pom</type>
                      <scope>import</scope>
                    </dependency>
                  </dependencies>
                </dependencyManagement>
                """.formatted(cell.junit()),
                dependencies,
                cell.surefire(),
                "<configuration>" + configuration + "<failIfNoTests>true</failIfNoTests></configuration>");
    }

    @ParameterizedTest
    @MethodSource("cells")
    @DisplayName("issue 6.2: a project with programs that fail: names, class names, counts, XML and console")
    void broken(Cell cell) throws Exception {
        Build module = build.module(cell.module("broken"));
        Suite suite = module.suite(ANCHOR);

        // First of all, that the cell is the one it is called.
        assertThat(module.log()).containsPattern("surefire(-maven-plugin|-plugin)?:" + cell.surefire() + ":test");
        assertThat(suite.properties().get("surefire.test.class.path"))
                .contains("junit-platform-engine-" + platform(cell) + ".jar");

        assertThat(module.exitCode()).as(module.log()).isEqualTo(1);
        assertThat(module.suites()).containsExactly(ANCHOR);
        assertThat(suite.name()).isEqualTo(ANCHOR);
        assertThat(results(suite))
                .containsExactly(
                        entry("below/fails here.tasm", "failure"),
                        entry("disabled.tasm: later", "skipped"),
                        entry("erroneous.tasm", "error"),
                        entry("passes.tasm", "passed"),
                        entry("several.tasm: says grüße", "failure"),
                        entry("several.tasm: says nothing", "passed"));
        assertThat(suite.tests().values())
                .extracting(TestCaseElement::className)
                .containsOnly(ANCHOR);
        assertThat(suite.counts()).isEqualTo("Tests run: 6, Failures: 2, Errors: 1, Skipped: 1");
        assertThat(suite.tests().get("below/fails here.tasm"))
                .returns("org.opentest4j.AssertionFailedError", TestCaseElement::type)
                .returns(
                        "below/fails here.tasm: fault unreachable (the program executed 'unreachable'), raised at main+0"
                                + " (fails here.tasm:2); report: target/tapedeck/below/fails here.tasm/main/report.html",
                        TestCaseElement::message)
                .extracting(TestCaseElement::text)
                .asString()
                .contains("\tat below/fails here.tasm.main(fails here.tasm:2)");
        assertThat(suite.tests().get("erroneous.tasm"))
                .returns("dev.tapedeck.junit.ProgramNotRunException", TestCaseElement::type)
                .extracting(TestCaseElement::message)
                .asString()
                .startsWith("erroneous.tasm:2:3: unknown instruction 'i32.ad'");
        assertThat(suite.tests().get("disabled.tasm: later").message()).isEqualTo("waits for the new allocator");

        assertThat(module.log())
                .containsPattern("Tests run: 6, Failures: 2, Errors: 1, Skipped: 1, Time elapsed: .* <<< FAILURE!"
                        + " --? in " + ANCHOR)
                .containsPattern(
                        "\\[ERROR] " + ANCHOR + "\\.below/fails here\\.tasm (--)? ?Time elapsed: .* <<< FAILURE!")
                .containsPattern("\\[ERROR] " + ANCHOR + "\\.erroneous\\.tasm (--)? ?Time elapsed: .* <<< ERROR!")
                .contains(
                        "[ERROR]   TapedeckProgramsTest.below/fails here.tasm below/fails here.tasm: fault unreachable")
                .contains("[ERROR]   TapedeckProgramsTest.several.tasm: says gr")
                .contains("[ERROR]   TapedeckProgramsTest.erroneous.tasm » ProgramNotRun erroneous.tasm:2:3: ")
                .contains("\n[ERROR] Tests run: 6, Failures: 2, Errors: 1, Skipped: 1\n");
    }

    @EnabledIfSystemProperty(named = "tapedeck.thorough", matches = "true", disabledReason = "mvn -Pthorough verify")
    @ParameterizedTest
    @MethodSource("cells")
    @DisplayName("issue 6.2: a project whose programs pass succeeds: it is the programs that fail the others")
    void sound(Cell cell) throws Exception {
        Build module = build.module(cell.module("sound"));

        assertThat(module.exitCode()).as(module.log()).isZero();
        assertThat(results(module.suite(ANCHOR)))
                .containsExactly(entry("disabled.tasm: later", "skipped"), entry("passes.tasm", "passed"));
        assertThat(module.log())
                .containsPattern("\n\\[(INFO|WARNING)] Tests run: 2, Failures: 0, Errors: 0, Skipped: 1\n");
    }

    @EnabledIfSystemProperty(named = "tapedeck.thorough", matches = "true", disabledReason = "mvn -Pthorough verify")
    @ParameterizedTest
    @MethodSource("cells")
    @DisplayName("issue 6.1: a folder with no file that is a program fails, in each of them")
    void empty(Cell cell) throws Exception {
        Build module = build.module(cell.module("empty"));

        assertThat(module.exitCode()).as(module.log()).isEqualTo(1);
        assertThat(module.suite(ANCHOR).counts()).isEqualTo("Tests run: 1, Failures: 0, Errors: 1, Skipped: 0");
        assertThat(module.log()).contains("No program to test in src/test/programs: ");
    }

    @ParameterizedTest
    @MethodSource("taggedCells")
    @DisplayName("issue 6.2: <groups> selects by tag, and leaves a program that cannot be read an error")
    void tagged(Cell cell) throws Exception {
        Build module = build.module(cell.module("tagged"));

        assertThat(module.exitCode()).as(module.log()).isEqualTo(1);
        assertThat(results(module.suite(ANCHOR)))
                .containsExactly(entry("erroneous.tasm", "error"), entry("tagged.tasm: quick", "passed"));
        assertThat(module.log()).contains("\n[ERROR] Tests run: 2, Failures: 0, Errors: 1, Skipped: 0\n");
    }

    @ParameterizedTest
    @MethodSource("cells")
    @DisplayName("issue 6.2: a setting that cannot be is one error of the class, and no test passes")
    void setting(Cell cell) throws Exception {
        Build module = build.module(cell.module("unset"));

        assertThat(module.exitCode()).as(module.log()).isEqualTo(1);
        assertThat(module.suite(ANCHOR).counts()).isEqualTo("Tests run: 1, Failures: 0, Errors: 1, Skipped: 0");
        assertThat(module.log())
                .contains("The setting tapedeck.limit is 'many'; expected ")
                .contains("\n[ERROR] Tests run: 1, Failures: 0, Errors: 1, Skipped: 0\n");
    }

    @ParameterizedTest
    @MethodSource("cells")
    @DisplayName("issue 6.2: a class of the user's beside a Jupiter test, each under its own name")
    void beside(Cell cell) throws Exception {
        Build module = build.module(cell.module("beside"));
        Suite suite = module.suite(USERS_CLASS);

        assertThat(module.exitCode()).as(module.log()).isEqualTo(1);
        assertThat(module.suites()).containsExactly("org.example.ArithmeticTest", USERS_CLASS);
        assertThat(results(module.suite("org.example.ArithmeticTest"))).containsExactly(entry("adds", "passed"));
        assertThat(results(suite))
                .containsExactly(
                        entry("disabled.tasm: later", "skipped"),
                        entry("erroneous.tasm", "error"),
                        entry("fails.tasm", "failure"),
                        entry("passes.tasm", "passed"));
        assertThat(suite.tests().values())
                .extracting(TestCaseElement::className)
                .containsOnly(USERS_CLASS);
        assertThat(suite.counts()).isEqualTo("Tests run: 4, Failures: 1, Errors: 1, Skipped: 1");
        assertThat(module.log())
                .contains("[ERROR]   SlowProgramsTest.fails.tasm fails.tasm: fault unreachable")
                .contains("\n[ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1\n");
    }

    @ParameterizedTest
    @MethodSource("cells")
    @DisplayName("issue 6.2: where JUnit has attachments, reports are attached; before that, entries name them")
    void attachments(Cell cell) throws Exception {
        Build module = build.module(cell.module("broken"));
        String xml = openTestReport(module.directory().resolve("target"));

        assertThat(xml).contains("/below/fails here.tasm/main/report.html");
        assertThat(xml.contains("mediaType=\"text/html\"")).isEqualTo(cell.hasFileEntries());
    }

    /** The report of JUnit itself; in which file it is depends on JUnit's version. */
    private static String openTestReport(Path target) throws IOException {
        try (Stream<Path> files = Files.list(target.resolve("junit"))) {
            List<Path> reports =
                    files.filter(file -> file.toString().endsWith(".xml")).toList();
            assertThat(reports).hasSize(1);
            return Files.readString(reports.get(0));
        }
    }

    @Test
    @DisplayName("issue 6.2: the table in docs/junit.md has each version, and what was measured")
    void documentation() throws Exception {
        String page = Files.readString(Path.of("..", "docs", "junit.md"));
        List<String> rows = new ArrayList<>();
        rows.add("| Surefire | " + JUNIT.stream().map(junit -> "JUnit " + junit).collect(Collectors.joining(" | "))
                + " |");
        rows.add("|---".repeat(JUNIT.size() + 1) + "|");
        for (String surefire : SUREFIRE) {
            StringBuilder row = new StringBuilder("| ").append(surefire);
            for (String junit : JUNIT) {
                Cell cell = new Cell(surefire, junit);
                // A cell that is not built here has what the others have: -Pthorough holds all of them.
                row.append(" | ").append(measured(cells().contains(cell) ? cell : CORNERS.get(0)));
            }
            rows.add(row.append(" |").toString());
        }
        assertThat(page).as("docs/junit.md, the table of versions").contains(String.join("\n", rows) + "\n");
    }

    private static String measured(Cell cell) throws Exception {
        Build module = build.module(cell.module("broken"));
        Suite suite = module.suite(ANCHOR);
        return (module.exitCode() == 0 ? "succeeds: " : "fails: ") + suite.run() + ", " + suite.failures() + ", "
                + suite.errors() + ", " + suite.skipped();
    }

    private static String platform(Cell cell) {
        return cell.junit().startsWith("5.") ? "1" + cell.junit().substring(1) : cell.junit();
    }

    private static Map<String, String> results(Suite suite) {
        Map<String, String> results = new LinkedHashMap<>();
        suite.tests().forEach((name, test) -> results.put(name, test.result()));
        return results;
    }
}
