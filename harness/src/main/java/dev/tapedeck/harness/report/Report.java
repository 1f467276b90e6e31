package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.slice.Slice;
import java.util.Optional;

/**
 * What a report says about one failed run.
 *
 * @param title program and test
 * @param reason why the test failed, one line; empty for a bare bisection
 * @param recording the run in question
 * @param bisection against a reference, if there is one
 * @param reference what is to be shown of that reference, if it could be read
 * @param textDiff unified diff of received against approved text, if there is one
 * @param slice how what is wrong came about, if that is known
 */
public record Report(
        String title,
        String reason,
        Recording recording,
        Optional<Bisection> bisection,
        Optional<ReferenceRun> reference,
        Optional<String> textDiff,
        Optional<Slice> slice) {
    /** Without a slice. */
    public Report(
            String title,
            String reason,
            Recording recording,
            Optional<Bisection> bisection,
            Optional<ReferenceRun> reference,
            Optional<String> textDiff) {
        this(title, reason, recording, bisection, reference, textDiff, Optional.empty());
    }
}
