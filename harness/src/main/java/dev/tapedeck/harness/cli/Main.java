package dev.tapedeck.harness.cli;

import java.util.Objects;

/** Entry point of {@code tapedeck} and of {@code java -jar tapedeck.jar}. */
public final class Main {
    private Main() {}

    /** Prints the version. */
    public static void main(String[] args) {
        System.out.println("tapedeck "
                + Objects.requireNonNullElse(Main.class.getPackage().getImplementationVersion(), "development"));
    }
}
