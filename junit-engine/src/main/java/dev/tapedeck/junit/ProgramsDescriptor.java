package dev.tapedeck.junit;

import java.nio.file.Path;
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
}
