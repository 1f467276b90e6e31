package dev.tapedeck.junit;

import dev.tapedeck.harness.approve.ObsoleteApproval;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.AbstractTestDescriptor;
import org.junit.platform.engine.support.hierarchical.Node;
import org.opentest4j.AssertionFailedError;

/**
 * Approved files that no test has any more: a test that is skipped, with the reason, where somebody works on the programs,
 * and fails in continuous integration. Where nothing is obsolete there is no such test.
 */
final class ObsoleteDescriptor extends AbstractTestDescriptor implements Node<TapedeckContext> {
    private final ObsoleteApproval obsolete;
    private final String message;

    /** @param folder of the files below the container's, empty or with a slash at its end */
    ObsoleteDescriptor(
            UniqueId uniqueId, String displayName, TestSource source, ObsoleteApproval obsolete, String folder) {
        super(uniqueId, displayName, source);
        this.obsolete = obsolete;
        this.message = obsolete.message(folder);
    }

    @Override
    public Type getType() {
        return Type.TEST;
    }

    /** For a review, also where the test is skipped. */
    @Override
    public TapedeckContext prepare(TapedeckContext context) {
        Path output = context.runner().output();
        try {
            obsolete.save(output);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write below " + output, e);
        }
        return context;
    }

    @Override
    public SkipResult shouldBeSkipped(TapedeckContext context) {
        if (context.automated()) {
            return SkipResult.doNotSkip();
        }
        tell(context);
        // Maven says how many tests were skipped, and not why.
        System.err.println("tapedeck: warning: " + message);
        return SkipResult.skip(message);
    }

    @Override
    public TapedeckContext execute(TapedeckContext context, DynamicTestExecutor dynamicTestExecutor) {
        tell(context);
        AssertionFailedError failure = new AssertionFailedError(message);
        failure.setStackTrace(new StackTraceElement[0]);
        throw failure;
    }

    private void tell(TapedeckContext context) {
        context.tellObsolete(getDisplayName(), obsolete.files().text(), message);
    }
}
