package dev.tapedeck.harness.fuzz;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

final class TasmTarget implements Target.Code {
    @Override
    public void run(byte[] input) throws FormatException {
        Program program;
        try {
            program = Assembler.assemble("fuzz.tasm", new String(input, StandardCharsets.UTF_8));
        } catch (AssemblyException e) {
            return;
        }
        Trial.writtenAndRead(program);
        VerifiedProgram verified;
        try {
            verified = Verifier.verify(program);
        } catch (VerifyException e) {
            return;
        }
        Trial.disassembled(program);
        Trial.run(verified);
    }

    @Override
    public List<byte[]> seeds() {
        return texts();
    }

    static List<byte[]> texts() {
        List<byte[]> texts =
                new ArrayList<>(Target.files("../examples/src/test/programs", ".tasm", Target.INPUT_BYTES_MAX));
        texts.addAll(Target.files("../vm/src/test/resources/programs", ".tasm", Target.INPUT_BYTES_MAX));
        return texts;
    }
}
