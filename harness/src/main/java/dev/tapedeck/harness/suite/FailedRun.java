package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisector;
import dev.tapedeck.harness.files.FileProblem;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.report.ErrorOutput;
import dev.tapedeck.harness.report.ReferenceRun;
import dev.tapedeck.harness.report.Report;
import dev.tapedeck.harness.report.ReportContent;
import dev.tapedeck.harness.report.ReportFiles;
import dev.tapedeck.harness.report.SourceText;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.slice.Slicer;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.LibraryCode;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Quoted;
import dev.tapedeck.harness.text.Visible;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A recorded run that is not as it should be: it is bisected against a reference where there is one, and reported.
 *
 * @param recording the run, open
 * @param attachments what is there besides the reports
 * @param output what the program wrote
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier, not a value.
record FailedRun(TestSubject subject, Recording recording, List<Path> attachments, byte[] output) {
    /** The packed recording of the last run that passed, in the test's folder. */
    static final String LAST_PASSED = "last-passed.rec";

    /** Frames in a stack trace: the innermost tell where. */
    private static final int FRAMES_MAX = 40;

    /** The verdict if the recording does not replay, whatever else was missed; empty if it does. */
    Optional<Verdict> unfaithful(Optional<Miss> besides) throws IOException {
        Optional<String> problem = replayProblem();
        return problem.isEmpty()
                ? Optional.empty()
                : Optional.of(because(
                        besides.map(Miss::reason).orElse(""),
                        "",
                        "a run that repeats",
                        "another run",
                        List.of(),
                        Optional.empty()));
    }

    /** Why nothing may be concluded from the recording; empty if its replay reproduces it. */
    private Optional<String> replayProblem() {
        try {
            Replay.verify(recording);
            return Optional.empty();
        } catch (RecordingException | ReplayException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** An expectation was missed. */
    Verdict missed(Miss miss) throws IOException {
        long icount = miss.icount().orElse(recording.icountEnd());
        List<Frame> frames = List.of();
        String where;
        try {
            frames = replayedFrames(icount);
            where = ", " + miss.verb() + " at " + frames.get(0).place() + ownCall(frames);
        } catch (RecordingException | ReplayException e) {
            where = ""; // What is wrong with it is said first.
        }
        return because(
                miss.reason() + where + miss.besides() + (miss.icount().isPresent() ? "" : lastWords()),
                "",
                miss.expected(),
                miss.actual(),
                frames,
                Optional.empty(),
                miss.clue());
    }

    /** Where the program's own code called the library that it ended in. */
    private static String ownCall(List<Frame> frames) {
        return !LibraryCode.holds(frames.get(0).source())
                ? ""
                : frames.stream()
                        .filter(frame -> !frame.source().isEmpty() && !LibraryCode.holds(frame.source()))
                        .findFirst()
                        .map(frame -> ", called from " + frame.place())
                        .orElse("");
    }

    /** What the program itself said about its end. */
    private String lastWords() {
        try {
            return ErrorOutput.of(recording)
                    .flatMap(ErrorOutput::lastWords)
                    .map(line -> new String(line.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))
                    .map(bytes -> "; its error output ends with " + Quoted.text(bytes))
                    .orElse("");
        } catch (RecordingException | ReplayException e) {
            return "";
        }
    }

    /**
     * The verdict, after the reports are written. If the recording does not replay it says so first, and is not bisected.
     *
     * @param reason one line without a full stop
     * @param detail what follows the bisection in that line; begins with a semicolon, or is empty
     * @param frames the call stack to show; empty for the one at the end
     * @param textDiff unified, of what was received against what is approved
     * @param clue where to look for how it came about, if there is nothing to bisect against that tells more
     */
    Verdict because(
            String reason,
            String detail,
            String expected,
            String actual,
            List<Frame> frames,
            Optional<String> textDiff,
            Slicer.Question clue)
            throws IOException {
        // Before anything else is concluded from it.
        Optional<String> problem = replayProblem();
        Comparison comparison = problem.isPresent() ? Comparison.none("") : compare();
        String line = subject.place() + ": "
                + problem.map(text -> "the recording does not replay, so nothing can be concluded from it: " + text
                                + (reason.isEmpty() ? "" : "; besides, "))
                        .orElse("")
                + reason
                + comparison.text
                + (problem.isPresent() ? "" : attemptsDiffer())
                + detail;
        ReportContent report = ReportContent.of(
                new Report(
                        subject.title(),
                        line,
                        recording,
                        comparison.bisection,
                        comparison.reference,
                        textDiff,
                        problem.isPresent()
                                        || comparison
                                                .bisection
                                                .map(found -> found.diverged() && found.kind() != Bisection.Kind.REPLAY)
                                                .orElse(false)
                                ? Optional.empty()
                                : slice(clue)),
                sources());
        List<Path> files = new ArrayList<>(ReportFiles.write(report, subject.directory()));
        files.addAll(attachments);
        return new Verdict(
                Verdict.Kind.FAILED,
                line + "; report: " + TestSubject.shown(subject.directory().resolve("report.html")),
                recording.outcome(),
                Optional.of(expected),
                Optional.of(actual),
                frames.isEmpty() ? framesAt(recording.icountEnd()) : frames,
                Optional.of(recording.path()),
                Optional.of(report),
                files,
                output);
    }

    private static boolean unfinished(Recording recording) {
        return recording.outcome().map(outcome -> outcome.kind().isUnfinished()).orElse(true);
    }

    /** Of one more attempt that fails too: whether at least the runs are the same. */
    private String attemptsDiffer() {
        if (subject.attempt() == 1 || !Files.exists(subject.previousRecording())) {
            return "";
        }
        int previous = subject.attempt() - 1;
        try (Recording before = Recording.open(subject.previousRecording())) {
            Bisection bisection = Bisector.bisect(before, recording);
            return bisection.diverged() && bisection.kind() != Bisection.Kind.REPLAY
                    ? "; nondeterministic: it " + Visible.of(bisection.sentence("attempt " + previous))
                    : "";
        } catch (RecordingException | RuntimeException e) {
            return "";
        }
    }

    /**
     * The verdict of an attempt that passed after others had failed: the run that failed is bisected against this one, and
     * reported. The recording of the attempt that passed stays, too.
     */
    Verdict passedNow(Outcome outcome) throws IOException {
        int previous = subject.attempt() - 1;
        String attempts = "failed on attempt " + previous + ", passed on attempt " + subject.attempt();
        try (Recording before = Recording.open(subject.previousRecording())) {
            Bisection bisection = Bisector.bisect(recording, before);
            String line = subject.place() + ": "
                    + (bisection.diverged() && bisection.kind() != Bisection.Kind.REPLAY ? "nondeterministic: " : "")
                    + attempts
                    + (bisection.kind() == Bisection.Kind.REPLAY
                            ? "; not bisected: " + Visible.of(bisection.summary())
                            : bisection.diverged()
                                    ? "; "
                                            + Visible.of(bisection.sentence(
                                                    "attempt " + subject.attempt() + ", here the first run,"))
                                    : unfinished(before)
                                            ? "; attempt " + previous + " "
                                                    + before.outcome()
                                                            .map(Outcome::words)
                                                            .orElse("was cut")
                                                    + ", and is the same up to there"
                                            : "; the runs are the same, so what differs is what they are compared with");
            ReportContent report = ReportContent.of(
                    new Report(
                            subject.title(),
                            line,
                            before,
                            Optional.of(bisection),
                            Optional.of(ReferenceRun.of(recording, bisection)),
                            Optional.empty(),
                            Optional.empty()),
                    sources());
            List<Path> files = new ArrayList<>(ReportFiles.write(report, subject.directory()));
            files.addAll(attachments);
            files.add(before.path().toAbsolutePath());
            return Verdict.passedAfterFailure(
                    line + "; report: " + TestSubject.shown(subject.directory().resolve("report.html")),
                    outcome,
                    recording.path(),
                    report,
                    files,
                    output);
        } catch (RecordingException e) {
            return notCompared(attempts, outcome, FileProblem.words(e));
        } catch (RuntimeException e) {
            // A defect of the bisector must not hide that it passed.
            return notCompared(attempts, outcome, "internal error: " + e);
        }
    }

    private Verdict notCompared(String attempts, Outcome outcome, String problem) {
        return Verdict.passedAfterFailure(
                subject.place() + ": " + attempts + "; not bisected: " + Visible.of(problem),
                outcome,
                recording.path(),
                null,
                attachments,
                output);
    }

    private SourceText sources() {
        return SourceText.in(
                Stream.ofNullable(subject.file().toAbsolutePath().getParent()).toList());
    }

    /** The same where there is nothing to look for in the run itself. */
    Verdict because(
            String reason, String detail, String expected, String actual, List<Frame> frames, Optional<String> textDiff)
            throws IOException {
        return because(reason, detail, expected, actual, frames, textDiff, Slicer.Question.NONE);
    }

    private Optional<Slice> slice(Slicer.Question clue) {
        try {
            return clue.ask(new Slicer(new Replay(recording), Slicer.INSTRUCTIONS_DEFAULT));
        } catch (RecordingException | ReplayException | RuntimeException e) {
            // Whatever is wrong, with the recording or here, must not hide that the test failed, and why.
            return Optional.empty();
        }
    }

    /** @param text for the message, begins with a semicolon; empty if there is nothing to compare with */
    private record Comparison(Optional<Bisection> bisection, Optional<ReferenceRun> reference, String text) {
        static Comparison none(String text) {
            return new Comparison(Optional.empty(), Optional.empty(), text);
        }
    }

    private Comparison compare() {
        Path approved = subject.approvedFiles().recording();
        if (Files.isRegularFile(approved)) {
            return bisect(approved, "the approved run");
        }
        Path lastPassed = subject.home().resolve(LAST_PASSED);
        if (Files.isRegularFile(lastPassed)) {
            return bisect(lastPassed, "the last run that passed");
        }
        return Comparison.none("");
    }

    private Comparison bisect(Path reference, String referenceName) {
        try (Recording before = Recording.open(reference)) {
            Bisection bisection = Bisector.bisect(before, recording);
            Optional<ReferenceRun> shown = Optional.of(ReferenceRun.of(before, bisection));
            // If one does not replay it is the reference: it was made by a version whose machine computed something
            // else.
            boolean compared = bisection.kind() != Bisection.Kind.REPLAY;
            boolean longer = unfinished(recording) && before.icountEnd() > recording.icountEnd();
            return new Comparison(
                    Optional.of(bisection),
                    shown,
                    (compared ? "; " : "; not bisected against " + referenceName + ": ")
                            + (longer && !bisection.diverged() ? "up to there " : "")
                            + Visible.of(bisection.sentence(referenceName)));
        } catch (RecordingException e) {
            return Comparison.none("; not bisected against " + referenceName + ": " + Visible.of(FileProblem.words(e)));
        } catch (RuntimeException e) {
            // A defect of the bisector must not hide that the test failed, and why.
            return Comparison.none(
                    "; not bisected against " + referenceName + ", internal error: " + Visible.of(e.toString()));
        }
    }

    /** The call stack at an instruction count; empty if the recording does not replay to there. */
    List<Frame> framesAt(long icount) {
        try {
            return replayedFrames(icount);
        } catch (RecordingException | ReplayException e) {
            return List.of();
        }
    }

    private List<Frame> replayedFrames(long icount) throws RecordingException, ReplayException {
        Replay replay = new Replay(recording);
        replay.seek(icount);
        List<Frame> frames = Places.frames(replay.machine(), FRAMES_MAX);
        // After a return from the entry there is no frame left; then the last instruction's place.
        return frames.isEmpty()
                ? List.of(Places.frame(
                        recording.program().program(), replay.machine().position(), false))
                : frames;
    }
}
