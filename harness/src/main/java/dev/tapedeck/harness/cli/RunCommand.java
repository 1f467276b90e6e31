package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.SignalQueue;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck run}. */
@Command(
        name = "run",
        description = {
            "Runs a program without recording it.",
            "",
            "The program reads standard input and writes standard output; its exit code is the command's. What a"
                    + " function returns is printed, one value a line. Arguments come after --: of the function, or, where"
                    + " the program has WASI functions and this one takes none, of the program."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  echo 123456789 | tapedeck run crc32.tasm",
            "  tapedeck run fib.tasm --function fib -- 30",
            "  tapedeck run wc.wasm --dir texts::/texts:ro -- /texts/a.txt",
            "  tapedeck run timer.tasm --interrupt 500:3:42:every=1000:count=20",
            "  tapedeck run life.tasm --limit 20000 --save states",
            "  tapedeck run life.tasm --from states/3f2a9c"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the program returned",
            "N:the program's own exit code",
            "1:a fault, or the limit; the reason is on standard error",
            "2:wrong usage",
            "65:the program cannot be loaded, or the snapshot does not fit it",
            "141:whoever read the output went away"
        })
final class RunCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "PROG", description = "A .bc, .tasm, .wasm or .wat file.")
    private Path program = Path.of("");

    @Parameters(index = "1..*", paramLabel = "ARGS", description = "Arguments, after --.")
    private List<String> arguments = new ArrayList<>();

    @Mixin
    private RunSettings settings = new RunSettings();

    @Option(
            names = "--from",
            paramLabel = "STORE/ID",
            converter = StoredSnapshot.Converter.class,
            description =
                    "Goes on from a snapshot, also one of an earlier version of the program: functions may have moved,"
                            + " and those that are not being called may have changed.")
    private @Nullable StoredSnapshot from;

    @Option(
            names = "--save",
            paramLabel = "STORE",
            description =
                    "Saves the state in which --limit stops the run, in a store of snapshots; a missing one is made.")
    private @Nullable Path save;

    @Option(
            names = "--json",
            description = "Prints how the run ended as JSON; the program's output becomes a part of it.")
    private boolean json;

    RunCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        VerifiedProgram loaded = ProgramFile.load(program);
        if (save != null) {
            StoredSnapshot.check(save);
        }
        ProgramRun run = new ProgramRun(terminal, json);
        Started started = from == null ? start(loaded) : resume(loaded, from);
        Outcome outcome;
        AtomicReference<Machine> last = new AtomicReference<>();
        try (InputStream input = settings.open(terminal);
                RealTimers timers = settings.timers();
                Progress progress = Progress.ofProgram(terminal, "running")) {
            outcome = started.run.of(run.host(input, started.system), timers.signals(), machine -> {
                progress.at(machine.icount());
                run.saw(machine);
                last.set(machine);
            });
        } catch (IllegalArgumentException e) {
            // What the program asks for and this machine has not: host functions, memory, a place to inject.
            throw CommandException.data(program + ": " + e.getMessage());
        }
        int exitCode = run.finish(loaded.program(), started.function, outcome);
        Optional<String> saved = save == null ? Optional.empty() : save(save, outcome, last.get());
        if (json) {
            terminal.print(JsonReport.document(document -> {
                Documents.outcome(document, loaded.program(), started.function, outcome, run.frames());
                run.output(document);
                if (save != null) {
                    Documents.text(document, "snapshot", saved);
                }
            }));
        }
        return exitCode;
    }

    /** Runs a program with a host. */
    private interface Runner {
        Outcome of(Host host, @Nullable SignalQueue signals, Consumer<Machine> watcher);
    }

    /** What there is to run, once the command line is known to be right. */
    private record Started(int function, WasiOptions system, Runner run) {}

    private Started start(VerifiedProgram loaded) throws CommandException {
        RunOptions options = settings.options(loaded.program(), arguments);
        return new Started(
                options.functionIn(loaded.program()),
                settings.system(loaded.program(), arguments),
                (host, signals, watcher) -> Recorder.run(loaded, options, host, signals, watcher));
    }

    private Started resume(VerifiedProgram loaded, StoredSnapshot stored) throws CommandException, RecordingException {
        Snapshot snapshot = stored.open().load(loaded, stored.id());
        if (snapshot.status() != Status.RUNNING) {
            throw CommandException.data("snapshot " + stored.id() + " is of no run that goes on ("
                    + snapshot.status().name().toLowerCase(Locale.ROOT) + "); there is nothing to go on with");
        }
        RunOptions options = settings.resumedOptions(loaded.program(), snapshot);
        boolean withoutSystem = snapshot.hostState() == HostState.EMPTY;
        if (withoutSystem) {
            terminal.message("tapedeck: warning: the snapshot has no state of the host, as one from the recording of"
                    + " a WASI program; input, files and random numbers begin anew");
        }
        return new Started(
                snapshot.state().frames().get(0).next().function(),
                settings.resumedSystem(loaded.program(), arguments),
                (host, signals, watcher) -> Recorder.resume(
                        loaded, snapshot, options, withoutSystem ? new NewSystem(host) : host, signals, watcher));
    }

    /** A host that stays as it is when a snapshot without a state of the host is restored. */
    private record NewSystem(Host host) implements Host {
        @Override
        public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
            return host.linkProblem(hostImport, type);
        }

        @Override
        public void call(HostCall call) throws HostException {
            host.call(call);
        }

        @Override
        public HostState saveState() {
            return host.saveState();
        }

        @Override
        public void restoreState(HostState state) {
            if (state != HostState.EMPTY) {
                host.restoreState(state);
            }
        }
    }

    private Optional<String> save(Path store, Outcome outcome, @Nullable Machine machine) throws RecordingException {
        if (outcome.kind() != Outcome.Kind.LIMIT || machine == null) {
            terminal.message("tapedeck: nothing saved: the run is over, and --save is for one that --limit stops");
            return Optional.empty();
        }
        return Optional.of(StoredSnapshot.save(store, machine.snapshot(), terminal));
    }
}
