package dev.tapedeck.junit;

import java.nio.file.Path;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.AbstractTestDescriptor;
import org.junit.platform.engine.support.descriptor.DirectorySource;
import org.junit.platform.engine.support.hierarchical.Node;

/** A folder below the one of a {@link ProgramsDescriptor}, so that launchers show programs as they lie in folders. */
final class FolderDescriptor extends AbstractTestDescriptor implements Node<TapedeckContext> {
    FolderDescriptor(UniqueId uniqueId, String displayName, Path folder) {
        super(uniqueId, displayName, DirectorySource.from(folder.toFile()));
    }

    @Override
    public Type getType() {
        return Type.CONTAINER;
    }
}
