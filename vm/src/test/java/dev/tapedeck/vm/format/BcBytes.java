package dev.tapedeck.vm.format;

import dev.tapedeck.vm.format.BcFormat.Section;
import dev.tapedeck.vm.program.Sha256;
import java.util.Arrays;
import java.util.HexFormat;

/** Files made by hand, for tests: sections with any content, and a digest that is right all the same. */
final class BcBytes {
    private final BcOutput out = new BcOutput();

    BcBytes() {
        out.raw(BcFormat.magic());
        out.unsigned(BcFormat.VERSION);
    }

    /** A file with the smallest program section there is, and so far nothing else. */
    static BcBytes withProgram() {
        return new BcBytes().section(Section.PROGRAM, "00 00");
    }

    BcBytes section(Section section, String hex) {
        return section(section.id, hex);
    }

    BcBytes section(int id, String hex) {
        out.u8(id);
        out.blob(hex(hex));
        return this;
    }

    BcBytes raw(String hex) {
        out.raw(hex(hex));
        return this;
    }

    static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
    }

    byte[] build() {
        return withDigest(out.toByteArray(), out.size());
    }

    /** The first {@code length} bytes, and their digest. */
    static byte[] withDigest(byte[] bytes, int length) {
        BcOutput file = new BcOutput();
        file.raw(Arrays.copyOf(bytes, length));
        file.raw(Sha256.digest(bytes, length));
        return file.toByteArray();
    }
}
