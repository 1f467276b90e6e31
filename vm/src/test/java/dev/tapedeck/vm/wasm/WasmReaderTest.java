package dev.tapedeck.vm.wasm;

import static dev.tapedeck.vm.wasm.ModuleBytes.hex;
import static dev.tapedeck.vm.wasm.ModuleBytes.join;
import static dev.tapedeck.vm.wasm.ModuleBytes.name;
import static dev.tapedeck.vm.wasm.ModuleBytes.number;
import static dev.tapedeck.vm.wasm.ModuleBytes.sized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.wasm.WasmException.Kind;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WasmReaderTest {
    /** A module with one of everything. */
    static byte[] everything() {
        ModuleBytes module = new ModuleBytes();
        int print = module.type("7f", "");
        int action = module.type("", "");
        return module.importFunction("tape", "print_i32", print)
                .function(action, "01 02 7f", "41 07 10 00 02 40 20 00 0d 00 20 01 1a 0b 41 00 11 01 00")
                .function(action, "00", "41 01 04 40 05 0b 41 00 41 00 41 01 fc 08 01 00 fc 09 01")
                .exported("sum", "7f 7e 7d 7c 70 6f", "7e", "00", "20 01 20 00 ac 7c")
                .table("70 01 02 08")
                .memory("01 01 02")
                .global("7f 01 41 2a 0b")
                .global("70 00 d2 02 0b")
                .export("run", 0, 1)
                .export("memory", 2, 0)
                .start(2)
                .element("00 41 00 0b 02 01 02")
                .element("05 70 02 d2 01 0b d0 70 0b")
                .data("00 41 10 0b 03 61 62 63")
                .data("01 02 78 79")
                .custom("name", join(hex("01"), sized(hex("01 01"), name("first"))))
                .bytes();
    }

    @Test
    void aModuleWithOneOfEverythingIsRead() throws Exception {
        Program program = Importer.program("everything", everything());
        Verifier.verify(program);
        assertThat(program.functions()).hasSize(3);
        assertThat(program.functions().get(0).name()).isEqualTo("first");
        assertThat(program.data()).hasSize(2);
        assertThat(program.elements()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "                                                  | MALFORMED   | unexpected end",
                "00 61 73 6e 01 00 00 00                           | MALFORMED   | magic header not detected",
                "00 61 73 6d 02 00 00 00                           | MALFORMED   | unknown binary version 2",
                "00 61 73 6d 0d 00 01 00                           | MALFORMED   | unknown binary version 65549, which is a component",
                "00 61 73 6d 01 00 00 00 0d 01 00                  | MALFORMED   | malformed section id 13 (tags: exception handling",
                "00 61 73 6d 01 00 00 00 05 03 01 03 01            | MALFORMED   | integer too large: flags of limits are 0x3, expected 0 or 1; threads",
                "00 61 73 6d 01 00 00 00 05 03 01 04 01            | UNSUPPORTED | memory64",
                "00 61 73 6d 01 00 00 00 05 05 02 00 01 00 01      | INVALID     | multiple memories",
                "00 61 73 6d 01 00 00 00 01 05 01 60 01 7b 00      | UNSUPPORTED | SIMD",
                "00 61 73 6d 01 00 00 00 01 05 01 60 01 6e 00      | UNSUPPORTED | garbage collection",
                "00 61 73 6d 01 00 00 00 01 03 01 5f 00            | UNSUPPORTED | garbage collection",
                "00 61 73 6d 01 00 00 00 01 05 01 60 01 69 00      | UNSUPPORTED | exception handling",
                "00 61 73 6d 01 00 00 00 01 06 01 60 01 64 70 00   | UNSUPPORTED | typed function references",
            })
    @DisplayName("W6: what is wrong with a file is said in the standard's words; what is not supported by its name")
    void refused(String bytes, Kind kind, String reason) {
        assertThatThrownBy(() -> WasmReader.read(hex(bytes == null ? "" : bytes)))
                .isInstanceOfSatisfying(WasmException.class, e -> {
                    assertThat(e.kind()).isEqualTo(kind);
                    assertThat(e.reason()).startsWith(reason);
                });
    }

    @ParameterizedTest
    @CsvSource({
        "fd 0c, SIMD",
        "fe 00 00, threads (atomics)",
        "06 40, exception handling",
        "08 00, exception handling",
        "12 00, tail calls",
        "14 00, typed function references",
        "fb 00, garbage collection",
    })
    void unsupportedInstructionsAreRefusedByName(String code, String feature) {
        byte[] bytes = new ModuleBytes().exported("f", "", "", "00", code).bytes();
        assertThatThrownBy(() -> Importer.program("test", bytes)).isInstanceOfSatisfying(WasmException.class, e -> {
            assertThat(e.kind()).isEqualTo(Kind.UNSUPPORTED);
            assertThat(e.getMessage())
                    .startsWith("unsupported module: " + feature)
                    .contains("(at byte 0x");
        });
    }

    @Test
    @DisplayName("W6: a file that ends early is malformed, wherever it ends")
    void truncated() {
        byte[] bytes = everything();
        // Custom sections can be left away.
        int end = bytes.length - 15;
        for (int length = 0; length < end; length++) {
            byte[] part = Arrays.copyOf(bytes, length);
            if (sectionEnds(bytes, length)) {
                continue;
            }
            assertThatThrownBy(() -> WasmReader.read(part))
                    .as("%d bytes", length)
                    .isInstanceOfSatisfying(
                            WasmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MALFORMED));
        }
    }

    /** Whether a section ends here: there the rest is another module, which is read before it is refused. */
    private static boolean sectionEnds(byte[] bytes, int length) {
        int at = 8;
        while (at < length) {
            at += 2 + bytes[at + 1];
        }
        return at == length;
    }

    @Test
    @DisplayName("W6: changed bytes give a module, or the exception, and nothing else")
    void changedBytes() {
        long seed = 20_261_121;
        Random random = new Random(seed);
        byte[] bytes = everything();
        for (int round = 0; round < 20_000; round++) {
            byte[] changed = bytes.clone();
            int changes = 1 + random.nextInt(3);
            for (int i = 0; i < changes; i++) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
            }
            try {
                Verifier.verify(Importer.program("changed", changed));
            } catch (WasmException e) {
                assertThat(e.getMessage()).isNotEmpty().doesNotContain("\n");
            } catch (Exception | StackOverflowError e) {
                throw new AssertionError("seed " + seed + ", round " + round + ": " + Arrays.toString(changed), e);
            }
        }
    }

    @Test
    @DisplayName("W6: a count is held against the bytes that are left before anything is allocated")
    void counts() {
        byte[] huge = number(0xFFFF_FFF0L);
        for (int section = 1; section <= 11; section++) {
            byte[] bytes = join(hex("00 61 73 6d 01 00 00 00"), number(section), sized(huge));
            assertThatThrownBy(() -> WasmReader.read(bytes))
                    .as("section %d", section)
                    .isInstanceOf(WasmException.class);
        }
        byte[] locals = new ModuleBytes()
                .exported("f", "", "", "01 f0 ff ff ff 0f 7f", "")
                .bytes();
        assertThatThrownBy(() -> Importer.program("test", locals))
                .isInstanceOf(WasmException.class)
                .hasMessageContaining("too many locals, the limit is 50000");
    }

    @Test
    @DisplayName("W6: malformed wins over not valid, wherever the two are")
    void malformedAndInvalid() {
        byte[] bytes = new ModuleBytes()
                .exported("f", "", "", "00", "6a")
                .exported("g", "", "", "00", "f3")
                .bytes();
        assertThatThrownBy(() -> Importer.program("test", bytes))
                .isInstanceOfSatisfying(
                        WasmException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MALFORMED))
                .hasMessageContaining("illegal opcode 0xf3");
    }

    @Test
    @DisplayName("W8: a broken name section is ignored from where it is broken")
    void brokenNames() throws Exception {
        byte[] names =
                join(hex("00"), sized(name("mine")), hex("01"), sized(hex("02 00"), name("first"), hex("01 7f")));
        byte[] bytes = new ModuleBytes()
                .exported("f", "", "", "00", "")
                .exported("g", "", "", "00", "")
                .custom("name", names)
                .bytes();
        Program program = Importer.program("test", bytes);
        assertThat(program.name()).isEqualTo("mine");
        assertThat(program.functions().get(0).name()).isEqualTo("first");
        assertThat(program.functions().get(1).name()).isEqualTo("g");
    }

    @Test
    void localNamesComeFromTheNameSection() throws Exception {
        byte[] names = join(hex("02"), sized(hex("01 00 02 00"), name("left"), hex("02"), name("sum")));
        byte[] bytes = new ModuleBytes()
                .exported("f", "7f 7f", "", "01 01 7e", "")
                .custom("name", names)
                .bytes();
        assertThat(Importer.program("test", bytes).functions().get(0).localNames())
                .containsExactly("left", "", "sum");
    }
}
