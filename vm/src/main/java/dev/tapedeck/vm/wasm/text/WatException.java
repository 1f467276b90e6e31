package dev.tapedeck.vm.wasm.text;

import dev.tapedeck.vm.wasm.WasmException;

/**
 * Why the text of a WebAssembly module cannot be used. The message reads {@code file:line:column: what is wrong},
 * followed by the source line and a caret.
 */
public final class WatException extends Exception {
    private static final long serialVersionUID = 1;

    private final WasmException.Kind kind;
    private final String reason;
    private final int line;
    private final int column;

    WatException(WasmException.Kind kind, String message, String reason, int line, int column) {
        super(message);
        this.kind = kind;
        this.reason = reason;
        this.line = line;
        this.column = column;
    }

    public WasmException.Kind kind() {
        return kind;
    }

    /** What is wrong, in the standard's words where it has some, followed by what makes it clearer. */
    public String reason() {
        return reason;
    }

    /** From 1; 0 if it is unknown. */
    public int line() {
        return line;
    }

    /** From 1, in characters; 0 if it is unknown. */
    public int column() {
        return column;
    }
}
