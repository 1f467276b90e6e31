package dev.tapedeck.vm.wasm.text;

/** Splits the text into tokens. Comments and annotations are between tokens. */
final class Lexer {
    /** What a token is, as far as its first look goes. */
    enum Kind {
        OPEN,
        CLOSE,
        /** Letters, digits and signs: a keyword, a number, an identifier, or nothing that there is. */
        WORD,
        STRING,
        /** A word and a string, or two strings, without a space between them: nothing that there is. */
        RESERVED,
        END
    }

    private static final boolean[] OF_WORDS = new boolean[128];

    static {
        for (char c = '!'; c <= '~'; c++) {
            OF_WORDS[c] = "\"(),;[]{}".indexOf(c) < 0;
        }
    }

    private final WatSource source;
    private final byte[] bytes;
    private int position;

    // The token that was found last.
    Kind kind = Kind.END;
    int start;
    int end;

    Lexer(WatSource source) {
        this.source = source;
        bytes = source.bytes;
    }

    /** Goes on at a position at which a token begins, or one has ended. */
    void moveTo(int newPosition) {
        position = newPosition;
    }

    void next() throws WatException {
        space();
        start = position;
        if (position == bytes.length) {
            kind = Kind.END;
        } else if (bytes[position] == '(') {
            kind = Kind.OPEN;
            position++;
        } else if (bytes[position] == ')') {
            kind = Kind.CLOSE;
            position++;
        } else {
            word();
        }
        end = position;
    }

    private void word() throws WatException {
        int strings = 0;
        boolean letters = false;
        while (position < bytes.length) {
            int c = bytes[position];
            if (c == '"') {
                string();
                strings++;
            } else if (c >= 0 && OF_WORDS[c]) {
                position++;
                letters = true;
            } else {
                break;
            }
        }
        if (position == start) {
            throw misplaced();
        }
        kind = strings == 0 ? Kind.WORD : strings == 1 && !letters ? Kind.STRING : Kind.RESERVED;
    }

    private WatException misplaced() {
        int c = bytes[position];
        if (c < 0) {
            return source.malformed(
                    position, "misplaced unicode character: outside of strings and comments there is ASCII only");
        }
        if (c < ' ' || c == 0x7F) {
            return source.malformed(position, "misplaced control character 0x" + Integer.toHexString(c));
        }
        return source.malformed(position, "unknown operator " + source.quoted(position, position + 1));
    }

    /** Passes over a string; what its escapes mean is for who wants to know. */
    private void string() throws WatException {
        int opening = position++;
        while (position < bytes.length && bytes[position] != '"') {
            int c = bytes[position];
            if (c == '\n' || c == '\r') {
                throw source.malformed(opening, "unclosed string: a line break is written \\n");
            }
            if ((c >= 0 && c < ' ') || c == 0x7F) {
                throw source.malformed(
                        position,
                        "illegal control character 0x" + Integer.toHexString(c)
                                + " in a string; write it as an escape");
            }
            position += c == '\\' && position + 1 < bytes.length && bytes[position + 1] >= ' ' ? 2 : 1;
        }
        if (position >= bytes.length) {
            position = bytes.length;
            throw source.malformed(opening, "unclosed string");
        }
        position++;
    }

    private void space() throws WatException {
        while (position < bytes.length) {
            int c = bytes[position];
            int following = position + 1 < bytes.length ? bytes[position + 1] : 0;
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                position++;
            } else if (c == ';' && following == ';') {
                while (position < bytes.length && bytes[position] != '\n' && bytes[position] != '\r') {
                    position++;
                }
            } else if (c == '(' && following == ';') {
                comment();
            } else if (c == '(' && following == '@') {
                annotation();
            } else {
                return;
            }
        }
    }

    private void comment() throws WatException {
        int opening = position;
        position += 2;
        int depth = 1;
        while (depth > 0) {
            if (position + 1 >= bytes.length) {
                throw source.malformed(opening, "unclosed comment");
            }
            int c = bytes[position];
            int following = bytes[position + 1];
            if (c == '(' && following == ';') {
                depth++;
                position += 2;
            } else if (c == ';' && following == ')') {
                depth--;
                position += 2;
            } else {
                position++;
            }
        }
    }

    /** Annotations, such as {@code (@name "x")}, say nothing that changes what a module does. */
    private void annotation() throws WatException {
        int opening = position;
        position += 2;
        int depth = 1;
        while (depth > 0) {
            if (position >= bytes.length) {
                throw source.malformed(opening, "unclosed annotation");
            }
            int c = bytes[position];
            int following = position + 1 < bytes.length ? bytes[position + 1] : 0;
            if (c == '"') {
                string();
            } else if (c == ';' && following == ';') {
                while (position < bytes.length && bytes[position] != '\n' && bytes[position] != '\r') {
                    position++;
                }
            } else if (c == '(' && following == ';') {
                comment();
            } else {
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
                position++;
            }
        }
    }
}
