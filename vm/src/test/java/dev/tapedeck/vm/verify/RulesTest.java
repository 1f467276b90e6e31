package dev.tapedeck.vm.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ProgramDraft;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("W7: every rule of the verifier")
class RulesTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/tapedeck/vm/verify");
    private static final Path TESTS = Path.of("src/test/java/dev/tapedeck/vm/verify");
    private static final Path PROGRAMS = Path.of("src/test/resources/dev/tapedeck/vm/verify/invalid.tasm");

    private static final Pattern RULE = Pattern.compile(
            "\\b(?:throw new VerifyException|throw invalid|check(?:Count|Range|Index|Name|Cell|Bytes|SystemText))\\(");

    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

    /** The programs of the file: the line that begins with two semicolons is the message, what follows is the program. */
    private static Map<String, String> programs() throws IOException {
        Map<String, String> programs = new LinkedHashMap<>();
        String message = null;
        StringBuilder text = new StringBuilder();
        for (String line : Files.readAllLines(PROGRAMS)) {
            if (line.startsWith(";;")) {
                if (message != null) {
                    assertThat(programs.put(message, text.toString()))
                            .as(message)
                            .isNull();
                }
                message = line.substring(2).strip();
                text.setLength(0);
            } else {
                text.append(line).append('\n');
            }
        }
        if (message != null) {
            programs.put(message, text.toString());
        }
        return programs;
    }

    @TestFactory
    @DisplayName("W7: each program is refused with its message")
    Stream<DynamicTest> programsAreRefused() throws IOException {
        return programs().entrySet().stream()
                .map(program -> DynamicTest.dynamicTest(program.getKey(), () -> refused(program)));
    }

    private static void refused(Map.Entry<String, String> program) throws AssemblyException {
        Program assembled = Assembler.assemble("p.tasm", program.getValue());
        // Lines are other tests' business.
        assertThatThrownBy(() -> Verifier.verify(assembled))
                .isInstanceOf(VerifyException.class)
                .extracting(refusal -> refusal.getMessage().replaceFirst(" \\(p\\.tasm:\\d+\\)", ""))
                .isEqualTo(program.getKey());
    }

    /** For each place in the verifier that can refuse something, the longest text that is in its message. */
    private static List<String> rules() throws IOException {
        List<String> rules = new ArrayList<>();
        for (String file : List.of("Verifier.java", "FunctionVerifier.java")) {
            String source = Files.readString(SOURCES.resolve(file));
            Matcher rule = RULE.matcher(source);
            while (rule.find()) {
                literals(source.substring(rule.start(), end(source, rule.end()))).stream()
                        .max(Comparator.comparingInt(String::length))
                        .filter(text -> text.length() > 1)
                        .ifPresent(rules::add);
            }
        }
        return rules;
    }

    /** Where the parenthesis that was opened before {@code from} is closed. */
    private static int end(String source, int from) {
        int open = 1;
        boolean quoted = false;
        for (int i = from; i < source.length(); i++) {
            char c = source.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && c == '(') {
                open++;
            } else if (!quoted && c == ')' && --open == 0) {
                return i;
            }
        }
        throw new AssertionError("a parenthesis is not closed");
    }

    private static List<String> literals(String source) {
        List<String> literals = new ArrayList<>();
        Matcher literal = LITERAL.matcher(source.replaceAll("\"\\s*\\+\\s*\"", ""));
        while (literal.find()) {
            literals.add(literal.group(1));
        }
        return literals;
    }

    @Test
    @DisplayName("W7: each message that the verifier has is expected by a test")
    void everyMessageHasATest() throws IOException {
        StringBuilder expected = new StringBuilder();
        try (Stream<Path> files = Files.list(TESTS)) {
            for (Path file : files.sorted().toList()) {
                if (!file.endsWith("RulesTest.java")) {
                    expected.append(String.join("\n", literals(Files.readString(file, StandardCharsets.UTF_8))));
                }
            }
        }
        expected.append(String.join("\n", programs().keySet()));
        List<String> rules = rules();
        assertThat(rules).hasSizeGreaterThan(80);
        assertThat(rules.stream().distinct().filter(rule -> expected.indexOf(rule) < 0))
                .as("messages of the verifier that no test expects")
                .isEmpty();
    }

    private static Instruction constant(ValueType type) {
        return switch (type) {
            case I32 -> Instruction.of(Opcode.I32_CONST, 0);
            case I64 -> Instruction.of(Opcode.I64_CONST, 0);
            case F32 -> Instruction.of(Opcode.F32_CONST, 0);
            case F64 -> Instruction.of(Opcode.F64_CONST, 0);
            case FUNCREF, EXTERNREF -> Instruction.of(Opcode.REF_NULL, type.code());
        };
    }

    /** A function that pushes these, executes the instruction, with 0 for each operand, and returns. */
    private static Program program(Opcode opcode, List<ValueType> pushed) {
        List<Instruction> code =
                new ArrayList<>(pushed.stream().map(RulesTest::constant).toList());
        boolean reference = !opcode.operands().isEmpty() && opcode.operands().get(0) == OperandKind.REFERENCE;
        boolean label = opcode == Opcode.BR_IF || opcode == Opcode.BR_UNLESS;
        code.add(
                opcode.operands().isEmpty()
                        ? Instruction.of(opcode)
                        : Instruction.of(opcode, label ? pushed.size() + 1 : reference ? ValueType.FUNCREF.code() : 0));
        code.add(Instruction.of(Opcode.RETURN));
        return new ProgramDraft()
                .function("handler", "i32 i64 ->", Instruction.of(Opcode.RETURN))
                .function("main", "->", code.toArray(Instruction[]::new))
                .memory(1, 1)
                .table(ValueType.FUNCREF)
                .build();
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("W7: an instruction is refused with an operand of any other type in any place, and with one too few")
    void operandTypes(Opcode opcode) {
        List<ValueType> pops = opcode.effect().map(Opcode.Effect::pops).orElse(List.of());
        for (int i = 0; i < pops.size(); i++) {
            for (ValueType other : ValueType.values()) {
                if (other != pops.get(i)) {
                    List<ValueType> pushed = new ArrayList<>(pops);
                    pushed.set(i, other);
                    assertRefused(opcode, pops, pushed);
                }
            }
        }
        if (!pops.isEmpty()) {
            assertRefused(opcode, pops, pops.subList(1, pops.size()));
        }
    }

    private static void assertRefused(Opcode opcode, List<ValueType> pops, List<ValueType> pushed) {
        String message = "expected " + text(pops) + " on top of the stack, found " + text(pushed);
        assertThatThrownBy(() -> Verifier.verify(program(opcode, pushed)))
                .as(opcode.mnemonic())
                .isInstanceOf(VerifyException.class)
                .hasMessageContaining("'" + opcode.mnemonic())
                .hasMessageEndingWith(message);
    }

    private static String text(List<ValueType> types) {
        return types.stream().map(ValueType::mnemonic).collect(Collectors.joining(" ", "[", "]"));
    }

    @Test
    @DisplayName("W7: what has no fixed effect in the table has rules of its own, and tests for them")
    void withoutEffect() throws IOException {
        String tests = Files.readString(TESTS.resolve("VerifierTest.java")) + Files.readString(PROGRAMS);
        assertThat(Arrays.stream(Opcode.values())
                        .filter(opcode -> opcode.effect().isEmpty())
                        // Any stack is right for these.
                        .filter(opcode -> opcode != Opcode.UNREACHABLE && opcode != Opcode.BR)
                        .map(Opcode::mnemonic)
                        .filter(mnemonic -> !tests.contains("'" + mnemonic)))
                .as("instructions that no test refuses")
                .isEmpty();
    }
}
