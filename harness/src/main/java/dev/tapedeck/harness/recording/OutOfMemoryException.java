package dev.tapedeck.harness.recording;

/** There is nothing wrong with a recording, but Java has too little memory to read it. */
public final class OutOfMemoryException extends RecordingException {
    private static final long serialVersionUID = 1;

    OutOfMemoryException(String message) {
        super(message);
    }
}
