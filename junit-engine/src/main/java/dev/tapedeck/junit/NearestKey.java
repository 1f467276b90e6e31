package dev.tapedeck.junit;

import dev.tapedeck.harness.text.Typos;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Which of some keys somebody meant who wrote another one. */
final class NearestKey {
    private NearestKey() {}

    /**
     * The key that the fewest letters have to be changed, added, left out or swapped for. A key that is there with
     * something missing at its end, or too much, is nearer than any other.
     *
     * @param keys at least one; of those as near as each other, the first counts
     */
    static String to(String written, List<String> keys) {
        String key = written.toLowerCase(Locale.ROOT);
        return keys.stream()
                .min(Comparator.comparing(
                                (String candidate) -> !candidate.startsWith(key) && !key.startsWith(candidate))
                        .thenComparing(candidate -> Typos.between(key, candidate)))
                .orElseThrow();
    }
}
