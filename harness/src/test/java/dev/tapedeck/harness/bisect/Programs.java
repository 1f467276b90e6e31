package dev.tapedeck.harness.bisect;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The test programs of this package. */
public final class Programs {
    private Programs() {}

    static String text(String name) {
        try (var in = Programs.class.getResourceAsStream("/bisect/" + name)) {
            if (in == null) {
                throw new IllegalArgumentException("no test program " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static VerifiedProgram program(String name) {
        return assemble(name, text(name));
    }

    static VerifiedProgram assemble(String name, String text) {
        try {
            return Verifier.verify(Assembler.assemble(name, text));
        } catch (AssemblyException | VerifyException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
