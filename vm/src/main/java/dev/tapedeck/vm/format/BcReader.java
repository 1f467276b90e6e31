package dev.tapedeck.vm.format;

import dev.tapedeck.vm.program.Program;

/** Reads programs from {@code .bc} files. */
public final class BcReader {
    private BcReader() {}

    /**
     * @throws FormatException if the bytes are not a {@code .bc} file that this version reads
     */
    public static Program read(byte[] bytes) throws FormatException {
        throw new UnsupportedOperationException("not yet");
    }
}
