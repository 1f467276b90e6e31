package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds which instruction last wrote a place of the state, or which event from outside did, by walking stretches of the
 * run before it again: first a short one, then a longer one before that, and so on, to a bound.
 */
final class LastWriters {
    /** The lengths of the stretches, in instructions, the latest one first. */
    private static final long[] STRETCHES = {1L << 10, 1L << 14, 1L << 18, 1L << 20};

    /** A place that is looked for: a location, and how many bytes of memory from there on. */
    record Target(Location location, long length) {}

    private final Lane lane;
    private final Map<Target, Executed> found = new HashMap<>();
    private List<Wanted> wanted = new ArrayList<>();

    /** A target with its absolute cell, if it is one of the stack, else -1. */
    private static final class Wanted {
        final Target target;
        final int cell;

        @Nullable
        Executed latest;

        Wanted(Target target, int cell) {
            this.target = target;
            this.cell = cell;
        }
    }

    private LastWriters(Lane lane) {
        this.lane = lane;
    }

    /**
     * Searches backwards from where the replay stands; afterwards it stands somewhere before.
     *
     * @return the writers that were found
     */
    static Map<Target, Executed> search(Lane lane, List<Target> targets) throws RecordingException, Unfaithful {
        LastWriters search = new LastWriters(lane);
        for (Target target : targets) {
            search.wanted.add(new Wanted(target, Effect.cellOf(lane.machine(), target.location())));
        }
        search.walk(lane.icount());
        return search.found;
    }

    private void walk(long end) throws RecordingException, Unfaithful {
        // The run's last instruction may have ended it, by a fault even without being counted.
        long to = end;
        boolean first = true;
        for (long stretch : STRETCHES) {
            if (wanted.isEmpty() || (to == 0 && !first)) {
                return;
            }
            long from = Math.max(0, to - stretch);
            lane.seek(from);
            arrivals(from);
            while (lane.icount() < to && lane.machine().status() == Status.RUNNING) {
                stepOnce();
            }
            List<Wanted> left = new ArrayList<>();
            for (Wanted one : wanted) {
                Executed latest = one.latest;
                if (latest == null) {
                    left.add(one);
                } else {
                    found.put(one.target, latest);
                }
            }
            wanted = left;
            to = from;
            first = false;
        }
    }

    private void stepOnce() throws RecordingException, Unfaithful {
        Effect effect = lane.effect;
        Machine machine = lane.machine();
        effect.read(machine);
        long icount = lane.icount();
        Position position = new Position(effect.function, effect.offset);
        boolean hostCall = effect.opcode == Opcode.CALL_HOST;
        Optional<HostCallRecord> call = hostCall ? lane.recording.hostCallAt(icount) : Optional.empty();
        if (!lane.step()) {
            return;
        }
        Executed writer = null;
        for (Wanted one : wanted) {
            if (writes(effect, call, one)) {
                if (writer == null) {
                    writer = Places.executed(lane.program, icount, position);
                }
                one.latest = writer;
            }
        }
        if (machine.status() == Status.RUNNING) {
            arrivals(icount + 1);
        }
    }

    private static boolean writes(Effect effect, Optional<HostCallRecord> call, Wanted one) {
        if (one.cell >= 0) {
            return one.cell >= effect.writeFrom && one.cell < effect.resultsTo();
        }
        Location location = one.target.location();
        if (location instanceof Location.MemoryByte at) {
            if (effect.writeMemory == at.memory()
                    && overlaps(effect.writeAddress, effect.writeLength, at.address(), one.target.length())) {
                return true;
            }
            for (MemoryWrite write : call.map(HostCallRecord::writes).orElse(List.of())) {
                if (write.memory() == at.memory()
                        && overlaps(write.address(), write.bytes().length, at.address(), one.target.length())) {
                    return true;
                }
            }
            return false;
        } else if (location instanceof Location.GlobalVariable global) {
            return effect.globalWrite == global.index();
        } else if (location instanceof Location.MemorySize size) {
            return effect.opcode == Opcode.MEMORY_GROW && effect.instruction.a() == size.memory();
        } else if (location instanceof Location.TableElement element) {
            return effect.tableWrite == element.table()
                    && overlaps(effect.elementsFrom, effect.elementsLength, element.index(), 1);
        } else if (location instanceof Location.TableSize size) {
            return effect.opcode == Opcode.TABLE_GROW && effect.instruction.a() == size.table();
        } else if (location instanceof Location.SectionByte at) {
            return effect.sectionWrite == at.section()
                    && overlaps(effect.sectionFrom, effect.sectionLength, at.index(), one.target.length());
        } else if (location instanceof Location.SectionSize size) {
            return effect.sectionWrite == size.section()
                    && (effect.opcode == Opcode.SECTION_NEW || effect.opcode == Opcode.SECTION_FREE);
        } else if (location instanceof Location.DroppedData segment) {
            return effect.opcode == Opcode.DATA_DROP && effect.instruction.a() == segment.segment();
        } else if (location instanceof Location.DroppedElements segment) {
            return effect.opcode == Opcode.ELEM_DROP && effect.instruction.a() == segment.segment();
        } else if (location instanceof Location.Register register) {
            return switch (register.name()) {
                case "hp" -> effect.opcode == Opcode.HP_SET;
                case "sections" -> effect.opcode == Opcode.SECTION_NEW;
                case "interrupts" ->
                    switch (effect.opcode) {
                        case INTERRUPT_ENABLE, INTERRUPT_DISABLE, INTERRUPT_RETURN -> true;
                        default -> false;
                    };
                default -> true;
            };
        } else if (location instanceof Location.Handler) {
            return switch (effect.opcode) {
                case INTERRUPT_HANDLE, INTERRUPT_UNHANDLE -> true;
                default -> false;
            };
        } else if (location instanceof Location.Pending) {
            return effect.opcode == Opcode.INTERRUPT_RAISE;
        }
        return location instanceof Location.FramePosition;
    }

    private static boolean overlaps(long from, long length, long otherFrom, long otherLength) {
        return length > 0 && from < otherFrom + otherLength && otherFrom < from + length;
    }

    /** What came from outside at the boundary where the replay stands. */
    private void arrivals(long icount) throws RecordingException {
        Machine machine = lane.machine();
        if (machine.status() != Status.RUNNING) {
            return;
        }
        List<Injection> injections = lane.recording.options().injections();
        for (Injection injection : injections) {
            if (injection.icount() == icount) {
                for (Wanted one : wanted) {
                    if (touches(injection.location(), one)) {
                        one.latest = arrival(icount, Words.event(machine, injection));
                    }
                }
            }
        }
        // A handler may also have jumped back to its beginning.
        boolean handlerEntered = machine.interruptFrame(machine.depth() - 1)
                && machine.position().offset() == 0
                && lane.recording.deliveredAt(icount);
        List<Interrupt> arrived = Inputs.interrupts(lane.recording, icount, icount + 1);
        if (!handlerEntered && arrived.isEmpty()) {
            return;
        }
        int bp = machine.bp();
        for (Wanted one : wanted) {
            boolean entered = handlerEntered
                    && ((one.cell >= bp && one.cell < machine.sp())
                            || one.target.location() instanceof Location.FramePosition
                            || (one.target.location() instanceof Location.Register register
                                    && !register.name().equals("hp")));
            boolean waits = one.target.location() instanceof Location.Pending pending
                    && arrived.stream().anyMatch(interrupt -> interrupt.signal() == pending.signal());
            if (entered || waits) {
                String text = arrived.isEmpty() ? "interrupt delivered" : Words.event(arrived.get(arrived.size() - 1));
                one.latest = arrival(icount, text);
            }
        }
    }

    private boolean touches(Location location, Wanted one) {
        if (location instanceof Location.MemoryByte at && one.target.location() instanceof Location.MemoryByte from) {
            return at.memory() == from.memory() && overlaps(at.address(), 1, from.address(), one.target.length());
        }
        return one.cell >= 0
                ? one.cell == Effect.cellOf(lane.machine(), location)
                : location.equals(one.target.location());
    }

    private Executed arrival(long icount, String text) {
        return Places.executed(lane.program, icount, lane.machine().position(), "(" + text + ")");
    }
}
