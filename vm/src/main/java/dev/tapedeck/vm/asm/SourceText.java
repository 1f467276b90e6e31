package dev.tapedeck.vm.asm;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Assembly text with its name: finds lines, and words errors. A position is an index into the text. */
final class SourceText {
    /** Longer lines are shown in part. In characters. */
    private static final int SHOWN_MAX = 120;

    final String name;
    final String text;
    private final int[] lineStarts;

    SourceText(String name, String text) {
        this.name = name;
        this.text = text;
        int[] starts = new int[16];
        int count = 1;
        for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) {
            if (count == starts.length) {
                starts = Arrays.copyOf(starts, count * 2);
            }
            starts[count++] = i + 1;
        }
        lineStarts = Arrays.copyOf(starts, count);
    }

    /** The line of a position, from 1. */
    int line(int position) {
        int found = Arrays.binarySearch(lineStarts, position);
        return found >= 0 ? found + 1 : -found - 1;
    }

    AssemblyException error(int position, String message) {
        return error(position, message, null);
    }

    /**
     * @param hint what to do about it, or null
     */
    AssemblyException error(int position, String message, @Nullable String hint) {
        int line = line(position);
        int start = lineStarts[line - 1];
        int end = line < lineStarts.length ? lineStarts[line] - 1 : text.length();
        int at = Math.min(position, end);
        int column = text.codePointCount(start, at) + 1;
        StringBuilder out = new StringBuilder();
        out.append(name).append(':').append(line).append(':').append(column).append(": ");
        out.append(message);
        if (hint != null) {
            out.append(" (").append(hint).append(')');
        }
        int from = start;
        int to = end;
        if (to - from > SHOWN_MAX) {
            from = Math.max(start, Math.min(at - SHOWN_MAX / 2, end - SHOWN_MAX));
            to = from + SHOWN_MAX;
        }
        String before = (from > start ? "..." : "") + shown(text.substring(from, at));
        String after = shown(text.substring(at, to)) + (to < end ? "..." : "");
        out.append("\n  ").append(before).append(after.stripTrailing());
        out.append("\n  ").append(before.replaceAll("[^\t]", " ")).append('^');
        return new AssemblyException(out.toString(), line, column);
    }

    /** Nothing in a source line may move a terminal's cursor or change its colours. */
    private static String shown(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints()
                .forEach(c -> out.appendCodePoint(c == '\t' || c == '\r' || Notation.isPrintable(c) ? c : '?'));
        return out.toString().replace("\r", "");
    }
}
