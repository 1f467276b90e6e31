package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.program.ContentHash;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
         * @param index counts pages of {@link #PAGE_BYTES} from 0
         * @param page the bytes; the snapshot's own, so they must not be changed, and need not be copied
         */
        void visit(int index, byte[] page);
    }

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
    final int memoryUnitsMax;
    final PageMap pages;
    private final HostState hostState;

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
            int memoryUnitsMax,
            PageMap pages,
            HostState hostState) {
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
        this.pages = pages;
        this.hostState = hostState;
    }

    /**
     * A snapshot of a state that comes from outside, a file for example. It is checked against the program, so that
     * whatever it holds, a machine can run on from it.
     *
     * @param pageIndexes the pages of {@link #PAGE_BYTES} that are not as in {@code base}, or not zero if that is null
     * @param pages the bytes of those pages, or none for a page of zeros; they become the snapshot's own
     * @throws IllegalArgumentException if the program cannot be in this state; the message has the first reason found
     */
    public static Snapshot of(
            VerifiedProgram program, SnapshotState state, @Nullable Snapshot base, int[] pageIndexes, byte[][] pages) {
        int pagesMax = Program.MemoryType.PAGES_MAX;
        if (state.memoryPages() < 0 || state.memoryPages() > pagesMax) {
            throw new IllegalArgumentException("memory has " + state.memoryPages() + " pages, the most is " + pagesMax);
        }
        int count = state.memoryPages() * Memory.PAGES_PER_UNIT;
        for (int i = 0; i < pageIndexes.length; i++) {
            boolean wellSized = pages[i].length == PAGE_BYTES || pages[i].length == 0;
            if (pageIndexes[i] < 0 || pageIndexes[i] >= count || !wellSized) {
                throw new IllegalArgumentException("page " + pageIndexes[i] + " of " + pages[i].length
                        + " bytes is not in a memory of " + count + " pages of " + PAGE_BYTES);
            }
        }
        PageMap before = base == null ? PageMap.zero(count) : base.pages;
        return StateCheck.snapshot(
                program,
                state,
                before.with(
                        count, pageIndexes, pageIndexes.length, i -> pages[i].length == 0 ? PageMap.ZERO : pages[i]));
    }

    /** All of it but the pages of memory, copied. */
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
                pages.pageCount() / Memory.PAGES_PER_UNIT,
                memoryUnitsMax,
                hostState);
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

    /** Size of linear memory in bytes, 0 to 2^32. */
    public long memoryBytes() {
        return (long) pages.pageCount() << PageMap.PAGE_SHIFT;
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
        words.add(bp).add(hp).add(exitCode).add(pages.pageCount());
        addAll(words, frames);
        addAll(words, cells);
        addAll(words, globals);
        words.add(interrupts.enabled() ? 1 : 0);
        for (int signal = 1; signal <= Interrupts.SIGNAL_MAX; signal++) {
            words.add(interrupts.handlers()[signal]);
            addAll(words, interrupts.pending()[signal]);
        }
        return words.build().toArray();
    }

    private static void addAll(LongStream.Builder words, long[] values) {
        words.add(values.length);
        for (long value : values) {
            words.add(value);
        }
    }

    /** Visits the pages that are not all zero, in ascending order, without copying. */
    public void visitPages(PageVisitor visitor) {
        pages.visitNonZero(visitor::visit);
    }

    /**
     * Visits the pages that have other bytes than in {@code base}, in ascending order, without copying. Pages behind the
     * end of a memory count as zero. Costs by the chunks of 1,024 pages that are not shared.
     */
    public void visitChangedPages(Snapshot base, PageVisitor visitor) {
        pages.visitChanged(base.pages, visitor::visit);
    }

    /** 4 KiB pages that this snapshot holds, shared with others or not; pages never written to are not among them. */
    public int heldPageCount() {
        return pages.heldCount();
    }

    private StackView view() {
        return new StackView(image, pc, cells.length, bp, frames.length, frames, cells);
    }

    static long encode(Position position) {
        return (long) position.function() << 32 | position.offset();
    }

    /**
     * The places at which two states differ, in this order: registers, memory size, frames, locals, operands, globals,
     * handlers, pending, memory. Instruction counts and host states are not compared.
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
        found.compare(
                new Location.MemorySize(),
                pages.pageCount() / Memory.PAGES_PER_UNIT,
                other.pages.pageCount() / Memory.PAGES_PER_UNIT);
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
        if (found.room()) {
            pages.visitChanged(other.pages, (index, page) -> found.page(index, page, other.pages.page(index)));
        }
        return List.copyOf(found.list);
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
                && pages.sameContent(other.pages);
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

        void page(int index, byte[] a, byte[] b) {
            long address = (long) index << PageMap.PAGE_SHIFT;
            for (int i = Arrays.mismatch(a, b); i >= 0 && i < a.length && room(); i++) {
                compare(new Location.MemoryByte(address + i), a[i] & 0xFF, b[i] & 0xFF);
            }
        }
    }
}
