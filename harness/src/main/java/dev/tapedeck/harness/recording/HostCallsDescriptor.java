package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Host calls and all that they changed, in order. They belong to the flow block that follows.
 *
 * <p>The layout is in docs/recording-format.md, <i>Host calls</i>.
 */
record HostCallsDescriptor(List<HostCallRecord> calls) {
    /** Entries are gathered up to this size; a single one may be larger. */
    static final int GATHERED_BYTES = 96 * 1024;

    /** All entries of an excerpt. */
    static final int ENTRIES_BYTES_MAX = 1 << 30;

    /** What one call may write at most; so much less, since there are calls before it, arguments and results. */
    static final int WRITTEN_BYTES_MAX = ENTRIES_BYTES_MAX - (1 << 24);

    /** What a write takes besides its bytes. */
    static final int WRITE_BYTES_MIN = 16;

    private static final int ENTRY_BYTES_MIN = 25;
    private static final int COUNT_MAX = GATHERED_BYTES / ENTRY_BYTES_MIN + 1;
    private static final int HALTED = 1;
    private static final int FAILED = 2;

    /** Adds one entry to those that will be one excerpt. */
    static void encode(PayloadOutput entries, HostCallRecord call) {
        entries.i64(call.icount())
                .i32(call.hostImport())
                .u8((call.halt().isPresent() ? HALTED : 0) | (call.error().isPresent() ? FAILED : 0))
                .cells(call.arguments())
                .cells(call.results())
                .i32(call.writes().size());
        for (MemoryWrite write : call.writes()) {
            entries.i32(write.memory()).i64(write.address()).blob(write.bytes());
        }
        call.halt().ifPresent(entries::i32);
        call.error().ifPresent(entries::text);
    }

    /**
     * @param first icount of the first of the entries
     * @param last icount of the last
     */
    static byte[] encode(int count, long first, long last, PayloadOutput entries) {
        return new PayloadOutput()
                .i32(count)
                .i64(first)
                .i64(last)
                .compressed(entries.toBytes())
                .toBytes();
    }

    byte[] encode() {
        PayloadOutput entries = new PayloadOutput();
        calls.forEach(call -> encode(entries, call));
        return encode(
                calls.size(), calls.get(0).icount(), calls.get(calls.size() - 1).icount(), entries);
    }

    static HostCallsDescriptor decode(byte[] payload) throws RecordingException {
        PayloadInput in = new PayloadInput(payload);
        int count = in.i32("count", 1, COUNT_MAX);
        long first = in.i64("icount of the first call", 0, Long.MAX_VALUE);
        long last = in.i64("icount of the last call", first, Long.MAX_VALUE);
        PayloadInput entries = new PayloadInput(in.compressed("entries", ENTRIES_BYTES_MAX));
        in.end();
        List<HostCallRecord> calls = new ArrayList<>();
        long before = first;
        for (int i = 0; i < count; i++) {
            if (entries.position() >= GATHERED_BYTES) {
                throw entries.error(
                        "call " + i + " of " + count + " begins here, expected all within " + GATHERED_BYTES);
            }
            HostCallRecord call = entry(entries, before);
            before = call.icount();
            calls.add(call);
        }
        entries.end();
        if (calls.get(0).icount() != first || before != last) {
            throw in.error("the calls are of instruction counts " + calls.get(0).icount() + " to " + before
                    + ", stated are " + first + " to " + last);
        }
        return new HostCallsDescriptor(calls);
    }

    private static HostCallRecord entry(PayloadInput in, long icountMin) throws RecordingException {
        long icount = in.i64("icount", icountMin, Long.MAX_VALUE);
        int hostImport = in.i32("import", 0, Integer.MAX_VALUE);
        int flags = in.u8("flags");
        if ((flags & ~(HALTED | FAILED)) != 0) {
            throw in.error("flags are " + flags + ", expected 0 to 3");
        }
        List<Long> arguments = in.cells("arguments");
        List<Long> results = in.cells("results");
        List<MemoryWrite> writes = new ArrayList<>();
        for (int i = in.count("writes", WRITE_BYTES_MIN); i > 0; i--) {
            writes.add(new MemoryWrite(
                    in.i32("memory", 0, Integer.MAX_VALUE), in.i64("address", 0, 1L << 32), in.blob("bytes")));
        }
        return new HostCallRecord(
                icount,
                hostImport,
                arguments,
                results,
                writes,
                (flags & HALTED) != 0 ? Optional.of(in.i32("exit code")) : Optional.empty(),
                (flags & FAILED) != 0 ? Optional.of(in.text("message")) : Optional.empty());
    }
}
