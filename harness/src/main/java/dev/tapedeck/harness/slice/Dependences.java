package dev.tapedeck.harness.slice;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Ascending;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.vm.isa.Instruction;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The data dependences of a value, found backwards. A run is replayed in stretches, the last one first, and each stretch
 * looked through from its end: what is <em>wanted</em> are places, and an instruction that writes one makes what it read
 * wanted in its stead. What only moves a value (locals, globals, stores and loads, calls and returns, {@code select},
 * {@code memory.copy}) makes no node of its own: whoever wanted the value wants it at the place it came from.
 *
 * <p>Memory and heap sections are followed by the byte, so that a wide load of what narrow stores have written has all of
 * them as its sources.
 */
final class Dependences {
    /** The lengths of the stretches in instructions, the latest one first; the last of them is used again and again. */
    private static final long[] STRETCHES = {1L << 10, 1L << 13, 1L << 16};

    /** Instructions that calculate, collected at most. */
    private static final int NODES_MAX = 1 << 15;

    /** Places that are looked for at one time, at most. */
    private static final int WANTED_MAX = 1 << 16;

    /** Carriers of a value that are remembered between two nodes. */
    private static final int COPIES_MAX = 16;

    enum Space {
        CELL,
        MEMORY,
        GLOBAL,
        ELEMENT,
        SECTION,
        HP,
        MEMORY_SIZE,
        TABLE_SIZE
    }

    /** A place: a cell, a byte, or what else can be written on its own. */
    record Spot(Space space, long at) {}

    /** Something that gives a value. */
    static final class Node {
        final Cause.Kind kind;
        final long icount;
        final int function;
        final int offset;
        final int depth;

        /** What it is, if it is no instruction; else empty. */
        final String text;

        final Opcode opcode;
        final long value;
        final long[] operands;

        /** For each operand, what gave it. */
        final List<Map<Node, Optional<Copy>>> sources = new ArrayList<>();

        /** What carried its value to the one that read it last; null if nothing did. */
        @Nullable
        Copy carriedBy;

        /** Of an argument, which one. */
        int argument;

        boolean used;

        /** Whether it is worth a line: all but constants that are consumed right where they stand. */
        boolean shown;

        private Node(
                Cause.Kind kind,
                long icount,
                int function,
                int offset,
                int depth,
                String text,
                Opcode opcode,
                long value,
                long[] operands) {
            this.kind = kind;
            this.icount = icount;
            this.function = function;
            this.offset = offset;
            this.depth = depth;
            this.text = text;
            this.opcode = opcode;
            this.value = value;
            this.operands = operands;
        }
    }

    /**
     * An instruction that carried a value on, unchanged or but for its width.
     *
     * @param chooser the cell that chose the value, of a load or a {@code select}, or -1
     * @param next the one that carried it on from there; null if that was read
     * @param length of the chain from here on
     */
    record Copy(
            long icount,
            int function,
            int offset,
            int depth,
            Opcode opcode,
            int chooser,
            @Nullable Copy next,
            int length) {}

    /** Who wants a place: an operand of a node, by way of carriers. */
    private record Want(
            Node consumer, int operand, @Nullable Copy path) {}

    /** The payload of an interrupt, from its delivery back to where it became pending. */
    private static final class Payload {
        final long signal;
        final List<Want> takers;
        final Node interrupt;

        /** How many of its signal became pending later than it. */
        int behind;

        /** @param interrupt what it is if it came from outside */
        Payload(long signal, List<Want> takers, Node interrupt, int behind) {
            this.signal = signal;
            this.takers = takers;
            this.interrupt = interrupt;
            this.behind = behind;
        }
    }

    private final Replay replay;
    private final Recording recording;
    private final Program program;
    private final Budget budget;
    private final Map<Space, NavigableMap<Long, List<Want>>> wanted = new EnumMap<>(Space.class);
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Node> initial = new LinkedHashMap<>();
    private final List<Payload> payloads = new ArrayList<>();
    private int wants;
    private boolean complete = true;

    /** The node that stands for whoever asks. */
    final Node root = new Node(Cause.Kind.COMPUTED, Long.MAX_VALUE, -1, -1, 0, "", Opcode.NOP, 0, new long[0]);

    /** The instructions that may still be looked at. */
    static final class Budget {
        private long left;

        Budget(long instructions) {
            left = instructions;
        }

        /** Takes up to {@code most} instructions. */
        long take(long most) {
            long taken = Math.min(left, most);
            left -= taken;
            return taken;
        }

        long left() {
            return left;
        }
    }

    Dependences(Replay replay, Budget budget) {
        this.replay = replay;
        this.budget = budget;
        recording = replay.recording();
        program = recording.program().program();
        for (Space space : Space.values()) {
            wanted.put(space, new TreeMap<>());
        }
        root.sources.add(new LinkedHashMap<>());
    }

    /** The keys of a place of the state; none if it is one that no instruction calculates. */
    static List<Spot> keys(Machine machine, Location location, int length) {
        int cell = Effect.cellOf(machine, location);
        if (cell >= 0) {
            return List.of(new Spot(Space.CELL, cell));
        } else if (location instanceof Location.MemoryByte at) {
            return range(Space.MEMORY, at.memory(), at.address(), length);
        } else if (location instanceof Location.SectionByte at) {
            return range(Space.SECTION, at.section(), at.index(), length);
        } else if (location instanceof Location.GlobalVariable global) {
            return List.of(new Spot(Space.GLOBAL, global.index()));
        } else if (location instanceof Location.TableElement element) {
            return List.of(new Spot(Space.ELEMENT, join(element.table(), element.index())));
        } else if (location instanceof Location.MemorySize size) {
            return List.of(new Spot(Space.MEMORY_SIZE, size.memory()));
        } else if (location instanceof Location.TableSize size) {
            return List.of(new Spot(Space.TABLE_SIZE, size.table()));
        } else if (location instanceof Location.Register register
                && register.name().equals("hp")) {
            return List.of(new Spot(Space.HP, 0));
        }
        return List.of();
    }

    private static List<Spot> range(Space space, int outer, long from, int length) {
        List<Spot> keys = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            keys.add(new Spot(space, join(outer, from + i)));
        }
        return keys;
    }

    private static long join(int outer, long inner) {
        return ((long) outer << Integer.SIZE) | (inner & 0xffff_ffffL);
    }

    /** All that gives a value, the last first. */
    List<Node> nodes() {
        return nodes;
    }

    /** Whether nothing was left unknown. */
    boolean complete() {
        return complete;
    }

    /** Whether something from outside is among the sources. */
    boolean explained() {
        return !complete || nodes.stream().anyMatch(node -> node.kind.explains());
    }

    /** Whether the instruction at an instruction count is among the sources. */
    boolean has(long icount) {
        return nodes.stream().anyMatch(node -> node.icount == icount);
    }

    /** Makes a place wanted. */
    void want(Spot key) {
        want(key.space(), key.at(), new Want(root, 0, null));
    }

    private void want(Space space, long at, Want want) {
        List<Want> here = in(space).computeIfAbsent(at, k -> new ArrayList<>(1));
        for (Want other : here) {
            if (other.consumer == want.consumer && other.operand == want.operand) {
                return;
            }
        }
        here.add(want);
        wants++;
    }

    private NavigableMap<Long, List<Want>> in(Space space) {
        return Objects.requireNonNull(wanted.get(space));
    }

    private List<Want> take(Space space, long at) {
        List<Want> taken = in(space).remove(at);
        if (taken == null) {
            return List.of();
        }
        wants -= taken.size();
        return taken;
    }

    /** Takes the wanted bytes of a range; by their place in it. */
    private Map<Long, List<Want>> takeRange(Space space, int outer, long from, long length) {
        Map<Long, List<Want>> taken = new TreeMap<>();
        if (length > 0 && !in(space).isEmpty()) {
            Map<Long, List<Want>> there =
                    in(space).subMap(join(outer, from), true, join(outer, Math.min(from + length, 1L << 32) - 1), true);
            there.forEach((at, list) -> {
                taken.put(at - join(outer, from), list);
                wants -= list.size();
            });
            there.clear();
        }
        return taken;
    }

    /**
     * Looks for what is wanted, in the instructions before {@code end}. Afterwards the replay stands somewhere before.
     *
     * @throws ReplayException if the recording does not reproduce itself there
     */
    void walk(long end) throws RecordingException, ReplayException {
        long to = end;
        for (int i = 0; wants > 0 && to > 0; i++) {
            long length = budget.take(Math.min(to, STRETCHES[Math.min(i, STRETCHES.length - 1)]));
            if (length == 0 || nodes.size() >= NODES_MAX || wants > WANTED_MAX) {
                complete = false;
                giveUp(to);
                return;
            }
            List<TracedInstruction> trace = TracedInstruction.stretch(replay, to - length, to);
            for (int j = trace.size() - 1; j >= 0 && wants > 0; j--) {
                // Few instructions can make many wanted places: each byte of what they load may come from another one.
                if (nodes.size() >= NODES_MAX || wants > WANTED_MAX) {
                    complete = false;
                    giveUp(trace.get(j).icount + 1);
                    return;
                }
                behind(trace.get(j));
                wrote(trace.get(j));
            }
            to -= length;
        }
        if (wants > 0) {
            arrived(0);
            replay.seek(0);
            for (Spot key : TracedInstruction.injected(replay)) {
                give(take(key.space(), key.at()), initial(Cause.Kind.INJECTED, "injected", 0));
            }
            start();
        }
    }

    /** What is still wanted is older than what is looked at. */
    private void giveUp(long icount) throws RecordingException, ReplayException {
        replay.seek(icount);
        Position position = replay.machine().position();
        Node unknown = new Node(
                Cause.Kind.UNKNOWN,
                icount,
                position.function(),
                position.offset(),
                0,
                "goes on further back",
                Opcode.NOP,
                0,
                new long[0]);
        for (Map<Long, List<Want>> space : wanted.values()) {
            space.values().forEach(list -> give(list, unknown));
            space.clear();
        }
        payloads.forEach(payload -> give(payload.takers, unknown));
        payloads.clear();
        wants = 0;
    }

    private void give(List<Want> takers, Node node) {
        for (Want want : takers) {
            Map<Node, Optional<Copy>> sources = want.consumer.sources.get(want.operand);
            sources.putIfAbsent(node, Optional.ofNullable(want.path));
            if (!node.used) {
                node.used = true;
                node.carriedBy = want.path;
                nodes.add(node);
            }
            node.shown |= node.kind != Cause.Kind.CONSTANT || want.path != null || want.consumer == root;
        }
    }

    /** Whoever wanted the value wants it at the place from where {@code by} took it. */
    private void carry(List<Want> takers, TracedInstruction by, int chooser, Space space, long from) {
        for (Want want : takers) {
            Copy path = want.path;
            if (path == null || path.length() < COPIES_MAX) {
                path = new Copy(
                        by.icount,
                        by.function,
                        by.offset,
                        by.depth,
                        by.opcode,
                        chooser,
                        path,
                        path == null ? 1 : path.length() + 1);
            }
            want(space, from, new Want(want.consumer, want.operand, path));
        }
    }

    private Node node(Cause.Kind kind, TracedInstruction at) {
        return new Node(kind, at.icount, at.function, at.offset, at.depth, "", at.opcode, at.value, at.operands);
    }

    /** A calculation, whose operands are wanted from here on. */
    private void compute(List<Want> takers, TracedInstruction at) {
        if (takers.isEmpty()) {
            return;
        }
        Node node = node(Cause.Kind.COMPUTED, at);
        give(takers, node);
        for (int i = 0; i < at.pops; i++) {
            node.sources.add(new LinkedHashMap<>());
            want(Space.CELL, at.sp - at.pops + i, new Want(node, i, null));
        }
    }

    /** What came from outside at the boundary behind an instruction. */
    private void behind(TracedInstruction done) {
        if (done.handlerFrom >= 0) {
            List<Want> ofSignal = take(Space.CELL, done.handlerFrom);
            List<Want> ofPayload = take(Space.CELL, done.handlerFrom + 1L);
            if (!ofSignal.isEmpty() || !ofPayload.isEmpty()) {
                Node node = new Node(
                        Cause.Kind.INTERRUPT,
                        done.icount + 1,
                        done.handler,
                        0,
                        done.handlerDepth,
                        "interrupt " + done.signal + ", payload " + done.payload,
                        Opcode.NOP,
                        done.payload,
                        new long[0]);
                give(ofSignal, node);
                if (!ofPayload.isEmpty()) {
                    payloads.add(new Payload(done.signal, ofPayload, node, done.waiting));
                    wants += ofPayload.size();
                }
            }
            zeroes(done.icount + 1, done.handler, done.handlerFrom, done.handlerFrom + 2, done.handlerTo);
        }
        arrived(done.icount + 1);
        for (Spot key : done.injected) {
            List<Want> takers = take(key.space(), key.at());
            if (!takers.isEmpty()) {
                give(
                        takers,
                        new Node(
                                Cause.Kind.INJECTED,
                                done.icount + 1,
                                done.function,
                                done.offset,
                                done.depth,
                                "injected",
                                Opcode.NOP,
                                0,
                                new long[0]));
            }
        }
    }

    /** The interrupts that came from outside at an instruction count, the last first. */
    private void arrived(long icount) {
        List<Interrupt> interrupts = payloads.isEmpty() ? List.of() : recording.interrupts();
        for (int i = Ascending.firstFrom(interrupts, Interrupt::icount, icount + 1) - 1;
                i >= 0 && interrupts.get(i).icount() == icount;
                i--) {
            pending(interrupts.get(i).signal()).ifPresent(found -> give(found.takers, found.interrupt));
        }
    }

    /** Something made a signal pending: first come, first served, so it is known which of the delivered ones that was. */
    private Optional<Payload> pending(long signal) {
        Optional<Payload> found = Optional.empty();
        for (Payload payload : payloads) {
            if (payload.signal == signal && payload.behind-- == 0) {
                found = Optional.of(payload);
            }
        }
        found.ifPresent(payload -> {
            payloads.remove(payload);
            wants -= payload.takers.size();
        });
        return found;
    }

    /** Locals that start as zero. */
    private void zeroes(long icount, int function, int frame, int from, int to) {
        for (int cell = from; cell < to; cell++) {
            List<Want> takers = take(Space.CELL, cell);
            if (!takers.isEmpty()) {
                give(
                        takers,
                        new Node(
                                Cause.Kind.INITIAL,
                                icount,
                                function,
                                0,
                                0,
                                localName(function, cell - frame) + " starts as 0",
                                Opcode.NOP,
                                0,
                                new long[0]));
            }
        }
    }

    private String localName(int function, int index) {
        return "local " + Places.local(program.functions().get(function), index) + " of "
                + program.functionName(function);
    }

    // What an instruction wrote.

    private void wrote(TracedInstruction done) {
        Instruction instruction = done.instruction;
        switch (done.opcode) {
            case NOP, BR, UNREACHABLE, BR_IF, BR_UNLESS, BR_TABLE, DROP, HALT, INTERRUPT_RETURN -> {}
            case INTERRUPT_ENABLE, INTERRUPT_DISABLE, INTERRUPT_HANDLE, INTERRUPT_UNHANDLE, DATA_DROP, ELEM_DROP -> {}
            case SECTION_FREE -> {}
            case LOCAL_GET -> carry(top(done), done, -1, Space.CELL, done.localRead);
            case LOCAL_SET, LOCAL_TEE -> carry(top(done), done, -1, Space.CELL, done.moveFrom);
            case RETURN, UNWIND -> move(done);
            case SELECT ->
                carry(top(done), done, done.cell(0), Space.CELL, done.cell((int) done.operand(0) != 0 ? 2 : 1));
            case GLOBAL_GET -> carry(top(done), done, -1, Space.GLOBAL, instruction.a());
            case GLOBAL_SET -> carry(take(Space.GLOBAL, done.globalWrite), done, -1, Space.CELL, done.cell(0));
            case HP_GET -> carry(top(done), done, -1, Space.HP, 0);
            case HP_SET -> carry(take(Space.HP, 0), done, -1, Space.CELL, done.cell(0));
            case MEMORY_SIZE -> carry(top(done), done, -1, Space.MEMORY_SIZE, instruction.a());
            case TABLE_SIZE -> carry(top(done), done, -1, Space.TABLE_SIZE, instruction.a());
            case MEMORY_GROW -> {
                List<Want> ofSize = take(Space.MEMORY_SIZE, instruction.a());
                List<Want> takers = top(done);
                if (!ofSize.isEmpty() || !takers.isEmpty()) {
                    grow(List.of(ofSize, takers), done, Space.MEMORY_SIZE);
                }
            }
            case TABLE_GROW -> {
                carryAll(elements(done), done, done.cell(1));
                List<Want> ofSize = take(Space.TABLE_SIZE, instruction.a());
                List<Want> takers = top(done);
                if (!ofSize.isEmpty() || !takers.isEmpty()) {
                    grow(List.of(ofSize, takers), done, Space.TABLE_SIZE);
                }
            }
            case CALL, CALL_INDIRECT -> {
                if (done.writeTo > done.writeFrom) {
                    callee(done);
                }
            }
            case CALL_HOST -> hostCall(done);
            case TABLE_GET ->
                carry(top(done), done, done.cell(0), Space.ELEMENT, join((int) instruction.a(), done.address(0)));
            case TABLE_SET -> carryAll(elements(done), done, done.cell(0));
            case TABLE_FILL -> carryAll(elements(done), done, done.cell(1));
            case TABLE_COPY ->
                elements(done)
                        .forEach((at, takers) -> carry(
                                takers,
                                done,
                                done.cell(1),
                                Space.ELEMENT,
                                join((int) instruction.b(), done.address(1) + at)));
            case TABLE_INIT -> elements(done).values().forEach(takers -> give(takers, node(Cause.Kind.DATA, done)));
            case MEMORY_COPY ->
                bytes(done)
                        .forEach((at, takers) -> carry(
                                takers,
                                done,
                                done.cell(1),
                                Space.MEMORY,
                                join(done.readMemory, done.readAddress + at)));
            case MEMORY_FILL -> carryAll(bytes(done), done, done.cell(1));
            case MEMORY_INIT -> {
                Node node = node(Cause.Kind.DATA, done);
                bytes(done).values().forEach(takers -> give(takers, node));
            }
            case SECTION_NEW -> {
                Node node = node(Cause.Kind.INITIAL, done);
                sectionBytes(done).values().forEach(takers -> give(takers, node));
                compute(top(done), done);
            }
            case SECTION_COPY ->
                sectionBytes(done)
                        .forEach((at, takers) -> carry(
                                takers,
                                done,
                                done.cell(1),
                                Space.SECTION,
                                join((int) done.operand(2), done.address(1) + at)));
            case SECTION_FILL -> carryAll(sectionBytes(done), done, done.cell(1));
            case INTERRUPT_RAISE -> raise(done);
            case IP_GET, SP_GET, BP_GET, ICOUNT_GET, INTERRUPT_ENABLED -> leaf(done, Cause.Kind.MACHINE);
            case I32_CONST, I64_CONST, F32_CONST, F64_CONST, REF_NULL, REF_FUNC -> leaf(done, Cause.Kind.CONSTANT);
            default -> {
                if (done.loads()) {
                    load(done);
                } else if (done.stores()) {
                    carryAll(done.ofSection() ? sectionBytes(done) : bytes(done), done, done.cell(0));
                } else if (done.writeTo > done.writeFrom) {
                    compute(top(done), done);
                }
            }
        }
    }

    private List<Want> top(TracedInstruction done) {
        return take(Space.CELL, done.writeFrom);
    }

    private Map<Long, List<Want>> bytes(TracedInstruction done) {
        return takeRange(Space.MEMORY, done.writeMemory, done.writeAddress, done.writeLength);
    }

    private Map<Long, List<Want>> sectionBytes(TracedInstruction done) {
        return takeRange(Space.SECTION, done.sectionWrite, done.sectionFrom, done.sectionLength);
    }

    private Map<Long, List<Want>> elements(TracedInstruction done) {
        return takeRange(Space.ELEMENT, done.tableWrite, done.elementsFrom, done.elementsLength);
    }

    private void carryAll(Map<Long, List<Want>> takers, TracedInstruction by, int cell) {
        takers.values().forEach(list -> carry(list, by, -1, Space.CELL, cell));
    }

    private void leaf(TracedInstruction done, Cause.Kind kind) {
        List<Want> takers = top(done);
        if (!takers.isEmpty()) {
            give(takers, node(kind, done));
        }
    }

    private void move(TracedInstruction done) {
        List<List<Want>> moved = new ArrayList<>();
        for (int cell = done.writeFrom; cell < done.writeTo; cell++) {
            moved.add(take(Space.CELL, cell));
        }
        for (int i = 0; i < moved.size(); i++) {
            carry(moved.get(i), done, -1, Space.CELL, done.moveFrom + (long) i);
        }
    }

    /** The size that there was, and by how much it should grow, give the size that there is and what is pushed. */
    private void grow(List<List<Want>> takers, TracedInstruction done, Space size) {
        Node node = node(Cause.Kind.COMPUTED, done);
        takers.forEach(list -> give(list, node));
        node.sources.add(new LinkedHashMap<>());
        want(Space.CELL, done.cell(0), new Want(node, 0, null));
        node.sources.add(new LinkedHashMap<>());
        want(size, done.instruction.a(), new Want(node, 1, null));
    }

    private void callee(TracedInstruction done) {
        int parameters = program.typeOf(program.functions().get(done.callee))
                .parameters()
                .size();
        for (int cell = done.writeFrom; cell < done.writeTo; cell++) {
            List<Want> takers = take(Space.CELL, cell);
            if (!takers.isEmpty()) {
                String name = localName(done.callee, cell - done.writeFrom + parameters);
                give(
                        takers,
                        new Node(
                                Cause.Kind.INITIAL,
                                done.icount,
                                done.function,
                                done.offset,
                                done.depth,
                                name + " starts as 0",
                                Opcode.NOP,
                                0,
                                new long[0]));
            }
        }
    }

    private void hostCall(TracedInstruction done) {
        Node node = node(Cause.Kind.HOST, done);
        for (int cell = done.writeFrom; cell < done.writeTo; cell++) {
            give(take(Space.CELL, cell), node);
        }
        Optional<HostCallRecord> call =
                in(Space.MEMORY).isEmpty() ? Optional.empty() : recording.hostCallAt(done.icount);
        if (call.isPresent()) {
            for (MemoryWrite write : call.get().writes()) {
                takeRange(Space.MEMORY, write.memory(), write.address(), write.bytes().length)
                        .values()
                        .forEach(takers -> give(takers, node));
            }
        }
    }

    private void load(TracedInstruction done) {
        List<Want> takers = top(done);
        if (takers.isEmpty()) {
            return;
        }
        for (int i = 0; i < done.accessBytes(); i++) {
            if (done.ofSection()) {
                long from = done.address(0) + done.instruction.a() + i;
                carry(takers, done, done.cell(0), Space.SECTION, join((int) done.operand(1), from));
            } else {
                carry(takers, done, done.cell(0), Space.MEMORY, join(done.readMemory, done.readAddress + i));
            }
        }
    }

    private void raise(TracedInstruction done) {
        pending(done.operand(1)).ifPresent(found -> carry(found.takers, done, -1, Space.CELL, done.cell(0)));
    }

    // What was there before the first instruction.

    private void start() {
        Machine machine = replay.machine();
        int entry = machine.framePosition(0).function();
        int parameters =
                program.typeOf(program.functions().get(entry)).parameters().size();
        wanted.forEach((space, places) -> places.forEach((at, takers) -> {
            int outer = (int) (at >>> Integer.SIZE);
            long inner = at & 0xffff_ffffL;
            give(
                    takers,
                    switch (space) {
                        case CELL -> {
                            boolean argument = inner < parameters;
                            String name = localName(entry, (int) inner);
                            if (!argument) {
                                yield initial(Cause.Kind.INITIAL, name + " starts as 0", 0);
                            }
                            Node node = initial(
                                    Cause.Kind.ARGUMENT,
                                    name.replaceFirst("^local", "argument"),
                                    recording.options().arguments().get((int) inner));
                            node.argument = (int) inner;
                            yield node;
                        }
                        case MEMORY -> memory(outer, inner);
                        case GLOBAL -> {
                            Program.Global global = program.globals().get((int) inner);
                            yield initial(
                                    Cause.Kind.INITIAL,
                                    Places.global(program, (int) inner) + " starts as "
                                            + Values.cell(global.type(), global.initial()),
                                    global.initial());
                        }
                        case ELEMENT -> initial(Cause.Kind.DATA, "table element " + inner + " at the start", 0);
                        case SECTION -> initial(Cause.Kind.INITIAL, "section at the start", 0);
                        case HP -> initial(Cause.Kind.INITIAL, "register hp at the start", 0);
                        case MEMORY_SIZE -> initial(Cause.Kind.INITIAL, "memory size at the start", 0);
                        case TABLE_SIZE -> initial(Cause.Kind.INITIAL, "table size at the start", 0);
                    });
        }));
        wanted.values().forEach(Map::clear);
        // Of what was pending already nothing is known but that it came.
        payloads.forEach(payload -> give(payload.takers, payload.interrupt));
        payloads.clear();
        wants = 0;
    }

    private Node memory(int memory, long address) {
        if (memory == 0) {
            for (int i = program.data().size() - 1; i >= 0; i--) {
                DataSegment segment = program.data().get(i);
                if (!segment.passive()
                        && address >= segment.address()
                        && address < segment.address() + segment.length()) {
                    String name = segment.name().isEmpty() ? "segment " + i : "'" + segment.name() + "'";
                    return initial(Cause.Kind.DATA, "data " + name, 0);
                }
            }
        }
        return initial(Cause.Kind.INITIAL, "memory that starts as 0", 0);
    }

    private Node initial(Cause.Kind kind, String text, long value) {
        int entry = replay.machine().framePosition(0).function();
        return initial.computeIfAbsent(
                text, name -> new Node(kind, 0, entry, 0, 1, name, Opcode.NOP, value, new long[0]));
    }

    /** The types of what a calculation reads; empty where they are not known. */
    static List<ValueType> operandTypes(Opcode opcode) {
        return opcode.effect().map(Opcode.Effect::pops).orElse(List.of());
    }
}
