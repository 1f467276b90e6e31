package dev.tapedeck.vm.wasm.text;

import dev.tapedeck.vm.isa.ValueType;
import dev.tapedeck.vm.wasm.WasmException;
import dev.tapedeck.vm.wasm.text.Lexer.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The token at hand, and what a grammar asks of tokens. */
final class Tokens {
    private static final int LIMIT_OF_ESCAPES = 0x110000;

    final WatSource source;
    private final Lexer lexer;
    private Kind kind;
    private int start;
    private int end;

    Tokens(WatSource source) throws WatException {
        this.source = source;
        lexer = new Lexer(source);
        lexer.next();
        kind = lexer.kind;
        start = lexer.start;
        end = lexer.end;
    }

    Kind kind() {
        return kind;
    }

    /** Where the token begins. */
    int at() {
        return start;
    }

    void moveTo(int position) throws WatException {
        lexer.moveTo(position);
        advance();
    }

    void advance() throws WatException {
        lexer.next();
        kind = lexer.kind;
        start = lexer.start;
        end = lexer.end;
    }

    boolean is(Kind expected) {
        return kind == expected;
    }

    /** Whether the token is this word. */
    boolean isWord(String word) {
        return kind == Kind.WORD && matches(start, end, word);
    }

    private boolean matches(int from, int to, String word) {
        if (to - from != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (source.bytes[from + i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the token is a parenthesis that this word follows. */
    boolean isOpen(String word) throws WatException {
        if (kind != Kind.OPEN) {
            return false;
        }
        lexer.next();
        boolean found = lexer.kind == Kind.WORD && matches(lexer.start, lexer.end, word);
        lexer.moveTo(end);
        return found;
    }

    /** If the token is a parenthesis that this word follows: passes over both. */
    boolean takeOpen(String word) throws WatException {
        if (!isOpen(word)) {
            return false;
        }
        advance();
        advance();
        return true;
    }

    boolean takeWord(String word) throws WatException {
        if (!isWord(word)) {
            return false;
        }
        advance();
        return true;
    }

    void close() throws WatException {
        if (kind != Kind.CLOSE) {
            throw unexpected("')'");
        }
        advance();
    }

    /** The token as a word. */
    String word() {
        return source.latin(start, end);
    }

    boolean isIdentifier() {
        return kind == Kind.WORD && end - start > 1 && source.bytes[start] == '$';
    }

    /** An identifier without its {@code $}, or null if the token is none. */
    @Nullable
    String takeIdentifier() throws WatException {
        if (!isIdentifier()) {
            return null;
        }
        String name = source.latin(start + 1, end);
        advance();
        return name;
    }

    boolean isNatural() {
        return kind == Kind.WORD
                && source.bytes[start] >= '0'
                && source.bytes[start] <= '9'
                && Literals.form(word()) == Literals.Form.NATURAL;
    }

    boolean isIndex() {
        return isIdentifier() || isNatural();
    }

    /** An unsigned 32-bit number. */
    long u32(String expected) throws WatException {
        if (!isNatural()) {
            throw unexpected(expected);
        }
        long value = u32(start, word());
        advance();
        return value;
    }

    private long u32(int at, String word) throws WatException {
        OptionalLong value = Literals.u32(word);
        if (value.isEmpty()) {
            throw source.malformed(
                    at, "i32 constant out of range: " + source.quoted(at, at + word.length()) + " is more than 2^32-1");
        }
        return value.getAsLong();
    }

    /** The number behind {@code key=}, if the token begins so; else -1. */
    long takeAssigned(String key) throws WatException {
        if (kind != Kind.WORD || end - start <= key.length() || !matches(start, start + key.length(), key)) {
            return -1;
        }
        int at = start + key.length();
        String number = source.latin(at, end);
        if (Literals.form(number) != Literals.Form.NATURAL) {
            throw unexpected(key + " and a number without sign");
        }
        long value = u32(at, number);
        advance();
        return value;
    }

    /** An index by number or identifier. A number is not held against how many there are. */
    long index(IndexSpace space) throws WatException {
        if (isIdentifier()) {
            int index = space.find(source.latin(start + 1, end));
            if (index < 0) {
                throw source.malformed(start, "unknown " + space.what + " " + source.quoted(start, end));
            }
            advance();
            return index;
        }
        return u32("a " + space.what + ": its number or $name");
    }

    /** The index at hand, or 0 if there is none. */
    long optionalIndex(IndexSpace space) throws WatException {
        return isIndex() ? index(space) : 0;
    }

    ValueType valueType() throws WatException {
        Optional<ValueType> type = kind == Kind.WORD ? ValueType.ofMnemonic(word()) : Optional.empty();
        if (type.isEmpty()) {
            refuseUnsupportedType();
            throw unexpected("a type such as i32");
        }
        advance();
        return type.get();
    }

    boolean isReferenceType() {
        return isWord("funcref") || isWord("externref");
    }

    ValueType referenceType() throws WatException {
        if (!isReferenceType()) {
            refuseUnsupportedType();
            throw unexpected("funcref or externref");
        }
        return valueType();
    }

    private void refuseUnsupportedType() throws WatException {
        boolean typed = isOpen("ref");
        if (typed || kind == Kind.WORD) {
            String feature = typed ? "typed function references" : Vocabulary.featureOfType(word());
            if (!feature.isEmpty()) {
                throw unsupported(feature + " (type " + (typed ? "ref" : word()) + ")");
            }
        }
    }

    WatException unsupported(String feature) {
        return source.error(WasmException.Kind.UNSUPPORTED, start, feature);
    }

    /** The bytes of a string. */
    byte[] string(String expected) throws WatException {
        if (kind != Kind.STRING) {
            throw unexpected(expected);
        }
        byte[] value = unescaped();
        advance();
        return value;
    }

    /** A string that is a name. */
    byte[] name(String expected) throws WatException {
        int at = start;
        byte[] value = string(expected);
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value));
        } catch (CharacterCodingException e) {
            throw source.malformed(at, "malformed UTF-8 encoding: the bytes of " + expected + " are no text");
        }
        return value;
    }

    private byte[] unescaped() throws WatException {
        byte[] bytes = source.bytes;
        byte[] value = new byte[end - start];
        int size = 0;
        int i = start + 1;
        while (i < end - 1) {
            if (bytes[i] != '\\') {
                value[size++] = bytes[i++];
                continue;
            }
            int escape = i;
            int c = bytes[i + 1];
            i += 2;
            switch (c) {
                case 't' -> value[size++] = '\t';
                case 'n' -> value[size++] = '\n';
                case 'r' -> value[size++] = '\r';
                case '"', '\'', '\\' -> value[size++] = (byte) c;
                case 'u' -> {
                    int close = i;
                    while (close < end && bytes[close] != '}' && bytes[close] != '"') {
                        close++;
                    }
                    byte[] character = character(escape, i, close).getBytes(StandardCharsets.UTF_8);
                    System.arraycopy(character, 0, value, size, character.length);
                    size += character.length;
                    i = close + 1;
                }
                default -> {
                    int high = Character.digit(c, 16);
                    int low = Character.digit(bytes[i], 16);
                    if (high < 0 || low < 0) {
                        throw illegalEscape(escape, i + 1);
                    }
                    value[size++] = (byte) ((high << 4) | low);
                    i++;
                }
            }
        }
        return Arrays.copyOf(value, size);
    }

    /** The character of the escape, with its number in braces from {@code opening} to {@code close}. */
    private String character(int escape, int opening, int close) throws WatException {
        String number = source.bytes[opening] == '{' ? "0x" + source.latin(opening + 1, close) : "";
        if (source.bytes[close] != '}' || Literals.form(number) != Literals.Form.NATURAL) {
            throw illegalEscape(escape, close);
        }
        OptionalLong value = Literals.u32(number);
        if (value.isEmpty()
                || value.getAsLong() >= LIMIT_OF_ESCAPES
                || (value.getAsLong() >= Character.MIN_SURROGATE && value.getAsLong() <= Character.MAX_SURROGATE)) {
            throw source.malformed(
                    escape, "illegal escape " + source.quoted(escape, close + 1) + ": there is no such character");
        }
        return Character.toString((int) value.getAsLong());
    }

    private WatException illegalEscape(int escape, int to) {
        return source.malformed(
                escape,
                "illegal escape " + source.quoted(escape, Math.min(to, end - 1))
                        + ", expected \\t \\n \\r \\\" \\' \\\\ \\u{...} or \\ and two hexadecimal digits");
    }

    /** Passes over what is left up to the parenthesis that closes the one that was opened last, and over that. */
    void skipToClose() throws WatException {
        int depth = 1;
        int at = start;
        while (depth > 0) {
            switch (kind) {
                case OPEN -> depth++;
                case CLOSE -> depth--;
                case END -> throw source.malformed(at, "unexpected token: what begins here has no ')'");
                default -> {
                    // Looked at when it is its turn.
                }
            }
            advance();
        }
    }

    /**
     * The token at hand does not fit.
     *
     * @param expected what would
     */
    WatException unexpected(String expected) throws WatException {
        switch (kind) {
            case END -> {
                return source.malformed(start, "unexpected token: the text ends, expected " + expected);
            }
            case OPEN -> {
                lexer.next();
                int until = lexer.kind == Kind.WORD ? lexer.end : end;
                boolean known = lexer.kind != Kind.WORD || Vocabulary.knows(source.latin(lexer.start, lexer.end));
                lexer.moveTo(end);
                String quoted = source.quoted(known ? start : lexer.start, until);
                return source.malformed(
                        known ? start : lexer.start,
                        (known ? "unexpected token " : "unknown operator ") + quoted + ", expected " + expected);
            }
            case WORD, RESERVED -> {
                boolean known = kind == Kind.WORD && Vocabulary.knows(word());
                String hint = known ? "" : Vocabulary.hint(word());
                return source.malformed(
                        start,
                        (known ? "unexpected token " : "unknown operator ")
                                + source.quoted(start, end)
                                + (hint.isEmpty() ? ", expected " + expected : ": " + hint));
            }
            case CLOSE, STRING -> {
                return source.malformed(
                        start, "unexpected token " + source.quoted(start, end) + ", expected " + expected);
            }
        }
        throw new AssertionError(kind);
    }
}
