package dev.tapedeck.junit;

import dev.tapedeck.harness.suite.ProgramException;
import dev.tapedeck.harness.suite.TestFileNames;
import dev.tapedeck.harness.suite.TestRunner;
import dev.tapedeck.harness.suite.Verdict;
import dev.tapedeck.harness.text.Visible;
import dev.tapedeck.vm.program.ResourceLock;
import dev.tapedeck.vm.program.TestCase;
import dev.tapedeck.vm.verify.VerifiedProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.engine.support.descriptor.AbstractTestDescriptor;
import org.junit.platform.engine.support.hierarchical.ExclusiveResource;
import org.junit.platform.engine.support.hierarchical.Node;
import org.opentest4j.AssertionFailedError;

/** One test of a program. */
final class ProgramTestDescriptor extends AbstractTestDescriptor implements Node<TapedeckContext> {
    private static final StackTraceElement[] NO_FRAMES = {};
    /** Report entry of a test that passed after it had failed: how the two runs differ. */
    static final String ATTEMPTS = "tapedeck.attempts";

    private final LoadedProgram program;
    private final TestCase test;
    private final String outputFolder;
    private final Set<TestTag> tags;
    private final Optional<UnknownTags> unknownTags;

    /** @param outputFolder where the program's results go, below the configured output folder */
    ProgramTestDescriptor(
            UniqueId uniqueId, LoadedProgram program, TestCase test, TestSource source, String outputFolder) {
        super(uniqueId, program.displayName(test), source);
        this.program = program;
        this.test = test;
        this.outputFolder = outputFolder;
        Set<TestTag> testTags = new LinkedHashSet<>();
        for (String tag : test.tags()) {
            testTags.add(TestTag.create(tag));
        }
        this.unknownTags = program.knownTests().isPresent() ? Optional.empty() : Optional.of(new UnknownTags());
        this.tags = unknownTags.<Set<TestTag>>map(unknown -> unknown).orElseGet(() -> Set.copyOf(testTags));
    }

    @Override
    public Type getType() {
        return Type.TEST;
    }

    @Override
    public Set<TestTag> getTags() {
        return tags;
    }

    @Override
    public Optional<TestSource> getSource() {
        unknownTags.ifPresent(UnknownTags::forget);
        return super.getSource();
    }

    /**
     * A filter on tags does not remove a program that cannot be loaded: it may well have the tag, and would be broken
     * without anybody being told, as no class would be that does not compile. Filters on names, which ask for the source,
     * do remove it.
     */
    @Override
    public void removeFromHierarchy() {
        if (!unknownTags.map(UnknownTags::asked).orElse(false)) {
            super.removeFromHierarchy();
        }
    }

    @Override
    public ExecutionMode getExecutionMode() {
        return ExecutionMode.CONCURRENT;
    }

    /** What it locks, and its folder in the output: two containers may hold the same program. */
    @Override
    public Set<ExclusiveResource> getExclusiveResources() {
        Set<ExclusiveResource> resources = new LinkedHashSet<>();
        for (ResourceLock lock : test.locks()) {
            resources.add(new ExclusiveResource(
                    lock.resource(),
                    lock.mode() == ResourceLock.Mode.READ
                            ? ExclusiveResource.LockMode.READ
                            : ExclusiveResource.LockMode.READ_WRITE));
        }
        resources.add(new ExclusiveResource("dev.tapedeck.output/" + folder(), ExclusiveResource.LockMode.READ_WRITE));
        return resources;
    }

    @Override
    public SkipResult shouldBeSkipped(TapedeckContext context) {
        if (test.disabled().isPresent()) {
            tell(context, Verdict.disabled(test.disabled().get()));
            return SkipResult.skip(test.disabled().get());
        }
        return SkipResult.doNotSkip();
    }

    @Override
    public TapedeckContext execute(TapedeckContext context, DynamicTestExecutor dynamicTestExecutor) {
        Verdict verdict = runAndTell(context);
        tell(context, verdict);
        Attachments.publish(context.listener(), this, attachments(verdict));
        if (verdict.passedAfterFailure()) {
            // Whoever runs it again counts it as passed, so nobody else says it.
            System.err.println("tapedeck: warning: " + verdict.message());
            context.listener().reportingEntryPublished(this, ReportEntry.from(ATTEMPTS, verdict.message()));
        }
        switch (verdict.kind()) {
            case PASSED, DISABLED -> {}
            case FAILED -> {
                AssertionFailedError failure =
                        verdict.expected().isPresent() && verdict.actual().isPresent()
                                ? new AssertionFailedError(
                                        verdict.message(),
                                        verdict.expected().get(),
                                        verdict.actual().get())
                                : new AssertionFailedError(verdict.message());
                failure.setStackTrace(stackTrace(verdict));
                throw failure;
            }
            case ERROR -> throw notRun(verdict.message(), stackTrace(verdict));
        }
        return context;
    }

    private Verdict runAndTell(TapedeckContext context) {
        try {
            return run(context);
        } catch (ProgramNotRunException e) {
            tellNotRun(context, e);
            throw e;
        } catch (OutOfMemoryError e) {
            // To JUnit this would be the end of all tests, but here only what this one has is lost.
            ProgramNotRunException error = notRun(program.name() + ": " + TestRunner.heapTooSmall(), NO_FRAMES);
            tellNotRun(context, error);
            throw error;
        } catch (RuntimeException | Error e) {
            // A defect, of ours or of a library. It is told like everything else, and how it came about is kept.
            ProgramNotRunException error =
                    notRun(program.name() + ": cannot be run, internal error: " + Visible.of(e.toString()), NO_FRAMES);
            error.initCause(e);
            tellNotRun(context, error);
            throw error;
        }
    }

    private void tell(TapedeckContext context, Verdict verdict) {
        context.tell(getDisplayName(), program.file(), test, folder(), verdict);
    }

    private void tellNotRun(TapedeckContext context, ProgramNotRunException error) {
        context.tellNotRun(getDisplayName(), Optional.of(program.file()), folder(), String.valueOf(error.getMessage()));
    }

    /** Of its results, below the output folder; of a program that cannot be loaded, the program's. */
    private String folder() {
        return program.knownTests().isPresent()
                ? outputFolder + "/" + TestFileNames.of(program.tests(), test)
                : outputFolder;
    }

    private Verdict run(TapedeckContext context) {
        VerifiedProgram verified;
        try {
            verified = program.program();
        } catch (ProgramException e) {
            throw notRun(String.valueOf(e.getMessage()), NO_FRAMES);
        }
        return context.runner().run(program.file(), program.name(), outputFolder, verified, test);
    }

    private static List<Path> attachments(Verdict verdict) {
        List<Path> files = new ArrayList<>(verdict.attachments());
        verdict.recording().ifPresent(recording -> files.add(recording.toAbsolutePath()));
        return files;
    }

    private static ProgramNotRunException notRun(String message, StackTraceElement[] frames) {
        ProgramNotRunException error = new ProgramNotRunException(message);
        error.setStackTrace(frames);
        return error;
    }

    /** The program's own call stack, in the place of Java's: {@code at sum.tasm.main(sum.tasm:9)}. */
    private StackTraceElement[] stackTrace(Verdict verdict) {
        return verdict.frames().stream()
                .map(frame -> new StackTraceElement(
                        program.name(),
                        frame.function(),
                        frame.source().isEmpty() ? program.name() : frame.source(),
                        frame.line() > 0 ? frame.line() : -1))
                .toArray(StackTraceElement[]::new);
    }
}
