package dev.tapedeck.vm.machine;

import org.jspecify.annotations.Nullable;

/** The instructions of heap sections. Each checks everything before it changes anything. */
final class SectionOperations {
    private static final long UNSIGNED = 0xFFFF_FFFFL;

    private SectionOperations() {}

    /**
     * Carries out the instruction at the machine's {@code pc}.
     *
     * @param op which, from {@link Op#SECTION_NEW} to {@link Op#SECTION_FILL}
     * @param offset what a load or store adds to the index
     */
    static void run(Machine machine, int op, long offset) {
        switch (op) {
            case Op.SECTION_NEW -> {
                long size = machine.stack[machine.sp - 1] & UNSIGNED;
                int number = machine.sections.make(size);
                machine.foldEffect(size);
                machine.foldEffect(number);
                machine.stack[machine.sp - 1] = number;
                machine.pc++;
            }
            case Op.SECTION_FREE -> {
                long number = machine.stack[machine.sp - 1];
                if (exists(machine, number)) {
                    machine.sections.free((int) number);
                    machine.foldEffect(number);
                    machine.sp--;
                    machine.pc++;
                }
            }
            case Op.SECTION_SIZE -> {
                Section section = find(machine, machine.stack[machine.sp - 1]);
                if (section != null) {
                    machine.stack[machine.sp - 1] = section.size;
                    machine.pc++;
                }
            }
            case Op.SECTION_LOAD8_S, Op.SECTION_LOAD8_U -> load(machine, op, offset, 1);
            case Op.SECTION_LOAD16_S, Op.SECTION_LOAD16_U -> load(machine, op, offset, 2);
            case Op.SECTION_LOAD32 -> load(machine, op, offset, 4);
            case Op.SECTION_LOAD64 -> load(machine, op, offset, 8);
            case Op.SECTION_STORE8 -> store(machine, offset, 1);
            case Op.SECTION_STORE16 -> store(machine, offset, 2);
            case Op.SECTION_STORE32 -> store(machine, offset, 4);
            case Op.SECTION_STORE64 -> store(machine, offset, 8);
            case Op.SECTION_COPY -> copy(machine);
            case Op.SECTION_FILL -> fill(machine);
            default -> throw new AssertionError("operation " + op + " is not one of sections");
        }
    }

    private static void load(Machine machine, int op, long offset, int width) {
        long at = (machine.stack[machine.sp - 1] & UNSIGNED) + offset;
        Section section = find(machine, machine.stack[machine.sp - 2], at, width);
        if (section == null) {
            return;
        }
        long value = section.load((int) at, width);
        machine.sp--;
        machine.stack[machine.sp - 1] = switch (op) {
            case Op.SECTION_LOAD8_S -> (byte) value;
            case Op.SECTION_LOAD16_S -> (short) value;
            case Op.SECTION_LOAD32 -> (int) value;
            default -> value;
        };
        machine.pc++;
    }

    private static void store(Machine machine, long offset, int width) {
        long value = machine.stack[machine.sp - 1];
        long at = (machine.stack[machine.sp - 2] & UNSIGNED) + offset;
        long number = machine.stack[machine.sp - 3];
        if (find(machine, number, at, width) == null) {
            return;
        }
        Section section = machine.sections.own((int) number);
        section.store((int) at, value, width);
        machine.foldEffect(number);
        machine.foldEffect(at);
        machine.foldEffect(section.load((int) at, width));
        machine.sp -= 3;
        machine.pc++;
    }

    private static void copy(Machine machine) {
        long length = machine.stack[machine.sp - 1] & UNSIGNED;
        long from = machine.stack[machine.sp - 2] & UNSIGNED;
        long source = machine.stack[machine.sp - 3];
        long to = machine.stack[machine.sp - 4] & UNSIGNED;
        long target = machine.stack[machine.sp - 5];
        if (find(machine, target, to, length) == null || find(machine, source, from, length) == null) {
            return;
        }
        if (length > 0) {
            // To own the target can replace it, and it may be the source too.
            Section written = machine.sections.own((int) target);
            Section read = find(machine, source);
            if (read == null) {
                throw new AssertionError("section " + source + " is gone");
            }
            written.copy((int) to, read, (int) from, (int) length);
        }
        for (int i = 1; i <= 5; i++) {
            machine.foldEffect(machine.stack[machine.sp - i]);
        }
        machine.sp -= 5;
        machine.pc++;
    }

    private static void fill(Machine machine) {
        long length = machine.stack[machine.sp - 1] & UNSIGNED;
        byte value = (byte) machine.stack[machine.sp - 2];
        long to = machine.stack[machine.sp - 3] & UNSIGNED;
        long number = machine.stack[machine.sp - 4];
        if (find(machine, number, to, length) == null) {
            return;
        }
        if (length > 0) {
            machine.sections.own((int) number).fill((int) to, value, (int) length);
        }
        machine.foldEffect(number);
        machine.foldEffect(to);
        machine.foldEffect(value);
        machine.foldEffect(length);
        machine.sp -= 4;
        machine.pc++;
    }

    private static boolean exists(Machine machine, long number) {
        return find(machine, number) != null;
    }

    /** The section; if there is none, the run has ended with a fault. */
    private static @Nullable Section find(Machine machine, long number) {
        Section section = machine.sections.get(number);
        if (section == null) {
            boolean was = number > 0 && number < machine.sections.next();
            machine.fault(new Diagnosis(
                    FaultKind.INVALID_SECTION,
                    was ? "section " + number + " has been freed" : "there is no section " + number));
        }
        return section;
    }

    /** The section, if a range is inside; if there is none or it is not, the run has ended with a fault. */
    private static @Nullable Section find(Machine machine, long number, long index, long length) {
        Section section = find(machine, number);
        if (section != null && section.outside(index, length)) {
            machine.fault(Diagnosis.outOfRange(
                    FaultKind.SECTION_OUT_OF_BOUNDS, "byte", index, length, "section " + number, section.size));
            return null;
        }
        return section;
    }
}
