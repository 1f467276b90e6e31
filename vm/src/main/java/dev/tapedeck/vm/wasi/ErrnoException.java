package dev.tapedeck.vm.wasi;

/** A WASI function ends with an error. Part of normal work, so without a stack trace. */
final class ErrnoException extends Exception {
    private static final long serialVersionUID = 1;

    private final Errno errno;

    ErrnoException(Errno errno) {
        super(errno.name(), null, false, false);
        this.errno = errno;
    }

    Errno errno() {
        return errno;
    }
}
