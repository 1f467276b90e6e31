package dev.tapedeck.vm.asm;

/**
 * A piece of assembly text.
 *
 * @param start position of its first character
 * @param end position behind its last character
 * @param spaced whether white space or a line end stands before it
 */
record Token(Kind kind, int start, int end, boolean spaced) {
    enum Kind {
        WORD("a name"),
        DIRECTIVE("a directive"),
        NUMBER("a number"),
        CHARACTER("a character"),
        STRING("a string"),
        OPEN("'('"),
        CLOSE("')'"),
        OPEN_BRACKET("'['"),
        CLOSE_BRACKET("']'"),
        COMMA("','"),
        COLON("':'"),
        EQUALS("'='"),
        PLUS("'+'"),
        MINUS("'-'"),
        TIMES("'*'"),
        ARROW("'->'"),
        HASH("'#'"),
        AT("'@'"),
        LINE_END("the end of the line"),
        END("the end of the file");

        final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    boolean is(Kind other) {
        return kind == other;
    }

    /** Whether nothing more stands on the line. */
    boolean endsLine() {
        return kind == Kind.LINE_END || kind == Kind.END;
    }
}
