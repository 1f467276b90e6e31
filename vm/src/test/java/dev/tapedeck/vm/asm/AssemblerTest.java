package dev.tapedeck.vm.asm;

import static dev.tapedeck.vm.isa.ValueType.F64;
import static dev.tapedeck.vm.isa.ValueType.I32;
import static dev.tapedeck.vm.isa.ValueType.I64;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.Export;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.program.Program.Table;
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.program.SourceLines;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.program.TestSystem;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AssemblerTest {
    private static Program assemble(String... lines) throws AssemblyException {
        return Assembler.assemble("folder/test.tasm", String.join("\n", lines));
    }

    private static List<Instruction> code(String... lines) throws AssemblyException {
        return assemble(".func f()\n" + String.join("\n", lines) + "\n.end")
                .functions()
                .get(0)
                .code();
    }

    private static long operand(String line) throws AssemblyException {
        return code(line).get(0).a();
    }

    @Test
    @DisplayName("an empty text is a program named after the file")
    void empty() throws AssemblyException {
        Program program = assemble("");
        assertThat(program.name()).isEqualTo("test");
        assertThat(program.entry()).isEqualTo(-1);
        assertThat(program.memories()).isEmpty();
        assertThat(program.sources()).containsExactly("folder/test.tasm");
    }

    @Test
    @DisplayName("a function has types, names, instructions and the line of each")
    void function() throws AssemblyException {
        Program program = assemble(
                "; comment",
                ".func f(a: i32, i64, b: f64) -> (i64, i32)   ; comment",
                "",
                "  .local x: i32, i32",
                "  local.get a",
                "",
                "  local.set x",
                "  return",
                ".end");
        assertThat(program.types()).containsExactly(new FunctionType(List.of(I32, I64, F64), List.of(I64, I32)));
        assertThat(program.functions())
                .containsExactly(new Function(
                        "f",
                        0,
                        List.of(I32, I32),
                        List.of("a", "", "b", "x"),
                        List.of(
                                Instruction.of(Opcode.LOCAL_GET, 0),
                                Instruction.of(Opcode.LOCAL_SET, 3),
                                Instruction.of(Opcode.RETURN)),
                        0,
                        List.of(5, 7, 8)));
    }

    @Test
    @DisplayName(
            "labels are local to their function, may stand before an instruction, and may be used before they stand")
    void labels() throws AssemblyException {
        assertThat(code("br end", "a: b: nop", "br_if a", "br_table a b end", "end:"))
                .containsExactly(
                        Instruction.of(Opcode.BR, 4),
                        Instruction.of(Opcode.NOP),
                        Instruction.of(Opcode.BR_IF, 1),
                        Instruction.table(Opcode.BR_TABLE, List.of(1, 1, 4)));
        assertThat(assemble(".func f()", "a: br a", ".end", ".func g()", "nop", "a: br a", ".end")
                        .functions()
                        .get(1)
                        .code())
                .endsWith(Instruction.of(Opcode.BR, 1));
    }

    @ParameterizedTest
    @DisplayName("integers")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "i32.const 0|0",
                "i32.const -1|-1",
                "i32.const 4294967295|-1",
                "i32.const 0xFFFF_FFFF|-1",
                "i32.const -0x80000000|-2147483648",
                "i32.const 0b101|5",
                "i32.const 010|10",
                "i32.const '0'|48",
                "i32.const '\\''|39",
                "i32.const '\\u{1F600}'|128512",
                "i32.const 1_000|1000",
                "i32.const 2+3*4-1|13",
                "i32.const 2 + 3 * 4 - 1|13",
                "i32.const -2*-3|6",
                "i32.const 10-2-3|5",
                "i64.const 18446744073709551615|-1",
                "i64.const -9223372036854775808|-9223372036854775808",
                "i32.load|0",
                "i32.load [+4]|4",
                "i32.load [4]|4",
                "i32.load [+0xffffffff]|4294967295",
            })
    void integers(String line, long expected) throws AssemblyException {
        assertThat(operand(line)).isEqualTo(expected);
    }

    @ParameterizedTest
    @DisplayName("floating point, as bits")
    @CsvSource({
        "f64.const 0.1,                    3fb999999999999a",
        "f64.const 1,                      3ff0000000000000",
        "f64.const -0,                     8000000000000000",
        "f64.const 1e308,                  7fe1ccf385ebc8a0",
        "f64.const 5e-324,                 1",
        "f64.const 0x1.8p3,                4028000000000000",
        "f64.const 0x1.8,                  3ff8000000000000",
        "f64.const inf,                    7ff0000000000000",
        "f64.const -inf,                   fff0000000000000",
        "f64.const nan,                    7ff8000000000000",
        "f64.const -nan:0x1,               fff0000000000001",
        "f64.const 9007199254740993,       4340000000000000",
        "f64.const 1.5+1,                  4004000000000000",
        "f32.const 0.1,                    3dcccccd",
        "f32.const -1.5,                   bfc00000",
        "f32.const nan,                    7fc00000",
        "f32.const nan:0x200000,           7fa00000",
        "f32.const 16777217,               4b800000",
        // Halfway between two f32, but for a digit that an f64 cannot hold: rounded twice it would be 3f800000.
        "f32.const 1.00000005960464477540, 3f800001",
        "f32.const 1e-45,                  1",
    })
    void floats(String line, String bits) throws AssemblyException {
        assertThat(Long.toHexString(operand(line))).isEqualTo(bits);
    }

    @Test
    @DisplayName("definitions may come in any order; types and standard imports are added as they are used")
    void anyOrder() throws AssemblyException {
        Program program = assemble(
                ".entry start",
                ".export helper as \"help\"",
                ".table t = helper, _, start",
                ".func start()",
                "  call_host tape.clock",
                "  i32.const LATE",
                "  call_indirect t (i64) -> i32",
                "  global.get g",
                "  call_host env.report",
                "  return",
                ".end",
                ".const LATE = d+1",
                ".global g: mut i64 = -5",
                ".import env.report(i32, i64)",
                ".func helper(x: i64) -> i32",
                "  i32.const 0",
                "  return",
                ".end",
                ".memory 1",
                ".data d = \"x\"");
        assertThat(program.imports())
                .containsExactly(new HostImport("env", "report", 0), new HostImport("tape", "clock", 1));
        assertThat(program.types())
                .containsExactly(
                        new FunctionType(List.of(I32, I64), List.of()),
                        new FunctionType(List.of(), List.of(I64)),
                        new FunctionType(List.of(), List.of()),
                        new FunctionType(List.of(I64), List.of(I32)));
        assertThat(program.functions().get(0).code())
                .startsWith(
                        Instruction.of(Opcode.CALL_HOST, 1),
                        Instruction.of(Opcode.I32_CONST, 1025),
                        Instruction.of(Opcode.CALL_INDIRECT, 3, 0),
                        Instruction.of(Opcode.GLOBAL_GET, 0),
                        Instruction.of(Opcode.CALL_HOST, 0));
        assertThat(program.entry()).isZero();
        assertThat(program.exports()).containsExactly(new Export("help", 1));
        assertThat(program.tables()).containsExactly(Table.of("t", List.of(1, -1, 0)));
        assertThat(program.globals()).containsExactly(new Global("g", I64, true, -5));
        assertThat(program.memories()).containsExactly(new MemoryType(1, 65_536));
    }

    @Test
    @DisplayName("the entry is main, unless the program says otherwise")
    void entry() throws AssemblyException {
        String functions = ".func a()\n.end\n.func main()\n.end\n";
        assertThat(assemble(functions).entry()).isEqualTo(1);
        assertThat(assemble(functions, ".entry a").entry()).isZero();
        assertThat(assemble(functions, ".entry none").entry()).isEqualTo(-1);
    }

    @Test
    @DisplayName("data goes behind the data before it, to a multiple of 8, and no data over other data")
    void dataPlaces() throws AssemblyException {
        Program program = assemble(
                ".memory 1",
                ".data a = \"123\"",
                ".data b = \"4\"",
                ".data c at 2000 = i16 1, -1 258",
                ".data d =",
                "    zero 3,   ; continued",
                "",
                "    i8 'x'",
                ".data e at 0 = \"low\"",
                ".data f = \"\\xff\u00e9\"");
        assertThat(program.data())
                .containsExactly(
                        new DataSegment("a", 1024, new byte[] {'1', '2', '3'}),
                        new DataSegment("b", 1032, new byte[] {'4'}),
                        new DataSegment("c", 2000, new byte[] {1, 0, -1, -1, 2, 1}),
                        new DataSegment("d", 2008, new byte[] {0, 0, 0, 'x'}),
                        new DataSegment("e", 0, new byte[] {'l', 'o', 'w'}),
                        new DataSegment("f", 2016, new byte[] {-1, (byte) 0xC3, (byte) 0xA9}));
    }

    @Test
    @DisplayName("numbers in data are little-endian")
    void dataNumbers() throws AssemblyException {
        Program program =
                assemble(".memory 1", ".const N = 3", ".data a = i32 1 -1 N*2, i64 a, f32 1, f64 -2.0, i8 N+1 -1");
        assertThat(program.data().get(0).bytes())
                .containsExactly(
                        1, 0, 0, 0, -1, -1, -1, -1, 6, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, -128, 63, 0, 0, 0, 0, 0,
                        0, 0, -64, 4, -1);
    }

    @Test
    @DisplayName("a test says what to run and what to expect")
    void testCase() throws AssemblyException {
        Program program = assemble(
                ".func f(a: i32, b: f64) -> i64",
                ".end",
                ".test \"first one\"",
                "  .tags slow \"odd-one\"",
                "  .run f -1 0.5",
                "  .input \"ab\\n\"",
                "  .input \"\u00e9\\xff\"",
                "  .seed -7",
                "  .limit 1000",
                "  .interrupt 50 signal 2",
                "  .interrupt 10 signal 1 payload -1 every 20 count 3",
                "  .expect output \"\"",
                "  .expect exit 3",
                "  .expect fault out_of_bounds",
                "  .expect result 99",
                "  .approve",
                "  .disabled \"not now\"",
                ".end");
        assertThat(program.tests())
                .containsExactly(new TestCase(
                        "first one",
                        "f",
                        List.of(-1L, 0x3fe0000000000000L),
                        List.of("slow", "odd-one"),
                        "ab\n\u00c3\u00a9\u00ff",
                        -7,
                        OptionalLong.of(1000),
                        List.of(
                                new ScheduledInterrupt(10, 1, -1),
                                new ScheduledInterrupt(30, 1, -1),
                                new ScheduledInterrupt(50, 2, 0),
                                new ScheduledInterrupt(50, 1, -1)),
                        Optional.of(""),
                        OptionalInt.of(3),
                        Optional.of("out_of_bounds"),
                        Optional.of(List.of(99L)),
                        true,
                        Optional.of("not now"),
                        3,
                        TestSystem.EMPTY,
                        List.of()));
    }

    @Test
    @DisplayName("issue 6.9: each case is a test of its own: what all have, and what it has")
    void testCases() throws AssemblyException {
        Program program = assemble(
                ".global g: mut i32 = 0",
                ".func f(a: i32) -> i32",
                ".end",
                ".test \"t\"",
                "  .tags fast",
                "  .input \"a\"",
                "  .arguments \"x\"",
                "  .environment \"E\" = \"1\"",
                "  .file \"f\" = \"1\"",
                "  .interrupt 10 signal 1",
                "  .expect output \"o\"",
                "  .expect global g = 1",
                "  .seed 7",
                "  .limit 1000",
                "  .timeout 5 s",
                "  .lock disk read",
                "  .approve",
                "  .case \"one\"",
                "    .run f 1",
                "    .expect result 2",
                "  .case \"two\"",
                "    .run f 2",
                "    .tags odd",
                "    .input \"b\"",
                "    .arguments \"y\"",
                "    .environment \"F\" = \"2\"",
                "    .file \"g\" = \"2\"",
                "    .interrupt 20 signal 2",
                "    .expect output \"p\"",
                "    .expect global g = 2",
                "    .expect exit 3",
                "    .disabled \"not now\"",
                "    .lock printer",
                "  .case \"nothing else\"",
                ".end",
                ".test \"another\"",
                "  .run f 3",
                ".end");
        // The same, written out.
        String common = ".tags fast\n.input \"a\"\n.arguments \"x\"\n.environment \"E\" = \"1\"\n.file \"f\" = \"1\"\n"
                + ".interrupt 10 signal 1\n.expect output \"o\"\n.expect global g = 1\n.seed 7\n.limit 1000\n.timeout 5 s\n"
                + ".lock disk read\n.approve\n";
        Program written = assemble(
                ".global g: mut i32 = 0",
                ".func f(a: i32) -> i32",
                ".end",
                ".test \"t: one\"",
                common,
                ".run f 1",
                ".expect result 2",
                ".end",
                ".test \"t: two\"",
                common,
                ".run f 2",
                ".tags odd",
                ".input \"b\"",
                ".arguments \"y\"",
                ".environment \"F\" = \"2\"",
                ".file \"g\" = \"2\"",
                ".interrupt 20 signal 2",
                ".expect output \"p\"",
                ".expect global g = 2",
                ".expect exit 3",
                ".disabled \"not now\"",
                ".lock printer",
                ".end",
                ".test \"t: nothing else\"",
                common,
                ".end",
                ".test \"another\"",
                ".run f 3",
                ".end");
        assertThat(program.tests())
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("line")
                .isEqualTo(written.tests());
        assertThat(program.tests()).extracting(TestCase::line).containsExactly(18, 21, 34, 36);
    }

    @Test
    @DisplayName("a test has a timeout and locks resources; the disassembler writes both, and a .bc file keeps them")
    void timeoutAndLocks() throws AssemblyException, FormatException {
        Program program = assemble(
                ".const TICKS = 3",
                ".func f()",
                "return",
                ".end",
                ".test \"patient\"",
                "  .timeout TICKS m",
                "  .lock database",
                "  .lock \"/var/spool files\" read",
                "  .run f",
                ".end");
        TestCase test = program.tests().get(0);
        assertThat(test.timeout()).contains(Duration.ofMinutes(3));
        assertThat(test.locks())
                .containsExactly(
                        new ResourceLock("database", ResourceLock.Mode.READ_WRITE),
                        new ResourceLock("/var/spool files", ResourceLock.Mode.READ));
        String text = Disassembler.disassemble(program);
        assertThat(text).contains("  .timeout 180000 ms\n  .lock database\n  .lock \"/var/spool files\" read\n");
        assertThat(assemble(text).tests()).isEqualTo(program.tests());
        assertThat(BcReader.read(BcWriter.write(program)).tests()).isEqualTo(program.tests());
    }

    @Test
    @DisplayName("things without names are called by index")
    void indexes() throws AssemblyException {
        Program program = assemble(
                ".func #0 \"same\"(i32)",
                ".local #1 \"x\": i32, #2 \"x\": i32",
                "local.set #2",
                "call #1",
                "br #0",
                ".end",
                ".func #1 \"same\"()",
                "call 0",
                "local.get 7",
                "call_indirect #4 #5",
                ".end");
        assertThat(program.functions()).extracting(Function::name).containsExactly("same", "same");
        assertThat(program.functions().get(0).localNames()).containsExactly("", "x", "x");
        assertThat(program.functions().get(0).code())
                .containsExactly(
                        Instruction.of(Opcode.LOCAL_SET, 2),
                        Instruction.of(Opcode.CALL, 1),
                        Instruction.of(Opcode.BR, 0));
        assertThat(program.functions().get(1).code())
                .containsExactly(
                        Instruction.of(Opcode.CALL, 0),
                        Instruction.of(Opcode.LOCAL_GET, 7),
                        Instruction.of(Opcode.CALL_INDIRECT, 5, 4));
    }

    @Test
    @DisplayName("W8: with .source, lines and files are those of the original text")
    void sources() throws AssemblyException {
        Program program = assemble(
                ".source \"a.c\"",
                ".source \"b.c\"",
                ".func f()",
                ".source \"b.c\"",
                "nop",
                "nop @12",
                "nop",
                ".end",
                ".func g()",
                "nop",
                ".end",
                ".func h()",
                ".source none",
                "nop @3",
                ".end",
                ".test \"t\" @99",
                ".end");
        assertThat(program.sources()).containsExactly("a.c", "b.c");
        assertThat(program.functions())
                .extracting(Function::lines)
                .containsExactly(
                        SourceLines.of(1, List.of(0, 12, 12)),
                        SourceLines.of(0, List.of()),
                        SourceLines.of(-1, List.of(3)));
        assertThat(program.tests().get(0).line()).isEqualTo(99);
    }

    @Test
    @DisplayName("W8: a line after '@' can be of another file than the function's own, by name, by index, or of none")
    void linesOfOtherFiles() throws AssemblyException {
        Program program = assemble(
                ".source \"a.c\"",
                ".source \"b.h\"",
                ".source \"c.h\"",
                ".func f()",
                "nop @1",
                "nop @\"b.h\":7",
                "nop",
                "nop @8",
                "nop @#2:9",
                "nop @0",
                "nop @none:4",
                "return @a.c:2",
                ".end");
        assertThat(program.functions().get(0).lines())
                .isEqualTo(new SourceLines.Builder()
                        .add(1, 0, 1)
                        .add(2, 1, 7)
                        .add(1, 1, 8)
                        .add(1, 2, 9)
                        .add(1, 0, 0)
                        .add(1, -1, 4)
                        .add(1, 0, 2)
                        .build(0));
        assertThat(Disassembler.disassemble(program))
                .contains("@\"b.h\":7\n  nop\n")
                .contains(" @\"c.h\":9\n")
                .contains(" @none:4\n")
                .contains(" @\"a.c\":2\n");
    }

    @Test
    @DisplayName("Windows line ends, tabs and a byte order mark are fine")
    void lineEnds() throws AssemblyException {
        Program program = assemble("\uFEFF.func main()\r", "\tnop\r", ".end\r");
        assertThat(program.functions().get(0).lines()).isEqualTo(SourceLines.of(0, List.of(2)));
    }
}
