package dev.tapedeck.harness.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class QuotedTest {
    private static String latin1(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    @Test
    @DisplayName("bytes are shown as text where they are text, and as \\xHH where they are not, always on one line")
    void bytes() {
        assertThat(Quoted.text("a\n\t\r\"\\")).isEqualTo("\"a\\n\\t\\r\\\"\\\\\"");
        assertThat(Quoted.text(latin1("größe 漢 \uD83D\uDE00"))).isEqualTo("\"größe 漢 \uD83D\uDE00\"");
        assertThat(Quoted.text("\u00FF\u0000\u001B[31m")).isEqualTo("\"\\xff\\x00\\x1b[31m\"");
        assertThat(Quoted.text(latin1("a\u202Eb\u2028c"))).isEqualTo("\"a\\xe2\\x80\\xaeb\\xe2\\x80\\xa8c\"");
    }

    @Test
    @DisplayName("what is quoted can be read again; what nobody has quoted so cannot")
    void readAgain() {
        for (String bytes :
                new String[] {"", "a\n\t\r\"\\", latin1("größe 漢 \uD83D\uDE00 \u202E"), "\u00FF\u0000\u001B[31m"}) {
            assertThat(Quoted.latin1(Quoted.text(bytes))).contains(bytes);
        }
        for (String text : new String[] {"", "\"", "a", "\"a", "\"\\q\"", "\"\\x1\"", "\"\\\""}) {
            assertThat(Quoted.latin1(text)).as(text).isEmpty();
        }
    }
}
