package dev.tapedeck.vm.machine;

import dev.tapedeck.vm.program.Program.FunctionType;
import dev.tapedeck.vm.program.Program.HostImport;
import java.util.Optional;

/**
 * The seam to everything outside of the machine. Each {@code call_host} passes here, so whoever wraps a host sees all
 * that comes in through calls; interrupts come in through {@link Machine#raise}. There is no third way.
 */
public interface Host {
    /**
     * Carries out a host call: reads arguments and memory from {@code call}, and leaves results, memory writes or a halt
     * there.
     *
     * <p>If it fails, the program faults with {@link FaultKind#HOST_ERROR} and the machine's state is as it was before the
     * call: memory that the call wrote is put back. The host's own state is the host's to keep in order. Whatever else
     * is thrown counts as a failure too, unless {@link HostException#endsMachine} says that it is none of the host's.
     *
     * @throws HostException if it fails; the message becomes the detail of the fault
     */
    void call(HostCall call) throws HostException;

    /**
     * Why an import cannot be bound to this host, such as {@code "no such function"}, or empty if it can. A machine asks
     * for each import when it is made, so that a missing function is found before the program runs.
     */
    default Optional<String> linkProblem(HostImport hostImport, FunctionType type) {
        return Optional.empty();
    }

    /** The host's own state, as far as later results depend on it; part of every snapshot. */
    default HostState saveState() {
        return HostState.EMPTY;
    }

    /**
     * Puts back what {@link #saveState} returned.
     *
     * @throws IllegalArgumentException if it is not such a state; the host is unchanged then
     */
    default void restoreState(HostState state) {}
}
