package dev.tapedeck.vm.wasi;

import static dev.tapedeck.vm.wasi.WasiCaller.CREATE;
import static dev.tapedeck.vm.wasi.WasiCaller.DIRECTORY;
import static dev.tapedeck.vm.wasi.WasiCaller.RESULT;
import static dev.tapedeck.vm.wasi.WasiCaller.TRUNCATE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real directories: there is no way out of them. */
class SandboxTest {
    private static final int ROOT = 3;
    private static final int DATA = 4;

    @TempDir
    private Path temporary = Path.of("");

    private Path inside = Path.of("");
    private Path outside = Path.of("");

    @BeforeEach
    void directories() throws IOException {
        inside = Files.createDirectory(temporary.resolve("inside"));
        outside = Files.createDirectory(temporary.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "secret");
    }

    private WasiCaller system(boolean writable) {
        return new WasiCaller(new WasiOptions().directory(inside, "/data", writable));
    }

    @Test
    void linksMadeOutsideLeadNowhere() throws IOException {
        Files.createSymbolicLink(inside.resolve("absolute"), outside.resolve("secret"));
        Files.createSymbolicLink(inside.resolve("directory"), outside);
        Files.createSymbolicLink(inside.resolve("relative"), Path.of("../outside/secret"));
        Files.createSymbolicLink(inside.resolve("up"), Path.of(".."));
        Files.createSymbolicLink(inside.resolve("chain"), Path.of("relative"));
        Files.createSymbolicLink(inside.resolve("into"), Path.of("directory/secret"));
        Files.createDirectory(inside.resolve("d"));
        Files.createSymbolicLink(inside.resolve("d/deep"), Path.of("../../outside/secret"));
        Files.createSymbolicLink(inside.resolve("d/back"), Path.of("../d/../up/outside/secret"));
        Files.createSymbolicLink(inside.resolve("dangling"), outside.resolve("new"));
        WasiCaller wasi = system(true);
        List<String> paths = List.of(
                "absolute",
                "directory",
                "directory/",
                "directory/secret",
                "directory/new",
                "relative",
                "up",
                "up/",
                "up/outside/secret",
                "chain",
                "into",
                "d/deep",
                "d/back",
                "d/../up/inside",
                "dangling",
                "up/inside/absolute");
        for (String path : paths) {
            for (int oflags : new int[] {0, CREATE, TRUNCATE, DIRECTORY}) {
                assertThat(wasi.tryOpen(DATA, path, oflags)).as(path).isEqualTo(Errno.NOTCAPABLE);
            }
            assertThat(wasi.tryStat(DATA, path, true)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.link(DATA, path, DATA, "got", true)).as(path).isEqualTo(Errno.NOTCAPABLE);
        }
        for (String path : List.of("directory/x", "up/x", "up/inside/x")) {
            assertThat(wasi.mkdir(DATA, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.symlink("x", DATA, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.rename(DATA, "d", DATA, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.unlink(DATA, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.rmdir(DATA, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
        }
        // The links themselves are the program's to see, to rename and to remove.
        assertThat(wasi.stat(DATA, "absolute").type()).isEqualTo(FileType.SYMBOLIC_LINK);
        assertThat(wasi.rename(DATA, "absolute", DATA, "d/moved")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.unlink(DATA, "d/moved")).isEqualTo(Errno.SUCCESS);
        assertThat(Files.readString(outside.resolve("secret"))).isEqualTo("secret");
        try (Stream<Path> files = Files.list(outside)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void aDirectoryThatBecomesALinkIsNotFollowed() throws Exception {
        Path name = inside.resolve("d");
        Path directory = inside.resolve("real");
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("secret"), "inside");
        Path link = temporary.resolve("link");
        AtomicBoolean over = new AtomicBoolean();
        Thread attacker = new Thread(() -> {
            Path tmp = inside.resolve("tmp");
            try {
                while (!over.get()) {
                    Files.createSymbolicLink(tmp, outside);
                    Files.move(tmp, name, StandardCopyOption.ATOMIC_MOVE);
                    Files.delete(name);
                    Files.move(directory, name, StandardCopyOption.ATOMIC_MOVE);
                    Files.move(name, directory, StandardCopyOption.ATOMIC_MOVE);
                }
            } catch (AtomicMoveNotSupportedException e) {
                throw new AssertionError(e);
            } catch (IOException e) {
                // The program got in between: start again.
                if (!over.get()) {
                    recover(tmp, name, directory);
                }
            }
        });
        attacker.setDaemon(true);
        attacker.start();
        WasiCaller wasi = system(true);
        int found = 0;
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            Errno errno = wasi.tryOpen(DATA, "d/secret", 0);
            if (errno == Errno.SUCCESS) {
                int file = wasi.view.getInt(RESULT);
                assertThat(wasi.read(file, 10)).isEqualTo("inside");
                wasi.ok("fd_close", file);
                found++;
            } else {
                refused++;
            }
            if (i % 100 == 0) {
                wasi.tryOpen(DATA, "d/new", CREATE);
                wasi.mkdir(DATA, "d/made");
                wasi.link(DATA, "d/secret", DATA, "hard" + i, false);
                if (Files.exists(inside.resolve("hard" + i))) {
                    assertThat(Files.readString(inside.resolve("hard" + i))).isEqualTo("inside");
                }
            }
        }
        over.set(true);
        attacker.join(10_000);
        assertThat(refused).as("found %s", found).isPositive();
        try (Stream<Path> files = Files.list(outside)) {
            assertThat(files.map(path -> path.getFileName().toString())).containsExactly("secret");
        }
        assertThat(link).doesNotExist();
    }

    private static void recover(Path tmp, Path name, Path directory) {
        try {
            Files.deleteIfExists(tmp);
            if (Files.isSymbolicLink(name)) {
                Files.deleteIfExists(name);
            }
            if (!Files.exists(directory) && Files.isDirectory(name)) {
                Files.move(name, directory);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void readOnlyIsReadOnly() throws IOException {
        Files.writeString(inside.resolve("f"), "content");
        Files.createDirectory(inside.resolve("d"));
        WasiCaller wasi = system(false);
        assertThat(wasi.content(DATA, "f")).isEqualTo("content");
        assertThat(wasi.tryOpen(DATA, "f", true, 0, Rights.FILE, 0, 0)).isEqualTo(Errno.ROFS);
        assertThat(wasi.tryOpen(DATA, "f", TRUNCATE)).isEqualTo(Errno.ROFS);
        assertThat(wasi.tryOpen(DATA, "g", CREATE)).isEqualTo(Errno.ROFS);
        assertThat(wasi.mkdir(DATA, "g")).isEqualTo(Errno.ROFS);
        assertThat(wasi.rmdir(DATA, "d")).isEqualTo(Errno.ROFS);
        assertThat(wasi.unlink(DATA, "f")).isEqualTo(Errno.ROFS);
        assertThat(wasi.rename(DATA, "f", DATA, "g")).isEqualTo(Errno.ROFS);
        assertThat(wasi.link(DATA, "f", DATA, "g", false)).isEqualTo(Errno.ROFS);
        assertThat(wasi.symlink("f", DATA, "g")).isEqualTo(Errno.ROFS);
        assertThat(wasi.call("fd_filestat_set_times", DATA, 0, 0, 1)).isEqualTo(Errno.ROFS);
        int file = wasi.open(DATA, "f", 0);
        assertThat(wasi.call("fd_filestat_set_size", file, 0)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_filestat_set_times", file, 0, 0, 1)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(Files.readString(inside.resolve("f"))).isEqualTo("content");
        try (Stream<Path> files = Files.list(inside)) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void treesAreApart() throws IOException {
        Files.writeString(inside.resolve("f"), "real");
        WasiCaller wasi = system(true);
        wasi.create(ROOT, "v", "virtual");
        assertThat(wasi.rename(ROOT, "v", DATA, "v")).isEqualTo(Errno.XDEV);
        assertThat(wasi.rename(DATA, "f", ROOT, "f")).isEqualTo(Errno.XDEV);
        assertThat(wasi.link(ROOT, "v", DATA, "v", false)).isEqualTo(Errno.XDEV);
        assertThat(wasi.link(DATA, "f", ROOT, "f", false)).isEqualTo(Errno.XDEV);
        assertThat(wasi.names(DATA)).containsExactly(".", "..", "f");
        assertThat(wasi.names(ROOT)).containsExactly(".", "..", "v");
    }

    @Test
    void whatIsNoFileIsNotOpened() throws Exception {
        Path pipe = inside.resolve("pipe");
        org.junit.jupiter.api.Assumptions.assumeTrue(
                new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
        WasiCaller wasi = system(true);
        assertThat(wasi.stat(DATA, "pipe").type()).isEqualTo(FileType.UNKNOWN);
        assertThat(wasi.tryOpen(DATA, "pipe", 0)).isEqualTo(Errno.NOTSUP);
        assertThat(wasi.tryOpen(DATA, "pipe", CREATE)).isEqualTo(Errno.NOTSUP);
    }

    @Test
    void closingClosesWhatIsOpen() throws IOException {
        Files.writeString(inside.resolve("f"), "x");
        WasiCaller wasi = system(true);
        int file = wasi.open(DATA, "f", 0);
        wasi.host.close();
        assertThat(wasi.call("fd_close", file)).isEqualTo(Errno.BADF);
        assertThat(wasi.call("fd_close", DATA)).isEqualTo(Errno.BADF);
    }

    @Test
    void missingDirectoriesAreNamed() {
        assertThatThrownBy(() -> new WasiCaller(new WasiOptions().directory(temporary.resolve("none"), "/", true)))
                .hasMessageContaining("cannot open the directory")
                .hasMessageContaining("none: NOENT");
        assertThatThrownBy(() -> new WasiCaller(new WasiOptions().directory(outside.resolve("secret"), "/", true)))
                .hasMessageContaining("is not a directory");
    }
}
