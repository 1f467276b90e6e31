package dev.tapedeck.harness.fuzz;

/** What Jazzer calls. */
public final class Fuzz {
    /** Name of the {@link Target}. */
    static final String TARGET_PROPERTY = "tapedeck.fuzz.target";

    private static final Target.Code CODE = Target.valueOf(System.getProperty(TARGET_PROPERTY, Target.BC.name()))
            .code();

    private Fuzz() {}

    /** Jazzer's name for it. */
    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        CODE.run(input);
    }
}
