package dev.tapedeck.harness.recording;

/**
 * A recording cannot be written or read. The message is one sentence or two: what, where (file, byte or excerpt), what
 * was expected, what to do.
 */
public final class RecordingException extends Exception {
    private static final long serialVersionUID = 1;

    public RecordingException(String message) {
        super(message);
    }

    public RecordingException(String message, Throwable cause) {
        super(message, cause);
    }
}
