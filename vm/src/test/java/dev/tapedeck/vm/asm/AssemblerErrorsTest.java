package dev.tapedeck.vm.asm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AssemblerErrorsTest {
    private static AssemblyException error(String text) {
        return catchThrowableOfType(AssemblyException.class, () -> Assembler.assemble("x.tasm", text));
    }

    @Test
    @DisplayName("a message has file, line and column, the reason, a hint, the source line and a caret")
    void shape() {
        AssemblyException error = error(".func main()\n\ti32.ad   ; sum\n.end\n");
        assertThat(error).hasMessage("""
                        x.tasm:2:2: unknown instruction 'i32.ad' (did you mean 'i32.add'?)
                          \ti32.ad   ; sum
                          \t^""");
        assertThat(error.line()).isEqualTo(2);
        assertThat(error.column()).isEqualTo(2);
    }

    @ParameterizedTest(name = "{0}")
    @DisplayName("the first line of the message; ' / ' in the text stands for a line end")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // Instructions
                ".func f() / local.gte x / .end|2:1: unknown instruction 'local.gte' (did you mean 'local.get'?)",
                ".func f() / frobnicate / .end|2:1: unknown instruction 'frobnicate' (docs/instructions.md lists them all)",
                ".func f() / loop / .end|2:1: unknown instruction 'loop' (use .loop and .end, or a label and br_if)",
                ".func f() / push 3 / .end|2:1: unknown instruction 'push' (use i32.const, i64.const, f32.const or f64.const)",
                ".func f() / i32.add 3 / .end|2:9: unexpected '3' after 'i32.add' (it takes no operand)",
                ".func f() / i32.const / .end|2:10: 'i32.const' needs an i32 constant",
                ".func f() / i32.const x y / .end|2:13: unexpected 'y' after 'i32.const' (it takes an i32 constant)",
                ".func f() / i32.load 4 / .end|2:10: unexpected '4' after 'i32.load' (an offset is written in brackets: i32.load [+4])",
                ".func f() / i32.load [4 / .end|2:12: expected ']' behind the offset, found the end of the line",
                ".func f() / unwind 1 / .end|2:9: 'unwind' needs a number of cells and a number of cells",
                ".func f() / br / .end|2:3: 'br' needs a label",
                ".func f() / br 3 / .end|2:4: expected a label, found '3' (labels are names; the instruction with index 12 is written #12)",
                ".func f() / br_table / .end|2:9: 'br_table' needs labels, the default last",
                ".func f() / call_indirect (i32) -> i32 / .end|2:15: expected a table (there is none; define one with .table)",
                ".func f() / call_host print_i32 / .end|2:11: unknown host function 'print_i32' (did you mean 'tape.print_i32'?)",
                ".func f() / call_host env.x / .end|2:11: unknown host function 'env.x' (others than the standard ones need .import)",
                // Names
                ".func f() / local.get count / .end|2:11: unknown local 'count' (there is no local)",
                ".func f() / .local count: i32 / local.get cuont / .end|3:11: unknown local 'cuont' (did you mean 'count'?)",
                ".func f() / again: nop / br agian / .end|3:4: unknown label 'agian' (did you mean 'again'?)",
                ".func f() / a: b: br xyz / .end|2:10: unknown label 'xyz' (there are 'a', 'b')",
                ".func f() / call g / .end|2:6: unknown function 'g' (there is only 'f')",
                ".func f() / global.get g / .end|2:12: unknown global 'g' (there is no global)",
                ".func f() / i32.const LIMT / .end / .const LIMIT = 1|2:11: unknown constant or data segment 'LIMT' (did you mean 'LIMIT'?)",
                ".func f() / a: nop / a: nop / .end|3:1: label 'a' is defined twice in this function",
                ".func f() / .local x: i32 / .local x: i64 / .end|3:8: local 'x' is defined twice (first in line 2)",
                ".func f() / .end / .func f() / .end|3:7: function 'f' is defined twice (first in line 1)",
                ".const a = 1 / .const a = 2|2:8: constant 'a' is defined twice (first in line 1)",
                ".const a = 1 / .memory 1 / .data a = \"x\"|3:7: constant or data segment 'a' is defined twice (first in line 1)",
                ".export f / .export f / .func f() / .end|2:9: export 'f' is defined twice (first in line 1)",
                ".test \"a\" / .end / .test \"a\" / .end|3:7: test 'a' is defined twice (first in line 1)",
                ".const a = b|1:12: unknown constant or data segment 'b' (there is only 'a')",
                ".const inf = 1|1:8: 'inf' is a word of the language (choose another name)",
                ".func #1 \"f\"() / .end|1:7: this is function #0, not #1",
                ".entry g|1:8: unknown function 'g' (there is no function)",
                // Numbers
                ".func f() / i32.const 4294967296 / .end|2:11: 4294967296 is out of range for i32: -2147483648 to 4294967295",
                ".func f() / i64.const -9223372036854775809 / .end|2:11: -9223372036854775809 is out of range for i64: -9223372036854775808 to 18446744073709551615",
                ".func f() / i32.const 1.5 / .end|2:11: 1.5 is not a whole number, which i32 has to be",
                ".func f() / i32.const 12ab / .end|2:11: '12ab' is not a number",
                ".func f() / i32.const 0xfg / .end|2:11: '0xfg' is not a number",
                ".func f() / i32.const 1_ / .end|2:11: '_' in a number can only stand between digits",
                ".func f() / i32.const 1 + / .end|2:14: expected a number, found the end of the line",
                ".func f() / i32.const 'ab' / .end|2:11: a character in quotes has to be exactly one (strings use \")",
                ".func f() / i32.const 99999999999999999999999999999999999999999 / .end|2:11: the number does not fit 64 bits",
                ".func f() / f32.const 1e39 / .end|2:11: 1e39 is out of range for f32; infinity is written inf",
                ".func f() / f64.const 1e999 / .end|2:11: '1e999' is out of range for floating point; infinity is written inf",
                ".func f() / f32.const nan:0x800000 / .end|2:11: nan:0x800000 is out of range: an f32's nan payload is 0x1 to 0x7fffff",
                ".func f() / f64.const nan:0 / .end|2:15: a nan with payload 0 would be infinity (0x1 to 0xfffffffffffff)",
                ".func f() / i32.load [-1] / .end|2:11: -1 is out of range for an offset: 0 to 4294967295",
                ".func f() / unwind 1 65536 / .end|2:10: 65536 is out of range for a number of cells: 0 to 65535",
                ".const a = b / .const b = a / .func f() / i32.const a / .end|2:12: the value of 'a' needs itself, or more than 100 other constants in a row",
                ".memory 65537|1:9: 65537 is out of range for a size in 64 KiB pages: 0 to 65536",
                ".memory 2 1|1:11: the maximum, 1, is below the initial size, 2",
                ".memory 1 / .data d = i8 256|2:14: 256 is out of range for i8: -128 to 255",
                ".memory 1 / .data d = zero 4000000000|2:16: 4000000000 is out of range for a count of bytes: 0 to 134217728",
                ".memory 1 / .data d = 5|2:11: expected the contents of the data, found '5' (a string, a type (i8 i16 i32 i64 f32 f64) and numbers, or zero and a count of bytes)",
                ".data d = \"x\"|1:7: data without memory (add .memory 1)",
                ".memory 1 / .data d at 65535 = \"xy\"|2:7: the data ends at address 65537, but the memory has 65536 bytes at the start (it needs .memory 2)",
                ".memory 1 / .data d at e = \"x\" / .data e = \"y\"|2:12: 'e' has no address yet (the place and size of data can only depend on the data before it)",
                // Structure
                "nop|1:1: instruction 'nop' outside of a function (instructions stand between .func and .end)",
                "again: nop|1:1: label 'again' outside of a function (labels stand between .func and .end)",
                "hello|1:1: 'hello' outside of a function (definitions start with a directive, such as .func)",
                ".func f() / nop|1:1: function 'f' has no .end (add .end behind its last instruction)",
                ".test \"t\"|1:1: test 't' has no .end (add .end behind its last line)",
                ".func f() / .func g()|2:1: '.func' cannot stand here (is the .end of the definition before it missing?)",
                ".fnuc f()|1:1: '.fnuc' is not a directive (did you mean '.func'?)",
                ".local x: i32|1:1: '.local' cannot stand here (.local belongs into a .func)",
                ".expect exit 1|1:1: '.expect' cannot stand here (.expect belongs into a .test)",
                ".end|1:1: '.end' cannot stand here (there is nothing to end here)",
                ".func f / .end|1:8: expected the parameters of the function, found the end of the line (() if it has none)",
                ".func f(a) / .end|1:9: expected a type, found 'a' (i32, i64, f32, f64, funcref or externref)",
                ".func f(a: i31) / .end|1:12: expected a type, found 'i31' (i32, i64, f32, f64, funcref or externref)",
                ".func f(a: i32 b: i32) / .end|1:16: expected ',' between parameters, found 'b'",
                ".start f / .start f|2:1: .start is given twice (keep one of them)",
                ".table t: i32 1 2|1:11: expected a reference type, found i32 (funcref or externref)",
                ".table t: funcref 3 2|1:21: the maximum, 2, is below the initial size, 3",
                ".func f() / .end / .table t: funcref 1 2 = f, f|3:19: the table has 2 elements, more than 1",
                ".global g: i32 = null|1:18: this is a reference, expected an i32",
                ".global g: funcref = extern 1|1:22: this is a reference, expected a funcref",
                ".global g: funcref = 1|1:22: expected null or func and a function, found a number",
                ".data d passive = \"x\" / .global g: i32 = d|2:18: 'd' is passive and has no address (memory.init copies it)",
                ".entry f .entry f|1:10: unexpected '.entry' (each definition stands on its own line)",
                ".import report()|1:9: expected the module and the name of a host function, found 'report' (such as env.report, or in quotes: \"env\" \"report\")",
                // Loops
                ".func f() / break / .end|2:1: 'break' outside of a loop (it stands between .loop and its .end)",
                ".func f() / .loop / .end / continue_if / .end|4:1: 'continue_if' outside of a loop (it stands between .loop and its .end)",
                ".func f() / .loop a / .loop / break b / .end / .end / .end|4:7: 'break' is in no loop 'b' (the loops around it are 'a')",
                ".func f() / .loop / break b / .end / .end|3:7: 'break' is in no loop 'b' (the loops around it have no names)",
                ".func f() / .loop a / .loop a / .end / .end / .end|3:1: loop 'a' stands in a loop of the same name",
                ".func f() / .loop / .end|1:1: function 'f' has no .end (add .end behind its last instruction)",
                ".func f() / .loop|2:1: this loop has no .end",
                ".func f() / contine / .end|2:1: unknown instruction 'contine' (did you mean 'continue'?)",
                ".loop|1:1: '.loop' cannot stand here (.loop belongs into a .func)",
                // Text
                ".program \"abc|1:10: this string has no end (add \" before the end of the line)",
                ".program \"a\\q\"|1:12: unknown escape (there are \\n \\t \\r \\0 \\\\ \\\" \\' \\xHH and \\u{HEX})",
                ".program \"\\xff\"|1:11: this is a byte, but text is expected here (write \\u{HEX})",
                ".program \"\\u{110000}\"|1:11: a character number is written \\u{HEX}, with at most 10ffff",
                "// comment|1:1: unexpected character '/' (comments start with ';')",
                ".func f() / i32.const .5 / .end|2:11: unexpected character '.' (write 0.5, not .5)",
                // Tests
                ".func f() / .end / .test \"t\" / .run f 1 / .end|4:6: the function has 0 arguments, but 1 is given",
                ".func f() / .end / .test \"t\" / .run g / .end|4:6: unknown function 'g' (there is only 'f')",
                ".func f() / .end / .test \"t\" / .run f / .expect result 1 / .end|5:9: the function has 0 results, but 1 is given",
                ".test \"t\" / .expect fault div_by_zero / .end|2:15: unknown fault 'div_by_zero' (there are unreachable out_of_bounds memory_overflow stack_overflow division_by_zero integer_overflow invalid_conversion table_out_of_bounds undefined_element uninitialized_element type_mismatch invalid_section section_out_of_bounds invalid_signal interrupt_overflow invalid_return host_error)",
                ".test \"t\" / .expect fault divison_by_zero / .end|2:15: unknown fault 'divison_by_zero' (did you mean 'division_by_zero'?)",
                ".test \"t\" / .expect success / .end|2:9: expected what the test expects, found 'success' (one of output, exit, fault, result, global, register, memory)",
                ".test \"t\" / .case \"\" / .end|2:7: a case needs a name",
                ".test \"t\" / .case / .end|2:6: expected the name of the case in quotes, found the end of the line",
                ".case \"a\"|1:1: '.case' cannot stand here (.case belongs into a .test)",
                ".test \"t\" / .seed 1 / .case \"a\" / .seed 2 / .end|4:1: .seed is given twice (keep one of them)",
                ".test \"t\" / .case \"a\" / .case \"a\" / .end|3:7: test 't: a' is defined twice (first in line 2)",
                ".test \"t: a\" / .end / .test \"t\" / .case \"a\" / .end|4:7: test 't: a' is defined twice (first in line 1)",
                ".test \"t\" / .case \"a\"|1:1: test 't' has no .end (add .end behind its last line)",
                ".test \"t\" / .expect global g = 1 / .end|2:16: unknown global 'g' (there is no global)",
                ".global count: i32 / .test \"t\" / .expect global cuont = 1 / .end|3:16: unknown global 'cuont' (did you mean 'count'?)",
                ".global count: i32 / .test \"t\" / .expect global count = 0.5 / .end|3:24: 0.5 is not a whole number, which i32 has to be",
                ".global count: i32 / .test \"t\" / .expect global count 1 / .end|3:22: expected '=' before the value of the global, found '1'",
                ".test \"t\" / .expect register ax = 1 / .end|2:18: unknown register 'ax' (there are sp bp hp icount interrupts)",
                ".test \"t\" / .expect memory 0 = i8 1 / .end|2:9: the program has no memory",
                ".memory 1 / .test \"t\" / .expect memory1 0 = i8 1 / .end|3:9: there is no memory 1, the program has 1",
                ".memory 1 / .test \"t\" / .expect memory 4294967296 = i8 1 / .end|3:16: 4294967296 is out of range for an address: 0 to 4294967295",
                ".memory 1 / .test \"t\" / .expect memory 0 = \"\" / .end|3:9: expected at least one byte of memory",
                ".memory 1 / .test \"t\" / .expect memory 0 = zero 16777217 / .end|3:9: the tests expect more than 16777216 bytes of memory",
                ".test \"t\" / .interrupt 5 signal 32 / .end|2:21: 32 is out of range for a signal: 1 to 31",
                ".test \"t\" / .interrupt 5 signal 1 every 5 / .end|2:12: 'every' and 'count' belong together (such as every 1000 count 20)",
                ".test \"t\" / .interrupt 5 signal 1 every 5 count 1000000000 / .end|2:37: 1000000000 is out of range for a count of interrupts: 1 to 1048576",
                ".test \"t\" / .seed 1 / .seed 2 / .end|3:1: .seed is given twice (keep one of them)",
                ".test \"t\" / .timeout 10 / .end|2:12: expected the unit of the time, found the end of the line (one of ms, s, m, h, such as 10 s)",
                ".test \"t\" / .timeout 10 sec / .end|2:13: expected the unit of the time, found 'sec' (one of ms, s, m, h, such as 10 s)",
                ".test \"t\" / .timeout 0 s / .end|2:10: 0 is out of range for a time, at most 365 days: 1 to 31536000",
                ".test \"t\" / .timeout 8761 h / .end|2:10: 8761 is out of range for a time, at most 365 days: 1 to 8760",
                ".test \"t\" / .lock disk / .lock disk read / .end|3:7: the test locks 'disk' twice (one .lock is enough; without 'read' it is for reading and writing)",
                ".test \"\" / .end|1:7: a test needs a name",
                ".test \"t\" / nop / .end|2:1: unexpected 'nop' in a test (there are .run .tags .arguments .environment .file .input .seed .limit .timeout .lock .interrupt .expect .approve .disabled .case .end)",
            })
    void messages(String text, String message) {
        String program = text.replace(" / ", "\n");
        AssemblyException error = error(program);
        assertThat(error).as(program).isNotNull();
        assertThat(error.getMessage().lines().findFirst().orElseThrow()).isEqualTo("x.tasm:" + message);
    }

    @Test
    @DisplayName("a long line is shown around the place")
    void longLine() {
        AssemblyException error = error(".func f()\n" + " ".repeat(500) + "x" + " ".repeat(500) + "\n.end");
        assertThat(error.getMessage().lines().skip(1))
                .allSatisfy(line -> assertThat(line.length()).isLessThan(140));
        assertThat(error.column()).isEqualTo(501);
    }

    @Test
    @DisplayName("nothing in a source line reaches the terminal as a command")
    void controlCharacters() {
        assertThat(error("\u001b[31mred\u202e").getMessage())
                .isEqualTo("x.tasm:1:1: unexpected character U+001B\n  ?[31mred?\n  ^");
    }
}
