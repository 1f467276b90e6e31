package dev.tapedeck.vm.wasi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.host.HostFunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class WasiDocumentationTest {
    private static String page() throws IOException {
        return Files.readString(Path.of("..", "docs", "wasi.md"));
    }

    @Test
    @DisplayName("docs/wasi.md has every function with its type")
    void functions() throws IOException {
        for (HostFunction function : WasiPreview1.FUNCTIONS) {
            assertThat(page())
                    .contains("| `" + function.name() + "` | `" + function.type() + "` | " + function.documentation()
                            + " |");
        }
    }

    @Test
    @DisplayName("docs/wasi.md has the limits that the code has")
    void limits() throws IOException {
        limit("open descriptors", Descriptors.COUNT_MAX, "MFILE");
        limit("files, directories and links of the virtual tree", FileTree.NODES_MAX, "NOSPC");
        limit("names in it", FileTree.NAMES_MAX, "NOSPC");
        limit("bytes of a path", PathWalk.PATH_BYTES_MAX, "NAMETOOLONG");
        limit("characters of a name", PathWalk.NAME_CHARS_MAX, "NAMETOOLONG");
        limit("links on a path", PathWalk.LINKS_MAX, "LOOP");
        limit("buffers of a read or write", Guest.BUFFERS_MAX, "INVAL");
        limit("subscriptions of `poll_oneoff`", SystemFunctions.SUBSCRIPTIONS_MAX, "INVAL");
        limit("real directories", WasiOptions.DIRECTORIES_MAX, "refused before the run");
        assertThat(FileTree.BYTES_MAX).isEqualTo(256 << 20);
        assertThat(FileTree.FILE_BYTES_MAX).isEqualTo(1L << 40);
        assertThat(Guest.TRANSFER_BYTES_MAX).isEqualTo(16 << 20);
        assertThat(SystemFunctions.RANDOM_BYTES_MAX).isEqualTo(16 << 20);
        assertThat(WasiOptions.TEXT_BYTES_MAX).isEqualTo(1 << 20);
    }

    private static void limit(String what, int most, String beyond) throws IOException {
        assertThat(page()).contains(String.format(Locale.ROOT, "| %s | %,d | %s |", what, most, beyond));
    }
}
