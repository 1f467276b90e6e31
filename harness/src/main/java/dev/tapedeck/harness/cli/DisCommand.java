package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.suite.ProgramFile;
import dev.tapedeck.vm.asm.Disassembler;
import dev.tapedeck.vm.program.Program;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck dis}. */
@Command(
        name = "dis",
        description = {
            "Disassembles a program to assembly text.",
            "",
            "Assembling the text gives the same program again."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  tapedeck dis fib.bc -o fib.tasm",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:the program cannot be loaded, or the text not written"})
final class DisCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "FILE", description = "A .bc, .tasm, .wasm or .wat file.")
    private Path file = Path.of("");

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT.tasm",
            description = "Where the text goes, instead of standard output.")
    private @Nullable Path output;

    @Option(names = "--json", description = "Prints the text as a part of a JSON document.")
    private boolean json;

    DisCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        Program program = ProgramFile.load(file).program();
        String text = Disassembler.disassemble(program);
        if (output != null) {
            OutputFile.write(output, text.getBytes(StandardCharsets.UTF_8));
        }
        if (json) {
            terminal.print(JsonReport.document(document -> {
                document.writeStringField("program", program.name());
                Documents.text(document, "output", Optional.ofNullable(output).map(Path::toString));
                document.writeStringField("text", text);
            }));
        } else if (output == null) {
            terminal.print(text);
        }
        return ExitCodes.FINE;
    }
}
