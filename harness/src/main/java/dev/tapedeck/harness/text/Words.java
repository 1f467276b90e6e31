package dev.tapedeck.harness.text;

import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Program;
import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;

/** How numbers, places and outcomes are written for people, the same in every report and on the command line. */
public final class Words {
    /** In shorter runs, the log is mostly the program itself, and bits per instruction mean nothing. */
    public static final long INSTRUCTIONS_FOR_BITS = 100_000;

    /** Deeper call stacks are cut: a runaway recursion has tens of thousands of frames. */
    public static final int FRAMES_MAX = 64;

    /** Bytes shown of where two writes differ. */
    private static final int BYTES_SHOWN = 8;

    private static final Pattern HASH = Pattern.compile("::h[0-9a-f]{16}(?![0-9A-Za-z_])|17h[0-9a-f]{16}(?=E)");

    private Words() {}

    /** A number with its thousands apart: {@code 1,234,567}. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** {@code 1 interrupt}, {@code 2 interrupts}. */
    public static String count(long number, String noun) {
        return count(number) + " " + noun + (number == 1 ? "" : "s");
    }

    /**
     * Text without the hashes that Rust appends to the names of functions: {@code core::fmt::write::h0123456789abcdef}, or
     * {@code _ZN4core3fmt5write17h0123456789abcdefE} where they have not been made readable.
     */
    public static String withoutHashes(String text) {
        return text.contains("::h") || text.contains("17h") ? HASH.matcher(text).replaceAll("") : text;
    }

    /** A word as a POSIX shell reads it: whoever pastes the command runs nothing else. */
    public static String shell(String word) {
        return word.matches("[A-Za-z0-9_./+:=@%,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /**
     * A path for people: from the working directory on, if it leads there, so that what is kept or sent to others is the same
     * wherever it is made, and commands can be pasted in the same folder elsewhere.
     */
    public static String path(String path) {
        try {
            Path here = Path.of("").toAbsolutePath().normalize();
            Path file = Path.of(path);
            if (!file.isAbsolute() || !file.normalize().startsWith(here)) {
                return path;
            }
            String relative = here.relativize(file.normalize()).toString().replace(File.separatorChar, '/');
            return relative.isEmpty() ? "." : relative;
        } catch (InvalidPathException e) {
            return path;
        }
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

    /** {@code function+offset (source:line)}, and whether an interrupt led there. */
    public static String frame(Frame frame) {
        return frame.place() + (frame.interrupt() ? " [interrupt]" : "");
    }

    /**
     * A call stack in lines. Frames that are the same, as of a recursion, are one line.
     *
     * @param frames innermost first; as many as {@link #FRAMES_MAX} are not all there are
     * @param linesMax how many lines of frames, at most
     * @param line what stands there for a frame
     */
    public static List<String> stack(List<Frame> frames, int linesMax, Function<Frame, String> line) {
        List<String> lines = new ArrayList<>();
        int next = 0;
        while (next < frames.size() && lines.size() < linesMax) {
            Frame frame = frames.get(next);
            int end = next + 1;
            while (end < frames.size() && frames.get(end).equals(frame)) {
                end++;
            }
            lines.add(line.apply(frame) + (end - next == 1 ? "" : " (" + (end - next) + " frames)"));
            next = end;
        }
        if (frames.size() >= FRAMES_MAX) {
            lines.add("and more: these are the innermost of them");
        } else if (next < frames.size()) {
            lines.add("and " + count(frames.size() - next, "more frame"));
        }
        return lines;
    }

    /** The same with whole places. */
    public static List<String> stack(List<Frame> frames) {
        return stack(frames, FRAMES_MAX, Words::frame);
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
                        : "returned " + Values.list(results(program, function), outcome.results());
            case HALTED -> "exit code " + outcome.exitCode();
            case FAULTED -> outcome.fault().map(fault -> fault(fault, program)).orElse("fault");
            case LIMIT -> "stopped by the limit of " + count(outcome.icount(), "instruction");
            case STOPPED -> "stopped from outside after " + count(outcome.icount(), "instruction");
        };
    }

    /** How a recorded run ended, or up to where the recording reaches. */
    public static String outcome(Recording recording) {
        Program program = recording.program().program();
        return recording
                .outcome()
                .map(outcome -> outcome(outcome, program, recording.options().functionIn(program)))
                .orElseGet(() -> "cut after " + count(recording.icountEnd(), "instruction")
                        + recording.damage().map(damage -> ": " + damage).orElse(""));
    }

    private static List<ValueType> results(Program program, int function) {
        return function >= 0 && function < program.functions().size()
                ? program.typeOf(program.functions().get(function)).results()
                : List.of();
    }

    /** A fault in one line. */
    public static String fault(Fault fault, Program program) {
        return "fault " + fault.kind().mnemonic() + " at " + Places.place(program, fault.position())
                + (fault.detail().isEmpty() ? "" : ": " + fault.detail());
    }

    /** What came from outside: {@code interrupt 3, payload 42}. */
    public static String event(Interrupt interrupt) {
        return "interrupt " + interrupt.signal() + ", payload " + interrupt.payload();
    }

    /** The machine says which names the place has. */
    public static String event(Machine machine, Injection injection) {
        String where;
        try {
            where = Places.location(machine, injection.location());
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            where = injection.location().toString();
        }
        if (injection.location() instanceof Location.Register register
                && register.name().equals("interrupts")) {
            return "injected: " + where + " flipped";
        }
        return "injected: " + where + " xor 0x" + Long.toHexString(injection.mask());
    }

    /**
     * What two calls of one host function with the same arguments gave back, and where that differs: of long writes, that is
     * not at their beginning.
     */
    public static String events(Program program, HostCallRecord a, HostCallRecord b) {
        String one = event(program, a);
        String other = event(program, b);
        boolean alike = a.hostImport() == b.hostImport()
                && a.arguments().equals(b.arguments())
                && a.results().equals(b.results())
                && a.error().isEmpty()
                && b.error().isEmpty()
                && a.halt().isEmpty()
                && b.halt().isEmpty()
                && a.writes().size() == b.writes().size();
        for (int i = 0; alike && i < a.writes().size(); i++) {
            MemoryWrite first = a.writes().get(i);
            MemoryWrite second = b.writes().get(i);
            int at = Arrays.mismatch(first.bytes(), second.bytes());
            if (first.memory() != second.memory() || first.address() != second.address()) {
                break;
            }
            if (at >= 0) {
                int from = Math.min(at, Math.min(first.bytes().length, second.bytes().length));
                return call(program, a) + " wrote " + count(first.bytes().length, "byte")
                        + (first.bytes().length == second.bytes().length
                                ? ""
                                : " in the first run and " + count(second.bytes().length, "byte") + " in the second")
                        + ", differing from byte " + from + " at "
                        + Values.address(first.address() + from)
                        + (first.memory() == 0 ? "" : " of memory " + first.memory()) + ": "
                        + behind(first.bytes(), from) + " in the first run; in the second "
                        + behind(second.bytes(), from);
            }
        }
        return one + " in the first run; in the second " + other;
    }

    private static String behind(byte[] bytes, int from) {
        return from == bytes.length
                ? "nothing"
                : Values.bytes(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + BYTES_SHOWN)));
    }

    private static String call(Program program, HostCallRecord call) {
        Program.HostImport called = program.imports().get(call.hostImport());
        return called.qualifiedName() + '(' + Values.list(program.typeOf(called).parameters(), call.arguments()) + ')';
    }

    /** What a host call gave back: {@code tape.random() returned 5}. */
    public static String event(Program program, HostCallRecord call) {
        Program.HostImport called = program.imports().get(call.hostImport());
        Program.FunctionType type = program.typeOf(called);
        StringBuilder text = new StringBuilder(call(program, call));
        if (call.error().isPresent()) {
            return text.append(" failed: ").append(call.error().get()).toString();
        }
        if (call.halt().isPresent()) {
            return text.append(" stopped the run with exit code ")
                    .append(call.halt().get())
                    .toString();
        }
        text.append(" returned ")
                .append(call.results().isEmpty() ? "nothing" : Values.list(type.results(), call.results()));
        int shown = 0;
        for (MemoryWrite write : call.writes()) {
            if (shown++ == 4) {
                text.append(", ...");
                break;
            }
            text.append(", wrote ")
                    .append(Values.bytes(write.bytes()))
                    .append(" at ")
                    .append(Values.address(write.address()))
                    .append(write.memory() == 0 ? "" : " of memory " + write.memory());
        }
        return text.toString();
    }
}
