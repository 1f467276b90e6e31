package dev.tapedeck.vm.host;

import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.HostCall;
import dev.tapedeck.vm.machine.HostException;
import dev.tapedeck.vm.machine.HostState;
import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Several hosts, each for the functions of one module. */
public final class CombinedHost implements Host, AutoCloseable {
    private final SortedMap<String, Host> hosts;

    /** @param hosts by the module whose functions they offer */
    public CombinedHost(Map<String, Host> hosts) {
        this.hosts = new TreeMap<>(hosts);
    }

    @Override
    public Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
        Host host = hosts.get(hostImport.module());
        return host == null ? Optional.of("no such function") : host.linkProblem(hostImport, type);
    }

    @Override
    public void call(HostCall call) throws HostException {
        Host host = hosts.get(call.hostImport().module());
        if (host == null) {
            throw new HostException("no such function");
        }
        host.call(call);
    }

    /**
     * Closes those of the hosts that can be closed, also where one of them fails.
     *
     * @throws IllegalStateException if one fails; of several, the others are suppressed
     */
    @Override
    public void close() {
        IllegalStateException problem = null;
        for (Host host : hosts.values()) {
            if (host instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (Exception e) {
                    if (problem == null) {
                        problem = new IllegalStateException("a host cannot be closed", e);
                    } else {
                        problem.addSuppressed(e);
                    }
                }
            }
        }
        if (problem != null) {
            throw problem;
        }
    }

    /** The states of the hosts, in the order of their modules. */
    @Override
    public HostState saveState() {
        List<HostState> states = new ArrayList<>();
        hosts.values().forEach(host -> states.add(host.saveState()));
        return HostState.of(new byte[0], states);
    }

    @Override
    public void restoreState(HostState state) {
        if (state.parts().size() != hosts.size() || state.bytes().length > 0) {
            throw new IllegalArgumentException(
                    "the state is of " + state.parts().size() + " hosts, expected those of " + hosts.size() + ": "
                            + String.join(", ", hosts.keySet()));
        }
        List<Host> done = new ArrayList<>();
        List<HostState> before = new ArrayList<>();
        try {
            for (Host host : hosts.values()) {
                HostState old = host.saveState();
                host.restoreState(state.parts().get(done.size()));
                done.add(host);
                before.add(old);
            }
        } catch (IllegalArgumentException e) {
            for (int i = 0; i < done.size(); i++) {
                done.get(i).restoreState(before.get(i));
            }
            throw e;
        }
    }
}
