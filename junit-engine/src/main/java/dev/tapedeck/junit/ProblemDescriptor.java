package dev.tapedeck.junit;

import java.util.Optional;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.AbstractTestDescriptor;
import org.junit.platform.engine.support.hierarchical.Node;

/** A test that always fails: it stands where programs should be, so that testing nothing is never a success. */
final class ProblemDescriptor extends AbstractTestDescriptor implements Node<TapedeckContext> {
    private final String message;

    ProblemDescriptor(UniqueId uniqueId, String displayName, TestSource source, String message) {
        super(uniqueId, displayName, source);
        this.message = message;
    }

    @Override
    public Type getType() {
        return Type.TEST;
    }

    @Override
    public TapedeckContext execute(TapedeckContext context, DynamicTestExecutor dynamicTestExecutor) {
        context.tellNotRun(getDisplayName(), Optional.empty(), getDisplayName(), message);
        ProgramNotRunException error = new ProgramNotRunException(message);
        error.setStackTrace(new StackTraceElement[0]);
        throw error;
    }
}
