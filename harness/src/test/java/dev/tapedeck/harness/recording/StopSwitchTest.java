package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisector;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Status;
import dev.tapedeck.vm.program.ScheduledInterrupt;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs that another thread stops. */
@Timeout(120)
class StopSwitchTest {
    /** Counts, is interrupted, and calls the host now and then. */
    private static final String PROGRAM = """
            .import env.tick(i32)
            .global beats: mut i64 = 0
            .memory 1
            .func on_beat(signal: i32, payload: i64)
              global.get beats
              local.get payload
              i64.add
              global.set beats
              interrupt.return
            .end
            .func main()
              .local i: i32
              i32.const 1
              interrupt.handle on_beat
            again:
              local.get i
              i32.const 1
              i32.add
              local.tee i
              i32.const 1023
              i32.and
              br_if again
              local.get i
              call_host env.tick
              i32.const 64
              local.get i
              i32.const 32
              memory.fill
              br again
            .end
            .entry main
            """;

    private static final long INTERRUPTS_APART = 777;

    @TempDir
    Path temp;

    private static RunOptions options(long limit) {
        return new RunOptions(
                "",
                List.of(),
                0,
                LongStream.range(1, 20_000)
                        .mapToObj(i -> new ScheduledInterrupt(i * INTERRUPTS_APART, 1, i))
                        .toList(),
                limit,
                dev.tapedeck.vm.machine.Limits.DEFAULT,
                1 << 14,
                CheckpointSpacing.instructions(1 << 16),
                List.of());
    }

    private void assertRepeats(Path path, Outcome outcome) throws Exception {
        assertThat(outcome.kind()).isEqualTo(Outcome.Kind.STOPPED);
        try (Recording recording = Recording.open(path)) {
            assertThat(recording.damage()).isEmpty();
            assertThat(recording.outcome()).contains(outcome);
            assertThat(recording.icountEnd()).isEqualTo(outcome.icount());
            assertThat(Replay.verify(recording)).isEqualTo(outcome.icount());
            Replay replay = new Replay(recording);
            replay.seek(outcome.icount());
            assertThat(replay.machine().status()).isEqualTo(Status.RUNNING);
            assertThat(new StateDigest().next(replay.machine().snapshot())).isEqualTo(outcome.stateDigest());
            assertThat(replay.step()).isFalse();
        }
    }

    @Test
    @DisplayName(
            "a host call that stops its own run is the last instruction; the recording is complete and replays to it")
    void inCall() throws Exception {
        VerifiedProgram program = Deck.assemble("stopped", PROGRAM);
        StopSwitch stop = new StopSwitch();
        long[] last = {-1};
        Host host = call -> {
            if (call.argument(0) == 50 * 1024) {
                last[0] = call.icount();
                stop.stop();
            }
        };
        Outcome outcome = Recorder.record(program, options(1L << 40), host, temp.resolve("r"), stop);
        assertThat(outcome.icount()).isEqualTo(last[0] + 1);
        assertThat(outcome.words()).startsWith("was stopped from outside after ");
        assertRepeats(temp.resolve("r"), outcome);
    }

    @Test
    @DisplayName(
            "wherever another thread stops a run, a replay ends at exactly the same instruction, in the same state;"
                    + " a longer run is not said to differ")
    void anywhere() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        VerifiedProgram program = Deck.assemble("stopped", PROGRAM);
        Outcome longer = Recorder.record(program, options(30_000_000), call -> {}, temp.resolve("longer"));
        assertThat(longer.kind()).isEqualTo(Outcome.Kind.LIMIT);
        for (int i = 0; i < 20; i++) {
            StopSwitch stop = new StopSwitch();
            long nanos = random.nextInt(1 << (10 + random.nextInt(16)));
            Thread other = new Thread(() -> {
                LockSupport.parkNanos(nanos);
                stop.stop();
            });
            other.start();
            Path path = temp.resolve("r" + i);
            Outcome outcome = Recorder.record(program, options(1L << 40), call -> {}, path, stop);
            other.join();
            assertRepeats(path, outcome);
            try (Recording stopped = Recording.open(path);
                    Recording complete = Recording.open(temp.resolve("longer"))) {
                Bisection bisection = Bisector.bisect(complete, stopped);
                assertThat(bisection.summary())
                        .contains("as far as both recordings reach")
                        .contains("the second run was stopped from outside");
                assertThat(bisection.diverged())
                        .as("%s, seed %d", bisection.summary(), seed)
                        .isFalse();
            }
        }
    }

    @Test
    @DisplayName(
            "one that is stopped before it begins ends after the first ones, and one that has ended is not changed by it")
    void beforeAndAfter() throws Exception {
        VerifiedProgram program = Deck.assemble("stopped", PROGRAM);
        StopSwitch stop = new StopSwitch();
        stop.stop();
        Outcome outcome = Recorder.record(program, options(1L << 40), call -> {}, temp.resolve("r"), stop);
        assertThat(outcome.icount()).isBetween(1L, 1L << 20);
        assertRepeats(temp.resolve("r"), outcome);

        StopSwitch late = new StopSwitch();
        Outcome limited = Recorder.record(program, options(1000), call -> {}, temp.resolve("s"), late);
        late.stop();
        assertThat(limited.kind()).isEqualTo(Outcome.Kind.LIMIT);
    }
}
