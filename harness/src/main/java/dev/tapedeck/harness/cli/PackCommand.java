package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Pack;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck pack}. */
@Command(
        name = "pack",
        description = {
            "Makes one small file of a recording, to keep or to send.",
            "",
            "Every command that takes a recording takes a packed one too. Two identical runs give identical files."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  tapedeck pack fib.tape -o fib.rec",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:the recording is not usable, or the file cannot be written"})
final class PackCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "REC", description = "A recording's directory.")
    private Path recording = Path.of("");

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "The file to write; an old one is replaced.")
    private Path file = Path.of("");

    @Option(names = "--json", description = "Prints what was written as JSON.")
    private boolean json;

    PackCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Recordings.open(recording, terminal).close();
        Pack.pack(recording, file);
        long bytes;
        try {
            bytes = Files.size(file);
        } catch (IOException e) {
            throw CommandException.data("cannot read " + file, e);
        }
        terminal.message("wrote " + Visible.of(file.toString()) + ", " + Words.count(bytes, "byte"));
        if (json) {
            terminal.print(JsonReport.document(document -> {
                document.writeStringField("output", file.toString());
                document.writeNumberField("bytes", bytes);
            }));
        }
        return ExitCodes.FINE;
    }
}
