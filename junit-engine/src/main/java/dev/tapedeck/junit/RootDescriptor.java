package dev.tapedeck.junit;

import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.descriptor.EngineDescriptor;
import org.junit.platform.engine.support.hierarchical.Node;

/** The engine as the root of its tests: when all have run, GitHub Actions is told, where that is what runs them. */
final class RootDescriptor extends EngineDescriptor implements Node<TapedeckContext> {
    RootDescriptor(UniqueId uniqueId) {
        super(uniqueId, "Tapedeck");
    }

    /**
     * Surefire passes on what its fork prints, each line as it is, and a workflow command has to begin its line; the step's
     * log is what GitHub reads it from.
     */
    @Override
    public void after(TapedeckContext context) {
        context.actions()
                .flatMap(actions -> actions.finish(System.out::println))
                .ifPresent(problem -> System.err.println("tapedeck: " + problem));
    }
}
