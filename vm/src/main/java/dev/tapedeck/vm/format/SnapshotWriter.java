package dev.tapedeck.vm.format;

import dev.tapedeck.vm.format.SnapshotFormat.Section;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.SnapshotState;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes snapshots as bytes. The same state always gives the same bytes.
 *
 * <p>The code that a snapshot refers to is named by content hash, index and name of the function and the offset in it.
 */
public final class SnapshotWriter {
    private final Snapshot snapshot;
    private final SnapshotState state;
    private final BcOutput file = new BcOutput();
    private byte[] hostState = {};

    /** The functions that the snapshot refers to, in ascending order, and the number of each in the file. */
    private final SortedMap<Integer, Integer> functions = new TreeMap<>();

    private SnapshotWriter(Snapshot snapshot) {
        this.snapshot = snapshot;
        this.state = snapshot.state();
    }

    /**
     * All of a snapshot.
     *
     * @throws IllegalArgumentException if the pages that are not zero do not fit 2 GiB
     */
    public static byte[] write(Snapshot snapshot) {
        return new SnapshotWriter(snapshot).toBytes(null);
    }

    /**
     * A snapshot without the pages of memory that are as in {@code base}, which is needed again to read it.
     *
     * @throws IllegalArgumentException if the other pages do not fit 2 GiB
     */
    public static byte[] writeDelta(Snapshot snapshot, Snapshot base) {
        return new SnapshotWriter(snapshot).toBytes(base);
    }

    private byte[] toBytes(@Nullable Snapshot base) {
        hostState = state.hostState().parts().isEmpty()
                ? state.hostState().bytes()
                : state.hostState().pack(base == null ? null : base.hostState());
        file.raw(SnapshotFormat.magic());
        file.unsigned(SnapshotFormat.VERSION);
        section(Section.FUNCTIONS, this::functions);
        section(Section.RUN, out -> run(out, base));
        section(Section.STACK, this::stack);
        section(Section.GLOBALS, this::globals);
        section(Section.INTERRUPTS, this::interrupts);
        if (!snapshot.program().memories().isEmpty()) {
            writeMemories(base);
        }
        section(state.hostState().parts().isEmpty() ? Section.HOST : Section.HOST_TREE, out -> out.raw(hostState));
        section(Section.TABLES, out -> tables(out, base));
        section(Section.DROPPED, this::dropped);
        section(Section.HEAP, out -> heap(out, base));
        if (base == null) {
            section(Section.REFERENCES, this::references);
        }
        section(Section.GLOBAL_NAMES, this::globalNames);
        section(Section.PROFILE, this::profile);
        return file.toByteArray();
    }

    private void section(Section section, Consumer<BcOutput> content) {
        BcOutput out = new BcOutput();
        content.accept(out);
        Sections.write(file, section.id, out);
    }

    private void heap(BcOutput out, @Nullable Snapshot base) {
        if (state.heap().made() == 0) {
            return;
        }
        // A page of zeros is an empty array.
        Map<Integer, SortedMap<Integer, byte[]>> pages = new HashMap<>();
        snapshot.visitSectionPages(
                base,
                (section, index, page, before) -> pages.computeIfAbsent(section, number -> new TreeMap<>())
                        .put(index, page == null ? new byte[0] : page));
        out.index("heap sections made", state.heap().made());
        out.unsigned(state.heap().sections().size());
        int next = 1;
        for (SnapshotState.HeapSection section : state.heap().sections()) {
            out.unsigned(section.number() - next);
            next = section.number() + 1;
            out.index("the size of a heap section", section.size());
            int pageCount = (int) (((long) section.size() + Snapshot.PAGE_BYTES - 1) / Snapshot.PAGE_BYTES);
            // The base may have had a longer section of this number.
            heapPages(out, pages.getOrDefault(section.number(), new TreeMap<>()).headMap(pageCount));
        }
    }

    private static void heapPages(BcOutput out, SortedMap<Integer, byte[]> pages) {
        out.unsigned(pages.size());
        int next = 0;
        for (var page : pages.entrySet()) {
            out.unsigned(page.getKey() - next);
            next = page.getKey() + 1;
            out.u8(page.getValue().length == 0 ? SnapshotFormat.PAGE_OF_ZEROS : SnapshotFormat.PAGE_OF_BYTES);
            out.raw(page.getValue());
        }
    }

    private void functions(BcOutput out) {
        state.position().ifPresent(position -> functions.put(position.function(), 0));
        state.frames().forEach(frame -> functions.put(frame.next().function(), 0));
        Arrays.stream(state.handlers())
                .filter(function -> function >= 0)
                .forEach(function -> functions.put(function, 0));
        if (functions.isEmpty()) {
            return;
        }
        int number = 0;
        out.unsigned(functions.size());
        for (var entry : functions.entrySet()) {
            entry.setValue(number++);
            function(out, entry.getKey());
        }
    }

    private void function(BcOutput out, int function) {
        out.unsigned(function);
        out.raw(HexFormat.of().parseHex(snapshot.contentHash(function).hex()));
        out.utf8(
                "the name of function " + function,
                snapshot.program().functions().get(function).name());
    }

    private void references(BcOutput out) {
        int[] others = Arrays.stream(snapshot.referredFunctions())
                .filter(function -> !functions.containsKey(function))
                .toArray();
        if (others.length > 0) {
            out.unsigned(others.length);
            Arrays.stream(others).forEach(function -> function(out, function));
        }
    }

    private void run(BcOutput out, @Nullable Snapshot base) {
        out.unsigned(base == null ? 0 : SnapshotFormat.DELTA);
        if (base != null) {
            out.u63("the instruction count of the base", base.icount());
        }
        out.u63("the instruction count", state.icount());
        out.unsigned(state.status().code());
        out.unsigned(state.position().isPresent() ? 1 : 0);
        state.position().ifPresent(position -> position(out, position));
        out.signed(state.hp());
        out.signed(state.exitCode());
        out.unsigned(state.fault().isPresent() ? 1 : 0);
        state.fault().ifPresent(reason -> {
            out.utf8("the fault", reason.kind().mnemonic());
            out.utf8("the detail of the fault", reason.detail());
        });
    }

    private void stack(BcOutput out) {
        if (state.frames().isEmpty() && state.cells().length == 0) {
            return;
        }
        out.unsigned(state.frames().size());
        for (SnapshotState.Frame frame : state.frames()) {
            position(out, frame.next());
            out.unsigned(frame.interrupt() ? 1 : 0);
        }
        cells(out, state.cells());
    }

    private void globals(BcOutput out) {
        if (state.globals().length > 0) {
            cells(out, state.globals());
        }
    }

    private void profile(BcOutput out) {
        Map<Opcode, Long> counts = state.opcodeCounts();
        if (!counts.isEmpty()) {
            out.unsigned(counts.size());
            counts.entrySet().stream()
                    .sorted(Comparator.comparingInt(entry -> entry.getKey().code()))
                    .forEach(entry -> {
                        out.unsigned(entry.getKey().code());
                        out.u63("how often an instruction was executed", entry.getValue());
                    });
        }
    }

    private void globalNames(BcOutput out) {
        List<Program.Global> all = snapshot.program().globals();
        if (all.stream().anyMatch(global -> !global.name().isEmpty())) {
            out.unsigned(all.size());
            for (Program.Global global : all) {
                out.utf8("the name of a global", global.name());
                out.u8(global.type().code());
            }
        }
    }

    private void interrupts(BcOutput out) {
        out.unsigned(state.interruptsEnabled() ? 1 : 0);
        for (int signal = 1; signal < state.handlers().length; signal++) {
            int function = state.handlers()[signal];
            out.indexOrNone("a handler", function < 0 ? -1 : number(function));
            cells(out, state.pending()[signal]);
        }
    }

    private void position(BcOutput out, Position position) {
        out.unsigned(number(position.function()));
        out.unsigned(position.offset());
    }

    private int number(int function) {
        Integer number = functions.get(function);
        if (number == null) {
            throw new AssertionError("function " + function + " is not in the list of functions");
        }
        return number;
    }

    private static void cells(BcOutput out, long[] cells) {
        out.unsigned(cells.length);
        for (long cell : cells) {
            out.signed(cell);
        }
    }

    /** The pages of one memory that are to be written: their number and the bytes they take. */
    private static final class Extent {
        int count;
        int next;
        long bytes;
    }

    /** Straight into the file, as it can be most of it. */
    private void writeMemories(@Nullable Snapshot base) {
        Extent[] extents = new Extent[state.memories().size()];
        Arrays.setAll(extents, i -> new Extent());
        visitPages(base, (memory, index, page) -> {
            Extent extent = extents[memory];
            extent.count++;
            extent.bytes += BcOutput.unsignedBytes(index - extent.next) + 1 + (isZero(page) ? 0 : page.length);
            extent.next = index + 1;
        });
        long bytes = BcOutput.unsignedBytes(extents.length);
        BcOutput[] heads = new BcOutput[extents.length];
        int pages = 0;
        for (int i = 0; i < extents.length; i++) {
            heads[i] = new BcOutput();
            heads[i].index("memory pages", state.memories().get(i).pages());
            heads[i].index("memory pages at most", state.memories().get(i).pagesMax());
            heads[i].unsigned(extents[i].count);
            bytes += heads[i].size() + extents[i].bytes;
            pages += extents[i].count;
        }
        if (bytes > Integer.MAX_VALUE - 64 - file.size() - hostState.length) {
            throw new IllegalArgumentException("the snapshot has " + pages + " pages of " + Snapshot.PAGE_BYTES
                    + " bytes to write, which is more than 2 GiB");
        }
        file.u8(Section.MEMORIES.id);
        file.unsigned(bytes);
        file.unsigned(extents.length);
        int[] written = {0};
        int[] next = {0};
        visitPages(base, (memory, index, page) -> {
            while (written[0] <= memory) {
                file.raw(heads[written[0]++].toByteArray());
                next[0] = 0;
            }
            file.unsigned(index - next[0]);
            next[0] = index + 1;
            if (isZero(page)) {
                file.u8(SnapshotFormat.PAGE_OF_ZEROS);
            } else {
                file.u8(SnapshotFormat.PAGE_OF_BYTES);
                file.raw(page);
            }
        });
        while (written[0] < heads.length) {
            file.raw(heads[written[0]++].toByteArray());
        }
    }

    private void visitPages(@Nullable Snapshot base, Snapshot.PageVisitor visitor) {
        if (base == null) {
            snapshot.visitPages(visitor);
        } else {
            snapshot.visitChangedPages(base, (memory, index, page) -> {
                if (index
                        < state.memories().get(memory).pages()
                                * (Program.MemoryType.PAGE_BYTES / Snapshot.PAGE_BYTES)) {
                    visitor.visit(memory, index, page);
                }
            });
        }
    }

    private void tables(BcOutput out, @Nullable Snapshot base) {
        if (state.tables().isEmpty()) {
            return;
        }
        out.unsigned(state.tables().size());
        for (int i = 0; i < state.tables().size(); i++) {
            SnapshotState.Table table = state.tables().get(i);
            if (base != null && snapshot.sameTable(i, base)) {
                out.u8(SnapshotFormat.TABLE_AS_BEFORE);
                continue;
            }
            out.u8(SnapshotFormat.TABLE_OF_CELLS);
            out.unsigned(table.size());
            out.unsigned(table.indexes().length);
            int next = 0;
            for (int k = 0; k < table.indexes().length; k++) {
                out.unsigned(table.indexes()[k] - next);
                out.signed(table.cells()[k]);
                next = table.indexes()[k] + 1;
            }
        }
    }

    private void dropped(BcOutput out) {
        if (state.droppedData().length > 0 || state.droppedElements().length > 0) {
            words(out, state.droppedData());
            words(out, state.droppedElements());
        }
    }

    private static void words(BcOutput out, long[] words) {
        out.unsigned(words.length);
        for (long word : words) {
            out.unsigned(word);
        }
    }

    private static boolean isZero(byte[] page) {
        for (byte b : page) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }
}
