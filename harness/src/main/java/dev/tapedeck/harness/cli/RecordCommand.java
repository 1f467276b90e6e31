package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Detail;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
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

/** {@code tapedeck record}. */
@Command(
        name = "record",
        description = {
            "Runs a program and records every instruction, interrupt and host call.",
            "",
            "Otherwise like run: input, output and exit code are the program's. What was recorded before a crash, or"
                    + " before the disk was full, replays."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  echo 123456789 | tapedeck record crc32.tasm -o crc32.tape",
            "  tapedeck record fib.tasm --function fib -o fib.tape -- 30"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the program returned",
            "N:the program's own exit code",
            "1:a fault, the limit, or a replay that differs; the reason is on standard error",
            "2:wrong usage",
            "65:the program cannot be loaded, or the recording cannot be written",
            "141:whoever read the output went away"
        })
final class RecordCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "PROG", description = "A .bc, .tasm, .wasm or .wat file.")
    private Path program = Path.of("");

    @Parameters(
            index = "1..*",
            paramLabel = "ARGS",
            description = "Arguments, after --: of the function, or of the program, as in run.")
    private List<String> arguments = new ArrayList<>();

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "REC",
            description = "The recording's directory; missing or empty.")
    private Path recording = Path.of("");

    @Mixin
    private RunSettings settings = new RunSettings();

    @Option(
            names = "--json",
            description = "Prints how the run ended as JSON; the program's output becomes a part of it.")
    private boolean json;

    @Option(
            names = "--detail",
            paramLabel = "flow|values",
            description =
                    "What is stored of each instruction: that it was executed, or also what it wrote, for other tools"
                            + " (default: flow). values takes at least 40 bytes an instruction: think of --limit, and of"
                            + " a smaller --block, such as 4096, if the run may be killed, since only whole blocks stay.")
    private String detail = Detail.FLOW.toString();

    @Option(
            names = "--verify",
            description = "Replays the recording at once, and fails if it does not come out as recorded.")
    private boolean verify;

    @Option(
            names = {"-q", "--quiet"},
            description = "Does not say what was recorded.")
    private boolean quiet;

    RecordCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        VerifiedProgram loaded = ProgramFile.load(program);
        RunOptions options = settings.options(loaded.program(), arguments).withDetail(Arguments.detail(detail));
        int function = options.functionIn(loaded.program());
        WasiOptions system = settings.system(loaded.program(), arguments);
        ProgramRun run = new ProgramRun(terminal, json);
        Outcome outcome;
        try (InputStream input = settings.open(terminal);
                RealTimers timers = settings.timers();
                Progress progress = Progress.ofProgram(terminal, "recording")) {
            outcome =
                    Recorder.record(loaded, options, run.host(input, system), recording, timers.signals(), machine -> {
                        progress.at(machine.icount());
                        run.saw(machine);
                    });
        } catch (IllegalArgumentException e) {
            throw CommandException.data(program + ": " + e.getMessage());
        }
        if (verify) {
            verify();
        }
        int exitCode = run.finish(loaded.program(), function, outcome);
        if (json) {
            terminal.print(JsonReport.document(document -> {
                document.writeStringField("recording", recording.toString());
                if (verify) {
                    document.writeBooleanField("verified", true);
                }
                Documents.outcome(document, loaded.program(), function, outcome, run.frames());
                run.output(document);
            }));
        }
        if (!quiet && exitCode != ExitCodes.OUTPUT_CLOSED) {
            terminal.message("recorded " + (verify ? "and verified " : "")
                    + Words.count(outcome.icount(), "instruction") + " in "
                    + Visible.of(recording.toString()));
        }
        return exitCode;
    }

    /** A difference comes out as an exception that says where; the recording stays, since it is what to look at. */
    private void verify() throws RecordingException, ReplayException {
        try (Recording made = Recording.open(recording);
                Progress progress = Progress.of(terminal, "verifying", made.icountEnd())) {
            Replay.verify(made, progress::at);
        }
    }
}
