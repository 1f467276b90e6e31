package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.Global;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.Program.MemoryType;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Runs one verified program. Not safe for use by several threads at once; a snapshot may be handed to another thread.
 */
public final class Machine {
    private static final int STACK_CELLS_INITIAL = 1024;
    private static final int FRAMES_INITIAL = 64;
    private static final long UNSIGNED = 0xFFFF_FFFFL;
    static final FunctionType HANDLER_TYPE = new FunctionType(List.of(ValueType.I32, ValueType.I64), List.of());

    private final VerifiedProgram verified;
    final Image image;
    private final Host host;
    private final Limits limits;
    /** Memory 0; one of no pages if the program has none. */
    final Memory memory;
    /** All memories; at least memory 0. */
    final Memory[] memories;

    final TableCells[] tables;
    final long[] globals;
    /** Never changed, as snapshots hold them too. */
    private BitSet droppedData = new BitSet();

    private BitSet droppedElements = new BitSet();
    private final Interrupts interrupts;
    final Sections sections;

    // The registers. While the loop runs it keeps them in variables of its own.
    /** Index of the next instruction in the image, or of the last one once the run has ended. */
    int pc;
    /** The instruction count is {@code base + pc}. */
    long base;

    int sp;
    int bp;
    int hp;
    int depth;
    long[] stack;
    long[] frames;

    private Status status = Status.IDLE;
    private int exitCode;
    private @Nullable Fault fault;
    private @Nullable FlowTrace trace;

    /** By code of the instruction; null while nothing is counted. */
    private long @Nullable [] opcodeCounts;

    private boolean busy;
    // Optimisations can be switched off, one by one, to show that they make no difference.
    /** Whether sequences of instructions are run as one. */
    boolean fusion = isOn("tapedeck.vm.fusion");
    /** Whether the limit is tested at jumps only, as long as it is far away. */
    private final boolean stretches = isOn("tapedeck.vm.stretches");

    /** An error of the JVM, out of memory for example, tore the loop out of an instruction: the registers are lost. */
    private volatile boolean stopRequested;

    private boolean torn;

    /**
     * A machine at instruction count 0 with memory, globals and tables as the program defines them.
     *
     * @throws IllegalArgumentException if the program needs more than the limits allow (the message has both numbers), or
     *     imports a function that the host does not have (the message names it)
     */
    public Machine(VerifiedProgram program, Host host, Limits limits) {
        this.verified = program;
        this.image = Image.of(program);
        this.host = host;
        this.limits = limits;
        link(image.program, host);
        checkLimits(image.program, limits);
        memories = memories(image.program, limits);
        memory = memories[0];
        tables = new TableCells[image.tables.length];
        for (int i = 0; i < tables.length; i++) {
            int most = image.program.tables().get(i).maximum();
            tables[i] = new TableCells(image.tables[i], Math.min(most, limits.tableElementsMax()));
        }
        long dataEnd = 0;
        for (int i = 0; i < image.program.data().size(); i++) {
            DataSegment segment = image.program.data().get(i);
            if (segment.passive()) {
                continue;
            }
            droppedData.set(i);
            byte[] bytes = segment.bytes();
            if (memory.outside(segment.address(), bytes.length)) {
                throw new IllegalArgumentException(
                        segment + " is outside of memory, which has " + memoryBytes() + " bytes");
            }
            if (!memory.roomFor(segment.address(), bytes)) {
                throw new IllegalArgumentException(
                        segment + " does not fit: " + memory.overflow() + " (residentPagesMax)");
            }
            memory.write(segment.address(), bytes);
            dataEnd = Math.max(dataEnd, segment.address() + bytes.length);
        }
        hp = (int) (dataEnd + 15 & ~15L);
        globals = image.program.globals().stream().mapToLong(Global::initial).toArray();
        interrupts = new Interrupts(limits.pendingInterruptsMax());
        sections = new Sections(limits.sectionsMax(), limits.sectionBytesMax());
        stack = new long[Math.min(STACK_CELLS_INITIAL, limits.stackCellsMax())];
        frames = new long[Math.min(FRAMES_INITIAL, limits.framesMax())];
    }

    private static void checkLimits(Program program, Limits limits) {
        long pages =
                program.memories().stream().mapToLong(MemoryType::initialPages).sum();
        if (pages > limits.memoryPagesMax()) {
            throw new IllegalArgumentException("the program needs " + pages + " pages of memory, the limit is "
                    + limits.memoryPagesMax() + " (memoryPagesMax)");
        }
        long elements =
                program.tables().stream().mapToLong(Program.Table::minimum).sum();
        if (elements > limits.tableElementsMax()) {
            throw new IllegalArgumentException("the program needs " + elements + " elements of tables, the limit is "
                    + limits.tableElementsMax() + " (tableElementsMax)");
        }
    }

    private static Memory[] memories(Program program, Limits limits) {
        Memory.Residency residency = new Memory.Residency(limits.residentPagesMax());
        if (program.memories().isEmpty()) {
            return new Memory[] {new Memory(0, 0, residency)};
        }
        return program.memories().stream()
                .map(type -> new Memory(
                        type.initialPages(), Math.min(type.maximumPages(), limits.memoryPagesMax()), residency))
                .toArray(Memory[]::new);
    }

    /** A switch of an optimisation; see docs/machine.md. */
    private static boolean isOn(String property) {
        return !"off".equals(System.getProperty(property));
    }

    private static void link(Program program, Host host) {
        List<String> problems = new ArrayList<>();
        for (HostImport hostImport : program.imports()) {
            FunctionType type = program.typeOf(hostImport);
            host.linkProblem(hostImport, type)
                    .ifPresent(problem -> problems.add(hostImport.qualifiedName() + type + ": " + problem));
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(
                    "the program needs host functions that are not there: " + String.join("; ", problems));
        }
    }

    public Program program() {
        return image.program;
    }

    public Limits limits() {
        return limits;
    }

    /**
     * Makes the first instruction of a function the next one. Memories, tables, globals, interrupts and the instruction
     * count stay as they are. If the function does not fit the stack, the run ends at once with a fault.
     *
     * <p>If the program has a {@linkplain Program#start start function} and nothing has been started before, that one runs
     * first: it stands above the frame of {@code function}, which begins when it returns.
     *
     * @param function function index
     * @param arguments cells, as many as the function has parameters
     * @throws IllegalStateException unless the machine is idle or its last run has ended
     * @throws IllegalArgumentException if there is no such function, the number of arguments differs, or one is no value
     *     of its type
     */
    public void start(int function, long... arguments) {
        checkNotBusy();
        checkNotTorn();
        if (status == Status.RUNNING) {
            throw new IllegalStateException("a run has been started and has not ended");
        }
        if (function < 0 || function >= program().functions().size()) {
            throw new IllegalArgumentException("function " + function + ", the program has "
                    + program().functions().size());
        }
        List<ValueType> parameters =
                program().typeOf(program().functions().get(function)).parameters();
        if (arguments.length != parameters.size()) {
            throw new IllegalArgumentException("function " + program().functionName(function) + " takes "
                    + parameters.size() + " arguments, got " + arguments.length);
        }
        long[] cells = new long[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            cells[i] = canonical(parameters.get(i), arguments[i]);
        }
        boolean first = status == Status.IDLE;
        long icount = icount();
        pc = image.start(function);
        base = icount - pc;
        sp = 0;
        bp = 0;
        depth = 0;
        exitCode = 0;
        fault = null;
        status = Status.RUNNING;
        if (!makeRoom(0, image.functions[(function << Image.ROW_SHIFT) + Image.CELLS], 0)) {
            fault(Diagnosis.overflow(this, function));
            return;
        }
        System.arraycopy(cells, 0, stack, 0, cells.length);
        sp = cells.length;
        enter(function, Frames.pack(0, 0, false));
        int start = program().start();
        if (first && start >= 0) {
            if (!makeRoom(sp, image.functions[(start << Image.ROW_SHIFT) + Image.CELLS], depth)) {
                fault(Diagnosis.overflow(this, start));
                return;
            }
            enter(start, Frames.pack(pc, bp, false));
        }
    }

    /** Begins a frame above its arguments, which are on the stack. There is room. */
    private void enter(int function, long frame) {
        int row = function << Image.ROW_SHIFT;
        frames[depth++] = frame;
        bp = sp - image.functions[row + Image.PARAMETERS];
        int locals = image.functions[row + Image.LOCALS];
        Arrays.fill(stack, sp, sp + locals, 0);
        sp += locals;
        jump(image.functions[row + Image.ENTRY]);
    }

    /** Goes on at another instruction; the instruction count stays. */
    private void jump(int target) {
        base += pc - target;
        pc = target;
    }

    /**
     * Sees to it that a frame fits the stack.
     *
     * @return false if the limits do not allow it; nothing has changed then
     */
    boolean makeRoom(int newBase, int cells, int newDepth) {
        long needed = (long) newBase + cells;
        if (needed > limits.stackCellsMax() || newDepth >= limits.framesMax()) {
            return false;
        }
        if (needed > stack.length) {
            stack = Arrays.copyOf(stack, (int) Math.min(limits.stackCellsMax(), Math.max(needed, 2L * stack.length)));
        }
        if (newDepth >= frames.length) {
            frames = Arrays.copyOf(
                    frames, (int) Math.min(limits.framesMax(), Math.max(newDepth + 1L, 2L * frames.length)));
        }
        return true;
    }

    /**
     * Runs until exactly {@code icountMax} instructions have been completed since the machine was made, or the run ends.
     * Pending interrupts are delivered at the boundaries before each instruction that is executed.
     *
     * <p>After {@link #requestStop} it executes an instruction and may then return early, at an instruction boundary.
     *
     * @return {@link Status#RUNNING} if the limit stopped it
     * @throws IllegalStateException if no run has been started, or a host calls it during a host call
     */
    public Status run(long icountMax) {
        checkNotBusy();
        checkNotTorn();
        if (status == Status.IDLE) {
            throw new IllegalStateException("nothing has been started");
        }
        busy = true;
        try {
            long[] counts = opcodeCounts;
            while (status == Status.RUNNING && icount() < icountMax) {
                deliver();
                if (status == Status.RUNNING) {
                    if (counts == null) {
                        runLoop(icountMax);
                    } else {
                        runCounted(counts);
                    }
                }
                if (stopRequested) {
                    break;
                }
            }
        } finally {
            busy = false;
        }
        return status;
    }

    /**
     * Asks the machine to stop; any thread may call this. A run then returns at a boundary behind the next instruction that
     * takes long: a host call, a copy or a fill. Whoever runs a machine that may be stopped runs it in stretches, since
     * other instructions do not look.
     */
    public void requestStop() {
        stopRequested = true;
    }

    /** Whether someone has asked the machine to stop. */
    public boolean stopRequested() {
        return stopRequested;
    }

    /** Runs one instruction and counts it if it is completed. */
    private void runCounted(long[] counts) {
        int code = image.instruction(pc).opcode().code();
        long before = icount();
        runLoop(before + 1);
        counts[code] += icount() - before;
    }

    private void runLoop(long icountMax) {
        boolean stepped = !stretches || icountMax - icount() <= image.stretchMax;
        Interpreter loop = Interpreter.of(trace != null, stepped);
        torn = true;
        int exit = loop.run(this, stepped ? icountMax : icountMax - image.stretchMax);
        torn = false;
        switch (exit) {
            case Interpreter.LIMIT -> {}
            case Interpreter.OUTSIDE -> runOutside();
            case Interpreter.RETURN -> returnFromRun();
            case Interpreter.FAULT -> fault(Diagnosis.of(this));
            default -> throw new AssertionError("unknown exit " + exit);
        }
    }

    /** Carries out the instruction at {@code pc}, which the loop has left to the machine. */
    private void runOutside() {
        long word = image.code[pc];
        int big = (int) (word >> 32);
        int small = (int) word >>> 16;
        switch ((int) word & 0xFFFF) {
            case Op.CALL_HOST -> callHost(big);
            case Op.MEMORY_GROW -> {
                stack[sp - 1] = growMemory(memories[big], stack[sp - 1] & UNSIGNED);
                if (big != 0) {
                    foldInstruction();
                }
                foldEffect(stack[sp - 1]);
                pc++;
            }
            case Op.MEMORY_COPY -> {
                long length = stack[sp - 1] & UNSIGNED;
                long from = stack[sp - 2] & UNSIGNED;
                long to = stack[sp - 3] & UNSIGNED;
                if (memories[small].outside(to, length)) {
                    fault(Diagnosis.outOfBounds(this, small, to, length));
                } else if (memories[big].outside(from, length)) {
                    fault(Diagnosis.outOfBounds(this, big, from, length));
                } else if (!memories[small].copy(to, memories[big], from, length)) {
                    fault(Diagnosis.write(this, small, to, length));
                } else {
                    if (small != 0 || big != 0) {
                        foldInstruction();
                    }
                    foldEffect(to);
                    foldEffect(from);
                    foldEffect(length);
                    sp -= 3;
                    pc++;
                }
            }
            case Op.MEMORY_FILL -> {
                long length = stack[sp - 1] & UNSIGNED;
                byte value = (byte) stack[sp - 2];
                long to = stack[sp - 3] & UNSIGNED;
                if (memories[big].outside(to, length) || !memories[big].fill(to, value, length)) {
                    fault(Diagnosis.write(this, big, to, length));
                } else {
                    if (big != 0) {
                        foldInstruction();
                    }
                    foldEffect(to);
                    foldEffect(value);
                    foldEffect(length);
                    sp -= 3;
                    pc++;
                }
            }
            case Op.HALT -> halt((int) stack[--sp]);
            case Op.INTERRUPT_ENABLE -> {
                interrupts.enabled = true;
                pc++;
            }
            case Op.INTERRUPT_DISABLE -> {
                interrupts.enabled = false;
                pc++;
            }
            case Op.INTERRUPT_ENABLED -> {
                stack[sp++] = interrupts.enabled ? 1 : 0;
                pc++;
            }
            case Op.INTERRUPT_HANDLE -> {
                if (checkSignal(stack[sp - 1])) {
                    interrupts.handle((int) stack[--sp], big);
                    pc++;
                }
            }
            case Op.INTERRUPT_UNHANDLE -> {
                if (checkSignal(stack[sp - 1])) {
                    interrupts.handle((int) stack[--sp], -1);
                    pc++;
                }
            }
            case Op.INTERRUPT_RAISE -> {
                if (checkSignal(stack[sp - 2])) {
                    if (interrupts.raise((int) stack[sp - 2], stack[sp - 1])) {
                        sp -= 2;
                        pc++;
                    } else {
                        fault(new Diagnosis(
                                FaultKind.INTERRUPT_OVERFLOW,
                                limits.pendingInterruptsMax() + " interrupts are pending, which is the limit"));
                    }
                }
            }
            case Op.INTERRUPT_RETURN -> {
                if (depth > 0 && Frames.interrupt(frames[depth - 1])) {
                    long frame = frames[--depth];
                    sp = bp;
                    bp = Frames.callerBase(frame);
                    pc++;
                    jump(Frames.returnPc(frame));
                    interrupts.enabled = true;
                } else {
                    fault(new Diagnosis(FaultKind.INVALID_RETURN, ""));
                }
            }
            case Op.UNREACHABLE -> fault(new Diagnosis(FaultKind.UNREACHABLE, ""));
            case Op.IP_GET -> pushAndGoOn(Snapshot.encode(image.position(pc)));
            case Op.SP_GET -> pushAndGoOn(sp);
            case Op.BP_GET -> pushAndGoOn(bp);
            case Op.ICOUNT_GET -> pushAndGoOn(icount());
            case Op.MEMORY_INIT -> initMemory(small, big);
            case Op.DATA_DROP -> {
                droppedData = with(droppedData, big);
                foldInstruction();
                pc++;
            }
            case Op.OTHER_SIZE -> {
                stack[sp++] = memories[big].units();
                pc++;
            }
            case Op.TABLE_GET -> {
                if (isElement(big, stack[sp - 1] & UNSIGNED)) {
                    stack[sp - 1] = tables[big].get((int) stack[sp - 1]);
                    pc++;
                }
            }
            case Op.TABLE_SET -> {
                if (isElement(big, stack[sp - 2] & UNSIGNED)) {
                    tables[big].set((int) stack[sp - 2], stack[sp - 1]);
                    foldInstruction();
                    foldEffect(stack[sp - 2]);
                    foldEffect(stack[sp - 1]);
                    sp -= 2;
                    pc++;
                }
            }
            case Op.TABLE_SIZE -> {
                stack[sp++] = tables[big].size();
                pc++;
            }
            case Op.TABLE_GROW -> {
                long result = growTable(tables[big], stack[sp - 1] & UNSIGNED, stack[sp - 2]);
                foldInstruction();
                foldEffect(result);
                foldEffect(stack[sp - 2]);
                stack[sp - 2] = result;
                sp--;
                pc++;
            }
            case Op.TABLE_FILL -> {
                long length = stack[sp - 1] & UNSIGNED;
                long to = stack[sp - 3] & UNSIGNED;
                if (areElements(big, to, length)) {
                    tables[big].fill((int) to, stack[sp - 2], (int) length);
                    foldInstruction();
                    foldEffect(to);
                    foldEffect(stack[sp - 2]);
                    foldEffect(length);
                    sp -= 3;
                    pc++;
                }
            }
            case Op.TABLE_COPY -> {
                long length = stack[sp - 1] & UNSIGNED;
                long from = stack[sp - 2] & UNSIGNED;
                long to = stack[sp - 3] & UNSIGNED;
                if (areElements(small, to, length) && areElements(big, from, length)) {
                    tables[small].copy((int) to, tables[big], (int) from, (int) length);
                    foldInstruction();
                    foldEffect(to);
                    foldEffect(from);
                    foldEffect(length);
                    sp -= 3;
                    pc++;
                }
            }
            case Op.TABLE_INIT -> initTable(small, big);
            case Op.ELEM_DROP -> {
                droppedElements = with(droppedElements, big);
                foldInstruction();
                pc++;
            }
            default -> {
                int op = (int) word & 0xFFFF;
                if (op >= Op.SECTION_NEW && op <= Op.SECTION_FILL) {
                    SectionOperations.run(this, op, word >>> 32);
                } else {
                    accessOther(op, small, word >>> 32);
                }
            }
        }
    }

    private void pushAndGoOn(long cell) {
        stack[sp++] = cell;
        pc++;
    }

    private static BitSet with(BitSet set, int index) {
        if (set.get(index)) {
            return set;
        }
        BitSet changed = (BitSet) set.clone();
        changed.set(index);
        return changed;
    }

    /** The old size, or -1 if there is no room. */
    private long growMemory(Memory grown, long units) {
        long all = 0;
        for (Memory each : memories) {
            all += each.units();
        }
        return all + units > limits.memoryPagesMax() ? -1 : grown.grow((int) units);
    }

    /** The old size, or -1 if there is no room. */
    private long growTable(TableCells grown, long count, long cell) {
        long all = 0;
        for (TableCells each : tables) {
            all += each.size();
        }
        int before = grown.size();
        if (all + count > limits.tableElementsMax() || before + count > grown.sizeMax()) {
            return -1;
        }
        grown.grow((int) count, cell);
        return before;
    }

    /** Carries out {@code memory.init}. */
    private void initMemory(int target, int segment) {
        long length = stack[sp - 1] & UNSIGNED;
        long from = stack[sp - 2] & UNSIGNED;
        long to = stack[sp - 3] & UNSIGNED;
        DataSegment data = program().data().get(segment);
        int size = droppedData.get(segment) ? 0 : data.length();
        if (memories[target].outside(to, length)) {
            fault(Diagnosis.outOfBounds(this, target, to, length));
        } else if (from + length > size) {
            fault(Diagnosis.outOfRange(FaultKind.OUT_OF_BOUNDS, "byte", from, length, "data segment " + segment, size));
        } else {
            byte[] bytes = length > 0 ? data.bytes((int) from, (int) length) : new byte[0];
            if (!memories[target].roomFor(to, bytes)) {
                fault(Diagnosis.write(this, target, to, length));
                return;
            }
            memories[target].write(to, bytes);
            foldInstruction();
            foldEffect(to);
            foldEffect(from);
            foldEffect(length);
            sp -= 3;
            pc++;
        }
    }

    /** Carries out {@code table.init}. */
    private void initTable(int target, int segment) {
        long length = stack[sp - 1] & UNSIGNED;
        long from = stack[sp - 2] & UNSIGNED;
        long to = stack[sp - 3] & UNSIGNED;
        List<Integer> elements = program().elements().get(segment).elements();
        int size = droppedElements.get(segment) ? 0 : elements.size();
        if (!areElements(target, to, length)) {
            return;
        }
        if (from + length > size) {
            fault(Diagnosis.outOfRange(
                    FaultKind.TABLE_OUT_OF_BOUNDS, "element", from, length, "element segment " + segment, size));
            return;
        }
        for (int i = 0; i < length; i++) {
            tables[target].set((int) to + i, elements.get((int) from + i) + 1L);
        }
        foldInstruction();
        foldEffect(to);
        foldEffect(from);
        foldEffect(length);
        sp -= 3;
        pc++;
    }

    private boolean isElement(int table, long index) {
        return areElements(table, index, 1);
    }

    /** Whether a range is inside a table; if not, the run has ended with a fault. */
    private boolean areElements(int table, long index, long length) {
        if (!tables[table].outside(index, length)) {
            return true;
        }
        fault(Diagnosis.outOfRange(
                FaultKind.TABLE_OUT_OF_BOUNDS, "element", index, length, "table " + table, tables[table].size()));
        return false;
    }

    /** A load or store of a memory that is not memory 0. */
    private void accessOther(int op, int target, long offset) {
        if (op < Op.OTHER_MEMORY || op >= Op.OTHER_MEMORY_END) {
            throw new AssertionError("operation " + op + " belongs into the loop");
        }
        int like = op - Op.OTHER_MEMORY + Op.LOAD8_S;
        int width = switch (like) {
            case Op.LOAD8_S, Op.LOAD8_U, Op.STORE8 -> 1;
            case Op.LOAD16_S, Op.LOAD16_U, Op.STORE16 -> 2;
            case Op.LOAD32_S, Op.LOAD32_U, Op.STORE32 -> 4;
            default -> 8;
        };
        boolean store = like >= Op.STORE8;
        long at = (stack[store ? sp - 2 : sp - 1] & UNSIGNED) + offset;
        if (memories[target].outside(at, width)) {
            fault(Diagnosis.outOfBounds(this, target, at, width));
            return;
        }
        if (store) {
            if (!memories[target].store(at, stack[sp - 1], width)) {
                fault(Diagnosis.write(this, target, at, width));
                return;
            }
            foldInstruction();
            foldEffect(at);
            foldEffect(memories[target].load(at, width));
            sp -= 2;
        } else {
            long value = memories[target].load(at, width);
            stack[sp - 1] = switch (like) {
                case Op.LOAD8_S -> (byte) value;
                case Op.LOAD16_S -> (short) value;
                case Op.LOAD32_S -> (int) value;
                default -> value;
            };
        }
        pc++;
    }

    private boolean checkSignal(long signal) {
        if (Interrupts.isSignal(signal)) {
            return true;
        }
        fault(new Diagnosis(FaultKind.INVALID_SIGNAL, "signal " + signal + ", expected 1 to " + Interrupts.SIGNAL_MAX));
        return false;
    }

    private void callHost(int index) {
        FunctionType type = program().typeOf(program().imports().get(index));
        int firstArgument = sp - type.parameters().size();
        ActiveCall call = new ActiveCall(
                this,
                index,
                firstArgument,
                type.parameters().size(),
                type.results().size());
        try {
            host.call(call);
        } catch (HostException e) {
            failCall(call, index, e.getMessage());
            return;
        } catch (Throwable e) {
            // Also what no signature names.
            if (HostException.endsMachine(e)) {
                throw e;
            }
            failCall(call, index, e.toString());
            return;
        } finally {
            call.end();
        }
        System.arraycopy(call.results, 0, stack, firstArgument, call.results.length);
        sp = firstArgument + call.results.length;
        Integer code = call.exitCode;
        if (code != null) {
            halt(code);
        } else {
            pc++;
        }
    }

    private void failCall(ActiveCall call, int index, @Nullable String message) {
        call.undo();
        String reason = message == null ? "failed" : message;
        // A message can hold anything; in a fault it has to be text that a snapshot can hold.
        String text = new String(reason.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        fault(new Diagnosis(FaultKind.HOST_ERROR, program().imports().get(index).qualifiedName() + ": " + text));
    }

    // The last instruction of a run stays the one at pc, and is counted.

    private void halt(int code) {
        exitCode = code;
        status = Status.HALTED;
        base++;
    }

    private void returnFromRun() {
        int count = (int) (image.code[pc] >> 32);
        System.arraycopy(stack, sp - count, stack, 0, count);
        sp = count;
        bp = 0;
        depth = 0;
        status = Status.RETURNED;
        base++;
    }

    void fault(Diagnosis diagnosis) {
        fault = new Fault(diagnosis.kind(), diagnosis.detail(), image.position(pc), icount(), sp, bp, hp);
        status = Status.FAULTED;
    }

    public Status status() {
        return status;
    }

    /** Instructions completed since the machine was made. A faulting instruction is not completed; a halt is. */
    public long icount() {
        return base + pc;
    }

    /**
     * The exit code, once {@link Status#HALTED}.
     *
     * @throws IllegalStateException in any other status
     */
    public int exitCode() {
        checkStatus(Status.HALTED);
        return exitCode;
    }

    /**
     * The result cells, once {@link Status#RETURNED}.
     *
     * @throws IllegalStateException in any other status
     */
    public List<Long> results() {
        checkStatus(Status.RETURNED);
        return Arrays.stream(stack, 0, sp).boxed().toList();
    }

    private void checkStatus(Status expected) {
        if (status != expected) {
            throw new IllegalStateException("the machine is " + status + ", not " + expected);
        }
    }

    /** The fault, once {@link Status#FAULTED}. */
    public Optional<Fault> fault() {
        return Optional.ofNullable(fault);
    }

    /**
     * Makes a signal pending: the lowest pending signal that has a handler is delivered at the next boundary at which the
     * interrupt flag is set.
     *
     * @param signal 1 to 31
     * @return false if too many interrupts are already pending; nothing has changed then
     * @throws IllegalArgumentException if there is no such signal
     * @throws IllegalStateException if a host calls it during a host call: what comes in there is what the call returns
     */
    public boolean raise(int signal, long payload) {
        checkNotBusy();
        return interrupts.raise(signalOf(signal), payload);
    }

    /**
     * Delivers the interrupt that is due at this boundary, if there is one, so that {@link #position} is the instruction
     * that really comes next. {@link #run} does this by itself. Delivery is not an instruction and is not counted. If
     * there is no room for the handler's frame, the run ends with a fault.
     */
    public void deliverInterrupt() {
        checkNotBusy();
        checkNotTorn();
        deliver();
    }

    private void deliver() {
        if (status != Status.RUNNING || !interrupts.deliverable()) {
            return;
        }
        int signal = interrupts.next();
        int function = interrupts.handler(signal);
        if (!makeRoom(sp, image.functions[(function << Image.ROW_SHIFT) + Image.CELLS], depth)) {
            fault(Diagnosis.overflow(this, function));
            return;
        }
        if (trace != null) {
            trace.deliver(icount(), signal, function);
        }
        long frame = Frames.pack(pc, bp, true);
        stack[sp++] = signal;
        stack[sp++] = interrupts.take(signal);
        interrupts.enabled = false;
        enter(function, frame);
    }

    /** Attaches a trace to append to, or detaches it (null). */
    public void trace(@Nullable FlowTrace newTrace) {
        checkNotBusy();
        trace = newTrace;
    }

    /**
     * Counts from now on how often each instruction is executed, or ends that. It costs nothing while it is off, and makes a
     * run many times slower while it is on, as instructions are executed one by one. Snapshots carry the counts: a restore
     * puts back those of the snapshot, or zeros if it has none.
     */
    public void countOpcodes(boolean on) {
        checkNotBusy();
        opcodeCounts = on ? new long[Snapshot.CODES] : null;
    }

    /**
     * How often each instruction was completed since counting began; those that were not, and everything while
     * {@linkplain #countOpcodes counting} is off, are left out. In the order of the instruction table.
     */
    public Map<Opcode, Long> opcodeCounts() {
        return Snapshot.countsByOpcode(opcodeCounts);
    }

    /** The trace that a traced loop appends to. */
    FlowTrace requireTrace() {
        FlowTrace attached = trace;
        if (attached == null) {
            throw new AssertionError("no trace is attached");
        }
        return attached;
    }

    void foldEffect(long value) {
        if (trace != null) {
            trace.fold(value);
        }
    }

    /** Tells the effects that follow from those of other instructions: which one, on which table, segment or memory. */
    private void foldInstruction() {
        if (trace != null) {
            Instruction instruction = image.instruction(pc);
            trace.fold(instruction.opcode().code());
            trace.fold(instruction.a());
            trace.fold(instruction.b());
        }
    }

    /**
     * Folds the part of the state that stores do not show into the trace's digest: registers, frames, stack cells,
     * globals, memory size, interrupts. The instruction count is not folded.
     */
    public void foldState(FlowTrace target) {
        target.fold(status.code());
        target.fold(status == Status.IDLE ? -1 : pc);
        target.fold((long) sp << 32 | bp);
        target.fold((long) hp << 32 | (exitCode & UNSIGNED));
        target.fold(depth);
        for (int i = 0; i < depth; i++) {
            target.fold(frames[i]);
        }
        for (int i = 0; i < sp; i++) {
            target.fold(stack[i]);
        }
        for (long global : globals) {
            target.fold(global);
        }
        for (Memory each : memories) {
            target.fold(each.units());
        }
        for (TableCells table : tables) {
            target.fold(table.size());
        }
        for (BitSet dropped : new BitSet[] {droppedData, droppedElements}) {
            for (long word : dropped.toLongArray()) {
                target.fold(word);
            }
        }
        target.fold((long) sections.next() << 32 | sections.count());
        target.fold(interrupts.enabled ? 1 : 0);
        for (int signal = 1; signal <= Interrupts.SIGNAL_MAX; signal++) {
            target.fold(interrupts.handler(signal));
            target.fold(interrupts.pendingCount(signal));
            if (interrupts.pendingCount(signal) > 0) {
                for (long payload : interrupts.pending(signal)) {
                    target.fold(payload);
                }
            }
        }
    }

    /**
     * The state now. Costs by the pages written since the last snapshot or restore, not by the size of memory.
     *
     * @throws IllegalStateException if a host calls it during a host call, which is in the middle of an instruction
     */
    public Snapshot snapshot() {
        checkNotBusy();
        checkNotTorn();
        return new Snapshot(
                image,
                status,
                pc,
                icount(),
                bp,
                hp,
                exitCode,
                fault,
                Arrays.copyOf(stack, sp),
                Arrays.copyOf(frames, depth),
                globals.clone(),
                interrupts.save(),
                Arrays.stream(memories).mapToInt(Memory::unitsMax).toArray(),
                Arrays.stream(memories).map(Memory::snapshot).toArray(PageMap[]::new),
                Arrays.stream(tables).map(TableCells::snapshot).toArray(TableCells.State[]::new),
                droppedData,
                droppedElements,
                sections.snapshot(),
                host.saveState(),
                opcodeCounts == null ? null : opcodeCounts.clone());
    }

    /**
     * Puts back a state. The trace, if any, stays attached and unchanged. Also puts a machine in order whose run was ended
     * by an error of the JVM, such as {@link OutOfMemoryError}; until then such a machine can do nothing else.
     *
     * @throws IllegalArgumentException if the snapshot is of another memory maximum or does not fit the program or the
     *     limits; the machine is unchanged then
     */
    public void restore(Snapshot snapshot) {
        checkNotBusy();
        checkFits(snapshot);
        host.restoreState(snapshot.hostState());
        long cellsNeeded = snapshot.cells.length;
        if (snapshot.frames.length > 0) {
            int function = image.functionAt(snapshot.pc);
            cellsNeeded = Math.max(
                    cellsNeeded, (long) snapshot.bp + image.functions[(function << Image.ROW_SHIFT) + Image.CELLS]);
        }
        if (cellsNeeded > stack.length) {
            stack = new long[(int) cellsNeeded];
        }
        if (snapshot.frames.length > frames.length) {
            frames = new long[snapshot.frames.length];
        }
        System.arraycopy(snapshot.cells, 0, stack, 0, snapshot.cells.length);
        System.arraycopy(snapshot.frames, 0, frames, 0, snapshot.frames.length);
        System.arraycopy(snapshot.globals, 0, globals, 0, globals.length);
        status = snapshot.status;
        pc = snapshot.pc;
        base = snapshot.icount() - pc;
        sp = snapshot.cells.length;
        bp = snapshot.bp;
        hp = snapshot.hp;
        depth = snapshot.frames.length;
        exitCode = snapshot.exitCode;
        fault = snapshot.fault;
        interrupts.restore(snapshot.interrupts);
        for (int i = 0; i < memories.length; i++) {
            memories[i].restore(snapshot.memories[i]);
        }
        for (int i = 0; i < tables.length; i++) {
            tables[i].restore(snapshot.tables[i]);
        }
        droppedData = snapshot.droppedData;
        droppedElements = snapshot.droppedElements;
        sections.restore(snapshot.sections);
        if (opcodeCounts != null) {
            long[] counts = snapshot.opcodeCounts;
            opcodeCounts = counts == null ? new long[opcodeCounts.length] : counts.clone();
        }
        torn = false;
    }

    private void checkFits(Snapshot snapshot) {
        if (snapshot.image != image && !snapshot.image.program.equals(program())) {
            throw new IllegalArgumentException("the snapshot is of another program: " + snapshot.image.program.name()
                    + ", expected " + program().name());
        }
        long elements = 0;
        for (TableCells.State table : snapshot.tables) {
            elements += table.size();
        }
        if (elements > limits.tableElementsMax()) {
            throw new IllegalArgumentException("the snapshot has " + elements + " elements of tables, the limit is "
                    + limits.tableElementsMax() + " (tableElementsMax)");
        }
        String problem = sections.problem(snapshot.sections);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
        int units = 0;
        for (PageMap pages : snapshot.memories) {
            units += pages.pageCount() / Memory.PAGES_PER_UNIT;
        }
        if (memories.length > 1 && units > limits.memoryPagesMax()) {
            throw new IllegalArgumentException("the snapshot has " + units + " pages of memory, the limit is "
                    + limits.memoryPagesMax() + " (memoryPagesMax)");
        }
        for (int i = 0; i < memories.length; i++) {
            if (snapshot.memoryUnitsMax[i] != memories[i].unitsMax()) {
                throw new IllegalArgumentException("the snapshot is of a memory" + (i == 0 ? "" : " " + i)
                        + " of at most " + snapshot.memoryUnitsMax[i] + " pages, expected " + memories[i].unitsMax());
            }
        }
        if (snapshot.frames.length > limits.framesMax()) {
            throw new IllegalArgumentException(
                    "the snapshot has " + snapshot.frames.length + " frames, the limit is " + limits.framesMax());
        }
        long cells = snapshot.cells.length;
        if (snapshot.frames.length > 0) {
            int function = image.functionAt(snapshot.pc);
            cells = Math.max(cells, (long) snapshot.bp + image.functions[(function << Image.ROW_SHIFT) + Image.CELLS]);
        }
        if (cells > limits.stackCellsMax()) {
            throw new IllegalArgumentException(
                    "the snapshot needs " + cells + " stack cells, the limit is " + limits.stackCellsMax());
        }
        if (snapshot.heldPageCount() > limits.residentPagesMax()
                && snapshot.nonZeroPageCount() > limits.residentPagesMax()) {
            throw new IllegalArgumentException("the snapshot has " + snapshot.nonZeroPageCount()
                    + " pages of memory in use, the limit is " + limits.residentPagesMax());
        }
        if (interrupts.tooMany(snapshot.interrupts)) {
            throw new IllegalArgumentException("the snapshot has " + snapshot.interrupts.pendingTotal()
                    + " pending interrupts, the limit is " + limits.pendingInterruptsMax());
        }
    }

    private void checkNotTorn() {
        if (torn) {
            throw new IllegalStateException(
                    "an error of the JVM has ended the run within an instruction; restore a snapshot to go on");
        }
    }

    private void checkNotBusy() {
        if (busy) {
            throw new IllegalStateException("the machine is running: a host call is not over");
        }
    }

    // What follows looks at the machine between runs.

    /**
     * The next instruction's place; the faulting one's after a fault; the last one's otherwise.
     *
     * @throws IllegalStateException if nothing has been started
     */
    public Position position() {
        checkStarted();
        return image.position(pc);
    }

    /**
     * The instruction at {@link #position}.
     *
     * @throws IllegalStateException if nothing has been started
     */
    public Instruction instruction() {
        checkStarted();
        return image.instruction(pc);
    }

    private void checkStarted() {
        if (status == Status.IDLE) {
            throw new IllegalStateException("nothing has been started");
        }
    }

    /** Number of frames; frame 0 is the outermost. None before the start and after the entry function has returned. */
    public int depth() {
        return depth;
    }

    private StackView view() {
        return new StackView(image, pc, sp, bp, depth, frames, stack);
    }

    /** The place of a frame: the next instruction of the innermost one, the call (not the return address) of others. */
    public Position framePosition(int frame) {
        return image.position(view().framePc(frame));
    }

    /** The instruction at which a frame goes on: the next one, or that behind the call of a frame that has called. */
    public Position nextPosition(int frame) {
        StackView.checkIndex("frame", frame, depth);
        return image.position(frame == depth - 1 ? pc : Frames.returnPc(frames[frame + 1]));
    }

    /** Whether a frame was entered by an interrupt. */
    public boolean interruptFrame(int frame) {
        return view().interruptFrame(frame);
    }

    /** A parameter or local; parameters come first. */
    public long local(int frame, int index) {
        return stack[view().localCell(frame, index)];
    }

    /** Number of operand cells of a frame. Arguments passed on to a callee belong to the callee. */
    public int operandCount(int frame) {
        return view().operandCount(frame);
    }

    /** An operand cell of a frame; index 0 is the deepest. */
    public long operand(int frame, int index) {
        return stack[view().operandCell(frame, index)];
    }

    public long global(int index) {
        return globals[StackView.checkIndex("global", index, globals.length)];
    }

    /** Size of memory 0 in bytes, 0 to 2^32; 0 if the program has none. */
    public long memoryBytes() {
        return memory.bytes();
    }

    /**
     * Size of a memory in bytes, 0 to 2^32.
     *
     * @throws IndexOutOfBoundsException if there is no such memory
     */
    public long memoryBytes(int index) {
        return memory(index).bytes();
    }

    private Memory memory(int index) {
        return memories[
                StackView.checkIndex("memory", index, program().memories().size())];
    }

    /** 4 KiB pages of all linear memories that have been written to and so take memory of their own. */
    public int touchedPageCount() {
        return Arrays.stream(memories).mapToInt(Memory::heldCount).sum();
    }

    /**
     * The number of elements of a table.
     *
     * @throws IndexOutOfBoundsException if there is no such table
     */
    public int tableSize(int table) {
        return table(table).size();
    }

    /**
     * The cell of an element of a table.
     *
     * @throws IndexOutOfBoundsException if there is no such element
     */
    public long tableElement(int table, int index) {
        return table(table).get(StackView.checkIndex("element", index, tableSize(table)));
    }

    private TableCells table(int index) {
        return tables[StackView.checkIndex("table", index, tables.length)];
    }

    /** How many heap sections have been made, freed or not: the largest number of one. */
    public int sectionsMade() {
        return sections.next() - 1;
    }

    /** How many heap sections there are. */
    public int sectionCount() {
        return sections.count();
    }

    /** All heap sections, in ascending order of their numbers. */
    public List<SnapshotState.HeapSection> heapSections() {
        return sections.list();
    }

    /** The size of a heap section in bytes, or -1 if there is none of this number. */
    public int sectionSize(int number) {
        Section section = sections.get(number);
        return section == null ? -1 : section.size;
    }

    /**
     * Copies bytes out of a heap section.
     *
     * @throws IndexOutOfBoundsException if there is no such section, or the range is not inside it
     */
    public byte[] readSection(int number, int index, int length) {
        Section section = sections.get(number);
        if (section == null || index < 0 || length < 0 || section.outside(index, length)) {
            throw new IndexOutOfBoundsException("section " + number + ", index " + index + ", " + length + " bytes");
        }
        return section.read(index, length);
    }

    /** Whether a data segment is empty for {@code memory.init}: dropped, or active from the beginning. */
    public boolean dataDropped(int segment) {
        return droppedData.get(
                StackView.checkIndex("data segment", segment, program().data().size()));
    }

    /** Whether an element segment is dropped. */
    public boolean elementsDropped(int segment) {
        return droppedElements.get(StackView.checkIndex(
                "element segment", segment, program().elements().size()));
    }

    /**
     * Copies bytes out of memory 0.
     *
     * @throws IndexOutOfBoundsException if the range is not inside the memory
     */
    public byte[] readMemory(long address, int length) {
        return read(memory, address, length);
    }

    /**
     * Copies bytes out of a memory.
     *
     * @throws IndexOutOfBoundsException if there is no such memory, or the range is not inside it
     */
    public byte[] readMemory(int index, long address, int length) {
        return read(memory(index), address, length);
    }

    private static byte[] read(Memory memory, long address, int length) {
        if (address < 0 || length < 0 || address > 1L << 32 || memory.outside(address, length)) {
            throw new IndexOutOfBoundsException(
                    "address " + address + ", " + length + " bytes, memory has " + memory.bytes() + " bytes");
        }
        return memory.read(address, length);
    }

    /** Stack pointer: index of the first free cell. */
    public int sp() {
        return sp;
    }

    /** Base pointer: index of the first local of the innermost frame. */
    public int bp() {
        return bp;
    }

    /** Heap pointer: a register that programs use as they like. */
    public int hp() {
        return hp;
    }

    public boolean interruptsEnabled() {
        return interrupts.enabled;
    }

    /** The handler of a signal (a function index), or -1. */
    public int handler(int signal) {
        return interrupts.handler(signalOf(signal));
    }

    public int pendingCount(int signal) {
        return interrupts.pendingCount(signalOf(signal));
    }

    /**
     * Changes the state from outside, as a debugger or a fault injector does. Locals, operands, globals, memory bytes,
     * table elements, bytes of heap sections, dropped segments, handlers and the registers {@code hp} and
     * {@code interrupts} can be set; what the verifier proved about positions and stack heights cannot be broken.
     *
     * @param value a cell, a byte (its low 8 bits count), a function index or -1, or 0 or 1
     * @throws IllegalArgumentException if there is no such place, or it cannot be set
     */
    public void set(Location location, long value) {
        checkNotBusy();
        checkNotTorn();
        checkExists(location);
        if (location instanceof Location.Local local) {
            stack[view().localCell(local.frame(), local.index())] = canonical(location, value);
        } else if (location instanceof Location.Operand operand) {
            stack[view().operandCell(operand.frame(), operand.index())] = canonical(location, value);
        } else if (location instanceof Location.GlobalVariable global) {
            globals[global.index()] = canonical(location, value);
        } else if (location instanceof Location.MemoryByte at) {
            memories[at.memory()].write(at.address(), new byte[] {(byte) value});
        } else if (location instanceof Location.TableElement element) {
            tables[element.table()].set(element.index(), canonical(location, value));
        } else if (location instanceof Location.SectionByte at) {
            sections.own(at.section()).store(at.index(), value, 1);
        } else if (location instanceof Location.DroppedData segment) {
            droppedData = set(droppedData, segment.segment(), value);
        } else if (location instanceof Location.DroppedElements segment) {
            droppedElements = set(droppedElements, segment.segment(), value);
        } else if (location instanceof Location.Handler handler) {
            if (value != -1 && !isHandler(value)) {
                throw new IllegalArgumentException("function " + value + " cannot be a handler");
            }
            interrupts.handle(handler.signal(), (int) value);
        } else if (location instanceof Location.Register register
                && register.name().equals("hp")) {
            hp = (int) value;
        } else if (location instanceof Location.Register register
                && register.name().equals("interrupts")) {
            interrupts.enabled = value != 0;
        } else {
            throw new IllegalArgumentException(location + " cannot be set");
        }
    }

    private static BitSet set(BitSet dropped, int segment, long value) {
        BitSet changed = (BitSet) dropped.clone();
        changed.set(segment, value != 0);
        return changed;
    }

    /**
     * The value at a place, as {@link Difference} would show it: a cell, a byte 0 to 255, a size, a code, a function
     * index or -1, the number of pending interrupts; for the position of a frame its function times 2^32 plus its offset.
     *
     * @throws IllegalArgumentException if there is no such place
     */
    public long get(Location location) {
        checkExists(location);
        if (location instanceof Location.Local local) {
            return local(local.frame(), local.index());
        } else if (location instanceof Location.Operand operand) {
            return operand(operand.frame(), operand.index());
        } else if (location instanceof Location.GlobalVariable global) {
            return globals[global.index()];
        } else if (location instanceof Location.MemoryByte at) {
            return memories[at.memory()].loadByte(at.address()) & 0xFF;
        } else if (location instanceof Location.MemorySize size) {
            return memories[size.memory()].units();
        } else if (location instanceof Location.TableElement element) {
            return tables[element.table()].get(element.index());
        } else if (location instanceof Location.TableSize size) {
            return tables[size.table()].size();
        } else if (location instanceof Location.SectionByte at) {
            return readSection(at.section(), at.index(), 1)[0] & 0xFF;
        } else if (location instanceof Location.SectionSize size) {
            return sectionSize(size.section());
        } else if (location instanceof Location.DroppedData segment) {
            return droppedData.get(segment.segment()) ? 1 : 0;
        } else if (location instanceof Location.DroppedElements segment) {
            return droppedElements.get(segment.segment()) ? 1 : 0;
        } else if (location instanceof Location.FramePosition frame) {
            return Snapshot.encode(framePosition(frame.frame()));
        } else if (location instanceof Location.Handler handler) {
            return interrupts.handler(handler.signal());
        } else if (location instanceof Location.Pending pending) {
            return interrupts.pendingCount(pending.signal());
        } else if (location instanceof Location.Register register) {
            return switch (register.name()) {
                case "status" -> status.code();
                case "depth" -> depth;
                case "sp" -> sp;
                case "bp" -> bp;
                case "hp" -> hp;
                case "interrupts" -> interrupts.enabled ? 1 : 0;
                case "exit" -> exitCode;
                case "sections" -> sectionsMade();
                default -> throw noSuchPlace(location);
            };
        }
        throw new AssertionError("unknown kind of place: " + location);
    }

    /**
     * The type of a cell: of a local, an operand, a global or a table's element.
     *
     * @return empty for other places, and for what is left on the stack after the run has ended
     * @throws IllegalArgumentException if there is no such place
     */
    public Optional<ValueType> valueType(Location location) {
        checkExists(location);
        if (location instanceof Location.Local local) {
            return Optional.of(localType(view().frameFunction(local.frame()), local.index()));
        } else if (location instanceof Location.GlobalVariable global) {
            return Optional.of(program().globals().get(global.index()).type());
        } else if (location instanceof Location.TableElement element) {
            return Optional.of(program().tables().get(element.table()).type());
        } else if (location instanceof Location.Operand operand
                && (status == Status.RUNNING || status == Status.FAULTED)) {
            return Optional.of(
                    verified.operandTypes(framePosition(operand.frame())).get(operand.index()));
        }
        return Optional.empty();
    }

    /** The one representation of a value at a place. */
    private long canonical(Location location, long cell) {
        return valueType(location).map(type -> canonical(type, cell)).orElse(cell);
    }

    private void checkExists(Location location) {
        StackView view = view();
        boolean exists;
        if (location instanceof Location.Local local) {
            exists = isFrame(local.frame()) && local.index() >= 0 && local.index() < view.localCount(local.frame());
        } else if (location instanceof Location.Operand operand) {
            exists = isFrame(operand.frame())
                    && operand.index() >= 0
                    && operand.index() < view.operandCount(operand.frame());
        } else if (location instanceof Location.GlobalVariable global) {
            exists = global.index() >= 0 && global.index() < globals.length;
        } else if (location instanceof Location.MemoryByte at) {
            exists = isMemory(at.memory()) && at.address() >= 0 && at.address() < memories[at.memory()].bytes();
        } else if (location instanceof Location.MemorySize size) {
            exists = isMemory(size.memory());
        } else if (location instanceof Location.TableElement element) {
            exists = isTable(element.table()) && element.index() >= 0 && element.index() < tableSize(element.table());
        } else if (location instanceof Location.SectionByte at) {
            exists = at.index() >= 0 && at.index() < sectionSize(at.section());
        } else if (location instanceof Location.SectionSize size) {
            exists = size.section() > 0;
        } else if (location instanceof Location.TableSize size) {
            exists = isTable(size.table());
        } else if (location instanceof Location.DroppedData segment) {
            exists = segment.segment() >= 0
                    && segment.segment() < program().data().size();
        } else if (location instanceof Location.DroppedElements segment) {
            exists = segment.segment() >= 0
                    && segment.segment() < program().elements().size();
        } else if (location instanceof Location.FramePosition frame) {
            exists = isFrame(frame.frame());
        } else if (location instanceof Location.Handler handler) {
            exists = Interrupts.isSignal(handler.signal());
        } else if (location instanceof Location.Pending pending) {
            exists = Interrupts.isSignal(pending.signal());
        } else {
            exists = true;
        }
        if (!exists) {
            throw noSuchPlace(location);
        }
    }

    /** Memory 0 is always there, if of no size. */
    private boolean isMemory(int memory) {
        return memory >= 0 && memory < memories.length;
    }

    private boolean isTable(int table) {
        return table >= 0 && table < tables.length;
    }

    private boolean isFrame(int frame) {
        return frame >= 0 && frame < depth;
    }

    private static IllegalArgumentException noSuchPlace(Location location) {
        return new IllegalArgumentException("there is no " + location);
    }

    private boolean isHandler(long function) {
        return function >= 0
                && function < program().functions().size()
                && program().typeOf(program().functions().get((int) function)).equals(HANDLER_TYPE);
    }

    private ValueType localType(int functionIndex, int local) {
        Function function = program().functions().get(functionIndex);
        List<ValueType> parameters = program().typeOf(function).parameters();
        return local < parameters.size()
                ? parameters.get(local)
                : function.locals().get(local - parameters.size());
    }

    /** The one representation of a value: narrow types are sign-extended, references are checked. */
    private long canonical(ValueType type, long cell) {
        return switch (type) {
            case I32, F32 -> (int) cell;
            case I64, F64, EXTERNREF -> cell;
            case FUNCREF -> {
                if (cell < 0 || cell > program().functions().size()) {
                    throw new IllegalArgumentException("the cell " + cell + " refers to no function, expected 0 to "
                            + program().functions().size());
                }
                yield cell;
            }
        };
    }

    /** A result cell of a host function in its one representation. */
    long canonicalResult(int hostImport, int result, long cell) {
        FunctionType type = program().typeOf(program().imports().get(hostImport));
        return canonical(type.results().get(result), cell);
    }

    private static int signalOf(int signal) {
        if (!Interrupts.isSignal(signal)) {
            throw new IllegalArgumentException("signal " + signal + ", expected 1 to " + Interrupts.SIGNAL_MAX);
        }
        return signal;
    }
}
