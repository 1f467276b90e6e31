package dev.tapedeck.vm.wasi;

import static dev.tapedeck.vm.wasi.WasiCaller.BUFFER;
import static dev.tapedeck.vm.wasi.WasiCaller.CREATE;
import static dev.tapedeck.vm.wasi.WasiCaller.DIRECTORY;
import static dev.tapedeck.vm.wasi.WasiCaller.RESULT;
import static dev.tapedeck.vm.wasi.WasiCaller.TEXT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.host.HostFunction;
import dev.tapedeck.vm.isa.ValueType;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a program passes, it gets an error number; it cannot make the host fail or use up its memory. */
class HostileProgramTest {
    private static final int ROOT = 3;
    private static final long[] NUMBERS = {
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        16,
        48,
        64,
        100,
        255,
        1023,
        1024,
        4096,
        4097,
        65535,
        65536,
        (1 << 20) - 1,
        1 << 20,
        (1 << 20) + 1,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        -1,
        -2,
        -8
    };

    private static final long[] LONG_NUMBERS = {
        0, 1, 2, 100, 1L << 32, (1L << 40) - 1, 1L << 40, Long.MAX_VALUE - 1, Long.MAX_VALUE, Long.MIN_VALUE, -1, -2
    };

    private static void callAtRandom(WasiCaller wasi, long seed) {
        Random random = new Random(seed);
        String[] paths = {"a", "b", "a/b", "a/../b", "./c/", "", "/", "..", "\0", "\uFFFD", "a/b/c/d", "x".repeat(300)};
        List<HostFunction> functions = WasiPreview1.FUNCTIONS;
        for (int i = 0; i < 20_000; i++) {
            HostFunction function = functions.get(random.nextInt(functions.size()));
            wasi.text(TEXT, paths[random.nextInt(paths.length)]);
            if (random.nextInt(8) == 0) {
                byte[] noise = new byte[4096];
                random.nextBytes(noise);
                wasi.bytes(0, noise);
            }
            for (int at = 0; at < 1024; at += 4) {
                wasi.view.putInt(at, (int) NUMBERS[random.nextInt(NUMBERS.length)]);
            }
            long[] arguments = new long[function.type().parameters().size()];
            for (int k = 0; k < arguments.length; k++) {
                boolean wide = function.type().parameters().get(k) == ValueType.I64;
                arguments[k] = wide
                        ? (random.nextBoolean() ? LONG_NUMBERS[random.nextInt(LONG_NUMBERS.length)] : Rights.ALL)
                        : NUMBERS[random.nextInt(NUMBERS.length)];
                if (function.name().startsWith("path_") && random.nextBoolean()) {
                    arguments[k] = k == 0 ? ROOT : random.nextBoolean() ? TEXT : random.nextInt(8);
                }
            }
            try {
                assertThat(wasi.call(function.name(), arguments)).isNotNull();
                if (i % 500 == 0) {
                    wasi.host.restoreState(wasi.host.saveState());
                }
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", call " + i + ": " + function.name(), e);
            }
        }
    }

    @Test
    void randomCallsOnVirtualFiles() {
        for (long seed = 1; seed <= 5; seed++) {
            callAtRandom(new WasiCaller(new WasiOptions(), "some input"), seed);
        }
    }

    @Test
    void randomCallsOnRealFiles(@TempDir Path directory) {
        callAtRandom(new WasiCaller(new WasiOptions().directory(directory, "/", true), "some input"), 77);
    }

    @Test
    void buffersWithoutNumberOrEnd() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        int file = wasi.openForWriting(ROOT, "f", CREATE);
        for (String function : List.of("fd_read", "fd_write")) {
            assertThat(wasi.call(function, file, 512, -1, RESULT)).isEqualTo(Errno.FAULT);
            assertThat(wasi.call(function, file, 512, 1025, RESULT)).isEqualTo(Errno.INVAL);
            assertThat(wasi.call(function, file, -8, 1, RESULT)).isEqualTo(Errno.FAULT);
            wasi.view.putInt(512, BUFFER).putInt(516, -1);
            assertThat(wasi.call(function, file, 512, 1, RESULT)).isEqualTo(Errno.FAULT);
            wasi.view.putInt(512, -1).putInt(516, 1);
            assertThat(wasi.call(function, file, 512, 1, RESULT)).isEqualTo(Errno.FAULT);
            wasi.view.putInt(512, BUFFER).putInt(516, 8);
            assertThat(wasi.call(function, file, 512, 1, -1)).isEqualTo(Errno.FAULT);
        }
        assertThat(wasi.stat(file).size()).as("nothing was written").isZero();
        // The same memory a thousand times is more than one transfer moves.
        for (int i = 0; i < 1024; i++) {
            wasi.view.putInt(4096 + i * 8, 0).putInt(4096 + i * 8 + 4, 1 << 20);
        }
        wasi.ok("fd_write", file, 4096, 1024, RESULT);
        assertThat(wasi.view.getInt(RESULT)).isEqualTo(Guest.TRANSFER_BYTES_MAX);
        assertThat(wasi.call("fd_readdir", ROOT, BUFFER, -1, 0, RESULT)).isEqualTo(Errno.FAULT);
        assertThat(wasi.call("path_open", ROOT, 0, TEXT, -1, 0, 0, 0, 0, RESULT))
                .isEqualTo(Errno.FAULT);
        assertThat(wasi.call("path_open", ROOT, 0, TEXT, 5000, 0, 0, 0, 0, RESULT))
                .isEqualTo(Errno.NAMETOOLONG);
        int names = wasi.names(ROOT).size();
        assertThat(wasi.call("path_open", ROOT, 0, TEXT, wasi.text(TEXT, "new"), 1, 0, 0, 0, -1))
                .isEqualTo(Errno.FAULT);
        assertThat(wasi.names(ROOT)).as("nothing was made").hasSize(names);
    }

    @Test
    void millionsOfOpenFiles() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        wasi.create(ROOT, "f", "x");
        int opened = 0;
        Errno errno = Errno.SUCCESS;
        for (int i = 0; i < 1_000_000 && errno == Errno.SUCCESS; i++) {
            errno = wasi.tryOpen(ROOT, "f", 0);
            opened++;
        }
        assertThat(errno).isEqualTo(Errno.MFILE);
        assertThat(opened).isEqualTo(Descriptors.COUNT_MAX - 4 + 1);
        assertThat(wasi.tryOpen(ROOT, "f", 0)).isEqualTo(Errno.MFILE);
    }

    @Test
    void directoriesWithoutEnd() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        int at = wasi.open(ROOT, ".", DIRECTORY);
        for (int i = 0; i < 100_000; i++) {
            assertThat(wasi.mkdir(at, "d")).isEqualTo(Errno.SUCCESS);
            int next = wasi.open(at, "d", DIRECTORY);
            wasi.ok("fd_close", at);
            at = next;
        }
        wasi.create(at, "bottom", "x");
        assertThat(wasi.tryOpen(ROOT, "d/".repeat(2000), 0)).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.rename(ROOT, "d", at, "loop")).isEqualTo(Errno.INVAL);
        wasi.host.restoreState(wasi.host.saveState());
        assertThat(wasi.content(at, "bottom")).isEqualTo("x");
        Errno errno = Errno.SUCCESS;
        for (int i = 0; i < 100_000 && errno == Errno.SUCCESS; i++) {
            errno = wasi.mkdir(ROOT, "n" + i);
        }
        assertThat(errno).isEqualTo(Errno.NOSPC);
        assertThat(wasi.symlink("x", ROOT, "l")).isEqualTo(Errno.NOSPC);
    }

    @Test
    void filesWithoutEnd() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        int file = wasi.openForWriting(ROOT, "sparse", CREATE);
        wasi.ok("fd_filestat_set_size", file, FileTree.FILE_BYTES_MAX);
        assertThat(wasi.call("fd_filestat_set_size", file, FileTree.FILE_BYTES_MAX + 1))
                .isEqualTo(Errno.FBIG);
        wasi.view.putInt(512, BUFFER).putInt(516, 1);
        long step = FileTree.FILE_BYTES_MAX / 100_000;
        Errno errno = Errno.SUCCESS;
        long written = 0;
        for (long at = 0; at < FileTree.FILE_BYTES_MAX && errno == Errno.SUCCESS; at += step) {
            errno = wasi.call("fd_pwrite", file, 512, 1, at, RESULT);
            written++;
        }
        // One byte each in a chunk of its own, up to its end in memory.
        assertThat(errno).isEqualTo(Errno.NOSPC);
        assertThat(written).isGreaterThan(10_000);
        wasi.ok("fd_filestat_set_size", file, 0);
        wasi.ok("fd_pwrite", file, 512, 1, 0, RESULT);
    }

    @Test
    void namesThatAreNoText() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        wasi.bytes(TEXT, new byte[] {'a', (byte) 0xFF, 'b'});
        for (String function : List.of("path_create_directory", "path_unlink_file", "path_remove_directory")) {
            assertThat(wasi.call(function, ROOT, TEXT, 3)).isEqualTo(Errno.ILSEQ);
        }
        assertThat(wasi.mkdir(ROOT, "x".repeat(255))).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.mkdir(ROOT, "x".repeat(256))).isEqualTo(Errno.NAMETOOLONG);
        assertThat(wasi.mkdir(ROOT, "ä€😀")).isEqualTo(Errno.SUCCESS);
        assertThat(wasi.names(ROOT)).contains("ä€😀");
    }
}
