package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.Approval;
import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.approve.ApprovedFiles;
import dev.tapedeck.harness.approve.ApprovedText;
import dev.tapedeck.harness.approve.PendingApproval;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Pack;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.text.Visible;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A recorded run of a test with {@code .approve}, compared with the run that somebody has approved.
 *
 * @param option what asks for another mode, before the mode's name: {@code -Dtapedeck.approve=}
 * @param results the output folder of all tests, for a review
 * @param recording the run, open
 * @param attachments what is there already
 * @param captured what the program wrote
 */
record ApprovedRun(
        TestSubject subject,
        ApprovalMode mode,
        String option,
        Path results,
        Recording recording,
        Outcome outcome,
        List<Path> attachments,
        OutputCapture captured) {
    private static final String UNUSABLE = "cannot be used";

    /** As after a crash between the two, or where a merge took one of them from either side. */
    private static final String OTHER_RUN = "is of another run than the approved text tells of";

    /** As after an edit by hand, or where the two are of runs that differ only in what they wrote. */
    private static final String OTHER_TEXT = "is of a run that reads otherwise than the approved text";

    /** Where a review looks if it is not told otherwise. */
    private static final String RESULTS_DEFAULT = Path.of("target", "tapedeck").toString();

    /** Why the test fails; empty if the run is as approved, or is approved now. */
    Optional<Verdict> check() throws RecordingException, IOException {
        Replay replay = new Replay(recording);
        try {
            replay.seek(recording.icountEnd());
        } catch (ReplayException e) {
            return Optional.of(failed(List.of())
                    .because(
                            "it cannot be approved",
                            "",
                            "a run that repeats",
                            "another run",
                            List.of(),
                            Optional.empty()));
        }
        String title = subject.title();
        String text = ApprovedText.of(
                subject.approvedTitle(), subject.test(), recording, outcome, replay.machine(), captured.bytes());
        Path packed = subject.directory().resolve("packed.rec");
        Files.deleteIfExists(packed);
        try {
            Pack.pack(recording, packed);
            ApprovedFiles files = subject.approvedFiles();
            Optional<String> problem = problem(files, packed, text);
            if (mode == ApprovalMode.ALL && problem.isPresent()) {
                // Then it is missing, and approved anew with the text: no later failure could be bisected against it.
                Files.deleteIfExists(files.recording());
            }
            Approval.Result result = Approval.verify(mode, title, files, text, packed, subject.directory());
            if (result instanceof Approval.Result.Missing missing) {
                return Optional.of(failed(received(missing.pending()))
                        .because(
                                "nothing is approved yet: " + shown(files.text())
                                        + " is missing; what was received is in "
                                        + shown(missing.pending().receivedText())
                                        + "; if it is right, approve it with " + option + "new, or with " + review(),
                                "",
                                "",
                                text,
                                List.of(),
                                Optional.empty()));
            } else if (result instanceof Approval.Result.Different different) {
                FailedRun failed = failed(received(different.pending()));
                Departure departure = Departure.of(different.approved(), different.received(), recording, captured);
                String name = fileName(files.text());
                return Optional.of(failed.because(
                        different.conflictLine() > 0
                                ? name + " has the markers of an unresolved merge, the first in line "
                                        + different.conflictLine()
                                : "differs from " + name,
                        // That it cannot be read is said where it was to be compared with.
                        (different.conflictLine() == 0
                                                && problem.filter(what -> !what.equals(UNUSABLE))
                                                        .isPresent()
                                        ? "; but " + fileName(files.recording()) + " " + problem.get()
                                        : "")
                                + (different.conflictLine() > 0
                                        ? "; take one side of it, " + fileName(files.recording())
                                                + " of the same one, or approve the new run with "
                                        : "; " + firstChange(different.approved(), different.received())
                                                + "; if the new run is right, approve it with ")
                                + option + "all, or with " + review(),
                        different.approved(),
                        different.received(),
                        departure.icount().isPresent()
                                ? failed.framesAt(departure.icount().getAsLong())
                                : failed.framesAt(recording.icountEnd()),
                        Optional.of(different.diff()),
                        departure.clue()));
            } else if (mode != ApprovalMode.ALL && problem.isPresent()) {
                PendingApproval pending = Approval.pendRecording(title, files, text, packed, subject.directory());
                return Optional.of(failed(received(pending))
                        .because(
                                "the run is as approved, but " + fileName(files.recording())
                                        + ", which a failing one is compared with, " + problem.get(),
                                "; restore the file, or approve the run again with " + option + "all, or with "
                                        + review(),
                                "an approved recording",
                                "a file that is none",
                                List.of(),
                                Optional.empty()));
            }
            return Optional.empty();
        } finally {
            Files.deleteIfExists(packed);
        }
    }

    private FailedRun failed(List<Path> received) {
        List<Path> all = new ArrayList<>(attachments);
        all.addAll(received);
        return new FailedRun(subject, recording, all, captured.bytes());
    }

    private static List<Path> received(PendingApproval pending) {
        return List.of(pending.receivedText(), pending.receivedRecording());
    }

    /**
     * Why the approved recording is not what a failing run could be compared with; empty if it is, or is missing.
     *
     * @param packed this run's recording
     * @param received this run's text
     */
    private Optional<String> problem(ApprovedFiles files, Path packed, String received) throws IOException {
        if (!Files.exists(files.recording())) {
            return Optional.empty();
        }
        try (Recording approved = Recording.open(files.recording())) {
            if (approved.damage().isPresent() || approved.outcome().isEmpty()) {
                return Optional.of(UNUSABLE);
            }
            if (!Files.exists(files.text())) {
                return Optional.empty();
            }
            String text = Approval.text(files);
            Outcome end = approved.outcome().get();
            if (!ApprovedText.describes(text, approved, end)) {
                return Optional.of(OTHER_RUN);
            }
            boolean same = Files.mismatch(files.recording(), packed) < 0 || sameRun(approved);
            return same ? otherText(text, received, true) : retold(text, approved, end);
        } catch (RecordingException e) {
            return Optional.of(UNUSABLE);
        }
    }

    /** Whether it has done the same as this run, as the digests tell without a replay. */
    private boolean sameRun(Recording approved) {
        List<Recording.Block> before = approved.blocks();
        List<Recording.Block> now = recording.blocks();
        return !before.isEmpty()
                && before.size() == now.size()
                && before.get(before.size() - 1).equals(now.get(now.size() - 1))
                && approved.outcome()
                        .map(end -> end.stateDigest() == outcome.stateDigest())
                        .orElse(false)
                && approved.interrupts().equals(recording.interrupts());
    }

    private static Optional<String> otherText(String text, String told, boolean withOutput) {
        return ApprovedText.ofRun(text, withOutput).equals(ApprovedText.ofRun(told, withOutput))
                ? Optional.empty()
                : Optional.of(OTHER_TEXT);
    }

    /** What the recording says itself. One that no longer replays says nothing. */
    private static Optional<String> retold(String text, Recording approved, Outcome end) throws RecordingException {
        try {
            Replay replay = new Replay(approved);
            Optional<byte[]> output = RecordedOutput.of(replay);
            replay.seek(approved.icountEnd());
            String told = ApprovedText.ofRun(approved, end, replay.machine(), output);
            return otherText(text, told, output.isPresent());
        } catch (ReplayException e) {
            return Optional.empty();
        }
    }

    private static String fileName(Path file) {
        return Visible.of(String.valueOf(file.getFileName()));
    }

    private static String shown(Path path) {
        return Visible.of(TestSubject.shown(path));
    }

    /** The command that finds what was received. */
    private String review() {
        String folder = shown(results);
        return "tapedeck review" + (folder.equals(RESULTS_DEFAULT) ? "" : " " + folder);
    }

    private static String firstChange(String approved, String received) {
        List<String> before = approved.lines().toList();
        List<String> after = received.lines().toList();
        int line = 0;
        while (line < before.size() && line < after.size() && before.get(line).equals(after.get(line))) {
            line++;
        }
        String was = line < before.size() ? "'" + before.get(line).strip() + "'" : "nothing more";
        String is = line < after.size() ? "'" + after.get(line).strip() + "'" : "nothing more";
        return "line " + (line + 1) + " was " + Visible.of(was) + ", is " + Visible.of(is);
    }
}
