package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.program.Position;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All of a {@link Snapshot} but the pages of memory, as plain data: what a codec writes, and what {@link Snapshot#of}
 * checks against the program and makes a snapshot of. The arrays belong to whoever holds the record.
 *
 * @param status what the machine can do next
 * @param icount instructions completed
 * @param position the next instruction, the faulting one, or the last one of a run that has ended; empty if nothing was
 *     started
 * @param frames the frames, outermost first
 * @param cells the stack: of each frame its locals, then its operands; after the entry function has returned, its results
 * @param hp the heap pointer
 * @param exitCode 0 unless {@link Status#HALTED}
 * @param fault kind and detail, if and only if {@link Status#FAULTED}
 * @param globals the cells of the globals
 * @param interruptsEnabled the interrupt flag
 * @param handlers 32 function indexes, one per signal, -1 where there is none; entry 0 is not used and -1
 * @param pending 32 lists of payloads, one per signal, oldest first; entry 0 is not used and empty
 * @param memories the sizes of the linear memories
 * @param tables the elements of the tables
 * @param droppedData one bit for each data segment that was dropped or active, bit 0 of the first number for segment 0;
 *     without zeros at the end
 * @param droppedElements the same for element segments
 * @param heap the heap sections without their bytes
 * @param hostState what the host saved
 * @param opcodeCounts how often each instruction was completed, if that was counted
 */
public record SnapshotState(
        Status status,
        long icount,
        Optional<Position> position,
        List<Frame> frames,
        long[] cells,
        int hp,
        int exitCode,
        Optional<Reason> fault,
        long[] globals,
        boolean interruptsEnabled,
        int[] handlers,
        long[][] pending,
        List<Memory> memories,
        List<Table> tables,
        long[] droppedData,
        long[] droppedElements,
        Heap heap,
        HostState hostState,
        Map<Opcode, Long> opcodeCounts) {
    public SnapshotState {
        frames = List.copyOf(frames);
        memories = List.copyOf(memories);
        tables = List.copyOf(tables);
        Map<Opcode, Long> counts = new EnumMap<>(Opcode.class);
        counts.putAll(opcodeCounts);
        opcodeCounts = Collections.unmodifiableMap(counts);
    }

    /**
     * A linear memory.
     *
     * @param pages its size in 64 KiB pages
     * @param pagesMax to which it can grow
     */
    public record Memory(int pages, int pagesMax) {}

    /**
     * A table.
     *
     * @param size the number of its elements
     * @param indexes of the elements that are not null, in ascending order
     * @param cells those elements, as many
     */
    public record Table(int size, int[] indexes, long[] cells) {}

    /**
     * The heap sections.
     *
     * @param made how many have been made, freed or not: the largest number of one
     * @param sections those that there are, in ascending order of their numbers
     */
    public record Heap(int made, List<HeapSection> sections) {
        /** No section has been made. */
        public static final Heap EMPTY = new Heap(0, List.of());

        public Heap {
            sections = List.copyOf(sections);
        }
    }

    /**
     * A heap section.
     *
     * @param number from 1
     * @param size in bytes
     */
    public record HeapSection(int number, int size) {}

    /**
     * A frame.
     *
     * @param next the instruction at which it goes on; of the innermost frame the same as {@link #position}
     * @param interrupt whether it was entered by an interrupt
     */
    public record Frame(Position next, boolean interrupt) {}

    /** Why the machine stopped the program; the rest of a {@link Fault} follows from the state. */
    public record Reason(FaultKind kind, String detail) {}
}
