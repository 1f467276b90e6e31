package dev.tapedeck.vm.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class VirtualHostTest {
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final ByteArrayOutputStream debug = new ByteArrayOutputStream();

    private static VerifiedProgram program(String... lines) throws Exception {
        return Verifier.verify(Assembler.assemble("host.tasm", String.join("\n", lines) + "\n"));
    }

    private static VerifiedProgram main(String body) throws Exception {
        return program(".memory 1", ".data text = \"tape\"", ".func main()", body, "return", ".end", ".entry main");
    }

    private Machine run(VerifiedProgram program, Host host) {
        Machine machine = new Machine(program, host, Limits.DEFAULT);
        machine.start(program.program().entry());
        machine.run(Long.MAX_VALUE);
        return machine;
    }

    private VirtualHost host(String input, long seed) {
        return new VirtualHost(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.ISO_8859_1)), output, debug, seed);
    }

    private String outputOf(String body) throws Exception {
        output.reset();
        Machine machine = run(main(body), host("", 0));
        assertThat(machine.fault()).isEmpty();
        return output.toString(StandardCharsets.ISO_8859_1);
    }

    /** Zeros without end. */
    private static final class Endless extends InputStream {
        private long given;

        @Override
        public int read() {
            given++;
            return 0;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            given += length;
            return length;
        }
    }

    @Test
    void inputWithoutEndIsNotKeptWithoutEnd() throws Exception {
        Endless endless = new Endless();
        VirtualHost host = new VirtualHost(endless, output, debug, 0);
        HostState first = host.saveState();
        VerifiedProgram program = program(
                ".memory 16",
                ".func main()",
                "i32.const 0",
                "i32.const 1000000",
                "call_host tape.input",
                "drop",
                "return",
                ".end",
                ".entry main");
        for (int i = 0; i < 100; i++) {
            assertThat(run(program, host).status()).isEqualTo(Status.RETURNED);
        }
        assertThat(endless.given).isEqualTo(100_000_000);
        assertThatThrownBy(() -> host.restoreState(first))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("byte 0 of the input")
                .hasMessageContaining("are kept");
        HostState late = host.saveState();
        run(program, host);
        host.restoreState(late);
        assertThat(run(program, host).status()).isEqualTo(Status.RETURNED);
        assertThat(endless.given).isEqualTo(101_000_000);
    }

    @Test
    void inputIsTakenInParts() throws Exception {
        VerifiedProgram program = program(
                ".memory 65536",
                ".func main()",
                "i32.const 0",
                "i32.const -1",
                "call_host tape.input",
                "drop",
                "return",
                ".end",
                ".entry main");
        Machine machine = run(program, new VirtualHost(new Endless(), output, debug, 0));
        assertThat(machine.fault()).isPresent();
        assertThat(machine.fault().get().kind()).isEqualTo(FaultKind.HOST_ERROR);
        assertThat(machine.fault().get().detail()).contains("more than 67108864 bytes of input at once");
        assertThat(run(program, host("short", 0)).status()).isEqualTo(Status.RETURNED);
    }

    @Test
    void outputLargerThanTheHeapPassesInPieces() throws Exception {
        long[] written = {0, 0};
        OutputStream counted = new OutputStream() {
            @Override
            public void write(int b) {
                written[0]++;
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                written[0] += length;
                written[1] = Math.max(written[1], length);
            }
        };
        Machine machine = run(
                program(
                        ".memory 4096",
                        ".func main()",
                        "i32.const 3",
                        "i32.const 200000001",
                        "call_host tape.output",
                        "return",
                        ".end",
                        ".entry main"),
                new VirtualHost(InputStream.nullInputStream(), counted, debug, 0));
        assertThat(machine.status()).isEqualTo(Status.RETURNED);
        assertThat(written[0]).isEqualTo(200_000_001);
        assertThat(written[1]).isLessThanOrEqualTo(1 << 20);
    }

    @Test
    void writesBytesAndNumbers() throws Exception {
        assertThat(outputOf("i32.const text\ni32.const 3\ncall_host tape.output"))
                .isEqualTo("tap");
        assertThat(outputOf("i32.const 0x1F0\ncall_host tape.print_char")).isEqualTo("\u00F0");
        assertThat(outputOf("i32.const -2147483648\ncall_host tape.print_i32")).isEqualTo("-2147483648\n");
        assertThat(outputOf("i64.const -9223372036854775808\ncall_host tape.print_i64"))
                .isEqualTo("-9223372036854775808\n");
        assertThat(outputOf("f64.const -0.0\ncall_host tape.print_f64")).isEqualTo("-0.0\n");
        assertThat(outputOf("f64.const 2.5\ni32.const 0\ncall_host tape.print_fixed"))
                .isEqualTo("2\n");
        assertThat(outputOf("f64.const -0.169075164\ni32.const 9\ncall_host tape.print_fixed"))
                .isEqualTo("-0.169075164\n");
        assertThat(outputOf("f64.const nan\ni32.const 9\ncall_host tape.print_fixed"))
                .isEqualTo("NaN\n");
        assertThat(debug.size()).isZero();
        assertThat(outputOf("i32.const text\ni32.const 4\ncall_host tape.debug"))
                .isEmpty();
        assertThat(debug.toString(StandardCharsets.ISO_8859_1)).isEqualTo("tape");
    }

    @Test
    @SuppressWarnings("FloatingPointLiteralPrecision") // 1.0E23 is none of the doubles; that is the point.
    @DisplayName("Numbers are printed the same on every Java version: the shortest that reads back")
    void shortestDecimal() {
        Map<Double, String> known = new TreeMap<>(
                Map.of(2.0E-3, "0.002", 1.0E23, "1.0E23", 2.0E23, "2.0E23", 4.9E-324, "4.9E-324", 1.0E7, "1.0E7"));
        known.put(9_999_999.0, "9999999.0");
        known.put(0.001, "0.001");
        known.put(9.999E-4, "9.999E-4");
        known.put(2.2250738585072014E-308, "2.2250738585072014E-308");
        known.put(1.7976931348623157E308, "1.7976931348623157E308");
        known.put(-123.456, "-123.456");
        known.put(100.0, "100.0");
        known.put(0.1 + 0.2, "0.30000000000000004");
        known.put(1.0 / 3, "0.3333333333333333");
        known.put(2.2E-322, "2.2E-322");
        known.forEach((value, text) -> assertThat(DecimalText.shortest(value)).isEqualTo(text));
        java.util.Random random = new java.util.Random(19);
        for (int i = 0; i < 20_000; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            String text = DecimalText.shortest(value);
            if (!Double.isNaN(value)) {
                assertThat(Double.parseDouble(text)).as("seed 19, " + text).isEqualTo(value);
            }
            if (Runtime.version().feature() >= 19) {
                assertThat(text).as("seed 19").isEqualTo(Double.toString(value));
            }
        }
    }

    @Test
    @DisplayName("Input depends on its bytes only, not on how they arrive")
    void input() throws Exception {
        VerifiedProgram program = main("""
                i32.const 8
                i32.const 5
                call_host tape.input
                call_host tape.print_i32
                i32.const 8
                i32.const 5
                call_host tape.input
                call_host tape.print_i32
                i32.const 8
                i32.const 5
                call_host tape.input
                call_host tape.print_i32
                i32.const 8
                i32.const 5
                call_host tape.output
                """);
        InputStream trickling = new ByteArrayInputStream("12345678".getBytes(StandardCharsets.ISO_8859_1)) {
            @Override
            public synchronized int read(byte[] bytes, int offset, int length) {
                return super.read(bytes, offset, Math.min(2, length));
            }
        };
        run(program, host("12345678", 0));
        String expected = output.toString(StandardCharsets.ISO_8859_1);
        assertThat(expected).isEqualTo("5\n3\n0\n67845");
        output.reset();
        run(program, new VirtualHost(trickling, output, debug, 0));
        assertThat(output.toString(StandardCharsets.ISO_8859_1)).isEqualTo(expected);
    }

    @Test
    void clockIsTheInstructionCountAndRandomFollowsFromTheSeed() throws Exception {
        assertThat(outputOf("nop\nnop\ncall_host tape.clock\ncall_host tape.print_i64"))
                .isEqualTo("2\n");
        // The first numbers of SplitMix64 from seed 1234567, as published with the algorithm.
        VerifiedProgram random = main("call_host tape.random\ncall_host tape.print_i64\n".repeat(3));
        output.reset();
        run(random, host("", 1_234_567));
        assertThat(output.toString(StandardCharsets.ISO_8859_1))
                .isEqualTo(Long.parseUnsignedLong("6457827717110365317") + "\n"
                        + Long.parseUnsignedLong("3203168211198807973") + "\n"
                        + Long.parseUnsignedLong("9817491932198370423") + "\n");
    }

    @Test
    void exitHaltsAfterTheCall() throws Exception {
        Machine machine = run(main("i32.const 7\ncall_host tape.exit\nnop"), host("", 0));
        assertThat(machine.status()).isEqualTo(Status.HALTED);
        assertThat(machine.exitCode()).isEqualTo(7);
        assertThat(machine.icount()).isEqualTo(2);
    }

    @Test
    @DisplayName("W11: a host function that is missing, or has another type, is named before the program runs")
    void missing() throws Exception {
        VerifiedProgram program = program(
                ".import env.report(i32) -> (i64)",
                ".import tape.clock() -> (i32)",
                ".func main()",
                "call_host tape.random",
                "drop",
                "return",
                ".end",
                ".entry main");
        assertThatThrownBy(() -> new Machine(program, host("", 0), Limits.DEFAULT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("env.report(i32) -> (i64): no such function")
                .hasMessageContaining("tape.clock() -> (i32): the function has type () -> (i64)")
                .hasMessageNotContaining("random");
    }

    @Test
    @DisplayName("G4: a host that fails is a fault, what it wrote is put back, and the machine is usable afterwards")
    void failures() throws Exception {
        VerifiedProgram program = program(
                ".memory 1",
                ".import env.work(i32) -> (i32, i32)",
                ".func main(how: i32) -> (i32, i32)",
                "local.get how",
                "call_host env.work",
                "return",
                ".end",
                ".entry main");
        HostCall[] leaked = new HostCall[1];
        Host host = call -> {
            leaked[0] = call;
            assertThat(call.argumentCount()).isEqualTo(1);
            assertThat(call.hostImport().qualifiedName()).isEqualTo("env.work");
            call.setResult(1, 0x1_0000_0005L);
            call.writeMemory(4_090, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9});
            call.writeMemory(4_092, new byte[] {10, 11});
            assertThat(call.readMemory(4_091, 3)).containsExactly(2, 10, 11);
            switch ((int) call.argument(0)) {
                case 1 -> throw new HostException("no work today");
                case 2 -> throw new IllegalStateException("broken");
                case 3 -> call.writeMemory(65_530, new byte[7]);
                case 4 -> call.setResult(2, 0);
                case 5 -> throw new HostException("half a pair: \uD800");
                default -> {}
            }
        };
        Machine machine = new Machine(program, host, Limits.DEFAULT);
        String[] details = {
            "env.work: no work today",
            "env.work: java.lang.IllegalStateException: broken",
            "env.work: address 65530, 7 bytes, memory has 65536 bytes",
            "env.work: java.lang.IndexOutOfBoundsException: no result 2, there are 2",
            "env.work: half a pair: ?"
        };
        for (int how = 1; how <= details.length; how++) {
            machine.start(0, how);
            assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.FAULTED);
            assertThat(machine.fault().orElseThrow().kind()).isEqualTo(FaultKind.HOST_ERROR);
            assertThat(machine.fault().orElseThrow().detail()).isEqualTo(details[how - 1]);
            assertThat(machine.readMemory(4_080, 40)).containsOnly(0);
            assertThat(machine.operand(0, 0)).isEqualTo(how);
        }
        machine.start(0, 0);
        assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.RETURNED);
        assertThat(machine.results()).containsExactly(0L, 5L);
        assertThat(machine.readMemory(4_090, 5)).containsExactly(1, 2, 10, 11, 5);
        HostCall late = leaked[0];
        assertThatThrownBy(() -> late.setResult(0, 1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> late.writeMemory(0, new byte[1])).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theMachineCannotBeRunFromAHostCall() throws Exception {
        VerifiedProgram program =
                program(".import env.again()", ".func main()", "call_host env.again", "return", ".end", ".entry main");
        Machine[] machine = new Machine[1];
        machine[0] = new Machine(program, call -> machine[0].run(100), Limits.DEFAULT);
        machine[0].start(0);
        assertThat(machine[0].run(100)).isEqualTo(Status.FAULTED);
        assertThat(machine[0].fault().orElseThrow().detail()).contains("a host call is not over");
    }

    @Test
    void streamsThatFailAreHostErrors() throws Exception {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("no space left");
            }
        };
        Machine machine = run(
                main("i32.const 1\ncall_host tape.print_i32"),
                new VirtualHost(InputStream.nullInputStream(), full, full, 0));
        assertThat(machine.fault().orElseThrow().detail()).isEqualTo("tape.print_i32: cannot write: no space left");
        for (String body : new String[] {
            "i32.const 65536\ni32.const 1\ncall_host tape.output",
            "i32.const 0\ni32.const -1\ncall_host tape.output",
            "i32.const 1\ni32.const 65536\ncall_host tape.input\ndrop",
            "f64.const 1\ni32.const 31\ncall_host tape.print_fixed",
            "f64.const 1\ni32.const -1\ncall_host tape.print_fixed"
        }) {
            Machine wrong = run(main(body), host("", 0));
            assertThat(wrong.fault().map(fault -> fault.kind())).as(body).contains(FaultKind.HOST_ERROR);
        }
        assertThat(output.size()).isZero();
    }

    @Test
    void stateOfAnotherFormIsRefused() {
        VirtualHost host = host("", 0);
        assertThatThrownBy(() -> host.restoreState(HostState.of(new byte[15])))
                .hasMessageContaining("15 bytes, expected 16");
        byte[] negative = new byte[16];
        negative[0] = -1;
        assertThatThrownBy(() -> host.restoreState(HostState.of(negative)))
                .hasMessageContaining("negative input position");
    }
}
