package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.vm.machine.FlowTrace.Delivery;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("R1: a recording whose flow is not that of the run, but whose checksums are right, is not verified")
class UntrueFlowTest {
    private static final int BLOCK = 3;

    @TempDir
    private Path temp;

    private void refused(String what, UnaryOperator<FlowDescriptor> change) throws Exception {
        Deck deck = Deck.all()
                .filter(candidate -> candidate.name().equals("interrupts of two signals at once"))
                .findFirst()
                .orElseThrow();
        Path honest = temp.resolve("honest");
        Recorder.record(deck.program(), deck.options(), deck.host(), honest);
        Path forged = temp.resolve("forged");
        int[] block = {0};
        Excerpts.rewrite(
                honest,
                forged,
                (number, kind, payload) -> kind == Frame.Kind.FLOW && block[0]++ == BLOCK
                        ? change.apply(flow(payload)).encode()
                        : payload);
        try (Recording recording = Recording.open(forged)) {
            assertThat(recording.damage()).isEmpty();
            String sentence =
                    "the replay does not reproduce the recording: block 3 (instruction counts 768 to 1024) has"
                            + " other " + what
                            + " in the recording than in the replay, although the effects are the same; the"
                            + " replay is at instruction count 1024 in ";
            assertThatExceptionOfType(ReplayException.class)
                    .isThrownBy(() -> Replay.verify(recording))
                    .withMessageStartingWith(sentence);
            Replay replay = new Replay(recording);
            replay.verify(0, 700);
            assertThatExceptionOfType(ReplayException.class)
                    .isThrownBy(() -> replay.verify(700, 800))
                    .withMessageStartingWith(sentence);
        }
    }

    private static FlowDescriptor flow(byte[] payload) {
        try {
            return FlowDescriptor.decode(payload);
        } catch (RecordingException e) {
            throw new AssertionError(e);
        }
    }

    private static FlowDescriptor with(FlowDescriptor flow, List<Delivery> deliveries, int bitCount, byte[] bits) {
        return new FlowDescriptor(flow.start(), flow.instructions(), flow.chainDigest(), deliveries, bitCount, bits);
    }

    @Test
    @DisplayName("one flipped bit")
    void flippedBit() throws Exception {
        refused("flow bits", flow -> {
            byte[] bits = flow.bits().clone();
            bits[1] ^= 4;
            return with(flow, flow.deliveries(), flow.bitCount(), bits);
        });
    }

    @Test
    @DisplayName("more bits than the run has")
    void moreBits() throws Exception {
        refused("flow bits", flow -> {
            byte[] bits = Arrays.copyOf(flow.bits(), flow.bits().length + 1);
            return with(flow, flow.deliveries(), flow.bits().length * 8 + 1, bits);
        });
    }

    @Test
    @DisplayName("a delivery to another handler")
    void delivery() throws Exception {
        refused("deliveries of interrupts", flow -> {
            List<Delivery> deliveries = new ArrayList<>(flow.deliveries());
            Delivery first = deliveries.get(0);
            deliveries.set(0, new Delivery(first.icount(), first.signal() + 1, first.function()));
            return with(flow, deliveries, flow.bitCount(), flow.bits());
        });
    }

    @Test
    @DisplayName("a delivery that is missing")
    void missingDelivery() throws Exception {
        refused(
                "deliveries of interrupts",
                flow -> with(
                        flow, flow.deliveries().subList(1, flow.deliveries().size()), flow.bitCount(), flow.bits()));
    }
}
