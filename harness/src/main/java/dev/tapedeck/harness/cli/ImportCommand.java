package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.suite.ProgramFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck import}. */
@Command(
        name = "import",
        description = {
            "Makes a program of a WebAssembly module: .wasm or .wat to .bc.",
            "",
            "Imported functions become host functions, exported ones can be called by name, _start is the entry. The tests",
            "in NAME.tests beside NAME.wasm come along. Other commands take modules as they are.",
            "",
            "A module that needs what is not supported is refused with the feature's name, and nothing is written."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  tapedeck import fib.wasm -o fib.bc",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:the module is wrong or unsupported, or cannot be read or written"
        })
final class ImportCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(
            index = "0",
            paramLabel = "FILE.wasm",
            description = "The module, in the binary format or as text (.wat).")
    private Path source = Path.of("");

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "OUT.bc",
            description = "The file to write; an old one is replaced.")
    private Path output = Path.of("");

    @Option(names = "--json", description = "Prints what was written as JSON.")
    private boolean json;

    ImportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (!ProgramFile.isModule(source.toString())) {
            throw CommandException.usage(source + ": the name of a module has to end in .wasm or .wat");
        }
        ProgramOutput.write(ProgramFile.load(source).program(), output, json, terminal);
        return ExitCodes.FINE;
    }
}
