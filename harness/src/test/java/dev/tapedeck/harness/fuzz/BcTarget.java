package dev.tapedeck.harness.fuzz;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

final class BcTarget implements Target.Code {
    private static final int DIGEST_BYTES = 32;

    @Override
    public void run(byte[] input) throws FormatException {
        Program program;
        try {
            program = BcReader.read(withDigest(input));
        } catch (FormatException e) {
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

    static byte[] withDigest(byte[] body) {
        byte[] file = Arrays.copyOf(body, body.length + DIGEST_BYTES);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
            System.arraycopy(digest, 0, file, body.length, DIGEST_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
        return file;
    }

    @Override
    public List<byte[]> seeds() throws Exception {
        List<byte[]> seeds = new ArrayList<>();
        for (byte[] text : TasmTarget.texts()) {
            Program program = Assembler.assemble("seed.tasm", new String(text, StandardCharsets.UTF_8));
            for (Program form : List.of(program, program.stripped())) {
                byte[] file = BcWriter.write(form);
                seeds.add(Arrays.copyOf(file, file.length - DIGEST_BYTES));
            }
        }
        return seeds;
    }
}
