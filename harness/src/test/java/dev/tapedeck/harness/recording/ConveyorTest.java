package dev.tapedeck.harness.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConveyorTest {
    @Test
    @DisplayName("1: steps are carried out in the order in which they come, whoever is faster")
    void order() throws Exception {
        long seed = 20261121;
        Random random = new Random(seed);
        Conveyor conveyor = new Conveyor();
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

    @Test
    @DisplayName("1: few steps wait at a time; who brings more waits for them")
    void bounded() throws Exception {
        Conveyor conveyor = new Conveyor();
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

    @Test
    @DisplayName("1: what a step throws comes out where the next one is brought, and nothing is carried out after it")
    void failure() throws Exception {
        for (Exception thrown : List.of(new RecordingException("no room"), new IllegalStateException("a mistake"))) {
            Conveyor conveyor = new Conveyor();
            List<Integer> done = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                int number = i;
                conveyor.add(() -> done.add(number));
            }
            CountDownLatch go = new CountDownLatch(Runtime.getRuntime().availableProcessors() > 1 ? 1 : 0);
            assertThatThrownBy(() -> {
                        conveyor.add(() -> {
                            awaitQuietly(go);
                            if (thrown instanceof RecordingException exception) {
                                throw exception;
                            }
                            throw (IllegalStateException) thrown;
                        });
                        conveyor.add(() -> done.add(-1));
                        go.countDown();
                        conveyor.await();
                    })
                    .isSameAs(thrown);
            assertThat(done).hasSize(50).doesNotContain(-1);
            if (Runtime.getRuntime().availableProcessors() > 1) {
                assertThatThrownBy(() -> conveyor.add(() -> done.add(-2))).isSameAs(thrown);
            }
            conveyor.settle();
            assertThat(done).doesNotContain(-1, -2);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @DisplayName("1: an interrupted thread waits all the same, and stays interrupted")
    void interrupted() throws Exception {
        Conveyor conveyor = new Conveyor();
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
        Conveyor conveyor = new Conveyor();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            conveyor.add(() -> threads.add(Thread.currentThread()));
        }
        assertThat(threads).hasSize(4).containsOnly(Thread.currentThread());
        assertThatExceptionOfType(RecordingException.class)
                .isThrownBy(() -> new Conveyor().add(() -> {
                    throw new RecordingException("at once");
                }));
    }

    @Test
    @DisplayName("1: recordings one after the other share their threads")
    void shared() throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            Conveyor conveyor = new Conveyor();
            for (int k = 0; k < 10; k++) {
                conveyor.add(() -> threads.add(Thread.currentThread()));
            }
            conveyor.await();
        }
        assertThat(threads).hasSize(2_000);
        // Another test may use one of the pool meanwhile.
        assertThat(threads.stream().distinct()).hasSizeLessThan(20);
    }
}
