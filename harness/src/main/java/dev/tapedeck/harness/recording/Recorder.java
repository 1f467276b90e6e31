package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.log.ChronicleLog;
import dev.tapedeck.harness.log.ExcerptLog;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs a program and writes its recording. */
public final class Recorder {
    /** Instructions between two looks at a machine that is only run. */
    private static final long WATCH_INSTRUCTIONS = 1L << 26;

    private Recorder() {}

    /**
     * Runs a program to its end, or to the instruction limit, and leaves a complete recording in {@code directory}.
     *
     * <p>Interrupts and injections that are planned beyond the end of the run do not happen.
     *
     * @param directory is created; has to be missing or empty
     * @throws RecordingException if the recording cannot be written; what was written up to then stays readable
     * @throws IllegalArgumentException if the program has no such function, takes other arguments, needs more than the
     *     limits allow or host functions that are not there, or an injection has no place to go
     */
    public static Outcome record(VerifiedProgram program, RunOptions options, Host host, Path directory)
            throws RecordingException {
        return record(program, options, host, directory, null, machine -> {});
    }

    /** The same, which another thread may stop. */
    public static Outcome record(
            VerifiedProgram program, RunOptions options, Host host, Path directory, StopSwitch stop)
            throws RecordingException {
        return record(program, options, host, () -> ChronicleLog.create(directory), null, stop, machine -> {});
    }

    /**
     * The same, with interrupts from other threads, and watched.
     *
     * @param signals that other threads raise during the run; null if none do
     * @param watcher looks at the machine after each block, and once more when the run is over; must not change it
     */
    public static Outcome record(
            VerifiedProgram program,
            RunOptions options,
            Host host,
            Path directory,
            @Nullable SignalQueue signals,
            Consumer<Machine> watcher)
            throws RecordingException {
        return record(program, options, host, () -> ChronicleLog.create(directory), signals, watcher);
    }

    /** Makes a log when all else is in order. */
    interface LogMaker {
        ExcerptLog create() throws IOException;
    }

    static Outcome record(
            VerifiedProgram program,
            RunOptions options,
            Host host,
            LogMaker logs,
            @Nullable SignalQueue signals,
            Consumer<Machine> watcher)
            throws RecordingException {
        return record(program, options, host, logs, signals, new StopSwitch(), watcher);
    }

    private static Outcome record(
            VerifiedProgram program,
            RunOptions options,
            Host host,
            LogMaker logs,
            @Nullable SignalQueue signals,
            StopSwitch stop,
            Consumer<Machine> watcher)
            throws RecordingException {
        Calls calls = new Calls();
        Machine machine = start(program, options, new RecordingHost(program.program(), host, calls));
        stop.attach(machine);
        try (ExcerptLog log = logs.create()) {
            RecordingWriter writer = new RecordingWriter(log);
            // Java may be told to end, by Ctrl-C or SIGTERM, while blocks wait to be written.
            Thread hook = new Thread(writer::drain, "tapedeck-recording-end");
            boolean hooked = hook(hook);
            try {
                return record(machine, program, options, Schedule.of(options, signals), calls, writer, watcher);
            } finally {
                writer.settle();
                if (hooked) {
                    unhook(hook);
                }
            }
        } catch (IOException e) {
            throw new RecordingException(String.valueOf(e.getMessage()), e);
        }
    }

    private static boolean hook(Thread hook) {
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            return true;
        } catch (IllegalStateException e) {
            // Java is ending already.
            return false;
        }
    }

    private static void unhook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // Java is ending, and the hook has nothing to wait for.
        }
    }

    private static Outcome record(
            Machine machine,
            VerifiedProgram program,
            RunOptions options,
            Schedule schedule,
            Calls calls,
            RecordingWriter writer,
            Consumer<Machine> watcher)
            throws RecordingException {
        TracedRun run = new TracedRun(machine, schedule, options, writer::interrupted);
        ValuesTrace values = options.detail() == Detail.VALUES ? new ValuesTrace(machine, writer::values) : null;
        if (values != null) {
            run.executeBy(values::run);
        }
        calls.sink = call -> writer.keepFailure(() -> {
            run.hostCalled(call);
            writer.hostCalled(call);
            if (values != null) {
                values.hostCalled(call);
            }
        });
        StateDigest digest = new StateDigest();
        writer.header(new HeaderDescriptor(BcWriter.write(program.program()), options));
        Snapshot initial = machine.snapshot();
        writer.initialCheckpoint(initial, digest.next(initial));
        Snapshot stored = initial;
        CheckpointPlan plan = new CheckpointPlan(options.checkpoints(), System::nanoTime);
        RecentStates recent = new RecentStates(options.checkpoints(), initial);
        while (!run.over()) {
            TracedRun.Cut cut = run.next();
            if (values != null) {
                values.flush();
            }
            if (!cut.empty() || run.eventful()) {
                writer.block(cut);
            }
            if (!run.over() && plan.isDue(machine.icount())) {
                Snapshot snapshot = machine.snapshot();
                writer.checkpoint(snapshot, digest);
                Snapshot before = stored;
                plan.taken(machine.icount(), () -> snapshot.unsharedPageCount(before));
                recent.stored(snapshot);
                stored = snapshot;
            } else if (!run.over() && recent.isDue(machine.icount())) {
                recent.add(machine.snapshot());
            }
            watcher.accept(machine);
        }
        for (Snapshot snapshot : recent.chosen(machine.icount())) {
            writer.lastCheckpoint(snapshot, digest);
        }
        writer.await();
        boolean limited = machine.icount() >= options.instructionLimit();
        Outcome outcome = Outcome.of(machine, digest, limited ? Outcome.Kind.LIMIT : Outcome.Kind.STOPPED);
        writer.end(outcome);
        return outcome;
    }

    /** The same without a recording. Interrupts, injections and limits of {@code options} hold here too. */
    public static Outcome run(VerifiedProgram program, RunOptions options, Host host) {
        return run(program, options, host, null, machine -> {});
    }

    /**
     * The same, with interrupts from other threads, and watched.
     *
     * @param signals that other threads raise during the run; null if none do
     * @param watcher looks at the machine now and then, and once more when the run is over; must not change it
     */
    public static Outcome run(
            VerifiedProgram program,
            RunOptions options,
            Host host,
            @Nullable SignalQueue signals,
            Consumer<Machine> watcher) {
        return run(start(program, options, host), Schedule.of(options, signals), options, watcher);
    }

    /**
     * Goes on from a snapshot, without a recording. Of the interrupts and injections of {@code options} those come that are
     * planned for its instruction count or later; function and arguments do not matter.
     *
     * @param program the program that the snapshot was read for
     * @param signals that other threads raise during the run; null if none do
     * @param watcher as for {@link #run}
     * @throws IllegalArgumentException if the snapshot does not fit the limits or the host, or an injection has no place
     *     to go
     */
    public static Outcome resume(
            VerifiedProgram program,
            Snapshot snapshot,
            RunOptions options,
            Host host,
            @Nullable SignalQueue signals,
            Consumer<Machine> watcher) {
        Machine machine = new Machine(program, host, options.limits());
        machine.restore(snapshot);
        Schedule schedule = Schedule.of(options, signals);
        schedule.seek(machine.icount());
        return run(machine, schedule, options, watcher);
    }

    private static Outcome run(Machine machine, Schedule schedule, RunOptions options, Consumer<Machine> watcher) {
        while (machine.status() == Status.RUNNING && machine.icount() < options.instructionLimit()) {
            schedule.apply(machine, interrupt -> {});
            long pause = machine.icount() + WATCH_INSTRUCTIONS;
            machine.run(Math.min(pause, Math.min(options.instructionLimit(), schedule.next())));
            watcher.accept(machine);
        }
        watcher.accept(machine);
        return Outcome.of(machine, new StateDigest());
    }

    /** A machine at the first instruction of the function that the options name. */
    static Machine start(VerifiedProgram program, RunOptions options, Host host) {
        int function = options.functionIn(program.program());
        Machine machine = new Machine(program, host, options.limits());
        machine.start(function, options.cells());
        return machine;
    }

    /** The host is needed before the run, and the run before it can be told of calls. */
    private static final class Calls implements Consumer<HostCallRecord> {
        private Consumer<HostCallRecord> sink = call -> {};

        @Override
        public void accept(HostCallRecord call) {
            sink.accept(call);
        }
    }
}
