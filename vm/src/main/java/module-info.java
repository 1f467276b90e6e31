/** The machine: programs, their verification, their text and binary forms, and their execution. */
module dev.tapedeck.vm {
    requires static transitive org.jspecify;

    exports dev.tapedeck.vm.asm;
    exports dev.tapedeck.vm.format;
    exports dev.tapedeck.vm.host;
    exports dev.tapedeck.vm.isa;
    exports dev.tapedeck.vm.machine;
    exports dev.tapedeck.vm.program;
    exports dev.tapedeck.vm.verify;
    exports dev.tapedeck.vm.wasi;
    exports dev.tapedeck.vm.wasm.dwarf;
    exports dev.tapedeck.vm.wasm;
    exports dev.tapedeck.vm.wasm.text;
}
