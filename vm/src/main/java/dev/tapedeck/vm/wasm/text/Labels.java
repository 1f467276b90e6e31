package dev.tapedeck.vm.wasm.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The labels of the blocks that are open, innermost last. One may hide another of its name. */
final class Labels {
    private record Label(@Nullable String name, @Nullable Integer hidden) {}

    private final List<Label> open = new ArrayList<>();
    private final Map<String, Integer> places = new HashMap<>();

    void push(@Nullable String name) {
        open.add(new Label(name, name == null ? null : places.put(name, open.size())));
    }

    void pop() {
        Label label = open.remove(open.size() - 1);
        if (label.name == null) {
            return;
        }
        if (label.hidden == null) {
            places.remove(label.name);
        } else {
            places.put(label.name, label.hidden);
        }
    }

    @Nullable
    String innermost() {
        return open.get(open.size() - 1).name;
    }

    /** How many blocks are between here and that one; -1 if there is none. */
    int find(String name) {
        Integer place = places.get(name);
        return place == null ? -1 : open.size() - 1 - place;
    }
}
