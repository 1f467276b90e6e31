package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.asm.Assembler;
import dev.tapedeck.vm.asm.AssemblyException;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A program on a machine with the standard host, ready to be looked at. */
final class Bench {
    final VerifiedProgram program;
    final ByteArrayOutputStream output = new ByteArrayOutputStream();
    final ByteArrayOutputStream debug = new ByteArrayOutputStream();
    final Machine machine;
    private final FlowTrace trace = new FlowTrace();

    private Bench(VerifiedProgram program, Limits limits, String input) {
        this.program = program;
        machine = new Machine(
                program,
                new VirtualHost(
                        new ByteArrayInputStream(input.getBytes(StandardCharsets.ISO_8859_1)), output, debug, 1),
                limits);
    }

    static Bench of(String... lines) {
        return of(verified(lines));
    }

    static Bench of(VerifiedProgram program) {
        return new Bench(program, Limits.DEFAULT, "");
    }

    static Bench withLimits(Limits limits, String... lines) {
        return new Bench(verified(lines), limits, "");
    }

    static Bench withLimits(Limits limits, String input, String[] lines) {
        return new Bench(verified(lines), limits, input);
    }

    static Bench withInput(String input, String... lines) {
        return new Bench(verified(lines), Limits.DEFAULT, input);
    }

    static VerifiedProgram verified(String... lines) {
        try {
            return verified(Assembler.assemble("test.tasm", String.join("\n", lines) + "\n"));
        } catch (AssemblyException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    static VerifiedProgram verified(Program program) {
        try {
            return Verifier.verify(program);
        } catch (VerifyException e) {
            throw new AssertionError(e.getMessage(), e);
        }
    }

    /** A function {@code main} with the given lines as its body, behind {@code head}. */
    static String[] main(String head, String signature, String... body) {
        String[] lines = new String[body.length + 3];
        lines[0] = head;
        lines[1] = ".func main" + signature;
        System.arraycopy(body, 0, lines, 2, body.length);
        lines[lines.length - 1] = ".end\n.entry main";
        return lines;
    }

    Bench start(long... arguments) {
        machine.start(program.program().entry(), arguments);
        return this;
    }

    Status run() {
        return machine.run(Long.MAX_VALUE);
    }

    /** The only result of the run. */
    long result(long... arguments) {
        start(arguments);
        Status status = run();
        if (status != Status.RETURNED) {
            throw new AssertionError(status + " " + machine.fault());
        }
        return machine.results().get(0);
    }

    Fault fault(long... arguments) {
        start(arguments);
        run();
        return machine.fault().orElseThrow(() -> new AssertionError("no fault, but " + machine.status()));
    }

    /** A trace of this bench's own; not attached by itself. */
    FlowTrace trace() {
        return trace;
    }

    String output() {
        return output.toString(StandardCharsets.ISO_8859_1);
    }

    /** The operands of the innermost frame. */
    long[] operands() {
        int frame = machine.depth() - 1;
        long[] operands = new long[machine.operandCount(frame)];
        Arrays.setAll(operands, i -> machine.operand(frame, i));
        return operands;
    }
}
