package dev.tapedeck.junit;

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
                        .thenComparing(candidate -> distance(key, candidate)))
                .orElseThrow();
    }

    /** The number of changes that make one text of another: Damerau's distance, where no letter changes twice. */
    private static int distance(String a, String b) {
        int[][] changes = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    changes[i][j] = i + j;
                    continue;
                }
                int same = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                changes[i][j] =
                        Math.min(changes[i - 1][j - 1] + same, 1 + Math.min(changes[i - 1][j], changes[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    changes[i][j] = Math.min(changes[i][j], changes[i - 2][j - 2] + 1);
                }
            }
        }
        return changes[a.length()][b.length()];
    }
}
