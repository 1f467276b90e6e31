package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.effect.Effect;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.harness.recording.ValuesDescriptor.Space;
import dev.tapedeck.vm.isa.Opcode;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Executes a machine instruction by instruction and notes what each one writes. */
final class ValuesTrace {
    /** Of a longer range that one instruction writes, an entry without bytes says from where and how much. */
    static final int RANGE_BYTES_MAX = 1 << 16;

    private final Machine machine;
    private final Effect effect;
    private final Consumer<byte[]> excerpts;
    private final ValuesDescriptor values = new ValuesDescriptor();
    private @Nullable HostCallRecord call;
    private long icount;
    private boolean wrote;

    /** @param excerpts is given the payload of each excerpt that is full */
    ValuesTrace(Machine machine, Consumer<byte[]> excerpts) {
        this.machine = machine;
        this.effect = new Effect(machine.program());
        this.excerpts = excerpts;
    }

    /** Takes note of a host call, at the time it happens. */
    void hostCalled(HostCallRecord record) {
        call = record;
    }

    /** Executes up to an instruction count, as {@link Machine#run} does, and comes back with the same state. */
    void run(long icountMax) {
        while (machine.status() == Status.RUNNING && machine.icount() < icountMax) {
            machine.deliverInterrupt();
            if (machine.status() != Status.RUNNING) {
                return;
            }
            step();
        }
    }

    /** Hands over what has been gathered. */
    void flush() {
        if (!values.isEmpty()) {
            excerpts.accept(values.take());
        }
    }

    private void step() {
        effect.read(machine);
        icount = machine.icount();
        call = null;
        int raised = effect.opcode == Opcode.INTERRUPT_RAISE ? (int) Effect.cell(machine, effect.sp - 2) : 0;
        long operand = effect.pops > 0 ? Effect.cell(machine, effect.sp - 1) : 0;
        machine.run(icount + 1);
        if (machine.icount() == icount) {
            // It faulted, and so is not executed.
            return;
        }
        wrote = false;
        cells();
        if (effect.globalWrite >= 0) {
            add(Space.GLOBAL, 8, effect.globalWrite, 0, machine.global(effect.globalWrite));
        }
        memory(effect.writeMemory, effect.writeAddress, effect.writeLength);
        if (call != null) {
            for (MemoryWrite write : call.writes()) {
                memory(write.memory(), write.address(), write.bytes().length);
            }
        }
        table();
        section();
        rest(raised, operand);
        if (!wrote) {
            add(Space.NOTHING, 0, 0, 0, 0);
        }
    }

    private void cells() {
        if (machine.status() != Status.RUNNING) {
            return;
        }
        for (int cell = effect.writeFrom; cell < effect.writeTo; cell++) {
            add(Space.CELL, 8, machine.bp(), cell, Effect.cell(machine, cell));
        }
    }

    private void memory(int memory, long address, long length) {
        if (length > RANGE_BYTES_MAX) {
            add(Space.MEMORY, 0, memory, address, length);
            return;
        }
        for (long at = 0; at < length; at += 8) {
            int bytes = (int) Math.min(8, length - at);
            add(Space.MEMORY, bytes, memory, address + at, number(machine.readMemory(memory, address + at, bytes)));
        }
    }

    private void table() {
        if (effect.tableWrite < 0) {
            return;
        }
        // A table that could not grow has none of the elements.
        long end = Math.min(effect.elementsFrom + effect.elementsLength, machine.tableSize(effect.tableWrite));
        if ((end - effect.elementsFrom) * Long.BYTES > RANGE_BYTES_MAX) {
            add(Space.TABLE, 0, effect.tableWrite, effect.elementsFrom, end - effect.elementsFrom);
            return;
        }
        for (long element = effect.elementsFrom; element < end; element++) {
            add(Space.TABLE, 8, effect.tableWrite, element, machine.tableElement(effect.tableWrite, (int) element));
        }
    }

    private void section() {
        if (effect.sectionWrite < 0) {
            return;
        }
        int section = effect.sectionWrite;
        if (effect.opcode == Opcode.SECTION_NEW || effect.opcode == Opcode.SECTION_FREE) {
            // A number beyond those that were made: there was no room.
            if (section <= machine.sectionsMade()) {
                add(Space.SECTION_SIZE, 4, section, 0, machine.sectionSize(section));
            }
            return;
        }
        if (effect.sectionLength > RANGE_BYTES_MAX) {
            add(Space.SECTION, 0, section, effect.sectionFrom, effect.sectionLength);
            return;
        }
        for (long at = 0; at < effect.sectionLength; at += 8) {
            int bytes = (int) Math.min(8, effect.sectionLength - at);
            int index = (int) (effect.sectionFrom + at);
            add(Space.SECTION, bytes, section, index, number(machine.readSection(section, index, bytes)));
        }
    }

    private void rest(int raised, long operand) {
        switch (effect.opcode) {
            case HP_SET -> add(Space.HEAP_POINTER, 4, 0, 0, machine.hp());
            case INTERRUPT_ENABLE, INTERRUPT_DISABLE, INTERRUPT_RETURN ->
                add(Space.INTERRUPT_FLAG, 1, 0, 0, machine.interruptsEnabled() ? 1 : 0);
            case INTERRUPT_HANDLE, INTERRUPT_UNHANDLE ->
                add(Space.HANDLER, 4, (int) operand, 0, machine.handler((int) operand));
            case INTERRUPT_RAISE -> add(Space.PENDING, 8, raised, 0, operand);
            case MEMORY_GROW -> {
                int memory = (int) effect.instruction.a();
                add(Space.MEMORY_SIZE, 4, memory, 0, machine.memoryBytes(memory) >>> 16);
            }
            case TABLE_GROW -> {
                int table = (int) effect.instruction.a();
                add(Space.TABLE_SIZE, 4, table, 0, machine.tableSize(table));
            }
            case DATA_DROP -> add(Space.DATA_DROPPED, 0, (int) effect.instruction.a(), 0, 0);
            case ELEM_DROP -> add(Space.ELEMENTS_DROPPED, 0, (int) effect.instruction.a(), 0, 0);
            default -> {}
        }
    }

    /** Little-endian; at most eight bytes. */
    private static long number(byte[] bytes) {
        long number = 0;
        for (int i = 0; i < bytes.length; i++) {
            number |= (bytes[i] & 0xffL) << (8 * i);
        }
        return number;
    }

    private void add(Space space, int bytes, int index, long place, long value) {
        wrote = true;
        values.add(icount, effect.function, effect.offset, effect.opcode.code(), space, bytes, index, place, value);
        if (values.isFull()) {
            flush();
        }
    }
}
