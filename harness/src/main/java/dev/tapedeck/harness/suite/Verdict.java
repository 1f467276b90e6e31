package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.report.ReportContent;
import dev.tapedeck.harness.text.Frame;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What came of one test of a program.
 *
 * @param kind passed, failed (an expectation was missed), error (it could not be run), disabled
 * @param message one line: {@code sum.tasm:12: expected exit code 0 but was 1 (main+7)}; why a test is disabled; empty if
 *     passed, unless it had failed before, in another attempt: then how the two differ
 * @param outcome how the run ended, if there was one
 * @param expected the expected value, where there is one, for a diff
 * @param actual the actual value
 * @param frames the program's call stack at the end, innermost first, for a stack trace
 * @param recording where the recording is, if there is one
 * @param report what the report says, if there is one
 * @param attachments reports and received files, existing, absolute
 * @param output what the program wrote
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
public record Verdict(
        Kind kind,
        String message,
        Optional<Outcome> outcome,
        Optional<String> expected,
        Optional<String> actual,
        List<Frame> frames,
        Optional<Path> recording,
        Optional<ReportContent> report,
        List<Path> attachments,
        byte[] output) {
    public enum Kind {
        PASSED,
        FAILED,
        ERROR,
        DISABLED
    }

    public Verdict {
        frames = List.copyOf(frames);
        attachments = List.copyOf(attachments);
    }

    static Verdict passed(Outcome outcome, Optional<Path> recording, List<Path> attachments, byte[] output) {
        return new Verdict(
                Kind.PASSED,
                "",
                Optional.of(outcome),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                recording,
                Optional.empty(),
                attachments,
                output);
    }

    /** A test that failed when it was run before in the same session, and passed now. */
    static Verdict passedAfterFailure(
            String message,
            Outcome outcome,
            Path recording,
            @Nullable ReportContent report,
            List<Path> attachments,
            byte[] output) {
        return new Verdict(
                Kind.PASSED,
                message,
                Optional.of(outcome),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.of(recording),
                Optional.ofNullable(report),
                attachments,
                output);
    }

    /** Whether it passed, but had failed before; the message says how the runs differ. */
    public boolean passedAfterFailure() {
        return kind == Kind.PASSED && !message.isEmpty();
    }

    /** A test that was not run as it should be. */
    static Verdict error(String message, List<Path> attachments, byte[] output) {
        return withoutRun(Kind.ERROR, message, attachments, output);
    }

    /** A test whose program cannot be loaded. */
    public static Verdict error(ProgramException problem) {
        return error(String.valueOf(problem.getMessage()).lines().findFirst().orElse(""), List.of(), new byte[0]);
    }

    /** A test that is not to be run. */
    public static Verdict disabled(String reason) {
        return withoutRun(Kind.DISABLED, reason, List.of(), new byte[0]);
    }

    private static Verdict withoutRun(Kind kind, String message, List<Path> attachments, byte[] output) {
        return new Verdict(
                kind,
                message,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                attachments,
                output);
    }
}
