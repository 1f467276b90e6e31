package dev.tapedeck.vm.format;

import dev.tapedeck.vm.format.SnapshotFormat.Section;
import dev.tapedeck.vm.isa.Code;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.machine.Snapshot;
import dev.tapedeck.vm.machine.SnapshotState;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.ProgramLimits;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads snapshots. Everything is checked against the program, so a machine can run on from whatever is read here; bytes
 * that no such snapshot has are refused.
 */
public final class SnapshotReader {
    private static final int SIGNALS = 32;

    private final VerifiedProgram verified;
    private final Program program;
    private final BcInput file;

    private final SnapshotFunctions functions;

    /** Sections that are left out leave these as they are. */
    private List<SnapshotState.Frame> frames = List.of();

    private long[] cells = {};
    private final List<SnapshotGlobals.Entry> globalNames = new ArrayList<>();
    private long[] globals = {};
    private boolean interruptsEnabled;
    private final int[] handlers = new int[SIGNALS];
    private final long[][] pending = new long[SIGNALS][0];
    private final List<SnapshotState.Memory> memories = new ArrayList<>();
    private final List<Snapshot.Pages> pages = new ArrayList<>();
    private final List<SnapshotState.Table> tables = new ArrayList<>();
    private long[] droppedData = {};
    private long[] droppedElements = {};
    private SnapshotState.Heap heap = SnapshotState.Heap.EMPTY;
    private final List<Snapshot.Pages> heapPages = new ArrayList<>();
    private HostState hostState = HostState.EMPTY;
    private final Map<Opcode, Long> opcodeCounts = new EnumMap<>(Opcode.class);

    private SnapshotReader(VerifiedProgram verified, byte[] bytes) {
        this.verified = verified;
        this.program = verified.program();
        this.file = new BcInput(bytes, 0, bytes.length, "snapshot");
        this.functions = new SnapshotFunctions(verified);
    }

    /**
     * @param program the program that the snapshot is of, or another version of it: functions may have moved, and those
     *     that are not on the stack may have changed
     * @throws FormatException if the bytes are not a complete snapshot of the program that this version reads
     */
    public static Snapshot read(VerifiedProgram program, byte[] bytes) throws FormatException {
        return new SnapshotReader(program, bytes).read(null);
    }

    /**
     * @param base the snapshot that was the base at writing
     * @throws FormatException if the bytes are not a snapshot of the program and on this base that this version reads
     */
    public static Snapshot readDelta(VerifiedProgram program, byte[] bytes, Snapshot base) throws FormatException {
        return new SnapshotReader(program, bytes).read(base);
    }

    private Snapshot read(@Nullable Snapshot base) throws FormatException {
        try {
            return readAll(base);
        } catch (IllegalArgumentException e) {
            throw new FormatException("snapshot does not fit the program: " + e.getMessage());
        }
    }

    private Snapshot readAll(@Nullable Snapshot base) throws FormatException {
        readFrame();
        Map<Integer, BcInput> sections = Sections.read(file, "snapshot ", Section::label);
        read(sections, Section.FUNCTIONS, functions::readListed);
        read(sections, Section.REFERENCES, functions::readReferred);
        read(sections, Section.STACK, this::readStack);
        BcInput run = sections.get(Section.RUN.id);
        if (run == null) {
            throw new FormatException("snapshot without a section 'run', which every one has");
        }
        readKind(run, base);
        long icount = run.u63("the instruction count");
        Status status = readStatus(run);
        Optional<Position> position = run.index("whether there is a position", 1) == 0
                ? Optional.empty()
                : Optional.of(readPosition(
                        run,
                        "the position",
                        frames.isEmpty()
                                ? -1
                                : frames.get(frames.size() - 1).next().function()));
        int hp = run.i32("the heap pointer");
        int exitCode = run.i32("the exit code");
        Optional<SnapshotState.Reason> fault = readFault(run);
        run.requireEnd();
        read(sections, Section.GLOBAL_NAMES, this::readGlobalNames);
        read(sections, Section.GLOBALS, this::readGlobals);
        if (!sections.containsKey(Section.INTERRUPTS.id)) {
            throw new FormatException("snapshot without a section 'interrupts', which every one has");
        }
        read(sections, Section.INTERRUPTS, this::readInterrupts);
        read(sections, Section.MEMORIES, in -> readMemories(in, base));
        if (sections.containsKey(Section.HOST.id) && sections.containsKey(Section.HOST_TREE.id)) {
            throw new FormatException("snapshot with two sections for the state of the host");
        }
        read(sections, Section.HOST, in -> hostState = HostState.of(readHost(in)));
        read(sections, Section.HOST_TREE, in -> hostState = readHostTree(in, base));
        read(sections, Section.TABLES, in -> readTables(in, base));
        read(sections, Section.DROPPED, in -> {
            droppedData = readWords(in, program.data().size());
            droppedElements = readWords(in, program.elements().size());
        });
        read(sections, Section.PROFILE, this::readProfile);
        read(sections, Section.HEAP, in -> readHeap(in, base != null));
        SnapshotState state = new SnapshotState(
                status,
                icount,
                position,
                frames,
                cells,
                hp,
                exitCode,
                fault,
                globals,
                interruptsEnabled,
                handlers,
                pending,
                memories,
                tables,
                droppedData,
                droppedElements,
                heap,
                hostState,
                opcodeCounts);
        Snapshot snapshot = Snapshot.of(verified, state, base, pages, heapPages, functions::reference);
        functions.check();
        return snapshot;
    }

    private void readProfile(BcInput in) throws FormatException {
        int count = in.count("executed instructions", Opcode.values().length, 2);
        int before = -1;
        for (int i = 0; i < count; i++) {
            int code = in.index("the code of an instruction");
            if (code <= before) {
                throw in.error("instruction " + code + " follows instruction " + before + ", expected in order");
            }
            before = code;
            Opcode opcode = Opcode.ofCode(code).orElseThrow(() -> in.error("there is no instruction " + code));
            opcodeCounts.put(opcode, in.u63("how often " + opcode.mnemonic() + " was executed"));
        }
    }

    private void readHeap(BcInput in, boolean delta) throws FormatException {
        int made = in.index("the number of heap sections made", Integer.MAX_VALUE - 1);
        int count = in.count("heap sections", SnapshotFormat.HEAP_SECTIONS_MAX, 3);
        List<SnapshotState.HeapSection> read = new ArrayList<>(count);
        int next = 1;
        for (int i = 0; i < count; i++) {
            if (next > made) {
                throw in.error("there are more heap sections than the " + made + " that have been made");
            }
            int number = next + in.index("the distance to heap section " + i, made - next);
            next = number + 1;
            int size = in.index("the size of heap section " + number);
            read.add(new SnapshotState.HeapSection(number, size));
            heapPages.add(readHeapPages(in, delta, number, size));
        }
        heap = new SnapshotState.Heap(made, read);
    }

    private static Snapshot.Pages readHeapPages(BcInput in, boolean delta, int section, int size)
            throws FormatException {
        int pageCount = (int) (((long) size + Snapshot.PAGE_BYTES - 1) / Snapshot.PAGE_BYTES);
        int count = in.count("pages of heap section " + section, pageCount, 2);
        int[] indexes = new int[count];
        byte[][] bytes = new byte[count][];
        int next = 0;
        for (int i = 0; i < count; i++) {
            if (next == pageCount) {
                throw in.error("heap section " + section + " has more pages than it has bytes for");
            }
            indexes[i] = next + in.index("the distance to page " + i, pageCount - 1 - next);
            next = indexes[i] + 1;
            int length = Math.min(Snapshot.PAGE_BYTES, size - indexes[i] * Snapshot.PAGE_BYTES);
            bytes[i] = readPage(in, delta, i, length);
        }
        return new Snapshot.Pages(indexes, bytes);
    }

    private static byte[] readPage(BcInput in, boolean delta, int number, int length) throws FormatException {
        switch (in.u8("the kind of page " + number)) {
            case SnapshotFormat.PAGE_OF_ZEROS -> {
                if (!delta) {
                    throw in.error("page " + number + " is of zeros, which a complete snapshot does not have");
                }
                return new byte[0];
            }
            case SnapshotFormat.PAGE_OF_BYTES -> {
                return in.bytes("page " + number, length);
            }
            default -> throw in.error("page " + number + " is of a kind that is not known");
        }
    }

    private interface Content {
        void read(BcInput in) throws FormatException;
    }

    private static void read(Map<Integer, BcInput> sections, Section section, Content content) throws FormatException {
        BcInput in = sections.get(section.id);
        if (in != null) {
            content.read(in);
            in.requireEnd();
        }
    }

    private void readFrame() throws FormatException {
        for (byte expected : SnapshotFormat.magic()) {
            if (file.u8("the magic number") != (expected & 0xFF)) {
                throw file.error("this is not a snapshot: the magic number is wrong");
            }
        }
        long version = file.unsigned("the version");
        if (version != SnapshotFormat.VERSION) {
            throw file.error("the version is " + Long.toUnsignedString(version) + ", this program reads version "
                    + SnapshotFormat.VERSION);
        }
    }

    private static void readKind(BcInput in, @Nullable Snapshot base) throws FormatException {
        boolean delta = in.index("the kind of snapshot", 1) == SnapshotFormat.DELTA;
        if (delta != (base != null)) {
            throw in.error(
                    delta
                            ? "the snapshot has only the pages that differ from another one, which is missing"
                            : "the snapshot is complete, expected one with the pages that differ");
        }
        if (base != null) {
            long baseIcount = in.u63("the instruction count of the base");
            if (baseIcount != base.icount()) {
                throw in.error(
                        "the base is a snapshot at instruction " + baseIcount + ", not the one at " + base.icount());
            }
        }
    }

    private static Status readStatus(BcInput in) throws FormatException {
        int code = in.index("the status");
        for (Status status : Status.values()) {
            if (status.code() == code) {
                return status;
            }
        }
        throw in.error("the status has code " + code + ", which is not known");
    }

    /** @param preferred the function that it is in, if that is one of several with the same code; -1 for none */
    private Position readPosition(BcInput in, String what, int preferred) throws FormatException {
        if (functions.count() == 0) {
            throw in.error(what + " is in a function, but there is none");
        }
        int number = in.index("the function of " + what, functions.count() - 1);
        int function = functions.ofPosition(number, preferred);
        return new Position(
                function,
                in.index(
                        "the offset of " + what,
                        program.functions().get(function).code().size() - 1));
    }

    private void readStack(BcInput in) throws FormatException {
        int count = in.count("frames", SnapshotFormat.FRAMES_MAX, 3);
        List<SnapshotState.Frame> read = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int called = i == 0 ? -1 : called(read.get(i - 1).next());
            Position next = readPosition(in, "frame " + i, called);
            read.add(new SnapshotState.Frame(next, in.index("the kind of frame " + i, 1) == 1));
        }
        frames = read;
        cells = readCells(in, "stack cells", SnapshotFormat.CELLS_MAX);
    }

    /** The function that is called before a position, or -1. */
    private int called(Position next) {
        if (next.offset() == 0) {
            return -1;
        }
        Instruction before = program.functions().get(next.function()).code().get(next.offset() - 1);
        return before.opcode().code() == Code.CALL ? (int) before.a() : -1;
    }

    private void readGlobalNames(BcInput in) throws FormatException {
        int count = in.count("names of globals", ProgramLimits.GLOBALS_MAX, 2);
        for (int i = 0; i < count; i++) {
            String name = in.utf8("the name of global " + i, ProgramLimits.NAME_CHARS_MAX * 3);
            int code = in.u8("the type of global " + i);
            ValueType type = ValueType.ofCode(code)
                    .orElseThrow(() -> in.error("global '" + name + "' has type " + code + ", which is not known"));
            globalNames.add(new SnapshotGlobals.Entry(name, type));
        }
    }

    private void readGlobals(BcInput in) throws FormatException {
        globals = readCells(in, "globals", ProgramLimits.GLOBALS_MAX);
        if (!globalNames.isEmpty()) {
            if (globals.length != globalNames.size()) {
                throw in.error("there are " + globals.length + " globals, and names of " + globalNames.size());
            }
            globals = SnapshotGlobals.inOrderOf(program, globalNames, globals);
        }
        for (int i = 0; i < Math.min(globals.length, program.globals().size()); i++) {
            if (program.globals().get(i).type() == ValueType.FUNCREF) {
                globals[i] = functions.reference(globals[i]);
            }
        }
    }

    private static Optional<SnapshotState.Reason> readFault(BcInput in) throws FormatException {
        if (in.index("whether there is a fault", 1) == 0) {
            return Optional.empty();
        }
        String mnemonic = in.utf8("the fault", ProgramLimits.NAME_CHARS_MAX);
        FaultKind kind = FaultKind.ofMnemonic(mnemonic)
                .orElseThrow(() -> in.error("the fault is '" + mnemonic + "', which is not known"));
        return Optional.of(new SnapshotState.Reason(
                kind, in.utf8("the detail of the fault", SnapshotFormat.HOST_STATE_BYTES_MAX)));
    }

    private static long[] readCells(BcInput in, String what, int max) throws FormatException {
        long[] cells = new long[in.count(what, max, 1)];
        for (int i = 0; i < cells.length; i++) {
            cells[i] = in.signed(what);
        }
        return cells;
    }

    private void readInterrupts(BcInput in) throws FormatException {
        interruptsEnabled = in.index("the interrupt flag", 1) == 1;
        handlers[0] = -1;
        int pendingLeft = SnapshotFormat.PENDING_MAX;
        for (int signal = 1; signal < SIGNALS; signal++) {
            handlers[signal] = readHandler(in);
            pending[signal] = readCells(in, "pending interrupts", pendingLeft);
            pendingLeft -= pending[signal].length;
        }
    }

    private int readHandler(BcInput in) throws FormatException {
        int number = in.indexOrNone("a handler");
        if (number >= functions.count()) {
            throw in.error("a handler is function number " + number + " of " + functions.count());
        }
        return number < 0 ? -1 : functions.ofHandler(number);
    }

    private void readMemories(BcInput in, @Nullable Snapshot base) throws FormatException {
        int count = in.index("the number of memories");
        int expected = program.memories().size();
        if (count != expected) {
            throw in.error("there are " + count + " memories, the program has " + expected);
        }
        for (int i = 0; i < count; i++) {
            memories.add(new SnapshotState.Memory(
                    in.index("the size of memory", Program.MemoryType.PAGES_MAX),
                    in.index("the largest size of memory", Program.MemoryType.PAGES_MAX)));
            pages.add(readPages(in, i, base));
        }
    }

    private void readTables(BcInput in, @Nullable Snapshot base) throws FormatException {
        int count = in.index("the number of tables");
        int expected = program.tables().size();
        if (count != expected) {
            throw in.error("there are " + count + " tables, the program has " + expected);
        }
        for (int i = 0; i < count; i++) {
            int kind = in.u8("the kind of table " + i);
            if (kind == SnapshotFormat.TABLE_AS_BEFORE && base != null) {
                tables.add(base.state().tables().get(i));
                continue;
            }
            if (kind != SnapshotFormat.TABLE_OF_CELLS) {
                throw in.error("table " + i + " is of a kind that is not known");
            }
            boolean references = program.tables().get(i).type() == ValueType.FUNCREF;
            int size = in.index("the size of table " + i, Program.Table.ELEMENTS_MAX);
            int elements = in.count("elements of table " + i, size, 2);
            int[] indexes = new int[elements];
            long[] elementCells = new long[elements];
            int next = 0;
            for (int k = 0; k < elements; k++) {
                indexes[k] = next + in.index("the distance to an element of table " + i, size - next);
                long cell = in.signed("an element of table " + i);
                elementCells[k] = references ? functions.reference(cell) : cell;
                next = indexes[k] + 1;
                if (next > size) {
                    throw in.error("an element of table " + i + " is behind its end");
                }
            }
            tables.add(new SnapshotState.Table(size, indexes, elementCells));
        }
    }

    private static long[] readWords(BcInput in, int segments) throws FormatException {
        long[] words = new long[in.count("dropped segments", (segments + 63) / 64, 1)];
        for (int i = 0; i < words.length; i++) {
            words[i] = in.unsigned("dropped segments");
        }
        return words;
    }

    private static byte[] readHost(BcInput in) throws FormatException {
        if (in.remaining() > SnapshotFormat.HOST_STATE_BYTES_MAX) {
            throw in.error("the state of the host has " + in.remaining() + " bytes, expected at most "
                    + SnapshotFormat.HOST_STATE_BYTES_MAX);
        }
        return in.bytes("the state of the host", in.remaining());
    }

    private static HostState readHostTree(BcInput in, @Nullable Snapshot base) throws FormatException {
        HostState state;
        try {
            state = HostState.unpack(readHost(in), base == null ? null : base.hostState());
        } catch (IllegalArgumentException e) {
            throw in.error(String.valueOf(e.getMessage()));
        }
        if (state.parts().isEmpty()) {
            throw in.error("the state of the host has no parts, expected it in section 'host'");
        }
        return state;
    }

    private static Snapshot.Pages readPages(BcInput in, int memory, @Nullable Snapshot base) throws FormatException {
        int count = in.count("pages", SnapshotFormat.PAGES_MAX, 2);
        int[] indexes = new int[count];
        byte[][] bytes = new byte[count][];
        int next = 0;
        for (int i = 0; i < count; i++) {
            indexes[i] = next + in.index("the distance to page " + i, SnapshotFormat.PAGES_MAX - next);
            next = indexes[i] + 1;
            switch (in.u8("the kind of page " + i)) {
                case SnapshotFormat.PAGE_OF_ZEROS -> {
                    if (base == null) {
                        throw in.error("page " + i + " is of zeros, which a complete snapshot does not have");
                    }
                    bytes[i] = new byte[0];
                }
                case SnapshotFormat.PAGE_OF_BYTES -> bytes[i] = in.bytes("page " + i, Snapshot.PAGE_BYTES);
                case SnapshotFormat.PAGE_OF_CHANGES -> {
                    if (base == null) {
                        throw in.error("page " + i + " is of changes, which a complete snapshot does not have");
                    }
                    byte[] changes = in.bytes("page " + i, Snapshot.PAGE_BYTES);
                    bytes[i] = SnapshotFormat.combine(changes, base.page(memory, indexes[i]));
                }
                default -> throw in.error("page " + i + " is of a kind that is not known");
            }
        }
        return new Snapshot.Pages(indexes, bytes);
    }
}
