package dev.tapedeck.vm.machine;

/** A host function failed; the message becomes the detail of the fault. */
public final class HostException extends Exception {
    private static final long serialVersionUID = 1;

    public HostException(String message) {
        super(message);
    }
}
