package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.Executed;
import dev.tapedeck.harness.bisect.Bisection.Frame;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.vm.asm.Disassembler;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Function;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How numbers, places and outcomes are written for people, the same in every report and on the command line. */
public final class Words {
    /** In shorter runs, the log is mostly the program itself, and bits per instruction mean nothing. */
    public static final long INSTRUCTIONS_FOR_BITS = 100_000;

    private Words() {}

    /** A number with its thousands apart: {@code 1,234,567}. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** {@code 1 interrupt}, {@code 2 interrupts}. */
    public static String count(long number, String noun) {
        return count(number) + " " + noun + (number == 1 ? "" : "s");
    }

    /** A digest: 16 hexadecimal digits. */
    public static String digest(long digest) {
        return String.format("%016x", digest);
    }

    /** {@code 1.23 bits per instruction} and the like: four decimals where it is small, two where it is not. */
    public static String bits(double bitsPerInstruction) {
        return String.format(Locale.ROOT, bitsPerInstruction < 1 ? "%.4f" : "%.2f", bitsPerInstruction);
    }

    /** The size of a log, and what that is per instruction where it means something. */
    public static String log(long logBytes, long instructions) {
        return count(logBytes, "byte")
                + (instructions < INSTRUCTIONS_FOR_BITS
                        ? ""
                        : ", " + bits(8.0 * logBytes / instructions) + " bits per instruction");
    }

    /** A cell as a value of its type. */
    public static String cell(ValueType type, long cell) {
        return switch (type) {
            case I32 -> Integer.toString((int) cell);
            case I64 -> Long.toString(cell);
            case F32 -> Float.toString(Float.intBitsToFloat((int) cell));
            case F64 -> Double.toString(Double.longBitsToDouble(cell));
        };
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

    /** An instruction with all its names. */
    public static Executed executed(Program program, long icount, Position position) {
        Function function = program.functions().get(position.function());
        boolean inside =
                position.offset() >= 0 && position.offset() < function.code().size();
        return new Executed(
                icount,
                program.functionName(position.function()),
                position.offset(),
                source(program, function),
                function.line(position.offset()),
                inside ? Disassembler.instruction(program, position) : "end of the function");
    }

    private static String source(Program program, Function function) {
        return function.source() >= 0 && function.source() < program.sources().size()
                ? program.sources().get(function.source())
                : "";
    }

    /** {@code function+offset (source:line)}. */
    public static String place(Program program, Position position) {
        return executed(program, 0, position).place();
    }

    /** {@code function+offset (source:line)}, and whether an interrupt led there. */
    public static String frame(Frame frame) {
        return frame.function() + "+" + frame.offset()
                + (frame.line() > 0 ? " (" + frame.source() + ":" + frame.line() + ")" : "")
                + (frame.interrupt() ? " [interrupt]" : "");
    }

    /** What made two runs differ, in a few words. */
    public static String kind(Bisection.Kind kind) {
        return switch (kind) {
            case NONE -> "same";
            case START -> "different start";
            case HOST -> "host call";
            case INTERRUPT -> "interrupt";
            case MACHINE -> "machine";
            case PROGRAM -> "program changed";
            case END -> "one run ended";
            case REPLAY -> "does not replay";
        };
    }

    /** The call stack of a machine, innermost first, at most {@link ReportContent#FRAMES_MAX} frames. */
    public static List<Frame> frames(Machine machine) {
        List<Frame> frames = new ArrayList<>();
        for (int frame = machine.depth() - 1; frame >= 0 && frames.size() < ReportContent.FRAMES_MAX; frame--) {
            Executed place = executed(machine.program(), 0, machine.framePosition(frame));
            frames.add(new Frame(
                    place.function(), place.offset(), place.source(), place.line(), machine.interruptFrame(frame)));
        }
        return frames;
    }

    /** A call stack in lines, at most {@link ReportContent#FRAMES_MAX} frames; the last line says if there are more. */
    public static List<String> stack(List<Frame> frames) {
        int shown = Math.min(frames.size(), ReportContent.FRAMES_MAX);
        List<String> lines = new ArrayList<>();
        frames.subList(0, shown).forEach(frame -> lines.add(frame(frame)));
        if (shown < frames.size()) {
            lines.add("and " + count(frames.size() - shown, "more frame"));
        }
        return lines;
    }

    /**
     * How a run ended, in a few words without a full stop.
     *
     * @param function that was run, for the types of its results; -1 if it is not known
     */
    public static String outcome(Outcome outcome, Program program, int function) {
        return switch (outcome.kind()) {
            case RETURNED ->
                outcome.results().isEmpty()
                        ? "returned"
                        : "returned " + String.join(", ", values(results(program, function), outcome.results()));
            case HALTED -> "exit code " + outcome.exitCode();
            case FAULTED -> outcome.fault().map(fault -> fault(fault, program)).orElse("fault");
            case LIMIT -> "stopped by the limit of " + count(outcome.icount(), "instruction");
        };
    }

    private static List<ValueType> results(Program program, int function) {
        return function >= 0 && function < program.functions().size()
                ? program.typeOf(program.functions().get(function)).results()
                : List.of();
    }

    /** A fault in one line. */
    public static String fault(Fault fault, Program program) {
        return "fault " + fault.kind().mnemonic() + " at " + place(program, fault.position())
                + (fault.detail().isEmpty() ? "" : ": " + fault.detail());
    }
}
