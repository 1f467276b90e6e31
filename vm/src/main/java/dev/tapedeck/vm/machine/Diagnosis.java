package dev.tapedeck.vm.machine;

import java.util.Locale;

/**
 * Finds out why an instruction faults, from the state before it. So the interpreter loop only has to know that it does.
 *
 * @param kind what happened
 * @param detail the values that show it
 */
record Diagnosis(FaultKind kind, String detail) {
    /** The reason why the instruction at the machine's {@code pc} faults. */
    static Diagnosis of(Machine machine) {
        long word = machine.image.code[machine.pc];
        int op = (int) word & 0xFFFF;
        long top = machine.sp > 0 ? machine.stack[machine.sp - 1] : 0;
        return switch (op) {
            case Op.UNREACHABLE -> new Diagnosis(FaultKind.UNREACHABLE, "");
            case Op.LOAD8_S, Op.LOAD8_U -> outOfBounds(machine, top, word, 1);
            case Op.LOAD16_S, Op.LOAD16_U -> outOfBounds(machine, top, word, 2);
            case Op.LOAD32_S, Op.LOAD32_U -> outOfBounds(machine, top, word, 4);
            case Op.LOAD64 -> outOfBounds(machine, top, word, 8);
            case Op.STORE8 -> store(machine, machine.stack[machine.sp - 2], word, 1);
            case Op.STORE16 -> store(machine, machine.stack[machine.sp - 2], word, 2);
            case Op.STORE32 -> store(machine, machine.stack[machine.sp - 2], word, 4);
            case Op.STORE64 -> store(machine, machine.stack[machine.sp - 2], word, 8);
            case Op.I32_DIV_S,
                    Op.I32_DIV_U,
                    Op.I32_REM_S,
                    Op.I32_REM_U,
                    Op.I64_DIV_S,
                    Op.I64_DIV_U,
                    Op.I64_REM_S,
                    Op.I64_REM_U -> division(machine, top);
            case Op.CALL -> overflow(machine, (int) (word >> 32));
            case Op.CALL_INDIRECT -> indirect(machine, word, (int) top);
            default -> {
                if (op >= Op.CHECKED && op < Op.OUTSIDE) {
                    yield overflowing(machine, op, top);
                }
                if (op >= Op.NARROW8_S && op <= Op.NEG_CHECKED_U) {
                    yield new Diagnosis(
                            FaultKind.INTEGER_OVERFLOW,
                            (op >= Op.I32_NEG_CHECKED_S ? "the negative of " : "") + Long.toString(top));
                }
                if (op >= Op.TRAPPING && op < Op.BINARY) {
                    yield conversion(op, top);
                }
                throw new AssertionError("operation " + op + " does not fault in the loop");
            }
        };
    }

    private static Diagnosis outOfBounds(Machine machine, long address, long word, int width) {
        return outOfBounds(machine, (address & 0xFFFF_FFFFL) + (word >>> 32), width);
    }

    private static Diagnosis store(Machine machine, long address, long word, int width) {
        return write(machine, 0, (address & 0xFFFF_FFFFL) + (word >>> 32), width);
    }

    /** Why a range cannot be written: it is outside of memory, or it would take too much of it. */
    static Diagnosis write(Machine machine, int memory, long address, long length) {
        return machine.memories[memory].outside(address, length)
                ? outOfBounds(machine, memory, address, length)
                : new Diagnosis(
                        FaultKind.MEMORY_OVERFLOW,
                        "address " + address + ", " + bytes(length) + "; " + machine.memory.overflow());
    }

    private static Diagnosis outOfBounds(Machine machine, long address, long length) {
        return outOfBounds(machine, 0, address, length);
    }

    /** A range is not inside a memory. */
    static Diagnosis outOfBounds(Machine machine, int memory, long address, long length) {
        String which = memory == 0 ? "memory" : "memory " + memory;
        return new Diagnosis(
                FaultKind.OUT_OF_BOUNDS,
                "address " + address + ", " + bytes(length) + ", " + which + " has "
                        + bytes(machine.memories[memory].bytes()));
    }

    /** A range is not inside a table or a segment. */
    static Diagnosis outOfRange(FaultKind kind, String unit, long from, long length, String what, long size) {
        return new Diagnosis(
                kind, "index " + from + ", " + count(length, unit) + ", " + what + " has " + count(size, unit));
    }

    private static String count(long count, String unit) {
        return count + " " + unit + (count == 1 ? "" : "s");
    }

    private static String bytes(long count) {
        return count == 1 ? "1 byte" : count + " bytes";
    }

    private static Diagnosis division(Machine machine, long divisor) {
        long dividend = machine.stack[machine.sp - 2];
        return new Diagnosis(
                divisor == 0 ? FaultKind.DIVISION_BY_ZERO : FaultKind.INTEGER_OVERFLOW, dividend + " / " + divisor);
    }

    /** A checked addition, subtraction or multiplication, with its operands as it reads them. */
    private static Diagnosis overflowing(Machine machine, int op, long right) {
        long left = machine.stack[machine.sp - 2];
        // The order of the operations: for each type a signed and an unsigned one of the three kinds.
        int kind = (op - Op.CHECKED) % 6 / 2;
        boolean signed = (op - Op.CHECKED) % 2 == 0;
        long mask = op < Op.I64_ADD_CHECKED_S ? 0xFFFF_FFFFL : -1;
        String operator = kind == 0 ? " + " : kind == 1 ? " - " : " * ";
        return new Diagnosis(
                FaultKind.INTEGER_OVERFLOW,
                signed
                        ? left + operator + right
                        : Long.toUnsignedString(left & mask) + operator + Long.toUnsignedString(right & mask));
    }

    private static Diagnosis conversion(int op, long operand) {
        double value = Numeric.truncated(op, operand);
        return Double.isNaN(value)
                ? new Diagnosis(FaultKind.INVALID_CONVERSION, "")
                : new Diagnosis(FaultKind.INTEGER_OVERFLOW, String.format(Locale.ROOT, "%.17g", value));
    }

    private static Diagnosis indirect(Machine machine, long word, int index) {
        Image image = machine.image;
        int table = (int) word >>> 16;
        TableCells elements = machine.tables[table];
        if (index < 0 || index >= elements.size()) {
            return new Diagnosis(
                    FaultKind.UNDEFINED_ELEMENT,
                    "index " + Integer.toUnsignedString(index) + ", table has " + elements.size() + " elements");
        }
        int function = elements.function(index);
        if (function < 0) {
            return new Diagnosis(FaultKind.UNINITIALIZED_ELEMENT, "element " + index + " is empty");
        }
        int type = (int) (word >> 32);
        if (image.functions[(function << Image.ROW_SHIFT) + Image.TYPE] != type) {
            return new Diagnosis(
                    FaultKind.TYPE_MISMATCH,
                    "function " + image.program.functionName(function) + " has type "
                            + image.program.typeOf(image.program.functions().get(function)) + ", expected "
                            + image.program.types().get(type));
        }
        return overflow(machine, function);
    }

    /** There is no room for a frame of this function. */
    static Diagnosis overflow(Machine machine, int function) {
        Limits limits = machine.limits();
        return new Diagnosis(
                FaultKind.STACK_OVERFLOW,
                machine.depth() >= limits.framesMax()
                        ? machine.depth() + " frames, limit is " + limits.framesMax()
                        : "function " + machine.image.program.functionName(function) + " needs "
                                + machine.image.functions[(function << Image.ROW_SHIFT) + Image.CELLS]
                                + " cells above " + machine.sp() + ", limit is " + limits.stackCellsMax());
    }
}
