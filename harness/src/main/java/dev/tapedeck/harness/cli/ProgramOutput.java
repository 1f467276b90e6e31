package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.format.BcWriter;
import dev.tapedeck.vm.program.Program;
import java.nio.file.Path;

/** What a command does with a program that it has made: a {@code .bc} file, and a word about it. */
final class ProgramOutput {
    private ProgramOutput() {}

    /** @throws CommandException if the name of the file does not end in {@code .bc}, or it cannot be written */
    static void write(Program program, Path output, boolean json, Terminal terminal) throws Exception {
        if (!output.toString().endsWith(".bc")) {
            throw CommandException.usage(output + ": the name of a program has to end in .bc");
        }
        byte[] bytes = BcWriter.write(program);
        OutputFile.write(output, bytes);
        terminal.message("wrote " + Visible.of(output.toString()) + ", " + Words.count(bytes.length, "byte"));
        if (json) {
            terminal.print(JsonReport.document(document -> {
                document.writeStringField("program", program.name());
                document.writeStringField("output", output.toString());
                document.writeNumberField("bytes", bytes.length);
            }));
        }
    }
}
