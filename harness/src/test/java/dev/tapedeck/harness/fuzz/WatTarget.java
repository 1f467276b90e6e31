package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import dev.tapedeck.vm.wasm.WasmException;
import dev.tapedeck.vm.wasm.text.WatException;
import dev.tapedeck.vm.wasm.text.WatModule;
import java.util.List;

final class WatTarget implements Target.Code {
    @Override
    public void run(byte[] input) throws FormatException {
        WatModule module;
        try {
            module = WatModule.read("fuzz.wat", input);
        } catch (WatException e) {
            assertMessage(e);
            return;
        }
        Program program;
        try {
            program = module.program("fuzz");
        } catch (WatException e) {
            assertMessage(e);
            assertThat(e.kind())
                    .as("what text gives is well-formed: %s", e.getMessage())
                    .isNotEqualTo(WasmException.Kind.MALFORMED);
            return;
        }
        VerifiedProgram verified;
        try {
            verified = Verifier.verify(program);
        } catch (VerifyException e) {
            throw new AssertionError("the importer takes it, the verifier does not: " + e.getMessage(), e);
        }
        Trial.writtenAndRead(program);
        Trial.run(verified);
    }

    private static void assertMessage(WatException e) {
        assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(2_000);
        assertThat(e.getMessage().lines()).as("message, source line, caret").hasSizeLessThanOrEqualTo(3);
        assertThat(e.reason()).isNotBlank().doesNotContain("\n");
        assertThat(e.line()).isNotNegative();
    }

    @Override
    public List<byte[]> seeds() {
        return Target.files("../vm/src/test/resources/dev/tapedeck/vm/wasm", ".wat", Target.INPUT_BYTES_MAX);
    }
}
