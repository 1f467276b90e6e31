package dev.tapedeck.harness.log;

/**
 * Keeps Chronicle Queue from talking and from starting threads that nobody asked for. Settings that the user has made win.
 */
final class Silence {
    private Silence() {}

    /** Has to be called before the first use of a class of Chronicle's. */
    static void keep() {
        // SLF4J's three lines about a missing logging library.
        setIfMissing("slf4j.internal.verbosity", "ERROR");
        // A thread that warns when a disk fills up. We look ourselves, before each excerpt.
        setIfMissing("chronicle.disk.monitor.disable", "true");
        // Telemetry. Its jar is excluded as well; a user's project may bring it back.
        setIfMissing("chronicle.analytics.disable", "true");
        // A thread that unmaps and closes what others are done with: waiting for it would cost a millisecond a
        // recording.
        setIfMissing("background.releaser", "false");
    }

    private static void setIfMissing(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
