package dev.tapedeck.harness.bisect;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How two outputs are told apart in a sentence. */
class WrittenOutTest {
    private static WrittenOut of(String text) {
        return WrittenOut.of(text.replace('|', '\n').getBytes(StandardCharsets.ISO_8859_1));
    }

    @ParameterizedTest
    @CsvSource({
        "2103|, 2076|, '\"2103\\n\", the second with \"2076\\n\"'",
        "'', 7, '\"\", the second with \"7\"'",
        "ann 9424 (3)|bob 17 (2)|cat 200 (1)|dan 1 (9)|, ann 9424 (3)|bob 17 (2)|cat 225 (1)|dan 1 (9)|,"
                + " '...\"17 (2)\\ncat 200 (1)\\ndan 1 (9)\\n\", the second with ...\"17 (2)\\ncat 225 (1)\\ndan 1 (9)\\n\"'",
        "0123456789012345678901234567890123456789, 0123456789, "
                + "'\"01234567890123456789012345678901\"..., the second with \"0123456789\"'"
    })
    @DisplayName("as text, both of them; of long ones what is around the first byte that differs")
    void against(String first, String second, String words) {
        assertThat(of(first).against(of(second))).isEqualTo("the first with " + words);
    }
}
