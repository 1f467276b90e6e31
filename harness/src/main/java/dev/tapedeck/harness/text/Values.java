package dev.tapedeck.harness.text;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Cells, addresses and bytes as people read them. */
public final class Values {
    private Values() {}

    /** A cell as a value of its type. */
    public static String cell(ValueType type, long cell) {
        return switch (type) {
            case I32 -> Integer.toString((int) cell);
            case I64 -> Long.toString(cell);
            case F32 -> Float.toString(Float.intBitsToFloat((int) cell));
            case F64 -> Double.toString(Double.longBitsToDouble(cell));
            case FUNCREF -> cell == ValueType.NULL ? "null" : "function " + (cell - 1);
            case EXTERNREF -> cell == ValueType.NULL ? "null" : "extern " + (cell - 1);
        };
    }

    /** Cells as values of their types in one line; raw numbers where a type is missing. */
    public static String list(List<ValueType> types, List<Long> cells) {
        return String.join(", ", values(types, cells));
    }

    /** The cells of a function's arguments as text; raw numbers where the function is not known. */
    public static List<String> arguments(Program program, int function, List<Long> cells) {
        List<ValueType> types = function >= 0 && function < program.functions().size()
                ? program.typeOf(program.functions().get(function)).parameters()
                : List.of();
        return values(types, cells);
    }

    /** Cells as values of their types; raw numbers where a type is missing. */
    public static List<String> values(List<ValueType> types, List<Long> cells) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < cells.size(); i++) {
            texts.add(i < types.size() ? cell(types.get(i), cells.get(i)) : Long.toString(cells.get(i)));
        }
        return texts;
    }

    /** The value at a place, as {@code Difference} gives it. */
    public static String value(Machine machine, Location location, long value) {
        if (location instanceof Location.Register register) {
            return switch (register.name()) {
                case "status" -> status((int) value);
                case "interrupts" -> value != 0 ? "enabled" : "disabled";
                case "hp" -> address(value & 0xffff_ffffL);
                default -> Long.toString(value);
            };
        } else if (location instanceof Location.FramePosition) {
            return Places.place(machine.program(), new Position((int) (value >>> 32), (int) value));
        } else if (location instanceof Location.Handler) {
            return value < 0 ? "none" : machine.program().functionName((int) value);
        } else if (location instanceof Location.MemoryByte || location instanceof Location.SectionByte) {
            return String.format(Locale.ROOT, "%02x", value & 0xff);
        } else if (location instanceof Location.MemorySize) {
            return value + " pages";
        } else if (location instanceof Location.Pending) {
            return Long.toString(value);
        } else if (location instanceof Location.SectionSize) {
            return value < 0 ? "not there" : value + " bytes";
        } else if (location instanceof Location.TableSize) {
            return value + " elements";
        } else if (location instanceof Location.DroppedData || location instanceof Location.DroppedElements) {
            return value != 0 ? "dropped" : "there";
        }
        if (Places.type(machine, location)
                        .filter(type -> type == ValueType.FUNCREF)
                        .isPresent()
                && value != 0) {
            return machine.program().functionName((int) value - 1);
        }
        return Places.type(machine, location).map(type -> detailed(value, type)).orElseGet(() -> integer(value));
    }

    private static String status(int code) {
        for (Status status : Status.values()) {
            if (status.code() == code) {
                return status.name().toLowerCase(Locale.ROOT);
            }
        }
        return Integer.toString(code);
    }

    /** A cell as its type reads it: {@code -2 (0xfffffffe)}, {@code 1.5}. */
    private static String detailed(long cell, ValueType type) {
        return switch (type) {
            case I32 -> withHex(cell, cell & 0xffff_ffffL);
            case I64 -> withHex(cell, cell);
            case F32, F64, FUNCREF, EXTERNREF -> cell(type, cell);
        };
    }

    private static String withHex(long value, long bits) {
        return value >= 0 && value < 10 ? Long.toString(value) : value + " (0x" + Long.toHexString(bits) + ")";
    }

    /** A byte: {@code 69 (0x45)}. */
    public static String unsignedByte(long value) {
        return withHex(value & 0xff, value & 0xff);
    }

    /** A cell of unknown type. */
    private static String integer(long cell) {
        return withHex(cell, (int) cell == cell ? cell & 0xffff_ffffL : cell);
    }

    /** A memory address in hexadecimal. */
    public static String address(long address) {
        return "0x" + Long.toHexString(address & 0xffff_ffffL);
    }

    /** At most 16 bytes in hexadecimal, and as text where all are printable. */
    public static String bytes(byte[] bytes) {
        StringBuilder hex = new StringBuilder();
        StringBuilder text = new StringBuilder();
        boolean printable = bytes.length > 0;
        int shown = Math.min(bytes.length, 16);
        for (int i = 0; i < shown; i++) {
            int value = bytes[i] & 0xff;
            hex.append(i == 0 ? "" : " ").append(String.format(Locale.ROOT, "%02x", value));
            printable &= value >= 0x20 && value < 0x7f && value != '"' && value != '\\';
            text.append((char) value);
        }
        if (shown < bytes.length) {
            hex.append(" ... (").append(bytes.length).append(" bytes)");
        }
        return printable ? hex + " \"" + text + (shown < bytes.length ? "..." : "") + "\"" : hex.toString();
    }
}
