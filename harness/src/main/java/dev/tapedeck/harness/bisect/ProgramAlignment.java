package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.text.Places;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.OperandKind;
import dev.tapedeck.vm.program.ContentHash;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which parts of two versions of a program are the same thing.
 *
 * <p>Functions, in this order: the same name and the same content hash; the same name and type; the same content hash
 * (renamed, or without names); called at the same place of functions that belong together; the only one of its type that
 * is left on both sides, in order. Globals: by name and type, else by index. Tables: by name, else by index. Host
 * functions: by qualified name and type. Data: by the segment's name; where named segments moved, or the heap behind
 * them, an address in the one program is translated to the same place in the other.
 */
final class ProgramAlignment {
    private final Program a;
    private final Program b;
    private final int[] functionToB;
    private final int[] functionToA;
    private final int[] globalToB;
    private final int[] globalToA;
    private final int[] tableToB;
    private final int[] tableToA;
    private final int[] importToB;
    private final NavigableMap<Long, Moved> movedFromA = new TreeMap<>();
    private final NavigableMap<Long, Moved> movedFromB = new TreeMap<>();
    private final boolean sameInitialState;
    private final @Nullable CodeAlignment[] codes;
    private final Map<Integer, int[]> locals = new HashMap<>();
    private final Map<Integer, Boolean> unchanged = new HashMap<>();

    /**
     * A stretch of addresses that is at another place in the other program.
     *
     * @param bytes of memory
     * @param reach the farthest distance from its start at which an address is one of it: mostly, also the one behind its end
     */
    private record Moved(long from, long bytes, long reach, long to) {}

    /** Takes stretches of memory that belong together. */
    interface Pieces {
        void piece(long addressA, long addressB, long bytes);
    }

    ProgramAlignment(Program a, Program b) {
        this.a = a;
        this.b = b;
        functionToB = none(a.functions().size());
        functionToA = none(b.functions().size());
        globalToB = none(a.globals().size());
        globalToA = none(b.globals().size());
        tableToB = none(a.tables().size());
        tableToA = none(b.tables().size());
        importToB = none(a.imports().size());
        codes = new CodeAlignment[a.functions().size()];
        alignGlobals();
        alignTables();
        alignImports();
        alignData();
        alignFunctions();
        alignAddresses();
        sameInitialState = initialStateIsSame();
    }

    private static int[] none(int length) {
        int[] result = new int[length];
        Arrays.fill(result, -1);
        return result;
    }

    /** The function of the second program that belongs to one of the first, or -1. */
    int functionToB(int function) {
        return functionToB[function];
    }

    /** The function of the first program that belongs to one of the second, or -1. */
    int functionToA(int function) {
        return functionToA[function];
    }

    /** The first program. */
    Program a() {
        return a;
    }

    /** The table of the second program that a table of the first one is, or -1. */
    int tableToB(int table) {
        return tableToB[table];
    }

    int globalToB(int global) {
        return globalToB[global];
    }

    int globalToA(int global) {
        return globalToA[global];
    }

    int importToB(int hostImport) {
        return importToB[hostImport];
    }

    /** How the instructions of a function and of its partner belong together. It must have a partner. */
    CodeAlignment code(int functionOfA) {
        CodeAlignment found = codes[functionOfA];
        if (found == null) {
            found = new CodeAlignment(
                    a.functions().get(functionOfA),
                    b.functions().get(functionToB[functionOfA]),
                    instruction -> key(a, instruction, functionOfA, true),
                    instruction -> key(b, instruction, functionToB[functionOfA], false));
            codes[functionOfA] = found;
        }
        return found;
    }

    /** The instruction of the second program that one of the first is; empty if there is none. */
    Optional<Position> positionToB(Position ofA) {
        if (functionToB[ofA.function()] < 0) {
            return Optional.empty();
        }
        int offset = code(ofA.function()).toB(ofA.offset());
        return offset < 0 ? Optional.empty() : Optional.of(new Position(functionToB[ofA.function()], offset));
    }

    /**
     * The local of the partner of a function that a local of it is, parameters included; -1 if there is none. By name; of
     * functions with the same types, and of locals without names, by number.
     */
    int localToB(int functionOfA, int local) {
        return locals.computeIfAbsent(functionOfA, this::alignLocals)[local];
    }

    private int[] alignLocals(int functionOfA) {
        Function one = a.functions().get(functionOfA);
        Function other = b.functions().get(functionToB[functionOfA]);
        int countA = a.typeOf(one).parameters().size() + one.locals().size();
        int countB = b.typeOf(other).parameters().size() + other.locals().size();
        boolean sameTypes = sameTypes(functionOfA);
        int[] result = new int[countA];
        for (int i = 0; i < countA; i++) {
            String name = sameTypes || i >= one.localNames().size()
                    ? ""
                    : one.localNames().get(i);
            int j = name.isEmpty() ? i : other.localNames().indexOf(name);
            result[i] = j < countB ? j : -1;
        }
        return result;
    }

    /** Whether a function and its partner have the same instructions, calling functions that belong together. */
    boolean unchanged(int functionOfA) {
        return functionToB[functionOfA] >= 0
                && unchanged.computeIfAbsent(functionOfA, f -> code(f).identical() && sameTypes(f));
    }

    private boolean sameTypes(int functionOfA) {
        Function one = a.functions().get(functionOfA);
        Function other = b.functions().get(functionToB[functionOfA]);
        return a.typeOf(one).equals(b.typeOf(other)) && one.locals().equals(other.locals());
    }

    /** Whether each instruction, function and global has its counterpart at the same position. */
    boolean sameLayout() {
        if (functionToB.length != functionToA.length || globalToB.length != globalToA.length) {
            return false;
        }
        if (!a.types().equals(b.types()) || !a.imports().equals(b.imports())) {
            return false;
        }
        for (int i = 0; i < globalToB.length; i++) {
            if (globalToB[i] != i) {
                return false;
            }
        }
        for (int i = 0; i < functionToB.length; i++) {
            if (functionToB[i] != i || !sameTypes(i) || !code(i).sameOffsets()) {
                return false;
            }
        }
        return true;
    }

    /** Whether memory, globals and tables start alike, at the same addresses. */
    boolean sameInitialState() {
        return sameInitialState;
    }

    /** Whether a value of the first program is the same as one of the second: equal, or an address that moved. */
    boolean sameValue(long ofA, long ofB) {
        return ofA == ofB || (!movedFromA.isEmpty() && (int) ofA == ofA && (int) ofB == ofB && movesTo(ofA, ofB));
    }

    private boolean movesTo(long ofA, long ofB) {
        return addressToB(ofA & 0xffff_ffffL) == (ofB & 0xffff_ffffL);
    }

    /** Where an address of the first program is in the second. */
    long addressToB(long address) {
        return translate(movedFromA, address);
    }

    /** Where an address of the second program is in the first. */
    long addressToA(long address) {
        return translate(movedFromB, address);
    }

    private static long translate(NavigableMap<Long, Moved> moved, long address) {
        Map.Entry<Long, Moved> entry = moved.floorEntry(address);
        if (entry == null
                || address - entry.getValue().from() > entry.getValue().reach()) {
            return address;
        }
        return entry.getValue().to() + (address - entry.getValue().from());
    }

    /** Whether any data is elsewhere in the other program. */
    boolean moves() {
        return !movedFromA.isEmpty();
    }

    /** Splits a range of the first program's memory where it is at several places in the second; what is nowhere is left out. */
    void piecesOfA(long address, long bytes, Pieces pieces) {
        split(movedFromA, movedFromB, address, bytes, pieces);
    }

    /** The same for a range of the second program's memory. */
    void piecesOfB(long address, long bytes, Pieces pieces) {
        split(movedFromB, movedFromA, address, bytes, (ofB, ofA, length) -> pieces.piece(ofA, ofB, length));
    }

    private static void split(
            NavigableMap<Long, Moved> there, NavigableMap<Long, Moved> back, long address, long bytes, Pieces pieces) {
        long end = address + bytes;
        for (long at = address; at < end; ) {
            long other = placeOf(there, at);
            long length = Math.min(end - at, Math.min(lengthFrom(there, at), lengthFrom(back, other)));
            if (placeOf(back, other) == at) {
                pieces.piece(at, other, length);
            }
            at += length;
        }
    }

    /** Where a byte is, which an address behind the end of a stretch is not the place of. */
    private static long placeOf(NavigableMap<Long, Moved> moved, long at) {
        Map.Entry<Long, Moved> entry = moved.floorEntry(at);
        boolean inside = entry != null && at - entry.getKey() < entry.getValue().bytes();
        return inside ? entry.getValue().to() + at - entry.getKey() : at;
    }

    /** How many bytes from one on are moved alike. */
    private static long lengthFrom(NavigableMap<Long, Moved> moved, long at) {
        Map.Entry<Long, Moved> entry = moved.floorEntry(at);
        Long next = moved.higherKey(at);
        long left = entry == null ? 0 : entry.getKey() + entry.getValue().bytes() - at;
        long toNext = next == null ? Long.MAX_VALUE : next - at;
        return left > 0 ? Math.min(left, toNext) : toNext;
    }

    private void alignGlobals() {
        Map<String, Integer> names = new HashMap<>();
        for (int i = 0; i < b.globals().size(); i++) {
            if (!b.globals().get(i).name().isEmpty()) {
                names.putIfAbsent(b.globals().get(i).name(), i);
            }
        }
        for (int i = 0; i < a.globals().size(); i++) {
            Integer j = names.get(a.globals().get(i).name());
            if (j != null
                    && globalToA[j] < 0
                    && a.globals().get(i).type() == b.globals().get(j).type()) {
                globalToB[i] = j;
                globalToA[j] = i;
            }
        }
        for (int i = 0; i < Math.min(a.globals().size(), b.globals().size()); i++) {
            if (globalToB[i] < 0
                    && globalToA[i] < 0
                    && a.globals().get(i).type() == b.globals().get(i).type()) {
                globalToB[i] = i;
                globalToA[i] = i;
            }
        }
    }

    private void alignTables() {
        for (int i = 0; i < a.tables().size(); i++) {
            String name = a.tables().get(i).name();
            for (int j = 0; j < b.tables().size() && !name.isEmpty(); j++) {
                if (tableToA[j] < 0 && name.equals(b.tables().get(j).name())) {
                    tableToB[i] = j;
                    tableToA[j] = i;
                    break;
                }
            }
        }
        for (int i = 0; i < Math.min(a.tables().size(), b.tables().size()); i++) {
            if (tableToB[i] < 0 && tableToA[i] < 0) {
                tableToB[i] = i;
                tableToA[i] = i;
            }
        }
    }

    private void alignImports() {
        for (int i = 0; i < a.imports().size(); i++) {
            for (int j = 0; j < b.imports().size(); j++) {
                if (a.imports().get(i).qualifiedName().equals(b.imports().get(j).qualifiedName())
                        && a.typeOf(a.imports().get(i))
                                .equals(b.typeOf(b.imports().get(j)))) {
                    importToB[i] = j;
                    break;
                }
            }
        }
    }

    private void alignData() {
        Map<String, DataSegment> named = new HashMap<>();
        for (DataSegment segment : b.data()) {
            if (!segment.name().isEmpty()) {
                named.putIfAbsent(segment.name(), segment);
            }
        }
        boolean moved = false;
        for (DataSegment segment : a.data()) {
            DataSegment other = named.remove(segment.name());
            if (other != null && !segment.passive() && !other.passive()) {
                moved |= segment.address() != other.address();
                long length = Math.min(segment.length(), other.length());
                move(segment.address(), length, length, other.address());
            }
        }
        if (usesHeap(a) || usesHeap(b)) {
            long heapA = heapStart(a);
            long heapB = heapStart(b);
            moved |= heapA != heapB;
            move(heapA, 1L << 32, 1L << 32, heapB);
        }
        if (!moved) {
            movedFromA.clear();
            movedFromB.clear();
        }
    }

    private void move(long from, long bytes, long reach, long to) {
        movedFromA.put(from, new Moved(from, bytes, reach, to));
        movedFromB.put(to, new Moved(to, bytes, reach, from));
    }

    /** Whether a program has a heap as assembly has one, behind its data. Modules that were imported keep their own. */
    private static boolean usesHeap(Program program) {
        return program.functions().stream()
                .flatMap(function -> function.code().stream())
                .anyMatch(
                        instruction -> instruction.opcode() == Opcode.HP_GET || instruction.opcode() == Opcode.HP_SET);
    }

    /**
     * Data without names, such as C's variables without initial values, is found by the addresses in the code: where those in
     * instructions that belong together are further on by the same distance, the data has moved by that. Only in programs
     * that were compiled from C or its like: in others, constants that changed by the same number are just that.
     */
    private void alignAddresses() {
        if (Lane.stackPointer(a) < 0 || Lane.stackPointer(b) < 0) {
            return;
        }
        NavigableMap<Long, Long> seen = new TreeMap<>();
        long startA = dataStart(a);
        long startB = dataStart(b);
        long endA = memoryBytes(a);
        long endB = memoryBytes(b);
        for (int i = 0; i < functionToB.length; i++) {
            if (functionToB[i] < 0) {
                continue;
            }
            List<Instruction> codeA = a.functions().get(i).code();
            List<Instruction> codeB = b.functions().get(functionToB[i]).code();
            CodeAlignment code = code(i);
            for (int offset = 0; offset < codeA.size(); offset++) {
                int other = code.toB(offset);
                if (other >= 0 && codeA.get(offset).opcode() == codeB.get(other).opcode()) {
                    long ofA = addressIn(codeA.get(offset));
                    long ofB = addressIn(codeB.get(other));
                    if (ofA >= startA && ofA < endA && ofB >= startB && ofB < endB) {
                        // An address that seems to be at two places is at neither.
                        seen.merge(ofA, ofB - ofA, (one, next) -> one.equals(next) ? one : CONTRADICTION);
                    }
                }
            }
        }
        moveBy(seen);
    }

    private static final Long CONTRADICTION = Long.MIN_VALUE;

    /** Addresses that have to have moved by the same distance for it to be no changed constant. */
    private static final int WITNESSES_MIN = 3;

    private void moveBy(NavigableMap<Long, Long> distances) {
        Map<Long, Integer> witnesses = new HashMap<>();
        distances.values().forEach(distance -> witnesses.merge(distance, 1, Integer::sum));
        distances
                .values()
                .removeIf(distance -> distance.equals(CONTRADICTION)
                        || (distance != 0 && witnesses.getOrDefault(distance, 0) < WITNESSES_MIN));
        Long from = null;
        for (Map.Entry<Long, Long> entry : distances.entrySet()) {
            Map.Entry<Long, Long> before = distances.lowerEntry(entry.getKey());
            if (before == null || !before.getValue().equals(entry.getValue())) {
                from = entry.getKey();
            }
            Map.Entry<Long, Long> next = distances.higherEntry(entry.getKey());
            if (from != null && (next == null || !next.getValue().equals(entry.getValue()))) {
                long end = next == null ? 1L << 32 : next.getKey();
                if (entry.getValue() != 0 || !movedFromA.isEmpty()) {
                    move(from, end - from, end - from - 1, from + entry.getValue());
                }
            }
        }
    }

    /** An instruction's address, if it may have one; else -1. */
    private static long addressIn(Instruction instruction) {
        if (instruction.opcode() == Opcode.I32_CONST) {
            return instruction.a() & 0xffff_ffffL;
        }
        return instruction.opcode().access().isPresent() ? instruction.a() : -1;
    }

    /** How large the first memory is at the start; all that compilers place is in there. */
    private static long memoryBytes(Program program) {
        return program.memories().isEmpty()
                ? 0
                : (long) program.memories().get(0).initialPages() * Program.MemoryType.PAGE_BYTES;
    }

    /** Below this, nothing is data: C's stack, or nothing at all. */
    private static long dataStart(Program program) {
        long first = program.data().stream()
                .filter(segment -> !segment.passive())
                .mapToLong(DataSegment::address)
                .min()
                .orElse(DATA_START_MIN);
        int stack = Lane.stackPointer(program);
        long base = stack < 0 ? 0 : program.globals().get(stack).initial() & 0xffff_ffffL;
        return base > first ? Math.max(first, DATA_START_MIN) : Math.max(base, DATA_START_MIN);
    }

    /** Where compilers begin with data, if no stack is before it. */
    private static final long DATA_START_MIN = 1024;

    /** Where the heap pointer starts: the first address behind the data that is a multiple of 16. */
    private static long heapStart(Program program) {
        long end = 0;
        for (DataSegment segment : program.data()) {
            if (!segment.passive()) {
                end = Math.max(end, segment.address() + segment.length());
            }
        }
        return (end + 15) & ~15L;
    }

    private boolean initialStateIsSame() {
        if (a.globals().size() != b.globals().size()
                || !movedFromA.isEmpty()
                || !sameMemory()
                || a.data().size() != b.data().size()) {
            return false;
        }
        for (int i = 0; i < a.data().size(); i++) {
            if (a.data().get(i).address() != b.data().get(i).address()
                    || !Arrays.equals(a.data().get(i).bytes(), b.data().get(i).bytes())) {
                return false;
            }
        }
        for (int i = 0; i < a.globals().size(); i++) {
            if (globalToB[i] < 0
                    || a.globals().get(i).initial()
                            != b.globals().get(globalToB[i]).initial()) {
                return false;
            }
        }
        if (a.tables().size() != b.tables().size()) {
            return false;
        }
        for (int i = 0; i < a.tables().size(); i++) {
            if (tableToB[i] < 0 || !sameElements(a.tables().get(i), b.tables().get(tableToB[i]))) {
                return false;
            }
        }
        return true;
    }

    private boolean sameMemory() {
        return a.memories().equals(b.memories());
    }

    private boolean sameElements(Program.Table one, Program.Table other) {
        if (one.type() != other.type()
                || one.minimum() != other.minimum()
                || one.maximum() != other.maximum()
                || one.elements().size() != other.elements().size()) {
            return false;
        }
        for (int i = 0; i < one.elements().size(); i++) {
            int function = one.elements().get(i);
            if ((function < 0 ? -1 : functionToB[function]) != other.elements().get(i)) {
                return false;
            }
        }
        return true;
    }

    private void alignFunctions() {
        List<String> hashesA = hashes(a);
        List<String> hashesB = hashes(b);
        pair(i -> nameOf(a, i, hashesA.get(i)), i -> nameOf(b, i, hashesB.get(i)), false);
        pair(i -> nameOf(a, i, typeOf(a, i)), i -> nameOf(b, i, typeOf(b, i)), false);
        pair(hashesA::get, hashesB::get, false);
        pairCallees();
        pair(i -> typeOf(a, i), i -> typeOf(b, i), true);
        // Instruction keys name the functions they call, so those made while functions were still being paired are
        // stale.
        Arrays.fill(codes, null);
    }

    private static List<String> hashes(Program program) {
        List<String> hashes = new ArrayList<>();
        for (int i = 0; i < program.functions().size(); i++) {
            hashes.add(ContentHash.of(program, i).hex());
        }
        return hashes;
    }

    /** The name and something more; null for a function without a name. */
    private static @Nullable String nameOf(Program program, int function, String more) {
        String name = program.functions().get(function).name();
        return name.isEmpty() ? null : more + " " + name;
    }

    private static String typeOf(Program program, int function) {
        return program.typeOf(program.functions().get(function)).toString();
    }

    /** Pairs the functions that are left and have one key, in order; {@code equalCounts}: only if they are as many. */
    private void pair(IntFunction<@Nullable String> keyOfA, IntFunction<@Nullable String> keyOfB, boolean equalCounts) {
        Map<String, List<Integer>> groupsA = groups(functionToB, keyOfA);
        Map<String, List<Integer>> groupsB = groups(functionToA, keyOfB);
        for (Map.Entry<String, List<Integer>> group : groupsA.entrySet()) {
            List<Integer> ofA = group.getValue();
            List<Integer> ofB = groupsB.getOrDefault(group.getKey(), List.of());
            if (equalCounts && ofA.size() != ofB.size()) {
                continue;
            }
            for (int i = 0; i < Math.min(ofA.size(), ofB.size()); i++) {
                pair(ofA.get(i), ofB.get(i));
            }
        }
    }

    private static Map<String, List<Integer>> groups(int[] partners, IntFunction<@Nullable String> key) {
        Map<String, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < partners.length; i++) {
            String name = partners[i] < 0 ? key.apply(i) : null;
            if (name != null) {
                groups.computeIfAbsent(name, k -> new ArrayList<>()).add(i);
            }
        }
        return groups;
    }

    private void pair(int ofA, int ofB) {
        functionToB[ofA] = ofB;
        functionToA[ofB] = ofA;
    }

    private void pairCallees() {
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < functionToB.length; i++) {
            if (functionToB[i] >= 0) {
                left.add(i);
            }
        }
        for (int next = 0; next < left.size(); next++) {
            int caller = left.get(next);
            CodeAlignment code = code(caller);
            List<Instruction> codeA = a.functions().get(caller).code();
            List<Instruction> codeB = b.functions().get(functionToB[caller]).code();
            for (int i = 0; i < codeA.size(); i++) {
                int j = code.toB(i);
                if (j < 0
                        || codeA.get(i).opcode() != Opcode.CALL
                        || codeB.get(j).opcode() != Opcode.CALL) {
                    continue;
                }
                int ofA = (int) codeA.get(i).a();
                int ofB = (int) codeB.get(j).a();
                if (functionToB[ofA] < 0
                        && functionToA[ofB] < 0
                        && typeOf(a, ofA).equals(typeOf(b, ofB))) {
                    pair(ofA, ofB);
                    left.add(ofA);
                }
            }
        }
    }

    /** An instruction in words that are the same in both programs where it is the same instruction. */
    private String key(Program program, Instruction instruction, int function, boolean ofA) {
        StringBuilder key = new StringBuilder(instruction.opcode().mnemonic());
        List<OperandKind> kinds = instruction.opcode().operands();
        for (int i = 0; i < kinds.size(); i++) {
            long value = i == 0 ? instruction.a() : instruction.b();
            key.append(' ').append(operand(program, kinds.get(i), value, function, ofA));
        }
        return key.toString();
    }

    private String operand(Program program, OperandKind kind, long value, int function, boolean ofA) {
        int index = (int) value;
        return switch (kind) {
            case LOCAL ->
                Places.localName(program.functions().get(function), index).orElse("#" + index);
            case GLOBAL -> canonical(index, globalToA, ofA);
            case FUNCTION -> canonical(index, functionToA, ofA);
            case TABLE -> canonical(index, tableToA, ofA);
            case IMPORT -> program.imports().get(index).qualifiedName();
            case TYPE -> program.types().get(index).toString();
            // A jump is the same if its target is, which the walk sees; its distance changes with every insertion.
            case LABEL, LABELS -> "";
            case I32, OFFSET -> {
                long address = value & 0xffff_ffffL;
                yield Long.toString(ofA ? address : translate(movedFromB, address));
            }
            case MEMORY, DATA, ELEMENTS, REFERENCE, COUNT, I64, F32, F64 -> Long.toString(value);
        };
    }

    private static String canonical(int index, int[] toA, boolean ofA) {
        if (ofA) {
            return "#" + index;
        }
        return toA[index] < 0 ? "new" + index : "#" + toA[index];
    }
}
