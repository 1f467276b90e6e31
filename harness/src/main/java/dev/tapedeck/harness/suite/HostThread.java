package dev.tapedeck.harness.suite;

import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Calls a host in a thread of its own, always the same. Whoever waits for a call can be interrupted, and the call is then,
 * too; if it takes no notice it is left behind, since nothing can end a thread in Java that does not want to.
 */
final class HostThread implements Host, AutoCloseable {
    /** What a call that is interrupted has left to come to its end, in seconds. */
    private static final long GRACE_SECONDS = 2;

    private final Host host;
    private final ExecutorService executor;
    private volatile @Nullable Thread thread;
    private boolean left;

    HostThread(String module, Host host) {
        this.host = host;
        this.executor = Executors.newSingleThreadExecutor(task -> {
            Thread made = new Thread(task, "tapedeck-host " + module);
            // What is left behind keeps no JVM alive.
            made.setDaemon(true);
            thread = made;
            return made;
        });
    }

    /** Whether a call has been left behind. The host belongs to its thread then, and nobody else may touch it. */
    boolean left() {
        return left;
    }

    @Override
    public void call(HostCall call) throws HostException {
        Lent lent = new Lent(call);
        CompletableFuture<Optional<HostException>> end = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        host.call(lent);
                        return Optional.empty();
                    } catch (HostException e) {
                        return Optional.of(e);
                    }
                },
                executor);
        Optional<HostException> problem = await(end, lent);
        if (problem.isPresent()) {
            throw problem.get();
        }
    }

    private Optional<HostException> await(CompletableFuture<Optional<HostException>> end, Lent lent)
            throws HostException {
        boolean interrupted = false;
        long graceEnds = 0;
        try {
            while (true) {
                try {
                    return interrupted ? end.get(graceEnds - System.nanoTime(), TimeUnit.NANOSECONDS) : end.get();
                } catch (InterruptedException e) {
                    if (!interrupted) {
                        interrupted = true;
                        graceEnds = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
                    }
                    Thread working = thread;
                    if (working != null) {
                        working.interrupt();
                    }
                } catch (TimeoutException e) {
                    if (lent.takeBack(end)) {
                        left = true;
                        throw new HostException("the call did not end when it was interrupted");
                    }
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof Error error) {
                        throw error;
                    }
                    if (e.getCause() instanceof RuntimeException unchecked) {
                        throw unchecked;
                    }
                    // A checked one that no signature names; as the machine would say it.
                    throw new HostException(String.valueOf(e.getCause()));
                }
            }
        } finally {
            if (interrupted) {
                // Only the test knows whose interrupt it was.
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
        return host.linkProblem(hostImport, type);
    }

    @Override
    public HostState saveState() {
        return left ? HostState.EMPTY : host.saveState();
    }

    @Override
    public void restoreState(HostState state) {
        host.restoreState(state);
    }

    /** Closes the host; where a call was left behind, when that ends, if ever. */
    @Override
    public void close() {
        try {
            if (host instanceof AutoCloseable closeable) {
                if (left) {
                    executor.execute(() -> closeLate(closeable));
                } else {
                    closeable.close();
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException("a host cannot be closed", e);
        } finally {
            executor.shutdown();
        }
    }

    private static void closeLate(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // The test is over, and nobody is there any more to be told.
        }
    }

    /** A call as it is lent to the thread: what is left behind must not write to the memory of a program that has ended. */
    private static final class Lent implements HostCall {
        private final HostCall call;
        /** Not the monitor, which is there for whoever has the call. In turn, so that many short calls keep nobody out. */
        private final ReentrantLock lock = new ReentrantLock(true);

        private volatile boolean over;

        Lent(HostCall call) {
            this.call = call;
        }

        /** Whether that came before the end of the call. What is being done just then is waited for, but not for ever. */
        boolean takeBack(CompletableFuture<?> end) {
            boolean locked = false;
            boolean interrupted = false;
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
            for (long left = until - System.nanoTime(); !locked && left > 0; left = until - System.nanoTime()) {
                try {
                    locked = lock.tryLock(left, TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            try {
                over = !end.isDone();
                return over;
            } finally {
                if (locked) {
                    lock.unlock();
                }
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        /** Something that the host wants of the call. */
        private interface Use<T, E extends Exception> {
            T of(HostCall call) throws E;
        }

        private <T, E extends Exception> T use(Use<T, E> use) throws E {
            lock.lock();
            try {
                if (over) {
                    throw new IllegalStateException("the test's time was up, and the call is over");
                }
                return use.of(call);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public int index() {
            return use(HostCall::index);
        }

        @Override
        public HostImport hostImport() {
            return use(HostCall::hostImport);
        }

        @Override
        public long icount() {
            return use(HostCall::icount);
        }

        @Override
        public int argumentCount() {
            return use(HostCall::argumentCount);
        }

        @Override
        public long argument(int index) {
            return use(lent -> lent.argument(index));
        }

        @Override
        public void setResult(int index, long cell) {
            use(lent -> {
                lent.setResult(index, cell);
                return true;
            });
        }

        @Override
        public long memoryBytes() {
            return use(HostCall::memoryBytes);
        }

        @Override
        public byte[] readMemory(long address, int length) throws HostException {
            return this.<byte[], HostException>use(lent -> lent.readMemory(address, length));
        }

        @Override
        public void writeMemory(int memory, long address, byte[] bytes) throws HostException {
            this.<Boolean, HostException>use(lent -> {
                lent.writeMemory(memory, address, bytes);
                return true;
            });
        }

        @Override
        public void halt(int exitCode) {
            use(lent -> {
                lent.halt(exitCode);
                return true;
            });
        }
    }
}
