package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tapedeck.harness.recording.Recording.HostCallRecord;
import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.recording.Recording.MemoryWrite;
import dev.tapedeck.harness.recording.RunOptions.Injection;
import dev.tapedeck.vm.machine.Fault;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.machine.FlowTrace.Delivery;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.machine.Location;
import dev.tapedeck.vm.program.Position;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Each kind of excerpt: what is written is read, and what is cut or longer is refused. */
class DescriptorTest {
    private interface Decoder {
        Object decode(byte[] payload) throws RecordingException;
    }

    private static void assertRoundTrip(byte[] payload, Object expected, Decoder decoder) throws RecordingException {
        assertThat(decoder.decode(payload)).usingRecursiveComparison().isEqualTo(expected);
        for (int length = 0; length < payload.length; length++) {
            byte[] cut = Arrays.copyOf(payload, length);
            assertThatExceptionOfType(RecordingException.class)
                    .as("cut to %d of %d bytes", length, payload.length)
                    .isThrownBy(() -> decoder.decode(cut));
        }
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> decoder.decode(Arrays.copyOf(payload, payload.length + 1)));
    }

    @Test
    void header() throws Exception {
        RunOptions options = new RunOptions(
                "größe",
                List.of(1L, -5L, Long.MIN_VALUE),
                -99,
                List.of(new ScheduledInterrupt(5, 31, -7), new ScheduledInterrupt(6, 1, 0)),
                1L << 62,
                new Limits(64, 1, 0, 1 << 16, 1),
                1 << 24,
                CheckpointSpacing.instructions(1L << 30),
                List.of(
                        new Injection(1, new Location.Local(2, 3), 4),
                        new Injection(1, new Location.Operand(2, 3), 4),
                        new Injection(1, new Location.GlobalVariable(3), 4),
                        new Injection(1, new Location.MemoryByte(0xFFFF_FFFFL), 4),
                        new Injection(1, new Location.MemorySize(), 4),
                        new Injection(1, new Location.Register("hp"), 4),
                        new Injection(1, new Location.FramePosition(3), 4),
                        new Injection(1, new Location.Handler(3), 4),
                        new Injection(1, new Location.Pending(3), -1)));
        HeaderDescriptor header = new HeaderDescriptor(new byte[] {1, 2, 3}, options);
        assertRoundTrip(header.encode(), header, HeaderDescriptor::decode);
    }

    /** What stands at the end of a header that a later version has written. */
    private static byte[] laterHeader(PayloadOutput fields) {
        HeaderDescriptor header = new HeaderDescriptor(new byte[] {1, 2, 3}, Deck.options(List.of(), 1000));
        byte[] payload = header.encode();
        return new PayloadOutput()
                .raw(Arrays.copyOf(payload, payload.length - 4))
                .raw(fields.toBytes())
                .toBytes();
    }

    private static PayloadOutput field(PayloadOutput out, int tag, int flags, String content) {
        return out.u8(tag & 0xff).u8(tag >> 8).u8(flags).text(content);
    }

    @Test
    @DisplayName("What a later version adds to the header is skipped, unless it says that it must not be")
    void laterHeaderFields() throws Exception {
        HeaderDescriptor plain = HeaderDescriptor.decode(laterHeader(new PayloadOutput().i32(0)));
        PayloadOutput two = new PayloadOutput().i32(2);
        field(two, 1, 0, "");
        field(two, 0xfffe, 0, "whatever it is");
        assertRoundTrip(laterHeader(two), plain, HeaderDescriptor::decode);
        PayloadOutput known = new PayloadOutput().i32(2);
        field(known, 1, 0, "");
        field(known, 0x1234, 1, "a field without which a replay would be wrong");
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> HeaderDescriptor.decode(laterHeader(known)))
                .withMessage(
                        "it was made by a newer Tapedeck (its header has field 4660, which this one does not know);"
                                + " use that version, or record again with this one")
                .matches(RecordingException::newer);
        for (int count : new int[] {-1, 3, Integer.MAX_VALUE}) {
            PayloadOutput absurd = new PayloadOutput().i32(count);
            field(absurd, 1, 0, "12345678");
            assertThatExceptionOfType(RecordingException.class)
                    .isThrownBy(() -> HeaderDescriptor.decode(laterHeader(absurd)))
                    .matches(e -> !e.newer());
        }
    }

    @Test
    @DisplayName(
            "A level of detail that a later version knows is as good as flow: the excerpts that it adds are optional")
    void laterDetail() throws Exception {
        HeaderDescriptor header = new HeaderDescriptor(new byte[] {1, 2, 3}, Deck.options(List.of(), 1000));
        for (int code : new int[] {0, 1, 3, 255}) {
            byte[] payload = header.encode();
            payload[8] = (byte) code;
            assertThat(HeaderDescriptor.decode(payload))
                    .usingRecursiveComparison()
                    .isEqualTo(header);
        }
    }

    @Test
    void flow() throws Exception {
        byte[] bits = new byte[500];
        for (byte[] content : List.of(new byte[0], new byte[] {1}, bits)) {
            FlowDescriptor flow = new FlowDescriptor(
                    1L << 40,
                    1 << 20,
                    -5,
                    List.of(new Delivery(1L << 40, 3, 8), new Delivery((1L << 40) + 1000, 31, 0)),
                    content.length * 8 - (content.length == 0 ? 0 : 3),
                    content);
            assertRoundTrip(flow.encode(), flow, FlowDescriptor::decode);
        }
        new Random(3).nextBytes(bits);
        FlowDescriptor noise = new FlowDescriptor(0, 4000, 1, List.of(), 4000, bits);
        assertThat(noise.encode().length).isEqualTo(bits.length + 8 + 4 + 8 + 4 + 4 + 9);
        assertRoundTrip(noise.encode(), noise, FlowDescriptor::decode);
    }

    @Test
    void interrupts() throws Exception {
        InterruptsDescriptor interrupts =
                new InterruptsDescriptor(List.of(new Interrupt(0, 1, 5), new Interrupt(0, 31, -5)));
        assertRoundTrip(interrupts.encode(), interrupts, InterruptsDescriptor::decode);
        for (InterruptsDescriptor wrong : List.of(
                new InterruptsDescriptor(List.of(new Interrupt(0, 32, 5))),
                new InterruptsDescriptor(List.of(new Interrupt(-1, 3, 5))),
                new InterruptsDescriptor(List.of(new Interrupt(9, 3, 5), new Interrupt(8, 3, 5))),
                new InterruptsDescriptor(List.of()))) {
            assertThatExceptionOfType(RecordingException.class)
                    .isThrownBy(() -> InterruptsDescriptor.decode(wrong.encode()));
        }
    }

    @Test
    void hostCalls() throws Exception {
        HostCallsDescriptor calls = new HostCallsDescriptor(List.of(
                new HostCallRecord(
                        3,
                        0,
                        List.of(1L, 2L),
                        List.of(3L),
                        List.of(new MemoryWrite(2, 1L << 32, new byte[0]), new MemoryWrite(0, 7, new byte[] {1, 2})),
                        Optional.of(-1),
                        Optional.empty()),
                new HostCallRecord(
                        3, 9, List.of(), List.of(), List.of(), Optional.empty(), Optional.of("no paper: ∅"))));
        assertRoundTrip(calls.encode(), calls, HostCallsDescriptor::decode);
    }

    @Test
    @DisplayName("the instruction counts before the calls are those of the first and the last call, or it is damage")
    void hostCallsAtOtherCounts() throws Exception {
        HostCallRecord early =
                new HostCallRecord(3, 0, List.of(), List.of(), List.of(), Optional.empty(), Optional.empty());
        HostCallRecord late =
                new HostCallRecord(1L << 40, 0, List.of(), List.of(), List.of(), Optional.empty(), Optional.empty());
        byte[] payload = new HostCallsDescriptor(List.of(early, early, late)).encode();
        ByteBuffer head = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(head.getInt(0)).isEqualTo(3);
        assertThat(head.getLong(4)).isEqualTo(3);
        assertThat(head.getLong(12)).isEqualTo(1L << 40);
        assertThat(HostCallsDescriptor.decode(payload).calls()).hasSize(3);
        for (int at : new int[] {4, 12}) {
            for (long shift : new long[] {-1, 1}) {
                byte[] forged = payload.clone();
                ByteBuffer.wrap(forged).order(ByteOrder.LITTLE_ENDIAN).putLong(at, head.getLong(at) + shift);
                assertThatExceptionOfType(RecordingException.class)
                        .isThrownBy(() -> HostCallsDescriptor.decode(forged))
                        .withMessageContaining(at == 4 && shift == 1 ? "icount is 3" : "stated are");
            }
        }
    }

    @Test
    void checkpoint() throws Exception {
        CheckpointDescriptor initial = new CheckpointDescriptor(0, 77, CheckpointDescriptor.Form.INITIAL, new byte[0]);
        assertRoundTrip(initial.encode(), initial, CheckpointDescriptor::decode);
        CheckpointDescriptor delta =
                new CheckpointDescriptor(1L << 40, -77, CheckpointDescriptor.Form.DELTA, new byte[10_000]);
        assertRoundTrip(delta.encode(), delta, CheckpointDescriptor::decode);
        assertThat(delta.encode().length).isLessThan(100);
        assertThat(CheckpointDescriptor.decodeHead(delta.encode()).state()).isEmpty();
    }

    @Test
    void end() throws Exception {
        EndDescriptor returned = new EndDescriptor(
                new Outcome(Outcome.Kind.RETURNED, 9, 0, List.of(5L, -1L), Optional.empty(), 3), 1, 2, 3, 4, 5);
        assertRoundTrip(returned.encode(), returned, EndDescriptor::decode);
        EndDescriptor faulted = new EndDescriptor(
                new Outcome(
                        Outcome.Kind.FAULTED,
                        9,
                        0,
                        List.of(),
                        Optional.of(new Fault(FaultKind.HOST_ERROR, "no paper", new Position(2, 3), 9, 1, 2, -3)),
                        3),
                1,
                2,
                3,
                4,
                5);
        assertRoundTrip(faulted.encode(), faulted, EndDescriptor::decode);
    }

    @Test
    void frame() throws Exception {
        byte[] payload = {9, 8, 7, 6};
        byte[] excerpt = Frame.encode(Frame.Kind.FLOW, false, 5, 123, payload, 1, 3);
        Frame frame = Frame.decode(excerpt, 5, 123);
        assertThat(frame.kind()).isEqualTo(Frame.Kind.FLOW);
        assertThat(frame.last()).isFalse();
        assertThat(frame.payload()).containsExactly(8, 7);
        assertThat(frame.checksum()).isEqualTo(Frame.checksum(excerpt));
        for (int bit = 0; bit < excerpt.length * 8; bit++) {
            byte[] changed = excerpt.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatExceptionOfType(RecordingException.class).isThrownBy(() -> Frame.decode(changed, 5, 123));
        }
        assertThatExceptionOfType(RecordingException.class).isThrownBy(() -> Frame.decode(excerpt, 6, 123));
        assertThatExceptionOfType(RecordingException.class).isThrownBy(() -> Frame.decode(excerpt, 5, 124));
        assertThatExceptionOfType(RecordingException.class).isThrownBy(() -> Frame.decode(new byte[23], 5, 123));
    }

    @Test
    @DisplayName("W6: what states a size that its bytes cannot make is refused before there is room for it")
    void sizesThatAreNotTrue() throws Exception {
        byte[] small = Compression.compress(new byte[100]);
        byte[] calls = new PayloadOutput()
                .i32(1)
                .i64(0)
                .i64(0)
                .u8(Compression.ZSTD)
                .i32(1 << 30)
                .blob(small)
                .toBytes();
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> HostCallsDescriptor.decode(calls))
                .withMessageContaining("entries has 100 bytes");
        // The frame itself states as much: magic, one segment with 8 bytes of size, an empty last block.
        byte[] frame = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0xFD2F_B528)
                .put((byte) 0xE0)
                .putLong(1 << 30)
                .put((byte) 1)
                .array();
        byte[] lying = new PayloadOutput()
                .i32(1)
                .i64(0)
                .i64(0)
                .u8(Compression.ZSTD)
                .i32(1 << 30)
                .blob(frame)
                .toBytes();
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> HostCallsDescriptor.decode(lying))
                .withMessageContaining("compressed to 16");
    }

    @Test
    @DisplayName("W6: a few bytes do not become millions of host calls")
    void manyCalls() throws Exception {
        byte[] zeros = new byte[10_000_000];
        byte[] stated = new PayloadOutput()
                .i32(zeros.length / 25)
                .i64(0)
                .i64(0)
                .compressed(zeros)
                .toBytes();
        assertThat(stated).hasSizeLessThan(1_000);
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> HostCallsDescriptor.decode(stated))
                .withMessageContaining("count is 400000");
        HostCallRecord call = new HostCallRecord(
                0,
                0,
                List.of(),
                List.of(),
                List.of(new MemoryWrite(0, 0, new byte[HostCallsDescriptor.GATHERED_BYTES])),
                Optional.empty(),
                Optional.empty());
        assertThat(HostCallsDescriptor.decode(new HostCallsDescriptor(List.of(call)).encode())
                        .calls())
                .hasSize(1);
        byte[] two = new HostCallsDescriptor(List.of(call, call)).encode();
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> HostCallsDescriptor.decode(two))
                .withMessageContaining("call 1 of 2 begins here");
    }
}
