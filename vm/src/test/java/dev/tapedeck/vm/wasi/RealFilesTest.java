package dev.tapedeck.vm.wasi;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** The files of a real directory. */
class RealFilesTest extends FileContract {
    @TempDir
    private Path directory = Path.of("");

    @Override
    WasiCaller system() {
        return new WasiCaller(new WasiOptions().directory(directory, "/", true));
    }
}
