package dev.tapedeck.vm.wasm.dwarf;

/** A part of the debug information cannot be used. Never leaves this package: it becomes a warning. */
final class DwarfException extends Exception {
    private static final long serialVersionUID = 1L;

    DwarfException(String message) {
        super(message);
    }
}
