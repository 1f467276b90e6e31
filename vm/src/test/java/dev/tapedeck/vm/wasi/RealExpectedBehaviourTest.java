package dev.tapedeck.vm.wasi;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** A real directory. */
class RealExpectedBehaviourTest extends ExpectedBehaviourContract {
    @TempDir
    private Path directory = Path.of("");

    @Override
    WasiCaller system() {
        return new WasiCaller(new WasiOptions().directory(directory, "/", true));
    }
}
