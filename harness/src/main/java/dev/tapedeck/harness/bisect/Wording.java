package dev.tapedeck.harness.bisect;

import dev.tapedeck.harness.bisect.Bisection.Executed;
import dev.tapedeck.harness.bisect.Bisection.Frame;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.vm.asm.Disassembler;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Positions, places and values of a machine in words for people. */
public final class Wording {
    private Wording() {}

    static Executed executed(Program program, long icount, Position position) {
        return executed(program, icount, position, Disassembler.instruction(program, position));
    }

    static Executed executed(Program program, long icount, Position position, String text) {
        Function function = program.functions().get(position.function());
        return new Executed(
                icount,
                program.functionName(position.function()),
                position.offset(),
                source(program, function),
                function.line(position.offset()),
                text);
    }

    private static String source(Program program, Function function) {
        return function.source() >= 0 && function.source() < program.sources().size()
                ? program.sources().get(function.source())
                : "";
    }

    /** The call stack, innermost frame first. */
    static List<Frame> frames(Machine machine) {
        List<Frame> frames = new ArrayList<>();
        Program program = machine.program();
        for (int i = machine.depth() - 1; i >= 0; i--) {
            Position position = machine.framePosition(i);
            Function function = program.functions().get(position.function());
            frames.add(new Frame(
                    program.functionName(position.function()),
                    position.offset(),
                    source(program, function),
                    function.line(position.offset()),
                    machine.interruptFrame(i)));
        }
        return frames;
    }

    /** {@code function+offset (source:line)}. */
    static String place(Program program, Position position) {
        return executed(program, 0, position, "").place();
    }

    /** A place of the state, such as {@code local 'i' of sort}. The machine tells which function a frame belongs to. */
    public static String location(Machine machine, Location location) {
        Program program = machine.program();
        if (location instanceof Location.Local local) {
            Position position = machine.framePosition(local.frame());
            Function function = program.functions().get(position.function());
            int parameters = program.typeOf(function).parameters().size();
            String kind = local.index() < parameters ? "parameter " : "local ";
            return kind + localName(function, local.index()) + " of " + frameName(machine, local.frame());
        } else if (location instanceof Location.Operand operand) {
            return operand.frame() < machine.depth()
                    ? "operand " + operand.index() + " of " + frameName(machine, operand.frame())
                    : "result " + operand.index();
        } else if (location instanceof Location.GlobalVariable global) {
            return global(program, global.index());
        } else if (location instanceof Location.MemoryByte at) {
            return "memory " + address(at.address());
        } else if (location instanceof Location.MemorySize) {
            return "memory size";
        } else if (location instanceof Location.FramePosition frame) {
            return frame.frame() == machine.depth() - 1
                    ? "position"
                    : "position of " + frameName(machine, frame.frame());
        } else if (location instanceof Location.Handler handler) {
            return "handler of signal " + handler.signal();
        } else if (location instanceof Location.Pending pending) {
            return "interrupts waiting for signal " + pending.signal();
        } else if (location instanceof Location.Register register) {
            return switch (register.name()) {
                case "status" -> "status";
                case "depth" -> "call depth";
                case "interrupts" -> "interrupt flag";
                case "exit" -> "exit code";
                default -> "register " + register.name();
            };
        }
        throw new AssertionError("unknown kind of place: " + location);
    }

    private static String localName(Function function, int index) {
        return index < function.localNames().size()
                        && !function.localNames().get(index).isEmpty()
                ? "'" + function.localNames().get(index) + "'"
                : Integer.toString(index);
    }

    /** The function of a frame, with the frame's number where the function is on the stack more than once. */
    private static String frameName(Machine machine, int frame) {
        int function = machine.framePosition(frame).function();
        String name = machine.program().functionName(function);
        for (int i = 0; i < machine.depth(); i++) {
            if (i != frame && machine.framePosition(i).function() == function) {
                return name + " (frame " + frame + ")";
            }
        }
        return name;
    }

    static String global(Program program, int index) {
        String name = program.globals().get(index).name();
        return "global " + (name.isEmpty() ? Integer.toString(index) : "'" + name + "'");
    }

    /** The type of what is at a place, if it is known. */
    static Optional<ValueType> type(Machine machine, Location location) {
        Program program = machine.program();
        if (location instanceof Location.Local local && local.frame() < machine.depth()) {
            Function function =
                    program.functions().get(machine.framePosition(local.frame()).function());
            return localType(program, function, local.index());
        } else if (location instanceof Location.GlobalVariable global) {
            return Optional.of(program.globals().get(global.index()).type());
        }
        return Optional.empty();
    }

    static Optional<ValueType> localType(Program program, Function function, int index) {
        List<ValueType> parameters = program.typeOf(function).parameters();
        if (index < parameters.size()) {
            return Optional.of(parameters.get(index));
        }
        int local = index - parameters.size();
        return local < function.locals().size() ? Optional.of(function.locals().get(local)) : Optional.empty();
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
            return place(machine.program(), new Position((int) (value >>> 32), (int) value));
        } else if (location instanceof Location.Handler) {
            return value < 0 ? "none" : machine.program().functionName((int) value);
        } else if (location instanceof Location.MemoryByte) {
            return String.format(java.util.Locale.ROOT, "%02x", value & 0xff);
        } else if (location instanceof Location.MemorySize) {
            return value + " pages";
        } else if (location instanceof Location.Pending) {
            return Long.toString(value);
        }
        return type(machine, location).map(type -> value(value, type)).orElseGet(() -> integer(value));
    }

    private static String status(int code) {
        for (Status status : Status.values()) {
            if (status.code() == code) {
                return status.name().toLowerCase(java.util.Locale.ROOT);
            }
        }
        return Integer.toString(code);
    }

    /** A cell as its type reads it: {@code -2 (0xfffffffe)}, {@code 1.5}. */
    static String value(long cell, ValueType type) {
        return switch (type) {
            case I32 -> withHex(cell, cell & 0xffff_ffffL);
            case I64 -> withHex(cell, cell);
            case F32 -> Float.toString(Float.intBitsToFloat((int) cell));
            case F64 -> Double.toString(Double.longBitsToDouble(cell));
        };
    }

    private static String withHex(long value, long bits) {
        return value >= 0 && value < 10 ? Long.toString(value) : value + " (0x" + Long.toHexString(bits) + ")";
    }

    /** A cell of unknown type. */
    static String integer(long cell) {
        return withHex(cell, (int) cell == cell ? cell & 0xffff_ffffL : cell);
    }

    /** A cell as its type reads it, without hexadecimal. */
    static String plain(long cell, ValueType type) {
        return switch (type) {
            case I32, I64 -> Long.toString(cell);
            case F32, F64 -> value(cell, type);
        };
    }

    /** A list of arguments or results. */
    static String plain(List<Long> cells, List<ValueType> types) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < cells.size(); i++) {
            texts.add(i < types.size() ? plain(cells.get(i), types.get(i)) : Long.toString(cells.get(i)));
        }
        return String.join(", ", texts);
    }

    static String address(long address) {
        return "0x" + Long.toHexString(address & 0xffff_ffffL);
    }

    /** At most 16 bytes in hexadecimal, and as text where all are printable. */
    static String bytes(byte[] bytes) {
        StringBuilder hex = new StringBuilder();
        StringBuilder text = new StringBuilder();
        boolean printable = bytes.length > 0;
        int shown = Math.min(bytes.length, 16);
        for (int i = 0; i < shown; i++) {
            int value = bytes[i] & 0xff;
            hex.append(i == 0 ? "" : " ").append(String.format(java.util.Locale.ROOT, "%02x", value));
            printable &= value >= 0x20 && value < 0x7f && value != '"' && value != '\\';
            text.append((char) value);
        }
        if (shown < bytes.length) {
            hex.append(" ... (").append(bytes.length).append(" bytes)");
        }
        return printable ? hex + " \"" + text + (shown < bytes.length ? "..." : "") + "\"" : hex.toString();
    }

    /** How a recorded run ended. */
    static String outcome(Recording recording) {
        Optional<Outcome> outcome = recording.outcome();
        if (outcome.isEmpty()) {
            return "cut after " + recording.icountEnd() + " instructions"
                    + recording.damage().map(damage -> ": " + damage).orElse("");
        }
        Outcome end = outcome.get();
        return switch (end.kind()) {
            case RETURNED -> end.results().isEmpty() ? "returned" : "returned " + plain(end.results(), List.of());
            case HALTED -> "halted with exit code " + end.exitCode();
            case FAULTED ->
                end.fault()
                        .map(fault -> "faulted with " + fault.kind().mnemonic() + " at "
                                + place(recording.program().program(), fault.position())
                                + (fault.detail().isEmpty() ? "" : ": " + fault.detail()))
                        .orElse("faulted");
            case LIMIT -> "stopped by the limit of " + recording.options().instructionLimit() + " instructions";
        };
    }
}
