package dev.tapedeck.vm.format;

import dev.tapedeck.vm.program.Program;

/** Writes programs as {@code .bc} files. */
public final class BcWriter {
    private BcWriter() {}

    /** The bytes of a {@code .bc} file; the same program always gives the same bytes. */
    public static byte[] write(Program program) {
        throw new UnsupportedOperationException("not yet");
    }
}
