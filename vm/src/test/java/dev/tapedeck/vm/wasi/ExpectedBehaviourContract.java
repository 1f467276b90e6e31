package dev.tapedeck.vm.wasi;

import static dev.tapedeck.vm.wasi.Errno.BADF;
import static dev.tapedeck.vm.wasi.Errno.EXIST;
import static dev.tapedeck.vm.wasi.Errno.INVAL;
import static dev.tapedeck.vm.wasi.Errno.ISDIR;
import static dev.tapedeck.vm.wasi.Errno.LOOP;
import static dev.tapedeck.vm.wasi.Errno.NOENT;
import static dev.tapedeck.vm.wasi.Errno.NOTCAPABLE;
import static dev.tapedeck.vm.wasi.Errno.NOTDIR;
import static dev.tapedeck.vm.wasi.Errno.NOTEMPTY;
import static dev.tapedeck.vm.wasi.Errno.PERM;
import static dev.tapedeck.vm.wasi.Errno.SUCCESS;
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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What other implementations of WASI agree on, as the programs of WebAssembly/wasi-testsuite check it: each test is named
 * after the one that asks the same. Unlike those, most calls here are made without any rights, as that suite does where it
 * only looks whether something can be opened.
 */
abstract class ExpectedBehaviourContract {
    static final int ROOT = 3;

    abstract WasiCaller system();

    private final class Scratch {
        final WasiCaller wasi = system();
        final int directory;

        Scratch() {
            wasi.mkdir(ROOT, "scratch");
            directory = wasi.open(ROOT, "scratch", DIRECTORY);
        }

        /** Opens with no rights, and follows no link at the end. */
        Errno open(String path, int oflags) {
            return wasi.tryOpen(directory, path, false, oflags, 0, 0, 0);
        }

        Errno openAndClose(String path, int oflags) {
            Errno errno = open(path, oflags);
            if (errno == SUCCESS) {
                wasi.ok("fd_close", wasi.view.getInt(RESULT));
            }
            return errno;
        }

        int opened(String path, int oflags, long rights, int flags) {
            assertThat(wasi.tryOpen(directory, path, false, oflags, rights, 0, flags))
                    .isEqualTo(SUCCESS);
            return wasi.view.getInt(RESULT);
        }

        long rights(int descriptor) {
            wasi.ok("fd_fdstat_get", descriptor, RESULT);
            return wasi.view.getLong(RESULT + 8);
        }

        long inheriting(int descriptor) {
            wasi.ok("fd_fdstat_get", descriptor, RESULT);
            return wasi.view.getLong(RESULT + 16);
        }
    }

    @Test
    @DisplayName("interesting_paths: absolute, with dots, slashes, a NUL, too many steps up")
    void paths() {
        Scratch s = new Scratch();
        s.wasi.mkdir(s.directory, "dir");
        s.wasi.mkdir(s.directory, "dir/nested");
        s.wasi.create(s.directory, "dir/nested/file", "");

        assertThat(s.open("/dir/nested/file", 0)).isIn(PERM, NOTCAPABLE);
        assertThat(s.openAndClose("dir/.//nested/../../dir/nested/../nested///./file", 0))
                .isEqualTo(SUCCESS);
        assertThat(s.open("dir/nested/file\0", 0)).isIn(INVAL, Errno.ILSEQ, NOENT);
        assertThat(s.open("dir/nested/file/", 0)).isIn(NOTDIR, NOENT);
        assertThat(s.open("dir/nested/file///", 0)).isIn(NOTDIR, NOENT);
        assertThat(s.openAndClose("dir/nested/", 0)).isEqualTo(SUCCESS);
        assertThat(s.openAndClose("dir/nested///", 0)).isEqualTo(SUCCESS);
        assertThat(s.open("dir/nested/../../../scratch/dir/nested/file", 0)).isIn(PERM, NOTCAPABLE);
        assertThat(s.open("", 0)).isIn(NOENT, INVAL);
    }

    @Test
    @DisplayName("nofollow_errors, dangling_symlink, symlink_loop: a link that is not to be followed is LOOP")
    void nofollow() {
        Scratch s = new Scratch();
        s.wasi.mkdir(s.directory, "target");
        assertThat(s.wasi.symlink("target", s.directory, "symlink")).isEqualTo(SUCCESS);
        assertThat(s.open("symlink", DIRECTORY)).isIn(LOOP, NOTDIR);
        assertThat(s.open("symlink", 0)).isEqualTo(LOOP);
        assertThat(s.wasi.tryOpen(s.directory, "symlink", true, DIRECTORY, 0, 0, 0))
                .isEqualTo(SUCCESS);
        s.wasi.ok("fd_close", s.wasi.view.getInt(RESULT));

        s.wasi.rmdir(s.directory, "target");
        assertThat(s.open("symlink", DIRECTORY)).isIn(LOOP, NOTDIR);
        assertThat(s.open("symlink", 0)).isEqualTo(LOOP);
        assertThat(s.wasi.tryOpen(s.directory, "symlink", true, 0, 0, 0, 0)).isEqualTo(NOENT);

        s.wasi.create(s.directory, "target", "");
        assertThat(s.open("symlink", DIRECTORY)).isIn(LOOP, NOTDIR);
        assertThat(s.open("symlink", 0)).isEqualTo(LOOP);
        assertThat(s.wasi.tryOpen(s.directory, "symlink", true, DIRECTORY, 0, 0, 0))
                .isEqualTo(NOTDIR);

        s.wasi.symlink("loop", s.directory, "loop");
        assertThat(s.open("loop", 0)).isEqualTo(LOOP);
        assertThat(s.wasi.tryOpen(s.directory, "loop", true, 0, 0, 0, 0)).isEqualTo(LOOP);
    }

    @Test
    @DisplayName("path_link: what is there is EXIST, directories are PERM or ACCES, links are linked and not followed")
    void hardLinks() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        int d = s.directory;
        wasi.create(d, "file", "x");
        wasi.mkdir(d, "dir");
        wasi.create(d, "other", "");
        assertThat(wasi.link(d, "file", d, "dir/link", false)).isEqualTo(SUCCESS);
        assertThat(wasi.stat(d, "dir/link")).isEqualTo(wasi.stat(d, "file"));
        assertThat(wasi.link(d, "file", d, "other", false)).isEqualTo(EXIST);
        assertThat(wasi.link(d, "file", d, "file", false)).isEqualTo(EXIST);
        assertThat(wasi.link(d, "file", d, "dir", false)).isEqualTo(EXIST);
        assertThat(wasi.link(d, "dir", d, "link", false)).isIn(PERM, Errno.ACCES);
        assertThat(wasi.link(d, "file", d, "link/", false)).isEqualTo(NOENT);
        wasi.symlink("missing", d, "dangling");
        assertThat(wasi.link(d, "dangling", d, "link", false)).isEqualTo(SUCCESS);
        assertThat(wasi.stat(d, "link").type()).isEqualTo(FileType.SYMBOLIC_LINK);
        wasi.symlink("loop", d, "loop");
        assertThat(wasi.link(d, "loop", d, "link to a loop", false)).isEqualTo(SUCCESS);
        assertThat(wasi.link(d, "file", d, "dangling", false)).isEqualTo(EXIST);
        assertThat(wasi.link(d, "dangling", d, "followed", true)).isIn(INVAL, NOENT);
    }

    @Test
    @DisplayName("dir_fd_op_failures, directory_seek: a directory is no file, and does not get a file's rights")
    void directories() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        wasi.view.putInt(512, BUFFER).putInt(516, 128);
        assertThat(wasi.call("fd_prestat_dir_name", ROOT, BUFFER, 0)).isIn(INVAL, Errno.NAMETOOLONG);
        wasi.ok("fd_prestat_dir_name", ROOT, BUFFER, 2);
        for (int d : new int[] {ROOT, s.directory, s.opened(".", DIRECTORY, Rights.FD_SEEK, 0)}) {
            assertThat(wasi.call("fd_read", d, 512, 1, RESULT)).isIn(ISDIR, BADF, NOTCAPABLE);
            assertThat(wasi.call("fd_pread", d, 512, 1, 0, RESULT)).isIn(ISDIR, BADF, NOTCAPABLE);
            assertThat(wasi.call("fd_write", d, 512, 1, RESULT)).isIn(ISDIR, BADF, NOTCAPABLE);
            assertThat(wasi.call("fd_pwrite", d, 512, 1, 0, RESULT)).isIn(ISDIR, BADF, NOTCAPABLE);
            for (int whence = 0; whence < 3; whence++) {
                assertThat(wasi.call("fd_seek", d, 0, whence, RESULT)).isIn(ISDIR, BADF, NOTCAPABLE);
            }
            assertThat(wasi.call("fd_tell", d, RESULT)).isIn(ISDIR, BADF, NOTCAPABLE);
            assertThat(wasi.call("fd_allocate", d, 0, 1)).isIn(ISDIR, BADF, NOTCAPABLE);
            assertThat(wasi.call("fd_filestat_set_size", d, 0)).isIn(ISDIR, INVAL, BADF, NOTCAPABLE);
            assertThat(s.rights(d) & Rights.FD_SEEK).isZero();
        }
    }

    @Test
    @DisplayName("path_open_preopen: what a directory can be opened with; with the right to write it is ISDIR")
    void preopened() {
        WasiCaller wasi = system();
        wasi.ok("fd_fdstat_get", ROOT, RESULT);
        long rights = wasi.view.getLong(RESULT + 8);
        long inheriting = wasi.view.getLong(RESULT + 16);
        long directory = Rights.DIRECTORY & (1L << 27) - 1;
        long needed = directory & ~(Rights.FD_DATASYNC | Rights.FD_SYNC | Rights.FD_FDSTAT_SET_FLAGS);
        assertThat(rights & needed & ~Rights.PATH_FILESTAT_SET_SIZE).isEqualTo(needed & ~Rights.PATH_FILESTAT_SET_SIZE);
        assertThat(rights & Rights.FD_FILESTAT_SET_SIZE).isZero();
        assertThat(inheriting & Rights.FILE).isEqualTo(Rights.FILE);
        assertThat(wasi.tryOpen(ROOT, ".", false, 0, rights, inheriting, 0)).isEqualTo(SUCCESS);
        assertThat(wasi.tryOpen(ROOT, ".", false, 0, 0, 0, 0)).isEqualTo(SUCCESS);
        assertThat(wasi.tryOpen(ROOT, ".", false, DIRECTORY, 0, 0, 0)).isEqualTo(SUCCESS);
        assertThat(wasi.tryOpen(ROOT, ".", false, DIRECTORY, Rights.FD_READ, 0, 0))
                .isEqualTo(SUCCESS);
        assertThat(wasi.tryOpen(ROOT, ".", false, DIRECTORY, Rights.FD_READ | Rights.FD_WRITE, 0, 0))
                .isEqualTo(ISDIR);
    }

    @Test
    @DisplayName("path_rename, path_rename_dir_trailing_slashes")
    void renaming() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        int d = s.directory;
        wasi.mkdir(d, "source");
        assertThat(wasi.rename(d, "source", d, "target")).isEqualTo(SUCCESS);
        assertThat(s.open("source", DIRECTORY)).isEqualTo(NOENT);
        assertThat(s.openAndClose("target", DIRECTORY)).isEqualTo(SUCCESS);
        wasi.mkdir(d, "source");
        assertThat(wasi.rename(d, "source", d, "target")).isEqualTo(SUCCESS);
        wasi.mkdir(d, "source");
        wasi.create(d, "target/file", "");
        assertThat(wasi.rename(d, "source", d, "target")).isEqualTo(NOTEMPTY);
        assertThat(wasi.rename(d, "source", d, "target/file")).isEqualTo(NOTDIR);
        wasi.create(d, "a", "a");
        wasi.create(d, "b", "b");
        assertThat(wasi.rename(d, "a", d, "b")).isEqualTo(SUCCESS);
        assertThat(s.open("a", 0)).isEqualTo(NOENT);
        assertThat(wasi.content(d, "b")).isEqualTo("a");
        assertThat(wasi.rename(d, "b", d, "source")).isEqualTo(ISDIR);
        assertThat(wasi.rename(d, "source/", d, "moved")).isEqualTo(SUCCESS);
        assertThat(wasi.rename(d, "moved", d, "source/")).isEqualTo(SUCCESS);
        assertThat(wasi.rename(d, "source/", d, "moved/")).isEqualTo(SUCCESS);
        assertThat(s.openAndClose("moved", DIRECTORY)).isEqualTo(SUCCESS);
    }

    @Test
    @DisplayName("truncation_rights: to truncate needs the directory's right, and not the one that files inherit")
    void truncation() {
        Scratch s = new Scratch();
        s.wasi.create(s.directory, "file", "content");
        long rights = s.rights(s.directory);
        long inheriting = s.inheriting(s.directory);
        assertThat(rights & Rights.PATH_FILESTAT_SET_SIZE).isNotZero();
        assertThat(s.openAndClose("file", TRUNCATE)).isEqualTo(SUCCESS);
        assertThat(s.wasi.stat(s.directory, "file").size()).isZero();
        inheriting &= ~Rights.FD_FILESTAT_SET_SIZE;
        s.wasi.ok("fd_fdstat_set_rights", s.directory, rights, inheriting);
        assertThat(s.openAndClose("file", TRUNCATE)).isEqualTo(SUCCESS);
        rights &= ~Rights.PATH_FILESTAT_SET_SIZE;
        s.wasi.ok("fd_fdstat_set_rights", s.directory, rights, inheriting);
        assertThat(s.rights(s.directory) & Rights.PATH_FILESTAT_SET_SIZE).isZero();
        assertThat(s.open("file", TRUNCATE)).isIn(PERM, NOTCAPABLE);
        assertThat(s.openAndClose("file", 0)).isEqualTo(SUCCESS);
    }

    @Test
    @DisplayName("fd_readdir: . and .. with their inodes, cookies, 1,000 files through a buffer of 256 bytes")
    void listing() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        List<Dirent> empty = wasi.list(s.directory, 0, 256);
        assertThat(empty).extracting(Dirent::name).containsExactly(".", "..");
        assertThat(empty).extracting(Dirent::type).containsOnly(FileType.DIRECTORY);
        assertThat(empty.get(0).inode()).isEqualTo(wasi.stat(s.directory).inode());
        wasi.create(s.directory, "file", "");
        List<Dirent> one = wasi.list(s.directory, 0, 256);
        assertThat(one).hasSize(3);
        assertThat(one.get(2).inode()).isEqualTo(wasi.stat(s.directory, "file").inode());
        assertThat(wasi.list(s.directory, one.get(1).next(), 256)).containsExactly(one.get(2));
        for (int i = 0; i < 999; i++) {
            wasi.create(s.directory, "file." + i, "");
        }
        List<String> names = new ArrayList<>();
        long cookie = 0;
        int used;
        do {
            List<Dirent> part = wasi.list(s.directory, cookie, 256);
            used = wasi.view.getInt(RESULT);
            part.forEach(entry -> names.add(entry.name()));
            cookie = part.isEmpty() ? cookie : part.get(part.size() - 1).next();
        } while (used == 256);
        assertThat(names).hasSize(1_002).doesNotHaveDuplicates();
    }

    @Test
    @DisplayName("path_symlink_trailing_slashes, unlink_file_trailing_slashes, remove_directory_trailing_slashes")
    void trailingSlashes() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        int d = s.directory;
        assertThat(wasi.symlink("source", d, "target/")).isEqualTo(NOENT);
        assertThat(wasi.symlink("source", d, "target")).isEqualTo(SUCCESS);
        assertThat(wasi.unlink(d, "target")).isEqualTo(SUCCESS);
        wasi.mkdir(d, "dir");
        assertThat(wasi.symlink("source", d, "dir/")).isEqualTo(EXIST);
        assertThat(wasi.symlink("source", d, "dir")).isEqualTo(EXIST);
        wasi.create(d, "file", "");
        assertThat(wasi.symlink("source", d, "file/")).isIn(NOTDIR, EXIST);
        assertThat(wasi.symlink("source", d, "file")).isEqualTo(EXIST);
        assertThat(wasi.unlink(d, "dir")).isEqualTo(ISDIR);
        assertThat(wasi.unlink(d, "dir/")).isEqualTo(ISDIR);
        assertThat(wasi.unlink(d, "file/")).isEqualTo(NOTDIR);
        assertThat(wasi.rmdir(d, "file")).isEqualTo(NOTDIR);
        assertThat(wasi.rmdir(d, "file/")).isEqualTo(NOTDIR);
        wasi.create(d, "dir/inside", "");
        assertThat(wasi.rmdir(d, "dir")).isEqualTo(NOTEMPTY);
        assertThat(wasi.unlink(d, "dir/inside")).isEqualTo(SUCCESS);
        assertThat(wasi.rmdir(d, "dir/")).isEqualTo(SUCCESS);
        assertThat(wasi.mkdir(d, "made/")).isEqualTo(SUCCESS);
        assertThat(wasi.unlink(d, "file")).isEqualTo(SUCCESS);
    }

    @Test
    @DisplayName("path_filestat, fd_filestat_set, fstflags_validate: flags are kept, times set, contradictions INVAL")
    void attributes() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        int file = s.opened("file", CREATE, Rights.FILE, 1 | 16);
        wasi.ok("fd_fdstat_get", file, RESULT);
        assertThat(wasi.view.getShort(RESULT + 2) & 17).isEqualTo(17);
        wasi.ok("fd_filestat_set_size", file, 100);
        Filestat before = wasi.stat(file);
        assertThat(before.size()).isEqualTo(100);
        // Real ones are set to the microsecond, all that Java can.
        long modified = before.modified() / 1000 * 1000 - 1000;
        wasi.ok("fd_filestat_set_times", file, modified, modified, 4);
        assertThat(wasi.stat(file).modified()).isEqualTo(modified);
        assertThat(wasi.stat(file).accessed() / 1000).isEqualTo(before.accessed() / 1000);
        assertThat(wasi.call("fd_filestat_set_times", file, 1, 2, 4 | 8)).isEqualTo(INVAL);
        assertThat(wasi.call("fd_filestat_set_times", file, 1, 2, 1 | 2)).isEqualTo(INVAL);
        int length = wasi.text(TEXT, "file");
        wasi.ok("path_filestat_set_times", s.directory, 0, TEXT, length, 0, modified - 1000, 4);
        assertThat(wasi.call("path_filestat_set_times", s.directory, 0, TEXT, length, 0, 7, 4 | 8))
                .isEqualTo(INVAL);
        assertThat(wasi.call("path_filestat_set_times", s.directory, 0, TEXT, length, 0, 7, 1 | 2))
                .isEqualTo(INVAL);
        assertThat(wasi.stat(s.directory, "file").modified()).isEqualTo(modified - 1000);
    }

    @Test
    @DisplayName("fd_flags_set, pwrite-with-append: appending can be switched off, and leaves the position alone")
    void appending() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        int file = s.opened("file", CREATE, Rights.FILE, 1);
        wasi.write(file, "aa");
        wasi.ok("fd_seek", file, 0, 0, RESULT);
        wasi.write(file, "bb");
        wasi.ok("fd_tell", file, RESULT);
        assertThat(wasi.view.getLong(RESULT)).isEqualTo(4);
        wasi.text(BUFFER, "ccc");
        wasi.view.putInt(512, BUFFER).putInt(516, 3);
        wasi.ok("fd_pwrite", file, 512, 1, 0, RESULT);
        wasi.ok("fd_tell", file, RESULT);
        assertThat(wasi.view.getLong(RESULT)).isEqualTo(4);
        assertThat(wasi.stat(file).size()).isIn(4L, 7L);
        wasi.ok("fd_fdstat_set_flags", file, 0);
        wasi.ok("fd_seek", file, 0, 0, RESULT);
        long size = wasi.stat(file).size();
        wasi.write(file, "dd");
        assertThat(wasi.content(s.directory, "file")).startsWith("dd");
        assertThat(wasi.stat(file).size()).isEqualTo(size);
    }

    @Test
    @DisplayName(
            "renumber, overwrite_preopen, stdio, dangling_fd: numbers move, also over a given directory, also streams")
    void renumbering() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        int from = s.opened("file1", CREATE, Rights.FD_READ | Rights.FD_WRITE, 0);
        int to = s.opened("file2", CREATE, Rights.FD_READ, 0);
        long rights = s.rights(from);
        wasi.ok("fd_renumber", from, to);
        assertThat(wasi.call("fd_close", from)).isEqualTo(BADF);
        assertThat(s.rights(to)).isEqualTo(rights);
        assertThat(wasi.call("fd_renumber", to, from)).isEqualTo(BADF);
        wasi.ok("fd_close", to);

        for (int stream = 0; stream < 3; stream++) {
            int file = s.opened("file", CREATE, 0, 0);
            wasi.ok("fd_renumber", stream, file);
            wasi.ok("fd_fdstat_get", file, RESULT);
            assertThat(wasi.call("fd_fdstat_get", stream, RESULT)).isEqualTo(BADF);
            assertThat(wasi.unlink(s.directory, "file")).isEqualTo(SUCCESS);
        }

        // What is open stays open without its name.
        int removed = s.opened("removed", CREATE, Rights.FILE, 0);
        assertThat(wasi.unlink(s.directory, "removed")).isEqualTo(SUCCESS);
        assertThat(wasi.write(removed, "x")).isEqualTo(1);
        wasi.create(s.directory, "removed", "another");

        Filestat scratch = wasi.stat(s.directory);
        wasi.ok("fd_renumber", s.directory, ROOT);
        assertThat(wasi.stat(ROOT).inode()).isEqualTo(scratch.inode());
        assertThat(wasi.call("fd_fdstat_get", s.directory, RESULT)).isEqualTo(BADF);
    }

    @Test
    @DisplayName("fd_fdstat_set_rights, path_open_read_write: rights go and never come back; what lacks them fails")
    void rights() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        long readWrite = Rights.FD_READ | Rights.FD_WRITE;
        int file = s.opened("file", CREATE, readWrite | Rights.FD_SEEK | Rights.FD_TELL, 0);
        wasi.write(file, "1234");
        wasi.ok("fd_seek", file, 0, 0, RESULT);
        assertThat(wasi.read(file, 4)).isEqualTo("1234");
        long before = s.rights(file);
        wasi.ok("fd_fdstat_set_rights", file, before & ~readWrite, s.inheriting(file));
        assertThat(s.rights(file) & readWrite).isZero();
        assertThat(s.rights(file) & Rights.FD_SEEK).isNotZero();
        wasi.view.putInt(512, BUFFER).putInt(516, 1);
        assertThat(wasi.call("fd_read", file, 512, 1, RESULT)).isIn(BADF, NOTCAPABLE);
        assertThat(wasi.call("fd_write", file, 512, 1, RESULT)).isIn(BADF, NOTCAPABLE);
        assertThat(wasi.call("fd_fdstat_set_rights", file, before, 0)).isEqualTo(NOTCAPABLE);

        int reader = s.opened("file", 0, Rights.FD_READ, 0);
        assertThat(s.rights(reader) & readWrite).isEqualTo(Rights.FD_READ);
        assertThat(wasi.call("fd_write", reader, 512, 1, RESULT)).isIn(BADF, NOTCAPABLE);
        int writer = s.opened("file", 0, Rights.FD_WRITE, 0);
        assertThat(s.rights(writer) & readWrite).isEqualTo(Rights.FD_WRITE);
        assertThat(wasi.call("fd_read", writer, 512, 1, RESULT)).isIn(BADF, NOTCAPABLE);
        // file_unbuffered_write: what one has written, another reads at once.
        wasi.write(writer, "56");
        assertThat(wasi.read(reader, 10)).isEqualTo("5634");
    }

    @Test
    @DisplayName("path_open_create_existing, path_open_missing, path_open_dirfd_not_dir, path_open_nonblock")
    void opening() {
        Scratch s = new Scratch();
        s.wasi.create(s.directory, "file", "");
        assertThat(s.open("file", CREATE | EXCLUSIVE)).isEqualTo(EXIST);
        assertThat(s.open("missing", 0)).isEqualTo(NOENT);
        assertThat(s.openAndClose("file", CREATE)).isEqualTo(SUCCESS);
        int file = s.opened("file", 0, 0, 0);
        assertThat(s.wasi.tryOpen(file, "foo", false, 0, 0, 0, 0)).isIn(NOTDIR, NOTCAPABLE);
        s.wasi.ok("fd_close", s.opened("file", 0, Rights.FD_READ, 4));
    }

    @Test
    @DisplayName("path_exists, symlink_create, readlink: what a link is, and what it leads to")
    void symbolicLinks() {
        Scratch s = new Scratch();
        WasiCaller wasi = s.wasi;
        int d = s.directory;
        wasi.mkdir(d, "sub");
        wasi.create(d, "sub/file", "x");
        for (String target : List.of("sub", "sub/file")) {
            FileType type = target.equals("sub") ? FileType.DIRECTORY : FileType.REGULAR_FILE;
            String link = target.length() + "link";
            assertThat(wasi.symlink(target, d, link)).isEqualTo(SUCCESS);
            assertThat(wasi.stat(d, target).type()).isEqualTo(type);
            assertThat(wasi.stat(d, link).type()).isEqualTo(FileType.SYMBOLIC_LINK);
            assertThat(wasi.tryStat(d, link, true)).isEqualTo(SUCCESS);
            assertThat(wasi.memory[RESULT + 16]).isEqualTo((byte) (type == FileType.DIRECTORY ? 3 : 4));
            assertThat(wasi.tryOpen(d, link, true, 0, 0, 0, 0)).isEqualTo(SUCCESS);
            int length = wasi.text(TEXT, link);
            wasi.text(BUFFER, "__________");
            wasi.ok("path_readlink", d, TEXT, length, BUFFER, 10, RESULT);
            assertThat(wasi.view.getInt(RESULT)).isEqualTo(target.length());
            assertThat(wasi.textAt(BUFFER, 10)).isEqualTo((target + "__________").substring(0, 10));
            wasi.ok("path_readlink", d, TEXT, length, BUFFER, 2, RESULT);
            assertThat(wasi.view.getInt(RESULT)).isEqualTo(2);
        }
    }

    @Test
    @DisplayName("close_preopen: a given directory can be closed, and is no directory then")
    void closing() {
        WasiCaller wasi = system();
        wasi.ok("fd_close", ROOT);
        assertThat(wasi.call("fd_prestat_get", ROOT, RESULT)).isEqualTo(BADF);
        assertThat(wasi.tryOpen(ROOT, ".", 0)).isEqualTo(BADF);
    }
}
