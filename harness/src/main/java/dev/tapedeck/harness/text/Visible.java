package dev.tapedeck.harness.text;

import java.util.regex.Pattern;

/**
 * Makes text that comes from a program, a file or a run harmless to look at: what would move a cursor, change a colour,
 * end a line or reverse the reading direction is written out instead ({@code \n}, {@code \x1b}, <code>&#92;u{202e}</code>).
 * Markup is another matter; each format escapes its own.
 */
public final class Visible {
    /** Longer text is cut, and says so. */
    public static final int CHARS_MAX = 2_000;

    private static final Pattern COMMAND = Pattern.compile("##(?=\\w*\\[)");

    private Visible() {}

    /** The text on one line, at most {@link #CHARS_MAX} characters of it. */
    public static String of(String text) {
        return of(text, CHARS_MAX);
    }

    /**
     * The text on one line.
     *
     * @param charsMax how much of the text to show, at least 1
     */
    public static String of(String text, int charsMax) {
        int end = Math.min(text.length(), charsMax);
        if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
            end--;
        }
        StringBuilder out = new StringBuilder(end + 16);
        for (int i = 0; i < end; ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            append(out, c);
        }
        if (end < text.length()) {
            out.append("... (").append(text.length() - end).append(" more)");
        }
        return out.toString();
    }

    /**
     * A line of a log whose text is not Tapedeck's own: CI services take lines that begin with {@code ::} for commands, and
     * what stands behind {@code ##} and before {@code [} too.
     *
     * @param line without a line end
     */
    public static String logLine(String line) {
        int start = 0;
        while (start < line.length() && Character.isWhitespace(line.charAt(start))) {
            start++;
        }
        String text =
                line.startsWith("::", start) ? line.substring(0, start) + "\\x3a" + line.substring(start + 1) : line;
        return text.contains("##") ? COMMAND.matcher(text).replaceAll("#\\\\x23") : text;
    }

    private static void append(StringBuilder out, int c) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                switch (Character.getType(c)) {
                    case Character.CONTROL -> out.append(String.format("\\x%02x", c));
                    case Character.FORMAT,
                            Character.SURROGATE,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR -> out.append(String.format("\\u{%x}", c));
                    default -> out.appendCodePoint(c);
                }
            }
        }
    }
}
