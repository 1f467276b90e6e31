package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.ContentHash;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The complete, immutable state of a machine: registers, instruction count, status, stack, frames, globals, memory,
 * interrupt flag, handlers, pending interrupts, and the host's state. Pages of memory are shared between snapshots and
 * machines and copied when written.
 */
public final class Snapshot {
    /** Bytes of a page of memory, as {@link #visitPages} gives them. */
    public static final int PAGE_BYTES = PageMap.PAGE_BYTES;

    /** Receives pages of memory. */
    @FunctionalInterface
    public interface PageVisitor {
        /**
         * @param memory index of the memory
         * @param index counts pages of {@link #PAGE_BYTES} from 0
         * @param page the bytes; the snapshot's own, so they must not be changed, and need not be copied
         */
        void visit(int memory, int index, byte[] page);
    }

    /**
     * Pages of one memory.
     *
     * @param indexes they count pages of {@link #PAGE_BYTES} from 0
     * @param bytes the bytes of each page, or none for a page of zeros
     */
    public record Pages(int[] indexes, byte[][] bytes) {
        private void check(int count) {
            for (int i = 0; i < indexes.length; i++) {
                boolean wellSized = bytes[i].length == PAGE_BYTES || bytes[i].length == 0;
                if (indexes[i] < 0 || indexes[i] >= count || !wellSized) {
                    throw new IllegalArgumentException("page " + indexes[i] + " of " + bytes[i].length
                            + " bytes is not in a memory of " + count + " pages of " + PAGE_BYTES);
                }
            }
        }

        /** Makes these the pages of a heap section, which belongs to whoever calls this. */
        private void setIn(Section section) {
            for (int i = 0; i < indexes.length; i++) {
                int index = indexes[i];
                boolean exists = index >= 0 && (long) index << PageMap.PAGE_SHIFT < section.size;
                if (!exists || (bytes[i].length != 0 && bytes[i].length != Section.pageLength(section.size, index))) {
                    throw new IllegalArgumentException("page " + index + " of " + bytes[i].length
                            + " bytes is not in a heap section of " + section.size + " bytes");
                }
                section.setPage(index, bytes[i]);
            }
        }

        private PageMap on(PageMap before, int count) {
            return before.with(count, indexes, indexes.length, i -> bytes[i].length == 0 ? PageMap.ZERO : bytes[i]);
        }
    }

    /** More than the code of any instruction. */
    static final int CODES =
            Arrays.stream(Opcode.values()).mapToInt(Opcode::code).max().orElseThrow() + 1;

    final Image image;
    final Status status;
    final int pc;
    private final long icount;
    final int bp;
    final int hp;
    final int exitCode;
    final @Nullable Fault fault;
    final long[] cells;
    final long[] frames;
    final long[] globals;
    final Interrupts.State interrupts;
    /** Per memory; at least that of memory 0. */
    final int[] memoryUnitsMax;
    /** Per memory; at least memory 0, of no pages if the program has none. */
    final PageMap[] memories;

    final TableCells.State[] tables;
    /** Never changed, and so are the next. */
    final BitSet droppedData;

    final BitSet droppedElements;
    final Sections.State sections;
    private final HostState hostState;

    /** By code of the instruction, null if the machine did not count; no part of the state. Never changed. */
    final long @Nullable [] opcodeCounts;

    /** The arrays become the snapshot's own. */
    Snapshot(
            Image image,
            Status status,
            int pc,
            long icount,
            int bp,
            int hp,
            int exitCode,
            @Nullable Fault fault,
            long[] cells,
            long[] frames,
            long[] globals,
            Interrupts.State interrupts,
            int[] memoryUnitsMax,
            PageMap[] memories,
            TableCells.State[] tables,
            BitSet droppedData,
            BitSet droppedElements,
            Sections.State sections,
            HostState hostState,
            long @Nullable [] opcodeCounts) {
        this.image = image;
        this.status = status;
        this.pc = pc;
        this.icount = icount;
        this.bp = bp;
        this.hp = hp;
        this.exitCode = exitCode;
        this.fault = fault;
        this.cells = cells;
        this.frames = frames;
        this.globals = globals;
        this.interrupts = interrupts;
        this.memoryUnitsMax = memoryUnitsMax;
        this.memories = memories;
        this.tables = tables;
        this.droppedData = droppedData;
        this.droppedElements = droppedElements;
        this.sections = sections;
        this.hostState = hostState;
        this.opcodeCounts = opcodeCounts;
    }

    /**
     * A snapshot of a state that comes from outside, a file for example. It is checked against the program, so that
     * whatever it holds, a machine can run on from it.
     *
     * @param pages for each memory of the program the pages that are not as in {@code base}, or not zero if that is null;
     *     their bytes become the snapshot's own
     * @param sectionPages the same for each heap section of the state; where the base has no section of this number and
     *     size, it counts as zeros. The last page of a section is as long as the section needs
     * @throws IllegalArgumentException if the program cannot be in this state; the message has the first reason found
     */
    public static Snapshot of(
            VerifiedProgram program,
            SnapshotState state,
            @Nullable Snapshot base,
            List<Pages> pages,
            List<Pages> sectionPages) {
        return of(program, state, base, pages, sectionPages, LongUnaryOperator.identity());
    }

    /**
     * The same for a state of a program whose functions stood elsewhere.
     *
     * @param references makes of a reference to a function, wherever there is one on the stack, the one to store
     */
    public static Snapshot of(
            VerifiedProgram program,
            SnapshotState state,
            @Nullable Snapshot base,
            List<Pages> pages,
            List<Pages> sectionPages,
            LongUnaryOperator references) {
        int count = program.program().memories().size();
        if (pages.size() != count || state.memories().size() != count) {
            throw new IllegalArgumentException(
                    "there are " + state.memories().size() + " memories, the program has " + count);
        }
        PageMap[] maps = new PageMap[Math.max(1, count)];
        maps[0] = PageMap.zero(0);
        for (int i = 0; i < count; i++) {
            int units = state.memories().get(i).pages();
            if (units < 0 || units > Program.MemoryType.PAGES_MAX) {
                throw new IllegalArgumentException(
                        "memory has " + units + " pages, the most is " + Program.MemoryType.PAGES_MAX);
            }
            int pageCount = units * Memory.PAGES_PER_UNIT;
            pages.get(i).check(pageCount);
            PageMap before = base == null ? PageMap.zero(pageCount) : base.memories[i];
            maps[i] = pages.get(i).on(before, pageCount);
        }
        Sections.State sections = sections(state.heap(), base, sectionPages);
        return StateCheck.snapshot(program, state, maps, sections, references);
    }

    private static Sections.State sections(SnapshotState.Heap heap, @Nullable Snapshot base, List<Pages> pages) {
        int count = heap.sections().size();
        int made = heap.made();
        if (made < 0 || made > Sections.NUMBER_MAX || pages.size() != count) {
            throw new IllegalArgumentException(made + " heap sections have been made, and there are " + count
                    + ", with the pages of " + pages.size());
        }
        Object owner = new Object();
        SharedMap<Section> live = new SharedMap<>(Sections.NUMBER_MAX);
        long bytes = 0;
        int before = 0;
        for (int i = 0; i < count; i++) {
            SnapshotState.HeapSection given = heap.sections().get(i);
            if (given.number() <= before || given.number() > made || given.size() < 0) {
                throw new IllegalArgumentException("heap section " + given.number() + " of " + given.size()
                        + " bytes follows section " + before + " of " + made);
            }
            before = given.number();
            Section old = base == null ? null : base.sections.live().get(given.number());
            Section section =
                    old != null && old.size == given.size() ? old.copyFor(owner) : new Section(owner, given.size());
            pages.get(i).setIn(section);
            live.put(owner, given.number(), section);
            bytes += given.size();
        }
        return new Sections.State(live, made + 1, count, bytes);
    }

    /** All of it but the pages of memory and of heap sections, copied. */
    public SnapshotState state() {
        List<SnapshotState.Frame> frameList = new ArrayList<>();
        for (int i = 0; i < frames.length; i++) {
            int next = i == frames.length - 1 ? pc : Frames.returnPc(frames[i + 1]);
            frameList.add(new SnapshotState.Frame(image.position(next), Frames.interrupt(frames[i])));
        }
        return new SnapshotState(
                status,
                icount,
                status == Status.IDLE ? Optional.empty() : Optional.of(image.position(pc)),
                frameList,
                cells.clone(),
                hp,
                exitCode,
                Optional.ofNullable(fault).map(why -> new SnapshotState.Reason(why.kind(), why.detail())),
                globals.clone(),
                interrupts.enabled(),
                interrupts.handlers().clone(),
                Arrays.stream(interrupts.pending()).map(long[]::clone).toArray(long[][]::new),
                memoryList(),
                Arrays.stream(tables).map(Snapshot::tableState).toList(),
                droppedData.toLongArray(),
                droppedElements.toLongArray(),
                new SnapshotState.Heap(sections.next() - 1, sections.list()),
                hostState,
                opcodeCounts());
    }

    private List<SnapshotState.Memory> memoryList() {
        List<SnapshotState.Memory> list = new ArrayList<>();
        for (int i = 0; i < image.program.memories().size(); i++) {
            list.add(new SnapshotState.Memory(units(i), memoryUnitsMax[i]));
        }
        return list;
    }

    private static SnapshotState.Table tableState(TableCells.State table) {
        IntStream.Builder indexes = IntStream.builder();
        LongStream.Builder cells = LongStream.builder();
        table.visit((index, cell) -> {
            indexes.add(index);
            cells.add(cell);
        });
        return new SnapshotState.Table(
                table.size(), indexes.build().toArray(), cells.build().toArray());
    }

    /** Size of a memory in 64 KiB pages. */
    private int units(int memory) {
        return memories[memory].pageCount() / Memory.PAGES_PER_UNIT;
    }

    /**
     * A snapshot of a longer program: this state, with what the longer program has more as it is at the start. So modules
     * can be linked to a program that has run. A machine made for the longer program goes on from it; memory limits have
     * to be those of the machine that this one is of.
     *
     * <p>Everything of the old program has to stand in the new one, at its index and unchanged: types, imports, functions,
     * globals, memories, tables, data and element segments. Exports, entry, start function, tests, sources and all names
     * can differ. Active data of the new program that the old one does not have are copied to memory now, as at the start.
     * The start function runs only if nothing has been started yet.
     *
     * @throws IllegalArgumentException if the program does not begin with the old one; the message says where it differs
     */
    public Snapshot extendedTo(VerifiedProgram longer, Limits limits) {
        return Extension.of(this, longer, limits);
    }

    /**
     * The functions that references in this state can be to, in ascending order. On the stack every one that the program
     * can make a reference to counts, if there can be a reference there at all.
     */
    public int[] referredFunctions() {
        BitSet functions = new BitSet();
        if (frames.length + cells.length > 0 && image.stackOfReferences()) {
            functions.or(image.referable());
        }
        for (int i = 0; i < globals.length; i++) {
            if (image.program.globals().get(i).type() == ValueType.FUNCREF && globals[i] > 0) {
                functions.set((int) globals[i] - 1);
            }
        }
        for (int i = 0; i < tables.length; i++) {
            if (image.program.tables().get(i).type() == ValueType.FUNCREF) {
                tables[i].visit((index, cell) -> functions.set((int) cell - 1));
            }
        }
        return functions.stream().toArray();
    }

    /** The content hash of a function of the program; computed once. */
    public ContentHash contentHash(int function) {
        return image.contentHash(function);
    }

    /** The same without a snapshot. */
    public static ContentHash contentHash(VerifiedProgram program, int function) {
        return Image.of(program).contentHash(function);
    }

    /** The program that this is a state of. */
    public Program program() {
        return image.program;
    }

    public long icount() {
        return icount;
    }

    public Status status() {
        return status;
    }

    /** Size of memory 0 in bytes, 0 to 2^32; 0 if the program has none. */
    public long memoryBytes() {
        return (long) memories[0].pageCount() << PageMap.PAGE_SHIFT;
    }

    /**
     * How often each instruction was completed, if the machine {@linkplain Machine#countOpcodes counted}: in the order of
     * the instruction table, without those that were not. It says how the state came about, and is no part of it: two
     * snapshots can be the {@linkplain #sameState same state} with different counts.
     */
    public Map<Opcode, Long> opcodeCounts() {
        return countsByOpcode(opcodeCounts);
    }

    static Map<Opcode, Long> countsByOpcode(long @Nullable [] counts) {
        Map<Opcode, Long> byOpcode = new EnumMap<>(Opcode.class);
        if (counts != null) {
            for (Opcode opcode : Opcode.values()) {
                if (counts[opcode.code()] != 0) {
                    byOpcode.put(opcode, counts[opcode.code()]);
                }
            }
        }
        return Collections.unmodifiableMap(byOpcode);
    }

    /** What the host saved. */
    public HostState hostState() {
        return hostState;
    }

    /**
     * All of the state but the pages of memory, as numbers: equal for two snapshots of one program exactly if they are the
     * {@linkplain #sameState same state} beside those pages.
     */
    public long[] stateWords() {
        LongStream.Builder words = LongStream.builder();
        words.add(status.code());
        // Where nothing is on the stack of frames, the place is only where the run ended.
        words.add(frames.length == 0 ? -1 : pc);
        words.add(bp).add(hp).add(exitCode);
        for (PageMap memory : memories) {
            words.add(memory.pageCount());
        }
        addAll(words, frames);
        addAll(words, cells);
        addAll(words, globals);
        words.add(interrupts.enabled() ? 1 : 0);
        for (int signal = 1; signal <= Interrupts.SIGNAL_MAX; signal++) {
            words.add(interrupts.handlers()[signal]);
            addAll(words, interrupts.pending()[signal]);
        }
        for (TableCells.State table : tables) {
            words.add(table.size());
            table.visit((index, cell) -> words.add(index).add(cell));
        }
        addAll(words, droppedData.toLongArray());
        addAll(words, droppedElements.toLongArray());
        words.add(sections.next());
        sections.list().forEach(section -> words.add(section.number()).add(section.size()));
        return words.build().toArray();
    }

    private static void addAll(LongStream.Builder words, long[] values) {
        words.add(values.length);
        for (long value : values) {
            words.add(value);
        }
    }

    /** A page of a memory; zeros behind its end. The snapshot's own, so it must not be changed. */
    public byte[] page(int memory, int index) {
        return memories[memory].page(index);
    }

    /** Visits the pages of all memories that are not all zero, in ascending order, without copying. */
    public void visitPages(PageVisitor visitor) {
        for (int i = 0; i < memories.length; i++) {
            int memory = i;
            memories[i].visitNonZero((index, page) -> visitor.visit(memory, index, page));
        }
    }

    /**
     * Visits the pages of all memories that have other bytes than in {@code base}, in ascending order, without copying.
     * Pages behind the end of a memory count as zero. Costs by the chunks of 256 pages that are not
     * shared; if one of the two states was the first snapshot after the other, by the pages that were written in between.
     */
    public void visitChangedPages(Snapshot base, PageVisitor visitor) {
        for (int i = 0; i < memories.length; i++) {
            int memory = i;
            memories[i].visitChanged(base.memories[i], (index, page) -> visitor.visit(memory, index, page));
        }
    }

    /**
     * How many pages of memories and heap sections this state does not share with {@code base}: those that were written
     * in between, with other bytes or the same. Costs as {@link #visitChangedPages} does, but no page is looked at.
     */
    public long unsharedPageCount(Snapshot base) {
        long[] count = {0};
        for (int i = 0; i < memories.length; i++) {
            count[0] += memories[i].countUnshared(base.memories[i]);
        }
        sections.live().visitChanged(base.sections.live(), (number, here, there) -> {
            if (here != null) {
                count[0] += here.countUnshared(there);
            }
        });
        return count[0];
    }

    /** Receives pages of heap sections. A page that is null is zeros, or of a section that is not there. */
    @FunctionalInterface
    public interface SectionVisitor {
        /**
         * @param section the number of the section
         * @param index counts pages of {@link #PAGE_BYTES} from 0; the last one of a section may be shorter
         * @param page the bytes; the snapshot's own, so they must not be changed, and need not be copied
         * @param before the bytes in the other snapshot
         */
        void visit(int section, int index, byte @Nullable [] page, byte @Nullable [] before);
    }

    /**
     * Visits the pages of heap sections that are other bytes than in {@code base}, or, if that is null, that are not all
     * zero; in ascending order, without copying. Costs by what is not shared.
     */
    public void visitSectionPages(@Nullable Snapshot base, SectionVisitor visitor) {
        Sections.State before = base == null ? Sections.State.NONE : base.sections;
        sections.live().visitChanged(before.live(), (number, here, there) -> {
            if (here != null && there != null && here.size == there.size) {
                here.visitChanged(there, (index, page, old) -> visitor.visit(number, index, page, old));
                return;
            }
            if (there != null) {
                there.visitPages((index, old, none) -> visitor.visit(number, index, null, old));
            }
            if (here != null) {
                here.visitPages((index, page, none) -> visitor.visit(number, index, page, null));
            }
        });
    }

    /** Whether a table has the same elements as in {@code base}; costs by the parts that are not shared. */
    public boolean sameTable(int table, Snapshot base) {
        return tables[table].same(base.tables[table]);
    }

    /** 4 KiB pages that this snapshot holds, shared with others or not; pages never written to are not among them. */
    public int heldPageCount() {
        return Arrays.stream(memories).mapToInt(PageMap::heldCount).sum();
    }

    /** Pages of all memories that are not all zero. */
    int nonZeroPageCount() {
        return Arrays.stream(memories).mapToInt(PageMap::nonZeroCount).sum();
    }

    private StackView view() {
        return new StackView(image, pc, cells.length, bp, frames.length, frames, cells);
    }

    static long encode(Position position) {
        return (long) position.function() << 32 | position.offset();
    }

    /**
     * The places at which two states differ, in this order: registers, memory size, frames, locals, operands, globals,
     * handlers, pending, tables, dropped segments, heap sections, memory. Instruction counts and host states are not compared.
     *
     * <p>Where one state has more frames, locals, operands or globals than the other, those that both have are compared;
     * {@code depth} and {@code sp} show the rest. Where as many interrupts wait for a signal, but others, the values of
     * the difference are the first payloads that differ.
     *
     * @param countMax how many differences to list at the most
     */
    public List<Difference> differences(Snapshot other, int countMax) {
        Differences found = new Differences(countMax);
        found.register("status", status.code(), other.status.code());
        found.register("depth", frames.length, other.frames.length);
        found.register("sp", cells.length, other.cells.length);
        found.register("bp", bp, other.bp);
        found.register("hp", hp, other.hp);
        found.register("interrupts", interrupts.enabled() ? 1 : 0, other.interrupts.enabled() ? 1 : 0);
        found.register("exit", exitCode, other.exitCode);
        found.register("sections", sections.next() - 1L, other.sections.next() - 1L);
        int memoryCount = Math.min(memories.length, other.memories.length);
        for (int i = 0; i < memoryCount; i++) {
            found.compare(new Location.MemorySize(i), units(i), other.units(i));
        }
        StackView a = view();
        StackView b = other.view();
        int depth = Math.min(a.depth(), b.depth());
        for (int frame = 0; frame < depth && found.room(); frame++) {
            found.compare(new Location.FramePosition(frame), framePosition(a, b, frame), framePosition(b, a, frame));
        }
        for (int frame = 0; frame < depth && found.room(); frame++) {
            int count = Math.min(a.localCount(frame), b.localCount(frame));
            for (int i = 0; i < count && found.room(); i++) {
                found.compare(
                        new Location.Local(frame, i), cells[a.localCell(frame, i)], other.cells[b.localCell(frame, i)]);
            }
        }
        for (int frame = 0; frame < depth && found.room(); frame++) {
            int count = Math.min(a.operandCount(frame), b.operandCount(frame));
            for (int i = 0; i < count && found.room(); i++) {
                found.compare(
                        new Location.Operand(frame, i),
                        cells[a.operandCell(frame, i)],
                        other.cells[b.operandCell(frame, i)]);
            }
        }
        if (depth == 0) {
            // What is on the stack without a frame is the results of the run.
            int count = a.depth() == b.depth() ? Math.min(cells.length, other.cells.length) : 0;
            for (int i = 0; i < count; i++) {
                found.compare(new Location.Operand(0, i), cells[i], other.cells[i]);
            }
        }
        for (int i = 0; i < Math.min(globals.length, other.globals.length); i++) {
            found.compare(new Location.GlobalVariable(i), globals[i], other.globals[i]);
        }
        for (int signal = 1; signal <= Interrupts.SIGNAL_MAX; signal++) {
            found.compare(
                    new Location.Handler(signal),
                    interrupts.handlers()[signal],
                    other.interrupts.handlers()[signal]);
        }
        for (int signal = 1; signal <= Interrupts.SIGNAL_MAX; signal++) {
            long[] here = interrupts.pending()[signal];
            long[] there = other.interrupts.pending()[signal];
            int at = here.length == there.length ? Arrays.mismatch(here, there) : -1;
            found.compare(
                    new Location.Pending(signal), at >= 0 ? here[at] : here.length, at >= 0 ? there[at] : there.length);
        }
        for (int i = 0; i < Math.min(tables.length, other.tables.length); i++) {
            found.table(i, tables[i], other.tables[i]);
        }
        int segments = Math.max(droppedData.length(), other.droppedData.length());
        for (int i = 0; i < segments; i++) {
            found.compare(new Location.DroppedData(i), bit(droppedData, i), bit(other.droppedData, i));
        }
        segments = Math.max(droppedElements.length(), other.droppedElements.length());
        for (int i = 0; i < segments; i++) {
            found.compare(new Location.DroppedElements(i), bit(droppedElements, i), bit(other.droppedElements, i));
        }
        sections.live().visitChanged(other.sections.live(), found::section);
        for (int i = 0; i < memoryCount && found.room(); i++) {
            int memory = i;
            PageMap there = other.memories[i];
            memories[i].visitChanged(there, (index, page) -> found.page(memory, index, page, there.page(index)));
        }
        return List.copyOf(found.list);
    }

    private static long bit(BitSet set, int index) {
        return set.get(index) ? 1 : 0;
    }

    /**
     * The position of a frame. Where only the way differs in which the frame above was entered, by a call or by an
     * interrupt, it is the return address instead, which then differs too.
     */
    private static long framePosition(StackView view, StackView other, int frame) {
        boolean sameWay = frame + 1 >= view.depth()
                || frame + 1 >= other.depth()
                || view.interruptFrame(frame + 1) == other.interruptFrame(frame + 1);
        return encode(view.image().position(sameWay ? view.framePc(frame) : Frames.returnPc(view.frames()[frame + 1])));
    }

    /** Whether {@link #differences} would be empty; much cheaper. */
    public boolean sameState(Snapshot other) {
        boolean sameStack;
        if (image == other.image || image.program.equals(other.image.program)) {
            sameStack = (pc == other.pc || frames.length == 0) && Arrays.equals(frames, other.frames);
        } else {
            return differences(other, 1).isEmpty();
        }
        return sameStack
                && status == other.status
                && bp == other.bp
                && hp == other.hp
                && exitCode == other.exitCode
                && Arrays.equals(cells, other.cells)
                && Arrays.equals(globals, other.globals)
                && interrupts.same(other.interrupts)
                && droppedData.equals(other.droppedData)
                && droppedElements.equals(other.droppedElements)
                && sections.same(other.sections)
                && sameTables(other)
                && sameMemories(other);
    }

    private boolean sameTables(Snapshot other) {
        for (int i = 0; i < tables.length; i++) {
            if (!tables[i].same(other.tables[i])) {
                return false;
            }
        }
        return true;
    }

    private boolean sameMemories(Snapshot other) {
        for (int i = 0; i < memories.length; i++) {
            if (!memories[i].sameContent(other.memories[i])) {
                return false;
            }
        }
        return true;
    }

    private static final class Differences {
        final List<Difference> list = new ArrayList<>();
        private final int countMax;

        Differences(int countMax) {
            this.countMax = countMax;
        }

        boolean room() {
            return list.size() < countMax;
        }

        void register(String name, long a, long b) {
            compare(new Location.Register(name), a, b);
        }

        void compare(Location location, long a, long b) {
            if (a != b && room()) {
                list.add(new Difference(location, a, b));
            }
        }

        void table(int table, TableCells.State a, TableCells.State b) {
            compare(new Location.TableSize(table), a.size(), b.size());
            for (int i = a.mismatch(b, 0); i >= 0 && room(); i = a.mismatch(b, i + 1)) {
                compare(new Location.TableElement(table, i), a.cell(i), b.cell(i));
            }
        }

        void section(int number, @Nullable Section a, @Nullable Section b) {
            compare(new Location.SectionSize(number), a == null ? -1 : a.size, b == null ? -1 : b.size);
            if (a == null || b == null || !room()) {
                return;
            }
            if (a.size == b.size) {
                a.visitChanged(b, (index, here, there) -> {
                    int length = Section.pageLength(a.size, index);
                    bytes(
                            number,
                            index,
                            here == null ? new byte[length] : here,
                            there == null ? new byte[length] : there);
                });
            }
        }

        private void bytes(int section, int page, byte[] a, byte[] b) {
            int index = page << PageMap.PAGE_SHIFT;
            for (int i = Arrays.mismatch(a, b); i >= 0 && i < a.length && room(); i++) {
                compare(new Location.SectionByte(section, index + i), a[i] & 0xFF, b[i] & 0xFF);
            }
        }

        void page(int memory, int index, byte[] a, byte[] b) {
            long address = (long) index << PageMap.PAGE_SHIFT;
            for (int i = Arrays.mismatch(a, b); i >= 0 && i < a.length && room(); i++) {
                compare(new Location.MemoryByte(memory, address + i), a[i] & 0xFF, b[i] & 0xFF);
            }
        }
    }
}
