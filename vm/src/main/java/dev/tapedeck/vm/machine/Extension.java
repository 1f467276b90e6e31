package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.BiPredicate;

/** Carries a state over to a program that begins with the one that the state is of; see {@link Snapshot#extendedTo}. */
final class Extension {
    private Extension() {}

    static Snapshot of(Snapshot snapshot, VerifiedProgram verified, Limits limits) {
        Program before = snapshot.program();
        Program after = verified.program();
        check(before, after);
        Image image = Image.of(verified);
        int memoryCount = Math.max(1, after.memories().size());
        PageMap[] memories = new PageMap[memoryCount];
        int[] memoryUnitsMax = new int[memoryCount];
        memories[0] = snapshot.memories[0];
        memoryUnitsMax[0] = snapshot.memoryUnitsMax[0];
        for (int i = 0; i < after.memories().size(); i++) {
            if (i < before.memories().size()) {
                memories[i] = snapshot.memories[i];
                memoryUnitsMax[i] = snapshot.memoryUnitsMax[i];
            } else {
                MemoryType type = after.memories().get(i);
                memories[i] = PageMap.zero(type.initialPages() * Memory.PAGES_PER_UNIT);
                memoryUnitsMax[i] = Math.min(type.maximumPages(), limits.memoryPagesMax());
            }
        }
        TableCells.State[] tables = image.tables.clone();
        System.arraycopy(snapshot.tables, 0, tables, 0, snapshot.tables.length);
        long[] globals =
                after.globals().stream().mapToLong(Program.Global::initial).toArray();
        System.arraycopy(snapshot.globals, 0, globals, 0, snapshot.globals.length);
        BitSet droppedData = (BitSet) snapshot.droppedData.clone();
        Memory memory = new Memory(0, memoryUnitsMax[0], new Memory.Residency(limits.residentPagesMax()));
        memory.restore(memories[0]);
        for (int i = before.data().size(); i < after.data().size(); i++) {
            DataSegment segment = after.data().get(i);
            if (segment.passive()) {
                continue;
            }
            if (memory.outside(segment.address(), segment.length())) {
                throw new IllegalArgumentException(
                        segment + " is outside of memory, which has " + memory.bytes() + " bytes");
            }
            memory.write(segment.address(), segment.bytes());
            droppedData.set(i);
        }
        memories[0] = memory.snapshot();
        return new Snapshot(
                image,
                snapshot.status,
                snapshot.pc,
                snapshot.icount(),
                snapshot.bp,
                snapshot.hp,
                snapshot.exitCode,
                snapshot.fault,
                snapshot.cells,
                snapshot.frames,
                globals,
                snapshot.interrupts,
                memoryUnitsMax,
                memories,
                tables,
                droppedData,
                snapshot.droppedElements,
                snapshot.sections,
                snapshot.hostState(),
                snapshot.opcodeCounts);
    }

    private static void check(Program before, Program after) {
        check("type", before.types(), after.types(), Object::equals);
        check("import", before.imports(), after.imports(), Object::equals);
        check("function", before.functions(), after.functions(), Extension::same);
        check(
                "global",
                before.globals(),
                after.globals(),
                (a, b) -> a.type() == b.type() && a.mutable() == b.mutable() && a.initial() == b.initial());
        check("memory", before.memories(), after.memories(), Object::equals);
        check(
                "table",
                before.tables(),
                after.tables(),
                (a, b) -> a.type() == b.type()
                        && a.minimum() == b.minimum()
                        && a.maximum() == b.maximum()
                        && a.elements().equals(b.elements()));
        check("data segment", before.data(), after.data(), Extension::same);
        check(
                "element segment",
                before.elements(),
                after.elements(),
                (a, b) -> a.type() == b.type() && a.elements().equals(b.elements()));
    }

    @SuppressWarnings("ReferenceEquality") // Only saves the comparison: mostly it is the same object.
    private static boolean same(Function a, Function b) {
        return a == b
                || (a.type() == b.type()
                        && a.locals().equals(b.locals())
                        && a.code().equals(b.code()));
    }

    @SuppressWarnings("ReferenceEquality") // Only saves the comparison, which copies the bytes.
    private static boolean same(DataSegment a, DataSegment b) {
        return a == b || (a.address() == b.address() && Arrays.equals(a.bytes(), b.bytes()));
    }

    private static <T> void check(String what, List<T> before, List<T> after, BiPredicate<T, T> same) {
        if (after.size() < before.size()) {
            throw new IllegalArgumentException("the longer program has " + after.size() + " of " + before.size() + " "
                    + (what.equals("memory") ? "memorie" : what) + "s, expected all of them");
        }
        for (int i = 0; i < before.size(); i++) {
            if (!same.test(before.get(i), after.get(i))) {
                throw new IllegalArgumentException(
                        what + " " + i + " of the longer program is not that of the program before");
            }
        }
    }
}
