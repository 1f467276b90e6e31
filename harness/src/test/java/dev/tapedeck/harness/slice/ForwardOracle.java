package dev.tapedeck.harness.slice;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.slice.Dependences.Space;
import dev.tapedeck.harness.slice.Dependences.Spot;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.DataSegment;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Where values come from, found forwards: each place of the state carries the names of what gave it its value, from the
 * first instruction on. The opposite of a slicer in every respect, and hopeless for long runs.
 */
final class ForwardOracle {
    private final Replay replay;
    private final Recording recording;
    private final Machine machine;
    private final Program program;
    private final Effect effect;
    private final Map<Spot, Set<String>> shadow = new HashMap<>();
    private final Map<Long, List<Set<String>>> operands = new HashMap<>();
    private final Map<Integer, Deque<Set<String>>> pending = new HashMap<>();

    ForwardOracle(Recording recording) throws Exception {
        this.recording = recording;
        replay = new Replay(recording);
        machine = replay.machine();
        program = machine.program();
        effect = new Effect(program);
        int entry = machine.framePosition(0).function();
        int parameters =
                program.typeOf(program.functions().get(entry)).parameters().size();
        int cells = machine.sp();
        for (int i = 0; i < cells; i++) {
            put(cell(i), Set.of(i < parameters ? "argument@0" : "initial@0"));
        }
        arrive(0);
    }

    Machine machine() {
        return machine;
    }

    /** Goes on to an instruction count; false if the run ends before. */
    boolean to(long icount) throws Exception {
        while (machine.icount() < icount && machine.status() == Status.RUNNING) {
            if (!step()) {
                return false;
            }
        }
        return machine.icount() == icount;
    }

    /** What gave a place its value. */
    Set<String> sources(List<Spot> keys) {
        Set<String> all = new TreeSet<>();
        keys.forEach(key -> all.addAll(at(key)));
        return all;
    }

    /** What gave the operands of the calculation at an instruction count their values. */
    List<Set<String>> operands(long icount) {
        return operands.get(icount);
    }

    private static Spot cell(long cell) {
        return new Spot(Space.CELL, cell);
    }

    private static Spot key(Space space, long outer, long inner) {
        return new Spot(space, outer << 32 | (inner & 0xffff_ffffL));
    }

    private Set<String> at(Spot key) {
        Set<String> known = shadow.get(key);
        if (known != null) {
            return known;
        }
        int outer = (int) (key.at() >>> 32);
        long inner = key.at() & 0xffff_ffffL;
        if (key.space() == Space.MEMORY && outer == 0) {
            for (DataSegment data : program.data()) {
                if (!data.passive() && inner >= data.address() && inner < data.address() + data.length()) {
                    return Set.of("data@0");
                }
            }
        }
        return Set.of(key.space() == Space.ELEMENT ? "data@0" : "initial@0");
    }

    private void put(Spot key, Set<String> names) {
        shadow.put(key, names);
    }

    private Set<String> top(int below) {
        return at(cell(effect.sp - 1L - below));
    }

    private long value(int below) {
        return Effect.cell(machine, effect.sp - 1 - below);
    }

    private long address(int below) {
        return value(below) & 0xffff_ffffL;
    }

    private static Set<String> union(List<Set<String>> sets) {
        Set<String> all = new TreeSet<>();
        sets.forEach(all::addAll);
        return all;
    }

    private boolean step() throws Exception {
        effect.read(machine);
        long icount = machine.icount();
        Map<Spot, Set<String>> written = new HashMap<>();
        collect(icount, written);
        List<Long> values = new ArrayList<>();
        for (int i = 0; i < Math.min(effect.pops, 3); i++) {
            values.add(value(i));
        }
        if (effect.opcode == Opcode.INTERRUPT_RAISE) {
            pending.computeIfAbsent((int) (long) values.get(1), s -> new ArrayDeque<>())
                    .add(top(0));
        }
        int depthBefore = machine.depth();
        if (!replay.step()) {
            return false;
        }
        if (effect.opcode == Opcode.CALL_HOST) {
            recording.hostCallAt(icount).ifPresent(call -> {
                for (MemoryWrite write : call.writes()) {
                    for (int i = 0; i < write.bytes().length; i++) {
                        put(key(Space.MEMORY, write.memory(), write.address() + i), Set.of("host@" + icount));
                    }
                }
            });
        }
        shadow.putAll(written);
        if (machine.status() == Status.RUNNING) {
            arrive(icount + 1);
            int depth = depthBefore;
            if (effect.opcode == Opcode.CALL || effect.opcode == Opcode.CALL_INDIRECT) {
                depth++;
            } else if (effect.opcode == Opcode.RETURN || effect.opcode == Opcode.INTERRUPT_RETURN) {
                depth--;
            }
            if (machine.depth() > depth) {
                delivered(icount + 1);
            }
        }
        return true;
    }

    private void arrive(long icount) {
        List<Interrupt> arrived =
                recording.interrupts().subList(recording.firstInterrupt(icount), recording.firstInterrupt(icount + 1));
        for (Interrupt interrupt : arrived) {
            pending.computeIfAbsent(interrupt.signal(), s -> new ArrayDeque<>()).add(Set.of());
        }
    }

    private void delivered(long icount) {
        int bp = machine.bp();
        Set<String> payload =
                pending.get((int) machine.local(machine.depth() - 1, 0)).remove();
        put(cell(bp), Set.of("interrupt@" + icount));
        put(cell(bp + 1L), payload.isEmpty() ? Set.of("interrupt@" + icount) : payload);
        for (int i = bp + 2; i < machine.sp(); i++) {
            put(cell(i), Set.of("initial@" + icount));
        }
    }

    /** What the next instruction writes, and what of. */
    private void collect(long icount, Map<Spot, Set<String>> written) {
        long a = effect.instruction.a();
        long b = effect.instruction.b();
        Spot result = cell(effect.writeFrom);
        switch (effect.opcode) {
            case LOCAL_GET -> written.put(result, at(cell(effect.localRead)));
            case LOCAL_SET, LOCAL_TEE -> written.put(result, top(0));
            case RETURN -> {
                for (int i = 0; i < effect.pops; i++) {
                    written.put(cell(effect.bp + (long) i), top(effect.pops - 1 - i));
                }
            }
            case UNWIND -> {
                for (int i = 0; i < a; i++) {
                    written.put(cell(effect.writeFrom + (long) i), top((int) a - 1 - i));
                }
            }
            case SELECT -> written.put(result, (int) value(0) != 0 ? top(2) : top(1));
            case GLOBAL_GET -> written.put(result, at(new Spot(Space.GLOBAL, a)));
            case GLOBAL_SET -> written.put(new Spot(Space.GLOBAL, a), top(0));
            case HP_GET -> written.put(result, at(new Spot(Space.HP, 0)));
            case HP_SET -> written.put(new Spot(Space.HP, 0), top(0));
            case MEMORY_SIZE -> written.put(result, at(new Spot(Space.MEMORY_SIZE, a)));
            case TABLE_SIZE -> written.put(result, at(new Spot(Space.TABLE_SIZE, a)));
            case MEMORY_GROW -> {
                operands.put(icount, List.of(top(0), at(new Spot(Space.MEMORY_SIZE, a))));
                written.put(result, Set.of("computed@" + icount));
                written.put(new Spot(Space.MEMORY_SIZE, a), Set.of("computed@" + icount));
            }
            case TABLE_GROW -> {
                operands.put(icount, List.of(top(0), at(new Spot(Space.TABLE_SIZE, a))));
                for (int i = 0; i < value(0); i++) {
                    written.put(key(Space.ELEMENT, a, machine.tableSize((int) a) + (long) i), top(1));
                }
                written.put(result, Set.of("computed@" + icount));
                written.put(new Spot(Space.TABLE_SIZE, a), Set.of("computed@" + icount));
            }
            case CALL, CALL_INDIRECT -> {
                for (int i = effect.writeFrom; i < effect.writeTo; i++) {
                    written.put(cell(i), Set.of("initial@" + icount));
                }
            }
            case CALL_HOST -> {
                for (int i = effect.writeFrom; i < effect.writeTo; i++) {
                    written.put(cell(i), Set.of("host@" + icount));
                }
            }
            case TABLE_GET -> written.put(result, at(key(Space.ELEMENT, a, address(0))));
            case TABLE_SET -> written.put(key(Space.ELEMENT, a, address(1)), top(0));
            case TABLE_FILL -> {
                for (long i = 0; i < address(0); i++) {
                    written.put(key(Space.ELEMENT, a, address(2) + i), top(1));
                }
            }
            case TABLE_COPY -> {
                for (long i = 0; i < address(0); i++) {
                    written.put(key(Space.ELEMENT, a, address(2) + i), at(key(Space.ELEMENT, b, address(1) + i)));
                }
            }
            case TABLE_INIT -> {
                for (long i = 0; i < address(0); i++) {
                    written.put(key(Space.ELEMENT, b, address(2) + i), Set.of("data@" + icount));
                }
            }
            case MEMORY_COPY -> {
                for (long i = 0; i < address(0); i++) {
                    written.put(key(Space.MEMORY, a, address(2) + i), at(key(Space.MEMORY, b, address(1) + i)));
                }
            }
            case MEMORY_FILL -> {
                for (long i = 0; i < address(0); i++) {
                    written.put(key(Space.MEMORY, a, address(2) + i), top(1));
                }
            }
            case MEMORY_INIT -> {
                for (long i = 0; i < address(0); i++) {
                    written.put(key(Space.MEMORY, b, address(2) + i), Set.of("data@" + icount));
                }
            }
            case SECTION_NEW -> {
                long number = machine.sectionsMade() + 1L;
                for (long i = 0; i < address(0); i++) {
                    written.put(key(Space.SECTION, number, i), Set.of("initial@" + icount));
                }
                operands.put(icount, List.of(top(0)));
                written.put(result, Set.of("computed@" + icount));
            }
            case SECTION_COPY -> {
                for (long i = 0; i < address(0); i++) {
                    written.put(
                            key(Space.SECTION, value(4), address(3) + i),
                            at(key(Space.SECTION, value(2), address(1) + i)));
                }
            }
            case SECTION_FILL -> {
                for (long i = 0; i < address(0); i++) {
                    written.put(key(Space.SECTION, value(3), address(2) + i), top(1));
                }
            }
            case IP_GET, SP_GET, BP_GET, ICOUNT_GET, INTERRUPT_ENABLED ->
                written.put(result, Set.of("machine@" + icount));
            case I32_CONST, I64_CONST, F32_CONST, F64_CONST, REF_NULL, REF_FUNC ->
                written.put(result, Set.of("constant@" + icount));
            default -> access(icount, result, written);
        }
    }

    private void access(long icount, Spot result, Map<Spot, Set<String>> written) {
        String name = effect.opcode.mnemonic();
        boolean section = name.startsWith("section.");
        if (effect.opcode.access().isPresent()) {
            int bytes = effect.opcode.access().get().bytes();
            boolean store = name.contains("store");
            int below = store ? 1 : 0;
            long from = address(below) + effect.instruction.a();
            Space space = section ? Space.SECTION : Space.MEMORY;
            long outer = section ? value(below + 1) : effect.instruction.b();
            List<Set<String>> read = new ArrayList<>();
            for (int i = 0; i < bytes; i++) {
                Spot place = key(space, outer, from + i);
                if (store) {
                    written.put(place, top(0));
                } else {
                    read.add(at(place));
                }
            }
            if (!store) {
                written.put(result, union(read));
            }
        } else if (effect.writeTo > effect.writeFrom) {
            List<Set<String>> read = new ArrayList<>();
            for (int i = effect.pops - 1; i >= 0; i--) {
                read.add(top(i));
            }
            operands.put(icount, read);
            written.put(result, Set.of("computed@" + icount));
        }
    }
}
