package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.approve.ApprovedFiles;
import dev.tapedeck.harness.recording.Pack;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.suite.ProgramFolder;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The approved files of all examples: nothing in them changes while the run does not. */
class ApprovedFilesTest {
    private static final Path PROGRAMS = Path.of("src/test/programs");

    /** A date, a time of day, a duration, a version, a path. */
    private static final Pattern VOLATILE = Pattern.compile(
            "\\b\\d{4}-\\d\\d-\\d\\d\\b|\\b\\d\\d:\\d\\d:\\d\\d\\b"
                    + "|\\b[\\d.]+ ?(ms|ns|s|seconds|minutes)\\b|\\b\\d+\\.\\d+\\.\\d+\\b|SNAPSHOT|src/test|\\w:\\\\|/(home|tmp|usr|var|root)\\b");

    @TempDir
    Path folder;

    private static List<Path> approved(Path programs) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path below : ProgramFolder.list(programs).approvedFolders()) {
            try (Stream<Path> entries = Files.list(below)) {
                entries.filter(file -> ApprovedFiles.nameOf(file.getFileName().toString())
                                .isPresent())
                        .sorted()
                        .forEach(files::add);
            }
        }
        return files;
    }

    @Test
    @DisplayName("no path, date, duration, host name or version is in any of them")
    void nothingVolatile() throws Exception {
        List<Path> files = approved(PROGRAMS);
        assertThat(files).hasSizeGreaterThanOrEqualTo(8);
        List<String> ofThisMachine = new ArrayList<>(List.of(
                Path.of("").toAbsolutePath().toString(),
                System.getProperty("user.home"),
                System.getProperty("java.version")));
        Stream.of(System.getenv("HOSTNAME"), System.getenv("COMPUTERNAME"))
                .filter(name -> name != null && name.length() > 4)
                .forEach(ofThisMachine::add);
        for (Path file : files) {
            if (file.toString().endsWith(".txt")) {
                String text = Files.readString(file);
                assertThat(text).as(file.toString()).doesNotContainPattern(VOLATILE);
                assertThat(ofThisMachine).as(file.toString()).noneMatch(text::contains);
            } else {
                Path unpacked = folder.resolve(file.getFileName() + ".tape");
                Pack.unpack(file, unpacked);
                try (Stream<Path> parts = Files.list(unpacked)) {
                    for (Path part : parts.toList()) {
                        String bytes = Files.readString(part, StandardCharsets.ISO_8859_1);
                        assertThat(ofThisMachine).as(file.toString()).noneMatch(bytes::contains);
                    }
                }
            }
        }
    }

    @Test
    @DisplayName("docs/junit.md has the size of each recording")
    void documentedSizes() throws Exception {
        Path documentation = Path.of("../docs/junit.md");
        // A copy of this folder is a project of its own, without Tapedeck's documentation.
        assumeThat(documentation).exists();
        String page = Files.readString(documentation);
        for (Path file : approved(PROGRAMS)) {
            if (file.toString().endsWith(".rec")) {
                try (Recording recording = Recording.open(file)) {
                    assertThat(page)
                            .contains(String.format(
                                    Locale.ROOT,
                                    "| `%s` | %,d | %,d |",
                                    file.getFileName(),
                                    recording.icountEnd(),
                                    Files.size(file)));
                }
            }
        }
    }

    @Test
    @DisplayName("approved again in another folder, language and time zone, they are the same bytes")
    void sameAnywhere() throws Exception {
        Locale locale = Locale.getDefault();
        TimeZone zone = TimeZone.getDefault();
        Path first = approveAgain("first");
        Path second;
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kathmandu"));
            second = approveAgain("another/folder");
        } finally {
            Locale.setDefault(locale);
            TimeZone.setDefault(zone);
        }
        List<Path> files = approved(PROGRAMS);
        assertThat(approved(first)).hasSameSizeAs(files);
        for (Path file : files) {
            Path name = PROGRAMS.relativize(file);
            assertThat(first.resolve(name)).hasSameBinaryContentAs(second.resolve(name));
            if (file.toString().endsWith(".txt")) {
                assertThat(first.resolve(name)).hasSameBinaryContentAs(file);
            }
        }
    }

    /** Copies the programs that have something approved, and approves it anew. */
    private Path approveAgain(String where) throws Exception {
        Path programs = folder.resolve(where);
        TestRunner runner = new TestRunner(folder.resolve("output").resolve(where), ApprovalMode.NEW);
        for (String name : ProgramFolder.list(PROGRAMS).names()) {
            VerifiedProgram program = ProgramFile.load(PROGRAMS.resolve(name));
            for (TestCase test : program.program().tests()) {
                if (test.approved()) {
                    Path copy = programs.resolve(name);
                    Files.createDirectories(copy.getParent());
                    if (!Files.exists(copy)) {
                        Files.copy(PROGRAMS.resolve(name), copy);
                    }
                    Verdict verdict = runner.run(copy, name, program, test);
                    assertThat(verdict.kind()).as(verdict.message()).isEqualTo(Verdict.Kind.PASSED);
                }
            }
        }
        return programs;
    }
}
