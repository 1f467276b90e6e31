package dev.tapedeck.harness.report;

import dev.tapedeck.harness.effect.Gathered;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.vm.machine.Machine;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The end of what a run wrote to its error output, by {@code tape.debug} or to WASI's descriptor 2: where programs say what
 * went wrong. It is read from memory, as it was when each call was made.
 *
 * @param lines the last ones, as text came; bytes that are not UTF-8 are replaced
 * @param whole whether that is all there was
 */
public record ErrorOutput(List<String> lines, boolean whole) {
    /** Lines kept. */
    public static final int LINES_MAX = 20;

    /** Characters of the last line in a sentence. */
    private static final int WORDS_MAX = 160;

    private static final int BYTES_MAX = 4 << 10;

    /** Calls that are looked at, the last ones: some libraries write a line in many pieces. */
    private static final int CALLS_MAX = 128;

    /** Host calls among which these are looked for. */
    private static final int CALLS_BACK_MAX = 1 << 16;

    /** Instructions from the first of these calls to the end: that much, and one checkpoint interval, is replayed. */
    private static final long INSTRUCTIONS_BACK_MAX = 1L << 22;

    private static final String DEBUG = "tape.debug";
    private static final long STANDARD_ERROR = 2;

    public ErrorOutput {
        lines = List.copyOf(lines);
    }

    /**
     * Reads it from a recording.
     *
     * @return empty if nothing was written
     */
    public static Optional<ErrorOutput> of(Recording recording) throws RecordingException, ReplayException {
        Deque<HostCallRecord> calls = new ArrayDeque<>();
        boolean whole = last(recording, calls);
        if (calls.isEmpty()) {
            return Optional.empty();
        }
        Replay replay = new Replay(recording);
        Tail bytes = new Tail();
        for (HostCallRecord call : calls) {
            replay.seek(call.icount());
            Machine machine = replay.machine();
            List<Long> arguments = call.arguments();
            if (name(recording, call).equals(DEBUG)) {
                read(machine, unsigned(arguments.get(0)), unsigned(arguments.get(1)), bytes);
            } else {
                Gathered.pieces(machine, arguments.get(1), arguments.get(2))
                        .orElse(List.of())
                        .forEach(piece -> read(machine, piece.address(), piece.length(), bytes));
            }
        }
        return of(bytes.bytes.toByteArray(), whole);
    }

    /**
     * The last line that says something, at most {@value #WORDS_MAX} characters of it. Rust's hint at backtraces, which stands
     * behind each panic, does not.
     */
    public Optional<String> lastWords() {
        return lines.stream()
                .filter(line -> !line.isBlank() && !line.startsWith("note: run with `RUST_BACKTRACE"))
                .reduce((before, last) -> last)
                .map(line -> line.codePointCount(0, line.length()) <= WORDS_MAX
                        ? line
                        : line.substring(0, line.offsetByCodePoints(0, WORDS_MAX)) + "...");
    }

    /** @param whole whether these are all the bytes there were */
    static Optional<ErrorOutput> of(byte[] bytes, boolean whole) {
        int from = Math.max(0, bytes.length - BYTES_MAX);
        String text = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
        List<String> lines = new ArrayList<>(text.lines().toList());
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        if (from > 0 && lines.size() > 1) {
            // The piece of a line that the cut left.
            lines.remove(0);
        }
        boolean all = whole && from == 0 && lines.size() <= LINES_MAX;
        return Optional.of(new ErrorOutput(lines.subList(Math.max(0, lines.size() - LINES_MAX), lines.size()), all));
    }

    /**
     * The last calls that wrote there, in order.
     *
     * @return whether there are no earlier ones
     */
    private static boolean last(Recording recording, Deque<HostCallRecord> calls) {
        List<HostCallRecord> all = recording.hostCalls();
        int bound = Math.max(0, all.size() - CALLS_BACK_MAX);
        long first = recording.icountEnd() - INSTRUCTIONS_BACK_MAX;
        for (int i = all.size() - 1; i >= bound; i--) {
            HostCallRecord call = all.get(i);
            if (writes(name(recording, call), call)) {
                // The last one is looked at wherever it is: that costs no more than any other place.
                if (calls.size() == CALLS_MAX || (call.icount() < first && !calls.isEmpty())) {
                    return false;
                }
                calls.addFirst(call);
            }
        }
        return bound == 0;
    }

    private static String name(Recording recording, HostCallRecord call) {
        return recording.program().program().imports().get(call.hostImport()).qualifiedName();
    }

    private static boolean writes(String called, HostCallRecord call) {
        return call.error().isEmpty()
                && switch (called) {
                    case DEBUG -> call.arguments().size() == 2;
                    case Gathered.FD_WRITE ->
                        call.arguments().size() == 4
                                && call.arguments().get(0) == STANDARD_ERROR
                                && call.results().equals(List.of(0L));
                    default -> false;
                };
    }

    private static long unsigned(long cell) {
        return cell & 0xffff_ffffL;
    }

    /** Of a long text the end. */
    private static void read(Machine machine, long address, long length, Tail to) {
        if (address + length <= machine.memoryBytes()) {
            int kept = (int) Math.min(length, BYTES_MAX + 1);
            to.add(machine.readMemory(address + length - kept, kept));
        }
    }

    /** The end of many pieces, one byte more than is shown: so it is seen that there was more. */
    private static final class Tail {
        private ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        void add(byte[] piece) {
            bytes.writeBytes(piece);
            if (bytes.size() > 16 * BYTES_MAX) {
                byte[] all = bytes.toByteArray();
                bytes = new ByteArrayOutputStream();
                bytes.write(all, all.length - BYTES_MAX - 1, BYTES_MAX + 1);
            }
        }
    }
}
