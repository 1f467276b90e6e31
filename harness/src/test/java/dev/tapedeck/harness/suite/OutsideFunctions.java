package dev.tapedeck.harness.suite;

import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.program.TestCase;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Host functions as a project may have: {@code outside.number() -> i32} gives another number each time, {@code
 * outside.wait()} does not return by itself, {@code outside.deaf()} not even when interrupted once, {@code
 * outside.stuck()} and {@code outside.spin()} not before they may.
 */
public final class OutsideFunctions implements HostFunctions {
    static final AtomicInteger NUMBER = new AtomicInteger();
    static final AtomicInteger CLOSED = new AtomicInteger();
    static final BlockingQueue<Throwable> LATE = new LinkedBlockingQueue<>();
    static volatile CountDownLatch stuck = new CountDownLatch(0);
    static volatile CountDownLatch waits = new CountDownLatch(0);

    @Override
    public String module() {
        return "outside";
    }

    @Override
    public Host host(TestCase test) {
        if (test.tags().contains("refused")) {
            throw new IllegalArgumentException("there is no outside");
        }
        return new Outside();
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> void sneak(Throwable thrown) throws E {
        throw (E) thrown;
    }

    private static final class Outside implements Host, AutoCloseable {
        @Override
        public void call(HostCall call) throws HostException {
            switch (call.hostImport().name()) {
                case "number" -> call.setResult(0, NUMBER.getAndIncrement());
                case "wait" -> sleep();
                case "deaf" -> {
                    try {
                        sleep();
                    } catch (HostException e) {
                        // Goes on as if nothing had happened.
                    }
                }
                case "overflow" -> overflow(0);
                case "assert" -> throw new AssertionError("42 was expected");
                case "memory" -> throw new OutOfMemoryError("none left");
                case "sneaky" -> OutsideFunctions.<RuntimeException>sneak(new IOException("no such line"));
                case "monitor" -> {
                    synchronized (call) {
                        awaitStuck();
                    }
                    try {
                        call.halt(3);
                    } catch (IllegalStateException e) {
                        LATE.add(e);
                    }
                }
                case "fail" -> throw new HostException("it fails always");
                case "stuck", "spin" -> {
                    boolean spins = call.hostImport().name().equals("spin");
                    while (stuck.getCount() > 0) {
                        try {
                            if (!spins) {
                                stuck.await();
                            }
                        } catch (InterruptedException e) {
                            // Takes no notice.
                        }
                    }
                    try {
                        call.halt(3);
                    } catch (IllegalStateException e) {
                        LATE.add(e);
                    }
                }
                default -> throw new HostException("no such function");
            }
        }

        private static void awaitStuck() {
            while (stuck.getCount() > 0) {
                try {
                    stuck.await();
                } catch (InterruptedException e) {
                    // Takes no notice.
                }
            }
        }

        private static int overflow(int depth) {
            return depth == Integer.MAX_VALUE ? 0 : overflow(depth + 1) + 1;
        }

        private static void sleep() throws HostException {
            waits.countDown();
            try {
                Thread.sleep(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                throw new HostException("interrupted");
            }
        }

        @Override
        public void close() {
            CLOSED.incrementAndGet();
        }
    }
}
