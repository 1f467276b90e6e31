package dev.tapedeck.harness.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.StateDigest;
import dev.tapedeck.harness.replay.LogWalk;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.vm.format.BcReader;
import dev.tapedeck.vm.format.FormatException;
import dev.tapedeck.vm.format.SnapshotReader;
import dev.tapedeck.vm.format.SnapshotWriter;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.verify.Verifier;
import dev.tapedeck.vm.verify.VerifyException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;

/**
 * One run in every way there is: plain, without each optimisation, recorded, replayed, and in two halves of which the second
 * begins with a snapshot. All of them come to the same.
 *
 * <p>An input is what comes from outside, and a program: a file without the digest at its end, or choices of which a {@link
 * GrownProgram} is made.
 */
final class RunTarget implements Target.Code {
    private static final List<String> OPTIMISATIONS = List.of("tapedeck.vm.fusion", "tapedeck.vm.stretches");
    private static final int INSTRUCTIONS = 3_000;
    private static final int INTERRUPTS_MAX = 8;
    private static final byte[] INPUT = "3 1 2\nabc\n".getBytes(StandardCharsets.UTF_8);

    /** A host whose output is known by its checksum; there may be much of it. */
    private record Output(CheckedOutputStream stream) {
        Output() {
            this(new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32()));
        }

        Host host() {
            return new VirtualHost(new ByteArrayInputStream(INPUT), stream, stream, 1);
        }

        long sum() {
            return stream.getChecksum().getValue();
        }
    }

    @Override
    public void run(byte[] input) throws Exception {
        Choices choices = new Choices(input);
        boolean grown = choices.below(2) == 0;
        List<ScheduledInterrupt> interrupts = new ArrayList<>();
        for (int i = choices.below(INTERRUPTS_MAX); i > 0; i--) {
            interrupts.add(new ScheduledInterrupt(choices.u16() % INSTRUCTIONS, 1 + choices.below(31), choices.u8()));
        }
        int part = choices.u8();
        int block = 16 << choices.below(5);
        Program program;
        VerifiedProgram verified;
        try {
            program = grown ? GrownProgram.of(choices) : BcReader.read(BcTarget.withDigest(choices.rest()));
            verified = Verifier.verify(program);
        } catch (FormatException | VerifyException e) {
            if (grown) {
                throw new AssertionError("a program that should be valid: " + e.getMessage(), e);
            }
            return;
        }
        if (program.entry() < 0) {
            return;
        }
        Function entry = program.functions().get(program.entry());
        RunOptions options = new RunOptions(
                "",
                Collections.nCopies(program.typeOf(entry).parameters().size(), 0L),
                1,
                interrupts,
                INSTRUCTIONS,
                Trial.LIMITS,
                block,
                CheckpointSpacing.instructions(block * 4L),
                List.of());
        try {
            new Machine(verified, new Output().host(), options.limits());
        } catch (IllegalArgumentException e) {
            return;
        }
        compare(verified, options, part);
    }

    private static void compare(VerifiedProgram program, RunOptions options, int part) throws Exception {
        Output output = new Output();
        Outcome plain = Recorder.run(program, options, output.host());
        for (String optimisation : OPTIMISATIONS) {
            System.setProperty(optimisation, "off");
            try {
                Output again = new Output();
                assertThat(Recorder.run(program, options, again.host()))
                        .as(optimisation)
                        .isEqualTo(plain);
                assertThat(again.sum()).as(optimisation).isEqualTo(output.sum());
            } finally {
                System.clearProperty(optimisation);
            }
        }
        long middle = plain.icount() * part / 256;
        long digest = inHalves(program, options, middle, plain, output.sum());
        try (Folder folder = new Folder()) {
            Path path = folder.path().resolve("recording");
            Output recorded = new Output();
            assertThat(Recorder.record(program, options, recorded.host(), path)).isEqualTo(plain);
            assertThat(recorded.sum()).isEqualTo(output.sum());
            replay(path, plain, middle, digest);
        }
    }

    private static void replay(Path path, Outcome plain, long middle, long digest) throws Exception {
        try (Recording recording = Recording.open(path)) {
            assertThat(recording.damage()).isEqualTo(Optional.empty());
            assertThat(recording.outcome()).contains(plain);
            assertThat(Replay.verify(recording)).isEqualTo(plain.icount());
            long[] listed = {0};
            LogWalk.walk(recording, 0, entry -> {
                if (entry instanceof LogWalk.Entry.Executed) {
                    listed[0]++;
                }
                return true;
            });
            assertThat(listed[0]).as("instructions in the log").isEqualTo(plain.icount());
            Replay replay = new Replay(recording);
            replay.seek(middle);
            assertThat(StateDigest.of(replay.machine().snapshot()))
                    .as("the state at instruction count %d", middle)
                    .isEqualTo(digest);
        }
    }

    /** @return the digest of the state in the middle */
    private static long inHalves(
            VerifiedProgram program, RunOptions options, long middle, Outcome plain, long outputSum)
            throws FormatException {
        Output output = new Output();
        Arrivals arrivals = new Arrivals(options.interrupts());
        Machine first = new Machine(program, output.host(), options.limits());
        first.start(program.program().entry(), options.cells());
        advance(first, arrivals, middle);
        if (first.status() == Status.RUNNING && middle < INSTRUCTIONS) {
            arrivals.apply(first);
        }
        Snapshot snapshot = first.snapshot();
        byte[] bytes = SnapshotWriter.write(snapshot);
        Snapshot read = SnapshotReader.read(program, bytes);
        assertThat(SnapshotWriter.write(read)).isEqualTo(bytes);
        assertThat(StateDigest.of(read)).isEqualTo(StateDigest.of(snapshot));
        Machine second = new Machine(program, output.host(), options.limits());
        second.restore(read);
        advance(second, arrivals, INSTRUCTIONS);
        assertThat(Outcome.of(second, new StateDigest())).isEqualTo(plain);
        assertThat(output.sum()).isEqualTo(outputSum);
        return StateDigest.of(snapshot);
    }

    private static void advance(Machine machine, Arrivals arrivals, long end) {
        while (machine.status() == Status.RUNNING && machine.icount() < end) {
            arrivals.apply(machine);
            machine.run(Math.min(end, arrivals.next()));
        }
    }

    /** Interrupts that come at their instruction counts, those of one in the order given. */
    private static final class Arrivals {
        private final Deque<ScheduledInterrupt> left;

        Arrivals(List<ScheduledInterrupt> interrupts) {
            left = new ArrayDeque<>(interrupts.stream()
                    .sorted(Comparator.comparingLong(ScheduledInterrupt::icount))
                    .toList());
        }

        long next() {
            return left.isEmpty() ? Long.MAX_VALUE : left.getFirst().icount();
        }

        void apply(Machine machine) {
            while (next() <= machine.icount()) {
                ScheduledInterrupt interrupt = left.removeFirst();
                machine.raise(interrupt.signal(), interrupt.payload());
            }
        }
    }

    @Override
    public List<byte[]> seeds() throws Exception {
        List<byte[]> seeds = new ArrayList<>();
        for (byte[] body : new BcTarget().seeds()) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(new byte[] {1, 1, 100, 0, 3, 5, (byte) (100 + seeds.size() % 100), (byte) seeds.size()});
            out.writeBytes(body);
            seeds.add(out.toByteArray());
        }
        for (int i = 0; i < 20; i++) {
            // Any bytes make a program.
            byte[] choices = Target.noise(i, 300 * (i + 1));
            choices[0] = 0;
            seeds.add(choices);
        }
        return seeds.stream()
                .filter(seed -> seed.length <= Target.INPUT_BYTES_MAX)
                .toList();
    }
}
