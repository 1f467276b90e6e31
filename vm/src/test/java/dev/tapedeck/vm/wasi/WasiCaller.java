package dev.tapedeck.vm.wasi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.host.HostFunction;
import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.program.Program.HostImport;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A program in Java: calls the functions of a {@link WasiHost} with a memory of its own. */
@SuppressWarnings("EnumOrdinal") // WASI numbers them in this order.
final class WasiCaller {
    /** Where results go, and texts and buffers lie, in memory. */
    static final int RESULT = 64;

    static final int TEXT = 1024;
    static final int TEXT_2 = 16384;
    static final int BUFFER = 65536;

    static final int CREATE = 1;
    static final int DIRECTORY = 2;
    static final int EXCLUSIVE = 4;
    static final int TRUNCATE = 8;

    final byte[] memory = new byte[1 << 20];
    final ByteBuffer view = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
    final ByteArrayOutputStream output = new ByteArrayOutputStream();
    final ByteArrayOutputStream error = new ByteArrayOutputStream();
    final WasiHost host;
    long icount;
    int exitCode = Integer.MIN_VALUE;

    WasiCaller(WasiOptions options, String input) {
        host = new WasiHost(
                options,
                new InputTape(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8))),
                output,
                error);
    }

    WasiCaller(WasiOptions options) {
        this(options, "");
    }

    /** Calls a function and gives its error. */
    Errno call(String name, long... arguments) {
        HostFunction function = WasiPreview1.find(WasiPreview1.MODULE, name).orElseThrow();
        assertThat(arguments.length)
                .as(name)
                .isEqualTo(function.type().parameters().size());
        icount++;
        Call call = new Call(name, arguments);
        try {
            host.call(call);
        } catch (HostException e) {
            throw new AssertionError(name + ": " + e.getMessage(), e);
        }
        return Errno.values()[(int) call.result];
    }

    /** Calls a function that has to succeed. */
    void ok(String name, long... arguments) {
        assertThat(call(name, arguments)).as(name).isEqualTo(Errno.SUCCESS);
    }

    int text(int address, String text) {
        return bytes(address, text.getBytes(StandardCharsets.UTF_8));
    }

    int bytes(int address, byte[] bytes) {
        System.arraycopy(bytes, 0, memory, address, bytes.length);
        return bytes.length;
    }

    String textAt(int address, int length) {
        return new String(memory, address, length, StandardCharsets.UTF_8);
    }

    // The functions, as a C library has them

    Errno tryOpen(int directory, String path, boolean follow, int oflags, long rights, long inheriting, int flags) {
        int length = text(TEXT, path);
        return call("path_open", directory, follow ? 1 : 0, TEXT, length, oflags, rights, inheriting, flags, RESULT);
    }

    Errno tryOpen(int directory, String path, int oflags) {
        long rights = (oflags & DIRECTORY) != 0 ? Rights.DIRECTORY : Rights.FILE & ~Rights.FD_WRITE;
        return tryOpen(directory, path, true, oflags, rights, Rights.ALL, 0);
    }

    int open(int directory, String path, int oflags) {
        assertThat(tryOpen(directory, path, oflags)).as("open " + path).isEqualTo(Errno.SUCCESS);
        return view.getInt(RESULT);
    }

    int openForWriting(int directory, String path, int oflags) {
        assertThat(tryOpen(directory, path, true, oflags, Rights.FILE, 0, 0))
                .as("open " + path)
                .isEqualTo(Errno.SUCCESS);
        return view.getInt(RESULT);
    }

    void create(int directory, String path, String content) {
        int file = openForWriting(directory, path, CREATE | TRUNCATE);
        if (!content.isEmpty()) {
            assertThat(write(file, content)).isEqualTo(content.length());
        }
        ok("fd_close", file);
    }

    String content(int directory, String path) {
        int file = open(directory, path, 0);
        String content = read(file, 100_000);
        ok("fd_close", file);
        return content;
    }

    private void buffer(int length) {
        view.putInt(RESULT + 16, BUFFER).putInt(RESULT + 20, length);
    }

    int write(int file, String content) {
        buffer(text(BUFFER, content));
        ok("fd_write", file, RESULT + 16, 1, RESULT);
        return view.getInt(RESULT);
    }

    String read(int file, int length) {
        buffer(length);
        ok("fd_read", file, RESULT + 16, 1, RESULT);
        return textAt(BUFFER, view.getInt(RESULT));
    }

    Errno path(String function, int directory, String path) {
        return call(function, directory, TEXT, text(TEXT, path));
    }

    Errno mkdir(int directory, String path) {
        return path("path_create_directory", directory, path);
    }

    Errno rmdir(int directory, String path) {
        return path("path_remove_directory", directory, path);
    }

    Errno unlink(int directory, String path) {
        return path("path_unlink_file", directory, path);
    }

    Errno rename(int from, String path, int to, String newPath) {
        return call("path_rename", from, TEXT, text(TEXT, path), to, TEXT_2, text(TEXT_2, newPath));
    }

    Errno link(int from, String path, int to, String newPath, boolean follow) {
        int length = text(TEXT, path);
        return call("path_link", from, follow ? 1 : 0, TEXT, length, to, TEXT_2, text(TEXT_2, newPath));
    }

    Errno symlink(String target, int directory, String path) {
        return call("path_symlink", TEXT, text(TEXT, target), directory, TEXT_2, text(TEXT_2, path));
    }

    Errno tryStat(int directory, String path, boolean follow) {
        int length = text(TEXT, path);
        return call("path_filestat_get", directory, follow ? 1 : 0, TEXT, length, RESULT);
    }

    Filestat stat(int directory, String path) {
        assertThat(tryStat(directory, path, false)).as("stat " + path).isEqualTo(Errno.SUCCESS);
        return statAtResult();
    }

    Filestat stat(int descriptor) {
        ok("fd_filestat_get", descriptor, RESULT);
        return statAtResult();
    }

    private Filestat statAtResult() {
        return new Filestat(
                view.getLong(RESULT),
                view.getLong(RESULT + 8),
                FileType.values()[memory[RESULT + 16]],
                view.getLong(RESULT + 24),
                view.getLong(RESULT + 32),
                view.getLong(RESULT + 40),
                view.getLong(RESULT + 48),
                view.getLong(RESULT + 56));
    }

    /** A directory's entry as fd_readdir gives it. */
    record Dirent(long next, long inode, FileType type, String name) {}

    /** All that fits a buffer of that many bytes, from a cookie on. */
    List<Dirent> list(int directory, long cookie, int capacity) {
        ok("fd_readdir", directory, BUFFER, capacity, cookie, RESULT);
        int used = view.getInt(RESULT);
        assertThat(used).isLessThanOrEqualTo(capacity);
        List<Dirent> entries = new ArrayList<>();
        int at = BUFFER;
        while (at + 24 <= BUFFER + used) {
            int length = view.getInt(at + 16);
            if (at + 24 + length > BUFFER + used) {
                break;
            }
            entries.add(new Dirent(
                    view.getLong(at),
                    view.getLong(at + 8),
                    FileType.values()[memory[at + 20]],
                    textAt(at + 24, length)));
            at += 24 + length;
        }
        return entries;
    }

    List<String> names(int directory) {
        return list(directory, 0, 500_000).stream().map(Dirent::name).toList();
    }

    private final class Call implements HostCall {
        private final String name;
        private final long[] arguments;
        private long result;

        Call(String name, long[] arguments) {
            this.name = name;
            this.arguments = arguments;
        }

        @Override
        public int index() {
            return 0;
        }

        @Override
        public HostImport hostImport() {
            return new HostImport(WasiPreview1.MODULE, name, 0);
        }

        @Override
        public long icount() {
            return icount;
        }

        @Override
        public int argumentCount() {
            return arguments.length;
        }

        @Override
        public long argument(int index) {
            return arguments[index];
        }

        @Override
        public void setResult(int index, long cell) {
            assertThat(index).isZero();
            result = cell;
        }

        @Override
        public long memoryBytes() {
            return memory.length;
        }

        @Override
        public byte[] readMemory(long address, int length) throws HostException {
            check(address, length);
            return Arrays.copyOfRange(memory, (int) address, (int) address + length);
        }

        @Override
        public void writeMemory(int index, long address, byte[] bytes) throws HostException {
            assertThat(index).isZero();
            check(address, bytes.length);
            System.arraycopy(bytes, 0, memory, (int) address, bytes.length);
        }

        private void check(long address, int length) throws HostException {
            if (address < 0 || length < 0 || address + length > memory.length) {
                throw new HostException("outside of memory");
            }
        }

        @Override
        public void halt(int code) {
            exitCode = code;
        }
    }
}
