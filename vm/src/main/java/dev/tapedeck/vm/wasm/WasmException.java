package dev.tapedeck.vm.wasm;

/** Why a WebAssembly module cannot be used. The message is one line. */
public final class WasmException extends Exception {
    private static final long serialVersionUID = 1;

    /** What kind of problem it is; the words are the standard's. */
    public enum Kind {
        /** The bytes are no module. */
        MALFORMED("malformed module"),
        /** The module breaks a rule of validation. */
        INVALID("invalid module"),
        /** The module needs what this importer does not have, or is beyond a limit; the reason has the feature's name. */
        UNSUPPORTED("unsupported module"),
        /** An import is missing, or is of another type. */
        UNLINKABLE("unlinkable module");

        private final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    private final Kind kind;
    private final String reason;
    private final long offset;

    WasmException(Kind kind, String reason, long offset) {
        super(kind.words + ": " + reason + (offset < 0 ? "" : " (at byte 0x" + Long.toHexString(offset) + ")"));
        this.kind = kind;
        this.reason = reason;
        this.offset = offset;
    }

    public Kind kind() {
        return kind;
    }

    /** What is wrong, in the standard's words where it has some, followed by what makes it clearer. */
    public String reason() {
        return reason;
    }

    /** The byte of the file at which it was found, or -1 where there is none. */
    public long offset() {
        return offset;
    }
}
