package dev.tapedeck.harness.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.suite.Verdict.Kind;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Links, pipes and folders where Tapedeck's own files belong. That these tests end is part of what they are about. */
@Timeout(60)
class OwnFilesTest {
    private static final String TEXT = ".func main()\n  return\n.end\n.entry main\n.test \"t\"\n.end\n";
    private static final String PRECIOUS = "precious, and longer than what Tapedeck would write to it";

    @TempDir
    Path root;

    private Path output() {
        return root.resolve("output");
    }

    private Verdict run(String text) throws Exception {
        Path file = Files.writeString(root.resolve("p.tasm"), text);
        VerifiedProgram program = ProgramFile.load(file);
        return new TestRunner(output(), ApprovalMode.CHECK)
                .run(file, "p.tasm", program, program.program().tests().get(0));
    }

    private static void put(String kind, Path at, Path victim) throws Exception {
        Files.createDirectories(at.getParent());
        Files.deleteIfExists(at);
        switch (kind) {
            case "link" -> Files.createSymbolicLink(at, Files.writeString(victim, PRECIOUS));
            case "dangling" -> Files.createSymbolicLink(at, victim);
            case "folder" -> Files.writeString(Files.createDirectory(at).resolve("mine"), PRECIOUS);
            default -> {
                assumeThat(Path.of("/usr/bin/mkfifo")).exists();
                assertThat(new ProcessBuilder("/usr/bin/mkfifo", at.toString())
                                .start()
                                .waitFor())
                        .isZero();
            }
        }
    }

    private void assertUntouched(String kind, Path at, Path victim) throws IOException {
        switch (kind) {
            case "link" -> assertThat(victim).hasContent(PRECIOUS);
            case "folder" -> assertThat(at.resolve("mine")).hasContent(PRECIOUS);
            default -> assertThat(victim).doesNotExist();
        }
    }

    @ParameterizedTest
    @CsvSource({"link, a link", "dangling, a link", "pipe, a pipe or a device", "folder, a folder"})
    @DisplayName("what is no file where a run keeps its state is refused in one line that names it")
    void runState(String kind, String what) throws Exception {
        Path state = output().resolve(RunState.FILE);
        Path victim = root.resolve("victim");
        put(kind, state, victim);

        assertThatThrownBy(() -> OutputFolder.create(output()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(".run is " + what + ", where a file of Tapedeck's own belongs; remove it");
        SuiteRun run = SuiteRun.begin(output(), ProcessHandle.current());
        assertThat(run.finish()).get().asString().contains(".run is " + what);
        assertUntouched(kind, state, victim);
    }

    @ParameterizedTest
    @CsvSource({"link, a link", "dangling, a link", "pipe, a pipe or a device", "folder, a folder"})
    @DisplayName("what is no file where a test's folder is locked is refused in one line that names it")
    void lock(String kind, String what) throws Exception {
        Path lock = output().resolve("p.tasm/t/.lock");
        Path victim = root.resolve("victim");
        put(kind, lock, victim);

        Verdict verdict = run(TEXT);

        assertThat(verdict.kind()).isEqualTo(Kind.ERROR);
        assertThat(verdict.message()).contains(".lock is " + what);
        assertUntouched(kind, lock, victim);
    }

    @ParameterizedTest
    @ValueSource(strings = {"link", "dangling", "pipe"})
    @DisplayName("a link or a pipe where the last run that passed is kept is replaced")
    void lastPassed(String kind) throws Exception {
        Path passed = output().resolve("p.tasm/t/last-passed.rec");
        Path victim = root.resolve("victim");
        put(kind, passed, victim);

        assertThat(run(TEXT).kind()).isEqualTo(Kind.PASSED);

        assertUntouched(kind, passed, victim);
        try (Recording recording = Recording.open(passed)) {
            assertThat(recording.damage()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "index.html, link", "index.html, dangling", "index.html, pipe",
        "summary.md, link", "summary.md, dangling", "summary.md, pipe",
        "results.json, link", "results.json, dangling", "results.json, pipe"
    })
    @DisplayName("a link or a pipe where the overview belongs is replaced")
    void overview(String name, String kind) throws Exception {
        Path file = output().resolve(name);
        Path victim = root.resolve("victim");
        SuiteRun run = SuiteRun.begin(output(), ProcessHandle.current());
        put(kind, file, victim);

        assertThat(run.finish()).isEmpty();

        assertUntouched(kind, file, victim);
        assertThat(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"index.html", "summary.md", "results.json"})
    @DisplayName("a folder where the overview belongs stays, and the message names it")
    void overviewFolder(String name) throws Exception {
        Path file = output().resolve(name);
        put("folder", file, root.resolve("victim"));

        assertThat(SuiteRun.begin(output(), ProcessHandle.current()).finish())
                .get()
                .asString()
                .contains(name + " is a folder, where a file of Tapedeck's own belongs; remove it")
                .doesNotContain("name the file to write");
        assertUntouched("folder", file, root.resolve("victim"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"p.approved.txt", "p.approved.rec"})
    @DisplayName("a pipe where an approved file belongs is named")
    void approved(String name) throws Exception {
        put("pipe", root.resolve(name), root.resolve("victim"));

        Verdict verdict = run(TEXT.replace(".test \"t\"\n", ".test \"t\"\n.approve\n"));

        assertThat(verdict.kind()).isEqualTo(Kind.ERROR);
        assertThat(verdict.message()).startsWith("p.tasm:5: ").contains(name + " is no file");
    }
}
