package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.harness.recording.Outcome;
import dev.tapedeck.harness.recording.Recorder;
import dev.tapedeck.harness.recording.RecordingException;
import dev.tapedeck.harness.recording.RunOptions;
import dev.tapedeck.harness.recording.StopSwitch;
import dev.tapedeck.vm.machine.Host;
import dev.tapedeck.vm.machine.Limits;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tests of programs: records each run, checks its expectations, and writes a report where they are missed. Safe
 * for use by several threads, as long as no two run the same test.
 *
 * <p>Everything goes to the test's folder below the output directory: {@code recording} (if it is kept), {@code last-passed.rec} (the
 * packed recording of the last run that passed), {@code report.md}, {@code report.html}, {@code report.json} after a
 * failure, {@code debug.txt} if the program wrote debug output, and what was received for approval.
 */
public class TestRunner {
    /** Instructions after which a test is stopped if neither it nor the settings name a limit. */
    public static final long INSTRUCTION_LIMIT_DEFAULT = 10_000_000_000L;

    /** What asks for another {@link ApprovalMode} where tests run under JUnit. */
    private static final String APPROVE_PROPERTY = "-Dtapedeck.approve=";

    /**
     * What the runs of all tests have in common.
     *
     * @param approval how approvals are handled
     * @param approvalOption what asks for another mode, before the mode's name; for messages
     * @param instructionLimit of tests that name none, 1 to 2^62
     * @param limits of the machines
     * @param verified whether each recording is replayed at once, and the test fails if that does not reproduce it
     * @param timeout of tests that name none, by the clock; empty for none
     * @param session names the session of a build tool that may run tests again that fail: a test that has failed in the
     *     same session is one more attempt, and both are kept and compared. Empty where there is no such tool
     */
    public record Options(
            ApprovalMode approval,
            String approvalOption,
            long instructionLimit,
            Limits limits,
            boolean verified,
            KeptRecordings kept,
            Optional<Duration> timeout,
            String session) {
        /** As under JUnit without any settings. */
        public static Options of(ApprovalMode approval) {
            return new Options(
                    approval,
                    APPROVE_PROPERTY,
                    INSTRUCTION_LIMIT_DEFAULT,
                    RunOptions.DEFAULT.limits(),
                    false,
                    KeptRecordings.ALL,
                    Optional.empty(),
                    "");
        }

        /** The same, named in messages by another option for the mode of approval. */
        public Options withApprovalOption(String option) {
            return new Options(approval, option, instructionLimit, limits, verified, kept, timeout, session);
        }

        public Options withTimeout(Optional<Duration> time) {
            return new Options(approval, approvalOption, instructionLimit, limits, verified, kept, time, session);
        }

        public Options withSession(String name) {
            return new Options(approval, approvalOption, instructionLimit, limits, verified, kept, timeout, name);
        }

        public Options withInstructionLimit(long limit) {
            return new Options(approval, approvalOption, limit, limits, verified, kept, timeout, session);
        }

        public Options withLimits(Limits other) {
            return new Options(approval, approvalOption, instructionLimit, other, verified, kept, timeout, session);
        }

        public Options withVerified(boolean whether) {
            return new Options(approval, approvalOption, instructionLimit, limits, whether, kept, timeout, session);
        }

        public Options withKept(KeptRecordings which) {
            return new Options(approval, approvalOption, instructionLimit, limits, verified, which, timeout, session);
        }
    }

    private final Path output;
    final Options options;
    final ApprovalClaims claims = new ApprovalClaims(ApprovalClaims::testsOf);
    private @Nullable List<HostFunctions> hostFunctions;

    /**
     * @param output directory for recordings and reports, such as {@code target/tapedeck}
     * @param approval how approvals are handled
     */
    public TestRunner(Path output, ApprovalMode approval) {
        this(output, Options.of(approval));
    }

    /** @param output directory for recordings and reports, such as {@code target/tapedeck} */
    public TestRunner(Path output, Options options) {
        this.output = output.toAbsolutePath().normalize();
        this.options = options;
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
            return Verdict.disabled(test.disabled().get());
        }
        String testFileName = TestFileNames.of(program.program(), test);
        Path directory = output.resolve(folder).resolve(testFileName);
        return TestRun.run(this, new TestSubject(file, name, directory, 1, program, test));
    }

    /** What is said of a test that runs out of Java's memory. */
    public static String heapTooSmall() {
        return "the heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                + " MiB is too small for this test; give the tests a larger one with -Xmx, in Surefire's argLine or in"
                + " TAPEDECK_JAVA_OPTS";
    }

    /** The output directory, absolute. */
    public Path output() {
        return output;
    }

    /** Runs the program; a seam for tests. */
    Outcome record(VerifiedProgram program, RunOptions options, Host host, Path recording, StopSwitch stop)
            throws RecordingException {
        return Recorder.record(program, options, host, recording, stop);
    }

    /**
     * The project's own host functions.
     *
     * @throws IllegalArgumentException if they cannot be loaded; the message says why
     */
    synchronized List<HostFunctions> hostFunctions() {
        List<HostFunctions> found = hostFunctions;
        if (found == null) {
            found = new ArrayList<>();
            try {
                for (HostFunctions functions : ServiceLoader.load(HostFunctions.class)) {
                    found.add(functions);
                }
            } catch (ServiceConfigurationError e) {
                throw new IllegalArgumentException("the host functions cannot be loaded: " + e.getMessage(), e);
            }
            hostFunctions = List.copyOf(found);
        }
        return found;
    }
}
