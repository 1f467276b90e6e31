package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.PendingApproval;
import dev.tapedeck.harness.files.FileProblem;
import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.OwnFile;
import dev.tapedeck.harness.recording.Pack;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.StopSwitch;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.FaultKind;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** One run of one test: recorded, and compared with what is expected. */
final class TestRun {
    private static final String DEBUG = "debug.txt";

    private final TestRunner runner;
    private final TestSubject subject;
    private final String name;
    private final Path directory;
    private final Program program;
    private final TestCase test;
    private final OutputCapture captured;
    private final DebugCapture debug = new DebugCapture();
    private final List<Path> attachments = new ArrayList<>();
    private boolean interrupted;

    TestRun(TestRunner runner, TestSubject subject) {
        this.runner = runner;
        this.subject = subject;
        this.name = subject.name();
        this.directory = subject.directory();
        this.program = subject.program();
        this.test = subject.test();
        this.captured = new OutputCapture(test.expectedOutput());
    }

    /** @param first as if nothing had been run before */
    static Verdict run(TestRunner runner, TestSubject first) {
        Path home = first.home();
        try {
            checkNoLinks(home, runner.output());
            Files.createDirectories(home);
            FolderLock lock = FolderLock.of(home);
            try {
                int attempt = Attempts.next(home, runner.options.session(), first.program());
                TestSubject subject =
                        new TestSubject(first.file(), first.name(), home, attempt, first.verified(), first.test());
                return new TestRun(runner, subject).run();
            } finally {
                lock.close();
            }
        } catch (IOException e) {
            return Verdict.error(
                    first.place() + ": cannot write below " + TestSubject.shown(home) + ": " + FileProblem.words(e),
                    List.of(),
                    new byte[0]);
        }
    }

    private Verdict run() {
        int function = program.findStart(test.function()).orElse(-1);
        if (function < 0) {
            return error(
                    test.function().isEmpty()
                            ? ProgramFile.isModule(name)
                                    ? "the module exports neither _start nor tests; say what to run in "
                                            + Visible.of(
                                                    ProgramFile.testsName(name).orElseThrow())
                                    : "the program has no entry to run; name a function with .run, or an entry with .entry"
                            : "there is no function '" + Visible.of(test.function()) + "' to run");
        }
        int parameters =
                program.typeOf(program.functions().get(function)).parameters().size();
        if (test.arguments().size() != parameters) {
            return error(
                    program.tests().isEmpty()
                            ? "the entry '" + Visible.of(program.functionName(function)) + "' takes "
                                    + Words.count(parameters, "argument")
                                    + ", and there is no test that gives any; add a .test with .run"
                            : "the test passes "
                                    + Words.count(test.arguments().size(), "argument") + " to '"
                                    + Visible.of(program.functionName(function)) + "', which takes "
                                    + Words.count(parameters, "argument"));
        }
        try {
            if (test.approved()) {
                for (Path approved : subject.approvedFiles().existing()) {
                    if (!Files.isRegularFile(approved)) {
                        return error(Visible.of(TestSubject.shown(approved))
                                + " is no file, and so no approved one; remove it");
                    }
                }
                Optional<String> owner = runner.claims.sharedWith(subject);
                if (owner.isPresent()) {
                    return error("the approved files "
                            + Visible.of(subject.approvedFiles().name()) + ".approved.txt and .rec are those of "
                            + Visible.of(owner.get()) + " too; rename one of the two tests or programs");
                }
            }
            clean();
            Verdict verdict = record(function);
            if (verdict.kind() == Verdict.Kind.PASSED) {
                Attempts.passed(subject.home());
            } else {
                Attempts.failed(subject.home(), subject.attempt(), runner.options.session(), program);
            }
            return verdict;
        } catch (OutOfMemoryError e) {
            // To JUnit this would be the end of all tests, but here only this one's memory is lost.
            captured.release();
            return error(TestRunner.heapTooSmall());
        } catch (RecordingException e) {
            return error("the run cannot be recorded: " + e.getMessage());
        } catch (IOException e) {
            return error("cannot write below " + TestSubject.shown(directory) + ": " + FileProblem.words(e));
        } finally {
            if (interrupted) {
                // By an IDE or a build tool. Sooner, that would close the files that are being written.
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Removes what the last run left, except for the recording that a failure is compared with. */
    private void clean() throws IOException {
        if (subject.attempt() > 1) {
            delete(directory);
            Files.createDirectories(directory);
            // What was received then is no question any more; this attempt may ask it again.
            try (Stream<Path> entries = Files.list(subject.previousDirectory())) {
                for (Path entry : entries.toList()) {
                    String entryName = entry.getFileName().toString();
                    if (entryName.contains(".received.") || entryName.equals(PendingApproval.MARKER)) {
                        Files.deleteIfExists(entry);
                    }
                }
            }
            return;
        }
        try (Stream<Path> entries = Files.list(directory)) {
            for (Path entry : entries.sorted().toList()) {
                String entryName = entry.getFileName().toString();
                if (entryName.equals(TestSubject.RECORDING)) {
                    empty(entry);
                } else if (Attempts.isFolder(entryName)) {
                    delete(entry);
                } else if (entryName.startsWith("report.")
                        || entryName.contains(".received.")
                        || entryName.equals(PendingApproval.MARKER)
                        || entryName.equals(Attempts.NOTE)
                        || entryName.equals(DEBUG)) {
                    Files.deleteIfExists(entry);
                }
            }
        }
    }

    private Verdict record(int function) throws RecordingException, IOException {
        long limit = test.instructionLimit().orElse(runner.options.instructionLimit());
        Path recorded = directory.resolve(TestSubject.RECORDING);
        Optional<Duration> timeout = test.timeout().or(runner.options::timeout);
        StopSwitch stop = new StopSwitch();
        Outcome outcome;
        Optional<String> waited;
        try (TestHost host =
                new TestHost(program, test, captured, debug, runner.hostFunctions(), timeout.isPresent())) {
            TimeLimit watched = TimeLimit.watch(timeout, () -> {
                stop.stop();
                host.interrupt();
            });
            try {
                outcome = runner.record(subject.verified(), options(limit), host, recorded, stop);
            } finally {
                watched.close();
                interrupted = host.interruptedByOthers();
            }
            waited = host.interrupted()
                    .map(called -> Visible.of(called.module() + "." + called.name())
                            + (host.left()
                                    ? ", which took no notice of being interrupted and goes on in a thread that nothing"
                                            + " but the end of the JVM will end"
                                    : ""));
        } catch (IllegalArgumentException e) {
            // The machine refuses: a host function is missing, the program needs more than the limits allow,
            // or a number of the test is out of range.
            return error(FileProblem.words(e));
        }
        if (debug.bytes().length > 0) {
            attachments.add(Files.write(directory.resolve(DEBUG), debug.bytes()));
        }
        Optional<Miss> miss = timeout.filter(time -> outOfTime(outcome, waited.isPresent()))
                .map(time -> Miss.timeout(time, outcome, waited))
                .or(() -> Miss.first(test, program, function, outcome, captured, limit));
        try (Recording recording = Recording.open(recorded)) {
            FailedRun failed = new FailedRun(subject, recording, attachments, captured.bytes());
            if (runner.options.verified()) {
                Optional<Verdict> unfaithful = failed.unfaithful(miss);
                if (unfaithful.isPresent()) {
                    return unfaithful.get();
                }
            }
            if (miss.isEmpty() && !test.expectedState().isEmpty()) {
                miss = stateMiss(recording);
            }
            if (miss.isPresent()) {
                return failed.missed(miss.get());
            }
            if (test.approved()) {
                Optional<Verdict> verdict = new ApprovedRun(
                                subject,
                                runner.options.approval(),
                                runner.options.approvalOption(),
                                runner.output(),
                                recording,
                                outcome,
                                attachments,
                                captured)
                        .check();
                if (verdict.isPresent()) {
                    return verdict.get();
                }
            }
            Path lastPassed = subject.home().resolve(FailedRun.LAST_PASSED);
            OwnFile.clear(lastPassed);
            Pack.pack(recording, lastPassed);
            if (subject.attempt() > 1) {
                return failed.passedNow(outcome);
            }
        }
        if (runner.options.kept() == KeptRecordings.FAILED) {
            delete(recorded);
            return Verdict.passed(outcome, Optional.empty(), attachments, captured.bytes());
        }
        return Verdict.passed(outcome, Optional.of(recorded), attachments, captured.bytes());
    }

    /** A call that is interrupted may make the program fault; that is not its end. */
    private static boolean outOfTime(Outcome outcome, boolean interrupted) {
        return outcome.kind() == Outcome.Kind.STOPPED
                || (interrupted
                        && outcome.fault()
                                .map(fault -> fault.kind() == FaultKind.HOST_ERROR)
                                .orElse(false));
    }

    /** Links below the output folder may lead to somebody else's files, which would be removed. */
    private static void checkNoLinks(Path directory, Path output) throws IOException {
        for (Path part = directory; part != null && !part.equals(output); part = part.getParent()) {
            if (Files.isSymbolicLink(part)) {
                throw new IOException(TestSubject.shown(part) + " is a link, to what other files are in; remove it");
            }
        }
    }

    private RunOptions options(long limit) {
        return new RunOptions(
                test.function(),
                test.arguments(),
                test.seed(),
                test.interrupts(),
                limit,
                runner.options.limits(),
                RunOptions.BLOCK_INSTRUCTIONS_DEFAULT,
                CheckpointSpacing.AUTOMATIC,
                List.of());
    }

    /** What the state at the end of the run misses; if that cannot be reached again, it is a miss too. */
    private Optional<Miss> stateMiss(Recording recording) throws RecordingException {
        Replay replay = new Replay(recording);
        try {
            replay.seek(recording.icountEnd());
        } catch (ReplayException e) {
            return Optional.of(Miss.notReplayed());
        }
        return Miss.state(test, replay.machine());
    }

    private Verdict error(String reason) {
        return Verdict.error(subject.place() + ": " + reason, attachments, captured.bytes());
    }

    /** Leaves a directory that can be recorded to. To keep it is faster than to remove it and make it anew. */
    private static void empty(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> entries = Files.list(path)) {
                for (Path entry : entries.toList()) {
                    delete(entry);
                }
            }
        } else {
            Files.deleteIfExists(path);
        }
    }

    /** Links are removed, not followed. */
    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            empty(path);
        }
        Files.deleteIfExists(path);
    }
}
