package dev.tapedeck.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.junit.UserProject.Build;
import dev.tapedeck.junit.UserProject.TestCaseElement;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/**
 * The folder {@code examples} as somebody finds it who copies it: a project of its own, whose workflow runs on a CI server.
 * A part of its programs is copied, to be quick.
 */
class ExamplesIT {
    private static final Path EXAMPLES =
            Path.of("..", "examples").toAbsolutePath().normalize();
    private static final String ANCHOR = "dev.tapedeck.junit.TapedeckProgramsTest";
    private static final Path WORKFLOW = Path.of(".github", "workflows", "programs.yml");

    /** In assembly, with a schedule of interrupts, approved, of many cases; in C and in Rust. */
    private static final List<String> COPIED = List.of("nim.", "timer.", "gcd.", "roman.", "c/lisp.", "rust/query.");

    @BeforeAll
    static void repository() throws Exception {
        UserProject.prepareRepository();
    }

    /** A copy in which programs but those of {@link #COPIED} are left out, and tests in Java. */
    private static UserProject copy() throws IOException {
        UserProject project = UserProject.create("examples", Files.readString(EXAMPLES.resolve("pom.xml")));
        Path programs = EXAMPLES.resolve("src/test/programs");
        copy(WORKFLOW, project);
        try (Stream<Path> files = Files.walk(programs)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = programs.relativize(file).toString().replace('\\', '/');
                if (COPIED.stream().anyMatch(name::startsWith)) {
                    copy(EXAMPLES.relativize(file), project);
                }
            }
        }
        return project;
    }

    private static void copy(Path file, UserProject project) throws IOException {
        Path to = project.path(file.toString());
        Files.createDirectories(to.getParent());
        Files.copy(EXAMPLES.resolve(file), to);
    }

    private static List<?> steps() throws IOException {
        try (Reader text = Files.newBufferedReader(EXAMPLES.resolve(WORKFLOW))) {
            Map<?, ?> workflow = new Yaml().load(text);
            Map<?, ?> jobs = (Map<?, ?>) workflow.get("jobs");
            return (List<?>) ((Map<?, ?>) jobs.get("test")).get("steps");
        }
    }

    /** The one command of the workflow, without {@code mvn}. */
    private static String[] command() throws IOException {
        List<String> commands = steps().stream()
                .map(step -> ((Map<?, ?>) step).get("run"))
                .filter(String.class::isInstance)
                .map(String.class::cast)
                .toList();
        assertThat(commands).hasSize(1);
        String[] words = commands.get(0).trim().split(" +");
        assertThat(words[0]).isEqualTo("mvn");
        return Arrays.copyOfRange(words, 1, words.length);
    }

    private static Map<String, String> onGitHub(UserProject project) {
        return Map.of(
                "CI",
                "true",
                "GITHUB_ACTIONS",
                "true",
                "GITHUB_WORKSPACE",
                project.path("").toString(),
                "GITHUB_STEP_SUMMARY",
                project.path("summary.md").toString());
    }

    @Test
    @DisplayName(
            "issue 6.9: the workflow uses actions of fixed versions, tests, and uploads what tests leave if they fail too")
    void workflow() throws Exception {
        assertThat(steps())
                .filteredOn(step -> ((Map<?, ?>) step).containsKey("uses"))
                .extracting(step -> ((Map<?, ?>) step).get("uses").toString())
                .allMatch(action -> action.matches("actions/[a-z-]+@v\\d+"))
                .extracting(action -> action.replaceAll("@.*", ""))
                .containsExactly("actions/checkout", "actions/setup-java", "actions/upload-artifact");
        Map<?, ?> java = (Map<?, ?>) ((Map<?, ?>) steps().get(1)).get("with");
        assertThat(java.get("cache")).isEqualTo("maven");
        assertThat((Integer) java.get("java-version")).isGreaterThanOrEqualTo(17);
        assertThat(((Map<?, ?>) steps().get(3)).get("if")).isEqualTo("${{ !cancelled() }}");
        assertThat(uploaded()).containsExactly(Settings.OUTPUT_DEFAULT + "/", "target/surefire-reports/");
    }

    private static List<String> uploaded() throws IOException {
        Map<?, ?> upload = (Map<?, ?>) ((Map<?, ?>) steps().get(3)).get("with");
        return upload.get("path").toString().lines().toList();
    }

    @Test
    @DisplayName(
            "issue 6.9: copied out of here, the examples are a project that builds, and fails when a program is broken")
    void copied() throws Exception {
        UserProject project = copy();
        Build build = project.maven(onGitHub(project), command());

        assertThat(build.exitCode()).as(build.log()).isZero();
        Map<String, TestCaseElement> tests = build.tests(ANCHOR);
        for (String program : COPIED) {
            assertThat(tests.keySet()).as(program).anyMatch(name -> name.startsWith(program));
        }
        assertThat(tests.values()).extracting(TestCaseElement::result).containsOnly("passed", "skipped");
        assertThat(tests.values().stream().filter(test -> test.result().equals("passed")))
                .hasSizeGreaterThan(20);
        // The tag keeps the long ones out, as examples/README.md says.
        assertThat(tests).doesNotContainKey("c/lisp.wasm: queens, primes, coins and Collatz sequences");

        Path nim = project.path("src/test/programs/nim.tasm");
        String text = Files.readString(nim);
        String hope = "hope:\n  local.get heap\n  i32.const 1\n";
        assertThat(text).contains(hope);
        Files.writeString(nim, text.replace(hope, hope.replace("const 1", "const 2")));
        Build broken = project.maven(onGitHub(project), command());

        assertThat(broken.exitCode()).as(broken.log()).isEqualTo(1);
        assertThat(broken.tests(ANCHOR).get("nim.tasm: the only way to win"))
                .returns("failure", TestCaseElement::result)
                .extracting(TestCaseElement::message)
                .asString()
                .contains("in choose");
        assertThat(broken.log()).contains("\n::error file=src/test/programs/nim.tasm,line=");
        assertThat(project.path("summary.md")).content().contains("Tapedeck: ");
        for (String path : uploaded()) {
            assertThat(project.path(path)).isDirectory();
        }
        assertThat(project.path("target/tapedeck/nim.tasm/the-only-way-to-win/report.html"))
                .exists();
        assertThat(project.path("target/tapedeck/nim.tasm/the-only-way-to-win/recording"))
                .isDirectory();
    }
}
