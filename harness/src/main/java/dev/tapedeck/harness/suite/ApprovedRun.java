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
 * @param recording the run, open
 * @param attachments what is there already
 * @param output what the program wrote
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
record ApprovedRun(
        TestSubject subject,
        ApprovalMode mode,
        String option,
        Recording recording,
        Outcome outcome,
        List<Path> attachments,
        byte[] output) {
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
        String text =
                ApprovedText.of(subject.approvedTitle(), subject.test(), recording, outcome, replay.machine(), output);
        Path packed = subject.directory().resolve("packed.rec");
        Files.deleteIfExists(packed);
        try {
            Pack.pack(recording, packed);
            ApprovedFiles files = subject.approvedFiles();
            boolean damaged = Files.exists(files.recording()) && !usable(files.recording());
            if (mode == ApprovalMode.ALL && damaged) {
                // Then it is missing, and approved anew with the text: no later failure could be bisected against it.
                Files.deleteIfExists(files.recording());
            }
            Approval.Result result = Approval.verify(mode, title, files, text, packed, subject.directory());
            if (result instanceof Approval.Result.Missing missing) {
                return Optional.of(failed(received(missing.pending()))
                        .because(
                                "nothing is approved yet: " + TestSubject.shown(files.text())
                                        + " is missing; what was received is in "
                                        + TestSubject.shown(missing.pending().receivedText())
                                        + "; if it is right, approve it with " + option + "new",
                                "",
                                "",
                                text,
                                List.of(),
                                Optional.empty()));
            } else if (result instanceof Approval.Result.Different different) {
                FailedRun failed = failed(received(different.pending()));
                return Optional.of(failed.because(
                        "differs from " + files.text().getFileName(),
                        "; " + firstChange(different.approved(), different.received())
                                + "; if the new run is right, approve it with " + option + "all",
                        different.approved(),
                        different.received(),
                        failed.framesAtEnd(),
                        Optional.of(different.diff())));
            } else if (mode != ApprovalMode.ALL && damaged) {
                return Optional.of(failed(List.of())
                        .because(
                                "the run is as approved, but "
                                        + files.recording().getFileName()
                                        + ", which a failing one is compared with, cannot be used",
                                "; restore the file, or approve the run again with " + option + "all",
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
        return new FailedRun(subject, recording, all, output);
    }

    private static List<Path> received(PendingApproval pending) {
        return List.of(pending.receivedText(), pending.receivedRecording());
    }

    private static boolean usable(Path packed) {
        try (Recording approved = Recording.open(packed)) {
            return approved.damage().isEmpty();
        } catch (RecordingException e) {
            return false;
        }
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
