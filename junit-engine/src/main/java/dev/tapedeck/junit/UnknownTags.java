package dev.tapedeck.junit;

import java.util.AbstractSet;
import java.util.Collections;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestTag;

/**
 * The tags of a program that cannot be loaded: it may have any, and nobody can tell. They show whether a filter has asked
 * for one since somebody asked for something else.
 *
 * <p>This relies on what tag expressions call, {@code contains} and {@code isEmpty}, from JUnit Platform 1.10 to 6.1:
 * <a href="https://github.com/junit-team/junit-framework/blob/r6.0.3/junit-platform-launcher/src/main/java/org/junit/platform/launcher/tagexpression/TagExpressions.java">TagExpressions</a>;
 * and on {@link ProgramTestDescriptor#removeFromHierarchy} being called, for what a filter excludes, before the next
 * descriptor's filters are asked: {@code applyPostDiscoveryFilters} in
 * <a href="https://github.com/junit-team/junit-framework/blob/r6.0.3/junit-platform-launcher/src/main/java/org/junit/platform/launcher/core/EngineDiscoveryOrchestrator.java">EngineDiscoveryOrchestrator</a>.
 */
final class UnknownTags extends AbstractSet<TestTag> {
    private boolean asked;

    boolean asked() {
        return asked;
    }

    void forget() {
        asked = false;
    }

    @Override
    public boolean contains(@Nullable Object tag) {
        asked = true;
        return false;
    }

    /** What {@code any()} and {@code none()} in a tag expression ask for. */
    @Override
    public boolean isEmpty() {
        asked = true;
        return true;
    }

    @Override
    public Iterator<TestTag> iterator() {
        return Collections.emptyIterator();
    }

    @Override
    public int size() {
        return 0;
    }
}
