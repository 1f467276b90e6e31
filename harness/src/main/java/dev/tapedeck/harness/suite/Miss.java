package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.slice.Slicer;
import dev.tapedeck.harness.text.Quoted;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.StateExpectation;
import dev.tapedeck.vm.program.TestCase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An expectation that a run missed.
 *
 * @param reason what was expected and what was there instead, without a full stop
 * @param expected for a diff
 * @param actual for a diff
 * @param icount where the run shows it; empty means at its end
 * @param verb what happened there, such as {@code written}
 * @param clue where to look for how it came about
 * @param besides what else was missed, and came of it as likely as not; begins with a semicolon, or is empty
 */
record Miss(
        String reason,
        String expected,
        String actual,
        OptionalLong icount,
        String verb,
        Slicer.Question clue,
        String besides) {
    private static final int EXCERPT_CHARS_MAX = 60;
    private static final int EXCERPT_CHARS_BEFORE = 20;
    private static final int MEMORY_BYTES_MAX = 16;
    private static final int DIFF_CHARS_MAX = 1 << 16;
    private static final int DIFF_CHARS_BEFORE = 1 << 12;

    /** Of a run that should have ended in another way: what made it end so, else what led it there. */
    static final Slicer.Question ENDING = slicer -> {
        Optional<Slice> made = slicer.ending();
        return made.isPresent() ? made : slicer.end();
    };

    /**
     * The first expectation missed, in the order of the run: a wrong byte of the output, then how the run ended and its exit
     * code, then an output that ends early, and the results.
     */
    static Optional<Miss> first(
            TestCase test, Program program, int function, Outcome outcome, OutputCapture captured, long limit) {
        Optional<Miss> ending = outcome.kind() == Outcome.Kind.LIMIT
                ? Optional.of(unfinished(limit))
                : ending(test, program, function, outcome);
        Optional<Miss> output = output(test, captured);
        if (ending.isPresent() && output.isPresent() && output.get().icount.isPresent()) {
            return Optional.of(output.get().besides(ending.get()));
        }
        return ending.or(() -> output).or(() -> results(test, program, function, outcome));
    }

    private Miss besides(Miss later) {
        return new Miss(reason, expected, actual, icount, verb, clue, "; besides, " + later.reason);
    }

    private static Miss unfinished(long limit) {
        return atEnd(
                "not finished after the limit of " + Words.count(limit, "instruction"),
                "an end within " + Words.count(limit, "instruction"),
                "not finished",
                "stopped",
                Slicer::ending);
    }

    /** @param waited what it waited for, a host function, if it did */
    static Miss timeout(Duration limit, Outcome outcome, Optional<String> waited) {
        String time = TimeLimit.words(limit);
        return atEnd(
                "not finished after the timeout of " + time + ", and " + Words.count(outcome.icount(), "instruction")
                        + waited.map(function -> "; it waited for the host function " + function)
                                .orElse(""),
                "an end within " + time,
                "not finished",
                "stopped",
                Slicer.Question.NONE);
    }

    private static Optional<Miss> ending(TestCase test, Program program, int function, Outcome outcome) {
        String end = ending(program, function, outcome);
        Optional<Fault> fault = outcome.fault();
        Optional<String> expectedFault = test.expectedFault();
        if (expectedFault.isPresent()) {
            String kind = fault.map(found -> found.kind().mnemonic()).orElse("");
            return expectedFault.get().equals(kind)
                    ? Optional.empty()
                    : Optional.of(atEnd(
                            "expected fault " + Visible.of(expectedFault.get()) + " but was " + end,
                            "fault " + expectedFault.get(),
                            fault.isPresent() ? "fault " + kind : end,
                            "ended",
                            ENDING));
        }
        int expectedExitCode = test.expectedExitCode().orElse(0);
        if (fault.isPresent()) {
            FaultKind kind = fault.get().kind();
            String detail = fault.get().detail();
            return Optional.of(atEnd(
                    "fault " + kind.mnemonic() + " (" + kind.meaning()
                            + (detail.isEmpty() ? "" : "; " + Visible.of(detail)) + ")",
                    "exit code " + expectedExitCode,
                    "fault " + kind.mnemonic(),
                    "raised",
                    Slicer::ending));
        }
        // A return from the entry counts as exit code 0.
        return outcome.exitCode() == expectedExitCode
                ? Optional.empty()
                : Optional.of(atEnd(
                        "expected exit code " + expectedExitCode + " but was " + outcome.exitCode(),
                        "exit code " + expectedExitCode,
                        "exit code " + outcome.exitCode(),
                        "ended",
                        ENDING));
    }

    private static String ending(Program program, int function, Outcome outcome) {
        return switch (outcome.kind()) {
            case RETURNED ->
                outcome.results().isEmpty()
                        ? "a normal return"
                        : "a return of " + values(program, function, outcome.results());
            case HALTED -> "exit code " + outcome.exitCode();
            case FAULTED ->
                "fault " + outcome.fault().map(fault -> fault.kind().mnemonic()).orElse("");
            case LIMIT -> "the instruction limit";
            case STOPPED -> "a stop from outside";
        };
    }

    private static Optional<Miss> output(TestCase test, OutputCapture output) {
        if (test.expectedOutput().isEmpty()) {
            return Optional.empty();
        }
        String expected = test.expectedOutput().get();
        String actual = new String(output.bytes(), StandardCharsets.ISO_8859_1);
        if (expected.equals(actual)) {
            return Optional.empty();
        }
        int at = 0;
        int both = Math.min(expected.length(), actual.length());
        while (at < both && expected.charAt(at) == actual.charAt(at)) {
            at++;
        }
        int from = Math.max(expected.length(), actual.length()) <= EXCERPT_CHARS_MAX
                ? 0
                : Math.max(0, at - EXCERPT_CHARS_BEFORE);
        String reason = "expected output " + excerpt(expected, from) + " but was " + excerpt(actual, from)
                + (at < actual.length()
                        ? "; wrong from byte " + at
                        : "; it ends after " + bytes(actual.length()) + " of " + expected.length());
        return Optional.of(new Miss(
                reason,
                diffText(expected, at),
                diffText(actual, at),
                output.departedIcount(),
                at < actual.length() ? "written" : "ended",
                output.departedIcount().isPresent()
                        ? written(output.departedIcount().getAsLong(), output.departedOffset())
                        : silence(output),
                ""));
    }

    private static String bytes(long count) {
        return count + (count == 1 ? " byte" : " bytes");
    }

    private static String excerpt(String latin1, int from) {
        int start = Math.min(from, latin1.length());
        int end = Math.min(latin1.length(), start + EXCERPT_CHARS_MAX);
        return (start > 0 ? "..." : "")
                + Quoted.text(latin1.substring(start, end))
                + (end < latin1.length() ? "..." : "");
    }

    /**
     * Lines as lines, for a diff; everything else as it is quoted. Of long texts, what is around the difference: nobody reads
     * megabytes, and diffs of them take minutes.
     */
    private static String diffText(String all, int difference) {
        int from = Math.min(all.length(), Math.max(0, difference - DIFF_CHARS_BEFORE));
        int to = Math.min(all.length(), from + DIFF_CHARS_MAX);
        String latin1 = all.substring(from, to);
        StringBuilder out = new StringBuilder();
        if (from > 0) {
            out.append("(after ").append(bytes(from)).append(")\n");
        }
        int start = 0;
        while (start < latin1.length()) {
            int end = latin1.indexOf('\n', start);
            String line = latin1.substring(start, end < 0 ? latin1.length() : end);
            String quoted = Quoted.text(line);
            out.append(quoted, 1, quoted.length() - 1);
            if (end < 0) {
                break;
            }
            out.append('\n');
            start = end + 1;
        }
        if (to < all.length()) {
            out.append("\n(").append(bytes(all.length() - to)).append(" more)");
        }
        return out.toString();
    }

    private static Optional<Miss> results(TestCase test, Program program, int function, Outcome outcome) {
        if (test.expectedResults().isEmpty()) {
            return Optional.empty();
        }
        List<Long> expected = test.expectedResults().get();
        if (outcome.kind() == Outcome.Kind.RETURNED && expected.equals(outcome.results())) {
            return Optional.empty();
        }
        String should = values(program, function, expected);
        String was = outcome.kind() == Outcome.Kind.RETURNED
                ? values(program, function, outcome.results())
                : ending(program, function, outcome);
        int wrong = 0;
        while (wrong < Math.min(expected.size(), outcome.results().size())
                && expected.get(wrong).equals(outcome.results().get(wrong))) {
            wrong++;
        }
        int first = wrong;
        return Optional.of(atEnd(
                "expected result " + should + " but was " + was,
                should,
                was,
                "returned",
                outcome.kind() == Outcome.Kind.RETURNED ? slicer -> slicer.result(first) : ENDING));
    }

    /** The first expectation of the state that a machine at the end of the run does not meet. */
    static Optional<Miss> state(TestCase test, Machine machine) {
        return test.expectedState().stream()
                .flatMap(expectation -> state(expectation, machine).stream())
                .findFirst();
    }

    /** The state at the end is not to be had. */
    static Miss notReplayed() {
        return atEnd(
                "the state at its end cannot be looked at",
                "a run that repeats",
                "another run",
                "ended",
                Slicer.Question.NONE);
    }

    private static Optional<Miss> state(StateExpectation expectation, Machine machine) {
        if (expectation instanceof StateExpectation.GlobalValue global) {
            Program.Global found = machine.program().globals().get(global.global());
            long actual = machine.global(global.global());
            String name = found.name().isEmpty() ? "#" + global.global() : "'" + Visible.of(found.name()) + "'";
            return global.cell() == actual
                    ? Optional.empty()
                    : unequal(
                            "global " + name,
                            Values.cell(found.type(), global.cell()),
                            Values.cell(found.type(), actual),
                            stateAt(machine.icount(), new Location.GlobalVariable(global.global())));
        } else if (expectation instanceof StateExpectation.RegisterValue register) {
            long actual = switch (register.register()) {
                case SP -> machine.sp();
                case BP -> machine.bp();
                case HP -> machine.hp();
                case ICOUNT -> machine.icount();
                case INTERRUPTS -> machine.interruptsEnabled() ? 1 : 0;
            };
            return register.value() == actual
                    ? Optional.empty()
                    : unequal(
                            "register " + register.register().mnemonic(),
                            Long.toString(register.value()),
                            Long.toString(actual),
                            register.register().mnemonic().equals("hp")
                                    ? stateAt(machine.icount(), new Location.Register("hp"))
                                    : Slicer.Question.NONE);
        } else if (expectation instanceof StateExpectation.MemoryBytes memory) {
            return memory(memory, machine);
        }
        throw new IllegalStateException(expectation.toString());
    }

    private static Optional<Miss> memory(StateExpectation.MemoryBytes expectation, Machine machine) {
        byte[] expected = expectation.bytes().getBytes(StandardCharsets.ISO_8859_1);
        String memory = expectation.memory() == 0 ? "memory" : "memory" + expectation.memory();
        long size = machine.memoryBytes(expectation.memory());
        if (expected.length > size - expectation.address()) {
            return unequal(
                    memory,
                    bytes(expected.length) + " at address " + expectation.address(),
                    bytes(size) + " in all",
                    stateAt(machine.icount(), new Location.MemorySize(expectation.memory())));
        }
        byte[] actual = machine.readMemory(expectation.memory(), expectation.address(), expected.length);
        int at = Arrays.mismatch(expected, actual);
        if (at < 0) {
            return Optional.empty();
        }
        int from = Math.max(0, Math.min(at - 4, expected.length - MEMORY_BYTES_MAX));
        return unequal(
                memory + " from address " + (expectation.address() + from),
                hex(expected, from),
                hex(actual, from),
                stateAt(machine.icount(), new Location.MemoryByte(expectation.memory(), expectation.address() + at)));
    }

    /** Why nothing was written behind the last byte. */
    static Slicer.Question silence(OutputCapture output) {
        long last = output.lastIcount().orElse(-1);
        return slicer -> slicer.silence(last);
    }

    private static Slicer.Question written(long icount, long offset) {
        return slicer -> slicer.output(icount, offset);
    }

    private static Slicer.Question stateAt(long icount, Location location) {
        return slicer -> slicer.value(icount, location, 1);
    }

    private static String hex(byte[] bytes, int from) {
        int to = Math.min(bytes.length, from + MEMORY_BYTES_MAX);
        return HexFormat.ofDelimiter(" ").formatHex(bytes, from, to) + (to < bytes.length ? " ..." : "");
    }

    private static Optional<Miss> unequal(String what, String expected, String actual, Slicer.Question clue) {
        return Optional.of(atEnd(
                "expected " + what + " to be " + expected + " but was " + actual,
                what + " " + expected,
                what + " " + actual,
                "ended",
                clue));
    }

    private static String values(Program program, int function, List<Long> cells) {
        List<ValueType> types =
                program.typeOf(program.functions().get(function)).results();
        return cells.isEmpty() ? "nothing" : Values.list(types, cells);
    }

    private static Miss atEnd(String reason, String expected, String actual, String verb, Slicer.Question clue) {
        return new Miss(reason, expected, actual, OptionalLong.empty(), verb, clue, "");
    }
}
