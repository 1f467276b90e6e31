package dev.tapedeck.junit;

/**
 * Stands for all programs of a project. Surefire selects nothing but classes, and only those whose names look like a
 * test's; with {@code dependenciesToScan} it finds this one in the engine's jar, so that the project needs no class of its
 * own. See <a href="https://github.com/apache/maven-surefire/issues/2065">maven-surefire#2065</a>.
 */
@Programs
public final class TapedeckProgramsTest {
    private TapedeckProgramsTest() {}
}
