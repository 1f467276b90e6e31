package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.verify.VerifiedProgram;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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
            "  tapedeck run timer.tasm --interrupt 500:3:42:every=1000:count=20"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the program returned",
            "N:the program's own exit code",
            "1:a fault, or the limit; the reason is on standard error",
            "2:wrong usage",
            "65:the program cannot be loaded",
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
            names = "--json",
            description = "Prints how the run ended as JSON; the program's output becomes a part of it.")
    private boolean json;

    RunCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        VerifiedProgram loaded = ProgramFile.load(program);
        RunOptions options = settings.options(loaded.program(), arguments);
        int function = options.functionIn(loaded.program());
        WasiOptions system = settings.system(loaded.program(), arguments);
        ProgramRun run = new ProgramRun(terminal, json);
        Outcome outcome;
        try (InputStream input = settings.open(terminal);
                RealTimers timers = settings.timers();
                Progress progress = Progress.ofProgram(terminal, "running")) {
            outcome = Recorder.run(loaded, options, run.host(input, system), timers.signals(), machine -> {
                progress.at(machine.icount());
                run.saw(machine);
            });
        } catch (IllegalArgumentException e) {
            // What the program asks for and this machine has not: host functions, memory, a place to inject.
            throw CommandException.data(program + ": " + e.getMessage());
        }
        int exitCode = run.finish(loaded.program(), function, outcome);
        if (json) {
            terminal.print(JsonReport.document(document -> {
                Documents.outcome(document, loaded.program(), function, outcome, run.frames());
                run.output(document);
            }));
        }
        return exitCode;
    }
}
