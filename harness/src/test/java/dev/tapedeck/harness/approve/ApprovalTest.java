package dev.tapedeck.harness.approve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.tapedeck.harness.approve.Approval.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ApprovalTest {
    @TempDir
    Path root;

    private Path output;
    private Path recording;
    private ApprovedFiles files;

    @BeforeEach
    void folders() throws IOException {
        Path programs = Files.createDirectories(root.resolve("programs"));
        output = root.resolve("target/sum.tasm/main");
        recording = Files.write(root.resolve("run.rec"), new byte[] {1, 2, 3});
        files = ApprovedFiles.of(programs.resolve("sum.tasm"), "");
    }

    private Result verify(ApprovalMode mode, String text) throws IOException {
        return Approval.verify(mode, "sum.tasm", files, text, recording, output);
    }

    private List<String> outputFiles() throws IOException {
        try (Stream<Path> entries = Files.list(output)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    @DisplayName("check: nothing approved yet is a failure, and what was received waits in the output folder")
    void checkMissing() throws IOException {
        assertThat(verify(ApprovalMode.CHECK, "one\n")).isInstanceOf(Result.Missing.class);

        assertThat(files.text()).doesNotExist();
        assertThat(files.recording()).doesNotExist();
        assertThat(outputFiles()).containsExactly("approval.pending", "sum.received.rec", "sum.received.txt");
        assertThat(output.resolve("sum.received.txt")).hasContent("one\n");
    }

    @Test
    @DisplayName("A test that is itself called approved keeps its name in what was received")
    void testCalledApproved() throws IOException {
        files = ApprovedFiles.of(root.resolve("sum.tasm"), "approved");

        assertThat(verify(ApprovalMode.CHECK, "one\n")).isInstanceOf(Result.Missing.class);

        assertThat(outputFiles())
                .containsExactly("approval.pending", "sum.approved.received.rec", "sum.approved.received.txt");
    }

    @Test
    @DisplayName("new: nothing approved yet is approved now, text and recording")
    void newMissing() throws IOException {
        assertThat(verify(ApprovalMode.NEW, "one\n")).isInstanceOf(Result.Written.class);

        assertThat(files.text()).hasContent("one\n");
        assertThat(files.recording()).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(outputFiles()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(ApprovalMode.class)
    @DisplayName("every mode accepts what is approved, any number of times, and leaves the files alone")
    void same(ApprovalMode mode) throws IOException {
        verify(ApprovalMode.NEW, "one\n");
        Files.write(recording, new byte[] {9});

        assertThat(verify(mode, "one\n")).isInstanceOf(Result.Same.class);
        assertThat(verify(mode, "one\n")).isInstanceOf(Result.Same.class);

        assertThat(files.recording()).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(outputFiles()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = ApprovalMode.class,
            names = {"CHECK", "NEW"})
    @DisplayName("check and new: another run is a failure with a unified diff; the approved files stay")
    void different(ApprovalMode mode) throws IOException {
        verify(ApprovalMode.NEW, "same\nold\n");
        Files.write(recording, new byte[] {9});

        Result result = verify(mode, "same\nnew\n");

        assertThat(result).isInstanceOfSatisfying(Result.Different.class, different -> {
            assertThat(different.approved()).isEqualTo("same\nold\n");
            assertThat(different.received()).isEqualTo("same\nnew\n");
            assertThat(different.diff()).isEqualTo("""
                            --- sum.approved.txt
                            +++ sum.received.txt
                            @@ -1,3 +1,3 @@
                             same
                            -old
                            +new
                             \n""");
        });
        assertThat(files.text()).hasContent("same\nold\n");
        assertThat(files.recording()).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(output.resolve("sum.received.txt")).hasContent("same\nnew\n");
    }

    @Test
    @DisplayName("all: another run is approved now, text and recording")
    void allDifferent() throws IOException {
        verify(ApprovalMode.NEW, "old\n");
        Files.write(recording, new byte[] {9});

        assertThat(verify(ApprovalMode.ALL, "new\n")).isInstanceOf(Result.Written.class);

        assertThat(files.text()).hasContent("new\n");
        assertThat(files.recording()).hasBinaryContent(new byte[] {9});
        assertThat(outputFiles()).isEmpty();
    }

    @Test
    @DisplayName("new: an approved text without its recording gets one")
    void newRecordingMissing() throws IOException {
        verify(ApprovalMode.NEW, "one\n");
        Files.delete(files.recording());

        assertThat(verify(ApprovalMode.CHECK, "one\n")).isInstanceOf(Result.Same.class);
        assertThat(files.recording()).doesNotExist();
        assertThat(verify(ApprovalMode.NEW, "one\n")).isInstanceOf(Result.Written.class);
        assertThat(files.recording()).exists();
    }

    @Test
    @DisplayName(
            "the comparison is by bytes, a final line end and bytes that are not UTF-8 included; CR LF is as good as LF")
    void comparison() throws IOException {
        verify(ApprovalMode.NEW, "one\n");

        assertThat(verify(ApprovalMode.CHECK, "one")).isInstanceOf(Result.Different.class);
        Files.write(files.text(), new byte[] {(byte) 0xFE});
        assertThat(verify(ApprovalMode.CHECK, "\uFFFD")).isInstanceOf(Result.Different.class);
        Files.writeString(files.text(), "one\r\n");
        assertThat(verify(ApprovalMode.CHECK, "one\n")).isInstanceOf(Result.Same.class);
    }

    @Test
    @DisplayName("pending approvals can be listed, accepted and rejected later")
    void pending() throws IOException {
        verify(ApprovalMode.CHECK, "one\n");

        List<PendingApproval> found = PendingApproval.list(root.resolve("target"));
        assertThat(found).singleElement().satisfies(pending -> {
            assertThat(pending.title()).isEqualTo("sum.tasm");
            assertThat(pending.approvedText()).isEqualTo(files.text());
            assertThat(pending.approvedRecording()).isEqualTo(files.recording());
        });
        found.get(0).accept();
        assertThat(files.text()).hasContent("one\n");
        assertThat(files.recording()).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(PendingApproval.list(root.resolve("target"))).isEmpty();

        verify(ApprovalMode.CHECK, "two\n");
        PendingApproval.list(root.resolve("target")).get(0).reject();
        assertThat(files.text()).hasContent("one\n");
        assertThat(outputFiles()).isEmpty();
        assertThat(PendingApproval.list(root.resolve("nothing"))).isEmpty();
    }

    @Test
    @DisplayName("what was received names nothing but approved files, whatever its marker says")
    void forgedMarker() throws IOException {
        verify(ApprovalMode.CHECK, "one\n");
        Path precious = Files.writeString(root.resolve("precious.txt"), "mine");
        Files.writeString(output.resolve(PendingApproval.MARKER), "title\n" + precious + "\n" + precious + "\n");
        assertThat(PendingApproval.list(root.resolve("target"))).isEmpty();
        Files.writeString(output.resolve(PendingApproval.MARKER), "title\n");
        assertThat(PendingApproval.list(root.resolve("target"))).isEmpty();
        Files.write(output.resolve(PendingApproval.MARKER), new byte[] {(byte) 0xFF, (byte) 0xFE});
        assertThat(PendingApproval.list(root.resolve("target"))).isEmpty();
    }

    @Test
    @DisplayName("what cannot be accepted stays pending, and can be accepted later")
    void interrupted() throws IOException {
        verify(ApprovalMode.NEW, "one\n");
        Files.write(recording, new byte[] {9});
        verify(ApprovalMode.CHECK, "two\n");
        PendingApproval pending = PendingApproval.list(root.resolve("target")).get(0);
        assertThat(pending.settled()).isFalse();
        // In the way of the second of the two: the recording is replaced, the text is not.
        Files.delete(files.text());
        Files.createDirectories(files.text().resolve("in the way"));

        assertThatIOException().isThrownBy(pending::accept);

        assertThat(files.recording()).hasBinaryContent(new byte[] {9});
        assertThat(PendingApproval.list(root.resolve("target"))).hasSize(1);
        try (Stream<Path> left = Files.list(files.text().getParent())) {
            assertThat(left).noneMatch(file -> file.toString().endsWith(".new"));
        }
        Files.delete(files.text().resolve("in the way"));
        Files.delete(files.text());
        PendingApproval.list(root.resolve("target")).get(0).accept();
        assertThat(files.text()).hasContent("two\n");
        assertThat(files.recording()).hasBinaryContent(new byte[] {9});
    }

    @Test
    @DisplayName("what has been approved by other means since is settled, and not pending any more")
    void settled() throws IOException {
        verify(ApprovalMode.CHECK, "one\n");
        PendingApproval pending = PendingApproval.list(root.resolve("target")).get(0);
        assertThat(pending.diff()).contains("+one").doesNotContain("\n-");
        Files.writeString(files.text(), "one\r\n");
        assertThat(pending.settled()).isFalse();
        Files.copy(recording, files.recording());
        assertThat(pending.settled()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"<<<<<<< HEAD, 3", "||||||| base, 3", "=======, 3", ">>>>>>> theirs, 3", "'  \"<<<<<<< HEAD\\n\"', 0"})
    @DisplayName("the markers of an unresolved merge are recognised, and output that looks like them is none")
    void conflicts(String line, int expected) throws IOException {
        verify(ApprovalMode.NEW, "one\n");
        Files.writeString(files.text(), "test: t\none\n" + line + "\ntwo\n");
        assertThat(verify(ApprovalMode.CHECK, "one\n"))
                .isInstanceOfSatisfying(
                        Result.Different.class,
                        different -> assertThat(different.conflictLine()).isEqualTo(expected));
        assertThat(verify(ApprovalMode.ALL, "one\n")).isInstanceOf(Result.Written.class);
        assertThat(files.text()).hasContent("one\n");
    }

    @Test
    @DisplayName("a .bc beside a .tasm of the same name has approved files of its own")
    void fileNames() throws IOException {
        Path folder = Files.createDirectories(root.resolve("names"));
        Path binary = folder.resolve("sum.bc");

        assertThat(ApprovedFiles.of(binary, "").text()).isEqualTo(folder.resolve("sum.approved.txt"));
        Files.writeString(folder.resolve("sum.tasm"), "");
        assertThat(ApprovedFiles.of(binary, "").text()).isEqualTo(folder.resolve("sum.bc.approved.txt"));
        assertThat(ApprovedFiles.of(folder.resolve("sum.tasm"), "").recording())
                .isEqualTo(folder.resolve("sum.approved.rec"));
        assertThat(ApprovedFiles.of(folder.resolve("sum.tasm"), "adds-two").text())
                .isEqualTo(folder.resolve("sum.adds-two.approved.txt"));
    }

    @Test
    @DisplayName("nothing of ApprovalTests' own is left in the working directory")
    void noLitter() throws IOException {
        verify(ApprovalMode.CHECK, "one\n");

        assertThat(Path.of(".approval_tests_temp")).doesNotExist();
    }
}
