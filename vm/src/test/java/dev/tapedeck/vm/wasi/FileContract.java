package dev.tapedeck.vm.wasi;

import static dev.tapedeck.vm.wasi.WasiCaller.BUFFER;
import static dev.tapedeck.vm.wasi.WasiCaller.CREATE;
import static dev.tapedeck.vm.wasi.WasiCaller.DIRECTORY;
import static dev.tapedeck.vm.wasi.WasiCaller.EXCLUSIVE;
import static dev.tapedeck.vm.wasi.WasiCaller.RESULT;
import static dev.tapedeck.vm.wasi.WasiCaller.TEXT;
import static dev.tapedeck.vm.wasi.WasiCaller.TRUNCATE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.wasi.WasiCaller.Dirent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What holds for files and directories, virtual and real. {@code root} is an empty directory. */
abstract class FileContract {
    static final int ROOT = 3;

    abstract WasiCaller system();

    private WasiCaller wasi() {
        WasiCaller caller = system();
        assertThat(caller.names(ROOT)).containsExactly(".", "..");
        return caller;
    }

    @Test
    void whatIsWrittenIsRead() {
        WasiCaller wasi = wasi();
        int file = wasi.openForWriting(ROOT, "a.txt", CREATE);
        assertThat(wasi.write(file, "hello, ")).isEqualTo(7);
        assertThat(wasi.write(file, "world")).isEqualTo(5);
        assertThat(wasi.read(file, 100)).isEmpty();
        wasi.ok("fd_tell", file, RESULT);
        assertThat(wasi.view.getLong(RESULT)).isEqualTo(12);
        wasi.ok("fd_seek", file, -5, 2, RESULT);
        assertThat(wasi.view.getLong(RESULT)).isEqualTo(7);
        assertThat(wasi.read(file, 3)).isEqualTo("wor");
        wasi.ok("fd_seek", file, 1, 1, RESULT);
        assertThat(wasi.read(file, 3)).isEqualTo("d");
        wasi.ok("fd_close", file);
        assertThat(wasi.content(ROOT, "a.txt")).isEqualTo("hello, world");
        assertThat(wasi.call("fd_read", file, RESULT, 0, RESULT)).isEqualTo(Errno.BADF);
        assertThat(wasi.call("fd_close", file)).isEqualTo(Errno.BADF);
    }

    @Test
    void severalBuffersAreOneTransfer() {
        WasiCaller wasi = wasi();
        int file = wasi.openForWriting(ROOT, "f", CREATE);
        wasi.text(BUFFER, "abcdefgh");
        wasi.view.putInt(512, BUFFER).putInt(516, 2).putInt(520, BUFFER + 4).putInt(524, 0);
        wasi.view.putInt(528, BUFFER + 5).putInt(532, 3);
        wasi.ok("fd_write", file, 512, 3, RESULT);
        assertThat(wasi.view.getInt(RESULT)).isEqualTo(5);
        assertThat(wasi.content(ROOT, "f")).isEqualTo("abfgh");
        wasi.text(BUFFER, "________");
        wasi.ok("fd_pread", file, 512, 3, 1, RESULT);
        assertThat(wasi.view.getInt(RESULT)).isEqualTo(4);
        assertThat(wasi.textAt(BUFFER, 8)).isEqualTo("bf___gh_");
    }

    @Test
    void positionsOutsideOfTheFile() {
        WasiCaller wasi = wasi();
        int file = wasi.openForWriting(ROOT, "f", CREATE);
        assertThat(wasi.call("fd_seek", file, -1, 0, RESULT)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("fd_seek", file, 0, 3, RESULT)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("fd_seek", file, Long.MIN_VALUE, 1, RESULT)).isEqualTo(Errno.INVAL);
        wasi.ok("fd_seek", file, 100_000, 0, RESULT);
        assertThat(wasi.call("fd_seek", file, Long.MAX_VALUE, 1, RESULT)).isEqualTo(Errno.OVERFLOW);
        assertThat(wasi.read(file, 10)).isEmpty();
        wasi.write(file, "end");
        assertThat(wasi.stat(file).size()).isEqualTo(100_003);
        wasi.ok("fd_seek", file, 99_998, 0, RESULT);
        assertThat(wasi.read(file, 10)).isEqualTo("\0\0end");
        wasi.text(BUFFER, "xy");
        wasi.view.putInt(512, BUFFER).putInt(516, 2);
        wasi.ok("fd_pwrite", file, 512, 1, 50_000, RESULT);
        wasi.ok("fd_pread", file, 512, 1, 50_001, RESULT);
        assertThat(wasi.textAt(BUFFER, 2)).isEqualTo("y\0");
        assertThat(wasi.call("fd_pread", file, 512, 1, -1, RESULT)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("fd_pwrite", file, 512, 1, -1, RESULT)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("fd_pwrite", file, 512, 1, Long.MAX_VALUE, RESULT)).isEqualTo(Errno.FBIG);
        wasi.ok("fd_tell", file, RESULT);
        assertThat(wasi.view.getLong(RESULT)).isEqualTo(100_003);
    }

    @Test
    void sizesAreSet() {
        WasiCaller wasi = wasi();
        wasi.create(ROOT, "f", "0123456789");
        int file = wasi.openForWriting(ROOT, "f", 0);
        wasi.ok("fd_filestat_set_size", file, 4);
        wasi.ok("fd_filestat_set_size", file, 8);
        assertThat(wasi.content(ROOT, "f")).isEqualTo("0123\0\0\0\0");
        wasi.ok("fd_allocate", file, 0, 6);
        assertThat(wasi.stat(file).size()).isEqualTo(8);
        wasi.ok("fd_allocate", file, 6, 10);
        assertThat(wasi.stat(file).size()).isEqualTo(16);
        assertThat(wasi.call("fd_allocate", file, 6, 0)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("fd_allocate", file, Long.MAX_VALUE, 1)).isEqualTo(Errno.FBIG);
        assertThat(wasi.call("fd_filestat_set_size", file, 1L << 62)).isEqualTo(Errno.FBIG);
        assertThat(wasi.call("fd_filestat_set_size", file, -1)).isEqualTo(Errno.INVAL);
        int again = wasi.openForWriting(ROOT, "f", TRUNCATE);
        assertThat(wasi.stat(again).size()).isZero();
        assertThat(wasi.call("fd_filestat_set_size", ROOT, 0)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.call("fd_filestat_set_size", 1, 0)).isEqualTo(Errno.INVAL);
    }

    @Test
    void appendedIsAtTheEnd() {
        WasiCaller wasi = wasi();
        wasi.create(ROOT, "f", "12");
        assertThat(wasi.tryOpen(ROOT, "f", true, 0, Rights.FILE, 0, Descriptor.APPEND))
                .isEqualTo(Errno.SUCCESS);
        int file = wasi.view.getInt(RESULT);
        wasi.write(file, "3");
        wasi.ok("fd_seek", file, 0, 0, RESULT);
        wasi.write(file, "4");
        assertThat(wasi.content(ROOT, "f")).isEqualTo("1234");
        wasi.ok("fd_fdstat_set_flags", file, 0);
        wasi.ok("fd_seek", file, 0, 0, RESULT);
        wasi.write(file, "x");
        assertThat(wasi.content(ROOT, "f")).isEqualTo("x234");
        assertThat(wasi.call("fd_fdstat_set_flags", file, 0x20)).isEqualTo(Errno.INVAL);
    }

    @Test
    void openingHasItsRules() {
        WasiCaller wasi = wasi();
        assertThat(wasi.tryOpen(ROOT, "missing", 0)).isEqualTo(Errno.NOENT);
        assertThat(wasi.tryOpen(ROOT, "missing/", CREATE)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.tryOpen(ROOT, "missing/f", CREATE)).isEqualTo(Errno.NOENT);
        assertThat(wasi.tryOpen(ROOT, "", 0)).isEqualTo(Errno.NOENT);
        wasi.create(ROOT, "f", "x");
        assertThat(wasi.tryOpen(ROOT, "f", CREATE | EXCLUSIVE)).isEqualTo(Errno.EXIST);
        assertThat(wasi.tryOpen(ROOT, "f", DIRECTORY)).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.tryOpen(ROOT, "f/", 0)).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.tryOpen(ROOT, "f/.", 0)).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.tryOpen(ROOT, "f/g", 0)).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.tryOpen(ROOT, "f\0", 0)).isEqualTo(Errno.INVAL);
        assertThat(wasi.mkdir(ROOT, "d")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.tryOpen(ROOT, "d", CREATE)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.tryOpen(ROOT, "d", TRUNCATE)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.tryOpen(ROOT, "d", CREATE | DIRECTORY)).isEqualTo(Errno.INVAL);
        assertThat(wasi.tryOpen(ROOT, "d", true, 0, Rights.FD_WRITE, 0, 0)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.tryOpen(ROOT, "d", CREATE | EXCLUSIVE)).isEqualTo(Errno.EXIST);
        assertThat(wasi.tryOpen(ROOT, "d", 16)).isEqualTo(Errno.INVAL);
        assertThat(wasi.tryOpen(ROOT, "d", true, 0, 0, 0, 32)).isEqualTo(Errno.INVAL);
        for (String path : List.of(".", "./", "d/..", "d", "d/", "d//", "d/.", ".//d/./")) {
            int directory = wasi.open(ROOT, path, DIRECTORY);
            assertThat(wasi.stat(directory).type()).isEqualTo(FileType.DIRECTORY);
            wasi.ok("fd_close", directory);
        }
        assertThat(wasi.content(ROOT, "d/.//../d/../f")).isEqualTo("x");
    }

    @Test
    void noPathLeadsOut() {
        WasiCaller wasi = wasi();
        wasi.mkdir(ROOT, "d");
        wasi.create(ROOT, "f", "x");
        int directory = wasi.open(ROOT, "d", DIRECTORY);
        for (String path : List.of("/f", "/", "..", "../", "../f", "../d/../f", "./../f", "../../../../etc/passwd")) {
            assertThat(wasi.tryOpen(directory, path, 0)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.tryStat(directory, path, true)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.mkdir(directory, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.rmdir(directory, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.unlink(directory, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.rename(ROOT, "f", directory, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.rename(directory, path, ROOT, "g")).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.link(ROOT, "f", directory, path, false)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.link(directory, path, ROOT, "g", true)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.symlink("f", directory, path)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.call("path_readlink", directory, TEXT, wasi.text(TEXT, path), BUFFER, 10, RESULT))
                    .as(path)
                    .isEqualTo(Errno.NOTCAPABLE);
            int length = wasi.text(TEXT, path);
            assertThat(wasi.call("path_filestat_set_times", directory, 1, TEXT, length, 0, 0, 2))
                    .as(path)
                    .isEqualTo(Errno.NOTCAPABLE);
        }
        assertThat(wasi.tryOpen(ROOT, "d/../..", 0)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.symlink("/etc", ROOT, "l")).isEqualTo(Errno.NOTCAPABLE);
    }

    @Test
    void linksAreFollowedInside() {
        WasiCaller wasi = wasi();
        wasi.mkdir(ROOT, "d");
        wasi.create(ROOT, "d/f", "inside");
        assertThat(wasi.symlink("d/f", ROOT, "l")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.symlink("d", ROOT, "ld")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.symlink("../l", ROOT, "d/back")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.symlink("ld/./back", ROOT, "chain")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.content(ROOT, "l")).isEqualTo("inside");
        assertThat(wasi.content(ROOT, "ld/f")).isEqualTo("inside");
        assertThat(wasi.content(ROOT, "chain")).isEqualTo("inside");
        assertThat(wasi.content(ROOT, "ld/../l")).isEqualTo("inside");
        assertThat(wasi.tryOpen(ROOT, "l", false, 0, 0, 0, 0)).isEqualTo(Errno.LOOP);
        assertThat(wasi.tryOpen(ROOT, "ld", false, DIRECTORY, 0, 0, 0)).isEqualTo(Errno.LOOP);
        assertThat(wasi.tryOpen(ROOT, "l/", 0)).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.tryOpen(ROOT, "l", CREATE | EXCLUSIVE)).isEqualTo(Errno.EXIST);
        wasi.ok("fd_close", wasi.open(ROOT, "ld/", DIRECTORY));
        assertThat(wasi.stat(ROOT, "l").type()).isEqualTo(FileType.SYMBOLIC_LINK);
        assertThat(wasi.stat(ROOT, "l").size()).isEqualTo(3);
        assertThat(wasi.tryStat(ROOT, "l", true)).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.memory[RESULT + 16]).isEqualTo((byte) FileType.REGULAR_FILE.code());
        wasi.ok("path_readlink", ROOT, TEXT, wasi.text(TEXT, "chain"), BUFFER, 100, RESULT);
        assertThat(wasi.textAt(BUFFER, wasi.view.getInt(RESULT))).isEqualTo("ld/./back");
        wasi.ok("path_readlink", ROOT, TEXT, wasi.text(TEXT, "chain"), BUFFER, 2, RESULT);
        assertThat(wasi.textAt(BUFFER, wasi.view.getInt(RESULT))).isEqualTo("ld");
        assertThat(wasi.call("path_readlink", ROOT, TEXT, wasi.text(TEXT, "d"), BUFFER, 100, RESULT))
                .isEqualTo(Errno.INVAL);
        assertThat(wasi.unlink(ROOT, "ld/")).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.rmdir(ROOT, "ld")).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.unlink(ROOT, "ld")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.content(ROOT, "d/f")).isEqualTo("inside");
    }

    @Test
    void linksThatLeadNowhereOrOut() {
        WasiCaller wasi = wasi();
        wasi.symlink("missing", ROOT, "dangling");
        wasi.symlink("self", ROOT, "self");
        wasi.symlink("b", ROOT, "a");
        wasi.symlink("a/x", ROOT, "b");
        wasi.symlink("..", ROOT, "up");
        wasi.symlink("x/../../..", ROOT, "far");
        wasi.mkdir(ROOT, "x");
        wasi.symlink("../../up", ROOT, "x/twice");
        assertThat(wasi.tryOpen(ROOT, "dangling", 0)).isEqualTo(Errno.NOENT);
        assertThat(wasi.tryOpen(ROOT, "self", 0)).isEqualTo(Errno.LOOP);
        assertThat(wasi.tryOpen(ROOT, "self", CREATE)).isEqualTo(Errno.LOOP);
        assertThat(wasi.tryOpen(ROOT, "a", 0)).isEqualTo(Errno.LOOP);
        assertThat(wasi.tryOpen(ROOT, "self/f", 0)).isEqualTo(Errno.LOOP);
        for (String path : List.of("up", "up/", "up/etc/passwd", "far", "x/twice", "x/../up/f")) {
            assertThat(wasi.tryOpen(ROOT, path, 0)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.tryOpen(ROOT, path, CREATE)).as(path).isEqualTo(Errno.NOTCAPABLE);
            assertThat(wasi.tryStat(ROOT, path, true)).as(path).isEqualTo(Errno.NOTCAPABLE);
        }
        assertThat(wasi.mkdir(ROOT, "up/d")).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.rename(ROOT, "x", ROOT, "up/x")).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.tryOpen(ROOT, "dangling", CREATE)).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.stat(ROOT, "missing").type()).isEqualTo(FileType.REGULAR_FILE);
        assertThat(wasi.symlink("", ROOT, "empty")).isEqualTo(Errno.NOENT);
        assertThat(wasi.symlink("x", ROOT, "self")).isEqualTo(Errno.EXIST);
        assertThat(wasi.symlink("x", ROOT, "new/")).isEqualTo(Errno.NOENT);
        assertThat(wasi.symlink("x", ROOT, "x/")).isEqualTo(Errno.EXIST);
    }

    @Test
    void fortyLinksAndNoMore() {
        WasiCaller wasi = wasi();
        wasi.create(ROOT, "0", "end");
        for (int i = 1; i <= 41; i++) {
            wasi.symlink("" + (i - 1), ROOT, "" + i);
        }
        assertThat(wasi.content(ROOT, "40")).isEqualTo("end");
        assertThat(wasi.tryOpen(ROOT, "41", 0)).isEqualTo(Errno.LOOP);
    }

    @Test
    void hardLinksAreTheSameFile() {
        WasiCaller wasi = wasi();
        wasi.create(ROOT, "a", "1");
        wasi.mkdir(ROOT, "d");
        int directory = wasi.open(ROOT, "d", DIRECTORY);
        assertThat(wasi.link(ROOT, "a", directory, "b", false)).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.stat(ROOT, "a").inode())
                .isEqualTo(wasi.stat(ROOT, "d/b").inode());
        int file = wasi.openForWriting(ROOT, "a", 0);
        wasi.write(file, "22");
        assertThat(wasi.content(directory, "b")).isEqualTo("22");
        assertThat(wasi.unlink(ROOT, "a")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.content(directory, "b")).isEqualTo("22");
        assertThat(wasi.link(directory, "b", directory, "b", false)).isEqualTo(Errno.EXIST);
        assertThat(wasi.link(directory, "b", ROOT, "d", false)).isEqualTo(Errno.EXIST);
        assertThat(wasi.link(directory, "b", ROOT, "c/", false)).isEqualTo(Errno.NOENT);
        assertThat(wasi.link(ROOT, "d", ROOT, "e", false)).isEqualTo(Errno.PERM);
        assertThat(wasi.link(ROOT, "missing", ROOT, "e", false)).isEqualTo(Errno.NOENT);
        assertThat(wasi.symlink("d/b", ROOT, "l")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.link(ROOT, "l", ROOT, "l2", false)).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.stat(ROOT, "l2").type()).isEqualTo(FileType.SYMBOLIC_LINK);
        assertThat(wasi.link(ROOT, "l", ROOT, "f", true)).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.stat(ROOT, "f").inode())
                .isEqualTo(wasi.stat(directory, "b").inode());
        assertThat(wasi.names(ROOT)).containsExactlyInAnyOrder(".", "..", "d", "l", "l2", "f");
    }

    @Test
    void directoriesAreMadeAndRemoved() {
        WasiCaller wasi = wasi();
        assertThat(wasi.mkdir(ROOT, "d/")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.mkdir(ROOT, "d")).isEqualTo(Errno.EXIST);
        assertThat(wasi.mkdir(ROOT, ".")).isEqualTo(Errno.EXIST);
        assertThat(wasi.mkdir(ROOT, "e/f")).isEqualTo(Errno.NOENT);
        wasi.create(ROOT, "d/f", "x");
        assertThat(wasi.rmdir(ROOT, "d")).isEqualTo(Errno.NOTEMPTY);
        assertThat(wasi.rmdir(ROOT, "d/f")).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.rmdir(ROOT, "d/f/")).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.rmdir(ROOT, "missing")).isEqualTo(Errno.NOENT);
        assertThat(wasi.rmdir(ROOT, ".")).isEqualTo(Errno.INVAL);
        assertThat(wasi.unlink(ROOT, "d")).isEqualTo(Errno.ISDIR);
        assertThat(wasi.unlink(ROOT, "d/")).isEqualTo(Errno.ISDIR);
        assertThat(wasi.unlink(ROOT, "d/f/")).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.unlink(ROOT, "d/g")).isEqualTo(Errno.NOENT);
        assertThat(wasi.unlink(ROOT, "d/f")).isEqualTo(Errno.SUCCESS);
        int directory = wasi.open(ROOT, "d", DIRECTORY);
        assertThat(wasi.rmdir(ROOT, "d/")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.tryOpen(ROOT, "d", 0)).isEqualTo(Errno.NOENT);
        assertThat(wasi.tryOpen(directory, "f", CREATE)).isEqualTo(Errno.NOENT);
        assertThat(wasi.tryOpen(directory, "..", 0)).isEqualTo(Errno.NOTCAPABLE);
        wasi.ok("fd_close", directory);
    }

    @Test
    void whatIsOpenOutlivesItsName() {
        WasiCaller wasi = wasi();
        wasi.create(ROOT, "f", "still here");
        int file = wasi.open(ROOT, "f", 0);
        assertThat(wasi.unlink(ROOT, "f")).isEqualTo(Errno.SUCCESS);
        wasi.create(ROOT, "f", "another");
        assertThat(wasi.read(file, 100)).isEqualTo("still here");
        assertThat(wasi.stat(file).size()).isEqualTo(10);
        wasi.ok("fd_close", file);
        assertThat(wasi.content(ROOT, "f")).isEqualTo("another");
    }

    @Test
    void renamingFollowsItsRules() {
        WasiCaller wasi = wasi();
        wasi.create(ROOT, "f", "f");
        wasi.create(ROOT, "g", "g");
        wasi.mkdir(ROOT, "d");
        wasi.mkdir(ROOT, "e");
        wasi.create(ROOT, "e/x", "x");
        assertThat(wasi.rename(ROOT, "f", ROOT, "g")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.content(ROOT, "g")).isEqualTo("f");
        assertThat(wasi.rename(ROOT, "f", ROOT, "h")).isEqualTo(Errno.NOENT);
        assertThat(wasi.rename(ROOT, "g", ROOT, "d")).isEqualTo(Errno.ISDIR);
        assertThat(wasi.rename(ROOT, "g", ROOT, "h/")).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.rename(ROOT, "g/", ROOT, "h")).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.rename(ROOT, "d", ROOT, "g")).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.rename(ROOT, "d", ROOT, "e")).isEqualTo(Errno.NOTEMPTY);
        assertThat(wasi.rename(ROOT, "d", ROOT, "e/x")).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.rename(ROOT, "e", ROOT, "e/y")).isEqualTo(Errno.INVAL);
        assertThat(wasi.rename(ROOT, "e", ROOT, "e/../e/y")).isEqualTo(Errno.INVAL);
        assertThat(wasi.rename(ROOT, ".", ROOT, "y")).isEqualTo(Errno.BUSY);
        assertThat(wasi.rename(ROOT, "e", ROOT, ".")).isEqualTo(Errno.BUSY);
        assertThat(wasi.rename(ROOT, "e/", ROOT, "d/")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.names(ROOT)).containsExactlyInAnyOrder(".", "..", "g", "d");
        assertThat(wasi.content(ROOT, "d/x")).isEqualTo("x");
        int directory = wasi.open(ROOT, "d", DIRECTORY);
        assertThat(wasi.rename(ROOT, "g", directory, "in")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.rename(directory, "in", directory, "in")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.rename(ROOT, "d", ROOT, "moved")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.content(directory, "in")).isEqualTo("f");
        wasi.create(directory, "new", "n");
        assertThat(wasi.content(ROOT, "moved/new")).isEqualTo("n");
        wasi.symlink("missing", ROOT, "l");
        assertThat(wasi.rename(ROOT, "l", ROOT, "moved/l")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.stat(directory, "l").type()).isEqualTo(FileType.SYMBOLIC_LINK);
    }

    @Test
    void listingGoesOnAtTheCookie() {
        WasiCaller wasi = wasi();
        wasi.mkdir(ROOT, "d");
        int directory = wasi.open(ROOT, "d", DIRECTORY);
        List<String> expected = new ArrayList<>(List.of(".", ".."));
        for (int i = 0; i < 300; i++) {
            String name = "file-" + (1000 + i);
            expected.add(name);
            wasi.create(directory, name, "");
        }
        List<String> names = new ArrayList<>();
        long cookie = 0;
        int calls = 0;
        while (true) {
            List<Dirent> part = wasi.list(directory, cookie, 200);
            boolean end = wasi.view.getInt(RESULT) < 200;
            part.forEach(entry -> names.add(entry.name()));
            if (end) {
                break;
            }
            cookie = part.get(part.size() - 1).next();
            calls++;
        }
        assertThat(names).containsExactlyElementsOf(expected);
        assertThat(calls).isGreaterThan(30);
        assertThat(wasi.list(directory, 0, 100_000).get(0).inode())
                .isEqualTo(wasi.stat(directory).inode());
        assertThat(wasi.list(directory, 12_345, 1000)).isEmpty();
        assertThat(wasi.list(directory, -1, 1000)).isEmpty();
        // Less than one entry: the program sees that the buffer is too small.
        assertThat(wasi.list(directory, 2, 10)).isEmpty();
        assertThat(wasi.view.getInt(RESULT)).isEqualTo(10);
        assertThat(wasi.list(directory, 0, 0)).isEmpty();
        Dirent third = wasi.list(directory, 2, 100_000).get(0);
        assertThat(third.name()).isEqualTo("file-1000");
        assertThat(third.type()).isEqualTo(FileType.REGULAR_FILE);
        assertThat(third.inode()).isEqualTo(wasi.stat(directory, "file-1000").inode());
        int file = wasi.open(directory, "file-1000", 0);
        assertThat(wasi.call("fd_readdir", file, BUFFER, 100, 0, RESULT)).isEqualTo(Errno.NOTDIR);
    }

    @Test
    void timesAreSet() {
        WasiCaller wasi = wasi();
        wasi.create(ROOT, "f", "x");
        int file = wasi.openForWriting(ROOT, "f", 0);
        wasi.ok("fd_filestat_set_times", file, 1_000_000_000L, 2_000_000_000L, 1 | 4);
        assertThat(wasi.stat(file).accessed()).isEqualTo(1_000_000_000L);
        assertThat(wasi.stat(file).modified()).isEqualTo(2_000_000_000L);
        wasi.ok("path_filestat_set_times", ROOT, 0, TEXT, wasi.text(TEXT, "f"), 5_000_000_000L, 7, 1);
        assertThat(wasi.stat(ROOT, "f").accessed()).isEqualTo(5_000_000_000L);
        assertThat(wasi.stat(ROOT, "f").modified()).isEqualTo(2_000_000_000L);
        wasi.ok("path_filestat_set_times", ROOT, 0, TEXT, wasi.text(TEXT, "f"), 0, 0, 8);
        assertThat(wasi.stat(ROOT, "f").modified()).isGreaterThanOrEqualTo(WasiOptions.EPOCH_NANOS);
        for (int flags : new int[] {1 | 2, 4 | 8, 16}) {
            assertThat(wasi.call("fd_filestat_set_times", file, 1, 1, flags)).isEqualTo(Errno.INVAL);
            assertThat(wasi.call("path_filestat_set_times", ROOT, 0, TEXT, wasi.text(TEXT, "f"), 1, 1, flags))
                    .isEqualTo(Errno.INVAL);
        }
        wasi.symlink("f", ROOT, "l");
        wasi.ok("path_filestat_set_times", ROOT, 1, TEXT, wasi.text(TEXT, "l"), 0, 6_000_000_000L, 4);
        assertThat(wasi.stat(ROOT, "f").modified()).isEqualTo(6_000_000_000L);
        assertThat(wasi.stat(ROOT, "l").modified()).isGreaterThanOrEqualTo(WasiOptions.EPOCH_NANOS);
        int directory = wasi.open(ROOT, ".", DIRECTORY);
        wasi.ok("fd_filestat_set_times", directory, 0, 3_000_000_000L, 4);
        assertThat(wasi.stat(directory).modified()).isEqualTo(3_000_000_000L);
        wasi.ok("path_filestat_set_times", ROOT, 1, TEXT, wasi.text(TEXT, "."), 0, 4_000_000_000L, 4);
        assertThat(wasi.stat(directory).modified()).isEqualTo(4_000_000_000L);
    }

    @Test
    void directoriesAreNoFiles() {
        WasiCaller wasi = wasi();
        wasi.view.putInt(512, BUFFER).putInt(516, 2);
        assertThat(wasi.call("fd_read", ROOT, 512, 1, RESULT)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.call("fd_write", ROOT, 512, 1, RESULT)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.call("fd_pread", ROOT, 512, 1, 0, RESULT)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.call("fd_pwrite", ROOT, 512, 1, 0, RESULT)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.call("fd_seek", ROOT, 0, 0, RESULT)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.call("fd_tell", ROOT, RESULT)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.call("fd_allocate", ROOT, 0, 1)).isEqualTo(Errno.ISDIR);
        assertThat(wasi.call("fd_advise", ROOT, 0, 1, 0)).isEqualTo(Errno.BADF);
        wasi.ok("fd_sync", ROOT);
        wasi.create(ROOT, "f", "x");
        int file = wasi.openForWriting(ROOT, "f", 0);
        wasi.ok("fd_sync", file);
        wasi.ok("fd_datasync", file);
        wasi.ok("fd_advise", file, 0, 1, 5);
        assertThat(wasi.call("fd_advise", file, 0, 1, 6)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("fd_advise", file, -1, 1, 0)).isEqualTo(Errno.INVAL);
        for (String function : List.of("path_create_directory", "path_unlink_file", "path_remove_directory")) {
            assertThat(wasi.path(function, file, "x")).isEqualTo(Errno.NOTDIR);
            assertThat(wasi.path(function, 99, "x")).isEqualTo(Errno.BADF);
        }
        assertThat(wasi.tryOpen(file, "x", 0)).isEqualTo(Errno.NOTDIR);
        assertThat(wasi.tryOpen(1, "x", 0)).isEqualTo(Errno.NOTDIR);
    }

    @Test
    void rightsAreChecked() {
        WasiCaller wasi = wasi();
        assertThat(wasi.tryOpen(ROOT, "f", true, CREATE, Rights.FD_READ | Rights.FD_WRITE | Rights.FD_SEEK, 0, 0))
                .isEqualTo(Errno.SUCCESS);
        int file = wasi.view.getInt(RESULT);
        wasi.write(file, "abc");
        wasi.ok("fd_fdstat_get", file, RESULT);
        assertThat(wasi.view.getLong(RESULT + 8)).isEqualTo(Rights.FD_READ | Rights.FD_WRITE | Rights.FD_SEEK);
        wasi.ok("fd_tell", file, RESULT);
        wasi.ok("fd_fdstat_set_rights", file, Rights.FD_READ, 0);
        wasi.view.putInt(512, BUFFER).putInt(516, 2);
        assertThat(wasi.call("fd_write", file, 512, 1, RESULT)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_pread", file, 512, 1, 0, RESULT)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_seek", file, 0, 0, RESULT)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_seek", file, 0, 1, RESULT)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_tell", file, RESULT)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_filestat_get", file, RESULT)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_filestat_set_size", file, 0)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_filestat_set_times", file, 0, 0, 0)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_fdstat_set_flags", file, 0)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_sync", file)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_datasync", file)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_allocate", file, 0, 1)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_advise", file, 0, 1, 0)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_fdstat_set_rights", file, Rights.FD_READ | Rights.FD_WRITE, 0))
                .isEqualTo(Errno.NOTCAPABLE);

        wasi.mkdir(ROOT, "d");
        int directory = wasi.open(ROOT, "d", DIRECTORY);
        wasi.create(directory, "f", "x");
        long[] rights = {
            Rights.PATH_OPEN,
            Rights.PATH_CREATE_FILE,
            Rights.PATH_FILESTAT_SET_SIZE,
            Rights.PATH_CREATE_DIRECTORY,
            Rights.PATH_UNLINK_FILE,
            Rights.PATH_REMOVE_DIRECTORY,
            Rights.PATH_READLINK,
            Rights.PATH_FILESTAT_GET,
            Rights.PATH_FILESTAT_SET_TIMES,
            Rights.PATH_SYMLINK,
            Rights.PATH_LINK_SOURCE,
            Rights.PATH_LINK_TARGET,
            Rights.PATH_RENAME_SOURCE,
            Rights.PATH_RENAME_TARGET,
            Rights.FD_READDIR
        };
        for (int i = 0; i < rights.length; i++) {
            int without = wasi.open(ROOT, "d", DIRECTORY);
            wasi.ok("fd_fdstat_set_rights", without, Rights.DIRECTORY & ~rights[i], Rights.ALL);
            Errno errno = switch (i) {
                case 0 -> wasi.tryOpen(without, "f", 0);
                case 1 -> wasi.tryOpen(without, "g", CREATE);
                case 2 -> wasi.tryOpen(without, "f", TRUNCATE);
                case 3 -> wasi.mkdir(without, "g");
                case 4 -> wasi.unlink(without, "f");
                case 5 -> wasi.rmdir(without, "f");
                case 6 -> wasi.call("path_readlink", without, TEXT, wasi.text(TEXT, "f"), BUFFER, 10, RESULT);
                case 7 -> wasi.tryStat(without, "f", false);
                case 8 -> wasi.call("path_filestat_set_times", without, 0, TEXT, wasi.text(TEXT, "f"), 0, 0, 2);
                case 9 -> wasi.symlink("f", without, "g");
                case 10 -> wasi.link(without, "f", directory, "g", false);
                case 11 -> wasi.link(directory, "f", without, "g", false);
                case 12 -> wasi.rename(without, "f", directory, "g");
                case 13 -> wasi.rename(directory, "f", without, "g");
                default -> wasi.call("fd_readdir", without, BUFFER, 100, 0, RESULT);
            };
            assertThat(errno).as("right " + i).isEqualTo(Errno.NOTCAPABLE);
            wasi.ok("fd_close", without);
        }
        int narrow = wasi.open(ROOT, "d", DIRECTORY);
        wasi.ok("fd_fdstat_set_rights", narrow, Rights.DIRECTORY, Rights.FD_READ);
        assertThat(wasi.tryOpen(narrow, "f", true, 0, Rights.FD_WRITE, 0, 0)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.tryOpen(narrow, "f", true, 0, Rights.FD_READ, Rights.FD_WRITE, 0))
                .isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.tryOpen(narrow, "f", true, 0, Rights.FD_READ, 0, 0)).isEqualTo(Errno.SUCCESS);
        // Bits that mean nothing, as some languages' libraries set them.
        assertThat(wasi.tryOpen(directory, "f", true, 0, 0xFFFF_FFFFL, -1L, 0)).isEqualTo(Errno.SUCCESS);
    }

    @Test
    void descriptorsMoveToOtherNumbers() {
        WasiCaller wasi = wasi();
        wasi.create(ROOT, "a", "a");
        wasi.create(ROOT, "b", "b");
        int a = wasi.open(ROOT, "a", 0);
        int b = wasi.open(ROOT, "b", 0);
        wasi.ok("fd_renumber", a, b);
        assertThat(wasi.read(b, 10)).isEqualTo("a");
        assertThat(wasi.call("fd_close", a)).isEqualTo(Errno.BADF);
        assertThat(wasi.call("fd_renumber", b, a)).isEqualTo(Errno.BADF);
        assertThat(wasi.call("fd_renumber", a, b)).isEqualTo(Errno.BADF);
        assertThat(wasi.call("fd_renumber", b, 0xFFFF_FFFFL)).isEqualTo(Errno.BADF);
        wasi.ok("fd_renumber", b, b);
        assertThat(wasi.open(ROOT, "b", 0)).as("the lowest number that is free").isEqualTo(a);
        // Standard output becomes a file.
        int out = wasi.openForWriting(ROOT, "out", CREATE);
        wasi.ok("fd_renumber", out, 1);
        wasi.write(1, "printed");
        assertThat(wasi.output.size()).isZero();
        assertThat(wasi.content(ROOT, "out")).isEqualTo("printed");
    }
}
