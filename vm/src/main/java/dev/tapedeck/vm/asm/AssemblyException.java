package dev.tapedeck.vm.asm;

/**
 * Assembly text is wrong. The message reads {@code file:line:column: what is wrong (hint)}, followed by the source line
 * and a caret.
 */
public final class AssemblyException extends Exception {
    private static final long serialVersionUID = 1;

    private final int line;
    private final int column;

    public AssemblyException(String message, int line, int column) {
        super(message);
        this.line = line;
        this.column = column;
    }

    /** From 1. */
    public int line() {
        return line;
    }

    /** From 1. */
    public int column() {
        return column;
    }
}
