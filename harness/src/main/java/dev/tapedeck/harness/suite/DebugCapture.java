package dev.tapedeck.harness.suite;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;

/** Keeps the beginning of what a program writes for debugging. */
final class DebugCapture extends OutputStream {
    static final int BYTES_MAX = 1 << 20;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
        if (bytes.size() < BYTES_MAX) {
            bytes.write(b);
        }
    }

    @Override
    public void write(byte[] from, int offset, int length) {
        bytes.write(from, offset, Math.min(length, BYTES_MAX - bytes.size()));
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
