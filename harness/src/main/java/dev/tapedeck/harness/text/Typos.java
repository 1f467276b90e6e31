package dev.tapedeck.harness.text;

/** How far a name is from the one that was meant. */
public final class Typos {
    private Typos() {}

    /**
     * How many letters have to be inserted, removed, replaced or swapped with the next one to make one text of the other:
     * Damerau's distance, where no letter changes twice. Takes time and memory as the product of the lengths.
     */
    public static int between(String a, String b) {
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
