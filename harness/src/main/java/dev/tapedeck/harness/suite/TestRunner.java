package dev.tapedeck.harness.suite;

import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;

/** Runs the tests of programs: records each run, checks its expectations, and writes a report where they are missed. */
public final class TestRunner {
    /**
     * @param output directory for recordings and reports, such as {@code target/tapedeck}
     * @param approval how approvals are handled
     */
    public TestRunner(Path output, ApprovalMode approval) {
        throw new UnsupportedOperationException("not yet");
    }

    /** What to do about approved files. */
    public enum ApprovalMode {
        /** Compare; a missing one is a failure. */
        CHECK,
        /** Compare; write those that are missing. */
        NEW,
        /** Write all. */
        ALL
    }

    /**
     * @param file the program's file; approved files stand beside it
     * @param name the program's name below its root, such as {@code sub/sum.tasm}
     * @param test one of its tests
     */
    public Verdict run(Path file, String name, VerifiedProgram program, TestCase test) {
        throw new UnsupportedOperationException("not yet");
    }
}
