package dev.tapedeck.harness.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class VisibleTest {
    @Test
    @DisplayName("names keep their letters and lose what would end a line or move a cursor")
    void names() {
        assertThat(Visible.of("größe \"x\"")).isEqualTo("größe \"x\"");
        assertThat(Visible.of("a\nb\u001B\u202E")).isEqualTo("a\\nb\\x1b\\u{202e}");
    }

    @Test
    void longTextIsCut() {
        assertThat(Visible.of("x".repeat(5_000))).endsWith("... (3000 more)").hasSizeLessThan(2_100);
        assertThat(Visible.of("ab\ud83d\ude00", 3)).isEqualTo("ab... (2 more)");
        assertThat(Visible.of("\ud83d")).isEqualTo("\\u{d83d}");
    }
}
