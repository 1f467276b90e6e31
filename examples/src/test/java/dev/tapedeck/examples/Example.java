package dev.tapedeck.examples;

import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** An example program and what it takes to run it from Java. */
record Example(VerifiedProgram verified) {
    /** Loads {@code src/test/programs/NAME}. */
    static Example load(String name) throws ProgramException {
        return new Example(ProgramFile.load(Path.of("src/test/programs", name)));
    }

    Program program() {
        return verified.program();
    }

    /** The index of a function. */
    int function(String name) {
        return program().findFunction(name).orElseThrow();
    }

    /** The address of a data definition. */
    long address(String name) {
        return program().data().stream()
                .filter(segment -> segment.name().equals(name))
                .mapToLong(DataSegment::address)
                .findFirst()
                .orElseThrow();
    }

    /** A machine that has not run yet. */
    Machine machine() {
        return machine("", new ByteArrayOutputStream());
    }

    Machine machine(String input, OutputStream output) {
        return new Machine(verified, host(input, output), Limits.DEFAULT);
    }

    static VirtualHost host(String input, OutputStream output) {
        byte[] bytes = input.getBytes(StandardCharsets.US_ASCII);
        return new VirtualHost(new ByteArrayInputStream(bytes), output, OutputStream.nullOutputStream(), 0);
    }
}
