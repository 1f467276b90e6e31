package dev.tapedeck.harness.approve;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What to do about approved files. */
public enum ApprovalMode {
    /** Compare; a missing one is a failure. */
    CHECK("check"),
    /** Compare; write those that are missing. */
    NEW("new"),
    /** Write all that are missing or differ. */
    ALL("all");

    private final String mnemonic;

    ApprovalMode(String mnemonic) {
        this.mnemonic = mnemonic;
    }

    /** The stable name in settings. */
    public String mnemonic() {
        return mnemonic;
    }

    /**
     * Whether nobody looks at what the tests leave.
     *
     * @param ci the environment variable {@code CI}, if it is set
     */
    public static boolean automated(@Nullable String ci) {
        return ci != null && !ci.isBlank() && !ci.equalsIgnoreCase("false");
    }

    public static Optional<ApprovalMode> ofName(String name) {
        for (ApprovalMode mode : values()) {
            if (mode.mnemonic.equals(name)) {
                return Optional.of(mode);
            }
        }
        return Optional.empty();
    }
}
