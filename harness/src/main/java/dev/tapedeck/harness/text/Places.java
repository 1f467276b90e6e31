package dev.tapedeck.harness.text;

import dev.tapedeck.vm.asm.Disassembler;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Positions in a program, and places in the state of a machine, with the names and lines that people know them by. */
public final class Places {
    private Places() {}

    /** An instruction with all its names. */
    public static Executed executed(Program program, long icount, Position position) {
        Function function = program.functions().get(position.function());
        boolean inside =
                position.offset() >= 0 && position.offset() < function.code().size();
        return executed(
                program,
                icount,
                position,
                inside ? Disassembler.instruction(program, position) : "end of the function");
    }

    /** The same with another text than the disassembled one. */
    public static Executed executed(Program program, long icount, Position position, String text) {
        Function function = program.functions().get(position.function());
        return new Executed(
                icount,
                program.functionName(position.function()),
                position.offset(),
                source(program, position),
                function.line(position.offset()),
                text);
    }

    /** The source file of an instruction, or nothing. */
    public static String source(Program program, Position position) {
        int source = program.functions().get(position.function()).source(position.offset());
        return source >= 0 && source < program.sources().size()
                ? program.sources().get(source)
                : "";
    }

    static String place(String function, int offset, String source, int line) {
        return Words.withoutHashes(function) + "+" + offset + (line > 0 ? " (" + source + ":" + line + ")" : "");
    }

    /** {@code function+offset (source:line)}. */
    public static String place(Program program, Position position) {
        return executed(program, 0, position, "").place();
    }

    /** The call stack of a machine, innermost first, at most {@code framesMax} frames. */
    public static List<Frame> frames(Machine machine, int framesMax) {
        List<Frame> frames = new ArrayList<>();
        for (int frame = machine.depth() - 1; frame >= 0 && frames.size() < framesMax; frame--) {
            frames.add(frame(machine.program(), machine.framePosition(frame), machine.interruptFrame(frame)));
        }
        return frames;
    }

    /** A frame at a position. */
    public static Frame frame(Program program, Position position, boolean interrupt) {
        Function function = program.functions().get(position.function());
        return new Frame(
                program.functionName(position.function()),
                position.offset(),
                source(program, position),
                function.line(position.offset()),
                interrupt);
    }

    /** A place of the state, such as {@code local 'i' of sort}. The machine tells which function a frame belongs to. */
    public static String location(Machine machine, Location location) {
        Program program = machine.program();
        if (location instanceof Location.Local local) {
            Position position = machine.framePosition(local.frame());
            Function function = program.functions().get(position.function());
            int parameters = program.typeOf(function).parameters().size();
            String kind = local.index() < parameters ? "parameter " : "local ";
            return kind + local(function, local.index()) + " of " + frameName(machine, local.frame());
        } else if (location instanceof Location.Operand operand) {
            return operand.frame() < machine.depth()
                    ? operand(machine, operand) + " of " + frameName(machine, operand.frame())
                    : "result " + operand.index();
        } else if (location instanceof Location.GlobalVariable global) {
            return global(program, global.index());
        } else if (location instanceof Location.MemoryByte at) {
            return memory(at.memory()) + " " + Values.address(at.address());
        } else if (location instanceof Location.MemorySize size) {
            return memory(size.memory()) + " size";
        } else if (location instanceof Location.TableElement element) {
            return "element " + element.index() + " of " + table(program, element.table());
        } else if (location instanceof Location.TableSize size) {
            return "size of " + table(program, size.table());
        } else if (location instanceof Location.SectionByte at) {
            return section(at.section()) + " byte " + Values.address(at.index());
        } else if (location instanceof Location.SectionSize size) {
            return section(size.section());
        } else if (location instanceof Location.DroppedData segment) {
            return "data segment " + segment.segment();
        } else if (location instanceof Location.DroppedElements segment) {
            return "element segment " + segment.segment();
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
                case "sections" -> "sections made";
                default -> "register " + register.name();
            };
        }
        throw new AssertionError("unknown kind of place: " + location);
    }

    /** As conditions count them: {@code operand.0} is the top of the frame's stack. */
    private static String operand(Machine machine, Location.Operand operand) {
        int fromTop = machine.operandCount(operand.frame()) - 1 - operand.index();
        // Of two machines, the other one may have the longer stack.
        return fromTop >= 0 ? operand(fromTop) : "an operand above the top";
    }

    /** The name of an operand, wherever one is named: {@code operand.0} is the top of the stack. */
    public static String operand(int fromTop) {
        return "operand." + fromTop;
    }

    /** {@code memory}, with its index where that is not 0. */
    public static String memory(int index) {
        return index == 0 ? "memory" : "memory " + index;
    }

    /** {@code section} with its number. */
    public static String section(int number) {
        return "section " + number;
    }

    private static String table(Program program, int index) {
        String name = program.tables().get(index).name();
        return name.isEmpty() ? "table " + index : "table '" + name + "'";
    }

    /** The name of a parameter or local, if it has one. */
    public static Optional<String> localName(Function function, int index) {
        List<String> names = function.localNames();
        return index < names.size() && !names.get(index).isEmpty() ? Optional.of(names.get(index)) : Optional.empty();
    }

    /** {@code 'count'}, or the number of a parameter or local that has no name. */
    public static String local(Function function, int index) {
        return localName(function, index).map(name -> "'" + name + "'").orElse(Integer.toString(index));
    }

    /** The function of a frame, with the frame's number where the function is on the stack more than once. */
    private static String frameName(Machine machine, int frame) {
        int function = machine.framePosition(frame).function();
        String name = Words.withoutHashes(machine.program().functionName(function));
        for (int i = 0; i < machine.depth(); i++) {
            if (i != frame && machine.framePosition(i).function() == function) {
                return name + " (frame " + frame + ")";
            }
        }
        return name;
    }

    public static String global(Program program, int index) {
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

    /** The type of a parameter or local, if there is such a one. */
    public static Optional<ValueType> localType(Program program, Function function, int index) {
        List<ValueType> parameters = program.typeOf(function).parameters();
        if (index < parameters.size()) {
            return Optional.of(parameters.get(index));
        }
        int local = index - parameters.size();
        return local < function.locals().size() ? Optional.of(function.locals().get(local)) : Optional.empty();
    }
}
