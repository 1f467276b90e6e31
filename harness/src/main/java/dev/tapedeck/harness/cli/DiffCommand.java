package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.suite.ProgramFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck diff}. */
@Command(
        name = "diff",
        description = {
            "Compares two programs, or the ends of two recordings.",
            "",
            "Of programs: functions added, removed and changed, by what they do and not by where they are, with a unified"
                    + " diff of their instructions. Of recordings: outcome, counts and final state; bisect says where"
                    + " they part."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  tapedeck diff old.bc new.tasm", "  tapedeck diff before.tape after.tape"},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the same", "1:different", "2:wrong usage", "65:one of them cannot be read"})
final class DiffCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "A", description = "A program or a recording.")
    private Path a = Path.of("");

    @Parameters(index = "1", paramLabel = "B", description = "The other one, of the same sort.")
    private Path b = Path.of("");

    @Option(names = "--json", description = "Prints the differences as JSON.")
    private boolean json;

    DiffCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (ProgramFile.isProgram(a) != ProgramFile.isProgram(b)) {
            throw CommandException.usage("one of " + a + " and " + b
                    + " is a program (.bc, .tasm, .wasm or .wat) and the other is not; give two of the same sort");
        }
        return ProgramFile.isProgram(a)
                ? new ProgramDiff(terminal, json)
                        .print(
                                ProgramFile.load(a).program(),
                                ProgramFile.load(b).program())
                : new RecordingDiff(terminal, json).print(a, b);
    }
}
