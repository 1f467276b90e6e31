package dev.tapedeck.vm.machine;

/**
 * The seam to everything outside of the machine. Each {@code call_host} passes here, so whoever wraps a host sees all
 * that comes in through calls; interrupts come in through {@link Machine#raise}. There is no third way.
 */
public interface Host {
    /**
     * Carries out a host call: reads arguments and memory from {@code call}, and leaves results, memory writes or a halt
     * there.
     *
     * @throws HostException if it fails; the machine then faults with {@link FaultKind#HOST_ERROR}
     */
    void call(HostCall call) throws HostException;

    /** The host's own state, as far as later results depend on it; part of every snapshot. */
    default byte[] saveState() {
        return new byte[0];
    }

    /** Puts back what {@link #saveState} returned. */
    default void restoreState(byte[] state) {}
}
