package dev.tapedeck.vm.host;

import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import java.io.InputStream;
import java.io.OutputStream;

/** The standard host functions (module {@code tape}), with a virtual clock and a seeded random source. */
public final class VirtualHost implements Host {
    /**
     * @param input what the program reads
     * @param output where its output goes
     * @param debug where debug prints go
     * @param seed seed of the random source
     */
    public VirtualHost(InputStream input, OutputStream output, OutputStream debug, long seed) {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void call(HostCall call) throws HostException {
        throw new UnsupportedOperationException("not yet");
    }
}
