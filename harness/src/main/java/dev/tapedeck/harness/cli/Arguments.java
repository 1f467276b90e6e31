package dev.tapedeck.harness.cli;

import dev.tapedeck.harness.recording.Detail;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Reads numbers, interrupts and places from the command line. */
final class Arguments {
    /** Interrupts that one {@code --interrupt} stands for, at most. */
    private static final long REPEAT_MAX = 1_000_000;

    private Arguments() {}

    /** The cells of a function's arguments, one text for each parameter. */
    static List<Long> cells(String function, FunctionType type, List<String> texts) throws CommandException {
        List<ValueType> parameters = type.parameters();
        if (texts.size() != parameters.size()) {
            throw CommandException.usage(function + " takes " + parameters.size() + " argument"
                    + (parameters.size() == 1 ? "" : "s") + " " + type + ", but there "
                    + (texts.size() == 1 ? "is 1" : "are " + texts.size()) + "; give them after --");
        }
        List<Long> cells = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            cells.add(cell(parameters.get(i), texts.get(i)));
        }
        return cells;
    }

    /** A value of a type as the machine stores it. */
    static long cell(ValueType type, String text) throws CommandException {
        try {
            return switch (type) {
                case I32 -> {
                    long value = integer(text);
                    if (value < Integer.MIN_VALUE || value > 0xFFFF_FFFFL) {
                        throw new NumberFormatException();
                    }
                    yield (int) value;
                }
                case I64 -> integer(text);
                case F32 -> Float.floatToIntBits(Float.parseFloat(floating(text)));
                case F64 -> Double.doubleToLongBits(Double.parseDouble(floating(text)));
                case FUNCREF, EXTERNREF -> reference(text);
            };
        } catch (NumberFormatException e) {
            throw CommandException.usage("'" + text + "' is not an " + type.mnemonic());
        }
    }

    /** {@code null}, or a function's index or a number of the host's. */
    private static long reference(String text) {
        if (text.equals("null")) {
            return ValueType.NULL;
        }
        long number = integer(text);
        if (number < 0 || number == Long.MAX_VALUE) {
            throw new NumberFormatException();
        }
        return number + 1;
    }

    /**
     * A whole number of 64 bits: decimal, {@code 0x} or {@code 0b}, with or without sign and underscores. Up to 2^64-1,
     * which is -1.
     */
    static long integer(String text) {
        String digits = text.replace("_", "");
        boolean negative = digits.startsWith("-");
        if (negative || digits.startsWith("+")) {
            digits = digits.substring(1);
        }
        int radix = 10;
        String lower = digits.toLowerCase(Locale.ROOT);
        if (lower.startsWith("0x") || lower.startsWith("0b")) {
            radix = lower.charAt(1) == 'x' ? 16 : 2;
            digits = digits.substring(2);
        }
        if (digits.isEmpty() || Character.digit(digits.charAt(0), radix) < 0) {
            throw new NumberFormatException();
        }
        return negative ? Long.parseLong("-" + digits, radix) : Long.parseUnsignedLong(digits, radix);
    }

    private static String floating(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "inf", "+inf", "infinity" -> "Infinity";
            case "-inf", "-infinity" -> "-Infinity";
            case "nan" -> "NaN";
            default -> text.replace("_", "");
        };
    }

    /** {@code AT:SIGNAL[:PAYLOAD][:every=N:count=K]}. */
    static List<ScheduledInterrupt> interrupts(String text) throws CommandException {
        String form = "expected AT:SIGNAL[:PAYLOAD][:every=N:count=K], such as 500:3:42:every=1000:count=20";
        String[] parts = text.split(":", -1);
        if (parts.length < 2) {
            throw CommandException.usage("--interrupt " + text + ": " + form);
        }
        try {
            long at = integer(parts[0]);
            long signal = integer(parts[1]);
            long payload = 0;
            long every = 0;
            long count = 1;
            boolean counted = false;
            for (int i = 2; i < parts.length; i++) {
                if (parts[i].startsWith("every=")) {
                    every = integer(parts[i].substring(6));
                } else if (parts[i].startsWith("count=")) {
                    count = integer(parts[i].substring(6));
                    counted = true;
                } else if (i == 2) {
                    payload = integer(parts[i]);
                } else {
                    throw new NumberFormatException();
                }
            }
            if (at < 0) {
                throw CommandException.usage("--interrupt " + text + ": AT is an instruction count from 0");
            }
            if (signal < 1 || signal > 31) {
                throw CommandException.usage("--interrupt " + text + ": signals are 1 to 31");
            }
            if ((every > 0) != counted || every < 0 || count < 1 || count > REPEAT_MAX) {
                throw CommandException.usage("--interrupt " + text
                        + ": every=N and count=K come together; N is at least" + " 1, K is 1 to " + REPEAT_MAX);
            }
            List<ScheduledInterrupt> interrupts = new ArrayList<>();
            for (long i = 0; i < count; i++) {
                interrupts.add(
                        new ScheduledInterrupt(Math.addExact(at, Math.multiplyExact(i, every)), (int) signal, payload));
            }
            return interrupts;
        } catch (NumberFormatException | ArithmeticException e) {
            throw CommandException.usage("--interrupt " + text + ": " + form);
        }
    }

    /** The value of {@code --detail}. */
    static Detail detail(String text) throws CommandException {
        return Arrays.stream(Detail.values())
                .filter(detail -> detail.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> CommandException.usage("--detail is '" + text + "', expected flow or values"));
    }

    /** {@code MS:SIGNAL}. */
    static RealTimers.Timer timer(String text) throws CommandException {
        String[] parts = text.split(":", -1);
        try {
            if (parts.length == 2) {
                long milliseconds = integer(parts[0]);
                int signal = index(parts[1]);
                if (milliseconds >= 1
                        && milliseconds <= RealTimers.Timer.MILLISECONDS_MAX
                        && signal >= 1
                        && signal <= 31) {
                    return new RealTimers.Timer(milliseconds, signal);
                }
            }
        } catch (NumberFormatException | ArithmeticException e) {
            // Told below.
        }
        throw CommandException.usage("--timer " + text + ": expected MS:SIGNAL, such as 10:3; MS is 1 to "
                + RealTimers.Timer.MILLISECONDS_MAX + ", signals are 1 to 31");
    }

    /** {@code ICOUNT:LOCATION:MASK}. */
    static Injection injection(Program program, String text) throws CommandException {
        String form = "expected ICOUNT:LOCATION:MASK, such as 1000:global.total:0x10; LOCATION is local.FRAME.INDEX,"
                + " operand.FRAME.INDEX, global.NAME, memory.ADDRESS or hp";
        String[] parts = text.split(":", -1);
        if (parts.length != 3) {
            throw CommandException.usage("--inject " + text + ": " + form);
        }
        try {
            long icount = integer(parts[0]);
            if (icount < 0) {
                throw new NumberFormatException();
            }
            return new Injection(icount, location(program, parts[1]), integer(parts[2]));
        } catch (NumberFormatException | ArithmeticException e) {
            throw CommandException.usage("--inject " + text + ": " + form);
        }
    }

    private static Location location(Program program, String text) throws CommandException {
        String[] parts = text.split("\\.", -1);
        if (text.equals("hp")) {
            return new Location.Register("hp");
        } else if (parts[0].equals("local") && parts.length == 3) {
            return new Location.Local(index(parts[1]), index(parts[2]));
        } else if (parts[0].equals("operand") && parts.length == 3) {
            return new Location.Operand(index(parts[1]), index(parts[2]));
        } else if (parts[0].equals("memory") && parts.length == 2) {
            return new Location.MemoryByte(integer(parts[1]));
        } else if (parts[0].equals("memory") && parts.length == 3) {
            return new Location.MemoryByte(index(parts[1]), integer(parts[2]));
        } else if (parts[0].equals("table") && parts.length == 3) {
            return new Location.TableElement(index(parts[1]), index(parts[2]));
        } else if (parts[0].equals("global") && parts.length >= 2) {
            String name = text.substring("global.".length());
            for (int i = 0; i < program.globals().size(); i++) {
                if (program.globals().get(i).name().equals(name)) {
                    return new Location.GlobalVariable(i);
                }
            }
            if (!name.matches("[0-9]+")) {
                throw CommandException.usage("the program has no global '" + name + "'");
            }
            return new Location.GlobalVariable(index(name));
        }
        throw new NumberFormatException();
    }

    private static int index(String text) {
        return Math.toIntExact(integer(text));
    }
}
