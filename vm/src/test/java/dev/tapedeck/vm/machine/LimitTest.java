package dev.tapedeck.vm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("S13: the instruction limit is exact")
class LimitTest {
    /** Calls, loops, a table branch, stores, an interrupt that it raises itself, a host call. */
    private static final String[] PROGRAM = {
        ".memory 1",
        ".global hits: mut i64 = 0",
        ".func on_signal(signal: i32, payload: i64)",
        "global.get hits",
        "local.get payload",
        "i64.add",
        "global.set hits",
        "interrupt.return",
        ".end",
        ".func square(n: i32) -> (i32)",
        "local.get n",
        "local.get n",
        "i32.mul",
        "return",
        ".end",
        ".func main() -> (i32)",
        ".local i: i32, sum: i32",
        "i32.const 4",
        "interrupt.handle on_signal",
        "again:",
        "local.get i",
        "call square",
        "local.get sum",
        "i32.add",
        "local.set sum",
        "local.get i",
        "i32.const 3",
        "i32.and",
        "br_table none raise store none",
        "raise:",
        "i32.const 4",
        "local.get i",
        "i64.extend_i32_s",
        "interrupt.raise",
        "br none",
        "store:",
        "local.get i",
        "local.get sum",
        "i32.store [+8]",
        "none:",
        "call_host tape.random",
        "drop",
        "local.get i",
        "i32.const 1",
        "i32.add",
        "local.tee i",
        "i32.const 12",
        "i32.lt_s",
        "br_if again",
        "local.get sum",
        "return",
        ".end",
        ".entry main"
    };

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyStopPointEqualsSteppingOneByOne(boolean traced) {
        Bench stepped = Bench.of(PROGRAM).start();
        FlowTrace steppedTrace = new FlowTrace();
        if (traced) {
            stepped.machine.trace(steppedTrace);
        }
        List<Snapshot> states = new ArrayList<>();
        List<Long> digests = new ArrayList<>();
        states.add(stepped.machine.snapshot());
        digests.add(0L);
        while (stepped.machine.run(stepped.machine.icount() + 1) == Status.RUNNING) {
            assertThat(stepped.machine.icount()).isEqualTo(states.size());
            states.add(stepped.machine.snapshot());
            digests.add(steppedTrace.digest());
        }
        long total = stepped.machine.icount();
        assertThat(total).isEqualTo(states.size()).isGreaterThan(200);
        assertThat(stepped.machine.results()).containsExactly(506L);
        assertThat(stepped.machine.global(0)).isEqualTo(1 + 5 + 9);
        for (int limit = 1; limit < total; limit++) {
            Bench stopped = Bench.of(PROGRAM).start();
            FlowTrace trace = new FlowTrace();
            if (traced) {
                stopped.machine.trace(trace);
            }
            assertThat(stopped.machine.run(limit)).isEqualTo(Status.RUNNING);
            assertThat(stopped.machine.icount()).isEqualTo(limit);
            Snapshot there = stopped.machine.snapshot();
            assertThat(there.differences(states.get(limit), 10))
                    .as("at " + limit)
                    .isEmpty();
            assertThat(there.sameState(states.get(limit))).isTrue();
            assertThat(trace.digest()).isEqualTo(digests.get(limit));
            assertThat(stopped.machine.run(total - 1)).isEqualTo(Status.RUNNING);
            assertThat(stopped.machine.run(total)).isEqualTo(Status.RETURNED);
            assertThat(stopped.machine.icount()).isEqualTo(total);
            assertThat(stopped.machine.snapshot().sameState(stepped.machine.snapshot()))
                    .isTrue();
            assertThat(trace.digest()).isEqualTo(steppedTrace.digest());
        }
    }

    @Test
    void aLimitThatHasBeenReachedRunsNothing() {
        Bench bench = Bench.of(PROGRAM).start();
        bench.machine.run(50);
        Snapshot before = bench.machine.snapshot();
        assertThat(bench.machine.run(50)).isEqualTo(Status.RUNNING);
        assertThat(bench.machine.run(0)).isEqualTo(Status.RUNNING);
        assertThat(bench.machine.run(Long.MIN_VALUE)).isEqualTo(Status.RUNNING);
        assertThat(bench.machine.snapshot().sameState(before)).isTrue();
    }

    @Test
    void anEndlessLoopIsStoppedExactly() {
        for (String body : new String[] {"again:\nbr again", "again:\nnop\ni32.const 1\nbr_if again\nreturn"}) {
            Bench bench = Bench.of(Bench.main("", "()", body)).start();
            for (long limit : new long[] {1, 2, 3, 1_000, 1_000_001, 1_000_003}) {
                assertThat(bench.machine.run(limit)).isEqualTo(Status.RUNNING);
                assertThat(bench.machine.icount()).isEqualTo(limit);
            }
        }
    }

    @Test
    void aFunctionLongerThanTheLimitIsStoppedExactly() {
        String body = "nop\n".repeat(10_000) + "return";
        Bench bench = Bench.of(Bench.main("", "()", body)).start();
        assertThat(bench.machine.run(9_999)).isEqualTo(Status.RUNNING);
        assertThat(bench.machine.icount()).isEqualTo(9_999);
        assertThat(bench.machine.run(10_000)).isEqualTo(Status.RUNNING);
        assertThat(bench.machine.run(10_001)).isEqualTo(Status.RETURNED);
    }
}
