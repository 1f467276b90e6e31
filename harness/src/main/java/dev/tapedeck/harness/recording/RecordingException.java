package dev.tapedeck.harness.recording;

/**
 * A recording cannot be written or read. The message is one sentence or two: what, where (file, byte or excerpt), what
 * was expected, what to do.
 */
public class RecordingException extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean newer;

    public RecordingException(String message) {
        super(message);
        newer = false;
    }

    public RecordingException(String message, Throwable cause) {
        super(message, cause);
        newer = false;
    }

    private RecordingException(boolean newer, String message) {
        super(message);
        this.newer = newer;
    }

    /**
     * What is read is whole, but this version cannot read it.
     *
     * @param what such as: recording format 2, this one reads up to 1
     */
    static RecordingException madeByNewer(String what) {
        return new RecordingException(
                true,
                "it was made by a newer Tapedeck (" + what + "); use that version, or record again with this one");
    }

    /** What goes wrong in writing is never the program's fault, whatever it is. */
    static RecordingException inWriting(RuntimeException e) {
        return new RecordingException(
                "the recording cannot be written: " + e + "; what was recorded before stays readable", e);
    }

    /** Whether nothing is damaged, but made by a newer version. */
    boolean newer() {
        return newer;
    }
}
