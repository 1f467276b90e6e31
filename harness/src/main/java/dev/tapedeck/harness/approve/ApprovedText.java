package dev.tapedeck.harness.approve;

import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.text.Quoted;
import dev.tapedeck.harness.text.Values;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.Machine;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.program.TestSystem;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A run as text to be approved: what it was given, what it did, and the state it ended in. A person can judge it, and
 * nothing is in it that changes while these do not (no time, path, version or source line).
 */
public final class ApprovedText {
    /** Longer output is shown up to here, and its digest stands for the rest. */
    public static final int OUTPUT_BYTES_MAX = 4096;

    /** Of more interrupts the first ones are shown, and a digest of all. */
    private static final int INTERRUPTS_MAX = 16;

    private static final int LINE_BYTES_MAX = 200;
    /** What the parts of a text begin with. */
    public static final String OUTCOME = "outcome: ";

    public static final String HOST_CALLS = "host calls: ";
    public static final String OUTPUT = "output: ";
    public static final String GLOBALS = "globals:";
    private static final String INSTRUCTIONS = "instructions: ";
    private static final String FINAL_STATE = "final state: ";

    private ApprovedText() {}

    /**
     * @param title the test's name as reports show it
     * @param test what the run was given
     * @param recording a complete recording
     * @param end the machine at the end of the run
     * @param output what the program wrote
     */
    public static String of(
            String title, TestCase test, Recording recording, Outcome outcome, Machine end, byte[] output) {
        Program program = recording.program().program();
        StringBuilder text = new StringBuilder();
        text.append("test: ").append(Visible.of(title)).append('\n');
        if (!program.name().isEmpty()) {
            text.append("program: ").append(Visible.of(program.name())).append('\n');
        }
        appendStart(text, program, recording);
        appendGiven(text, test);
        appendRun(text, recording, outcome, end, output);
        return text.toString();
    }

    private static void appendRun(
            StringBuilder text, Recording recording, Outcome outcome, Machine end, byte[] output) {
        Program program = recording.program().program();
        text.append(OUTCOME).append(outcome(program, recording, outcome)).append('\n');
        text.append(INSTRUCTIONS).append(outcome.icount()).append('\n');
        appendInterrupts(text, recording.interrupts());
        appendHostCalls(text, program, recording);
        appendBytes(text, OUTPUT, output);
        appendGlobals(text, program, end);
        text.append(FINAL_STATE).append(digest(outcome)).append('\n');
    }

    /**
     * What a text says of what the run did: all but its title, its program's name, and what it was given.
     *
     * @param withOutput whether the output counts
     */
    public static String ofRun(String text, boolean withOutput) {
        List<String> lines = text.lines().toList();
        int from = 0;
        while (from < lines.size() && !lines.get(from).startsWith(OUTCOME)) {
            from++;
        }
        List<String> run = new ArrayList<>(lines.subList(from, lines.size()));
        if (!withOutput) {
            run.removeAll(part(text, OUTPUT));
        }
        return String.join("\n", run);
    }

    /**
     * The same of a recording.
     *
     * @param end the machine at the end of the run
     * @param output what the program wrote; empty leaves it out
     */
    public static String ofRun(Recording recording, Outcome outcome, Machine end, Optional<byte[]> output) {
        StringBuilder text = new StringBuilder();
        appendRun(text, recording, outcome, end, output.orElse(new byte[0]));
        return ofRun(text.toString(), output.isPresent());
    }

    /**
     * Whether a text can be of this run, as far as a recording tells without a replay: how the run ended, what it called how
     * often, and the final state. What somebody has edited so that it says nothing of these can be.
     */
    public static boolean describes(String text, Recording recording, Outcome outcome) {
        Program program = recording.program().program();
        StringBuilder calls = new StringBuilder();
        appendHostCalls(calls, program, recording);
        Set<String> lines = new HashSet<>(text.lines().toList());
        boolean callsDiffer = lines.stream().anyMatch(line -> line.startsWith(HOST_CALLS))
                && !lines.containsAll(calls.toString().lines().toList());
        return !callsDiffer
                && saysOf(lines, OUTCOME, outcome(program, recording, outcome))
                && saysOf(lines, INSTRUCTIONS, Long.toString(outcome.icount()))
                && saysOf(lines, FINAL_STATE, digest(outcome));
    }

    /**
     * The part of a text that is about one thing.
     *
     * @param what its first line begins with, with the colon
     * @return that line and the indented ones behind it; empty if there is no such part
     */
    public static List<String> part(String text, String what) {
        List<String> part = new ArrayList<>();
        for (String line : text.lines().toList()) {
            if (part.isEmpty() ? line.startsWith(what) : line.startsWith("  ")) {
                part.add(line);
            } else if (!part.isEmpty()) {
                break;
            }
        }
        return part;
    }

    /** What a text calls a global. */
    public static String globalName(Program program, int index) {
        String name = program.globals().get(index).name();
        return name.isEmpty() ? "global " + index : Visible.of(name);
    }

    private static boolean saysOf(Set<String> lines, String what, String value) {
        return lines.stream().allMatch(line -> !line.startsWith(what) || line.equals(what + value));
    }

    private static String digest(Outcome outcome) {
        return String.format(Locale.ROOT, "%016x", outcome.stateDigest());
    }

    /** Another function, or other arguments, can end in the same state; it is another run all the same. */
    private static void appendStart(StringBuilder text, Program program, Recording recording) {
        String name = recording.options().function();
        List<Long> arguments = recording.options().arguments();
        if (name.isEmpty() && arguments.isEmpty()) {
            return;
        }
        int function = program.findStart(name).orElse(-1);
        text.append("run: ")
                .append(Visible.of(name))
                .append('(')
                .append(String.join(", ", Values.arguments(program, function, arguments)))
                .append(")\n");
    }

    /** A run that is given something else and does the same is another run: the program may not look at what changed. */
    private static void appendGiven(StringBuilder text, TestCase test) {
        if (!test.input().isEmpty()) {
            appendBytes(text, "input: ", latin1(test.input()));
        }
        if (test.seed() != 0) {
            text.append("seed: ").append(test.seed()).append('\n');
        }
        TestSystem system = test.system();
        if (!system.arguments().isEmpty()) {
            text.append("arguments:\n");
            system.arguments()
                    .forEach(argument ->
                            text.append("  ").append(quoted(argument)).append('\n'));
        }
        if (!system.environment().isEmpty()) {
            text.append("environment:\n");
            system.environment()
                    .forEach(variable -> text.append("  ")
                            .append(quoted(variable.name() + "=" + variable.value()))
                            .append('\n'));
        }
        if (!system.files().isEmpty()) {
            text.append("files:\n");
            system.files()
                    .forEach(file -> text.append("  ")
                            .append(quoted(file.path()))
                            .append(": ")
                            .append(count(file.content().length()))
                            .append(file.content().isEmpty() ? "" : ", SHA-256 " + sha256(latin1(file.content())))
                            .append('\n'));
        }
    }

    private static String quoted(String text) {
        return Quoted.text(new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Those that came from outside. */
    private static void appendInterrupts(StringBuilder text, List<Recording.Interrupt> interrupts) {
        text.append("interrupts: ").append(interrupts.size());
        if (interrupts.size() > INTERRUPTS_MAX) {
            StringBuilder all = new StringBuilder();
            interrupts.forEach(interrupt -> all.append(line(interrupt)));
            text.append(", the first ")
                    .append(INTERRUPTS_MAX)
                    .append(" here, SHA-256 of all ")
                    .append(sha256(latin1(all.toString())));
        }
        text.append('\n');
        interrupts
                .subList(0, Math.min(INTERRUPTS_MAX, interrupts.size()))
                .forEach(interrupt -> text.append(line(interrupt)));
    }

    private static String line(Recording.Interrupt interrupt) {
        return "  " + interrupt.icount() + ": signal " + interrupt.signal() + ", payload " + interrupt.payload() + "\n";
    }

    private static String outcome(Program program, Recording recording, Outcome outcome) {
        return switch (outcome.kind()) {
            case RETURNED -> {
                String name = recording.options().function();
                int function = program.findStart(name).orElse(-1);
                yield outcome.results().isEmpty() || function < 0
                        ? "returned"
                        : "returned "
                                + String.join(
                                        ", ",
                                        Values.values(
                                                program.typeOf(program.functions()
                                                                .get(function))
                                                        .results(),
                                                outcome.results()));
            }
            case HALTED -> "exit code " + outcome.exitCode();
            case FAULTED -> outcome.fault().map(fault -> fault(program, fault)).orElse("fault");
            case LIMIT -> "stopped by the instruction limit";
            case STOPPED -> "stopped from outside";
        };
    }

    private static String fault(Program program, Fault fault) {
        return "fault " + fault.kind().mnemonic() + " at "
                + Visible.of(program.functionName(fault.position().function())) + "+"
                + fault.position().offset()
                + (fault.detail().isEmpty() ? "" : ": " + Visible.of(fault.detail()));
    }

    private static void appendHostCalls(StringBuilder text, Program program, Recording recording) {
        List<Recording.HostCallRecord> calls = recording.hostCalls();
        text.append(HOST_CALLS).append(calls.size()).append('\n');
        Map<Integer, Long> counts = new TreeMap<>();
        for (Recording.HostCallRecord call : calls) {
            counts.merge(call.hostImport(), 1L, Long::sum);
        }
        counts.forEach((hostImport, count) -> text.append("  ")
                .append(Visible.of(program.imports().get(hostImport).qualifiedName()))
                .append(": ")
                .append(count)
                .append('\n'));
    }

    private static String count(int bytes) {
        return bytes + (bytes == 1 ? " byte" : " bytes");
    }

    private static void appendBytes(StringBuilder text, String what, byte[] output) {
        text.append(what).append(count(output.length));
        int shown = Math.min(output.length, OUTPUT_BYTES_MAX);
        if (shown < output.length) {
            text.append(", the first ")
                    .append(shown)
                    .append(" here, SHA-256 of all ")
                    .append(sha256(output));
        }
        text.append('\n');
        int start = 0;
        while (start < shown) {
            int end = start;
            while (end < shown && end - start < LINE_BYTES_MAX && output[end] != '\n') {
                end++;
            }
            if (end < shown && output[end] == '\n') {
                end++;
            }
            text.append("  ")
                    .append(Quoted.text(new String(output, start, end - start, StandardCharsets.ISO_8859_1)))
                    .append('\n');
            start = end;
        }
    }

    private static void appendGlobals(StringBuilder text, Program program, Machine end) {
        List<Program.Global> globals = program.globals();
        boolean any = false;
        for (int i = 0; i < globals.size(); i++) {
            Program.Global global = globals.get(i);
            if (!global.mutable()) {
                continue;
            }
            if (!any) {
                text.append(GLOBALS).append('\n');
                any = true;
            }
            text.append("  ")
                    .append(globalName(program, i))
                    .append(": ")
                    .append(global.type().mnemonic())
                    .append(" = ")
                    .append(Values.cell(global.type(), end.global(i)))
                    .append('\n');
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
