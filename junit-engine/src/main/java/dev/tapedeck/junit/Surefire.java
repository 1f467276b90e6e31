package dev.tapedeck.junit;

/** Whether Surefire asks, which wants some things told in another way than everybody else. */
final class Surefire {
    private Surefire() {}

    /** Whether Surefire is what calls. */
    static boolean calls() {
        return StackWalker.getInstance()
                .walk(frames ->
                        frames.anyMatch(frame -> frame.getClassName().startsWith("org.apache.maven.surefire.")));
    }
}
