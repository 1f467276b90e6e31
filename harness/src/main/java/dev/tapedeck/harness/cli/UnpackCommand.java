package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Pack;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Visible;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck unpack}. */
@Command(
        name = "unpack",
        description = {
            "Makes a recording's directory, with its Chronicle Queue, from a packed recording.",
            "",
            "Only tools that read the queue itself need this."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  tapedeck unpack fib.rec -o fib.tape",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:the file is not usable, or the directory cannot be written"})
final class UnpackCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "FILE", description = "A packed recording.")
    private Path file = Path.of("");

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "REC",
            description = "The directory; missing or empty.")
    private Path recording = Path.of("");

    @Option(names = "--json", description = "Prints what was written as JSON.")
    private boolean json;

    UnpackCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Recordings.open(file, terminal).close();
        Pack.unpack(file, recording);
        terminal.message("wrote " + Visible.of(recording.toString()));
        if (json) {
            terminal.print(JsonReport.document(document -> document.writeStringField("output", recording.toString())));
        }
        return ExitCodes.FINE;
    }
}
