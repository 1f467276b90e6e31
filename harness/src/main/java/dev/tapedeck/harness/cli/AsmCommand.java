package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.suite.ProgramFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck asm}. */
@Command(
        name = "asm",
        description = {
            "Assembles and verifies a program: .tasm to .bc.",
            "",
            "Nothing is written unless the whole program is right."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  tapedeck asm fib.tasm -o fib.bc",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:the program is wrong, or cannot be read or written"})
final class AsmCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "SRC", description = "The assembly text.")
    private Path source = Path.of("");

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "OUT.bc",
            description = "The file to write; an old one is replaced.")
    private Path output = Path.of("");

    @Option(names = "--json", description = "Prints what was written as JSON.")
    private boolean json;

    AsmCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        ProgramOutput.write(ProgramFile.load(source).program(), output, json, terminal);
        return ExitCodes.FINE;
    }
}
