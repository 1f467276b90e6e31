package dev.tapedeck.junit;

import dev.tapedeck.harness.suite.HostFunctions;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.program.TestCase;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Host functions as a project may have: {@code outside.number() -> i32} gives another number each time; {@code
 * outside.inside()} looks who else is in the call; {@code outside.meet()} waits until as many are in it as the {@link #meeting}
 * has.
 */
public final class OutsideFunctions implements HostFunctions {
    static final AtomicInteger NUMBER = new AtomicInteger();
    static final AtomicInteger INSIDE = new AtomicInteger();
    static final AtomicInteger INSIDE_MOST = new AtomicInteger();
    static final Set<String> THREADS = ConcurrentHashMap.newKeySet();
    static volatile CyclicBarrier meeting = new CyclicBarrier(1);

    @Override
    public String module() {
        return "outside";
    }

    @Override
    public Host host(TestCase test) {
        return call -> {
            switch (call.hostImport().name()) {
                case "number" -> call.setResult(0, NUMBER.getAndIncrement());
                case "inside" -> {
                    INSIDE_MOST.accumulateAndGet(INSIDE.incrementAndGet(), Math::max);
                    THREADS.add(Thread.currentThread().getName());
                    try {
                        // Long enough for another thread to come in, if it may.
                        Thread.sleep(2);
                    } catch (InterruptedException e) {
                        throw new HostException("interrupted");
                    } finally {
                        INSIDE.decrementAndGet();
                    }
                }
                case "meet" -> {
                    try {
                        meeting.await(60, TimeUnit.SECONDS);
                    } catch (Exception e) {
                        throw new HostException("nobody came: " + e);
                    }
                }
                default -> throw new HostException("no such function");
            }
        };
    }
}
