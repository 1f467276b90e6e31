package dev.tapedeck.vm.wasi;

import dev.tapedeck.vm.host.CombinedHost;
import dev.tapedeck.vm.host.InputTape;
import dev.tapedeck.vm.host.StandardHost;
import dev.tapedeck.vm.host.VirtualHost;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import dev.tapedeck.vm.wasi.WasiPreview1.Entry;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The functions of {@code wasi_snapshot_preview1}, over the system that {@link WasiOptions} describe.
 *
 * <p>Whatever a program passes, it gets an error number and not a fault; the only failures of a call are streams of the
 * host that cannot be read or written.
 *
 * <p>The state has the open descriptors, the virtual files, the random source and how far the input was read and the
 * virtual clock was put forward by sleeping. Saving costs by what has changed since the last time. What is in real
 * directories is not part of it: files that were open there are opened again by their path.
 */
public final class WasiHost implements Host, AutoCloseable {
    private final WasiState state;
    private final InputTape input;

    /** The state now, as far as it is known: what was saved or put back last, if no call has come since. */
    private @Nullable HostState known;

    /** Where the input was then: others can read it, too. */
    private long knownPosition;

    /**
     * @param input what the program reads
     * @param output where its output goes
     * @param error where its error output goes
     * @throws IllegalArgumentException if the files do not fit, or a real directory cannot be opened; the message says why
     */
    public WasiHost(WasiOptions options, InputTape input, OutputStream output, OutputStream error) {
        this.state = new WasiState(options, input, output, error);
        this.input = input;
    }

    /**
     * A host for all functions there are: these and the standard ones, with one input, and with the seed of the options.
     *
     * @param error where error output and debug prints go
     */
    public static CombinedHost withStandard(
            WasiOptions options, InputStream input, OutputStream output, OutputStream error) {
        return withStandard(options, input, output, error, Map.of());
    }

    /**
     * The same with functions of other modules.
     *
     * @param others by their modules
     * @throws IllegalArgumentException also if one of them has the name of a module that is there already
     */
    public static CombinedHost withStandard(
            WasiOptions options, InputStream input, OutputStream output, OutputStream error, Map<String, Host> others) {
        InputTape tape = new InputTape(input);
        Map<String, Host> hosts = new TreeMap<>(others);
        hosts.put(StandardHost.MODULE, new VirtualHost(tape, output, error, options.seed()));
        hosts.put(WasiPreview1.MODULE, new WasiHost(options, tape, output, error));
        if (hosts.size() != others.size() + 2) {
            throw new IllegalArgumentException("the modules " + StandardHost.MODULE + " and " + WasiPreview1.MODULE
                    + " are there already; other host functions need a module of another name");
        }
        return new CombinedHost(hosts);
    }

    @Override
    public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
        Optional<Entry> found = entry(hostImport);
        if (found.isEmpty()) {
            return Optional.of("no such function");
        }
        FunctionType expected = found.get().function().type();
        return expected.equals(type) ? Optional.empty() : Optional.of("the function has type " + expected);
    }

    private static Optional<Entry> entry(HostImport hostImport) {
        return hostImport.module().equals(WasiPreview1.MODULE)
                ? WasiPreview1.entry(hostImport.name())
                : Optional.empty();
    }

    @Override
    public void call(HostCall call) throws HostException {
        Entry entry = entry(call.hostImport()).orElseThrow(() -> new HostException("no such function"));
        known = null;
        state.callBegins(call.icount());
        Errno errno = Errno.SUCCESS;
        try {
            entry.implementation().run(state, new Guest(call));
        } catch (ErrnoException e) {
            errno = e.errno();
        }
        if (!entry.function().type().results().isEmpty()) {
            call.setResult(0, errno.code());
        }
    }

    /** Closes what the program left open: of real directories and files, the system's own descriptors. */
    @Override
    public void close() {
        known = null;
        state.descriptors.closeAll();
    }

    @Override
    public HostState saveState() {
        HostState saved = known;
        if (saved == null || knownPosition != input.position()) {
            saved = state.save();
            know(saved);
        }
        return saved;
    }

    @Override
    public void restoreState(HostState saved) {
        if (saved == known) {
            input.position(knownPosition);
        } else {
            state.restore(saved);
            know(saved);
        }
    }

    private void know(HostState saved) {
        known = saved;
        knownPosition = input.position();
    }
}
