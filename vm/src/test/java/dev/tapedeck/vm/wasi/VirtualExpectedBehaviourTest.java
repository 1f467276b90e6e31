package dev.tapedeck.vm.wasi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The virtual tree. */
class VirtualExpectedBehaviourTest extends ExpectedBehaviourContract {
    @Override
    WasiCaller system() {
        return new WasiCaller(new WasiOptions());
    }

    @Test
    @DisplayName("symlink_filestat: the times of a link are not those of what it leads to")
    void timesOfLinks() {
        WasiCaller wasi = system();
        wasi.create(ROOT, "file", "");
        wasi.symlink("file", ROOT, "link");
        Filestat file = wasi.stat(ROOT, "file");
        long modified = wasi.stat(ROOT, "link").modified() - 200;
        int length = wasi.text(WasiCaller.TEXT, "link");
        wasi.ok("path_filestat_set_times", ROOT, 0, WasiCaller.TEXT, length, 0, modified, 4);
        assertThat(wasi.stat(ROOT, "link").modified()).isEqualTo(modified);
        assertThat(wasi.stat(ROOT, "file")).isEqualTo(file);
        wasi.ok("path_filestat_set_times", ROOT, 1, WasiCaller.TEXT, length, 0, modified + 1, 4);
        assertThat(wasi.stat(ROOT, "link").modified()).isEqualTo(modified);
        assertThat(wasi.stat(ROOT, "file").modified()).isEqualTo(modified + 1);
    }

    @Test
    @DisplayName("stat-dev-ino: files have different inodes, names of one file the same")
    void inodes() {
        WasiCaller wasi = system();
        wasi.create(ROOT, "a", "");
        wasi.create(ROOT, "b", "");
        wasi.link(ROOT, "a", ROOT, "c", false);
        assertThat(wasi.stat(ROOT, "a").inode())
                .isNotEqualTo(wasi.stat(ROOT, "b").inode());
        assertThat(wasi.stat(ROOT, "a").inode()).isEqualTo(wasi.stat(ROOT, "c").inode());
        assertThat(wasi.stat(ROOT, "a").device()).isEqualTo(wasi.stat(ROOT).device());
    }
}
