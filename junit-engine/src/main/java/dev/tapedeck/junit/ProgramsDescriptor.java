package dev.tapedeck.junit;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.AbstractTestDescriptor;
import org.junit.platform.engine.support.hierarchical.Node;

/** The container of the programs in one folder. */
final class ProgramsDescriptor extends AbstractTestDescriptor implements Node<TapedeckContext> {
    private final Path folder;
    private final String folderText;

    /**
     * @param folder absolute; may be missing
     * @param folderText the folder as the user named it
     */
    ProgramsDescriptor(UniqueId uniqueId, String displayName, TestSource source, Path folder, String folderText) {
        super(uniqueId, displayName, source);
        this.folder = folder;
        this.folderText = folderText;
    }

    String folderText() {
        return folderText;
    }

    Path folder() {
        return folder;
    }

    @Override
    public Type getType() {
        return Type.CONTAINER;
    }

    /**
     * Where no test can be run, the container fails in their place, and says so once. A failure of the engine itself would
     * be said once for all containers, but not every launcher fails a build for it; for a class they all do, since this is
     * how Jupiter's {@code @BeforeAll} fails.
     */
    @Override
    public TapedeckContext prepare(TapedeckContext context) {
        if (context.setup() instanceof TapedeckContext.Misconfigured misconfigured) {
            context.tellNotRun(getDisplayName(), Optional.empty(), getDisplayName(), misconfigured.problem());
            ProgramNotRunException error = new ProgramNotRunException(misconfigured.problem());
            error.setStackTrace(new StackTraceElement[0]);
            throw error;
        }
        return context;
    }
}
