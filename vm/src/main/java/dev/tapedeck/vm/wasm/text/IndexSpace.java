package dev.tapedeck.vm.wasm.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What can be referred to by a number or by an identifier: functions, tables, locals and so on. */
final class IndexSpace {
    /** What it is called in messages. */
    final String what;

    private final Map<String, Integer> indexes = new HashMap<>();
    private final List<@Nullable String> names = new ArrayList<>();

    IndexSpace(String what) {
        this.what = what;
    }

    int size() {
        return names.size();
    }

    /**
     * @param name an identifier without its {@code $}, or null
     * @return false if there is one of that name
     */
    boolean add(@Nullable String name) {
        if (name != null && indexes.putIfAbsent(name, names.size()) != null) {
            return false;
        }
        names.add(name);
        return true;
    }

    /** The index, or -1. */
    int find(String name) {
        return indexes.getOrDefault(name, -1);
    }

    @Nullable
    String name(int index) {
        return names.get(index);
    }

    boolean hasNames() {
        return !indexes.isEmpty();
    }

    int nameCount() {
        return indexes.size();
    }
}
