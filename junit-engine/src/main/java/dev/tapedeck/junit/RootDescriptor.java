package dev.tapedeck.junit;

import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.EngineDescriptor;
import org.junit.platform.engine.support.hierarchical.Node;

/** The engine as the root of its tests: when all have been executed, whoever wants to know is told. */
final class RootDescriptor extends EngineDescriptor implements Node<TapedeckContext> {
    RootDescriptor(UniqueId uniqueId) {
        super(uniqueId, "Tapedeck");
    }

    @Override
    public void after(TapedeckContext context) {
        context.tellEnd();
    }
}
