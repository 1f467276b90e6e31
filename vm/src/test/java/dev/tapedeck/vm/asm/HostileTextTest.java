package dev.tapedeck.vm.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ProgramLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No text may lead to anything but a program or an {@link AssemblyException}. */
final class HostileTextTest {
    private static final int LARGE = 10_000_000;
    private static final int MUTATIONS_PER_PROGRAM = 60;

    private static final List<Opcode> OPCODES = List.of(Opcode.values());

    private static final List<String> PIECES = List.of(
            "\"",
            "'",
            "\\",
            "(",
            ")",
            "[",
            "]",
            ",",
            ":",
            "=",
            "+",
            "-",
            "*",
            "->",
            "#",
            "@",
            ";",
            "\n",
            "\r",
            "\t",
            "\0",
            ".end",
            ".func",
            ".test",
            ".data",
            ".type",
            ".source",
            ".source none",
            ".entry none",
            "nan:0x1",
            "-nan",
            "inf",
            "0x",
            "0b2",
            "1e",
            "1e999",
            "0x1p",
            "99999999999999999999",
            "4294967295",
            "-1",
            "bits",
            "zero",
            "mut",
            "_",
            "none",
            "\\x",
            "\\u{",
            "\\u{d800}",
            "\uD800",
            "\u00e9",
            "\u202e",
            "#4294967295",
            "#4294967296",
            "@0",
            "@4294967296",
            "i32",
            "f64",
            ".length",
            ".local",
            "a:",
            "every 1 count 3",
            "\"\"");

    /** The program, or null if the text is refused as it should be. */
    private static Program assembleOrRefuse(String text) {
        try {
            return Assembler.assemble("hostile.tasm", text);
        } catch (AssemblyException e) {
            assertThat(e.getMessage()).startsWith("hostile.tasm:" + e.line() + ":" + e.column() + ": ");
            assertThat(e.getMessage().length()).isLessThan(2000);
            return null;
        }
    }

    @Test
    @DisplayName(
            "what a test locks is looked up, not searched: a million locks are read at once, and one that is there twice is refused")
    void manyLocks() {
        StringBuilder text = new StringBuilder(".func main()\n  return\n.end\n.entry main\n.test \"t\"\n");
        for (int i = 0; i < 1_000_000; i++) {
            text.append("  .lock r").append(i).append('\n');
        }
        String once = text + ".end\n";
        String twice = text + "  .lock r999999\n.end\n";
        assertThat(assembleOrRefuse(once).tests().get(0).locks()).hasSize(1_000_000);
        assertThatThrownBy(() -> Assembler.assemble("hostile.tasm", twice))
                .hasMessageContaining("the test locks 'r999999' twice");
    }

    @Test
    @DisplayName("mutated programs are refused with a message, or assembled and written back the same")
    void mutations() {
        long start = Long.getLong("tapedeck.test.seed", 20261101);
        int assembled = 0;
        int refused = 0;
        List<String> texts = new ArrayList<>(TestPrograms.all().values());
        for (Map.Entry<String, String> program : TestPrograms.all().entrySet()) {
            for (int i = 0; i < MUTATIONS_PER_PROGRAM; i++) {
                long seed = start * 31 + program.getKey().hashCode() * 1000L + i;
                String text = mutate(program.getValue(), texts, new Random(seed));
                try {
                    Program result = assembleOrRefuse(text);
                    if (result == null) {
                        refused++;
                    } else {
                        assembled++;
                        assertThat(Assembler.assemble("again.tasm", Disassembler.disassemble(result)))
                                .isEqualTo(result);
                    }
                } catch (AssemblyException | RuntimeException | Error e) {
                    fail(program.getKey() + ", -Dtapedeck.test.seed=" + start + ", mutation " + i + ":\n" + text, e);
                }
            }
        }
        assertThat(assembled).as("assembled").isPositive();
        assertThat(refused).as("refused").isPositive();
    }

    private static String mutate(String original, List<String> others, Random random) {
        StringBuilder text = new StringBuilder(original);
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count && text.length() > 1; i++) {
            int at = random.nextInt(text.length());
            int end = Math.min(text.length(), at + 1 + random.nextInt(8));
            switch (random.nextInt(8)) {
                case 0 -> text.delete(at, end);
                case 1 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
                case 2 -> text.replace(at, end, PIECES.get(random.nextInt(PIECES.size())));
                case 3 -> text.setCharAt(at, (char) (1 + random.nextInt(127)));
                case 4 -> text.insert(at, text.substring(at, end));
                case 5 -> text.setLength(at);
                case 6 -> {
                    String other = others.get(random.nextInt(others.size()));
                    int from = random.nextInt(other.length());
                    text.insert(at, other, from, Math.min(other.length(), from + random.nextInt(100)));
                }
                default ->
                    text.insert(at, OPCODES.get(random.nextInt(OPCODES.size())).mnemonic() + "\n");
            }
        }
        return text.toString();
    }

    @Test
    @DisplayName("random characters")
    void noise() {
        Random random = new Random(7);
        for (int i = 0; i < 3000; i++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(60);
            for (int k = 0; k < length; k++) {
                text.append(
                        random.nextInt(3) == 0
                                ? PIECES.get(random.nextInt(PIECES.size()))
                                : Character.toString(random.nextInt(0x300)));
            }
            assembleOrRefuse(text.toString());
        }
    }

    @ParameterizedTest
    @DisplayName("endless repetition")
    @ValueSource(
            strings = {
                "(", "[", "\"", "a", "0", "9", "-", "+", "1+", "1e", ".", ".a", ";", ",", "\n", "\t", "\\", "nop ", "#",
                "@", "a:", "\0", "'", "0x", "f ", "_ "
            })
    void repetition(String piece) {
        String many = piece.repeat(LARGE / 40 / piece.length());
        for (String before : List.of(
                "",
                ".func f()\n",
                ".func f()\ni32.const ",
                ".func f()\nbr_table ",
                ".func f(",
                ".memory 1\n.data d = i8 ",
                ".memory 1\n.data d = \"",
                ".table t = ",
                ".test \"t\"\n.expect output ")) {
            assembleOrRefuse(before + many);
        }
    }

    @Test
    @DisplayName("a line of 10 million characters")
    void longLine() {
        assertThat(assembleOrRefuse(".func f()\n" + "nop ".repeat(LARGE / 4) + "\n.end"))
                .isNull();
        assertThat(assembleOrRefuse(".const x = \"" + "x".repeat(LARGE) + "\"")).isNull();
        assertThat(assembleOrRefuse("x".repeat(LARGE))).isNull();
        Program program = assembleOrRefuse(".memory 65536\n.data d = i8 " + "7 ".repeat(LARGE / 2));
        assertThat(program.data().get(0).length()).isEqualTo(LARGE / 2);
    }

    @ParameterizedTest
    @DisplayName("counts without the bytes for them")
    @ValueSource(
            strings = {
                ".memory 65536\n.data d = zero 4000000000",
                ".memory 65536\n.data d = zero 134217728, zero 1",
                ".memory 65536\n.data a = zero 100000000\n.data b = zero 100000000",
                ".memory 65536\n.const N = 100000\n.data a = zero N*N",
                ".test \"t\"\n.interrupt 0 signal 1 every 1 count 1000000000\n.end",
                ".test \"t\"\n.interrupt 0 signal 1 every 1 count 1000000\n.interrupt 0 signal 1 every 1 count 1000000\n.end",
                ".test \"t\"\n.interrupt 0 signal 1 every 9223372036854775807 count 3\n.end",
                ".test \"t\"\n.limit 9223372036854775808\n.end",
                ".func f()\nbr #4294967295\n.end",
                ".func f()\nnop @4294967295\n.end",
                ".memory 4294967296",
            })
    void counts(String text) {
        assertThat(assembleOrRefuse(text)).isNull();
    }

    @Test
    @DisplayName("issue 6.9: what many cases have in common is counted for each of them")
    void cases() {
        String common = ".test \"t\"\n.%s\n";
        StringBuilder cases = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            cases.append(".case \"").append(i).append("\"\n");
        }
        for (String line : new String[] {
            "input \"" + "x".repeat(10_000) + "\"",
            "expect output \"" + "x".repeat(10_000) + "\"",
            "file \"f\" = \"" + "x".repeat(10_000) + "\"",
            "arguments" + " \"x\"".repeat(1_000),
            "run f" + " 1".repeat(1_000)
        }) {
            assertThatThrownBy(() -> Assembler.assemble("many.tasm", common.formatted(line) + cases + ".end\n"))
                    .isInstanceOf(AssemblyException.class)
                    .hasMessageContaining("what the cases of tests have in common is more than 16777216 bytes");
        }
        assertThat(assembleOrRefuse(".func main()\nreturn\n.end\n" + common.formatted("seed 1") + cases + ".end\n")
                        .tests())
                .hasSize(20_000);
    }

    @Test
    @DisplayName("W6: a million functions are refused where the first is too many")
    void tooManyFunctions() {
        String text = ".func f()\n.end\n".repeat(ProgramLimits.FUNCTIONS_MAX + 1);
        assertThatThrownBy(() -> Assembler.assemble("many.tasm", text))
                .isInstanceOf(AssemblyException.class)
                .hasMessageStartingWith("many.tasm:524289:1: more than 262144 functions");
    }

    @Test
    @DisplayName("long chains of constants and many equal names take neither stack nor time")
    void chains() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            text.append(".const c").append(i).append(" = c").append(i + 1).append('\n');
        }
        text.append(".func f()\ni32.const c0\n.end");
        assertThat(assembleOrRefuse(text.toString())).isNull();

        StringBuilder known = new StringBuilder(".const c0 = 1\n");
        for (int i = 1; i < 50; i++) {
            known.append(".const c" + i + " = c" + (i - 1) + "+c" + (i - 1) + "\n");
        }
        known.append(".func f()\ni64.const c49\n.end");
        assertThat(assembleOrRefuse(known.toString())
                        .functions()
                        .get(0)
                        .code()
                        .get(0)
                        .a())
                .isEqualTo(1L << 49);

        StringBuilder tests = new StringBuilder();
        for (int i = 0; i < 20_000; i++) {
            tests.append(".func f")
                    .append(i)
                    .append("()\n.end\n.test \"t")
                    .append(i)
                    .append("\"\n.run f")
                    .append(i)
                    .append("\n.end\n");
        }
        assertThat(assembleOrRefuse(tests.toString()).tests()).hasSize(20_000);
    }

    @Test
    @DisplayName("a text that is too long is refused before it is looked at")
    void tooLong() {
        assertThat(assembleOrRefuse("\n".repeat(Assembler.TEXT_LENGTH_MAX + 1))).isNull();
    }
}
