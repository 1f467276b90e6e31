package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Detail;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.replay.InstructionProfile;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.program.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck stats}. */
@Command(
        name = "stats",
        description = {
            "Shows what a recording holds, in numbers.",
            "",
            "The chain digest stands for everything the run did, the state digest for the state it ended in."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExample:%n",
        footer = {"  tapedeck stats fib.tape --json", "  tapedeck stats fib.tape --profile"},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:there is no usable recording"})
final class StatsCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "REC", description = "A recording, or a packed one.")
    private Path path = Path.of("");

    @Option(names = "--json", description = "Prints the numbers as JSON.")
    private boolean json;

    @Option(
            names = "--profile",
            description = "Shows also how often each instruction was executed, most often first. Reads the whole log.")
    private boolean profile;

    StatsCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        try (Recording recording = Recordings.open(path, terminal)) {
            List<InstructionProfile.Row> rows = profile ? InstructionProfile.of(recording) : List.of();
            if (json) {
                terminal.print(document(recording, profile, rows));
            } else {
                print(recording);
                printProfile(rows);
            }
            return ExitCodes.FINE;
        }
    }

    private static double bitsPerInstruction(Recording recording) {
        return recording.icountEnd() == 0 ? 0 : 8.0 * recording.logBytes() / recording.icountEnd();
    }

    /** The size of a packed recording's file; empty for a directory. */
    private static Optional<Long> packedBytes(Recording recording) {
        try {
            return Files.isRegularFile(recording.path()) ? Optional.of(Files.size(recording.path())) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static long chainDigest(Recording recording) {
        List<Recording.Block> blocks = recording.blocks();
        return blocks.isEmpty() ? 0 : blocks.get(blocks.size() - 1).chainDigest();
    }

    private static String document(Recording recording, boolean profile, List<InstructionProfile.Row> rows) {
        Program program = recording.program().program();
        RunOptions options = recording.options();
        return JsonReport.document(document -> {
            document.writeStringField("program", program.name());
            document.writeStringField("function", program.functionName(options.functionIn(program)));
            document.writeNumberField("seed", options.seed());
            document.writeNumberField("instructions", recording.icountEnd());
            document.writeNumberField("interrupts", recording.interrupts().size());
            document.writeNumberField("hostCalls", recording.hostCalls().size());
            document.writeNumberField("blocks", recording.blocks().size());
            document.writeNumberField("checkpoints", recording.checkpoints().size());
            document.writeStringField("detail", options.detail().toString());
            document.writeNumberField("logBytes", recording.logBytes());
            document.writeNumberField("valuesBytes", recording.valuesBytes());
            document.writeFieldName("packedBytes");
            if (packedBytes(recording).isPresent()) {
                document.writeNumber(packedBytes(recording).get());
            } else {
                document.writeNull();
            }
            document.writeNumberField("bitsPerInstruction", bitsPerInstruction(recording));
            document.writeStringField("chainDigest", Words.digest(chainDigest(recording)));
            Documents.text(
                    document, "stateDigest", recording.outcome().map(outcome -> Words.digest(outcome.stateDigest())));
            Documents.text(
                    document,
                    "outcome",
                    recording.outcome().map(outcome -> outcome.kind().name().toLowerCase(Locale.ROOT)));
            document.writeFieldName("exitCode");
            if (recording.outcome().isPresent()) {
                document.writeNumber(recording.outcome().get().exitCode());
            } else {
                document.writeNull();
            }
            document.writeBooleanField("complete", recording.damage().isEmpty());
            document.writeBooleanField("live", recording.live());
            Documents.text(document, "damage", recording.damage());
            if (profile) {
                document.writeArrayFieldStart("profile");
                for (InstructionProfile.Row row : rows) {
                    document.writeStartObject();
                    document.writeStringField("instruction", row.opcode().mnemonic());
                    document.writeNumberField("count", row.count());
                    document.writeEndObject();
                }
                document.writeEndArray();
            }
        });
    }

    private void print(Recording recording) {
        Program program = recording.program().program();
        RunOptions options = recording.options();
        int function = options.functionIn(program);
        row("program", program.name());
        row(
                "function",
                program.functionName(function) + "("
                        + String.join(", ", Values.arguments(program, function, options.arguments())) + ")");
        row(
                "outcome",
                recording
                        .outcome()
                        .map(outcome -> Words.outcome(outcome, program, function))
                        .orElse("not recorded"));
        row("instructions", Words.count(recording.icountEnd()));
        row("interrupts", Words.count(recording.interrupts().size()));
        row("host calls", Words.count(recording.hostCalls().size()));
        row("blocks", Words.count(recording.blocks().size()));
        row("checkpoints", Words.count(recording.checkpoints().size()));
        if (options.detail() == Detail.VALUES) {
            row("values", Words.count(recording.valuesBytes(), "byte"));
        }
        row("log", Words.log(recording.logBytes(), recording.icountEnd()));
        packedBytes(recording).ifPresent(bytes -> row("packed", Words.count(bytes, "byte")));
        row("seed", Long.toString(options.seed()));
        row("chain digest", Words.digest(chainDigest(recording)));
        row(
                "state digest",
                recording.outcome().map(Outcome::stateDigest).map(Words::digest).orElse("not recorded"));
    }

    private void printProfile(List<InstructionProfile.Row> rows) {
        if (rows.isEmpty()) {
            return;
        }
        long all = rows.stream().mapToLong(InstructionProfile.Row::count).sum();
        int width = Words.count(rows.get(0).count()).length();
        terminal.println("");
        for (InstructionProfile.Row row : rows) {
            terminal.println(String.format(
                    Locale.ROOT,
                    "%-24s%" + width + "s %5.1f %%",
                    row.opcode().mnemonic(),
                    Words.count(row.count()),
                    100.0 * row.count() / all));
        }
    }

    private void row(String name, String value) {
        terminal.println(String.format(Locale.ROOT, "%-14s%s", name, Visible.of(value)));
    }
}
