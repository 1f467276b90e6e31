package dev.tapedeck.harness.slice;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.slice.Cause.Kind;
import dev.tapedeck.harness.slice.Cause.Role;
import dev.tapedeck.harness.slice.Dependences.Copy;
import dev.tapedeck.harness.slice.Dependences.Node;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.LibraryCode;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes of all that took part what a person can read. Of an instruction that took part again and again, as in a loop, the
 * last time and the first are kept. If that is still too much, the last steps are, those that brought something in from
 * outside, and the first; of these the program's own before those of the libraries linked to it.
 */
final class Shortening {
    /** The last steps of those that are too many. */
    private static final int LATEST_KEPT = 5;

    /** Inputs of those that are too many. */
    private static final int INPUTS_KEPT = 4;

    private final Recording recording;
    private final Program program;
    private final long pinned;

    /** @param pinned the instruction count of a step that is shown in any case if there is one; -1 for none */
    Shortening(Recording recording, long pinned) {
        this.recording = recording;
        this.pinned = pinned;
        program = recording.program().program();
    }

    /** A node, how often it was repeated before, and how many others are left out behind it. */
    private static final class Row {
        final Node node;
        long repeats;
        long leftOut;

        Row(Node node) {
            this.node = node;
        }
    }

    /** The same instruction, or the same thing that is none. */
    private record Site(int function, int offset, String text, Kind kind) {}

    /**
     * The steps of a slice.
     *
     * @param most how many
     */
    List<Cause> steps(Dependences all, Role role, int most) {
        List<Node> shown = new ArrayList<>();
        for (Node node : all.nodes()) {
            if (node.shown || node.icount == pinned) {
                shown.add(node);
            }
        }
        // They were found in this order but for those of one instruction and the boundary behind it.
        shown.sort(Comparator.comparingLong((Node node) -> node.icount).reversed());
        Map<Site, List<Node>> sites = new LinkedHashMap<>();
        for (Node node : shown) {
            Site site = new Site(node.function, node.offset, node.text, node.kind);
            sites.computeIfAbsent(site, s -> new ArrayList<>()).add(node);
        }
        List<Row> rows = new ArrayList<>();
        for (List<Node> same : sites.values()) {
            Row last = new Row(same.get(0));
            rows.add(last);
            Row before = last;
            for (int i = 1; i < same.size(); i++) {
                if (i == same.size() - 1 || same.get(i).icount == pinned) {
                    before = new Row(same.get(i));
                    rows.add(before);
                } else {
                    before.repeats++;
                }
            }
        }
        rows.sort(Comparator.comparingLong((Row row) -> row.node.icount).reversed());
        List<Cause> steps = new ArrayList<>();
        for (Row row : thinned(rows, most)) {
            steps.add(step(row, role));
        }
        return steps;
    }

    private List<Row> thinned(List<Row> rows, int most) {
        if (rows.size() <= most) {
            return rows;
        }
        boolean anyOwn = rows.stream().anyMatch(this::own);
        List<Row> own = anyOwn ? rows.stream().filter(this::own).toList() : rows;
        int latest = Math.min(LATEST_KEPT, Math.max(1, most - 1));
        Set<Row> kept = Stream.of(
                        rows.stream().filter(row -> row.node.icount == pinned),
                        rows.stream().limit(1),
                        own.stream().limit(latest),
                        rows.stream()
                                .skip(latest)
                                .filter(row -> row.node.kind.explains() || row.node.kind == Kind.UNKNOWN)
                                .limit(INPUTS_KEPT),
                        earliestFirst(own),
                        earliestFirst(rows))
                .flatMap(preferred -> preferred)
                .distinct()
                .limit(most)
                .collect(Collectors.toSet());
        List<Row> thinned = new ArrayList<>();
        for (Row row : rows) {
            if (kept.contains(row)) {
                thinned.add(row);
            } else {
                Row before = thinned.get(thinned.size() - 1);
                before.leftOut += 1 + row.repeats;
            }
        }
        return thinned;
    }

    private static Stream<Row> earliestFirst(List<Row> rows) {
        return IntStream.rangeClosed(1, rows.size()).mapToObj(i -> rows.get(rows.size() - i));
    }

    private boolean own(Row row) {
        return own(row.node);
    }

    /** Whether the program's own code calculated a value, or carried it on. */
    boolean own(Node node) {
        if (node.text.isEmpty() && own(node.function, node.offset)) {
            return true;
        }
        for (Copy copy = node.carriedBy; copy != null; copy = copy.next()) {
            if (own(copy.function(), copy.offset())) {
                return true;
            }
        }
        return false;
    }

    /** Whether an instruction is of the program's own code. */
    boolean own(int function, int offset) {
        return !LibraryCode.holds(Places.source(program, new Position(function, offset)));
    }

    private Cause step(Row row, Role role) {
        Node node = row.node;
        return new Cause(
                executed(node),
                node.kind,
                role,
                node.kind == Kind.COMPUTED ? operands(node.opcode, node.operands, node.sources.size()) : List.of(),
                value(node),
                through(node.carriedBy),
                row.repeats,
                row.leftOut);
    }

    private Executed executed(Node node) {
        Position position = new Position(node.function, node.offset);
        return node.text.isEmpty()
                ? Places.executed(program, node.icount, position)
                : Places.executed(program, node.icount, position, "(" + node.text + ")");
    }

    private static List<String> operands(Opcode opcode, long[] cells, int read) {
        List<ValueType> types = Dependences.operandTypes(opcode);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < Math.min(cells.length, read); i++) {
            texts.add(i < types.size() ? Values.cell(types.get(i), cells[i]) : Long.toString(cells[i]));
        }
        return texts;
    }

    private String value(Node node) {
        return switch (node.kind) {
            case COMPUTED, MACHINE ->
                cell(node.opcode.effect().map(Opcode.Effect::pushes).orElse(List.of()), node.value);
            case HOST ->
                recording
                        .hostCallAt(node.icount)
                        .map(call -> Words.event(program, call))
                        .orElse("");
            case ARGUMENT -> {
                List<ValueType> types =
                        program.typeOf(program.functions().get(node.function)).parameters();
                int index = node.argument;
                yield index < types.size() ? Values.cell(types.get(index), node.value) : Long.toString(node.value);
            }
            // The instruction, or the text, says it.
            case CONSTANT, DATA, INITIAL, INTERRUPT, INJECTED, BRANCH, CHOICE, UNKNOWN -> "";
        };
    }

    private static String cell(List<ValueType> types, long value) {
        return types.isEmpty() ? Long.toString(value) : Values.cell(types.get(0), value);
    }

    /**
     * What carried a value, the last first: only what put it where something else could read it, and the program's own code
     * before that of libraries.
     */
    private List<Executed> through(@Nullable Copy first) {
        List<Executed> carriers = new ArrayList<>();
        for (Copy copy = first; copy != null; copy = copy.next()) {
            if (places(copy.opcode())) {
                carriers.add(0, Places.executed(program, copy.icount(), new Position(copy.function(), copy.offset())));
            }
        }
        List<Executed> preferred = Stream.concat(
                        carriers.stream().filter(carrier -> !LibraryCode.holds(carrier.source())), carriers.stream())
                .distinct()
                .limit(Cause.THROUGH_MAX)
                .toList();
        return carriers.stream().filter(preferred::contains).toList();
    }

    /** Whether an instruction puts a value somewhere, rather than to read it from there. */
    static boolean places(Opcode opcode) {
        return switch (opcode) {
            case LOCAL_SET, LOCAL_TEE, GLOBAL_SET, HP_SET, TABLE_SET, TABLE_FILL, TABLE_COPY, TABLE_GROW -> true;
            case MEMORY_COPY, MEMORY_FILL, SECTION_COPY, SECTION_FILL, RETURN, INTERRUPT_RAISE, SELECT -> true;
            default -> opcode.access().isPresent() && opcode.access().get().store();
        };
    }

    /** A branch or another choice, by the value that made it. */
    Cause choice(TracedInstruction at, Kind kind, Role role) {
        String value;
        if (kind == Kind.BRANCH) {
            value = switch (at.opcode) {
                case CALL_INDIRECT -> "called " + (at.callee < 0 ? "nothing" : program.functionName(at.callee));
                default -> at.jumps() ? "jumped" : "went on";
            };
        } else {
            value = "";
        }
        return new Cause(
                Places.executed(program, at.icount, new Position(at.function, at.offset)),
                kind,
                role,
                at.pops == 0
                        ? List.of()
                        : List.of(
                                role == Role.ADDRESS
                                        ? Values.address(at.operand(0))
                                        : Integer.toString((int) at.operand(0))),
                value,
                List.of(),
                0,
                0);
    }
}
