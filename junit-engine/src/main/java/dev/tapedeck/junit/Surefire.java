package dev.tapedeck.junit;

import java.util.Optional;

/** Whether Surefire asks, which wants some things told in another way than everybody else. */
final class Surefire {
    private Surefire() {}

    private static final String FORKED = "org.apache.maven.surefire.booter.ForkedBooter";

    /** Whether Surefire is what calls. */
    static boolean calls() {
        return StackWalker.getInstance()
                .walk(frames ->
                        frames.anyMatch(frame -> frame.getClassName().startsWith("org.apache.maven.surefire.")));
    }

    /**
     * The process that the run of tests belongs to: in a process that Surefire started it is the Maven that started
     * Surefire, which may start several, one after the other; else this one.
     */
    static ProcessHandle runner() {
        ProcessHandle current = ProcessHandle.current();
        boolean forked = StackWalker.getInstance()
                .walk(frames -> frames.anyMatch(frame -> frame.getClassName().equals(FORKED)));
        if (!forked) {
            return current;
        }
        // Between the two there may be a shell.
        for (Optional<ProcessHandle> parent = current.parent();
                parent.isPresent();
                parent = parent.get().parent()) {
            if (parent.get().info().command().map(Surefire::isJava).orElse(false)) {
                return parent.get();
            }
        }
        return current;
    }

    private static boolean isJava(String command) {
        return command.endsWith("java") || command.endsWith("java.exe");
    }
}
