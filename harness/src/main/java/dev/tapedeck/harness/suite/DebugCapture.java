package dev.tapedeck.harness.suite;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Keeps the beginning of what a program writes for debugging. */
final class DebugCapture extends OutputStream {
    static final int BYTES_MAX = 1 << 20;

    /** More debug output stops the program with a fault: a runaway loop would otherwise take days to meet its limit. */
    private static final int BYTES_PASSED_MAX = 64 << 20;

    private long passed;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
        passed += length;
        if (passed > BYTES_PASSED_MAX) {
            throw new IOException("the test wrote more than " + (BYTES_PASSED_MAX >> 20) + " MiB of debug output");
        }
        bytes.write(from, offset, Math.min(length, BYTES_MAX - bytes.size()));
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
