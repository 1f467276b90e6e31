package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.Approval;
import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.approve.ApprovedFiles;
import dev.tapedeck.harness.approve.ApprovedText;
import dev.tapedeck.harness.approve.PendingApproval;
import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisector;
import dev.tapedeck.harness.recording.CheckpointSpacing;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Pack;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.replay.Replay;
import dev.tapedeck.harness.replay.ReplayException;
import dev.tapedeck.harness.report.Report;
import dev.tapedeck.harness.report.ReportFiles;
import dev.tapedeck.harness.report.SourceText;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Places;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.harness.text.Words;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.program.Program;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs the tests of programs: records each run, checks its expectations, and writes a report where they are missed. Safe
 * for use by several threads, as long as no two run the same test.
 *
 * <p>Everything goes to the test's folder below the output directory: {@code recording}, {@code last-passed.rec} (the
 * packed recording of the last run that passed), {@code report.md}, {@code report.html}, {@code report.json} after a
 * failure, {@code debug.txt} if the program wrote debug output, and what was received for approval.
 */
public class TestRunner {
    /** Instructions after which a test is stopped if neither it nor the settings name a limit. */
    public static final long INSTRUCTION_LIMIT_DEFAULT = 10_000_000_000L;

    /** Frames in a stack trace: the innermost tell where. */
    private static final int FRAMES_MAX = 40;

    private static final String RECORDING = "recording";
    private static final String LAST_PASSED = "last-passed.rec";
    private static final String DEBUG = "debug.txt";

    private final Path output;
    private final ApprovalMode approval;
    private final long instructionLimit;
    private final Limits limits;

    /**
     * @param output directory for recordings and reports, such as {@code target/tapedeck}
     * @param approval how approvals are handled
     */
    public TestRunner(Path output, ApprovalMode approval) {
        this(output, approval, INSTRUCTION_LIMIT_DEFAULT);
    }

    /** @param instructionLimit of tests that name none, 1 to 2^62 */
    public TestRunner(Path output, ApprovalMode approval, long instructionLimit) {
        this(output, approval, instructionLimit, RunOptions.DEFAULT.limits());
    }

    /**
     * @param instructionLimit of tests that name none, 1 to 2^62
     * @param limits of the machines
     */
    public TestRunner(Path output, ApprovalMode approval, long instructionLimit, Limits limits) {
        this.limits = limits;
        this.output = output.toAbsolutePath().normalize();
        this.approval = approval;
        this.instructionLimit = instructionLimit;
    }

    /**
     * @param file the program's file; approved files stand beside it
     * @param name the program's name below its root, such as {@code sub/sum.tasm}
     * @param test one of its tests
     */
    public Verdict run(Path file, String name, VerifiedProgram program, TestCase test) {
        return run(file, name, name, program, test);
    }

    /** @param folder where the program's results go below the output directory, if not under its name */
    public Verdict run(Path file, String name, String folder, VerifiedProgram program, TestCase test) {
        if (test.disabled().isPresent()) {
            return new Verdict(
                    Verdict.Kind.DISABLED,
                    test.disabled().get(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    Optional.empty(),
                    List.of(),
                    new byte[0]);
        }
        String testFileName = TestFileNames.of(program.program(), test);
        return new TestRun(file, name, output.resolve(folder).resolve(testFileName), program, test).run();
    }

    /** Runs the program; a seam for tests. */
    Outcome record(VerifiedProgram program, RunOptions options, Host host, Path recording) throws RecordingException {
        return Recorder.record(program, options, host, recording);
    }

    /** One run of one test. */
    private final class TestRun {
        private final Path file;
        private final String name;
        private final Path directory;
        private final VerifiedProgram verified;
        private final Program program;
        private final TestCase test;
        private final OutputCapture captured;
        private final DebugCapture debug = new DebugCapture();
        private final List<Path> attachments = new ArrayList<>();

        TestRun(Path file, String name, Path directory, VerifiedProgram verified, TestCase test) {
            this.file = file;
            this.name = name;
            this.directory = directory;
            this.verified = verified;
            this.program = verified.program();
            this.test = test;
            this.captured = new OutputCapture(test.expectedOutput());
        }

        Verdict run() {
            int function = program.findStart(test.function()).orElse(-1);
            if (function < 0) {
                return error(
                        test.function().isEmpty()
                                ? ProgramFile.isModule(name)
                                        ? "the module exports neither _start nor tests; say what to run in "
                                                + Visible.of(ProgramFile.testsName(name)
                                                        .orElseThrow())
                                        : "the program has no entry to run; name a function with .run, or an entry with .entry"
                                : "there is no function '" + Visible.of(test.function()) + "' to run");
            }
            int parameters = program.typeOf(program.functions().get(function))
                    .parameters()
                    .size();
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
                clean();
                return record(function);
            } catch (OutOfMemoryError e) {
                // To JUnit this would be the end of all tests, but here only this one's memory is lost.
                captured.release();
                return error("the heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                        + " MiB is too small for this test; give the tests a larger one with -Xmx, in Surefire's"
                        + " argLine");
            } catch (RecordingException e) {
                return error("the run cannot be recorded: " + e.getMessage());
            } catch (IOException e) {
                return error("cannot write below " + shown(directory) + ": " + problem(e));
            }
        }

        /** Removes what the last run left, except for the recording that a failure is compared with. */
        private void clean() throws IOException {
            Files.createDirectories(directory);
            try (Stream<Path> entries = Files.list(directory)) {
                for (Path entry : entries.sorted().toList()) {
                    String entryName = entry.getFileName().toString();
                    if (entryName.equals(RECORDING)) {
                        empty(entry);
                    } else if (entryName.startsWith("report.")
                            || entryName.contains(".received.")
                            || entryName.equals(PendingApproval.MARKER)
                            || entryName.equals(DEBUG)) {
                        Files.deleteIfExists(entry);
                    }
                }
            }
        }

        private Verdict record(int function) throws RecordingException, IOException {
            long limit = test.instructionLimit().orElse(instructionLimit);
            Path recorded = directory.resolve(RECORDING);
            Outcome outcome;
            try {
                outcome = TestRunner.this.record(
                        verified, options(limit), new TestHost(program, test, captured, debug), recorded);
            } catch (IllegalArgumentException e) {
                // The machine refuses: a host function is missing, the program needs more than the limits allow, or a
                // number
                // of the test is out of range.
                return error(problem(e));
            }
            if (debug.bytes().length > 0) {
                attachments.add(Files.write(directory.resolve(DEBUG), debug.bytes()));
            }
            Optional<Miss> miss = Miss.first(test, program, function, outcome, captured, limit);
            try (Recording recording = Recording.open(recorded)) {
                if (miss.isEmpty() && !test.expectedState().isEmpty()) {
                    miss = stateMiss(recording);
                }
                if (miss.isPresent()) {
                    return missed(recording, miss.get());
                }
                if (test.approved()) {
                    Optional<Verdict> verdict = approve(recording, outcome);
                    if (verdict.isPresent()) {
                        return verdict.get();
                    }
                }
                Pack.pack(recording, directory.resolve(LAST_PASSED));
            }
            return new Verdict(
                    Verdict.Kind.PASSED,
                    "",
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    Optional.of(recorded),
                    attachments,
                    captured.bytes());
        }

        private RunOptions options(long limit) {
            return new RunOptions(
                    test.function(),
                    test.arguments(),
                    test.seed(),
                    test.interrupts(),
                    limit,
                    limits,
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
                return Optional.of(Miss.notReplayed(e));
            }
            return Miss.state(test, replay.machine());
        }

        private Verdict missed(Recording recording, Miss miss) throws IOException {
            long icount = miss.icount().orElse(recording.icountEnd());
            List<Frame> frames = List.of();
            String where = "";
            try {
                frames = framesAt(recording, icount);
                where = ", " + miss.verb() + " at " + frames.get(0).place();
            } catch (RecordingException | ReplayException e) {
                where = "; and its recording does not replay: " + e.getMessage();
            }
            return failed(
                    recording, miss.reason() + where, "", miss.expected(), miss.actual(), frames, Optional.empty());
        }

        private Optional<Verdict> approve(Recording recording, Outcome outcome) throws RecordingException, IOException {
            String title = title();
            Replay replay = new Replay(recording);
            try {
                replay.seek(recording.icountEnd());
            } catch (ReplayException e) {
                return Optional.of(failed(
                        recording,
                        "the recording does not replay, so it cannot be approved: " + e.getMessage(),
                        "",
                        "a run that repeats",
                        "another run",
                        List.of(),
                        Optional.empty()));
            }
            String text = ApprovedText.of(title, recording, outcome, replay.machine(), captured.bytes());
            Path packed = directory.resolve("packed.rec");
            Files.deleteIfExists(packed);
            try {
                Pack.pack(recording, packed);
                ApprovedFiles files = approvedFiles();
                if (approval == ApprovalMode.ALL && !usable(files.recording())) {
                    // Then it is missing, and approved anew with the text: no later failure could be bisected against
                    // it.
                    Files.deleteIfExists(files.recording());
                }
                Approval.Result result = Approval.verify(approval, title, files, text, packed, directory);
                if (result instanceof Approval.Result.Missing missing) {
                    addReceived(missing.pending());
                    return Optional.of(failed(
                            recording,
                            "nothing is approved yet: " + shown(files.text()) + " is missing; what was received is in "
                                    + shown(missing.pending().receivedText())
                                    + "; if it is right, approve it with -Dtapedeck.approve=new",
                            "",
                            "",
                            text,
                            List.of(),
                            Optional.empty()));
                } else if (result instanceof Approval.Result.Different different) {
                    addReceived(different.pending());
                    return Optional.of(failed(
                            recording,
                            "differs from " + files.text().getFileName(),
                            "; " + firstChange(different.approved(), different.received())
                                    + "; if the new run is right, approve it with -Dtapedeck.approve=all",
                            different.approved(),
                            different.received(),
                            framesAtEnd(recording),
                            Optional.of(different.diff())));
                }
                return Optional.empty();
            } finally {
                Files.deleteIfExists(packed);
            }
        }

        private static boolean usable(Path packed) {
            try {
                Recording.open(packed).close();
                return true;
            } catch (RecordingException e) {
                return false;
            }
        }

        private void addReceived(PendingApproval pending) {
            attachments.add(pending.receivedText());
            attachments.add(pending.receivedRecording());
        }

        private ApprovedFiles approvedFiles() {
            return ApprovedFiles.of(file, program.tests().size() > 1 ? TestFileNames.of(program, test) : "");
        }

        /**
         * Fails the test and writes its report. Where a reference is at hand, the run is bisected against it.
         *
         * @param reason one line without a full stop
         * @param detail what follows the bisection in that line; begins with a semicolon, or is empty
         */
        private Verdict failed(
                Recording recording,
                String reason,
                String detail,
                String expected,
                String actual,
                List<Frame> frames,
                Optional<String> textDiff)
                throws IOException {
            Comparison comparison = compare(recording);
            String line = place() + ": " + reason + comparison.text() + detail;
            List<Path> reports = ReportFiles.write(
                    new Report(title(), line, recording, comparison.bisection(), textDiff),
                    directory,
                    SourceText.in(
                            Stream.ofNullable(file.toAbsolutePath().getParent()).toList()));
            List<Path> files = new ArrayList<>(reports);
            files.addAll(attachments);
            return new Verdict(
                    Verdict.Kind.FAILED,
                    line + "; report: " + shown(directory.resolve("report.html")),
                    Optional.of(expected),
                    Optional.of(actual),
                    frames.isEmpty() ? framesAtEnd(recording) : frames,
                    Optional.of(recording.path()),
                    files,
                    captured.bytes());
        }

        /** @param text for the message, begins with a semicolon; empty if there is nothing to compare with */
        private record Comparison(Optional<Bisection> bisection, String text) {}

        private Comparison compare(Recording recording) {
            Path approved = approvedFiles().recording();
            if (Files.isRegularFile(approved)) {
                return bisect(approved, "the approved run", recording);
            }
            Path lastPassed = directory.resolve(LAST_PASSED);
            if (Files.isRegularFile(lastPassed)) {
                return bisect(lastPassed, "the last run that passed", recording);
            }
            return new Comparison(Optional.empty(), "");
        }

        private Comparison bisect(Path reference, String referenceName, Recording recording) {
            try (Recording before = Recording.open(reference)) {
                Bisection bisection = Bisector.bisect(before, recording);
                if (!bisection.diverged()) {
                    return new Comparison(Optional.of(bisection), "; the run itself is the same as " + referenceName);
                }
                String at = bisection
                        .b()
                        .at()
                        .or(() -> bisection.a().at())
                        .map(first -> " at instruction " + Words.count(first.icount()))
                        .orElse("");
                return new Comparison(
                        Optional.of(bisection),
                        "; first differs from " + referenceName + at + ": " + Visible.of(bisection.summary()));
            } catch (RecordingException e) {
                return new Comparison(
                        Optional.empty(), "; not bisected against " + referenceName + ": " + Visible.of(problem(e)));
            } catch (RuntimeException e) {
                // A defect of the bisector must not hide that the test failed, and why.
                return new Comparison(
                        Optional.empty(),
                        "; not bisected against " + referenceName + ", internal error: " + Visible.of(e.toString()));
            }
        }

        private List<Frame> framesAtEnd(Recording recording) {
            try {
                return framesAt(recording, recording.icountEnd());
            } catch (RecordingException | ReplayException e) {
                return List.of();
            }
        }

        private static List<Frame> framesAt(Recording recording, long icount)
                throws RecordingException, ReplayException {
            Replay replay = new Replay(recording);
            replay.seek(icount);
            List<Frame> frames = Places.frames(replay.machine(), FRAMES_MAX);
            // After a return from the entry there is no frame left; then the last instruction's place.
            return frames.isEmpty()
                    ? List.of(Places.frame(
                            recording.program().program(), replay.machine().position(), false))
                    : frames;
        }

        private Verdict error(String reason) {
            return new Verdict(
                    Verdict.Kind.ERROR,
                    place() + ": " + reason,
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    Optional.empty(),
                    attachments,
                    captured.bytes());
        }

        /** The program's name, or the file and line of the test where the tests stand in a text. */
        private String place() {
            String place = test.line() == 0
                    ? name
                    : ProgramFile.testsName(name)
                            .map(text -> text + ":" + test.line())
                            .orElse(name);
            return Visible.of(place);
        }

        private String title() {
            return program.tests().isEmpty() ? name : name + ": " + test.name();
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

    /** As a person in the working directory would type it. */
    private static String shown(Path path) {
        Path here = Path.of("").toAbsolutePath();
        Path absolute = path.toAbsolutePath().normalize();
        return (absolute.startsWith(here) ? here.relativize(absolute) : absolute).toString();
    }

    private static String problem(Exception e) {
        String message = e.getMessage();
        return message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
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
