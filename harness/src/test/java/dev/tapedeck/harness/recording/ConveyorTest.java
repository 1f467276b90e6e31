package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ConveyorTest {
    private static final Executor NO_THREADS = task -> {
        throw new OutOfMemoryError("unable to create native thread");
    };

    /** Those that carry out the first steps before {@link Conveyor#add} returns have that behind them. */
    private static Conveyor underWay(boolean alone) throws RecordingException {
        Conveyor conveyor = new Conveyor(alone);
        for (int i = 0; i < 10; i++) {
            conveyor.add(() -> {});
        }
        conveyor.await();
        return conveyor;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("1: steps are carried out in the order in which they come, whoever is faster")
    void order(boolean alone) throws Exception {
        long seed = 20261121;
        Random random = new Random(seed);
        Conveyor conveyor = new Conveyor(alone);
        List<Integer> done = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            int number = i;
            int nanos = random.nextInt(20_000);
            conveyor.add(() -> {
                LockSupport.parkNanos(number % 3 == 0 ? nanos : 0);
                done.add(number);
            });
            LockSupport.parkNanos(number % 5 == 0 ? random.nextInt(20_000) : 0);
        }
        conveyor.await();
        assertThat(done)
                .as("seed %d", seed)
                .isEqualTo(IntStream.range(0, 2_000).boxed().toList());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("1: few steps wait at a time; who brings more waits for them")
    void bounded(boolean alone) throws Exception {
        Conveyor conveyor = new Conveyor(alone);
        AtomicInteger brought = new AtomicInteger();
        AtomicInteger done = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        for (int i = 0; i < 300; i++) {
            conveyor.add(() -> {
                LockSupport.parkNanos(100_000);
                most.accumulateAndGet(brought.get() - done.incrementAndGet(), Math::max);
            });
            brought.incrementAndGet();
        }
        conveyor.await();
        assertThat(done).hasValue(300);
        // The one that is carried out, and those that wait.
        assertThat(most.get()).isLessThanOrEqualTo(Conveyor.WAITING_MAX + 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName(
            "1: steps that hold much wait in smaller number; one that holds more than all may has the room for itself")
    void boundedBytes(boolean alone) throws Exception {
        long half = Conveyor.HELD_BYTES_MAX / 2;
        Conveyor conveyor = new Conveyor(alone);
        AtomicLong held = new AtomicLong();
        AtomicLong most = new AtomicLong();
        List<Long> alongside = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 60; i++) {
            long bytes = i % 10 == 9 ? half * 4 : half;
            conveyor.add(bytes, () -> {
                LockSupport.parkNanos(1_000_000);
                if (bytes > Conveyor.HELD_BYTES_MAX) {
                    alongside.add(held.get() - bytes);
                }
                most.accumulateAndGet(held.getAndAdd(-bytes), Math::max);
            });
            // Too late where the step has been carried out, so what is measured is at most what was held.
            held.addAndGet(bytes);
        }
        conveyor.await();
        assertThat(held).hasValue(0);
        assertThat(most.get()).isLessThanOrEqualTo(half * 4);
        assertThat(alongside).hasSize(6).allMatch(bytes -> bytes <= 0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("1: what a step throws comes out where the next one is brought, and nothing is carried out after it")
    void failure(boolean alone) throws Exception {
        for (Throwable thrown : List.of(
                new RecordingException("no room"),
                new IllegalStateException("a mistake"),
                new OutOfMemoryError("full"))) {
            Conveyor conveyor = underWay(alone);
            List<Integer> done = new ArrayList<>();
            CountDownLatch go = new CountDownLatch(alone ? 0 : 1);
            List<Throwable> caught = new ArrayList<>();
            List<Conveyor.Step> calls = List.of(
                    () -> conveyor.add(() -> {
                        awaitQuietly(go);
                        throwIt(thrown);
                    }),
                    () -> {
                        conveyor.add(() -> done.add(-1));
                        go.countDown();
                        conveyor.await();
                    },
                    () -> conveyor.add(() -> done.add(-2)),
                    conveyor::await);
            for (Conveyor.Step call : calls) {
                try {
                    call.run();
                } catch (RecordingException | RuntimeException | Error e) {
                    caught.add(e);
                }
            }
            conveyor.settle();
            assertThat(conveyor.drain(60_000)).isFalse();
            assertThat(done).isEmpty();
            assertThat(caught).hasSize(alone ? 4 : 3);
            for (Throwable one : caught) {
                if (thrown instanceof IllegalStateException) {
                    assertThat(one)
                            .isInstanceOf(RecordingException.class)
                            .hasCause(thrown)
                            .hasMessage("the recording cannot be written: java.lang.IllegalStateException: a mistake;"
                                    + " what was recorded before stays readable");
                } else {
                    assertThat(one).isSameAs(thrown);
                }
            }
        }
    }

    private static void throwIt(Throwable thrown) throws RecordingException {
        if (thrown instanceof RecordingException exception) {
            throw exception;
        } else if (thrown instanceof Error error) {
            throw error;
        }
        throw (IllegalStateException) thrown;
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("1: an interrupted thread waits all the same, and stays interrupted")
    void interrupted(boolean alone) throws Exception {
        Conveyor conveyor = new Conveyor(alone);
        AtomicInteger done = new AtomicInteger();
        for (int i = 0; i < 20; i++) {
            conveyor.add(() -> {
                LockSupport.parkNanos(1_000_000);
                done.incrementAndGet();
            });
        }
        Thread.currentThread().interrupt();
        conveyor.await();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(done).hasValue(20);
    }

    @Test
    @DisplayName("1: the first steps, which are all of a small recording, need no thread")
    void small() throws Exception {
        Conveyor conveyor = new Conveyor(false, NO_THREADS);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            conveyor.add(() -> threads.add(Thread.currentThread()));
        }
        assertThat(threads).hasSize(4).containsOnly(Thread.currentThread());
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> new Conveyor(false).add(() -> {
                    throw new RecordingException("at once");
                }));
    }

    @Test
    @DisplayName("1: where no thread can be made, whoever brings a step carries it out")
    void noThreads() throws Exception {
        Executor closed = task -> {
            throw new RejectedExecutionException("no more");
        };
        for (Executor none : List.of(NO_THREADS, closed)) {
            Conveyor conveyor = new Conveyor(false, none);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                conveyor.add(() -> threads.add(Thread.currentThread()));
            }
            conveyor.await();
            assertThat(threads).hasSize(50).containsOnly(Thread.currentThread());
            RecordingException thrown = new RecordingException("no room");
            assertThatThrownBy(() -> conveyor.add(() -> {
                        throw thrown;
                    }))
                    .isSameAs(thrown);
            assertThatThrownBy(() -> conveyor.add(() -> threads.add(Thread.currentThread())))
                    .isSameAs(thrown);
            assertThat(threads).hasSize(50);
        }
    }

    @Test
    @DisplayName("1: a thread is asked for where there is none at work, and given back when there is nothing to do")
    void shared() throws Exception {
        AtomicInteger borrowed = new AtomicInteger();
        List<Runnable> tasks = new ArrayList<>();
        Conveyor conveyor = new Conveyor(false, task -> {
            borrowed.incrementAndGet();
            tasks.add(task);
        });
        AtomicInteger done = new AtomicInteger();
        for (int i = 0; i < 4; i++) {
            conveyor.add(done::incrementAndGet);
        }
        for (int round = 1; round <= 100; round++) {
            for (int k = 0; k < Conveyor.WAITING_MAX; k++) {
                conveyor.add(done::incrementAndGet);
            }
            assertThat(borrowed).hasValue(round);
            tasks.remove(0).run();
            assertThat(done).hasValue(4 + round * Conveyor.WAITING_MAX);
        }
        conveyor.await();
    }

    @Test
    @DisplayName("5: draining waits for what has been brought, not for what comes meanwhile, and not for ever")
    void drain() throws Exception {
        Conveyor conveyor = underWay(false);
        CountDownLatch go = new CountDownLatch(1);
        List<Integer> done = Collections.synchronizedList(new ArrayList<>());
        conveyor.add(() -> awaitQuietly(go));
        conveyor.add(() -> done.add(1));
        assertThat(conveyor.drain(1)).isFalse();
        assertThat(done).isEmpty();
        CountDownLatch never = new CountDownLatch(1);
        Thread draining = new Thread(() -> {
            try {
                assertThat(conveyor.drain(60_000)).isTrue();
                done.add(2);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        draining.start();
        while (draining.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        conveyor.add(() -> awaitQuietly(never));
        go.countDown();
        draining.join();
        assertThat(done).containsExactly(1, 2);
        never.countDown();
        conveyor.await();
    }
}
