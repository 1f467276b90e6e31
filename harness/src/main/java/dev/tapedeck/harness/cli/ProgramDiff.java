package dev.tapedeck.harness.cli;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import dev.tapedeck.harness.report.ConsoleReport.Paint;
import dev.tapedeck.harness.report.JsonReport;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.asm.Disassembler;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.program.ContentHash;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What two programs do not have in common. Functions are matched by name, then by content, so that a new name is seen. */
final class ProgramDiff {
    private static final int CONTEXT_LINES = 3;

    private final Terminal terminal;
    private final boolean json;

    ProgramDiff(Terminal terminal, boolean json) {
        this.terminal = terminal;
        this.json = json;
    }

    /**
     * A function that is not the same in both.
     *
     * @param how {@code added}, {@code removed}, {@code changed} or {@code renamed}
     * @param note the other name, or the sizes
     * @param diff unified diff of the instructions, if it has changed
     */
    private record Change(String how, String name, String note, List<String> diff) {}

    int print(Program a, Program b) {
        List<Change> changes = changes(a, b);
        List<String> others = others(a, b);
        if (json) {
            terminal.print(JsonReport.document(document -> {
                document.writeBooleanField("same", changes.isEmpty() && others.isEmpty());
                document.writeArrayFieldStart("functions");
                for (Change change : changes) {
                    document.writeStartObject();
                    document.writeStringField("name", change.name);
                    document.writeStringField("change", change.how);
                    document.writeStringField("note", change.note);
                    document.writeStringField("diff", String.join("\n", change.diff));
                    document.writeEndObject();
                }
                document.writeEndArray();
                document.writeArrayFieldStart("others");
                for (String other : others) {
                    document.writeString(other);
                }
                document.writeEndArray();
            }));
        } else {
            print(changes, others, a);
        }
        return changes.isEmpty() && others.isEmpty() ? ExitCodes.FINE : ExitCodes.DIFFERENT;
    }

    private void print(List<Change> changes, List<String> others, Program a) {
        if (changes.isEmpty() && others.isEmpty()) {
            terminal.println(
                    "the programs do the same: " + Words.count(a.functions().size(), "function"));
            return;
        }
        Paint paint = terminal.paint();
        for (Change change : changes) {
            terminal.println(paint.bold(String.format("%-8s %s", change.how, Visible.of(change.name)))
                    + (change.note.isEmpty() ? "" : "  " + Visible.of(change.note)));
        }
        others.forEach(other -> terminal.println(Visible.of(other)));
        for (Change change : changes) {
            if (!change.diff.isEmpty()) {
                terminal.println("");
                for (String line : change.diff) {
                    String visible = Visible.of(line);
                    terminal.println(
                            line.startsWith("+")
                                    ? paint.good(visible)
                                    : line.startsWith("-") ? paint.bad(visible) : visible);
                }
            }
        }
    }

    private static List<Change> changes(Program a, Program b) {
        Map<String, Integer> inA = byName(a);
        Map<String, Integer> added = byName(b);
        Map<String, Integer> removed = new LinkedHashMap<>();
        List<Change> changes = new ArrayList<>();
        inA.forEach((name, functionA) -> {
            Integer functionB = added.remove(name);
            if (functionB == null) {
                removed.put(name, functionA);
            } else if (!hash(a, functionA).equals(hash(b, functionB))
                    || !callees(a, functionA).equals(callees(b, functionB))) {
                changes.add(new Change("changed", name, "", diff(name, a, functionA, b, functionB)));
            }
        });
        removed.forEach((old, functionA) -> {
            Optional<String> renamed = added.entrySet().stream()
                    .filter(entry -> hash(a, functionA).equals(hash(b, entry.getValue())))
                    .map(Map.Entry::getKey)
                    .findFirst();
            if (renamed.isPresent()) {
                added.remove(renamed.get());
                changes.add(new Change("renamed", old, "is now " + renamed.get(), List.of()));
            } else {
                changes.add(new Change("removed", old, size(a, functionA), List.of()));
            }
        });
        added.forEach((name, functionB) -> changes.add(new Change("added", name, size(b, functionB), List.of())));
        return changes;
    }

    /** Functions by name, in order; of several with one name, all but the first get a number. */
    private static Map<String, Integer> byName(Program program) {
        Map<String, Integer> byName = new LinkedHashMap<>();
        for (int i = 0; i < program.functions().size(); i++) {
            String name = program.functionName(i);
            for (int n = 2; byName.containsKey(name); n++) {
                name = program.functionName(i) + " (" + n + ")";
            }
            byName.put(name, i);
        }
        return byName;
    }

    private static String hash(Program program, int function) {
        return ContentHash.of(program, function).hex();
    }

    /** The names of what a function calls: the content hash knows only their types. */
    private static List<String> callees(Program program, int function) {
        List<String> names = new ArrayList<>();
        for (Instruction instruction : program.functions().get(function).code()) {
            if (instruction.opcode().operands().contains(OperandKind.FUNCTION)) {
                names.add(program.functionName((int) instruction.a()));
            }
        }
        return names;
    }

    private static String size(Program program, int function) {
        return Words.count(program.functions().get(function).code().size(), "instruction");
    }

    private static List<String> diff(String name, Program a, int functionA, Program b, int functionB) {
        List<String> textA = text(a, functionA);
        List<String> textB = text(b, functionB);
        return UnifiedDiffUtils.generateUnifiedDiff(
                "a/" + name, "b/" + name, textA, DiffUtils.diff(textA, textB), CONTEXT_LINES);
    }

    private static List<String> text(Program program, int index) {
        Disassembler disassembler = new Disassembler(program);
        Function function = program.functions().get(index);
        List<String> lines = new ArrayList<>();
        lines.add(program.typeOf(function) + " locals " + function.locals());
        for (int offset = 0; offset < function.code().size(); offset++) {
            lines.add("  " + disassembler.instruction(new Position(index, offset)));
        }
        return lines;
    }

    private static List<String> others(Program a, Program b) {
        List<String> others = new ArrayList<>();
        if (!a.memories().equals(b.memories())) {
            others.add("the memory differs: " + memory(a) + ", now " + memory(b));
        }
        if (!a.globals().equals(b.globals())) {
            others.addAll(globals(a, b));
        }
        if (!a.data().equals(b.data())) {
            others.addAll(data(a, b));
        }
        if (!entry(a).equals(entry(b))) {
            others.add("the entry differs: " + entry(a) + ", now " + entry(b));
        }
        if (!names(a).equals(names(b))) {
            others.add("exports differ");
        }
        if (!tables(a).equals(tables(b))) {
            others.add("tables differ");
        }
        if (!elements(a).equals(elements(b))) {
            others.add("element segments differ");
        }
        if (!start(a).equals(start(b))) {
            others.add("the start function differs: " + start(a) + ", now " + start(b));
        }
        return others;
    }

    private static String memory(Program program) {
        if (program.memories().isEmpty()) {
            return "none";
        }
        return program.memories().stream()
                .map(memory -> Words.count(memory.initialPages(), "page") + " of at most "
                        + Words.count(memory.maximumPages()))
                .collect(Collectors.joining(" and "));
    }

    private static List<String> globals(Program a, Program b) {
        Map<String, Program.Global> inA = byName("global", a.globals(), Program.Global::name);
        Map<String, Program.Global> inB = byName("global", b.globals(), Program.Global::name);
        List<String> sentences = addedAndRemoved(inA.keySet(), inB.keySet());
        inA.forEach((name, old) -> {
            Program.Global now = inB.get(name);
            if (now == null) {
                return;
            }
            if (old.type() != now.type() || old.mutable() != now.mutable()) {
                sentences.add(name + " is of another type: " + type(old) + ", now " + type(now));
            } else if (old.initial() != now.initial()) {
                sentences.add(name + " starts with another value: " + Values.cell(old.type(), old.initial()) + ", now "
                        + Values.cell(now.type(), now.initial()));
            }
        });
        return sentences.isEmpty() ? List.of("globals are in another order") : sentences;
    }

    private static String type(Program.Global global) {
        return (global.mutable() ? "mut " : "") + global.type().mnemonic();
    }

    /** Data by name. What only lies elsewhere is counted: one longer text moves all that are behind it. */
    private static List<String> data(Program a, Program b) {
        Map<String, DataSegment> inA = byName("data", a.data(), DataSegment::name);
        Map<String, DataSegment> inB = byName("data", b.data(), DataSegment::name);
        List<String> sentences = addedAndRemoved(inA.keySet(), inB.keySet());
        int moved = 0;
        for (Map.Entry<String, DataSegment> entry : inA.entrySet()) {
            DataSegment old = entry.getValue();
            DataSegment now = inB.get(entry.getKey());
            if (now == null) {
                continue;
            }
            byte[] before = old.bytes();
            byte[] after = now.bytes();
            int first = Arrays.mismatch(before, after);
            if (first >= 0 && before.length == after.length) {
                sentences.add(String.format(
                        Locale.ROOT,
                        "%s differs in byte %s%s: 0x%02x, now 0x%02x%s",
                        entry.getKey(),
                        Words.count(first),
                        old.passive() ? "" : ", at 0x" + Long.toHexString(old.address() + first),
                        before[first],
                        after[first],
                        more(before, after, first)));
            } else if (first >= 0) {
                sentences.add(entry.getKey() + " has another length: " + Words.count(before.length, "byte") + ", now "
                        + Words.count(after.length) + "; differs from byte " + Words.count(first) + " on");
            } else if (old.address() != now.address()) {
                moved++;
            }
        }
        if (moved > 0) {
            sentences.add(Words.count(moved, "data segment") + " moved to another address");
        }
        return sentences.isEmpty() ? List.of("data are in another order") : sentences;
    }

    private static String more(byte[] before, byte[] after, int first) {
        int more = 0;
        for (int i = first + 1; i < before.length; i++) {
            if (before[i] != after[i]) {
                more++;
            }
        }
        return more == 0 ? "" : "; and in " + Words.count(more) + " more";
    }

    /** Things by a name for people, in order; one without a name has its index, of several with one name all but the first. */
    private static <T> Map<String, T> byName(String kind, List<T> things, java.util.function.Function<T, String> name) {
        Map<String, T> byName = new LinkedHashMap<>();
        for (int i = 0; i < things.size(); i++) {
            String own = name.apply(things.get(i));
            if (own.isEmpty() || byName.putIfAbsent(kind + " '" + own + "'", things.get(i)) != null) {
                byName.put(kind + " #" + i, things.get(i));
            }
        }
        return byName;
    }

    private static List<String> addedAndRemoved(Set<String> a, Set<String> b) {
        List<String> sentences = new ArrayList<>();
        a.stream().filter(name -> !b.contains(name)).forEach(name -> sentences.add(name + " was removed"));
        b.stream().filter(name -> !a.contains(name)).forEach(name -> sentences.add(name + " was added"));
        return sentences;
    }

    private static String entry(Program program) {
        return program.entry() < 0 ? "none" : program.functionName(program.entry());
    }

    private static List<String> names(Program program) {
        return program.exports().stream()
                .map(export -> export.name() + "=" + program.functionName(export.function()))
                .toList();
    }

    private static String start(Program program) {
        return program.start() < 0 ? "none" : program.functionName(program.start());
    }

    private static List<String> tables(Program program) {
        return program.tables().stream()
                .map(table -> table.name() + ": " + table.type() + " " + table.minimum() + " " + table.maximum() + " ="
                        + functions(program, table.elements()))
                .toList();
    }

    private static List<String> elements(Program program) {
        return program.elements().stream()
                .map(segment -> segment.name() + ": " + segment.type() + " =" + functions(program, segment.elements()))
                .toList();
    }

    private static List<String> functions(Program program, List<Integer> elements) {
        return elements.stream()
                .map(element -> element < 0 ? "_" : program.functionName(element))
                .toList();
    }
}
