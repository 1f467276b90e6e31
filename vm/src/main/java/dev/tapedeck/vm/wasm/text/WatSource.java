package dev.tapedeck.vm.wasm.text;

import dev.tapedeck.vm.wasm.WasmException.Kind;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The text of a module with its name: finds lines, and words errors. A position is an index into the bytes. */
final class WatSource {
    /** In bytes. */
    static final int LENGTH_MAX = 64 << 20;

    /** Longer lines are shown in part. In bytes. */
    private static final int SHOWN_MAX = 120;

    /** Longer tokens are shown in part. In characters. */
    private static final int TOKEN_SHOWN_MAX = 60;

    private static final int DECODED_CHARS = 1 << 12;

    final String name;
    final byte[] bytes;
    private final int[] lineStarts;

    WatSource(String name, byte[] bytes) throws WatException {
        this.name = name;
        this.bytes = bytes;
        if (bytes.length > LENGTH_MAX) {
            String reason = "the text has " + bytes.length + " bytes, more than " + LENGTH_MAX;
            throw new WatException(Kind.UNSUPPORTED, name + ":1:1: " + reason, reason, 1, 1);
        }
        int[] starts = new int[16];
        int count = 1;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n' || (bytes[i] == '\r' && (i + 1 == bytes.length || bytes[i + 1] != '\n'))) {
                if (count == starts.length) {
                    starts = Arrays.copyOf(starts, count * 2);
                }
                starts[count++] = i + 1;
            }
        }
        lineStarts = Arrays.copyOf(starts, count);
        checkEncoding();
    }

    private void checkEncoding() throws WatException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(DECODED_CHARS);
        CoderResult result = decoder.decode(in, out, true);
        while (result.isOverflow()) {
            out.clear();
            result = decoder.decode(in, out, true);
        }
        if (result.isError()) {
            throw malformed(in.position(), "malformed UTF-8 encoding: the text has to be UTF-8");
        }
    }

    /** The line of a position, from 1. */
    int line(int position) {
        int found = Arrays.binarySearch(lineStarts, position);
        return found >= 0 ? found + 1 : -found - 1;
    }

    /** The bytes from {@code start} to {@code end} as characters, one for each. */
    String latin(int start, int end) {
        return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
    }

    /** A piece of the text in quotes, for a message. */
    String quoted(int start, int end) {
        int shown = Math.min(end, start + TOKEN_SHOWN_MAX);
        return "'" + shown(start, shown).strip() + (shown < end ? "..." : "") + "'";
    }

    WatException malformed(int position, String reason) {
        return error(Kind.MALFORMED, position, reason);
    }

    WatException error(Kind kind, int position, String reason) {
        int line = line(position);
        int start = lineStarts[line - 1];
        int end = lineEnd(line);
        int at = Math.min(position, end);
        int column = characters(start, at) + 1;
        return new WatException(
                kind,
                name + ":" + line + ":" + column + ": " + prefix(kind) + reason + excerpt(start, at, end),
                reason,
                line,
                column);
    }

    /** What kind of problem it is; that text is malformed goes without saying. */
    private static String prefix(Kind kind) {
        return switch (kind) {
            case MALFORMED -> "";
            case INVALID -> "invalid module: ";
            case UNSUPPORTED -> "unsupported module: ";
            case UNLINKABLE -> "unlinkable module: ";
        };
    }

    /**
     * An error of which at most the line is known.
     *
     * @param line from 1, or 0
     */
    WatException errorInLine(Kind kind, int line, String written) {
        String reason = printable(written);
        if (line == 0) {
            return new WatException(kind, name + ": " + prefix(kind) + reason, reason, 0, 0);
        }
        int start = lineStarts[line - 1];
        int end = lineEnd(line);
        while (start < end && (bytes[start] == ' ' || bytes[start] == '\t')) {
            start++;
        }
        return error(kind, start, reason);
    }

    private int lineEnd(int line) {
        int end = line < lineStarts.length ? lineStarts[line] : bytes.length;
        while (end > lineStarts[line - 1] && (bytes[end - 1] == '\n' || bytes[end - 1] == '\r')) {
            end--;
        }
        return end;
    }

    /** Bytes that begin a character. */
    private int characters(int start, int end) {
        int count = 0;
        for (int i = start; i < end; i++) {
            if (begins(i)) {
                count++;
            }
        }
        return count;
    }

    private boolean begins(int position) {
        return position >= bytes.length || (bytes[position] & 0xC0) != 0x80;
    }

    private String excerpt(int start, int at, int end) {
        int from = start;
        int to = end;
        if (to - from > SHOWN_MAX) {
            from = Math.max(start, Math.min(at - SHOWN_MAX / 2, end - SHOWN_MAX));
            to = from + SHOWN_MAX;
            while (from < at && !begins(from)) {
                from++;
            }
            while (to > at && !begins(to)) {
                to--;
            }
        }
        String before = (from > start ? "..." : "") + shown(from, at);
        String after = shown(at, to) + (to < end ? "..." : "");
        return "\n  " + before + after.stripTrailing() + "\n  " + before.replaceAll("[^\t]", " ") + "^";
    }

    /** Nothing in a source line may move a terminal's cursor or change its colours or its direction. */
    private String shown(int start, int end) {
        return printable(new String(bytes, start, end - start, StandardCharsets.UTF_8));
    }

    private static String printable(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> out.appendCodePoint(c == '\t' || isPrintable(c) ? c : '?'));
        return out.toString();
    }

    private static boolean isPrintable(int character) {
        if (character < 0x7F) {
            return character >= ' ';
        }
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}
