package dev.tapedeck.vm.asm;

import dev.tapedeck.vm.asm.Token.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Splits assembly text into tokens, one at a time, so that no line is too long. */
final class Lexer {
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final SourceText source;
    private final String text;
    private int at;
    private boolean continued;

    Lexer(SourceText source) {
        this.source = source;
        this.text = source.text;
        this.at = text.startsWith(String.valueOf(BYTE_ORDER_MARK)) ? 1 : 0;
    }

    /** The next token. A line that ends in a comma or in '=' goes on in the next one. */
    Token next() throws AssemblyException {
        int before = at;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == ';') {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (c == ' ' || c == '\t' || c == '\r' || (c == '\n' && continued)) {
                at++;
            } else {
                break;
            }
        }
        boolean spaced = at > before || at == 0 || text.charAt(at - 1) == '\n';
        int start = at;
        Kind kind = at >= text.length() ? Kind.END : scan();
        continued = kind == Kind.COMMA || kind == Kind.EQUALS;
        return new Token(kind, start, at, spaced);
    }

    private Kind scan() throws AssemblyException {
        char c = text.charAt(at);
        if (Notation.isNameStart(c)) {
            skipName();
            return Kind.WORD;
        }
        if (Notation.isDigit(c)) {
            skipNumber();
            return Kind.NUMBER;
        }
        if (c == '.' && at + 1 < text.length() && Notation.isNameStart(text.charAt(at + 1))) {
            at++;
            skipName();
            return Kind.DIRECTIVE;
        }
        if (c == '"') {
            skipQuoted('"', "string");
            return Kind.STRING;
        }
        if (c == '\'') {
            skipQuoted('\'', "character");
            return Kind.CHARACTER;
        }
        at++;
        return switch (c) {
            case '\n' -> Kind.LINE_END;
            case '(' -> Kind.OPEN;
            case ')' -> Kind.CLOSE;
            case '[' -> Kind.OPEN_BRACKET;
            case ']' -> Kind.CLOSE_BRACKET;
            case ',' -> Kind.COMMA;
            case ':' -> Kind.COLON;
            case '=' -> Kind.EQUALS;
            case '+' -> Kind.PLUS;
            case '*' -> Kind.TIMES;
            case '#' -> Kind.HASH;
            case '@' -> Kind.AT;
            case '-' -> {
                if (at < text.length() && text.charAt(at) == '>') {
                    at++;
                    yield Kind.ARROW;
                }
                yield Kind.MINUS;
            }
            default -> throw unexpected(at - 1);
        };
    }

    private AssemblyException unexpected(int position) {
        int c = text.codePointAt(position);
        String shown =
                Notation.isPrintable(c) ? "'" + Character.toString(c) + "'" : String.format(Locale.ROOT, "U+%04X", c);
        String hint = switch (c) {
            case '/', '{', '}' -> "comments start with ';'";
            case '.' -> "write 0.5, not .5";
            case '%', '&', '|', '<', '>' -> "constants can be added, subtracted and multiplied";
            default -> c < 0x80 ? null : "names of other letters are written in quotes";
        };
        return source.error(position, "unexpected character " + shown, hint);
    }

    private void skipName() {
        while (at < text.length() && Notation.isNamePart(text.charAt(at))) {
            at++;
        }
    }

    private void skipNumber() {
        boolean hex = text.startsWith("0x", at) || text.startsWith("0X", at);
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Notation.isNamePart(c)) {
                at++;
            } else if (c == '+' || c == '-') {
                char last = text.charAt(at - 1);
                boolean exponent = hex ? last == 'p' || last == 'P' : last == 'e' || last == 'E';
                if (!exponent) {
                    return;
                }
                at++;
            } else {
                return;
            }
        }
    }

    private void skipQuoted(char quote, String what) throws AssemblyException {
        int start = at++;
        while (at < text.length() && text.charAt(at) != '\n') {
            char c = text.charAt(at);
            if (c == quote) {
                at++;
                return;
            }
            if (c == '\\') {
                unescape();
            } else {
                at++;
            }
        }
        throw source.error(start, "this " + what + " has no end", "add " + quote + " before the end of the line");
    }

    /** Reads the escape at {@code at} and goes behind it. Gives a code point, or {@code -1 - byte} for \xHH. */
    private int unescape() throws AssemblyException {
        int start = at++;
        char c = at < text.length() ? text.charAt(at++) : '\n';
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case '0' -> 0;
            case '\\', '"', '\'' -> c;
            case 'x' -> -1 - hexDigits(start, 2, 2);
            case 'u' -> codePoint(start);
            default ->
                throw source.error(
                        start, "unknown escape", "there are \\n \\t \\r \\0 \\\\ \\\" \\' \\xHH and \\u{HEX}");
        };
    }

    private int codePoint(int start) throws AssemblyException {
        if (at < text.length() && text.charAt(at) == '{') {
            at++;
            int value = hexDigits(start, 1, 6);
            if (at < text.length() && text.charAt(at) == '}' && value <= Character.MAX_CODE_POINT) {
                at++;
                return value;
            }
        }
        throw source.error(start, "a character number is written \\u{HEX}, with at most 10ffff");
    }

    private int hexDigits(int start, int countMin, int countMax) throws AssemblyException {
        int value = 0;
        int count = 0;
        while (count < countMax && at < text.length() && text.charAt(at) < 0x80) {
            int digit = Character.digit(text.charAt(at), 16);
            if (digit < 0) {
                break;
            }
            value = value * 16 + digit;
            count++;
            at++;
        }
        if (count < countMin) {
            throw source.error(start, "this escape needs hexadecimal digits", "\\xHH or \\u{HEX}");
        }
        return value;
    }

    String words(Token token) {
        return text.substring(token.start(), token.end());
    }

    /** What a string or character stands for, as text. */
    String textOf(Token quoted) throws AssemblyException {
        StringBuilder out = new StringBuilder();
        int saved = at;
        at = quoted.start() + 1;
        while (at < quoted.end() - 1) {
            int start = at;
            if (text.charAt(at) != '\\') {
                out.append(text.charAt(at++));
                continue;
            }
            int c = unescape();
            if (c < 0 && -1 - c >= 0x80) {
                throw source.error(start, "this is a byte, but text is expected here", "write \\u{HEX}");
            }
            out.appendCodePoint(c < 0 ? -1 - c : c);
        }
        at = saved;
        return out.toString();
    }

    /** What a string stands for, as bytes: characters in UTF-8, {@code \xHH} as that byte. */
    byte[] bytesOf(Token quoted) throws AssemblyException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int saved = at;
        at = quoted.start() + 1;
        while (at < quoted.end() - 1) {
            int start = at;
            int c = text.codePointAt(at);
            if (c == '\\') {
                c = unescape();
            } else {
                at += Character.charCount(c);
            }
            if (c < 0) {
                out.write(-1 - c);
            } else if (c < 0x80) {
                out.write(c);
            } else if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                throw source.error(start, "half of a surrogate pair has no UTF-8 form");
            } else {
                out.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            }
        }
        at = saved;
        return out.toByteArray();
    }
}
