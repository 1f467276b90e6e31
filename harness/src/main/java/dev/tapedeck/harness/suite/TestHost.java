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
        Map<String, Host> own = own(program, test, functions);
        this.threads = new ArrayList<>();
        if (timed) {
            own.replaceAll((module, unlimited) -> {
                HostThread limited = new HostThread(module, unlimited);
                threads.add(limited);
                return limited;
            });
        }
        this.host = WasiHost.withStandard(
                WasiOptions.of(program, test),
                new ByteArrayInputStream(test.input().getBytes(StandardCharsets.ISO_8859_1)),
                output,
                debug,
                own);
    }

    /** Only of modules that the program imports: the others may be costly to have. */
    private static Map<String, Host> own(Program program, TestCase test, List<? extends HostFunctions> functions) {
        Map<String, Host> own = new TreeMap<>();
        for (HostFunctions offered : functions) {
            String module = offered.module();
            boolean imported = program.imports().stream()
                    .anyMatch(hostImport -> hostImport.module().equals(module));
            if (imported && own.put(module, offered.host(test)) != null) {
                throw new IllegalArgumentException("two classes on the class path, one of them "
                        + offered.getClass().getName() + ", offer host functions of the module " + module);
            }
        }
        return own;
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
        if (interrupted.isPresent()) {
            Thread.interrupted();
        }
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
