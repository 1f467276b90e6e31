package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.recording.Recording;

/**
 * What a report shows of the run that another one was compared with. It is read while that recording is open, which it need
 * not be any more when the report is made.
 *
 * @param stretch around the place where the runs part
 */
public record ReferenceRun(ReportContent.Run run, Listing.Stretch stretch) {
    /**
     * @param recording the first of the two that were compared
     * @param bisection what came of it
     */
    public static ReferenceRun of(Recording recording, Bisection bisection) {
        return new ReferenceRun(
                ReportContent.Run.of(recording), Listing.Stretch.of(recording, bisection, bisection.a()));
    }
}
