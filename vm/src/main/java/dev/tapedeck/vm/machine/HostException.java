package dev.tapedeck.vm.machine;

/** A host function failed; the message becomes the detail of the fault. */
public final class HostException extends Exception {
    private static final long serialVersionUID = 1;

    public HostException(String message) {
        super(message);
    }

    /**
     * Whether what a host has thrown is no failure of its own but one of the JVM, such as {@link OutOfMemoryError}, after
     * which no state can be relied on. A {@link StackOverflowError} is the host's own.
     */
    public static boolean endsMachine(Throwable thrown) {
        return thrown instanceof VirtualMachineError && !(thrown instanceof StackOverflowError);
    }
}
