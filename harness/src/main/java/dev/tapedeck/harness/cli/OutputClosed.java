package dev.tapedeck.harness.cli;

/**
 * Nobody takes a running program's output any more. Unchecked, because it has to pass through the machine: a program
 * must not see it as a fault of its own.
 */
final class OutputClosed extends RuntimeException {
    private static final long serialVersionUID = 1;

    OutputClosed() {
        super("the output is closed", null, false, false);
    }
}
