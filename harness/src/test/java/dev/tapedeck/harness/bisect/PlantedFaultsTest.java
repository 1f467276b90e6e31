package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The answer of a bisection against an oracle's, on faults planted at random: one of each kind in turn, {@code mvn -Pthorough}
 * plants 2,300 and compares 500 equal pairs.
 */
class PlantedFaultsTest {
    private static final VerifiedProgram PROGRAM = Programs.program("mix.tasm");
    private static final boolean THOROUGH = Boolean.getBoolean("tapedeck.thorough");
    private static final int CASES = Integer.getInteger("tapedeck.bisect.cases", THOROUGH ? 2_300 : 115);
    private static final int EQUAL_PAIRS = Integer.getInteger("tapedeck.bisect.equal", THOROUGH ? 500 : 25);
    private static final long SEED = Long.getLong("tapedeck.bisect.seed", 20_260_701);

    /** Of the calculations of the program; what follows one sees the result. */
    private static final List<Opcode> CALCULATIONS = List.of(
            Opcode.I32_MUL,
            Opcode.I32_ADD,
            Opcode.I32_SHR_U,
            Opcode.I32_LT_S,
            Opcode.I64_XOR,
            Opcode.F64_MUL,
            Opcode.I64_EXTEND_I32_S);

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
        /** Undone two instructions later at most. */
        HEALED,
        /** Undone before the next checkpoint, if there are two instructions left before it. */
        MASKED,
        /** A machine that computes one kind of instruction wrongly from some time on. */
        WRONG_RESULT,
        OTHER_BRANCH,
        AT_THE_FIRST,
        AT_THE_LAST,
        IN_A_CALLEE,
        IN_A_HANDLER,
        BEHIND_GROWTH,
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
        Set<Fault> effective = EnumSet.noneOf(Fault.class);
        for (int i = 0; i < CASES; i++) {
            long seed = SEED + i;
            // By the seed, so that one case is repeated as the same kind of fault.
            Fault fault = Fault.values()[(int) Math.floorMod(seed, (long) Fault.values().length)];
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
            if (!expected.equals(Oracle.Answer.NONE)) {
                effective.add(fault);
            }
        }
        if (CASES >= 115) {
            // Each kind has been put to the test.
            assertThat(effective).isEqualTo(EnumSet.complementOf(EnumSet.of(Fault.NONE)));
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

    @Test
    @DisplayName("equal runs are never said to differ")
    void noFalseAlarm() throws RecordingException {
        for (int i = 0; i < EQUAL_PAIRS; i++) {
            long seed = SEED + i;
            Random random = new Random(seed);
            Setup setup = setup(random);
            Setup planted = plant(Fault.values()[random.nextInt(Fault.values().length)], setup, random);
            try (Recording a = planted.record(directory.resolve("a" + i));
                    Recording b = planted.record(directory.resolve("b" + i))) {
                Bisection found = Bisector.bisect(a, b);
                assertThat(found.kind()).as("seed %d: %s", seed, planted).isEqualTo(Bisection.Kind.NONE);
                assertThat(found.diverged()).as("seed %d: %s", seed, planted).isFalse();
            }
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
            case MASKED,
                    WRONG_RESULT,
                    OTHER_BRANCH,
                    AT_THE_FIRST,
                    AT_THE_LAST,
                    IN_A_CALLEE,
                    IN_A_HANDLER,
                    BEHIND_GROWTH -> new Setup(with(options, aimed(fault, a, random)), a.input());
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

    /**
     * Bit flips at places that the run comes by: what makes such a place is decided while it is executed with the ones
     * planted so far, so that a wrong result is wrong in the run that it makes.
     */
    private static List<Injection> aimed(Fault fault, Setup setup, Random random) {
        Opcode wrong = CALCULATIONS.get(random.nextInt(CALCULATIONS.size()));
        long last = executed(setup) - 1;
        long target = fault == Fault.AT_THE_FIRST ? 0 : fault == Fault.AT_THE_LAST ? last : random.nextLong(last / 2);
        long mask = 1L << random.nextInt(31);
        List<Injection> injections = new ArrayList<>();
        LiveRun run = setup.live();
        Instruction before = null;
        while (!run.over()) {
            Machine machine = run.machine;
            long icount = machine.icount();
            Position position = machine.framePosition(machine.depth() - 1);
            Instruction next = PROGRAM.program()
                    .functions()
                    .get(position.function())
                    .code()
                    .get(position.offset());
            int innermost = machine.depth() - 1;
            boolean inHandler = machine.interruptFrame(innermost);
            int operands = machine.operandCount(innermost);
            run.boundary();
            boolean delivered = machine.depth() - 1 > innermost;
            boolean here = icount >= target && !delivered;
            Location location = null;
            switch (fault) {
                case WRONG_RESULT -> {
                    if (here && before != null && before.opcode() == wrong && operands > 0) {
                        location = new Location.Operand(innermost, operands - 1);
                    }
                }
                case OTHER_BRANCH -> {
                    boolean branch = next.opcode() == Opcode.BR_IF || next.opcode() == Opcode.BR_UNLESS;
                    if (here && injections.isEmpty() && branch) {
                        location = new Location.Operand(innermost, operands - 1);
                        mask = 1;
                    }
                }
                case IN_A_CALLEE ->
                    location = here && injections.isEmpty() && innermost > 1 ? new Location.Local(innermost, 0) : null;
                case IN_A_HANDLER ->
                    location = here && injections.isEmpty() && inHandler ? new Location.Local(innermost, 1) : null;
                case BEHIND_GROWTH ->
                    location = here && injections.isEmpty() && machine.memoryBytes() > 1 << 16
                            ? new Location.MemoryByte((1 << 16) + random.nextInt(1 << 16))
                            : null;
                case MASKED -> {
                    location = here && injections.isEmpty() ? new Location.MemoryByte(5000) : null;
                    mask = 8;
                }
                default -> location = here && injections.isEmpty() ? new Location.GlobalVariable(0) : null;
            }
            if (location != null) {
                Injection injection = new Injection(icount, location, mask);
                injections.add(injection);
                machine.set(location, machine.get(location) ^ mask);
                if (fault == Fault.MASKED) {
                    long spacing = setup.options.checkpoints().value();
                    long checkpoint = (icount / spacing + 1) * spacing;
                    injections.add(new Injection(Math.max(icount + 1, checkpoint - 1), location, mask));
                    return injections;
                }
            }
            before = delivered ? null : next;
            run.execute();
        }
        return injections;
    }

    private static long executed(Setup setup) {
        LiveRun run = setup.live();
        while (!run.over()) {
            run.boundary();
            run.execute();
        }
        return run.machine.icount();
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
