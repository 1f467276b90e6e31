package dev.tapedeck.harness.condition;

import java.util.List;

/** The name that somebody meant who wrote another one. */
final class Nearest {
    /** Longer names are not typed. */
    private static final int CHARS_MAX = 80;

    /** Of a program with more names, the others are not looked at. */
    private static final int NAMES_MAX = 20_000;

    private Nearest() {}

    /** For the end of a message: {@code  (did you mean 'total'?)}, or nothing if no name is near. */
    static String hint(String written, List<String> names) {
        String nearest = "";
        int least = Math.max(1, written.length() / 3) + 1;
        for (String name : names.subList(0, Math.min(NAMES_MAX, names.size()))) {
            if (!name.isEmpty()
                    && name.length() <= CHARS_MAX
                    && written.length() <= CHARS_MAX
                    && Math.abs(name.length() - written.length()) < least) {
                int distance = distance(written, name);
                if (distance < least) {
                    least = distance;
                    nearest = name;
                }
            }
        }
        return nearest.isEmpty() ? "" : " (did you mean '" + nearest + "'?)";
    }

    /** Letters to insert, remove, replace or swap with the next one. */
    private static int distance(String a, String b) {
        int[][] table = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    table[i][j] = i + j;
                    continue;
                }
                int changed = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                int least = Math.min(table[i - 1][j - 1] + changed, 1 + Math.min(table[i - 1][j], table[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    least = Math.min(least, table[i - 2][j - 2] + 1);
                }
                table[i][j] = least;
            }
        }
        return table[a.length()][b.length()];
    }
}
