package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.text.Frame;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What came of one test of a program.
 *
 * @param kind passed, failed (an expectation was missed), error (it could not be run), disabled
 * @param message one line: {@code sum.tasm:12: expected exit code 0 but was 1 (main+7)}; empty if passed
 * @param expected the expected value, where there is one, for a diff
 * @param actual the actual value
 * @param frames the program's call stack at the end, innermost first, for a stack trace
 * @param recording where the recording is, if there is one
 * @param attachments reports and received files, existing, absolute
 * @param output what the program wrote
 */
public record Verdict(
        Kind kind,
        String message,
        Optional<String> expected,
        Optional<String> actual,
        List<Frame> frames,
        Optional<Path> recording,
        List<Path> attachments,
        byte[] output) {
    public enum Kind {
        PASSED,
        FAILED,
        ERROR,
        DISABLED
    }
}
