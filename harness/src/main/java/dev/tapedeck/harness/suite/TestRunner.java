package dev.tapedeck.harness.suite;

import dev.tapedeck.harness.approve.ApprovalMode;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;

/** Runs the tests of programs: records each run, checks its expectations, and writes a report where they are missed. */
public final class TestRunner {
    /** Instructions after which a test is stopped if neither it nor the settings name a limit. */
    public static final long INSTRUCTION_LIMIT_DEFAULT = 10_000_000_000L;

    /**
     * @param output directory for recordings and reports, such as {@code target/tapedeck}
     * @param approval how approvals are handled
     */
    public TestRunner(Path output, ApprovalMode approval) {
        this(output, approval, INSTRUCTION_LIMIT_DEFAULT);
    }

    /** @param instructionLimit of tests that name none, 1 to 2^62 */
    public TestRunner(Path output, ApprovalMode approval, long instructionLimit) {
        if (output.toString().isEmpty() || approval == null || instructionLimit < 1) {
            throw new IllegalArgumentException("not yet");
        }
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
        throw new UnsupportedOperationException("not yet");
    }
}
