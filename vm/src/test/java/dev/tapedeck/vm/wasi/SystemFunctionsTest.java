package dev.tapedeck.vm.wasi;

import static dev.tapedeck.vm.wasi.WasiCaller.BUFFER;
import static dev.tapedeck.vm.wasi.WasiCaller.CREATE;
import static dev.tapedeck.vm.wasi.WasiCaller.RESULT;
import static dev.tapedeck.vm.wasi.WasiCaller.TEXT;
import static dev.tapedeck.vm.wasi.WasiCaller.TEXT_2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

@SuppressWarnings("EnumOrdinal") // WASI numbers them in this order.
class SystemFunctionsTest {
    private static final int ROOT = 3;

    @Test
    void argumentsAndEnvironment() {
        WasiCaller wasi = new WasiCaller(new WasiOptions()
                .programName("prog")
                .arguments(List.of("one", "", "zwölf"))
                .environment("LANG", "C")
                .environment("A", "b=c"));
        wasi.ok("args_sizes_get", RESULT, RESULT + 4);
        assertThat(wasi.view.getInt(RESULT)).isEqualTo(4);
        assertThat(wasi.view.getInt(RESULT + 4)).isEqualTo(5 + 4 + 1 + 7);
        wasi.ok("args_get", TEXT, TEXT_2);
        assertThat(wasi.textAt(TEXT_2, 17)).isEqualTo("prog\0one\0\0zwölf\0");
        assertThat(wasi.view.getInt(TEXT)).isEqualTo(TEXT_2);
        assertThat(wasi.view.getInt(TEXT + 4)).isEqualTo(TEXT_2 + 5);
        assertThat(wasi.view.getInt(TEXT + 8)).isEqualTo(TEXT_2 + 9);
        assertThat(wasi.view.getInt(TEXT + 12)).isEqualTo(TEXT_2 + 10);
        wasi.ok("environ_sizes_get", RESULT, RESULT + 4);
        assertThat(wasi.view.getInt(RESULT)).isEqualTo(2);
        assertThat(wasi.view.getInt(RESULT + 4)).isEqualTo(13);
        wasi.ok("environ_get", TEXT, TEXT_2);
        assertThat(wasi.textAt(TEXT_2, 13)).isEqualTo("LANG=C\0A=b=c\0");
        for (String function : List.of("args_get", "args_sizes_get", "environ_get", "environ_sizes_get")) {
            assertThat(wasi.call(function, wasi.memory.length - 3, 0)).isEqualTo(Errno.FAULT);
            assertThat(wasi.call(function, 0, wasi.memory.length - 3)).isEqualTo(Errno.FAULT);
            assertThat(wasi.call(function, -1, 0)).isEqualTo(Errno.FAULT);
        }
    }

    private static long time(WasiCaller wasi, int clock) {
        wasi.ok("clock_time_get", clock, 0, RESULT);
        return wasi.view.getLong(RESULT);
    }

    @Test
    void virtualClocksCountInstructions() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        wasi.icount = 999;
        assertThat(time(wasi, 0)).isEqualTo(1_577_836_800_000_000_000L + 1000);
        assertThat(time(wasi, 1)).isEqualTo(1001);
        assertThat(time(wasi, 2)).isEqualTo(1002);
        assertThat(time(wasi, 3)).isEqualTo(1003);
        assertThat(wasi.call("clock_time_get", 4, 0, RESULT)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("clock_res_get", 4, RESULT)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("clock_time_get", 0, 0, -1)).isEqualTo(Errno.FAULT);
        wasi.ok("clock_res_get", 1, RESULT);
        assertThat(wasi.view.getLong(RESULT)).isEqualTo(1);
    }

    @Test
    void realClocksAreTheComputers() {
        WasiCaller wasi = new WasiCaller(new WasiOptions().realClock());
        long before = System.currentTimeMillis();
        long now = time(wasi, 0) / 1_000_000;
        assertThat(now).isBetween(before, System.currentTimeMillis());
        long monotonic = time(wasi, 1);
        assertThat(time(wasi, 1)).isGreaterThanOrEqualTo(monotonic);
        subscribe(wasi, 0, 1, 0, 1, 2_000_000, 0);
        wasi.ok("poll_oneoff", TEXT, BUFFER, 1, RESULT);
        assertThat(time(wasi, 1)).isGreaterThanOrEqualTo(monotonic + 2_000_000);
    }

    @Test
    void randomBytesFollowTheSeed() {
        WasiCaller a = new WasiCaller(new WasiOptions().seed(7));
        WasiCaller b = new WasiCaller(new WasiOptions().seed(7));
        WasiCaller c = new WasiCaller(new WasiOptions().seed(8));
        for (WasiCaller wasi : List.of(a, b, c)) {
            wasi.ok("random_get", BUFFER, 200_001);
        }
        assertThat(a.memory).isEqualTo(b.memory).isNotEqualTo(c.memory);
        assertThat(a.memory[BUFFER - 1]).isZero();
        assertThat(a.memory[BUFFER + 200_001]).isZero();
        WasiCaller real = new WasiCaller(new WasiOptions().realRandom());
        real.ok("random_get", BUFFER, 16);
        byte[] first = Arrays.copyOfRange(real.memory, BUFFER, BUFFER + 16);
        real.ok("random_get", BUFFER, 16);
        assertThat(Arrays.copyOfRange(real.memory, BUFFER, BUFFER + 16)).isNotEqualTo(first);
        assertThat(a.call("random_get", 0, -1)).isEqualTo(Errno.FAULT);
    }

    @Test
    void standardStreams() {
        WasiCaller wasi = new WasiCaller(new WasiOptions(), "line 1\nline 2\n");
        assertThat(wasi.read(0, 8)).isEqualTo("line 1\nl");
        assertThat(wasi.read(0, 100)).isEqualTo("ine 2\n");
        assertThat(wasi.read(0, 100)).isEmpty();
        wasi.write(1, "out");
        wasi.write(2, "err");
        assertThat(wasi.output.toString(StandardCharsets.UTF_8)).isEqualTo("out");
        assertThat(wasi.error.toString(StandardCharsets.UTF_8)).isEqualTo("err");
        assertThat(wasi.call("fd_write", 0, RESULT, 0, RESULT)).isEqualTo(Errno.NOTCAPABLE);
        assertThat(wasi.call("fd_read", 1, RESULT, 0, RESULT)).isEqualTo(Errno.NOTCAPABLE);
        for (int stream = 0; stream < 3; stream++) {
            assertThat(wasi.call("fd_seek", stream, 0, 0, RESULT)).isEqualTo(Errno.SPIPE);
            assertThat(wasi.call("fd_tell", stream, RESULT)).isEqualTo(Errno.SPIPE);
            assertThat(wasi.call("fd_pread", stream, RESULT, 0, 0, RESULT)).isEqualTo(Errno.SPIPE);
            assertThat(wasi.call("fd_pwrite", stream, RESULT, 0, 0, RESULT)).isEqualTo(Errno.SPIPE);
            assertThat(wasi.call("fd_allocate", stream, 0, 1)).isEqualTo(Errno.SPIPE);
            assertThat(wasi.call("fd_advise", stream, 0, 1, 0)).isEqualTo(Errno.SPIPE);
            assertThat(wasi.call("fd_sync", stream)).isEqualTo(Errno.INVAL);
            assertThat(wasi.call("fd_datasync", stream)).isEqualTo(Errno.INVAL);
            assertThat(wasi.call("fd_readdir", stream, BUFFER, 100, 0, RESULT)).isEqualTo(Errno.NOTDIR);
            assertThat(wasi.call("fd_prestat_get", stream, RESULT)).isEqualTo(Errno.BADF);
            wasi.ok("fd_fdstat_get", stream, RESULT);
            assertThat(wasi.memory[RESULT]).isEqualTo((byte) FileType.UNKNOWN.code());
            assertThat(wasi.stat(stream).type()).isEqualTo(FileType.UNKNOWN);
            wasi.ok("fd_close", stream);
            assertThat(wasi.call("fd_close", stream)).isEqualTo(Errno.BADF);
        }
    }

    @Test
    void terminalsReadLineByLine() {
        WasiCaller wasi = new WasiCaller(new WasiOptions().terminal(), "line 1\nline 2\nend");
        assertThat(wasi.read(0, 100)).isEqualTo("line 1\n");
        assertThat(wasi.read(0, 4)).isEqualTo("line");
        assertThat(wasi.read(0, 100)).isEqualTo(" 2\n");
        assertThat(wasi.read(0, 100)).isEqualTo("end");
        assertThat(wasi.read(0, 100)).isEmpty();
        wasi.ok("fd_fdstat_get", 0, RESULT);
        assertThat(wasi.memory[RESULT]).isEqualTo((byte) FileType.CHARACTER_DEVICE.code());
    }

    @Test
    void preopenedDirectoriesHaveNames() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        wasi.ok("fd_prestat_get", ROOT, RESULT);
        assertThat(wasi.view.getInt(RESULT)).isZero();
        assertThat(wasi.view.getInt(RESULT + 4)).isEqualTo(1);
        wasi.ok("fd_prestat_dir_name", ROOT, BUFFER, 1);
        assertThat(wasi.textAt(BUFFER, 1)).isEqualTo("/");
        wasi.ok("fd_prestat_dir_name", ROOT, BUFFER, 10);
        assertThat(wasi.call("fd_prestat_dir_name", ROOT, BUFFER, 0)).isEqualTo(Errno.NAMETOOLONG);
        assertThat(wasi.call("fd_prestat_get", ROOT, -8)).isEqualTo(Errno.FAULT);
        assertThat(wasi.call("fd_prestat_get", 4, RESULT)).isEqualTo(Errno.BADF);
        int directory = wasi.open(ROOT, ".", WasiCaller.DIRECTORY);
        assertThat(wasi.call("fd_prestat_get", directory, RESULT)).isEqualTo(Errno.BADF);
        assertThat(wasi.call("fd_prestat_dir_name", directory, BUFFER, 10)).isEqualTo(Errno.BADF);
        wasi.ok("fd_close", ROOT);
        assertThat(wasi.call("fd_prestat_get", ROOT, RESULT)).isEqualTo(Errno.BADF);
    }

    private static void subscribe(
            WasiCaller wasi, int index, long userdata, int type, int clockOrFile, long timeout, int flags) {
        int at = TEXT + index * 48;
        wasi.view.putLong(at, userdata).put(at + 8, (byte) type).putInt(at + 16, clockOrFile);
        wasi.view.putLong(at + 24, timeout).putLong(at + 32, 0).putShort(at + 40, (short) flags);
    }

    private static String events(WasiCaller wasi) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < wasi.view.getInt(RESULT); i++) {
            int at = BUFFER + i * 32;
            text.append(wasi.view.getLong(at)).append(':');
            text.append(Errno.values()[wasi.view.getShort(at + 8)]).append(':');
            text.append(wasi.memory[at + 10]).append(':').append(wasi.view.getLong(at + 16));
            text.append(' ');
        }
        return text.toString().strip();
    }

    @Test
    void sleepingPutsTheVirtualClockForward() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        subscribe(wasi, 0, 10, 0, 1, 5_000_000_000L, 0);
        subscribe(wasi, 1, 11, 0, 0, 3_000_000_000L, 0);
        long before = time(wasi, 1);
        long cpu = time(wasi, 2);
        wasi.ok("poll_oneoff", TEXT, BUFFER, 2, RESULT);
        assertThat(events(wasi)).isEqualTo("11:SUCCESS:0:0");
        assertThat(time(wasi, 1)).isEqualTo(before + 3_000_000_003L);
        assertThat(time(wasi, 2)).isLessThan(cpu + 10);
        // An absolute time that has passed is now.
        subscribe(wasi, 0, 12, 0, 1, 5, 1);
        wasi.ok("poll_oneoff", TEXT, BUFFER, 1, RESULT);
        assertThat(events(wasi)).isEqualTo("12:SUCCESS:0:0");
        long now = time(wasi, 0);
        subscribe(wasi, 0, 13, 0, 0, now + 1000, 1);
        wasi.ok("poll_oneoff", TEXT, BUFFER, 1, RESULT);
        assertThat(time(wasi, 0)).isBetween(now + 1000, now + 1010);
        // For ever is not for ever, and never overflows.
        for (int i = 0; i < 10; i++) {
            subscribe(wasi, 0, 14, 0, 1, -1, 0);
            wasi.ok("poll_oneoff", TEXT, BUFFER, 1, RESULT);
            assertThat(time(wasi, 1)).isPositive();
            assertThat(time(wasi, 0)).isPositive();
        }
    }

    @Test
    void descriptorsAreReady() {
        WasiCaller wasi = new WasiCaller(new WasiOptions(), "input");
        wasi.create(ROOT, "f", "12345");
        int file = wasi.open(ROOT, "f", 0);
        wasi.read(file, 2);
        subscribe(wasi, 0, 1, 1, 0, 0, 0);
        subscribe(wasi, 1, 2, 2, 1, 0, 0);
        subscribe(wasi, 2, 3, 1, file, 0, 0);
        subscribe(wasi, 3, 4, 2, file, 0, 0);
        subscribe(wasi, 4, 5, 1, 77, 0, 0);
        subscribe(wasi, 5, 6, 0, 1, 1000, 0);
        subscribe(wasi, 6, 7, 0, 1, 0, 0);
        subscribe(wasi, 7, 8, 0, 9, 0, 0);
        long before = time(wasi, 1);
        wasi.ok("poll_oneoff", TEXT, BUFFER, 8, RESULT);
        assertThat(events(wasi))
                .isEqualTo("1:SUCCESS:1:1 2:SUCCESS:2:1 3:SUCCESS:1:3 4:NOTCAPABLE:2:0 5:BADF:1:0 8:INVAL:0:0"
                        + " 7:SUCCESS:0:0");
        assertThat(time(wasi, 1)).isEqualTo(before + 2);
        assertThat(wasi.call("poll_oneoff", TEXT, BUFFER, 0, RESULT)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("poll_oneoff", TEXT, BUFFER, 10_000, RESULT)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("poll_oneoff", TEXT, BUFFER, -1, RESULT)).isEqualTo(Errno.FAULT);
        subscribe(wasi, 0, 1, 3, 0, 0, 0);
        assertThat(wasi.call("poll_oneoff", TEXT, BUFFER, 1, RESULT)).isEqualTo(Errno.INVAL);
        subscribe(wasi, 0, 1, 0, 0, 0, 2);
        wasi.ok("poll_oneoff", TEXT, BUFFER, 1, RESULT);
        assertThat(events(wasi)).isEqualTo("1:INVAL:0:0");
    }

    @Test
    void theProcessEnds() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        assertThat(wasi.call("sched_yield")).isEqualTo(Errno.SUCCESS);
        for (int signal : new int[] {0, 13, 16, 17, 22, 27}) {
            wasi.ok("proc_raise", signal);
        }
        for (int signal = 18; signal <= 21; signal++) {
            assertThat(wasi.call("proc_raise", signal)).isEqualTo(Errno.NOTSUP);
        }
        assertThat(wasi.call("proc_raise", 31)).isEqualTo(Errno.INVAL);
        assertThat(wasi.call("proc_raise", -1)).isEqualTo(Errno.INVAL);
        assertThat(wasi.exitCode).isEqualTo(Integer.MIN_VALUE);
        wasi.ok("proc_raise", 6);
        assertThat(wasi.exitCode).isEqualTo(134);
        wasi.ok("proc_exit", 42);
        assertThat(wasi.exitCode).isEqualTo(42);
    }

    @Test
    void thereAreNoSockets() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        wasi.create(ROOT, "f", "x");
        for (int descriptor : new int[] {0, 1, ROOT, wasi.open(ROOT, "f", 0)}) {
            assertThat(wasi.call("sock_accept", descriptor, 0, RESULT)).isEqualTo(Errno.NOTSOCK);
            assertThat(wasi.call("sock_recv", descriptor, TEXT, 0, 0, RESULT, RESULT))
                    .isEqualTo(Errno.NOTSOCK);
            assertThat(wasi.call("sock_send", descriptor, TEXT, 0, 0, RESULT)).isEqualTo(Errno.NOTSOCK);
            assertThat(wasi.call("sock_shutdown", descriptor, 3)).isEqualTo(Errno.NOTSOCK);
        }
        assertThat(wasi.call("sock_accept", 99, 0, RESULT)).isEqualTo(Errno.BADF);
        assertThat(wasi.call("sock_recv", 99, TEXT, 0, 0, RESULT, RESULT)).isEqualTo(Errno.BADF);
        assertThat(wasi.call("sock_send", 99, TEXT, 0, 0, RESULT)).isEqualTo(Errno.BADF);
        assertThat(wasi.call("sock_shutdown", 99, 3)).isEqualTo(Errno.BADF);
    }

    @Test
    void filesOfTheVirtualTree() {
        WasiCaller wasi = new WasiCaller(new WasiOptions()
                .file("/etc/config", "a=1".getBytes(StandardCharsets.UTF_8))
                .file("data/deep/x", new byte[100_000])
                .file("empty/", new byte[0]));
        assertThat(wasi.content(ROOT, "etc/config")).isEqualTo("a=1");
        assertThat(wasi.stat(ROOT, "data/deep/x").size()).isEqualTo(100_000);
        assertThat(wasi.stat(ROOT, "empty").type()).isEqualTo(FileType.DIRECTORY);
        wasi.create(ROOT, "etc/config", "b");
        assertThat(wasi.content(ROOT, "etc/config")).isEqualTo("b");
        assertThat(wasi.tryOpen(ROOT, "etc/other", CREATE)).isEqualTo(Errno.SUCCESS);
        for (String path : List.of("", "/", "a/../b", "./x", "a\0", "x".repeat(256))) {
            assertThatThrownBy(() -> new WasiOptions().file(path, new byte[0]))
                    .hasMessageContaining("cannot be the path of a file");
        }
        assertThatThrownBy(() ->
                        new WasiCaller(new WasiOptions().file("a", new byte[0]).file("a/b", new byte[0])))
                .hasMessage("the virtual tree has a file where a/b needs a directory");
        assertThatThrownBy(() ->
                        new WasiCaller(new WasiOptions().file("a", new byte[0]).file("/a", new byte[0])))
                .hasMessage("the virtual tree has /a twice");
    }

    @Test
    void timesOfVirtualFilesAreVirtual() {
        WasiCaller wasi = new WasiCaller(new WasiOptions());
        wasi.icount = 1000;
        int file = wasi.openForWriting(ROOT, "f", CREATE);
        Filestat made = wasi.stat(file);
        assertThat(made.modified()).isEqualTo(WasiOptions.EPOCH_NANOS + 1001);
        assertThat(made.accessed()).isEqualTo(made.modified());
        wasi.icount = 2000;
        wasi.write(file, "x");
        wasi.icount = 3000;
        wasi.ok("fd_seek", file, 0, 0, RESULT);
        wasi.read(file, 1);
        Filestat later = wasi.stat(file);
        assertThat(later.modified()).isEqualTo(WasiOptions.EPOCH_NANOS + 2001);
        assertThat(later.changed()).isEqualTo(later.modified());
        assertThat(later.accessed()).isEqualTo(WasiOptions.EPOCH_NANOS + 3002);
        assertThat(later.links()).isEqualTo(1);
        assertThat(later.inode()).isEqualTo(made.inode());
    }

    @Test
    void importsAreChecked() {
        WasiHost host = new WasiCaller(new WasiOptions()).host;
        FunctionType exit = new FunctionType(List.of(dev.tapedeck.vm.isa.ValueType.I32), List.of());
        assertThat(host.linkProblem(new HostImport(WasiPreview1.MODULE, "proc_exit", 0), exit))
                .isEmpty();
        assertThat(host.linkProblem(new HostImport(WasiPreview1.MODULE, "fd_close", 0), exit))
                .contains("the function has type (i32) -> (i32)");
        assertThat(host.linkProblem(new HostImport(WasiPreview1.MODULE, "fd_clone", 0), exit))
                .contains("no such function");
        assertThat(host.linkProblem(new HostImport("env", "proc_exit", 0), exit))
                .contains("no such function");
        assertThat(WasiPreview1.FUNCTIONS).hasSize(46);
    }
}
