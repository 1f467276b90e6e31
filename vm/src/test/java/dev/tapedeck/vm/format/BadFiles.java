package dev.tapedeck.vm.format;

import dev.tapedeck.vm.format.BcFormat.Section;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.ProgramDraft;
import dev.tapedeck.vm.program.SamplePrograms;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the files of the corpus {@code bad/} were made. They stand there as files so that they stay what they are when the
 * writer changes, and so that other tools can be tried on them. To add one: add it here, and to {@code bad/messages.txt},
 * and run {@code main} with the folder as its argument, which leaves files alone that exist.
 */
final class BadFiles {
    private BadFiles() {}

    public static void main(String[] arguments) throws IOException {
        for (Map.Entry<String, byte[]> file : all().entrySet()) {
            Path path = Path.of(arguments[0], file.getKey() + ".bc");
            if (!Files.exists(path)) {
                Files.write(path, file.getValue());
            }
        }
    }

    private static Map<String, byte[]> all() {
        Map<String, byte[]> files = new TreeMap<>();
        byte[] good = BcWriter.write(SamplePrograms.everyPart());
        files.put("empty", new byte[0]);
        files.put("text", ".func main()\n  return\n.end\n".getBytes(StandardCharsets.US_ASCII));
        files.put("webassembly", BcBytes.hex("00 61 73 6D 01 00 00 00"));
        files.put("magic-only", BcFormat.magic());
        files.put("truncated-middle", Arrays.copyOf(good, good.length / 2));
        files.put("truncated-last-byte", Arrays.copyOf(good, good.length - 1));
        files.put("one-byte-more", Arrays.copyOf(good, good.length + 1));
        files.put("line-ends-converted", convertedLineEnds(good));
        files.put("flipped-bit", flipped(good, good.length / 2));
        files.put("newer-version", flipped(good, BcFormat.magic().length, 2));
        files.put(
                "unknown-section",
                BcBytes.withProgram().section(0x7E, "01 02 03").build());
        files.put(
                "sections-swapped",
                BcBytes.withProgram()
                        .section(Section.MEMORIES, "01 01 01")
                        .section(Section.TYPES, "01 00 00")
                        .build());
        files.put(
                "section-too-long",
                BcBytes.withProgram().raw("03 FF FF FF FF 0F").build());
        files.put("count-absurd", section(Section.TYPES, "FF FF FF FF FF FF FF FF FF 01"));
        files.put("count-beyond-the-bytes", section(Section.FUNCTIONS, "FF FF 0F 00 00"));
        files.put("count-of-targets", section(Section.FUNCTIONS, "01 00 00 01 0E 80 80 40 00 00 00"));
        files.put("number-endless", section(Section.TYPES, "80".repeat(200)));
        files.put("number-padded", section(Section.TYPES, "81 80 00"));
        files.put("opcode-unknown", section(Section.FUNCTIONS, "01 00 00 01 06"));
        files.put("code-truncated", section(Section.FUNCTIONS, "01 00 00 01 44 00 00 00 00"));
        files.put("string-beyond-the-table", section(Section.GLOBALS, "01 05 7F 00 00"));
        files.put("lines-endless", debug(Section.LINES, "00 01 00 01 FF FF FF FF 07 05"));
        files.put("names-of-other-functions", debug(Section.NAMES, "05 00 00 00 00 00"));
        files.put(
                "string-not-utf-8",
                new BcBytes()
                        .section(Section.STRINGS, "01 02 C3 28")
                        .section(Section.PROGRAM, "01 00")
                        .build());

        // These are read; the verifier refuses them.
        files.put(
                "jump-outside",
                BcWriter.write(
                        ProgramDraft.ofMain(ProgramDraft.op(Opcode.BR, 9)).build()));
        files.put(
                "stack-unequal",
                BcWriter.write(ProgramDraft.ofMain(ProgramDraft.op(Opcode.I32_CONST, 1), ProgramDraft.op(Opcode.BR, 0))
                        .build()));
        files.put(
                "off-the-end",
                BcWriter.write(ProgramDraft.ofMain(ProgramDraft.op(Opcode.NOP)).build()));
        files.put(
                "function-missing",
                BcWriter.write(ProgramDraft.ofMain(ProgramDraft.op(Opcode.CALL, 7), ProgramDraft.op(Opcode.RETURN))
                        .build()));
        return files;
    }

    private static byte[] section(Section section, String hex) {
        return BcBytes.withProgram().section(section, hex).build();
    }

    /** A debug section behind a function of three instructions. */
    private static byte[] debug(Section section, String hex) {
        return BcBytes.withProgram()
                .section(Section.FUNCTIONS, "01 00 00 03 01 01 0F")
                .section(section, hex)
                .build();
    }

    private static byte[] flipped(byte[] file, int at) {
        return flipped(file, at, file[at] ^ 0x10);
    }

    private static byte[] flipped(byte[] file, int at, int value) {
        byte[] changed = file.clone();
        changed[at] = (byte) value;
        return changed;
    }

    private static byte[] convertedLineEnds(byte[] file) {
        return new String(file, StandardCharsets.ISO_8859_1)
                .replace("\r\n", "\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
