package dev.tapedeck.harness.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.LogWalk;
import dev.tapedeck.harness.replay.LogWalk.Entry;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.asm.Disassembler;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck log}. */
@Command(
        name = "log",
        description = {
            "Lists every executed instruction, interrupt, host call and checkpoint of a recording.",
            "",
            "Nothing is executed for it: the list comes from the log and the program in it. The first column is the"
                    + " instruction count, by which state finds the same place."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {"  tapedeck log fib.tape --from 1000 --count 20", "  tapedeck log fib.tape | grep call_host | head"},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "2:wrong usage", "65:there is no usable recording"})
final class LogCommand implements Callable<Integer> {
    private static final int TEXT_WIDTH = 32;
    private static final int PLACE_WIDTH = 24;

    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "REC", description = "A recording, or a packed one.")
    private Path path = Path.of("");

    @Option(
            names = "--from",
            paramLabel = "N",
            converter = CountConverter.class,
            description = "Begins at this instruction count (default: 0).")
    private long from;

    @Option(
            names = "--count",
            paramLabel = "K",
            converter = CountConverter.class,
            description = "Lists K instructions and what happens at them (default: all).")
    private long count = Long.MAX_VALUE;

    @Option(names = "--json", description = "Prints the entries as JSON.")
    private boolean json;

    LogCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (from < 0) {
            throw CommandException.usage("--from is " + from + ", expected an instruction count from 0");
        }
        if (count < 1) {
            throw CommandException.usage("--count is " + count + ", expected a number from 1");
        }
        try (Recording recording = Recordings.open(path, terminal)) {
            if (from > recording.icountEnd()) {
                throw CommandException.usage(
                        "--from is " + from + ", but the recording ends at instruction count " + recording.icountEnd());
            }
            Program program = recording.program().program();
            // The instruction after the last one wanted ends the list, so that what happens at that one is still in it.
            long end = from > Long.MAX_VALUE - count ? Long.MAX_VALUE : from + count;
            if (json) {
                Writer writer = new OutputStreamWriter(terminal.out(), StandardCharsets.UTF_8);
                JsonReport.document(writer, document -> entries(document, recording, program, end));
            } else {
                Lines lines = new Lines(program, recording.icountEnd());
                LogWalk.walk(recording, from, entry -> {
                    if (entry.icount() >= end && !(entry instanceof Entry.Ended)) {
                        return false;
                    }
                    terminal.print(lines.of(entry));
                    return !terminal.out().closed();
                });
            }
            return ExitCodes.FINE;
        }
    }

    private void entries(JsonGenerator document, Recording recording, Program program, long end)
            throws IOException, RecordingException {
        document.writeStringField("program", program.name());
        document.writeArrayFieldStart("entries");
        LogWalk.walk(recording, from, entry -> {
            if (entry.icount() >= end && !(entry instanceof Entry.Ended)) {
                return false;
            }
            try {
                entry(document, program, entry);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return !terminal.out().closed();
        });
        document.writeEndArray();
    }

    private static void entry(JsonGenerator json, Program program, Entry entry) throws IOException {
        json.writeStartObject();
        json.writeNumberField("icount", entry.icount());
        if (entry instanceof Entry.Executed executed) {
            json.writeStringField("kind", "instruction");
            json.writeNumberField("depth", executed.depth());
            Documents.place(json, "at", program, executed.position());
        } else if (entry instanceof Entry.Interrupted interrupted) {
            json.writeStringField("kind", "interrupt");
            json.writeNumberField("signal", interrupted.signal());
            json.writeNumberField("payload", interrupted.payload());
        } else if (entry instanceof Entry.Delivered delivered) {
            json.writeStringField("kind", "delivery");
            json.writeNumberField("signal", delivered.signal());
            json.writeStringField("handler", program.functionName(delivered.function()));
        } else if (entry instanceof Entry.HostCalled called) {
            json.writeStringField("kind", "hostCall");
            json.writeStringField("text", Lines.hostCall(program, called.call()));
            json.writeNumberField("memoryWrites", called.call().writes().size());
        } else if (entry instanceof Entry.Checkpointed checkpointed) {
            json.writeStringField("kind", "checkpoint");
            json.writeStringField("stateDigest", Words.digest(checkpointed.stateDigest()));
        } else if (entry instanceof Entry.Ended ended) {
            json.writeStringField("kind", "end");
            json.writeStringField("text", ended.text());
        }
        json.writeEndObject();
    }

    /** Entries as aligned lines. An instruction's text is made once, however often it was executed. */
    private static final class Lines {
        private final Program program;
        private final Disassembler disassembler;
        private final int icountWidth;
        private final @Nullable String[][] texts;

        Lines(Program program, long icountEnd) {
            this.program = program;
            disassembler = new Disassembler(program);
            icountWidth = Math.max(6, Words.count(icountEnd).length());
            texts = new @Nullable String[program.functions().size()][];
        }

        String of(Entry entry) {
            if (entry instanceof Entry.Executed executed) {
                return icount(executed.icount()) + "  " + text(executed.position()) + "\n";
            }
            String what = "";
            if (entry instanceof Entry.Interrupted interrupted) {
                what = "interrupt " + interrupted.signal() + " arrives, payload " + interrupted.payload();
            } else if (entry instanceof Entry.Delivered delivered) {
                what = "interrupt " + delivered.signal() + " goes to " + program.functionName(delivered.function());
            } else if (entry instanceof Entry.HostCalled called) {
                what = hostCall(program, called.call());
            } else if (entry instanceof Entry.Checkpointed checkpointed) {
                what = "checkpoint, state " + Words.digest(checkpointed.stateDigest());
            } else if (entry instanceof Entry.Ended ended) {
                what = "end: " + ended.text();
            }
            return icount(entry.icount()) + "  -- " + Visible.of(what) + "\n";
        }

        private String icount(long icount) {
            String text = Words.count(icount);
            return " ".repeat(Math.max(0, icountWidth - text.length())) + text;
        }

        private String text(Position position) {
            @Nullable String @Nullable [] ofFunction = texts[position.function()];
            Function function = program.functions().get(position.function());
            if (ofFunction == null) {
                ofFunction = new @Nullable String[function.code().size()];
                texts[position.function()] = ofFunction;
            }
            String text = ofFunction[position.offset()];
            if (text == null) {
                Executed executed = Places.executed(program, 0, position, disassembler.instruction(position));
                String place = executed.function() + "+" + executed.offset();
                text = pad(Visible.of(executed.text(), 200), TEXT_WIDTH)
                        + (executed.line() > 0
                                ? pad(Visible.of(place, 200), PLACE_WIDTH) + Visible.of(executed.source(), 200) + ":"
                                        + executed.line()
                                : Visible.of(place, 200));
                ofFunction[position.offset()] = text;
            }
            return text;
        }

        private static String pad(String text, int width) {
            return text + " ".repeat(Math.max(1, width - text.length()));
        }

        static String hostCall(Program program, HostCallRecord call) {
            HostImport hostImport = program.imports().get(call.hostImport());
            FunctionType type = program.typeOf(hostImport);
            StringBuilder text = new StringBuilder(hostImport.qualifiedName())
                    .append('(')
                    .append(values(type.parameters(), call.arguments()))
                    .append(')');
            if (!type.results().isEmpty()) {
                text.append(" -> ").append(values(type.results(), call.results()));
            }
            for (Recording.MemoryWrite write : call.writes()) {
                text.append(", wrote ")
                        .append(write.bytes().length)
                        .append(" bytes at 0x")
                        .append(Long.toHexString(write.address()))
                        .append(write.memory() == 0 ? "" : " of memory " + write.memory());
            }
            call.halt().ifPresent(code -> text.append(", exit code ").append(code));
            call.error().ifPresent(error -> text.append(", failed: ").append(error));
            return text.toString();
        }

        private static String values(List<ValueType> types, List<Long> cells) {
            return Values.list(types, cells);
        }
    }
}
