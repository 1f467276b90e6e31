package dev.tapedeck.harness.recording;

import java.util.Locale;

/** How much a recording says about each instruction. Codes are stable. */
public enum Detail {
    /** Which instructions were executed, and what came from outside: all that a replay needs. */
    FLOW(1),
    /** Besides, what each instruction wrote, for other tools: {@link ValuesDescriptor}. Takes at least 40 bytes for each. */
    VALUES(2);

    private final int code;

    Detail(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** As on the command line: {@code flow}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Detail ofCode(int code) throws RecordingException {
        for (Detail detail : values()) {
            if (detail.code == code) {
                return detail;
            }
        }
        throw new RecordingException(
                "detail level " + code + " is unknown to this version of Tapedeck, expected 1 or 2");
    }
}
