package dev.tapedeck.vm.wasm;

import static dev.tapedeck.vm.wasm.ModuleBytes.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ImporterTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();

    private Machine machine(Program program) throws VerifyException {
        return new Machine(
                Verifier.verify(program),
                new VirtualHost(new ByteArrayInputStream(new byte[0]), output, output, 0),
                Limits.DEFAULT);
    }

    private List<Long> run(Program program, String function, long... arguments) throws VerifyException {
        Machine machine = machine(program);
        machine.start(program.findFunction(function).orElseThrow(), arguments);
        assertThat(machine.run(1_000_000)).isEqualTo(Status.RETURNED);
        return machine.results();
    }

    @Test
    @DisplayName("K8: exported functions can be called, imported ones are the host's")
    void exportsAndImports() throws Exception {
        ModuleBytes module = new ModuleBytes();
        int print = module.type("7f", "");
        byte[] bytes = module.importFunction("tape", "print_i32", print)
                .exported("twice", "7f", "7f", "00", "20 00 10 00 20 00 20 00 6a")
                .bytes();
        assertThat(run(Importer.program("test", bytes), "twice", 21)).containsExactly(42L);
        assertThat(output.toString(StandardCharsets.US_ASCII)).isEqualTo("21\n");
    }

    @Test
    void referencesToHostFunctionsGoThroughAFunctionThatCallsThem() throws Exception {
        ModuleBytes module = new ModuleBytes();
        int print = module.type("7f", "");
        byte[] bytes = module.importFunction("tape", "print_i32", print)
                .table("70 00 01")
                .element("00 41 00 0b 01 00")
                .exported("indirect", "", "", "00", "41 05 41 00 11 00 00")
                .export("direct", 0, 0)
                .bytes();
        Program program = Importer.program("test", bytes);
        run(program, "indirect");
        run(program, "direct", 6);
        assertThat(output.toString(StandardCharsets.US_ASCII)).isEqualTo("5\n6\n");
        assertThat(program.functions().get(1).name()).isEqualTo("tape.print_i32");
    }

    @Test
    void activeSegmentsAreThereAtTheStart() throws Exception {
        byte[] bytes = new ModuleBytes()
                .memory("00 01")
                .data("00 41 10 0b 04 2a 00 00 00")
                .exported("load", "", "7f", "00", "41 10 28 02 00")
                .bytes();
        assertThat(run(Importer.program("test", bytes), "load")).containsExactly(42L);
    }

    @Test
    void segmentsThatDoNotFitAreRefused() {
        byte[] data = new ModuleBytes()
                .memory("00 01")
                .data("00 41 ff ff 03 0b 02 61 62")
                .bytes();
        assertThatThrownBy(() -> Importer.program("test", data))
                .hasMessage(
                        "unlinkable module: out of bounds memory access: a data segment of 2 bytes for address 65535,"
                                + " the memory has 65536 bytes (at byte 0x1a)");
        byte[] elements = new ModuleBytes()
                .table("70 00 01")
                .element("00 41 01 0b 01 00")
                .exported("f", "", "", "00", "")
                .bytes();
        assertThatThrownBy(() -> Importer.program("test", elements))
                .hasMessage("unlinkable module: out of bounds table access: an element segment ends at 2, table 0 has 1"
                        + " elements");
    }

    @Test
    void otherImportsAreRefusedByName() {
        byte[] memory =
                new ModuleBytes().importOther("env", "memory", "02 00 01").bytes();
        assertThatThrownBy(() -> Importer.program("test", memory))
                .hasMessageStartingWith("unsupported module: imported memory 'env.memory'; a module that is imported"
                        + " alone can import functions only");
        byte[] table =
                new ModuleBytes().importOther("env", "table", "01 70 00 01").bytes();
        assertThatThrownBy(() -> Importer.program("test", table)).hasMessageContaining("imported table 'env.table'");
        byte[] global = new ModuleBytes().importOther("env", "base", "03 7f 00").bytes();
        assertThatThrownBy(() -> Importer.program("test", global)).hasMessageContaining("imported global 'env.base'");
    }

    @Test
    void theEntryIsStart() throws Exception {
        byte[] bytes = new ModuleBytes()
                .exported("test_more", "", "", "00", "")
                .exported("_start", "", "", "00", "")
                .bytes();
        Program program = Importer.program("test", bytes);
        assertThat(program.entry()).isEqualTo(1);
        assertThat(program.tests()).isEmpty();
    }

    @Test
    void exportedTestsAreTests() throws Exception {
        byte[] bytes = new ModuleBytes()
                .exported("test_one", "", "", "00", "")
                .exported("test_of", "7f", "", "00", "")
                .exported("other", "", "", "00", "")
                .exported("testTwo", "", "", "00", "")
                .bytes();
        Program program = Importer.program("test", bytes);
        assertThat(program.tests()).extracting(TestCase::name).containsExactly("test_one", "testTwo");
        assertThat(program.entry()).isEqualTo(-1);
        Verifier.verify(program);
    }

    @Test
    void initializersRunBeforeAnythingElse() throws Exception {
        byte[] bytes = new ModuleBytes()
                .global("7f 01 41 01 0b")
                .exported("begin", "", "", "00", "23 00 41 0a 6c 24 00")
                .exported("_initialize", "", "", "00", "23 00 41 02 6a 24 00")
                .exported("get", "", "7f", "00", "23 00")
                .start(0)
                .bytes();
        Program program = Importer.program("test", bytes);
        assertThat(run(program, "get")).containsExactly(12L);
    }

    @Test
    void namesFallBackToExportsAndImports() throws Exception {
        byte[] bytes = new ModuleBytes()
                .exported("sum", "", "", "00", "")
                .global("7f 01 41 01 0b")
                .export("counter", 3, 0)
                .bytes();
        Program program = Importer.program("adder", bytes);
        assertThat(program.name()).isEqualTo("adder");
        assertThat(program.functions().get(0).name()).isEqualTo("sum");
        assertThat(program.globals().get(0).name()).isEqualTo("counter");
    }

    @Test
    @DisplayName("W10: numbers keep their bits")
    void constantsKeepTheirBits() throws Exception {
        byte[] bytes = new ModuleBytes()
                .exported("f32", "", "7d", "00", "43 01 00 a0 ff")
                .exported("f64", "", "7c", "00", "44 01 00 00 00 00 00 f4 7f")
                .exported("i64", "", "7e", "00", "42 80 80 80 80 80 80 80 80 80 7f")
                .global("7d 00 43 01 00 a0 ff 0b")
                .exported("global", "", "7d", "00", "23 00")
                .bytes();
        Program program = Importer.program("test", bytes);
        long single = (int) 0xFFA0_0001L;
        assertThat(run(program, "f32")).containsExactly(single);
        assertThat(run(program, "f64")).containsExactly(0x7FF4_0000_0000_0001L);
        assertThat(run(program, "i64")).containsExactly(Long.MIN_VALUE);
        assertThat(run(program, "global")).containsExactly(single);
    }

    @Test
    void textIsNoModule() {
        assertThatThrownBy(() -> Importer.program("test", "(module)".getBytes(StandardCharsets.US_ASCII)))
                .hasMessageContaining("magic header not detected");
        assertThat(WasmReader.isModule(hex("00 61 73 6d"))).isTrue();
        assertThat(WasmReader.isModule(hex("00 61 73"))).isFalse();
    }

    @Test
    @DisplayName("W8: source lines come from DWARF")
    void linesComeFromDwarf() throws Exception {
        byte[] bytes;
        try (var in = ImporterTest.class.getResourceAsStream("dwarf/lines-dwarf4.wasm")) {
            bytes = in.readAllBytes();
        }
        Program program = Importer.program("lines", bytes);
        Verifier.verify(program);
        assertThat(program.sources()).anyMatch(source -> source.endsWith("lines.c"));
        Function function =
                program.functions().get(program.findFunction("sum_of_squares").orElseThrow());
        assertThat(function.lines().size()).isEqualTo(function.code().size());
        Set<String> places = new TreeSet<>();
        for (int offset = 0; offset < function.code().size(); offset++) {
            if (function.line(offset) > 0) {
                places.add(program.sources().get(function.source(offset)) + ":" + function.line(offset));
            }
        }
        // square() of square.h is inlined.
        assertThat(places).contains("lines.c:9", "square.h:3", "square.h:4");
        assertThat(program.sources().get(function.lines().source())).isEqualTo("lines.c");
    }
}
