package dev.tapedeck.vm.asm;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The names of one kind of thing (functions, locals of a function, ...) and their indexes. */
final class NameTable {
    private static final int COMPARED_MAX = 2000;
    private static final int COMPARED_LENGTH_MAX = 40;
    private static final int LISTED_MAX = 8;

    private final String kind;
    private final Map<String, Integer> indexes = new LinkedHashMap<>();

    /**
     * @param kind what the names name, such as {@code "function"}
     */
    NameTable(String kind) {
        this.kind = kind;
    }

    String kind() {
        return kind;
    }

    /** Adds a name; false if it is taken. */
    boolean define(String name, int index) {
        return indexes.putIfAbsent(name, index) == null;
    }

    OptionalInt find(String name) {
        Integer index = indexes.get(name);
        return index == null ? OptionalInt.empty() : OptionalInt.of(index);
    }

    /** {@code unknown function 'ad'}. */
    String unknown(String name) {
        return "unknown " + kind + " '" + Notation.abbreviated(name) + "'";
    }

    /** The nearest name, or the few that there are, or null. */
    @Nullable
    String hint(String name) {
        return hint(name, indexes.keySet(), kind);
    }

    static @Nullable String hint(String name, Collection<String> candidates, String kind) {
        String nearest = nearest(name, candidates);
        if (nearest != null) {
            return "did you mean '" + nearest + "'?";
        }
        if (candidates.isEmpty()) {
            return "there is no " + kind;
        }
        if (candidates.size() > LISTED_MAX) {
            return null;
        }
        List<String> listed = new ArrayList<>();
        candidates.forEach(candidate -> listed.add("'" + Notation.abbreviated(candidate) + "'"));
        return (listed.size() == 1 ? "there is only " : "there are ") + String.join(", ", listed);
    }

    /** The candidate that needs the fewest changes, if these are few against its length. */
    static @Nullable String nearest(String name, Collection<String> candidates) {
        if (name.length() > COMPARED_LENGTH_MAX) {
            return null;
        }
        return candidates.stream()
                .limit(COMPARED_MAX)
                .filter(candidate -> candidate.length() <= COMPARED_LENGTH_MAX)
                .map(candidate -> Map.entry(candidate, distance(lower(name), lower(candidate))))
                .filter(entry -> {
                    int shorter = Math.min(name.length(), entry.getKey().length());
                    return entry.getValue() < shorter && entry.getValue() <= Math.max(1, shorter / 3);
                })
                .min(Comparator.comparingInt(Map.Entry::getValue))
                .map(Map.Entry::getKey)
                .orElse(null);
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    /** Insertions, deletions, replacements and swaps of neighbours that turn one into the other. */
    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                int best = Math.min(cost[i - 1][j], cost[i][j - 1]) + 1;
                best = Math.min(best, cost[i - 1][j - 1] + (same ? 0 : 1));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    best = Math.min(best, cost[i - 2][j - 2] + 1);
                }
                cost[i][j] = best;
            }
        }
        return cost[a.length()][b.length()];
    }
}
