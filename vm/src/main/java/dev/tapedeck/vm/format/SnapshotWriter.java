package dev.tapedeck.vm.format;

import dev.tapedeck.vm.format.SnapshotFormat.Section;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.SnapshotState;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private static final byte[] ZEROS = new byte[Snapshot.PAGE_BYTES];

    private final Snapshot snapshot;
    private final @Nullable Snapshot base;
    private final SnapshotState state;
    private byte[] hostState = {};

    /** The pages to be written of each memory, and of each heap section by its number. A page of zeros is an empty array. */
    private final List<Pages> memoryPages = new ArrayList<>();

    private final Map<Integer, SortedMap<Integer, byte[]>> sectionPages = new HashMap<>();
    private long pageBytes;

    /** The functions that the snapshot refers to, in ascending order, and the number of each in the file. */
    private final SortedMap<Integer, Integer> functions = new TreeMap<>();

    /** Pages of one memory, in ascending order. */
    private static final class Pages {
        int[] indexes = new int[16];
        byte[][] bytes = new byte[16][];
        int count;

        void add(int index, byte[] page) {
            if (count == indexes.length) {
                indexes = Arrays.copyOf(indexes, 2 * count);
                bytes = Arrays.copyOf(bytes, 2 * count);
            }
            indexes[count] = index;
            bytes[count++] = page;
        }
    }

    private SnapshotWriter(Snapshot snapshot, @Nullable Snapshot base) {
        this.snapshot = snapshot;
        this.base = base;
        this.state = snapshot.state();
        state.memories().forEach(memory -> memoryPages.add(new Pages()));
        visitPages((memory, index, page) -> {
            byte[] kept = withoutZeros(page);
            memoryPages.get(memory).add(index, kept);
            pageBytes += kept.length;
        });
        snapshot.visitSectionPages(base, (section, index, page, before) -> {
            byte[] kept = page == null ? new byte[0] : page;
            sectionPages.computeIfAbsent(section, number -> new TreeMap<>()).put(index, kept);
            pageBytes += kept.length;
        });
    }

    private static byte[] withoutZeros(byte[] page) {
        return Arrays.equals(page, ZEROS) ? new byte[0] : page;
    }

    /**
     * All of a snapshot.
     *
     * @throws IllegalArgumentException if the pages that are not zero do not fit 2 GiB
     */
    public static byte[] write(Snapshot snapshot) {
        return new SnapshotWriter(snapshot, null).toBytes();
    }

    /**
     * A snapshot without the pages of memory that are as in {@code base}, which is needed again to read it.
     *
     * @throws IllegalArgumentException if the other pages do not fit 2 GiB
     */
    public static byte[] writeDelta(Snapshot snapshot, Snapshot base) {
        return new SnapshotWriter(snapshot, base).toBytes();
    }

    /**
     * The same as {@link #writeDelta}, or, without a base, as {@link #write}; but nothing if that is more bytes than
     * {@code bytesMax}, which is found out before the pages are copied.
     */
    public static Optional<byte[]> writeWithin(int bytesMax, Snapshot snapshot, @Nullable Snapshot base) {
        SnapshotWriter writer = new SnapshotWriter(snapshot, base);
        if (writer.pageBytes > bytesMax) {
            return Optional.empty();
        }
        byte[] bytes = writer.toBytes();
        return bytes.length > bytesMax ? Optional.empty() : Optional.of(bytes);
    }

    private byte[] toBytes() {
        hostState = state.hostState().parts().isEmpty()
                ? state.hostState().bytes()
                : state.hostState().pack(base == null ? null : base.hostState());
        BcOutput file = new BcOutput();
        file.raw(SnapshotFormat.magic());
        file.unsigned(SnapshotFormat.VERSION);
        section(file, Section.FUNCTIONS, this::functions);
        section(file, Section.RUN, this::run);
        section(file, Section.STACK, this::stack);
        section(file, Section.GLOBALS, this::globals);
        section(file, Section.INTERRUPTS, this::interrupts);
        // First what stands behind memory: then the file can be made as long as it will be before memory goes into it.
        BcOutput rest = new BcOutput();
        boolean hostTree = !state.hostState().parts().isEmpty();
        section(rest, hostTree ? Section.HOST_TREE : Section.HOST, out -> out.raw(hostState));
        section(rest, Section.TABLES, this::tables);
        section(rest, Section.DROPPED, this::dropped);
        section(rest, Section.HEAP, this::heap);
        if (base == null) {
            section(rest, Section.REFERENCES, this::references);
        }
        section(rest, Section.GLOBAL_NAMES, this::globalNames);
        section(rest, Section.PROFILE, this::profile);
        if (!snapshot.program().memories().isEmpty()) {
            writeMemories(file, rest.size());
        }
        file.raw(rest.toByteArray());
        return file.toByteArray();
    }

    private static void section(BcOutput file, Section section, Consumer<BcOutput> content) {
        BcOutput out = new BcOutput();
        content.accept(out);
        Sections.write(file, section.id, out);
    }

    private void heap(BcOutput out) {
        if (state.heap().made() == 0) {
            return;
        }
        out.index("heap sections made", state.heap().made());
        out.unsigned(state.heap().sections().size());
        int next = 1;
        for (SnapshotState.HeapSection section : state.heap().sections()) {
            out.unsigned(section.number() - next);
            next = section.number() + 1;
            out.index("the size of a heap section", section.size());
            int pageCount = (int) (((long) section.size() + Snapshot.PAGE_BYTES - 1) / Snapshot.PAGE_BYTES);
            // The base may have had a longer section of this number.
            heapPages(
                    out,
                    sectionPages.getOrDefault(section.number(), new TreeMap<>()).headMap(pageCount));
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

    private void run(BcOutput out) {
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
        if (!all.isEmpty()) {
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

    /** @param behind bytes that stand behind this section */
    private void writeMemories(BcOutput file, int behind) {
        List<BcOutput> heads = new ArrayList<>();
        long bytes = BcOutput.unsignedBytes(memoryPages.size());
        int count = 0;
        for (int i = 0; i < memoryPages.size(); i++) {
            Pages pages = memoryPages.get(i);
            BcOutput head = new BcOutput();
            head.index("memory pages", state.memories().get(i).pages());
            head.index("memory pages at most", state.memories().get(i).pagesMax());
            head.unsigned(pages.count);
            heads.add(head);
            bytes += head.size();
            int next = 0;
            for (int k = 0; k < pages.count; k++) {
                bytes += BcOutput.unsignedBytes(pages.indexes[k] - next) + 1 + pages.bytes[k].length;
                next = pages.indexes[k] + 1;
            }
            count += pages.count;
        }
        if (bytes > Integer.MAX_VALUE - 64 - file.size() - behind) {
            throw new IllegalArgumentException("the snapshot has " + count + " pages of " + Snapshot.PAGE_BYTES
                    + " bytes to write, which is more than 2 GiB");
        }
        file.u8(Section.MEMORIES.id);
        file.unsigned(bytes);
        file.reserve((int) bytes + behind);
        file.unsigned(heads.size());
        for (int i = 0; i < heads.size(); i++) {
            file.raw(heads.get(i).toByteArray());
            writePages(file, i, memoryPages.get(i));
        }
    }

    private void writePages(BcOutput out, int memory, Pages pages) {
        int next = 0;
        for (int i = 0; i < pages.count; i++) {
            int index = pages.indexes[i];
            byte[] page = pages.bytes[i];
            out.unsigned(index - next);
            next = index + 1;
            if (page.length == 0) {
                out.u8(SnapshotFormat.PAGE_OF_ZEROS);
            } else if (base == null) {
                out.u8(SnapshotFormat.PAGE_OF_BYTES);
                out.raw(page);
            } else {
                out.u8(SnapshotFormat.PAGE_OF_CHANGES);
                out.raw(SnapshotFormat.combine(page, base.page(memory, index)));
            }
        }
    }

    private void visitPages(Snapshot.PageVisitor visitor) {
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

    private void tables(BcOutput out) {
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
}
