package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Words;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck replay}. */
@Command(
        name = "replay",
        description = {
            "Replays a whole recording and verifies that everything comes out as recorded.",
            "",
            "Every digest on the way and the outcome are compared. A recording that does not replay was made by another"
                    + " machine, or shows a mistake in one of the two."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = "  tapedeck replay fib.tape",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:verified, up to where the recording reaches",
            "1:the replay differs from the recording",
            "2:wrong usage",
            "65:there is no usable recording"
        })
final class ReplayCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "REC", description = "A recording, or a packed one.")
    private Path path = Path.of("");

    @Option(names = "--json", description = "Prints the result as JSON.")
    private boolean json;

    ReplayCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        try (Recording recording = Recordings.open(path, terminal)) {
            long instructions;
            try (Progress progress = Progress.of(terminal, "replaying", recording.icountEnd())) {
                instructions = Replay.verify(recording, progress::at);
            } catch (ReplayException e) {
                if (json) {
                    document(false, e.icount(), recording, Optional.ofNullable(e.getMessage()));
                }
                throw e;
            }
            if (json) {
                document(true, instructions, recording, Optional.empty());
            } else {
                terminal.println("verified " + Words.count(instructions, "instruction")
                        + (recording.damage().isPresent() ? ", which is as far as the recording reaches" : ""));
            }
            return ExitCodes.FINE;
        }
    }

    private void document(boolean verified, long instructions, Recording recording, Optional<String> problem) {
        terminal.print(JsonReport.document(document -> {
            document.writeBooleanField("verified", verified);
            document.writeNumberField("instructions", instructions);
            document.writeBooleanField("complete", recording.damage().isEmpty());
            document.writeBooleanField("live", recording.live());
            Documents.text(document, "damage", recording.damage());
            Documents.text(document, "problem", problem);
        }));
    }
}
