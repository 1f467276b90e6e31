package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The numeric assertions of WebAssembly's own test suite (github.com/WebAssembly/testsuite, 3a04b2c, Apache-2.0): the
 * files i32, i64, f32, f64, conversions, and the comparisons and bit operations on floats. Each line of the resource has
 * the instruction, the expected result or trap, and the operands as unsigned numbers of their bits.
 */
class WebAssemblyNumericTest {
    private static final int ASSERTIONS = 11_871;

    private static final Map<String, FaultKind> TRAPS = Map.of(
            "integer_divide_by_zero", FaultKind.DIVISION_BY_ZERO,
            "integer_overflow", FaultKind.INTEGER_OVERFLOW,
            "invalid_conversion_to_integer", FaultKind.INVALID_CONVERSION);

    private final Map<String, Machine> machines = new TreeMap<>();

    @Test
    @DisplayName("K2, W10: the numeric assertions of WebAssembly's test suite hold")
    void assertions() throws IOException {
        int count = 0;
        for (String line : lines()) {
            String[] words = line.split(" ");
            long[] operands = new long[words.length - 2];
            for (int i = 0; i < operands.length; i++) {
                operands[i] = Long.parseUnsignedLong(words[i + 2]);
            }
            Machine machine = machines.computeIfAbsent(words[0], WebAssemblyNumericTest::machine);
            machine.start(0, operands);
            Status status = machine.run(Long.MAX_VALUE);
            String kind = words[1].substring(0, words[1].indexOf(':'));
            String expected = words[1].substring(kind.length() + 1);
            if (kind.equals("trap")) {
                assertThat(machine.fault().map(Fault::kind)).as(line).contains(TRAPS.get(expected));
            } else {
                assertThat(status).as(line).isEqualTo(Status.RETURNED);
                assertResult(line, kind, expected, machine.results().get(0));
            }
            count++;
        }
        assertThat(count).isEqualTo(ASSERTIONS);
    }

    private static void assertResult(String line, String type, String expected, long actual) {
        boolean narrow = type.endsWith("32");
        if (expected.startsWith("nan:")) {
            // The suite allows either sign and, for arithmetic NaNs, any payload; this machine has one NaN.
            assertThat(actual).as(line).isEqualTo(narrow ? 0x7FC0_0000L : 0x7FF8_0000_0000_0000L);
        } else {
            long bits = Long.parseUnsignedLong(expected);
            assertThat(actual).as(line).isEqualTo(narrow ? (int) bits : bits);
        }
    }

    private static List<String> lines() throws IOException {
        InputStream resource =
                Objects.requireNonNull(WebAssemblyNumericTest.class.getResourceAsStream("webassembly-numeric.txt.gz"));
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(resource), StandardCharsets.US_ASCII))) {
            return reader.lines().toList();
        }
    }

    private static Machine machine(String mnemonic) {
        Opcode opcode = Opcode.ofMnemonic(mnemonic).orElseThrow();
        Opcode.Effect effect = opcode.effect().orElseThrow();
        List<Instruction> code = new ArrayList<>();
        for (int i = 0; i < effect.pops().size(); i++) {
            code.add(Instruction.of(Opcode.LOCAL_GET, i));
        }
        code.add(Instruction.of(opcode));
        code.add(Instruction.of(Opcode.RETURN));
        Program program = new Program(
                mnemonic,
                List.of(new FunctionType(effect.pops(), effect.pushes())),
                List.of(),
                List.of(new Function("f", 0, List.of(), List.of(), code, -1, List.of())),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                0,
                -1,
                List.of(),
                List.of());
        return Bench.of(Bench.verified(program)).machine;
    }
}
