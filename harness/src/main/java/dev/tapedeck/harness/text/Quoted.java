package dev.tapedeck.harness.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** Bytes as printable text on one line, in the notation of assembly strings. */
public final class Quoted {
    private Quoted() {}

    /**
     * Bytes in quotes: as text where they are UTF-8, and as {@code \xHH} where they are not.
     *
     * @param latin1 one char per byte
     */
    public static String text(String latin1) {
        return '"' + inner(latin1) + '"';
    }

    /**
     * The bytes that a quoted text stands for: the other way round.
     *
     * @return one char per byte; empty if it is no text that {@link #text} gives
     */
    public static Optional<String> latin1(String quoted) {
        if (quoted.length() < 2 || !quoted.startsWith("\"") || !quoted.endsWith("\"")) {
            return Optional.empty();
        }
        String inner = quoted.substring(1, quoted.length() - 1);
        StringBuilder out = new StringBuilder(inner.length());
        for (int i = 0; i < inner.length(); ) {
            int c = inner.codePointAt(i);
            i += Character.charCount(c);
            if (c != '\\') {
                out.append(new String(
                        Character.toString(c).getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
                continue;
            }
            switch (i < inner.length() ? inner.charAt(i++) : ' ') {
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case '"' -> out.append('"');
                case '\\' -> out.append('\\');
                case 'x' -> {
                    String digits = inner.substring(i, Math.min(i + 2, inner.length()));
                    if (!digits.matches("[0-9a-f]{2}")) {
                        return Optional.empty();
                    }
                    out.append((char) Integer.parseInt(digits, 16));
                    i += 2;
                }
                default -> {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(out.toString());
    }

    private static String inner(String latin1) {
        String text = latin1;
        boolean utf8 = true;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(latin1.getBytes(StandardCharsets.ISO_8859_1)))
                    .toString();
        } catch (CharacterCodingException e) {
            utf8 = false;
        }
        StringBuilder out = new StringBuilder(text.length() + 8);
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                default -> {
                    if ((c >= 0x20 && c < 0x7F) || (utf8 && c > 0x7F && harmless(c))) {
                        out.appendCodePoint(c);
                    } else {
                        for (byte b : new String(Character.toChars(c))
                                .getBytes(utf8 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1)) {
                            out.append(String.format(Locale.ROOT, "\\x%02x", b & 0xFF));
                        }
                    }
                }
            }
        }
        return out.toString();
    }

    private static boolean harmless(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.UNASSIGNED,
                    Character.PRIVATE_USE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
