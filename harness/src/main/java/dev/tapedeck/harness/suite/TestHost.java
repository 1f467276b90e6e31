package dev.tapedeck.harness.suite;

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
import java.util.Optional;

/** The host of a test, with standard and WASI functions: it tells the capture which call writes. */
final class TestHost implements Host {
    private final Host host;
    private final OutputCapture output;

    TestHost(Program program, TestCase test, OutputCapture output, OutputStream debug) {
        this.output = output;
        this.host = WasiHost.withStandard(
                WasiOptions.of(program, test),
                new ByteArrayInputStream(test.input().getBytes(StandardCharsets.ISO_8859_1)),
                output,
                debug);
    }

    @Override
    public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
        return host.linkProblem(hostImport, type);
    }

    @Override
    public void call(HostCall call) throws HostException {
        output.callBegins(call.icount());
        host.call(call);
    }

    @Override
    public HostState saveState() {
        return host.saveState();
    }

    @Override
    public void restoreState(HostState state) {
        host.restoreState(state);
    }
}
