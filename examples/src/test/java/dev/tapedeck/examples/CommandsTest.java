package dev.tapedeck.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Commands written in C, run from Java on a virtual WASI system. What they print is what the same sources print when they
 * are compiled for a computer ({@code make golden}), or what Java's own library says.
 */
class CommandsTest {
    private static final Path FOLDER = Path.of("src/test/programs/c");

    private static Machine machine(
            VerifiedProgram program, byte[] input, ByteArrayOutputStream output, String... arguments) {
        WasiHost host = new WasiHost(
                new WasiOptions().arguments(List.of(arguments)),
                new InputTape(new ByteArrayInputStream(input)),
                output,
                output);
        Machine machine = new Machine(program, host, Limits.DEFAULT);
        machine.start(program.program().entry());
        return machine;
    }

    private static VerifiedProgram program(String name) throws Exception {
        return ProgramFile.load(FOLDER.resolve(name + ".wasm"));
    }

    private static byte[] run(String name, byte[] input, String... arguments) throws Exception {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Machine machine = machine(program(name), input, output, arguments);
        assertThat(machine.run(Long.MAX_VALUE)).isEqualTo(Status.RETURNED);
        return output.toByteArray();
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = CommandsTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @CsvSource({"lisp, tour.lisp, tour.txt", "chess, positions.chess, positions.txt"})
    @DisplayName("A script has the output that it has on a computer")
    void script(String command, String input, String expected) throws Exception {
        assertThat(run(command, resource(input))).asString().isEqualTo(new String(resource(expected), "US-ASCII"));
    }

    @Test
    @Tag("long")
    @DisplayName("A Lisp program of 800 million instructions has the output that it has on a computer")
    void longScript() throws Exception {
        assertThat(run("lisp", resource("puzzles.lisp"))).isEqualTo(resource("puzzles.txt"));
    }

    @Test
    @DisplayName("What the C program compresses, Java expands, and the other way round: 260 million instructions")
    void compression() throws Exception {
        byte[] original = Files.readAllBytes(FOLDER.resolve("lisp.wasm"));

        byte[] compressed = run("deflate", original);

        assertThat(compressed).hasSizeLessThan(original.length / 2);
        try (GZIPInputStream expanded = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
            assertThat(expanded.readAllBytes()).isEqualTo(original);
        }
        ByteArrayOutputStream byJava = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(byJava)) {
            out.write(original);
        }
        assertThat(run("deflate", byJava.toByteArray(), "-d")).isEqualTo(original);
    }

    @Test
    @DisplayName("In the middle of a command, the call stack has the names and lines of the C source")
    void callStack() throws Exception {
        VerifiedProgram chess = program("chess");
        Machine machine = machine(chess, "perft 4\n".getBytes("US-ASCII"), new ByteArrayOutputStream());

        assertThat(machine.run(10_000_000)).isEqualTo(Status.RUNNING);

        List<String> frames = new ArrayList<>();
        for (int frame = 0; frame < machine.depth(); frame++) {
            frames.add(describe(chess.program(), machine, frame));
        }
        List<String> source = Files.readAllLines(FOLDER.resolve("chess.c"));
        int call = 1 + source.indexOf("            nodes += perft(position, depth - 1);");
        assertThat(frames).contains("perft src/test/programs/c/chess.c:" + call);
        assertThat(frames.get(0)).startsWith("_start");
    }

    private static String describe(Program program, Machine machine, int frame) {
        Position position = machine.framePosition(frame);
        Function function = program.functions().get(position.function());
        int source = function.source(position.offset());
        return function.name() + " " + (source < 0 ? "?" : program.sources().get(source)) + ":"
                + function.line(position.offset());
    }
}
