package dev.tapedeck.harness.recording;

import dev.tapedeck.vm.machine.FlowTrace.Delivery;
import java.util.ArrayList;
import java.util.List;

/**
 * A flow block: which way the run went through a stretch of the program.
 *
 * <p>The layout is in docs/recording-format.md, <i>Flow block</i>.
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
record FlowDescriptor(
        long start, int instructions, long chainDigest, List<Delivery> deliveries, int bitCount, byte[] bits) {
    /** Per instruction at most a br_table with 2^20 targets. */
    private static final int BITS_MAX = (1 << 24) * 20;

    static final int DELIVERY_BYTES = 13;

    byte[] encode() {
        PayloadOutput out = new PayloadOutput().i64(start).i32(instructions).i64(chainDigest);
        out.i32(deliveries.size());
        for (Delivery delivery : deliveries) {
            out.i64(delivery.icount()).u8(delivery.signal()).i32(delivery.function());
        }
        return out.i32(bitCount).compressed(bits).toBytes();
    }

    /** Without deliveries and flow, which are large. */
    static FlowDescriptor decodeHead(byte[] payload) throws RecordingException {
        return head(new PayloadInput(payload));
    }

    private static FlowDescriptor head(PayloadInput in) throws RecordingException {
        long start = in.i64("start", 0, Long.MAX_VALUE - RunOptions.BLOCK_INSTRUCTIONS_MAX);
        int instructions = in.i32("instructions", 0, RunOptions.BLOCK_INSTRUCTIONS_MAX);
        return new FlowDescriptor(start, instructions, in.i64("chain digest"), List.of(), 0, new byte[0]);
    }

    static FlowDescriptor decode(byte[] payload) throws RecordingException {
        PayloadInput in = new PayloadInput(payload);
        FlowDescriptor head = head(in);
        int count = in.count("deliveries", DELIVERY_BYTES);
        List<Delivery> deliveries = new ArrayList<>(count);
        long before = head.start;
        for (int i = 0; i < count; i++) {
            before = in.i64("icount", before, head.start + head.instructions);
            deliveries.add(new Delivery(before, in.u8("signal"), in.i32("function")));
        }
        int bitCount = in.i32("bits", 0, BITS_MAX);
        byte[] bits = in.compressed("flow", BITS_MAX / 8);
        in.end();
        if (bits.length != (bitCount + 7) / 8) {
            throw in.error(bits.length + " bytes of flow, expected " + (bitCount + 7) / 8);
        }
        return new FlowDescriptor(head.start, head.instructions, head.chainDigest, deliveries, bitCount, bits);
    }
}
