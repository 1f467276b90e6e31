package dev.tapedeck.vm.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.format.BcFormat.Section;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.program.SamplePrograms;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the reader says about files that are not as they should be. */
class BcReaderTest {
    private static void refused(byte[] file, String message) {
        assertThatThrownBy(() -> BcReader.read(file))
                .isInstanceOf(FormatException.class)
                .hasMessage(message);
    }

    private static void refused(BcBytes file, String message) {
        refused(file.build(), message);
    }

    /** A file that has only a program section and the one given is refused; the section's content begins at byte 18. */
    private static void refused(Section section, String hex, String message) {
        BcBytes file = section == Section.STRINGS
                ? new BcBytes().section(section, hex).section(Section.PROGRAM, "00 00")
                : BcBytes.withProgram().section(section, hex);
        refused(file, "section '" + section.label + "', byte " + message);
    }

    @Nested
    @DisplayName("W5: magic, version, sections")
    class Frame {
        private byte[] sample() {
            return BcWriter.write(SamplePrograms.everyPart());
        }

        @Test
        void magic() {
            assertThat(sample()).startsWith(0x89, 'T', 'A', 'P', 'E', 'B', 'C', '\r', '\n', 0x1A, '\n', 1);
        }

        @Test
        void empty() {
            refused(new byte[0], "the file is empty, expected a .bc program");
        }

        @Test
        void otherFiles() {
            refused(
                    new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0},
                    "not a .bc program: byte 0 is 0x00, expected 0x89; this is a WebAssembly module");
            refused(
                    ".func main()\n".getBytes(StandardCharsets.US_ASCII),
                    "not a .bc program: byte 0 is 0x2E, expected 0x89; this looks like text; if it is assembly (.tasm),"
                            + " assemble it first");
            refused(
                    new byte[] {(byte) 0x89, 'P', 'N', 'G'},
                    "not a .bc program: byte 1 is 0x50, expected 0x54; this is some other file");
            refused(
                    new byte[] {(byte) 0xCA},
                    "not a .bc program: byte 0 is 0xCA, expected 0x89; this is some other file");
        }

        @Test
        void changedByATransferAsText() {
            byte[] file = sample();
            file[0] &= 0x7F;
            refused(
                    file,
                    "not a .bc program: byte 0 is 0x09, expected 0x89; a transfer as text has changed it; transfer it as"
                            + " binary");
            String text = new String(sample(), StandardCharsets.ISO_8859_1);
            refused(
                    text.replace("\r\n", "\n").getBytes(StandardCharsets.ISO_8859_1),
                    "not a .bc program: byte 7 is 0x0A, expected 0x0D; a transfer as text has changed it; transfer it as"
                            + " binary");
            refused(
                    text.replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1),
                    "not a .bc program: byte 8 is 0x0D, expected 0x0A; a transfer as text has changed it; transfer it as"
                            + " binary");
        }

        @Test
        @DisplayName("W5: a newer version is refused with what to do")
        void version() {
            byte[] file = sample();
            file[11] = 2;
            refused(
                    file,
                    "the file has format version 2, and this Tapedeck reads up to version 1; use a newer Tapedeck, or make"
                            + " the file again with this one");
            file[11] = 0;
            refused(file, "the file has format version 0, expected 1 to 1");
            file[11] = (byte) 0x80;
            file[12] = 0;
            refused(file, "header, byte 11: the format version is not in its shortest form");
        }

        @Test
        @DisplayName("K6: every truncation of a file is refused")
        void truncated() {
            byte[] file = sample();
            for (int length = 0; length < file.length; length++) {
                byte[] part = Arrays.copyOf(file, length);
                assertThatThrownBy(() -> BcReader.read(part))
                        .as("%d bytes", length)
                        .isInstanceOf(FormatException.class)
                        .hasMessageMatching("(?s).*(truncated|empty).*");
            }
            refused(
                    Arrays.copyOf(file, 5),
                    "the file has 5 bytes, which begin like a .bc program: the file is truncated; make it again, or fetch"
                            + " it again");
            refused(
                    Arrays.copyOf(file, 11),
                    "the file ends before its format version: the file is truncated; make it again, or fetch it again");
            refused(
                    Arrays.copyOf(file, 40),
                    "the file has 40 bytes, expected at least 44: the file is truncated; make it again, or fetch it again");
        }

        @Test
        void somethingBehindTheEnd() {
            byte[] file = Arrays.copyOf(sample(), sample().length + 1);
            assertThatThrownBy(() -> BcReader.read(file)).isInstanceOf(FormatException.class);
        }

        @Test
        @DisplayName("W6: any flipped bit is noticed")
        void flippedBits() {
            byte[] file = sample();
            for (int bit = 0; bit < 8 * file.length; bit++) {
                byte[] flipped = file.clone();
                flipped[bit / 8] ^= (byte) (1 << (bit % 8));
                assertThatThrownBy(() -> BcReader.read(flipped))
                        .as("bit %d", bit)
                        .isInstanceOf(FormatException.class);
            }
        }

        @Test
        void digest() {
            byte[] file = sample();
            file[file.length - 1] ^= 1;
            refused(
                    file,
                    "the digest at byte " + (file.length - 32)
                            + " is not that of the bytes before it: the file is damaged or truncated; make it again, or"
                            + " fetch it again");
        }

        @Test
        void unknownSectionThatIsNeeded() {
            refused(
                    BcBytes.withProgram().section(0x7F, "01"),
                    "byte 16: section 0x7F is not known to this Tapedeck and cannot be skipped; use a newer Tapedeck");
            refused(
                    new BcBytes().section(0, "01"),
                    "byte 12: section 0x00 is not known to this Tapedeck and cannot be skipped; use a newer Tapedeck");
        }

        @Test
        void unknownSectionThatCanBeSkipped() throws FormatException {
            Program program = BcReader.read(BcBytes.withProgram()
                    .section(0x80, "01 02 03")
                    .section(0xFF, "00")
                    .build());
            assertThat(program).isEqualTo(SamplePrograms.empty());
        }

        @Test
        void sectionsOutOfOrder() {
            refused(
                    BcBytes.withProgram().section(Section.PROGRAM, "00 00"),
                    "byte 16: section 0x02 stands after section 0x02, expected each once, in the order of their ids");
            refused(
                    BcBytes.withProgram().section(Section.STRINGS, "01 01 61"),
                    "byte 16: section 0x01 stands after section 0x02, expected each once, in the order of their ids");
        }

        @Test
        void sectionLengths() {
            refused(
                    BcBytes.withProgram().section(Section.TYPES, ""),
                    "byte 16: section 'types' is empty, expected it to be left out");
            refused(BcBytes.withProgram().raw("03 04 00"), "byte 16: section 'types' has 4 bytes, but only 1 remain");
            refused(
                    BcBytes.withProgram().raw("84 FF FF FF FF 0F 00"),
                    "byte 16: section 0x84 has 4294967295 bytes, but only 1 remain");
            refused(
                    BcBytes.withProgram().raw("03"),
                    "sections, byte 17: the length of section 'types' needs 1 byte, but only 0 remain");
            refused(
                    new BcBytes().section(Section.PROGRAM, "00 00 00"),
                    "section 'program', byte 16: ends 1 bytes after its content");
        }

        @Test
        void withoutProgram() {
            refused(new BcBytes(), "there is no section 'program', which every file has");
        }

        @Test
        void tooLarge() {
            byte[] file = Arrays.copyOf(BcBytes.withProgram().build(), ProgramLimits.FILE_BYTES_MAX + 1);
            refused(file, "the file has 268435457 bytes, expected at most 268435456");
        }
    }

    @Nested
    @DisplayName("W6: numbers and counts")
    class Numbers {
        @Test
        void countsAreHeldAgainstTheBytesThatRemain() {
            refused(
                    Section.TYPES,
                    "FF FF 03",
                    "18: the number of types is 65535, which needs at least 131070 bytes, but only 0 remain");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 FF FF FF 01",
                    "21: the number of instructions is 4194303, which needs at least 4194303 bytes, but only 0 remain");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 01 0E 80 80 40 00",
                    "23: the number of jump targets is 1048576, which needs at least 1048576 bytes, but only 1 remain");
            refused(
                    Section.DATA,
                    "01 00 00 80 80 80 40",
                    "21: the number of bytes of a data segment is 134217728, which needs at least 134217728 bytes, but"
                            + " only 0 remain");
        }

        @Test
        void countsAreHeldAgainstTheLimits() {
            refused(Section.TYPES, "FF FF FF FF 07", "18: the number of types is 2147483647, expected 0 to 65536");
            refused(Section.TYPES, "01 E9 07", "19: the number of parameters is 1001, expected 0 to 1000");
            refused(
                    Section.TESTS,
                    "FF FF FF FF FF FF FF FF FF 01",
                    "18: the number of tests is 18446744073709551615, expected 0 to 65536");
        }

        @Test
        void numbersOfMoreThan64Bits() {
            refused(
                    Section.TYPES,
                    "FF FF FF FF FF FF FF FF FF 02",
                    "18: the number of types is a number of more than 64 bits");
            refused(
                    Section.TYPES,
                    "80 80 80 80 80 80 80 80 80 80 80 80 80 00",
                    "18: the number of types is a number of more than 64 bits");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 01 42 80 80 80 80 80 80 80 80 80 01",
                    "23: an i64 constant is a number of more than 64 bits");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 01 42 80 80 80 80 80 80 80 80 80 FF 00",
                    "23: an i64 constant is a number of more than 64 bits");
        }

        @Test
        void everyNumberHasOneForm() {
            refused(Section.TYPES, "81 00", "18: the number of types is not in its shortest form");
            refused(Section.FUNCTIONS, "01 00 00 01 42 80 00", "23: an i64 constant is not in its shortest form");
            refused(Section.FUNCTIONS, "01 00 00 01 42 FF 7F", "23: an i64 constant is not in its shortest form");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 01 42 80 80 80 80 80 80 80 80 80 00",
                    "23: an i64 constant is not in its shortest form");
        }

        @Test
        void truncatedNumbers() {
            refused(Section.TYPES, "80", "19: the number of types needs 1 byte, but only 0 remain");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 01 44 00 00 00",
                    "23: an f64 constant needs 8 bytes, but only 3 remain");
        }

        @Test
        void sectionsWithoutEntriesAreLeftOut() {
            refused(Section.TYPES, "00", "18: the number of types is 0, expected the section to be left out");
        }
    }

    @Nested
    @DisplayName("W6: what sections hold")
    class Content {
        @Test
        void strings() {
            // The strings come first, so their content begins at byte 14.
            refused(Section.STRINGS, "01 02 61 80", "15: string 1 is not UTF-8 text");
            refused(Section.STRINGS, "01 03 ED A0 80", "15: string 1 is not UTF-8 text");
            refused(Section.STRINGS, "01 02 C0 80", "15: string 1 is not UTF-8 text");
            refused(Section.STRINGS, "02 01 61 01 61", "17: string 2 is the same as string 1, expected each once");
            refused(Section.STRINGS, "01 00 00", "15: string 1 is the same as string 0, expected each once");
            refused(
                    Section.STRINGS,
                    "01 81 80 0C 61",
                    "15: the number of bytes of string 1 is 196609, expected 0 to 196608");
        }

        @Test
        void longString() {
            String hex = "01 81 80 04" + "61".repeat(65_537);
            refused(Section.STRINGS, hex, "17: string 1 has 65537 characters, expected at most 65536");
        }

        @Test
        void noSuchString() {
            refused(
                    new BcBytes().section(Section.PROGRAM, "01 00"),
                    "section 'program', byte 14: the program's name is string 1, but the file has 0");
        }

        @Test
        void types() {
            refused(Section.TYPES, "01 01 6D 00", "20: one of the parameters has type code 0x6D, which is not known");
            refused(Section.GLOBALS, "01 00 00 00 00", "20: a global has type code 0x00, which is not known");
        }

        @Test
        @DisplayName("K6, S12: an unknown opcode is an error at load")
        void opcodes() {
            refused(Section.FUNCTIONS, "01 00 00 01 02", "22: unknown opcode 0x02");
            refused(Section.FUNCTIONS, "01 00 00 01 FF 01", "22: unknown opcode 0xFF");
            refused(Section.FUNCTIONS, "01 00 00 01 80 08", "22: unknown opcode 0x400");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 01 80 80 80 80 08",
                    "22: an opcode is 2147483648, expected 0 to 2147483647");
        }

        @Test
        @DisplayName("K6: truncated code is an error at load")
        void operands() {
            refused(Section.FUNCTIONS, "01 00 00 01 0C", "23: an operand needs 1 byte, but only 0 remain");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 01 0C 80 80 80 80 08",
                    "23: an operand is 2147483648, expected 0 to 2147483647");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 01 28 80 80 80 80 10",
                    "23: a memory offset is 4294967296, expected 0 to 4294967295");
            refused(
                    Section.FUNCTIONS,
                    "01 00 00 01 41 80 80 80 80 08",
                    "23: an i32 constant is 2147483648, expected -2147483648 to 2147483647");
            refused(Section.FUNCTIONS, "01 00 00 01 0F 00", "23: ends 1 bytes after its content");
        }

        @Test
        void globals() {
            refused(Section.GLOBALS, "01 00 7F 02 00", "21: whether a global is mutable is 2, expected 0 to 1");
            refused(
                    Section.GLOBALS,
                    "01 00 7F 01 80 80 80 80 08",
                    "22: the initial value of a global is 2147483648, expected -2147483648 to 2147483647");
        }

        @Test
        void indexOrNone() {
            refused(
                    new BcBytes().section(Section.PROGRAM, "00 81 80 80 80 08"),
                    "section 'program', byte 15: the entry + 1 is 2147483649, expected 0 to 2147483648");
        }

        @Test
        void tests() {
            String head = "01 00 00 00 00 00 0000000000000000 00 00";
            refused(Section.TESTS, head + "80 10", "34: the parts of a test is 2048, expected 0 to 2047");
            refused(
                    Section.TESTS,
                    head + "80 08 00",
                    "36: a test has no resource locks, expected that part to be left out");
            refused(
                    Section.TESTS,
                    head + "80 02 00",
                    "36: a test expects nothing of the state, expected that part to be left out");
            refused(
                    Section.TESTS,
                    head + "80 02 01 04 00 00",
                    "37: a test expects something of a part of the state, 4, that is not known");
            refused(
                    Section.TESTS,
                    head + "80 02 01 02 06 00",
                    "38: a test expects something of register 6, which is not known");
            refused(
                    Section.TESTS,
                    head + "80 02 7F",
                    "36: the number of expectations of the state is 127, which needs at least 381 bytes, but only 0"
                            + " remain");
            refused(
                    Section.TESTS,
                    head + "80 01 00 00 00",
                    "38: the system of a test is empty, expected it to be left out");
            refused(
                    Section.TESTS,
                    head + "80 01 7F",
                    "36: the number of arguments of a test is 127, which needs at least 127 bytes, but only 0 remain");
            refused(
                    Section.TESTS,
                    head + "01 80 80 80 80 80 80 80 80 80 01",
                    "35: the instruction limit of a test is 9223372036854775808, expected 0 to 9223372036854775807");
        }

        private static final String FUNCTION_OF_THREE = "01 00 00 03 01 01 0F";

        private void refusedDebug(Section section, String hex, String message) {
            // The content of the debug section begins at byte 27.
            refused(
                    BcBytes.withProgram()
                            .section(Section.FUNCTIONS, FUNCTION_OF_THREE)
                            .section(section, hex),
                    "section '" + section.label + "', byte " + message);
        }

        @Test
        void names() {
            refusedDebug(Section.NAMES, "02 00 00 00 00", "27: has 2 functions, expected 1 as in section 'functions'");
        }

        @Test
        void lines() {
            refusedDebug(Section.LINES, "00 00", "28: has 0 functions, expected 1 as in section 'functions'");
            refusedDebug(Section.LINES, "00 01 00 01 00 05", "31: a line run is of 0 instructions, expected 1 to 3");
            refusedDebug(Section.LINES, "00 01 00 01 04 05", "31: a line run is of 4 instructions, expected 1 to 3");
            refusedDebug(
                    Section.LINES,
                    "00 01 00 01 02 05",
                    "32: the line runs are of 2 instructions, expected all 3 of the function");
            refusedDebug(
                    Section.LINES,
                    "00 01 00 01 03 7F",
                    "32: a line run steps by -1 from line 0, expected a line from 0 to 2147483647");
            refusedDebug(
                    Section.LINES,
                    "00 01 00 02 01 05 02 00",
                    "34: a line run has the same line as the one before, expected one run");
            refusedDebug(
                    Section.LINES,
                    "00 01 00 04 01 05 02 00 00 00 00 00",
                    "30: the number of line runs is 4, expected 0 to 3");
        }

        private void refusedInlined(String hex, String message) {
            // Two sources; lines 5, 0, 0 of the first. The content of the section of inlined lines begins at byte 38.
            refused(
                    BcBytes.withProgram()
                            .section(Section.FUNCTIONS, FUNCTION_OF_THREE)
                            .section(Section.LINES, "02 00 00 01 01 02 01 05 02 7B")
                            .section(Section.INLINED, hex),
                    "section 'inlined', byte " + message);
        }

        @Test
        void inlined() {
            refusedInlined(
                    "00", "39: the number of functions with inlined lines is 0, expected the section to be left out");
            refusedInlined("01 02 01 01 01 01 07", "40: a step of 2 to a function with inlined lines, expected 1 to 1");
            refusedInlined("01 00 01 01 01 01 07", "40: a step of 0 to a function with inlined lines, expected 1 to 1");
            refusedInlined(
                    "01 01 00 00 00 00 00", "41: a function has 0 inlined line runs, expected it to be left out");
            refusedInlined(
                    "01 01 01 01 00 01 07",
                    "42: an inlined line run of 0 instructions after a gap of 1, expected at least 1, and 3 together at"
                            + " most");
            refusedInlined(
                    "01 01 01 01 03 01 07",
                    "42: an inlined line run of 3 instructions after a gap of 1, expected at least 1, and 3 together at"
                            + " most");
            refusedInlined(
                    "01 01 01 00 02 01 07",
                    "42: an inlined line run of 2 instructions begins at offset 0, where some have a line of the"
                            + " function's own file");
            refusedInlined(
                    "01 01 01 01 01 7E 07",
                    "44: an inlined line run steps by -2 from source 0, expected an index, or -1 for none");
            refusedInlined(
                    "01 01 01 01 01 00 07", "44: an inlined line run is of the function's own file, expected another");
            refusedInlined(
                    "01 01 01 01 01 01 00",
                    "45: a line run steps by 0 from line 0, expected a line from 1 to 2147483647");
            refusedInlined(
                    "01 01 02 01 01 01 07 00 01 00 00",
                    "49: an inlined line run has the same place as the one before, expected one run");
            refused(
                    BcBytes.withProgram()
                            .section(Section.FUNCTIONS, FUNCTION_OF_THREE)
                            .section(Section.INLINED, "01 01 01 01 01 01 07"),
                    "section 'inlined', byte 27: the number of functions with inlined lines is 1, expected 0 to 0");
        }
    }

    @Test
    @DisplayName("W6, S12: a program that is too large is refused; limits on sums are kept too")
    void sums() {
        // 1,100 types of 1,000 parameters.
        String types = "CC 08" + ("E8 07" + "7F".repeat(1_000) + "00").repeat(1_100);
        assertThatThrownBy(() -> BcReader.read(
                        BcBytes.withProgram().section(Section.TYPES, types).build()))
                .isInstanceOf(FormatException.class)
                .hasMessageEndingWith("too many parameters and results of all types, expected at most 1048576");
    }
}
