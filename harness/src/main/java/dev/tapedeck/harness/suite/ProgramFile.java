package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Loads a program from a {@code .bc} or {@code .tasm} file. */
public final class ProgramFile {
    /** A larger file is refused before it is read. */
    public static final int FILE_BYTES_MAX = 256 << 20;

    private ProgramFile() {}

    /** Whether the name of {@code file} ends like a program's: {@code .bc} or {@code .tasm}, in any case. */
    public static boolean isProgram(Path file) {
        String name = fileName(file).toLowerCase(Locale.ROOT);
        return name.endsWith(".bc") || name.endsWith(".tasm");
    }

    /**
     * @throws ProgramException if the file cannot be read, is no program, or does not verify; the message begins with the
     *     file's name
     */
    public static VerifiedProgram load(Path file) throws ProgramException {
        String name = fileName(file);
        if (!isProgram(file)) {
            throw new ProgramException(name + ": not a program; expected a file that ends in .bc or .tasm");
        }
        byte[] bytes = read(file, name);
        Program program = name.toLowerCase(Locale.ROOT).endsWith(".bc") ? decode(name, bytes) : assemble(name, bytes);
        try {
            VerifiedProgram verified = Verifier.verify(program);
            checkExpectedFaults(name, program);
            return verified;
        } catch (VerifyException e) {
            throw new ProgramException(named(name, e));
        }
    }

    /** The assembler knows the faults, the format of {@code .bc} does not: a test that can never pass is found here. */
    private static void checkExpectedFaults(String name, Program program) throws ProgramException {
        for (TestCase test : program.tests()) {
            String fault = test.expectedFault().orElse("");
            if (!fault.isEmpty() && FaultKind.ofMnemonic(fault).isEmpty()) {
                throw new ProgramException(name + ": test '" + Visible.of(test.name()) + "' expects the fault '"
                        + Visible.of(fault) + "', which the machine does not have; it has "
                        + Stream.of(FaultKind.values()).map(FaultKind::mnemonic).collect(Collectors.joining(", ")));
            }
        }
    }

    private static byte[] read(Path file, String name) throws ProgramException {
        try {
            if (Files.isDirectory(file)) {
                throw new ProgramException(name + ": is a directory; expected a program file");
            }
            if (!Files.isRegularFile(file) && Files.exists(file)) {
                throw new ProgramException(name + ": is not a regular file; expected a program file");
            }
            try (InputStream in = Files.newInputStream(file)) {
                byte[] bytes = in.readNBytes(FILE_BYTES_MAX + 1);
                if (bytes.length > FILE_BYTES_MAX) {
                    throw new ProgramException(
                            name + ": is larger than " + (FILE_BYTES_MAX >> 20) + " MiB, the most a program may have");
                }
                return bytes;
            }
        } catch (NoSuchFileException e) {
            throw new ProgramException(
                    name + (Files.isSymbolicLink(file) ? ": is a link to a missing file" : ": no such file")
                            + " (looked for " + file.toAbsolutePath() + ")");
        } catch (AccessDeniedException e) {
            throw new ProgramException(name + ": cannot be read: permission denied");
        } catch (IOException e) {
            throw new ProgramException(name + ": cannot be read: " + e.getMessage());
        }
    }

    private static Program decode(String name, byte[] bytes) throws ProgramException {
        try {
            return BcReader.read(bytes);
        } catch (FormatException e) {
            throw new ProgramException(named(name, e));
        }
    }

    private static Program assemble(String name, byte[] bytes) throws ProgramException {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ProgramException(
                    name + ": is not UTF-8 text, which assembly has to be; a binary program's name ends in .bc");
        }
        try {
            return Assembler.assemble(name, text);
        } catch (AssemblyException e) {
            throw new ProgramException(named(name, e));
        }
    }

    private static String named(String name, Exception problem) {
        String message = String.valueOf(problem.getMessage());
        return message.startsWith(name) ? message : name + ": " + message;
    }

    private static String fileName(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString();
    }
}
