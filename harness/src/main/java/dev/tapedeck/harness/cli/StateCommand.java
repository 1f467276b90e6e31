package dev.tapedeck.harness.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.StateDigest;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.SnapshotState;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.Global;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapedeck state}. */
@Command(
        name = "state",
        description = {
            "Shows the complete state of a run at any instruction count.",
            "",
            "Registers, call stack, locals, operands and globals as they are before instruction N: the nearest checkpoint"
                    + " is restored, and the rest replayed and compared with the recording. With --memory, bytes of memory"
                    + " too."
        },
        synopsisHeading = "Usage: ",
        descriptionHeading = "%n",
        parameterListHeading = "%nArguments:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tapedeck state fib.tape --at 1000",
            "  tapedeck state sieve.tape --at 5000 --memory 1024:64",
            "  tapedeck state life.tape --at 20000 --save states"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:the recording does not replay",
            "2:wrong usage",
            "65:there is no usable recording, or the store cannot be written"
        })
final class StateCommand implements Callable<Integer> {
    private static final int FRAMES_SHOWN = 64;
    private static final int CELLS_SHOWN = 64;
    private static final int SECTIONS_SHOWN = 64;
    private static final int MEMORY_BYTES_MAX = 1 << 20;

    private final Terminal terminal;

    @Parameters(index = "0", paramLabel = "REC", description = "A recording, or a packed one.")
    private Path path = Path.of("");

    @Option(
            names = "--at",
            required = true,
            paramLabel = "N",
            converter = CountConverter.class,
            description = "The instruction count: 0 is before the first instruction.")
    private long at;

    @Option(names = "--memory", paramLabel = "ADDRESS:LENGTH", description = "Shows bytes of memory, up to 1 MiB.")
    private @Nullable String memory;

    @Option(
            names = "--save",
            paramLabel = "STORE",
            description = "Saves the state as a snapshot too, for run --from; a missing store is made.")
    private @Nullable Path save;

    @Option(names = "--json", description = "Prints the state as JSON.")
    private boolean json;

    StateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (at < 0) {
            throw CommandException.usage("--at is " + at + ", expected an instruction count from 0");
        }
        if (save != null) {
            StoredSnapshot.check(save);
        }
        try (Recording recording = Recordings.open(path, terminal)) {
            if (at > recording.icountEnd()) {
                throw CommandException.usage(
                        "--at is " + at + ", but the recording ends at instruction count " + recording.icountEnd());
            }
            Replay replay = new Replay(recording);
            replay.verify(at, at);
            replay.seek(at);
            Machine machine = replay.machine();
            List<Value> bytes = memory == null ? List.of() : memory(machine, memory);
            Optional<String> saved = save == null ? Optional.empty() : save(replay, save);
            if (json) {
                terminal.print(JsonReport.document(document -> {
                    document(document, machine, bytes);
                    if (saved.isPresent()) {
                        document.writeStringField("snapshot", saved.get());
                    }
                }));
            } else {
                print(machine, bytes);
            }
            return ExitCodes.FINE;
        }
    }

    private Optional<String> save(Replay replay, Path store) throws RecordingException {
        Snapshot snapshot = replay.snapshot();
        if (snapshot.hostState() == HostState.EMPTY) {
            terminal.message(
                    "tapedeck: warning: what the program has open through WASI is no part of a recording, nor of"
                            + " the snapshot; run --limit " + snapshot.icount() + " --save has it too");
        }
        return Optional.of(StoredSnapshot.save(store, snapshot, terminal));
    }

    /** A named value. */
    private record Value(String name, String text) {}

    private static void document(JsonGenerator json, Machine machine, List<Value> bytes) throws IOException {
        Program program = machine.program();
        json.writeNumberField("icount", machine.icount());
        json.writeStringField("status", machine.status().name().toLowerCase(Locale.ROOT));
        if (machine.depth() > 0) {
            Documents.place(json, "ip", program, machine.position());
        } else {
            json.writeNullField("ip");
        }
        json.writeNumberField("sp", machine.sp());
        json.writeNumberField("bp", machine.bp());
        json.writeNumberField("hp", Integer.toUnsignedLong(machine.hp()));
        json.writeBooleanField("interruptsEnabled", machine.interruptsEnabled());
        json.writeNumberField("memoryBytes", machine.memoryBytes());
        json.writeArrayFieldStart("memories");
        for (int i = 0; i < program.memories().size(); i++) {
            json.writeNumber(machine.memoryBytes(i));
        }
        json.writeEndArray();
        json.writeStringField("stateDigest", Words.digest(StateDigest.of(machine.snapshot())));
        json.writeNumberField("depth", machine.depth());
        json.writeArrayFieldStart("frames");
        for (int frame = machine.depth() - 1; frame >= 0 && frame >= machine.depth() - FRAMES_SHOWN; frame--) {
            json.writeStartObject();
            Position position = machine.framePosition(frame);
            json.writeStringField("function", program.functionName(position.function()));
            json.writeNumberField("offset", position.offset());
            json.writeStringField(
                    "source", Places.executed(program, 0, position).source());
            json.writeNumberField(
                    "line", program.functions().get(position.function()).line(position.offset()));
            json.writeBooleanField("interrupt", machine.interruptFrame(frame));
            values(json, "locals", locals(machine, frame));
            values(json, "operands", operands(machine, frame));
            json.writeEndObject();
        }
        json.writeEndArray();
        values(json, "globals", globals(machine));
        json.writeArrayFieldStart("tables");
        for (int i = 0; i < program.tables().size(); i++) {
            json.writeStartObject();
            json.writeStringField("name", tableName(program, i));
            json.writeNumberField("size", machine.tableSize(i));
            values(json, "elements", elements(machine, i));
            json.writeEndObject();
        }
        json.writeEndArray();
        values(json, "memory", bytes);
        json.writeNumberField("sectionsMade", machine.sectionsMade());
        json.writeNumberField("sectionCount", machine.sectionCount());
        json.writeArrayFieldStart("sections");
        for (SnapshotState.HeapSection section : sections(machine)) {
            json.writeStartObject();
            json.writeNumberField("number", section.number());
            json.writeNumberField("bytes", section.size());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** The first ones. */
    private static List<SnapshotState.HeapSection> sections(Machine machine) {
        List<SnapshotState.HeapSection> all = machine.heapSections();
        return all.subList(0, Math.min(all.size(), SECTIONS_SHOWN));
    }

    private static void values(JsonGenerator json, String name, List<Value> values) throws IOException {
        json.writeArrayFieldStart(name);
        for (Value value : values) {
            json.writeStartObject();
            json.writeStringField("name", value.name);
            json.writeStringField("value", value.text);
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void print(Machine machine, List<Value> bytes) {
        Program program = machine.program();
        row("icount", Words.count(machine.icount()));
        row("status", machine.status().name().toLowerCase(Locale.ROOT));
        if (machine.depth() > 0) {
            row(
                    "ip",
                    Places.place(program, machine.position()) + ": "
                            + Places.executed(program, 0, machine.position()).text());
        }
        row("sp, bp, hp", machine.sp() + ", " + machine.bp() + ", " + Integer.toUnsignedString(machine.hp()));
        row("interrupts", machine.interruptsEnabled() ? "enabled" : "disabled");
        row("memory", Words.count(machine.memoryBytes(), "byte"));
        for (int i = 1; i < program.memories().size(); i++) {
            row("memory " + i, Words.count(machine.memoryBytes(i), "byte"));
        }
        row("state digest", Words.digest(StateDigest.of(machine.snapshot())));
        for (int frame = machine.depth() - 1; frame >= 0 && frame >= machine.depth() - FRAMES_SHOWN; frame--) {
            terminal.println("");
            terminal.println(Visible.of("frame " + frame + ": " + Places.place(program, machine.framePosition(frame))
                    + (machine.interruptFrame(frame) ? " [interrupt]" : "")));
            values(locals(machine, frame));
            values(operands(machine, frame));
        }
        if (machine.depth() > FRAMES_SHOWN) {
            terminal.println("and " + Words.count(machine.depth() - FRAMES_SHOWN, "more frame"));
        }
        if (!program.globals().isEmpty()) {
            terminal.println("");
            terminal.println("globals");
            values(globals(machine));
        }
        for (int i = 0; i < program.tables().size(); i++) {
            terminal.println("");
            terminal.println(Visible.of(tableName(program, i)) + ", " + Words.count(machine.tableSize(i), "element"));
            values(elements(machine, i));
        }
        if (machine.sectionCount() > 0) {
            terminal.println("");
            terminal.println("heap sections");
            values(sections(machine).stream()
                    .map(section -> new Value("section " + section.number(), Words.count(section.size(), "byte")))
                    .toList());
            if (machine.sectionCount() > SECTIONS_SHOWN) {
                terminal.println("and " + Words.count(machine.sectionCount() - SECTIONS_SHOWN, "more section"));
            }
        }
        if (!bytes.isEmpty()) {
            terminal.println("");
            terminal.println("memory");
            values(bytes);
        }
    }

    private void row(String name, String value) {
        terminal.println(String.format(Locale.ROOT, "%-14s%s", name, Visible.of(value)));
    }

    private void values(List<Value> values) {
        for (Value value : values) {
            terminal.println(String.format(Locale.ROOT, "  %-20s %s", Visible.of(value.name), Visible.of(value.text)));
        }
    }

    private static List<Value> locals(Machine machine, int frame) {
        Function function =
                machine.program().functions().get(machine.framePosition(frame).function());
        List<ValueType> types =
                new ArrayList<>(machine.program().typeOf(function).parameters());
        types.addAll(function.locals());
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < types.size(); i++) {
            values.add(new Value(
                    Places.localName(function, i).orElse("local " + i),
                    Values.cell(types.get(i), machine.local(frame, i))));
        }
        return values;
    }

    private static List<Value> operands(Machine machine, int frame) {
        List<Value> values = new ArrayList<>();
        int count = machine.operandCount(frame);
        for (int i = count - 1; i >= Math.max(0, count - CELLS_SHOWN); i--) {
            // The verifier knows the type of an operand, the machine does not.
            long cell = machine.operand(frame, i);
            values.add(new Value(Places.operand(count - 1 - i), cell + String.format(Locale.ROOT, " (0x%016x)", cell)));
        }
        return values;
    }

    private static List<Value> globals(Machine machine) {
        List<Value> values = new ArrayList<>();
        List<Global> globals = machine.program().globals();
        for (int i = 0; i < globals.size(); i++) {
            String name = globals.get(i).name();
            values.add(new Value(
                    name.isEmpty() ? "global " + i : name,
                    Values.cell(globals.get(i).type(), machine.global(i))));
        }
        return values;
    }

    private static String tableName(Program program, int table) {
        String name = program.tables().get(table).name();
        return name.isEmpty() ? "table " + table : name;
    }

    /** The first elements that are not null. */
    private static List<Value> elements(Machine machine, int table) {
        ValueType type = machine.program().tables().get(table).type();
        List<Value> values = new ArrayList<>();
        for (int i = 0; i < machine.tableSize(table) && values.size() < CELLS_SHOWN; i++) {
            long cell = machine.tableElement(table, i);
            if (cell != ValueType.NULL) {
                String text = type == ValueType.FUNCREF
                        ? machine.program().functionName((int) cell - 1)
                        : Values.cell(type, cell);
                values.add(new Value("element " + i, text));
            }
        }
        return values;
    }

    private static List<Value> memory(Machine machine, String range) throws CommandException {
        String form = "--memory " + range + ": expected ADDRESS:LENGTH, such as 0x400:64, at most 1 MiB";
        String[] parts = range.split(":", -1);
        if (parts.length != 2) {
            throw CommandException.usage(form);
        }
        long address;
        long length;
        try {
            address = Arguments.integer(parts[0]);
            length = Arguments.integer(parts[1]);
        } catch (NumberFormatException e) {
            throw CommandException.usage(form);
        }
        if (address < 0 || length < 1 || length > MEMORY_BYTES_MAX) {
            throw CommandException.usage(form);
        }
        if (address > machine.memoryBytes() - length) {
            throw CommandException.usage(
                    "--memory " + range + ": the memory has " + Words.count(machine.memoryBytes(), "byte"));
        }
        byte[] bytes = machine.readMemory(address, (int) length);
        List<Value> rows = new ArrayList<>();
        for (int row = 0; row < bytes.length; row += 16) {
            StringBuilder hex = new StringBuilder();
            StringBuilder text = new StringBuilder();
            for (int i = row; i < row + 16; i++) {
                hex.append(i < bytes.length ? String.format(Locale.ROOT, "%02x ", bytes[i]) : "   ");
                if (i < bytes.length) {
                    text.append(bytes[i] >= ' ' && bytes[i] < 127 ? (char) bytes[i] : '.');
                }
            }
            rows.add(new Value(String.format(Locale.ROOT, "0x%08x", address + row), hex + " " + text));
        }
        return rows;
    }
}
