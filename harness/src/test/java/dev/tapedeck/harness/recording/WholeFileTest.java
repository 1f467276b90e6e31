package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
    @TempDir
    Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatFailsOnTheWayLeavesTheOldFile() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        assertThatThrownBy(() -> WholeFile.write(file, target -> {
                    Files.writeString(target, "ne");
                    throw new IOException("the disk is full");
                }))
                .hasMessage("cannot write " + file + ": the disk is full");
        assertThat(file).hasContent("old");
        assertThat(names()).containsExactly("file");
        WholeFile.write(file, new byte[] {'n', 'e', 'w'});
        assertThat(file).hasContent("new");
        assertThat(names()).containsExactly("file");
    }

    @Test
    void othersMayReadIt() throws IOException {
        assumeThat(folder.getFileSystem().supportedFileAttributeViews()).contains("posix");
        Path plain = Files.createFile(folder.resolve("plain"));
        Path file = folder.resolve("file");
        WholeFile.write(file, new byte[1]);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo(PosixFilePermissions.toString(Files.getPosixFilePermissions(plain)));
    }

    @Test
    void aLinkStaysALinkAndADeviceADevice() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        WholeFile.write(link, new byte[] {'n', 'e', 'w'});
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("new");
        Path device = Path.of("/dev/null");
        assumeThat(Files.exists(device)).isTrue();
        // By way of a link: if it were replaced after all, then not the device.
        Path toDevice = Files.createSymbolicLink(folder.resolve("device"), device);
        boolean[] direct = {false};
        WholeFile.write(toDevice, target -> direct[0] = target.equals(device));
        assertThat(direct[0]).isTrue();
        assertThat(toDevice).isSymbolicLink();
    }

    @Test
    void nothingInsideARecordingIsReplaced() throws IOException {
        Path recording = Files.createDirectory(folder.resolve("run.tape"));
        Path data = Files.writeString(recording.resolve("19700101F.cq4"), "recorded");
        for (Path file : List.of(data, recording.resolve("other"))) {
            assertThatThrownBy(() -> WholeFile.write(file, new byte[1]))
                    .isInstanceOf(IOException.class)
                    .hasMessage(file + " is inside a recording; name a file elsewhere");
        }
        assertThat(data).hasContent("recorded");
        assertThat(recording.resolve("other")).doesNotExist();
    }

    @Test
    void whatIsNoFileIsRefused() {
        assertThatThrownBy(() -> WholeFile.write(folder, new byte[1])).hasMessageContaining("is a directory");
        assertThatThrownBy(() -> WholeFile.write(Path.of(""), new byte[1])).hasMessageContaining("name the file");
        Path missing = folder.resolve("missing").resolve("file");
        assertThatThrownBy(() -> WholeFile.write(missing, new byte[1]))
                .hasMessage("cannot write " + missing + ": no such file or directory");
    }
}
