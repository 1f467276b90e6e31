package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.condition.ConditionException;
import dev.tapedeck.harness.condition.Place;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.report.ConsoleReport;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.slice.Slicer;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Machine;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck slice}. */
@Command(
        name = "slice",
        description = {
            "Says how a value came about: the instructions that produced it, back to inputs and constants.",
            "",
            "PLACE is written as in a condition: local.NAME, global.NAME, operand.N (0 is the top of the stack),"
                    + " mem32[ADDRESS], hp; see docs/conditions.md. Its value is the one before instruction N. Without PLACE, what instruction N reads is"
                    + " explained; without N, the end of the run: its fault or exit code."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tapedeck slice sum.tape --at 5000 global.total",
            "  tapedeck slice sum.tape --at 5000 'mem32[0x1000]'",
            "  tapedeck slice sum.tape --at 5000 --way"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:there is nothing to explain",
            "2:wrong usage",
            "65:there is no usable recording, or it does not replay"
        })
final class SliceCommand implements Callable<Integer> {
    private static final int PLACE_CHARS_SHOWN = 60;

    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "REC", description = "A recording, or a packed one.")
    private Path path = Path.of("");

    @Parameters(index = "1", arity = "0..1", paramLabel = "PLACE", description = "Whose value is to be explained.")
    private @Nullable String place;

    @Option(
            names = "--at",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "The instruction count; without it, the end of the run.")
    private @Nullable Long at;

    @Option(names = "--way", description = "Explains how the run came to instruction N: which branch led there.")
    private boolean way;

    @Option(
            names = "--back",
            paramLabel = "COUNT",
            converter = CountConverter.class,
            description = "How many instructions to look at, at most. The default is 4 million (2^22).")
    private long back = Slicer.INSTRUCTIONS_DEFAULT;

    @Option(names = "--json", description = "Prints the slice as JSON.")
    private boolean json;

    SliceCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (way && place != null) {
            throw CommandException.usage("--way explains how the run came to an instruction, and goes with no PLACE");
        }
        if (back < 1) {
            throw CommandException.usage("--back is " + back + ", expected at least 1");
        }
        try (Recording recording = Recordings.open(path, terminal)) {
            long icount = at == null ? recording.icountEnd() : at;
            if (icount < 0 || icount > recording.icountEnd()) {
                throw CommandException.usage("--at is " + icount + ", expected 0 to " + recording.icountEnd()
                        + ", where the recording ends");
            }
            Optional<Slice> slice = slice(recording, icount);
            if (slice.isEmpty()) {
                terminal.message("there is nothing to explain at instruction count " + Words.count(icount)
                        + (place == null && !way ? "; name a PLACE, such as global.NAME" : ""));
                return ExitCodes.DIFFERENT;
            }
            terminal.print(
                    json
                            ? JsonReport.render(slice.get())
                            : ConsoleReport.render(slice.get(), terminal.width(), terminal.paint()));
            return ExitCodes.FINE;
        } catch (ReplayException e) {
            throw CommandException.data("the recording does not replay: " + e.getMessage());
        }
    }

    private Optional<Slice> slice(Recording recording, long icount)
            throws RecordingException, ReplayException, CommandException {
        Replay replay = new Replay(recording);
        replay.verify(icount, icount);
        Slicer slicer = new Slicer(replay, back);
        if (place != null) {
            replay.seek(icount);
            Place found = parsed(recording, replay.machine(), place);
            return slicer.value(icount, found.location(), found.length());
        } else if (way) {
            return slicer.way(icount);
        } else if (at == null) {
            return slicer.ending();
        }
        Optional<Slice> operand = slicer.read(icount);
        return operand.isPresent() ? operand : slicer.way(icount);
    }

    private static Place parsed(Recording recording, Machine machine, String text) throws CommandException {
        try {
            return Place.parse(recording, machine, text);
        } catch (ConditionException e) {
            throw CommandException.usage("'" + Visible.of(text, PLACE_CHARS_SHOWN) + "': " + e.getMessage());
        }
    }
}
