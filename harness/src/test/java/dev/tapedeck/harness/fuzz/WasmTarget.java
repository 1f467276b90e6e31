package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import dev.tapedeck.vm.wasm.Importer;
import dev.tapedeck.vm.wasm.WasmException;
import java.util.List;

final class WasmTarget implements Target.Code {
    @Override
    public void run(byte[] input) throws FormatException {
        Program program;
        try {
            program = Importer.program("fuzz", input);
        } catch (WasmException e) {
            assertThat(e.getMessage()).isNotBlank().doesNotContain("\n");
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

    @Override
    public List<byte[]> seeds() {
        return Target.files("../vm/src/test/resources/dev/tapedeck/vm/wasm", ".wasm", Target.INPUT_BYTES_MAX);
    }
}
