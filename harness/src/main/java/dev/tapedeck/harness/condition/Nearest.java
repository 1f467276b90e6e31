package dev.tapedeck.harness.condition;

import dev.tapedeck.harness.text.Typos;
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
                int distance = Typos.between(written, name);
                if (distance < least) {
                    least = distance;
                    nearest = name;
                }
            }
        }
        return nearest.isEmpty() ? "" : " (did you mean '" + nearest + "'?)";
    }
}
