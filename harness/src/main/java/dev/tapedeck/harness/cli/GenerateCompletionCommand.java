package dev.tapedeck.harness.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tapedeck generate-completion}. */
@Command(
        name = GenerateCompletionCommand.NAME,
        description = {
            "Prints a completion script for bash or zsh.",
            "",
            "The script completes commands, options and file names."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  source <(tapedeck generate-completion)",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage"})
final class GenerateCompletionCommand implements Callable<Integer> {
    static final String NAME = "generate-completion";

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    GenerateCompletionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        terminal.print(AutoComplete.bash("tapedeck", spec.root().commandLine()));
        return ExitCodes.FINE;
    }
}
