package dev.tapedeck.vm.wasi;

/** The files of the virtual tree. */
class VirtualFilesTest extends FileContract {
    @Override
    WasiCaller system() {
        return new WasiCaller(new WasiOptions());
    }
}
