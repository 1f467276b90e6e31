package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * A program and what it is run with, the same in every process that asks for it.
 *
 * @param host makes a new one, since a host's input is used up
 */
record RecordedProgram(String name, VerifiedProgram program, RunOptions options, Supplier<Host> host) {
    private static final Path EXAMPLES = Path.of("../examples/src/test/programs");

    /** Fills the log with flow and states that do not compress well, up to its limit. */
    static final String NOISE = """
            .memory 4
            .func main()
              .local x: i64
              i64.const 88172645463325252
              local.set x
            again:
              local.get x
              local.get x
              i64.const 13
              i64.shl
              i64.xor
              local.tee x
              local.get x
              i64.const 7
              i64.shr_u
              i64.xor
              local.tee x
              local.get x
              i64.const 17
              i64.shl
              i64.xor
              local.set x
              local.get x
              i32.wrap_i64
              i32.const 262136
              i32.rem_u
              local.get x
              i64.store
              local.get x
              i32.wrap_i64
              i32.const 1
              i32.and
              br_if again
              br again
            .end
            .entry main
            """;

    /** Noise with blocks of 2^14 instructions and a checkpoint behind each fourth. */
    static RecordedProgram noise(long limit) {
        return new RecordedProgram(
                "noise", Deck.assemble("noise", NOISE), options(List.of(), limit, 1 << 14, 4), () -> call -> {});
    }

    Outcome record(Path directory) throws RecordingException {
        return record(directory, machine -> {});
    }

    Outcome record(Path directory, Consumer<Machine> watcher) throws RecordingException {
        return Recorder.record(program, options, host.get(), directory, null, watcher);
    }

    /** Those that are recorded in some milliseconds. */
    static List<RecordedProgram> small() {
        return Deck.all()
                .flatMap(deck -> Arrays.stream(Detail.values())
                        .map(detail -> new RecordedProgram(
                                deck.name() + ", " + detail,
                                deck.program(),
                                deck.options().withDetail(detail),
                                deck::host)))
                .toList();
    }

    /** Those that take a second or so: kernels, interrupts, host calls, WASI programs, small blocks and large ones. */
    static List<RecordedProgram> large() throws ProgramException {
        List<RecordedProgram> programs = new ArrayList<>();
        programs.add(noise(10_000_000));
        programs.add(new RecordedProgram(
                "noise with blocks and checkpoints as usual",
                Deck.assemble("noise", NOISE),
                new RunOptions(
                        "",
                        List.of(),
                        0,
                        List.of(),
                        60_000_000,
                        Limits.DEFAULT,
                        RunOptions.BLOCK_INSTRUCTIONS_DEFAULT,
                        CheckpointSpacing.AUTOMATIC,
                        List.of()),
                () -> call -> {}));
        programs.add(new RecordedProgram(
                "interrupts and small blocks",
                Deck.assemble("interrupts", Deck.INTERRUPTS.replace("i32.const 400\n", "i32.const 40000\n")),
                options(
                        LongStream.range(1, 20_000)
                                .mapToObj(i -> new ScheduledInterrupt(i * 150, i % 7 == 0 ? 5 : 3, i))
                                .toList(),
                        1L << 40,
                        512,
                        16),
                () -> call -> {}));
        byte[] input =
                "The quick brown fox jumps over the lazy dog.\n".repeat(30_000).getBytes(StandardCharsets.UTF_8);
        programs.add(new RecordedProgram(
                "host calls",
                Deck.assemble("host", Deck.HOST),
                options(List.of(), 1L << 40, 4096, 16),
                () -> new VirtualHost(
                        new ByteArrayInputStream(input),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream(),
                        7)));
        RecordedProgram noise = noise(300_000);
        programs.add(new RecordedProgram(
                "what noise writes", noise.program, noise.options.withDetail(Detail.VALUES), noise.host));
        programs.add(wasi("c/lisp.wasm", "a loop that allocates does not run out of memory", 1 << 16));
        programs.add(wasi("rust/query.wasm", "a file, filtered and sorted", 1 << 12));
        return programs;
    }

    private static RecordedProgram wasi(String file, String testName, int blockInstructions) throws ProgramException {
        VerifiedProgram program = ProgramFile.load(EXAMPLES.resolve(file));
        TestCase test = program.program().tests().stream()
                .filter(candidate -> candidate.name().equals(testName))
                .findFirst()
                .orElseThrow();
        return new RecordedProgram(
                file,
                program,
                options(List.of(), 1L << 40, blockInstructions, 8),
                () -> WasiHost.withStandard(
                        WasiOptions.of(program.program(), test),
                        new ByteArrayInputStream(test.input().getBytes(StandardCharsets.ISO_8859_1)),
                        OutputStream.nullOutputStream(),
                        OutputStream.nullOutputStream()));
    }

    private static RunOptions options(
            List<ScheduledInterrupt> interrupts, long limit, int blockInstructions, int blocksPerCheckpoint) {
        return new RunOptions(
                "",
                List.of(),
                0,
                interrupts,
                limit,
                Limits.DEFAULT,
                blockInstructions,
                CheckpointSpacing.instructions((long) blocksPerCheckpoint * blockInstructions),
                List.of());
    }

    @Override
    public String toString() {
        return name;
    }
}
