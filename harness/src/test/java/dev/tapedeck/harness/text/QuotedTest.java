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
}
