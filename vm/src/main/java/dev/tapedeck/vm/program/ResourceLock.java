package dev.tapedeck.vm.program;

/**
 * A resource that a test uses while it runs, such as a directory or a database, and that it cannot share with every other
 * test that runs at the same time.
 *
 * @param resource a name that the tests agree on
 * @param mode whether others may use it too
 */
public record ResourceLock(String resource, Mode mode) {
    /** Codes are stable: they stand in {@code .bc} files. */
    public enum Mode {
        /** No other test that locks the resource runs at the same time. */
        READ_WRITE(0),
        /** Tests that only read it may run at the same time. */
        READ(1);

        private final int code;

        Mode(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }
    }
}
