package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.wasi.WasiOptions;
import dev.tapedeck.vm.wasi.WasiPreview1;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that say how a program runs, shared by the commands that run one. */
final class RunSettings {
    private static final int BLOCKS_PER_CHECKPOINT = 16;
    private static final String VIRTUAL = "virtual";
    private static final String READ_ONLY = ":ro";

    @Option(
            names = "--function",
            paramLabel = "NAME",
            description = "Runs this function instead of the program's entry.")
    private String function = "";

    @Option(
            names = "--seed",
            paramLabel = "N",
            converter = LongConverter.class,
            description = "Seed of the program's random source (default: 0).")
    private long seed;

    @Option(
            names = "--limit",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "Stops the run after N instructions (default: 2^40).")
    private long limit = RunOptions.INSTRUCTION_LIMIT_DEFAULT;

    @Option(
            names = "--memory-limit",
            paramLabel = "MIB",
            converter = CountConverter.class,
            description = "Memory the program may have in use, in MiB (default: 256).")
    private long memoryLimit = Limits.DEFAULT.residentMebibytesMax();

    @Option(names = "--input", paramLabel = "FILE", description = "What the program reads, instead of standard input.")
    private @Nullable Path input;

    @Option(
            names = "--interrupt",
            paramLabel = "AT:SIGNAL[:PAYLOAD][:every=N:count=K]",
            description = "Lets an interrupt arrive before instruction AT, then K-1 more, N instructions apart."
                    + " May be repeated.")
    private List<String> interrupts = new ArrayList<>();

    @Option(
            names = "--timer",
            paramLabel = "MS:SIGNAL",
            description =
                    "Raises a signal every MS milliseconds of real time while the program runs; its payload counts"
                            + " from 1. May be repeated.")
    private List<String> timers = new ArrayList<>();

    @Option(
            names = "--inject",
            paramLabel = "ICOUNT:LOCATION:MASK",
            description = {
                "Plants a fault: before instruction ICOUNT, the bits of MASK are flipped at LOCATION:",
                "local.FRAME.INDEX, operand.FRAME.INDEX,",
                "global.NAME, memory.ADDRESS, memory.INDEX.ADDRESS,",
                "table.INDEX.ELEMENT, or hp, the heap pointer."
            })
    private List<String> injections = new ArrayList<>();

    @Option(
            names = "--block",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "Instructions per block of the log (default: 2^20).")
    private long block = RunOptions.BLOCK_INSTRUCTIONS_DEFAULT;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N|MSms",
            description =
                    "Instructions between checkpoints, a multiple of --block, or real time such as 200ms (default:"
                            + " by instructions and by what a checkpoint costs; 16 blocks where --block is given).")
    private @Nullable String checkpointEvery;

    @Option(
            names = "--dir",
            paramLabel = "HOST[::GUEST][:ro]",
            description = "Lets a WASI program use the directory HOST, as GUEST (default: the same name), but nothing"
                    + " outside of it; :ro forbids changes. May be repeated. Without it, all files are virtual.")
    private List<String> directories = new ArrayList<>();

    @Option(
            names = "--env",
            paramLabel = "NAME=VALUE",
            description = "A variable of a WASI program's environment. May be repeated.")
    private List<String> environment = new ArrayList<>();

    @Option(
            names = "--clock",
            paramLabel = "virtual|real",
            description = "The clock of a WASI program: of its instructions, or the computer's (default: virtual).")
    private String clock = VIRTUAL;

    @Option(
            names = "--random",
            paramLabel = "virtual|real",
            description = "The random source of a WASI program: from --seed, or the computer's (default: virtual).")
    private String random = VIRTUAL;

    @Option(names = "--terminal", description = "A WASI program sees a terminal: it reads and writes line by line.")
    private boolean asTerminal;

    /** Whether arguments are the program's, and not the function's. */
    private static boolean forProgram(Program program, int index) {
        return program.typeOf(program.functions().get(index)).parameters().isEmpty() && hasSystem(program);
    }

    private static boolean hasSystem(Program program) {
        return program.imports().stream()
                .anyMatch(hostImport -> hostImport.module().equals(WasiPreview1.MODULE));
    }

    /** The system that a program sees through WASI functions. */
    WasiOptions system(Program program, List<String> arguments) throws CommandException {
        return systemWith(program, forProgram(program, functionIndex(program)) ? arguments : List.of());
    }

    /** The same for a run that goes on from a snapshot. */
    WasiOptions resumedSystem(Program program, List<String> arguments) throws CommandException {
        if (!hasSystem(program) && !arguments.isEmpty()) {
            throw CommandException.usage(
                    "arguments do not go with --from: the function in the snapshot has those it was called with");
        }
        return systemWith(program, arguments);
    }

    private WasiOptions systemWith(Program program, List<String> arguments) throws CommandException {
        WasiOptions system = new WasiOptions().seed(seed);
        try {
            if (!program.name().isEmpty()) {
                system.programName(program.name());
            }
            system.arguments(arguments);
            for (String variable : environment) {
                int equals = variable.indexOf('=');
                if (equals < 0) {
                    throw CommandException.usage("--env " + variable + ": expected NAME=VALUE");
                }
                system.environment(variable.substring(0, equals), variable.substring(equals + 1));
            }
            for (String directory : directories) {
                boolean writable = !directory.endsWith(READ_ONLY);
                String names = writable ? directory : directory.substring(0, directory.length() - READ_ONLY.length());
                int separator = names.indexOf("::");
                String host = separator < 0 ? names : names.substring(0, separator);
                String guest = separator < 0 ? names : names.substring(separator + 2);
                if (host.isEmpty() || guest.isEmpty()) {
                    throw CommandException.usage("--dir " + directory + ": expected HOST, HOST::GUEST, or one of them"
                            + " with :ro behind it");
                }
                system.directory(Path.of(host), guest, writable);
            }
        } catch (IllegalArgumentException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()));
        }
        if (isReal("--clock", clock)) {
            system.realClock();
        }
        if (isReal("--random", random)) {
            system.realRandom();
        }
        return asTerminal ? system.terminal() : system;
    }

    /** The timers, running. To be closed. */
    RealTimers timers() throws CommandException {
        List<RealTimers.Timer> list = new ArrayList<>();
        for (String text : timers) {
            list.add(Arguments.timer(text));
        }
        return new RealTimers(list);
    }

    private static boolean isReal(String option, String value) throws CommandException {
        if (!value.equals(VIRTUAL) && !value.equals("real")) {
            throw CommandException.usage(option + " is '" + value + "', expected virtual or real");
        }
        return !value.equals(VIRTUAL);
    }

    /** The options for a program. */
    RunOptions options(Program program, List<String> arguments) throws CommandException {
        int index = functionIndex(program);
        List<Long> cells = forProgram(program, index)
                ? List.of()
                : Arguments.cells(
                        program.functionName(index),
                        program.typeOf(program.functions().get(index)),
                        arguments);
        return withCells(program, cells);
    }

    /** The options for a run that goes on from a snapshot. */
    RunOptions resumedOptions(Program program, Snapshot snapshot) throws CommandException {
        long icount = snapshot.icount();
        String already = ", but the snapshot is at instruction count " + icount + " already";
        if (!function.isEmpty()) {
            throw CommandException.usage("--function does not go with --from: the snapshot says what runs");
        }
        if (seed != 0 && snapshot.hostState() != HostState.EMPTY) {
            throw CommandException.usage(
                    "--seed does not go with --from: the random source goes on where it was in the snapshot");
        }
        RunOptions options = withCells(program, List.of());
        if (limit <= icount) {
            throw CommandException.usage("--limit is " + limit + already + "; it counts from the beginning of the run");
        }
        for (ScheduledInterrupt interrupt : options.interrupts()) {
            if (interrupt.icount() < icount) {
                throw CommandException.usage("--interrupt is at " + interrupt.icount() + already);
            }
        }
        for (Injection injection : options.injections()) {
            if (injection.icount() < icount) {
                throw CommandException.usage("--inject is at " + injection.icount() + already);
            }
        }
        return options;
    }

    private RunOptions withCells(Program program, List<Long> cells) throws CommandException {
        List<ScheduledInterrupt> scheduled = new ArrayList<>();
        for (String text : interrupts) {
            scheduled.addAll(Arguments.interrupts(text));
        }
        scheduled.sort(Comparator.comparingLong(ScheduledInterrupt::icount));
        List<Injection> planted = new ArrayList<>();
        for (String text : injections) {
            planted.add(Arguments.injection(program, text));
        }
        planted.sort(Comparator.comparingLong(Injection::icount));
        inRange("--limit", limit, 1, 1L << 62);
        inRange("--memory-limit", memoryLimit, 1, Limits.RESIDENT_MEBIBYTES_MAX);
        inRange("--block", block, 1, 1L << 24);
        Limits limits = Limits.DEFAULT.withResidentMebibytesMax(memoryLimit);
        return new RunOptions(function, cells, seed, scheduled, limit, limits, (int) block, checkpoints(), planted);
    }

    private CheckpointSpacing checkpoints() throws CommandException {
        if (checkpointEvery == null) {
            // Whoever makes blocks smaller wants finer steps altogether.
            return block == RunOptions.BLOCK_INSTRUCTIONS_DEFAULT
                    ? CheckpointSpacing.AUTOMATIC
                    : CheckpointSpacing.instructions(block * BLOCKS_PER_CHECKPOINT);
        }
        boolean time = checkpointEvery.endsWith("ms");
        long every;
        try {
            every = new LongConverter()
                    .convert(time ? checkpointEvery.substring(0, checkpointEvery.length() - 2) : checkpointEvery);
        } catch (CommandLine.TypeConversionException e) {
            throw CommandException.usage("--checkpoint-every is '" + checkpointEvery
                    + "', expected instructions such as 1000000 or time such as 200ms");
        }
        if (time) {
            inRange("--checkpoint-every", every, 1, Integer.MAX_VALUE);
            return CheckpointSpacing.milliseconds(every);
        }
        inRange("--checkpoint-every", every, block, RunOptions.INSTRUCTION_LIMIT_MAX);
        if (every % block != 0) {
            throw CommandException.usage(
                    "--checkpoint-every is " + every + ", expected a multiple of --block, which is " + block);
        }
        return CheckpointSpacing.instructions(every);
    }

    private int functionIndex(Program program) throws CommandException {
        if (program.functions().isEmpty()) {
            throw CommandException.data("the program has no function to run");
        }
        if (!function.isEmpty()) {
            return program.findFunction(function)
                    .orElseThrow(() -> CommandException.usage(
                            "the program has no function '" + function + "'; it has " + names(program)));
        }
        if (program.entry() < 0) {
            throw CommandException.usage(
                    "the program has no entry; choose a function with --function: " + names(program));
        }
        return program.entry();
    }

    private static String names(Program program) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < Math.min(12, program.functions().size()); i++) {
            names.add(program.functionName(i));
        }
        return String.join(", ", names) + (program.functions().size() > 12 ? ", ..." : "");
    }

    static void inRange(String option, long value, long min, long max) throws CommandException {
        if (value < min || value > max) {
            throw CommandException.usage(option + " is " + value + ", expected " + min + " to " + max);
        }
    }

    /** What the program reads. To be closed. */
    InputStream open(Terminal terminal) throws CommandException {
        if (input == null) {
            return terminal.in();
        }
        try {
            if (Files.isDirectory(input)) {
                throw CommandException.data(input + " is a directory; --input needs a file");
            }
            return new BufferedInputStream(Files.newInputStream(input));
        } catch (IOException e) {
            throw CommandException.data("cannot read " + input, e);
        }
    }
}
