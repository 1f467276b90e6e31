package dev.tapedeck.vm.wasi;

import static dev.tapedeck.vm.wasi.WasiCaller.CREATE;
import static dev.tapedeck.vm.wasi.WasiCaller.DIRECTORY;
import static dev.tapedeck.vm.wasi.WasiCaller.RESULT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.machine.HostState;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The system's state in snapshots: complete, shared where nothing has changed, and refused where it is damaged. */
class WasiSnapshotTest {
    private static final int ROOT = 3;

    private static HostState throughBytes(HostState state) {
        return HostState.unpack(state.pack(null), null);
    }

    @Test
    @DisplayName("S1: descriptors, positions, files, clock, random source and input are as they were")
    void everythingIsBack() {
        WasiCaller wasi = new WasiCaller(new WasiOptions().seed(3).file("f", new byte[50_000]), "0123456789");
        wasi.mkdir(ROOT, "d");
        wasi.symlink("../f", ROOT, "d/l");
        wasi.create(ROOT, "d/g", "hello");
        wasi.link(ROOT, "d/g", ROOT, "h", false);
        int file = wasi.openForWriting(ROOT, "d/g", 0);
        assertThat(wasi.read(file, 2)).isEqualTo("he");
        int gone = wasi.openForWriting(ROOT, "gone", CREATE);
        wasi.write(gone, "still here");
        wasi.unlink(ROOT, "gone");
        int directory = wasi.open(ROOT, "d", DIRECTORY);
        wasi.ok("fd_fdstat_set_rights", directory, Rights.DIRECTORY & ~Rights.PATH_SYMLINK, Rights.FILE);
        wasi.ok("fd_renumber", 2, 1);
        assertThat(wasi.read(0, 4)).isEqualTo("0123");
        wasi.ok("random_get", 2048, 13);
        HostState state = throughBytes(wasi.host.saveState());

        List<WasiCaller> others = new ArrayList<>(List.of(wasi, new WasiCaller(new WasiOptions(), "0123456789")));
        // First here, where much happens in between; then in another system.
        for (WasiCaller other : others) {
            other.write(1, "x");
            other.mkdir(ROOT, "more");
            other.unlink(ROOT, "h");
            other.ok("random_get", 2048, 5);
            other.host.restoreState(state);
            other.icount = 3000;
            assertThat(other.names(ROOT)).containsExactly(".", "..", "f", "d", "h");
            assertThat(other.content(ROOT, "h")).isEqualTo("hello");
            assertThat(other.stat(ROOT, "h").links()).isEqualTo(2);
            assertThat(other.read(file, 100)).isEqualTo("llo");
            other.ok("fd_seek", gone, 0, 0, RESULT);
            assertThat(other.read(gone, 100)).isEqualTo("still here");
            assertThat(other.stat(gone).links()).isZero();
            assertThat(other.symlink("x", directory, "y")).isEqualTo(Errno.NOTCAPABLE);
            assertThat(other.names(directory)).containsExactly(".", "..", "l", "g");
            assertThat(other.stat(ROOT, "d/l").size()).isEqualTo(4);
            assertThat(other.call("fd_close", 2)).isEqualTo(Errno.BADF);
            assertThat(other.read(0, 100)).isEqualTo("456789");
            other.output.reset();
            other.error.reset();
            other.write(1, "to error");
            assertThat(other.error.size()).isEqualTo(8);
            other.ok("random_get", 2048, 13);
            other.icount = 5000;
            other.create(ROOT, "after", "x");
        }
        byte[] here = Arrays.copyOfRange(others.get(0).memory, 2048, 2061);
        assertThat(Arrays.copyOfRange(others.get(1).memory, 2048, 2061)).isEqualTo(here);
        assertThat(others.get(1).stat(ROOT, "after")).isEqualTo(others.get(0).stat(ROOT, "after"));
        assertThat(others.get(0).host.saveState().pack(null))
                .isEqualTo(others.get(1).host.saveState().pack(null));
    }

    @Test
    @DisplayName("S8: a snapshot shares with the one before whatever has not changed")
    void whatHasNotChangedIsShared() {
        WasiOptions options = new WasiOptions();
        for (int i = 0; i < 100; i++) {
            options.file("dir" + i % 7 + "/file" + i, new byte[100_000]);
        }
        WasiCaller wasi = new WasiCaller(options);
        HostState first = wasi.host.saveState();
        assertThat(first.pack(null).length).isGreaterThan(10_000_000);
        HostState second = wasi.host.saveState();
        assertThat(second.pack(first).length).isLessThan(200);
        int file = wasi.openForWriting(ROOT, "dir3/file3", 0);
        wasi.ok("fd_seek", file, 50_000, 0, RESULT);
        wasi.write(file, "changed");
        HostState third = wasi.host.saveState();
        byte[] delta = third.pack(second);
        assertThat(delta.length).isLessThan(FileNode.CHUNK_BYTES + 1000);
        HostState read = HostState.unpack(delta, second);
        assertThat(read.pack(null)).isEqualTo(third.pack(null));
        wasi.write(file, "again");
        HostState fourth = wasi.host.saveState();
        assertThat(fourth.pack(read).length)
                .as("read from a file, it is no less shared")
                .isGreaterThan(10_000);
        // Going back and on does not lose the sharing.
        wasi.host.restoreState(read);
        assertThat(wasi.host.saveState().pack(read).length).isLessThan(200);
        wasi.host.restoreState(first);
        assertThat(wasi.content(ROOT, "dir3/file3")).doesNotContain("changed");
        wasi.host.restoreState(third);
        assertThat(wasi.content(ROOT, "dir3/file3")).contains("changed").doesNotContain("again");
    }

    @Test
    void randomRunsGoBackAndForth() {
        for (long seed = 1; seed <= 20; seed++) {
            Random random = new Random(seed);
            WasiCaller wasi = new WasiCaller(new WasiOptions());
            List<HostState> states = new ArrayList<>();
            List<String> seen = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                change(wasi, random);
                if (random.nextInt(10) == 0) {
                    states.add(wasi.host.saveState());
                    seen.add(tree(wasi, ROOT, ""));
                }
                if (!states.isEmpty() && random.nextInt(20) == 0) {
                    int back = random.nextInt(states.size());
                    HostState state = states.get(back);
                    wasi.host.restoreState(random.nextBoolean() ? state : throughBytes(state));
                    assertThat(tree(wasi, ROOT, ""))
                            .as("seed " + seed + ", step " + i)
                            .isEqualTo(seen.get(back));
                }
            }
        }
    }

    private static void change(WasiCaller wasi, Random random) {
        String a = name(random);
        String b = name(random);
        switch (random.nextInt(7)) {
            case 0 -> wasi.mkdir(ROOT, a);
            case 1 -> wasi.rename(ROOT, a, ROOT, b);
            case 2 -> wasi.unlink(ROOT, a);
            case 3 -> wasi.rmdir(ROOT, a);
            case 4 -> wasi.symlink(b, ROOT, a);
            case 5 -> wasi.link(ROOT, a, ROOT, b, false);
            default -> {
                if (wasi.tryOpen(ROOT, a, true, CREATE, Rights.FILE, 0, 0) == Errno.SUCCESS) {
                    int file = wasi.view.getInt(RESULT);
                    wasi.ok("fd_seek", file, random.nextInt(60_000), 0, RESULT);
                    wasi.write(file, "content " + random.nextInt(1000));
                    if (random.nextBoolean()) {
                        wasi.ok("fd_filestat_set_size", file, random.nextInt(60_000));
                    }
                    wasi.ok("fd_close", file);
                }
            }
        }
    }

    private static String name(Random random) {
        String name = "" + (char) ('a' + random.nextInt(4));
        return random.nextBoolean() ? name : name + "/" + (char) ('a' + random.nextInt(4));
    }

    /** Everything below a directory, as text. */
    private static String tree(WasiCaller wasi, int directory, String indent) {
        StringBuilder text = new StringBuilder();
        for (WasiCaller.Dirent entry : wasi.list(directory, 2, 100_000)) {
            text.append(indent).append(entry).append('\n');
            if (entry.type() == FileType.DIRECTORY) {
                int below = wasi.open(directory, entry.name(), DIRECTORY);
                text.append(tree(wasi, below, indent + "  "));
                wasi.ok("fd_close", below);
            } else if (entry.type() == FileType.REGULAR_FILE) {
                Filestat stat = wasi.stat(directory, entry.name());
                text.append(indent).append(stat.size()).append(' ').append(stat.links());
                int file = wasi.open(directory, entry.name(), 0);
                text.append(' ').append(wasi.read(file, 100_000).hashCode()).append('\n');
                wasi.ok("fd_close", file);
            }
        }
        return text.toString();
    }

    @Test
    void damagedStatesAreRefusedAndChangeNothing() {
        WasiCaller wasi = new WasiCaller(new WasiOptions().file("d/f", new byte[] {1, 2, 3}));
        wasi.open(ROOT, "d/f", 0);
        wasi.symlink("x", ROOT, "l");
        byte[] packed = wasi.host.saveState().pack(null);
        long seed = 4711;
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = packed.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                wasi.host.restoreState(HostState.unpack(damaged, null));
                // Whatever it is, the system works with it.
                wasi.call("fd_readdir", ROOT, WasiCaller.BUFFER, 1000, 0, RESULT);
                wasi.tryOpen(ROOT, "d/f", 0);
                wasi.tryOpen(ROOT, "new", CREATE);
                wasi.host.restoreState(HostState.unpack(packed, null));
            } catch (IllegalArgumentException e) {
                refused++;
                assertThat(e.getMessage()).as("seed " + seed).containsAnyOf("the state", "was open in real directory");
                assertThat(wasi.content(ROOT, "d/f")).isEqualTo("\1\2\3");
            }
        }
        assertThat(refused).isGreaterThan(5_000);
    }

    @Test
    void realFilesAreOpenedAgain(@TempDir Path directory) throws Exception {
        Files.createDirectory(directory.resolve("d"));
        Files.writeString(directory.resolve("d/f"), "content");
        WasiCaller wasi = new WasiCaller(new WasiOptions().directory(directory, "/data", true));
        int folder = wasi.open(4, "d", DIRECTORY);
        int file = wasi.openForWriting(folder, "f", 0);
        assertThat(wasi.read(file, 3)).isEqualTo("con");
        HostState state = throughBytes(wasi.host.saveState());
        wasi.ok("fd_close", file);
        wasi.ok("fd_close", folder);
        wasi.host.restoreState(state);
        assertThat(wasi.read(file, 10)).isEqualTo("tent");
        assertThat(wasi.content(folder, "f")).isEqualTo("content");
        WasiCaller other = new WasiCaller(new WasiOptions().directory(directory, "/data", true));
        other.host.restoreState(state);
        assertThat(other.read(file, 10)).isEqualTo("tent");
        WasiCaller without = new WasiCaller(new WasiOptions());
        assertThatThrownBy(() -> without.host.restoreState(state))
                .hasMessageContaining("was open in real directory 1, but there are 0 of them now");
        Files.delete(directory.resolve("d/f"));
        assertThatThrownBy(() -> wasi.host.restoreState(state))
                .hasMessageContaining("descriptor " + file + " was open on d/f in " + directory.toRealPath())
                .hasMessageContaining("cannot be opened again: NOENT");
        assertThat(wasi.read(file, 10)).as("nothing has changed").isEmpty();
        Files.createSymbolicLink(directory.resolve("d/f"), Path.of("/etc/passwd"));
        assertThatThrownBy(() -> wasi.host.restoreState(state)).hasMessageContaining("LOOP");
    }

    @Test
    @DisplayName(
            "S8: a host that nobody has called is saved and put back at no cost, but for an input that others read")
    void noCallNoCost() throws Exception {
        InputTape input = new InputTape(new ByteArrayInputStream("0123456789".getBytes(StandardCharsets.UTF_8)));
        WasiHost host = new WasiHost(
                new WasiOptions(), input, OutputStream.nullOutputStream(), OutputStream.nullOutputStream());
        HostState start = host.saveState();
        assertThat(host.saveState()).isSameAs(start);
        assertThat(input.read(4)).isEqualTo("0123".getBytes(StandardCharsets.UTF_8));
        HostState later = host.saveState();
        assertThat(later.pack(null)).isNotEqualTo(start.pack(null));
        assertThat(input.read(2)).isEqualTo("45".getBytes(StandardCharsets.UTF_8));

        host.restoreState(later);
        assertThat(input.position()).isEqualTo(4);
        assertThat(host.saveState()).isSameAs(later);
        host.restoreState(start);
        assertThat(input.position()).isZero();
        assertThat(host.saveState().pack(null)).isEqualTo(start.pack(null));
    }

    @Test
    @DisplayName("S8: what was open is open again after a host was closed and its last state put back")
    void closedAndPutBack() {
        WasiCaller wasi = new WasiCaller(new WasiOptions().file("f", "hello".getBytes(StandardCharsets.UTF_8)));
        int file = wasi.open(ROOT, "f", 0);
        HostState state = wasi.host.saveState();
        wasi.host.close();
        wasi.host.restoreState(state);
        assertThat(wasi.read(file, 5)).isEqualTo("hello");
    }
}
