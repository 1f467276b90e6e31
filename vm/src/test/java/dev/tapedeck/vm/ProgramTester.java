package dev.tapedeck.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Sets up a program, runs it, and says what is expected of it:
 *
 * <pre>{@code
 * ProgramTester.assemble(".func main() -> i32 \n i32.const 7 \n return \n .end").run().expectResult(7);
 * }</pre>
 *
 * <p>Java's int, long, float and double stand for i32, i64, f32 and f64.
 */
public final class ProgramTester {
    /** A test that needs more has a loop without end. */
    private static final long INSTRUCTIONS_MAX = 50_000_000;

    private final Program program;
    private String function = "";
    private List<Long> arguments = List.of();
    private byte[] input = new byte[0];
    private long seed;
    private long limit = INSTRUCTIONS_MAX;
    private Limits limits = Limits.DEFAULT;
    private final List<ScheduledInterrupt> interrupts = new ArrayList<>();

    private ProgramTester(Program program) {
        this.program = program;
    }

    public static ProgramTester assemble(String... lines) {
        try {
            return of(Assembler.assemble("test.tasm", String.join("\n", lines)));
        } catch (AssemblyException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    public static ProgramTester of(Program program) {
        return new ProgramTester(program);
    }

    /** As one of the program's tests describes it. */
    public static ProgramTester of(Program program, TestCase test) {
        ProgramTester tester = of(program);
        tester.function = test.function();
        tester.arguments = test.arguments();
        tester.input = test.input().getBytes(StandardCharsets.ISO_8859_1);
        tester.seed = test.seed();
        tester.limit = test.instructionLimit().orElse(INSTRUCTIONS_MAX);
        tester.interrupts.addAll(test.interrupts());
        return tester;
    }

    /** The function to run, instead of the entry. */
    public ProgramTester call(String name, Number... values) {
        function = name;
        arguments = cells(values);
        return this;
    }

    public ProgramTester input(String text) {
        input = text.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    public ProgramTester seed(long value) {
        seed = value;
        return this;
    }

    public ProgramTester limit(long instructions) {
        limit = instructions;
        return this;
    }

    public ProgramTester limits(Limits machineLimits) {
        limits = machineLimits;
        return this;
    }

    /** Interrupts have to be given in the order of their instruction counts. */
    public ProgramTester interrupt(long icount, int signal, long payload) {
        interrupts.add(new ScheduledInterrupt(icount, signal, payload));
        return this;
    }

    public Run run() {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Machine machine;
        try {
            machine = new Machine(
                    Verifier.verify(program),
                    new VirtualHost(new ByteArrayInputStream(input), output, new ByteArrayOutputStream(), seed),
                    limits);
        } catch (VerifyException e) {
            throw new AssertionError(e.getMessage(), e);
        }
        int index = function.isEmpty()
                ? program.entry()
                : program.findFunction(function).orElseThrow(() -> new AssertionError("no function " + function));
        machine.start(index, arguments.stream().mapToLong(Long::longValue).toArray());
        for (ScheduledInterrupt interrupt : interrupts) {
            if (interrupt.icount() <= limit
                    && machine.run(interrupt.icount()) == Status.RUNNING
                    && !machine.raise(interrupt.signal(), interrupt.payload())) {
                fail("too many interrupts are pending");
            }
        }
        machine.run(limit);
        return new Run(machine, output.toByteArray());
    }

    private static List<Long> cells(Number... values) {
        return Arrays.stream(values).map(ProgramTester::cell).toList();
    }

    private static long cell(Number value) {
        if (value instanceof Float) {
            return Float.floatToRawIntBits(value.floatValue());
        }
        return value instanceof Double ? Double.doubleToRawLongBits(value.doubleValue()) : value.longValue();
    }

    /** A run that has ended, or reached its limit. Each {@code expect} fails if what it says is not so. */
    public static final class Run {
        private final Machine machine;
        private final byte[] output;

        private Run(Machine machine, byte[] output) {
            this.machine = machine;
            this.output = output;
        }

        public Machine machine() {
            return machine;
        }

        public Run expectResult(Number... values) {
            expectStatus(Status.RETURNED);
            assertThat(machine.results()).as("results").isEqualTo(cells(values));
            return this;
        }

        public Run expectExit(int code) {
            expectStatus(Status.HALTED);
            assertThat(machine.exitCode()).as("exit code").isEqualTo(code);
            return this;
        }

        public Run expectFault(FaultKind kind) {
            expectStatus(Status.FAULTED);
            assertThat(machine.fault().map(Fault::kind)).as("fault").contains(kind);
            return this;
        }

        public Run expectOutput(String text) {
            assertThat(new String(output, StandardCharsets.UTF_8)).as("output").isEqualTo(text);
            return this;
        }

        /** The value of a local of frame 0, by its index, whose type is the value's. */
        public Run expectLocal(int index, Number value) {
            assertThat(machine.local(0, index)).as("local " + index).isEqualTo(cell(value));
            return this;
        }

        public Run expectGlobal(String name, Number value) {
            List<Program.Global> globals = machine.program().globals();
            for (int i = 0; i < globals.size(); i++) {
                if (globals.get(i).name().equals(name)) {
                    assertThat(machine.global(i)).as("global " + name).isEqualTo(cell(value));
                    return this;
                }
            }
            throw new AssertionError("no global " + name);
        }

        public Run expectMemory(long address, int... bytes) {
            byte[] actual = machine.readMemory(address, bytes.length);
            int[] unsigned = new int[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                unsigned[i] = actual[i] & 0xFF;
            }
            assertThat(unsigned).as("memory from address " + address).containsExactly(bytes);
            return this;
        }

        public Run expectInstructions(long icount) {
            assertThat(machine.icount()).as("instruction count").isEqualTo(icount);
            return this;
        }

        private void expect(StateExpectation expectation) {
            if (expectation instanceof StateExpectation.GlobalValue global) {
                assertThat(machine.global(global.global()))
                        .as("global " + global.global())
                        .isEqualTo(global.cell());
            } else if (expectation instanceof StateExpectation.RegisterValue register) {
                assertThat(value(register.register()))
                        .as(register.register().mnemonic())
                        .isEqualTo(register.value());
            } else if (expectation instanceof StateExpectation.MemoryBytes memory) {
                byte[] actual = machine.readMemory(
                        memory.memory(), memory.address(), memory.bytes().length());
                assertThat(actual)
                        .as("memory " + memory.memory() + " from address " + memory.address())
                        .isEqualTo(memory.bytes().getBytes(StandardCharsets.ISO_8859_1));
            }
        }

        private long value(StateExpectation.Register register) {
            return switch (register) {
                case SP -> machine.sp();
                case BP -> machine.bp();
                case HP -> machine.hp();
                case ICOUNT -> machine.icount();
                case INTERRUPTS -> machine.interruptsEnabled() ? 1 : 0;
            };
        }

        private void expectStatus(Status status) {
            assertThat(machine.status())
                    .as(() -> "status at " + machine.position() + " after " + machine.icount() + " instructions"
                            + machine.fault().map(fault -> ", " + fault).orElse(""))
                    .isEqualTo(status);
        }

        /** Everything that one of the program's tests expects. */
        public Run expectAllOf(TestCase test) {
            if (test.expectedFault().isPresent()) {
                expectFault(FaultKind.ofMnemonic(test.expectedFault().get()).orElseThrow());
            } else if (machine.status() == Status.RETURNED) {
                assertThat(test.expectedExitCode().orElse(0)).as("exit code").isZero();
            } else {
                expectExit(test.expectedExitCode().orElse(0));
            }
            Optional<String> expectedOutput = test.expectedOutput();
            expectedOutput.ifPresent(text -> assertThat(new String(output, StandardCharsets.ISO_8859_1))
                    .as("output")
                    .isEqualTo(text));
            test.expectedResults().ifPresent(results -> {
                expectStatus(Status.RETURNED);
                assertThat(machine.results()).as("results").isEqualTo(results);
            });
            test.expectedState().forEach(this::expect);
            return this;
        }
    }
}
