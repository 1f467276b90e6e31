package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.program.Program;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck verify}. */
@Command(
        name = "verify",
        description = {
            "Checks that a program is whole and valid, without running it.",
            "",
            "Nothing ever runs unverified; this shows what would be said before a run."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  tapedeck verify fib.bc",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:valid", "2:wrong usage", "65:not valid, or cannot be read; the reason is on standard error"})
final class VerifyCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "FILE", description = "A .bc, .tasm, .wasm or .wat file.")
    private Path file = Path.of("");

    @Option(names = "--json", description = "Prints the result as JSON.")
    private boolean json;

    VerifyCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Program program;
        try {
            program = ProgramFile.load(file).program();
        } catch (ProgramException e) {
            if (json) {
                terminal.print(JsonReport.document(document -> {
                    document.writeBooleanField("valid", false);
                    Documents.text(document, "problem", Optional.ofNullable(e.getMessage()));
                }));
            }
            throw e;
        }
        long instructions = program.functions().stream()
                .mapToLong(function -> function.code().size())
                .sum();
        if (json) {
            terminal.print(JsonReport.document(document -> {
                document.writeBooleanField("valid", true);
                document.writeStringField("program", program.name());
                document.writeNumberField("functions", program.functions().size());
                document.writeNumberField("instructions", instructions);
                document.writeNumberField("hostImports", program.imports().size());
                document.writeNumberField("tests", program.tests().size());
            }));
        } else {
            terminal.println(Visible.of(file.toString()) + " is valid: "
                    + Words.count(program.functions().size(), "function") + ", "
                    + Words.count(instructions, "instruction") + ", "
                    + Words.count(program.tests().size(), "test"));
        }
        return ExitCodes.FINE;
    }
}
