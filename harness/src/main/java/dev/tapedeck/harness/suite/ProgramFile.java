package dev.tapedeck.harness.suite;

import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;

/** Loads a program from a {@code .bc} or {@code .tasm} file. */
public final class ProgramFile {
    private ProgramFile() {}

    /**
     * @throws ProgramException if the file cannot be read, is no program, or does not verify; the message begins with the
     *     file's name
     */
    public static VerifiedProgram load(Path file) throws ProgramException {
        throw new UnsupportedOperationException("not yet");
    }
}
