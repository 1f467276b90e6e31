package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The answer of a bisection against an oracle's, on faults planted at random. */
class PlantedFaultsTest {
    private static final VerifiedProgram PROGRAM = Programs.program("mix.tasm");
    private static final int CASES = Integer.getInteger("tapedeck.bisect.cases", 240);
    private static final long SEED = Long.getLong("tapedeck.bisect.seed", 20_260_701);

    /** Everything that determines a run. */
    private record Setup(RunOptions options, String input) {
        LiveRun live() {
            return new LiveRun(PROGRAM, options, LiveRun.host(input, options.seed()));
        }

        Recording record(Path directory) throws RecordingException {
            Recorder.record(PROGRAM, options, LiveRun.host(input, options.seed()), directory);
            return Recording.open(directory);
        }
    }

    @TempDir
    Path directory;

    private enum Fault {
        NONE,
        LOCAL,
        OPERAND,
        GLOBAL,
        MEMORY,
        HEAP_POINTER,
        HEALED,
        RANDOM_SEED,
        INPUT,
        INTERRUPT_SHIFTED,
        INTERRUPT_LOST,
        INTERRUPT_EXTRA,
        ARGUMENT,
        MEMORY_LIMIT,
        INSTRUCTION_LIMIT
    }

    @Test
    @DisplayName("bisect finds the instruction that an oracle finds by comparing complete states after each one")
    void agreesWithOracle() throws RecordingException {
        Map<Bisection.Kind, Integer> answers = new EnumMap<>(Bisection.Kind.class);
        for (int i = 0; i < CASES; i++) {
            long seed = SEED + i;
            Fault fault = Fault.values()[i % Fault.values().length];
            Random random = new Random(seed);
            Setup a = setup(random);
            Setup b = plant(fault, a, random);
            String which = "seed " + seed + ", fault " + fault + ", repeat with -Dtapedeck.bisect.seed=" + seed
                    + " -Dtapedeck.bisect.cases=1 (" + a + " / " + b + ")";
            Oracle.Answer expected = Oracle.compare(a.live(), b.live());
            try (Recording recordingA = a.record(directory.resolve("a" + i));
                    Recording recordingB = b.record(directory.resolve("b" + i))) {
                Bisection found = Bisector.bisect(recordingA, recordingB);
                long icount =
                        found.a().at().or(found.b()::at).map(Executed::icount).orElse(-1L);
                assertThat(new Oracle.Answer(found.kind(), icount)).as(which).isEqualTo(expected);
                assertThat(found.diverged()).as(which).isEqualTo(!expected.equals(Oracle.Answer.NONE));
                check(found, a.options(), recordingA, which);
            }
            answers.merge(expected.kind(), 1, Integer::sum);
        }
        if (CASES >= 100) {
            // Each kind has been put to the test.
            assertThat(answers.keySet())
                    .contains(
                            Bisection.Kind.NONE,
                            Bisection.Kind.START,
                            Bisection.Kind.HOST,
                            Bisection.Kind.INTERRUPT,
                            Bisection.Kind.MACHINE,
                            Bisection.Kind.END);
        }
    }

    /** The promises about cost, and those that hold for each result. */
    private static void check(Bisection found, RunOptions options, Recording recording, String which) {
        assertThat(found.summary()).as(which).isNotEmpty().doesNotContain("\n");
        assertThat(found.differences()).as(which).hasSizeLessThanOrEqualTo(64);
        int blocks = recording.blocks().size();
        int logarithm = 32 - Integer.numberOfLeadingZeros(Math.max(1, blocks));
        assertThat(found.probes())
                .as(which)
                .isLessThanOrEqualTo(logarithm + recording.checkpoints().size() + 8L);
        assertThat(options).isNotNull();
    }

    private static Setup setup(Random random) {
        int block = 8 << random.nextInt(5);
        List<ScheduledInterrupt> interrupts = new ArrayList<>();
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            interrupts.add(interrupt(random, 900));
        }
        RunOptions options = new RunOptions(
                "",
                List.of((long) random.nextInt(), 2L + random.nextInt(5)),
                random.nextInt(5),
                ordered(interrupts),
                // A flipped bit can make a loop nearly endless.
                4_000,
                Limits.DEFAULT,
                block,
                CheckpointSpacing.instructions((long) block << random.nextInt(4)),
                List.of());
        return new Setup(options, "the quick brown fox jumps over the lazy dog".substring(random.nextInt(30)));
    }

    private static ScheduledInterrupt interrupt(Random random, int bound) {
        // Signal 7 has no handler: it stays pending and changes nothing else.
        int[] signals = {3, 5, 7};
        return new ScheduledInterrupt(random.nextInt(bound), signals[random.nextInt(3)], random.nextInt(100));
    }

    private static List<ScheduledInterrupt> ordered(List<ScheduledInterrupt> interrupts) {
        return interrupts.stream()
                .sorted(Comparator.comparingLong(ScheduledInterrupt::icount))
                .toList();
    }

    private static Setup plant(Fault fault, Setup a, Random random) {
        RunOptions options = a.options();
        List<ScheduledInterrupt> interrupts = new ArrayList<>(options.interrupts());
        if (interrupts.isEmpty()) {
            interrupts.add(interrupt(random, 400));
        }
        return switch (fault) {
            case NONE -> a;
            case LOCAL, OPERAND, GLOBAL, MEMORY, HEAP_POINTER ->
                new Setup(with(options, injections(fault, a, random, false)), a.input());
            case HEALED -> new Setup(with(options, injections(Fault.MEMORY, a, random, true)), a.input());
            case RANDOM_SEED ->
                new Setup(with(options, options.seed() + 1, options.arguments(), options.interrupts()), a.input());
            case INPUT ->
                new Setup(
                        options, a.input().substring(0, Math.max(0, a.input().length() - 1 - random.nextInt(8))) + "?");
            case INTERRUPT_SHIFTED -> {
                ScheduledInterrupt old = interrupts.remove(random.nextInt(interrupts.size()));
                interrupts.add(
                        new ScheduledInterrupt(old.icount() + 1 + random.nextInt(3), old.signal(), old.payload()));
                yield new Setup(with(options, options.seed(), options.arguments(), ordered(interrupts)), a.input());
            }
            case INTERRUPT_LOST -> {
                interrupts.remove(random.nextInt(interrupts.size()));
                yield new Setup(with(options, options.seed(), options.arguments(), ordered(interrupts)), a.input());
            }
            case INTERRUPT_EXTRA -> {
                interrupts.add(interrupt(random, 500));
                yield new Setup(with(options, options.seed(), options.arguments(), ordered(interrupts)), a.input());
            }
            case ARGUMENT ->
                new Setup(
                        with(
                                options,
                                options.seed(),
                                List.of(
                                        options.arguments().get(0) ^ 1L << random.nextInt(31),
                                        options.arguments().get(1)),
                                options.interrupts()),
                        a.input());
            case MEMORY_LIMIT ->
                new Setup(
                        limited(options, options.instructionLimit(), new Limits(1 << 20, 1 << 16, 1, 1 << 16, 1 << 16)),
                        a.input());
            case INSTRUCTION_LIMIT ->
                new Setup(limited(options, 100 + random.nextInt(300), options.limits()), a.input());
        };
    }

    private static RunOptions with(RunOptions o, List<Injection> injections) {
        return new RunOptions(
                o.function(),
                o.arguments(),
                o.seed(),
                o.interrupts(),
                o.instructionLimit(),
                o.limits(),
                o.blockInstructions(),
                o.checkpoints(),
                injections);
    }

    private static RunOptions with(RunOptions o, long seed, List<Long> arguments, List<ScheduledInterrupt> interrupts) {
        return new RunOptions(
                o.function(),
                arguments,
                seed,
                interrupts,
                o.instructionLimit(),
                o.limits(),
                o.blockInstructions(),
                o.checkpoints(),
                o.injections());
    }

    private static RunOptions limited(RunOptions o, long instructionLimit, Limits limits) {
        return new RunOptions(
                o.function(),
                o.arguments(),
                o.seed(),
                o.interrupts(),
                instructionLimit,
                limits,
                o.blockInstructions(),
                o.checkpoints(),
                o.injections());
    }

    /** A bit flip at a random place that exists at a random instruction of the run; {@code heals}: and back soon after. */
    private static List<Injection> injections(Fault fault, Setup setup, Random random, boolean heals) {
        while (true) {
            LiveRun run = setup.live();
            long target = random.nextInt(600);
            run.boundary();
            while (run.machine.icount() < target && !run.over()) {
                run.execute();
                if (!run.over()) {
                    run.boundary();
                }
            }
            if (run.over()) {
                continue;
            }
            // What an interrupt delivered here pushes is not there yet when injections are made.
            if (!run.arrived.isEmpty() || run.machine.interruptFrame(run.machine.depth() - 1)) {
                continue;
            }
            Location location = place(fault, run.machine, random);
            if (location == null) {
                continue;
            }
            long mask = 1L << random.nextInt(fault == Fault.MEMORY ? 8 : 31);
            List<Injection> injections = new ArrayList<>();
            injections.add(new Injection(run.machine.icount(), location, mask));
            if (heals) {
                injections.add(new Injection(run.machine.icount() + 1 + random.nextInt(2), location, mask));
            }
            return injections;
        }
    }

    private static Location place(Fault fault, Machine machine, Random random) {
        int frame = random.nextInt(machine.depth());
        return switch (fault) {
            case LOCAL -> {
                int function = machine.framePosition(frame).function();
                var type =
                        PROGRAM.program().typeOf(PROGRAM.program().functions().get(function));
                int count = type.parameters().size()
                        + PROGRAM.program().functions().get(function).locals().size();
                yield count == 0 ? null : new Location.Local(frame, random.nextInt(count));
            }
            case OPERAND -> {
                int count = machine.operandCount(frame);
                yield count == 0 ? null : new Location.Operand(frame, random.nextInt(count));
            }
            case GLOBAL ->
                new Location.GlobalVariable(
                        random.nextInt(PROGRAM.program().globals().size()));
            case MEMORY -> new Location.MemoryByte(4096 + random.nextInt(128));
            default -> new Location.Register("hp");
        };
    }
}
