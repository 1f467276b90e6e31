package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tapedeck.harness.recording.Recording.Interrupt;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("S11: interrupts from other threads")
class SignalQueueTest {
    private static final int THREADS = 4;
    private static final int SIGNALS_PER_THREAD = 25_000;

    /** Runs until it has seen as many signals as its argument says; its result depends on their order and places. */
    private static final VerifiedProgram COUNTER = Deck.assemble("counter", """
            .memory 1
            .global seen: mut i32 = 0
            .global digest: mut i64 = 0
            .global turns: mut i64 = 0

            .func main(expected: i32) -> i64
              .local signal: i32
              i32.const 31
              local.set signal
            handlers:
              local.get signal
              interrupt.handle on_signal
              local.get signal
              i32.const 1
              i32.sub
              local.tee signal
              br_if handlers
            again:
              global.get turns
              i64.const 1
              i64.add
              global.set turns
              global.get seen
              local.get expected
              i32.lt_s
              br_if again
              global.get digest
              return
            .end

            .func on_signal(signal: i32, payload: i64)
              global.get digest
              i64.const 31
              i64.mul
              local.get payload
              i64.add
              global.get turns
              i64.add
              global.set digest
              local.get signal
              i32.const 8
              i32.mul
              local.get payload
              i64.store
              global.get seen
              i32.const 1
              i32.add
              global.set seen
              interrupt.return
            .end
            .entry main
            """);

    @TempDir
    private Path temp;

    private static RunOptions options(int signals, Limits limits) {
        RunOptions defaults = RunOptions.DEFAULT;
        return new RunOptions(
                "main",
                List.of((long) signals),
                0,
                List.of(),
                defaults.instructionLimit(),
                limits,
                1 << 16,
                CheckpointSpacing.instructions(1 << 20),
                List.of());
    }

    private Outcome record(Path directory, int perThread, Limits limits) throws Exception {
        SignalQueue signals = new SignalQueue();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> raised = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                long first = (long) thread * perThread;
                int signal = 1 + thread * 10;
                raised.add(threads.submit(() -> {
                    for (int i = 0; i < perThread; i++) {
                        while (!signals.offer(signal, first + i)) {
                            Thread.onSpinWait();
                        }
                    }
                    return null;
                }));
            }
            Outcome outcome = Recorder.record(
                    COUNTER, options(THREADS * perThread, limits), call -> {}, directory, signals, machine -> {});
            for (Future<?> thread : raised) {
                thread.get();
            }
            return outcome;
        } finally {
            threads.shutdownNow();
        }
    }

    @RepeatedTest(5)
    @Timeout(120)
    @DisplayName("100,000 of them from four threads come once each, and at the same places in a replay")
    void stress(RepetitionInfo repetition) throws Exception {
        Path directory = temp.resolve("r" + repetition.getCurrentRepetition());
        Outcome outcome = record(directory, SIGNALS_PER_THREAD, Limits.DEFAULT);
        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.RETURNED);

        try (Recording recording = Recording.open(directory)) {
            assertThat(recording.damage()).isEmpty();
            List<Interrupt> arrived = recording.interrupts();
            assertThat(arrived).hasSize(THREADS * SIGNALS_PER_THREAD);
            for (int thread = 0; thread < THREADS; thread++) {
                int signal = 1 + thread * 10;
                int first = thread * SIGNALS_PER_THREAD;
                // Each once, and those of one thread in their order.
                assertThat(arrived.stream()
                                .filter(interrupt -> interrupt.signal() == signal)
                                .mapToLong(Interrupt::payload)
                                .boxed())
                        .containsExactlyElementsOf(IntStream.range(first, first + SIGNALS_PER_THREAD)
                                .asLongStream()
                                .boxed()
                                .toList());
            }
            assertThat(Replay.verify(recording)).isEqualTo(outcome.icount());
            Replay replay = new Replay(recording);
            replay.seek(recording.icountEnd());
            assertThat(replay.machine().results()).isEqualTo(outcome.results());
        }
    }

    @Test
    @Timeout(60)
    @DisplayName("a machine with little room for pending interrupts gets all of them, a few at a time")
    void backpressure() throws Exception {
        Limits limits = new Limits(1 << 10, 1 << 8, 16, 16, 3);
        Outcome outcome = record(temp.resolve("r"), 50, limits);
        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.RETURNED);
        try (Recording recording = Recording.open(temp.resolve("r"))) {
            assertThat(recording.interrupts()).hasSize(THREADS * 50);
            assertThat(Replay.verify(recording)).isEqualTo(outcome.icount());
        }
    }

    @Test
    @DisplayName("a full queue takes no more, and signals are 1 to 31")
    void bounds() {
        SignalQueue signals = new SignalQueue();
        for (int i = 0; i < SignalQueue.CAPACITY; i++) {
            assertThat(signals.offer(1, i)).isTrue();
        }
        assertThat(signals.offer(1, 0)).isFalse();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> signals.offer(0, 0))
                .withMessageContaining("1 to 31");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> signals.offer(32, 0))
                .withMessageContaining("1 to 31");
    }
}
