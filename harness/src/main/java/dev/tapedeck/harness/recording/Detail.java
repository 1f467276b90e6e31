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

    /** A level of a later version says more than {@link #FLOW}, in excerpts that may be skipped: to this one it is FLOW. */
    static Detail ofCode(int code) {
        return code == VALUES.code ? VALUES : FLOW;
    }
}
