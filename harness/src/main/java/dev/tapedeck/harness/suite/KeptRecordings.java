package dev.tapedeck.harness.suite;

import java.util.Optional;

/** Which tests' recordings stay after the run. What a later failure is compared with stays in any case. */
public enum KeptRecordings {
    ALL("all"),
    /** Of tests that did not pass. */
    FAILED("failed");

    private final String mnemonic;

    KeptRecordings(String mnemonic) {
        this.mnemonic = mnemonic;
    }

    /** The stable name in settings. */
    public String mnemonic() {
        return mnemonic;
    }

    public static Optional<KeptRecordings> ofName(String name) {
        for (KeptRecordings kept : values()) {
            if (kept.mnemonic.equals(name)) {
                return Optional.of(kept);
            }
        }
        return Optional.empty();
    }
}
