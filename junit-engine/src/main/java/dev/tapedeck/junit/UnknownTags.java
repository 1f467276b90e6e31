package dev.tapedeck.junit;

import java.util.AbstractSet;
import java.util.Collections;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestTag;

/**
 * The tags of a program that cannot be loaded: it may have any, and nobody can tell. They show whether a filter has asked
 * for one since somebody asked for something else.
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
