package dev.tapedeck.vm.wasm.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.wasm.WasmException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WatModuleTest {
    private static final int HEADER_BYTES = 8;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(WatModuleTest.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        }
    }

    private static WatModule read(String text) throws WatException {
        return WatModule.read("test.wat", text.getBytes(StandardCharsets.UTF_8));
    }

    private static Program program(String text) throws WatException {
        return read(text).program("test");
    }

    private static WatException refused(String text) {
        return catchThrowableOfType(WatException.class, () -> program(text));
    }

    /** A module without names and debug information. */
    private static byte[] withoutCustomSections(byte[] module) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(module, 0, HEADER_BYTES);
        int position = HEADER_BYTES;
        while (position < module.length) {
            int start = position++;
            int length = 0;
            int shift = 0;
            byte b;
            do {
                b = module[position++];
                length |= (b & 0x7F) << shift;
                shift += 7;
            } while (b < 0);
            position += length;
            if (module[start] != 0) {
                out.write(module, start, position - start);
            }
        }
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"abbreviations", "folded", "instructions", "numbers"})
    @DisplayName("Text becomes byte for byte what wat2wasm makes of it")
    void bytes(String name) throws Exception {
        byte[] module = WatModule.read(name + ".wat", resource(name + ".wat")).bytes();
        assertThat(withoutCustomSections(module)).isEqualTo(resource(name + ".wasm"));
    }

    @Test
    @DisplayName("Every instruction of WebAssembly has a text")
    void instructions() throws Exception {
        String text = new String(resource("instructions.wat"), StandardCharsets.UTF_8);
        List<String> words = List.of(text.split("[ ()\n]+"));
        for (Opcode opcode : Opcode.values()) {
            if (Vocabulary.instruction(opcode.mnemonic()).isPresent()) {
                assertThat(words).contains(opcode.mnemonic());
            }
        }
        assertThat(Vocabulary.instruction("halt")).isEmpty();
        assertThat(Vocabulary.instruction("interrupt.enable")).isEmpty();
        assertThat(Vocabulary.instruction("br_unless")).isEmpty();
    }

    @Test
    @DisplayName("Names and lines of the text are those of the program")
    void namesAndLines() throws Exception {
        Program program =
                WatModule.read("sum.wat", """
                        (module $summing
                          (func $sum (export "sum") (param $n i32) (result i32)
                            (local $total i32)
                            (block $done
                              (br_if $done
                                (i32.eqz (local.get $n))))
                            (i32.add
                              (local.get $total)
                              (local.get $n)))
                          (func
                            nop))
                        """.getBytes(StandardCharsets.UTF_8)).program("other");
        assertThat(program.name()).isEqualTo("summing");
        assertThat(program.sources()).containsExactly("sum.wat");
        Function sum = program.functions().get(0);
        assertThat(sum.name()).isEqualTo("sum");
        assertThat(sum.localNames()).containsExactly("n", "total");
        List<String> code = new ArrayList<>();
        for (int i = 0; i < sum.code().size(); i++) {
            code.add(sum.code().get(i).opcode().mnemonic() + " " + sum.line(i));
        }
        assertThat(code)
                .containsExactly("local.get 6", "br_unless 5", "local.get 8", "local.get 9", "i32.add 7", "return 9");
        assertThat(program.functions().get(1).line(0)).isEqualTo(11);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    (func (i32.const) drop)                       | unexpected token ')', expected a whole number        | 1 | 17
                    (func (i32.const 0x) drop)                    | unknown operator '0x', expected a whole number       | 1 | 18
                    (func (i32.const 4294967296) drop)            | constant out of range: '4294967296' does not fit i32 | 1 | 18
                    (func (f32.const 0x1p128) drop)               | constant out of range                                | 1 | 18
                    (func (f64.const nan:0x0) drop)               | constant out of range                                | 1 | 18
                    (func (result f32) (f32.const nan:canonical)) | unexpected token 'nan:canonical'                     | 1 | 31
                    (func (i32.load align=3))                     | alignment must be a power of two                     | 1 | 17
                    (func (i32.load offset=4294967296))           | i32 constant out of range                            | 1 | 24
                    (memory 0x1_0000_0000)                        | i32 constant out of range                            | 1 | 9
                    (func get_local 0)                            | unknown operator 'get_local': it is called local.get | 1 | 7
                    (func i32.trunc_s/f32)                        | unknown operator 'i32.trunc_s/f32': it is called i32.trunc_f32_s | 1 | 7
                    (func i32.wrap/i64)                           | unknown operator 'i32.wrap/i64': it is called i32.wrap_i64 | 1 | 7
                    (func halt)                                   | unknown operator 'halt', expected an instruction or ')' | 1 | 7
                    (fun)                                         | unknown operator 'fun'                               | 1 | 2
                    (func (nop) (local i32))                      | unexpected token '(local', expected an instruction   | 1 | 13
                    (func (result i32) (param i32))               | unexpected token '(param'                            | 1 | 20
                    (func (block (param $x i32)))                 | unexpected token '$x', expected a type               | 1 | 21
                    (func block end $l)                           | mismatching label '$l'                               | 1 | 17
                    (func (if (i32.const 1)))                     | unexpected token ')', expected the condition in parentheses or '(then' | 1 | 24
                    (func (i32.add nop))                          | unexpected token 'nop', expected an instruction in parentheses | 1 | 16
                    (func else)                                   | unexpected token 'else'                              | 1 | 7
                    (func block)                                  | unexpected token ')', expected an instruction or 'end', for what begins in line 1 | 1 | 12
                    (func $a) (func $a)                           | duplicate function '$a'                              | 1 | 17
                    (func (param $a i32) (local $a i32))          | duplicate local '$a'                                 | 1 | 29
                    (func) (import "" "" (func))                  | import after function                                | 1 | 8
                    (global i32 (i32.const 0)) (func (import "" "")) | import after global                              | 1 | 28
                    (func) (start 0) (start 0)                    | multiple start sections                              | 1 | 18
                    (func call $nowhere)                          | unknown function '$nowhere'                          | 1 | 12
                    (func br $nowhere)                            | unknown label '$nowhere'                             | 1 | 10
                    (func local.get $x)                           | unknown local '$x'                                   | 1 | 17
                    (func (type $t))                              | unknown type '$t'                                    | 1 | 13
                    (type (func)) (func (type 0) (param i32))     | inline function type                                 | 1 | 30
                    (func (type 7) (param i32))                   | unknown type 7                                       | 1 | 16
                    (export "\\80" (func 0))                      | malformed UTF-8 encoding                             | 1 | 9
                    (data "\\g0")                                 | illegal escape '\\g0'                                | 1 | 8
                    (data "\\u{110000}")                          | illegal escape                                       | 1 | 8
                    (data "\\u{d800}")                            | illegal escape                                       | 1 | 8
                    (data "\\u0041")                              | illegal escape                                       | 1 | 8
                    (data "\\                                     | unclosed string                                      | 1 | 7
                    (data "a""b")                                 | unknown operator '"a""b"'                            | 1 | 7
                    (func (; (; ;)                                | unclosed comment                                     | 1 | 7
                    (func (@custom "a" (b)                        | unclosed annotation                                  | 1 | 7
                    (func €)                                      | misplaced unicode character                          | 1 | 7
                    (func                                         | unexpected token: what begins here has no ')'        | 1 | 6
                    (module) (module)                             | unexpected token '(module', expected nothing behind the module | 1 | 10
                    module                                        | unexpected token 'module', expected (module ...)     | 1 | 1
                    (assert_return (invoke "f"))                  | unexpected token 'assert_return', expected a module; this is a script of tests (.wast) | 1 | 2
                    """)
    @DisplayName("Text that is wrong is refused with what is wrong, where, and what was expected")
    void malformed(String text, String reason, int line, int column) {
        WatException e = refused(text);
        assertThat(e.reason()).startsWith(reason);
        assertThat(e.kind()).isEqualTo(Kind.MALFORMED);
        assertThat(e.line()).isEqualTo(line);
        assertThat(e.column()).isEqualTo(column);
    }

    @Test
    @DisplayName("A message has the place, the line and a caret, and no character that a terminal obeys")
    void message() {
        assertThat(refused("(module\n\t(; €\u001B ;) (func nap)\n)"))
                .hasMessage("test.wat:2:17: unknown operator 'nap', expected an instruction or ')'\n"
                        + "  \t(; €? ;) (func nap)\n  \t               ^");
        assertThat(refused("(func)\r\n(func " + "x".repeat(1000) + ")")
                        .getMessage()
                        .lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThan(200));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    (func (param v128))                    | SIMD (type v128)
                    (func i32x4.add)                       | SIMD (instruction i32x4.add)
                    (func (v128.const i32x4 0 0 0 0))      | SIMD (instruction v128.const)
                    (func return_call 0)                   | tail calls (instruction return_call)
                    (func try)                             | exception handling (instruction try)
                    (tag)                                  | exception handling (field tag)
                    (memory i64 1)                         | memory64
                    (memory 1 1 shared)                    | threads
                    (func i32.atomic.load)                 | threads (instruction i32.atomic.load)
                    (type (struct))                        | garbage collection
                    (func (param (ref 0)))                 | typed function references
                    (memory 1) (memory $b 1) (func i32.load $b) | several memories (multi-memory)
                    """)
    @DisplayName("What is not supported is refused with the feature's name")
    void unsupported(String text, String reason) {
        WatException e = refused(text);
        assertThat(e.reason()).startsWith(reason);
        assertThat(e.kind()).isEqualTo(Kind.UNSUPPORTED);
    }

    @Test
    @DisplayName("What is not valid is refused with its line of the text")
    void invalid() {
        WatException e = refused("(func\n  (drop\n    (i32.add (i32.const 1)\n      (i64.const 2))))");
        assertThat(e.kind()).isEqualTo(Kind.INVALID);
        assertThat(e.reason()).startsWith("type mismatch");
        assertThat(e.line()).isEqualTo(3);
        assertThat(e.getMessage()).startsWith("test.wat:3:5: invalid module: type mismatch");
        WatException elsewhere = refused("(export \"f\" (func 3))");
        assertThat(elsewhere.line()).isZero();
        assertThat(elsewhere.getMessage()).startsWith("test.wat: invalid module: unknown function");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";; nothing but a comment",
                "(module)",
                "(module $name)",
                "(@custom \"producers\" (after data) \"x\") (module (@name \"n\") (func (@a (;b;) ;;c)\n d) nop))",
                "(func (i32.const 0) (i32.const 1) (drop) (drop))",
                "(memory 1)(data 0 (i32.const 0) \"the form of version 1.0\")",
                "(func nop)\r(func nop) ;; lines end\r(func nop)"
            })
    @DisplayName("Odd text that is right is accepted")
    void odd(String text) throws Exception {
        assertThat(program(text).functions())
                .allSatisfy(f -> assertThat(f.code()).isNotEmpty());
    }

    @Test
    @DisplayName("Text may be nested as deep as it is long")
    void deep() throws Exception {
        int depth = 100_000;
        assertThat(read("(func " + "(block ".repeat(depth) + ")".repeat(depth) + ")")
                        .bytes())
                .hasSizeGreaterThan(3 * depth);
        assertThat(read("(func " + "block ".repeat(depth) + "end ".repeat(depth) + ")")
                        .bytes())
                .hasSizeGreaterThan(3 * depth);
        assertThat(read("(func " + "(if (i32.const 0) (then ".repeat(depth) + "))".repeat(depth) + ")")
                        .bytes())
                .hasSizeGreaterThan(5 * depth);
        assertThat(read("(func (drop " + "(i32.eqz ".repeat(depth) + "(i32.const 0)" + ")".repeat(depth) + "))")
                        .bytes())
                .hasSizeGreaterThan(depth);
        assertThat(read("(;".repeat(depth) + ";)".repeat(depth) + "(func)").bytes())
                .isNotEmpty();
        assertThat(read("(@a" + "(".repeat(depth) + ")".repeat(depth) + ")(func)")
                        .bytes())
                .isNotEmpty();
        assertThat(refused("(func " + "(block ".repeat(depth)).reason()).startsWith("unexpected token");
        // The label is far away, and named often.
        String far = "(func (block $far " + "(block $b ".repeat(depth) + "(br $far)".repeat(depth) + ")".repeat(depth);
        assertThat(read(far + "))").bytes()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"abbreviations", "folded", "instructions", "numbers"})
    @DisplayName("Text that ends too early is refused, wherever it ends, or is a shorter module")
    void truncated(String name) throws Exception {
        byte[] text = resource(name + ".wat");
        int accepted = 0;
        for (int length = 0; length < text.length; length += name.equals("instructions") ? 31 : 1) {
            accepted += accepts(Arrays.copyOf(text, length)) ? 1 : 0;
        }
        // Only what is in no parentheses can be cut anywhere.
        assertThat(accepted).isLessThan(name.equals("folded") ? 100 : 70);
    }

    private static boolean accepts(byte[] text) {
        try {
            WatModule.read("broken.wat", text).program("broken");
            return true;
        } catch (WatException e) {
            assertThat(e.reason()).isNotEmpty().doesNotContain("\n");
            assertThat(e.getMessage()).startsWith("broken.wat:");
            return false;
        }
    }

    @Test
    @DisplayName("Text in which tokens or bytes are exchanged is refused or is another module")
    void mutated() throws Exception {
        long seed = Optional.ofNullable(Long.getLong("tapedeck.seed")).orElse(20260101L);
        Random random = new Random(seed);
        System.out.println("WatModuleTest.mutated: -Dtapedeck.seed=" + seed);
        for (String name : List.of("abbreviations", "folded", "numbers")) {
            String text = new String(resource(name + ".wat"), StandardCharsets.ISO_8859_1);
            String[] tokens = text.split("(?<=[ ()\n])|(?=[ ()\n])");
            int refused = 0;
            for (int i = 0; i < 700; i++) {
                String[] mutant = tokens.clone();
                for (int j = random.nextInt(4); j >= 0; j--) {
                    mutant[random.nextInt(mutant.length)] =
                            random.nextBoolean() ? tokens[random.nextInt(tokens.length)] : "";
                }
                refused += accepts(String.join("", mutant).getBytes(StandardCharsets.ISO_8859_1)) ? 0 : 1;
                byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
                for (int j = random.nextInt(3); j >= 0; j--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                refused += accepts(bytes) ? 0 : 1;
            }
            assertThat(refused).isGreaterThan(500);
        }
    }
}
