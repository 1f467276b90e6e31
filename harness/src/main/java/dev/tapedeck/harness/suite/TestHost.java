package dev.tapedeck.harness.suite;

import dev.tapedeck.vm.host.CombinedHost;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.wasi.WasiHost;
import dev.tapedeck.vm.wasi.WasiOptions;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The host of a test, with standard and WASI functions and the project's own: it tells the capture which call writes, and
 * lets another thread end a call that waits. Where there is a time limit, the project's own functions are called in threads
 * of their own, since they may take no notice of that.
 */
final class TestHost implements Host, AutoCloseable {
    private final CombinedHost host;
    private final List<HostThread> threads;
    private final OutputCapture output;
    /** The thread that is in a call. */
    private @Nullable Thread calling;

    private @Nullable HostImport called;
    private Optional<HostImport> interrupted = Optional.empty();
    private boolean interruptedByOthers;

    /**
     * @param timed whether calls may be interrupted
     * @throws IllegalArgumentException if the test cannot have such a host; the message says why
     */
    TestHost(
            Program program,
            TestCase test,
            OutputCapture output,
            OutputStream debug,
            List<? extends HostFunctions> functions,
            boolean timed) {
        this.output = output;
        this.threads = new ArrayList<>();
        WasiOptions options = WasiOptions.of(program, test);
        Map<String, Host> own = new TreeMap<>();
        try {
            addOwn(own, program, test, functions);
            if (timed) {
                own.replaceAll((module, unlimited) -> {
                    HostThread limited = new HostThread(module, unlimited);
                    threads.add(limited);
                    return limited;
                });
            }
            this.host = WasiHost.withStandard(
                    options,
                    new ByteArrayInputStream(test.input().getBytes(StandardCharsets.ISO_8859_1)),
                    output,
                    debug,
                    own);
        } catch (RuntimeException | Error e) {
            // Nobody else knows of those that have been made.
            try {
                new CombinedHost(own).close();
            } catch (IllegalStateException another) {
                e.addSuppressed(another);
            }
            throw e;
        }
    }

    /** Only of modules that the program imports: the others may be costly to have. */
    private static void addOwn(
            Map<String, Host> own, Program program, TestCase test, List<? extends HostFunctions> functions) {
        for (HostFunctions offered : functions) {
            String module = offered.module();
            if (program.imports().stream()
                    .noneMatch(hostImport -> hostImport.module().equals(module))) {
                continue;
            }
            if (own.containsKey(module)) {
                throw new IllegalArgumentException("two classes on the class path, one of them "
                        + offered.getClass().getName() + ", offer host functions of the module " + module);
            }
            own.put(module, offered.host(test));
        }
    }

    @Override
    public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
        return host.linkProblem(hostImport, type);
    }

    @Override
    public void call(HostCall call) throws HostException {
        output.callBegins(call.icount());
        begin(call.hostImport());
        try {
            host.call(call);
        } finally {
            end();
        }
    }

    private synchronized void begin(HostImport hostImport) {
        calling = Thread.currentThread();
        called = hostImport;
    }

    /** Nothing outside of the call is interrupted: that would close files of ours. */
    private synchronized void end() {
        calling = null;
        if (Thread.interrupted() && interrupted.isEmpty()) {
            interruptedByOthers = true;
        }
    }

    /** Whether a call was interrupted by somebody who is to be told, once all files are written. */
    synchronized boolean interruptedByOthers() {
        return interruptedByOthers;
    }

    /** Interrupts the call that is going on, if there is one; any thread may call this. */
    synchronized void interrupt() {
        if (calling != null) {
            interrupted = Optional.ofNullable(called);
            calling.interrupt();
        }
    }

    /** What was called when the call was interrupted, the last one that was; empty if none was. */
    synchronized Optional<HostImport> interrupted() {
        return interrupted;
    }

    /** Whether a call took no notice of being interrupted, and goes on. */
    boolean left() {
        return threads.stream().anyMatch(HostThread::left);
    }

    @Override
    public HostState saveState() {
        return host.saveState();
    }

    @Override
    public void restoreState(HostState state) {
        host.restoreState(state);
    }

    @Override
    public void close() {
        host.close();
    }
}
