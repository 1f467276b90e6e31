package dev.tapedeck.harness.recording;

import dev.tapedeck.harness.recording.Recording.Interrupt;
import java.util.ArrayList;
import java.util.List;

/**
 * Interrupts that came from outside, in the order in which they came. They belong to the flow block that follows.
 *
 * <p>The layout is in docs/recording-format.md, <i>Interrupts</i>.
 */
record InterruptsDescriptor(List<Interrupt> interrupts) {
    private static final int ENTRY_BYTES = 17;

    /** As many as one excerpt takes uncompressed. */
    static final int COUNT_MAX = 4096;

    byte[] encode() {
        PayloadOutput entries = new PayloadOutput();
        for (Interrupt interrupt : interrupts) {
            entries.i64(interrupt.icount()).u8(interrupt.signal()).i64(interrupt.payload());
        }
        return new PayloadOutput()
                .i32(interrupts.size())
                .compressed(entries.toBytes())
                .toBytes();
    }

    static InterruptsDescriptor decode(byte[] payload) throws RecordingException {
        PayloadInput in = new PayloadInput(payload);
        int count = in.i32("count", 1, COUNT_MAX);
        PayloadInput entries = new PayloadInput(in.compressed("entries", COUNT_MAX * ENTRY_BYTES));
        in.end();
        List<Interrupt> interrupts = new ArrayList<>();
        long before = 0;
        for (int i = 0; i < count; i++) {
            before = entries.i64("icount", before, Long.MAX_VALUE);
            int signal = entries.u8("signal");
            if (signal < 1 || signal > 31) {
                throw entries.error("signal is " + signal + ", expected 1 to 31");
            }
            interrupts.add(new Interrupt(before, signal, entries.i64("payload")));
        }
        entries.end();
        return new InterruptsDescriptor(interrupts);
    }
}
